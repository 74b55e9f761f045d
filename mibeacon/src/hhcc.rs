//! HHCC plant sensor HHCCJCY10 (the pink Flower care): service data 0xFD50.
//!
//! Exactly 9 bytes, **big-endian**:
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 1 | soil moisture | % |
//! | 1 | 2 | temperature, signed | 0.1 °C |
//! | 3 | 3 | illuminance | lx |
//! | 6 | 1 | battery | % |
//! | 7 | 2 | conductivity | µS/cm |
//!
//! ```
//! use mibeacon::hhcc::Frame;
//!
//! let frame = Frame::parse(b"\x0e\x00\x6e\x01\x34\xa4\x28\x00\x5b")?;
//! let readings: Vec<_> = frame.readings().map(|reading| reading.to_string()).collect();
//! assert_eq!(
//!     readings,
//!     ["moisture 14 %", "temperature 11.0 °C", "illuminance 79012 lx", "battery 40 %", "conductivity 91 µS/cm"]
//! );
//! # Ok::<(), mibeacon::ParseError>(())
//! ```
//!
//! The device alternates with other frames under the same UUID; they have another length.

use crate::{Decimal, EncodeError, ParseError, Quantity, Reading, Unit};

/// The UUID of this service data.
pub const UUID: u16 = 0xfd50;

/// What a plant sensor measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Percent.
    pub moisture: u8,
    /// 0.1 °C.
    pub temperature: i16,
    /// lx, 24 bits.
    pub illuminance: u32,
    /// Percent.
    pub battery_level: u8,
    /// µS/cm.
    pub conductivity: u16,
}

impl Frame {
    /// Reads service data, without the UUID.
    ///
    /// # Errors
    ///
    /// [`ParseError::BadLength`] for anything but 9 bytes: another frame of the same device.
    pub fn parse(service_data: &[u8]) -> Result<Self, ParseError> {
        let &[moisture, t1, t0, i2, i1, i0, battery_level, c1, c0] = service_data else {
            return Err(ParseError::BadLength {
                expected: 9,
                found: service_data.len(),
            });
        };
        Ok(Self {
            moisture,
            temperature: i16::from_be_bytes([t1, t0]),
            illuminance: u32::from_be_bytes([0, i2, i1, i0]),
            battery_level,
            conductivity: u16::from_be_bytes([c1, c0]),
        })
    }

    /// The exact inverse of [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLarge`] for an illuminance above 24 bits.
    pub const fn encode(&self) -> Result<[u8; 9], EncodeError> {
        let [t1, t0] = self.temperature.to_be_bytes();
        let [i3, i2, i1, i0] = self.illuminance.to_be_bytes();
        let [c1, c0] = self.conductivity.to_be_bytes();
        if i3 != 0 {
            return Err(EncodeError::TooLarge {
                found: self.illuminance,
                limit: 0xff_ffff,
            });
        }
        Ok([self.moisture, t1, t0, i2, i1, i0, self.battery_level, c1, c0])
    }

    /// All five measurements, in the order of the wire.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        [
            Reading::measurement(Quantity::Moisture, self.moisture.into(), Unit::Percent),
            Reading::measurement(
                Quantity::Temperature,
                Decimal::new(self.temperature.into(), -1),
                Unit::Celsius,
            ),
            Reading::measurement(Quantity::Illuminance, self.illuminance.into(), Unit::Lux),
            Reading::measurement(Quantity::Battery, self.battery_level.into(), Unit::Percent),
            Reading::measurement(
                Quantity::Conductivity,
                self.conductivity.into(),
                Unit::MicrosiemensPerCentimeter,
            ),
        ]
        .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_below_zero_are_signed() {
        let frame = Frame::parse(b"\x00\xff\xf6\x00\x00\x00\x64\x00\x00").unwrap();
        let reading = frame.readings().nth(1).unwrap();
        assert_eq!(reading.to_string(), "temperature -1.0 °C");
    }

    #[test]
    fn other_lengths_are_other_frames() {
        for found in [0, 8, 10] {
            let error = Frame::parse(&[0; 10][..found]).unwrap_err();
            assert_eq!(error, ParseError::BadLength { expected: 9, found });
        }
    }

    #[test]
    fn an_illuminance_above_24_bits_is_refused() {
        let frame = Frame {
            illuminance: 1 << 24,
            ..Frame::parse(&[0; 9]).unwrap()
        };
        assert_eq!(
            frame.encode(),
            Err(EncodeError::TooLarge {
                found: 1 << 24,
                limit: 0xff_ffff
            })
        );
    }
}
