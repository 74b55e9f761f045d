//! The commands of atc1441's firmware: no answers, and lost at a restart unless they are saved.
//!
//! ```
//! use telink_ota::command::atc1441::{Command, Smiley};
//!
//! assert_eq!(Command::Smiley(Smiley::Comfort).encode()?.expose(), [0xa3]);
//! assert_eq!(Command::TemperatureOffset("-1.5".parse().unwrap()).encode()?.expose(), [0xfa, 0xf1]);
//! # Ok::<(), telink_ota::command::CommandError>(())
//! ```

use super::error::CommandError;
use super::fields::{Encoded, in_range};
use crate::Decimal;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Fahrenheit on the display.
    Fahrenheit(bool),
    /// Fahrenheit × 10 in adverts, where receivers expect Celsius.
    FahrenheitAdverts(bool),
    /// The battery on the display.
    ShowBattery(bool),
    /// The smiley.
    Smiley(Smiley),
    /// MiBeacon-like adverts under 0xFE95 instead of 0x181A.
    MiAdverts(bool),
    /// The advertising interval, in steps of about 10 s; 1 at least.
    Interval(u8),
    /// -12.8 to 12.7 °C.
    TemperatureOffset(Decimal),
    /// -50 to 50 %.
    HumidityOffset(i8),
    /// A change that is advertised at once, 0.1 to 25.5 °C.
    TemperatureAlarm(Decimal),
    /// A change that is advertised at once, 1 to 50 %.
    HumidityAlarm(u8),
    /// Segments of the display.
    SetLcd([u8; 6]),
    /// Everything as it was at first, and saved.
    ResetSettings,
    /// Keeps the settings over a restart.
    SaveSettings,
}

/// What the smiley does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Smiley {
    /// It isn't there.
    Off,
    /// It smiles.
    Happy,
    /// It doesn't.
    Sad,
    /// It shows comfort.
    Comfort,
    /// It blinks.
    Blinking,
}

impl Command {
    /// What is written to the characteristic.
    pub fn encode(&self) -> Result<Encoded, CommandError> {
        let new = Encoded::new;
        let pick = |on: bool, yes, no| new(if on { yes } else { no });
        Ok(match *self {
            Self::Fahrenheit(on) => pick(on, 0xff, 0xcc),
            Self::FahrenheitAdverts(on) => pick(on, 0x0f, 0x0c),
            Self::ShowBattery(on) => pick(on, 0xb1, 0xb0),
            Self::Smiley(smiley) => new(match smiley {
                Smiley::Off => 0xa0,
                Smiley::Happy => 0xa1,
                Smiley::Sad => 0xa2,
                Smiley::Comfort => 0xa3,
                Smiley::Blinking => 0xab,
            }),
            Self::MiAdverts(on) => pick(on, 0xaf, 0xae),
            Self::Interval(steps) => new(0xfe).put(&[in_range("interval", steps.into(), 1, 255)? as u8]),
            Self::TemperatureOffset(offset) => new(0xfa).put_i8("temperature offset", offset, -1)?,
            Self::HumidityOffset(offset) => {
                new(0xfb).put(&[in_range("humidity offset", offset.into(), -50, 50)? as i8 as u8])
            }
            Self::TemperatureAlarm(change) => {
                new(0xfc).put(&[in_range("temperature alarm", change.rescaled(-1), 1, 255)? as u8])
            }
            Self::HumidityAlarm(change) => {
                new(0xfd).put(&[in_range("humidity alarm", change.into(), 1, 50)? as u8])
            }
            Self::SetLcd(segments) => new(0xdd).put(&segments),
            Self::ResetSettings => new(0xde),
            Self::SaveSettings => new(0xdf),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_the_device_would_change_are_refused() {
        for command in [
            Command::Interval(0),
            Command::HumidityOffset(51),
            Command::HumidityAlarm(0),
            Command::TemperatureAlarm(Decimal::new(0, 0)),
            Command::TemperatureOffset(Decimal::new(13, 0)),
        ] {
            assert_eq!(
                command.encode().unwrap_err().name(),
                "out_of_range",
                "{command:?}"
            );
        }
    }
}
