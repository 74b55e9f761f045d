//! Configuration backups: the block of 3584 bytes that a device keeps in flash, and gives out by `api/flash`.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 3 | `CFG` |
//! | 3 | 1 | checksum of all that follows, of one of two kinds ([`CharKind`]) |
//! | 4 | 4 | version, 5 |
//! | 8 | 8 | flags |
//! | 14h | 64 | name of the network |
//! | 54h | 64 | its password, without a closing zero if it has 64 bytes |
//! | .. | | from 33Eh to 53Ch fields move with the number of pins ([`Layout`]) |
//!
//! [`Config::parse`] reads a block, whatever its checksum; [`Config::encode`] writes it with the right one, and without
//! what old, longer passwords have left behind.
//!
//! ```
//! use openbeken::config::{CharKind, Config, Layout, TextField};
//!
//! let mut config = Config::new(Layout::D);
//! config.set_text(TextField::WifiSsid, b"Home")?;
//! config.set_text(TextField::WifiPassword, b"correct horse")?;
//! config.set_pin(6, 1, 1, 0)?;
//! let block = config.encode(CharKind::Signed);
//!
//! let config = Config::parse(&block, Layout::D)?;
//! assert!(config.checksum().fits(CharKind::Signed));
//! assert_eq!(config.text(TextField::WifiSsid), Some(b"Home".as_slice()));
//! assert_eq!(config.pins().next().unwrap().role().unwrap().name, "Rel");
//! # Ok::<(), openbeken::config::ConfigError>(())
//! ```

mod block;
mod crc8;
mod edit;
mod error;
mod layout;

pub use self::block::{Checksum, Config, TextField};
pub use self::crc8::crc8;
pub use self::error::{ConfigError, LooksLike};
pub use self::layout::{CharKind, Layout};
