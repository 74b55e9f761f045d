//! Device ids: the 32-bit number that a device has for life.

use core::fmt;
use core::str::FromStr;

/// A device's id ("did"). Shown in decimal; frames and old configurations have it as 8 hex digits.
///
/// ```
/// use miio_proto::DeviceId;
///
/// let id: DeviceId = "55408263".parse()?;
/// assert_eq!(id, "034D7687".parse()?);
/// assert_eq!(format!("{id} {id:X}"), "55408263 034D7687");
/// # Ok::<(), miio_proto::DeviceIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u32);

impl From<u32> for DeviceId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::UpperHex for DeviceId {
    /// 8 digits, as openHAB's thing ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08X}", self.0)
    }
}

impl fmt::LowerHex for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for DeviceId {
    type Err = DeviceIdError;

    /// Decimal digits, or 8 hex digits of which at least one is a letter or which start with 0.
    fn from_str(text: &str) -> Result<Self, DeviceIdError> {
        let text = text.trim();
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let hex = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.is_empty() || !(digits || hex) {
            return Err(DeviceIdError);
        }
        let id = if hex && (!digits || text.starts_with('0')) {
            u32::from_str_radix(text, 16)
        } else {
            text.parse()
        };
        id.map(Self).map_err(|_| DeviceIdError)
    }
}

/// Text that is no device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device id is a decimal number up to 4294967295, or 8 hex digits")]
pub struct DeviceIdError;

impl DeviceIdError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "Ids like `lumi.158d00..` or `blt.3...` belong to devices behind a gateway: talk to the gateway and \
             name the child in the request.",
        )
    }
}
