//! The log of measurements (command 35).
//!
//! A record, 13 bytes: `35 | number u16 | time u32 s | temperature i16 0.01 °C | humidity u16 0.01 % | battery u16 mV`.
//! Number 1 is the newest. `35 00 00` is the end.

use super::error::NotificationError;
use super::fields::Reader;
use crate::Decimal;

/// Which records to send: those after the first `skip` up to number `last`, the newest is number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogQuery {
    /// The number of the last record; 0xffff for all.
    pub last: u16,
    /// How many of the newest to leave out.
    pub skip: u16,
}

impl LogQuery {
    /// All that there are.
    pub const ALL: Self = Self {
        last: u16::MAX,
        skip: 0,
    };
}

/// A measurement of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Counts from the newest, which is 1.
    pub number: u16,
    /// Seconds since 1970 on the device's clock, local time if that was set; since the start if nobody set it.
    pub time: u32,
    /// °C.
    pub temperature: Decimal,
    /// %. On boards without such a sensor something else.
    pub humidity: Decimal,
    /// mV. On boards with a pressure sensor, that.
    pub battery: u16,
}

impl LogRecord {
    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        Ok(Self {
            number: fields.u16()?,
            time: fields.u32()?,
            temperature: fields.hundredths()?,
            humidity: fields.hundredths_u16()?,
            battery: fields.u16()?,
        })
    }

    /// As a device sends it.
    #[must_use]
    pub fn encode(&self) -> [u8; 13] {
        let [n0, n1] = self.number.to_le_bytes();
        let [t0, t1, t2, t3] = self.time.to_le_bytes();
        let [c0, c1] = (self.temperature.rescaled(-2) as i16).to_le_bytes();
        let [h0, h1] = (self.humidity.rescaled(-2) as u16).to_le_bytes();
        let [b0, b1] = self.battery.to_le_bytes();
        [0x35, n0, n1, t0, t1, t2, t3, c0, c1, h0, h1, b0, b1]
    }
}
