//! What devices reported earlier: properties and events that the cloud keeps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, from_str, json};

use super::Call;
use crate::answer::Answer;
use crate::error::ApiError;
use crate::json;

/// Properties or events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// Properties.
    #[default]
    Prop,
    /// Events.
    Event,
}

/// Asks for what a device reported, newest first.
#[derive(Clone, Debug)]
pub struct UserDeviceData {
    /// The device.
    pub did: String,
    /// What it reported: for Bluetooth, a decimal object id as `4109`.
    pub key: String,
    /// Property or event.
    pub kind: DataKind,
    /// From when, in seconds since 1970.
    pub start: u64,
    /// Until when.
    pub end: u64,
    /// At most so many.
    pub limit: u32,
}

impl Call for UserDeviceData {
    type Output = Vec<UserDataEntry>;

    fn path(&self) -> Cow<'_, str> {
        "/user/get_user_device_data".into()
    }

    fn data(&self) -> Value {
        let kind = match self.kind {
            DataKind::Prop => "prop",
            DataKind::Event => "event",
        };
        json!({
            "did": self.did, "key": self.key, "type": kind, "time_start": self.start, "time_end": self.end,
            "limit": self.limit,
        })
    }

    fn read(&self, answer: &Answer) -> Result<Vec<UserDataEntry>, ApiError> {
        match answer.read()? {
            Value::Null => Ok(Vec::new()),
            Value::Array(list) => Ok(list.iter().filter_map(UserDataEntry::read).collect()),
            _ => Err(answer.malformed("the entries aren't a list")),
        }
    }
}

/// One report.
#[derive(Clone, Debug, PartialEq)]
pub struct UserDataEntry {
    /// When, in seconds since 1970.
    pub time: i64,
    /// What.
    pub key: String,
    /// `prop` or `event`.
    pub kind: Option<String>,
    /// Its values: of a list each, else one.
    pub values: Vec<Value>,
}

/// Asks for the present values of legacy properties, of several devices at once.
#[derive(Clone, Debug, Default)]
pub struct DeviceDatas {
    /// Device ids, and the names of properties as `prop.4103`.
    pub devices: Vec<(String, Vec<String>)>,
}

impl Call for DeviceDatas {
    type Output = BTreeMap<String, Map<String, Value>>;

    fn path(&self) -> Cow<'_, str> {
        "/device/batchdevicedatas".into()
    }

    fn data(&self) -> Value {
        self.devices
            .iter()
            .map(|(did, props)| json!({"did": did, "props": props}))
            .collect()
    }

    fn read(&self, answer: &Answer) -> Result<Self::Output, ApiError> {
        // Some servers put the devices beside the code instead of into the result.
        let fields: Map<String, Value> = match answer.result() {
            Some(_) => answer.read()?,
            None => from_str(answer.expose()).map_err(|_| answer.malformed("the values aren't an object"))?,
        };
        let wanted = |did: &String| self.devices.iter().any(|(wanted, _)| wanted == did);
        let values =
            fields
                .into_iter()
                .filter(|(did, _)| wanted(did))
                .filter_map(|(did, values)| match values {
                    Value::Object(values) => Some((did, values)),
                    _ => None,
                });
        Ok(values.collect())
    }
}

impl UserDataEntry {
    fn read(entry: &Value) -> Option<Self> {
        let values = match entry.get("value") {
            // Mostly a list in JSON, in a string.
            Some(Value::String(text)) => match from_str(text) {
                Ok(Value::Array(values)) => values,
                Ok(value) => vec![value],
                Err(_) => vec![text.as_str().into()],
            },
            Some(Value::Array(values)) => values.clone(),
            None | Some(Value::Null) => Vec::new(),
            Some(value) => vec![value.clone()],
        };
        Some(Self {
            time: json::value_integer(entry.get("time")?)?,
            key: json::value_text(entry.get("key")?)?,
            kind: entry.get("type").and_then(json::value_text),
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_beside_the_code_and_in_the_result() {
        let call = DeviceDatas {
            devices: vec![("7".into(), vec!["prop.4103".into()])],
        };
        assert_eq!(call.data(), json!([{"did": "7", "props": ["prop.4103"]}]));
        for text in [
            r#"{"code":0,"7":{"prop.4103":"x"}}"#,
            r#"{"code":0,"result":{"7":{"prop.4103":"x"},"8":{}}}"#,
        ] {
            let values = call.read(&Answer::from_json(text.into()).unwrap()).unwrap();
            assert_eq!(values.len(), 1);
            assert_eq!(values["7"]["prop.4103"], "x");
        }
    }
}
