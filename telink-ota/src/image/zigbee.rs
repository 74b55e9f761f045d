//! The Zigbee OTA file (`.zigbee`) around an image.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | 0x0BEEF11E |
//! | 4 | 2 | header version 0x0100 |
//! | 6 | 2 | header length 56 |
//! | 8 | 2 | field control |
//! | 10 | 2 | manufacturer |
//! | 12 | 2 | image type |
//! | 14 | 4 | file version |
//! | 18 | 2 | stack version |
//! | 20 | 32 | name, filled with zeros |
//! | 52 | 4 | total size |
//! | 56 | 2 | element tag 0 |
//! | 58 | 4 | element length |
//! | 62 | .. | the image |

use arrayvec::ArrayString;

use super::ImageError;
use crate::source::Source;

/// What the wrapper says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wrapper {
    /// The manufacturer code.
    pub manufacturer: u16,
    /// The image type.
    pub image_type: u16,
    /// The file version: application release, build, stack release, build, a byte each.
    pub file_version: u32,
    /// The stack version: 2 is ZigBee Pro.
    pub stack_version: u16,
    /// The name, in ASCII; other bytes are left out.
    pub name: ArrayString<32>,
    /// The length of the image inside.
    pub payload_length: u32,
}

impl Wrapper {
    /// Parses the first 62 bytes of a file that has `file_length` bytes.
    pub fn parse(head: &[u8; 62], file_length: u32) -> Result<Self, ImageError> {
        let [a, b, c, d, rest @ ..] = head;
        if u32::from_le_bytes([*a, *b, *c, *d]) != MAGIC {
            return Err(ImageError::NotZigbee);
        }
        let (version, length) = (u16_at(rest, 0), u16_at(rest, 2));
        if (version, length) != (0x0100, 56) {
            return Err(ImageError::BadZigbeeHeader { version, length });
        }
        let declared = u32_at(rest, 54);
        let available = file_length.saturating_sub(PAYLOAD);
        if declared == 0 || declared > available {
            return Err(ImageError::BadZigbeeSize { declared, available });
        }
        let name = rest.get(16..48).unwrap_or_default();
        let printable = name.iter().take_while(|&&byte| byte != 0);
        Ok(Self {
            manufacturer: u16_at(rest, 6),
            image_type: u16_at(rest, 8),
            file_version: u32_at(rest, 10),
            stack_version: u16_at(rest, 14),
            name: printable
                .filter(|byte| byte.is_ascii_graphic() || **byte == b' ')
                .fold(ArrayString::new(), |mut name, &byte| {
                    // 32 bytes are the most there can be.
                    let _ = name.try_push(char::from(byte));
                    name
                }),
            payload_length: declared,
        })
    }
}

/// The wrapper of a file that must have one.
pub fn parse<S: Source>(source: &mut S) -> Result<Wrapper, ImageError> {
    let found = source.len();
    if found < PAYLOAD {
        return Err(ImageError::TooShort {
            expected: PAYLOAD,
            found,
        });
    }
    let mut head = [0; PAYLOAD as usize];
    source.read(0, &mut head)?;
    Wrapper::parse(&head, found)
}

/// The wrapper of a file that may have one.
pub(super) fn unwrap<S: Source>(source: &mut S) -> Result<Option<Wrapper>, ImageError> {
    match parse(source) {
        Ok(wrapper) => Ok(Some(wrapper)),
        Err(ImageError::NotZigbee | ImageError::TooShort { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    let found = bytes.get(offset..).and_then(<[u8]>::first_chunk);
    u16::from_le_bytes(found.copied().unwrap_or_default())
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    let found = bytes.get(offset..).and_then(<[u8]>::first_chunk);
    u32::from_le_bytes(found.copied().unwrap_or_default())
}

/// Where the image starts.
pub const PAYLOAD: u32 = 62;
const MAGIC: u32 = 0x0bee_f11e;
