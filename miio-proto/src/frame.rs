//! Frames: a header of 32 bytes, then the ciphertext.
//!
//! | offset | size | field | request, response | hello | reply to a hello |
//! |---|---|---|---|---|---|
//! | 0 | 2 | magic | 2131 | 2131 | 2131 |
//! | 2 | 2 | length of the frame, header included | 32 + n | 0020 | 0020 |
//! | 4 | 4 | unknown | 0 | ffffffff | 0 |
//! | 8 | 4 | device id | device id | ffffffff | device id |
//! | 12 | 4 | stamp, seconds | the device's clock | ffffffff | the device's clock |
//! | 16 | 16 | checksum | MD5 | ff x 16 | token, or ff x 16, or 00 x 16 |
//! | 32 | n | ciphertext, whole blocks of 16 | yes | none | none |
//!
//! Integers are big-endian.
//!
//! ```
//! use miio_proto::{HelloReply, TokenField};
//!
//! // A bound device answered a hello (one line of a public bug report).
//! let datagram = b"\x21\x31\x00\x20\x00\x00\x00\x00\x03\x17\x2d\xcf\x5a\x68\x54\x32\
//!                  \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
//! let reply = HelloReply::parse(datagram)?;
//! assert_eq!(reply.device_id.to_string(), "51850703");
//! assert_eq!(reply.stamp, 1_516_786_738);
//! assert_eq!(reply.token, TokenField::WithheldFf);
//! # Ok::<(), miio_proto::FrameError>(())
//! ```

use nom::IResult;
use nom::Parser;
use nom::bytes::complete::take;
use nom::number::complete::{be_u16, be_u32};
use subtle::ConstantTimeEq;

use crate::token::is_placeholder;
use crate::{DeviceId, FrameError, Token};

/// A frame as it lies in a datagram. Its checksum isn't tested yet: [`Cipher::open`](crate::Cipher::open)
/// does that before it decrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Whose frame it is.
    pub device_id: DeviceId,
    /// The device's clock in seconds: since it started, or since 1970.
    pub stamp: u32,
    /// The field that nobody knows a use for; 0 but in hellos.
    pub unknown: u32,
    /// The MD5 of the frame, or in the reply to a hello perhaps the token: so it prints nothing.
    pub checksum: Checksum,
    /// The ciphertext; empty in hellos and their replies.
    pub payload: &'a [u8],
    /// Bytes in the datagram after the frame. They are no second frame.
    pub trailing: usize,
    head: [u8; 16],
}

/// The 16 bytes of the checksum field. They compare in constant time and never print, because the reply to a
/// hello carries the token there.
#[derive(Clone, Copy)]
pub struct Checksum([u8; 16]);

impl<'a> Frame<'a> {
    /// Reads the frame at the start of a datagram.
    ///
    /// # Errors
    ///
    /// Too short, another magic, or a length field that lies; the first fault in this order decides.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, FrameError> {
        let found = datagram.len();
        let (head, checksum) = match datagram.first_chunk::<HEADER>() {
            Some(header) => halves(header),
            None => return Err(FrameError::TooShort { found }),
        };
        let (_, (magic, declared, unknown, device_id, stamp)) =
            fields(&head).map_err(|_| FrameError::TooShort { found })?;
        if magic != MAGIC {
            return Err(FrameError::BadMagic { found: magic });
        }
        if usize::from(declared) < HEADER {
            return Err(FrameError::BadLength { declared });
        }
        let payload = datagram
            .get(HEADER..usize::from(declared))
            .ok_or(FrameError::Truncated { declared, found })?;
        Ok(Self {
            device_id: DeviceId(device_id),
            stamp,
            unknown,
            checksum: Checksum(checksum),
            payload,
            trailing: found - usize::from(declared),
            head,
        })
    }

    /// The length field: header and payload.
    #[must_use]
    pub const fn length(&self) -> usize {
        HEADER + self.payload.len()
    }

    /// Whether this is a hello: no payload, and all bytes after the length are 0xFF.
    #[must_use]
    pub fn is_hello(&self) -> bool {
        self.payload.is_empty()
            && self.unknown == u32::MAX
            && self.device_id.0 == u32::MAX
            && self.stamp == u32::MAX
            && self.checksum.0 == [0xff; 16]
    }

    /// The first 16 bytes, which the checksum covers.
    pub(crate) const fn head(&self) -> &[u8; 16] {
        &self.head
    }
}

impl Checksum {
    /// The bytes. In the reply to a hello they may be the token.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Checksum {}

impl core::fmt::Debug for Checksum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Checksum(..)")
    }
}

/// What a device answers to a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloReply {
    /// Whose reply it is.
    pub device_id: DeviceId,
    /// The device's clock in seconds.
    pub stamp: u32,
    /// What the device says of its token.
    pub token: TokenField,
    /// Bytes in the datagram after the frame.
    pub trailing: usize,
}

/// The token field of a reply to a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenField {
    /// All 0xFF: a bound device keeps its token to itself.
    WithheldFf,
    /// All 0x00: the same, from some gateways, vacuums and emulators.
    WithheldZero,
    /// The token. The device was never bound, is in setup mode, or has firmware from before 2017.
    Disclosed(Token),
}

impl TokenField {
    /// The token, if the device told it.
    #[must_use]
    pub const fn token(&self) -> Option<&Token> {
        match self {
            Self::Disclosed(token) => Some(token),
            Self::WithheldFf | Self::WithheldZero => None,
        }
    }
}

impl HelloReply {
    /// Reads the reply to a hello.
    ///
    /// # Errors
    ///
    /// What [`Frame::parse`] refuses, a frame with a payload, and a hello itself.
    pub fn parse(datagram: &[u8]) -> Result<Self, FrameError> {
        Self::from_frame(&Frame::parse(datagram)?)
    }

    /// The reply that a frame is.
    ///
    /// # Errors
    ///
    /// A frame with a payload, and a hello itself.
    pub fn from_frame(frame: &Frame<'_>) -> Result<Self, FrameError> {
        if !frame.payload.is_empty() {
            return Err(FrameError::NotHelloReply {
                length: frame.length(),
            });
        }
        if frame.is_hello() {
            return Err(FrameError::HelloRequest);
        }
        let field = frame.checksum.expose();
        let token = match field {
            [0xff, ..] if is_placeholder(field) => TokenField::WithheldFf,
            [0, ..] if is_placeholder(field) => TokenField::WithheldZero,
            bytes => TokenField::Disclosed(Token::new(*bytes)),
        };
        Ok(Self {
            device_id: frame.device_id,
            stamp: frame.stamp,
            token,
            trailing: frame.trailing,
        })
    }

    /// The 32 bytes to send.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let (head, field) = bytes.split_at_mut(16);
        head.copy_from_slice(&encode_head(HEADER as u16, self.device_id, self.stamp));
        field.copy_from_slice(match &self.token {
            TokenField::WithheldFf => &[0xff; 16],
            TokenField::WithheldZero => &[0; 16],
            TokenField::Disclosed(token) => token.expose(),
        });
        bytes
    }
}

/// The first 16 bytes of a frame of this length.
pub(crate) fn encode_head(length: u16, device_id: DeviceId, stamp: u32) -> [u8; 16] {
    let [m0, m1] = MAGIC.to_be_bytes();
    let [l0, l1] = length.to_be_bytes();
    let [d0, d1, d2, d3] = device_id.0.to_be_bytes();
    let [s0, s1, s2, s3] = stamp.to_be_bytes();
    [m0, m1, l0, l1, 0, 0, 0, 0, d0, d1, d2, d3, s0, s1, s2, s3]
}

fn halves(header: &[u8; HEADER]) -> ([u8; 16], [u8; 16]) {
    let (mut head, mut checksum) = ([0; 16], [0; 16]);
    let (a, b) = header.split_at(16);
    head.copy_from_slice(a);
    checksum.copy_from_slice(b);
    (head, checksum)
}

fn fields(input: &[u8]) -> IResult<&[u8], (u16, u16, u32, u32, u32)> {
    let (input, head) = take(16usize)(input)?;
    let (_, all) = (be_u16, be_u16, be_u32, be_u32, be_u32).parse(head)?;
    Ok((input, all))
}

/// The hello: 32 bytes without a secret, that every device answers.
pub const HELLO: [u8; HEADER] = {
    let mut hello = [0xff; HEADER];
    hello[0] = 0x21;
    hello[1] = 0x31;
    hello[2] = 0x00;
    hello[3] = 0x20;
    hello
};

/// The UDP port that devices listen on.
pub const PORT: u16 = 54321;

/// The longest frame that the length field allows.
pub const MAX_FRAME: usize = 65535;

/// The length of the header.
pub(crate) const HEADER: usize = 32;

/// The first two bytes of every frame.
const MAGIC: u16 = 0x2131;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_parse_or_fail_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frame::parse(&bytes);
            let _ = HelloReply::parse(&bytes);
        }

        #[test]
        fn a_reply_parses_to_what_was_encoded(id: u32, stamp: u32, field: [u8; 16]) {
            let token = match field[0] % 3 {
                0 => TokenField::WithheldFf,
                1 => TokenField::WithheldZero,
                _ => TokenField::Disclosed(Token::new(field)),
            };
            let reply = HelloReply { device_id: DeviceId(id), stamp, token, trailing: 0 };
            prop_assert_eq!(HelloReply::parse(&reply.encode()), Ok(reply));
        }
    }

    #[test]
    fn a_token_in_the_checksum_field_does_not_print() {
        let token = Token::new([0x42; 16]);
        let reply = HelloReply {
            device_id: DeviceId(1),
            stamp: 2,
            token: TokenField::Disclosed(token),
            trailing: 0,
        };
        let bytes = reply.encode();
        let printed = format!("{:?} {reply:?}", Frame::parse(&bytes).unwrap());
        assert!(!printed.contains("42"), "{printed}");
        assert!(!printed.contains("66"), "{printed}");
    }
}
