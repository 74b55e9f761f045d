//! DDP: pixels for lamps, UDP port 4048.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | version << 6 (1); bit 4 timecode, 3 storage, 2 reply, 1 query, 0 push |
//! | 1 | 1 | sequence in the low 4 bits, 0 for none |
//! | 2 | 1 | type: 0Bh RGB, 1Bh RGBW, 8 bits each |
//! | 3 | 1 | destination, 1 by default; OpenBeken sends 0 |
//! | 4 | 4 | offset in bytes, big-endian |
//! | 8 | 2 | length of the data, big-endian |
//! | 10 | | data |
//!
//! ```
//! use openbeken::ddp::{Packet, PixelType};
//!
//! let packet = Packet::pixels(PixelType::RGB, &[0xff, 0, 0]);
//! assert_eq!(packet.encode(), *b"\x40\0\x0b\0\0\0\0\0\0\x03\xff\0\0");
//! assert_eq!(Packet::parse(&packet.encode())?, packet);
//! # Ok::<(), openbeken::ddp::DdpError>(())
//! ```

use alloc::vec::Vec;

/// The port.
pub const PORT: u16 = 4048;

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Whether what was sent is to be shown now.
    pub push: bool,
    /// 1 to 15, or 0 for none.
    pub sequence: u8,
    /// What the data is.
    pub pixel_type: PixelType,
    /// For whom.
    pub destination: u8,
    /// Where the data goes, in bytes. OpenBeken ignores it.
    pub offset: u32,
    /// The pixels.
    pub data: &'a [u8],
}

/// What the data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelType(pub u8);

impl PixelType {
    /// Three bytes a pixel.
    pub const RGB: Self = Self(0x0b);
    /// Four bytes a pixel.
    pub const RGBW: Self = Self(0x1b);

    /// How many bytes a pixel has: 3 or 4; `None` for what nobody sends.
    #[must_use]
    pub const fn pixel_bytes(self) -> Option<u8> {
        match self {
            Self::RGB => Some(3),
            Self::RGBW => Some(4),
            _ => None,
        }
    }
}

impl<'a> Packet<'a> {
    /// As OpenBeken sends it: without sequence, for destination 0.
    ///
    /// A lamp of OpenBeken's needs more than 12 bytes in all, and takes the first pixel.
    #[must_use]
    pub const fn pixels(pixel_type: PixelType, data: &'a [u8]) -> Self {
        Self {
            push: false,
            sequence: 0,
            pixel_type,
            destination: 0,
            offset: 0,
            data,
        }
    }

    /// Reads a packet; what follows its data is ignored.
    ///
    /// # Errors
    ///
    /// If it is too short, or of another version.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DdpError> {
        let truncated = |expected| DdpError::Truncated {
            found: bytes.len(),
            expected,
        };
        let (head, rest) = bytes.split_first_chunk::<10>().ok_or(truncated(10))?;
        let [flags, sequence, pixel_type, destination, o0, o1, o2, o3, l0, l1] = *head;
        if flags >> 6 != 1 {
            return Err(DdpError::BadVersion { found: flags >> 6 });
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        Ok(Self {
            push: flags & 1 == 1,
            sequence: sequence & 15,
            pixel_type: PixelType(pixel_type),
            destination,
            offset: u32::from_be_bytes([o0, o1, o2, o3]),
            data: rest.get(..length).ok_or(truncated(length + 10))?,
        })
    }

    /// The packet's bytes; data beyond 65535 bytes is left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let data = self.data.get(..usize::from(u16::MAX)).unwrap_or(self.data);
        let mut bytes = Vec::with_capacity(10 + data.len());
        bytes.extend([
            0x40 | u8::from(self.push),
            self.sequence & 15,
            self.pixel_type.0,
            self.destination,
        ]);
        bytes.extend(self.offset.to_be_bytes());
        bytes.extend((data.len() as u16).to_be_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    /// The colour that a bulb of OpenBeken's shows: the first pixel, of four bytes only if so many came.
    #[must_use]
    pub fn bulb(&self) -> Option<&'a [u8]> {
        (self.data.len() > 2)
            .then(|| self.data.get(..if self.data.len() == 4 { 4 } else { 3 }))
            .flatten()
    }
}

/// Bytes that are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DdpError {
    /// Too short.
    #[error("the packet has {found} bytes of {expected}")]
    Truncated {
        /// What was there.
        found: usize,
        /// What must be.
        expected: usize,
    },
    /// Of another version.
    #[error("version {found} of DDP is unknown")]
    BadVersion {
        /// What it says.
        found: u8,
    },
}

impl DdpError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::BadVersion { .. } => "bad_version",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Truncated { .. } => None,
            Self::BadVersion { .. } => Some("Something else sends to this port: set it to DDP version 1."),
        }
    }
}
