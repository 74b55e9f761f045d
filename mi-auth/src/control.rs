//! Control codes, the one-number messages of characteristic 0x0010.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1..4 | code, little-endian; every known device sends 4 bytes |
//!
//! ```
//! use mi_auth::ControlCode;
//!
//! let code = ControlCode::parse(&[0x21, 0, 0, 0])?;
//! assert_eq!(code, ControlCode::LOGIN_SUCCESS);
//! assert_eq!(code.name(), Some("login_success"));
//! assert_eq!(code.encode(), [0x21, 0, 0, 0]);
//! # Ok::<(), mi_auth::ParseError>(())
//! ```

use core::fmt;

use crate::ParseError;

/// A control code, known or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlCode(pub u32);

impl ControlCode {
    /// To the device: register with a certificate, for devices with a secure chip.
    pub const REG_START: Self = Self(0x10);
    /// From the device: registered.
    pub const REG_SUCCESS: Self = Self(0x11);
    /// From the device: not registered.
    pub const REG_FAILED: Self = Self(0x12);
    /// To the device: the cloud agrees, store the keys.
    pub const REG_VERIFY_SUCCESS: Self = Self(0x13);
    /// To the device: abort. From the device: it aborts.
    pub const REG_VERIFY_FAIL: Self = Self(0x14);
    /// To the device: register by standard authentication.
    pub const REG_START_WITHOUT_PKI: Self = Self(0x15);
    /// To the device: login, not used by standard authentication.
    pub const LOGIN_START: Self = Self(0x20);
    /// From the device: a session is open.
    pub const LOGIN_SUCCESS: Self = Self(0x21);
    /// From the device: the token is another one.
    pub const LOGIN_INVALID_TOKEN: Self = Self(0x22);
    /// From the device: the confirmation is wrong.
    pub const LOGIN_FAILED: Self = Self(0x23);
    /// To the device: login by standard authentication.
    pub const LOGIN_START_WITH_RANDOM: Self = Self(0x24);
    /// To the device: restore its former keys. Unverified on thermometers.
    pub const KEY_RESTORE: Self = Self(0xa0);
    /// To the device: delete its keys. Unverified on thermometers.
    pub const KEY_DELETE: Self = Self(0xa1);
    /// To the device: send the device info parcel.
    pub const DEVICE_INFO: Self = Self(0xa2);
    /// To the device: greeting of the vendor's app, answered by a feature exchange.
    pub const LINK_PARAM_CONFIG: Self = Self(0xa4);
    /// To the device: transfer test.
    pub const XFER_TEST: Self = Self(0xa5);
    /// To the device: tell about the microcontroller.
    pub const MCU_INFO: Self = Self(0xa6);
    /// From the device: login, but it isn't registered.
    pub const ERR_NOT_REGISTERED: Self = Self(0xe0);
    /// From the device: register, but it is registered.
    pub const ERR_REGISTERED: Self = Self(0xe1);
    /// From the device: a session is open on this connection.
    pub const ERR_REPEAT_LOGIN: Self = Self(0xe2);
    /// From the device: the out-of-band data is wrong.
    pub const ERR_INVALID_OOB: Self = Self(0xe3);

    /// Reads 1 to 4 bytes.
    pub const fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Ok(Self(match *bytes {
            [a] => u32::from_le_bytes([a, 0, 0, 0]),
            [a, b] => u32::from_le_bytes([a, b, 0, 0]),
            [a, b, c] => u32::from_le_bytes([a, b, c, 0]),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => {
                return Err(ParseError::Length {
                    expected: 4,
                    found: bytes.len(),
                });
            }
        }))
    }

    /// The four bytes on the wire.
    #[must_use]
    pub const fn encode(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// The name that the vendor's SDK has for it; `None` for an unknown code.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        let index = NAMES.binary_search_by_key(&self, |(code, _)| *code).ok()?;
        NAMES.get(index).map(|(_, name)| *name)
    }
}

impl fmt::Debug for ControlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControlCode({self})")
    }
}

/// Prints `0x21 login_success`, or `0x77` for an unknown code.
impl fmt::Display for ControlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)?;
        self.name().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

/// Sorted by code.
const NAMES: &[(ControlCode, &str)] = &[
    (ControlCode::REG_START, "reg_start"),
    (ControlCode::REG_SUCCESS, "reg_success"),
    (ControlCode::REG_FAILED, "reg_failed"),
    (ControlCode::REG_VERIFY_SUCCESS, "reg_verify_success"),
    (ControlCode::REG_VERIFY_FAIL, "reg_verify_fail"),
    (ControlCode::REG_START_WITHOUT_PKI, "reg_start_without_pki"),
    (ControlCode::LOGIN_START, "login_start"),
    (ControlCode::LOGIN_SUCCESS, "login_success"),
    (ControlCode::LOGIN_INVALID_TOKEN, "login_invalid_token"),
    (ControlCode::LOGIN_FAILED, "login_failed"),
    (ControlCode::LOGIN_START_WITH_RANDOM, "login_start_with_random"),
    (ControlCode::KEY_RESTORE, "key_restore"),
    (ControlCode::KEY_DELETE, "key_delete"),
    (ControlCode::DEVICE_INFO, "get_device_info"),
    (ControlCode::LINK_PARAM_CONFIG, "link_param_config"),
    (ControlCode::XFER_TEST, "xfer_test"),
    (ControlCode::MCU_INFO, "mcu_info"),
    (ControlCode::ERR_NOT_REGISTERED, "err_not_registered"),
    (ControlCode::ERR_REGISTERED, "err_registered"),
    (ControlCode::ERR_REPEAT_LOGIN, "err_repeat_login"),
    (ControlCode::ERR_INVALID_OOB, "err_invalid_oob"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        for (code, name) in NAMES {
            assert_eq!(code.name(), Some(*name));
            assert_eq!(NAMES.iter().filter(|(_, other)| other == name).count(), 1);
        }
    }

    #[test]
    fn empty_and_long_values_are_refused_with_their_length() {
        for found in [0, 5, 20] {
            let bytes = [0x11; 20];
            assert_eq!(
                ControlCode::parse(&bytes[..found]),
                Err(ParseError::Length { expected: 4, found })
            );
        }
    }

    proptest! {
        #[test]
        fn every_code_reads_back(code: u32) {
            prop_assert_eq!(ControlCode::parse(&ControlCode(code).encode()), Ok(ControlCode(code)));
        }
    }
}
