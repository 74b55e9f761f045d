//! What is odd about a file that can be used nevertheless.

use alloc::format;
use alloc::string::String;

use crate::block::BlockType;

/// A defect that leaves the rest of the file usable. In strict mode the first one is the error.
///
/// Offsets are bytes from the start of the unpacked file, and point to the start of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The file is shorter than its header says; what is there was read.
    #[error("the file has {have} bytes, its header announces {need}")]
    Truncated {
        /// Bytes that the header announces, itself included.
        need: u64,
        /// Bytes that are there.
        have: usize,
    },
    /// The file is longer than its header says; the rest wasn't read.
    #[error("{extra} bytes follow the end that the header announces")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
    /// A block is longer than what is left. It was dropped, and reading stopped.
    #[error("the block {}at offset {offset} is longer than the file", kind_prefix(*block))]
    TruncatedBlock {
        /// Where it starts.
        offset: usize,
        /// Its type; `None` if not even its header is whole.
        block: Option<BlockType>,
    },
    /// A block's header is too short. Under 8 bytes reading stopped; else the block was kept undecoded.
    #[error("the {block} block at offset {offset} has a header of {length} bytes, which is too short")]
    BadBlockHeader {
        /// Where it starts.
        offset: usize,
        /// Its type.
        block: BlockType,
        /// The length that it announces.
        length: u16,
    },
    /// The size of a block and what it announces disagree; whole records were decoded.
    #[error("the {block} block at offset {offset} has {length} bytes, which don't fit what it announces")]
    BadBlockData {
        /// Where it starts.
        offset: usize,
        /// Its type.
        block: BlockType,
        /// Bytes of its data.
        length: usize,
    },
    /// The image has fewer or more cells than width times height. With fewer there are no cells.
    #[error("the image at offset {offset} has {found} cells instead of {expected}")]
    ImageSizeMismatch {
        /// Where the block starts.
        offset: usize,
        /// Width times height.
        expected: u64,
        /// What is there.
        found: usize,
    },
    /// The image is negative or larger than the limit; it has no cells.
    #[error("the image at offset {offset} can't have {width} x {height} cells")]
    BadImageDimensions {
        /// Where the block starts.
        offset: usize,
        /// In cells.
        width: i32,
        /// In cells.
        height: i32,
    },
    /// A second block of this type; the last one counts.
    #[error("another {block} block at offset {offset}")]
    DuplicateBlock {
        /// Where it starts.
        offset: usize,
        /// Its type.
        block: BlockType,
    },
    /// The digest isn't that of the bytes before it: the file was changed or damaged.
    #[error("the digest at offset {offset} is wrong: the file was changed or damaged")]
    DigestMismatch {
        /// Where its block starts.
        offset: usize,
    },
    /// There is no digest.
    #[error("there is no digest")]
    DigestMissing,
}

impl Warning {
    /// A name for logs and scripts: `truncated_block`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::TrailingBytes { .. } => "trailing_bytes",
            Self::TruncatedBlock { .. } => "truncated_block",
            Self::BadBlockHeader { .. } => "bad_block_header",
            Self::BadBlockData { .. } => "bad_block_data",
            Self::ImageSizeMismatch { .. } => "image_size_mismatch",
            Self::BadImageDimensions { .. } => "bad_image_dimensions",
            Self::DuplicateBlock { .. } => "duplicate_block",
            Self::DigestMismatch { .. } => "digest_mismatch",
            Self::DigestMissing => "digest_missing",
        }
    }

    /// Where the block starts that it is about; `None` if it is about the whole file.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        match *self {
            Self::TruncatedBlock { offset, .. }
            | Self::BadBlockHeader { offset, .. }
            | Self::BadBlockData { offset, .. }
            | Self::ImageSizeMismatch { offset, .. }
            | Self::BadImageDimensions { offset, .. }
            | Self::DuplicateBlock { offset, .. }
            | Self::DigestMismatch { offset } => Some(offset),
            Self::Truncated { .. } | Self::TrailingBytes { .. } | Self::DigestMissing => None,
        }
    }

    /// The type of the block that it is about.
    #[must_use]
    pub const fn block(&self) -> Option<BlockType> {
        match *self {
            Self::TruncatedBlock { block, .. } => block,
            Self::BadBlockHeader { block, .. }
            | Self::BadBlockData { block, .. }
            | Self::DuplicateBlock { block, .. } => Some(block),
            Self::ImageSizeMismatch { .. } | Self::BadImageDimensions { .. } => Some(BlockType::IMAGE),
            Self::DigestMismatch { .. } => Some(BlockType::DIGEST),
            Self::Truncated { .. } | Self::TrailingBytes { .. } | Self::DigestMissing => None,
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Truncated { .. } | Self::TruncatedBlock { .. } => {
                Some("The download was cut off, or the robot was writing the file: fetch the map again.")
            }
            Self::TrailingBytes { .. } => {
                Some("Two maps may have been put into one file; only the first was read.")
            }
            Self::DigestMismatch { .. } | Self::ImageSizeMismatch { .. } => {
                Some("The file was damaged or edited: fetch the map again, or write it anew with this crate.")
            }
            Self::BadBlockData { .. } | Self::BadBlockHeader { .. } => Some(
                "The robot's firmware may be newer than this crate; what could be read was read. Please report it \
                 with the file.",
            ),
            Self::BadImageDimensions { .. } => {
                Some("No robot makes such an image: the file is damaged or wasn't made by a robot.")
            }
            Self::DuplicateBlock { .. } | Self::DigestMissing => None,
        }
    }
}

/// The type and a space, or nothing.
fn kind_prefix(block: Option<BlockType>) -> String {
    block.map(|block| format!("{block} ")).unwrap_or_default()
}
