//! The steps of a flasher: how long each waits, how often it is tried, what people call it.

use alloc::vec::Vec;
use core::time::Duration;

use super::frame::SECTOR;

/// Which answer is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Off,
    Link,
    Baud,
    IdentifyCrc,
    ProbeRead,
    ProbeCrc { data: Vec<u8> },
    ChipRegister,
    FlashId,
    StatusLow,
    StatusHigh { low: u8 },
    StatusWrite { value: u16 },
    StatusCheckLow,
    StatusCheckHigh { low: u8 },
    Ready,
    Read,
    ReadCrc { data: Vec<u8> },
    Relink,
    Erase,
    Program,
    Verify,
}

impl Phase {
    /// How long its answer may take.
    pub(super) const fn patience(&self) -> Duration {
        match self {
            Self::Link => Duration::from_millis(5),
            Self::Read | Self::ProbeRead | Self::Program | Self::Erase => Duration::from_millis(1500),
            Self::IdentifyCrc | Self::ReadCrc { .. } | Self::Verify | Self::ProbeCrc { .. } => {
                // About 400 kB/s.
                Duration::from_millis(1000 + SECTOR as u64 * 1000 / 400_000)
            }
            _ => Duration::from_millis(500),
        }
    }

    /// How often a step is tried; reading costs nothing, writing wears the flash.
    pub(super) const fn limit(&self) -> u32 {
        match self {
            Self::Erase | Self::Program | Self::Verify | Self::Relink => 3,
            Self::Baud => 3,
            _ => 20,
        }
    }

    /// Its name for people.
    pub(super) const fn step(&self) -> &'static str {
        match self {
            Self::Off | Self::Ready => "nothing",
            Self::Link | Self::Relink => "link",
            Self::Baud => "set speed",
            Self::IdentifyCrc | Self::ProbeCrc { .. } | Self::ReadCrc { .. } | Self::Verify => "CRC",
            Self::ProbeRead | Self::Read => "read",
            Self::ChipRegister => "read register",
            Self::FlashId => "flash id",
            Self::StatusLow
            | Self::StatusHigh { .. }
            | Self::StatusCheckLow
            | Self::StatusCheckHigh { .. } => "read status register",
            Self::StatusWrite { .. } => "write status register",
            Self::Erase => "erase",
            Self::Program => "write",
        }
    }
}
