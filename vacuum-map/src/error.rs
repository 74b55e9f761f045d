//! Why a file can't be read at all.

use core::fmt;

use crate::Warning;
use crate::container::{Container, Family, Fault};

/// A file that is no map, or not within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Fewer bytes than a header.
    #[error("{found} bytes are too few, a map has at least {needed}")]
    TooShort {
        /// The least.
        needed: usize,
        /// What was there.
        found: usize,
    },
    /// It starts neither as a map nor as something compressed.
    #[error("this is neither a map nor gzip nor zlib")]
    UnknownContainer {
        /// What it looks like.
        family: Option<Family>,
    },
    /// The compressed file is damaged.
    #[error("the {container} file can't be unpacked: {fault}")]
    BadCompression {
        /// How it is compressed.
        container: Container,
        /// What is wrong.
        fault: Fault,
    },
    /// More than [`Limits`](crate::Limits) allow.
    #[error("the map has more than {limit} {what}")]
    TooLarge {
        /// Of what.
        what: LimitKind,
        /// The limit.
        limit: usize,
    },
    /// It doesn't start with "rr".
    #[error("the map starts with {:02x} {:02x} instead of \"rr\"", found[0], found[1])]
    BadMagic {
        /// The first two bytes.
        found: [u8; 2],
        /// What it looks like.
        family: Option<Family>,
    },
    /// The header claims to be shorter than it can be, or longer than the file.
    #[error("the header announces {declared} bytes, which isn't between 20 and the {available} of the file")]
    BadHeaderLength {
        /// What it claims.
        declared: u16,
        /// Bytes of the file.
        available: usize,
    },
    /// In strict mode: what would have been a warning.
    #[error("{0}")]
    Strict(Warning),
}

impl ParseError {
    /// A name for logs and scripts: `bad_magic`; in strict mode that of the warning.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::UnknownContainer { .. } => "unknown_container",
            Self::BadCompression { .. } => "bad_compression",
            Self::TooLarge { .. } => "too_large",
            Self::BadMagic { .. } => "bad_magic",
            Self::BadHeaderLength { .. } => "bad_header_length",
            Self::Strict(warning) => warning.name(),
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::UnknownContainer { family: Some(family) }
            | Self::BadMagic {
                family: Some(family), ..
            } => Some(family.help()),
            Self::UnknownContainer { family: None } | Self::BadMagic { family: None, .. } => {
                Some("Check the model: only robots of the Roborock family before 2024 write such maps.")
            }
            Self::TooShort { .. } | Self::BadCompression { .. } => {
                Some("The download was cut off or changed: fetch the map again, as binary.")
            }
            Self::TooLarge { .. } => {
                Some("No robot makes so large a map. If you trust the file, raise `Limits`.")
            }
            Self::BadHeaderLength { .. } => Some("The file is damaged: fetch the map again."),
            Self::Strict(warning) => warning.help(),
        }
    }
}

/// What there can be too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// Unpacked bytes.
    Bytes,
    /// Blocks.
    Blocks,
    /// Points of a path.
    PathPoints,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Blocks => "blocks",
            Self::PathPoints => "points in a path",
        })
    }
}
