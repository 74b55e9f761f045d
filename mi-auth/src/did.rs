//! Device ids ("DID"), such as `blt.3.1hc1p4nu8k400`.
//!
//! On the wire an id has 20 bytes: it is padded with zeros **on the left**. An id of zeros is none.
//!
//! ```
//! use mi_auth::Did;
//!
//! let did: Did = "blt.3.1hc1p4nu8k400".parse()?;
//! assert_eq!(&did.encode(), b"\0blt.3.1hc1p4nu8k400");
//! assert_eq!(Did::parse(&did.encode()), Some(did));
//! assert!(!did.is_invented());
//! # Ok::<(), mi_auth::KeyError>(())
//! ```

use core::fmt;
use core::str::FromStr;

use crate::KeyError;

/// The id by which the cloud knows a device: 1 to 20 printable ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did([u8; LENGTH]);

impl Did {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = LENGTH;

    /// Reads the 20 bytes of the wire; `None` for zeros only, and for bytes that are no id.
    #[must_use]
    pub fn parse(bytes: &[u8; LENGTH]) -> Option<Self> {
        let start = bytes.iter().position(|&byte| byte != 0)?;
        let text = bytes.get(start..)?;
        text.iter().all(u8::is_ascii_graphic).then_some(Self(*bytes))
    }

    /// The 20 bytes of the wire.
    #[must_use]
    pub const fn encode(&self) -> [u8; LENGTH] {
        self.0
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let start = self.0.iter().position(|&byte| byte != 0).unwrap_or(LENGTH);
        self.0
            .get(start..)
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    /// Whether a web flasher made it up (`blt.3.129v…ATC`, `blt.3.129v…g00`). The cloud blocks such ids: the
    /// vendor's app then refuses the device with code -29, until its key sector is erased.
    #[must_use]
    pub fn is_invented(&self) -> bool {
        let text = self.as_str();
        text.len() == 19 && text.starts_with("blt.3.129v") && (text.ends_with("ATC") || text.ends_with("g00"))
    }
}

impl FromStr for Did {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; LENGTH];
        let start = LENGTH.checked_sub(text.len()).ok_or(KeyError::NotDid)?;
        for (to, from) in bytes.iter_mut().skip(start).zip(text.bytes()) {
            *to = from;
        }
        Self::parse(&bytes).ok_or(KeyError::NotDid)
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Did({self})")
    }
}

const LENGTH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_of_web_flashers_are_recognised() {
        for text in ["blt.3.129vABCDEFg00", "blt.3.129vzYxWvUATC"] {
            assert!(text.parse::<Did>().unwrap().is_invented(), "{text}");
        }
        for text in [
            "blt.3.1hc1p4nu8k400", "blt.1.1pds65t394801", "blt.3.129vABCg00", "1",
        ] {
            assert!(!text.parse::<Did>().unwrap().is_invented(), "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "a b", "bl\u{fc}", "blt.3.1hc1p4nu8k40012", "blt\0"] {
            assert_eq!(text.parse::<Did>(), Err(KeyError::NotDid), "{text:?}");
        }
        assert_eq!(Did::parse(&[0; 20]), None);
        assert_eq!(Did::parse(b"blt.3.1hc1p4nu8k400\0"), None);
    }

    proptest! {
        #[test]
        fn ids_read_back_from_text_and_from_bytes(text in "[!-~]{1,20}") {
            let did: Did = text.parse().unwrap();
            prop_assert_eq!(did.as_str(), text);
            prop_assert_eq!(Did::parse(&did.encode()), Some(did));
        }
    }
}
