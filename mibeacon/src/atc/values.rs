//! The values of one frame, and what each of them is.

use crate::{Decimal, Quantity, Reading, Unit};

/// The values that a frame still has to give: an iterator over its readings.
///
/// Four ready readings take four times the memory, and copying them takes longer than making them.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    columns: &'static [Column; MOST],
    mantissas: [i64; MOST],
    next: u8,
    end: u8,
}

/// What one value of a form is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    quantity: Quantity,
    exponent: i8,
    unit: Unit,
}

impl Values {
    pub(super) const NONE: Self = Self::new(&[Column::BATTERY; MOST], [0; MOST], 0);

    /// The first `count` columns with their values.
    #[inline]
    pub(super) const fn new(columns: &'static [Column; MOST], mantissas: [i64; MOST], count: u8) -> Self {
        Self {
            columns,
            mantissas,
            next: 0,
            end: count,
        }
    }

    /// As [`Iterator::fold`], but without moving the values, which takes longer than reading them.
    #[inline]
    pub(crate) fn fold_in_place<'a, B, F: FnMut(B, Reading<'a>) -> B>(&mut self, init: B, mut f: F) -> B {
        let mut all = init;
        if (self.next, usize::from(self.end)) != (0, MOST) {
            for reading in self {
                all = f(all, reading);
            }
            return all;
        }
        self.next = self.end;
        let ([a, b, c, d], [t, h, x, y]) = (self.columns, &self.mantissas);
        all = f(all, a.reading(*t));
        all = f(all, b.reading(*h));
        all = f(all, c.reading(*x));
        f(all, d.reading(*y))
    }

    /// All at once, of a form with four.
    #[inline]
    pub(super) const fn readings(&self, columns: [Column; MOST]) -> [Reading<'static>; MOST] {
        let [t, h, x, y] = self.mantissas;
        let [temperature, humidity, third, fourth] = columns;
        [
            temperature.reading(t),
            humidity.reading(h),
            third.reading(x),
            fourth.reading(y),
        ]
    }
}

impl Iterator for Values {
    type Item = Reading<'static>;

    #[inline]
    fn next(&mut self) -> Option<Reading<'static>> {
        if self.next >= self.end {
            return None;
        }
        let index = usize::from(self.next) % MOST;
        let (column, mantissa) = (self.columns.get(index)?, self.mantissas.get(index)?);
        self.next += 1;
        Some(column.reading(*mantissa))
    }
}

impl Column {
    pub(super) const BATTERY: Self = Self::new(Quantity::Battery, 0, Unit::Percent);
    /// In mV.
    pub(super) const VOLTAGE: Self = Self::new(Quantity::Voltage, -3, Unit::Volt);

    pub(super) const fn new(quantity: Quantity, exponent: i8, unit: Unit) -> Self {
        Self {
            quantity,
            exponent,
            unit,
        }
    }

    #[inline]
    const fn reading(self, mantissa: i64) -> Reading<'static> {
        let value = Decimal::new(mantissa, self.exponent);
        Reading::measurement(self.quantity, value, self.unit)
    }
}

/// No form has more values.
const MOST: usize = 4;
