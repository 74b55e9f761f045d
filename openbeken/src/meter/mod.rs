//! Meter chips: frames, checksums, scaling. Resynchronisation in a stream is [`Stream`].
//!
//! ```
//! use openbeken::meter::bl0942::{Calibration, Reading};
//!
//! let frame = b"\x55\x22\xff\x00\x78\x4d\x35\x14\xff\x00\x28\x8c\x00\x64\x00\x00\x20\x4e\x00\x00\x00\x00\x9e";
//! let reading = Reading::parse(frame, 0)?;
//! assert_eq!(reading.watts(&Calibration::DEFAULT), 60.0);
//! # Ok::<(), openbeken::meter::FrameError>(())
//! ```

pub mod bl0937;
pub mod bl0942;
pub mod cse7766;
mod derived;
mod stream;

pub use self::derived::Derived;
pub use self::stream::{Format, Frames, Stream};

/// Bytes that are no frame of a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Too few yet.
    #[error("{found} bytes of {expected}")]
    NeedMore {
        /// What was there.
        found: usize,
        /// What must be.
        expected: usize,
    },
    /// No frame begins here.
    #[error("byte {offset} is {found:#04x}, no start of a frame")]
    BadHead {
        /// Which of the first two bytes.
        offset: usize,
        /// What was there.
        found: u8,
    },
    /// Damaged.
    #[error("the checksum is {stored:#04x}, it should be {computed:#04x}")]
    Checksum {
        /// What the frame says.
        stored: u8,
        /// What it should be.
        computed: u8,
    },
}

impl FrameError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NeedMore { .. } => "need_more",
            Self::BadHead { .. } => "bad_head",
            Self::Checksum { .. } => "checksum",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NeedMore { .. } => None,
            Self::BadHead { .. } => {
                Some("If it goes on, the baud rate, the parity or the kind of chip is wrong.")
            }
            Self::Checksum { .. } => {
                Some("If it goes on, the parity or the chip's address is wrong, or the line is noisy.")
            }
        }
    }
}

/// Three bytes, little-endian.
const fn u24_le([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

/// Three bytes, big-endian.
const fn u24_be([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c])
}
