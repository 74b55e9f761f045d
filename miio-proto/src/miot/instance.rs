//! A model's specification: the "instance" JSON of miot-spec.org.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use super::{Unit, Urn};

/// A model's services, properties, actions and events.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// The specification's name.
    pub urn: Urn,
    /// For people.
    pub description: String,
    /// In the order of the specification.
    pub services: Vec<Service>,
}

/// A service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its number.
    pub siid: u16,
    /// Its type.
    pub urn: Urn,
    /// For people.
    pub description: String,
    /// Its properties.
    pub properties: Vec<Property>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// Its events.
    pub events: Vec<Event>,
}

/// A property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Service and property number.
    pub key: PropertyKey,
    /// Its type.
    pub urn: Urn,
    /// For people.
    pub description: String,
    /// The type of its values.
    pub format: Format,
    /// What may be done with it. Nothing at all: it is only used in actions and events.
    pub access: Access,
    /// The unit of its values.
    pub unit: Option<Unit>,
    /// The range of its values.
    pub range: Option<ValueRange>,
    /// Its only values, with their labels (which may be empty or repeat).
    pub list: Vec<(i64, String)>,
    /// The characters that a text may have.
    pub max_length: Option<usize>,
}

/// An action.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Service and action number.
    pub key: ActionKey,
    /// Its type.
    pub urn: Urn,
    /// For people.
    pub description: String,
    /// The properties that it takes, by piid in the same service.
    pub inputs: Vec<u16>,
    /// The properties that it returns.
    pub outputs: Vec<u16>,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its service.
    pub siid: u16,
    /// Its number.
    pub eiid: u16,
    /// Its type.
    pub urn: Urn,
    /// For people.
    pub description: String,
    /// The properties that it carries, by piid in the same service.
    pub arguments: Vec<u16>,
}

/// The number of a property: `2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyKey {
    /// The service.
    pub siid: u16,
    /// The property.
    pub piid: u16,
}

/// The number of an action: `2.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionKey {
    /// The service.
    pub siid: u16,
    /// The action.
    pub aiid: u16,
}

/// The type of a property's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the specification's and say it all")]
pub enum Format {
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Float,
    String,
    /// Bytes as hex digits; handled as text.
    Hex,
    /// None, or a word that this crate doesn't know: nothing is checked.
    Unknown,
}

/// What may be done with a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Access {
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
    /// It is reported, but only to the cloud.
    pub notify: bool,
}

/// Smallest and largest value, and the distance between two values (0: any).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRange {
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Distance.
    pub step: f64,
}

impl Instance {
    /// Reads the JSON of `/miot-spec-v2/instance?type=..`.
    ///
    /// # Errors
    ///
    /// No object, or a device, service, property, action or event without a proper number or name.
    pub fn from_json(value: &Value) -> Result<Self, InstanceError> {
        let services = list(value, "services").map(Service::from_json);
        Ok(Self {
            urn: urn(value, "the device")?,
            description: text(value, "description"),
            services: services.collect::<Result<_, _>>()?,
        })
    }

    /// All properties.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.services.iter().flat_map(|service| &service.properties)
    }

    /// All actions.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.services.iter().flat_map(|service| &service.actions)
    }

    /// The service of this number.
    #[must_use]
    pub fn service(&self, siid: u16) -> Option<&Service> {
        self.services.iter().find(|service| service.siid == siid)
    }

    /// The property of this number.
    #[must_use]
    pub fn property_at(&self, key: PropertyKey) -> Option<&Property> {
        self.properties().find(|property| property.key == key)
    }

    /// The action of this number.
    #[must_use]
    pub fn action_at(&self, key: ActionKey) -> Option<&Action> {
        self.actions().find(|action| action.key == key)
    }

    /// The property of this name: `2.1`, `prop.2.1`, `light:on`, `light.on`, or `light-2.on` where a service
    /// occurs twice. Where a name fits several, the first one counts.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        if let Some((siid, piid)) = numbers(name, "prop.") {
            return self.property_at(PropertyKey { siid, piid });
        }
        let (service, property) = split_name(name)?;
        let services = self
            .services
            .iter()
            .filter(|candidate| candidate.is_called(service));
        let mut all = services.flat_map(|service| &service.properties);
        all.find(|candidate| {
            let numbered = || format!("{}-{}", candidate.urn.name, candidate.key.piid);
            candidate.urn.name == property || candidate.description == property || numbered() == property
        })
    }

    /// The action of this name, written as [`property`](Self::property) takes it; `action.2.1` by number.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        if let Some((siid, aiid)) = numbers(name, "action.") {
            return self.action_at(ActionKey { siid, aiid });
        }
        let (service, action) = split_name(name)?;
        let services = self
            .services
            .iter()
            .filter(|candidate| candidate.is_called(service));
        let mut all = services.flat_map(|service| &service.actions);
        all.find(|candidate| candidate.urn.name == action)
    }

    /// The shortest name of a property that [`property`](Self::property) leads back to it: `light:on`, or
    /// `light-2:on`, or its numbers.
    #[must_use]
    pub fn name_of(&self, property: &Property) -> String {
        let service = self
            .service(property.key.siid)
            .map_or("", |service| &service.urn.name);
        let plain = format!("{service}:{}", property.urn.name);
        let numbered = format!("{service}-{}:{}", property.key.siid, property.urn.name);
        [plain, numbered]
            .into_iter()
            .find(|name| self.property(name).is_some_and(|found| found.key == property.key))
            .unwrap_or_else(|| property.key.to_string())
    }
}

impl Service {
    fn from_json(value: &Value) -> Result<Self, InstanceError> {
        let siid = iid(value, "a service")?;
        let properties = list(value, "properties").map(|property| Property::from_json(siid, property));
        let actions = list(value, "actions").map(|action| {
            Ok(Action {
                key: ActionKey {
                    siid,
                    aiid: iid(action, "an action")?,
                },
                urn: urn(action, "an action")?,
                description: text(action, "description"),
                inputs: piids(action, "in"),
                outputs: piids(action, "out"),
            })
        });
        let events = list(value, "events").map(|event| {
            Ok(Event {
                siid,
                eiid: iid(event, "an event")?,
                urn: urn(event, "an event")?,
                description: text(event, "description"),
                arguments: piids(event, "arguments"),
            })
        });
        Ok(Self {
            siid,
            urn: urn(value, "a service")?,
            description: text(value, "description"),
            properties: properties.collect::<Result<_, _>>()?,
            actions: actions.collect::<Result<_, _>>()?,
            events: events.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a name means this service: `light`, or `light-2` by its number.
    fn is_called(&self, name: &str) -> bool {
        let number = || {
            name.strip_prefix(self.urn.name.as_str())?
                .strip_prefix('-')?
                .parse()
                .ok()
        };
        self.urn.name == name || number() == Some(self.siid)
    }
}

impl Property {
    /// Reads one property of a specification.
    ///
    /// # Errors
    ///
    /// No proper number or name.
    pub fn from_json(siid: u16, value: &Value) -> Result<Self, InstanceError> {
        let access = |word: &str| list(value, "access").any(|entry| entry == word);
        let range = value
            .get("value-range")
            .and_then(Value::as_array)
            .and_then(|range| {
                let mut numbers = range.iter().map(Value::as_f64);
                Some(ValueRange {
                    min: numbers.next()??,
                    max: numbers.next()??,
                    step: numbers.next().flatten().unwrap_or_default(),
                })
            });
        let entries = list(value, "value-list")
            .filter_map(|entry| Some((entry.get("value")?.as_i64()?, text(entry, "description"))));
        let max_length = value.get("max-length").and_then(Value::as_u64);
        Ok(Self {
            key: PropertyKey {
                siid,
                piid: iid(value, "a property")?,
            },
            urn: urn(value, "a property")?,
            description: text(value, "description"),
            format: Format::from_name(value.get("format").and_then(Value::as_str).unwrap_or_default()),
            access: Access {
                read: access("read"),
                write: access("write"),
                notify: access("notify"),
            },
            unit: value.get("unit").and_then(Value::as_str).and_then(Unit::new),
            range,
            list: entries.collect(),
            max_length: max_length.and_then(|length| usize::try_from(length).ok()),
        })
    }

    /// The label of a value of the list: the number itself if the label is empty, with the number behind if
    /// another value has the same label.
    #[must_use]
    pub fn label(&self, value: i64) -> Option<String> {
        let (_, label) = self.list.iter().find(|(known, _)| *known == value)?;
        if label.is_empty() {
            return Some(value.to_string());
        }
        let same = self.list.iter().filter(|(_, other)| other == label).count();
        Some(if same > 1 {
            format!("{label} {value}")
        } else {
            label.clone()
        })
    }

    /// The value of a label as [`label`](Self::label) writes it, whatever its case.
    #[must_use]
    pub fn value_of_label(&self, label: &str) -> Option<i64> {
        let mut values = self.list.iter().map(|(value, _)| *value);
        values.find(|&value| {
            self.label(value)
                .is_some_and(|known| known.eq_ignore_ascii_case(label))
        })
    }
}

impl Format {
    fn from_name(name: &str) -> Self {
        match name {
            "bool" => Self::Bool,
            "uint8" => Self::Uint8,
            "uint16" => Self::Uint16,
            "uint32" => Self::Uint32,
            "uint64" => Self::Uint64,
            "int8" => Self::Int8,
            "int16" => Self::Int16,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "float" => Self::Float,
            "string" => Self::String,
            "hex" => Self::Hex,
            _ => Self::Unknown,
        }
    }

    /// The smallest and the largest whole number of an integer format.
    #[must_use]
    pub const fn limits(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::Uint8 => (0, u8::MAX as i128),
            Self::Uint16 => (0, u16::MAX as i128),
            Self::Uint32 => (0, u32::MAX as i128),
            Self::Uint64 => (0, u64::MAX as i128),
            Self::Int8 => (i8::MIN as i128, i8::MAX as i128),
            Self::Int16 => (i16::MIN as i128, i16::MAX as i128),
            Self::Int32 => (i32::MIN as i128, i32::MAX as i128),
            Self::Int64 => (i64::MIN as i128, i64::MAX as i128),
            Self::Bool | Self::Float | Self::String | Self::Hex | Self::Unknown => return None,
        })
    }
}

impl fmt::Display for PropertyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.siid, self.piid)
    }
}

impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.siid, self.aiid)
    }
}

/// The specification of a model in the list of `/miot-spec-v2/instances`: released before debug and preview, then
/// the highest version. Models compare without case.
#[must_use]
pub fn choose(instances: &Value, model: &str) -> Option<Urn> {
    let is_model = |entry: &&Value| {
        let found = entry.get("model").and_then(Value::as_str);
        found.is_some_and(|found| found.eq_ignore_ascii_case(model))
    };
    let of_model = list(instances, "instances").filter(is_model);
    let best = of_model.max_by_key(|entry| {
        let released = entry.get("status").is_some_and(|status| status == "released");
        (released, entry.get("version").and_then(Value::as_i64))
    })?;
    best.get("type")?.as_str()?.parse().ok()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn piids(value: &Value, key: &str) -> Vec<u16> {
    list(value, key)
        .filter_map(|piid| u16::try_from(piid.as_u64()?).ok())
        .collect()
}

fn iid(value: &Value, what: &'static str) -> Result<u16, InstanceError> {
    let number = value
        .get("iid")
        .and_then(Value::as_u64)
        .and_then(|iid| u16::try_from(iid).ok());
    number.ok_or(InstanceError { what, key: "iid" })
}

fn urn(value: &Value, what: &'static str) -> Result<Urn, InstanceError> {
    let urn = value
        .get("type")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    urn.ok_or(InstanceError { what, key: "type" })
}

/// `prop.2.1` and `2.1` as numbers.
fn numbers(name: &str, prefix: &str) -> Option<(u16, u16)> {
    let (a, b) = name.strip_prefix(prefix).unwrap_or(name).split_once('.')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

/// Service and the rest. A property's name may hold dots, so a colon goes first.
fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(':').or_else(|| name.split_once('.'))
}

/// JSON that is no specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of the specification has no proper `{key}`")]
pub struct InstanceError {
    /// Which part.
    pub what: &'static str,
    /// Which key.
    pub key: &'static str,
}

impl InstanceError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "Save the JSON of https://miot-spec.org/miot-spec-v2/instance?type=<urn> as it is, for the model's own urn.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn two_switches() -> Instance {
        let property = |name: &str| {
            json!([{"iid": 1, "type": format!("urn:miot-spec-v2:property:{name}:00000006:x-y:1"), "format": "bool",
                "access": ["read", "write"]}])
        };
        let service = |siid: u16, name: &str, property: Value| {
            json!({"iid": siid, "type": format!("urn:miot-spec-v2:service:{name}:0000780C:x-y:1"),
                "properties": property, "actions": null})
        };
        Instance::from_json(
            &json!({"type": "urn:miot-spec-v2:device:switch:0000A003:x-y:1", "services": [
                service(2, "switch", property("on")), service(3, "switch", property("on")),
                service(4, "environment", property("pm2.5-density")),
            ]}),
        )
        .unwrap()
    }

    #[test]
    fn every_property_has_a_name_that_leads_back_to_it() {
        let spec = two_switches();
        let names: Vec<_> = spec.properties().map(|property| spec.name_of(property)).collect();
        assert_eq!(names, ["switch:on", "switch-3:on", "environment:pm2.5-density"]);
        for property in spec.properties() {
            assert_eq!(spec.property(&spec.name_of(property)).unwrap().key, property.key);
            assert_eq!(
                spec.property(&property.key.to_string()).unwrap().key,
                property.key
            );
        }
        assert_eq!(spec.property("environment.pm2.5-density").unwrap().key.siid, 4);
        assert!(spec.property("switch:off").is_none());
    }

    #[test]
    fn labels_are_unique() {
        let property = Property::from_json(
            2,
            &json!({"iid": 1, "type": "urn:miot-spec-v2:property:mode:00000008",
            "value-list": [{"value": 0, "description": ""}, {"value": 1, "description": "Auto"},
                {"value": 2, "description": "Auto"}, {"value": 3, "description": "Sleep"}]}),
        )
        .unwrap();
        let labels: Vec<_> = (0..4).map(|value| property.label(value).unwrap()).collect();
        assert_eq!(labels, ["0", "Auto 1", "Auto 2", "Sleep"]);
        assert!((0..4).all(|value| property.value_of_label(&labels[value as usize]) == Some(value)));
    }

    #[test]
    fn the_newest_released_specification_is_chosen() {
        let entry = |version: u32, status: &str| {
            json!({"model": "a.b.c", "version": version, "status": status,
                "type": format!("urn:miot-spec-v2:device:light:0000A001:a-c:{version}")})
        };
        let list = json!({"instances": [entry(1, "released"), entry(3, "debug"), entry(2, "released")]});
        assert_eq!(choose(&list, "a.b.c").unwrap().version, Some(2));
        assert_eq!(choose(&list, "A.b.C"), choose(&list, "a.b.c"));
        assert_eq!(choose(&list, "a.b.d"), None);
    }
}
