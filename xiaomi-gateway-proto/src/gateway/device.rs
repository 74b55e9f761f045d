//! A simulated device: its attributes, and what a write does to them.

use alloc::borrow::Cow;
use alloc::string::ToString;
use core::time::Duration;

use crate::{Category, Fields, Generation, Light, Model, Power, Ringtone, Value};

/// A device of a simulated gateway, or the gateway itself.
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) model: Cow<'static, str>,
    pub(super) short_id: u16,
    pub(super) fields: Fields<'static>,
    pub(super) next_heartbeat: Duration,
}

impl Device {
    pub(super) fn new(
        model: Cow<'static, str>,
        short_id: u16,
        fields: Fields<'static>,
        now: Duration,
    ) -> Self {
        let mut device = Self {
            model,
            short_id,
            fields,
            next_heartbeat: now,
        };
        device.next_heartbeat = now + device.heartbeat_every();
        device
    }

    pub(super) fn gateway(model: &'static str, proto_version: &'static str, now: Duration) -> Self {
        let fields = match Category::of(model) {
            Some(Category::Acpartner) => Fields::new()
                .with("on_off_cfg", "off")
                .with("mode_cfg", "cool")
                .with("ws_cfg", "auto")
                .with("swing_cfg", "unswing")
                .with("temp_cfg", 25)
                .with("relay_status", "on")
                .with("illumination", 500),
            _ => Fields::new().with("rgb", 0).with("illumination", 350),
        };
        Self::new(
            Cow::Borrowed(model),
            0,
            fields.with("proto_version", proto_version),
            now,
        )
    }

    pub(super) fn heartbeat_every(&self) -> Duration {
        match Model::find(&self.model) {
            Some(Model {
                power: Power::Mains, ..
            }) => Duration::from_secs(600),
            _ => Duration::from_secs(3600),
        }
    }

    /// Its attributes but what only happened.
    pub(super) fn state(&self) -> Fields<'static> {
        self.fields.clone()
    }

    pub(super) fn change(&mut self, changes: &Fields<'static>) {
        for (name, value) in changes.clone() {
            self.fields.insert(name, value);
        }
    }

    /// Takes the values that the model can take, and returns what changed or happened.
    pub(super) fn obey(&mut self, generation: Generation, values: &Fields<'static>) -> Fields<'static> {
        let mut changes = Fields::new();
        for (name, value) in values.clone() {
            let Some(new) = self.accept(generation, &name, &value) else {
                continue;
            };
            let (name, new) = match (&*name, &new) {
                // A motor reports where it is, not what it was told.
                ("status" | "curtain_status", Value::Text(word))
                    if self.category() == Some(Category::Curtain) =>
                {
                    let level = match &**word {
                        "open" => 100,
                        "close" => 0,
                        _ => continue,
                    };
                    (Cow::Borrowed("curtain_level"), level_value(generation, level))
                }
                _ => (name, new),
            };
            changes.insert(name, new);
        }
        // A click is no state.
        if !self.is_wireless_switch() {
            self.change(&changes);
        }
        changes
    }

    /// The value that an attribute takes; `None` for what the model doesn't take.
    fn accept(&self, generation: Generation, name: &str, value: &Value<'static>) -> Option<Value<'static>> {
        let model = Model::find(&self.model)?;
        // Switches and cubes take what they send.
        let virtual_event = self.is_wireless_switch() && model.fields(generation).contains(&name);
        if !model.writable.contains(&name) && !virtual_event {
            return None;
        }
        let number = value.number().and_then(crate::Decimal::to_i64);
        match name {
            "rgb" | "light_rgb" => {
                let light = Light::from_wire(number?)?;
                Some(light.to_wire().into())
            }
            // Sounds and permissions are no attributes.
            "mid" => {
                let _ = Ringtone::new(u32::try_from(number?).ok()?).ok()?;
                None
            }
            "vol" | "join_permission" | "remove_device" => None,
            "curtain_level" => {
                let level = number.filter(|level| (0..=100).contains(level))?;
                // Generation 1 does nothing with a number.
                let is_text = matches!(value, Value::Text(_));
                (is_text == (generation == Generation::One)).then(|| level_value(generation, level))
            }
            "temp_cfg" => number
                .filter(|temperature| (17..=30).contains(temperature))
                .map(|_| value.clone()),
            "light_level" => number
                .filter(|level| (0..=100).contains(level))
                .map(|_| value.clone()),
            _ => self.accept_word(name, value.text()?),
        }
    }

    fn accept_word(&self, name: &str, word: &str) -> Option<Value<'static>> {
        let words: &[&str] = match (self.category()?, name) {
            (Category::Plug | Category::Relay1 | Category::Relay2, "status" | "channel_0" | "channel_1") => {
                if word == "toggle" && self.model == "ctrl_dualchn" {
                    return Some(self.toggled(name));
                }
                &["on", "off"]
            }
            (Category::Acpartner, "on_off_cfg" | "relay_status") if word == "toggle" => {
                return Some(self.toggled(name));
            }
            (_, "on_off_cfg" | "relay_status" | "power_status") => &["on", "off"],
            (_, "mode_cfg") => &["heat", "cool", "auto", "dry", "wind"],
            (_, "ws_cfg") => &["low", "middle", "high", "auto"],
            (_, "swing_cfg") => &["unswing", "swing"],
            (Category::Curtain, _) => &["open", "close", "stop", "auto"],
            (Category::Button | Category::WallButton1 | Category::WallButton2 | Category::Cube, _) => {
                return Some(word.to_string().into());
            }
            _ => return None,
        };
        words
            .iter()
            .find(|known| **known == word)
            .map(|known| Value::from(*known))
    }

    fn toggled(&self, name: &str) -> Value<'static> {
        Value::from(if self.fields.text(name) == Some("on") {
            "off"
        } else {
            "on"
        })
    }

    fn category(&self) -> Option<Category> {
        Category::of(&self.model)
    }

    fn is_wireless_switch(&self) -> bool {
        use Category::{Button, Cube, WallButton1, WallButton2};
        matches!(self.category(), Some(Button | WallButton1 | WallButton2 | Cube))
    }
}

fn level_value(generation: Generation, level: i64) -> Value<'static> {
    match generation {
        Generation::One => Value::from(level.to_string()),
        Generation::Two => Value::Number(level.into()),
    }
}
