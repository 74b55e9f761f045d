//! What building version 1 and version 2 have in common.

use arrayvec::ArrayVec;

use super::{Format, ObjectKind, ObjectSpec, Value};
use crate::{Decimal, DecryptError, EncodeError};

/// The data of an object without its id and length: `fixed`, then `tail`.
pub(super) struct Payload<'v> {
    pub(super) fixed: ArrayVec<u8, 4>,
    pub(super) tail: &'v [u8],
    pub(super) format: Format,
}

impl<'v> Payload<'v> {
    pub(super) fn new(spec: &ObjectSpec, value: Value<'v>) -> Result<Self, EncodeError> {
        let id = u16::from(spec.id);
        let (fixed, tail, format): (&[u8], &[u8], Format) = match (value, spec.kind) {
            (
                Value::Number(value),
                ObjectKind::Sensor(_) | ObjectKind::PacketId | ObjectKind::Timestamp | ObjectKind::DeviceType,
            ) => return Self::integer(spec, value),
            (Value::Binary(on), ObjectKind::Binary { .. }) => (&[u8::from(on)], &[], Format::Unsigned),
            (Value::Button(code), ObjectKind::Button) => (&[code.0], &[], Format::Unsigned),
            (Value::Dimmer(code, steps), ObjectKind::Dimmer) => (&[code.0, steps], &[], Format::Unsigned),
            (Value::Command(code, args), ObjectKind::Command) => (&[code.0], args, Format::Unsigned),
            (Value::Text(text), ObjectKind::Text) => (&[], text.as_bytes(), Format::Text),
            (Value::InvalidText(bytes), ObjectKind::Text) => (&[], bytes, Format::Text),
            (Value::Raw(bytes), ObjectKind::Raw) => (&[], bytes, Format::Mac),
            (Value::Version(version), ObjectKind::FirmwareVersion) => {
                let components = version.components();
                if Some(components.len()) != spec.size.map(usize::from) {
                    return Err(EncodeError::OutOfRange { id });
                }
                let fixed = components.iter().rev().copied().collect();
                return Ok(Self {
                    fixed,
                    tail: &[],
                    format: Format::Unsigned,
                });
            }
            _ => return Err(EncodeError::UnknownObject { id }),
        };
        Ok(Self {
            fixed: fixed.iter().copied().collect(),
            tail,
            format,
        })
    }

    fn integer(spec: &ObjectSpec, value: Decimal) -> Result<Self, EncodeError> {
        let out_of_range = EncodeError::OutOfRange { id: spec.id.into() };
        let raw = quotient(value, spec.factor).ok_or(out_of_range)?;
        let size = usize::from(spec.size.unwrap_or_default());
        let bits = 8 * u32::from(spec.size.unwrap_or_default());
        let range = if spec.signed {
            -(1 << (bits - 1))..1 << (bits - 1)
        } else {
            0..1_i64 << bits
        };
        if !range.contains(&raw) {
            return Err(out_of_range);
        }
        let format = match spec.kind {
            ObjectKind::Timestamp => Format::Timestamp,
            _ if spec.signed => Format::Signed,
            _ => Format::Unsigned,
        };
        Ok(Self {
            fixed: raw.to_le_bytes().into_iter().take(size).collect(),
            tail: &[],
            format,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.fixed.len() + self.tail.len()
    }
}

/// `value / factor`, rounded to the nearest integer, halves away from zero; `None` if it exceeds 64 bits.
fn quotient(value: Decimal, factor: Decimal) -> Option<i64> {
    if factor.mantissa() == 1 {
        return value.rescaled(factor.exponent());
    }
    let shift = i16::from(value.exponent()) - i16::from(factor.exponent());
    let power = 10_i128.checked_pow(shift.unsigned_abs().into());
    let (dividend, divisor) = (i128::from(value.mantissa()), i128::from(factor.mantissa()));
    let (dividend, divisor) = match (power, shift >= 0) {
        _ if dividend == 0 => return Some(0),
        (power, true) => (dividend.checked_mul(power?)?, divisor),
        (Some(power), false) => (dividend, divisor.checked_mul(power)?),
        (None, false) => return Some(0),
    };
    let up = (dividend % divisor).unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    let rounded = dividend / divisor + i128::from(up) * dividend.signum();
    i64::try_from(rounded).ok()
}

/// The error of a key that doesn't suit, for those who encrypt.
pub(super) fn key_error(error: DecryptError) -> EncodeError {
    match error {
        DecryptError::KeyTooShort { expected, found } => EncodeError::KeyTooShort { expected, found },
        _ => EncodeError::Conflict("this key can't encrypt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_rounds_to_the_nearest_once() {
        let decimal = Decimal::new;
        for (value, factor, expected) in [
            (decimal(2506, -2), decimal(1, -2), Some(2506)),
            (decimal(25064, -3), decimal(1, -2), Some(2506)),
            (decimal(25065, -3), decimal(1, -2), Some(2507)),
            (decimal(-25065, -3), decimal(1, -2), Some(-2507)),
            (decimal(3675, -2), decimal(35, -2), Some(105)),
            (decimal(174, -3), decimal(35, -2), Some(0)),
            (decimal(175, -3), decimal(35, -2), Some(1)),
            (decimal(1_749_999, -7), decimal(35, -2), Some(0)),
            (decimal(-77, -1), decimal(35, -2), Some(-22)),
            (decimal(0, 120), decimal(1, -6), Some(0)),
            (decimal(1, 120), decimal(1, -6), None),
            (decimal(i64::MAX, 0), decimal(1, -2), None),
            (decimal(i64::MIN, -128), decimal(35, -2), Some(0)),
        ] {
            assert_eq!(quotient(value, factor), expected, "{value} / {factor}");
        }
    }
}
