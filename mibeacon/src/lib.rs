#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod ad;
pub mod atc;
pub mod hci;
pub mod hhcc;
pub mod ll;
pub mod qingping;
pub mod scale;

mod crypto;
mod decimal;
mod error;
mod key;
mod nonce;
mod reading;
mod writer;

pub use decimal::Decimal;
pub use error::{DecryptError, EncodeError, Field, KeyError, ParseError};
pub use key::BindKey;
pub use nonce::NonceGuard;
pub use reading::*;
