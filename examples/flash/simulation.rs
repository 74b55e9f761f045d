//! A simulated device: a thermometer of `telink-ota` behind the authentication of `mi-auth`, on air with `mibeacon`.
//! Time is virtual: half an hour of it passes at once.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use mi_auth::device::{Device, DeviceConfig, DeviceEvent, DeviceKeys, Outgoing, Peripheral as _};
use mi_auth::parcel::FrameBytes;
use mi_auth::transport::{Gatt, Incoming as MiIncoming};
use mi_auth::{Did, Event, Register, RegisterConfig};
use mibeacon::frame::ProductId;
use mibeacon::{Beacon, BeaconFormat, Climate, Decoder, Message, Report, Slot, payloads};
use rand_chacha::ChaCha20Rng;
use telink_ota::command::keys::Did as TelinkDid;
use telink_ota::command::{AdvertisingType, Setting, Value};
use telink_ota::device::{Disturbance, FLASH_SIZE, Faults, Firmware, Link, Profile, Thermometer};
use telink_ota::gatt::{Characteristic, MI_AUTH_SERVICE, WriteMode};
use telink_ota::transport::{Incoming, LinkError, Peripheral};

use super::arguments::DeviceArguments;
use super::authenticate;
use super::failure::{Failure, with_path};
use super::host::{Advertised, Connection, Host, Sample};
use super::samples;

/// What to simulate: `LYWSD03MMC:2.1.1_0159`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    profile: Profile,
    start: Start,
}

/// What runs at first.
#[derive(Clone, Copy, Debug)]
enum Start {
    Stock(&'static str),
    Pvvx(&'static str),
    Atc1441,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            profile: Profile::lywsd03mmc(),
            start: Start::Stock(STOCK_VERSION),
        }
    }
}

impl FromStr for Model {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (model, firmware) = text.split_once(':').unwrap_or((text, STOCK_VERSION));
        let profile = Profile::of(model).ok_or("the models are LYWSD03MMC and MJWSD05MMC")?;
        let start = match firmware {
            STOCK_VERSION => Start::Stock(STOCK_VERSION),
            SIGNED_VERSION => Start::Stock(SIGNED_VERSION),
            "V5.8" => Start::Pvvx("V5.8"),
            "V4.5" => Start::Pvvx("V4.5"),
            "atc1441" => Start::Atc1441,
            _ => return Err("the firmwares are 1.0.0_0130, 2.1.1_0159, V4.5, V5.8 and atc1441".into()),
        };
        // Its stock firmware shows the Chinese edition.
        let hardware_id = if profile.model == "MJWSD05MMC" {
            9
        } else {
            profile.hardware_id
        };
        Ok(Self {
            profile: Profile {
                hardware_id,
                ..profile
            },
            start,
        })
    }
}

/// The flash of a simulated device, and the file in which it outlives this process.
pub(super) struct Memory {
    bytes: Vec<u8>,
    file: Option<PathBuf>,
    is_new: bool,
}

impl Memory {
    /// A new device; or the one in the file, if there is one.
    pub(super) fn open(model: &Model, file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map(Path::to_owned);
        let found = match &file {
            Some(path) if path.exists() => Some(fs::read(path).map_err(with_path(path))?),
            _ => None,
        };
        if let (Some(bytes), Some(path)) = (&found, &file)
            && bytes.len() != FLASH_SIZE
        {
            let found = bytes.len();
            let text = format!(
                "{found} bytes, where a simulated {} has {FLASH_SIZE}",
                model.profile.model
            );
            return Err(
                with_path(path)(text).help("Name a file that --memory made, or one that isn't there yet.")
            );
        }
        Ok(Self {
            is_new: found.is_none(),
            bytes: found.unwrap_or_else(|| vec![0xff; FLASH_SIZE]),
            file,
        })
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        match &self.file {
            Some(path) => fs::write(path, &self.bytes).map_err(with_path(path)),
            None => Ok(()),
        }
    }
}

/// The device, and the air around it.
pub(super) struct Simulation<'f> {
    profile: Profile,
    thermometer: Thermometer<'f>,
    now: Duration,
    disturbance: Disturbance,
}

impl<'f> Simulation<'f> {
    pub(super) fn new(model: &Model, memory: &'f mut Memory, arguments: &DeviceArguments) -> Self {
        let Model { profile, start } = *model;
        let is_new = memory.is_new;
        let mut thermometer = Thermometer::new(profile, &mut memory.bytes);
        if is_new {
            let (image, web_page_was_here) = match start {
                Start::Stock(version) => (samples::stock(profile.model, version), false),
                Start::Pvvx(version) => (samples::pvvx(profile.hardware_id as u8, version), true),
                Start::Atc1441 => (samples::atc1441(), true),
            };
            thermometer.install(&image);
            if web_page_was_here {
                let did = "blt.3.129vAbCdEfg00".parse::<TelinkDid>().ok();
                thermometer.register(
                    did.as_ref(),
                    &authenticate::random().into(),
                    &authenticate::random().into(),
                );
            }
            for half_hour in 0..48 {
                thermometer.log(Duration::from_secs(1800) * half_hour);
            }
        }
        thermometer.set_faults(Faults {
            drop_at_write: arguments.drop_at,
            ..Faults::default()
        });
        Self {
            profile,
            thermometer,
            now: Duration::ZERO,
            disturbance: Disturbance {
                lost: arguments.lost,
                ..Disturbance::none()
            },
        }
    }

    /// Lets the connection drop once, at this write from now.
    pub(super) const fn drop_at(&mut self, write: u32) {
        self.thermometer.set_faults(Faults {
            drop_at_write: Some(write),
            corrupt_write: None,
            stall_at_write: None,
            cut_power_at: None,
            refuse_image: false,
        });
    }

    fn beacon(&self) -> Option<Beacon> {
        let (format, key) = match self.thermometer.running()?.firmware {
            Firmware::Stock { .. } => {
                let product_id = ProductId(if self.profile.model == "LYWSD03MMC" {
                    0x055b
                } else {
                    0x2832
                });
                (
                    BeaconFormat::MiBeacon {
                        product_id,
                        version: 5,
                    },
                    self.thermometer.mi_keys().bind_key,
                )
            }
            Firmware::Pvvx { .. } => {
                let config = self.thermometer.config()?;
                let encrypted = config.value(Setting::Encrypted) == Some(Value::Flag(true));
                let format = match config.value(Setting::AdvertisingType) {
                    Some(Value::Advertising(AdvertisingType::Atc1441)) => BeaconFormat::Atc1441,
                    Some(Value::Advertising(AdvertisingType::BtHome)) => {
                        BeaconFormat::BthomeV2 { trigger_based: false }
                    }
                    _ => BeaconFormat::Pvvx,
                };
                (format, encrypted.then(|| self.thermometer.advert_key().clone()))
            }
            _ => (BeaconFormat::Atc1441, None),
        };
        let beacon = Beacon::new(self.thermometer.mac(), format);
        Some(match key {
            Some(key) => beacon.with_key(mibeacon::BindKey::from(*key.expose())),
            None => beacon,
        })
    }
}

impl<'f> Host for Simulation<'f> {
    type Connection<'a>
        = SimulatedConnection<'a, 'f>
    where
        Self: 'a;

    async fn connect(&mut self) -> Result<SimulatedConnection<'_, 'f>, Failure> {
        let thermometer = &mut self.thermometer;
        let Some(running) = thermometer.running().copied() else {
            return Err(Failure::new("brick", "nothing boots on this device")
                .help("Only a wired programmer helps; if it is a simulated one, a new --memory file does."));
        };
        let mut config = DeviceConfig::default();
        let found = thermometer.mi_keys();
        config.did = found.did.and_then(|did| Did::parse(did.bytes()));
        config.keys = found
            .token
            .zip(found.bind_key)
            .map(|(token, key)| DeviceKeys::new((*token.expose()).into(), (*key.expose()).into()));
        config.needs_button = self.profile.model == "MJWSD05MMC";
        if let Firmware::Stock { signed: true, .. } = running.firmware {
            config.auth_version = 2;
        }
        let advertised = Advertised {
            name: thermometer.name().to_owned(),
            address: Some(thermometer.mac()),
            services: thermometer.services().to_vec(),
        };
        let disturbance = Disturbance {
            // Each connection has its own luck.
            seed: self.now.as_millis() as u64,
            ..self.disturbance
        };
        let Some(link) = Link::connect(thermometer, self.now, disturbance) else {
            return Err(Failure::new("not_found", "the device can't be connected to").of_the_link(true));
        };
        let mut auth = Device::new(config, authenticate::generator()?);
        auth.handle_connect(Peripheral::now(&link));
        Ok(SimulatedConnection {
            link,
            auth,
            press_at: None,
            advertised,
            clock: &mut self.now,
        })
    }

    async fn pause(&mut self, time: Duration) {
        self.now += time;
    }

    async fn listen(
        &mut self,
        time: Duration,
        mut decoder: Decoder<Vec<Slot>>,
        heard: &mut dyn FnMut(&Report<'_>),
    ) -> Result<(), Failure> {
        let Some(mut beacon) = self.beacon() else {
            return Ok(());
        };
        let address = beacon.address();
        let (end, mut measured) = (self.now + time, 0);
        let mut measure_at = self.now;
        while self.now < end {
            if self.now >= measure_at {
                let environment = self.thermometer.environment();
                let climate = Climate {
                    temperature: environment.temperature.rescaled(-2) as i16 + measured,
                    humidity: environment.humidity.rescaled(-2) as u16,
                    battery_level: (environment.battery.saturating_sub(2200) / 8).min(100) as u8,
                    battery_millivolts: environment.battery,
                };
                let sent = beacon.send(self.now, &Message::Climate(climate));
                sent.map_err(|error| Failure::new("advert", error))?;
                measured += 1;
                measure_at += Duration::from_secs(10);
            }
            while let Some(advert) = beacon.poll_transmit(self.now) {
                for payload in payloads(&advert) {
                    heard(&decoder.decode(self.now, Some(address), payload));
                }
            }
            self.now = beacon
                .poll_timeout()
                .unwrap_or(measure_at)
                .min(measure_at)
                .max(self.now);
        }
        Ok(())
    }

    fn sample(&self, kind: Sample) -> Option<Vec<u8>> {
        Some(match kind {
            Sample::Custom => samples::pvvx(self.profile.hardware_id as u8, "V5.8"),
            Sample::Stock => samples::stock(self.profile.model, STOCK_VERSION),
        })
    }

    /// The app asks its cloud, which gives a new device an id, and refuses those that web pages have invented.
    async fn pair_in_app(&mut self) -> Option<Result<(), Failure>> {
        let key = match authenticate::private_key() {
            Ok(key) => key,
            Err(failure) => return Some(Err(failure)),
        };
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(failure) => return Some(Err(failure)),
        };
        let mut config = RegisterConfig::default();
        config.approval = true;
        let mut register = Register::new(config, key);
        let paired = mi_auth::transport::run(&mut register, &mut connection, |register, event| {
            if *event == Event::ApprovalNeeded {
                match register.device_info().and_then(|info| info.did) {
                    Some(did) if did.is_invented() => register.refuse(),
                    _ => register.approve("blt.3.1simulated001".parse().ok()),
                }
            }
        });
        Some(match paired.await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.failure.app_code();
                let shown = code.map_or_else(|| error.to_string(), |code| format!("the app shows {code}"));
                Err(Failure::new("app", shown)
                    .help(code.and_then(|code| code.help()).unwrap_or("Try again.")))
            }
        })
    }
}

/// A connection to the simulated device.
pub(super) struct SimulatedConnection<'a, 'f> {
    link: Link<'a, 'f>,
    auth: Device<ChaCha20Rng>,
    /// When somebody presses the button that the device waits for.
    press_at: Option<Duration>,
    advertised: Advertised,
    /// Where the time goes on when the connection ends.
    clock: &'a mut Duration,
}

impl SimulatedConnection<'_, '_> {
    fn time(&self) -> Duration {
        Peripheral::now(&self.link)
    }

    /// A packet takes a connection interval.
    fn step(&mut self) -> Result<(), LinkError> {
        self.link.pass(INTERVAL);
        if self.link.device().is_connected() {
            Ok(())
        } else {
            Err(LinkError::Disconnected)
        }
    }

    /// Whether Xiaomi's service is there at all.
    fn authenticates(&self) -> Result<(), LinkError> {
        let has_service = self.advertised.services.contains(&MI_AUTH_SERVICE);
        if has_service {
            Ok(())
        } else {
            Err(LinkError::Refused)
        }
    }

    /// What the authentication changed on the thermometer.
    fn settle(&mut self) {
        while let Some(event) = self.auth.poll_event() {
            match event {
                DeviceEvent::Registered(keys) => {
                    let did = self
                        .auth
                        .did()
                        .and_then(|did| TelinkDid::from_wire(&did.encode()));
                    let (token, key) = ((*keys.token.expose()).into(), (*keys.bind_key.expose()).into());
                    self.link.device().register(did.as_ref(), &token, &key);
                }
                DeviceEvent::SessionOpened => self.link.device().unlock(),
                DeviceEvent::ButtonNeeded => self.press_at = Some(self.time() + Duration::from_secs(2)),
                _ => {}
            }
        }
    }
}

impl Drop for SimulatedConnection<'_, '_> {
    fn drop(&mut self) {
        // A restart that is under way happens first.
        self.link.pass(Duration::from_secs(1));
        *self.clock = self.time();
        let now = self.time();
        self.link.device().disconnect(now);
    }
}

impl Connection for SimulatedConnection<'_, '_> {
    fn advertised(&self) -> &Advertised {
        &self.advertised
    }

    fn ota_write_mode(&self) -> WriteMode {
        WriteMode::WithoutResponse
    }

    fn mtu(&self) -> u16 {
        23
    }
}

impl Peripheral for SimulatedConnection<'_, '_> {
    fn now(&self) -> Duration {
        self.time()
    }

    async fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), LinkError> {
        self.link.subscribe(characteristic).await
    }

    async fn write(
        &mut self,
        characteristic: Characteristic,
        bytes: &[u8],
        mode: WriteMode,
    ) -> Result<(), LinkError> {
        self.link.write(characteristic, bytes, mode).await
    }

    async fn read(&mut self, characteristic: Characteristic, buffer: &mut [u8]) -> Result<usize, LinkError> {
        self.link.read(characteristic, buffer).await
    }

    async fn notification(&mut self, until: Duration, buffer: &mut [u8]) -> Incoming {
        self.link.notification(until, buffer).await
    }
}

impl Gatt for SimulatedConnection<'_, '_> {
    type Error = LinkError;

    fn now(&self) -> Duration {
        self.time()
    }

    async fn subscribe(&mut self, _: mi_auth::Characteristic) -> Result<(), LinkError> {
        self.step()?;
        self.authenticates()
    }

    async fn write(&mut self, to: mi_auth::Characteristic, bytes: &[u8]) -> Result<(), LinkError> {
        self.step()?;
        self.authenticates()?;
        let now = self.time();
        self.auth.handle_write(now, to, bytes);
        self.settle();
        Ok(())
    }

    async fn read(&mut self, from: mi_auth::Characteristic) -> Result<FrameBytes, LinkError> {
        self.step()?;
        let now = self.time();
        self.auth.handle_read(now, from).ok_or(LinkError::Refused)
    }

    async fn next(&mut self, until: Duration) -> MiIncoming {
        loop {
            let now = self.time();
            match self.auth.poll_transmit(now) {
                Some(Outgoing::Notification { from, bytes }) => {
                    self.link.pass(INTERVAL);
                    return MiIncoming::Notification { from, bytes };
                }
                Some(_) => {
                    self.link.device().disconnect(now);
                    self.auth.handle_disconnect(now);
                }
                None => {}
            }
            if !self.link.device().is_connected() {
                return MiIncoming::Disconnected;
            }
            let next = [self.auth.poll_timeout(), self.press_at]
                .into_iter()
                .flatten()
                .min();
            let Some(at) = next.filter(|&at| at <= until) else {
                self.link.pass(until.saturating_sub(now));
                return MiIncoming::TimedOut;
            };
            self.link.pass(at.saturating_sub(now));
            if self.press_at.is_some_and(|press_at| press_at <= at) {
                self.press_at = None;
                self.auth.press_button(at);
            } else {
                self.auth.handle_timeout(at);
            }
            self.settle();
        }
    }
}

impl fmt::Debug for SimulatedConnection<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedConnection")
            .field("advertised", &self.advertised)
            .finish_non_exhaustive()
    }
}

const STOCK_VERSION: &str = "1.0.0_0130";
/// Starts signed images only, and registers with the vendor's cloud only.
const SIGNED_VERSION: &str = "2.1.1_0159";
/// A usual connection interval.
const INTERVAL: Duration = Duration::from_millis(30);
