//! MiBeacon frames: service data 0xFE95, or manufacturer data 0x038F in scan responses.
//!
//! | Order | Field | Size | Present when |
//! |---|---|---|---|
//! | 1 | [`FrameControl`] | 2 | always |
//! | 2 | [`ProductId`] | 2 | always |
//! | 3 | frame counter | 1 | always |
//! | 4 | MAC, last byte first | 6 | control bit 4 |
//! | 5 | [`Capability`] | 1 | control bit 5 |
//! | 6 | last two bytes of the Wi-Fi MAC | 2 | capability says combo chip |
//! | 7 | [`IoCapability`] | 2 | capability bit 5 |
//! | 8 | [objects](Object), plain or encrypted | n | control bit 6 |
//! | 9 | extended counter | 3 | control bits 6 and 3 |
//! | 10 | tag | 4; 1 in versions 2 and 3 | control bits 6 and 3 |
//! | 11 | [`MeshInfo`] | 2 | control bit 7 |
//!
//! Integers are little-endian. A plain frame of a thermometer LYWSDCGQ:
//!
//! ```
//! use mibeacon::frame::Frame;
//!
//! // control 2050, product 01aa, counter da, MAC, object 100d of 4 bytes: 25.4 °C, 58.4 %
//! let bytes = b"\x50\x20\xaa\x01\xda\x21\x93\x35\x34\x2d\x58\x0d\x10\x04\xfe\x00\x48\x02";
//! let frame = Frame::parse(bytes)?;
//! assert_eq!(frame.control.version(), 2);
//! assert_eq!(frame.product().unwrap().model, Some("LYWSDCGQ"));
//! assert_eq!(frame.counter, 218);
//! let object = frame.objects().unwrap().next().unwrap()?;
//! let readings: Vec<String> = object.readings(frame.product_id).map(|r| r.to_string()).collect();
//! assert_eq!(readings, ["temperature 25.4 °C", "humidity 58.4 %"]);
//! # Ok::<(), mibeacon::ParseError>(())
//! ```
//!
//! The control word isn't authenticated in versions 4 and 5: don't trust `is_registered` and its like.
//! Source: MiBeacon specification, sections 2 to 6.

mod build;
mod control;
mod crypto;
mod object;
mod product;
mod replay;

use macaddr::MacAddr6;
use nom::bytes::complete::take;
use nom::combinator::{cond, map};
use nom::number::complete::{le_u16, u8 as byte};
use nom::{IResult, Parser};

pub use build::{Builder, LEGACY_LIMIT, LEGACY_LIMIT_WITH_FLAGS};
pub use control::{AuthMode, BondAbility, Capability, FrameControl, IoCapability, MeshInfo, MeshState};
pub use crypto::{Nonce, Scheme};
pub(crate) use object::FrameReadings;
pub use object::{Object, ObjectBuf, ObjectReadings, Objects, S400, SpecId, SpecKind};
pub use product::{KeyKind, Product};
pub use replay::{Replay, Verdict};

use crate::address::reversed;
use crate::{Field, ParseError};

/// UUID of the service data that carries MiBeacon frames.
pub const UUID: u16 = 0xfe95;

/// Company id of the manufacturer data that carries them in scan responses.
pub const COMPANY: u16 = 0x038f;

/// One MiBeacon frame. Parsing borrows; decrypting is [`decrypt`](Self::decrypt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What the frame holds.
    pub control: FrameControl,
    /// Which product sends it.
    pub product_id: ProductId,
    /// Grows by one with every new frame and wraps at 256.
    pub counter: u8,
    /// The sender, if the frame says.
    pub mac: Option<MacAddr6>,
    /// What the device can do, if the frame says.
    pub capability: Option<Capability>,
    /// The last two bytes of the Wi-Fi MAC of a combo chip.
    pub wifi_mac_tail: Option<[u8; 2]>,
    /// How the device can take part in pairing; only before it is bound.
    pub io_capability: Option<IoCapability>,
    /// Everything between the header and the mesh information.
    pub body: Body<'a>,
    /// How the device takes part in a mesh.
    pub mesh_info: Option<MeshInfo>,
}

/// What follows the header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// No objects: the device is just there. Bytes left over after the header are kept.
    Idle {
        /// What was left over.
        trailing: &'a [u8],
    },
    /// Plain objects.
    Plain(&'a [u8]),
    /// Encrypted objects.
    Encrypted(Encrypted<'a>),
}

/// Encrypted objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted<'a> {
    /// As long as the plaintext.
    pub ciphertext: &'a [u8],
    /// Bits 8 to 31 of the counter.
    pub extended_counter: u32,
    /// 4 bytes, or 1 in versions 2 and 3.
    pub mic: &'a [u8],
}

/// Xiaomi's number of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct ProductId(pub u16);

impl core::fmt::Display for ProductId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

impl<'a> Frame<'a> {
    /// Parses service data (without the UUID) or manufacturer data (without the company id).
    ///
    /// Unknown versions parse like their neighbours: strangers use the UUID too.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::read(bytes, |error| error)
    }

    /// [`parse`](Self::parse) within its caller, with the caller's error: as a value that is handed over, a frame is
    /// large, and so it is as one of two that share memory.
    #[inline(always)]
    pub(crate) fn read<E>(bytes: &'a [u8], error: impl Fn(ParseError) -> E) -> Result<Self, E> {
        let offset = |rest: &[u8]| bytes.len() - rest.len();
        let truncated = |field, rest: &[u8]| {
            error(ParseError::Truncated {
                field,
                offset: offset(rest),
            })
        };

        let (rest, (control, product_id, counter)) = fixed_header(bytes).map_err(|_| {
            error(ParseError::TooShort {
                expected: MINIMUM,
                found: bytes.len(),
            })
        })?;
        let (rest, mac) = cond(control.has_mac(), mac)
            .parse(rest)
            .map_err(|_| truncated(Field::Mac, rest))?;
        let (rest, capability) = cond(control.has_capability(), capability)
            .parse(rest)
            .map_err(|_| truncated(Field::Capability, rest))?;

        let has_io = capability.is_some_and(Capability::has_io);
        let reserved = if control.is_mesh() { 2 } else { 0 } + if has_io { 2 } else { 0 };
        let has_wifi_tail = capability
            .is_some_and(|capability| capability.bond_ability() == BondAbility::Combo)
            && rest.len() >= 2 + reserved;
        let (rest, wifi_mac_tail) = cond(has_wifi_tail, pair)
            .parse(rest)
            .map_err(|_| truncated(Field::Capability, rest))?;
        let (rest, io_capability) = cond(has_io, map(pair, IoCapability))
            .parse(rest)
            .map_err(|_| truncated(Field::IoCapability, rest))?;
        // The mesh information is the end of the frame, whatever stands before it.
        let (rest, mesh_info) = match rest.split_last_chunk::<2>() {
            Some((rest, info)) if control.is_mesh() => (rest, Some(MeshInfo(*info))),
            None if control.is_mesh() => return Err(truncated(Field::MeshInfo, rest)),
            _ => (rest, None),
        };

        let body = match (control.has_objects(), control.is_encrypted()) {
            (false, _) => Body::Idle { trailing: rest },
            (true, false) if rest.len() >= OBJECT_HEADER => Body::Plain(rest),
            (true, false) => return Err(truncated(Field::Object, rest)),
            (true, true) => {
                let mic_length = control.scheme().mic_length();
                let encrypted = Encrypted::parse(rest, mic_length)
                    .ok_or_else(|| truncated(Field::EncryptedObject, rest))?;
                Body::Encrypted(encrypted)
            }
        };
        Ok(Self {
            control,
            product_id,
            counter,
            mac,
            capability,
            wifi_mac_tail,
            io_capability,
            body,
            mesh_info,
        })
    }

    /// The product, if its id is known.
    #[must_use]
    pub fn product(&self) -> Option<&'static Product> {
        Product::of(self.product_id)
    }

    /// The 32-bit counter of an encrypted frame: the frame counter below the extended counter.
    #[must_use]
    pub fn counter32(&self) -> Option<u32> {
        let Body::Encrypted(encrypted) = &self.body else {
            return None;
        };
        Some(u32::from(self.counter) | encrypted.extended_counter << 8)
    }

    /// The plain objects; `None` if there are none or they are encrypted.
    #[must_use]
    pub fn objects(&self) -> Option<Objects<'a>> {
        match self.body {
            Body::Plain(bytes) => Some(Objects::new(bytes)),
            _ => None,
        }
    }

    /// The objects as they were sent, plain or encrypted; empty for idle frames.
    #[must_use]
    pub const fn object_bytes(&self) -> &'a [u8] {
        match self.body {
            Body::Plain(bytes) => bytes,
            Body::Encrypted(Encrypted { ciphertext, .. }) => ciphertext,
            Body::Idle { .. } => &[],
        }
    }

    /// Who sent the frame: its own MAC, else `host`, the address that the radio saw.
    ///
    /// Fails if both are there and differ.
    #[inline]
    pub fn sender(&self, host: Option<MacAddr6>) -> Result<Option<MacAddr6>, ParseError> {
        match (self.mac, host) {
            (Some(frame), Some(host)) if frame != host => Err(ParseError::MacMismatch { frame, host }),
            (mac, host) => Ok(mac.or(host)),
        }
    }
}

impl<'a> Encrypted<'a> {
    fn parse(bytes: &'a [u8], mic_length: usize) -> Option<Self> {
        let (rest, mic) = bytes.split_at_checked(bytes.len().checked_sub(mic_length)?)?;
        let (ciphertext, &[low, middle, high]) = rest.split_last_chunk()?;
        (ciphertext.len() >= OBJECT_HEADER).then_some(Self {
            ciphertext,
            extended_counter: u32::from_le_bytes([low, middle, high, 0]),
            mic,
        })
    }
}

#[inline(always)]
fn fixed_header(input: &[u8]) -> IResult<&[u8], (FrameControl, ProductId, u8), ()> {
    (map(le_u16, FrameControl), map(le_u16, ProductId), byte).parse(input)
}

fn mac(input: &[u8]) -> IResult<&[u8], MacAddr6, ()> {
    map(take(6_usize), |bytes: &[u8]| match bytes {
        &[f, e, d, c, b, a] => reversed([f, e, d, c, b, a]),
        _ => MacAddr6::nil(),
    })
    .parse(input)
}

fn capability(input: &[u8]) -> IResult<&[u8], Capability, ()> {
    map(byte, Capability).parse(input)
}

fn pair(input: &[u8]) -> IResult<&[u8], [u8; 2], ()> {
    map(le_u16, u16::to_le_bytes).parse(input)
}

/// The fixed part of the header.
const MINIMUM: usize = 5;

/// Id and length of an object.
const OBJECT_HEADER: usize = 3;

#[cfg(test)]
mod tests;
