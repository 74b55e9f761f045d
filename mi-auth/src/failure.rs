//! Why a handshake failed, and what to do about it.

use core::time::Duration;

use crate::parcel::ParcelError;
use crate::{AppCode, Characteristic, ParseError};

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The device didn't answer in time.
    #[error("the device didn't answer within {} ms, at stage {}", .after.as_millis(), .stage.name())]
    Timeout {
        /// What was waited for.
        stage: Stage,
        /// For how long.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection broke at stage {}", .stage.name())]
    Disconnected {
        /// What was waited for.
        stage: Stage,
    },
    /// Notifications couldn't be switched on.
    #[error("notifications of characteristic {0} couldn't be switched on")]
    SubscribeFailed(Characteristic),
    /// A write was refused.
    #[error("the write to characteristic {0} was refused")]
    WriteFailed(Characteristic),
    /// A read was refused.
    #[error("the read of characteristic {0} was refused")]
    ReadFailed(Characteristic),
    /// The user gave up.
    #[error("cancelled")]
    Cancelled,
    /// The cloud, or whoever decides in its place, refused the device id.
    #[error("the device id was refused")]
    Refused,
    /// Control code 0x12.
    #[error("the device refused the registration")]
    RegisterFailed,
    /// Control code 0x14.
    #[error("the device aborted the registration")]
    RegisterVerifyFailed,
    /// Control code 0xE1.
    #[error("the device is registered already, and wants to be reset first")]
    AlreadyRegistered,
    /// Control code 0xE0.
    #[error("the device isn't registered")]
    NotRegistered,
    /// Control code 0x22.
    #[error("the device has another token")]
    InvalidToken,
    /// Control code 0x23.
    #[error("the device refused the login")]
    LoginFailed,
    /// Control code 0xE2, while registering.
    #[error("a session is open on this connection")]
    SessionOpen,
    /// Control code 0xE3.
    #[error("the out-of-band data is wrong")]
    InvalidOob,
    /// Registration needs a printed code or the like.
    #[error("registration needs out-of-band data (input capability {input}, output capability {output})")]
    OobRequired {
        /// How a person can enter something.
        input: u8,
        /// How the device shows something; 8 is a QR code or a printed code.
        output: u8,
    },
    /// The device speaks a version that registers with the vendor's cloud only.
    #[error(
        "the device announces authentication version {announced}, {allowed} is the highest that can register"
    )]
    AuthVersionUnsupported {
        /// The device's.
        announced: u16,
        /// The highest that the configuration allows.
        allowed: u16,
    },
    /// The device has no id, and the configuration has none for it.
    #[error("the device has no id, and none was given for it")]
    NoDid,
    /// The device's public key is none.
    #[error("the device sent a public key that is none")]
    InvalidPublicKey,
    /// The device didn't show that it has the token.
    #[error("the device's confirmation doesn't fit the token")]
    DeviceConfirmMismatch,
    /// A parcel of another length than the protocol has here.
    #[error("a parcel has {found} bytes instead of {expected}")]
    BadParcelLength {
        /// What it must have.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// The device info can't be read.
    #[error("the device info can't be read: {0}")]
    DeviceInfoMalformed(ParseError),
    /// A parcel didn't arrive.
    #[error("a parcel failed at stage {}: {error}", .stage.name())]
    Parcel {
        /// Which one.
        stage: Stage,
        /// Why.
        error: ParcelError,
    },
    /// A legacy device didn't prove that it knows its address and product id.
    #[error("the device's answer doesn't fit its address and product id")]
    DeviceCheckFailed,
    /// A legacy device has another token.
    #[error("the device's answer doesn't fit the token")]
    TokenNotMatched,
}

/// What a handshake was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Notifications to be switched on.
    Subscribe,
    /// Registration: the device info.
    DeviceInfo,
    /// Registration: the device to take the public key.
    SendPublicKey,
    /// Registration: the device's public key.
    ReceivePublicKey,
    /// Registration: the cloud to accept the device.
    Approval,
    /// Registration: the device to take the encrypted id.
    SendDid,
    /// Registration: the device to confirm.
    Confirm,
    /// Login: the device to take the random bytes.
    SendRandom,
    /// Login: the device's random bytes.
    ReceiveRandom,
    /// Login: the device's confirmation.
    ReceiveConfirm,
    /// Login: the device to take the confirmation.
    SendConfirm,
    /// Login: the result.
    Result,
    /// Legacy: the device's answer to the token.
    DeviceCheck,
    /// Legacy: the beacon key.
    BeaconKey,
    /// Legacy: the firmware version, whose reading ends a registration.
    Version,
    /// Legacy: the device's tick.
    Tick,
}

impl Failure {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::Disconnected { .. } => "disconnected",
            Self::SubscribeFailed(_) => "subscribe_failed",
            Self::WriteFailed(_) => "write_failed",
            Self::ReadFailed(_) => "read_failed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::RegisterFailed => "register_failed",
            Self::RegisterVerifyFailed => "register_verify_failed",
            Self::AlreadyRegistered => "already_registered",
            Self::NotRegistered => "not_registered",
            Self::InvalidToken => "invalid_token",
            Self::LoginFailed => "login_failed",
            Self::SessionOpen => "session_open",
            Self::InvalidOob => "invalid_oob",
            Self::OobRequired { .. } => "oob_required",
            Self::AuthVersionUnsupported { .. } => "auth_version_unsupported",
            Self::NoDid => "no_did",
            Self::InvalidPublicKey => "invalid_public_key",
            Self::DeviceConfirmMismatch => "device_confirm_mismatch",
            Self::BadParcelLength { .. } => "bad_parcel_length",
            Self::DeviceInfoMalformed(error) => error.name(),
            Self::Parcel { error, .. } => error.name(),
            Self::DeviceCheckFailed => "device_check_failed",
            Self::TokenNotMatched => "token_not_matched",
        }
    }

    /// The code that the vendor's app shows for it; `None` where it has none.
    #[must_use]
    pub const fn app_code(&self) -> Option<AppCode> {
        Some(AppCode(match self {
            Self::Timeout { .. } => -7,
            Self::SubscribeFailed(_) => -27,
            Self::WriteFailed(_) => -28,
            Self::Cancelled => -2,
            Self::Refused => -29,
            Self::RegisterFailed | Self::InvalidPublicKey => -51,
            Self::AlreadyRegistered => -17,
            Self::NotRegistered => -16,
            Self::InvalidToken | Self::LoginFailed | Self::DeviceConfirmMismatch => -52,
            Self::SessionOpen => -53,
            Self::InvalidOob => -49,
            Self::OobRequired { .. } | Self::AuthVersionUnsupported { .. } => -37,
            Self::DeviceInfoMalformed(_) => -47,
            Self::Disconnected { .. }
            | Self::ReadFailed(_)
            | Self::RegisterVerifyFailed
            | Self::NoDid
            | Self::BadParcelLength { .. }
            | Self::Parcel { .. }
            | Self::DeviceCheckFailed
            | Self::TokenNotMatched => return None,
        }))
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Timeout { stage, .. } => return stage.help(),
            Self::Disconnected { .. } => {
                "Start the handshake at once after connecting: devices drop clients that don't authenticate within 10 \
                 to 30 s; if it goes on, put in a fresh battery and move closer."
            }
            Self::SubscribeFailed(_) => {
                "The device has no Mi service, or the host keeps an old list of its services: custom firmware has none, \
                 otherwise restart the Bluetooth adapter."
            }
            Self::WriteFailed(_) | Self::ReadFailed(_) => {
                "Reconnect, and make sure that no other phone or gateway is connected to the device."
            }
            Self::Cancelled => return None,
            Self::Refused => {
                "The cloud blocks ids that web flashers made up: erase the device's key sector with custom firmware, \
                 flash stock firmware, and pair again."
            }
            Self::RegisterFailed | Self::RegisterVerifyFailed => {
                "Reset the device or put it into pairing mode, and register again."
            }
            Self::AlreadyRegistered => {
                "Delete the device in the app it is registered with, or reset it, and register again."
            }
            Self::NotRegistered => "Register the device first, here or with the vendor's app.",
            Self::InvalidToken | Self::LoginFailed | Self::DeviceConfirmMismatch | Self::TokenNotMatched => {
                "The token is an old one or another device's: each registration makes a new one, so fetch it from the \
                 cloud again, or register anew."
            }
            Self::SessionOpen => "Disconnect, connect again, and register before logging in.",
            Self::InvalidOob | Self::OobRequired { .. } => {
                "This device registers with its printed code or a button sequence: use the vendor's app, and fetch \
                 token and bind key from the cloud."
            }
            Self::AuthVersionUnsupported { .. } => {
                "This firmware (LYWSD03MMC 2.1.1_0159 and its like) registers with the vendor's cloud only: pair it in \
                 the vendor's app, fetch token and bind key from the cloud, and log in with the token."
            }
            Self::NoDid => {
                "Give an id for the device; an invented one makes later pairing with the vendor's app fail with -29."
            }
            Self::InvalidPublicKey => {
                "Start over; if it goes on, the device is defective or somebody sits in between."
            }
            Self::BadParcelLength { .. } | Self::DeviceInfoMalformed(_) => {
                "The device speaks another protocol than this one: look at its model and its firmware version."
            }
            Self::Parcel { error, .. } => return error.help(),
            Self::DeviceCheckFailed => {
                "Check address and product id: the first exchange is scrambled with both of them."
            }
        })
    }
}

impl Stage {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::DeviceInfo => "device_info",
            Self::SendPublicKey => "send_public_key",
            Self::ReceivePublicKey => "receive_public_key",
            Self::Approval => "approval",
            Self::SendDid => "send_did",
            Self::Confirm => "confirm",
            Self::SendRandom => "send_random",
            Self::ReceiveRandom => "receive_random",
            Self::ReceiveConfirm => "receive_confirm",
            Self::SendConfirm => "send_confirm",
            Self::Result => "result",
            Self::DeviceCheck => "device_check",
            Self::BeaconKey => "beacon_key",
            Self::Version => "version",
            Self::Tick => "tick",
        }
    }

    /// What a time-out at this stage means for a person.
    const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::Subscribe => "Reconnect; if it goes on, restart the Bluetooth adapter.",
            Self::SendPublicKey => {
                "The device waits for its button, within 60 s: CGG1: hold it for 2 s until the icon blinks; \
                 MJWSD05MMC: hold both until it resets, then press the upper and the lower one; scooters: the power \
                 button."
            }
            Self::Confirm => {
                "The device took everything and stays silent, as firmware with authentication version 2 does: pair it \
                 in the vendor's app, fetch token and bind key from the cloud, and log in."
            }
            Self::Approval => "Make sure that the cloud can be reached, and start over.",
            Self::DeviceCheck => "Put the device into pairing mode first.",
            Self::DeviceInfo
            | Self::ReceivePublicKey
            | Self::SendDid
            | Self::SendRandom
            | Self::ReceiveRandom
            | Self::ReceiveConfirm
            | Self::SendConfirm
            | Self::Result
            | Self::BeaconKey
            | Self::Version
            | Self::Tick => {
                "Move closer to the device, put in a fresh battery, and make sure that no other phone or gateway is \
                 connected to it."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_is_unsupported_says_what_to_do_instead() {
        let failure = Failure::AuthVersionUnsupported {
            announced: 2,
            allowed: 1,
        };
        assert!(failure.help().unwrap().contains("log in with the token"));
        assert_eq!(
            failure.app_code().unwrap().name(),
            Some("auth_version_or_oob_unsupported")
        );
        assert_eq!(
            failure.to_string(),
            "the device announces authentication version 2, 1 is the highest that can register"
        );
    }

    #[test]
    fn a_silent_device_is_explained_by_its_stage() {
        let help = |stage| {
            Failure::Timeout {
                stage,
                after: Duration::from_secs(15),
            }
            .help()
            .unwrap()
        };
        assert!(help(Stage::SendPublicKey).contains("button"));
        assert!(help(Stage::Confirm).contains("version 2"));
        assert!(help(Stage::Result).contains("closer"));
    }
}
