//! A simulated thermometer: what a real one does, at the level of GATT, with faults on demand.
//!
//! Its whole state is a flash of 512 KiB, borrowed from you: banks for images, the log, settings, Xiaomi's keys. Keep the
//! bytes, and the device is the same next time. Writes only clear bits, power may fail between any two operations, and after each restart a boot loader looks which image has
//! its mark whole. So "the new image runs or the old one, never neither" is something that a test can see.
//!
//! ```
//! use std::time::Duration;
//! use telink_ota::device::{Profile, Thermometer};
//! use telink_ota::image::{self, Declaration};
//!
//! // pvvx's firmware 5.8, as far as the simulation looks: a header and a version.
//! let mut image = vec![0; 2048];
//! image[64..70].copy_from_slice(b"\0V5.8\0");
//! let length = image::finish(&mut image, 1024, &Declaration::pvvx(4)).unwrap();
//!
//! let mut flash = vec![0xff; 0x80000];
//! let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut flash);
//! device.install(&image[..length]);
//! assert!(device.connect(Duration::ZERO));
//! assert_eq!(device.identify().version.unwrap().to_string(), "5.8");
//! ```

mod boot;
mod commands;
mod flash;
mod keys;
mod link;
mod log;
mod ota;
mod store;

pub use boot::{Firmware, Running};
pub use link::{Disturbance, Link, block_on};

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayVec;
use macaddr::MacAddr6;
use uuid::Uuid;

use crate::command::Config;
use crate::command::keys::{Did, Layout, MiKeys};
use crate::gatt::{
    BATTERY_SERVICE, COMMAND_SERVICE, Characteristic, INFORMATION_SERVICE, MI_AUTH_SERVICE, MI_DATA_SERVICE,
    OTA_SERVICE, SENSING_SERVICE,
};
use crate::hardware::{Hardware, Variant};
use crate::identify::{Device, Surface, identify};
use crate::image::container::{RootKey, XIAOMI_ROOT};
use crate::pdu::{ResultCode, ServerPdu};
use crate::{BindKey, Decimal, MiToken};
use commands::{Commands, Packet, QUEUE, Volatile};
use flash::{Flash, PowerCut, SECTOR};
use ota::{OtaServer, Reaction};
use store::Store;

/// The size of the flash.
pub const FLASH_SIZE: usize = 0x80000;

/// Which thermometer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name under stock firmware.
    pub model: &'static str,
    /// The hardware id.
    pub hardware_id: u16,
    /// The hardware revision that it reports.
    pub hardware_revision: &'static str,
    /// The factory's MAC address.
    pub mac: MacAddr6,
}

impl Profile {
    /// The LYWSD03MMC, revision B1.6.
    #[must_use]
    pub const fn lywsd03mmc() -> Self {
        Self {
            model: "LYWSD03MMC",
            hardware_id: 4,
            hardware_revision: "B1.6",
            mac: MacAddr6::new(0xa4, 0xc1, 0x38, 0x11, 0x22, 0x33),
        }
    }

    /// The MJWSD05MMC in English.
    #[must_use]
    pub const fn mjwsd05mmc() -> Self {
        Self {
            model: "MJWSD05MMC",
            hardware_id: 12,
            hardware_revision: "V2.3",
            mac: MacAddr6::new(0xa4, 0xc1, 0x38, 0x44, 0x55, 0x66),
        }
    }

    /// The profile of a model's name.
    #[must_use]
    pub fn of(model: &str) -> Option<Self> {
        [Self::lywsd03mmc(), Self::mjwsd05mmc()]
            .into_iter()
            .find(|profile| profile.model.eq_ignore_ascii_case(model))
    }

    fn prefix(&self) -> &'static str {
        let hardware = Hardware::of(self.hardware_id);
        hardware
            .and_then(|hardware| hardware.name_prefix)
            .unwrap_or("ATC_")
    }

    fn variant(&self) -> Variant {
        let hardware = Hardware::of(self.hardware_id);
        hardware
            .and_then(|hardware| hardware.variant)
            .unwrap_or(Variant::Lcd)
    }
}

/// Faults on demand. Each happens once, and counts from when it was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The link drops instead of this write to the OTA characteristic; the first is 0.
    pub drop_at_write: Option<u32>,
    /// A bit of this write flips on its way.
    pub corrupt_write: Option<u32>,
    /// From this write on the device answers nothing any more.
    pub stall_at_write: Option<u32>,
    /// The power fails at this operation of the flash; the first is 0.
    pub cut_power_at: Option<u32>,
    /// A finished OTA is refused: the old firmware boots again.
    pub refuse_image: bool,
}

/// The surroundings that the device measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// °C.
    pub temperature: Decimal,
    /// %.
    pub humidity: Decimal,
    /// mV.
    pub battery: u16,
    /// Counts measurements.
    pub count: u16,
}

/// What a write or a read brings that the device doesn't simply do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttError {
    /// No such characteristic under this firmware.
    #[error("there is no such characteristic")]
    NotFound,
    /// A PIN is set, and the host hasn't paired.
    #[error("the host has to pair first")]
    InsufficientAuthentication,
    /// The device dropped the link.
    #[error("the device dropped the link")]
    Disconnected,
    /// The device doesn't answer.
    #[error("the device doesn't answer")]
    Silent,
}

impl AttError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::InsufficientAuthentication => {
                Some("Pair the host with the PIN; a forgotten one needs a wired programmer.")
            }
            _ => None,
        }
    }
}

/// The thermometer.
pub struct Thermometer<'f> {
    profile: Profile,
    flash: Flash<'f>,
    root: RootKey,
    running: Option<Running>,
    store: Store,
    environment: Environment,
    log: log::Log,
    faults: Faults,
    ota_writes: u32,
    stalled: bool,
    connection: Option<Connection>,
    queue: ArrayVec<(Characteristic, Packet), QUEUE>,
    /// When it can be connected to.
    ready_at: Duration,
    reboots: u32,
}

#[derive(Clone, Debug)]
struct Connection {
    since: Duration,
    unlocked: bool,
    paired: bool,
    subscribed_command: bool,
    subscribed_ota: bool,
    ota: OtaServer,
    volatile: Volatile,
    /// When the device restarts, having finished an OTA.
    reboot_at: Option<Duration>,
}

impl<'f> Thermometer<'f> {
    /// A thermometer with what its flash holds: with nothing, if it is erased. A flash of other than
    /// [`FLASH_SIZE`] bytes has no place for what lies beyond its end.
    #[must_use]
    pub fn new(profile: Profile, flash: &'f mut [u8]) -> Self {
        let flash = Flash::new(flash);
        let mut device = Self {
            profile,
            root: XIAOMI_ROOT,
            running: None,
            store: Store::load(&profile, &flash),
            flash,
            environment: Environment {
                temperature: Decimal::new(2137, -2),
                humidity: Decimal::new(4512, -2),
                battery: 2950,
                count: 1,
            },
            log: log::Log::default(),
            faults: Faults::default(),
            ota_writes: 0,
            stalled: false,
            connection: None,
            queue: ArrayVec::new(),
            ready_at: Duration::ZERO,
            reboots: 0,
        };
        device.power_on();
        device
    }

    /// Writes an image to the first bank, as a wired programmer does, and starts it.
    pub fn install(&mut self, image: &[u8]) {
        let length = u32::try_from(image.len()).unwrap_or(u32::MAX);
        for bank in boot::BANKS {
            let end = if bank == 0 { bank + length } else { bank + 1 };
            for sector in (bank..end.min(FLASH_SIZE as u32)).step_by(SECTOR as usize) {
                let _ = self.flash.erase(sector);
            }
        }
        let _ = self.flash.program(0, image);
        self.power_on();
    }

    /// Takes another root key for signed images than Xiaomi's: for tests.
    pub const fn set_root_key(&mut self, root: RootKey) {
        self.root = root;
    }

    /// Sets faults. Writes and operations count from now.
    pub const fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
        self.ota_writes = 0;
        self.stalled = false;
        self.flash.cut_power_at(faults.cut_power_at);
    }

    /// Changes the surroundings.
    pub const fn set_environment(&mut self, environment: Environment) {
        self.environment = environment;
    }

    /// The surroundings.
    #[must_use]
    pub const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What runs; `None` if nothing boots: a brick.
    #[must_use]
    pub const fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// The image that runs, as it stands in the flash.
    #[must_use]
    pub fn running_image(&self) -> Option<&[u8]> {
        let running = self.running?;
        Some(self.flash.read(running.bank, running.size))
    }

    /// How often it has started.
    #[must_use]
    pub const fn reboots(&self) -> u32 {
        self.reboots
    }

    /// Takes the battery out and puts it in again.
    pub fn power_on(&mut self) {
        self.connection = None;
        self.queue.clear();
        self.stalled = false;
        self.running = boot::boot(&self.flash);
        self.log = log::Log::find(&self.flash);
        self.reboots += 1;
    }

    /// Connects; `false` while it starts, if nothing runs, and if somebody is connected.
    pub fn connect(&mut self, now: Duration) -> bool {
        if self.running.is_none() || now < self.ready_at || self.connection.is_some() {
            return false;
        }
        self.connection = Some(Connection {
            since: now,
            unlocked: false,
            paired: false,
            subscribed_command: false,
            subscribed_ota: false,
            ota: OtaServer::default(),
            volatile: Volatile::default(),
            reboot_at: None,
        });
        true
    }

    /// The host ends the connection, or the radio does.
    pub fn disconnect(&mut self, now: Duration) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        self.queue.clear();
        self.stalled = false;
        if connection.volatile.reboot || connection.reboot_at.is_some() {
            self.restart(now);
        }
    }

    /// Whether somebody is connected.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// When it can be connected to again after a restart.
    #[must_use]
    pub const fn ready_at(&self) -> Duration {
        self.ready_at
    }

    /// Opens the login on this connection: Xiaomi's authentication is another crate's.
    pub const fn unlock(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.unlocked = true;
        }
    }

    /// Pairs this connection with the PIN; says whether it is the right one.
    pub fn pair(&mut self, pin: &crate::Pin) -> bool {
        let right = *self.store.pin == pin.expose();
        if let Some(connection) = &mut self.connection {
            connection.paired = right;
        }
        right
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.running.map(|running| running.firmware) {
            Some(Firmware::Pvvx { .. } | Firmware::Atc1441) => &self.store.name,
            Some(Firmware::Stock { .. }) => self.profile.model,
            Some(Firmware::Sdk) => "tModule",
            None => "",
        }
    }

    /// Its services.
    #[must_use]
    pub fn services(&self) -> &'static [Uuid] {
        match self.running.map(|running| running.firmware) {
            Some(Firmware::Stock { .. }) => {
                &[MI_AUTH_SERVICE, MI_DATA_SERVICE, OTA_SERVICE, INFORMATION_SERVICE]
            }
            Some(Firmware::Pvvx { .. }) => &[
                INFORMATION_SERVICE, BATTERY_SERVICE, SENSING_SERVICE, OTA_SERVICE, COMMAND_SERVICE,
            ],
            Some(Firmware::Atc1441) => &[BATTERY_SERVICE, SENSING_SERVICE, OTA_SERVICE, COMMAND_SERVICE],
            Some(Firmware::Sdk) => &[OTA_SERVICE],
            None => &[],
        }
    }

    /// What the device says of itself, and what that is.
    #[must_use]
    pub fn identify(&self) -> Device {
        let mut texts: [ArrayVec<u8, 32>; 3] = Default::default();
        let sources = [
            Characteristic::HardwareRevision,
            Characteristic::FirmwareRevision,
            Characteristic::SoftwareRevision,
        ];
        for (text, source) in texts.iter_mut().zip(sources) {
            *text = self.information(source).unwrap_or_default();
        }
        let [hardware, firmware, software] = texts
            .each_ref()
            .map(|text| core::str::from_utf8(text).unwrap_or_default());
        identify(&Surface {
            name: self.name(),
            services: self.services(),
            hardware,
            firmware,
            software,
        })
    }

    /// Xiaomi's keys, as they stand in the flash.
    #[must_use]
    pub fn mi_keys(&self) -> MiKeys {
        MiKeys::parse(keys::sector(&self.flash), Layout::Tlv).unwrap_or_default()
    }

    /// Stores what a registration brought.
    pub fn register(&mut self, did: Option<&Did>, token: &MiToken, bind_key: &BindKey) {
        let mut record = zeroize::Zeroizing::new([0; 28]);
        for (to, from) in record
            .iter_mut()
            .zip(token.expose().iter().chain(bind_key.expose()))
        {
            *to = *from;
        }
        if let Some(did) = did {
            let _ = keys::replace(&mut self.flash, 0x11, did.bytes());
        }
        let _ = keys::replace(&mut self.flash, 0x12, &*record);
    }

    /// What the vendor's app says when it pairs: nothing is well, or the code of an error.
    pub fn pair_in_app(&self) -> Result<(), i16> {
        match self.running.map(|running| running.firmware) {
            Some(Firmware::Stock { .. }) if self.mi_keys().did.is_some_and(|did| did.is_invented()) => {
                Err(-29)
            }
            Some(Firmware::Stock { .. }) => Ok(()),
            _ => Err(-27),
        }
    }

    /// Its MAC address.
    #[must_use]
    pub const fn mac(&self) -> MacAddr6 {
        self.store.mac
    }

    /// The config of pvvx's firmware.
    #[must_use]
    pub fn config(&self) -> Option<Config> {
        match self.running?.firmware {
            Firmware::Pvvx { version } => Some(Config::from_bytes(
                version,
                self.profile.variant(),
                &self.store.config,
            )),
            _ => None,
        }
    }

    /// The bind key of custom firmware's adverts.
    #[must_use]
    pub const fn advert_key(&self) -> &BindKey {
        &self.store.bind_key
    }

    /// Measures: the counter rises, and who asked for measurements is notified.
    pub fn measure(&mut self, now: Duration) {
        self.environment.count = self.environment.count.wrapping_add(1);
        let wanted = self
            .connection
            .as_mut()
            .map(|connection| &mut connection.volatile.measurements);
        if let Some(count @ 1..) = wanted {
            if *count < u8::MAX {
                *count -= 1;
            }
            self.with_commands(now, |commands| {
                commands.measurement();
                Ok(())
            });
        }
    }

    /// Writes a record of the log.
    pub fn log(&mut self, now: Duration) {
        let mut idle = Volatile::default();
        let mut ota = OtaServer::default();
        let mut queue = ArrayVec::new();
        let result = Commands {
            now,
            profile: &self.profile,
            version: crate::FirmwareVersion::CURRENT,
            environment: &self.environment,
            store: &mut self.store,
            flash: &mut self.flash,
            log: &mut self.log,
            ota: &mut ota,
            volatile: &mut idle,
            queue: &mut queue,
        }
        .log_measurement();
        if result.is_err() {
            self.restart(now);
        }
    }

    /// Subscribes to notifications.
    pub fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), AttError> {
        self.check_access(characteristic)?;
        let connection = self.connection.as_mut().ok_or(AttError::Disconnected)?;
        match characteristic {
            Characteristic::Command => connection.subscribed_command = true,
            Characteristic::Ota => connection.subscribed_ota = true,
            _ => {}
        }
        Ok(())
    }

    /// Reads.
    pub fn read(&mut self, characteristic: Characteristic) -> Result<ArrayVec<u8, 32>, AttError> {
        self.check_access(characteristic)?;
        if self.stalled {
            return Err(AttError::Silent);
        }
        let connection = self.connection.as_ref().ok_or(AttError::Disconnected)?;
        match characteristic {
            Characteristic::Ota => Ok([connection.ota.status()].into_iter().collect()),
            Characteristic::BatteryLevel => {
                let percent = u32::from(self.environment.battery).saturating_sub(2200) / 8;
                Ok([percent.min(100) as u8].into_iter().collect())
            }
            // What a read brings is the config; to ask for it by command would write the flash.
            Characteristic::Command => {
                let config = self.config().ok_or(AttError::NotFound)?;
                Ok([0x55, config.version().0]
                    .into_iter()
                    .chain(config.bytes().iter().copied())
                    .collect())
            }
            other => self.information(other).ok_or(AttError::NotFound),
        }
    }

    /// Writes.
    pub fn write(
        &mut self,
        now: Duration,
        characteristic: Characteristic,
        bytes: &[u8],
    ) -> Result<(), AttError> {
        self.check_access(characteristic)?;
        if self.stalled {
            return Err(AttError::Silent);
        }
        match characteristic {
            Characteristic::Ota => self.write_ota(now, bytes),
            Characteristic::Command => {
                if let Some(Firmware::Pvvx { .. }) = self.running.map(|running| running.firmware) {
                    self.with_commands(now, |commands| commands.handle(bytes));
                }
                self.still_connected()
            }
            Characteristic::ConnectionSpeed => Ok(()),
            _ => Err(AttError::NotFound),
        }
    }

    /// The next notification, in the order in which they were made.
    pub fn poll_notification(&mut self, now: Duration) -> Option<(Characteristic, ArrayVec<u8, 20>)> {
        if self.stalled {
            return None;
        }
        if let Some(notification) = self.queue.pop_at(0) {
            return Some(notification);
        }
        let mut record = None;
        self.with_commands(now, |commands| {
            record = commands.log_record();
            Ok(())
        });
        record.map(|record| (Characteristic::Command, record))
    }

    /// When it does something by itself.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let (connection, running) = (self.connection.as_ref()?, self.running?);
        let waits_for_login = matches!(running.firmware, Firmware::Stock { .. }) && !connection.unlocked;
        [
            connection.reboot_at,
            connection.volatile.erasing.map(|(_, _, at)| at),
            connection.ota.deadline(&running.firmware),
            waits_for_login.then_some(connection.since + LOGIN_WAIT),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets it do what it does by itself: restart, erase, give up.
    pub fn handle_timeout(&mut self, now: Duration) {
        let (Some(connection), Some(running)) = (&mut self.connection, self.running) else {
            return;
        };
        if connection.reboot_at.is_some_and(|at| now >= at) {
            return self.restart(now);
        }
        if connection
            .ota
            .deadline(&running.firmware)
            .is_some_and(|at| now >= at)
        {
            let reaction = connection.ota.handle_timeout();
            self.react(now, reaction);
            return;
        }
        if connection.volatile.erasing.is_some_and(|(_, _, at)| now >= at) {
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method has one lifetime too few"
            )]
            self.with_commands(now, |commands| commands.erase_next());
            return;
        }
        let waits = matches!(running.firmware, Firmware::Stock { .. }) && !connection.unlocked;
        if waits && now >= connection.since + LOGIN_WAIT {
            self.disconnect(now);
        }
    }

    fn write_ota(&mut self, now: Duration, bytes: &[u8]) -> Result<(), AttError> {
        let number = self.ota_writes;
        self.ota_writes += 1;
        if self.faults.drop_at_write == Some(number) {
            self.disconnect(now);
            return Err(AttError::Disconnected);
        }
        if self.faults.stall_at_write == Some(number) {
            self.stalled = true;
            return Err(AttError::Silent);
        }
        let (Some(connection), Some(running)) = (&mut self.connection, self.running) else {
            return Err(AttError::Disconnected);
        };
        if matches!(running.firmware, Firmware::Stock { .. }) && !connection.unlocked {
            self.disconnect(now);
            return Err(AttError::Disconnected);
        }
        let mut copy: ArrayVec<u8, 244> = bytes.try_into().map_err(|_| AttError::NotFound)?;
        if self.faults.corrupt_write == Some(number)
            && let Some(last) = copy.last_mut()
        {
            *last ^= 0x10;
        }
        let reaction = connection
            .ota
            .handle_write(now, &copy, &mut self.flash, &running, &self.root);
        self.react(now, reaction);
        self.still_connected()
    }

    fn react(&mut self, now: Duration, reaction: Reaction) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let extended = self
            .running
            .is_some_and(|running| running.firmware == Firmware::Sdk);
        match reaction {
            Reaction::None => {}
            Reaction::PowerCut => self.restart(now),
            Reaction::Version { version, accept } => self.notify(&ServerPdu::Version { version, accept }),
            Reaction::End(code) => {
                connection.reboot_at = Some(now + RESTART_WAIT);
                if self.faults.refuse_image && code == ResultCode::Success {
                    self.swap_back();
                }
                if extended {
                    self.notify(&ServerPdu::Result(code));
                }
            }
        }
    }

    /// As if the device had found a fault in the new image: its mark goes, the old one's comes back.
    fn swap_back(&mut self) {
        let Some(running) = self.running else {
            return;
        };
        for bank in boot::BANKS {
            if bank != running.bank {
                let _ = self.flash.program(bank + boot::MARK, &[0]);
            }
        }
        self.flash.force(running.bank + boot::MARK, b'K');
    }

    fn notify(&mut self, pdu: &ServerPdu) {
        let subscribed = self
            .connection
            .as_ref()
            .is_some_and(|connection| connection.subscribed_ota);
        let (bytes, length) = pdu.encode();
        if let (true, Ok(packet)) = (
            subscribed,
            Packet::try_from(bytes.get(..length).unwrap_or_default()),
        ) {
            let _ = self.queue.try_push((Characteristic::Ota, packet));
        }
    }

    /// Runs a command, and queues what it answers if somebody has subscribed.
    fn with_commands(
        &mut self,
        now: Duration,
        run: impl FnOnce(&mut Commands<'_, 'f>) -> Result<(), PowerCut>,
    ) {
        let (Some(connection), Some(Firmware::Pvvx { version })) =
            (&mut self.connection, self.running.map(|running| running.firmware))
        else {
            return;
        };
        let mut answers = ArrayVec::new();
        let result = run(&mut Commands {
            now,
            profile: &self.profile,
            version,
            environment: &self.environment,
            store: &mut self.store,
            flash: &mut self.flash,
            log: &mut self.log,
            ota: &mut connection.ota,
            volatile: &mut connection.volatile,
            queue: &mut answers,
        });
        if connection.subscribed_command {
            for answer in answers {
                let _ = self.queue.try_push((Characteristic::Command, answer));
            }
        }
        if result.is_err() {
            self.restart(now);
        }
    }

    fn check_access(&self, characteristic: Characteristic) -> Result<(), AttError> {
        let connection = self.connection.as_ref().ok_or(AttError::Disconnected)?;
        let service = match characteristic {
            Characteristic::Ota => OTA_SERVICE,
            Characteristic::Command => COMMAND_SERVICE,
            Characteristic::ConnectionSpeed => MI_DATA_SERVICE,
            Characteristic::BatteryLevel => BATTERY_SERVICE,
            _ => INFORMATION_SERVICE,
        };
        if !self.services().contains(&service) {
            return Err(AttError::NotFound);
        }
        let protected = matches!(characteristic, Characteristic::Ota | Characteristic::Command);
        let custom = matches!(
            self.running.map(|running| running.firmware),
            Some(Firmware::Pvvx { .. })
        );
        if protected && custom && *self.store.pin != 0 && !connection.paired {
            return Err(AttError::InsufficientAuthentication);
        }
        Ok(())
    }

    fn information(&self, characteristic: Characteristic) -> Option<ArrayVec<u8, 32>> {
        let mut text = arrayvec::ArrayString::<32>::new();
        match (characteristic, self.running?.firmware) {
            (Characteristic::HardwareRevision, Firmware::Stock { .. } | Firmware::Pvvx { .. }) => {
                text.push_str(self.profile.hardware_revision);
            }
            (Characteristic::FirmwareRevision, Firmware::Stock { version, .. }) => text.push_str(&version),
            (Characteristic::FirmwareRevision, Firmware::Pvvx { .. }) => text.push_str("github.com/pvvx"),
            (Characteristic::SoftwareRevision, Firmware::Pvvx { version }) => {
                fmt::write(&mut text, format_args!("V{version}")).ok()?;
            }
            (Characteristic::ModelNumber, Firmware::Stock { .. } | Firmware::Pvvx { .. }) => {
                text.push_str(self.profile.model);
            }
            _ => return None,
        }
        text.as_bytes().try_into().ok()
    }

    fn still_connected(&self) -> Result<(), AttError> {
        if self.connection.is_some() {
            Ok(())
        } else {
            Err(AttError::Disconnected)
        }
    }

    fn restart(&mut self, now: Duration) {
        self.power_on();
        self.ready_at = now + BOOT_TIME;
    }
}

impl fmt::Debug for Thermometer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thermometer")
            .field("profile", &self.profile)
            .field("running", &self.running)
            .field("faults", &self.faults)
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

/// Stock firmware drops who doesn't log in.
const LOGIN_WAIT: Duration = Duration::from_secs(15);
/// From the end of an OTA to the restart.
const RESTART_WAIT: Duration = Duration::from_millis(200);
/// From a restart to the first advert.
const BOOT_TIME: Duration = Duration::from_secs(2);
