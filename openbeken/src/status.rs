//! What a device says about itself, typed: replies of `STATUS`, `STATE`, `SENSOR`, `POWER`, and of the REST pages.
//!
//! Many members of the Tasmota-like objects are constants that tell nothing; they are left out. Of the two signal
//! strengths `Signal` is the true one.
//!
//! ```
//! use openbeken::json;
//! use openbeken::status::Power;
//!
//! let power = Power::of(&json::parse(br#"{"POWER1":"ON","POWER2":"OFF"}"#)?);
//! assert_eq!(power.relays.get(&1), Some(&true));
//! # Ok::<(), json::JsonError>(())
//! ```

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::json::Value;
use crate::pin_role::PinRole;

/// Relays and lamp, from a power object, an LED object, a state object or a whole `STATUS`.
///
/// A device without relays also says `POWER` is `ON`, which is a lie.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Power {
    /// Relay number (no digit is 1) to whether it is on.
    pub relays: BTreeMap<u8, bool>,
    /// Brightness that is set, 0 to 100.
    pub dimmer_percent: Option<u8>,
    /// Colour temperature in mired, 154 to 500.
    pub ct_mired: Option<u16>,
    /// Red, green, blue and what more there is, after dimming; all 0 when off.
    pub color_8bit: Vec<u8>,
    /// 0 to 360.
    pub hue_deg: Option<u16>,
    /// 0 to 100.
    pub saturation_percent: Option<u8>,
    /// 0 to 100, of `HSBColor`.
    pub brightness_percent: Option<u8>,
    /// Each LED channel, 0 to 100.
    pub channels_percent: Vec<u8>,
}

impl Power {
    /// Reads what is there; members of another kind are passed over.
    #[must_use]
    pub fn of(json: &Value) -> Self {
        let json = json.get("StatusSTS").unwrap_or(json);
        let mut power = Self {
            dimmer_percent: number(json, "Dimmer"),
            ct_mired: number(json, "CT"),
            color_8bit: numbers(json, "Color"),
            channels_percent: array(json, "Channel"),
            ..Self::default()
        };
        if let [hue, saturation, brightness] = numbers::<u16>(json, "HSBColor")[..] {
            power.hue_deg = Some(hue);
            power.saturation_percent = u8::try_from(saturation).ok();
            power.brightness_percent = u8::try_from(brightness).ok();
        }
        for (name, value) in json.as_object().into_iter().flatten() {
            let Some(digits) = name.strip_prefix("POWER") else {
                continue;
            };
            let relay = if digits.is_empty() {
                Some(1)
            } else {
                plain_digits(digits)
            };
            let on = match value.as_str() {
                Some("ON") => true,
                Some("OFF") => false,
                _ => continue,
            };
            if let Some(relay) = relay {
                power.relays.insert(relay, on);
            }
        }
        power
    }
}

/// What a meter measures. The energies are in Wh whatever the device's flags and Tasmota's documentation say.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Energy {
    /// Local time as the device has it.
    pub time: Option<String>,
    /// Whether that time is set.
    pub time_valid: bool,
    /// Active power, W.
    pub power_w: Option<f64>,
    /// Apparent power, VA.
    pub apparent_va: Option<f64>,
    /// Reactive power, var.
    pub reactive_var: Option<f64>,
    /// Power factor.
    pub factor: Option<f64>,
    /// V. Of a battery device it is the battery's.
    pub voltage_v: Option<f64>,
    /// A.
    pub current_a: Option<f64>,
    /// Hz; 0 if the chip doesn't measure it.
    pub frequency_hz: Option<f64>,
    /// Wh since the counter was cleared.
    pub total_wh: Option<f64>,
    /// Wh.
    pub yesterday_wh: Option<f64>,
    /// Wh.
    pub last_hour_wh: Option<f64>,
    /// Charge of a battery device.
    pub battery_percent: Option<f64>,
}

impl Energy {
    /// Reads the member `ENERGY` of a sensor object, or of a reply that wraps one. `None` if there is none.
    #[must_use]
    pub fn of(json: &Value) -> Option<Self> {
        let json = json.get("StatusSNS").unwrap_or(json);
        let energy = json.get("ENERGY")?;
        let value = |name| energy.get(name).and_then(Value::as_f64);
        let battery_percent = value("Batterypercentage");
        // Battery devices give millivolts in the same member.
        let scale = if battery_percent.is_some() { 1000.0 } else { 1.0 };
        let time = text(json, "Time");
        Some(Self {
            time_valid: time.as_deref().is_some_and(time_is_set),
            time,
            power_w: value("Power"),
            apparent_va: value("ApparentPower"),
            reactive_var: value("ReactivePower"),
            factor: value("Factor"),
            voltage_v: value("Voltage").map(|voltage| voltage / scale),
            current_a: value("Current"),
            frequency_hz: value("Frequency"),
            total_wh: value("ConsumptionTotal"),
            yesterday_wh: value("Yesterday"),
            last_hour_wh: value("ConsumptionLastHour"),
            battery_percent,
        })
    }
}

/// The reply of `STATUS` or `STATUS 0`, or of any of its parts.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Status {
    /// The short name.
    pub device_name: Option<String>,
    /// Chip and version, `<chip>_<version>`.
    pub version: Option<String>,
    /// When it was built.
    pub build_time: Option<String>,
    /// The chip: `BK7231N`.
    pub chip: Option<String>,
    /// Whether it is OpenBeken and no real Tasmota; `None` if the part that says so is missing.
    pub is_openbeken: Option<bool>,
    /// The name in the network.
    pub hostname: Option<String>,
    /// The address in the network.
    pub ip: Option<String>,
    /// 12 hex digits in lower case.
    pub mac: Option<String>,
    /// The broker, empty if none is set.
    pub mqtt_host: Option<String>,
    /// The broker's port.
    pub mqtt_port: Option<u16>,
    /// The base topic.
    pub mqtt_client: Option<String>,
    /// Seconds since start.
    pub uptime_s: Option<u64>,
    /// Free memory in kB.
    pub heap_kb: Option<u32>,
    /// Relays and lamp.
    pub power: Power,
    /// The network that it is in.
    pub wifi: Option<Wifi>,
    /// Meter.
    pub energy: Option<Energy>,
    /// The chip's own temperature in °C, which the member `ESP32` holds on every chip.
    pub chip_temperature_c: Option<f64>,
    /// Other sensors: driver, member, value.
    pub sensors: Vec<(String, String, f64)>,
}

/// The network that a device is in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Wifi {
    /// The network's name.
    pub ssid: Option<String>,
    /// The access point's address as 12 hex digits in lower case.
    pub bssid: Option<String>,
    /// Channel.
    pub channel: Option<u16>,
    /// Signal strength in dBm.
    pub signal_dbm: Option<i16>,
}

impl Status {
    /// Reads what is there.
    #[must_use]
    pub fn of(json: &Value) -> Self {
        let part = |name: &str| json.get(name).unwrap_or(&Value::Null);
        let (firmware, network, mqtt) = (part("StatusFWR"), part("StatusNET"), part("StatusMQT"));
        let state = json.get("StatusSTS").unwrap_or(json);
        let sensors = json.get("StatusSNS").unwrap_or(json);
        let wifi = state.get("Wifi").map(|wifi| Wifi {
            ssid: text(wifi, "SSId"),
            bssid: text(wifi, "BSSId").and_then(|mac| mac_digits(&mac)),
            channel: number(wifi, "Channel"),
            signal_dbm: number(wifi, "Signal"),
        });
        let mut status = Self {
            device_name: text(part("Status"), "DeviceName"),
            version: text(firmware, "Version"),
            build_time: text(firmware, "BuildDateTime"),
            chip: text(firmware, "Hardware"),
            is_openbeken: text(firmware, "SDK").map(|sdk| sdk == "obk"),
            hostname: text(network, "Hostname"),
            ip: text(network, "IPAddress"),
            mac: text(network, "Mac").and_then(|mac| mac_digits(&mac)),
            mqtt_host: text(mqtt, "MqttHost"),
            mqtt_port: number(mqtt, "MqttPort"),
            mqtt_client: text(mqtt, "MqttClient"),
            uptime_s: number(state, "UptimeSec"),
            heap_kb: number(state, "Heap"),
            power: Power::of(json),
            wifi,
            energy: Energy::of(json),
            ..Self::default()
        };
        for (driver, members) in sensors.as_object().into_iter().flatten() {
            if !SENSOR_DRIVERS.contains(&driver.as_str()) {
                continue;
            }
            for (member, value) in members.as_object().into_iter().flatten() {
                let Some(value) = value.as_f64() else { continue };
                if driver == "ESP32" {
                    status.chip_temperature_c = Some(value);
                } else {
                    status.sensors.push((driver.clone(), member.clone(), value));
                }
            }
        }
        status
    }
}

/// The reply of `api/info`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Info {
    /// Seconds since start.
    pub uptime_s: Option<u64>,
    /// Build, as the firmware names it.
    pub build: Option<String>,
    /// The address in the network.
    pub ip: Option<String>,
    /// 12 hex digits in lower case. The only identity that stays.
    pub mac: Option<String>,
    /// The low 32 flags.
    pub flags: Option<u32>,
    /// The broker, `host:port`.
    pub mqtt_host: Option<String>,
    /// The base topic.
    pub mqtt_topic: Option<String>,
    /// The chip: [`Platform::of`](crate::Platform::of) knows it.
    pub chipset: Option<String>,
    /// The short name.
    pub short_name: Option<String>,
    /// The command that runs at start.
    pub startup_command: Option<String>,
    /// Whether it announces itself by SSDP.
    pub supports_ssdp: Option<bool>,
}

impl Info {
    /// Reads what is there.
    #[must_use]
    pub fn of(json: &Value) -> Self {
        // Decimal text; with flag 31 set it is negative.
        let flags = text(json, "flags").and_then(|text| text.trim().parse::<i64>().ok());
        Self {
            uptime_s: number(json, "uptime_s"),
            build: text(json, "build"),
            ip: text(json, "ip"),
            mac: text(json, "mac").and_then(|mac| mac_digits(&mac)),
            flags: flags.map(|flags| (flags & 0xffff_ffff) as u32),
            mqtt_host: text(json, "mqtthost"),
            mqtt_topic: text(json, "mqtttopic"),
            chipset: text(json, "chipset"),
            short_name: text(json, "shortName"),
            startup_command: text(json, "startcmd"),
            supports_ssdp: number(json, "supportsSSDP").map(|flag: u8| flag != 0),
        }
    }
}

/// A pin, from `api/pins` or a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// Its number.
    pub pin: u8,
    /// The number of its role.
    pub role: u8,
    /// Its first channel.
    pub channel: u8,
    /// Its second channel, of buttons and some sensors.
    pub channel2: u8,
    /// The level, if known.
    pub level: Option<bool>,
}

impl Pin {
    /// Without second channel and level.
    #[must_use]
    pub const fn new(pin: u8, role: u8, channel: u8) -> Self {
        Self {
            pin,
            role,
            channel,
            channel2: 0,
            level: None,
        }
    }

    /// The row of its role, unless newer firmware has it.
    #[must_use]
    pub fn role(&self) -> Option<&'static PinRole> {
        PinRole::of(self.role)
    }

    /// Reads the reply of `api/pins`: all pins that have a role.
    #[must_use]
    pub fn list(json: &Value) -> Vec<Self> {
        let roles: Vec<u8> = array(json, "roles");
        let channels: Vec<u8> = array(json, "channels");
        let seconds: Vec<u8> = array(json, "channels2");
        let states: Vec<u8> = array(json, "states");
        let pins = roles.iter().enumerate().take(64).filter(|&(_, role)| *role != 0);
        pins.map(|(index, &role)| Self {
            pin: index as u8,
            role,
            channel: channels.get(index).copied().unwrap_or_default(),
            channel2: seconds.get(index).copied().unwrap_or_default(),
            level: states.get(index).map(|state| *state != 0),
        })
        .collect()
    }
}

/// Reads the reply of `api/channels`: channel to value. Of a key that occurs twice the last counts.
#[must_use]
pub fn channels(json: &Value) -> BTreeMap<u8, i32> {
    let members = json.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| {
            let channel = plain_digits(name).filter(|&channel: &u8| channel < 64)?;
            Some((channel, i32::try_from(value.as_i64()?).ok()?))
        })
        .collect()
}

/// Reads the reply of `Ch`: `{"Ch1":0}`.
#[must_use]
pub fn ch(json: &Value) -> BTreeMap<u8, i32> {
    let members = json.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| {
            Some((
                plain_digits(name.strip_prefix("Ch")?)?,
                i32::try_from(value.as_i64()?).ok()?,
            ))
        })
        .collect()
}

/// Reads the reply of `api/channelTypes`: the number of each channel's type.
#[must_use]
pub fn channel_types(json: &Value) -> Vec<u8> {
    let mut types = array(json, "types");
    types.truncate(64);
    types
}

/// Whether a time of the firmware is set: it is `0000-00-00T00:00:00` until then.
#[must_use]
pub fn time_is_set(time: &str) -> bool {
    !time.starts_with("0000")
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name).and_then(Value::as_str).map(String::from)
}

fn number<T: TryFrom<i64>>(json: &Value, name: &str) -> Option<T> {
    json.get(name)
        .and_then(Value::as_i64)
        .and_then(|number| T::try_from(number).ok())
}

/// Numbers of text such as `55,12,0`; nothing if one is none.
fn numbers<T: core::str::FromStr>(json: &Value, name: &str) -> Vec<T> {
    let text = json.get(name).and_then(Value::as_str).unwrap_or_default();
    text.split(',')
        .take(8)
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()
        .unwrap_or_default()
}

fn array<T: TryFrom<i64>>(json: &Value, name: &str) -> Vec<T> {
    let items = json.get(name).and_then(Value::as_array).into_iter().flatten();
    items
        .map(|item| item.as_i64().and_then(|number| T::try_from(number).ok()))
        .collect::<Option<_>>()
        .unwrap_or_default()
}

fn plain_digits<T: core::str::FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Chips print colons, the simulator none.
fn mac_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let valid = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| digits.to_ascii_lowercase())
}

const SENSOR_DRIVERS: &[&str] = &[
    "ESP32", "DHT", "SHT3X", "CHT83XX", "DS18B20", "SGP", "AHT2X", "BMP280",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn flags_of_info_are_signed_text() {
        let json = parse(br#"{"flags":"-2147483648","mac":"AA:bb:CC:00:11:22"}"#).unwrap();
        let info = Info::of(&json);
        assert_eq!(info.flags, Some(0x8000_0000));
        assert_eq!(info.mac.as_deref(), Some("aabbcc001122"));
    }

    #[test]
    fn batteries_give_millivolts() {
        let json = parse(br#"{"ENERGY":{"Voltage":3010,"Batterypercentage":87}}"#).unwrap();
        let energy = Energy::of(&json).unwrap();
        assert_eq!(
            (energy.voltage_v, energy.battery_percent),
            (Some(3.01), Some(87.0))
        );
    }

    #[test]
    fn members_of_another_kind_are_passed_over() {
        let json =
            parse(br#"{"POWER":1,"POWER2":"ON","POWERx":"ON","POWER+3":"ON","Dimmer":"x","Color":"1,2,x"}"#);
        let power = Power::of(&json.unwrap());
        assert_eq!(power.relays.into_iter().collect::<Vec<_>>(), [(2, true)]);
        assert_eq!((power.dimmer_percent, power.color_8bit), (None, Vec::new()));
    }
}
