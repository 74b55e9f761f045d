//! Errors of bytes and keys, each with the figures that matter and a remedy. Why a handshake fails is a
//! [`Failure`](crate::Failure).

/// Bytes that don't form what they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Fewer bytes than there must be.
    #[error("{found} bytes are too few, at least {expected} are needed")]
    TooShort {
        /// The minimum.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// Another length than there must be.
    #[error("{found} bytes where {expected} are due")]
    Length {
        /// What is due; the longest, where several lengths are possible.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// A control frame of a mode that nobody knows.
    #[error("unknown mode {mode} of a control frame")]
    UnknownMode {
        /// What was there.
        mode: u8,
    },
    /// An acknowledgement with a code that nobody knows.
    #[error("unknown acknowledgement {ack}")]
    UnknownAck {
        /// What was there.
        ack: u8,
    },
    /// A management frame of a kind that nobody knows.
    #[error("unknown kind {kind} of a management frame")]
    UnknownManagement {
        /// What was there.
        kind: u8,
    },
    /// A length probe whose bytes aren't all the same.
    #[error("the probe of {dmtu} bytes isn't filled with its length")]
    BadProbe {
        /// The length that it probes.
        dmtu: u8,
    },
}

impl ParseError {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooShort { .. } | Self::Length { .. } => "bad_length",
            Self::UnknownMode { .. } => "unknown_mode",
            Self::UnknownAck { .. } => "unknown_ack",
            Self::UnknownManagement { .. } => "unknown_management",
            Self::BadProbe { .. } => "bad_probe",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::TooShort { .. } | Self::Length { .. } => {
                Some("Check that the bytes come from the right characteristic, and whole.")
            }
            Self::UnknownMode { .. }
            | Self::UnknownAck { .. }
            | Self::UnknownManagement { .. }
            | Self::BadProbe { .. } => None,
        }
    }
}

/// Something that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// No bytes.
    #[error("there are no bytes to send")]
    Empty,
    /// More bytes than there is room for.
    #[error("{found} bytes don't fit, the limit is {limit}")]
    DoesNotFit {
        /// What was there.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A data frame with the number of control frames.
    #[error("data frames are numbered from 1")]
    FrameNumberZero,
}

impl EncodeError {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::DoesNotFit { .. } => "does_not_fit",
            Self::FrameNumberZero => "frame_number_zero",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Empty => "Send one byte at least.",
            Self::DoesNotFit { .. } => {
                "Send it as a segmented parcel, or agree on a larger packet size first."
            }
            Self::FrameNumberZero => "Number data frames from 1.",
        })
    }
}

/// Text or bytes that are no key, no token or no device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Another length.
    #[error("{expected} bytes are needed, that is {} hex digits; this has {found} bytes", .expected * 2)]
    Length {
        /// In bytes.
        expected: usize,
        /// In bytes.
        found: usize,
    },
    /// A token was asked for, and this has the length of a bind key.
    #[error("this has 32 hex digits, which is a bind key; a token has 24")]
    BindKeyForToken,
    /// A bind key was asked for, and this has the length of a token.
    #[error("this has 24 hex digits, which is a token; a bind key has 32")]
    TokenForBindKey,
    /// An odd number of hex digits.
    #[error("an odd number of hex digits, {digits}")]
    OddDigits {
        /// What was there.
        digits: usize,
    },
    /// Something that is no hex digit.
    #[error("there are other characters than hex digits (0-9, a-f)")]
    NotHex,
    /// No point of the curve P-256, or no private key of it.
    #[error("this is no key of the curve P-256")]
    NotOnCurve,
    /// The generator gave no usable private key sixteen times in a row.
    #[error("the random generator gives no usable key")]
    Generator,
    /// A device id with other characters than printable ASCII.
    #[error("a device id consists of 1 to 20 printable ASCII characters")]
    NotDid,
}

impl KeyError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BindKeyForToken => {
                "Enter the cloud's `token` (24 hex digits) here; the `ble_key` or `beaconkey` decrypts readings."
            }
            Self::TokenForBindKey => {
                "Enter the cloud's `ble_key` or `beaconkey` (32 hex digits) here; the `token` is for the login."
            }
            Self::Length { .. } | Self::OddDigits { .. } => "Copy the whole key: no digit may be missing.",
            Self::NotHex => "Copy only the hex digits, without quotes, spaces or a name.",
            Self::NotOnCurve => {
                "Start over: a key that isn't on the curve comes from a transfer error or an attack."
            }
            Self::Generator => "Seed the random generator: it repeats itself.",
            Self::NotDid => "Use the id that the device or the cloud reports, such as `blt.3.1hc1p4nu8k400`.",
        })
    }
}
