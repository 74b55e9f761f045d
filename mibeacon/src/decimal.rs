//! Exact decimal numbers: what the wire says, without binary rounding.
//!
//! Wire values are scaled integers: 2137 in steps of 0.01 °C. A [`Decimal`] keeps both parts, so that it
//! prints `21.37` and never `21.369999`, fits in two words and is [`Copy`].
//!
//! ```
//! use mibeacon::Decimal;
//!
//! let temperature = Decimal::new(2137, -2);
//! assert_eq!(temperature.to_string(), "21.37");
//! assert_eq!(temperature.to_f64(), 21.37);
//! assert_eq!(Decimal::new(-5, -3).to_string(), "-0.005");
//! assert_eq!(Decimal::new(210, -1), Decimal::new(21, 0));
//! ```

use core::fmt::{self, Write};
use core::hash::{Hash, Hasher};

/// `mantissa × 10^exponent`, exact.
///
/// Two decimals are equal when their values are: `21.0 == 21`. [`Display`](fmt::Display) keeps the
/// resolution of the wire (`21.0`).
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

    /// The integer part of the representation: 2137 for 21.37.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// The power of ten: -2 for 21.37.
    #[must_use]
    pub const fn exponent(self) -> i8 {
        self.exponent
    }

    /// The shortest decimal that reads back as the same `f32`; `None` for infinities and NaN.
    ///
    /// MIoT objects carry IEEE 754 single precision: `6666be41` is the float nearest to 23.8, and a
    /// person wants to read 23.8, not 23.799999237060547.
    #[must_use]
    pub fn from_f32(value: f32) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        // Most sensors send at most two decimals; this finds them without going through text.
        let wide = f64::from(value);
        if wide.abs() < 1e7 {
            for (exponent, scale) in [(0, 1.0), (-1, 10.0), (-2, 100.0)] {
                let scaled = round(wide * scale);
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "the comparison is the rounding wanted"
                )]
                if (scaled / scale) as f32 == value {
                    return Some(Self::new(integer(scaled), exponent));
                }
            }
        }
        Self::from_scientific(format_args!("{value:e}"))
    }

    /// The shortest decimal that reads back as the same `f64`; `None` for infinities and NaN.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        Self::from_scientific(format_args!("{value:e}"))
    }

    /// Reads what `{:e}` prints: `-2.38e1`. At most 17 digits, so that the mantissa fits.
    fn from_scientific(text: fmt::Arguments<'_>) -> Option<Self> {
        let mut digits = Scientific::default();
        digits.write_fmt(text).ok()?;
        digits.finish()
    }

    /// The nearest binary floating-point number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // A division by an exact power of ten rounds once and so gives the nearest double; a
        // multiplication by 0.01 would round twice.
        let power = POWERS.get(usize::from(self.exponent.unsigned_abs())).copied();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the nearest double is what is asked for"
        )]
        let mantissa = self.mantissa as f64;
        match (power, self.exponent < 0) {
            (Some(power), true) => mantissa / power,
            (Some(power), false) => mantissa * power,
            (None, _) => self.to_f64_by_steps(mantissa),
        }
    }

    fn to_f64_by_steps(self, mut value: f64) -> f64 {
        for _ in 0..self.exponent.unsigned_abs() {
            value = if self.exponent < 0 {
                value / 10.0
            } else {
                value * 10.0
            };
        }
        value
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
    ///
    /// ```
    /// use mibeacon::Decimal;
    /// assert_eq!(Decimal::new(2137, -2).rescaled(-1), Some(214));
    /// assert_eq!(Decimal::new(21, 0).rescaled(-2), Some(2100));
    /// ```
    #[must_use]
    pub fn rescaled(self, exponent: i8) -> Option<i64> {
        let shift = i16::from(self.exponent) - i16::from(exponent);
        let power = 10_i64.checked_pow(u32::from(shift.unsigned_abs()));
        if shift >= 0 {
            if self.mantissa == 0 {
                return Some(0);
            }
            return power?.checked_mul(self.mantissa);
        }
        let Some(power) = power else { return Some(0) };
        let (quotient, rest) = (self.mantissa / power, self.mantissa % power);
        let up = i64::from(rest.unsigned_abs() >= power.unsigned_abs().div_ceil(2));
        Some(quotient + up * self.mantissa.signum())
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

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let normal = self.normalized();
        (normal.mantissa, normal.exponent).hash(state);
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = arrayvec::ArrayString::<{ TEXT_LENGTH }>::new();
        self.write_digits(&mut text)?;
        f.pad_integral(self.mantissa >= 0, "", &text)
    }
}

impl Decimal {
    fn write_digits(self, out: &mut impl Write) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs();
        if self.exponent >= 0 {
            write!(out, "{digits}")?;
            if digits != 0 {
                for _ in 0..self.exponent {
                    out.write_char('0')?;
                }
            }
            return Ok(());
        }
        let places = usize::from(self.exponent.unsigned_abs());
        match 10_u64.checked_pow(u32::from(self.exponent.unsigned_abs())) {
            Some(power) => write!(out, "{}.{:0places$}", digits / power, digits % power),
            None => write!(out, "0.{digits:0places$}"),
        }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::new(value, 0)
    }
}

impl From<u32> for Decimal {
    fn from(value: u32) -> Self {
        Self::new(value.into(), 0)
    }
}

impl From<u16> for Decimal {
    fn from(value: u16) -> Self {
        Self::new(value.into(), 0)
    }
}

impl From<u8> for Decimal {
    fn from(value: u8) -> Self {
        Self::new(value.into(), 0)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Decimal {
    /// As an integer where it is one, else as the nearest double, which prints the same digits for
    /// everything a sensor can send.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_i64() {
            Some(integer) if self.exponent >= 0 => serializer.serialize_i64(integer),
            _ => serializer.serialize_f64(self.to_f64()),
        }
    }
}

/// Collects the text form `-d.ddde-dd`.
#[derive(Default)]
struct Scientific {
    mantissa: i64,
    negative: bool,
    fraction_digits: i8,
    in_fraction: bool,
    exponent: i16,
    exponent_negative: bool,
    in_exponent: bool,
}

impl Scientific {
    fn finish(self) -> Option<Decimal> {
        let mantissa = if self.negative {
            -self.mantissa
        } else {
            self.mantissa
        };
        let exponent = if self.exponent_negative {
            -self.exponent
        } else {
            self.exponent
        };
        let exponent = exponent - i16::from(self.fraction_digits);
        let mut value = Decimal {
            mantissa,
            exponent: 0,
        };
        // Whole numbers print without an exponent: 120 is 120, not 12 × 10^1.
        if exponent > 0 {
            match 10_i64
                .checked_pow(exponent.unsigned_abs().into())
                .and_then(|power| power.checked_mul(mantissa))
            {
                Some(whole) => value.mantissa = whole,
                None => value.exponent = i8::try_from(exponent).ok()?,
            }
        } else {
            value.exponent = i8::try_from(exponent).ok()?;
        }
        Some(value)
    }
}

impl Write for Scientific {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match byte {
                b'-' if self.in_exponent => self.exponent_negative = true,
                b'-' => self.negative = true,
                b'.' => self.in_fraction = true,
                b'e' => self.in_exponent = true,
                b'0'..=b'9' if self.in_exponent => {
                    self.exponent = self.exponent * 10 + i16::from(byte - b'0');
                }
                b'0'..=b'9' => {
                    let digit = i64::from(byte - b'0');
                    self.mantissa = self
                        .mantissa
                        .checked_mul(10)
                        .and_then(|m| m.checked_add(digit))
                        .ok_or(fmt::Error)?;
                    self.fraction_digits += i8::from(self.in_fraction);
                }
                _ => return Err(fmt::Error),
            }
        }
        Ok(())
    }
}

/// Rounds to the nearest integer; `f64::round` needs `std`. `value` is below 2^53.
fn round(value: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "callers keep below 2^53")]
    let rounded = integer(if value < 0.0 { value - 0.5 } else { value + 0.5 }) as f64;
    rounded
}

/// Drops the fraction.
fn integer(value: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "callers keep within i64")]
    let integer = value as i64;
    integer
}

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// 20 digits of a `u64` and 128 places, the point and the zero before it.
const TEXT_LENGTH: usize = 152;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_every_digit_of_the_wire() {
        for (mantissa, exponent, text) in [
            (0, 0, "0"),
            (0, -1, "0.0"),
            (0, 3, "0"),
            (2500, -2, "25.00"),
            (-1, -1, "-0.1"),
            (-123, -1, "-12.3"),
            (7, 2, "700"),
            (4445, -2, "44.45"),
            (1, -20, "0.00000000000000000001"),
            (i64::MIN, 0, "-9223372036854775808"),
            (i64::MIN, -18, "-9.223372036854775808"),
        ] {
            assert_eq!(Decimal::new(mantissa, exponent).to_string(), text);
        }
        assert_eq!(format!("{:>8}", Decimal::new(2137, -2)), "   21.37");
        assert_eq!(format!("{:<8}|", Decimal::new(-5, -1)), "-0.5    |");
    }

    #[test]
    fn the_longest_decimal_fits_its_buffer() {
        assert_eq!(Decimal::new(i64::MIN, i8::MAX).to_string().len(), 20 + 127);
        assert_eq!(Decimal::new(i64::MIN, i8::MIN).to_string().len(), 1 + 2 + 128);
    }

    #[test]
    fn floats_become_the_shortest_decimal_that_reads_back() {
        for (value, text) in [
            (23.8_f32, "23.8"),
            (0.0, "0"),
            (-0.0, "0"),
            (-12.5, "-12.5"),
            (228.0, "228"),
            (26.1, "26.1"),
            (0.001, "0.001"),
            (1.0e10, "10000000000"),
            (f32::MAX, "340282350000000000000000000000000000000"),
        ] {
            let decimal = Decimal::from_f32(value).unwrap();
            assert_eq!(decimal.to_string(), text);
            assert_eq!(decimal.to_string().parse::<f32>().unwrap(), value);
        }
        assert_eq!(Decimal::from_f32(f32::NAN), None);
        assert_eq!(Decimal::from_f32(f32::INFINITY), None);
        assert_eq!(Decimal::from_f64(1.5e300), None);
    }

    #[test]
    fn equal_values_are_equal() {
        assert_eq!(Decimal::new(100, -2), Decimal::new(1, 0));
        assert_eq!(Decimal::new(0, -2), Decimal::new(0, 5));
        assert_ne!(Decimal::new(100, -2), Decimal::new(101, -2));
    }

    #[test]
    fn rescaling_rounds_halves_away_from_zero() {
        assert_eq!(Decimal::new(25, -1).rescaled(0), Some(3));
        assert_eq!(Decimal::new(-25, -1).rescaled(0), Some(-3));
        assert_eq!(Decimal::new(24, -1).rescaled(0), Some(2));
        assert_eq!(Decimal::new(1, -100).rescaled(0), Some(0));
        assert_eq!(Decimal::new(1, 100).rescaled(0), None);
        assert_eq!(Decimal::new(0, 100).rescaled(0), Some(0));
    }
}
