//! Tokens and keys: they never print, compare in constant time, and are overwritten when dropped.

use core::fmt;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::KeyError;

/// Defines secrets of a fixed length. An expression after `=>` says what a common mistake in length means.
macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident, $length:literal $(, $mistaken:literal => $error:expr)?;)*) => { $(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Its length in bytes.
            pub const LENGTH: usize = $length;

            /// From bytes that must be exactly as many.
            pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
                match bytes.try_into() {
                    Ok(bytes) => Ok(Self(bytes)),
                    $(Err(_) if bytes.len() == $mistaken => Err($error),)?
                    Err(_) => Err(KeyError::Length { expected: $length, found: bytes.len() }),
                }
            }

            /// The secret bytes.
            #[must_use]
            pub const fn expose(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl From<[u8; $length]> for $name {
            fn from(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }
        }

        impl FromStr for $name {
            type Err = KeyError;

            /// Hex digits, upper or lower case; space around them is cut off.
            fn from_str(text: &str) -> Result<Self, KeyError> {
                let mut buffer = Zeroizing::new([0; LONGEST]);
                let length = text.trim().len() / 2;
                Self::new(decode(text.trim(), buffer.get_mut(..length).unwrap_or_default(), $length)?)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl ZeroizeOnDrop for $name {}

        impl ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> subtle::Choice {
                self.0.ct_eq(&other.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.ct_eq(other).into()
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

secret! {
    /// What a client logs in with, 12 bytes: made by registration, or listed by the cloud as `token`.
    ///
    /// ```
    /// use mi_auth::{KeyError, Token};
    ///
    /// let token: Token = "0cf5615003810d89c233a12a".parse()?;
    /// assert_eq!(format!("{token:?}"), "Token(..)");
    /// let swapped = "a5d90fdb79fca673fd62aac97f61d6c5".parse::<Token>();
    /// assert_eq!(swapped, Err(KeyError::BindKeyForToken));
    /// # Ok::<(), KeyError>(())
    /// ```
    Token, 12, 16 => KeyError::BindKeyForToken;

    /// What a device encrypts its advertisements with ("beacon key"), 16 bytes: made by registration, or listed by
    /// the cloud as `ble_key` or `beaconkey`.
    BindKey, 16, 12 => KeyError::TokenForBindKey;

    /// The bind key of a legacy device, 12 bytes.
    LegacyBeaconKey, 12;

    /// What encrypts the device id during registration, 16 bytes.
    DidKey, 16;

    /// What two ephemeral keys have in common: an X coordinate, 32 bytes.
    SharedSecret, 32;

    /// A key of an open session, 16 bytes.
    SessionKey, 16;

    /// The key of a legacy session: the token with the device's tick in it, 12 bytes.
    LegacySessionKey, 12;
}

impl LegacyBeaconKey {
    /// The 16-byte form that MiBeacon v4 and v5 take: `ffffffff` follows.
    #[must_use]
    pub fn extended(&self) -> BindKey {
        let mut bytes = [0xff; 16];
        for (to, from) in bytes.iter_mut().zip(self.0) {
            *to = from;
        }
        BindKey(bytes)
    }
}

/// Decodes hex digits into `buffer`, which has half as many bytes, or none if they are far too many.
fn decode<'a>(text: &str, buffer: &'a mut [u8], expected: usize) -> Result<&'a [u8], KeyError> {
    if text.len() % 2 == 1 {
        return Err(KeyError::OddDigits { digits: text.len() });
    }
    let found = text.len() / 2;
    if buffer.len() != found {
        return Err(KeyError::Length { expected, found });
    }
    base16ct::mixed::decode(text, buffer).map_err(|_| KeyError::NotHex)
}

/// Bytes of the longest secret.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_a_bind_key_that_are_swapped_are_told_apart() {
        let token = "0cf5615003810d89c233a12a";
        let bind_key = "A5D90FDB79FCA673FD62AAC97F61D6C5";
        assert!(token.parse::<Token>().is_ok());
        assert!(bind_key.parse::<BindKey>().is_ok());
        assert_eq!(token.parse::<BindKey>(), Err(KeyError::TokenForBindKey));
        assert_eq!(bind_key.parse::<Token>(), Err(KeyError::BindKeyForToken));
        assert_eq!(Token::new(&[0; 16]), Err(KeyError::BindKeyForToken));
    }

    #[test]
    fn other_text_is_refused_with_its_length() {
        let wrong = |found| Err(KeyError::Length { expected: 12, found });
        assert_eq!("".parse::<Token>(), wrong(0));
        assert_eq!("00".repeat(13).parse::<Token>(), wrong(13));
        assert_eq!("00".repeat(5000).parse::<Token>(), wrong(5000));
        assert_eq!("abc".parse::<Token>(), Err(KeyError::OddDigits { digits: 3 }));
        assert_eq!("zz".repeat(12).parse::<Token>(), Err(KeyError::NotHex));
    }

    #[test]
    fn secrets_are_equal_when_all_bytes_are() {
        assert_eq!(Token::from([7; 12]), Token::from([7; 12]));
        let mut other = [7; 12];
        other[11] = 8;
        assert_ne!(Token::from([7; 12]), Token::from(other));
    }

    #[test]
    fn a_legacy_key_is_extended_by_ff() {
        let key = LegacyBeaconKey::from([1; 12]).extended();
        assert_eq!(
            key.expose(),
            b"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\xff\xff\xff\xff"
        );
    }
}
