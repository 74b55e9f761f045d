//! Versions of custom firmware.

use core::fmt;
use core::str::FromStr;

/// A version of pvvx's firmware: one byte of BCD, 0x58 is 5.8.
///
/// ```
/// use telink_ota::FirmwareVersion;
///
/// let version = FirmwareVersion(0x58);
/// assert_eq!(version.to_string(), "5.8");
/// assert_eq!("V5.8".parse(), Ok(version)); // as the software revision has it
/// assert!(version > FirmwareVersion(0x46));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FirmwareVersion(
    /// The byte.
    pub u8,
);

impl FirmwareVersion {
    /// The version that this crate knows best, and the newest that it was checked against.
    pub const CURRENT: Self = Self(0x58);
    /// The first with the extended OTA on every board.
    pub const EXTENDED_OTA: Self = Self(0x46);
}

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}", self.0 >> 4, self.0 & 0x0f)
    }
}

impl FromStr for FirmwareVersion {
    type Err = VersionError;

    /// `V5.8` or `5.8`; what follows, as zeros of the device, is ignored.
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let text = text.trim_start_matches(['V', 'v']);
        match text.as_bytes() {
            [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', rest @ ..]
                if !rest.first().is_some_and(u8::is_ascii_digit) =>
            {
                Ok(Self((major - b'0') << 4 | (minor - b'0')))
            }
            _ => Err(VersionError),
        }
    }
}

/// Text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that isn't a version such as 5.8")]
pub struct VersionError;

impl VersionError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Write one digit, a point, one digit: 5.8.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_text_is_no_version() {
        for text in ["", "5", "V", "5.", "12.3", "5.81", "x5.8"] {
            assert_eq!(text.parse::<FirmwareVersion>(), Err(VersionError), "{text}");
        }
        assert_eq!("V4.6\0\0".parse(), Ok(FirmwareVersion(0x46)));
    }
}
