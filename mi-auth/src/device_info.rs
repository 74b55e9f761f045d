//! The first parcel of a registration: what the device can, and its id.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | version of authentication, little-endian: 1, or 2 |
//! | 2 | 1 | bits 0-3: input capability, bits 4-7: output capability; 8 = QR code or printed code |
//! | 3 | 1 | 0 |
//! | 4 | 0 or 20 | [device id](crate::Did) |
//!
//! ```
//! use mi_auth::DeviceInfo;
//!
//! let info = DeviceInfo::parse(b"\x02\0\0\0\0blt.1.1pds65t394801")?;
//! assert_eq!(info.version, 2);
//! assert_eq!(info.did.unwrap().as_str(), "blt.1.1pds65t394801");
//! assert_eq!(&info.encode(), b"\x02\0\0\0\0blt.1.1pds65t394801");
//! # Ok::<(), mi_auth::ParseError>(())
//! ```

use crate::{Did, ParseError};

/// What a device says about itself before it registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Version of its authentication. Version 2 registers with the vendor's cloud only.
    pub version: u16,
    /// Capabilities as they stand on the wire.
    pub capabilities: u16,
    /// Its id, if it has one.
    pub did: Option<Did>,
}

impl DeviceInfo {
    /// A device without capabilities.
    #[must_use]
    pub const fn new(version: u16, did: Option<Did>) -> Self {
        Self {
            version,
            capabilities: 0,
            did,
        }
    }

    /// Reads the parcel: 4 bytes, and an id of 20 bytes if more follow. What is no id, is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let (&[a, b, c, d], rest) = bytes.split_first_chunk().ok_or(ParseError::TooShort {
            expected: 4,
            found: bytes.len(),
        })?;
        Ok(Self {
            version: u16::from_le_bytes([a, b]),
            capabilities: u16::from_le_bytes([c, d]),
            did: rest.first_chunk::<{ Did::LENGTH }>().and_then(Did::parse),
        })
    }

    /// The parcel with an id of 20 bytes, zeros if there is none.
    #[must_use]
    pub fn encode(&self) -> [u8; 24] {
        let [a, b] = self.version.to_le_bytes();
        let [c, d] = self.capabilities.to_le_bytes();
        let did = self.did.map_or([0; Did::LENGTH], |did| did.encode());
        let mut out = [0; 24];
        for (to, from) in out.iter_mut().zip([a, b, c, d].into_iter().chain(did)) {
            *to = from;
        }
        out
    }

    /// How a person can enter something: 0 for not at all.
    #[must_use]
    pub const fn input_capability(&self) -> u8 {
        (self.capabilities & 0x0f) as u8
    }

    /// How the device can show something: 0 for not at all, 8 for a QR code or a printed code.
    #[must_use]
    pub const fn output_capability(&self) -> u8 {
        (self.capabilities >> 4 & 0x0f) as u8
    }

    /// Whether registration needs something that isn't sent over the radio, such as a printed code.
    #[must_use]
    pub const fn needs_out_of_band(&self) -> bool {
        self.capabilities & 0xff != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_that_is_cut_off_is_none() {
        let info = DeviceInfo::parse(b"\x01\0\0\0\0blt.3.1hc1p4nu8k40").unwrap();
        assert_eq!(info.did, None);
    }

    #[test]
    fn capabilities_are_nibbles_of_the_low_byte() {
        let info = DeviceInfo::parse(&[1, 0, 0x83, 0]).unwrap();
        assert_eq!((info.input_capability(), info.output_capability()), (3, 8));
        assert!(info.needs_out_of_band());
    }

    proptest! {
        #[test]
        fn infos_read_back(version: u16, capabilities: u16, did in prop::option::of("[!-~]{1,20}")) {
            let did = did.map(|text| text.parse().unwrap());
            let info = DeviceInfo { version, capabilities, did };
            prop_assert_eq!(DeviceInfo::parse(&info.encode()), Ok(info));
        }

        #[test]
        fn any_four_bytes_are_an_info(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(DeviceInfo::parse(&bytes).is_ok(), bytes.len() >= 4);
        }
    }
}
