//! What an advertisement says, in the words of Home Assistant and BTHome.
//!
//! Every format of this crate ends in [`Reading`]s: numbers with a unit, yes/no states, named states and
//! events. Names are Home Assistant's device classes where one exists, BTHome's object names else, so that
//! a bridge needs no table of its own.
//!
//! ```
//! use mibeacon::{Decimal, Quantity, Reading, Unit};
//!
//! let reading = Reading::measurement(Quantity::Temperature, Decimal::new(2137, -2), Unit::Celsius);
//! assert_eq!(reading.to_string(), "temperature 21.37 °C");
//! assert_eq!(reading.name(), "temperature");
//! assert_eq!(reading.device_class(), Some("temperature"));
//! ```

mod binary;
mod event;
mod lock;
mod quantity;
mod state;

use core::fmt;

pub use binary::BinarySensor;
pub use event::{
    ArmedEvent, BaseAction, Button, ButtonAction, ButtonEvent, Command, CommandEvent, CubeAction,
    DimmerAction, DimmerEvent, DoorAction, DoorEvent, Event, Gesture, PeepholeAction, PlantMonitorAction,
    PomodoroAction, WeighingEvent, WeighingKind,
};
pub use lock::{
    FingerprintEvent, FingerprintResult, LockAction, LockError, LockEvent, LockKey, LockKeyKind, LockMethod,
};
pub use quantity::{Quantity, Unit};
pub use state::{
    ChargingState, DoorState, GasState, KettleState, OpeningState, SmokeState, State, VacuumMode,
};

use crate::Decimal;

/// One value or happening that an advertisement reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading<'a> {
    /// A number with its unit: temperature, battery level, weight.
    Measurement(Measurement),
    /// A yes/no state: motion, water leak, low battery.
    Binary {
        /// What is on or off.
        sensor: BinarySensor,
        /// `true` = on, detected, open, wet.
        on: bool,
    },
    /// A state with more than two values: a door that was left open, the phases of a kettle.
    State(State),
    /// Something that happened once: a button press, a lock that was opened.
    Event(Event<'a>),
    /// Text (BTHome object 0x53).
    Text(&'a str),
    /// Text that isn't UTF-8 (BTHome object 0x53).
    InvalidText(&'a [u8]),
    /// Opaque bytes (BTHome object 0x54).
    Raw(&'a [u8]),
    /// The vendor's number of the device type (BTHome object 0xF0).
    DeviceType(u16),
    /// The firmware's version, most significant component first (BTHome objects 0xF1, 0xF2).
    FirmwareVersion(FirmwareVersion),
    /// An object whose meaning is not known; its bytes are there for who knows better.
    Unknown(UnknownObject<'a>),
}

impl<'a> Reading<'a> {
    /// A number with a unit.
    #[must_use]
    pub const fn measurement(quantity: Quantity, value: Decimal, unit: Unit) -> Self {
        Self::Measurement(Measurement {
            quantity,
            value,
            unit,
        })
    }

    /// A yes/no state.
    #[must_use]
    pub const fn binary(sensor: BinarySensor, on: bool) -> Self {
        Self::Binary { sensor, on }
    }

    /// A short, stable name in `snake_case`: `temperature`, `motion`, `button`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Measurement(measurement) => measurement.quantity.name(),
            Self::Binary { sensor, .. } => sensor.name(),
            Self::State(state) => state.name(),
            Self::Event(event) => event.name(),
            Self::Text(_) | Self::InvalidText(_) => "text",
            Self::Raw(_) => "raw",
            Self::DeviceType(_) => "device_type",
            Self::FirmwareVersion(_) => "firmware_version",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Home Assistant's device class, where it has one for this.
    #[must_use]
    pub const fn device_class(&self) -> Option<&'static str> {
        match self {
            Self::Measurement(measurement) => measurement.quantity.device_class(),
            Self::Binary { sensor, .. } => sensor.device_class(),
            Self::State(_) => Some("enum"),
            Self::Event(event) => event.device_class(),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub const fn as_measurement(&self) -> Option<&Measurement> {
        match self {
            Self::Measurement(measurement) => Some(measurement),
            _ => None,
        }
    }

    /// The event, if this is one.
    #[must_use]
    pub const fn as_event(&self) -> Option<&Event<'a>> {
        match self {
            Self::Event(event) => Some(event),
            _ => None,
        }
    }
}

impl fmt::Display for Reading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measurement(measurement) => measurement.fmt(f),
            Self::Binary { sensor, on } => write!(f, "{} {}", sensor.name(), if *on { "on" } else { "off" }),
            Self::State(state) => write!(f, "{} {}", state.name(), state.value()),
            Self::Event(event) => event.fmt(f),
            Self::Text(text) => write!(f, "text {text:?}"),
            Self::InvalidText(bytes) => write!(f, "text (not UTF-8) {}", HexBytes(bytes)),
            Self::Raw(bytes) => write!(f, "raw {}", HexBytes(bytes)),
            Self::DeviceType(id) => write!(f, "device_type {id:#06x}"),
            Self::FirmwareVersion(version) => write!(f, "firmware_version {version}"),
            Self::Unknown(object) => object.fmt(f),
        }
    }
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Measurement {
    /// What was measured.
    pub quantity: Quantity,
    /// The exact value.
    pub value: Decimal,
    /// The unit of the value.
    pub unit: Unit,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.quantity.name(), self.value)?;
        match self.unit.symbol() {
            "" => Ok(()),
            symbol => write!(f, " {symbol}"),
        }
    }
}

/// A version of three or four components, as BTHome sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FirmwareVersion {
    components: [u8; 4],
    count: u8,
}

impl FirmwareVersion {
    /// Four components, most significant first.
    #[must_use]
    pub const fn four(components: [u8; 4]) -> Self {
        Self { components, count: 4 }
    }

    /// Three components, most significant first.
    #[must_use]
    pub const fn three([major, minor, patch]: [u8; 3]) -> Self {
        Self {
            components: [major, minor, patch, 0],
            count: 3,
        }
    }

    /// The components, most significant first.
    #[must_use]
    pub fn components(&self) -> &[u8] {
        self.components
            .get(..usize::from(self.count))
            .unwrap_or(&self.components)
    }
}

impl fmt::Display for FirmwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, component) in self.components().iter().enumerate() {
            let point = if index == 0 { "" } else { "." };
            write!(f, "{point}{component}")?;
        }
        Ok(())
    }
}

/// An object (MiBeacon, Qingping) without a known meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnknownObject<'a> {
    /// The object id.
    pub id: u16,
    /// Its data.
    pub data: &'a [u8],
}

impl fmt::Display for UnknownObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown object {:#06x} {}", self.id, HexBytes(self.data))
    }
}

/// Prints bytes as lower-case hex.
pub(crate) struct HexBytes<'a>(pub(crate) &'a [u8]);

impl fmt::Display for HexBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Defines a fieldless enum whose variants have stable names.
macro_rules! named_enum {
    ($(#[$meta:meta])* $vis:vis enum $type:ident { $($(#[$variant_meta:meta])* $variant:ident => $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $type { $($(#[$variant_meta])* $variant,)+ }

        impl $type {
            /// Every value, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// A stable name in `snake_case`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
pub(crate) use named_enum;

#[cfg(feature = "serde")]
mod serialize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_stays_small() {
        assert!(size_of::<Reading<'_>>() <= 32, "{}", size_of::<Reading<'_>>());
    }

    #[test]
    fn names_are_unique_within_a_kind() {
        for names in [
            Quantity::ALL.iter().map(|q| q.name()).collect::<Vec<_>>(),
            BinarySensor::ALL.iter().map(|b| b.name()).collect(),
            Unit::ALL.iter().map(|u| u.name()).collect(),
        ] {
            let mut sorted = names.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), names.len());
        }
    }

    #[test]
    fn a_version_prints_with_points() {
        assert_eq!(FirmwareVersion::four([4, 2, 1, 0]).to_string(), "4.2.1.0");
        assert_eq!(FirmwareVersion::three([6, 1, 0]).to_string(), "6.1.0");
    }
}
