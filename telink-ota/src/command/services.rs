//! Hardware, version, sensors and services of a build (command 00, since 4.5).
//!
//! `00 | revision u8 | hardware u16 | version u16 | sensors u16 | services u32`, 12 bytes.

use super::error::NotificationError;
use super::fields::Reader;
use super::sensor::SensorKind;
use crate::FirmwareVersion;

/// What a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId {
    /// The layout of this answer: 0.
    pub revision: u8,
    /// The hardware id.
    pub hardware_id: u16,
    /// The version.
    pub version: FirmwareVersion,
    /// Up to two sensors.
    pub sensors: [SensorKind; 2],
    /// What the build can do.
    pub services: Services,
}

impl DeviceId {
    pub(super) fn read(fields: &mut Reader<'_>) -> Result<Self, NotificationError> {
        let revision = fields.u8()?;
        let hardware_id = fields.u16()?;
        let [version, _] = fields.take()?;
        let [first, second] = fields.take()?;
        Ok(Self {
            revision,
            hardware_id,
            version: FirmwareVersion(version),
            sensors: [SensorKind::from_wire(first), SensorKind::from_wire(second)],
            services: Services(fields.u32()?),
        })
    }
}

/// What a build can do: one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Services(
    /// The bits.
    pub u32,
);

impl Services {
    /// Whether the build can do this.
    #[must_use]
    pub const fn has(self, service: Service) -> bool {
        self.0 & (1 << service as u32) != 0
    }
}

/// Something that builds can do, by its bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Service {
    /// OTA.
    Ota = 0,
    /// The extended OTA.
    ExtendedOta = 1,
    /// A PIN.
    Pin = 2,
    /// A bind key of its own.
    BindKey = 3,
    /// The log.
    Log = 4,
    /// A display.
    Screen = 5,
    /// Long range.
    LongRange = 6,
    /// Temperature and humidity.
    Climate = 7,
    /// A reed contact.
    Reed = 8,
    /// A key.
    Key = 9,
    /// Outputs.
    Outputs = 10,
    /// Inputs.
    Inputs = 11,
    /// A clock that can be adjusted.
    TimeAdjust = 12,
    /// A real-time clock.
    Clock = 13,
    /// Triggers.
    Trigger = 14,
    /// An LED.
    Led = 15,
    /// Xiaomi's keys.
    MiKeys = 16,
    /// Pressure.
    Pressure = 17,
    /// MY18B20 probes.
    My18b20 = 18,
    /// Current and voltage.
    CurrentVoltage = 19,
    /// Soil.
    Soil = 20,
    /// A button.
    Button = 21,
    /// Find my.
    FindMy = 22,
    /// Time from another device's adverts.
    ScanTime = 23,
    /// Zigbee.
    Zigbee = 24,
    /// Motion.
    Motion = 25,
    /// Illuminance.
    Illuminance = 26,
    /// More bits elsewhere.
    Extended = 31,
}
