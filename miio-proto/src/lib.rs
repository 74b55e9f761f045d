#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod batch;
mod crypto;
mod device_id;
mod error;
mod frame;
mod token;

pub mod command;
pub mod device;
pub mod discovery;
pub mod info;
pub mod json;
pub mod legacy;
pub mod miot;
pub mod models;
pub mod provision;
pub mod push;
pub mod rpc;
pub mod session;
pub mod tokens;
pub mod vacuum;

#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub mod transport;

pub use batch::BatchSize;
pub use crypto::{Cipher, PlaintextEnd};
pub use device_id::{DeviceId, DeviceIdError};
pub use error::{DecryptError, EncodeError, FrameError};
pub use frame::{Checksum, Frame, HELLO, HelloReply, MAX_FRAME, PORT, TokenField};
pub use rpc::Request;
pub use session::{CallError, Config, Event, RequestId, Session, Transmit};
pub use token::{Token, TokenError, TokenForm};

/// The JSON values of params and results.
pub use serde_json::Value;
