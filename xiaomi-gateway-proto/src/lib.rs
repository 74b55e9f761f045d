// The README's code needs `std`.
#![cfg_attr(any(feature = "std", not(doctest)), doc = include_str!("../README.md"))]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

// Bytes and messages.
mod decimal;
mod error;
mod json;
mod key;
pub mod message;
mod sid;
mod value;

// What they mean.
mod battery;
mod decode;
pub mod field;
mod light;
mod liveness;
pub mod model;
mod reading;
mod ringtone;

// What takes more than one message, and what it is good for.
pub mod client;
pub mod command;
pub mod diagnose;
pub mod gateway;
pub mod home_assistant;
#[cfg(feature = "tokio")]
pub mod transport;

use core::net::Ipv4Addr;

pub use battery::BatteryCurve;
pub use client::{Client, Config, Event};
pub use decimal::Decimal;
pub use decode::{Source, decode};
pub use error::{BuildError, ParseError};
pub use key::{Key, KeyError, PresentedKey, Token, TokenError, WriteKey};
pub use light::{Light, ha_to_pct, pct_to_ha};
pub use liveness::Liveness;
pub use message::{Generation, Kind, Listed, Message, Route};
pub use model::{Category, Model, Power};
pub use reading::*;
pub use ringtone::{RINGTONES, Ringtone, RingtoneGroup};
pub use sid::{Sid, SidError};
pub use value::{Fields, Value};

/// The multicast group of gateways and clients. It is link-local: no router forwards it.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 50);

/// Where gateways listen for requests, and clients for what gateways multicast. UDP.
pub const PORT: u16 = 9898;

/// Where gateways listen for `whois`, and from where they multicast. UDP.
pub const DISCOVERY_PORT: u16 = 4321;

/// The longest datagram that is read. Lists pass 1024 bytes from about 50 devices on.
pub const MAX_DATAGRAM: usize = 8192;
