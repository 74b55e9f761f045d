#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// The file, bottom up.
pub mod block;
pub mod container;
pub mod header;
pub mod image;
pub mod obstacle;
pub mod path;
pub mod record;

// What is in it, and where.
pub mod cleaned;
pub mod outline;
pub mod place;

// Pictures.
pub mod draw;

mod bytes;
mod decode;
mod encode;
mod error;
mod map;
mod warning;

pub use decode::{Decoded, Digest, Limits, ParseOptions, parse, parse_blocks, parse_unpacked};
pub use encode::EncodeError;
pub use error::{LimitKind, ParseError};
pub use image::Image;
pub use map::Map;
pub use place::{Mm, Pixel};
pub use record::{Point, Position};
pub use warning::Warning;
