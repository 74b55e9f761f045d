#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod decimal;
mod secret;

pub mod channel_type;
pub mod command;
pub mod config;
pub mod ddp;
pub mod device;
pub mod dgr;
pub mod discovery;
pub mod flags;
pub mod flash;
pub mod http;
pub mod image;
pub mod json;
pub mod meter;
pub mod mqtt;
pub mod pin_role;
pub mod platform;
pub mod provision;
pub mod ssdp;
pub mod status;
pub mod tuya_mcu;
pub mod wifi;

pub use decimal::Decimal;
pub use device::Device;
pub use mqtt::Topics;
pub use platform::Platform;
pub use secret::Secret;
