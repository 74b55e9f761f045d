//! What devices reported earlier: properties and events that the cloud keeps.

use std::borrow::Cow;

use serde_json::{Value, from_str, json};

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
