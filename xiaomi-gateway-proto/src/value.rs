//! Attribute values of a message, and the list of them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::Decimal;
use crate::json::{self, Writer};

/// The value of an attribute as the wire has it.
///
/// Generation 1 sends nearly every number as text. [`number`](Self::number) takes both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A JSON string.
    Text(Cow<'a, str>),
    /// A JSON number.
    Number(Decimal),
    /// `true` or `false`; no device is known to send one.
    Bool(bool),
    /// `null`; no device is known to send it.
    Null,
    /// The text of an array, of an object, or of a number that no [`Decimal`] holds.
    Json(Cow<'a, str>),
}

impl Value<'_> {
    /// The text of a JSON string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A JSON number, or decimal text: `2287` and `"2287"` are the same.
    #[must_use]
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => Decimal::from_text(text),
            _ => None,
        }
    }

    /// The same value, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(json::owned(text)),
            Self::Number(number) => Value::Number(number),
            Self::Bool(flag) => Value::Bool(flag),
            Self::Null => Value::Null,
            Self::Json(json) => Value::Json(json::owned(json)),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Decimal> for Value<'_> {
    fn from(number: Decimal) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

/// The attributes of a message, in the order of the wire, each name once.
///
/// ```
/// use xiaomi_gateway_proto::Fields;
///
/// let fields = Fields::new().with("mid", 2).with("vol", 100);
/// assert_eq!(fields.number("vol"), Some(100.into()));
/// assert_eq!(fields.to_json(), r#"{"mid":2,"vol":100}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Fields<'a> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// With one more, or with another value for a name that is there.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        self.insert(name.into(), value.into());
        self
    }

    /// Adds one, or replaces the value of a name that is there: the last value wins.
    pub fn insert(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => {
                if self.0.is_empty() {
                    self.0.reserve_exact(USUAL_FIELDS);
                }
                self.0.push((name, value));
            }
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
    }

    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The text of an attribute.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::text)
    }

    /// The number of an attribute, sent as number or as text.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<Decimal> {
        self.get(name).and_then(Value::number)
    }

    /// Names and values in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same attributes, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Fields<'static> {
        Fields(
            self.0
                .into_iter()
                .map(|(name, value)| (json::owned(name), value.into_owned()))
                .collect(),
        )
    }

    /// One JSON object, compact.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = Writer::default();
        self.write(&mut writer);
        writer.finish()
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.object(|writer| {
            for (name, value) in self.iter() {
                writer.member(name, value);
            }
        });
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value<'a>)> for Fields<'a> {
    fn from_iter<T: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(fields: T) -> Self {
        let mut all = Self::new();
        for (name, value) in fields {
            all.insert(name, value);
        }
        all
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = alloc::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Most reports have one or two attributes, most heartbeats at most four.
const USUAL_FIELDS: usize = 4;
