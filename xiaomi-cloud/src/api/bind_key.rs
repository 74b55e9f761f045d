//! Bind keys of Bluetooth devices ("beacon keys"): what their advertisements are decrypted with.
//!
//! | text | meaning |
//! |---|---|
//! | 32 hex digits | the key, of MiBeacon v4 and v5 |
//! | 32 that end with `ffffffff`, or 24 | a value of 12 bytes, padded: the key of older, mostly unencrypted sensors |
//! | all `f`, empty, absent | no key |

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Call;
use crate::answer::Answer;
use crate::error::ApiError;

/// Asks for the bind key of a Bluetooth device.
#[derive(Clone, Debug)]
pub struct BeaconKey {
    /// The device's id.
    pub did: String,
}

impl Call for BeaconKey {
    type Output = BindKeyAnswer;

    fn path(&self) -> Cow<'_, str> {
        "/v2/device/blt_get_beaconkey".into()
    }

    fn data(&self) -> Value {
        json!({"did": self.did, "pdid": 1})
    }

    fn read(&self, answer: &Answer) -> Result<BindKeyAnswer, ApiError> {
        BindKeyAnswer::read(answer)
    }
}

macro_rules! key {
    ($($(#[$doc:meta])* $name:ident, $length:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name([u8; $length]);

        impl $name {
            /// From its bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The secret bytes.
            #[must_use]
            pub const fn expose(&self) -> &[u8; $length] {
                &self.0
            }

            /// As lower-case hex digits.
            #[must_use]
            pub fn to_hex(&self) -> Zeroizing<String> {
                Zeroizing::new(base16ct::lower::encode_string(&self.0))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl ZeroizeOnDrop for $name {}

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )* };
}

key! {
    /// What MiBeacon v4 and v5 encrypt with, 16 bytes.
    BindKey, 16;

    /// The 12 bytes that older devices have; MiBeacon v2 and v3 may use it.
    ShortBindKey, 12;
}

/// What the cloud has for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindKeyAnswer {
    /// A usable key.
    Key(BindKey),
    /// 12 bytes.
    Short(ShortBindKey),
    /// None.
    None(NoBindKey),
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoBindKey {
    /// The value is all 0xFF.
    AllFf,
    /// The value is empty.
    Empty,
    /// The answer has no value.
    Missing,
}

impl BindKeyAnswer {
    fn read(answer: &Answer) -> Result<Self, ApiError> {
        let result: Value = match answer.result() {
            None => Value::Null,
            Some(_) => answer.read()?,
        };
        let value = match (&result, result.get("beaconkey")) {
            (Value::Null, _) | (Value::Object(_), None | Some(Value::Null)) => {
                return Ok(Self::None(NoBindKey::Missing));
            }
            (_, Some(Value::String(value))) => value,
            _ => return Err(answer.malformed("the bind key isn't text")),
        };
        Self::parse(value).ok_or_else(|| answer.malformed("the bind key isn't 12 or 16 bytes in hex"))
    }

    /// Classifies the text of a key; `None` for text that isn't one.
    ///
    /// ```
    /// use xiaomi_cloud::api::{BindKeyAnswer, NoBindKey};
    ///
    /// assert_eq!(BindKeyAnswer::parse(&"f".repeat(32)), Some(BindKeyAnswer::None(NoBindKey::AllFf)));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::None(NoBindKey::Empty));
        }
        let mut buffer = Zeroizing::new([0; 16]);
        if text.len() != 32 && text.len() != 24 {
            return None;
        }
        let bytes = base16ct::mixed::decode(text, &mut buffer[..]).ok()?;
        if bytes.iter().all(|&byte| byte == 0xff) {
            return Some(Self::None(NoBindKey::AllFf));
        }
        let short = bytes
            .strip_suffix(&[0xff; 4])
            .filter(|_| bytes.len() == 16)
            .unwrap_or(bytes);
        if let Ok(short) = <[u8; 12]>::try_from(short) {
            return Some(Self::Short(ShortBindKey(short)));
        }
        Some(Self::Key(BindKey(*buffer)))
    }

    /// What a person can do about it, in one sentence; `None` where the key is usable.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Key(_) => None,
            Self::Short(_) => Some(
                "The device has a short key of 12 bytes: its advertisements are mostly not encrypted and need none.",
            ),
            Self::None(NoBindKey::AllFf) => {
                Some("Remove the device in the Mi Home app and add it again: that makes a key.")
            }
            Self::None(NoBindKey::Empty | NoBindKey::Missing) => Some(
                "Locks and devices without local encryption have no key in the cloud; for others, ask the region where \
                 the device was added.",
            ),
        }
    }
}
