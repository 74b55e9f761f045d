//! Requests and answers: `{"id":1,"method":"get_prop","params":["power"]}` and what comes back.
//!
//! ```
//! use miio_proto::rpc::{ErrorKind, Message, Outcome};
//! use miio_proto::Request;
//! use serde_json::json;
//!
//! let request = Request::new("get_prop", json!(["power"]));
//! assert_eq!(request.encode(7), br#"{"id":7,"method":"get_prop","params":["power"]}"#);
//!
//! let answer = json!({"id": 7, "error": {"code": -9999, "message": "user ack timeout"}});
//! let Message::Answer(answer) = Message::from_json(answer) else { panic!("an answer") };
//! let Outcome::Error(error) = answer.outcome else { panic!("an error") };
//! assert_eq!(error.kind(), ErrorKind::UserAckTimeout);
//! assert!(error.kind().is_worth_a_retry());
//! ```

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// A call for a device, without its message id: a [`Session`](crate::Session) gives it one.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// A list or an object.
    pub params: Value,
    /// Further keys beside `method` and `params`: `sid` names the child of a gateway.
    pub extra: Map<String, Value>,
    /// How long to wait for the first answer; the session's setting if `None`.
    pub timeout: Option<Duration>,
    /// How often to send at most; the session's setting if `None`.
    pub attempts: Option<u8>,
    /// Whether device errors that pass (-9999, -30001) are tried again.
    pub retry_errors: bool,
    secret: bool,
}

impl Request {
    /// A call with these params; `Null` stands for an empty list.
    #[must_use]
    pub fn new(method: impl Into<String>, params: impl Into<Value>) -> Self {
        let params = match params.into() {
            Value::Null => Value::Array(Vec::new()),
            params => params,
        };
        Self {
            method: method.into(),
            params,
            extra: Map::new(),
            timeout: None,
            attempts: None,
            retry_errors: true,
            secret: false,
        }
    }

    /// Sends it only once: for methods that must not act twice when an answer is lost.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.attempts = Some(1);
        self.retry_errors = false;
        self
    }

    /// Waits this long for the first answer.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Reports device errors at once, even those that often pass.
    #[must_use]
    pub const fn without_error_retries(mut self) -> Self {
        self.retry_errors = false;
        self
    }

    /// Keeps the params out of `Debug`: they hold a password.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Adds a key beside `method` and `params`.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    /// The JSON text, without blanks.
    #[must_use]
    pub fn encode(&self, id: u32) -> Vec<u8> {
        // Serializing strings and JSON values into memory can't fail.
        serde_json::to_vec(&WithId { id, request: self }).unwrap_or_default()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Request");
        out.field("method", &self.method);
        if self.secret {
            out.field("params", &format_args!(".."));
        } else {
            out.field("params", &self.params).field("extra", &self.extra);
        }
        out.finish_non_exhaustive()
    }
}

struct WithId<'a> {
    id: u32,
    request: &'a Request,
}

impl Serialize for WithId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("method", &self.request.method)?;
        map.serialize_entry("params", &self.request.params)?;
        for (key, value) in &self.request.extra {
            if !matches!(key.as_str(), "id" | "method" | "params") {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

/// A decrypted message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The answer to a request.
    Answer(Answer),
    /// A request of the peer: its `method`, and no `result` or `error`.
    Request(IncomingRequest),
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The request's id, if the answer names one.
    pub id: Option<i64>,
    /// Result or error.
    pub outcome: Outcome,
    /// How long the device says it worked on it, in milliseconds. About 4000 with -9999: its microcontroller
    /// didn't answer the Wi-Fi module.
    pub exe_time_ms: Option<i64>,
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It worked.
    Result(Value),
    /// It didn't.
    Error(RpcError),
}

/// A request that the peer sent.
#[derive(Clone, Debug, PartialEq)]
pub struct IncomingRequest {
    /// Its id, to answer with.
    pub id: Option<i64>,
    /// The method.
    pub method: String,
    /// The params; `Null` if there are none.
    pub params: Value,
    /// Whatever else the object holds, such as `sid`.
    pub extra: Map<String, Value>,
}

impl Message {
    /// Sorts out what a JSON value is. A value that isn't an object is an answer without id.
    #[must_use]
    pub fn from_json(value: Value) -> Self {
        let mut map = match value {
            Value::Object(map) => map,
            result => {
                return Self::Answer(Answer {
                    id: None,
                    outcome: Outcome::Result(result),
                    exe_time_ms: None,
                });
            }
        };
        let id = map.remove("id").and_then(|id| integer(&id));
        let error = map.remove("error").filter(|error| !error.is_null());
        let has_result = map.contains_key("result");
        if error.is_none()
            && !has_result
            && let Some(Value::String(method)) = map.remove("method")
        {
            let params = map.remove("params").unwrap_or_default();
            return Self::Request(IncomingRequest {
                id,
                method,
                params,
                extra: map,
            });
        }
        let exe_time_ms = map.get("exe_time").and_then(integer);
        let outcome = match error {
            Some(error) => Outcome::Error(RpcError::from_json(error)),
            None => Outcome::from_result(map.remove("result").unwrap_or_default()),
        };
        Self::Answer(Answer {
            id,
            outcome,
            exe_time_ms,
        })
    }
}

impl Outcome {
    /// Roborock vacuums report an unknown method as a result.
    fn from_result(result: Value) -> Self {
        if first_text(&result) == Some(UNKNOWN_METHOD) {
            return Self::Error(RpcError {
                code: None,
                message: UNKNOWN_METHOD.into(),
            });
        }
        Self::Result(result)
    }
}

/// Whether a result says "done": 0, "ok", or a list that starts with "ok", in any case.
#[must_use]
pub fn is_acknowledged(result: &Value) -> bool {
    result.as_i64() == Some(0) || first_text(result).is_some_and(|text| text.eq_ignore_ascii_case("ok"))
}

/// The text that a result is, or that its list starts with.
fn first_text(result: &Value) -> Option<&str> {
    match result {
        Value::Array(list) => list.first()?.as_str(),
        other => other.as_str(),
    }
}

/// A number, or a text that is one.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The error that a device answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device answers {}", self.describe())]
pub struct RpcError {
    /// The code, if there is one.
    pub code: Option<i64>,
    /// The device's own words. They differ between firmwares.
    pub message: String,
}

/// What an error code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// -9999: the device's microcontroller didn't answer its Wi-Fi module within about 4 seconds.
    UserAckTimeout,
    /// -30001: passes by itself.
    Transient,
    /// -5001, -5005, -32602: a wrong argument, or an unknown property.
    InvalidArgument,
    /// -10000, -32601, or `unknown_method` as result.
    UnsupportedMethod,
    /// -6011: the device has to be on for this.
    DeviceOff,
    /// -5002, -5003: infrared remotes.
    DeviceSpecific,
    /// Any other code, or none.
    Unknown,
}

impl RpcError {
    fn from_json(error: Value) -> Self {
        match error {
            Value::Object(map) => {
                let text = map.get("message").or_else(|| map.get("error"));
                Self {
                    code: map.get("code").and_then(integer),
                    message: text.map(plain).unwrap_or_default(),
                }
            }
            Value::Number(number) => Self {
                code: number.as_i64(),
                message: String::new(),
            },
            other => Self {
                code: None,
                message: plain(&other),
            },
        }
    }

    /// What the code means. The wording plays no part.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.code {
            Some(-9999) => ErrorKind::UserAckTimeout,
            Some(-30001) => ErrorKind::Transient,
            Some(-5001 | -5005 | -32602) => ErrorKind::InvalidArgument,
            Some(-10000 | -32601) => ErrorKind::UnsupportedMethod,
            Some(-6011) => ErrorKind::DeviceOff,
            Some(-5002 | -5003) => ErrorKind::DeviceSpecific,
            None if self.message == UNKNOWN_METHOD => ErrorKind::UnsupportedMethod,
            _ => ErrorKind::Unknown,
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match (self.kind(), self.code) {
            (_, Some(-5002)) => Some("Nothing is learned under this key: learn the remote's button first."),
            (_, Some(-5003)) => Some("Press the remote's button while the device learns."),
            (kind, _) => kind.help(),
        }
    }

    fn describe(&self) -> String {
        let mut text = match self.code {
            Some(code) => {
                let mut text = String::from("error ");
                text.push_str(&code.to_string());
                text
            }
            None => String::from("an error"),
        };
        if !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(&self.message);
        }
        text
    }
}

impl ErrorKind {
    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserAckTimeout => "user_ack_timeout",
            Self::Transient => "transient",
            Self::InvalidArgument => "invalid_argument",
            Self::UnsupportedMethod => "unsupported_method",
            Self::DeviceOff => "device_off",
            Self::DeviceSpecific => "device_specific",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the same request may well succeed a moment later.
    #[must_use]
    pub const fn is_worth_a_retry(self) -> bool {
        matches!(self, Self::UserAckTimeout | Self::Transient)
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::UserAckTimeout => Some(
                "The device is busy, or it doesn't know this property or method (MIoT calls to a legacy device and \
                 the reverse fail so): ask for fewer values at once, and check the model's protocol.",
            ),
            Self::InvalidArgument => Some(
                "Check the value's type and range against the model's specification; the property may be unknown to this firmware.",
            ),
            Self::UnsupportedMethod => {
                Some("This model doesn't have the method: use the one of its own protocol (MIoT or legacy).")
            }
            Self::DeviceOff => Some("Switch the device on first."),
            Self::Transient | Self::DeviceSpecific | Self::Unknown => None,
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What Roborock vacuums answer for a method that they lack.
const UNKNOWN_METHOD: &str = "unknown_method";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_password_never_prints() {
        let request = Request::new("miIO.config_router", json!({"passwd": "hunter22"})).secret();
        assert!(!format!("{request:?}").contains("hunter"));
    }

    #[test]
    fn extra_keys_cannot_replace_the_fixed_ones() {
        let request = Request::new("toggle_plug", json!(["x"]))
            .with("sid", "lumi.1")
            .with("id", 99);
        assert_eq!(
            request.encode(3),
            br#"{"id":3,"method":"toggle_plug","params":["x"],"sid":"lumi.1"}"#
        );
    }

    #[test]
    fn a_request_of_the_device_is_never_an_answer() {
        let message = Message::from_json(json!({"id": 5, "method": "props", "params": {"a": 1}}));
        let Message::Request(request) = message else {
            panic!("a request")
        };
        assert_eq!((request.id, request.method.as_str()), (Some(5), "props"));
        let answer = Message::from_json(json!({"id": 5, "method": "props", "result": 0}));
        assert!(matches!(answer, Message::Answer(_)));
    }
}
