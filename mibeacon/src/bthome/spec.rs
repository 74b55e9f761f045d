//! The table of BTHome objects.
//!
//! ```
//! use mibeacon::bthome::ObjectSpec;
//!
//! let humidity = ObjectSpec::of(0x03).unwrap();
//! assert_eq!((humidity.property, humidity.size, humidity.signed), ("humidity", Some(2), false));
//! assert_eq!(humidity.factor.to_string(), "0.01");
//! assert_eq!(humidity.unit.symbol(), "%");
//! assert!(ObjectSpec::of(0x30).is_none());
//! ```

use crate::{BinarySensor, Decimal, Quantity, Unit};

/// What an object id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectSpec {
    /// The object id.
    pub id: u8,
    /// BTHome's name of the property. Several ids can share it: 0x02, 0x45, 0x57 and 0x58 are all
    /// `temperature`.
    pub property: &'static str,
    /// What the data are.
    pub kind: ObjectKind,
    /// Bytes of data after the id in v2; `None` where a length byte says it. In v1 every object carries its
    /// own length.
    pub size: Option<u8>,
    /// Whether the integer is signed in v2. In v1 every object says it itself.
    pub signed: bool,
    /// What the integer is multiplied by: mantissa and power of ten.
    pub factor: Decimal,
    /// The unit of the product.
    pub unit: Unit,
}

/// What the data of an object are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectKind {
    /// The number that tells repeats from new data sets: +1 for each, 255 wraps to 0.
    PacketId,
    /// A scaled integer.
    Sensor(Quantity),
    /// A yes/no state.
    Binary {
        /// What it is about.
        sensor: BinarySensor,
        /// What 0 means, in BTHome's words.
        off: &'static str,
        /// What everything but 0 means.
        on: &'static str,
    },
    /// One event byte.
    Button,
    /// Opcode and arguments for an actuator.
    Command,
    /// Event byte and steps.
    Dimmer,
    /// Unsigned seconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// UTF-8.
    Text,
    /// Opaque bytes.
    Raw,
    /// The vendor's number of the device type.
    DeviceType,
    /// Three or four components, least significant first.
    FirmwareVersion,
}

impl ObjectSpec {
    /// All 95 objects, in the order of their ids.
    pub const ALL: &'static [Self] = &TABLE;

    /// The object of this id.
    #[inline]
    #[must_use]
    pub fn of(id: u8) -> Option<&'static Self> {
        let row = INDEX.get(usize::from(id))?;
        OBJECTS.get(usize::from(*row))
    }

    /// Whether objects of this id and of the other one are numbered together: they report the same property,
    /// perhaps with another size or factor.
    #[must_use]
    pub fn shares_property_with(&self, other: &Self) -> bool {
        // `power` is a sensor (0x0b, 0x5c) and a binary sensor (0x10).
        let binary = |spec: &Self| matches!(spec.kind, ObjectKind::Binary { .. });
        self.property == other.property && binary(self) == binary(other)
    }
}

const fn plain(id: u8, property: &'static str, kind: ObjectKind, size: u8) -> ObjectSpec {
    ObjectSpec {
        id,
        property,
        kind,
        size: Some(size),
        signed: false,
        factor: Decimal::new(1, 0),
        unit: Unit::None,
    }
}

const fn variable(id: u8, property: &'static str, kind: ObjectKind) -> ObjectSpec {
    ObjectSpec {
        size: None,
        ..plain(id, property, kind, 0)
    }
}

const fn timestamp(id: u8, property: &'static str, size: u8) -> ObjectSpec {
    ObjectSpec {
        unit: Unit::UnixSecond,
        ..plain(id, property, ObjectKind::Timestamp, size)
    }
}

const fn binary(
    id: u8,
    property: &'static str,
    sensor: BinarySensor,
    off: &'static str,
    on: &'static str,
) -> ObjectSpec {
    plain(id, property, ObjectKind::Binary { sensor, off, on }, 1)
}

const fn unsigned(
    id: u8,
    property: &'static str,
    size: u8,
    quantity: Quantity,
    exponent: i8,
    unit: Unit,
) -> ObjectSpec {
    ObjectSpec {
        factor: Decimal::new(1, exponent),
        unit,
        ..plain(id, property, ObjectKind::Sensor(quantity), size)
    }
}

const fn signed(
    id: u8,
    property: &'static str,
    size: u8,
    quantity: Quantity,
    exponent: i8,
    unit: Unit,
) -> ObjectSpec {
    ObjectSpec {
        signed: true,
        ..unsigned(id, property, size, quantity, exponent, unit)
    }
}

static OBJECTS: [ObjectSpec; 95] = TABLE;

#[rustfmt::skip]
const TABLE: [ObjectSpec; 95] = [
    plain(0x00, "packet_id", ObjectKind::PacketId, 1),
    unsigned(0x01, "battery", 1, Quantity::Battery, 0, Unit::Percent),
    signed(0x02, "temperature", 2, Quantity::Temperature, -2, Unit::Celsius),
    unsigned(0x03, "humidity", 2, Quantity::Humidity, -2, Unit::Percent),
    unsigned(0x04, "pressure", 3, Quantity::Pressure, -2, Unit::Hectopascal),
    unsigned(0x05, "illuminance", 3, Quantity::Illuminance, -2, Unit::Lux),
    unsigned(0x06, "mass_kg", 2, Quantity::Weight, -2, Unit::Kilogram),
    unsigned(0x07, "mass_lb", 2, Quantity::Weight, -2, Unit::Pound),
    signed(0x08, "dewpoint", 2, Quantity::DewPoint, -2, Unit::Celsius),
    unsigned(0x09, "count", 1, Quantity::Count, 0, Unit::None),
    unsigned(0x0a, "energy", 3, Quantity::Energy, -3, Unit::KilowattHour),
    unsigned(0x0b, "power", 3, Quantity::Power, -2, Unit::Watt),
    unsigned(0x0c, "voltage", 2, Quantity::Voltage, -3, Unit::Volt),
    unsigned(0x0d, "pm2_5", 2, Quantity::Pm25, 0, Unit::MicrogramPerCubicMeter),
    unsigned(0x0e, "pm10", 2, Quantity::Pm10, 0, Unit::MicrogramPerCubicMeter),
    binary(0x0f, "generic", BinarySensor::Generic, "off", "on"),
    binary(0x10, "power", BinarySensor::Power, "off", "on"),
    binary(0x11, "opening", BinarySensor::Opening, "closed", "open"),
    unsigned(0x12, "co2", 2, Quantity::CarbonDioxide, 0, Unit::PartsPerMillion),
    unsigned(0x13, "tvoc", 2, Quantity::VolatileOrganicCompounds, 0, Unit::MicrogramPerCubicMeter),
    unsigned(0x14, "moisture", 2, Quantity::Moisture, -2, Unit::Percent),
    binary(0x15, "battery_low", BinarySensor::BatteryLow, "normal", "low"),
    binary(0x16, "battery_charging", BinarySensor::BatteryCharging, "not charging", "charging"),
    binary(0x17, "carbon_monoxide", BinarySensor::CarbonMonoxide, "not detected", "detected"),
    binary(0x18, "cold", BinarySensor::Cold, "normal", "cold"),
    binary(0x19, "connectivity", BinarySensor::Connectivity, "disconnected", "connected"),
    binary(0x1a, "door", BinarySensor::Door, "closed", "open"),
    binary(0x1b, "garage_door", BinarySensor::GarageDoor, "closed", "open"),
    binary(0x1c, "gas", BinarySensor::Gas, "clear", "detected"),
    binary(0x1d, "heat", BinarySensor::Heat, "normal", "hot"),
    binary(0x1e, "light", BinarySensor::Light, "no light", "light detected"),
    binary(0x1f, "lock", BinarySensor::Lock, "locked", "unlocked"),
    binary(0x20, "moisture_detected", BinarySensor::Moisture, "dry", "wet"),
    binary(0x21, "motion", BinarySensor::Motion, "clear", "detected"),
    binary(0x22, "moving", BinarySensor::Moving, "not moving", "moving"),
    binary(0x23, "occupancy", BinarySensor::Occupancy, "clear", "detected"),
    binary(0x24, "plug", BinarySensor::Plug, "unplugged", "plugged in"),
    binary(0x25, "presence", BinarySensor::Presence, "away", "home"),
    binary(0x26, "problem", BinarySensor::Problem, "ok", "problem"),
    binary(0x27, "running", BinarySensor::Running, "not running", "running"),
    binary(0x28, "safety", BinarySensor::Safety, "unsafe", "safe"),
    binary(0x29, "smoke", BinarySensor::Smoke, "clear", "detected"),
    binary(0x2a, "sound", BinarySensor::Sound, "clear", "detected"),
    binary(0x2b, "tamper", BinarySensor::Tamper, "off", "on"),
    binary(0x2c, "vibration", BinarySensor::Vibration, "clear", "detected"),
    binary(0x2d, "window", BinarySensor::Window, "closed", "open"),
    unsigned(0x2e, "humidity", 1, Quantity::Humidity, 0, Unit::Percent),
    unsigned(0x2f, "moisture", 1, Quantity::Moisture, 0, Unit::Percent),
    plain(0x3a, "button", ObjectKind::Button, 1),
    variable(0x3b, "command", ObjectKind::Command),
    plain(0x3c, "dimmer", ObjectKind::Dimmer, 2),
    unsigned(0x3d, "count", 2, Quantity::Count, 0, Unit::None),
    unsigned(0x3e, "count", 4, Quantity::Count, 0, Unit::None),
    signed(0x3f, "rotation", 2, Quantity::Rotation, -1, Unit::Degree),
    unsigned(0x40, "distance_mm", 2, Quantity::Distance, 0, Unit::Millimeter),
    unsigned(0x41, "distance_m", 2, Quantity::Distance, -1, Unit::Meter),
    unsigned(0x42, "duration", 3, Quantity::Duration, -3, Unit::Second),
    unsigned(0x43, "current", 2, Quantity::Current, -3, Unit::Ampere),
    unsigned(0x44, "speed", 2, Quantity::Speed, -2, Unit::MeterPerSecond),
    signed(0x45, "temperature", 2, Quantity::Temperature, -1, Unit::Celsius),
    unsigned(0x46, "uv_index", 1, Quantity::UvIndex, -1, Unit::None),
    unsigned(0x47, "volume_l", 2, Quantity::Volume, -1, Unit::Liter),
    unsigned(0x48, "volume_ml", 2, Quantity::Volume, 0, Unit::Milliliter),
    unsigned(0x49, "volume_flow_rate", 2, Quantity::VolumeFlowRate, -3, Unit::CubicMeterPerHour),
    unsigned(0x4a, "voltage", 2, Quantity::Voltage, -1, Unit::Volt),
    unsigned(0x4b, "gas_volume", 3, Quantity::Gas, -3, Unit::CubicMeter),
    unsigned(0x4c, "gas_volume", 4, Quantity::Gas, -3, Unit::CubicMeter),
    unsigned(0x4d, "energy", 4, Quantity::Energy, -3, Unit::KilowattHour),
    unsigned(0x4e, "volume_l", 4, Quantity::Volume, -3, Unit::Liter),
    unsigned(0x4f, "water", 4, Quantity::Water, -3, Unit::Liter),
    timestamp(0x50, "timestamp", 4),
    unsigned(0x51, "acceleration", 2, Quantity::Acceleration, -3, Unit::MeterPerSecondSquared),
    unsigned(0x52, "gyroscope", 2, Quantity::Gyroscope, -3, Unit::DegreePerSecond),
    variable(0x53, "text", ObjectKind::Text),
    variable(0x54, "raw", ObjectKind::Raw),
    unsigned(0x55, "volume_storage", 4, Quantity::VolumeStorage, -3, Unit::Liter),
    unsigned(0x56, "conductivity", 2, Quantity::Conductivity, 0, Unit::MicrosiemensPerCentimeter),
    signed(0x57, "temperature", 1, Quantity::Temperature, 0, Unit::Celsius),
    ObjectSpec { factor: Decimal::new(35, -2), ..signed(0x58, "temperature", 1, Quantity::Temperature, -2, Unit::Celsius) },
    signed(0x59, "count", 1, Quantity::Count, 0, Unit::None),
    signed(0x5a, "count", 2, Quantity::Count, 0, Unit::None),
    signed(0x5b, "count", 4, Quantity::Count, 0, Unit::None),
    signed(0x5c, "power", 4, Quantity::Power, -2, Unit::Watt),
    signed(0x5d, "current", 2, Quantity::Current, -3, Unit::Ampere),
    unsigned(0x5e, "direction", 2, Quantity::Direction, -2, Unit::Degree),
    unsigned(0x5f, "precipitation", 2, Quantity::Precipitation, -1, Unit::Millimeter),
    unsigned(0x60, "channel", 1, Quantity::Channel, 0, Unit::None),
    unsigned(0x61, "rotational_speed", 2, Quantity::RotationalSpeed, 0, Unit::RevolutionsPerMinute),
    signed(0x62, "speed", 4, Quantity::Speed, -6, Unit::MeterPerSecond),
    signed(0x63, "acceleration", 4, Quantity::Acceleration, -6, Unit::MeterPerSecondSquared),
    unsigned(0x64, "light_level", 1, Quantity::LightLevel, 0, Unit::None),
    unsigned(0x65, "settings_revision", 1, Quantity::SettingsRevision, 0, Unit::None),
    plain(0xf0, "device_type_id", ObjectKind::DeviceType, 2),
    plain(0xf1, "firmware_version", ObjectKind::FirmwareVersion, 4),
    plain(0xf2, "firmware_version", ObjectKind::FirmwareVersion, 3),
];

/// For every id its row of the table; an id without one points behind the table.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses a wrong index"
)]
static INDEX: [u8; 256] = {
    let mut index = [u8::MAX; 256];
    let mut row = 0;
    while row < TABLE.len() {
        index[TABLE[row].id as usize] = row as u8;
        row += 1;
    }
    index
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_id_finds_its_row() {
        assert!(ObjectSpec::ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
        for id in 0..=u8::MAX {
            let searched = ObjectSpec::ALL.iter().find(|spec| spec.id == id);
            assert_eq!(ObjectSpec::of(id), searched);
        }
    }

    #[test]
    fn integers_have_one_to_four_bytes_and_everything_else_the_size_of_its_fields() {
        for spec in ObjectSpec::ALL {
            let size = spec.size;
            match spec.kind {
                ObjectKind::Sensor(_) => assert!(matches!(size, Some(1..=4)), "{spec:?}"),
                ObjectKind::Text | ObjectKind::Raw | ObjectKind::Command => assert_eq!(size, None),
                ObjectKind::PacketId | ObjectKind::Binary { .. } | ObjectKind::Button => {
                    assert_eq!(size, Some(1));
                }
                ObjectKind::Dimmer | ObjectKind::DeviceType => assert_eq!(size, Some(2)),
                ObjectKind::Timestamp => assert_eq!(size, Some(4)),
                ObjectKind::FirmwareVersion => assert!(matches!(size, Some(3 | 4))),
            }
        }
    }

    #[test]
    fn one_property_means_one_quantity_and_one_unit() {
        for a in ObjectSpec::ALL {
            for b in ObjectSpec::ALL.iter().filter(|b| a.shares_property_with(b)) {
                assert_eq!((a.kind, a.unit), (b.kind, b.unit), "{a:?} {b:?}");
            }
        }
    }
}
