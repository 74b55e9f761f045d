use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::{
    Device, FLAG_AUTO_DISCOVERY, FLAG_NO_GET, FLAG_RETAIN_ALL, FLAG_RETAIN_RELAYS, FLAG_SCALED,
    FLAG_SELF_STATE_EACH_MINUTE, FLAG_TELE,
};
use crate::channel_type::ChannelType;
use crate::mqtt::{Message, Publish, Target, Topics, set_value};

impl Device {
    /// Hand in a message of the broker.
    pub fn handle_publish(&mut self, now: Duration, topic: &str, payload: &[u8]) {
        // What is longer doesn't fit into the device's buffers.
        if topic.len() > 127 || payload.len() > 2047 {
            return;
        }
        let topics = self.profile.topics.clone();
        match topics.classify(topic, payload) {
            Message::ChannelSet { channel, .. } => {
                let Ok(channel) = u8::try_from(channel) else {
                    return;
                };
                let Some(old) = self.channel(channel) else { return };
                let toggles = payload
                    .get(..6)
                    .is_some_and(|start| start.eq_ignore_ascii_case(b"toggle"));
                let value = if toggles {
                    i32::from(old == 0)
                } else {
                    set_value(payload)
                };
                self.set_channel(channel, value);
            }
            Message::GetRequest { name } => self.answer_get(name),
            Message::CommandEcho { command, .. } => self.run_published(now, command, payload),
            Message::Tele { name } | Message::Stat { name } if self.has_flag(FLAG_TELE) => {
                // With this flag the device takes its own reports for commands.
                let command = name.to_string();
                self.run_command(now, command.as_bytes(), payload);
            }
            Message::HaStatus { online: true } if self.has_flag(FLAG_AUTO_DISCOVERY) => self.announce(),
            _ => {}
        }
    }

    fn answer_get(&mut self, name: &str) {
        let channel = name
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| name.parse::<u8>().ok())
            .flatten();
        match channel {
            Some(channel @ 0..=32) => self.publish_channel(channel),
            Some(_) => {}
            None if self.profile.lamp.is_some() => {
                self.publish_led(name);
            }
            None => {}
        }
    }

    fn run_published(&mut self, now: Duration, command: &str, arguments: &[u8]) {
        self.run_command(now, command.as_bytes(), arguments);
        let text = String::from_utf8_lossy(arguments);
        let Some(topic) = self.profile.topics.reply_topic(command, &text) else {
            return;
        };
        let line = [command.as_bytes(), b" ", arguments].concat();
        let payload = self.reply(now, &line).into_bytes();
        self.send(Publish {
            topic,
            payload,
            qos: 1,
            retain: false,
        });
    }

    pub(super) fn publish_channel(&mut self, channel: u8) {
        let Some(value) = self.channel(channel) else {
            return;
        };
        let kind = self
            .channel_types
            .get(usize::from(channel))
            .copied()
            .and_then(ChannelType::of);
        let text = match kind {
            Some(kind) if self.has_flag(FLAG_SCALED) => alloc::format!("{:.6}", kind.value(value).to_f64()),
            _ => value.to_string(),
        };
        self.publish_value(&channel.to_string(), text.into_bytes(), 1);
    }

    /// Publishes `<cid>/<name>/get`.
    pub(super) fn publish_value(&mut self, name: &str, payload: Vec<u8>, qos: u8) {
        let end = if self.has_flag(FLAG_NO_GET) { "" } else { "/get" };
        let topic = alloc::format!("{}/{name}{end}", self.profile.topics.client_id());
        let is_relay = self.relays().any(|channel| channel.to_string() == name);
        let retain = self.has_flag(FLAG_RETAIN_ALL) || (is_relay && self.has_flag(FLAG_RETAIN_RELAYS));
        self.send(Publish {
            topic,
            payload,
            qos,
            retain,
        });
    }

    /// One item a second, after connecting and, with flag 2, from each full minute on.
    pub(super) fn publish_self_state(&mut self, now: Duration) {
        if self.has_flag(FLAG_SELF_STATE_EACH_MINUTE) && self.uptime(now).is_multiple_of(60) {
            self.self_states = 0;
        }
        let Some(&name) = SELF_STATES.get(self.self_states) else {
            return;
        };
        self.self_states += 1;
        let [a, b, c, d] = self.profile.ip;
        let value = match name {
            "host" => self.profile.topics.client_id().into(),
            "build" => alloc::format!(
                "Open{} {} Jan  1 2026",
                self.profile.platform.chip,
                self.profile.version
            ),
            "mac" => self
                .profile
                .mac
                .iter()
                .map(|byte| alloc::format!("{byte:02X}"))
                .collect(),
            "temp" => "25.00".into(),
            "ssid" => String::from_utf8_lossy(&self.ssid).into_owned(),
            "rssi" => SIGNAL_DBM.to_string(),
            "uptime" => self.uptime(now).to_string(),
            "freeheap" => "100000".into(),
            _ => alloc::format!("{a}.{b}.{c}.{d}"),
        };
        let topic = alloc::format!("{}/{name}", self.profile.topics.client_id());
        let retain = self.has_flag(FLAG_RETAIN_ALL);
        self.send(Publish {
            topic,
            payload: value.into_bytes(),
            qos: 1,
            retain,
        });
    }
}

impl Topics {
    /// For names that can't be topics.
    pub(super) fn fallback() -> Self {
        Self {
            client_id: "obk".into(),
            group: "bekens".into(),
        }
    }
}

impl Target {
    /// Whether all devices of the group are meant.
    #[must_use]
    pub const fn is_group(self) -> bool {
        matches!(self, Self::Group)
    }
}

pub(super) const SIGNAL_DBM: i16 = -61;

const SELF_STATES: &[&str] = &[
    "host", "build", "mac", "temp", "ssid", "rssi", "uptime", "freeheap", "ip",
];
