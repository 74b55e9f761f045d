//! The encrypted forms: AES-128-CCM with a 4-byte tag and an 8-bit counter.
//!
//! | offset | size | field | |
//! |---|---|---|---|
//! | 0 | 1 | counter | |
//! | 1 | 6 or 3 | ciphertext | pvvx or atc1441 |
//! | 7 or 4 | 4 | tag | |
//!
//! Nonce (11 bytes): reversed MAC (6), AD length (1), AD type 0x16, UUID `1a 18`, counter (1).
//! Additional data: one byte 0x11.
//!
//! The nonce repeats after 256 measurements and after each restart of the device; that is how the firmware
//! is. This crate's own encoders refuse it.

use arrayvec::ArrayVec;
use ccm::aead::array::Array;
use ccm::consts::U11;
use core::ops::Deref;

use macaddr::MacAddr6;

use super::Flags;
use super::values::{Column, Values};
use crate::address::reversed_number;
use crate::crypto::{self, Cipher, Tag};
use crate::{BindKey, DecryptError, EncodeError, NonceGuard, Quantity, Reading, Unit};

/// An encrypted measurement.
///
/// ```
/// use mibeacon::BindKey;
/// use mibeacon::atc::Frame;
///
/// // 11 d603fbfa7b6d fb1e26fd, from A4:C1:38:8D:18:B2
/// let frame = Frame::parse(b"\x11\xd6\x03\xfb\xfa\x7b\x6d\xfb\x1e\x26\xfd")?;
/// let Frame::Encrypted(encrypted) = frame else { panic!() };
/// let key: BindKey = "b9ea895fac7eea6d30532432a516f3a3".parse()?;
/// let payload = encrypted.decrypt(&key, [0xa4, 0xc1, 0x38, 0x8d, 0x18, 0xb2].into())?;
/// let readings: Vec<_> = payload.readings().map(|reading| reading.to_string()).collect();
/// assert_eq!(readings, ["temperature 23.45 °C", "humidity 41.73 %", "battery 61 %"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encrypted {
    counter: u8,
    ciphertext: Ciphertext,
    tag: Tag,
}

impl Encrypted {
    #[inline]
    pub(crate) fn parse(service_data: &[u8]) -> Option<Self> {
        let (&[counter], rest) = service_data.split_first_chunk()?;
        let (ciphertext, &tag) = rest.split_last_chunk()?;
        let ciphertext = if let Ok(bytes) = ciphertext.try_into() {
            Ciphertext::Pvvx(bytes)
        } else {
            Ciphertext::Atc1441(ciphertext.try_into().ok()?)
        };
        Some(Self {
            counter,
            ciphertext,
            tag,
        })
    }

    /// Which of the two forms this is.
    #[must_use]
    pub const fn form(&self) -> EncryptedForm {
        match self.ciphertext {
            Ciphertext::Pvvx(_) => EncryptedForm::Pvvx,
            Ciphertext::Atc1441(_) => EncryptedForm::Atc1441,
        }
    }

    /// The low byte of the device's count of measurements.
    #[must_use]
    pub const fn counter(&self) -> u8 {
        self.counter
    }

    /// 6 bytes of pvvx, 3 of atc1441.
    #[must_use]
    pub const fn ciphertext(&self) -> &[u8] {
        match &self.ciphertext {
            Ciphertext::Pvvx(bytes) => bytes,
            Ciphertext::Atc1441(bytes) => bytes,
        }
    }

    /// The authentication tag.
    #[must_use]
    pub const fn tag(&self) -> [u8; 4] {
        self.tag
    }

    /// The nonce of this frame if `address` sent it.
    #[must_use]
    pub fn nonce(&self, address: MacAddr6) -> [u8; 11] {
        self.form().nonce(address, self.counter)
    }

    /// Checks the tag and decrypts. `address` is the sender's public address; the frame doesn't carry it.
    ///
    /// # Errors
    ///
    /// [`DecryptError::KeyTooShort`] for a 12-byte key, [`DecryptError::Authentication`] if key or address
    /// are wrong or the frame is damaged.
    pub fn decrypt(&self, key: &BindKey, address: MacAddr6) -> Result<Payload, DecryptError> {
        self.decrypt_with(&Cipher::new(&*key.full()?), address)
    }

    /// The same with a key schedule that was kept.
    #[inline(always)]
    pub(crate) fn decrypt_with(&self, cipher: &Cipher, address: MacAddr6) -> Result<Payload, DecryptError> {
        let nonce = Array::<u8, U11>(self.nonce(address));
        match &self.ciphertext {
            Ciphertext::Pvvx(ciphertext) => {
                let mut plaintext = [0; 6];
                cipher.open(&nonce, &AAD, ciphertext, &self.tag, &mut plaintext)?;
                Ok(Payload::Pvvx(PvvxPayload::from_bytes(plaintext)))
            }
            Ciphertext::Atc1441(ciphertext) => {
                let mut plaintext = [0; 3];
                cipher.open(&nonce, &AAD, ciphertext, &self.tag, &mut plaintext)?;
                Ok(Payload::Atc1441(Atc1441Payload::from_bytes(plaintext)))
            }
        }
    }

    /// The service data: 11 bytes of pvvx, 8 of atc1441.
    #[must_use]
    pub fn encode(&self) -> impl Deref<Target = [u8]> + Clone + use<> {
        let bytes = [self.counter]
            .into_iter()
            .chain(self.ciphertext().iter().copied());
        bytes.chain(self.tag).collect::<ArrayVec<u8, 11>>()
    }
}

/// Which encrypted form a frame has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncryptedForm {
    /// 11 bytes with a resolution of 0.01 °C and 0.01 %.
    Pvvx,
    /// 8 bytes with a resolution of 0.5 °C and 0.5 %.
    Atc1441,
}

impl EncryptedForm {
    /// `pvvx_encrypted` or `atc1441_encrypted`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pvvx => "pvvx_encrypted",
            Self::Atc1441 => "atc1441_encrypted",
        }
    }

    /// The nonce: the AD length is part of it, so the forms have different ones.
    #[must_use]
    pub fn nonce(self, address: MacAddr6, counter: u8) -> [u8; 11] {
        let ad_length = match self {
            Self::Pvvx => 0x0e,
            Self::Atc1441 => 0x0b,
        };
        let low = reversed_number(address) | ad_length << 48 | 0x16 << 56;
        crypto::nonce(low, 0x181a | u64::from(counter) << 16)
    }
}

/// What was inside an [`Encrypted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payload {
    /// 6 bytes.
    Pvvx(PvvxPayload),
    /// 3 bytes.
    Atc1441(Atc1441Payload),
}

impl Payload {
    /// The plaintext: 6 bytes of pvvx, 3 of atc1441.
    #[must_use]
    pub fn encode(&self) -> impl Deref<Target = [u8]> + Clone + use<> {
        match self {
            Self::Pvvx(payload) => ArrayVec::<u8, 6>::from(payload.encode()),
            Self::Atc1441(payload) => payload.encode().into_iter().collect(),
        }
    }

    /// Encrypts, as `address` with this counter.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NonceReuse`] if the guard has seen the counter or one above it: after 256 frames a
    /// device needs another key, or has to accept what the firmware accepts and start a new guard.
    /// [`EncodeError::KeyTooShort`] for a 12-byte key.
    pub fn encrypt(
        &self,
        key: &BindKey,
        address: MacAddr6,
        counter: u8,
        guard: &mut NonceGuard,
    ) -> Result<Encrypted, EncodeError> {
        let key = key.full().map_err(|_| EncodeError::KeyTooShort {
            expected: 16,
            found: key.expose().len(),
        })?;
        guard.claim(counter.into())?;
        let cipher = Cipher::new(&key);
        let seal = |form: EncryptedForm, buffer: &mut [u8]| {
            cipher.seal(&Array::<u8, U11>(form.nonce(address, counter)), &AAD, buffer)
        };
        let (ciphertext, tag) = match self {
            Self::Pvvx(payload) => {
                let mut buffer = payload.encode();
                let tag = seal(EncryptedForm::Pvvx, &mut buffer)?;
                (Ciphertext::Pvvx(buffer), tag)
            }
            Self::Atc1441(payload) => {
                let mut buffer = payload.encode();
                let tag = seal(EncryptedForm::Atc1441, &mut buffer)?;
                (Ciphertext::Atc1441(buffer), tag)
            }
        };
        Ok(Encrypted {
            counter,
            ciphertext,
            tag,
        })
    }

    /// Temperature, humidity and battery level. No form carries the battery's voltage.
    #[inline]
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        self.values()
    }

    #[inline]
    pub(crate) const fn values(&self) -> Values {
        match self {
            Self::Pvvx(payload) => payload.values(),
            Self::Atc1441(payload) => payload.values(),
        }
    }

    /// Whether the thresholds control the trigger output.
    #[must_use]
    pub const fn trigger_controlled(&self) -> bool {
        match self {
            Self::Pvvx(payload) => payload.flags.trigger_controlled(),
            Self::Atc1441(payload) => payload.trigger_controlled(),
        }
    }
}

/// The plaintext of pvvx's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PvvxPayload {
    /// 0.01 °C.
    pub temperature: i16,
    /// 0.01 %.
    pub humidity: u16,
    /// Percent.
    pub battery_level: u8,
    /// Inputs and triggers.
    pub flags: Flags,
}

impl PvvxPayload {
    /// Reads the plaintext.
    #[must_use]
    pub const fn from_bytes([t0, t1, h0, h1, battery_level, flags]: [u8; 6]) -> Self {
        Self {
            temperature: i16::from_le_bytes([t0, t1]),
            humidity: u16::from_le_bytes([h0, h1]),
            battery_level,
            flags: Flags(flags),
        }
    }

    /// The exact inverse of [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub const fn encode(&self) -> [u8; 6] {
        let [t0, t1] = self.temperature.to_le_bytes();
        let [h0, h1] = self.humidity.to_le_bytes();
        [t0, t1, h0, h1, self.battery_level, self.flags.0]
    }

    #[inline]
    const fn values(&self) -> Values {
        let values = [
            self.temperature as i64,
            self.humidity as i64,
            self.battery_level as i64,
            0,
        ];
        Values::new(&Self::COLUMNS, values, 3)
    }

    const COLUMNS: [Column; 4] = [
        Column::new(Quantity::Temperature, -2, Unit::Celsius),
        Column::new(Quantity::Humidity, -2, Unit::Percent),
        Column::BATTERY,
        // Not sent.
        Column::VOLTAGE,
    ];
}

/// The plaintext of atc1441's form: three bytes in steps of 0.5 °C, 0.5 % and 1 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Atc1441Payload {
    /// Steps of 0.5 °C above -40 °C, unsigned.
    pub temperature_steps: u8,
    /// Steps of 0.5 %.
    pub humidity_steps: u8,
    /// Percent in the low 7 bits; the highest one is [`trigger_controlled`](Self::trigger_controlled).
    pub battery: u8,
}

impl Atc1441Payload {
    /// Reads the plaintext.
    #[must_use]
    pub const fn from_bytes([temperature_steps, humidity_steps, battery]: [u8; 3]) -> Self {
        Self {
            temperature_steps,
            humidity_steps,
            battery,
        }
    }

    /// The exact inverse of [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub const fn encode(&self) -> [u8; 3] {
        [self.temperature_steps, self.humidity_steps, self.battery]
    }

    /// Percent.
    #[must_use]
    pub const fn battery_level(&self) -> u8 {
        self.battery & 0x7f
    }

    /// Whether the thresholds control the trigger output.
    #[must_use]
    pub const fn trigger_controlled(&self) -> bool {
        self.battery & 0x80 != 0
    }

    #[inline]
    const fn values(&self) -> Values {
        let values = [
            self.temperature_steps as i64 * 5 - 400,
            self.humidity_steps as i64 * 5,
            self.battery_level() as i64,
            0,
        ];
        Values::new(&Self::COLUMNS, values, 3)
    }

    const COLUMNS: [Column; 4] = [
        Column::new(Quantity::Temperature, -1, Unit::Celsius),
        Column::new(Quantity::Humidity, -1, Unit::Percent),
        Column::BATTERY,
        // Not sent.
        Column::VOLTAGE,
    ];
}

/// The additional authenticated data of both forms.
pub const AAD: [u8; 1] = [0x11];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ciphertext {
    Pvvx([u8; 6]),
    Atc1441([u8; 3]),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atc::Frame;

    fn frame(bytes: &[u8]) -> Encrypted {
        match Frame::parse(bytes) {
            Ok(Frame::Encrypted(encrypted)) => encrypted,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_short_form_has_its_own_nonce_and_steps() {
        let encrypted = frame(b"\xbd\xe9\xb7\x5d\xb8\x56\xf3\x03");
        let address = MacAddr6::new(0xa4, 0xc1, 0x38, 0xaa, 0xbb, 0xcc);
        assert_eq!(
            encrypted.nonce(address),
            *b"\xcc\xbb\xaa\x38\xc1\xa4\x0b\x16\x1a\x18\xbd"
        );
        let payload = encrypted.decrypt(&BindKey::from([0xaa; 16]), address).unwrap();
        assert_eq!(&payload.encode()[..], b"\x76\x32\xd6");
        let readings: Vec<_> = payload.readings().map(|reading| reading.to_string()).collect();
        assert_eq!(
            readings,
            ["temperature 19.0 °C", "humidity 25.0 %", "battery 86 %"]
        );
        assert!(payload.trigger_controlled());
    }

    #[test]
    fn the_short_forms_temperature_is_unsigned() {
        let payload = Payload::Atc1441(Atc1441Payload::from_bytes([0xff, 0, 0]));
        assert_eq!(
            payload.readings().next().unwrap().to_string(),
            "temperature 87.5 °C"
        );
        let payload = Payload::Atc1441(Atc1441Payload::from_bytes([0, 0, 0]));
        assert_eq!(
            payload.readings().next().unwrap().to_string(),
            "temperature -40.0 °C"
        );
    }

    #[test]
    fn a_short_key_is_refused_on_both_sides() {
        let key = BindKey::new(&[1; 12]).unwrap();
        let payload = Payload::Atc1441(Atc1441Payload::from_bytes([0, 0, 0]));
        let mut guard = NonceGuard::new();
        let error = payload.encrypt(&key, MacAddr6::nil(), 7, &mut guard).unwrap_err();
        assert_eq!(
            error,
            EncodeError::KeyTooShort {
                expected: 16,
                found: 12
            }
        );
        assert_eq!(guard.last(), None);
        assert!(matches!(
            frame(&[0; 8]).decrypt(&key, MacAddr6::nil()),
            Err(DecryptError::KeyTooShort { .. })
        ));
    }

    #[test]
    fn a_guard_ends_with_the_8_bit_counter() {
        let key = BindKey::from([3; 16]);
        let payload = Payload::Atc1441(Atc1441Payload::from_bytes([1, 2, 3]));
        let mut guard = NonceGuard::new();
        for counter in 0..=u8::MAX {
            let frame = payload
                .encrypt(&key, MacAddr6::nil(), counter, &mut guard)
                .unwrap();
            assert_eq!(frame.decrypt(&key, MacAddr6::nil()), Ok(payload));
        }
        for counter in 0..=u8::MAX {
            assert!(
                payload
                    .encrypt(&key, MacAddr6::nil(), counter, &mut guard)
                    .is_err()
            );
        }
    }
}
