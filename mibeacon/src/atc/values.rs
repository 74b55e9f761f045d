//! The values of one frame, packed.

use crate::{Decimal, Quantity, Reading, Unit};

/// The values that a frame still has to give: an iterator over its readings.
///
/// Four readings take four times the memory, and to copy them takes longer than to read them from the frame.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    list: [Value; 4],
    next: u8,
    count: u8,
}

/// One number, as the wire has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    mantissa: i32,
    exponent: i8,
    quantity: Quantity,
    unit: Unit,
}

impl Values {
    pub(super) const NONE: Self = Self {
        list: [Value::new(Quantity::Count, 0, 0, Unit::None); 4],
        next: 0,
        count: 0,
    };

    #[inline]
    pub(super) const fn four(list: [Value; 4]) -> Self {
        Self {
            list,
            next: 0,
            count: 4,
        }
    }

    #[inline]
    pub(super) const fn three([a, b, c]: [Value; 3]) -> Self {
        Self {
            list: [a, b, c, c],
            next: 0,
            count: 3,
        }
    }

    #[inline]
    pub(super) const fn readings(&self) -> [Reading<'static>; 4] {
        let [a, b, c, d] = self.list;
        [a.reading(), b.reading(), c.reading(), d.reading()]
    }
}

impl Iterator for Values {
    type Item = Reading<'static>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'static>> {
        if self.next >= self.count {
            return None;
        }
        let value = self.list.get(usize::from(self.next))?;
        self.next += 1;
        Some(value.reading())
    }
}

impl Value {
    #[inline]
    pub(super) const fn new(quantity: Quantity, mantissa: i32, exponent: i8, unit: Unit) -> Self {
        Self {
            mantissa,
            exponent,
            quantity,
            unit,
        }
    }

    #[inline]
    pub(super) const fn reading(self) -> Reading<'static> {
        let value = Decimal::new(self.mantissa as i64, self.exponent);
        Reading::measurement(self.quantity, value, self.unit)
    }
}
