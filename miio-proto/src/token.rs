//! Tokens: the 16 secret bytes of a device, and the texts that people copy them from.
//!
//! | text | meaning |
//! |---|---|
//! | 32 hex digits | the token |
//! | 16 characters | the token's bytes as text (old vacuums disclose such ones) |
//! | 96 hex digits | the encrypted form of the iOS database; 64 digits are the same without its padding block |

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128Dec, Block};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A device's token: 16 bytes, its only secret. Whoever has it controls the device.
///
/// It never prints, compares in constant time, and its memory is overwritten when it is dropped.
///
/// ```
/// use miio_proto::{Token, TokenError};
///
/// let token: Token = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(format!("{token:?}"), "Token(..)");
/// assert_eq!("ff".repeat(16).parse::<Token>(), Err(TokenError::Withheld));
/// # Ok::<(), TokenError>(())
/// ```
#[derive(Clone)]
pub struct Token([u8; 16]);

/// The form that a token's text had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenForm {
    /// 32 hex digits.
    Hex,
    /// 16 characters that are the bytes themselves.
    Ascii,
    /// 96 or 64 hex digits, encrypted by the iOS app.
    IosEncrypted,
}

impl Token {
    /// A token from its bytes, whatever they are.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads any of the texts above and says which one it was.
    ///
    /// # Errors
    ///
    /// Another length, no hex digits, an encrypted form that doesn't decrypt to a token, or one of the two
    /// values (all 0xFF, all 0x00) that stand for "not told".
    pub fn from_text(text: &str) -> Result<(Self, TokenForm), TokenError> {
        let text = text.trim();
        match text.len() {
            32 => {
                let mut bytes = Zeroizing::new([0; 16]);
                base16ct::mixed::decode(text, bytes.as_mut()).map_err(|_| TokenError::NotHex)?;
                if is_placeholder(&bytes) {
                    return Err(TokenError::Withheld);
                }
                Ok((Self(*bytes), TokenForm::Hex))
            }
            64 | 96 => {
                let mut bytes = Zeroizing::new([0; 48]);
                let encrypted =
                    base16ct::mixed::decode(text, bytes.as_mut()).map_err(|_| TokenError::NotHex)?;
                Ok((Self::from_ios(encrypted)?, TokenForm::IosEncrypted))
            }
            16 if text.is_ascii() => {
                let mut bytes = [0; 16];
                bytes.copy_from_slice(text.as_bytes());
                if is_placeholder(&bytes) {
                    return Err(TokenError::Withheld);
                }
                Ok((Self(bytes), TokenForm::Ascii))
            }
            _ => Err(TokenError::Length {
                found: text.chars().count(),
            }),
        }
    }

    /// The token as 32 lower-case hex digits.
    #[must_use]
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(base16ct::lower::encode_string(&self.0))
    }

    /// AES-128-ECB under the zero key; the plaintext is the token's hex digits and one block of padding.
    fn from_ios(encrypted: &[u8]) -> Result<Self, TokenError> {
        let cipher = Aes128Dec::new(&[0; 16].into());
        let mut digits: Zeroizing<Vec<u8>> = Zeroizing::new(encrypted.to_vec());
        for chunk in digits.chunks_exact_mut(16) {
            if let Ok(block) = <&mut Block>::try_from(chunk) {
                cipher.decrypt_block(block);
            }
        }
        let (hex, padding) = digits.split_at_checked(32).ok_or(TokenError::BadEncrypted)?;
        if !padding.iter().all(|&byte| byte == 16) {
            return Err(TokenError::BadEncrypted);
        }
        let mut bytes = Zeroizing::new([0; 16]);
        base16ct::mixed::decode(hex, bytes.as_mut()).map_err(|_| TokenError::BadEncrypted)?;
        if is_placeholder(&bytes) {
            return Err(TokenError::Withheld);
        }
        Ok(Self(*bytes))
    }
}

/// Whether these bytes stand for "not told" instead of a token.
pub(crate) fn is_placeholder(bytes: &[u8; 16]) -> bool {
    *bytes == [0xff; 16] || *bytes == [0; 16]
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::from_text(text).map(|(token, _)| token)
    }
}

impl From<[u8; 16]> for Token {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Token {}

impl ConstantTimeEq for Token {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// None of the lengths of a token.
    #[error(
        "a token has 32 hex digits (16 characters raw, 96 digits from an iOS backup), this text has {found}"
    )]
    Length {
        /// The characters that were there.
        found: usize,
    },
    /// The right length, but not hex.
    #[error("a token of this length consists of hex digits only (0-9, a-f)")]
    NotHex,
    /// All 0xFF or all 0x00: the device or the app didn't tell the token.
    #[error("this value stands for a token that was not told")]
    Withheld,
    /// An encrypted form whose plaintext is no token.
    #[error("the encrypted token doesn't decrypt to 32 hex digits")]
    BadEncrypted,
}

impl TokenError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Length { found: 24 } => {
                "24 digits are the token of a Bluetooth device, which doesn't speak miIO; take the token of the \
                 Wi-Fi device."
            }
            Self::Length { .. } => "Copy the whole token: 32 hex digits.",
            Self::NotHex => "Copy only the token's hex digits, without quotes, spaces or a name.",
            Self::Withheld => {
                "A device that is bound to an account doesn't tell its token: read it from the Xiaomi cloud, from \
                 a backup of the app, or reset the device and ask it before it is bound."
            }
            Self::BadEncrypted => {
                "The row is damaged or its column is cut: copy all 96 digits of ZTOKEN from the backup."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sixteen_zero_characters_are_no_token_either() {
        assert_eq!("\0".repeat(16).parse::<Token>(), Err(TokenError::Withheld));
    }

    #[test]
    fn a_token_and_its_errors_never_print_the_secret() {
        let error = "0123456789abcdef0123456789abcdeg".parse::<Token>().unwrap_err();
        assert!(!alloc::format!("{error} {error:?}").contains("0123"));
    }

    proptest! {
        #[test]
        fn a_token_reads_back_from_its_hex_digits(bytes: [u8; 16]) {
            prop_assume!(!is_placeholder(&bytes));
            let token = Token::new(bytes);
            prop_assert_eq!(token.to_hex().to_uppercase().parse(), Ok(token));
        }

        #[test]
        fn any_text_parses_or_fails_without_a_panic(text in "\\PC{0,100}") {
            let _ = Token::from_text(&text);
        }
    }
}
