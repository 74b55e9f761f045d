use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::error::LooksLike;
use super::layout::{Place, place};
use super::{CharKind, ConfigError, Layout, crc8};
use crate::Secret;
use crate::status::Pin;

/// A configuration. What `Debug` shows has no passwords, and dropping overwrites the block.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) bytes: Vec<u8>,
    pub(super) layout: Layout,
}

/// The checksum of a block, and what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checksum {
    /// What the block says.
    pub stored: u8,
    /// What it should be where `char` has a sign.
    pub signed: u8,
    /// What it should be where `char` has none.
    pub unsigned: u8,
}

impl Checksum {
    /// Whether it is right for this kind.
    #[must_use]
    pub const fn fits(&self, char_kind: CharKind) -> bool {
        match char_kind {
            CharKind::Signed => self.stored == self.signed,
            CharKind::Unsigned => self.stored == self.unsigned,
        }
    }

    /// Whether it is right for one of both. If not, the firmware drops the block and starts with defaults.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.fits(CharKind::Signed) || self.fits(CharKind::Unsigned)
    }

    /// The kind, if it fits only one.
    #[must_use]
    pub const fn char_kind(&self) -> Option<CharKind> {
        match (self.fits(CharKind::Signed), self.fits(CharKind::Unsigned)) {
            (true, false) => Some(CharKind::Signed),
            (false, true) => Some(CharKind::Unsigned),
            _ => None,
        }
    }
}

/// A field that holds text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextField {
    /// Name of the network.
    WifiSsid,
    /// Its password.
    WifiPassword,
    /// Name of the second network.
    WifiSsid2,
    /// Its password.
    WifiPassword2,
    /// The broker.
    MqttHost,
    /// Client id, the base topic.
    MqttClientId,
    /// The broker's user.
    MqttUser,
    /// Its password.
    MqttPassword,
    /// Topic of the group.
    MqttGroup,
    /// Certificate file.
    MqttCertFile,
    /// Where the web application comes from.
    WebappRoot,
    /// The short name.
    ShortName,
    /// The long name.
    LongName,
    /// Name of the Tasmota device group.
    DgrName,
    /// Time server.
    NtpServer,
    /// Whom to ping.
    PingHost,
    /// What runs at start.
    StartupCommand,
    /// Password of the pages; empty for none.
    WebPassword,
}

impl TextField {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::WifiSsid,
        Self::WifiPassword,
        Self::WifiSsid2,
        Self::WifiPassword2,
        Self::MqttHost,
        Self::MqttClientId,
        Self::MqttUser,
        Self::MqttPassword,
        Self::MqttGroup,
        Self::MqttCertFile,
        Self::WebappRoot,
        Self::ShortName,
        Self::LongName,
        Self::DgrName,
        Self::NtpServer,
        Self::PingHost,
        Self::StartupCommand,
        Self::WebPassword,
    ];

    /// The name of the field in this project's tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WifiSsid => "wifi_ssid",
            Self::WifiPassword => "wifi_pass",
            Self::WifiSsid2 => "wifi_ssid2",
            Self::WifiPassword2 => "wifi_pass2",
            Self::MqttHost => "mqtt_host",
            Self::MqttClientId => "mqtt_client_id",
            Self::MqttUser => "mqtt_user",
            Self::MqttPassword => "mqtt_pass",
            Self::MqttGroup => "mqtt_group",
            Self::MqttCertFile => "mqtt_cert_file",
            Self::WebappRoot => "webapp_root",
            Self::ShortName => "short_name",
            Self::LongName => "long_name",
            Self::DgrName => "dgr_name",
            Self::NtpServer => "ntp_server",
            Self::PingHost => "ping_host",
            Self::StartupCommand => "startup_command",
            Self::WebPassword => "web_password",
        }
    }

    /// By its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Whether a report must not show it. Start commands can hold passwords too, but people need to read them.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(
            self,
            Self::WifiPassword | Self::WifiPassword2 | Self::MqttPassword | Self::WebPassword
        )
    }

    /// The first version that has it.
    #[must_use]
    pub const fn since(self) -> i32 {
        match self {
            Self::WifiSsid2 | Self::WifiPassword2 => 4,
            Self::WebPassword | Self::MqttCertFile => 5,
            _ => 1,
        }
    }

    /// The most bytes that it takes. The password of the first network fills its field.
    pub(super) fn limit(self, version: i32) -> usize {
        let size = usize::from(self.place(version).size);
        if self == Self::WifiPassword {
            size
        } else {
            size - 1
        }
    }

    pub(super) const fn place(self, version: i32) -> Place {
        match self {
            Self::WifiSsid => place::WIFI_SSID,
            Self::WifiPassword => place::WIFI_PASS,
            Self::WifiSsid2 => place::WIFI_SSID2,
            Self::WifiPassword2 => place::WIFI_PASS2,
            Self::MqttHost => place::MQTT_HOST,
            Self::MqttClientId => place::MQTT_CLIENT_ID,
            Self::MqttUser => place::MQTT_USER,
            Self::MqttPassword => place::MQTT_PASS,
            Self::MqttGroup => place::MQTT_GROUP,
            Self::MqttCertFile => place::MQTT_CERT_FILE,
            Self::WebappRoot => place::WEBAPP_ROOT,
            Self::ShortName => place::SHORT_NAME,
            Self::LongName => place::LONG_NAME,
            Self::DgrName => place::DGR_NAME,
            Self::NtpServer => place::NTP_SERVER,
            Self::PingHost => place::PING_HOST,
            Self::StartupCommand if version <= 3 => place::STARTUP_COMMAND_3,
            Self::StartupCommand => place::STARTUP_COMMAND,
            Self::WebPassword => place::WEB_PASSWORD,
        }
    }
}

impl Config {
    /// Reads a block; what follows it is ignored. Its checksum is not looked at: [`checksum`](Self::checksum) tells.
    ///
    /// # Errors
    ///
    /// If it is no configuration, of an unknown version, or too short, in this order.
    pub fn parse(bytes: &[u8], layout: Layout) -> Result<Self, ConfigError> {
        if bytes.get(..3) != Some(b"CFG") {
            let mut found = [0; 3];
            for (to, from) in found.iter_mut().zip(bytes) {
                *to = *from;
            }
            return Err(ConfigError::BadMagic {
                found,
                looks_like: LooksLike::of(bytes),
            });
        }
        let truncated = |expected| ConfigError::Truncated {
            found: bytes.len(),
            expected,
        };
        let version = bytes
            .get(4..8)
            .and_then(<[u8]>::first_chunk)
            .ok_or(truncated(SIZE))?;
        let version = i32::from_le_bytes(*version);
        let sizes: &[usize] = match version {
            // The firmware and the flash tool disagree.
            1 | 2 => &[SIZE, SIZE_3],
            3 => &[SIZE_3],
            4..=255 => &[SIZE],
            found => return Err(ConfigError::UnsupportedVersion { found }),
        };
        let shortest = sizes.iter().copied().min().unwrap_or(SIZE);
        let whole: Vec<Self> = sizes
            .iter()
            .filter_map(|size| bytes.get(..*size))
            .map(|bytes| Self {
                bytes: bytes.to_vec(),
                layout,
            })
            .collect();
        let valid = whole.iter().find(|config| config.checksum().is_valid());
        valid.or(whole.first()).cloned().ok_or(truncated(shortest))
    }

    /// An empty block of version 5.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let mut config = Self {
            bytes: alloc::vec![0; SIZE],
            layout,
        };
        config.put(0, b"CFG");
        config.put(place::VERSION.at(layout), &5_i32.to_le_bytes());
        config
    }

    /// The layout that the default names in a block point to.
    #[must_use]
    pub fn guess_layout(bytes: &[u8]) -> Option<Layout> {
        let config = Self::parse(bytes, Layout::D).ok()?;
        let text = |field| {
            config
                .text(field)
                .and_then(|text| core::str::from_utf8(text).ok())
                .unwrap_or_default()
        };
        Layout::guess(
            text(TextField::LongName),
            text(TextField::ShortName),
            text(TextField::MqttGroup),
        )
    }

    /// The layout it was read with.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Whether what can be checked is plausible: a group, printable start commands, known roles. If not, the layout is
    /// another one.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let group = self
            .text(TextField::MqttGroup)
            .is_some_and(|group| !group.is_empty());
        let startup = self.text(TextField::StartupCommand).unwrap_or_default();
        let printable = startup
            .iter()
            .all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e | 0x80..));
        group && printable && self.pins().all(|pin| pin.role().is_some())
    }

    /// The checksum and what it should be.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        let data = self.bytes.get(4..).unwrap_or_default();
        Checksum {
            stored: self.byte(place::CRC8),
            signed: crc8(data, CharKind::Signed),
            unsigned: crc8(data, CharKind::Unsigned),
        }
    }

    /// Its version, 1 to 255; above 5 the fields of 5 are read.
    #[must_use]
    pub fn version(&self) -> i32 {
        i32::from_le_bytes(self.array(place::VERSION))
    }

    /// The flags, bit by bit as in [`FLAGS`](crate::flags::FLAGS).
    #[must_use]
    pub fn flags(&self) -> u64 {
        u64::from_le_bytes(self.array(place::FLAGS))
    }

    /// A text, up to its closing zero; `None` if this version doesn't have it.
    ///
    /// For passwords rather use [`secret`](Self::secret).
    #[must_use]
    pub fn text(&self, field: TextField) -> Option<&[u8]> {
        if self.version() < field.since() {
            return None;
        }
        let place = field.place(self.version());
        let start = place.at(self.layout);
        let bytes = self.bytes.get(start..start + usize::from(place.size))?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        bytes.get(..end)
    }

    /// The same, as something that doesn't print.
    #[must_use]
    pub fn secret(&self, field: TextField) -> Option<Secret> {
        self.text(field).map(Secret::new)
    }

    /// Pins that have a role.
    pub fn pins(&self) -> impl Iterator<Item = Pin> + '_ {
        let list = |place: Place| {
            let start = place.at(self.layout);
            self.bytes
                .get(start..start + self.layout.pins())
                .unwrap_or_default()
        };
        let (roles, channels, seconds) = (
            list(place::PIN_ROLES),
            list(place::PIN_CHANNELS),
            list(place::PIN_CHANNELS2),
        );
        let pins = roles.iter().zip(channels).zip(seconds).zip(0_u8..);
        pins.filter(|&(((role, _), _), _)| *role != 0)
            .map(|(((role, channel), second), pin)| {
                let mut entry = Pin::new(pin, *role, *channel);
                entry.channel2 = *second;
                entry
            })
    }

    /// The number of a channel's type, 0 to 63.
    #[must_use]
    pub fn channel_type(&self, channel: u8) -> Option<u8> {
        let start = place::CHANNEL_TYPES.at(self.layout);
        self.bytes
            .get(start..start + 64)?
            .get(usize::from(channel))
            .copied()
    }

    /// What a channel, 0 to 63, has at start; -1 for what it had before.
    #[must_use]
    pub fn start_value(&self, channel: u8) -> Option<i16> {
        let start = place::START_VALUES.at(self.layout);
        let pair = self
            .bytes
            .get(start..start + 128)?
            .chunks_exact(2)
            .nth(usize::from(channel))?;
        pair.first_chunk().map(|pair| i16::from_le_bytes(*pair))
    }

    /// The chip's address; zeros for its own.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.array(place::MAC)
    }

    /// The broker's port.
    #[must_use]
    pub fn mqtt_port(&self) -> i32 {
        i32::from_le_bytes(self.array(place::MQTT_PORT))
    }

    /// How often it was changed.
    #[must_use]
    pub fn change_counter(&self) -> u16 {
        u16::from_le_bytes(self.array(place::CHANGE_COUNTER))
    }

    /// How often firmware was updated over the air.
    #[must_use]
    pub fn ota_counter(&self) -> u16 {
        u16::from_le_bytes(self.array(place::OTA_COUNTER))
    }

    /// What a device group is told, a mask.
    #[must_use]
    pub fn dgr_send(&self) -> u32 {
        u32::from_le_bytes(self.array(place::DGR_SEND))
    }

    /// What is taken from a device group, a mask.
    #[must_use]
    pub fn dgr_receive(&self) -> u32 {
        u32::from_le_bytes(self.array(place::DGR_RECV))
    }

    /// Eight numbers of meters.
    #[must_use]
    pub fn calibration(&self) -> [f32; 8] {
        self.floats(place::CALIBRATION)
    }

    /// Six numbers of lamps.
    #[must_use]
    pub fn led_correction(&self) -> [f32; 6] {
        self.floats(place::LED_CORRECTION)
    }

    /// Which channel of a lamp stands for which.
    #[must_use]
    pub fn led_remap(&self) -> [u8; 5] {
        self.array(place::LED_REMAP)
    }

    /// Times of buttons in tenths of a second: short, long, repeat.
    #[must_use]
    pub fn buttons(&self) -> [u8; 3] {
        [place::BUTTON_SHORT, place::BUTTON_LONG, place::BUTTON_REPEAT].map(|place| self.byte(place))
    }

    /// The size of the file system; it lies at the end of the area for updates.
    #[must_use]
    pub fn lfs_size(&self) -> u32 {
        u32::from_le_bytes(self.array(place::LFS_SIZE))
    }

    /// What is logged, a mask.
    #[must_use]
    pub fn logger_flags(&self) -> u32 {
        u32::from_le_bytes(self.array(place::LOGGER_FLAGS))
    }

    /// How long the start is logged into a file: seconds, and at how many more starts.
    #[must_use]
    pub fn startup_log(&self) -> (u8, u8) {
        let value = self.byte(place::LOG2LFS);
        (value % 31, value / 31)
    }

    /// The byte that [`startup_log`](Self::startup_log) is taken from.
    #[must_use]
    pub fn log2lfs(&self) -> u8 {
        self.byte(place::LOG2LFS)
    }

    /// Address, mask, gateway, name server; an address of zeros for DHCP.
    #[must_use]
    pub fn static_ip(&self) -> [[u8; 4]; 4] {
        [
            place::STATIC_IP,
            place::STATIC_MASK,
            place::STATIC_GATEWAY,
            place::STATIC_DNS,
        ]
        .map(|place| self.array(place))
    }

    /// After how many seconds a start counts as good.
    #[must_use]
    pub fn boot_ok_seconds(&self) -> u8 {
        self.byte(place::BOOT_OK_SECONDS)
    }

    /// How often to ping, in seconds; 0 for never. And after how many without an answer to restart.
    #[must_use]
    pub fn ping(&self) -> (i32, i32) {
        let number = |place| i32::from_le_bytes(self.array(place));
        (number(place::PING_INTERVAL), number(place::PING_RESTART_AFTER))
    }

    /// TLS to the broker, and whether its certificate is checked; `None` before version 5.
    #[must_use]
    pub fn mqtt_tls(&self) -> Option<(u8, u8)> {
        (self.version() >= 5).then(|| (self.byte(place::MQTT_TLS), self.byte(place::MQTT_TLS_VERIFY)))
    }

    /// Whether the pages are off; `None` before version 5.
    #[must_use]
    pub fn disable_web_server(&self) -> Option<u8> {
        (self.version() >= 5).then(|| self.byte(place::DISABLE_WEB_SERVER))
    }

    fn floats<const N: usize>(&self, place: Place) -> [f32; N] {
        let start = place.at(self.layout);
        core::array::from_fn(|index| {
            let bytes = self.bytes.get(start + 4 * index..).and_then(<[u8]>::first_chunk);
            f32::from_le_bytes(bytes.copied().unwrap_or_default())
        })
    }

    fn byte(&self, place: Place) -> u8 {
        u8::from_le_bytes(self.array(place))
    }

    /// Zeros where the block doesn't reach.
    fn array<const N: usize>(&self, place: Place) -> [u8; N] {
        let bytes = self
            .bytes
            .get(place.at(self.layout)..)
            .and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or([0; N])
    }

    pub(super) fn put(&mut self, start: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |field| self.text(field).map(String::from_utf8_lossy);
        f.debug_struct("Config")
            .field("version", &self.version())
            .field("layout", &self.layout)
            .field("checksum", &self.checksum())
            .field("long_name", &shown(TextField::LongName))
            .field("wifi_ssid", &shown(TextField::WifiSsid))
            .finish_non_exhaustive()
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// From version 4 on.
const SIZE: usize = 3584;
/// Version 3.
const SIZE_3: usize = 2016;
