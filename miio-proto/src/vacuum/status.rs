//! `get_status`: what the vacuum does and how it is.

use serde_json::Value;

use crate::rpc::integer;

/// A vacuum's status. What the firmware doesn't send is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// What it does.
    pub state: Option<State>,
    /// The number of the state.
    pub state_code: Option<i64>,
    /// Percent.
    pub battery: Option<i64>,
    /// Seconds of this run.
    pub clean_time_s: Option<i64>,
    /// Area of this run.
    pub clean_area: Option<Area>,
    /// See [`fault`](super::fault); 0 without one.
    pub error_code: Option<i64>,
    /// See [`dock_fault`](super::dock_fault); 0 without one.
    pub dock_error_code: Option<i64>,
    /// Whether it has a map.
    pub map_present: Option<bool>,
    /// Which map it uses, from 0.
    pub current_map: Option<u8>,
    /// Whether "do not disturb" is on.
    pub do_not_disturb: Option<bool>,
    /// What it cleans.
    pub cleaning: Option<Cleaning>,
    /// Whether it returns to the dock.
    pub returning: Option<bool>,
    /// Whether map edits are allowed.
    pub lab_status: Option<i64>,
    /// Whether the child lock is on.
    pub locked: Option<bool>,
    /// Percent up to 100, presets above.
    pub fan_power: Option<i64>,
    /// See [`WATER_MODES`](super::WATER_MODES).
    pub water_box_mode: Option<i64>,
    /// See [`MOP_MODES`](super::MOP_MODES).
    pub mop_mode: Option<i64>,
    /// Whether the water tank is in.
    pub water_box: Option<bool>,
    /// Whether the mop is on.
    pub mop: Option<bool>,
    /// Whether the water is low.
    pub water_shortage: Option<bool>,
    /// The kind of dock.
    pub dock_type: Option<i64>,
    /// Seconds of drying left.
    pub drying_left_s: Option<i64>,
    /// Percent of this run.
    pub clean_percent: Option<i64>,
}

/// What a vacuum does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum State {
    Starting,
    /// Or disconnected from its charger: sources differ.
    Sleeping,
    Idle,
    RemoteControl,
    Cleaning,
    Returning,
    Manual,
    Charging,
    ChargingError,
    Paused,
    SpotCleaning,
    Error,
    ShuttingDown,
    Updating,
    Docking,
    GoingToTarget,
    ZoneCleaning,
    SegmentCleaning,
    EmptyingBin,
    WashingMop,
    GoingToWashMop,
    /// Charged.
    Full,
    Offline,
    /// A number that this crate doesn't know.
    Unknown,
}

/// What a vacuum cleans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cleaning {
    /// Nothing.
    None,
    /// Everything.
    Full,
    /// Zones.
    Zone,
    /// Rooms.
    Segment,
    /// A number that this crate doesn't know.
    Unknown,
}

/// An area in mm².
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(pub i64);

impl Area {
    /// In m².
    #[must_use]
    pub fn to_m2(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Status {
    /// Reads the result: an object, alone or in a list.
    #[must_use]
    pub fn from_json(result: &Value) -> Self {
        let object = result.get(0).unwrap_or(result);
        let number = |key: &str| object.get(key).and_then(integer);
        let flag = |key: &str| number(key).map(|number| number != 0);
        let state_code = number("state");
        Self {
            state: state_code.map(State::from_code),
            state_code,
            battery: number("battery"),
            clean_time_s: number("clean_time"),
            clean_area: number("clean_area").map(Area),
            error_code: number("error_code"),
            dock_error_code: number("dock_error_status"),
            map_present: flag("map_present"),
            current_map: number("map_status").and_then(map_index),
            do_not_disturb: flag("dnd_enabled"),
            cleaning: number("in_cleaning").map(Cleaning::from_code),
            returning: flag("in_returning"),
            lab_status: number("lab_status"),
            locked: flag("lock_status"),
            fan_power: number("fan_power"),
            water_box_mode: number("water_box_mode"),
            mop_mode: number("mop_mode"),
            water_box: flag("water_box_status"),
            mop: flag("water_box_carriage_status"),
            water_shortage: flag("water_shortage_status"),
            dock_type: number("dock_type"),
            drying_left_s: number("rdt"),
            clean_percent: number("clean_percent"),
        }
    }

    /// The suction in percent; `None` where it is a preset.
    #[must_use]
    pub fn fan_percent(&self) -> Option<i64> {
        self.fan_power.filter(|power| (0..=100).contains(power))
    }
}

/// The map that `map_status` means, from 0; `None` without one.
#[must_use]
pub fn map_index(map_status: i64) -> Option<u8> {
    u8::try_from(map_status >> 2).ok().filter(|&index| index != 63)
}

impl State {
    /// What a number means.
    #[must_use]
    pub const fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Starting,
            2 => Self::Sleeping,
            3 => Self::Idle,
            4 => Self::RemoteControl,
            5 => Self::Cleaning,
            6 => Self::Returning,
            7 => Self::Manual,
            8 => Self::Charging,
            9 => Self::ChargingError,
            10 => Self::Paused,
            11 => Self::SpotCleaning,
            12 => Self::Error,
            13 => Self::ShuttingDown,
            14 => Self::Updating,
            15 => Self::Docking,
            16 => Self::GoingToTarget,
            17 => Self::ZoneCleaning,
            18 => Self::SegmentCleaning,
            22 => Self::EmptyingBin,
            23 => Self::WashingMop,
            26 => Self::GoingToWashMop,
            100 => Self::Full,
            101 => Self::Offline,
            _ => Self::Unknown,
        }
    }

    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Sleeping => "sleeping",
            Self::Idle => "idle",
            Self::RemoteControl => "remote_control",
            Self::Cleaning => "cleaning",
            Self::Returning => "returning",
            Self::Manual => "manual",
            Self::Charging => "charging",
            Self::ChargingError => "charging_error",
            Self::Paused => "paused",
            Self::SpotCleaning => "spot_cleaning",
            Self::Error => "error",
            Self::ShuttingDown => "shutting_down",
            Self::Updating => "updating",
            Self::Docking => "docking",
            Self::GoingToTarget => "going_to_target",
            Self::ZoneCleaning => "zone_cleaning",
            Self::SegmentCleaning => "segment_cleaning",
            Self::EmptyingBin => "emptying_bin",
            Self::WashingMop => "washing_mop",
            Self::GoingToWashMop => "going_to_wash_mop",
            Self::Full => "full",
            Self::Offline => "offline",
            Self::Unknown => "unknown",
        }
    }
}

impl Cleaning {
    const fn from_code(code: i64) -> Self {
        match code {
            0 => Self::None,
            1 => Self::Full,
            2 => Self::Zone,
            3 => Self::Segment,
            _ => Self::Unknown,
        }
    }

    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Full => "full",
            Self::Zone => "zone",
            Self::Segment => "segment",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn missing_fields_are_unknown_not_zero() {
        assert_eq!(Status::from_json(&json!([{}])), Status::default());
        assert_eq!(Status::from_json(&Value::Null), Status::default());
    }

    #[test]
    fn the_map_number_that_means_no_map_is_none() {
        assert_eq!(
            (map_index(252), map_index(-1), map_index(i64::MAX)),
            (None, None, None)
        );
        assert_eq!(map_index(11), Some(2));
    }
}
