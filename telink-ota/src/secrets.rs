//! Keys, tokens and PINs: never printed, compared in constant time, overwritten when dropped.

use core::fmt;
use core::str::FromStr;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

macro_rules! secret {
    ($(#[$doc:meta])* $type:ident, $length:literal, $help:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $type([u8; $length]);

        impl $type {
            /// The secret bytes.
            #[must_use]
            pub const fn expose(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl From<[u8; $length]> for $type {
            fn from(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }
        }

        impl TryFrom<&[u8]> for $type {
            type Error = SecretError;

            fn try_from(bytes: &[u8]) -> Result<Self, SecretError> {
                let wrong = SecretError::Length {
                    expected: $length,
                    found: bytes.len(),
                    help: $help,
                };
                bytes.try_into().map(Self).map_err(|_| wrong)
            }
        }

        impl FromStr for $type {
            type Err = SecretError;

            /// Hex digits, upper or lower case.
            fn from_str(text: &str) -> Result<Self, SecretError> {
                let text = text.trim();
                let mut bytes = Zeroizing::new([0; $length]);
                if text.len() != 2 * $length {
                    return Err(SecretError::Length {
                        expected: $length,
                        found: text.len() / 2,
                        help: $help,
                    });
                }
                base16ct::mixed::decode(text, &mut *bytes).map_err(|_| SecretError::NotHex)?;
                Ok(Self(*bytes))
            }
        }

        impl Drop for $type {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl ZeroizeOnDrop for $type {}

        impl ConstantTimeEq for $type {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.0.ct_eq(&other.0)
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.ct_eq(other).into()
            }
        }

        impl Eq for $type {}

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    };
}

secret! {
    /// The key that adverts are encrypted with.
    BindKey, 16, "A bind key has 32 hex digits; one of 24 digits is a token, or the key of an old remote."
}

secret! {
    /// The token of Xiaomi's authentication: what logs in to stock firmware.
    MiToken, 12, "A token has 24 hex digits; one of 32 digits is a bind key."
}

/// The PIN that protects the commands and the OTA of pvvx's firmware.
#[derive(Clone)]
pub struct Pin(u32);

impl Pin {
    /// A PIN of 1 to 999999.
    ///
    /// ```
    /// use telink_ota::Pin;
    ///
    /// assert_eq!(format!("{:?}", Pin::new(123_456).unwrap()), "Pin(..)");
    /// assert!(Pin::new(1_000_000).is_none());
    /// ```
    #[must_use]
    pub const fn new(pin: u32) -> Option<Self> {
        match pin {
            1..=999_999 => Some(Self(pin)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn expose(&self) -> u32 {
        self.0
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Pin {}

impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Pin {}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// What is no key and no token. Says nothing of what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Too long or too short.
    #[error("{found} bytes where {expected} are needed")]
    Length {
        /// What is needed.
        expected: usize,
        /// What was there.
        found: usize,
        /// Which other secret it may be.
        help: &'static str,
    },
    /// Something else than hex digits.
    #[error("that isn't hexadecimal")]
    NotHex,
}

impl SecretError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Length { help, .. } => help,
            Self::NotHex => "Only the digits 0 to 9 and a to f, without spaces or colons.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_key_and_token_are_told_apart() {
        let error = "00".repeat(16).parse::<MiToken>().unwrap_err();
        assert!(error.help().unwrap().contains("32 digits is a bind key"));
        let error = "00".repeat(12).parse::<BindKey>().unwrap_err();
        assert!(error.help().unwrap().contains("24 digits is a token"));
        assert_eq!("zz".repeat(16).parse::<BindKey>(), Err(SecretError::NotHex));
    }

    #[test]
    fn debug_output_has_no_digit_of_a_key() {
        let key: BindKey = "b2d46f0cd168c18b247c0c79e9ad5b8d".parse().unwrap();
        assert_eq!(format!("{key:?}"), "BindKey(..)");
        assert_eq!(key.expose()[0], 0xb2);
    }
}
