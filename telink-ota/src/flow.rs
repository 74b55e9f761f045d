//! Conversations with custom firmware on characteristic 0x1F1F, each a [`Session`](crate::Session).
//!
//! | flow | does |
//! |---|---|
//! | [`Exchange`] | one command and its answer |
//! | [`KeyFlow`] | backs up, erases or restores Xiaomi's keys |
//! | [`LogDownload`] | brings the log |
//! | [`ExtendedOta`] | prepares the flash for an image over 128 KiB or for Zigbee |

mod channel;
mod exchange;
mod extended_ota;
mod key_flow;
mod log_download;

pub use exchange::{Exchange, ExchangeEvent};
pub use extended_ota::{ExtendedOta, ExtendedOtaEvent, needs_extended_ota_for_stock, request};
pub use key_flow::{KeyEvent, KeyFlow, KeyGoal};
pub use log_download::{LogDownload, LogEvent, LogProgress};

use crate::command::{CommandError, ExtendedOtaState, NotificationError};

/// Why a conversation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// No answer in time.
    #[error("no answer to command {command:#04x} in time")]
    Timeout {
        /// The command.
        command: u8,
    },
    /// This build doesn't know the command.
    #[error("this firmware doesn't know command {command:#04x}")]
    Unsupported {
        /// The command.
        command: u8,
    },
    /// The subscription was refused.
    #[error("the subscription to the command characteristic failed")]
    SubscribeFailed,
    /// The write was refused.
    #[error("the write of command {command:#04x} failed")]
    WriteFailed {
        /// The command.
        command: u8,
    },
    /// The connection is gone.
    #[error("the connection dropped")]
    Disconnected,
    /// An OTA runs already.
    #[error("another OTA runs on the device")]
    OtaRunning,
    /// The device refuses address or size.
    #[error("the device refuses address or size of the image")]
    BadParameter,
    /// The device reports a state that is an error.
    #[error("the device reports {}", .0.name())]
    Refused(ExtendedOtaState),
    /// An answer that can't be read.
    #[error(transparent)]
    Notification(#[from] NotificationError),
    /// A command that can't be sent.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A backup without token and bind key.
    #[error("the backup has no token and bind key")]
    NothingToRestore,
    /// The device reports other keys than those that were written.
    #[error("the device reports other keys than those that were written")]
    NotRestored,
}

impl FlowError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Timeout { command: 0x73 } => "ext_ota_timeout",
            Self::Timeout { .. } => "timeout",
            Self::Unsupported { command: 0x73 } => "ext_ota_unsupported",
            Self::Unsupported { command: 0x10..=0x17 } => "keys_unsupported",
            Self::Unsupported { .. } => "unsupported",
            Self::SubscribeFailed => "subscribe_failed",
            Self::WriteFailed { .. } => "write_failed",
            Self::Disconnected => "disconnected",
            Self::OtaRunning => "ota_running",
            Self::BadParameter => "bad_parameter",
            Self::Refused(_) => "refused",
            Self::Notification(error) => error.name(),
            Self::Command(error) => error.name(),
            Self::NothingToRestore => "nothing_to_restore",
            Self::NotRestored => "not_restored",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Timeout { command: 0x73 } => Some(
                "Disconnect, so that the device restarts; clear the host's Bluetooth cache, check the battery's \
                 contacts, and try again.",
            ),
            Self::Timeout { .. } => {
                Some("atc1441's firmware never answers; pvvx's does: move closer and try again.")
            }
            Self::Unsupported { command: 0x73 } => {
                Some("Flash pvvx's firmware 4.6 or newer first, then try again.")
            }
            Self::Unsupported { .. } => {
                Some("Update the device's firmware; some boards lack this command for good.")
            }
            Self::SubscribeFailed | Self::WriteFailed { .. } => Some(
                "With a PIN the host has to pair first; for long commands it has to agree to a larger MTU.",
            ),
            Self::OtaRunning => Some("Disconnect, wait until the device has restarted, and try again."),
            Self::BadParameter => Some("The image is too large for this device, or too small to be one."),
            Self::NothingToRestore => Some("Take a backup that was made while the device was registered."),
            Self::Notification(error) => error.help(),
            Self::Command(error) => error.help(),
            Self::Disconnected | Self::Refused(_) | Self::NotRestored => None,
        }
    }
}
