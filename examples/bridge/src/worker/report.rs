//! What a worker tells the bridge: a list of these, as JSON.

use serde::{Deserialize, Serialize};

use crate::home::Says;

/// What one payload of an advertisement says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Who sent it.
    #[serde(with = "crate::json::address")]
    pub address: macaddr::MacAddr6,
    /// The model, if the payload tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether the device speaks only when something happens.
    #[serde(default)]
    pub sleepy: bool,
    /// The format.
    pub format: String,
    /// The counter or packet id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<u32>,
    /// Whether it was encrypted, and by whom is therefore certain.
    #[serde(default)]
    pub authenticated: bool,
    /// What it says.
    pub says: Vec<Says>,
}
