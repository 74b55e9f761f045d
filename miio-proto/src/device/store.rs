//! The properties and actions of a simulated MIoT device.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use crate::miot::{ActionKey, DeviceMeaning, Format, Instance, Property, PropertyKey, ValueError};
use crate::rpc::integer;

/// Values for all properties of a specification.
#[derive(Clone, Debug)]
pub struct PropertyStore {
    spec: Instance,
    values: BTreeMap<PropertyKey, Value>,
}

/// An action that was started.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// Which one.
    pub action: ActionKey,
    /// Its inputs, as plain values.
    pub inputs: Vec<Value>,
}

impl PropertyStore {
    /// Every property with the first value that its specification allows.
    #[must_use]
    pub fn new(spec: Instance) -> Self {
        let values = spec
            .properties()
            .map(|property| (property.key, first_value(property)))
            .collect();
        Self { spec, values }
    }

    /// The specification.
    #[must_use]
    pub const fn spec(&self) -> &Instance {
        &self.spec
    }

    /// A property's value.
    #[must_use]
    pub fn value(&self, key: PropertyKey) -> Option<&Value> {
        self.values.get(&key)
    }

    /// Sets a property as the device itself does, whatever its access. `false` if there is no such property.
    pub fn put(&mut self, key: PropertyKey, value: impl Into<Value>) -> bool {
        self.values
            .get_mut(&key)
            .map(|slot| *slot = value.into())
            .is_some()
    }

    pub(super) fn get(&self, elements: &[Value]) -> Value {
        let read = |element: &Value| {
            let mut answer = echo(element, "piid");
            let code = match self.find(element) {
                None => DeviceMeaning::NoSuchInstance.code(),
                Some(property) if !property.access.read => DeviceMeaning::NotReadable.code(),
                Some(property) => {
                    let value = self.values.get(&property.key).cloned().unwrap_or_default();
                    answer.insert("value".into(), value);
                    0
                }
            };
            answer.insert("code".into(), code.into());
            Value::Object(answer)
        };
        elements.iter().map(read).collect()
    }

    pub(super) fn set(&mut self, elements: &[Value]) -> Value {
        let mut answers = Vec::new();
        for element in elements {
            let value = element.get("value").unwrap_or(&Value::Null);
            let checked = self
                .find(element)
                .map(|property| (property.key, property.check(value)));
            let code = match checked {
                None => DeviceMeaning::NoSuchInstance.code(),
                Some((_, Err(ValueError::NotWritable))) => DeviceMeaning::NotWritable.code(),
                Some((_, Err(_))) => DeviceMeaning::BadValue.code(),
                Some((key, Ok(()))) => {
                    self.values.insert(key, value.clone());
                    0
                }
            };
            let mut answer = echo(element, "piid");
            answer.insert("code".into(), code.into());
            answers.push(Value::Object(answer));
        }
        answers.into()
    }

    pub(super) fn start(&self, params: &Value) -> (Value, Option<Started>) {
        let mut answer = echo(params, "aiid");
        let number = |key: &str| {
            params
                .get(key)
                .and_then(integer)
                .and_then(|id| u16::try_from(id).ok())
        };
        let key = number("siid")
            .zip(number("aiid"))
            .map(|(siid, aiid)| ActionKey { siid, aiid });
        let Some(action) = key.and_then(|key| self.spec.action_at(key)) else {
            answer.insert("code".into(), DeviceMeaning::NoSuchInstance.code().into());
            return (answer.into(), None);
        };
        let inputs = params
            .get("in")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let plain = |value: &Value| match value {
            Value::Object(map) => map.get("value").cloned().unwrap_or_default(),
            value => value.clone(),
        };
        if inputs.len() != action.inputs.len() {
            answer.insert("code".into(), DeviceMeaning::BadActionParams.code().into());
            return (answer.into(), None);
        }
        answer.insert("code".into(), 0.into());
        let out = |piid: &u16| {
            let siid = action.key.siid;
            let value = self.values.get(&PropertyKey { siid, piid: *piid }).cloned();
            json!({"piid": piid, "value": value})
        };
        answer.insert("out".into(), action.outputs.iter().map(out).collect());
        let started = Started {
            action: action.key,
            inputs: inputs.iter().map(plain).collect(),
        };
        (answer.into(), Some(started))
    }

    fn find(&self, element: &Value) -> Option<&Property> {
        let number = |key: &str| u16::try_from(integer(element.get(key)?)?).ok();
        let (siid, piid) = (number("siid")?, number("piid")?);
        self.spec.property_at(PropertyKey { siid, piid })
    }
}

/// did, siid and piid or aiid of an element, as they came.
fn echo(element: &Value, iid: &str) -> Map<String, Value> {
    let fields = ["did", "siid", iid].map(|key| (key.into(), element.get(key).cloned().unwrap_or_default()));
    fields.into_iter().collect()
}

fn first_value(property: &Property) -> Value {
    if let Some((value, _)) = property.list.first() {
        return (*value).into();
    }
    let min = property.range.map_or(0.0, |range| range.min);
    match property.format {
        Format::Bool => false.into(),
        Format::String | Format::Hex => String::new().into(),
        Format::Float => min.into(),
        Format::Unknown => Value::Null,
        _ => (min as i64).into(),
    }
}
