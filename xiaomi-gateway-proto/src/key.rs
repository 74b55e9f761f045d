//! The gateway KEY, tokens, and the write key made of both.
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 16 | KEY: 16 ASCII characters from the app, **used as they are**: `41D49ED97B487373` is text, no hex |
//! | 0 | 16 | token: 16 ASCII characters that the gateway last sent, new every 10 s |
//! | 0 | 16 | write key: AES-128 of `token XOR IV` under KEY, in a message 32 hex digits, upper case |
//!
//! The IV is `17996d093d28ddb3ba695a2e6f58562e`; AES-CBC of one block without padding is the same.
//!
//! ```
//! use xiaomi_gateway_proto::{Key, Token};
//!
//! let key: Key = "0987654321qwerty".parse()?;
//! let token: Token = "1234567890abcdef".parse()?;
//! assert_eq!(key.write_key(&token).expose(), "3EB43E37C20AFF4C5872CC0D04D81314");
//! assert_eq!(format!("{key:?}"), "Key(..)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::borrow::Cow;
use core::fmt;
use core::str::FromStr;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::json;

/// The KEY ("password") that the app shows when the LAN mode is switched on.
///
/// It never prints, compares in constant time, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Key([u8; SIZE]);

/// Text that is no KEY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing: the LAN mode was never switched on, or the KEY not copied.
    #[error("the KEY is empty")]
    Empty,
    /// Not 16 characters.
    #[error("a KEY has 16 characters, this has {found}")]
    Length {
        /// What was there.
        found: usize,
    },
    /// 32 hex digits: somebody's hex dump of the KEY, or a miIO token.
    #[error("a KEY has 16 characters, these are 32 hex digits")]
    Hex,
    /// A character outside ASCII.
    #[error("character {position} of the KEY is no ASCII character")]
    NotAscii {
        /// Which one, from 1.
        position: usize,
    },
}

impl KeyError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Empty => {
                "Switch on the LAN communication protocol in the app (gateway, About, tap 5 times on the last entry), \
                 note the password, and press OK: else it isn't kept."
            }
            Self::Length { .. } => {
                "Copy the password from the app's page of the LAN communication protocol: exactly 16 characters, upper \
                 and lower case as shown, without spaces."
            }
            Self::Hex => {
                "Copy the 16 characters from the app as they are: they look like hex digits but aren't decoded; 32 hex \
                 digits are a miIO token, which is something else."
            }
            Self::NotAscii { .. } => {
                "Type the KEY with the keyboard set to English: the app makes only letters A-Z, a-z and digits."
            }
        })
    }
}

impl Key {
    /// The 16 secret characters.
    #[must_use]
    pub fn expose(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What proves to the gateway that the sender knows the KEY, until the gateway's next token.
    #[must_use]
    pub fn write_key(&self, token: &Token) -> WriteKey {
        let mut block = token.0;
        for (byte, iv) in block.iter_mut().zip(IV) {
            *byte ^= iv;
        }
        let mut block = block.into();
        Aes128::new(&self.0.into()).encrypt_block(&mut block);
        WriteKey::new(&block.into())
    }

    /// The gateway's check of what a write presents: any case of hex, in constant time.
    #[must_use]
    pub fn verify(&self, token: &Token, presented: &str) -> bool {
        let expected = self.write_key(token);
        let mut upper = [0; 2 * SIZE];
        if presented.len() != upper.len() {
            return false;
        }
        for (to, from) in upper.iter_mut().zip(presented.bytes()) {
            *to = from.to_ascii_uppercase();
        }
        expected.0.ct_eq(&upper).into()
    }

    /// Whether it looks like no KEY that an app was seen to make: neither 16 upper-case hex digits nor 16
    /// lower-case letters and digits. Legal all the same; a hint when a gateway refuses it.
    #[must_use]
    pub fn looks_unusual(&self) -> bool {
        let upper_hex = self
            .0
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        let lower = self
            .0
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'));
        !(upper_hex || lower)
    }
}

impl FromStr for Key {
    type Err = KeyError;

    /// Exactly 16 ASCII characters, whichever; nothing is trimmed, padded or cut.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        if let Some(index) = text.chars().position(|character| !character.is_ascii()) {
            return Err(KeyError::NotAscii { position: index + 1 });
        }
        match <[u8; SIZE]>::try_from(text.as_bytes()) {
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) if text.len() == 2 * SIZE && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Err(KeyError::Hex)
            }
            Err(_) => Err(KeyError::Length { found: text.len() }),
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Key {}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What a gateway sends every 10 s for the next writes. No secret: it is multicast in the clear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; SIZE]);

/// Text that is no token. The `token` of some reports is a counter: `"7"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has 16 ASCII characters, this has {found} bytes")]
pub struct TokenError {
    /// What was there, in bytes.
    pub found: usize,
}

impl TokenError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Take the token of the gateway's last heartbeat or list reply; other messages carry counters.")
    }
}

impl Token {
    /// The 16 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Letters and digits chosen by 16 random bytes.
    #[must_use]
    pub fn from_random(random: [u8; SIZE]) -> Self {
        Self(random.map(|byte| {
            ALPHABET
                .get(usize::from(byte) % ALPHABET.len())
                .copied()
                .unwrap_or(b'0')
        }))
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        match <[u8; SIZE]>::try_from(text.as_bytes()) {
            Ok(bytes) if text.is_ascii() => Ok(Self(bytes)),
            _ => Err(TokenError { found: text.len() }),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The write key as it goes into a message: 32 hex digits, upper case. Good for **any** write until the next
/// token, so it doesn't print.
#[derive(Clone)]
pub struct WriteKey([u8; 2 * SIZE]);

impl WriteKey {
    fn new(bytes: &[u8; SIZE]) -> Self {
        let mut text = [0; 2 * SIZE];
        // The buffer has just the length that is needed.
        let _ = base16ct::upper::encode(bytes, &mut text);
        Self(text)
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn expose(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Drop for WriteKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for WriteKey {}

impl fmt::Debug for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteKey(..)")
    }
}

/// The `key` of a received write, whatever it holds. It doesn't print.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey<'a>(Cow<'a, str>);

impl<'a> PresentedKey<'a> {
    /// What a write presents.
    #[must_use]
    pub const fn new(text: Cow<'a, str>) -> Self {
        Self(text)
    }

    /// The text as received.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> PresentedKey<'static> {
        PresentedKey(json::owned(self.0))
    }
}

impl fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedKey(..)")
    }
}

const SIZE: usize = 16;

const IV: [u8; SIZE] = [
    0x17, 0x99, 0x6d, 0x09, 0x3d, 0x28, 0xdd, 0xb3, 0xba, 0x69, 0x5a, 0x2e, 0x6f, 0x58, 0x56, 0x2e,
];

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn what_is_no_key_says_why() {
        assert_eq!("".parse::<Key>(), Err(KeyError::Empty));
        assert_eq!("short".parse::<Key>(), Err(KeyError::Length { found: 5 }));
        assert_eq!(
            "41D49ED97B48737é".parse::<Key>(),
            Err(KeyError::NotAscii { position: 16 })
        );
        assert_eq!(
            "41D49ED97B487373\n".parse::<Key>(),
            Err(KeyError::Length { found: 17 })
        );
        assert_eq!(
            "00112233445566778899aabbccddeeff".parse::<Key>(),
            Err(KeyError::Hex)
        );
    }

    #[test]
    fn any_ascii_may_be_a_key_and_is_used_as_it_is() {
        let key: Key = "0123456789abcde\x7f".parse().unwrap();
        let token: Token = "TahkC7dalbIhXG22".parse().unwrap();
        assert_eq!(key.write_key(&token).expose(), "9F9351DB0DDCFB606616DF48FAA2A97E");
        assert!(key.looks_unusual());
    }

    #[test]
    fn unusual_keys_are_told() {
        assert!(!"41D49ED97B487373".parse::<Key>().unwrap().looks_unusual());
        assert!(!"91bg8zfkf9vd6uw7".parse::<Key>().unwrap().looks_unusual());
        assert!("41d49ED97B487373".parse::<Key>().unwrap().looks_unusual());
    }

    #[test]
    fn nothing_secret_prints() {
        let key: Key = "41D49ED97B487373".parse().unwrap();
        let token: Token = "TahkC7dalbIhXG22".parse().unwrap();
        let presented = PresentedKey::new("05CFC970".into());
        let text = format!("{key:?} {:?} {token:?} {presented:?}", key.write_key(&token));
        assert_eq!(text, "Key(..) WriteKey(..) Token(..) PresentedKey(..)");
    }

    #[test]
    fn tokens_are_sixteen_letters_and_digits() {
        let token = Token::from_random([0xff; 16]);
        assert_eq!(token.as_str(), "HHHHHHHHHHHHHHHH");
        assert_eq!("7".parse::<Token>(), Err(TokenError { found: 1 }));
    }
}
