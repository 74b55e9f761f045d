//! What the display shows besides its own values: comfort limits, outside values.
//!
//! Command 20, 8 bytes: lower and upper temperature (0.01 °C, signed), lower and upper humidity (0.01 %).
//!
//! Command 22, 7 bytes, depends on the display:
//!
//! | segments | | clock | |
//! |---|---|---|---|
//! | big number | i16, 0.1 | number | i32, 0.01 |
//! | small number | i16 | | |
//! | validity | u16 s | validity | u16 s |
//! | flags | smiley 3 bits, percent, battery, symbol 3 bits | flags | smiley 3 bits, battery, symbol 4 bits |

use super::error::{CommandError, NotificationError};
use super::fields::{Encoded, Reader, in_range};
use crate::Decimal;
use crate::hardware::Variant;

/// The limits within which the smiley smiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comfort {
    /// °C, in steps of 0.01.
    pub temperature_low: Decimal,
    /// °C, in steps of 0.01.
    pub temperature_high: Decimal,
    /// %, in steps of 0.01.
    pub humidity_low: Decimal,
    /// %, in steps of 0.01.
    pub humidity_high: Decimal,
}

impl Comfort {
    pub(super) fn encode(&self, command: Encoded) -> Result<Encoded, CommandError> {
        command
            .put_i16("lower temperature", self.temperature_low, -2)?
            .put_i16("upper temperature", self.temperature_high, -2)?
            .put_u16("lower humidity", self.humidity_low, -2)?
            .put_u16("upper humidity", self.humidity_high, -2)
    }

    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        Ok(Self {
            temperature_low: fields.hundredths()?,
            temperature_high: fields.hundredths()?,
            humidity_low: fields.hundredths_u16()?,
            humidity_high: fields.hundredths_u16()?,
        })
    }
}

/// An outside value, as the kind of display takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalValue {
    /// For displays with segments.
    Segments(ExternalValues),
    /// For clocks: MJWSD05MMC and LYWSD02MMC.
    Clock(ExternalNumber),
}

/// Two numbers on a display with segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternalValues {
    /// -99.5 to 1999.5, in steps of 0.1.
    pub big: Decimal,
    /// -9 to 99; on CGG1 and CGDK2 in units of 0.1.
    pub small: i16,
    /// Seconds; 0xffff for ever.
    pub validity: u16,
    /// 0 to 7.
    pub smiley: u8,
    /// The percent sign.
    pub percent: bool,
    /// The battery.
    pub battery: bool,
    /// 0 none, 1 ° and bar, 2 -, 3 °F, 4 _, 5 °C, 6 =, 7 °E.
    pub symbol: u8,
}

/// A number on a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternalNumber {
    /// -999.50 to 19995.50, in steps of 0.01.
    pub number: Decimal,
    /// Seconds; 0xffff for ever.
    pub validity: u16,
    /// 0 to 7.
    pub smiley: u8,
    /// The battery.
    pub battery: bool,
    /// 0 none, 1 upper, 2 -, 3 °C, 7 °F, 8 %.
    pub symbol: u8,
}

impl ExternalValue {
    pub(super) fn encode(&self, command: Encoded) -> Result<Encoded, CommandError> {
        match self {
            Self::Segments(values) => values.encode(command),
            Self::Clock(number) => number.encode(command),
        }
    }

    pub(super) fn read(fields: &mut Reader<'_>, variant: Variant) -> Result<Self, NotificationError> {
        match variant {
            Variant::Clock | Variant::Lywsd02 => ExternalNumber::read(fields).map(Self::Clock),
            Variant::Lcd | Variant::Headless => ExternalValues::read(fields).map(Self::Segments),
        }
    }
}

impl ExternalValues {
    fn encode(&self, command: Encoded) -> Result<Encoded, CommandError> {
        in_range("big number", self.big.rescaled(-1), -995, 19995)?;
        in_range("small number", self.small.into(), -99, 999)?;
        in_range("smiley", self.smiley.into(), 0, 7)?;
        in_range("symbol", self.symbol.into(), 0, 7)?;
        let flags =
            self.smiley | u8::from(self.percent) << 3 | u8::from(self.battery) << 4 | self.symbol << 5;
        Ok(command
            .put_i16("big number", self.big, -1)?
            .put(&self.small.to_le_bytes())
            .put(&self.validity.to_le_bytes())
            .put(&[flags]))
    }

    fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        let (big, small, validity, flags) = (fields.i16()?, fields.i16()?, fields.u16()?, fields.u8()?);
        Ok(Self {
            big: Decimal::new(big.into(), -1),
            small,
            validity,
            smiley: flags & 7,
            percent: flags & 8 != 0,
            battery: flags & 16 != 0,
            symbol: flags >> 5,
        })
    }
}

impl ExternalNumber {
    fn encode(&self, command: Encoded) -> Result<Encoded, CommandError> {
        let number = in_range("number", self.number.rescaled(-2), -99_950, 1_999_550)? as i32;
        in_range("smiley", self.smiley.into(), 0, 7)?;
        in_range("symbol", self.symbol.into(), 0, 15)?;
        let flags = self.smiley | u8::from(self.battery) << 3 | self.symbol << 4;
        Ok(command
            .put(&number.to_le_bytes())
            .put(&self.validity.to_le_bytes())
            .put(&[flags]))
    }

    fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        let number = i32::from_le_bytes(fields.take()?);
        let (validity, flags) = (fields.u16()?, fields.u8()?);
        Ok(Self {
            number: Decimal::new(number, -2),
            validity,
            smiley: flags & 7,
            battery: flags & 8 != 0,
            symbol: flags >> 4,
        })
    }
}
