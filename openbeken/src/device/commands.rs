use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::{Device, Event};
use crate::Secret;
use crate::command::{Line, Outcome, backlog, leading_number, tokenize};
use crate::config::CharKind;

impl Device {
    /// Runs a line, name and arguments together.
    pub(super) fn run_line(&mut self, now: Duration, line: &[u8]) -> Outcome {
        let line = Line::parse(line);
        self.run_command(now, line.name, line.arguments)
    }

    pub(super) fn run_command(&mut self, now: Duration, name: &[u8], arguments: &[u8]) -> Outcome {
        let outcome = if name.is_empty() {
            Outcome::Empty
        } else {
            self.dispatch(now, name, arguments)
        };
        if !matches!(outcome, Outcome::Ok | Outcome::Empty) {
            let name = String::from_utf8_lossy(name.get(..127).unwrap_or(name)).into_owned();
            self.event(Event::CommandFailed { name, outcome });
        }
        outcome
    }

    fn dispatch(&mut self, now: Duration, name: &[u8], arguments: &[u8]) -> Outcome {
        let line = Line { name, arguments };
        let (stem, index) = line.index();
        let lower = |text: &[u8]| String::from_utf8_lossy(text).to_ascii_lowercase();
        let char_kind = self.profile.platform.char_kind.unwrap_or(CharKind::Signed);
        let tokens = tokenize(arguments, char_kind, true);
        let first = tokens.first().copied();
        // The whole name first, then the name before its first digit.
        match lower(name).as_str() {
            "ssid1" => return self.store_ssid(first),
            "password1" => return self.store_password(first),
            "powerall" => {
                let channels: Vec<u8> = self.relays().collect();
                return channels
                    .into_iter()
                    .fold(Outcome::Ok, |_, channel| self.switch_channel(channel, first));
            }
            _ => {}
        }
        match lower(stem).as_str() {
            "power" => self.power(index, first),
            "setchannel" => self.write_channel(&tokens, |_, value| value),
            "addchannel" => self.write_channel(&tokens, i32::saturating_add),
            "ch" => match (
                index.and_then(|index| u8::try_from(index).ok()),
                first.and_then(leading_number),
            ) {
                (_, None) => Outcome::Ok,
                (Some(channel), Some(value)) if channel < 64 => {
                    self.set_channel(channel, value);
                    Outcome::Ok
                }
                _ => Outcome::BadArgument,
            },
            "togglechannel" => match self.channel_argument(first) {
                Ok(channel) => {
                    let value = i32::from(self.channel(channel) == Some(0));
                    self.set_channel(channel, value);
                    Outcome::Ok
                }
                Err(outcome) => outcome,
            },
            "getchannel" => self
                .channel_argument(first)
                .map_or_else(|outcome| outcome, |_| Outcome::Ok),
            "setchanneltype" => self.set_type(&tokens),
            "backlog" => {
                for part in backlog(arguments) {
                    self.run_line(now, part);
                }
                Outcome::Ok
            }
            "echo" | "state" | "status" | "sensor" | "delay_s" | "delay_ms" | "flags" | "prefix"
            | "fulltopic" | "mqttclient" | "mqttuser" => Outcome::Ok,
            "mqtthost" => match first {
                Some(host) => {
                    self.mqtt_host = String::from_utf8_lossy(host).chars().take(255).collect();
                    Outcome::Ok
                }
                None => Outcome::NotEnoughArguments,
            },
            "publish" => self.publish_custom(&tokens),
            "setflag" => self.set_flag(&tokens),
            "clear_energy" | "energycntreset" => {
                self.meter.clear();
                Outcome::Ok
            }
            "restart" | "reboot" => {
                self.restart(now);
                Outcome::Ok
            }
            "schedulehadiscovery" => {
                self.announce();
                Outcome::Ok
            }
            lamp if self.profile.lamp.is_some() => self.run_lamp(lamp, first, &tokens),
            _ => Outcome::Unknown,
        }
    }

    fn run_lamp(&mut self, name: &str, first: Option<&[u8]>, tokens: &[&[u8]]) -> Outcome {
        let number = first.and_then(leading_number);
        let asks = matches!(name, "ct" | "dimmer" | "color" | "hsbcolor");
        match (name, number) {
            ("led_enableall", Some(value)) => self.change_lamp(|lamp| lamp.on = value != 0),
            ("led_enableall", None) if first.is_some_and(|word| word.eq_ignore_ascii_case(b"toggle")) => {
                self.change_lamp(|lamp| lamp.on = !lamp.on);
            }
            ("led_dimmer" | "dimmer", Some(value)) => {
                self.change_lamp(|lamp| lamp.dimmer = u8::try_from(value.clamp(0, 100)).unwrap_or_default());
            }
            ("led_temperature" | "ct", Some(value)) => self.change_lamp(|lamp| {
                lamp.mired = u16::try_from(value.clamp(154, 500)).unwrap_or_default();
                lamp.white = true;
            }),
            ("led_basecolor_rgb" | "color", _) if first.is_some() => {
                let mut taken = false;
                self.change_lamp(|lamp| taken = lamp.set_color(first.unwrap_or_default()));
                return if taken { Outcome::Ok } else { Outcome::BadArgument };
            }
            ("hsbcolor", Some(_)) => {
                let joined = tokens.join(&b","[..]);
                let parts: Vec<i32> = joined
                    .split(|byte| *byte == b',')
                    .filter_map(leading_number)
                    .collect();
                let [hue, saturation, brightness] = parts[..] else {
                    return Outcome::BadArgument;
                };
                self.change_lamp(|lamp| lamp.set_hsb(hue, saturation, brightness));
            }
            (_, _) if asks && first.is_none() => {}
            ("led_enableall" | "led_dimmer" | "led_temperature" | "led_basecolor_rgb", _) => {
                return if first.is_none() {
                    Outcome::NotEnoughArguments
                } else {
                    Outcome::BadArgument
                };
            }
            _ if asks => return Outcome::BadArgument,
            _ => return Outcome::Unknown,
        }
        Outcome::Ok
    }

    fn power(&mut self, index: Option<u32>, argument: Option<&[u8]>) -> Outcome {
        if self.profile.lamp.is_some() {
            let on = match argument.map(|word| switch(word, self.lamp.on)) {
                None => return Outcome::Ok,
                Some(None) => return Outcome::BadArgument,
                Some(Some(on)) => on,
            };
            self.change_lamp(|lamp| lamp.on = on);
            return Outcome::Ok;
        }
        let relays: Vec<u8> = self.relays().collect();
        let wanted = match index {
            // All of them.
            Some(0) => relays,
            None => relays.first().copied().into_iter().collect(),
            Some(index) => {
                let channel = u8::try_from(index)
                    .ok()
                    .and_then(|index| index.checked_sub(self.relay_offset()));
                channel.filter(|channel| *channel < 64).into_iter().collect()
            }
        };
        wanted
            .into_iter()
            .fold(Outcome::Ok, |_, channel| self.switch_channel(channel, argument))
    }

    fn switch_channel(&mut self, channel: u8, argument: Option<&[u8]>) -> Outcome {
        let Some(word) = argument else { return Outcome::Ok };
        match switch(word, self.channel(channel).is_some_and(|value| value != 0)) {
            Some(on) => {
                self.set_channel(channel, i32::from(on));
                Outcome::Ok
            }
            None => Outcome::BadArgument,
        }
    }

    fn channel_argument(&self, argument: Option<&[u8]>) -> Result<u8, Outcome> {
        let number = argument.ok_or(Outcome::NotEnoughArguments)?;
        let channel = leading_number(number).and_then(|number| u8::try_from(number).ok());
        channel
            .filter(|channel| self.channel(*channel).is_some())
            .ok_or(Outcome::BadArgument)
    }

    fn write_channel(&mut self, tokens: &[&[u8]], change: impl Fn(i32, i32) -> i32) -> Outcome {
        let channel = match self.channel_argument(tokens.first().copied()) {
            Ok(channel) => channel,
            Err(outcome) => return outcome,
        };
        let Some(value) = tokens.get(1) else {
            return Outcome::NotEnoughArguments;
        };
        let old = self.channel(channel).unwrap_or_default();
        self.set_channel(channel, change(old, leading_number(value).unwrap_or_default()));
        Outcome::Ok
    }

    fn set_type(&mut self, tokens: &[&[u8]]) -> Outcome {
        let channel = match self.channel_argument(tokens.first().copied()) {
            Ok(channel) => channel,
            Err(outcome) => return outcome,
        };
        let Some(word) = tokens.get(1) else {
            return Outcome::NotEnoughArguments;
        };
        let name = core::str::from_utf8(word).unwrap_or_default();
        let number = leading_number(word).and_then(|number| u8::try_from(number).ok());
        let kind = crate::channel_type::ChannelType::named(name)
            .map(|row| row.id)
            .or(number);
        match (kind, self.channel_types.get_mut(usize::from(channel))) {
            (Some(kind), Some(entry)) => {
                *entry = kind;
                Outcome::Ok
            }
            _ => Outcome::BadArgument,
        }
    }

    fn set_flag(&mut self, tokens: &[&[u8]]) -> Outcome {
        let [bit, value, ..] = tokens else {
            return Outcome::NotEnoughArguments;
        };
        let bit = leading_number(bit)
            .and_then(|bit| u8::try_from(bit).ok())
            .filter(|bit| *bit < 64);
        match (bit, leading_number(value)) {
            (Some(bit), Some(0)) => self.flags &= !(1 << bit),
            (Some(bit), Some(_)) => self.flags |= 1 << bit,
            _ => return Outcome::BadArgument,
        }
        Outcome::Ok
    }

    /// `publish topic value [whole]`: with a third argument the topic is whole.
    fn publish_custom(&mut self, tokens: &[&[u8]]) -> Outcome {
        let [topic, value, rest @ ..] = tokens else {
            return Outcome::NotEnoughArguments;
        };
        let Ok(topic) = core::str::from_utf8(topic) else {
            return Outcome::BadArgument;
        };
        if topic.is_empty() || topic.len() > 127 || topic.contains(['+', '#', '\0']) {
            return Outcome::BadArgument;
        }
        if rest
            .first()
            .is_some_and(|word| leading_number(word).is_some_and(|number| number != 0))
        {
            let payload = value.to_vec();
            self.send(crate::mqtt::Publish {
                topic: topic.into(),
                payload,
                qos: 1,
                retain: false,
            });
        } else {
            self.publish_value(topic, value.to_vec(), 1);
        }
        Outcome::Ok
    }

    fn store_ssid(&mut self, argument: Option<&[u8]>) -> Outcome {
        let Some(ssid) = argument else {
            return Outcome::NotEnoughArguments;
        };
        let ssid = self.expand(ssid);
        self.ssid = ssid.get(..63).map_or(ssid.clone(), <[u8]>::to_vec);
        self.event(Event::WifiStored);
        Outcome::Ok
    }

    fn store_password(&mut self, argument: Option<&[u8]>) -> Outcome {
        let Some(password) = argument else {
            return Outcome::NotEnoughArguments;
        };
        let password = self.expand(password);
        self.wifi_password = Secret::new(password.get(..64).unwrap_or(&password));
        self.event(Event::WifiStored);
        Outcome::Ok
    }

    pub(super) fn store_wifi(&mut self, ssid: Option<Vec<u8>>, password: Option<Vec<u8>>) {
        if let Some(ssid) = ssid {
            self.ssid = ssid.get(..63).map_or(ssid.clone(), <[u8]>::to_vec);
        }
        if let Some(password) = password {
            self.wifi_password = Secret::new(password.get(..64).unwrap_or(&password));
        }
        self.event(Event::WifiStored);
    }

    /// A text that begins with `$` is a variable, or nonsense that counts as 0.
    fn expand(&self, text: &[u8]) -> Vec<u8> {
        let [a, b, c, d] = self.profile.ip;
        match text {
            b"$IP" => alloc::format!("{a}.{b}.{c}.{d}").into_bytes(),
            b"$ShortName" => self.profile.topics.client_id().as_bytes().to_vec(),
            b"$Name" => self.profile.long_name.as_bytes().to_vec(),
            [b'$', ..] => b"0".to_vec(),
            _ => text.to_vec(),
        }
    }
}

/// What a word does to something that is on or off.
fn switch(word: &[u8], on: bool) -> Option<bool> {
    match word.to_ascii_lowercase().as_slice() {
        b"on" | b"1" => Some(true),
        b"off" | b"0" => Some(false),
        b"toggle" | b"2" => Some(!on),
        // Only asks.
        b"status" => Some(on),
        _ => None,
    }
}
