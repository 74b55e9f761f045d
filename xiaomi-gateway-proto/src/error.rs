//! Errors of datagrams and of messages to send.

use crate::SidError;
use crate::json::NotJson;

/// Bytes that are no message of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Longer than any message.
    #[error("the datagram has {found} bytes, the limit is {limit}")]
    TooLarge {
        /// What was there.
        found: usize,
        /// [`MAX_DATAGRAM`](crate::MAX_DATAGRAM).
        limit: usize,
    },
    /// Not text: a miIO packet for instance.
    #[error("the datagram isn't UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// The first byte that isn't.
        offset: usize,
    },
    /// Cut, followed by something else, nested too deep, or no JSON at all.
    #[error("the {length} bytes are no whole JSON text")]
    NotJson {
        /// How long the text is.
        length: usize,
    },
    /// JSON, but no object.
    #[error("the JSON text is no object")]
    NotObject,
    /// An object without `cmd`.
    #[error("the message has no member `cmd`")]
    MissingCmd,
    /// A member of the wrong JSON type, or a number outside its range.
    #[error("member `{member}` has the wrong type")]
    BadType {
        /// Its name.
        member: &'static str,
    },
    /// `data` is text, but not JSON.
    #[error("the text in `data` is no JSON")]
    BadDataJson,
    /// `sid` is no sid.
    #[error("member `sid`: {0}")]
    BadSid(SidError),
}

impl ParseError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotJson { length: 1000..=1024 } => Some(
                "The text ends where a buffer of 1024 bytes would: receive with at least 4096, gateways with 50 devices send more.",
            ),
            Self::NotUtf8 { .. } => {
                Some("Something that speaks another protocol sends to this port; miIO's is 54321.")
            }
            _ => None,
        }
    }
}

impl From<NotJson> for ParseError {
    fn from(_: NotJson) -> Self {
        Self::NotJson { length: 0 }
    }
}

/// A message that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A write without values.
    #[error("a write needs at least one value")]
    EmptyWrite,
    /// A value named `key`, which is the place of the write key.
    #[error("no value may have the name `key`")]
    ReservedField,
    /// Longer than [`MAX_DATAGRAM`](crate::MAX_DATAGRAM).
    #[error("the message has {found} bytes, the limit is {limit}")]
    TooLarge {
        /// What it would have.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A number outside its range.
    #[error("{name} is {found}, it must be {min} to {max}")]
    OutOfRange {
        /// What it is.
        name: &'static str,
        /// What was given.
        found: i64,
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A ringtone that doesn't exist: 9 and 14 to 19 are gaps.
    #[error("there is no ringtone {found}")]
    NoSuchRingtone {
        /// What was given.
        found: u32,
    },
    /// The model can't do that.
    #[error("a device of this model has no {0}")]
    NotSupported(&'static str),
}

impl BuildError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchRingtone { .. } => Some(
                "Ringtones are 0 to 8 (alarms), 10 to 13 (doorbells), 20 to 29 (alarm clocks), and 10001 and up (the user's own).",
            ),
            Self::TooLarge { .. } => Some("Spread the values over several writes."),
            _ => None,
        }
    }
}
