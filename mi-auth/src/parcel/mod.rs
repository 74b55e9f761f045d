//! Parcels: the reliable transfer over characteristic 0x0019.
//!
//! A parcel has a [type](ParcelType) and some bytes. One side announces it, the other says that it is ready, the
//! [frames](Frame) follow, and the receiver either confirms them or asks for those that it lacks:
//!
//! ```text
//! sender                          receiver
//! 0000 00 03 0400  ─────────────▶            announce: type 3, 4 frames
//!                  ◀─────────────  0000 01 01 ready
//! 0100 18 bytes    ─────────────▶
//! 0200 18 bytes    ─────────✗                lost
//! 0300 18 bytes    ─────────────▶
//! 0400 10 bytes    ─────────────▶
//!                  ◀─────────────  0000 01 05 0200 "frame 2 again", 400 ms later
//! 0200 18 bytes    ─────────────▶
//!                  ◀─────────────  0000 01 00 success
//! ```
//!
//! The request for frames is what other tools take for "receive timeout" and "receive error"; they give up where
//! [`Sender`] sends them again. What fits into one packet may go as a [single](Frame::Single) frame, without
//! announcement.
//!
//! [`Sender`] and [`Receiver`] are state machines for one direction each, of the shape that
//! [`Handshake`](crate::Handshake) explains. Handshakes own both; who only wants to authenticate needs neither.

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayVec;

mod error;
mod frame;
mod receive;
mod send;

pub use error::ParcelError;
pub use frame::{Ack, Frame, FrameNumbers, Management};
pub use receive::{ReceiveEvent, Receiver};
pub use send::{SendEvent, Sender};

/// A whole parcel, with room for `N` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parcel<const N: usize> {
    /// What it is.
    pub kind: ParcelType,
    /// Whether it came in one packet, without announcement.
    pub single: bool,
    /// Its content. Everything that authentication sends this way may be overheard.
    pub data: ArrayVec<u8, N>,
}

/// What a parcel is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParcelType(pub u8);

impl ParcelType {
    /// The device info, and the encrypted device id.
    pub const PASS_THROUGH: Self = Self(0x00);
    /// The device's certificate (secure chip).
    pub const DEV_CERT: Self = Self(0x01);
    /// Its manufacturer's certificate (secure chip).
    pub const DEV_MANU_CERT: Self = Self(0x02);
    /// A public key, 64 bytes.
    pub const ECC_PUBKEY: Self = Self(0x03);
    /// A signature (secure chip).
    pub const DEV_SIGNATURE: Self = Self(0x04);
    /// Login data (secure chip).
    pub const DEV_LOGIN_INFO: Self = Self(0x05);
    /// Share data (secure chip).
    pub const DEV_SHARE_INFO: Self = Self(0x06);
    /// The server's certificate (secure chip).
    pub const SERVER_CERT: Self = Self(0x07);
    /// The server's signature (secure chip).
    pub const SERVER_SIGN: Self = Self(0x08);
    /// Configuration of a mesh.
    pub const MESH_CONFIG: Self = Self(0x09);
    /// The client's confirmation, 32 bytes.
    pub const APP_CONFIRMATION: Self = Self(0x0a);
    /// The client's random bytes, 16.
    pub const APP_RANDOM: Self = Self(0x0b);
    /// The device's confirmation, 32 bytes.
    pub const DEV_CONFIRMATION: Self = Self(0x0c);
    /// The device's random bytes, 16.
    pub const DEV_RANDOM: Self = Self(0x0d);
    /// A bind key.
    pub const BIND_KEY: Self = Self(0x0e);
    /// Credentials of a Wi-Fi network.
    pub const WIFI_CONFIG: Self = Self(0x0f);

    /// The name that the vendor's SDK has for it; `None` for an unknown type.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }
}

impl fmt::Debug for ParcelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParcelType({self})")
    }
}

/// Prints `0x03 ecc_pubkey`, or `0x42` for an unknown type.
impl fmt::Display for ParcelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)?;
        self.name().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

/// Payload bytes in a data frame ("dmtu"): 18 at least, which every connection has, and [`MAX`](Self::MAX) at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dmtu(u8);

impl Dmtu {
    /// 18: an ATT MTU of 23, less 3 bytes for ATT and 2 for the frame number.
    pub const DEFAULT: Self = Self(18);
    /// 64: a public key, the longest parcel of authentication, is one frame then.
    pub const MAX: Self = Self(64);

    /// `None` below 18; above 64 it is 64.
    #[must_use]
    pub const fn new(bytes: u8) -> Option<Self> {
        if bytes < Self::DEFAULT.0 {
            None
        } else if bytes > Self::MAX.0 {
            Some(Self::MAX)
        } else {
            Some(Self(bytes))
        }
    }

    /// The largest one for an ATT MTU; the default for MTUs that Bluetooth doesn't allow.
    #[must_use]
    pub const fn for_mtu(mtu: u16) -> Self {
        let bytes = mtu.saturating_sub(5);
        if bytes < Self::DEFAULT.0 as u16 {
            Self::DEFAULT
        } else if bytes > Self::MAX.0 as u16 {
            Self::MAX
        } else {
            Self(bytes as u8)
        }
    }

    /// In bytes.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    pub(crate) const fn len(self) -> usize {
        self.0 as usize
    }
}

impl Default for Dmtu {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The bytes of one frame.
pub type FrameBytes = ArrayVec<u8, MAX_FRAME>;

/// Bytes of the longest frame: its number and [`Dmtu::MAX`].
pub const MAX_FRAME: usize = 2 + Dmtu::MAX.len();

/// How long a receiver waits for a frame before it asks for those that it lacks.
pub const FRAME_GAP: Duration = Duration::from_millis(400);

/// By type.
const NAMES: [&str; 16] = [
    "pass_through", "dev_cert", "dev_manu_cert", "ecc_pubkey", "dev_signature", "dev_login_info",
    "dev_share_info", "server_cert", "server_sign", "mesh_config", "app_confirmation", "app_random",
    "dev_confirmation", "dev_random", "bind_key", "wifi_config",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mtu_leaves_five_bytes_less_for_payload() {
        assert_eq!(Dmtu::for_mtu(23), Dmtu::DEFAULT);
        assert_eq!(Dmtu::for_mtu(39).get(), 34);
        assert_eq!(Dmtu::for_mtu(0), Dmtu::DEFAULT);
        assert_eq!(Dmtu::for_mtu(u16::MAX), Dmtu::MAX);
        assert_eq!(Dmtu::new(17), None);
        assert_eq!(Dmtu::new(255), Some(Dmtu::MAX));
    }

    #[test]
    fn types_have_the_names_of_their_numbers() {
        assert_eq!(ParcelType::ECC_PUBKEY.name(), Some("ecc_pubkey"));
        assert_eq!(ParcelType::WIFI_CONFIG.name(), Some("wifi_config"));
        assert_eq!(ParcelType(0x10).name(), None);
    }
}
