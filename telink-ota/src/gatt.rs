//! The GATT surface: services, characteristics, and what a state machine wants done with them.

use core::fmt;

use uuid::{Uuid, uuid};

/// A characteristic that this crate uses. Always find handles by UUID: firmware moves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Characteristic {
    /// Telink OTA, `2b12`: commands, data, status and notifications.
    Ota,
    /// Commands of custom firmware, `1f1f`.
    Command,
    /// The connection interval of stock firmware, `ccd8`.
    ConnectionSpeed,
    /// The battery level, `2a19`.
    BatteryLevel,
    /// Device information: the model number, `2a24`.
    ModelNumber,
    /// Device information: the serial number, `2a25`.
    SerialNumber,
    /// Device information: the firmware revision, `2a26`.
    FirmwareRevision,
    /// Device information: the hardware revision, `2a27`.
    HardwareRevision,
    /// Device information: the software revision, `2a28`.
    SoftwareRevision,
}

impl Characteristic {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Ota,
        Self::Command,
        Self::ConnectionSpeed,
        Self::BatteryLevel,
        Self::ModelNumber,
        Self::SerialNumber,
        Self::FirmwareRevision,
        Self::HardwareRevision,
        Self::SoftwareRevision,
    ];

    /// Its UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Ota => uuid!("00010203-0405-0607-0809-0a0b0c0d2b12"),
            Self::Command => short(0x1f1f),
            Self::ConnectionSpeed => uuid!("ebe0ccd8-7a0a-4b0c-8a1a-6ff2997da3a6"),
            Self::BatteryLevel => short(0x2a19),
            Self::ModelNumber => short(0x2a24),
            Self::SerialNumber => short(0x2a25),
            Self::FirmwareRevision => short(0x2a26),
            Self::HardwareRevision => short(0x2a27),
            Self::SoftwareRevision => short(0x2a28),
        }
    }

    /// The characteristic of a UUID.
    #[must_use]
    pub fn of(uuid: Uuid) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|characteristic| characteristic.uuid() == uuid)
    }
}

/// A 16-bit UUID in its long form.
#[must_use]
pub const fn short(uuid: u16) -> Uuid {
    Uuid::from_u128(0x0000_1000_8000_0080_5f9b_34fb_u128 | ((uuid as u128) << 96))
}

/// Telink OTA.
pub const OTA_SERVICE: Uuid = uuid!("00010203-0405-0607-0809-0a0b0c0d1912");
/// Stock firmware's measurements.
pub const MI_DATA_SERVICE: Uuid = uuid!("ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6");
/// Xiaomi's authentication.
pub const MI_AUTH_SERVICE: Uuid = short(0xfe95);
/// Qingping's stock firmware.
pub const QINGPING_SERVICE: Uuid = uuid!("22210000-554a-4546-5542-46534450464d");
/// Commands of custom firmware.
pub const COMMAND_SERVICE: Uuid = short(0x1f10);
/// Device information.
pub const INFORMATION_SERVICE: Uuid = short(0x180a);
/// Environmental sensing: pvvx has it, atc1441 too, but only pvvx's says which firmware it is.
pub const SENSING_SERVICE: Uuid = short(0x181a);
/// The battery.
pub const BATTERY_SERVICE: Uuid = short(0x180f);
/// BTHome devices of pvvx's other firmware.
pub const BTHOME_SERVICE: Uuid = short(0xfcd2);

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteMode {
    /// The device acknowledges: a write request.
    WithResponse,
    /// Nobody does: a write command.
    WithoutResponse,
}

/// What a state machine wants done next. One at a time: the next comes after the answer to this one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transmit<'a> {
    /// Subscribe to notifications, then call [`handle_subscribed`](crate::Session::handle_subscribed).
    Subscribe {
        /// Whose.
        characteristic: Characteristic,
    },
    /// Write, then call [`handle_written`](crate::Session::handle_written): once the device has acknowledged, or
    /// with [`WriteMode::WithoutResponse`] once the host's stack has taken it.
    Write {
        /// Where to.
        characteristic: Characteristic,
        /// At most 244 bytes.
        bytes: &'a [u8],
        /// How.
        mode: WriteMode,
    },
    /// Read, then call [`handle_read`](crate::Session::handle_read).
    Read {
        /// From where.
        characteristic: Characteristic,
    },
}

/// Without the bytes of a write, since commands carry keys.
impl fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribe { characteristic } => write!(f, "Subscribe({characteristic:?})"),
            Self::Read { characteristic } => write!(f, "Read({characteristic:?})"),
            Self::Write {
                characteristic,
                bytes,
                mode,
            } => write!(f, "Write({characteristic:?}, {} bytes, {mode:?})", bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_uuids_have_bluetooths_base() {
        assert_eq!(short(0x1f1f).to_string(), "00001f1f-0000-1000-8000-00805f9b34fb");
    }

    #[test]
    fn every_characteristic_is_found_by_its_uuid() {
        for characteristic in Characteristic::ALL {
            assert_eq!(Characteristic::of(characteristic.uuid()), Some(characteristic));
        }
        assert_eq!(Characteristic::of(OTA_SERVICE), None);
    }
}
