//! Values: checked before they are sent, read with a flag where they don't fit the specification.

use alloc::string::String;

use serde_json::Value;

use super::{Format, Property};
use crate::Request;

/// A value that a property can't take. The first test that fails counts.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// No `write` in its access.
    #[error("the property can't be written")]
    NotWritable,
    /// No boolean, text or (whole) number where the format wants one.
    #[error("the value's type doesn't fit format {format:?}")]
    BadType {
        /// The format.
        format: Format,
    },
    /// Outside of what the format can hold.
    #[error("the value doesn't fit into format {format:?}")]
    OutOfFormat {
        /// The format.
        format: Format,
    },
    /// Not one of the list's values.
    #[error("the value isn't one of the property's list")]
    NotInList,
    /// Outside the range.
    #[error("the value isn't between {min} and {max}")]
    OutOfRange {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// Between two steps.
    #[error("the value isn't {min} plus a multiple of {step}")]
    OffStep {
        /// Smallest.
        min: f64,
        /// Distance.
        step: f64,
    },
    /// A text with too many characters.
    #[error("a text of {found} characters is too long, the limit is {limit}")]
    TooLong {
        /// What was there.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// An action with another number of inputs.
    #[error("the action takes {expected} inputs, not {found}")]
    InputCount {
        /// What it takes.
        expected: usize,
        /// What was there.
        found: usize,
    },
}

impl ValueError {
    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotWritable => "not_writable",
            Self::BadType { .. } => "bad_type",
            Self::OutOfFormat { .. } => "out_of_format",
            Self::NotInList => "not_in_list",
            Self::OutOfRange { .. } => "out_of_range",
            Self::OffStep { .. } => "off_step",
            Self::TooLong { .. } => "too_long",
            Self::InputCount { .. } => "input_count",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotWritable => {
                "Look for another property or an action of the same service that changes it."
            }
            Self::BadType { .. } => "Write true or false for bool, a JSON text for string, else a number.",
            Self::NotInList => "Print the property's list: only its numbers are taken.",
            Self::OutOfFormat { .. } | Self::OutOfRange { .. } | Self::OffStep { .. } => {
                "Choose a value from the property's range and steps."
            }
            Self::TooLong { .. } => "Shorten the text.",
            Self::InputCount { .. } => "Hand in a value for each of the action's inputs, in their order.",
        })
    }
}

/// A value that a device answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What it means.
    pub value: TypedValue,
    /// Whether it breaks the specification: off the list or range, a number for a bool, a text for a number.
    pub odd: bool,
    /// The value as it came.
    pub raw: Value,
}

/// A value by its property's format.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedValue {
    /// bool.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// One of a list, with its label.
    Choice(i64, String),
    /// float.
    Float(f64),
    /// string and hex.
    Text(String),
    /// Anything that doesn't fit the format at all.
    Other(Value),
}

impl Property {
    /// Whether a value may be sent.
    ///
    /// # Errors
    ///
    /// The first test that fails, in the order of [`ValueError`]'s variants.
    pub fn check(&self, value: &Value) -> Result<(), ValueError> {
        if !self.access.write {
            return Err(ValueError::NotWritable);
        }
        self.check_value(value)
    }

    /// The same for an action's input, which needs no write access.
    pub(crate) fn check_value(&self, value: &Value) -> Result<(), ValueError> {
        let format = self.format;
        let bad_type = ValueError::BadType { format };
        match format {
            Format::Bool => value.as_bool().map(drop).ok_or(bad_type)?,
            Format::Unknown => return Ok(()),
            Format::String | Format::Hex => {
                let found = value.as_str().ok_or(bad_type)?.chars().count();
                if let Some(limit) = self.max_length
                    && found > limit
                {
                    return Err(ValueError::TooLong { found, limit });
                }
            }
            Format::Float => self.check_number(value.as_f64().ok_or(bad_type)?)?,
            _ => {
                let whole = whole(value).ok_or(bad_type)?;
                if let Some((min, max)) = format.limits()
                    && !(min..=max).contains(&whole)
                {
                    return Err(ValueError::OutOfFormat { format });
                }
                self.check_number(whole as f64)?;
            }
        }
        Ok(())
    }

    fn check_number(&self, number: f64) -> Result<(), ValueError> {
        if !self.list.is_empty() && !self.list.iter().any(|&(known, _)| known as f64 == number) {
            return Err(ValueError::NotInList);
        }
        if let Some(range) = self.range {
            let (min, max, step) = (range.min, range.max, range.step);
            if number < min || number > max {
                return Err(ValueError::OutOfRange { min, max });
            }
            if step != 0.0 && fraction((number - min) / step) > 1e-6 {
                return Err(ValueError::OffStep { min, step });
            }
        }
        Ok(())
    }

    /// Reads a value of the device. Nothing is lost: what breaks the specification is flagged and kept.
    #[must_use]
    pub fn read(&self, raw: &Value) -> Reading {
        let fits = self.check_value(raw).is_ok();
        let number = || match raw {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        let integer = || match raw {
            Value::String(text) => text.trim().parse().ok(),
            other => whole(other).and_then(|number| i64::try_from(number).ok()),
        };
        let value = match self.format {
            Format::Bool => match raw {
                Value::Bool(value) => Some(TypedValue::Bool(*value)),
                other => match integer_of(other) {
                    Some(0) => Some(TypedValue::Bool(false)),
                    Some(1) => Some(TypedValue::Bool(true)),
                    _ => None,
                },
            },
            Format::String | Format::Hex => raw.as_str().map(|text| TypedValue::Text(text.into())),
            Format::Float => number().map(TypedValue::Float),
            Format::Unknown => None,
            _ => integer().map(|value| match self.label(value) {
                Some(label) => TypedValue::Choice(value, label),
                None => TypedValue::Integer(value),
            }),
        };
        let known = value.is_some() || self.format == Format::Unknown;
        Reading {
            value: value.unwrap_or_else(|| TypedValue::Other(raw.clone())),
            odd: !(fits && known),
            raw: raw.clone(),
        }
    }

    /// The request that reads it. `did` is the device's id as text, or a child's; a label if `None`.
    #[must_use]
    pub fn get(&self, did: Option<&str>) -> Request {
        super::get(&[self.key], did)
    }

    /// The request that sets it, if the value may be sent.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn set(&self, value: Value, did: Option<&str>) -> Result<Request, ValueError> {
        self.check(&value)?;
        Ok(super::set(&[(self.key, value)], did))
    }
}

/// A number without fraction; 20.0 is one.
fn whole(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let float = number.as_f64()?;
    (float.is_finite() && float % 1.0 == 0.0 && float.abs() < 1e30).then_some(float as i128)
}

fn integer_of(value: &Value) -> Option<i64> {
    crate::rpc::integer(value)
}

/// The distance to the nearest whole number. (`f64::round` needs `std`.)
fn fraction(number: f64) -> f64 {
    let rest = number % 1.0;
    let rest = if rest < 0.0 { -rest } else { rest };
    if rest > 0.5 { 1.0 - rest } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn property(json: &Value) -> Property {
        let mut all =
            json!({"iid": 1, "type": "urn:miot-spec-v2:property:x:00000001", "access": ["read", "write"]});
        all.as_object_mut()
            .unwrap()
            .extend(json.as_object().unwrap().clone());
        Property::from_json(2, &all).unwrap()
    }

    #[test]
    fn odd_values_are_flagged_and_kept() {
        let switch = property(&json!({"format": "bool"}));
        assert_eq!(switch.read(&json!(1)).value, TypedValue::Bool(true));
        assert!(switch.read(&json!(1)).odd && !switch.read(&json!(true)).odd);
        let level = property(&json!({"format": "uint8", "value-list": [{"value": 1, "description": "Low"}]}));
        assert_eq!(level.read(&json!(1)).value, TypedValue::Choice(1, "Low".into()));
        assert_eq!(
            level.read(&json!(9)),
            Reading {
                value: TypedValue::Integer(9),
                odd: true,
                raw: json!(9)
            }
        );
        assert_eq!(level.read(&json!("1")).value, TypedValue::Choice(1, "Low".into()));
        assert_eq!(level.read(&json!([1])).value, TypedValue::Other(json!([1])));
    }

    #[test]
    fn whole_floats_are_whole_and_numbers_beyond_64_bits_are_refused() {
        let byte = property(&json!({"format": "uint8"}));
        assert_eq!(byte.check(&json!(20.0)), Ok(()));
        assert_eq!(
            byte.check(&json!(1e25)),
            Err(ValueError::OutOfFormat {
                format: Format::Uint8
            })
        );
        let big = property(&json!({"format": "uint64"}));
        assert_eq!(big.check(&json!(u64::MAX)), Ok(()));
        assert_eq!(
            big.check(&json!(1e20)),
            Err(ValueError::OutOfFormat {
                format: Format::Uint64
            })
        );
    }

    proptest! {
        #[test]
        fn every_step_of_a_range_is_allowed(min in -100i32..100, steps in 1i32..200, at in 0i32..200, tenth: bool) {
            let step = if tenth { 0.1 } else { 0.5 };
            let at = at.min(steps);
            let value = |n: i32| f64::from(min) + f64::from(n) * step;
            let range = property(&json!({"format": "float", "value-range": [min, value(steps), step]}));
            prop_assert_eq!(range.check(&json!(value(at))), Ok(()));
            prop_assert_eq!(range.check(&json!(value(steps + 1))).map_err(|error| error.name()), Err("out_of_range"));
        }
    }
}
