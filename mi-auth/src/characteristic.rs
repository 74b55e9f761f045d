//! The GATT characteristics that authentication uses.
//!
//! | service | characteristic | use |
//! |---|---|---|
//! | 0xFE95 | 0x0001 | legacy tokens: write, notify |
//! | 0xFE95 | 0x0002 | product id, 2 bytes: read |
//! | 0xFE95 | 0x0004 | firmware version as text, encrypted on legacy devices: read |
//! | 0xFE95 | 0x0010 | [control codes](crate::ControlCode) both ways: write without response, notify |
//! | 0xFE95 | 0x0014 | legacy beacon key, 12 bytes: read |
//! | 0xFE95 | 0x0016 | secure chip (locks): another scheme, unsupported |
//! | 0xFE95 | 0x0019 | [parcels](crate::parcel) both ways: write without response, notify |
//! | Nordic UART | `6e400002-…`, `6e400003-…` | [encrypted channel](crate::uart) of scooters: write, notify |
//!
//! ```
//! use mi_auth::{Characteristic, Scheme};
//!
//! let control = Characteristic::from_uuid(0x0000_0010_0000_1000_8000_0080_5f9b_34fb);
//! assert_eq!(control, Some(Characteristic::Control));
//! assert_eq!(Scheme::of([Characteristic::Token, Characteristic::Data]), Some(Scheme::Standard));
//! ```

use core::fmt;

/// A characteristic that authentication reads, writes or listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Characteristic {
    /// 0x0001, the tokens of legacy authentication.
    Token,
    /// 0x0002, the product id.
    ProductId,
    /// 0x0004, the firmware version.
    Version,
    /// 0x0010, control codes ("UPNP" in some tools).
    Control,
    /// 0x0014, the legacy beacon key.
    BeaconKey,
    /// 0x0016, authentication by a secure chip.
    SecureAuth,
    /// 0x0019, parcels ("AVDTP" in some tools).
    Data,
    /// What the host writes on the UART service.
    UartTx,
    /// What the device notifies on the UART service.
    UartRx,
}

impl Characteristic {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Token,
        Self::ProductId,
        Self::Version,
        Self::Control,
        Self::BeaconKey,
        Self::SecureAuth,
        Self::Data,
        Self::UartTx,
        Self::UartRx,
    ];

    /// The whole UUID, as `uuid::Uuid::from_u128` takes it.
    #[must_use]
    pub const fn uuid(self) -> u128 {
        match self {
            Self::Token => short_uuid(0x0001),
            Self::ProductId => short_uuid(0x0002),
            Self::Version => short_uuid(0x0004),
            Self::Control => short_uuid(0x0010),
            Self::BeaconKey => short_uuid(0x0014),
            Self::SecureAuth => short_uuid(0x0016),
            Self::Data => short_uuid(0x0019),
            Self::UartTx => 0x6e40_0002_b5a3_f393_e0a9_e50e_24dc_ca9e,
            Self::UartRx => 0x6e40_0003_b5a3_f393_e0a9_e50e_24dc_ca9e,
        }
    }

    /// The UUID of its service.
    #[must_use]
    pub const fn service(self) -> u128 {
        match self {
            Self::UartTx | Self::UartRx => UART_SERVICE,
            _ => MI_SERVICE,
        }
    }

    /// The characteristic with this UUID.
    #[must_use]
    pub fn from_uuid(uuid: u128) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|characteristic| characteristic.uuid() == uuid)
    }
}

/// Prints the part of the UUID that people know it by: `0010`, `6e400003`.
impl fmt::Display for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.uuid() >> 96;
        match self {
            Self::UartTx | Self::UartRx => write!(f, "{head:08x}"),
            _ => write!(f, "{head:04x}"),
        }
    }
}

/// How a device authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// [`Register`](crate::Register) and [`Login`](crate::Login).
    Standard,
    /// [`legacy`](crate::legacy): RC4 and a token of 12 bytes.
    Legacy,
    /// Certificates from a secure chip, as locks have: unsupported.
    SecureChip,
}

impl Scheme {
    /// What the characteristics of a device say; `None` if it has none of this service.
    pub fn of(characteristics: impl IntoIterator<Item = Characteristic>) -> Option<Self> {
        let mut found = None;
        for characteristic in characteristics {
            let scheme = match characteristic {
                Characteristic::Data => return Some(Self::Standard),
                Characteristic::Token => Self::Legacy,
                Characteristic::SecureAuth if found.is_none() => Self::SecureChip,
                _ => continue,
            };
            found = Some(scheme);
        }
        found
    }

    /// What a person can do about it, in one sentence; `None` where nothing needs to be done.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Standard | Self::Legacy => None,
            Self::SecureChip => Some(
                "This device authenticates with certificates of a secure chip, which only the vendor's app can do.",
            ),
        }
    }
}

/// The UUID of service 0xFE95.
pub const MI_SERVICE: u128 = short_uuid(0xfe95);

/// The UUID of the UART service of scooters.
pub const UART_SERVICE: u128 = 0x6e40_0001_b5a3_f393_e0a9_e50e_24dc_ca9e;

/// A 16-bit UUID within Bluetooth's base UUID.
const fn short_uuid(short: u16) -> u128 {
    0x0000_0000_0000_1000_8000_0080_5f9b_34fb | (short as u128) << 96
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_uuid_is_found_again() {
        for characteristic in Characteristic::ALL {
            assert_eq!(
                Characteristic::from_uuid(characteristic.uuid()),
                Some(characteristic)
            );
        }
        assert_eq!(Characteristic::from_uuid(short_uuid(0x0003)), None);
    }

    #[test]
    fn the_data_characteristic_decides_whatever_stands_before_it() {
        use Characteristic::{Control, Data, SecureAuth, Token};
        assert_eq!(Scheme::of([Token, SecureAuth, Data]), Some(Scheme::Standard));
        assert_eq!(Scheme::of([Token, Control]), Some(Scheme::Legacy));
        assert_eq!(Scheme::of([SecureAuth, Token]), Some(Scheme::Legacy));
        assert_eq!(Scheme::of([Token, SecureAuth]), Some(Scheme::Legacy));
        assert_eq!(Scheme::of([SecureAuth]), Some(Scheme::SecureChip));
        assert_eq!(Scheme::of([Control]), None);
    }
}
