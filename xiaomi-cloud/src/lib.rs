#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account_body;
mod answer;
mod connect_type;
mod cookies;
mod credentials;
mod crypto;
mod device;
mod error;
mod form;
mod identity;
mod json;
mod listing;
mod miot_code;
mod records;
mod region;
mod secret;
mod transmit;
mod trusted_url;

pub mod api;
pub mod did;
pub mod login;
pub mod merge;
pub mod refusal;
pub mod server;
pub mod session;
pub mod sign;

#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
pub mod transport;

pub use account_body::{AccountBody, AccountBodyError};
pub use answer::Answer;
pub use connect_type::ConnectType;
pub use cookies::SetCookie;
pub use credentials::{Credentials, RestoreError};
pub use crypto::{Nonce, SignedNonce, client_sign, rc4_drop1024};
pub use device::{Device, DeviceToken};
pub use did::DidKind;
pub use error::{ApiError, LoginError, MalformedAnswer};
pub use identity::Identity;
pub use listing::{DeviceListing, Listing};
pub use login::{Login, LoginEvent, Question};
pub use merge::MergedDevice;
pub use miot_code::{Family, MiotCode};
pub use region::{Region, UnknownRegion};
pub use secret::{PassToken, Password, SecretError, ServiceToken, Ssecurity};
pub use session::{CallId, Session, SessionEvent};
pub use transmit::{Failure, RequestId, Transmit};
pub use trusted_url::{TrustedUrl, UrlError};
