//! Numbers of version 2, which is what nearly everything on air consists of.

use super::ObjectSpec;
use crate::{Decimal, Quantity, Reading, Unit};

/// What turns the bytes of a number into a reading: the part of an [`ObjectSpec`] that this takes, so small that the
/// whole table stays in the first-level cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// Bytes of data, 1 to 4; 0 for ids that are no number.
    size: u8,
    signed: bool,
    factor: u8,
    exponent: i8,
    quantity: Quantity,
    unit: Unit,
}

impl Number {
    /// The number with this id.
    #[inline]
    pub(super) fn of(id: u8) -> Option<&'static Self> {
        NUMBERS.get(usize::from(id)).filter(|number| number.size != 0)
    }

    /// The number at the start of `bytes`, and what follows it; `None` if it is cut off.
    #[inline]
    pub(super) fn split<'a>(&self, bytes: &'a [u8]) -> Option<(Reading<'static>, &'a [u8])> {
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
    pub(super) fn skip<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.size.into()..)
    }

    /// The part of a row; [`NONE`](Self::NONE) if it is no number.
    const fn of_row(spec: &ObjectSpec) -> Self {
        let (Some(size), Some(quantity)) = (spec.size, spec.kind.quantity()) else {
            return Self::NONE;
        };
        let factor = spec.factor.mantissa();
        assert!(1 <= size && size <= 4 && 1 <= factor && factor <= 255);
        Self {
            size,
            signed: spec.signed,
            factor: factor as u8,
            exponent: spec.factor.exponent(),
            quantity,
            unit: spec.unit,
        }
    }

    const NONE: Self = Self {
        size: 0,
        signed: false,
        factor: 0,
        exponent: 0,
        quantity: Quantity::PacketId,
        unit: Unit::None,
    };
}

/// The number of every id.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses a wrong index"
)]
static NUMBERS: [Number; 256] = {
    let mut numbers = [Number::NONE; 256];
    let mut row = 0;
    while row < ObjectSpec::ALL.len() {
        let spec = &ObjectSpec::ALL[row];
        numbers[spec.id as usize] = Number::of_row(spec);
        row += 1;
    }
    numbers
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bthome::Objects;

    #[test]
    fn every_number_is_what_the_slow_way_says_wherever_it_ends() {
        for spec in ObjectSpec::ALL {
            for fill in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let bytes = [fill, 2, 3, fill, fill, 6, 7, 8];
                for length in 0..bytes.len() {
                    let data = &bytes[..length];
                    let found = Number::of(spec.id).and_then(|number| number.split(data));
                    let mut area = vec![spec.id];
                    area.extend(data);
                    let whole = Objects::v2(&area)
                        .next()
                        .filter(|_| spec.kind.quantity().is_some());
                    let expected = whole.map(|object| {
                        let (value, quantity) = (object.raw().unwrap(), spec.kind.quantity().unwrap());
                        let value = Decimal::new(value * spec.factor.mantissa(), spec.factor.exponent());
                        (
                            Reading::measurement(quantity, value, spec.unit),
                            &data[object.data().len()..],
                        )
                    });
                    assert_eq!(found, expected, "{spec:?} {data:?}");
                }
            }
        }
    }
}
