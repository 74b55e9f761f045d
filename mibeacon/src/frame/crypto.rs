//! Decryption of MiBeacon frames.
//!
//! AES-128-CCM with the single byte 0x11 as associated data.
//!
//! | | versions 4 and 5 | versions 2 and 3 |
//! |---|---|---|
//! | key | 16 bytes; 12 bytes are extended with `ff ff ff ff` | 12 bytes with `8d 3d 3c 97` in the middle |
//! | nonce | MAC last byte first (6), product id (2), counter (1), extended counter (3) | frame control (2), product id (2), counter (1), extended counter (3), first 5 bytes of the MAC last byte first |
//! | tag | 4 bytes | the first byte of a 16-byte tag |
//!
//! **A tag of one byte passes damaged or forged data once in 256 times.** That is the limit of the old format;
//! this crate also demands that the plaintext consists of whole objects. Source: MiBeacon specification,
//! sections 3 and 4.

use core::fmt;

use ccm::consts::U12;
use macaddr::MacAddr6;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Body, Encrypted, Frame, Objects};
use crate::address::reversed_number;
use crate::crypto::{Cipher, Tag, nonce};
use crate::{BindKey, DecryptError};

/// How a version encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Versions 2 and 3: a tag of one byte.
    Legacy,
    /// Versions 4 and 5: a tag of 4 bytes.
    Modern,
}

impl Scheme {
    /// Length of the tag on air.
    #[must_use]
    pub const fn mic_length(self) -> usize {
        match self {
            Self::Legacy => 1,
            Self::Modern => 4,
        }
    }

    /// The AES key that a bind key stands for. Secret.
    #[must_use]
    pub fn expose_aes_key(self, key: &BindKey) -> Zeroizing<[u8; 16]> {
        match self {
            Self::Legacy => key.legacy(),
            Self::Modern => key.modern(),
        }
    }
}

/// A nonce: 12 bytes in versions 4 and 5, 13 in versions 2 and 3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nonce {
    /// Versions 2 and 3.
    Legacy([u8; 13]),
    /// Versions 4 and 5.
    Modern([u8; 12]),
}

impl Nonce {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Legacy(bytes) => bytes,
            Self::Modern(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({})", crate::reading::HexBytes(self.as_bytes()))
    }
}

impl Frame<'_> {
    /// The nonce of a frame from this sender with this counter.
    #[must_use]
    pub fn nonce(&self, sender: MacAddr6, counter32: u32) -> Nonce {
        match self.control.scheme() {
            Scheme::Modern => Nonce::Modern(self.modern_nonce(sender, counter32)),
            Scheme::Legacy => Nonce::Legacy(self.legacy_nonce(sender, counter32)),
        }
    }

    #[inline]
    fn modern_nonce(&self, sender: MacAddr6, counter32: u32) -> [u8; 12] {
        let low = reversed_number(sender) | u64::from(self.product_id.0) << 48;
        nonce(low, counter32.into())
    }

    #[inline]
    fn legacy_nonce(&self, sender: MacAddr6, counter32: u32) -> [u8; 13] {
        let [_, b, c, d, e, f] = sender.into_array();
        let [control_low, control_high] = self.control.0.to_le_bytes();
        let [product_low, product_high] = self.product_id.0.to_le_bytes();
        let [counter, ext0, ext1, ext2] = counter32.to_le_bytes();
        [
            control_low, control_high, product_low, product_high, counter, ext0, ext1, ext2, f, e, d, c, b,
        ]
    }

    /// Decrypts the objects into `out`, which holds at least as many bytes as
    /// [`object_bytes`](Self::object_bytes) (255 are enough for any service data).
    ///
    /// `host` is the address that the radio saw; without it, only frames that carry their MAC decrypt. A plain frame
    /// is refused, so that nobody takes its objects for authenticated.
    ///
    /// ```
    /// use mibeacon::BindKey;
    /// use mibeacon::frame::Frame;
    ///
    /// let bytes = b"\x58\x58\x5b\x05\xdb\x18\x4b\xf8\x38\xc1\xa4\x72\xc3\xfa\x42\xcd\x05\x00\x00\xce\x7b\x8a\x28";
    /// let key: BindKey = "b2d46f0cd168c18b247c0c79e9ad5b8d".parse()?;
    /// let frame = Frame::parse(bytes)?;
    /// let mut plaintext = [0; 255];
    /// let object = frame.decrypt(&key, None, &mut plaintext)?.next().unwrap()?;
    /// assert_eq!((object.id, object.data), (0x1006, &[0xb7, 0x01][..])); // 43.9 %
    /// assert_eq!(frame.counter32(), Some(1499));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decrypt<'b>(
        &self,
        key: &BindKey,
        host: Option<MacAddr6>,
        out: &'b mut [u8],
    ) -> Result<Objects<'b>, DecryptError> {
        let Body::Encrypted(encrypted) = &self.body else {
            return Err(DecryptError::NotEncrypted);
        };
        let sender = self.mac.or(host).ok_or(DecryptError::MacUnknown)?;
        let cipher = Cipher::new(&self.control.scheme().expose_aes_key(key));
        self.decrypt_with(&cipher, encrypted, sender, out)
    }

    /// [`decrypt`](Self::decrypt) with a key schedule of [`FrameControl::scheme`](super::FrameControl::scheme).
    #[inline(always)]
    pub(crate) fn decrypt_with<'b>(
        &self,
        cipher: &Cipher,
        encrypted: &Encrypted<'_>,
        sender: MacAddr6,
        out: &'b mut [u8],
    ) -> Result<Objects<'b>, DecryptError> {
        let (needed, available) = (encrypted.ciphertext.len(), out.len());
        let out = out
            .get_mut(..needed)
            .ok_or(DecryptError::BufferTooSmall { needed, available })?;
        let counter32 = u32::from(self.counter) | encrypted.extended_counter << 8;
        match <&Tag>::try_from(encrypted.mic) {
            Ok(tag) => {
                let nonce = self.modern_nonce(sender, counter32);
                cipher.open::<U12>(&nonce.into(), AAD, encrypted.ciphertext, tag, out)?;
            }
            Err(_) => open_legacy(cipher, &self.legacy_nonce(sender, counter32), encrypted, out)?,
        }
        Ok(Objects::new(out))
    }
}

/// CCM knows no tag of one byte, so the plaintext is encrypted again to see its tag.
fn open_legacy(
    cipher: &Cipher,
    nonce: &[u8; 13],
    encrypted: &Encrypted<'_>,
    out: &mut [u8],
) -> Result<(), DecryptError> {
    let failed = |_| DecryptError::Authentication;
    out.copy_from_slice(encrypted.ciphertext);
    // CCM's cipher is its own inverse: this turns ciphertext into plaintext.
    cipher.seal_legacy(nonce, AAD, out).map_err(failed)?;
    let [tag, ..] = cipher.seal_legacy(nonce, AAD, out).map_err(failed)?;
    cipher.seal_legacy(nonce, AAD, out).map_err(failed)?;
    let authentic = encrypted.mic.ct_eq(&[tag]);
    if bool::from(authentic) && Objects::new(out).are_whole() {
        return Ok(());
    }
    out.zeroize();
    Err(DecryptError::Authentication)
}

/// The associated data of both schemes.
pub(crate) const AAD: &[u8] = &[0x11];
