//! What a map file is wrapped in.
//!
//! | first bytes | container |
//! |---|---|
//! | `1f 8b` | gzip, the normal case; name, time and further fields may be set |
//! | `78 xx`, a multiple of 31 | zlib |
//! | `72 72` ("rr") | none: robots with root access, test files |
//!
//! Bytes after the first gzip member are ignored. Whatever a stream claims about its size, no more than the limit
//! is ever inflated.
//!
//! ```
//! use vacuum_map::container::{Container, unpack};
//!
//! let file = b"\x78\xda\x2b\x2a\x02\x00\x01\x58\x00\xe5"; // zlib, "rr"
//! let unpacked = unpack(file, 1024)?;
//! assert_eq!((unpacked.container, &unpacked.bytes[..]), (Container::Zlib, &b"rr"[..]));
//! # Ok::<(), vacuum_map::ParseError>(())
//! ```

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::bytes::{array, u16_at, u32_at};
use crate::{LimitKind, ParseError};

/// How a map file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 1950.
    Zlib,
}

impl Container {
    /// By the first two bytes; `None` if it is none of them.
    #[must_use]
    pub fn of(file: &[u8]) -> Option<Self> {
        match array(file, 0)? {
            [0x1f, 0x8b] => Some(Self::Gzip),
            MAGIC => Some(Self::None),
            [0x78, flags] if (0x7800 | u16::from(flags)).is_multiple_of(31) => Some(Self::Zlib),
            _ => None,
        }
    }

    /// `none`, `gzip`, `zlib`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file without its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked<'a> {
    /// What it was packed in.
    pub container: Container,
    /// What was inside; borrowed if there was no container.
    pub bytes: Cow<'a, [u8]>,
}

/// Takes a file out of its container, as far as it isn't longer than `limit` bytes.
///
/// # Errors
///
/// [`ParseError::TooShort`] for no bytes at all, [`ParseError::UnknownContainer`], [`ParseError::BadCompression`] for
/// a stream that is damaged, cut off, or whose checksum is wrong or missing, [`ParseError::TooLarge`].
pub fn unpack(file: &[u8], limit: usize) -> Result<Unpacked<'_>, ParseError> {
    if file.is_empty() {
        return Err(ParseError::TooShort { needed: 20, found: 0 });
    }
    let container = Container::of(file).ok_or_else(|| ParseError::UnknownContainer {
        family: Family::of(file),
    })?;
    let bytes = match container {
        Container::None if file.len() > limit => {
            return Err(ParseError::TooLarge {
                what: LimitKind::Bytes,
                limit,
            });
        }
        Container::None => Cow::Borrowed(file),
        Container::Gzip => Cow::Owned(gunzip(file, limit)?),
        Container::Zlib => Cow::Owned(inflate(file, size_hint(file, None), limit, Container::Zlib)?.0),
    };
    Ok(Unpacked { container, bytes })
}

fn gunzip(file: &[u8], limit: usize) -> Result<Vec<u8>, ParseError> {
    let bad = |fault| ParseError::BadCompression {
        container: Container::Gzip,
        fault,
    };
    let start = gzip_header(file).map_err(bad)?;
    let stream = file.get(start..).unwrap_or_default();
    // The last four bytes are the size, unless something follows the member: a hint, and no more.
    let claimed = file.len().checked_sub(4).and_then(|at| u32_at(file, at));
    let (bytes, read) = inflate(stream, size_hint(stream, claimed), limit, Container::Gzip)?;
    let (Some(crc), Some(size)) = (u32_at(stream, read), u32_at(stream, read + 4)) else {
        return Err(bad(Fault::NoTrailer));
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the trailer has the size modulo 2^32"
    )]
    if size != bytes.len() as u32 || crc != crc32fast::hash(&bytes) {
        return Err(bad(Fault::Checksum));
    }
    Ok(bytes)
}

/// Where the compressed stream of a gzip member starts.
fn gzip_header(file: &[u8]) -> Result<usize, Fault> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const RESERVED: u8 = 0xe0;

    let fixed: [u8; 10] = array(file, 0).ok_or(Fault::CutOff)?;
    let [_, _, method, flags, ..] = fixed;
    if method != 8 || flags & RESERVED != 0 {
        return Err(Fault::Header);
    }
    let mut at = fixed.len();
    if flags & EXTRA != 0 {
        at += 2 + usize::from(u16_at(file, at).ok_or(Fault::CutOff)?);
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let rest = file.get(at..).ok_or(Fault::CutOff)?;
            at += 1 + rest.iter().position(|byte| *byte == 0).ok_or(Fault::CutOff)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        let stored = u16_at(file, at).ok_or(Fault::CutOff)?;
        let crc = crc32fast::hash(file.get(..at).ok_or(Fault::CutOff)?);
        if u32::from(stored) != crc & 0xffff {
            return Err(Fault::Checksum);
        }
        at += 2;
    }
    Ok(at)
}

/// How much to make room for at first: what the stream claims, as far as deflate could hold it.
fn size_hint(stream: &[u8], claimed: Option<u32>) -> usize {
    const MOST: usize = 1032;

    let likely = stream.len().saturating_mul(8);
    let claimed = claimed.and_then(|size| usize::try_from(size).ok());
    claimed.unwrap_or(likely).min(stream.len().saturating_mul(MOST))
}

/// Inflates a stream; gives what it holds, and how many bytes of it were read.
fn inflate(
    stream: &[u8],
    hint: usize,
    limit: usize,
    container: Container,
) -> Result<(Vec<u8>, usize), ParseError> {
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
        | if container == Container::Zlib {
            TINFL_FLAG_PARSE_ZLIB_HEADER
        } else {
            0
        };
    let mut decompressor = Box::<DecompressorOxide>::default();
    let mut bytes = vec![0; hint.max(64).min(limit)];
    let (mut read, mut written) = (0, 0);
    loop {
        let rest = stream.get(read..).unwrap_or_default();
        let (status, more_read, more_written) =
            decompress(&mut decompressor, rest, &mut bytes, written, flags);
        read += more_read;
        written += more_written;
        match status {
            TINFLStatus::Done => {
                bytes.truncate(written);
                return Ok((bytes, read));
            }
            TINFLStatus::HasMoreOutput if bytes.len() >= limit => {
                return Err(ParseError::TooLarge {
                    what: LimitKind::Bytes,
                    limit,
                });
            }
            // The buffer is full and grows, so that this ends at the limit.
            TINFLStatus::HasMoreOutput => bytes.resize(bytes.len().saturating_mul(2).clamp(64, limit), 0),
            status => {
                let fault = match status {
                    TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => Fault::CutOff,
                    TINFLStatus::Adler32Mismatch => Fault::Checksum,
                    _ => Fault::Stream,
                };
                return Err(ParseError::BadCompression { container, fault });
            }
        }
    }
}

/// What is wrong with a compressed stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The header asks for something that gzip doesn't know.
    Header,
    /// The stream isn't deflate.
    Stream,
    /// The file ends before the stream does.
    CutOff,
    /// The stream ends, but checksum and size don't follow.
    NoTrailer,
    /// Checksum or size differ from what was inflated.
    Checksum,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "its header is damaged",
            Self::Stream => "the compressed stream is damaged",
            Self::CutOff => "it is cut off",
            Self::NoTrailer => "checksum and size are missing at its end",
            Self::Checksum => "its checksum is wrong",
        })
    }
}

/// Files that are no `rr` maps, by what they look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The JSON of an answer, often an error of the cloud.
    Json,
    /// A web page, often an error.
    Html,
    /// The robot's answer `retry` instead of a map's name.
    Retry,
    /// Viomi or 3irobotix: zlib with feature flags inside.
    Viomi,
    /// Roidmi: gzip with cells and JSON inside.
    Roidmi,
    /// Dreame: URL-safe base64 text.
    Dreame,
    /// ijai and newer Xiaomi: encrypted, as hex text.
    Ijai,
}

impl Family {
    /// Looks at packed bytes.
    fn of(file: &[u8]) -> Option<Self> {
        let text = file.trim_ascii();
        let start = text.get(..text.len().min(64)).unwrap_or_default();
        match start {
            [b'{' | b'[', ..] => Some(Self::Json),
            [b'<', ..] => Some(Self::Html),
            b"retry" => Some(Self::Retry),
            _ if start.len() == 64 && start.iter().all(u8::is_ascii_hexdigit) => Some(Self::Ijai),
            _ if start.len() == 64 && start.iter().all(|&byte| is_base64(byte)) => Some(Self::Dreame),
            _ => None,
        }
    }

    /// Looks at unpacked bytes.
    pub(crate) fn of_unpacked(container: Container, bytes: &[u8]) -> Option<Self> {
        match container {
            Container::Zlib => Some(Self::Viomi),
            Container::Gzip if bytes.windows(2).any(|pair| pair == [0x7f, b'{']) => Some(Self::Roidmi),
            _ => Self::of(bytes),
        }
    }

    /// What to do with such a file.
    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::Json | Self::Html => {
                "This is the answer of a server and no map; read it, it says what went wrong."
            }
            Self::Retry => "The robot has no map ready: ask for its name again, with growing pauses.",
            Self::Viomi => "This looks like a map of a Viomi or 3irobotix robot, which is another format.",
            Self::Roidmi => "This looks like a map of a Roidmi robot, which is another format.",
            Self::Dreame => "This looks like a map of a Dreame robot, which is another format.",
            Self::Ijai => {
                "This looks like an encrypted map of an ijai or newer Xiaomi robot, which is another format."
            }
        }
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=')
}

/// The first two bytes of a map.
pub(crate) const MAGIC: [u8; 2] = *b"rr";
