//! What kind of Bluetooth address a device uses.

use macaddr::MacAddr6;

/// The type of a Bluetooth device address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressType(pub u8);

impl AddressType {
    /// Public device address.
    pub const PUBLIC: Self = Self(0x00);
    /// Random device address: static or private.
    pub const RANDOM: Self = Self(0x01);
    /// Public identity address; the controller resolved the private one.
    pub const PUBLIC_IDENTITY: Self = Self(0x02);
    /// Random static identity address; the controller resolved the private one.
    pub const RANDOM_IDENTITY: Self = Self(0x03);
    /// A resolvable private address that the controller couldn't resolve (direct addresses only).
    pub const UNRESOLVED: Self = Self(0xfe);
    /// No address was sent: anonymous advertising.
    pub const ANONYMOUS: Self = Self(0xff);

    /// Whether an address of this type stays the same: public, an identity, or random static (its two
    /// highest bits set).
    #[must_use]
    pub const fn is_identity(self, address: MacAddr6) -> bool {
        match self {
            Self::PUBLIC | Self::PUBLIC_IDENTITY | Self::RANDOM_IDENTITY => true,
            Self::RANDOM => address.into_array()[0] >> 6 == 3,
            _ => false,
        }
    }

    /// Whether an address of this type is a resolvable private one: it changes, and only who has the
    /// device's identity resolving key can tell whose it is.
    #[must_use]
    pub const fn is_resolvable_private(self, address: MacAddr6) -> bool {
        match self {
            Self::RANDOM | Self::UNRESOLVED => address.into_array()[0] >> 6 == 1,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bits_tell_random_addresses_apart() {
        let [fixed, resolvable, other] = [0xc0, 0x7f, 0x3f].map(|top| MacAddr6::new(top, 0, 0, 0, 0, 0));
        assert!(AddressType::RANDOM.is_identity(fixed));
        assert!(!AddressType::RANDOM.is_identity(resolvable));
        assert!(AddressType::RANDOM.is_resolvable_private(resolvable));
        assert!(!AddressType::RANDOM.is_resolvable_private(other));
        assert!(AddressType::PUBLIC.is_identity(resolvable));
        assert!(!AddressType::PUBLIC.is_resolvable_private(resolvable));
        assert!(!AddressType::ANONYMOUS.is_identity(fixed));
    }
}
