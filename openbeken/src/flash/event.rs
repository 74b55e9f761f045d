//! What a flasher wants, and what happened.

use alloc::vec::Vec;
use core::time::Duration;

use super::error::FlashError;
use super::table::{Bootloader, Protocol};

/// What a flasher wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Send these bytes.
    Bytes(Vec<u8>),
    /// Set the port to another speed, after this time.
    Baud {
        /// Bits a second.
        rate: u32,
        /// From now on.
        after: Duration,
    },
}

/// What a chip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The bootloader, if it is known.
    pub bootloader: Option<&'static Bootloader>,
    /// Which dialect it speaks.
    pub protocol: Protocol,
    /// The chip.
    pub chip: Option<&'static str>,
    /// The id of the flash chip, of ROMs.
    pub flash_id: Option<u32>,
    /// Size of the flash in bytes.
    pub flash_size: u32,
    pub(super) locks: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Switch the chip off and on, or pull its reset pin: it is only heard for a moment after its start.
    PowerCycle,
    /// It answers.
    Linked,
    /// It is known.
    Identified(Identity),
    /// Work goes on: bytes done, and in all.
    Progress {
        /// Bytes done.
        done: u32,
        /// Bytes in all.
        total: u32,
    },
    /// What was read, checked by its CRC.
    Read {
        /// From where on.
        start: u32,
        /// The bytes.
        data: Vec<u8>,
    },
    /// All is written, checked by its CRC.
    Written,
    /// The chip restarts.
    Rebooted,
    /// It doesn't go on. What was queued is dropped.
    Failed(FlashError),
}

impl Event {
    /// What a person can do about it, in one sentence; `None` where nothing is wrong.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::PowerCycle => {
                Some("Switch the module off and on, with RX1 and TX1 connected; several times if need be.")
            }
            Self::Failed(error) => error.help(),
            _ => None,
        }
    }
}
