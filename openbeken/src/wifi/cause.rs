//! What keeps a module out of a network, what that means, and what helps.

use super::codes::FirmwareStatus;
use super::remedy::Remedy;

/// What keeps a module out of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It is in.
    Connected,
    /// It still tries.
    InProgress,
    /// The log says nothing about it.
    NoData,
    /// The module chose WPA3 but authenticated the old way, and the access point knows no key of it.
    SaePmksaMissing,
    /// The module shows a key that the access point doesn't know.
    PmkidRejected,
    /// The access point insists on protected management frames.
    PmfPolicy,
    /// The access point asks for patience.
    TryLater,
    /// The access point has no room.
    ApFull,
    /// The access point doesn't offer the kind of key that the module chose.
    AkmMismatch,
    /// They have no cipher in common.
    CipherMismatch,
    /// The access point refuses for another reason.
    AssociationDenied,
    /// The password is wrong, or frames of the handshake were lost.
    WrongKey,
    /// The password that the module has isn't the one that was typed.
    PasswordMangled,
    /// The network wasn't seen.
    ApNotFound,
    /// The access point didn't answer.
    AuthTimeout,
    /// The access point was lost.
    SignalLost,
    /// There is a connection but no address.
    DhcpFailed,
    /// The module says no more than that it failed.
    AuthFailed,
    /// The access point ended a connection that worked.
    Kicked,
    /// The module has no memory left.
    ModuleOutOfMemory,
    /// The module's radio failed.
    ModuleError,
    /// The module itself stopped.
    Stopped,
}

impl Cause {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::InProgress => "in_progress",
            Self::NoData => "no_data",
            Self::SaePmksaMissing => "sae_pmksa_missing",
            Self::PmkidRejected => "pmkid_rejected",
            Self::PmfPolicy => "pmf_policy",
            Self::TryLater => "try_later",
            Self::ApFull => "ap_full",
            Self::AkmMismatch => "akm_mismatch",
            Self::CipherMismatch => "cipher_mismatch",
            Self::AssociationDenied => "assoc_denied",
            Self::WrongKey => "wrong_key",
            Self::PasswordMangled => "password_mangled",
            Self::ApNotFound => "ap_not_found",
            Self::AuthTimeout => "auth_timeout",
            Self::SignalLost => "signal_lost",
            Self::DhcpFailed => "dhcp_failed",
            Self::AuthFailed => "auth_failed",
            Self::Kicked => "kicked",
            Self::ModuleOutOfMemory => "module_out_of_memory",
            Self::ModuleError => "module_error",
            Self::Stopped => "stopped",
        }
    }

    /// What it means, in a sentence or two.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Connected => "The module is in the network.",
            Self::InProgress => "The module tries to join; the log ends before anything is decided.",
            Self::NoData => "The log says nothing about joining a network.",
            Self::SaePmksaMissing => {
                "The access point offers WPA2 and WPA3; the module asked for WPA3 (SAE) but authenticated openly, without \
                 a key that the access point remembers. The access point refuses before it looks at the password: the \
                 password is not the reason."
            }
            Self::PmkidRejected => {
                "The module refers to a key that the access point doesn't remember. The password is not the reason."
            }
            Self::PmfPolicy => {
                "The access point requires protected management frames, which the module doesn't offer."
            }
            Self::TryLater => "The access point asks to come back a moment later.",
            Self::ApFull => "The access point takes no more devices, or none with so weak a signal.",
            Self::AkmMismatch => "The access point doesn't offer the kind of key that the module chose.",
            Self::CipherMismatch => "Access point and module have no cipher in common.",
            Self::AssociationDenied => "The access point refuses the module for a reason of its own.",
            Self::WrongKey => "The handshake with the password failed: it is wrong, or frames got lost.",
            Self::PasswordMangled => {
                "The password that the module has is of another length than the right one: it was cut or changed on the \
                 way to the device."
            }
            Self::ApNotFound => "The module doesn't see the network.",
            Self::AuthTimeout => "The access point didn't answer in time.",
            Self::SignalLost => "The module lost the access point.",
            Self::DhcpFailed => "The module joined, but got no address.",
            Self::AuthFailed => "The module says only that it couldn't authenticate.",
            Self::Kicked => "The access point ended a connection that worked.",
            Self::ModuleOutOfMemory => "The module has no memory left.",
            Self::ModuleError => "The module's radio failed.",
            Self::Stopped => "The module itself ended the connection.",
        }
    }

    /// What to do about it, the best first.
    #[must_use]
    pub const fn remedies(self) -> &'static [Remedy] {
        use Remedy as R;
        match self {
            Self::Connected | Self::InProgress | Self::NoData => &[],
            Self::SaePmksaMissing => &[
                R::RouterWpa2Only,
                R::RouterPmfOptional,
                R::UpdateFirmware,
                R::UseGuestSsid,
            ],
            Self::PmkidRejected => &[R::RestartAp, R::UpdateFirmware],
            Self::PmfPolicy => &[R::RouterPmfOptional, R::UpdateFirmware],
            Self::TryLater => &[R::WaitRetry],
            Self::ApFull => &[R::FreeApSlots, R::MoveCloser],
            Self::AkmMismatch => &[R::RouterWpa2Only],
            Self::CipherMismatch => &[R::RouterCcmpOnly],
            Self::AssociationDenied | Self::Kicked => &[R::CheckApLog],
            Self::WrongKey => &[R::RetypePassword, R::RouterDisableWmmOrLegacy],
            Self::PasswordMangled => &[R::RetypePassword],
            Self::ApNotFound => &[R::CheckSsid, R::Check2g4Channel, R::MoveCloser],
            Self::AuthTimeout => &[R::MoveCloser, R::Check2g4Channel],
            Self::SignalLost => &[R::MoveCloser],
            Self::DhcpFailed => &[R::CheckDhcp, R::SetStaticIp],
            Self::AuthFailed => &[R::RetypePassword, R::RouterWpa2Only],
            Self::ModuleOutOfMemory | Self::ModuleError => &[R::UpdateFirmware],
            Self::Stopped => &[R::WaitRetry],
        }
    }
}

impl Cause {
    /// That of an answer of the access point.
    pub(super) const fn of_status(status: u16, wpa3: bool) -> Self {
        match status {
            53 if wpa3 => Self::SaePmksaMissing,
            53 => Self::PmkidRejected,
            31 => Self::PmfPolicy,
            30 => Self::TryLater,
            17 => Self::ApFull,
            43 => Self::AkmMismatch,
            41 | 42 | 46 => Self::CipherMismatch,
            _ => Self::AssociationDenied,
        }
    }

    /// That of a result of BL602's radio firmware.
    pub(super) const fn of_firmware(status: FirmwareStatus) -> Self {
        match status.code() {
            1 | 4 => Self::ModuleOutOfMemory,
            2 | 3 | 6 => Self::AuthFailed,
            7 => Self::Kicked,
            8..=10 | 18 => Self::WrongKey,
            11 => Self::AuthTimeout,
            12 => Self::ApNotFound,
            13..=15 => Self::ModuleError,
            16 | 21 | 22 => Self::SignalLost,
            17 => Self::CipherMismatch,
            19 | 20 | 23..=26 => Self::Stopped,
            _ => Self::AssociationDenied,
        }
    }

    /// That of Beken's word.
    pub(super) const fn of_beken(status: u32) -> Self {
        match status {
            4 => Self::SignalLost,
            5 => Self::WrongKey,
            6 => Self::ApNotFound,
            7 => Self::ApFull,
            _ => Self::AssociationDenied,
        }
    }
}
