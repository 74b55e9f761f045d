//! One packet on characteristic 0x0019.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | frame number, little-endian: 0 for control frames, 1.. for data frames |
//! | 2 | 1.. | data frame: payload |
//! | 2 | 1 | control frame: mode |
//! | 3 | 1.. | control frame: as follows |
//!
//! | mode | name | content |
//! |---|---|---|
//! | 0 | `seg_cmd` | parcel type u8, frames u16 |
//! | 1 | `seg_ack` | ack u8; after ack 5 ("lost") frame numbers, u16 each |
//! | 2 | `single` | parcel type u8, the whole parcel |
//! | 3 | `single_ack` | ack u8 |
//! | 4, 5 | `mng_cmd`, `mng_ack` | 0, frames that may be listed as lost at once u8, dmtu u8 |
//! | 4, 5 | `mng_cmd`, `mng_ack` | 1, dmtu - 2 bytes that all are dmtu |
//!
//! ```
//! use mi_auth::parcel::{Ack, Frame};
//!
//! // "Frames 2 and 4 are missing", which is no time-out.
//! let frame = Frame::parse(&[0, 0, 1, 5, 2, 0, 4, 0])?;
//! let Frame::SegAck(Ack::Lost(numbers)) = frame else { panic!() };
//! assert!(numbers.iter().eq([2, 4]));
//!
//! assert_eq!(frame.encode()?.as_slice(), [0, 0, 1, 5, 2, 0, 4, 0]);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use super::{FrameBytes, MAX_FRAME, ParcelType};
use crate::{EncodeError, ParseError};

/// One packet on characteristic 0x0019.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame<'a> {
    /// A parcel is announced (`seg_cmd`).
    SegCmd {
        /// What it is.
        kind: ParcelType,
        /// In how many data frames it comes; 0 on the wire is possible, and wrong.
        frames: u16,
    },
    /// The receiver's answer to an announcement, or to data frames (`seg_ack`).
    SegAck(Ack<'a>),
    /// A whole parcel (`single`).
    Single {
        /// What it is.
        kind: ParcelType,
        /// All of it, one byte at least.
        data: &'a [u8],
    },
    /// The answer to a single frame: success, busy or cancel (`single_ack`).
    SingleAck(Ack<'a>),
    /// The peer proposes to change the transfer (`mng_cmd`).
    MngCmd(Management),
    /// What was agreed (`mng_ack`).
    MngAck(Management),
    /// One piece of an announced parcel.
    Data {
        /// From 1; a frame with number 0 can't be made.
        number: u16,
        /// One byte at least.
        data: &'a [u8],
    },
}

/// What a receiver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ack<'a> {
    /// 0: everything arrived.
    Success,
    /// 1: send the frames.
    Ready,
    /// 2: not now.
    Busy,
    /// 3: it waited for frames and gave up.
    Timeout,
    /// 4: it doesn't want the parcel.
    Cancel,
    /// 5: send these again.
    Lost(FrameNumbers<'a>),
}

/// Numbers of lost frames, possibly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameNumbers<'a>(&'a [[u8; 2]]);

/// A proposal about the transfer, or its acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Management {
    /// Sizes.
    Feature {
        /// How many frames may be listed as lost at once.
        retransmit: u8,
        /// Payload bytes in a data frame.
        dmtu: u8,
    },
    /// A packet of full length, to see whether it comes through.
    Length {
        /// The size that is probed: the packet has 2 bytes more.
        dmtu: u8,
    },
}

impl<'a> Frame<'a> {
    /// Reads one packet.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let too_short = |expected| ParseError::TooShort {
            expected,
            found: bytes.len(),
        };
        let (&number, rest) = bytes.split_first_chunk::<2>().ok_or(too_short(2))?;
        let number = u16::from_le_bytes(number);
        if number > 0 {
            return match rest {
                [] => Err(too_short(3)),
                data => Ok(Self::Data { number, data }),
            };
        }
        let (&mode, rest) = rest.split_first().ok_or(too_short(4))?;
        match mode {
            SEG_CMD => match *rest {
                [kind, low, high] => Ok(Self::SegCmd {
                    kind: ParcelType(kind),
                    frames: u16::from_le_bytes([low, high]),
                }),
                _ => Err(ParseError::Length {
                    expected: 6,
                    found: bytes.len(),
                }),
            },
            SEG_ACK => match rest {
                [] => Err(too_short(4)),
                [ACK_LOST, numbers @ ..] => FrameNumbers::parse(numbers)
                    .map(|numbers| Self::SegAck(Ack::Lost(numbers)))
                    .ok_or(too_short(bytes.len() + 1)),
                [ack, ..] => Ack::parse(*ack).map(Self::SegAck),
            },
            SINGLE => match rest {
                [] | [_] => Err(too_short(5)),
                [kind, data @ ..] => Ok(Self::Single {
                    kind: ParcelType(*kind),
                    data,
                }),
            },
            SINGLE_ACK => match *rest {
                [] => Err(too_short(4)),
                [ack @ (0 | 2 | 4), ..] => Ack::parse(ack).map(Self::SingleAck),
                [ack, ..] => Err(ParseError::UnknownAck { ack }),
            },
            MNG_CMD => Management::parse(rest, bytes.len()).map(Self::MngCmd),
            MNG_ACK => Management::parse(rest, bytes.len()).map(Self::MngAck),
            mode => Err(ParseError::UnknownMode { mode }),
        }
    }

    /// The packet. Fails if it would be longer than [`MAX_FRAME`] bytes, or couldn't be read again.
    pub fn encode(&self) -> Result<FrameBytes, EncodeError> {
        let mut out = FrameBytes::new();
        match *self {
            Self::SegCmd { kind, frames } => {
                let [low, high] = frames.to_le_bytes();
                put(&mut out, &[0, 0, SEG_CMD, kind.0, low, high])?;
            }
            Self::SegAck(ack) => {
                put(&mut out, &[0, 0, SEG_ACK, ack.code()])?;
                if let Ack::Lost(numbers) = ack {
                    put(&mut out, numbers.0.as_flattened())?;
                }
            }
            Self::Single { kind, data } => {
                not_empty(data)?;
                put(&mut out, &[0, 0, SINGLE, kind.0])?;
                put(&mut out, data)?;
            }
            Self::SingleAck(ack) => put(&mut out, &[0, 0, SINGLE_ACK, ack.code()])?,
            Self::MngCmd(management) => {
                put(&mut out, &[0, 0, MNG_CMD])?;
                management.encode(&mut out)?;
            }
            Self::MngAck(management) => {
                put(&mut out, &[0, 0, MNG_ACK])?;
                management.encode(&mut out)?;
            }
            Self::Data { number: 0, .. } => return Err(EncodeError::FrameNumberZero),
            Self::Data { number, data } => {
                not_empty(data)?;
                put(&mut out, &number.to_le_bytes())?;
                put(&mut out, data)?;
            }
        }
        Ok(out)
    }
}

impl Ack<'_> {
    fn parse(code: u8) -> Result<Self, ParseError> {
        Ok(match code {
            0 => Self::Success,
            1 => Self::Ready,
            2 => Self::Busy,
            3 => Self::Timeout,
            4 => Self::Cancel,
            ack => return Err(ParseError::UnknownAck { ack }),
        })
    }

    const fn code(&self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Ready => 1,
            Self::Busy => 2,
            Self::Timeout => 3,
            Self::Cancel => 4,
            Self::Lost(_) => ACK_LOST,
        }
    }

    /// The name that the vendor's SDK has for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Ready => "ready",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::Cancel => "cancel",
            Self::Lost(_) => "lost",
        }
    }
}

impl<'a> FrameNumbers<'a> {
    /// From little-endian pairs; `None` if one is cut in half.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        match bytes.as_chunks() {
            (pairs, []) => Some(Self(pairs)),
            _ => None,
        }
    }

    /// From numbers as they stand on the wire.
    #[must_use]
    pub const fn new(pairs: &'a [[u8; 2]]) -> Self {
        Self(pairs)
    }

    /// The numbers, as listed.
    pub fn iter(self) -> impl Iterator<Item = u16> + use<'a> {
        self.0.iter().copied().map(u16::from_le_bytes)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether the peer named none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl Management {
    /// `total` is the length of the whole packet.
    fn parse(rest: &[u8], total: usize) -> Result<Self, ParseError> {
        match *rest {
            [0, retransmit, dmtu, ..] => Ok(Self::Feature { retransmit, dmtu }),
            [1, dmtu, ref fill @ ..] => {
                let expected = usize::from(dmtu) + 2;
                if total != expected {
                    Err(ParseError::Length {
                        expected,
                        found: total,
                    })
                } else if fill.iter().any(|&byte| byte != dmtu) {
                    Err(ParseError::BadProbe { dmtu })
                } else {
                    Ok(Self::Length { dmtu })
                }
            }
            [] | [0 | 1, ..] => Err(ParseError::TooShort {
                expected: 6,
                found: total,
            }),
            [kind, ..] => Err(ParseError::UnknownManagement { kind }),
        }
    }

    fn encode(self, out: &mut FrameBytes) -> Result<(), EncodeError> {
        match self {
            Self::Feature { retransmit, dmtu } => put(out, &[0, retransmit, dmtu]),
            Self::Length { dmtu } => {
                put(out, &[1])?;
                // Below 3 the probe couldn't even hold its own size.
                let fill = usize::from(dmtu).checked_sub(2).filter(|&fill| fill > 0);
                let fill = fill.ok_or(EncodeError::Empty)?;
                let bytes = [dmtu; MAX_FRAME];
                put(out, bytes.get(..fill).unwrap_or(&bytes))
            }
        }
    }

    /// The payload bytes in a data frame.
    #[must_use]
    pub const fn dmtu(&self) -> u8 {
        match self {
            Self::Feature { dmtu, .. } | Self::Length { dmtu } => *dmtu,
        }
    }
}

fn put(out: &mut FrameBytes, bytes: &[u8]) -> Result<(), EncodeError> {
    let found = out.len() + bytes.len();
    out.try_extend_from_slice(bytes)
        .map_err(|_| EncodeError::DoesNotFit {
            found,
            limit: MAX_FRAME,
        })
}

const fn not_empty(data: &[u8]) -> Result<(), EncodeError> {
    if data.is_empty() {
        Err(EncodeError::Empty)
    } else {
        Ok(())
    }
}

const SEG_CMD: u8 = 0;
const SEG_ACK: u8 = 1;
const SINGLE: u8 = 2;
const SINGLE_ACK: u8 = 3;
const MNG_CMD: u8 = 4;
const MNG_ACK: u8 = 5;
const ACK_LOST: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lost_list_that_ends_within_a_number_is_too_short() {
        assert_eq!(
            Frame::parse(&[0, 0, 1, 5, 2]),
            Err(ParseError::TooShort {
                expected: 6,
                found: 5
            })
        );
    }

    #[test]
    fn a_probe_must_be_filled_and_whole() {
        let mut bytes = [0x12; 20];
        bytes[..4].copy_from_slice(&[0, 0, 4, 1]);
        assert_eq!(
            Frame::parse(&bytes),
            Ok(Frame::MngCmd(Management::Length { dmtu: 18 }))
        );
        assert_eq!(
            Frame::parse(&bytes[..19]),
            Err(ParseError::Length {
                expected: 20,
                found: 19
            })
        );
        bytes[19] = 0x13;
        assert_eq!(Frame::parse(&bytes), Err(ParseError::BadProbe { dmtu: 18 }));
    }

    #[test]
    fn unknown_modes_and_acks_say_their_number() {
        assert_eq!(
            Frame::parse(&[0, 0, 9, 0]),
            Err(ParseError::UnknownMode { mode: 9 })
        );
        assert_eq!(
            Frame::parse(&[0, 0, 1, 6]),
            Err(ParseError::UnknownAck { ack: 6 })
        );
        assert_eq!(
            Frame::parse(&[0, 0, 3, 1]),
            Err(ParseError::UnknownAck { ack: 1 })
        );
        assert_eq!(
            Frame::parse(&[0, 0, 4, 2, 0]),
            Err(ParseError::UnknownManagement { kind: 2 })
        );
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let data = &[1_u8; 65][..];
        let kind = ParcelType::PASS_THROUGH;
        for frame in [
            Frame::Data { number: 1, data },
            Frame::Single {
                kind,
                data: &data[..63],
            },
            Frame::MngCmd(Management::Length { dmtu: 65 }),
        ] {
            assert!(
                matches!(frame.encode(), Err(EncodeError::DoesNotFit { .. })),
                "{frame:?}"
            );
        }
        for frame in [
            Frame::Data { number: 1, data: &[] },
            Frame::Single { kind, data: &[] },
            Frame::MngAck(Management::Length { dmtu: 2 }),
        ] {
            assert_eq!(frame.encode(), Err(EncodeError::Empty), "{frame:?}");
        }
        let numbered_0 = Frame::Data {
            number: 0,
            data: &data[..1],
        };
        assert_eq!(numbered_0.encode(), Err(EncodeError::FrameNumberZero));
    }

    proptest! {
        #[test]
        fn what_parses_reads_back_from_its_encoding(bytes in bytes()) {
            if let Ok(frame) = Frame::parse(&bytes) {
                let encoded = frame.encode().unwrap();
                prop_assert!(bytes.starts_with(&encoded));
                prop_assert_eq!(Frame::parse(&encoded), Ok(frame));
            }
        }
    }

    /// Mostly control frames: random numbers would nearly all be data.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let tail = || prop::collection::vec(any::<u8>(), 0..MAX_FRAME - 4);
        let control = (0_u8..7, 0_u8..7, tail()).prop_map(|(mode, second, tail)| {
            let mut bytes = vec![0, 0, mode, second];
            bytes.extend(tail);
            bytes
        });
        let probe = (4_u8..6, 3_u8..64).prop_map(|(mode, dmtu)| {
            let mut bytes = vec![dmtu; usize::from(dmtu) + 2];
            bytes[..4].copy_from_slice(&[0, 0, mode, 1]);
            bytes
        });
        prop_oneof![control, probe, tail()]
    }
}
