//! The trigger: thresholds that switch an output, and inputs that count (command 44).
//!
//! | offset | size | field | since |
//! |---|---|---|---|
//! | 0 | 2 | temperature threshold, i16 0.01 °C | |
//! | 2 | 2 | humidity threshold, i16 0.01 % | |
//! | 4 | 1, then 2 | temperature hysteresis, i8 0.1; since 2.6 i16 0.01 | |
//! | 5, 6 | 1, then 2 | humidity hysteresis | |
//! | 8 | 2 | report interval, s | 3.6 |
//! | 10 | 1 | inputs: modes 2 bits each, inversions | 3.6 |
//! | last | 1 | flags, in answers only | |
//!
//! A positive hysteresis d switches on above threshold + d and off below threshold - d; a negative one the other way
//! round; 0 switches the control off.

use super::error::{CommandError, NotificationError};
use super::fields::{Encoded, Reader};
use super::flags::Flags;
use crate::{Decimal, FirmwareVersion};

/// Thresholds and inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The version whose layout it has.
    pub version: FirmwareVersion,
    /// °C, in steps of 0.01.
    pub temperature: Decimal,
    /// %, in steps of 0.01.
    pub humidity: Decimal,
    /// °C, in steps of 0.01; of 0.1 before 2.6.
    pub temperature_hysteresis: Decimal,
    /// %, in steps of 0.01; of 0.1 before 2.6.
    pub humidity_hysteresis: Decimal,
    /// The inputs; `None` before 3.6 and on boards without.
    pub reed: Option<Reed>,
    /// What is switched; only in answers.
    pub flags: Option<Flags>,
}

/// The inputs: reed contacts or buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reed {
    /// Seconds between two reports.
    pub report_interval: u16,
    /// Modes and inversions: use the methods. Unknown bits stay as they are.
    pub bits: u8,
}

impl Reed {
    /// The mode of input 1 or 2.
    #[must_use]
    pub const fn mode(&self, input: u8) -> ReedMode {
        ReedMode::from_wire(self.bits >> (2 * second(input)))
    }

    /// Sets the mode of input 1 or 2.
    pub const fn set_mode(&mut self, input: u8, mode: ReedMode) {
        let shift = 2 * second(input);
        self.bits = (self.bits & !(3 << shift)) | ((mode as u8) << shift);
    }

    /// Whether input 1 or 2 is inverted.
    #[must_use]
    pub const fn is_inverted(&self, input: u8) -> bool {
        self.bits & (0x10 << second(input)) != 0
    }

    /// Inverts input 1 or 2.
    pub const fn set_inverted(&mut self, input: u8, inverted: bool) {
        let bit = 0x10 << second(input);
        self.bits = if inverted {
            self.bits | bit
        } else {
            self.bits & !bit
        };
    }
}

/// 0 for input 1, 1 for input 2.
const fn second(input: u8) -> u8 {
    (input > 1) as u8
}

/// What an input does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ReedMode {
    /// Nothing.
    None = 0,
    /// Reports open and closed.
    Switch = 1,
    /// Counts pulses.
    Counter = 2,
    /// Wakes the device for a connection. Since 4.2.
    Connect = 3,
}

impl ReedMode {
    const fn from_wire(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::None,
            1 => Self::Switch,
            2 => Self::Counter,
            _ => Self::Connect,
        }
    }

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Switch => "switch",
            Self::Counter => "counter",
            Self::Connect => "connect",
        }
    }
}

impl Trigger {
    pub(super) fn encode(&self, command: Encoded) -> Result<Encoded, CommandError> {
        let command = command
            .put_i16("temperature threshold", self.temperature, -2)?
            .put_i16("humidity threshold", self.humidity, -2)?;
        let (temperature, humidity) = (self.temperature_hysteresis, self.humidity_hysteresis);
        if self.version < WIDE {
            return command
                .put_i8("temperature hysteresis", temperature, -1)?
                .put_i8("humidity hysteresis", humidity, -1);
        }
        let command = command
            .put_i16("temperature hysteresis", temperature, -2)?
            .put_i16("humidity hysteresis", humidity, -2)?;
        Ok(match self.reed {
            Some(reed) if self.version >= REED => {
                command.put(&reed.report_interval.to_le_bytes()).put(&[reed.bits])
            }
            _ => command,
        })
    }

    pub(super) fn read(fields: &mut Reader<'_>, version: FirmwareVersion) -> Result<Self, NotificationError> {
        let (temperature, humidity) = (fields.hundredths()?, fields.hundredths()?);
        let (temperature_hysteresis, humidity_hysteresis) = if version < WIDE {
            let tenths = |[byte]: [u8; 1]| Decimal::new(byte.cast_signed().into(), -1);
            (fields.take().map(tenths)?, fields.take().map(tenths)?)
        } else {
            (fields.hundredths()?, fields.hundredths()?)
        };
        // Boards without inputs leave them out.
        let reed = if version >= REED && fields.rest().len() >= 3 {
            Some(Reed {
                report_interval: fields.u16()?,
                bits: fields.u8()?,
            })
        } else {
            None
        };
        Ok(Self {
            version,
            temperature,
            humidity,
            temperature_hysteresis,
            humidity_hysteresis,
            reed,
            flags: fields.u8().ok().map(Flags),
        })
    }
}

/// The first version with hystereses in 0.01.
const WIDE: FirmwareVersion = FirmwareVersion(0x26);
/// The first version with inputs.
const REED: FirmwareVersion = FirmwareVersion(0x36);
