// The README's code needs `std`.
#![cfg_attr(any(feature = "std", not(doctest)), doc = include_str!("../README.md"))]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "btleplug")]
extern crate std;

// What the radio delivers, bottom up.
pub mod ad;
pub mod hci;
pub mod ll;

// The formats, one module each.
pub mod atc;
pub mod bthome;
pub mod frame;
pub mod hhcc;
pub mod qingping;
pub mod scale;

#[cfg(feature = "btleplug")]
pub mod transport;

mod address;
mod beacon;
mod crypto;
mod decimal;
mod decoder;
mod error;
mod fingerprint;
mod key;
mod nonce;
mod number;
mod payload;
mod policy;
mod reading;
mod writer;

pub use beacon::{Beacon, BeaconFormat, Climate, Message, Timing};
pub use decimal::Decimal;
pub use decoder::{
    AVAILABLE_FOR, CapacityError, Content, Decoder, Device, DeviceState, KeyStatus, Outcome, Readings,
    Report, Slot,
};
pub use error::{DecryptError, EncodeError, Field, KeyError, ParseError};
pub use fingerprint::Fingerprint;
pub use key::BindKey;
pub use macaddr::MacAddr6;
pub use nonce::NonceGuard;
pub use payload::{Format, Payload, Payloads, payloads};
pub use policy::Policy;
pub use reading::*;
