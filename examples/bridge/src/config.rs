//! The configuration file, TOML. Every error names line and key.

mod cloud;
mod every;
mod place;
mod secret;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use macaddr::MacAddr6;
use mibeacon::BindKey;
use miio_proto::Token;
use serde::Deserialize;
use serde::de::Deserializer;
use xiaomi_gateway_proto::Key;

pub use cloud::Cloud;
pub use every::Every;
pub use secret::Secret;

use place::Place;

use crate::home_assistant::{Discovery, Form};

/// The annotated example that `bridge init` prints.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// All that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The broker.
    pub mqtt: Mqtt,
    /// How devices are announced.
    #[serde(default)]
    pub home_assistant: HomeAssistant,
    /// Where state is kept from one run to the next; relative paths count from the file's folder.
    #[serde(default)]
    pub state_file: Option<PathBuf>,
    /// How much is kept.
    #[serde(default)]
    pub limits: LimitsTable,
    /// The account that knows tokens and keys.
    pub cloud: Option<Cloud>,
    /// Bluetooth.
    #[serde(default)]
    pub ble: Ble,
    /// miIO devices.
    #[serde(default)]
    pub miio: Vec<Miio>,
    /// Gateways.
    #[serde(default)]
    pub gateway: Vec<Gateway>,
    /// OpenBeken devices.
    #[serde(default)]
    pub openbeken: Vec<OpenBeken>,
}

/// An OpenBeken device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenBeken {
    /// Its MQTT client id, which is the base of its topics.
    pub client_id: String,
    /// Its MQTT group.
    #[serde(default = "group")]
    pub group: String,
    /// Its name.
    pub name: Option<String>,
}

impl OpenBeken {
    /// Its topics; `None` where the names can't stand in one, which [`Config::parse`] refuses.
    #[must_use]
    pub fn topics(&self) -> Option<openbeken::Topics> {
        openbeken::Topics::new(&self.client_id, &self.group).ok()
    }
}

/// The broker.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mqtt {
    /// Its name or address.
    pub host: String,
    /// Its port; 1883, or 8883 with TLS.
    pub port: Option<u16>,
    /// The first levels of all topics.
    #[serde(default = "base", deserialize_with = "topic_base")]
    pub base: String,
    /// The client's id, unique at the broker.
    #[serde(default = "client_id")]
    pub client_id: String,
    /// User.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Seconds between signs of life.
    #[serde(default = "keep_alive")]
    pub keep_alive: Every,
    /// Encryption.
    pub tls: Option<Tls>,
}

/// Encryption of the connection to the broker.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The broker's authority, PEM; without it, those that the system trusts.
    pub ca: Option<PathBuf>,
    /// This client's certificate, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
}

/// How devices are announced.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeAssistant {
    /// The first level of the topics.
    #[serde(default = "prefix")]
    pub prefix: String,
    /// In which form.
    #[serde(default)]
    pub announce: Form,
}

impl Default for HomeAssistant {
    fn default() -> Self {
        Self {
            prefix: prefix(),
            announce: Form::default(),
        }
    }
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsTable {
    /// Devices.
    pub devices: usize,
    /// Events that wait while the broker is away.
    pub events: usize,
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            devices: 2000,
            events: 10_000,
        }
    }
}

/// Bluetooth.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ble {
    /// Listen with this machine's adapter; needs the feature `btleplug`.
    pub adapter: bool,
    /// Topics under which other gateways publish raw advertisements.
    #[serde(deserialize_with = "filters")]
    pub topics: Vec<String>,
    /// The name of the group of workers that share these topics; the bridge then reads only what they decoded.
    pub workers: Option<String>,
    /// Whether devices that aren't listed are shown too.
    pub strangers: bool,
    /// The devices.
    pub device: Vec<BleDevice>,
}

/// A Bluetooth device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BleDevice {
    /// Its address.
    #[serde(deserialize_with = "address")]
    pub address: MacAddr6,
    /// Its bind key, if it encrypts.
    #[serde(default, deserialize_with = "bind_key")]
    pub key: Option<BindKey>,
    /// Its name.
    pub name: Option<String>,
}

/// A miIO device.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miio {
    /// Its name.
    pub name: Option<String>,
    /// Its address, with or without port.
    #[serde(default, deserialize_with = "miio_address")]
    pub address: Option<SocketAddr>,
    /// Its id, where the address is to be discovered, or the token to be taken from the account.
    #[serde(alias = "did")]
    pub device_id: Option<u32>,
    /// Its token; without one, the account's.
    #[serde(default, deserialize_with = "token")]
    pub token: Option<Token>,
    /// Its model, where it doesn't tell.
    pub model: Option<String>,
    /// Its MIoT specification, the JSON of miot-spec.org, for what the bridge doesn't know.
    pub spec: Option<PathBuf>,
    /// The same as text, for simulated devices.
    #[serde(skip)]
    pub spec_text: Option<&'static str>,
    /// How often it is asked.
    #[serde(default = "poll")]
    pub every: Every,
}

/// A gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The KEY from the app; without it, nothing can be switched.
    #[serde(default, deserialize_with = "gateway_key")]
    pub key: Option<Key>,
    /// Its address, where multicast doesn't reach it, with or without port.
    #[serde(default, deserialize_with = "gateway_address")]
    pub address: Option<std::net::SocketAddrV4>,
    /// This host's address in the gateway's network.
    #[serde(default = "any_interface")]
    pub interface: Ipv4Addr,
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line is wrong.
    #[error("{}: {error}", path.display())]
    Toml {
        /// Which.
        path: PathBuf,
        /// Line, key, what is wrong.
        error: Box<toml::de::Error>,
    },
    /// Lines contradict each other.
    #[error("{}: {}{what}", path.display(), .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Conflict {
        /// Which.
        path: PathBuf,
        /// Where the table begins, if it is known.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
}

impl ConfigError {
    /// What a person can do about it, in one sentence.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read { .. } => Some("`bridge init > bridge.toml` writes an example to start from."),
            Self::Toml { .. } => Some("Compare the line with the example that `bridge init` prints."),
            Self::Conflict { .. } => None,
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// It can't be read, or a line is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
            path: path.to_owned(),
            error,
        })?;
        let mut config = Self::parse(&text, path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in config.paths() {
            *path = folder.join(&path);
        }
        Ok(config)
    }

    /// Reads a text; the path is for errors.
    ///
    /// # Errors
    ///
    /// A line is wrong.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Toml {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        match config.conflict() {
            None => Ok(config),
            Some((place, what)) => Err(ConfigError::Conflict {
                path: path.to_owned(),
                line: place.line(text),
                what,
            }),
        }
    }

    /// How devices are announced.
    #[must_use]
    pub fn discovery(&self) -> Discovery {
        Discovery {
            prefix: self.home_assistant.prefix.clone(),
            form: self.home_assistant.announce,
        }
    }

    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tls = self.mqtt.tls.iter_mut();
        let tls = tls.flat_map(|tls| [&mut tls.ca, &mut tls.certificate, &mut tls.key]);
        let specs = self.miio.iter_mut().map(|miio| &mut miio.spec);
        let session = self.cloud.iter_mut().map(|cloud| &mut cloud.session);
        tls.chain(specs)
            .chain(session)
            .chain([&mut self.state_file])
            .filter_map(Option::as_mut)
    }

    /// What contradicts what, and where.
    fn conflict(&self) -> Option<(Place, String)> {
        let mut addresses = BTreeSet::new();
        for (number, device) in self.ble.device.iter().enumerate() {
            if !addresses.insert(device.address.into_array()) {
                let what = format!("ble.device: {} is listed twice", device.address);
                return Some((Place::BleDevice(number), what));
            }
        }
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for (number, miio) in self.miio.iter().enumerate() {
            let wrong = if miio.address.is_none() && miio.device_id.is_none() {
                "needs an address, or a device_id to look for"
            } else if miio.token.is_none() && self.cloud.is_none() {
                "needs a token, or [cloud] to take it from"
            } else if miio.token.is_none() && miio.device_id.is_none() {
                "needs a token, or the device_id that it has in the cloud"
            } else if miio.device_id.is_some_and(|id| !ids.insert(id)) {
                "has the device_id of another one"
            } else if miio.name.as_ref().is_some_and(|name| !names.insert(name)) {
                "has the name of another one"
            } else {
                continue;
            };
            let which = miio.name.clone();
            let which = which.unwrap_or_else(|| format!("number {}", number + 1));
            return Some((Place::Miio(number), format!("miio {which}: {wrong}")));
        }
        for (number, device) in self.openbeken.iter().enumerate() {
            if let Err(error) = openbeken::Topics::new(&device.client_id, &device.group) {
                let what = format!("openbeken {:?}: {error}", device.client_id);
                return Some((Place::OpenBeken(number), what));
            }
        }
        if let Some(tls) = &self.mqtt.tls
            && tls.certificate.is_some() != tls.key.is_some()
        {
            return Some((Place::Tls, "mqtt.tls: certificate and key belong together".into()));
        }
        (self.ble.adapter && !cfg!(feature = "btleplug")).then(|| {
            let what = "ble.adapter: this program was built without the feature btleplug";
            (Place::Adapter, what.into())
        })
    }
}

impl Mqtt {
    /// The port that is meant.
    #[must_use]
    pub fn port(&self) -> u16 {
        let usual = if self.tls.is_some() { 8883 } else { 1883 };
        self.port.unwrap_or(usual)
    }
}

fn base() -> String {
    "xiaomi".into()
}

fn client_id() -> String {
    "xiaomi-bridge".into()
}

fn group() -> String {
    "bekens".into()
}

fn prefix() -> String {
    "homeassistant".into()
}

fn keep_alive() -> Every {
    Every::seconds(30)
}

fn poll() -> Every {
    Every::seconds(30)
}

const fn any_interface() -> Ipv4Addr {
    Ipv4Addr::UNSPECIFIED
}

/// Reads text and makes something of it, so that the error points at the line.
fn text<'de, D: Deserializer<'de>, T, E: std::fmt::Display>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    parse(&text).map_err(serde::de::Error::custom)
}

/// An error with its remedy.
fn helped(error: &impl std::fmt::Display, help: Option<&str>) -> String {
    match help {
        Some(help) => format!("{error}. {help}"),
        None => error.to_string(),
    }
}

fn topic_base<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, |text| {
        let bad = text.is_empty() || text.starts_with(['/', '$']) || text.ends_with('/');
        if bad || text.contains(['+', '#', '\0']) {
            return Err("topics can't begin with this: no +, #, $, and no / at the ends");
        }
        Ok(text.to_owned())
    })
}

fn filters<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let filters = Vec::<String>::deserialize(deserializer)?;
    match filters.iter().find(|filter| !is_filter(filter)) {
        None => Ok(filters),
        Some(filter) => Err(serde::de::Error::custom(format!(
            "{filter:?} is no topic filter: + and # stand alone between slashes, # only at the end"
        ))),
    }
}

fn is_filter(filter: &str) -> bool {
    let levels = filter.split('/').count();
    let fine = |(index, level): (usize, &str)| match level {
        "+" => true,
        "#" => index + 1 == levels,
        level => !level.contains(['+', '#', '\0']),
    };
    !filter.is_empty() && filter.split('/').enumerate().all(fine)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MacAddr6, D::Error> {
    text(deserializer, |text| {
        text.parse()
            .map_err(|_| format!("{text:?} is no Bluetooth address, like A4:C1:38:01:02:03"))
    })
}

fn bind_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BindKey>, D::Error> {
    text(deserializer, |text| {
        text.parse::<BindKey>()
            .map(Some)
            .map_err(|error| helped(&error, error.help()))
    })
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Token>, D::Error> {
    text(deserializer, |text| {
        text.parse::<Token>()
            .map(Some)
            .map_err(|error| helped(&error, error.help()))
    })
}

fn gateway_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Key>, D::Error> {
    text(deserializer, |text| {
        text.parse::<Key>()
            .map(Some)
            .map_err(|error| helped(&error, error.help()))
    })
}

fn miio_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    text(deserializer, |text| {
        let with_port = text.parse::<SocketAddr>().ok();
        let without = || Some(SocketAddr::new(text.parse().ok()?, miio_proto::PORT));
        let address = with_port.or_else(without);
        address
            .map(Some)
            .ok_or_else(|| format!("{text:?} is no IP address, like 192.168.1.20 or 192.168.1.20:54321"))
    })
}

fn gateway_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<std::net::SocketAddrV4>, D::Error> {
    text(deserializer, |text| {
        let with_port = text.parse().ok();
        let without = || {
            Some(std::net::SocketAddrV4::new(
                text.parse().ok()?,
                xiaomi_gateway_proto::PORT,
            ))
        };
        let address = with_port.or_else(without);
        address
            .map(Some)
            .ok_or_else(|| format!("{text:?} is no IPv4 address, like 192.168.1.30"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text, Path::new("bridge.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_example_is_valid_and_so_is_every_line_that_is_commented_out() {
        Config::parse(EXAMPLE, Path::new("example")).unwrap();
        let open = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .filter(|line| !line.starts_with("adapter"))
            .fold(String::new(), |all, line| all + line + "\n");
        let config = Config::parse(&open, Path::new("example")).unwrap();
        assert!(!config.miio.is_empty() && !config.gateway.is_empty() && !config.ble.device.is_empty());
        assert!(config.mqtt.tls.is_some() && config.mqtt.password.is_some());
        assert!(
            config
                .cloud
                .is_some_and(|cloud| !cloud.servers.is_empty() && cloud.adopt)
        );
    }

    #[test]
    fn errors_point_at_line_and_key() {
        for (text, line, words) in [
            ("[mqtt]\nhost = 3", "line 2", "host"),
            ("[mqtt]\nhost = 'a'\nhots = 'b'", "line 3", "hots"),
            ("[mqtt]\nhost = 'a'\nbase = 'x/#'", "line 3", "base"),
            ("[mqtt]\nhost = 'a'\n[ble]\ntopics = ['a#']", "line 4", "topics"),
            (
                "[mqtt]\nhost='a'\n[[ble.device]]\naddress = 'A4:C1'",
                "line 4",
                "no Bluetooth address",
            ),
            (
                "[mqtt]\nhost='a'\n[[ble.device]]\naddress='A4:C1:38:01:02:03'\nkey = '00'",
                "line 5",
                "key",
            ),
            (
                "[mqtt]\nhost='a'\n[[miio]]\naddress='1.2.3.4'\ntoken = 'zz'",
                "line 5",
                "token",
            ),
            ("[mqtt]\nhost='a'\nkeep_alive = 'soon'", "line 3", "keep_alive"),
            ("[mqtt]\nhost='a'\n[[gateway]]\nkey = 'short'", "line 4", "key"),
            ("[mqtt", "line 1", "mqtt"),
            (
                "[mqtt]\nhost='a'\n[cloud]\nservers = ['de', 'eu']",
                "line 4",
                "servers",
            ),
            ("[mqtt]\nhost='a'\n[cloud]\nrefresh = '5s'", "line 4", "refresh"),
            (
                "[mqtt]\nhost='a'\n[cloud]\nrefresh = 'daily'",
                "line 4",
                "refresh",
            ),
            ("[mqtt]\nhost='a'\n[cloud]\nadopt = 'yes'", "line 4", "adopt"),
            ("[mqtt]\nhost='a'\n[cloud]\npassword = 'x'", "line 4", "password"),
        ] {
            let error = error(text);
            assert!(error.contains(line) && error.contains(words), "{text}\n{error}");
        }
    }

    #[test]
    fn contradictions_are_named() {
        let start = "[mqtt]\nhost='a'\n";
        let twice =
            "[[ble.device]]\naddress='A4:C1:38:01:02:03'\n[[ble.device]]\naddress='a4:c1:38:01:02:03'\n";
        assert!(error(&format!("{start}{twice}")).contains("listed twice"));
        let token = "token='00112233445566778899aabbccddeeff'";
        for (tables, line, words) in [
            (
                format!("[[miio]]\nname='Lamp'\n{token}"),
                "line 3",
                "miio Lamp: needs an address",
            ),
            ("[[miio]]\naddress='1.2.3.4'".into(), "line 3", "or [cloud]"),
            (
                "\n[cloud]\n[[miio]]\naddress='1.2.3.4'".into(),
                "line 5",
                "device_id",
            ),
            (
                format!("[[miio]]\ndid=1\n{token}\n[[miio]]\ndevice_id=1\n{token}"),
                "line 6",
                "number 2: has the device_id",
            ),
            ("[ble]\nadapter = true".into(), "line 4", "btleplug"),
            ("[mqtt.tls]\nkey = 'x'".into(), "line 3", "belong together"),
        ] {
            if cfg!(feature = "btleplug") && words == "btleplug" {
                continue;
            }
            let error = error(&format!("{start}{tables}"));
            assert!(error.contains(line) && error.contains(words), "{tables}\n{error}");
        }
        let fine = format!("{start}[cloud]\n[[miio]]\ndid = 123456789");
        let config = Config::parse(&fine, Path::new("x")).unwrap();
        assert_eq!(config.miio[0].device_id, Some(123_456_789));
    }

    #[test]
    fn no_secret_is_printed() {
        let text = "[mqtt]\nhost='a'\npassword='hunter2'\n[[miio]]\naddress='1.2.3.4'\n\
                    token='00112233445566778899aabbccddeeff'\n[[gateway]]\nkey='41D49ED97B487373'";
        let config = Config::parse(text, Path::new("x")).unwrap();
        let shown = format!("{config:?}");
        for secret in ["hunter2", "00112233", "41D49"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
