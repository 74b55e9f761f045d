//! IEEE 754 numbers of BTHome v1.

use crate::Decimal;

/// The value of a float of 2, 4 or 8 bytes, least significant first. `None` for other lengths, infinities,
/// NaN, and for what is too large or too small for a [`Decimal`].
///
/// The float is taken at its exact value, to 17 digits, and not as the shortest decimal that a float of its
/// size can tell apart: 0.1 as two bytes is 0.0999755859375.
pub(super) fn decimal(bytes: &[u8]) -> Option<Decimal> {
    let value = if let Ok(&half) = bytes.try_into() {
        half_to_f64(u16::from_le_bytes(half))
    } else if let Ok(&single) = bytes.try_into() {
        f64::from(f32::from_le_bytes(single))
    } else {
        f64::from_le_bytes(bytes.try_into().ok()?)
    };
    Decimal::from_f64(value)
}

/// Every half-precision float is a double, too: 1 sign, 5 exponent, 10 fraction bits.
fn half_to_f64(half: u16) -> f64 {
    let (exponent, fraction) = (half >> 10 & 0x1f, half & 0x3ff);
    let magnitude = match exponent {
        0 => f64::from(fraction) / SUBNORMAL_STEPS,
        0x1f if fraction == 0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => {
            let exponent = u64::from(exponent) + (DOUBLE_BIAS - HALF_BIAS);
            f64::from_bits(exponent << 52 | u64::from(fraction) << 42)
        }
    };
    if half >> 15 == 0 { magnitude } else { -magnitude }
}

/// Subnormal halves are multiples of 2^-24.
const SUBNORMAL_STEPS: f64 = 16_777_216.0;
const DOUBLE_BIAS: u64 = 1023;
const HALF_BIAS: u64 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_floats_are_exact() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x0001, 1.0 / 16_777_216.0),
            (0x03ff, 1023.0 / 16_777_216.0),
            (0x0400, 1.0 / 16_384.0),
            (0x2e66, 0.099_975_585_937_5),
            (0x3c00, 1.0),
            (0x70fe, 10_224.0),
            (0x7bff, 65_504.0),
            (0xc000, -2.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half_to_f64(half), value, "{half:#06x}");
        }
        assert!(half_to_f64(0x7e00).is_nan());
    }

    #[test]
    fn the_three_sizes_carry_the_same_number() {
        let value = Decimal::new(-2375, -2);
        assert_eq!(decimal(&[0xf0, 0xcd]), Some(value));
        assert_eq!(decimal(&(-23.75_f32).to_le_bytes()), Some(value));
        assert_eq!(decimal(&(-23.75_f64).to_le_bytes()), Some(value));
    }

    #[test]
    fn a_single_is_taken_at_its_exact_value() {
        let value = decimal(&23.8_f32.to_le_bytes()).unwrap();
        assert_eq!(value.to_f64(), f64::from(23.8_f32));
    }

    #[test]
    fn what_is_no_number_is_none() {
        assert_eq!(decimal(&[0x00, 0x7e]), None);
        assert_eq!(decimal(&f32::INFINITY.to_le_bytes()), None);
        assert_eq!(decimal(&1e-300_f64.to_le_bytes()), None);
        assert_eq!(decimal(&[0, 0, 0]), None);
        assert_eq!(decimal(&[]), None);
    }
}
