#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "btleplug")]
extern crate std;

pub mod command;
pub mod crc;
mod decimal;
pub mod device;
pub mod diagnose;
pub mod flow;
pub mod gatt;
pub mod hardware;
pub mod identify;
pub mod image;
pub mod inquiry;
pub mod ota;
pub mod pdu;
pub mod preflight;
pub mod proof;
mod secrets;
mod session;
mod source;
pub mod stock;
pub mod transport;
mod version;

pub use decimal::{Decimal, DecimalError};
pub use flow::{Exchange, ExtendedOta, FlowError, KeyFlow, LogDownload};
pub use inquiry::Inquiry;
pub use ota::{Ota, OtaError, OtaEvent};
pub use secrets::{BindKey, MiToken, Pin, SecretError};
pub use session::Session;
pub use source::{Part, ReadError, Source};
pub use version::{FirmwareVersion, VersionError};
