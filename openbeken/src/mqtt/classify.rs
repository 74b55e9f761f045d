use alloc::string::String;
use alloc::vec::Vec;

use super::{Topics, decimal};
use crate::Decimal;

/// What a message means, seen by someone who knows the device's names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// `<cid>/connected`: whether the device is there.
    Availability {
        /// Whether it is.
        online: bool,
    },
    /// `tele/<cid>/`: a regular report, JSON.
    Tele {
        /// `STATE` or `SENSOR`.
        name: &'a str,
    },
    /// `stat/<cid>/`: the answer to a command, JSON.
    Stat {
        /// `RESULT`, `STATUS8` and so on.
        name: &'a str,
    },
    /// `cmnd/`: what somebody asks of the device.
    CommandEcho {
        /// Who is meant.
        target: Target,
        /// The command's name.
        command: &'a str,
    },
    /// `homeassistant/<component>/<id>/config`: [`Entity`](crate::discovery::Entity) reads it.
    Discovery {
        /// `switch`, `sensor` and so on.
        component: &'a str,
        /// The entity's id.
        object_id: &'a str,
    },
    /// `homeassistant/status`: whether Home Assistant is there.
    HaStatus {
        /// Whether it is.
        online: bool,
    },
    /// `<ch>/set`: somebody sets a channel.
    ChannelSet {
        /// Who is meant.
        target: Target,
        /// Which channel.
        channel: u32,
    },
    /// `<name>/get` without a payload: somebody asks.
    GetRequest {
        /// For what.
        name: &'a str,
    },
    /// A channel's value.
    Channel {
        /// Which channel.
        channel: u32,
        /// The integer, or with flag 33 the value in its unit.
        value: Decimal,
    },
    /// A measured value, in the unit that its name has; energies in Wh, in kWh with flag 40.
    Sensor {
        /// `voltage`, `power`, `frequency` and so on; `_b` at the end is a second meter channel.
        name: &'a str,
        /// The value.
        value: Decimal,
    },
    /// `energycounter_clear_date`: since when the meter counts.
    TextSensor {
        /// The name.
        name: &'a str,
        /// An ISO time.
        value: &'a str,
    },
    /// Something of the lamp.
    Led(Led),
    /// Something of the device itself.
    SelfState {
        /// `ip`, `rssi`, `uptime` and so on.
        name: &'a str,
        /// The text.
        value: &'a str,
    },
    /// A data point of a TuyaMCU.
    TuyaDp {
        /// Its type.
        kind: TuyaType,
        /// Its number.
        dp: u8,
        /// The text; hex for [`TuyaType::Raw`].
        value: &'a str,
    },
    /// Whether a driver runs.
    DriverState {
        /// Its name.
        driver: &'a str,
        /// Whether it runs.
        running: bool,
    },
    /// What a script or `publish` makes, and what can't be read as what its topic says.
    Custom {
        /// The rest of the topic, without `/get`.
        name: &'a str,
        /// The payload.
        value: &'a [u8],
    },
    /// Not of this device.
    Foreign,
}

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The device.
    Device,
    /// All devices of its group.
    Group,
}

/// Something of the lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Led {
    /// Whether it is on.
    Power(bool),
    /// Brightness, 0 to 100.
    DimmerPercent(u8),
    /// Colour temperature in mired.
    TemperatureMired(u16),
    /// `RRGGBB` in upper case, before dimming.
    BaseColor(String),
    /// `RRGGBB` in upper case, after dimming.
    FinalColor(String),
    /// Five channels in upper case, after dimming.
    FinalColorCw(String),
}

/// The type of a TuyaMCU data point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TuyaType {
    /// Bytes, published as hex.
    Raw,
    /// 0 or 1.
    Bool,
    /// An integer.
    Value,
    /// Text.
    Text,
    /// One of a few.
    Enum,
    /// Bits.
    Bitmap,
    /// What the firmware doesn't know.
    Error,
}

impl TuyaType {
    /// The level of the topic.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Bool => "bool",
            Self::Value => "val",
            Self::Text => "str",
            Self::Enum => "enum",
            Self::Bitmap => "bitmap",
            Self::Error => "error",
        }
    }
}

impl Topics {
    /// Says what a message means. The first rule that fits counts; `<cid>` must be a whole level of the topic.
    #[must_use]
    pub fn classify<'a>(&self, topic: &'a str, payload: &'a [u8]) -> Message<'a> {
        let (cid, group) = (self.client_id.as_str(), self.group.as_str());
        let below = |prefix: &str, name: &str| below(topic.strip_prefix(prefix)?, name);
        if below("", cid) == Some("connected") {
            return Message::Availability {
                online: payload == b"online",
            };
        }
        if let Some(name) = below("tele/", cid) {
            return Message::Tele { name };
        }
        if let Some(name) = below("stat/", cid) {
            return Message::Stat { name };
        }
        for (name, target) in [(cid, Target::Device), (group, Target::Group)] {
            if let Some(command) = below("cmnd/", name) {
                return Message::CommandEcho { target, command };
            }
        }
        if let Some(rest) = topic.strip_prefix("homeassistant/") {
            let mut levels = rest.split('/');
            if let (Some(component), Some(object_id), Some("config"), None) =
                (levels.next(), levels.next(), levels.next(), levels.next())
            {
                return Message::Discovery { component, object_id };
            }
            if rest == "status" {
                return Message::HaStatus {
                    online: payload == b"online",
                };
            }
        }
        for (name, target) in [(cid, Target::Device), (group, Target::Group)] {
            let number = below("", name)
                .and_then(|rest| rest.strip_suffix("/set"))
                .and_then(channel_number);
            if let Some(channel) = number {
                return Message::ChannelSet { target, channel };
            }
        }
        match below("", cid) {
            Some(name) => own(name, payload),
            None => Message::Foreign,
        }
    }
}

/// What stands below `<cid>/`.
fn own<'a>(rest: &'a str, payload: &'a [u8]) -> Message<'a> {
    let got = rest.strip_suffix("/get");
    if let (Some(name), true) = (got, payload.is_empty()) {
        return Message::GetRequest { name };
    }
    let name = got.unwrap_or(rest);
    let known = match got {
        Some(name) => value(name, payload),
        None => without_get(name, payload),
    };
    known.unwrap_or(Message::Custom { name, value: payload })
}

/// `<name>/get` with a payload.
fn value<'a>(name: &'a str, payload: &'a [u8]) -> Option<Message<'a>> {
    if let Some(channel) = channel_number(name) {
        let value = decimal(payload)?;
        return Some(if channel == FREQUENCY {
            Message::Sensor {
                name: "frequency",
                value,
            }
        } else {
            Message::Channel { channel, value }
        });
    }
    if let Some(led) = name.strip_prefix("led_") {
        return Some(Message::Led(led_value(led, payload)?));
    }
    let base = name.strip_suffix("_b").unwrap_or(name);
    if base == "energycounter_clear_date" {
        return Some(Message::TextSensor {
            name,
            value: core::str::from_utf8(payload).ok()?,
        });
    }
    SENSORS
        .contains(&base)
        .then(|| decimal(payload))
        .flatten()
        .map(|value| Message::Sensor { name, value })
}

fn led_value(name: &str, payload: &[u8]) -> Option<Led> {
    let number = || decimal(payload).map(Decimal::trunc);
    let color = |lengths: &[usize]| {
        let valid = lengths.contains(&payload.len()) && payload.iter().all(u8::is_ascii_hexdigit);
        valid
            .then(|| String::from_utf8(payload.to_ascii_uppercase()).ok())
            .flatten()
    };
    Some(match name {
        "enableAll" => Led::Power(number()? != 0),
        "dimmer" => Led::DimmerPercent(u8::try_from(number()?).ok()?),
        "temperature" => Led::TemperatureMired(u16::try_from(number()?).ok()?),
        "basecolor_rgb" => Led::BaseColor(color(&[6])?),
        "finalcolor_rgb" => Led::FinalColor(color(&[6])?),
        "finalcolor_rgbcw" => Led::FinalColorCw(color(&[8, 10])?),
        _ => return None,
    })
}

fn without_get<'a>(name: &'a str, payload: &'a [u8]) -> Option<Message<'a>> {
    let text = core::str::from_utf8(payload).ok()?;
    if SELF_STATES.contains(&name) {
        return Some(Message::SelfState { name, value: text });
    }
    if let Some(driver) = name.strip_prefix("driver/") {
        let running = match text {
            "1" => true,
            "0" => false,
            _ => return None,
        };
        return (!driver.is_empty() && !driver.contains('/'))
            .then_some(Message::DriverState { driver, running });
    }
    let levels: Vec<&str> = name.strip_prefix("tm/")?.splitn(3, '/').collect();
    let [kind, dp] = levels[..] else { return None };
    let kind = TUYA_TYPES.into_iter().find(|row| row.name() == kind)?;
    let dp = channel_number(dp).and_then(|dp| u8::try_from(dp).ok())?;
    Some(Message::TuyaDp {
        kind,
        dp,
        value: text,
    })
}

fn below<'a>(topic: &'a str, name: &str) -> Option<&'a str> {
    topic.strip_prefix(name)?.strip_prefix('/')
}

fn channel_number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// No channel: the meter's frequency.
const FREQUENCY: u32 = 138;

const SENSORS: &[&str] = &[
    "voltage",
    "current",
    "power",
    "power_apparent",
    "power_reactive",
    "power_factor",
    "energycounter",
    "energycounter_last_hour",
    "energycounter_today",
    "energycounter_yesterday",
    "energycounter_2_days_ago",
    "energycounter_3_days_ago",
];

const SELF_STATES: &[&str] = &[
    "host", "build", "mac", "temp", "ssid", "datetime", "sockets", "rssi", "uptime", "freeheap", "ip",
];

const TUYA_TYPES: [TuyaType; 7] = [
    TuyaType::Raw,
    TuyaType::Bool,
    TuyaType::Value,
    TuyaType::Text,
    TuyaType::Enum,
    TuyaType::Bitmap,
    TuyaType::Error,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn classify<'a>(topic: &'a str, payload: &'a [u8]) -> Message<'a> {
        Topics::new("obk1", "obks").unwrap().classify(topic, payload)
    }

    #[test]
    fn a_name_is_a_whole_level() {
        assert_eq!(classify("obk11/1/get", b"1"), Message::Foreign);
        assert_eq!(classify("obks/1/get", b"1"), Message::Foreign);
        assert_eq!(classify("obk1", b"1"), Message::Foreign);
    }

    #[test]
    fn what_is_no_number_is_custom() {
        for topic in ["voltage", "1", "led_dimmer", "power_factor"] {
            let full = alloc::format!("obk1/{topic}/get");
            assert_eq!(
                classify(&full, b"nan"),
                Message::Custom {
                    name: topic,
                    value: b"nan"
                }
            );
        }
    }

    #[test]
    fn a_second_meter_channel_has_a_suffix() {
        let expected = Message::Sensor {
            name: "voltage_b",
            value: Decimal::new(2300, 1),
        };
        assert_eq!(classify("obk1/voltage_b/get", b"230.0"), expected);
    }

    #[test]
    fn discovery_has_four_levels() {
        let expected = Message::Discovery {
            component: "light",
            object_id: "x",
        };
        assert_eq!(classify("homeassistant/light/x/config", b"{}"), expected);
        assert_eq!(
            classify("homeassistant/light/a/b/config", b"{}"),
            Message::Foreign
        );
    }

    #[test]
    fn payloads_that_are_no_text_are_custom() {
        assert_eq!(
            classify("obk1/ssid", b"\xff"),
            Message::Custom {
                name: "ssid",
                value: b"\xff"
            }
        );
    }
}
