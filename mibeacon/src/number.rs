//! Numbers in little-endian bytes, which is what nearly everything on air consists of.

use crate::{Decimal, Quantity, Reading, Unit};

/// What turns the bytes of a number into a reading. It is so small that the table of a whole format stays in the
/// first-level cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// Bytes of data, 1 to 4; 0 for ids that are no number.
    size: u8,
    signed: bool,
    factor: u8,
    exponent: i8,
    quantity: Quantity,
    unit: Unit,
}

impl Number {
    /// No number.
    pub(crate) const NONE: Self = Self {
        size: 0,
        signed: false,
        factor: 0,
        exponent: 0,
        quantity: Quantity::PacketId,
        unit: Unit::None,
    };

    /// An unsigned number of 1 to 4 bytes, in steps of `10^exponent`.
    pub(crate) const fn unsigned(size: u8, quantity: Quantity, exponent: i8, unit: Unit) -> Self {
        assert!(1 <= size && size <= 4);
        Self {
            size,
            signed: false,
            factor: 1,
            exponent,
            quantity,
            unit,
        }
    }

    /// The same with a sign, or not.
    pub(crate) const fn signed(self, signed: bool) -> Self {
        Self { signed, ..self }
    }

    /// In steps of a multiple of `10^exponent`.
    pub(crate) const fn times(self, factor: u8) -> Self {
        Self { factor, ..self }
    }

    /// The number of this id in a table.
    #[inline]
    pub(crate) fn of(table: &'static [Self], id: u8) -> Option<&'static Self> {
        table.get(usize::from(id)).filter(|number| number.size != 0)
    }

    /// Bytes of data.
    pub(crate) const fn size(&self) -> usize {
        self.size as usize
    }

    /// The number at the start of `bytes`, and what follows it; `None` if it is cut off.
    #[inline]
    pub(crate) fn split<'a>(&self, bytes: &'a [u8]) -> Option<(Reading<'static>, &'a [u8])> {
        let (data, rest) = bytes.split_at_checked(self.size.into())?;
        let word = match (bytes.first_chunk(), data) {
            (Some(word), _) => u32::from_le_bytes(*word),
            (None, &[a]) => a.into(),
            (None, &[a, b]) => u16::from_le_bytes([a, b]).into(),
            (None, &[a, b, c]) => u32::from_le_bytes([a, b, c, 0]),
            (None, _) => return None,
        };
        // To the upper end and back, so that the shift fills with zeros or the sign.
        let unused = 32 - 8 * u32::from(self.size);
        let top = word << unused;
        let raw = if self.signed {
            i64::from(top.cast_signed() >> unused)
        } else {
            i64::from(top >> unused)
        };
        let value = Decimal::new(raw * i64::from(self.factor), self.exponent);
        Some((Reading::measurement(self.quantity, value, self.unit), rest))
    }

    /// What follows the number at the start of `bytes`; `None` if it is cut off.
    #[inline]
    pub(crate) fn skip<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.size.into()..)
    }
}
