//! What can be wrong with a command or with an answer.

use crate::FirmwareVersion;

/// A command that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A value that the wire or the device can't hold.
    #[error("{field} is out of its range {minimum} to {maximum}, in the units of the wire")]
    OutOfRange {
        /// Which one.
        field: &'static str,
        /// The smallest.
        minimum: i64,
        /// The greatest.
        maximum: i64,
    },
    /// Text or bytes that are too long.
    #[error("{found} bytes for {field}, which has at most {maximum}")]
    TooLong {
        /// Which one.
        field: &'static str,
        /// What was there.
        found: usize,
        /// The most.
        maximum: usize,
    },
    /// Nothing where something is needed.
    #[error("no byte for {field}")]
    Empty {
        /// Which one.
        field: &'static str,
    },
    /// A setting that this version or this board hasn't.
    #[error("version {version} for this board has no setting {field}")]
    NoSuchSetting {
        /// Which one.
        field: &'static str,
        /// The version.
        version: FirmwareVersion,
    },
    /// A value of another kind than the setting's.
    #[error("{field} takes another kind of value")]
    WrongKind {
        /// Which one.
        field: &'static str,
    },
}

impl CommandError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "out_of_range",
            Self::TooLong { .. } => "too_long",
            Self::Empty { .. } => "too_short",
            Self::NoSuchSetting { .. } => "no_such_setting",
            Self::WrongKind { .. } => "wrong_kind",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::OutOfRange { .. } => "Take a value within the range.",
            Self::TooLong { .. } => "Shorten it; letters outside ASCII take two bytes or more.",
            Self::Empty { .. } => "Give a value; to go back to the default there is a command of its own.",
            Self::NoSuchSetting { .. } => "Update the device's firmware, or leave this setting out.",
            Self::WrongKind { .. } => {
                "Switches take on or off, numbers a number, the advertising type its name."
            }
        })
    }
}

/// A notification that isn't what its first byte says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// Too few bytes.
    #[error("{found} bytes, where {what} has at least {expected}")]
    TooShort {
        /// The notification.
        what: &'static str,
        /// The least.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// A length that the layout doesn't have.
    #[error("{found} bytes are none of the lengths of {what}")]
    UnknownLength {
        /// The notification.
        what: &'static str,
        /// What was there.
        found: usize,
    },
    /// A key record in several pieces, interrupted by another one.
    #[error("a record of command {expected:#04x} is interrupted by one of {found:#04x}")]
    InterruptedRecord {
        /// The record that isn't complete.
        expected: u8,
        /// The one that interrupts.
        found: u8,
    },
    /// A piece that is longer than what was left of its record.
    #[error("a piece of {found} bytes, where {remaining} are left of the record")]
    BadPiece {
        /// What was left.
        remaining: u8,
        /// What came.
        found: usize,
    },
}

impl NotificationError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::UnknownLength { .. } => "unknown_length",
            Self::InterruptedRecord { .. } => "interrupted_fragment",
            Self::BadPiece { .. } => "bad_piece",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::TooShort { .. } | Self::UnknownLength { .. } => Some(
                "The device's firmware is older than this crate knows, or newer: update it, or this program.",
            ),
            Self::InterruptedRecord { .. } | Self::BadPiece { .. } => None,
        }
    }
}
