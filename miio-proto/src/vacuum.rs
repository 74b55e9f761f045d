//! Vacuums of the Roborock family that speak legacy miIO: commands, status, errors, history, timers.
//!
//! ```
//! use miio_proto::vacuum::{self, State, Status, Zone, command};
//! use serde_json::json;
//!
//! let zone = Zone { from: (26234, 26042), to: (27284, 26642), times: 1 };
//! let request = command::clean_zones(&[zone])?;
//! assert_eq!(request.params, json!([[26234, 26042, 27284, 26642, 1]]));
//!
//! let status = Status::from_json(&json!([{"state": 8, "battery": 100, "clean_area": 140000, "fan_power": 102}]));
//! assert_eq!(status.state, Some(State::Charging));
//! assert_eq!(status.clean_area.unwrap().to_m2(), 0.14);
//! assert_eq!(vacuum::fault(8, "roborock.vacuum.s5").name, "device_stuck");
//! # Ok::<(), vacuum::CommandError>(())
//! ```

pub mod command;
mod fault;
mod history;
mod remote;
mod status;

pub use command::{CommandError, Consumable, Zone};
pub use fault::{Fault, dock_fault, fault};
pub use history::{CleanRecord, CleanSummary, Consumables, Timer, Wear, clean_records, timers};
pub use remote::Remote;
pub use status::{Area, Cleaning, State, Status, map_index};

/// Suction presets by firmware generation: value and name, weakest first.
///
/// Vacuums before 2018 take percent, later ones presets from 101.
pub mod fan {
    /// rockrobo.vacuum.v1 before 3.5.7.
    pub const V1_OLD: &[(u8, &str)] = &[(38, "silent"), (60, "standard"), (77, "medium"), (90, "turbo")];
    /// rockrobo.vacuum.v1 from 3.5.8.
    pub const V1: &[(u8, &str)] = &[
        (38, "silent"),
        (60, "standard"),
        (75, "medium"),
        (100, "turbo"),
        (105, "mop"),
    ];
    /// roborock.vacuum.e2.
    pub const E2: &[(u8, &str)] = &[
        (41, "gentle"),
        (50, "silent"),
        (68, "standard"),
        (79, "medium"),
        (100, "turbo"),
    ];
    /// All others.
    pub const PRESETS: &[(u8, &str)] = &[
        (101, "silent"),
        (102, "standard"),
        (103, "medium"),
        (104, "turbo"),
        (105, "gentle"),
        (106, "custom"),
        (108, "max_plus"),
    ];
}

/// Values of `set_water_box_custom_mode` and their names.
pub const WATER_MODES: &[(u16, &str)] = &[
    (200, "off"),
    (201, "low"),
    (202, "medium"),
    (203, "high"),
    (204, "custom"),
    (207, "level"),
];

/// Values of `set_mop_mode` and their names.
pub const MOP_MODES: &[(u16, &str)] = &[
    (300, "standard"),
    (301, "deep"),
    (302, "custom"),
    (303, "deep_plus"),
];

/// Values of the carpet mode of mops that lift, and their names.
pub const CARPET_MODES: &[(u8, &str)] = &[(0, "avoid"), (1, "rise"), (2, "ignore")];

/// Values of `set_dust_collection_mode` and their names.
pub const DUST_MODES: &[(u8, &str)] = &[
    (0, "smart"),
    (1, "quick"),
    (2, "daily"),
    (3, "strong"),
    (4, "max"),
];

/// Numbers of `get_fw_features` and what they mean; sorted.
pub const FIRMWARE_FEATURES: &[(u16, &str)] = &[
    (103, "clean_time"),
    (111, "fds_endpoint"),
    (112, "auto_split"),
    (113, "delete_map"),
    (114, "ordered_segments"),
    (115, "spot"),
    (116, "segments"),
    (119, "led_switch"),
    (120, "multi_floor"),
    (122, "timer_summary"),
    (123, "ordered_clean"),
    (124, "analysis"),
    (125, "remote"),
];

/// `["retry"]` instead of a map's name: the vacuum has no internet, so it can't upload the map.
#[must_use]
pub fn map_needs_internet(result: &serde_json::Value) -> bool {
    result.get(0).is_some_and(|first| first == "retry")
}
