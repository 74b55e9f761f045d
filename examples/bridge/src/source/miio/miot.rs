//! Devices with a MIoT specification: every property that can be read becomes an entity.
//!
//! Air purifiers, fans and humidifiers become one fan, lamps one light; their `on`, mode and speed aren't shown twice.

use std::borrow::Cow;
use std::sync::Arc;

use miio_proto::miot::{Format, Instance, Property, PropertyKey, PropertyReader, SetResult, TypedValue};
use miio_proto::transport::Handle;
use miio_proto::{BatchSize, CallError, models};
use serde_json::{Value as Json, json};

use super::{SourceError, order};
use crate::home::{Action, Entity, Id, Kind, Says, Value};

/// Asks a device for its properties, and sets them.
pub(super) struct Driver {
    spec: Arc<Instance>,
    keys: Vec<PropertyKey>,
    size: BatchSize,
    fan: Option<Fan>,
    lamp: Option<Lamp>,
}

/// The properties that together are a fan.
struct Fan {
    on: PropertyKey,
    mode: Option<PropertyKey>,
    speed: Option<PropertyKey>,
    modes: Vec<String>,
}

/// The properties that together are a lamp.
struct Lamp {
    on: PropertyKey,
    brightness: Option<PropertyKey>,
    colour: Option<PropertyKey>,
}

impl Driver {
    pub(super) fn new(model: &str, spec: Arc<Instance>) -> Self {
        let readable = spec.properties().filter(|property| property.access.read);
        Self {
            keys: readable.map(|property| property.key).collect(),
            size: models::miot_batch(model),
            fan: Fan::of(&spec),
            lamp: Lamp::of(&spec),
            spec,
        }
    }

    pub(super) async fn poll(&mut self, handle: &Handle) -> Result<Vec<Says>, CallError> {
        let mut reader = PropertyReader::new(self.keys.iter().copied(), self.size, None);
        while let Some(request) = reader.next_request() {
            match handle.call(request).await {
                Ok(answer) => reader.handle_result(&answer.result),
                Err(error) if reader.handle_error(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.size = reader.batch_size();
        let value = |key: PropertyKey| {
            let row = reader.results().iter().find(|(found, _)| *found == key);
            let raw = row.and_then(|(_, outcome)| outcome.as_ref().ok())?;
            Some(self.spec.property_at(key)?.read(raw).value)
        };
        let mut says = Vec::new();
        let mut used = Vec::new();
        if let Some(fan) = &self.fan {
            used.extend([Some(fan.on), fan.mode, fan.speed].into_iter().flatten());
            says.extend(fan.says(&self.spec, value));
        }
        if let Some(lamp) = &self.lamp {
            used.extend(
                [Some(lamp.on), lamp.brightness, lamp.colour]
                    .into_iter()
                    .flatten(),
            );
            says.extend(lamp.says(&self.spec, value));
        }
        for key in self.keys.iter().filter(|key| !used.contains(key)) {
            let (Some(property), Some(value)) = (self.spec.property_at(*key), value(*key)) else {
                continue;
            };
            says.extend(say(&self.spec, property, value));
        }
        Ok(says)
    }

    pub(super) async fn command(
        &self,
        handle: &Handle,
        key: &str,
        action: &Action,
    ) -> Result<(), SourceError> {
        let wishes = match action {
            Action::Switch(on) => {
                let property = self.spec.properties().find(|property| {
                    property.format == Format::Bool && key_of(&self.spec, property).as_deref() == Some(key)
                });
                let property = property.ok_or_else(|| SourceError::new("no such switch", None))?;
                vec![(property.key, json!(on))]
            }
            Action::Fan { on, speed, mode } => {
                let fan = self
                    .fan
                    .as_ref()
                    .ok_or_else(|| SourceError::new("it is no fan", None))?;
                fan.wishes(&self.spec, *on, *speed, mode.as_deref())?
            }
            Action::Light {
                on,
                brightness,
                colour,
            } => {
                let lamp = self
                    .lamp
                    .as_ref()
                    .ok_or_else(|| SourceError::new("it is no lamp", None))?;
                lamp.wishes(&self.spec, *on, *brightness, *colour)
            }
            _ => return Err(SourceError::new("the device can't do that", None)),
        };
        for (key, value) in wishes {
            let property = self.spec.property_at(key);
            let property = property.ok_or_else(|| SourceError::new("no such property", None))?;
            let request = property
                .set(value, None)
                .map_err(|error| SourceError::new(&error, error.help()))?;
            let result = order(handle, request).await?;
            SetResult::from_json(&[key], &result)
                .into_result()
                .map_err(|error| SourceError::new(&error, error.help()))?;
        }
        Ok(())
    }
}

impl Fan {
    fn of(spec: &Instance) -> Option<Self> {
        let service = spec.services.iter().find(|service| {
            ["air-purifier", "fan", "air-fresh", "humidifier", "dehumidifier"]
                .contains(&service.urn.name.as_str())
        })?;
        let find = |name: &str| {
            let mut properties = service.properties.iter();
            properties.find(|property| property.urn.name == name && property.access.write)
        };
        let mode = find("mode").filter(|mode| !mode.list.is_empty());
        let modes = mode.map(|mode| mode.list.iter().map(|(value, _)| label(mode, *value)).collect());
        Some(Self {
            on: find("on")?.key,
            mode: mode.map(|mode| mode.key),
            speed: find("fan-level")
                .or(find("speed-level"))
                .filter(|speed| limits(speed).is_some())
                .map(|speed| speed.key),
            modes: modes.unwrap_or_default(),
        })
    }

    fn says(&self, spec: &Instance, value: impl Fn(PropertyKey) -> Option<TypedValue>) -> Option<Says> {
        let Some(TypedValue::Bool(on)) = value(self.on) else {
            return None;
        };
        let mut state = json!({"state": if on { "ON" } else { "OFF" }});
        if let Some(mode) = self.mode.and_then(|key| spec.property_at(key))
            && let Some(TypedValue::Choice(number, _)) = value(mode.key)
        {
            crate::json::set(&mut state, "preset_mode", label(mode, number));
        }
        if let Some(speed) = self.speed.and_then(|key| spec.property_at(key))
            && let Some(TypedValue::Choice(number, _) | TypedValue::Integer(number)) = value(speed.key)
            && let Some((low, high)) = limits(speed)
        {
            crate::json::set(&mut state, "percentage", percent(number, low, high));
        }
        let kind = Kind::Fan {
            modes: self.modes.clone(),
            speed: self.speed.is_some(),
        };
        Some(Says {
            entity: Entity::new("fan", kind),
            value: Some(Value::Object(state)),
        })
    }

    fn wishes(
        &self,
        spec: &Instance,
        on: Option<bool>,
        speed: Option<u8>,
        mode: Option<&str>,
    ) -> Result<Vec<(PropertyKey, Json)>, SourceError> {
        // 0 % is off.
        let on = if speed == Some(0) { Some(false) } else { on };
        let mut wishes: Vec<_> = on.map(|on| (self.on, json!(on))).into_iter().collect();
        if let (Some(mode), Some(property)) = (mode, self.mode.and_then(|key| spec.property_at(key))) {
            let number = property.list.iter().map(|(number, _)| *number);
            let number = number.into_iter().find(|number| label(property, *number) == mode);
            let number = number.ok_or_else(|| SourceError::new("no such mode", None))?;
            wishes.push((property.key, json!(number)));
        }
        if let (Some(speed @ 1..), Some(property)) = (speed, self.speed.and_then(|key| spec.property_at(key)))
            && let Some((low, high)) = limits(property)
        {
            // The inverse of `percent`.
            let steps = high - low + 1;
            let number = low + (steps * i64::from(speed) + 99) / 100 - 1;
            wishes.push((property.key, json!(number.clamp(low, high))));
        }
        Ok(wishes)
    }
}

impl Lamp {
    fn of(spec: &Instance) -> Option<Self> {
        let service = spec.services.iter().find(|service| service.urn.name == "light")?;
        let find = |name: &str| {
            let mut properties = service.properties.iter();
            properties.find(|property| property.urn.name == name && property.access.write)
        };
        Some(Self {
            on: find("on")?.key,
            brightness: find("brightness").map(|property| property.key),
            colour: find("color").map(|property| property.key),
        })
    }

    fn says(&self, spec: &Instance, value: impl Fn(PropertyKey) -> Option<TypedValue>) -> Option<Says> {
        let Some(TypedValue::Bool(on)) = value(self.on) else {
            return None;
        };
        let colour = self.colour.is_some();
        let mut state = json!({
            "state": if on { "ON" } else { "OFF" },
            "color_mode": if colour { "rgb" } else { "brightness" },
        });
        if let Some(brightness) = self.brightness.and_then(|key| spec.property_at(key))
            && let Some(TypedValue::Integer(number)) = value(brightness.key)
            && let Some((_, high)) = limits(brightness)
        {
            crate::json::set(&mut state, "brightness", number * 255 / high.max(1));
        }
        if let Some(TypedValue::Integer(rgb)) = self.colour.and_then(value) {
            let [_, red, green, blue] = (rgb as u32).to_be_bytes();
            crate::json::set(&mut state, "color", json!({"r": red, "g": green, "b": blue}));
        }
        Some(Says {
            entity: Entity::new("light", Kind::Light { colour }),
            value: Some(Value::Object(state)),
        })
    }

    fn wishes(
        &self,
        spec: &Instance,
        on: Option<bool>,
        brightness: Option<u8>,
        colour: Option<[u8; 3]>,
    ) -> Vec<(PropertyKey, Json)> {
        let mut wishes: Vec<_> = on.map(|on| (self.on, json!(on))).into_iter().collect();
        if let (Some(level), Some(property)) =
            (brightness, self.brightness.and_then(|key| spec.property_at(key)))
            && let Some((low, high)) = limits(property)
        {
            let number = (i64::from(level) * high + 127) / 255;
            wishes.push((property.key, json!(number.clamp(low, high))));
        }
        if let (Some([red, green, blue]), Some(key)) = (colour, self.colour) {
            wishes.push((key, json!(u32::from_be_bytes([0, red, green, blue]))));
        }
        wishes
    }
}

/// One property as an entity of its own.
fn say(spec: &Instance, property: &Property, value: TypedValue) -> Option<Says> {
    let key: Cow<'static, str> = key_of(spec, property)?.into();
    let unit = property.unit.as_ref().map_or("", |unit| unit.symbol());
    let (entity, value) = match value {
        TypedValue::Bool(on) if property.access.write => (Entity::new(key, Kind::Switch), Value::On(on)),
        TypedValue::Bool(on) => (Entity::binary(key, None), Value::On(on)),
        TypedValue::Integer(number) => (sensor(key, property, unit), Value::Number(number.to_string())),
        TypedValue::Float(number) if number.is_finite() => {
            (sensor(key, property, unit), Value::Number(number.to_string()))
        }
        TypedValue::Choice(number, _) => (
            Entity::new(key, Kind::Text),
            Value::Text(label(property, number).into()),
        ),
        TypedValue::Text(text) => {
            let text: String = text.chars().take(super::LONGEST_TEXT).collect();
            (
                Entity::new(key, Kind::Text).diagnostic(),
                Value::Text(text.into()),
            )
        }
        _ => return None,
    };
    Some(Says {
        entity,
        value: Some(value),
    })
}

fn sensor(key: Cow<'static, str>, property: &Property, unit: &str) -> Entity {
    let class = match property.urn.name.as_str() {
        "temperature" | "indoor-temperature" => Some("temperature"),
        "relative-humidity" => Some("humidity"),
        "pm2.5-density" => Some("pm25"),
        "pm10-density" => Some("pm10"),
        "co2-density" => Some("carbon_dioxide"),
        "battery-level" => Some("battery"),
        "illumination" => Some("illuminance"),
        "electric-power" => Some("power"),
        "electric-current" => Some("current"),
        "voltage" => Some("voltage"),
        _ => None,
    };
    // Specifications forget units; these classes have one that everybody means.
    let unit = match (class, unit) {
        (Some("pm25" | "pm10"), _) => "µg/m³",
        (Some("carbon_dioxide"), "") => "ppm",
        (Some("temperature"), "") => "°C",
        (Some("humidity" | "battery"), "") => "%",
        (_, unit) => unit,
    };
    let unit = (!unit.is_empty()).then(|| Cow::Owned(unit.to_owned()));
    let class = class.map(Cow::Borrowed);
    let total = false;
    Entity::new(key, Kind::Sensor { class, unit, total })
}

/// `filter_life_level`; with the service's name where two services have a property of the same name.
fn key_of(spec: &Instance, property: &Property) -> Option<String> {
    let namesakes = spec
        .properties()
        .filter(|other| other.urn.name == property.urn.name);
    let name = if namesakes.count() > 1 {
        spec.name_of(property)
    } else {
        property.urn.name.clone()
    };
    Id::of(&name).map(|id| id.as_str().replace('-', "_"))
}

fn label(property: &Property, number: i64) -> String {
    let mut list = property.list.iter();
    match list.find(|(known, _)| *known == number) {
        Some((_, text)) if !text.is_empty() => text.to_lowercase(),
        _ => number.to_string(),
    }
}

/// The lowest and highest value of a property of numbers.
fn limits(property: &Property) -> Option<(i64, i64)> {
    if let Some(range) = &property.range {
        return Some((range.min as i64, range.max as i64)).filter(|(low, high)| low < high);
    }
    let numbers = || property.list.iter().map(|(number, _)| *number);
    Some((numbers().min()?, numbers().max()?)).filter(|(low, high)| low < high)
}

/// Where a number is between the lowest and the highest; the lowest isn't 0 %, which is off.
fn percent(number: i64, low: i64, high: i64) -> i64 {
    let steps = (high - low + 1).max(1);
    ((number - low + 1) * 100 / steps).clamp(1, 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_a_percentage_that_leads_back_to_it() {
        for (low, high) in [(1, 3), (0, 14), (1, 100), (5, 6)] {
            for level in low..=high {
                let speed = percent(level, low, high);
                let steps = high - low + 1;
                assert_eq!(low + (steps * speed + 99) / 100 - 1, level, "{low}..={high}");
            }
        }
    }
}
