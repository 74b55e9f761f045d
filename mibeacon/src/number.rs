//! Numbers in little-endian bytes, which is what nearly everything on air consists of.

use crate::{Decimal, Quantity, Reading, Unit};

/// What turns the bytes of a number into a reading. It is so small that the table of a whole format stays in the
/// first-level cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// What the sign's bit counts; 0 for numbers without one.
    sign: u32,
    size: Size,
    factor: u8,
    exponent: i8,
    quantity: Quantity,
    unit: Unit,
}

/// Bytes of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// For ids that are no number.
    None,
    One,
    Two,
    Three,
    Four,
}

impl Number {
    /// No number.
    pub(crate) const NONE: Self = Self {
        sign: 0,
        size: Size::None,
        factor: 0,
        exponent: 0,
        quantity: Quantity::PacketId,
        unit: Unit::None,
    };

    /// An unsigned number of 1 to 4 bytes, in steps of `10^exponent`.
    pub(crate) const fn unsigned(size: u8, quantity: Quantity, exponent: i8, unit: Unit) -> Self {
        Self {
            sign: 0,
            size: match size {
                1 => Size::One,
                2 => Size::Two,
                3 => Size::Three,
                4 => Size::Four,
                // Numbers are made for tables alone, which the compiler evaluates: it would stop here, no program.
                _ => panic!("numbers have 1 to 4 bytes"),
            },
            factor: 1,
            exponent,
            quantity,
            unit,
        }
    }

    /// The same with a sign, or not.
    pub(crate) const fn signed(self, signed: bool) -> Self {
        let sign = if signed { 1 << (8 * self.size() - 1) } else { 0 };
        Self { sign, ..self }
    }

    /// In steps of a multiple of `10^exponent`.
    pub(crate) const fn times(self, factor: u8) -> Self {
        Self { factor, ..self }
    }

    /// The number of this id in a table.
    #[inline]
    pub(crate) fn of(table: &'static [Self], id: u8) -> Option<&'static Self> {
        table
            .get(usize::from(id))
            .filter(|number| number.size != Size::None)
    }

    /// Bytes of data.
    pub(crate) const fn size(&self) -> usize {
        self.size as usize
    }

    /// The number at the start of `bytes`, and what follows it; `None` if it is cut off.
    #[inline]
    pub(crate) fn split<'a>(&self, bytes: &'a [u8]) -> Option<(Reading<'static>, &'a [u8])> {
        // A branch for each size, so that processors run ahead to what follows, before they know how long this one is.
        let (word, rest) = match self.size {
            Size::None => return None,
            Size::One => bytes.split_first().map(|(data, rest)| ((*data).into(), rest)),
            Size::Two => bytes
                .split_first_chunk()
                .map(|(data, rest)| (u16::from_le_bytes(*data).into(), rest)),
            Size::Three => bytes
                .split_first_chunk()
                .map(|(&[a, b, c], rest)| (u32::from_le_bytes([a, b, c, 0]), rest)),
            Size::Four => bytes
                .split_first_chunk()
                .map(|(data, rest)| (u32::from_le_bytes(*data), rest)),
        }?;
        let (own, sign) = (i64::from(word), i64::from(self.sign));
        // Extends the sign: flips its bit, and takes away what it counts.
        let raw = (own ^ sign) - sign;
        let value = Decimal::new(raw * i64::from(self.factor), self.exponent);
        Some((Reading::measurement(self.quantity, value, self.unit), rest))
    }

    /// What follows the number at the start of `bytes`; `None` if it is cut off or no number.
    #[inline]
    pub(crate) fn skip<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.size()..).filter(|_| self.size != Size::None)
    }
}
