//! Tasmota's device groups: lamps and plugs that follow each other, UDP multicast 239.255.250.250:4447.
//!
//! [`Packet`] is what goes over the wire. [`Member`] takes part: it acks, repeats what wasn't acked, asks for the state
//! when it starts, and tells it to others. OpenBeken's own devices only send and receive; see [`Packet::encode`].
//!
//! | bytes | field |
//! |---|---|
//! | 11 | `TASMOTA_DGR` |
//! | n, 1 | name of the group, 00 |
//! | 2 | sequence |
//! | 2 | flags |
//! | | items: id, then its value, of a length that follows from the id |
//! | 1 | 00, unless the flags are status request, ack or announcement |
//!
//! ```
//! use openbeken::dgr::{Flags, Item, Packet};
//!
//! let packet = Packet::new("tgrp", 0, Flags::default(), vec![Item::power(0b11, 2)])?;
//! assert_eq!(packet.encode(), *b"TASMOTA_DGRtgrp\0\0\0\0\0\x80\x03\0\0\x02\0");
//! # Ok::<(), openbeken::dgr::ItemError>(())
//! ```

mod member;
mod packet;

pub use self::member::{Change, Config, Event, Member, Transmit};
pub use self::packet::{Flags, Item, ItemError, ItemValue, Packet, PacketError, is_newer};

/// Where to send and to listen.
pub const GROUP: ([u8; 4], u16) = ([239, 255, 250, 250], 4447);

/// What OpenBeken's devices can receive: its name included, a packet should not be longer.
pub const MAX_PACKET: usize = 64;

/// What a device shares, as bits of a mask.
pub mod share {
    /// Power.
    pub const POWER: u32 = 1;
    /// Brightness.
    pub const BRIGHTNESS: u32 = 2;
    /// Fade and speed.
    pub const FADE: u32 = 4;
    /// Scheme.
    pub const SCHEME: u32 = 8;
    /// Colour.
    pub const COLOR: u32 = 16;
    /// Presets of dimmers.
    pub const DIMMER: u32 = 32;
    /// Events.
    pub const EVENT: u32 = 64;
    /// All of them.
    pub const ALL: u32 = u32::MAX;

    /// The bit that an item needs; 0 for those that are always shared.
    #[must_use]
    pub const fn of(id: u8) -> u32 {
        match id {
            128 => POWER,
            5 => BRIGHTNESS,
            3 | 4 => FADE,
            6 => SCHEME,
            7 | 224 => COLOR,
            8..=10 => DIMMER,
            192 => EVENT,
            _ => 0,
        }
    }
}
