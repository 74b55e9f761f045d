//! Tokens, keys and passwords: they never print, compare in constant time, and are overwritten when dropped.

use core::fmt;
use core::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Text that must not show. The public secrets are made of it; only the crate itself writes it into saved states.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

macro_rules! text_secret {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(pub(crate) Secret);

        impl $name {
            /// From its text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Secret::new(text))
            }

            /// The secret text.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )* };
}

text_secret! {
    /// What logs an account in without its password, until it is revoked: keep it like a password.
    PassToken;

    /// What API requests carry as a cookie; valid for one service and some days or weeks.
    ServiceToken;
}

/// The account's password. Only its MD5 is kept, because only that is sent; the text is overwritten at once.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub(crate) Secret);

impl Password {
    /// From the text as the user typed it: nothing is trimmed.
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        Self(Secret::new(hex_upper(&Md5::digest(text.as_bytes()))))
    }

    /// From what [`Password::hash`] says, for programs that would rather store that than the password.
    ///
    /// # Errors
    ///
    /// Anything but 32 hex digits.
    pub fn from_hash(hash: &str) -> Result<Self, SecretError> {
        let hash = hash.trim();
        if hash.len() != 32 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SecretError::PasswordHash { found: hash.len() });
        }
        Ok(Self(Secret::new(hash.to_ascii_uppercase())))
    }

    /// The MD5 as 32 upper-case hex digits: as good as the password itself for whoever has it.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The key of a session's requests, mostly 16 bytes. Its base64 text is kept as the account server wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ssecurity(pub(crate) Secret);

impl Ssecurity {
    /// From base64 text of more than four characters.
    ///
    /// # Errors
    ///
    /// Text that is shorter, or no base64.
    pub fn from_base64(text: &str) -> Result<Self, SecretError> {
        match STANDARD.decode(text).map(Zeroizing::new) {
            Ok(bytes) if text.len() > 4 && !bytes.is_empty() => Ok(Self(Secret::new(text))),
            _ => Err(SecretError::Ssecurity { found: text.len() }),
        }
    }

    /// The base64 text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        // It decoded when it was made.
        Zeroizing::new(STANDARD.decode(self.0.expose()).unwrap_or_default())
    }
}

impl FromStr for Ssecurity {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        Self::from_base64(text)
    }
}

impl fmt::Debug for Ssecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ssecurity(..)")
    }
}

/// Text that is no secret of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No MD5 in hex.
    #[error("a password's hash has 32 hex digits, this text has {found} characters")]
    PasswordHash {
        /// Its characters.
        found: usize,
    },
    /// No base64, or hardly any.
    #[error("ssecurity is base64 of more than 4 characters, this text has {found} and isn't")]
    Ssecurity {
        /// Its characters.
        found: usize,
    },
}

impl SecretError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::PasswordHash { .. } => "Give the password itself, or the whole hash that was stored.",
            Self::Ssecurity { .. } => "The stored session is damaged: log in again.",
        })
    }
}

pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    base16ct::upper::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_shows() {
        let password = Password::new("Example-Pass1");
        assert_eq!(password.hash(), "92AD58E511743F3ECC505835CF4A5F40");
        let ssecurity: Ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
        let shown = format!(
            "{password:?} {ssecurity:?} {:?} {:?} {:?}",
            PassToken::new("V1:abc"),
            ServiceToken::new("tok"),
            Secret::new("abc")
        );
        assert_eq!(
            shown,
            "Password(..) Ssecurity(..) PassToken(..) ServiceToken(..) Secret(..)"
        );
    }

    #[test]
    fn a_hash_stands_for_its_password() {
        let password = Password::new("Example-Pass1");
        assert_eq!(
            Password::from_hash(" 92ad58e511743f3ecc505835cf4a5f40 "),
            Ok(password)
        );
        assert_eq!(
            Password::from_hash("92ad"),
            Err(SecretError::PasswordHash { found: 4 })
        );
    }

    #[test]
    fn short_or_broken_ssecurity_is_refused() {
        assert_eq!(
            Ssecurity::from_base64("AAA="),
            Err(SecretError::Ssecurity { found: 4 })
        );
        assert_eq!(
            Ssecurity::from_base64("not base64"),
            Err(SecretError::Ssecurity { found: 10 })
        );
    }
}
