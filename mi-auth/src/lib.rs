#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "btleplug")), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod app_code;
mod characteristic;
mod control;
pub mod device;
mod device_info;
mod dialogue;
mod did;
mod error;
mod failure;
mod handshake;
mod known;
pub mod legacy;
mod link;
mod login;
pub mod parcel;
mod register;
mod secret;
mod session;
mod setup;
mod timer;
pub mod transport;
pub mod uart;

pub use app_code::AppCode;
pub use characteristic::{Characteristic, MI_SERVICE, Scheme, UART_SERVICE};
pub use control::ControlCode;
pub use device_info::DeviceInfo;
pub use did::Did;
pub use error::{EncodeError, KeyError, ParseError};
pub use failure::{Failure, Stage};
pub use handshake::{Event, Handshake, Ignored, Transmit};
pub use known::{KnownFirmware, Ota, Way};
pub use login::{LoggedIn, Login, LoginConfig};
pub use register::{Register, RegisterConfig, Registration};
pub use secret::{BindKey, DidKey, LegacyBeaconKey, LegacySessionKey, SessionKey, SharedSecret, Token};
pub use session::{LoginRandom, SessionKeys};
pub use setup::{PrivateKey, PublicKey, SetupKeys};
