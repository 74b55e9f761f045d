//! Bind keys: the secret that a device encrypts its readings with.

use core::fmt;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::Cipher;
use crate::{DecryptError, KeyError};

/// A bind key ("beacon key", "BLE KEY") of 16 bytes, or of 12 bytes for old Yeelight remotes.
///
/// It never prints, compares in constant time, and its memory is overwritten when it is dropped.
///
/// ```
/// use mibeacon::BindKey;
///
/// let key: BindKey = "b2d46f0cd168c18b247c0c79e9ad5b8d".parse()?;
/// assert_eq!(format!("{key:?}"), "BindKey(..)");
/// assert!("b2d46f0cd168".parse::<BindKey>().is_err());
/// # Ok::<(), mibeacon::KeyError>(())
/// ```
#[derive(Clone)]
pub struct BindKey {
    bytes: [u8; FULL],
    length: u8,
}

impl BindKey {
    /// A key of 16 or 12 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyError> {
        if !matches!(bytes.len(), FULL | SHORT) {
            return Err(KeyError::Length { found: bytes.len() });
        }
        let mut key = Self {
            bytes: [0xff; FULL],
            length: 0,
        };
        for (to, from) in key.bytes.iter_mut().zip(bytes) {
            *to = *from;
            key.length += 1;
        }
        Ok(key)
    }

    /// The secret bytes: 16 or 12.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or(&self.bytes)
    }

    /// Whether the key has only 12 bytes: it fits Xiaomi's own frames, but no custom firmware.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.length as usize == SHORT
    }

    /// Whether all bytes are 0xFF: the cloud lists that for a device without a key.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        bool::from(self.bytes.ct_eq(&[0xff; FULL]))
    }

    /// The key check value: three bytes of a block of zeros, encrypted with the key.
    ///
    /// It tells keys apart and says nothing about them, so that it can be stored in the clear. Store it beside a
    /// [`DeviceState`](crate::DeviceState): a device that was paired again has another key and counts from zero, so its
    /// old counters must not be restored.
    ///
    /// ```
    /// let key: mibeacon::BindKey = "00000000000000000000000000000000".parse()?;
    /// assert_eq!(key.check_value(), [0x66, 0xe9, 0x4b]);
    /// # Ok::<(), mibeacon::KeyError>(())
    /// ```
    #[must_use]
    pub fn check_value(&self) -> [u8; 3] {
        Cipher::new(&self.modern()).check_value()
    }

    /// The AES key of MiBeacon v4 and v5: 12-byte keys are extended with `ff ff ff ff`.
    pub(crate) fn modern(&self) -> Zeroizing<[u8; FULL]> {
        Zeroizing::new(self.bytes)
    }

    /// The AES key of MiBeacon v2 and v3: `8d 3d 3c 97` in the middle of 12 bytes.
    ///
    /// A 16-byte key that ends in `ffffffff` is a 12-byte key as the cloud lists it; any other one is taken
    /// as expanded already.
    pub(crate) fn legacy(&self) -> Zeroizing<[u8; FULL]> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, tail @ ..] = self.bytes;
        let mut key = Zeroizing::new(self.bytes);
        if tail == [0xff; 4] {
            let [e0, e1, e2, e3] = EXPANSION;
            *key = [a, b, c, d, e, f, e0, e1, e2, e3, g, h, i, j, k, l];
        }
        key
    }

    /// Whether this is the key of a device that speaks MiBeacon v2 or v3: 12 bytes, alone, as the cloud lists them, or
    /// expanded. Any other key belongs to a newer device.
    pub(crate) fn suits_legacy(&self) -> bool {
        let [_, _, _, _, _, _, e0, e1, e2, e3, _, _, tail @ ..] = self.bytes;
        tail == [0xff; 4] || [e0, e1, e2, e3] == EXPANSION
    }

    /// The AES key of BTHome, ATC and pvvx: 16 bytes, no extension.
    pub(crate) fn full(&self) -> Result<Zeroizing<[u8; FULL]>, DecryptError> {
        if self.is_short() {
            return Err(DecryptError::KeyTooShort {
                expected: FULL,
                found: SHORT,
            });
        }
        Ok(Zeroizing::new(self.bytes))
    }
}

impl FromStr for BindKey {
    type Err = KeyError;

    /// 32 or 24 hex digits, upper or lower case.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() % 2 == 1 {
            return Err(KeyError::OddDigits { digits: text.len() });
        }
        let mut bytes = Zeroizing::new([0; FULL]);
        let length = text.len() / 2;
        let target = bytes
            .get_mut(..length)
            .ok_or(KeyError::Length { found: length })?;
        let decoded = base16ct::mixed::decode(text, target).map_err(|_| KeyError::NotHex)?;
        Self::new(decoded)
    }
}

impl TryFrom<&[u8]> for BindKey {
    type Error = KeyError;

    fn try_from(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::new(bytes)
    }
}

impl From<[u8; FULL]> for BindKey {
    fn from(bytes: [u8; FULL]) -> Self {
        Self {
            bytes,
            length: FULL as u8,
        }
    }
}

impl Drop for BindKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl ZeroizeOnDrop for BindKey {}

impl ConstantTimeEq for BindKey {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.bytes.ct_eq(&other.bytes) & self.length.ct_eq(&other.length)
    }
}

impl PartialEq for BindKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for BindKey {}

impl fmt::Debug for BindKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindKey(..)")
    }
}

/// Length of an AES-128 key.
const FULL: usize = 16;
/// Length of the key of an old Yeelight remote.
const SHORT: usize = 12;
/// What expands such a key, in its middle.
const EXPANSION: [u8; 4] = [0x8d, 0x3d, 0x3c, 0x97];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_key_extends_in_two_ways() {
        let key: BindKey = "b853075158487ca39a5b5ea9".parse().unwrap();
        assert!(key.is_short());
        assert_eq!(
            *key.modern(),
            *b"\xb8\x53\x07\x51\x58\x48\x7c\xa3\x9a\x5b\x5e\xa9\xff\xff\xff\xff"
        );
        assert_eq!(
            *key.legacy(),
            *b"\xb8\x53\x07\x51\x58\x48\x8d\x3d\x3c\x97\x7c\xa3\x9a\x5b\x5e\xa9"
        );
        assert_eq!(
            key.full().unwrap_err(),
            DecryptError::KeyTooShort {
                expected: 16,
                found: 12
            }
        );
    }

    #[test]
    fn the_cloud_form_of_a_short_key_is_the_same_legacy_key() {
        let short: BindKey = "b853075158487ca39a5b5ea9".parse().unwrap();
        let listed: BindKey = "B853075158487CA39A5B5EA9FFFFFFFF".parse().unwrap();
        assert_eq!(short.legacy(), listed.legacy());
        let expanded: BindKey = "b853075158488d3d3c977ca39a5b5ea9".parse().unwrap();
        assert_eq!(short.legacy(), expanded.legacy());
        assert!([short, listed, expanded].iter().all(BindKey::suits_legacy));
        assert!(!BindKey::from([0x8d; 16]).suits_legacy());
    }

    #[test]
    fn other_lengths_and_other_text_are_refused() {
        assert_eq!("".parse::<BindKey>(), Err(KeyError::Length { found: 0 }));
        assert_eq!("abc".parse::<BindKey>(), Err(KeyError::OddDigits { digits: 3 }));
        assert_eq!(BindKey::new(&[0; 17]), Err(KeyError::Length { found: 17 }));
        assert_eq!(
            "00".repeat(40).parse::<BindKey>(),
            Err(KeyError::Length { found: 40 })
        );
        assert_eq!("zz".repeat(16).parse::<BindKey>(), Err(KeyError::NotHex));
    }

    #[test]
    fn an_all_ff_key_is_recognised() {
        assert!(BindKey::new(&[0xff; 16]).unwrap().is_placeholder());
        assert!(!BindKey::from([0; 16]).is_placeholder());
    }
}
