//! Devices of the older protocol: every property that public sources list for the model, and lamps that can be set.

use miio_proto::legacy::{PropertyReader, properties_of};
use miio_proto::transport::Handle;
use miio_proto::{BatchSize, CallError, Request, models};
use serde_json::{Value as Json, json};

use super::{SourceError, order, plain};
use crate::home::{Action, Entity, Kind, Says, Value};

/// Asks a device for its properties, and sets power, brightness and colour.
pub(super) struct Driver {
    names: Vec<&'static str>,
    size: BatchSize,
    is_lamp: bool,
}

impl Driver {
    pub(super) fn new(model: &str) -> Self {
        let mut names: Vec<_> = properties_of(model).collect();
        if names.is_empty() {
            names.push("power");
        }
        Self {
            names,
            size: models::legacy_batch(model),
            is_lamp: models::category(model) == Some("light"),
        }
    }

    pub(super) async fn poll(&mut self, handle: &Handle) -> Result<Vec<Says>, CallError> {
        let mut reader = PropertyReader::new(self.names.iter().copied(), self.size);
        while let Some(request) = reader.next_request() {
            match handle.call(request).await {
                Ok(answer) => reader.handle_result(&answer.result),
                Err(error) if reader.handle_error(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.size = reader.batch_size();
        let mut says = Vec::new();
        for (name, value) in reader.values() {
            match (name.as_str(), value.as_str()) {
                ("power", Some(word @ ("on" | "off"))) if self.is_lamp => {
                    says.push(lamp(word == "on", &reader));
                }
                ("power", Some(word @ ("on" | "off"))) => says.push(Says {
                    entity: Entity::new("power", Kind::Switch),
                    value: Some(Value::On(word == "on")),
                }),
                ("bright" | "rgb", _) if self.is_lamp => {}
                _ => says.extend(plain(name, value)),
            }
        }
        Ok(says)
    }

    pub(super) async fn command(&self, handle: &Handle, action: &Action) -> Result<(), SourceError> {
        let word = |on: &bool| if *on { "on" } else { "off" };
        let requests = match action {
            Action::Switch(on) => vec![Request::new("set_power", json!([word(on)]))],
            Action::Light {
                on,
                brightness,
                colour,
            } => {
                let on = on.as_ref().map(|on| Request::new("set_power", json!([word(on)])));
                let brightness = brightness.map(|level| {
                    let percent = (u32::from(level) * 100 / 255).max(1);
                    Request::new("set_bright", json!([percent]))
                });
                let colour = colour.map(|[red, green, blue]| {
                    Request::new("set_rgb", json!([u32::from_be_bytes([0, red, green, blue])]))
                });
                [on, brightness, colour].into_iter().flatten().collect()
            }
            _ => return Err(SourceError::new("the device can't do that", None)),
        };
        for request in requests {
            order(handle, request).await?;
        }
        Ok(())
    }
}

fn lamp(on: bool, reader: &PropertyReader) -> Says {
    let number = |name: &str| {
        reader.value(name).and_then(|value| match value {
            Json::String(text) => text.parse::<u32>().ok(),
            other => u32::try_from(other.as_u64()?).ok(),
        })
    };
    let rgb = number("rgb");
    let mut state = json!({
        "state": if on { "ON" } else { "OFF" },
        "color_mode": if rgb.is_some() { "rgb" } else { "brightness" },
    });
    if let Some(percent) = number("bright") {
        crate::json::set(&mut state, "brightness", percent.min(100) * 255 / 100);
    }
    if let Some(rgb) = rgb {
        let [_, red, green, blue] = rgb.to_be_bytes();
        crate::json::set(&mut state, "color", json!({"r": red, "g": green, "b": blue}));
    }
    Says {
        entity: Entity::new(
            "light",
            Kind::Light {
                colour: rgb.is_some(),
            },
        ),
        value: Some(Value::Object(state)),
    }
}
