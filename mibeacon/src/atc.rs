//! Custom thermometer firmware: service data 0x181A of atc1441 and pvvx, plain and encrypted.
//!
//! The length alone tells the form:
//!
//! | bytes | form | type |
//! |---|---|---|
//! | 13 | atc1441 | [`Atc1441`] |
//! | 15, 14 | pvvx "custom", without flags byte in 14 | [`Pvvx`] |
//! | 11 | pvvx encrypted | [`Encrypted`], then [`PvvxPayload`] |
//! | 8 | atc1441 encrypted | [`Encrypted`], then [`Atc1441Payload`] |
//!
//! pvvx, numbers little-endian:
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 6 | MAC, reversed | |
//! | 6 | 2 | temperature, signed | 0.01 °C |
//! | 8 | 2 | humidity | 0.01 % |
//! | 10 | 2 | battery, average | mV |
//! | 12 | 1 | battery | % |
//! | 13 | 1 | counter | |
//! | 14 | 1 | [`Flags`], absent in the short form | |
//!
//! atc1441, numbers big-endian:
//!
//! | offset | size | field | unit |
//! |---|---|---|---|
//! | 0 | 6 | MAC, in display order | |
//! | 6 | 2 | temperature, signed | 0.1 °C |
//! | 8 | 1 | humidity | % |
//! | 9 | 1 | battery | % |
//! | 10 | 2 | battery | mV |
//! | 12 | 1 | counter | |
//!
//! ```
//! use mibeacon::atc::Frame;
//!
//! // f4830238c1a4 a906 6911 b60b 58 f7 0d
//! let frame = Frame::parse(b"\xf4\x83\x02\x38\xc1\xa4\xa9\x06\x69\x11\xb6\x0b\x58\xf7\x0d")?;
//! assert_eq!(frame.mac().unwrap().to_string(), "A4:C1:38:02:83:F4");
//! let readings: Vec<_> = frame.readings().map(|reading| reading.to_string()).collect();
//! assert_eq!(readings, ["temperature 17.05 °C", "humidity 44.57 %", "voltage 2.998 V", "battery 88 %"]);
//! # Ok::<(), mibeacon::ParseError>(())
//! ```
//!
//! The counter grows by one for each measurement, not for each advert: equal counter and equal bytes are a
//! repeat. It has 8 bits and starts again after a power loss, so no replay protection is possible, not even
//! with encryption.

mod battery;
mod encrypted;
mod event;
mod plain;
mod sample;

use macaddr::MacAddr6;

use crate::{BinarySensor, Decimal, ParseError, Quantity, Reading, Unit};

pub use battery::{atc1441_battery_level, pvvx_battery_level};
pub use encrypted::{AAD, Atc1441Payload, Encrypted, EncryptedForm, Payload, PvvxPayload};
pub use event::ReedEvent;
pub use plain::{Atc1441, Pvvx};
pub use sample::Sample;

/// Environmental Sensing, the UUID of this service data.
pub const UUID: u16 = 0x181a;

/// Service data 0x181A in one of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// 13 bytes.
    Atc1441(Atc1441),
    /// 15 or 14 bytes.
    Pvvx(Pvvx),
    /// 11 or 8 bytes.
    Encrypted(Encrypted),
}

impl Frame {
    /// Reads service data, without the UUID.
    ///
    /// # Errors
    ///
    /// [`ParseError::UnknownLength`] for every length not in the table above: other products use the UUID
    /// too.
    #[inline]
    pub fn parse(service_data: &[u8]) -> Result<Self, ParseError> {
        if let Ok(bytes) = service_data.try_into() {
            return Ok(Self::Pvvx(Pvvx::from_bytes(bytes)));
        }
        if let Ok(bytes) = service_data.try_into() {
            return Ok(Self::Atc1441(Atc1441::from_bytes(bytes)));
        }
        if let Some(encrypted) = Encrypted::parse(service_data) {
            return Ok(Self::Encrypted(encrypted));
        }
        if let Ok(bytes) = service_data.try_into() {
            return Ok(Self::Pvvx(Pvvx::from_short_bytes(bytes)));
        }
        Err(ParseError::UnknownLength {
            found: service_data.len(),
        })
    }

    /// The name of the form: `atc1441`, `pvvx`, `atc1441_encrypted`, `pvvx_encrypted`.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Atc1441(_) => "atc1441",
            Self::Pvvx(_) => "pvvx",
            Self::Encrypted(encrypted) => encrypted.form().name(),
        }
    }

    /// The MAC inside; the encrypted forms have none.
    #[must_use]
    pub const fn mac(&self) -> Option<MacAddr6> {
        match self {
            Self::Atc1441(frame) => Some(frame.mac),
            Self::Pvvx(frame) => Some(frame.mac),
            Self::Encrypted(_) => None,
        }
    }

    /// Whether the frame names another MAC than the address that sent it. A warning, no error: users change
    /// the device's MAC.
    #[must_use]
    pub fn mac_mismatch(&self, address: MacAddr6) -> bool {
        self.mac().is_some_and(|mac| mac != address)
    }

    /// The low byte of the device's count of measurements.
    #[must_use]
    pub const fn counter(&self) -> u8 {
        match self {
            Self::Atc1441(frame) => frame.counter,
            Self::Pvvx(frame) => frame.counter,
            Self::Encrypted(frame) => frame.counter(),
        }
    }

    /// The measurements, in the order of the wire; none while they are encrypted.
    ///
    /// The switches of the [`Flags`] are no readings: the frame doesn't say whether anything is connected.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        let readings = match self {
            Self::Atc1441(frame) => frame.measurements().map(Some),
            Self::Pvvx(frame) => frame.measurements().map(Some),
            Self::Encrypted(_) => [None; 4],
        };
        readings.into_iter().flatten()
    }
}

/// The flags byte of pvvx: inputs, trigger output and triggers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// Reed input 1 is open. Before firmware 3.2: the level of the trigger pin.
    #[must_use]
    pub const fn reed_open(self) -> bool {
        self.bit(0)
    }

    /// The trigger output is high.
    #[must_use]
    pub const fn trigger_output(self) -> bool {
        self.bit(1)
    }

    /// The thresholds control the output: at least one hysteresis isn't zero.
    #[must_use]
    pub const fn trigger_controlled(self) -> bool {
        self.bit(2)
    }

    /// The temperature trigger is on.
    #[must_use]
    pub const fn temperature_trigger(self) -> bool {
        self.bit(3)
    }

    /// The humidity trigger is on.
    #[must_use]
    pub const fn humidity_trigger(self) -> bool {
        self.bit(4)
    }

    /// The key is pressed; newer firmware only.
    #[must_use]
    pub const fn key_pressed(self) -> bool {
        self.bit(5)
    }

    /// Reed input 2 is open.
    #[must_use]
    pub const fn reed2_open(self) -> bool {
        self.bit(6)
    }

    const fn bit(self, bit: u8) -> bool {
        self.0 >> bit & 1 != 0
    }
}

const fn temperature(mantissa: i64, exponent: i8) -> Reading<'static> {
    Reading::measurement(
        Quantity::Temperature,
        Decimal::new(mantissa, exponent),
        Unit::Celsius,
    )
}

const fn humidity(mantissa: i64, exponent: i8) -> Reading<'static> {
    Reading::measurement(
        Quantity::Humidity,
        Decimal::new(mantissa, exponent),
        Unit::Percent,
    )
}

fn battery(percent: u8) -> Reading<'static> {
    Reading::measurement(Quantity::Battery, percent.into(), Unit::Percent)
}

fn voltage(millivolts: u16) -> Reading<'static> {
    Reading::measurement(Quantity::Voltage, Decimal::new(millivolts.into(), -3), Unit::Volt)
}

const fn opening(open: bool) -> Reading<'static> {
    Reading::binary(BinarySensor::Opening, open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(frame: Frame) -> Vec<String> {
        frame.readings().map(|reading| reading.to_string()).collect()
    }

    #[test]
    fn atc1441_has_its_mac_in_display_order() {
        let frame = Frame::parse(b"\xa4\xc1\x38\x02\x83\xf4\x00\xa2\x2f\x5f\x0b\xf8\x19").unwrap();
        assert_eq!(
            frame.mac(),
            Some(MacAddr6::new(0xa4, 0xc1, 0x38, 0x02, 0x83, 0xf4))
        );
        assert_eq!((frame.form(), frame.counter()), ("atc1441", 25));
        assert_eq!(
            texts(frame),
            [
                "temperature 16.2 °C", "humidity 47 %", "battery 95 %", "voltage 3.064 V"
            ]
        );
    }

    #[test]
    fn temperatures_below_zero_are_signed() {
        let frame = Frame::parse(b"\xa4\xc1\x38\xd5\xd4\x98\xff\xd3\x3e\x51\x0b\x7b\x62").unwrap();
        assert_eq!(texts(frame)[0], "temperature -4.5 °C");
    }

    #[test]
    fn the_short_form_has_no_flags() {
        let bytes = b"\xd4\x42\x48\x38\xc1\xa4\xff\xff\x80\x0e\x98\x09\x47\xff";
        let Frame::Pvvx(frame) = Frame::parse(bytes).unwrap() else {
            panic!("not pvvx")
        };
        assert_eq!((frame.flags, frame.temperature), (None, -1));
        assert_eq!(&frame.encode()[..], bytes);
    }

    #[test]
    fn another_mac_than_the_sender_is_only_a_warning() {
        let frame = Frame::parse(&[0; 13]).unwrap();
        assert!(!frame.mac_mismatch(MacAddr6::nil()));
        assert!(frame.mac_mismatch(MacAddr6::broadcast()));
        assert!(!Frame::parse(&[0; 8]).unwrap().mac_mismatch(MacAddr6::broadcast()));
    }

    #[test]
    fn other_lengths_are_other_products() {
        for found in (0..40).filter(|length| ![8, 11, 13, 14, 15].contains(length)) {
            assert_eq!(
                Frame::parse(&[0; 40][..found]),
                Err(ParseError::UnknownLength { found })
            );
        }
    }

    #[test]
    fn every_bit_of_the_flags_has_its_accessor() {
        let accessors: [fn(Flags) -> bool; 7] = [
            Flags::reed_open,
            Flags::trigger_output,
            Flags::trigger_controlled,
            Flags::temperature_trigger,
            Flags::humidity_trigger,
            Flags::key_pressed,
            Flags::reed2_open,
        ];
        for (bit, accessor) in accessors.into_iter().enumerate() {
            assert!(accessor(Flags(1 << bit)));
            assert!(!accessor(Flags(!(1 << bit))));
        }
    }
}
