//! Reads and writes the little-endian fields of commands.

use arrayvec::ArrayVec;
use core::fmt;
use zeroize::Zeroize;

use super::error::{CommandError, NotificationError};
use crate::Decimal;

/// A command as it is written to the characteristic. It may hold a key, so it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded(ArrayVec<u8, CAPACITY>);

impl Encoded {
    pub(super) fn new(id: u8) -> Self {
        let mut bytes = ArrayVec::new();
        bytes.push(id);
        Self(bytes)
    }

    /// What is written. It may hold a key.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The command's id.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    /// The MTU that the write needs: 3 more than its length, 23 at least.
    #[must_use]
    pub fn mtu(&self) -> u16 {
        (self.0.len() as u16 + 3).max(23)
    }

    pub(super) fn put(mut self, bytes: &[u8]) -> Self {
        // Callers check the lengths of what users give; all else fits.
        let room = self.0.remaining_capacity().min(bytes.len());
        let _ = self
            .0
            .try_extend_from_slice(bytes.get(..room).unwrap_or_default());
        self
    }

    pub(super) fn put_i16(
        self,
        field: &'static str,
        value: Decimal,
        exponent: i8,
    ) -> Result<Self, CommandError> {
        let value = in_range(field, value.rescaled(exponent), i16::MIN.into(), i16::MAX.into())?;
        Ok(self.put(&(value as i16).to_le_bytes()))
    }

    pub(super) fn put_u16(
        self,
        field: &'static str,
        value: Decimal,
        exponent: i8,
    ) -> Result<Self, CommandError> {
        let value = in_range(field, value.rescaled(exponent), 0, u16::MAX.into())?;
        Ok(self.put(&(value as u16).to_le_bytes()))
    }

    pub(super) fn put_i8(
        self,
        field: &'static str,
        value: Decimal,
        exponent: i8,
    ) -> Result<Self, CommandError> {
        let value = in_range(field, value.rescaled(exponent), i8::MIN.into(), i8::MAX.into())?;
        Ok(self.put(&(value as i8).to_le_bytes()))
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({:#04x}, {} bytes)", self.id(), self.0.len())
    }
}

/// Bytes of a meaning that this crate doesn't know; they may hold a secret, so they never print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opaque<'a>(
    /// The bytes.
    pub &'a [u8],
);

impl fmt::Debug for Opaque<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

pub(super) const fn in_range(
    field: &'static str,
    value: i64,
    minimum: i64,
    maximum: i64,
) -> Result<i64, CommandError> {
    if value < minimum || value > maximum {
        return Err(CommandError::OutOfRange {
            field,
            minimum,
            maximum,
        });
    }
    Ok(value)
}

/// Takes fields off the front of a notification.
pub(super) struct Reader<'a> {
    what: &'static str,
    /// How many bytes the whole has, with the id.
    found: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// For what comes after the id.
    pub(super) const fn new(what: &'static str, rest: &'a [u8]) -> Self {
        Self {
            what,
            found: rest.len() + 1,
            rest,
        }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], NotificationError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(NotificationError::TooShort {
                what: self.what,
                expected: self.found - self.rest.len() + N,
                found: self.found,
            });
        };
        self.rest = rest;
        Ok(*bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8, NotificationError> {
        self.take().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16, NotificationError> {
        self.take().map(u16::from_le_bytes)
    }

    pub(super) fn i16(&mut self) -> Result<i16, NotificationError> {
        self.take().map(i16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, NotificationError> {
        self.take().map(u32::from_le_bytes)
    }

    /// A signed number in steps of 0.01.
    pub(super) fn hundredths(&mut self) -> Result<Decimal, NotificationError> {
        Ok(Decimal::new(self.i16()?.into(), -2))
    }

    /// An unsigned number in steps of 0.01.
    pub(super) fn hundredths_u16(&mut self) -> Result<Decimal, NotificationError> {
        Ok(Decimal::new(self.u16()?.into(), -2))
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// More than any command has: 1 + 28 bytes of token and bind key, 1 + 2 + 29 of a stored record.
const CAPACITY: usize = 48;
