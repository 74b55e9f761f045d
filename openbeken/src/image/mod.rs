//! Firmware files, and whether one fits a chip before it is sent.
//!
//! | what | type |
//! |---|---|
//! | blocks of 32 bytes with a CRC-16, as flash holds them | [`crc_blocks`], [`strip_crc_blocks`] |
//! | the code cipher of Beken chips | [`CodeCipher`] |
//! | files for updates over the air | [`Rbl`], [`RblHeader`] |
//! | Tuya's container | [`Ug`] |
//! | the radio's calibration | [`RfPartition`] |
//! | may this file be sent to that chip? | [`ota_check`] |
//!
//! ```
//! use openbeken::image::{CodeCipher, ota_check};
//!
//! // The start of every application for BK7231T and BK7231N.
//! let mut code = *b"\x0e\0\0\xea\x14\xf0\x9f\xe5";
//! CodeCipher::USUAL.apply(0x10000, &mut code);
//! assert_eq!(code, *b"\x2f\x07\xb5\x94\x35\xff\x2a\x9b");
//!
//! // A file for another chip isn't sent.
//! let misfits = ota_check("BK7231N", "OpenBK7231T_1.18.100.rbl", &[], None).unwrap_err();
//! println!("{}: {}", misfits[0], misfits[0].help().unwrap());
//! ```

mod blocks;
mod cipher;
mod gzip;
mod ota;
mod rbl;
mod rf;
mod ug;

pub use self::blocks::{
    BlockError, BlockFault, address_to_offset, crc_blocks, crc16, offset_to_address, strip_crc_blocks,
};
pub use self::cipher::CodeCipher;
pub use self::ota::{Misfit, OtaFit, ota_check};
pub use self::rbl::{
    Compression, Encryption, Rbl, RblBuilder, RblError, RblHeader, RblKey, fnv1a, partition_crc,
};
pub use self::rf::{RfError, RfPartition};
pub use self::ug::{Ug, UgError};
