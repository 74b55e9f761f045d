//! Building version 1 frames.

use ccm::consts::U12;
use macaddr::MacAddr6;

use super::{ADDITIONAL_DATA, nonce};
use crate::bthome::encode::{Payload, key_error};
use crate::bthome::{Format, ObjectSpec, TRAILER, Value};
use crate::crypto::Cipher;
use crate::writer::Writer;
use crate::{BindKey, EncodeError, NonceGuard};

/// Builds the service data of version 1 in a caller's buffer, for receivers that don't know version 2.
///
/// Version 1 has no rule for the order of objects: they are sent as they come.
///
/// ```
/// use mibeacon::bthome::v1;
/// use mibeacon::{BindKey, Decimal, NonceGuard};
///
/// let mut out = [0; 31];
/// let mut encoder = v1::Encoder::new(&mut out);
/// encoder.push(0x02, Decimal::new(2506, -2))?.push(0x03, Decimal::new(5055, -2))?;
/// assert_eq!(encoder.finish(), b"\x23\x02\xca\x09\x03\x03\xbf\x13");
/// # Ok::<(), mibeacon::EncodeError>(())
/// ```
pub struct Encoder<'a> {
    writer: Writer<'a>,
}

impl<'a> Encoder<'a> {
    /// Starts a frame without objects.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self {
            writer: Writer::new(out),
        }
    }

    /// Adds an object in the size and format of the table. A number is divided by the object's factor and
    /// rounded to the nearest integer. A MAC goes with every id except 0x54.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`](EncodeError::UnknownObject) if nobody knows the id or it carries values of another
    /// kind, [`OutOfRange`](EncodeError::OutOfRange), [`TooLong`](EncodeError::TooLong) for more than 30 bytes
    /// of data, [`BufferTooSmall`](EncodeError::BufferTooSmall). The frame stays as it was.
    pub fn push<'v>(&mut self, id: u8, value: impl Into<Value<'v>>) -> Result<&mut Self, EncodeError> {
        let spec = ObjectSpec::of(id).ok_or(EncodeError::UnknownObject { id: id.into() })?;
        match value.into() {
            Value::Mac(mac) if id != RAW => {
                let [a, b, c, d, e, f] = mac.into_array();
                self.push_bytes(id, Format::Mac, &[f, e, d, c, b, a])
            }
            value => {
                let payload = Payload::new(spec, value)?;
                self.write(id, payload.format, &payload.fixed, payload.tail)
            }
        }
    }

    /// Adds an object of any id, format and size: floats, longer counts, ids without a row in the table. The
    /// data are sent as they are.
    ///
    /// # Errors
    ///
    /// [`TooLong`](EncodeError::TooLong) for more than 30 bytes of data,
    /// [`BufferTooSmall`](EncodeError::BufferTooSmall). The frame stays as it was.
    pub fn push_bytes(&mut self, id: u8, format: Format, data: &[u8]) -> Result<&mut Self, EncodeError> {
        self.write(id, format, data, &[])
    }

    /// The plain frame's service data.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        self.writer.finish()
    }

    /// The encrypted frame's service data.
    ///
    /// `address` is the one that will send it. The counter has to be above the last one that `guard` saw.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`](EncodeError::BufferTooSmall), [`KeyTooShort`](EncodeError::KeyTooShort),
    /// [`NonceReuse`](EncodeError::NonceReuse), and [`Conflict`](EncodeError::Conflict) for a frame without
    /// data, which receivers refuse. The counter is used up only if everything else is in order.
    pub fn seal(
        mut self,
        key: &BindKey,
        address: MacAddr6,
        counter: u32,
        guard: &mut NonceGuard,
    ) -> Result<&'a [u8], EncodeError> {
        if self.writer.len() < super::MINIMUM_CIPHERTEXT {
            return Err(EncodeError::Conflict(
                "an encrypted frame has at least one object with data",
            ));
        }
        let cipher = Cipher::new(&*key.full().map_err(key_error)?);
        let end = self.writer.len();
        self.writer.put(&[0; TRAILER])?;
        guard.claim(counter)?;

        let (body, trailer) = self.writer.written_since(0).split_at_mut(end);
        let tag = cipher.seal::<U12>(&nonce(address, counter).into(), ADDITIONAL_DATA, body)?;
        let bytes = counter.to_le_bytes().into_iter().chain(tag);
        for (to, from) in trailer.iter_mut().zip(bytes) {
            *to = from;
        }
        Ok(self.writer.finish())
    }

    fn write(&mut self, id: u8, format: Format, data: &[u8], tail: &[u8]) -> Result<&mut Self, EncodeError> {
        let found = data.len() + tail.len();
        let too_long = EncodeError::TooLong {
            found,
            limit: LONGEST,
        };
        let length = u8::try_from(found)
            .ok()
            .filter(|_| found <= LONGEST)
            .ok_or(too_long)?;
        self.writer.reserve(found + 2)?;
        self.writer.put(&[format.code() << 5 | (length + 1), id])?;
        self.writer.put(data)?;
        self.writer.put(tail)?;
        Ok(self)
    }
}

impl core::fmt::Debug for Encoder<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Encoder")
            .field("length", &self.writer.len())
            .finish_non_exhaustive()
    }
}

/// Five bits count the id and the data.
const LONGEST: usize = 30;
/// In this object the format of a MAC means opaque bytes.
const RAW: u8 = 0x54;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bthome::{ButtonCode, DimmerCode};

    #[test]
    fn every_kind_gets_its_format() {
        let mut out = [0; 64];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x02, -1).unwrap();
        encoder.push(0x3a, ButtonCode::TRIPLE_PRESS).unwrap();
        encoder.push(0x3c, Value::Dimmer(DimmerCode::NONE, 2)).unwrap();
        encoder.push(0x50, 1_684_093_277).unwrap();
        encoder.push(0x53, "ok").unwrap();
        encoder.push(0x54, &[0xdc, 0x01, 0xfa][..]).unwrap();
        encoder.push(0x0f, MacAddr6::new(1, 2, 3, 4, 5, 6)).unwrap();
        encoder.push_bytes(0x06, Format::Float, &[0xfe, 0x70]).unwrap();
        assert_eq!(
            encoder.finish(),
            b"\x23\x02\x9c\xff\x02\x3a\x03\x03\x3c\x00\x02\xa5\x50\x5d\x39\x61\x64\x63\x53ok\x84\x54\xdc\x01\xfa\
              \x87\x0f\x06\x05\x04\x03\x02\x01\x43\x06\xfe\x70"
        );
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut out = [0; 40];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x01, 97).unwrap();
        let error = encoder.push(0x54, &[0; 31][..]).unwrap_err();
        assert_eq!(error, EncodeError::TooLong { found: 31, limit: 30 });
        encoder.push(0x54, &[0; 30][..]).unwrap();
        let error = encoder.push(0x53, "12345").unwrap_err();
        assert_eq!(
            error,
            EncodeError::BufferTooSmall {
                needed: 42,
                available: 40
            }
        );
        assert_eq!(encoder.finish().len(), 35);
    }
}
