//! The header of the file.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | "rr" |
//! | 2 | 2 | length of this header; 20, and what exceeds it is skipped |
//! | 4 | 4 | length of all blocks, the digest included |
//! | 8, 10 | 2, 2 | version, major and minor; layouts don't follow from it |
//! | 12 | 4 | index: the same for all uploads of one stored map |
//! | 16 | 4 | sequence: counts up with every upload |
//!
//! All numbers of a map are little-endian.
//!
//! ```
//! use vacuum_map::header::Header;
//!
//! let header = Header::parse(b"rr\x14\0\x5f\0\0\0\x01\0\x01\0\x2a\0\0\0\x07\0\0\0")?;
//! assert_eq!((header.length, header.data_length), (20, 95));
//! assert_eq!((header.major, header.minor, header.index, header.sequence), (1, 1, 42, 7));
//! # Ok::<(), vacuum_map::ParseError>(())
//! ```

use crate::ParseError;
use crate::bytes::{array, u16_at, u32_at};
use crate::container::{Container, Family, MAGIC};

/// The header of the file, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Bytes of the header; the first block follows. At least 20.
    pub length: u16,
    /// Bytes of all blocks.
    pub data_length: u32,
    /// The version's first part, 1.
    pub major: u16,
    /// The version's second part, 0 or 1.
    pub minor: u16,
    /// The same for all uploads of one stored map; 0 is legal.
    pub index: u32,
    /// Counts up with every upload.
    pub sequence: u32,
}

impl Header {
    /// Bytes of the fixed part.
    pub const LENGTH: usize = 20;

    /// Reads the header of an unpacked file.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`], [`ParseError::BadMagic`], [`ParseError::BadHeaderLength`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::parse_from(Container::None, bytes)
    }

    pub(crate) fn parse_from(container: Container, bytes: &[u8]) -> Result<Self, ParseError> {
        if let Some(magic) = array(bytes, 0)
            && magic != MAGIC
        {
            return Err(ParseError::BadMagic {
                found: magic,
                family: Family::of_unpacked(container, bytes),
            });
        }
        Self::fields(bytes)
            .ok_or(ParseError::TooShort {
                needed: Self::LENGTH,
                found: bytes.len(),
            })
            .and_then(|header| {
                let length = usize::from(header.length);
                if (Self::LENGTH..=bytes.len()).contains(&length) {
                    Ok(header)
                } else {
                    Err(ParseError::BadHeaderLength {
                        declared: header.length,
                        available: bytes.len(),
                    })
                }
            })
    }

    fn fields(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            length: u16_at(bytes, 2)?,
            data_length: u32_at(bytes, 4)?,
            major: u16_at(bytes, 8)?,
            minor: u16_at(bytes, 10)?,
            index: u32_at(bytes, 12)?,
            sequence: u32_at(bytes, 16)?,
        })
    }
}
