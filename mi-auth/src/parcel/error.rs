//! Why a parcel didn't arrive.

use core::time::Duration;

use super::ParcelType;

/// Why a parcel couldn't be sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParcelError {
    /// The peer didn't answer an announcement or a whole parcel.
    #[error("no answer within {} ms", .after.as_millis())]
    Timeout {
        /// How long it was waited for.
        after: Duration,
    },
    /// Frames are missing, and asking for them three times brought none.
    #[error(
        "{missing} of {frames} frames are missing after {} requests for them",
        super::receive::REQUESTS
    )]
    ReceiveTimeout {
        /// How many lack.
        missing: u16,
        /// Of how many.
        frames: u16,
    },
    /// The peer misses frames and gave up asking.
    #[error("the peer gave up waiting for frames")]
    PeerTimeout,
    /// The peer cancelled the transfer.
    #[error("the peer cancelled the transfer")]
    PeerCancelled,
    /// The peer can't take a parcel now.
    #[error("the peer is busy")]
    PeerBusy,
    /// An announcement of no frames.
    #[error("a parcel of no frames was announced")]
    EmptyParcel,
    /// An announcement of more than there is room for.
    #[error("{frames} frames of {dmtu} bytes were announced, there is room for {capacity} bytes")]
    TooLarge {
        /// Announced.
        frames: u16,
        /// Bytes in each.
        dmtu: u8,
        /// Room.
        capacity: usize,
    },
    /// A frame whose number is above the announced count.
    #[error("frame {number} arrived, {frames} were announced")]
    FrameOutOfRange {
        /// Its number.
        number: u16,
        /// Announced.
        frames: u16,
    },
    /// A frame that is too short for its place, or too long.
    #[error("frame {number} has {found} bytes of payload instead of {expected}")]
    BadFrameLength {
        /// Its number.
        number: u16,
        /// What it must have; at most, for the last one.
        expected: usize,
        /// What it has.
        found: usize,
    },
    /// A control frame where data frames were due.
    #[error("a control frame arrived between data frames")]
    UnexpectedControl,
    /// A parcel of another type than the protocol has here.
    #[error("a parcel of type {found} arrived instead of {expected}")]
    UnexpectedType {
        /// What is due.
        expected: ParcelType,
        /// What was announced.
        found: ParcelType,
    },
}

impl ParcelError {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::ReceiveTimeout { .. } => "receive_timeout",
            Self::PeerTimeout => "peer_timeout",
            Self::PeerCancelled => "peer_cancelled",
            Self::PeerBusy => "peer_busy",
            Self::EmptyParcel => "empty_parcel",
            Self::TooLarge { .. } => "parcel_too_large",
            Self::FrameOutOfRange { .. } => "frame_out_of_range",
            Self::BadFrameLength { .. } => "bad_frame_length",
            Self::UnexpectedControl => "unexpected_control",
            Self::UnexpectedType { .. } => "unexpected_parcel",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Timeout { .. } | Self::ReceiveTimeout { .. } | Self::PeerTimeout => {
                "Move closer to the device, put in a fresh battery, and make sure that no other phone or gateway is \
                 connected to it."
            }
            Self::PeerBusy | Self::PeerCancelled => {
                "Disconnect, wait until the device advertises again, and start over."
            }
            Self::BadFrameLength { .. } => {
                "The device uses another packet size than agreed: start over with the default MTU of 23."
            }
            Self::UnexpectedType { found, .. } if is_secure_chip(*found) => {
                "The device authenticates with certificates of a secure chip, which only the vendor's app can do."
            }
            Self::EmptyParcel
            | Self::TooLarge { .. }
            | Self::FrameOutOfRange { .. }
            | Self::UnexpectedControl
            | Self::UnexpectedType { .. } => return None,
        })
    }
}

const fn is_secure_chip(kind: ParcelType) -> bool {
    matches!(kind.0, 1 | 2 | 4..=8)
}
