//! BTHome v1 and v2: the open format of sensors, buttons and actuators, which pvvx firmware, b-parasite and
//! Shelly BLU send.
//!
//! An advert carries one "Service Data, 16-bit UUID" AD structure. The UUID tells the format:
//!
//! | UUID | format |
//! |---|---|
//! | 0xFCD2 | version 2, plain or encrypted: [`v2`] |
//! | 0x181C | version 1, plain: [`v1`] |
//! | 0x181E | version 1, encrypted: [`v1`] |
//!
//! Service data in this module begin after the UUID. All integers are little-endian. A frame gives
//! [`Objects`], an iterator over [`Object`]s, each of which is described by a row of the table
//! [`ObjectSpec`]; [`Object::reading`] says it in the words of the whole crate. [`Replay`] tells new adverts
//! from repeated, recorded and forged ones. Nothing is copied, except that decryption writes the plaintext to
//! a buffer of the caller's.
//!
//! ```
//! use mibeacon::bthome::v2;
//!
//! // 40 = version 2, plain; 02 ca09 = temperature; 03 bf13 = humidity
//! let frame = v2::Frame::parse(b"\x40\x02\xca\x09\x03\xbf\x13")?;
//! let readings: Vec<_> = frame.objects().unwrap().filter_map(|object| object.reading()).collect();
//! assert_eq!(readings[0].to_string(), "temperature 25.06 °C");
//! assert_eq!(readings[1].to_string(), "humidity 50.55 %");
//! # Ok::<(), mibeacon::ParseError>(())
//! ```

mod encode;
mod event;
mod float;
mod number;
mod object;
mod objects;
mod replay;
mod spec;
pub mod v1;
pub mod v2;

pub use event::{ButtonCode, CommandCode, DimmerCode};
pub use object::{Format, Object, Value};
pub use objects::{Objects, StopReason, Stopped};
pub use replay::{Advert, Policy, Replay, ReplayState, Security, Verdict};
pub use spec::{ObjectKind, ObjectSpec};

/// Version 1, plain.
pub const UUID_V1: u16 = 0x181c;
/// Version 1, encrypted.
pub const UUID_V1_ENCRYPTED: u16 = 0x181e;
/// Version 2.
pub const UUID_V2: u16 = 0xfcd2;

/// The longest service data that fit into a legacy advert beside the flags, which BlueZ's passive scan needs.
/// Longer ones take extended advertising.
pub const LEGACY_LIMIT: usize = 24;

/// The body of a frame.
#[derive(Clone, Debug)]
pub enum Body<'a> {
    /// Objects.
    Plain(Objects<'a>),
    /// Objects that only the bind key opens.
    Encrypted(Encrypted<'a>),
}

/// An encrypted body as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encrypted<'a> {
    /// As long as the objects inside.
    pub ciphertext: &'a [u8],
    /// Grows with every new data set.
    pub counter: u32,
    /// AES-CCM tag.
    pub tag: [u8; 4],
}

impl<'a> Encrypted<'a> {
    /// Splits `ciphertext counter(4) tag(4)`; `None` if fewer than `minimum` bytes are left as ciphertext.
    fn split(body: &'a [u8], minimum: usize) -> Option<Self> {
        let (rest, tag) = body.split_last_chunk()?;
        let (ciphertext, counter) = rest.split_last_chunk()?;
        (ciphertext.len() >= minimum).then_some(Self {
            ciphertext,
            counter: u32::from_le_bytes(*counter),
            tag: *tag,
        })
    }

    /// Counter and tag.
    pub(crate) const fn trailer(&self) -> [u8; TRAILER] {
        let [a, b, c, d] = self.counter.to_le_bytes();
        let [w, x, y, z] = self.tag;
        [a, b, c, d, w, x, y, z]
    }

    /// The part of `out` that takes the plaintext.
    fn plaintext_buffer<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], crate::DecryptError> {
        let (needed, available) = (self.ciphertext.len(), out.len());
        out.get_mut(..needed)
            .ok_or(crate::DecryptError::BufferTooSmall { needed, available })
    }
}

/// Counter and tag behind the ciphertext.
const TRAILER: usize = 8;
