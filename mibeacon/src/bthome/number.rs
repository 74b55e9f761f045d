//! Which of version 2's objects are numbers.

use super::ObjectSpec;
use crate::number::Number;

/// The number with this id; [`Number::NONE`] if it is no number.
#[inline]
pub(super) fn number(id: u8) -> &'static Number {
    NUMBERS.get(usize::from(id)).unwrap_or(&Number::NONE)
}

/// The part of a row; [`Number::NONE`] if it is no number.
const fn of_row(spec: &ObjectSpec) -> Number {
    let (Some(size), Some(quantity)) = (spec.size, spec.kind.quantity()) else {
        return Number::NONE;
    };
    let factor = spec.factor.mantissa();
    assert!(1 <= factor && factor <= 255);
    Number::unsigned(size, quantity, spec.factor.exponent(), spec.unit)
        .signed(spec.signed)
        .times(factor as u8)
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
        numbers[spec.id as usize] = of_row(spec);
        row += 1;
    }
    numbers
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bthome::Objects;
    use crate::{Decimal, Reading};

    #[test]
    fn every_number_is_what_the_slow_way_says_wherever_it_ends() {
        for spec in ObjectSpec::ALL {
            for fill in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let bytes = [fill, 2, 3, fill, fill, 6, 7, 8];
                for length in 0..bytes.len() {
                    let data = &bytes[..length];
                    let found = number(spec.id).split(data);
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
