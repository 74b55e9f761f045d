//! Remote calls: miIO methods, MIoT properties and actions, through the cloud.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Value, json};

use super::Call;
use crate::answer::Answer;
use crate::error::ApiError;
use crate::json;
use crate::miot_code::MiotCode;

/// A miIO method of a device.
#[derive(Clone, Debug)]
pub struct Rpc {
    did: String,
    path: String,
    id: u32,
    method: String,
    params: Value,
}

impl Rpc {
    /// Calls `method` of the device with `params`; `id` is the caller's, any number.
    pub fn new(did: impl Into<String>, id: u32, method: impl Into<String>, params: impl Into<Value>) -> Self {
        let did = did.into();
        Self {
            path: format!("/home/rpc/{did}"),
            did,
            id,
            method: method.into(),
            params: params.into(),
        }
    }

    /// The device.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }
}

impl Call for Rpc {
    type Output = Value;

    fn path(&self) -> Cow<'_, str> {
        self.path.as_str().into()
    }

    fn data(&self) -> Value {
        json!({"id": self.id, "method": self.method, "params": self.params})
    }

    fn read(&self, answer: &Answer) -> Result<Value, ApiError> {
        answer.read()
    }

    fn is_repeatable(&self) -> bool {
        // Nobody knows what the method does.
        self.method.starts_with("get_") || self.method == "miIO.info"
    }
}

/// Which property of which device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PropertyKey {
    /// The device's id.
    pub did: String,
    /// The service.
    pub siid: u32,
    /// The property.
    pub piid: u32,
}

impl PropertyKey {
    /// Names a property.
    pub fn new(did: impl Into<String>, siid: u32, piid: u32) -> Self {
        Self {
            did: did.into(),
            siid,
            piid,
        }
    }
}

/// Reads properties, of one or several devices.
#[derive(Clone, Debug)]
pub struct PropGet(Vec<PropertyKey>);

impl PropGet {
    /// The most properties of one call.
    pub const MAX: usize = 150;

    /// As many calls as the properties need.
    #[must_use]
    pub fn batches(properties: &[PropertyKey]) -> Vec<Self> {
        properties
            .chunks(Self::MAX)
            .map(|chunk| Self(chunk.to_vec()))
            .collect()
    }

    /// One property.
    #[must_use]
    pub fn one(property: PropertyKey) -> Self {
        Self(vec![property])
    }
}

impl Call for PropGet {
    type Output = PropertyResults;

    fn path(&self) -> Cow<'_, str> {
        "/miotspec/prop/get".into()
    }

    fn data(&self) -> Value {
        let params: Vec<Value> = self
            .0
            .iter()
            .map(|key| json!({"did": key.did, "siid": key.siid, "piid": key.piid}))
            .collect();
        json!({"params": params})
    }

    fn read(&self, answer: &Answer) -> Result<PropertyResults, ApiError> {
        PropertyResults::read(answer)
    }
}

/// Writes properties, of one or several devices.
#[derive(Clone, Debug)]
pub struct PropSet(Vec<(PropertyKey, Value)>);

impl PropSet {
    /// As many calls as the properties need.
    #[must_use]
    pub fn batches(properties: &[(PropertyKey, Value)]) -> Vec<Self> {
        properties
            .chunks(PropGet::MAX)
            .map(|chunk| Self(chunk.to_vec()))
            .collect()
    }

    /// One property.
    pub fn one(property: PropertyKey, value: impl Into<Value>) -> Self {
        Self(vec![(property, value.into())])
    }
}

impl Call for PropSet {
    type Output = PropertyResults;

    fn path(&self) -> Cow<'_, str> {
        "/miotspec/prop/set".into()
    }

    fn data(&self) -> Value {
        let params: Vec<Value> = self
            .0
            .iter()
            .map(|(key, value)| json!({"did": key.did, "siid": key.siid, "piid": key.piid, "value": value}))
            .collect();
        json!({"params": params})
    }

    fn read(&self, answer: &Answer) -> Result<PropertyResults, ApiError> {
        PropertyResults::read(answer)
    }

    fn timeout(&self) -> Duration {
        CONTROL_TIMEOUT
    }
}

/// Starts an action.
#[derive(Clone, Debug)]
pub struct Action {
    /// The device's id.
    pub did: String,
    /// The service.
    pub siid: u32,
    /// The action.
    pub aiid: u32,
    /// Its inputs, as plain values.
    pub inputs: Vec<Value>,
}

impl Call for Action {
    type Output = ActionResult;

    fn path(&self) -> Cow<'_, str> {
        "/miotspec/action".into()
    }

    fn data(&self) -> Value {
        json!({"params": {"did": self.did, "siid": self.siid, "aiid": self.aiid, "in": self.inputs}})
    }

    fn read(&self, answer: &Answer) -> Result<ActionResult, ApiError> {
        let result: Value = answer.read()?;
        if !result.is_object() {
            return Err(answer.malformed("the result of the action isn't an object"));
        }
        let outputs = match result.get("out") {
            None | Some(Value::Null) => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => return Err(answer.malformed("the action's outputs aren't a list")),
        };
        Ok(ActionResult {
            status: ItemStatus::read(&result),
            outputs,
        })
    }

    fn timeout(&self) -> Duration {
        CONTROL_TIMEOUT
    }

    fn is_repeatable(&self) -> bool {
        false
    }
}

/// How a property or an action went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// Done.
    Ok,
    /// Accepted; the result follows as a report of the property. Gateways answer so.
    Accepted,
    /// Refused.
    Error(MiotCode),
}

impl ItemStatus {
    fn read(item: &Value) -> Self {
        match item.get("code") {
            None | Some(Value::Null) => Self::Ok,
            Some(code) => match json::value_integer(code) {
                Some(0) => Self::Ok,
                Some(1) => Self::Accepted,
                Some(code) => Self::Error(MiotCode(code)),
                None => Self::Error(MiotCode(-10_000)),
            },
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing failed, or nothing but a retry helps.
    #[must_use]
    pub fn help(self) -> Option<&'static str> {
        match self {
            Self::Ok | Self::Accepted => None,
            Self::Error(code) => code.help(),
        }
    }
}

/// One property of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyResult {
    /// Which one.
    pub key: PropertyKey,
    /// How it went.
    pub status: ItemStatus,
    /// Its value, of a read that went well.
    pub value: Option<Value>,
    /// When it was reported, in seconds since 1970.
    pub updated: Option<i64>,
}

/// The properties of an answer: some may fail while others succeed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PropertyResults {
    /// In the server's order, which need not be that of the request.
    pub items: Vec<PropertyResult>,
    /// Entries that name no property.
    pub skipped: usize,
}

impl PropertyResults {
    fn read(answer: &Answer) -> Result<Self, ApiError> {
        let list: Value = answer.read()?;
        let Value::Array(list) = list else {
            return Err(answer.malformed("the properties aren't a list"));
        };
        let mut results = Self::default();
        for item in list {
            let number = |name| u32::try_from(json::value_integer(item.get(name)?)?).ok();
            let did = item.get("did").and_then(json::value_text);
            let (Some(did), Some(siid), Some(piid)) = (did, number("siid"), number("piid")) else {
                results.skipped += 1;
                continue;
            };
            results.items.push(PropertyResult {
                key: PropertyKey { did, siid, piid },
                status: ItemStatus::read(&item),
                value: item.get("value").cloned(),
                updated: item.get("updateTime").and_then(json::value_integer),
            });
        }
        Ok(results)
    }

    /// The result of one property.
    #[must_use]
    pub fn get(&self, key: &PropertyKey) -> Option<&PropertyResult> {
        self.items.iter().find(|item| item.key == *key)
    }
}

/// How an action went.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionResult {
    /// How.
    pub status: ItemStatus,
    /// What it returned.
    pub outputs: Option<Vec<Value>>,
}

const CONTROL_TIMEOUT: Duration = Duration::from_secs(15);
