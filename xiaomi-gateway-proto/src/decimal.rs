//! Exact decimal numbers: what the wire says, without binary rounding.
//!
//! Gateways send scaled integers (`"2287"` for 22.87 °C) and decimal text (`"9.57"` W). A [`Decimal`] keeps
//! integer and power of ten, so that it prints `22.87` and never `22.869999`.
//!
//! ```
//! use xiaomi_gateway_proto::Decimal;
//!
//! let temperature = Decimal::new(2287, -2);
//! assert_eq!(temperature.to_string(), "22.87");
//! assert_eq!(temperature.to_f64(), 22.87);
//! assert_eq!(Decimal::from_text(" -19.59 "), Some(Decimal::new(-1959, -2)));
//! ```

use core::fmt;

/// `mantissa × 10^exponent`, exact. Two decimals are equal when their values are: `21.0 == 21`.
#[derive(Clone, Copy)]
pub struct Decimal {
    mantissa: i64,
    exponent: i8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self::new(0, 0);

    /// `mantissa × 10^exponent`.
    #[must_use]
    pub const fn new(mantissa: i64, exponent: i8) -> Self {
        Self { mantissa, exponent }
    }

    /// The integer part of the representation: 2287 for 22.87.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// The power of ten: -2 for 22.87.
    #[must_use]
    pub const fn exponent(self) -> i8 {
        self.exponent
    }

    /// Decimal text as gateways send it: an optional sign, digits, an optional fraction, spaces around it. No
    /// exponent. `None` for anything else, and for more digits than an `i64` holds.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = crate::message::trim(text);
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (value, rest) = Self::digits(unsigned.as_bytes(), text.starts_with('-'))?;
        rest.is_empty().then_some(value)
    }

    /// A number that keeps JSON's grammar. `None` if it doesn't fit, also when its digits are written out: `1e30`.
    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mut value, rest) = Self::digits(unsigned.as_bytes(), unsigned.len() != text.len())?;
        if let [b'e' | b'E', exponent @ ..] = rest {
            let exponent: i16 = core::str::from_utf8(exponent).ok()?.parse().ok()?;
            value.exponent = i8::try_from(exponent.checked_add(value.exponent.into())?).ok()?;
        }
        if value.exponent > 0 {
            value = Self::new(value.to_i64()?, 0);
        }
        Some(value)
    }

    /// `digits[.digits]`, and what follows.
    fn digits(bytes: &[u8], negative: bool) -> Option<(Self, &[u8])> {
        let mut mantissa = 0_i64;
        let mut exponent = 0_i8;
        let mut rest = bytes;
        let mut seen = 0;
        let mut in_fraction = false;
        loop {
            match rest {
                [digit @ b'0'..=b'9', tail @ ..] => {
                    let digit = i64::from(digit - b'0');
                    // Counts down below zero, because `i64::MIN` has no positive counterpart.
                    mantissa = mantissa.checked_mul(10)?.checked_sub(digit)?;
                    if in_fraction {
                        exponent = exponent.checked_sub(1)?;
                    }
                    seen += 1;
                    rest = tail;
                }
                [b'.', tail @ ..]
                    if seen > 0 && !in_fraction && tail.first().is_some_and(u8::is_ascii_digit) =>
                {
                    in_fraction = true;
                    rest = tail;
                }
                _ => break,
            }
        }
        if seen == 0 {
            return None;
        }
        let mantissa = if negative {
            mantissa
        } else {
            mantissa.checked_neg()?
        };
        Some((Self { mantissa, exponent }, rest))
    }

    /// The nearest binary floating-point number.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest double is what is asked for"
    )]
    pub fn to_f64(self) -> f64 {
        let power = libm::pow(10.0, f64::from(self.exponent.unsigned_abs()));
        // A division by an exact power of ten rounds once; a multiplication by 0.01 would round twice.
        if self.exponent < 0 {
            self.mantissa as f64 / power
        } else {
            self.mantissa as f64 * power
        }
    }

    /// The value as an integer, if it is one and fits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        let Self { mantissa, exponent } = self.normalized();
        if exponent < 0 {
            return None;
        }
        10_i64
            .checked_pow(u32::from(exponent.unsigned_abs()))?
            .checked_mul(mantissa)
    }

    /// The value in units of `10^exponent`, rounded to the nearest, halves away from zero; `None` if it
    /// doesn't fit into an `i64`.
    #[must_use]
    pub fn rescaled(self, exponent: i8) -> Option<i64> {
        if self.mantissa == 0 {
            return Some(0);
        }
        let shift = i16::from(self.exponent) - i16::from(exponent);
        let power = 10_i64.checked_pow(u32::from(shift.unsigned_abs()));
        if shift >= 0 {
            return power?.checked_mul(self.mantissa);
        }
        let Some(power) = power else { return Some(0) };
        let (quotient, rest) = (self.mantissa / power, self.mantissa % power);
        let up = i64::from(rest.unsigned_abs() >= power.unsigned_abs().div_ceil(2));
        Some(quotient + up * self.mantissa.signum())
    }

    /// The same digits with the point moved: `22.87` from `2287` by -2. `None` if the exponent doesn't fit.
    pub(crate) fn shifted(self, by: i8) -> Option<Self> {
        Some(Self::new(self.mantissa, self.exponent.checked_add(by)?))
    }

    fn normalized(mut self) -> Self {
        if self.mantissa == 0 {
            return Self::ZERO;
        }
        while self.mantissa % 10 == 0 && self.exponent < i8::MAX {
            self.mantissa /= 10;
            self.exponent += 1;
        }
        self
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.normalized(), other.normalized());
        (a.mantissa, a.exponent) == (b.mantissa, b.exponent)
    }
}

impl Eq for Decimal {}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Decimal {
    /// All digits, with the resolution of the wire: `21.0` stays `21.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        if self.exponent >= 0 {
            write!(f, "{digits}")?;
            let zeros = if digits == 0 {
                0
            } else {
                usize::from(self.exponent.unsigned_abs())
            };
            return write!(f, "{:0<zeros$}", "");
        }
        let places = usize::from(self.exponent.unsigned_abs());
        match 10_u64.checked_pow(u32::from(self.exponent.unsigned_abs())) {
            Some(power) => write!(f, "{}.{:0places$}", digits / power, digits % power),
            None => write!(f, "0.{digits:0places$}"),
        }
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Decimal {
            fn from(value: $integer) -> Self {
                Self::new(value.into(), 0)
            }
        }
    )*};
}

from_integer!(i64, i32, u32, u16, u8);

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_print_every_digit() {
        for (mantissa, exponent, text) in [
            (2287, -2, "22.87"),
            (-5, -3, "-0.005"),
            (7, 2, "700"),
            (0, 5, "0"),
            (0, -2, "0.00"),
            (1, -20, "0.00000000000000000001"),
        ] {
            assert_eq!(Decimal::new(mantissa, exponent).to_string(), text);
        }
    }

    #[test]
    fn only_plain_decimal_text_is_a_number() {
        for (text, expected) in [
            ("3005", Some((3005, 0))),
            ("+9.57", Some((957, -2))),
            (" -1959 ", Some((-1959, 0))),
            ("-9223372036854775808", Some((i64::MIN, 0))),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            ("1e3", None),
            ("NaN", None),
            ("0x10", None),
            ("--1", None),
        ] {
            let expected = expected.map(|(mantissa, exponent)| Decimal::new(mantissa, exponent));
            assert_eq!(Decimal::from_text(text), expected, "{text}");
        }
    }

    /// Found by fuzzing: 427836555E20 was read as a number, and not any more once it was written.
    #[test]
    fn json_numbers_fit_written_out_or_not_at_all() {
        assert_eq!(Decimal::from_json("427836555E20"), None);
        assert_eq!(Decimal::from_json("25e2"), Some(Decimal::new(2500, 0)));
        assert_eq!(Decimal::from_json("25e2").unwrap().to_string(), "2500");
        assert_eq!(Decimal::from_json("-2.5e-1"), Some(Decimal::new(-25, -2)));
        assert_eq!(Decimal::from_json("1e999"), None);
    }

    #[test]
    fn equal_values_are_equal_and_rescaling_rounds_halves_away_from_zero() {
        assert_eq!(Decimal::new(210, -1), Decimal::new(21, 0));
        assert_eq!(Decimal::new(25, -1).rescaled(0), Some(3));
        assert_eq!(Decimal::new(-25, -1).rescaled(0), Some(-3));
        assert_eq!(Decimal::new(1, -100).rescaled(0), Some(0));
        assert_eq!(Decimal::new(1, 100).rescaled(0), None);
        assert_eq!(Decimal::new(10, -1).to_i64(), Some(1));
        assert_eq!(Decimal::new(11, -1).to_i64(), None);
    }

    proptest! {
        #[test]
        fn printed_decimals_read_back(mantissa: i64, exponent in -18_i8..1) {
            let value = Decimal::new(mantissa, exponent);
            prop_assert_eq!(Decimal::from_text(&value.to_string()), Some(value));
        }
    }
}
