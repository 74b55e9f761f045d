//! Why a flasher doesn't go on.

use core::time::Duration;

/// Why it doesn't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlashError {
    /// Nobody answered.
    #[error("no chip answered within {} s", waited.as_secs())]
    NoLink {
        /// For how long.
        waited: Duration,
    },
    /// It answered, and then no more.
    #[error("no answer to `{step}` in {tries} tries")]
    Silent {
        /// At what.
        step: &'static str,
        /// How often it was tried.
        tries: u32,
    },
    /// It says no.
    #[error("`{step}` at {address:#x} was refused with status {status}")]
    Refused {
        /// At what.
        step: &'static str,
        /// Where.
        address: u32,
        /// What it says.
        status: u8,
    },
    /// What is there isn't what was written, or what was read isn't what is there.
    #[error("the CRC at {address:#x} is still wrong after {tries} tries")]
    Crc {
        /// Where.
        address: u32,
        /// How often it was tried.
        tries: u32,
    },
    /// The write protection stays.
    #[error("the flash stays write-protected, its status register has {value:#06x}")]
    Protected {
        /// The register.
        value: u16,
    },
    /// Below 11000h, without leave.
    #[error("{address:#x} lies in the bootloader")]
    Bootloader {
        /// Where.
        address: u32,
    },
    /// No start of a sector.
    #[error("{address:#x} is no multiple of 4096")]
    Unaligned {
        /// Where.
        address: u32,
    },
    /// Beyond the flash.
    #[error("it ends at {end:#x}, the flash at {size:#x}")]
    OutOfRange {
        /// Where it would end.
        end: u64,
        /// How large the flash is.
        size: u32,
    },
}

impl FlashError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoLink { .. } => {
                "Swap RX and TX, give the module its own 3.3 V, and switch it off and on while this waits."
            }
            Self::Silent { .. } => "Use a lower speed, shorter wires and a stronger supply.",
            Self::Refused { .. } => {
                "Start again with a fresh link; this bootloader may not allow the address."
            }
            Self::Crc { .. } => "Use a lower speed; if it stays, the flash is worn out or protected.",
            Self::Protected { .. } => {
                "Start again; some flash chips need another way to lift the protection."
            }
            Self::Bootloader { .. } => {
                "Flash the file with `_UA_` in its name at 11000h, or allow it if the file contains a bootloader."
            }
            Self::Unaligned { .. } => "Start at a multiple of 1000h.",
            Self::OutOfRange { .. } => "It is a file for a larger flash, or the address is wrong.",
        })
    }
}
