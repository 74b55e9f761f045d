use core::cmp::Ordering;
use core::fmt;

/// An exact number: an integer and how many of its digits stand behind the point.
///
/// ```
/// # use openbeken::Decimal;
/// let volts = Decimal::parse("230.0").unwrap();
/// assert_eq!(volts, Decimal::new(230, 0));
/// assert_eq!(volts.to_string(), "230.0");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i64,
    decimals: u8,
}

impl Decimal {
    /// `mantissa` divided by ten to the power of `decimals`, of which more than 18 count as 18.
    #[must_use]
    pub const fn new(mantissa: i64, decimals: u8) -> Self {
        let decimals = if decimals > MAX_DECIMALS {
            MAX_DECIMALS
        } else {
            decimals
        };
        Self { mantissa, decimals }
    }

    /// Reads `-12`, `21.500000`, `.5`: digits, at most one point, a sign. `None` for all else, and for numbers of
    /// more digits than an `i64` holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..)?),
            [b'+', ..] => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let decimals = u8::try_from(fraction.len()).ok().filter(|&n| n <= MAX_DECIMALS)?;
        let mut mantissa = 0_i64;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = i64::from(byte.checked_sub(b'0').filter(|&digit| digit < 10)?);
            mantissa = mantissa.checked_mul(10)?.checked_sub(digit)?;
        }
        let mantissa = if negative {
            mantissa
        } else {
            mantissa.checked_neg()?
        };
        Some(Self { mantissa, decimals })
    }

    /// The nearest double.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.mantissa as f64 / 10_i64.pow(u32::from(self.decimals)) as f64
    }

    /// The whole part, the fraction cut off.
    #[must_use]
    pub const fn trunc(self) -> i64 {
        self.mantissa / 10_i64.pow(self.decimals as u32)
    }

    /// All digits as an integer.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand behind the point, at most 18.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        self.decimals
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.pow(u32::from(self.decimals));
        let absolute = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", absolute / one)?;
        if self.decimals > 0 {
            let width = usize::from(self.decimals);
            write!(f, ".{:0width$}", absolute % one)?;
        }
        Ok(())
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scaled = |this: &Self, decimals: u8| {
            i128::from(this.mantissa) * 10_i128.pow(u32::from(decimals - this.decimals))
        };
        let decimals = self.decimals.max(other.decimals);
        scaled(self, decimals).cmp(&scaled(other, decimals))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl From<i32> for Decimal {
    fn from(value: i32) -> Self {
        Self::new(i64::from(value), 0)
    }
}

const MAX_DECIMALS: u8 = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn text_comes_back() {
        for text in [
            "0", "-0.05", "21.500000", "9223372036854775807", "-9223372036854775808",
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", "-", ".", "1.2.3", "nan", "1e3", " 1", "9223372036854775808", "0.0000000000000000001", "--1",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(Decimal::new(215, 1), Decimal::new(2150, 2));
        assert!(Decimal::new(-1, 18) < Decimal::new(0, 0));
        assert!(Decimal::new(i64::MAX, 0) > Decimal::new(i64::MAX, 18));
    }
}
