//! The bit fields of a frame's header.

use core::fmt;

use super::Scheme;

/// The first two bytes of a frame: what it holds and how it is protected.
///
/// | Bit | Meaning |
/// |---|---|
/// | 0-2 | reserved; older versions: factory new, connected, central |
/// | 3 | objects are encrypted; only with bit 6 |
/// | 4 | MAC included |
/// | 5 | capability included |
/// | 6 | objects included |
/// | 7 | mesh information included |
/// | 8 | registered: bound to an account |
/// | 9 | solicited: asks the app to bind |
/// | 10-11 | [`AuthMode`] |
/// | 12-15 | version |
///
/// ```
/// use mibeacon::frame::FrameControl;
/// let control = FrameControl(0x5958); // on air 58 59
/// assert_eq!(control.version(), 5);
/// assert!(control.is_registered() && control.is_encrypted() && control.has_mac());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FrameControl(pub u16);

impl FrameControl {
    /// Bits 0 to 2; older devices set them.
    #[must_use]
    pub const fn reserved(self) -> u8 {
        (self.0 & 0b111) as u8
    }

    /// The objects are encrypted. Says nothing in a frame without objects.
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        self.bit(3)
    }

    /// The frame carries the sender's MAC.
    #[must_use]
    pub const fn has_mac(self) -> bool {
        self.bit(4)
    }

    /// The frame carries a [`Capability`].
    #[must_use]
    pub const fn has_capability(self) -> bool {
        self.bit(5)
    }

    /// The frame carries objects.
    #[must_use]
    pub const fn has_objects(self) -> bool {
        self.bit(6)
    }

    /// The frame carries [`MeshInfo`].
    #[must_use]
    pub const fn is_mesh(self) -> bool {
        self.bit(7)
    }

    /// The device says that it is bound to an account. Not authenticated.
    #[must_use]
    pub const fn is_registered(self) -> bool {
        self.bit(8)
    }

    /// The device asks the app to bind it, for some seconds after a key press. Not authenticated.
    #[must_use]
    pub const fn is_solicited(self) -> bool {
        self.bit(9)
    }

    /// How the device logs in.
    #[must_use]
    pub const fn auth_mode(self) -> AuthMode {
        match self.0 >> 10 & 0b11 {
            0 => AuthMode::Old,
            1 => AuthMode::HighSecurity,
            2 => AuthMode::Standard,
            _ => AuthMode::Reserved,
        }
    }

    /// The version of the format: 2 to 5 are in use.
    #[must_use]
    pub const fn version(self) -> u8 {
        (self.0 >> 12) as u8
    }

    /// How this version encrypts.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        if self.version() < 4 {
            Scheme::Legacy
        } else {
            Scheme::Modern
        }
    }

    const fn bit(self, index: u32) -> bool {
        self.0 >> index & 1 == 1
    }
}

impl fmt::Debug for FrameControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameControl({:#06x})", self.0)
    }
}

/// How a device logs in (control bits 10 and 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMode {
    /// 0: the old scheme.
    Old,
    /// 1: with a security chip; locks.
    HighSecurity,
    /// 2: standard.
    Standard,
    /// 3: not in use.
    Reserved,
}

impl AuthMode {
    /// The two bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }
}

/// What a device can do.
///
/// | Bit | Meaning |
/// |---|---|
/// | 0 | connectable |
/// | 1 | centralable |
/// | 2 | encryptable |
/// | 3-4 | [`BondAbility`] |
/// | 5 | [`IoCapability`] follows |
/// | 6-7 | reserved |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capability(pub u8);

impl Capability {
    /// Accepts connections.
    #[must_use]
    pub const fn is_connectable(self) -> bool {
        self.0 & 1 != 0
    }

    /// Can be the central side of a connection.
    #[must_use]
    pub const fn is_centralable(self) -> bool {
        self.0 & 1 << 1 != 0
    }

    /// Can encrypt a connection.
    #[must_use]
    pub const fn is_encryptable(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// How the device wants to be bound.
    #[must_use]
    pub const fn bond_ability(self) -> BondAbility {
        match self.0 >> 3 & 0b11 {
            0 => BondAbility::None,
            1 => BondAbility::BeforeConnecting,
            2 => BondAbility::AfterConnecting,
            _ => BondAbility::Combo,
        }
    }

    /// Two bytes of I/O capability follow.
    #[must_use]
    pub const fn has_io(self) -> bool {
        self.0 & 1 << 5 != 0
    }
}

/// How a device wants to be bound (capability bits 3 and 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BondAbility {
    /// 0: the app picks it from a list, or by signal strength.
    None,
    /// 1: the device confirms before the connection: see [`FrameControl::is_solicited`].
    BeforeConnecting,
    /// 2: the device shows itself after the connection, by vibration for example.
    AfterConnecting,
    /// 3: a chip with Wi-Fi and Bluetooth; the Wi-Fi side is set up.
    Combo,
}

/// How a device can take part in pairing. Byte 1 is reserved.
///
/// Byte 0, from bit 0: can enter 6 digits, can enter 6 letters, can read an NFC tag, can scan a QR code, can
/// show 6 digits, can show 6 letters, can present an NFC tag, can show a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IoCapability(pub [u8; 2]);

impl IoCapability {
    /// Digits or letters can be typed on the device.
    #[must_use]
    pub const fn can_enter(self) -> bool {
        self.0[0] & 0b11 != 0
    }

    /// Digits or letters can be shown by the device.
    #[must_use]
    pub const fn can_show(self) -> bool {
        self.0[0] & 0b11 << 4 != 0
    }
}

/// How a device takes part in a mesh. Byte 1 is reserved. It carries no key press.
///
/// Byte 0: bit 0 PB-ADV, bit 1 PB-GATT, bits 2-3 [`MeshState`], bits 4-7 version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeshInfo(pub [u8; 2]);

impl MeshInfo {
    /// Can be provisioned over advertising.
    #[must_use]
    pub const fn supports_pb_adv(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// Can be provisioned over GATT.
    #[must_use]
    pub const fn supports_pb_gatt(self) -> bool {
        self.0[0] & 1 << 1 != 0
    }

    /// How far provisioning has come.
    #[must_use]
    pub const fn state(self) -> MeshState {
        match self.0[0] >> 2 & 0b11 {
            0 => MeshState::NotAuthenticated,
            1 => MeshState::NotProvisioned,
            2 => MeshState::NotConfigured,
            _ => MeshState::Usable,
        }
    }

    /// The mesh version.
    #[must_use]
    pub const fn version(self) -> u8 {
        self.0[0] >> 4
    }
}

/// How far mesh provisioning has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeshState {
    /// 0.
    NotAuthenticated,
    /// 1.
    NotProvisioned,
    /// 2.
    NotConfigured,
    /// 3.
    Usable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_the_control_word_has_its_place() {
        let control = FrameControl(0xb054_u16.swap_bytes());
        assert_eq!(control.version(), 5);
        assert_eq!(control.auth_mode(), AuthMode::HighSecurity);
        assert!(control.is_mesh() && control.has_capability() && control.has_mac());
        assert!(!control.has_objects() && !control.is_encrypted() && !control.is_registered());
        assert_eq!(FrameControl(0x2071).reserved(), 1);
        assert!(FrameControl(0x5a30).is_solicited());
    }

    #[test]
    fn capability_and_mesh_bits() {
        assert_eq!(Capability(0x38).bond_ability(), BondAbility::Combo);
        assert!(Capability(0x28).has_io());
        assert!(Capability(0x0d).is_connectable() && Capability(0x0d).is_encryptable());
        let mesh = MeshInfo([0x0e, 0]);
        assert_eq!(mesh.state(), MeshState::Usable);
        assert!(mesh.supports_pb_gatt() && !mesh.supports_pb_adv());
        assert!(IoCapability([1, 0]).can_enter() && !IoCapability([1, 0]).can_show());
    }
}
