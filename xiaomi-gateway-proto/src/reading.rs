//! What attributes mean: states with names and units, and things that happened.

mod event;
mod json;
mod sensors;

use alloc::vec::Vec;

pub use event::{ButtonAction, Channel, DeviceEvent, Rotation, UnlockMethod};
pub use sensors::{Alarm, Orientation};

use crate::{Category, Decimal, Light, Value};

/// The attributes of one message, read by the device's category.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<'a> {
    /// What the device does; `None` for a model that isn't in the table.
    pub category: Option<Category>,
    /// Values that hold until they change.
    pub state: Vec<State<'a>>,
    /// What just happened. Only reports have any: read replies and heartbeats repeat old ones.
    pub events: Vec<DeviceEvent<'a>>,
    /// Names of attributes whose value can't be used, sorted: a mark for "no value", or nonsense.
    pub invalid: Vec<&'a str>,
    /// Attributes that the category doesn't know.
    pub unparsed: Vec<(&'a str, &'a Value<'a>)>,
    /// Whether the state may be taken for an event. Heartbeats of motion, contact, leak, smoke and gas sensors repeat
    /// stale states, so there it is `false`: show such a state, but don't ring a bell.
    pub trusted: bool,
}

impl Decoded<'_> {
    /// The value of a quantity.
    #[must_use]
    pub fn number(&self, quantity: Quantity) -> Option<Decimal> {
        self.state.iter().find_map(|state| match state {
            State::Number(found, value) if *found == quantity => Some(*value),
            _ => None,
        })
    }

    /// The value of a yes-no state.
    #[must_use]
    pub fn flag(&self, flag: Flag) -> Option<bool> {
        self.state.iter().find_map(|state| match state {
            State::Flag(found, on) if *found == flag => Some(*on),
            _ => None,
        })
    }

    /// The state of a relay.
    #[must_use]
    pub fn relay(&self, channel: u8) -> Option<Switch> {
        self.state.iter().find_map(|state| match state {
            State::Relay {
                channel: found,
                state,
            } if *found == channel => Some(*state),
            _ => None,
        })
    }
}

/// A value that holds until it changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum State<'a> {
    /// A measurement or setting.
    Number(Quantity, Decimal),
    /// Yes or no.
    Flag(Flag, bool),
    /// A relay; channel 0 is the first or left one.
    Relay {
        /// 0 or 1.
        channel: u8,
        /// What it is.
        state: Switch,
    },
    /// Whether a lamp is on.
    Power(Switch),
    /// Colour and brightness.
    Light(Light),
    /// A detector's alarm and faults.
    Alarm(Alarm),
    /// Where a vibration sensor's axes point.
    Orientation(Orientation),
    /// Percent open of a curtain; `None` while it doesn't know.
    Position(Option<u8>),
    /// A curtain's last command: `open`, `close`, `stop`, `auto`.
    Curtain(&'a str),
    /// A word or version.
    Text(TextState, &'a str),
    /// Whatever a lock sends as `status`.
    Lock(&'a Value<'a>),
}

/// Numbers that devices measure or are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// Battery or supply, mV; 3300 and 3600 are placeholders on mains devices.
    Voltage,
    /// Battery, %, by Home Assistant's curve; battery devices only.
    Battery,
    /// Ambient light of a gateway, uncalibrated.
    IlluminationRaw,
    /// How long there was no motion, s.
    NoMotion,
    /// Light, lx.
    Illuminance,
    /// Light at motion (generation 2), lx.
    IlluminationLux,
    /// How long a contact has been open, s.
    OpenFor,
    /// Smoke or gas, in the device's own unit.
    Density,
    /// Tilt, degrees.
    TiltAngle,
    /// Activity, in the device's own unit.
    BedActivity,
    /// °C.
    Temperature,
    /// %.
    Humidity,
    /// Pa.
    Pressure,
    /// What a load draws, W.
    Power,
    /// What a load drew in all, Wh.
    Energy,
    /// mV.
    LoadVoltage,
    /// What the air conditioner draws, W.
    AcPower,
    /// Set point, °C.
    TargetTemperature,
    /// What a thermostat measures, °C.
    EnvironmentTemperature,
    /// Brightness of a dimmer, %.
    LevelPct,
    /// Brightness of the lamp of the early document.
    Level,
    /// Hue, of that lamp.
    Hue,
    /// Saturation, of that lamp.
    Saturation,
    /// Colour temperature, of that lamp.
    ColorTemperature,
    /// CIE x, of that lamp.
    X,
    /// CIE y, of that lamp.
    Y,
}

impl Quantity {
    /// Its name with the unit: `temperature_c`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voltage => "voltage_mv",
            Self::Battery => "battery_pct",
            Self::IlluminationRaw => "illumination_raw",
            Self::NoMotion => "no_motion_s",
            Self::Illuminance => "illuminance_lux",
            Self::IlluminationLux => "illumination_lux",
            Self::OpenFor => "open_s",
            Self::Density => "density",
            Self::TiltAngle => "tilt_angle_deg",
            Self::BedActivity => "bed_activity",
            Self::Temperature => "temperature_c",
            Self::Humidity => "humidity_pct",
            Self::Pressure => "pressure_pa",
            Self::Power => "power_w",
            Self::Energy => "energy_wh",
            Self::LoadVoltage => "load_voltage_mv",
            Self::AcPower => "ac_power",
            Self::TargetTemperature => "temp_cfg",
            Self::EnvironmentTemperature => "env_temp",
            Self::LevelPct => "level_pct",
            Self::Level => "level",
            Self::Hue => "hue",
            Self::Saturation => "saturation",
            Self::ColorTemperature => "color_temperature",
            Self::X => "x",
            Self::Y => "y",
        }
    }

    /// Its unit; empty where the device has its own.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Voltage | Self::LoadVoltage => "mV",
            Self::Battery | Self::Humidity | Self::LevelPct => "%",
            Self::NoMotion | Self::OpenFor => "s",
            Self::Illuminance | Self::IlluminationLux => "lx",
            Self::TiltAngle => "°",
            Self::Temperature | Self::TargetTemperature | Self::EnvironmentTemperature => "°C",
            Self::Pressure => "Pa",
            Self::Power | Self::AcPower => "W",
            Self::Energy => "Wh",
            Self::IlluminationRaw
            | Self::Density
            | Self::BedActivity
            | Self::Level
            | Self::Hue
            | Self::Saturation
            | Self::ColorTemperature
            | Self::X
            | Self::Y => "",
        }
    }
}

/// States that are yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flag {
    /// Somebody moves. Generation 2 never says when it ends: use a timer of 120 s.
    Motion,
    /// The contact is open.
    Open,
    /// There is water.
    Leak,
    /// The load draws current.
    InUse,
}

/// States that are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextState {
    /// `1.1.2`.
    ProtoVersion,
    /// The gateway's address.
    Ip,
    /// The gateway's firmware.
    Firmware,
    /// `on`, `off`, `toggle`, `circle`, `invalid`.
    OnOff,
    /// `heat`, `cool`, `auto`, `dry`, `wind`, `circle`, `invalid`.
    Mode,
    /// Fan: `low`, `middle`, `high`, `auto`, `circle`, `invalid`.
    WindSpeed,
    /// `unswing`, `swing`, `invalid`.
    Swing,
    /// The relay of an air-conditioning companion: `on`, `off`.
    RelayStatus,
    /// Whether a thermostat runs: `on`, `off`.
    OnOffStatus,
}

/// On, off, or neither known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// The gateway doesn't know: the device doesn't answer. After a write, take it as a failure.
    Unknown,
}

impl Switch {
    /// `on`, `off`, `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            "unknown" => Some(Self::Unknown),
            _ => None,
        }
    }
}

impl State<'_> {
    /// Its name: `temperature_c`, `channel_0`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Number(quantity, _) => quantity.name(),
            Self::Flag(Flag::Motion, _) => "motion",
            Self::Flag(Flag::Open, _) => "open",
            Self::Flag(Flag::Leak, _) => "leak",
            Self::Flag(Flag::InUse, _) => "in_use",
            Self::Relay { channel: 0, .. } => "channel_0",
            Self::Relay { .. } => "channel_1",
            Self::Power(_) => "power",
            Self::Light(_) => "light",
            Self::Alarm(_) => "alarm",
            Self::Orientation(_) => "orientation",
            Self::Position(_) => "position_pct",
            Self::Curtain(_) => "curtain_status",
            Self::Text(TextState::ProtoVersion, _) => "proto_version",
            Self::Text(TextState::Ip, _) => "ip",
            Self::Text(TextState::Firmware, _) => "fw_ver",
            Self::Text(TextState::OnOff, _) => "on_off_cfg",
            Self::Text(TextState::Mode, _) => "mode_cfg",
            Self::Text(TextState::WindSpeed, _) => "ws_cfg",
            Self::Text(TextState::Swing, _) => "swing_cfg",
            Self::Text(TextState::RelayStatus, _) => "relay_status",
            Self::Text(TextState::OnOffStatus, _) => "on_off_status",
            Self::Lock(_) => "lock_status",
        }
    }
}
