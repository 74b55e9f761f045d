//! BTHome version 1 (UUID 0x181C plain, 0x181E encrypted).
//!
//! A plain frame is a sequence of objects, without header:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | control: bits 0-4 length n of id and data, bits 5-7 [`Format`](super::Format) |
//! | 1 | 1 | id |
//! | 2 | n - 1 | data |
//!
//! An encrypted frame:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | n | ciphertext of the objects, at least 3 bytes |
//! | n | 4 | counter |
//! | n + 4 | 4 | tag |
//!
//! It uses AES-128-CCM with a tag of 4 bytes, the additional data `11`, and a nonce of 12 bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 6 | the sender's address, most significant byte first |
//! | 6 | 2 | UUID `1e 18` |
//! | 8 | 4 | counter |
//!
//! ```
//! use mibeacon::BindKey;
//! use mibeacon::bthome::v1;
//!
//! let frame = v1::Frame::parse_plain(b"\x23\x02\xca\x09\x03\x03\xbf\x13");
//! let readings: Vec<_> = frame.objects().unwrap().filter_map(|object| object.reading()).collect();
//! assert_eq!(readings[0].to_string(), "temperature 25.06 °C");
//!
//! let address = [0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5].into();
//! let key: BindKey = "231d39c1d7cc1ab1aee224cd096db932".parse()?;
//! let frame = v1::Frame::parse_encrypted(b"\xfb\xa4\x35\xe4\xd3\xc3\x12\xfb\x00\x11\x22\x33\x57\xd9\x0a\x99")?;
//! let mut plaintext = [0; 64];
//! let objects = frame.decrypt(&key, address, &mut plaintext)?;
//! assert_eq!(objects.as_bytes(), b"\x23\x02\xca\x09\x03\x03\xbf\x13");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoder;

use ccm::consts::U12;
pub use encoder::Encoder;
use macaddr::MacAddr6;

use super::{Body, Encrypted, Objects, TRAILER};
use crate::crypto::Cipher;
use crate::{BindKey, DecryptError, ParseError};

/// A version 1 frame.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    body: Body<'a>,
}

impl<'a> Frame<'a> {
    /// Reads the service data that follow UUID 0x181C. Any bytes will do: what is wrong with objects comes out
    /// when they are read.
    #[inline]
    #[must_use]
    pub const fn parse_plain(service_data: &'a [u8]) -> Self {
        Self {
            body: Body::Plain(Objects::v1(service_data)),
        }
    }

    /// Reads the service data that follow UUID 0x181E.
    ///
    /// # Errors
    ///
    /// [`TooShort`](ParseError::TooShort) without room for 3 bytes of ciphertext, counter and tag.
    #[inline]
    pub fn parse_encrypted(service_data: &'a [u8]) -> Result<Self, ParseError> {
        let encrypted = Encrypted::split(service_data, MINIMUM_CIPHERTEXT).ok_or(ParseError::TooShort {
            expected: MINIMUM_CIPHERTEXT + TRAILER,
            found: service_data.len(),
        })?;
        Ok(Self {
            body: Body::Encrypted(encrypted),
        })
    }

    /// The objects, or what hides them.
    #[inline]
    #[must_use]
    pub const fn body(&self) -> &Body<'a> {
        &self.body
    }

    /// The objects of a plain frame; `None` if it is encrypted.
    #[inline]
    #[must_use]
    pub fn objects(&self) -> Option<Objects<'a>> {
        match &self.body {
            Body::Plain(objects) => Some(objects.clone()),
            Body::Encrypted(_) => None,
        }
    }

    /// Counter, ciphertext and tag of an encrypted frame; `None` if it is plain.
    #[inline]
    #[must_use]
    pub const fn encrypted(&self) -> Option<Encrypted<'a>> {
        match self.body {
            Body::Plain(_) => None,
            Body::Encrypted(encrypted) => Some(encrypted),
        }
    }

    /// The nonce of an encrypted frame that came from `address`; `None` if the frame is plain.
    #[must_use]
    pub fn nonce(&self, address: MacAddr6) -> Option<[u8; 12]> {
        Some(nonce(address, self.encrypted()?.counter))
    }

    /// Authenticates and decrypts the objects into `out`, which has to be as long as the ciphertext.
    ///
    /// # Errors
    ///
    /// [`Authentication`](DecryptError::Authentication) if key, address or frame are wrong,
    /// [`KeyTooShort`](DecryptError::KeyTooShort) for a key of 12 bytes,
    /// [`BufferTooSmall`](DecryptError::BufferTooSmall), and [`NotEncrypted`](DecryptError::NotEncrypted) for a
    /// plain frame: who has a key must not trust it.
    pub fn decrypt<'o>(
        &self,
        key: &BindKey,
        address: MacAddr6,
        out: &'o mut [u8],
    ) -> Result<Objects<'o>, DecryptError> {
        self.decrypt_with(&Cipher::new(&*key.full()?), address, out)
    }

    /// The same, for callers that keep the key schedule.
    pub(crate) fn decrypt_with<'o>(
        &self,
        cipher: &Cipher,
        address: MacAddr6,
        out: &'o mut [u8],
    ) -> Result<Objects<'o>, DecryptError> {
        let encrypted = self.encrypted().ok_or(DecryptError::NotEncrypted)?;
        let nonce = nonce(address, encrypted.counter);
        let out = encrypted.plaintext_buffer(out)?;
        cipher.open::<U12>(
            &nonce.into(),
            ADDITIONAL_DATA,
            encrypted.ciphertext,
            &encrypted.tag,
            out,
        )?;
        Ok(Objects::v1(out))
    }
}

fn nonce(address: MacAddr6, counter: u32) -> [u8; 12] {
    let [a, b, c, d, e, f] = address.into_array();
    let [w, x, y, z] = counter.to_le_bytes();
    [a, b, c, d, e, f, 0x1e, 0x18, w, x, y, z]
}

const ADDITIONAL_DATA: &[u8] = &[0x11];
/// A lone binary object. Peers demand 4 bytes and so refuse it.
const MINIMUM_CIPHERTEXT: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pvvx_thermometer_of_firmware_4_is_read() {
        // pvvx firmware 3.7 to 4.4: packet id, temperature, humidity, battery, in this order.
        let frame = Frame::parse_plain(b"\x02\x00\xbd\x23\x02\xb3\x0e\x03\x03\xf3\x22\x02\x01\x04");
        let objects = frame.objects().unwrap();
        assert_eq!(objects.packet_id(), Some(0xbd));
        let texts: Vec<_> = objects
            .map(|object| object.reading().unwrap().to_string())
            .collect();
        assert_eq!(
            texts,
            [
                "packet_id 189", "temperature 37.63 °C", "humidity 89.47 %", "battery 4 %"
            ]
        );
    }

    #[test]
    fn a_lone_binary_object_is_long_enough() {
        let mut bytes = [0; 11];
        assert_eq!(
            Frame::parse_encrypted(&bytes)
                .unwrap()
                .encrypted()
                .unwrap()
                .ciphertext
                .len(),
            3
        );
        let too_short = ParseError::TooShort {
            expected: 11,
            found: 10,
        };
        assert_eq!(Frame::parse_encrypted(&bytes[..10]).unwrap_err(), too_short);
        assert_eq!(
            Frame::parse_encrypted(&bytes[..0]).unwrap_err(),
            ParseError::TooShort {
                expected: 11,
                found: 0
            }
        );

        let mut encoder = Encoder::new(&mut bytes);
        encoder.push(0x0f, true).unwrap();
        let key = BindKey::from([9; 16]);
        let sealed = encoder
            .seal(&key, MacAddr6::nil(), 1, &mut crate::NonceGuard::new())
            .unwrap();
        let frame = Frame::parse_encrypted(sealed).unwrap();
        let mut out = [0; 3];
        frame.decrypt(&key, MacAddr6::nil(), &mut out).unwrap();
        assert_eq!(out, [0x02, 0x0f, 0x01]);
    }

    #[test]
    fn a_plain_frame_is_not_taken_for_a_decrypted_one() {
        let frame = Frame::parse_plain(&[0x02, 0x01, 0x64]);
        let error = frame
            .decrypt(&BindKey::from([1; 16]), MacAddr6::nil(), &mut [0; 8])
            .unwrap_err();
        assert_eq!(error, DecryptError::NotEncrypted);
        assert_eq!(frame.nonce(MacAddr6::nil()), None);
    }
}
