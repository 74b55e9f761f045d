//! OpenBeken devices, over the bridge's own broker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use openbeken::Topics;
use openbeken::mqtt::{Led, LedValue, Message};
use serde_json::{Value as Json, json};

use crate::home::{About, Action, Command, Entity, Health, Home, Id, Kind, Presence, Says, Update, Value};
use crate::source::{Desk, SourceError};

/// The OpenBeken devices of a home.
#[derive(Debug)]
pub struct Plugs {
    home: Arc<Home>,
    devices: HashMap<Id, Device>,
}

#[derive(Debug)]
struct Device {
    topics: Topics,
    about: Arc<About>,
    lamp: Mutex<Lamp>,
}

/// What a lamp said of itself, piece by piece.
#[derive(Clone, Debug, Default)]
struct Lamp {
    on: Option<bool>,
    percent: Option<u8>,
    colour: Option<[u8; 3]>,
}

/// The name of this source.
pub const SOURCE: &str = "openbeken";

impl Plugs {
    /// Knows these devices: their topics and names.
    pub fn new(home: Arc<Home>, devices: impl IntoIterator<Item = (Topics, Option<String>)>) -> Self {
        let devices = devices.into_iter().filter_map(|(topics, name)| {
            let id = Id::of(topics.client_id())?;
            let about = Arc::new(About {
                name: name.unwrap_or_else(|| topics.client_id().to_owned()),
                model: Some("OpenBeken".into()),
                manufacturer: Some("OpenBeken".into()),
                firmware: None,
                via: None,
                source: SOURCE.into(),
                presence: Presence::Told,
            });
            let lamp = Mutex::default();
            Some((id, Device { topics, about, lamp }))
        });
        Self {
            home,
            devices: devices.collect(),
        }
    }

    /// What to subscribe to.
    pub fn filters(&self) -> impl Iterator<Item = String> {
        self.devices
            .values()
            .flat_map(|device| device.topics.bridge_subscriptions())
    }

    /// Takes a message of a device.
    pub fn handle_message(&self, topic: &str, payload: &[u8]) {
        for (id, device) in &self.devices {
            let (says, available) = match device.topics.classify(topic, payload) {
                Message::Foreign => continue,
                Message::Availability { online } => {
                    if online {
                        self.ask(device);
                    }
                    (Vec::new(), Some(online))
                }
                message => (device.says(&message), Some(true)),
            };
            if says.is_empty() && available != Some(false) && !topic.ends_with("/connected") {
                return;
            }
            self.home.set_health(SOURCE, Health::Up);
            self.home.apply(Update {
                device: id.clone(),
                about: Arc::clone(&device.about),
                says,
                available,
            });
            return;
        }
    }

    /// Asks for what the device told before anybody listened: its values aren't retained.
    fn ask(&self, device: &Device) {
        // A device answers for channels that it doesn't have, too.
        self.home.send(&device.topics.get_channel(1).topic, "");
        for value in [LedValue::EnableAll, LedValue::Dimmer, LedValue::BaseColor] {
            self.home.send(&device.topics.get_led(value).topic, "");
        }
    }

    fn command(&self, command: &Command) -> Result<(), SourceError> {
        let device = self.devices.get(&command.device);
        let device = device.ok_or_else(|| SourceError::new("no such device", None))?;
        let topics = &device.topics;
        let mut publishes = Vec::new();
        match &command.action {
            Action::Switch(on) => {
                let channel = command.key.strip_prefix("switch_").unwrap_or("1");
                let channel = channel
                    .parse()
                    .map_err(|_| SourceError::new("no such channel", None))?;
                publishes.push(topics.set_channel(channel, i32::from(*on)));
            }
            Action::Light {
                on,
                brightness,
                colour,
            } => {
                if let Some([red, green, blue]) = colour {
                    publishes.push(topics.led_rgb(*red, *green, *blue));
                }
                if let Some(level) = brightness {
                    let percent = (u32::from(*level) * 100).div_ceil(255);
                    publishes.push(topics.led_dimmer(u8::try_from(percent).unwrap_or(100)));
                }
                if let Some(on) = on {
                    publishes.push(topics.led_enable(*on));
                }
            }
            _ => return Err(SourceError::new("the device can't do that", None)),
        }
        for publish in publishes {
            let payload = String::from_utf8_lossy(&publish.payload);
            self.home.send(&publish.topic, &payload);
        }
        Ok(())
    }
}

/// Carries out commands, for ever.
///
/// # Errors
///
/// None; the signature is that of all sources.
pub async fn run(mut desk: Desk, plugs: Arc<Plugs>) -> Result<(), SourceError> {
    while let Some(command) = desk.commands.recv().await {
        let outcome = plugs.command(&command);
        desk.done(&command, outcome);
    }
    Ok(())
}

impl Device {
    fn says(&self, message: &Message<'_>) -> Vec<Says> {
        let (entity, value) = match message {
            Message::Channel { channel, value } => {
                let key = if *channel == 1 {
                    "switch".to_owned()
                } else {
                    format!("switch_{channel}")
                };
                match value.to_string().as_str() {
                    "0" => (Entity::new(key, Kind::Switch), Value::On(false)),
                    "1" => (Entity::new(key, Kind::Switch), Value::On(true)),
                    number => (
                        Entity::sensor(format!("channel_{channel}"), None, ""),
                        Value::Number(number.to_owned()),
                    ),
                }
            }
            Message::Sensor { name, value } => {
                let (class, unit) = sensor(name);
                let Some(key) = Id::of(name) else {
                    return Vec::new();
                };
                let entity = Entity::sensor(key.as_str().to_owned(), class, unit);
                (entity, Value::Number(value.to_string()))
            }
            Message::SelfState { name: "rssi", value } => {
                let Ok(dbm) = value.trim().parse::<i16>() else {
                    return Vec::new();
                };
                let entity = Entity::sensor("rssi", Some("signal_strength"), "dBm").diagnostic();
                (entity, Value::Number(dbm.to_string()))
            }
            Message::Led(led) => return self.lamp(led).into_iter().collect(),
            _ => return Vec::new(),
        };
        vec![Says {
            entity,
            value: Some(value),
        }]
    }

    fn lamp(&self, led: &Led) -> Option<Says> {
        let mut lamp = self.lamp.lock().unwrap_or_else(PoisonError::into_inner);
        match led {
            Led::Power(on) => lamp.on = Some(*on),
            Led::DimmerPercent(percent) => lamp.percent = Some(*percent),
            Led::BaseColor(digits) => {
                let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
                lamp.colour = Some([red, green, blue]);
            }
            _ => return None,
        }
        let mut state: Json = json!({"state": if lamp.on? { "ON" } else { "OFF" }, "color_mode": "rgb"});
        if let Some(percent) = lamp.percent {
            crate::json::set(&mut state, "brightness", u32::from(percent.min(100)) * 255 / 100);
        }
        if let Some([red, green, blue]) = lamp.colour {
            crate::json::set(&mut state, "color", json!({"r": red, "g": green, "b": blue}));
        }
        Some(Says {
            entity: Entity::new("light", Kind::Light { colour: true }),
            value: Some(Value::Object(state)),
        })
    }
}

/// Class and unit of a measured value, by the name of its topic.
fn sensor(name: &str) -> (Option<&'static str>, &'static str) {
    match name.trim_end_matches("_b") {
        "voltage" => (Some("voltage"), "V"),
        "current" => (Some("current"), "A"),
        "power" => (Some("power"), "W"),
        "power_apparent" => (Some("apparent_power"), "VA"),
        "power_reactive" => (Some("reactive_power"), "var"),
        "power_factor" => (Some("power_factor"), ""),
        "frequency" => (Some("frequency"), "Hz"),
        "energycounter" => (Some("energy"), "Wh"),
        other if other.starts_with("energycounter") => (None, "Wh"),
        _ => (None, ""),
    }
}
