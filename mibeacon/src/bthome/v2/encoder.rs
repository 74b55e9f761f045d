//! Building version 2 frames.

use arrayvec::ArrayVec;
use ccm::consts::U13;
use macaddr::MacAddr6;

use super::{InfoByte, nonce};
use crate::bthome::encode::{Payload, key_error};
use crate::bthome::{ObjectKind, ObjectSpec, Objects, TRAILER, Value};
use crate::crypto::Cipher;
use crate::{BindKey, EncodeError, NonceGuard};

/// Builds the service data of version 2 in a caller's buffer.
///
/// Objects may come in any order; they are sent in the order of their ids, as receivers demand, and objects of
/// one id in the order in which they came. A legacy advert has room for
/// [`LEGACY_LIMIT`](crate::bthome::LEGACY_LIMIT) bytes.
///
/// ```
/// use mibeacon::bthome::{ButtonCode, v2};
/// use mibeacon::{BindKey, Decimal, NonceGuard};
///
/// let mut out = [0; 31];
/// let mut encoder = v2::Encoder::new(&mut out);
/// encoder.push(0x03, Decimal::new(5055, -2))?.push(0x02, Decimal::new(2506, -2))?;
///
/// let key = BindKey::from(*b"\x23\x1d\x39\xc1\xd7\xcc\x1a\xb1\xae\xe2\x24\xcd\x09\x6d\xb9\x32");
/// let address = [0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5].into();
/// let mut guard = NonceGuard::new();
/// let service_data = encoder.seal(&key, address, 1_122_867, &mut guard)?;
/// assert_eq!(service_data, b"\x41\xe4\x45\xf3\xc9\x96\x2b\x33\x22\x11\x00\x6c\x7c\x45\x19");
///
/// let mut encoder = v2::Encoder::new(&mut out).trigger_based();
/// encoder.push(0x3a, ButtonCode::PRESS)?.push(0x0f, true)?;
/// assert_eq!(encoder.finish()?, b"\x44\x0f\x01\x3a\x01");
/// # Ok::<(), mibeacon::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'a> {
    /// The objects are at its start until the header is put before them.
    out: &'a mut [u8],
    length: usize,
    trigger_based: bool,
    mac: Option<MacAddr6>,
}

impl<'a> Encoder<'a> {
    /// Starts a frame without objects.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self {
            out,
            length: 0,
            trigger_based: false,
            mac: None,
        }
    }

    /// Tells receivers that the device sends only when something happens.
    #[must_use]
    pub const fn trigger_based(mut self) -> Self {
        self.trigger_based = true;
        self
    }

    /// Puts the sender's MAC into the frame, for hosts that don't see the address. Some receivers don't know
    /// this.
    #[must_use]
    pub const fn with_mac(mut self, mac: MacAddr6) -> Self {
        self.mac = Some(mac);
        self
    }

    /// Adds an object. A number is divided by the object's factor and rounded to the nearest integer.
    ///
    /// # Errors
    ///
    /// [`UnknownObject`](EncodeError::UnknownObject) if nobody knows the id or it carries values of another
    /// kind, [`OutOfRange`](EncodeError::OutOfRange), [`TooLong`](EncodeError::TooLong) for text and raw over
    /// 255 bytes and commands with more than 31 arguments, [`BufferTooSmall`](EncodeError::BufferTooSmall).
    /// The frame stays as it was.
    pub fn push<'v>(&mut self, id: u8, value: impl Into<Value<'v>>) -> Result<&mut Self, EncodeError> {
        let spec = ObjectSpec::of(id).ok_or(EncodeError::UnknownObject { id: id.into() })?;
        let payload = Payload::new(spec, value.into())?;
        let mut head = ArrayVec::<u8, 2>::new();
        head.push(id);
        if spec.size.is_none() {
            head.push(length_byte(spec, payload.tail.len())?);
        }
        let added = head.len() + payload.len();
        let (start, end) = (self.insertion_point(id), self.length + added);
        let header = self.info(false).header_length();
        let available = self.out.len();
        let area = self.out.get_mut(..end).ok_or(EncodeError::BufferTooSmall {
            needed: header + end,
            available,
        })?;
        area.copy_within(start..self.length, start + added);
        let bytes = head.iter().chain(&payload.fixed).chain(payload.tail);
        for (to, from) in area.iter_mut().skip(start).zip(bytes) {
            *to = *from;
        }
        self.length = end;
        Ok(self)
    }

    /// The plain frame's service data.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`](EncodeError::BufferTooSmall).
    pub fn finish(mut self) -> Result<&'a [u8], EncodeError> {
        let end = self.put_header(self.info(false), 0)?;
        Ok(self.out.get(..end).unwrap_or_default())
    }

    /// The encrypted frame's service data.
    ///
    /// `address` is the one that will send it; it counts only if the frame carries no MAC. The counter has to
    /// be above the last one that `guard` saw.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`](EncodeError::BufferTooSmall), [`KeyTooShort`](EncodeError::KeyTooShort),
    /// [`NonceReuse`](EncodeError::NonceReuse), and [`Conflict`](EncodeError::Conflict) for a frame without
    /// objects, which receivers refuse. The counter is used up only if everything else is in order.
    pub fn seal(
        mut self,
        key: &BindKey,
        address: MacAddr6,
        counter: u32,
        guard: &mut NonceGuard,
    ) -> Result<&'a [u8], EncodeError> {
        if self.length == 0 {
            return Err(EncodeError::Conflict(
                "an encrypted frame has at least one object",
            ));
        }
        let cipher = Cipher::new(&*key.full().map_err(key_error)?);
        let info = self.info(true);
        let end = self.put_header(info, TRAILER)?;
        guard.claim(counter)?;

        let (frame, trailer) = self.out.split_at_mut(end);
        let body = frame.get_mut(info.header_length()..).unwrap_or_default();
        let nonce = nonce(self.mac.unwrap_or(address), info, counter);
        let tag = cipher.seal::<U13>(&nonce.into(), &[], body)?;
        let bytes = counter.to_le_bytes().into_iter().chain(tag);
        for (to, from) in trailer.iter_mut().zip(bytes) {
            *to = from;
        }
        Ok(self.out.get(..end + TRAILER).unwrap_or_default())
    }

    fn info(&self, encrypted: bool) -> InfoByte {
        InfoByte::new(encrypted, self.mac.is_some(), self.trigger_based)
    }

    /// Behind the last object whose id isn't higher.
    fn insertion_point(&self, id: u8) -> usize {
        let area = self.out.get(..self.length).unwrap_or_default();
        Objects::v2(area)
            .find(|object| object.id() > id)
            .map_or(self.length, |object| object.offset())
    }

    /// Moves the objects behind the header and writes it, if `reserve` bytes are left behind the objects.
    fn put_header(&mut self, info: InfoByte, reserve: usize) -> Result<usize, EncodeError> {
        let header = info.header_length();
        let end = header + self.length;
        let (needed, available) = (end + reserve, self.out.len());
        let out = self
            .out
            .get_mut(..needed)
            .ok_or(EncodeError::BufferTooSmall { needed, available })?;
        out.copy_within(..self.length, header);
        let mac = self.mac.map(MacAddr6::into_array).into_iter().flatten().rev();
        for (to, from) in out.iter_mut().zip(core::iter::once(info.get()).chain(mac)) {
            *to = from;
        }
        Ok(end)
    }
}

fn length_byte(spec: &ObjectSpec, found: usize) -> Result<u8, EncodeError> {
    let limit = match spec.kind {
        ObjectKind::Command => MOST_ARGUMENTS,
        _ => u8::MAX,
    };
    let limit_error = EncodeError::TooLong {
        found,
        limit: limit.into(),
    };
    u8::try_from(found)
        .ok()
        .filter(|length| *length <= limit)
        .ok_or(limit_error)
}

/// A command counts its arguments in five bits.
const MOST_ARGUMENTS: u8 = 31;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decimal;
    use crate::bthome::{ButtonCode, CommandCode, DimmerCode};

    #[test]
    fn objects_come_out_by_id_and_equal_ids_in_their_order() {
        let mut out = [0; 32];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x53, "hi").unwrap();
        encoder.push(0x3a, ButtonCode::NONE).unwrap();
        encoder
            .push(0x3c, Value::Dimmer(DimmerCode::ROTATE_LEFT, 3))
            .unwrap();
        encoder.push(0x3a, ButtonCode::PRESS).unwrap();
        encoder
            .push(0x3b, Value::Command(CommandCode::STEP_UP, &[5]))
            .unwrap();
        encoder.push(0x00, 9).unwrap();
        assert_eq!(
            encoder.finish().unwrap(),
            b"\x40\x00\x09\x3a\x00\x3a\x01\x3b\x01\x03\x05\x3c\x01\x03\x53\x02hi"
        );
    }

    #[test]
    fn values_outside_the_range_are_refused_and_change_nothing() {
        let mut out = [0; 16];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x02, Decimal::new(-32768, -2)).unwrap();
        for (id, value) in [
            (0x02, Decimal::new(32768, -2)),
            (0x03, Decimal::new(-1, -2)),
            (0x01, Decimal::new(256, 0)),
            (0x50, Decimal::new(1 << 32, 0)),
        ] {
            let error = encoder.push(id, value).unwrap_err();
            assert_eq!(error, EncodeError::OutOfRange { id: id.into() });
        }
        assert_eq!(encoder.finish().unwrap(), [0x40, 0x02, 0x00, 0x80]);
    }

    #[test]
    fn what_the_table_does_not_have_is_refused() {
        let mut out = [0; 16];
        let mut encoder = Encoder::new(&mut out);
        let error = encoder.push(0x31, 1).unwrap_err();
        assert_eq!(error, EncodeError::UnknownObject { id: 0x31 });
        let error = encoder.push(0x02, true).unwrap_err();
        assert_eq!(error, EncodeError::UnknownObject { id: 0x02 });
        let error = encoder.push(0x0f, 1).unwrap_err();
        assert_eq!(error, EncodeError::UnknownObject { id: 0x0f });
    }

    #[test]
    fn lengths_have_limits() {
        let mut out = [0; 600];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x54, &[7; 255][..]).unwrap();
        let error = encoder.push(0x54, &[7; 256][..]).unwrap_err();
        assert_eq!(
            error,
            EncodeError::TooLong {
                found: 256,
                limit: 255
            }
        );
        let error = encoder
            .push(0x3b, Value::Command(CommandCode::ON, &[0; 32]))
            .unwrap_err();
        assert_eq!(error, EncodeError::TooLong { found: 32, limit: 31 });
    }

    #[test]
    fn a_full_buffer_says_how_much_is_missing() {
        let mut out = [0; 5];
        let mut encoder = Encoder::new(&mut out);
        encoder.push(0x02, 1).unwrap();
        let error = encoder.push(0x03, 1).unwrap_err();
        assert_eq!(
            error,
            EncodeError::BufferTooSmall {
                needed: 7,
                available: 5
            }
        );
        let error = encoder.with_mac(MacAddr6::nil()).finish().unwrap_err();
        assert_eq!(
            error,
            EncodeError::BufferTooSmall {
                needed: 10,
                available: 5
            }
        );
    }

    #[test]
    fn a_refused_frame_uses_up_no_counter() {
        let (mut out, mut guard, key) = ([0; 14], NonceGuard::new(), BindKey::from([7; 16]));
        let seal = |out: &mut [u8], key: &BindKey, guard: &mut NonceGuard| {
            let mut encoder = Encoder::new(out);
            encoder.push(0x02, 1).unwrap();
            encoder.seal(key, MacAddr6::nil(), 5, guard).map(<[u8]>::len)
        };
        let short = BindKey::new(&[7; 12]).unwrap();
        assert!(matches!(
            seal(&mut out, &short, &mut guard),
            Err(EncodeError::KeyTooShort { .. })
        ));
        assert!(matches!(
            seal(&mut out[..11], &key, &mut guard),
            Err(EncodeError::BufferTooSmall { .. })
        ));
        assert_eq!(guard.last(), None);
        assert_eq!(seal(&mut out, &key, &mut guard), Ok(12));
        assert_eq!(
            seal(&mut out, &key, &mut guard),
            Err(EncodeError::NonceReuse { counter: 5, last: 5 })
        );
        let empty = Encoder::new(&mut out).seal(&key, MacAddr6::nil(), 6, &mut guard);
        assert!(matches!(empty, Err(EncodeError::Conflict(_))));
        assert_eq!(guard.last(), Some(5));
    }
}
