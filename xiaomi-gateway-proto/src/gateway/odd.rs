//! How real gateways differ from the document, and how they fail.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use crate::Value;

/// Habits of real gateways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// Read replies about itself lack the leading zero of its sid.
    pub strip_zero: bool,
    /// Heartbeats have `"short_id":"0"`.
    pub text_short_id: bool,
    /// It knows no device's model.
    pub empty_models: bool,
    /// Reports come twice.
    pub double_reports: bool,
    /// Numbers are text, `voltage` too.
    pub numbers_as_text: bool,
    /// `iam` says nothing of the generation.
    pub hide_proto_version: bool,
}

/// Things that go wrong on demand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Faults {
    /// Requests aren't answered: LAN mode off. `whois` still is.
    pub closed_port: bool,
    /// Nothing is multicast.
    pub lost_multicast: bool,
    /// This many answers are lost.
    pub drop_replies: u32,
    /// This many lists are lost.
    pub drop_lists: u32,
    /// This many writes are refused with `Invalid key`, whatever their key.
    pub refuse_keys: u32,
    /// Writes with a good key are refused with this text.
    pub write_error: Option<String>,
    /// The token stays the same.
    pub frozen_token: bool,
}

pub(super) fn as_text<'a>((name, value): (Cow<'a, str>, Value<'a>)) -> (Cow<'a, str>, Value<'a>) {
    match value {
        Value::Number(number) => (name, number.to_string().into()),
        other => (name, other),
    }
}
