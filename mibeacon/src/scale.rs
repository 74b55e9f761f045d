//! Mi Scale: service data 0x181D (weight) and 0x181B (weight and impedance).
//!
//! 0x181D, 10 bytes, little-endian (XMTZC01HM, XMTZC04HM):
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 1 | control: bit 0 lb, 4 jin, 5 stabilized, 6 object, 7 load removed | |
//! | 1 | 2 | weight | kg / 200, lb / 100, jin / 100 |
//! | 3 | 7 | [`LocalTime`] | |
//!
//! 0x181B, 13 bytes, little-endian (XMTZC02HM, XMTZC05HM, NUN4049CN):
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 1 | control: bit 0 lb, 2 object | |
//! | 1 | 1 | control: bit 1 impedance, 5 stabilized, 6 jin, 7 load removed | |
//! | 2 | 7 | [`LocalTime`] | |
//! | 9 | 2 | impedance | Ω |
//! | 11 | 2 | weight | as above |
//!
//! ```
//! use mibeacon::scale::BodyComposition;
//!
//! // 02 26 b20705040f0201 ac01 8642
//! let frame = BodyComposition::parse(b"\x02\x26\xb2\x07\x05\x04\x0f\x02\x01\xac\x01\x86\x42")?;
//! assert_eq!(frame.weight().to_string(), "85.150");
//! let readings: Vec<_> = frame.readings().map(|reading| reading.to_string()).collect();
//! assert_eq!(readings, ["impedance 428 Ω", "weight 85.150 kg"]);
//! # Ok::<(), mibeacon::ParseError>(())
//! ```
//!
//! A weight is final once it is stabilized, the load is still on the scale and it isn't zero; only then it
//! is a reading. Repeats have identical bytes.

use crate::{Decimal, ParseError, Quantity, Reading, Unit};

/// Service data 0x181D, "Weight Scale".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WeightScale {
    /// Unit and state, bit by bit.
    pub control: u8,
    /// The weight as sent; [`weight`](Self::weight) knows its unit.
    pub raw_weight: u16,
    /// When it was measured.
    pub time: LocalTime,
}

impl WeightScale {
    /// The UUID of this service data.
    pub const UUID: u16 = 0x181d;

    /// Reads service data, without the UUID.
    ///
    /// # Errors
    ///
    /// [`ParseError::BadLength`] for anything but 10 bytes.
    pub fn parse(service_data: &[u8]) -> Result<Self, ParseError> {
        let &[control, w0, w1, ref time @ ..] = sized::<10>(service_data)?;
        Ok(Self {
            control,
            raw_weight: u16::from_le_bytes([w0, w1]),
            time: LocalTime::from_bytes(*time),
        })
    }

    /// The exact inverse of [`parse`](Self::parse).
    #[must_use]
    pub const fn encode(&self) -> [u8; 10] {
        let [w0, w1] = self.raw_weight.to_le_bytes();
        let [y0, y1, month, day, hour, minute, second] = self.time.to_bytes();
        [self.control, w0, w1, y0, y1, month, day, hour, minute, second]
    }

    /// Which unit the scale is set to.
    #[must_use]
    pub const fn unit(&self) -> WeightUnit {
        WeightUnit::choose(self.control & 1 << 4 != 0, self.control & 1 != 0)
    }

    /// The weight now, final or not, in [`unit`](Self::unit).
    #[must_use]
    pub const fn weight(&self) -> Decimal {
        self.unit().weight(self.raw_weight)
    }

    /// The weight doesn't change any more.
    #[must_use]
    pub const fn is_stabilized(&self) -> bool {
        self.control & 1 << 5 != 0
    }

    /// The load was taken off; the weight is the last result again.
    #[must_use]
    pub const fn is_removed(&self) -> bool {
        self.control & 1 << 7 != 0
    }

    /// An object is weighed, not a person (known from one source only).
    #[must_use]
    pub const fn is_object(&self) -> bool {
        self.control & 1 << 6 != 0
    }

    /// The result: stabilized, not removed, not zero.
    #[must_use]
    pub const fn final_weight(&self) -> Option<Decimal> {
        if self.is_stabilized() && !self.is_removed() && self.raw_weight > 0 {
            return Some(self.weight());
        }
        None
    }

    /// The weight, once it is final.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        let unit = self.unit().into();
        let weight = self.final_weight();
        weight
            .map(|weight| Reading::measurement(Quantity::Weight, weight, unit))
            .into_iter()
    }
}

/// Service data 0x181B, "Body Composition".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BodyComposition {
    /// Unit and state, bit by bit.
    pub control: [u8; 2],
    /// When it was measured.
    pub time: LocalTime,
    /// The impedance as sent, Ω; [`impedance`](Self::impedance) knows whether it is one.
    pub raw_impedance: u16,
    /// The weight as sent; [`weight`](Self::weight) knows its unit.
    pub raw_weight: u16,
}

impl BodyComposition {
    /// The UUID of this service data.
    pub const UUID: u16 = 0x181b;

    /// Reads service data, without the UUID.
    ///
    /// # Errors
    ///
    /// [`ParseError::BadLength`] for anything but 13 bytes.
    pub fn parse(service_data: &[u8]) -> Result<Self, ParseError> {
        let &[control_0, control_1, ref time @ .., i0, i1, w0, w1] = sized::<13>(service_data)?;
        Ok(Self {
            control: [control_0, control_1],
            time: LocalTime::from_bytes(*time),
            raw_impedance: u16::from_le_bytes([i0, i1]),
            raw_weight: u16::from_le_bytes([w0, w1]),
        })
    }

    /// The exact inverse of [`parse`](Self::parse).
    #[must_use]
    pub const fn encode(&self) -> [u8; 13] {
        let [control_0, control_1] = self.control;
        let [y0, y1, month, day, hour, minute, second] = self.time.to_bytes();
        let [i0, i1] = self.raw_impedance.to_le_bytes();
        let [w0, w1] = self.raw_weight.to_le_bytes();
        [
            control_0, control_1, y0, y1, month, day, hour, minute, second, i0, i1, w0, w1,
        ]
    }

    /// Which unit the scale is set to.
    #[must_use]
    pub const fn unit(&self) -> WeightUnit {
        WeightUnit::choose(self.state(6), self.control[0] & 1 != 0)
    }

    /// The weight now, final or not, in [`unit`](Self::unit).
    #[must_use]
    pub const fn weight(&self) -> Decimal {
        self.unit().weight(self.raw_weight)
    }

    /// The weight doesn't change any more.
    #[must_use]
    pub const fn is_stabilized(&self) -> bool {
        self.state(5)
    }

    /// The load was taken off; the weight is the last result again.
    #[must_use]
    pub const fn is_removed(&self) -> bool {
        self.state(7)
    }

    /// An object is weighed, not a person (known from one source only).
    #[must_use]
    pub const fn is_object(&self) -> bool {
        self.control[0] & 1 << 2 != 0
    }

    /// The scale says that it measured an impedance; the value may still be none.
    #[must_use]
    pub const fn has_impedance(&self) -> bool {
        self.state(1)
    }

    /// The weight field says "overload" (known from one source only).
    #[must_use]
    pub const fn is_overloaded(&self) -> bool {
        self.raw_weight == OVERLOAD
    }

    /// The impedance in Ω; `None` if it wasn't measured, or measuring failed (0, 0xFFFD, 0xFFFE).
    #[must_use]
    pub const fn impedance(&self) -> Option<u16> {
        match self.raw_impedance {
            ohm @ 1..=2999 if self.has_impedance() => Some(ohm),
            _ => None,
        }
    }

    /// The result: stabilized, not removed, not zero and no overload.
    #[must_use]
    pub const fn final_weight(&self) -> Option<Decimal> {
        let is_final = self.is_stabilized() && !self.is_removed();
        if is_final && self.raw_weight > 0 && !self.is_overloaded() {
            return Some(self.weight());
        }
        None
    }

    /// Impedance and weight, once the weight is final.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        let weight = self.final_weight();
        let impedance = self.impedance().filter(|_| weight.is_some());
        let unit = self.unit().into();
        [
            impedance.map(|ohm| Reading::measurement(Quantity::Impedance, ohm.into(), Unit::Ohm)),
            weight.map(|weight| Reading::measurement(Quantity::Weight, weight, unit)),
        ]
        .into_iter()
        .flatten()
    }

    const fn state(&self, bit: u8) -> bool {
        self.control[1] >> bit & 1 != 0
    }
}

/// The unit that a scale is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightUnit {
    /// Kilograms, sent in steps of 5 g.
    Kilogram,
    /// Pounds of 0.45359237 kg, in steps of 0.01 lb.
    Pound,
    /// Jin of 0.5 kg, in steps of 0.01 jin.
    Jin,
}

impl WeightUnit {
    /// `kg`, `lb` or `jin`.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Kilogram => "kg",
            Self::Pound => "lb",
            Self::Jin => "jin",
        }
    }

    /// The jin bit comes first: scales leave the lb bit as it was.
    const fn choose(jin: bool, pound: bool) -> Self {
        match (jin, pound) {
            (true, _) => Self::Jin,
            (false, true) => Self::Pound,
            (false, false) => Self::Kilogram,
        }
    }

    const fn weight(self, raw: u16) -> Decimal {
        match self {
            Self::Kilogram => Decimal::new(raw as i64 * 5, -3),
            Self::Pound | Self::Jin => Decimal::new(raw as i64, -2),
        }
    }
}

impl From<WeightUnit> for Unit {
    fn from(unit: WeightUnit) -> Self {
        match unit {
            WeightUnit::Kilogram => Self::Kilogram,
            WeightUnit::Pound => Self::Pound,
            WeightUnit::Jin => Self::Jin,
        }
    }
}

/// The scale's own clock, as sent: year u16, month, day, hour, minute, second. 1970 if it was never set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalTime {
    /// 1970 and later.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl LocalTime {
    const fn from_bytes([y0, y1, month, day, hour, minute, second]: [u8; 7]) -> Self {
        Self {
            year: u16::from_le_bytes([y0, y1]),
            month,
            day,
            hour,
            minute,
            second,
        }
    }

    const fn to_bytes(self) -> [u8; 7] {
        let [y0, y1] = self.year.to_le_bytes();
        [y0, y1, self.month, self.day, self.hour, self.minute, self.second]
    }
}

fn sized<const N: usize>(service_data: &[u8]) -> Result<&[u8; N], ParseError> {
    service_data.try_into().map_err(|_| ParseError::BadLength {
        expected: N,
        found: service_data.len(),
    })
}

/// The raw weight of an overloaded 0x181B scale.
const OVERLOAD: u16 = 0xfff0;

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(bytes: &[u8; 10]) -> Vec<String> {
        let frame = WeightScale::parse(bytes).unwrap();
        frame.readings().map(|reading| reading.to_string()).collect()
    }

    fn body(bytes: &[u8; 13]) -> Vec<String> {
        let frame = BodyComposition::parse(bytes).unwrap();
        frame.readings().map(|reading| reading.to_string()).collect()
    }

    #[test]
    fn only_a_final_weight_is_a_reading() {
        let settled = *b"\x22\x9e\x43\xe5\x07\x04\x0b\x10\x13\x01";
        assert_eq!(weight(&settled), ["weight 86.550 kg"]);
        for control in [0x02, 0xa2, 0x82] {
            let mut bytes = settled;
            bytes[0] = control;
            assert!(weight(&bytes).is_empty(), "{control:#x}");
        }
        assert!(weight(b"\x22\x00\x00\xe5\x07\x04\x0b\x10\x13\x01").is_empty());
    }

    #[test]
    fn the_jin_bit_wins_over_the_lb_bit() {
        assert_eq!(
            weight(b"\x32\x26\x52\xe1\x07\x0a\x12\x0a\x2f\x2f"),
            ["weight 210.30 jin"]
        );
        assert_eq!(
            weight(b"\x33\x26\x52\xe1\x07\x0a\x12\x0a\x2f\x2f"),
            ["weight 210.30 jin"]
        );
        assert_eq!(
            weight(b"\x23\x72\x33\xe6\x07\x02\x0e\x10\x29\x3a"),
            ["weight 131.70 lb"]
        );
    }

    #[test]
    fn an_impedance_needs_its_bit_and_a_value_that_can_be_one() {
        let mut bytes = *b"\x02\x26\xb2\x07\x05\x04\x0f\x02\x01\xb7\x0b\x86\x42";
        assert_eq!(body(&bytes), ["impedance 2999 Ω", "weight 85.150 kg"]);
        bytes[9] = 0xb8;
        assert_eq!(body(&bytes), ["weight 85.150 kg"]);
        bytes[9] = 0xb7;
        bytes[1] = 0x24;
        assert_eq!(body(&bytes), ["weight 85.150 kg"]);
    }

    #[test]
    fn objects_keep_their_unit() {
        let frame = BodyComposition::parse(b"\x07\x24\xe6\x07\x02\x0e\x10\x29\x3a\x00\x00\xce\x04").unwrap();
        assert!(frame.is_object());
        assert_eq!(
            (frame.unit(), frame.weight().to_string().as_str()),
            (WeightUnit::Pound, "12.30")
        );
    }

    #[test]
    fn an_overload_is_no_weight() {
        let frame = BodyComposition::parse(b"\x02\x24\xe6\x07\x02\x0e\x10\x29\x3a\x00\x00\xf0\xff").unwrap();
        assert!(frame.is_overloaded());
        assert_eq!(frame.readings().count(), 0);
    }

    #[test]
    fn other_lengths_are_refused() {
        assert_eq!(
            WeightScale::parse(&[0; 9]),
            Err(ParseError::BadLength {
                expected: 10,
                found: 9
            })
        );
        assert_eq!(
            BodyComposition::parse(&[0; 12]),
            Err(ParseError::BadLength {
                expected: 13,
                found: 12
            })
        );
    }
}
