//! What an entity says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A value, as it is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A number, exactly as the device said it: `21.37`.
    Number(String),
    /// Yes or no.
    On(bool),
    /// A word.
    Text(Cow<'static, str>),
    /// Something that happened once: its type, and an object with more or null.
    Event(Cow<'static, str>, Json),
    /// The state of a lamp, a fan, a vacuum, a cover.
    Object(Json),
}

impl Value {
    /// What goes into a message.
    #[must_use]
    pub fn payload(&self) -> String {
        match self {
            Self::Number(number) => number.clone(),
            Self::On(true) => "ON".to_owned(),
            Self::On(false) => "OFF".to_owned(),
            Self::Text(text) => text.clone().into_owned(),
            Self::Event(kind, more) => event(kind, more).to_string(),
            Self::Object(object) => object.to_string(),
        }
    }

    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Number(number) => {
                serde_json::from_str(number).unwrap_or_else(|_| Json::String(number.clone()))
            }
            Self::On(on) => Json::Bool(*on),
            Self::Text(text) => Json::String(text.clone().into_owned()),
            Self::Event(kind, more) => event(kind, more),
            Self::Object(object) => object.clone(),
        }
    }

    /// Whether it is something that happened: it is told once, and never kept.
    #[must_use]
    pub const fn is_event(&self) -> bool {
        matches!(self, Self::Event(..))
    }
}

fn event(kind: &str, more: &Json) -> Json {
    let mut object = serde_json::Map::new();
    object.insert("event_type".into(), kind.into());
    if let Json::Object(more) = more {
        object.extend(more.clone());
    }
    Json::Object(object)
}

/// For people.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number),
            Self::On(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::Text(text) => f.write_str(text),
            Self::Event(kind, Json::Object(more)) => {
                f.write_str(kind)?;
                pairs(f, more, " ")
            }
            Self::Event(kind, _) => f.write_str(kind),
            Self::Object(Json::Object(object)) => pairs(f, object, ""),
            Self::Object(other) => write!(f, "{other}"),
        }
    }
}

fn pairs(
    f: &mut std::fmt::Formatter<'_>,
    object: &serde_json::Map<String, Json>,
    before: &str,
) -> std::fmt::Result {
    for (index, (name, value)) in object.iter().enumerate() {
        let separator = if index == 0 { before } else { " " };
        match value {
            Json::String(text) => write!(f, "{separator}{name}={text}")?,
            other => write!(f, "{separator}{name}={other}")?,
        }
    }
    Ok(())
}
