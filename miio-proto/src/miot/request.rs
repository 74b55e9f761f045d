//! The three requests of MIoT, and their answers.
//!
//! `did` is echoed on the LAN, so any text does where a device doesn't insist on its id; a gateway reads from it
//! which child is meant. Elements carry nothing beyond did, siid, piid and value: some firmwares answer -9999 to
//! any other key.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{Action, ActionKey, CodeError, Instance, PropertyKey, Status, ValueError};
use crate::Request;
use crate::rpc::{integer, is_acknowledged};

/// The request that reads properties.
///
/// ```
/// use miio_proto::miot::{self, PropertyKey};
///
/// let request = miot::get(&[PropertyKey { siid: 2, piid: 1 }], Some("705259409"));
/// assert_eq!(request.params.to_string(), r#"[{"did":"705259409","piid":1,"siid":2}]"#);
/// ```
#[must_use]
pub fn get(properties: &[PropertyKey], did: Option<&str>) -> Request {
    let element = |key: &PropertyKey| {
        let did = did.map_or_else(|| format!("{}-{}", key.siid, key.piid), Into::into);
        json!({"did": did, "siid": key.siid, "piid": key.piid})
    };
    Request::new(
        "get_properties",
        properties.iter().map(element).collect::<Value>(),
    )
}

/// The request that sets properties. One at a time is safest.
#[must_use]
pub fn set(values: &[(PropertyKey, Value)], did: Option<&str>) -> Request {
    let element = |(key, value): &(PropertyKey, Value)| {
        let did = did.map_or_else(|| format!("set-{}-{}", key.siid, key.piid), Into::into);
        json!({"did": did, "siid": key.siid, "piid": key.piid, "value": value})
    };
    Request::new("set_properties", values.iter().map(element).collect::<Value>())
}

/// The request that starts an action. Its inputs are plain values, or objects with `piid` and `value`: which of
/// the two is the firmware's choice, mostly the latter since 2020.
#[must_use]
pub fn action(key: ActionKey, inputs: impl IntoIterator<Item = Value>, did: Option<&str>) -> Request {
    let did: String = did.map_or_else(|| format!("call-{}-{}", key.siid, key.aiid), Into::into);
    let inputs: Vec<Value> = inputs.into_iter().collect();
    Request::new(
        "action",
        json!({"did": did, "siid": key.siid, "aiid": key.aiid, "in": inputs}),
    )
}

impl Instance {
    /// The request that starts an action, with its inputs checked.
    ///
    /// `keyed` sends each input as an object with its piid, as most firmwares since 2020 want it.
    ///
    /// # Errors
    ///
    /// Another number of inputs than the action takes, or one that its property can't take.
    pub fn start(
        &self,
        action: &Action,
        inputs: Vec<Value>,
        keyed: bool,
        did: Option<&str>,
    ) -> Result<Request, ValueError> {
        let (expected, found) = (action.inputs.len(), inputs.len());
        if expected != found {
            return Err(ValueError::InputCount { expected, found });
        }
        for (&piid, value) in action.inputs.iter().zip(&inputs) {
            let siid = action.key.siid;
            if let Some(property) = self.property_at(PropertyKey { siid, piid }) {
                property.check_value(value)?;
            }
        }
        let input = |(&piid, value): (&u16, Value)| {
            if keyed {
                json!({"piid": piid, "value": value})
            } else {
                value
            }
        };
        Ok(super::action(
            action.key,
            action.inputs.iter().zip(inputs).map(input),
            did,
        ))
    }
}

/// The answer to [`get`]: what became of each property. Matched by number, because firmwares leave out or
/// reorder elements. A code other than 0, or no value, is no value.
pub(super) fn read_properties(asked: &[PropertyKey], result: &Value) -> Vec<Result<Value, CodeError>> {
    let elements = result.as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |key: &PropertyKey| {
        elements
            .iter()
            .find(|element| key_of(element, "piid") == Some((key.siid, key.piid)))
    };
    asked
        .iter()
        .map(|key| {
            let element = of(key).ok_or(CodeError::Missing)?;
            status_of(element).into_result()?;
            element
                .get("value")
                .filter(|value| !value.is_null())
                .cloned()
                .ok_or(CodeError::Missing)
        })
        .collect()
}

/// What became of each property of a [`set`].
#[derive(Clone, Debug, PartialEq)]
pub struct SetResult(pub Vec<(PropertyKey, Status)>);

impl SetResult {
    /// Reads the result; a plain "ok" counts for all.
    #[must_use]
    pub fn from_json(asked: &[PropertyKey], result: &Value) -> Self {
        if is_acknowledged(result) {
            return Self(asked.iter().map(|&key| (key, Status::Done)).collect());
        }
        let elements = result.as_array().map(Vec::as_slice).unwrap_or_default();
        let status = |key: &PropertyKey| {
            let mut own = elements
                .iter()
                .filter(|element| key_of(element, "piid") == Some((key.siid, key.piid)));
            own.next().map_or(Status::Failed(CodeError::Missing), status_of)
        };
        Self(asked.iter().map(|key| (*key, status(key))).collect())
    }

    /// The first failure.
    ///
    /// # Errors
    ///
    /// The first property that wasn't set.
    pub fn into_result(self) -> Result<(), CodeError> {
        self.0
            .into_iter()
            .try_for_each(|(_, status)| status.into_result())
    }
}

/// What became of an [`action`].
#[derive(Clone, Debug, PartialEq)]
pub struct ActionResult {
    /// Whether it was done.
    pub status: Status,
    /// What it returned: plain values, or objects with `piid` and `value`.
    pub outputs: Vec<Value>,
}

impl ActionResult {
    /// Reads the result; a plain "ok" counts as done.
    #[must_use]
    pub fn from_json(result: &Value) -> Self {
        let status = if is_acknowledged(result) {
            Status::Done
        } else {
            status_of(result)
        };
        let outputs = result
            .get("out")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        Self { status, outputs }
    }
}

/// The code of an element; a missing code is 0 where there is a value or output.
fn status_of(element: &Value) -> Status {
    match element.get("code") {
        Some(code) => integer(code).map_or(Status::Failed(CodeError::Missing), Status::from_code),
        None if element.get("value").is_some() || element.get("out").is_some() => Status::Done,
        None => Status::Failed(CodeError::Missing),
    }
}

fn key_of(element: &Value, iid: &str) -> Option<(u16, u16)> {
    let number = |key: &str| u16::try_from(integer(element.get(key)?)?).ok();
    Some((number("siid")?, number(iid)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PropertyKey = PropertyKey { siid: 2, piid: 1 };
    const B: PropertyKey = PropertyKey { siid: 2, piid: 2 };

    #[test]
    fn answers_are_matched_by_number_not_by_place() {
        let result = json!([
            {"did": "x", "siid": 2, "piid": 2, "code": 0, "value": 7},
            {"did": "x", "siid": 2, "piid": 1, "code": -4001},
        ]);
        let values = read_properties(&[A, B, PropertyKey { siid: 9, piid: 9 }], &result);
        assert_eq!(
            values[0],
            Status::from_code(-4001).into_result().map(|()| Value::Null)
        );
        assert_eq!(values[1], Ok(json!(7)));
        assert_eq!(values[2], Err(CodeError::Missing));
    }

    #[test]
    fn an_error_code_beside_a_value_is_no_value() {
        let values = read_properties(&[A], &json!([{"siid": 2, "piid": 1, "code": -4004, "value": 0}]));
        assert!(values[0].is_err());
    }

    #[test]
    fn a_plain_ok_counts_for_all() {
        assert_eq!(
            SetResult::from_json(&[A, B], &json!(["ok"])).into_result(),
            Ok(())
        );
        assert_eq!(ActionResult::from_json(&json!(0)).status, Status::Done);
        assert_eq!(
            SetResult::from_json(&[A], &json!([])).into_result(),
            Err(CodeError::Missing)
        );
    }
}
