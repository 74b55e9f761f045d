//! MQTT: what a device publishes, and what it listens to.
//!
//! A device has two names in the broker: its client id, which is also its base topic, and the topic of its group.
//! [`Topics`] holds both, says what a message means ([`Topics::classify`]), and builds what the device understands.
//!
//! ```
//! use openbeken::mqtt::{Message, Topics};
//! use openbeken::Decimal;
//!
//! let plug = Topics::new("obk1A2B3C4D", "bekens_n")?;
//! let publish = plug.set_channel(1, 1);
//! assert_eq!((publish.topic.as_str(), publish.payload.as_slice()), ("obk1A2B3C4D/1/set", b"1".as_slice()));
//!
//! let message = plug.classify("obk1A2B3C4D/power/get", b"60.00");
//! assert_eq!(message, Message::Sensor { name: "power", value: Decimal::new(60, 0) });
//! # Ok::<(), openbeken::mqtt::TopicError>(())
//! ```

mod classify;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use self::classify::{Led, Message, Target, TuyaType};
use crate::Decimal;

/// The two names of a device in the broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topics {
    pub(crate) client_id: String,
    pub(crate) group: String,
}

/// A message to publish. `Debug` leaves out the payload of commands that set a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Publish {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether the broker keeps it.
    pub retain: bool,
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let command = self.topic.strip_prefix("cmnd/").map(str::to_ascii_lowercase);
        // Also what a line of several commands may hold.
        let sets_password = command.is_some_and(|name| name.contains("pass") || name.ends_with("/backlog"));
        let payload = if sets_password {
            "..".into()
        } else {
            String::from_utf8_lossy(&self.payload)
        };
        f.debug_struct("Publish")
            .field("topic", &self.topic)
            .field("payload", &payload)
            .field("qos", &self.qos)
            .field("retain", &self.retain)
            .finish()
    }
}

impl Topics {
    /// Takes both names as they stand in the device's configuration.
    ///
    /// # Errors
    ///
    /// If one is empty, longer than the device's field, or has a wildcard or a control character.
    pub fn new(client_id: &str, group: &str) -> Result<Self, TopicError> {
        for name in [client_id, group] {
            if name.is_empty() {
                return Err(TopicError::Empty);
            }
            if name.len() > MAX_NAME {
                return Err(TopicError::TooLong {
                    found: name.len(),
                    limit: MAX_NAME,
                });
            }
            if let Some(offset) = name
                .bytes()
                .position(|byte| matches!(byte, b'+' | b'#' | 0..=0x1f | 0x7f))
            {
                return Err(TopicError::Character { offset });
            }
        }
        Ok(Self {
            client_id: client_id.into(),
            group: group.into(),
        })
    }

    /// The client id, which is the base topic.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The group's topic.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    /// What a bridge subscribes to, to hear all that the device says.
    #[must_use]
    pub fn bridge_subscriptions(&self) -> [String; 3] {
        let cid = &self.client_id;
        [
            alloc::format!("{cid}/#"),
            alloc::format!("stat/{cid}/#"),
            alloc::format!("tele/{cid}/#"),
        ]
    }

    /// What the device itself subscribes to. With flag 30 (`tele`) it also takes `tele/` and `stat/`, as commands.
    #[must_use]
    pub fn device_subscriptions(&self, tele: bool) -> Vec<String> {
        let (cid, group) = (&self.client_id, &self.group);
        let mut topics = Vec::from([
            alloc::format!("{cid}/+/set"),
            alloc::format!("{group}/+/set"),
            alloc::format!("cmnd/{cid}/+"),
            alloc::format!("cmnd/{group}/+"),
            alloc::format!("{cid}/+/get"),
            String::from("homeassistant/+"),
        ]);
        if tele {
            topics.push(alloc::format!("tele/{cid}/+"));
            topics.push(alloc::format!("stat/{cid}/+"));
        }
        topics
    }

    /// The last will that a device leaves with the broker: `offline`, retained.
    #[must_use]
    pub fn last_will(&self) -> Publish {
        let topic = alloc::format!("{}/connected", self.client_id);
        Publish {
            topic,
            payload: b"offline".to_vec(),
            qos: 1,
            retain: true,
        }
    }

    /// Sets a channel, 0 to 63.
    #[must_use]
    pub fn set_channel(&self, channel: u8, value: i32) -> Publish {
        to_device(
            alloc::format!("{}/{channel}/set", self.client_id),
            &alloc::format!("{value}"),
        )
    }

    /// Switches a channel over, 0 to 63.
    #[must_use]
    pub fn toggle_channel(&self, channel: u8) -> Publish {
        to_device(alloc::format!("{}/{channel}/set", self.client_id), "toggle")
    }

    /// Sets a channel of all devices of the group.
    #[must_use]
    pub fn set_group_channel(&self, channel: u8, value: i32) -> Publish {
        to_device(
            alloc::format!("{}/{channel}/set", self.group),
            &alloc::format!("{value}"),
        )
    }

    /// Asks for a channel, 0 to 32.
    #[must_use]
    pub fn get_channel(&self, channel: u8) -> Publish {
        to_device(alloc::format!("{}/{channel}/get", self.client_id), "")
    }

    /// Asks for a value of the lamp.
    #[must_use]
    pub fn get_led(&self, value: LedValue) -> Publish {
        to_device(alloc::format!("{}/{}/get", self.client_id, value.name()), "")
    }

    /// Runs a command. [`reply_topic`](Self::reply_topic) says whether an answer comes.
    ///
    /// # Errors
    ///
    /// If the name is no single level of a topic, or the arguments are too long.
    pub fn command(&self, name: &str, arguments: &str) -> Result<Publish, TopicError> {
        command(&self.client_id, name, arguments)
    }

    /// Runs a command on all devices of the group.
    ///
    /// # Errors
    ///
    /// If the name is no single level of a topic, or the arguments are too long.
    pub fn group_command(&self, name: &str, arguments: &str) -> Result<Publish, TopicError> {
        command(&self.group, name, arguments)
    }

    /// Switches the lamp.
    #[must_use]
    pub fn led_enable(&self, on: bool) -> Publish {
        self.led("led_enableAll", if on { "1" } else { "0" })
    }

    /// Dims the lamp, 0 to 100; more counts as 100.
    #[must_use]
    pub fn led_dimmer(&self, percent: u8) -> Publish {
        self.led("led_dimmer", &alloc::format!("{}", percent.min(100)))
    }

    /// Colours the lamp.
    #[must_use]
    pub fn led_rgb(&self, red: u8, green: u8, blue: u8) -> Publish {
        self.led(
            "led_basecolor_rgb",
            &alloc::format!("{red:02X}{green:02X}{blue:02X}"),
        )
    }

    /// Sets the lamp's colour temperature in mired, 154 (cold) to 500 (warm).
    #[must_use]
    pub fn led_temperature(&self, mired: u16) -> Publish {
        self.led("led_temperature", &alloc::format!("{mired}"))
    }

    /// Where the answer to a command comes, after the values that it changed; `None` for commands without one.
    #[must_use]
    pub fn reply_topic(&self, name: &str, arguments: &str) -> Option<String> {
        let cid = &self.client_id;
        let line = crate::command::Line {
            name: name.as_bytes(),
            arguments: &[],
        };
        if line.starts_with("STATUS") {
            let digits: String = arguments
                .trim()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            return Some(alloc::format!("stat/{cid}/STATUS{digits}"));
        }
        let result = ["POWER", "CT", "Dimmer", "Color", "HsbColor", "STATE"];
        if result.into_iter().any(|prefix| line.starts_with(prefix)) {
            return Some(alloc::format!("stat/{cid}/RESULT"));
        }
        name.eq_ignore_ascii_case("Dp")
            .then(|| alloc::format!("stat/{cid}/DP"))
    }

    fn led(&self, name: &str, value: &str) -> Publish {
        to_device(alloc::format!("cmnd/{}/{name}", self.client_id), value)
    }
}

/// A value of the lamp that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedValue {
    /// Whether it is on.
    EnableAll,
    /// Brightness.
    Dimmer,
    /// Colour temperature.
    Temperature,
    /// Colour before dimming.
    BaseColor,
}

impl LedValue {
    /// The level of the topic.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnableAll => "led_enableAll",
            Self::Dimmer => "led_dimmer",
            Self::Temperature => "led_temperature",
            Self::BaseColor => "led_basecolor_rgb",
        }
    }
}

/// A topic that can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// An empty name.
    #[error("the name is empty")]
    Empty,
    /// More bytes than the device takes.
    #[error("{found} bytes are too many, the device takes {limit}")]
    TooLong {
        /// What was there.
        found: usize,
        /// The most that can be.
        limit: usize,
    },
    /// A wildcard, a control character, or a slash where only one level may stand.
    #[error("the character at byte {offset} can't stand in a topic")]
    Character {
        /// Where.
        offset: usize,
    },
}

impl TopicError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Empty => Some("Give the client id of the device's MQTT page, or its short name."),
            Self::TooLong { .. } => Some("Use shorter names; put long commands into a script on the device."),
            Self::Character { .. } => {
                Some("Use letters, digits, `-` and `_` in names of devices, groups and commands.")
            }
        }
    }
}

fn command(base: &str, name: &str, arguments: &str) -> Result<Publish, TopicError> {
    if name.is_empty() {
        return Err(TopicError::Empty);
    }
    if let Some(offset) = name
        .bytes()
        .position(|byte| matches!(byte, b'+' | b'#' | b'/' | 0..=0x20 | 0x7f))
    {
        return Err(TopicError::Character { offset });
    }
    let topic = alloc::format!("cmnd/{base}/{name}");
    for (found, limit) in [(topic.len(), MAX_TOPIC), (arguments.len(), MAX_PAYLOAD)] {
        if found > limit {
            return Err(TopicError::TooLong { found, limit });
        }
    }
    Ok(to_device(topic, arguments))
}

fn to_device(topic: String, payload: &str) -> Publish {
    Publish {
        topic,
        payload: payload.as_bytes().to_vec(),
        qos: 1,
        retain: false,
    }
}

/// A number of a payload, as the device reads those of `/set`: digits at the start, else 0.
pub(crate) fn set_value(payload: &[u8]) -> i32 {
    crate::command::leading_number(payload).unwrap_or_default()
}

pub(crate) fn decimal(payload: &[u8]) -> Option<Decimal> {
    Decimal::parse(core::str::from_utf8(payload).ok()?.trim())
}

/// The field holds 64 bytes with its end.
const MAX_NAME: usize = 63;
const MAX_TOPIC: usize = 127;
const MAX_PAYLOAD: usize = 2047;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_reach_others_are_refused() {
        assert_eq!(Topics::new("", "g"), Err(TopicError::Empty));
        assert_eq!(Topics::new("a/#", "g"), Err(TopicError::Character { offset: 2 }));
        let plug = Topics::new("a", "g").unwrap();
        assert_eq!(
            plug.command("POWER/x", ""),
            Err(TopicError::Character { offset: 5 })
        );
        let long = "x".repeat(2048);
        assert_eq!(
            plug.command("POWER", &long),
            Err(TopicError::TooLong {
                found: 2048,
                limit: 2047
            })
        );
    }

    #[test]
    fn passwords_do_not_print() {
        let plug = Topics::new("a", "g").unwrap();
        for command in ["Password1", "MqttPassword", "backlog"] {
            let publish = plug.command(command, "hunter22").unwrap();
            assert!(!alloc::format!("{publish:?}").contains("hunter22"), "{command}");
        }
        assert!(alloc::format!("{:?}", plug.set_channel(1, 5)).contains("payload: \"5\""));
    }

    #[test]
    fn replies_come_for_few_commands() {
        let plug = Topics::new("a", "g").unwrap();
        assert_eq!(plug.reply_topic("Power2", "ON").as_deref(), Some("stat/a/RESULT"));
        assert_eq!(plug.reply_topic("status", "8").as_deref(), Some("stat/a/STATUS8"));
        assert_eq!(plug.reply_topic("STATE", "").as_deref(), Some("stat/a/RESULT"));
        assert_eq!(plug.reply_topic("backlog", "POWER ON"), None);
    }
}
