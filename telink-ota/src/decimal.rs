//! Exact decimal numbers: what the wire says, without binary rounding.

use core::fmt;
use core::str::FromStr;

/// `mantissa × 10^exponent`, exact: the wire has scaled integers, 2137 in steps of 0.01 °C.
///
/// ```
/// use telink_ota::Decimal;
///
/// let temperature = Decimal::new(2137, -2);
/// assert_eq!(temperature.to_string(), "21.37");
/// assert_eq!("-0.5".parse(), Ok(Decimal::new(-5, -1)));
/// assert_eq!(Decimal::new(210, -1), Decimal::new(21, 0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Decimal {
    mantissa: i32,
    exponent: i8,
}

impl Decimal {
    /// `mantissa × 10^exponent`; exponents below -6 are taken as -6, above 3 as 3, which is more than the wire has.
    #[must_use]
    pub const fn new(mantissa: i32, exponent: i8) -> Self {
        let exponent = match exponent {
            i8::MIN..-6 => -6,
            4.. => 3,
            exponent => exponent,
        };
        Self { mantissa, exponent }
    }

    /// 2137 for 21.37.
    #[must_use]
    pub const fn mantissa(self) -> i32 {
        self.mantissa
    }

    /// -2 for 21.37.
    #[must_use]
    pub const fn exponent(self) -> i8 {
        self.exponent
    }

    /// The value in units of `10^exponent`, rounded to the nearest, halves away from zero.
    ///
    /// ```
    /// use telink_ota::Decimal;
    /// assert_eq!(Decimal::new(2137, -2).rescaled(-1), 214);
    /// assert_eq!(Decimal::new(21, 0).rescaled(-2), 2100);
    /// ```
    #[must_use]
    pub const fn rescaled(self, exponent: i8) -> i64 {
        let shift = self.exponent as i32 - exponent as i32;
        let shift = if shift > 9 { 9 } else { shift };
        let mantissa = self.mantissa as i64;
        if shift >= 0 {
            return mantissa.saturating_mul(10_i64.pow(shift as u32));
        }
        let divisor = 10_i64.saturating_pow(shift.unsigned_abs());
        let half = if mantissa < 0 { -(divisor / 2) } else { divisor / 2 };
        (mantissa + half) / divisor
    }

    /// The nearest binary floating-point number.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        let power = 10_u32.pow(u32::from(self.exponent.unsigned_abs()));
        if self.exponent < 0 {
            f64::from(self.mantissa) / f64::from(power)
        } else {
            f64::from(self.mantissa) * f64::from(power)
        }
    }
}

impl From<i32> for Decimal {
    fn from(value: i32) -> Self {
        Self::new(value, 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let exponent = self.exponent.min(other.exponent);
        self.rescaled(exponent) == other.rescaled(exponent)
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.exponent >= 0 {
            return write!(f, "{}", self.rescaled(0));
        }
        let digits = usize::from(self.exponent.unsigned_abs());
        let power = 10_u32.pow(digits as u32);
        let (size, sign) = (
            self.mantissa.unsigned_abs(),
            if self.mantissa < 0 { "-" } else { "" },
        );
        write!(f, "{sign}{}.{:0digits$}", size / power, size % power)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || fraction.len() > 6 || (fraction.is_empty() && digits.ends_with('.')) {
            return Err(DecimalError);
        }
        let mut mantissa = 0_i32;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = char::from(digit).to_digit(10).ok_or(DecimalError)?;
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|mantissa| mantissa.checked_add(digit.cast_signed()))
                .ok_or(DecimalError)?;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Ok(Self::new(mantissa, -(fraction.len() as i8)))
    }
}

/// Text that is no number, or one too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that isn't a number such as -12.5")]
pub struct DecimalError;

impl DecimalError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Write digits with a point, without unit and without exponent: -12.5.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_prints_reads_back(mantissa in -1_000_000_000..1_000_000_000_i32, exponent in -6..=0_i8) {
            let value = Decimal::new(mantissa, exponent);
            prop_assert_eq!(value.to_string().parse(), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Decimal>();
        }
    }

    #[test]
    fn numbers_without_digits_are_refused() {
        for text in ["", "-", ".5", "5.", "1e3", "1.2345678", "99999999999"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError), "{text}");
        }
    }

    #[test]
    fn rounding_is_away_from_zero() {
        assert_eq!(Decimal::new(-5, -1).rescaled(0), -1);
        assert_eq!(Decimal::new(5, -1).rescaled(0), 1);
        assert_eq!(Decimal::new(4, -1).rescaled(0), 0);
        assert_eq!(Decimal::new(i32::MIN, 3).rescaled(-2), -214_748_364_800_000);
    }
}
