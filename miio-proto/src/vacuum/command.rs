//! The commands, as requests. Coordinates are millimetres; the dock is at 25500, 25500.

use alloc::string::String;

use serde_json::{Value, json};

use crate::Request;

macro_rules! plain {
    ($($(#[$doc:meta])+ $name:ident => $method:literal;)+) => {
        $($(#[$doc])+ #[must_use] pub fn $name() -> Request { Request::new($method, Value::Null) })+

        /// The commands that take no params.
        #[cfg(test)]
        const PLAIN: &[&str] = &[$($method),+];
    };
}

plain! {
    /// Starts or continues a full clean.
    start => "app_start";
    /// Stops.
    stop => "app_stop";
    /// Pauses.
    pause => "app_pause";
    /// Cleans around where it stands.
    spot => "app_spot";
    /// Returns to the dock. rockrobo.vacuum.v1 wants [`pause`] first.
    charge => "app_charge";
    /// Makes it call out.
    find_me => "find_me";
    /// Wakes it.
    wake_up => "app_wakeup_robot";
    /// Reads the status: [`Status`](super::Status).
    status => "get_status";
    /// Reads the wear of parts: [`Consumables`](super::Consumables).
    consumables => "get_consumable";
    /// Reads the serial number.
    serial_number => "get_serial_number";
    /// Reads all that the app asks for first.
    init_status => "app_get_init_status";
    /// Reads language, region and feature set.
    locale => "app_get_locale";
    /// Reads the firmware's features: [`FIRMWARE_FEATURES`](super::FIRMWARE_FEATURES).
    firmware_features => "get_fw_features";
    /// Reads its network.
    network => "get_network_info";
    /// Stops cleaning zones.
    stop_zones => "stop_zoned_clean";
    /// Continues cleaning zones.
    resume_zones => "resume_zoned_clean";
    /// Stops cleaning rooms.
    stop_rooms => "stop_segment_clean";
    /// Continues cleaning rooms.
    resume_rooms => "resume_segment_clean";
    /// Reads the rooms: `[[16,"<cloud room id>"],..]`.
    rooms => "get_room_mapping";
    /// Stops going to a target.
    stop_going => "stop_goto_target";
    /// Reads the suction.
    fan_power => "get_custom_mode";
    /// Reads the water level.
    water_mode => "get_water_box_custom_mode";
    /// Reads the mop's route.
    mop_mode => "get_mop_mode";
    /// Empties the bin into the dock.
    empty_bin => "app_start_collect_dust";
    /// Stops emptying the bin.
    stop_emptying => "app_stop_collect_dust";
    /// Washes the mop.
    wash_mop => "app_start_wash";
    /// Stops washing the mop.
    stop_washing => "app_stop_wash";
    /// Reads all runs together: [`CleanSummary`](super::CleanSummary).
    clean_summary => "get_clean_summary";
    /// Reads "do not disturb".
    do_not_disturb => "get_dnd_timer";
    /// Reads the volume, 0 to 100.
    volume => "get_sound_volume";
    /// Plays a sample at the volume.
    test_volume => "test_sound_volume";
    /// Reads which voice is installed.
    current_sound => "get_current_sound";
    /// Reads how far a voice's installation is.
    sound_progress => "get_sound_progress";
    /// Asks for the map; the answer names a file in the cloud, or says "retry" without internet.
    map => "get_map_v1";
    /// Lists the stored maps.
    maps => "get_multi_maps_list";
    /// Begins to edit the map.
    start_edit_map => "start_edit_map";
    /// Ends editing the map.
    end_edit_map => "end_edit_map";
    /// Forgets the map.
    reset_map => "reset_map";
    /// Reads the time zone.
    time_zone => "get_timezone";
    /// Reads the carpet mode.
    carpet_mode => "get_carpet_mode";
    /// Reads the child lock.
    child_lock => "get_child_lock_status";
    /// Reads the status light.
    led => "get_led_status";
}

/// A rectangle to clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone {
    /// One corner: x and y in mm.
    pub from: (i32, i32),
    /// The opposite corner.
    pub to: (i32, i32),
    /// How often, 1 to 3.
    pub times: u8,
}

/// Cleans rectangles.
///
/// # Errors
///
/// No zone, or a zone to clean 0 or more than 3 times.
pub fn clean_zones(zones: &[Zone]) -> Result<Request, CommandError> {
    if zones.is_empty() {
        return Err(CommandError::Nothing);
    }
    if zones.iter().any(|zone| !(1..=3).contains(&zone.times)) {
        return Err(CommandError::Times);
    }
    let zone = |zone: &Zone| {
        let (x1, x2) = (zone.from.0.min(zone.to.0), zone.from.0.max(zone.to.0));
        let (y1, y2) = (zone.from.1.min(zone.to.1), zone.from.1.max(zone.to.1));
        json!([x1, y1, x2, y2, zone.times])
    };
    Ok(Request::new(
        "app_zoned_clean",
        zones.iter().map(zone).collect::<Value>(),
    ))
}

/// Cleans rooms by their numbers, once or several times. Old firmwares know only once.
///
/// # Errors
///
/// No room, or 0 or more than 3 times.
pub fn clean_rooms(rooms: &[u16], times: u8) -> Result<Request, CommandError> {
    match (rooms, times) {
        ([], _) => Err(CommandError::Nothing),
        (rooms, 1) => Ok(Request::new("app_segment_clean", json!(rooms))),
        (rooms, 2 | 3) => Ok(Request::new(
            "app_segment_clean",
            json!([{"segments": rooms, "repeat": times}]),
        )),
        _ => Err(CommandError::Times),
    }
}

/// Goes to a point, in mm.
#[must_use]
pub fn go_to(x: i32, y: i32) -> Request {
    Request::new("app_goto_target", json!([x, y]))
}

/// Sets the suction: a value of [`fan`](super::fan).
#[must_use]
pub fn set_fan_power(power: u8) -> Request {
    Request::new("set_custom_mode", json!([power]))
}

/// Sets the water: a value of [`WATER_MODES`](super::WATER_MODES).
#[must_use]
pub fn set_water_mode(mode: u16) -> Request {
    Request::new("set_water_box_custom_mode", json!([mode]))
}

/// Sets the water in 30 levels, on vacuums that have them.
///
/// # Errors
///
/// A level other than 1 to 30.
pub fn set_water_level(level: u8) -> Result<Request, CommandError> {
    if !(1..=30).contains(&level) {
        return Err(CommandError::WaterLevel { found: level });
    }
    let distance = 210 - 5 * i32::from(level);
    Ok(Request::new(
        "set_water_box_custom_mode",
        json!({"water_box_mode": 207, "distance_off": distance}),
    ))
}

/// Sets the mop's route: a value of [`MOP_MODES`](super::MOP_MODES).
#[must_use]
pub fn set_mop_mode(mode: u16) -> Request {
    Request::new("set_mop_mode", json!([mode]))
}

/// Sets when the dock empties the bin: a value of [`DUST_MODES`](super::DUST_MODES).
#[must_use]
pub fn set_dust_mode(mode: u8) -> Request {
    Request::new("set_dust_collection_mode", json!({"mode": mode}))
}

/// Switches drying of the mop on or off.
#[must_use]
pub fn set_dryer(on: bool) -> Request {
    Request::new("app_set_dryer_setting", json!({"status": i32::from(on)}))
}

/// Sets how long the mop is dried, in seconds.
#[must_use]
pub fn set_drying_time(seconds: u32) -> Request {
    Request::new("app_set_dryer_setting", json!({"on": {"dry_time": seconds}}))
}

/// Reads one run by its start: [`clean_records`](super::clean_records).
#[must_use]
pub fn clean_record(id: i64) -> Request {
    Request::new("get_clean_record", json!([id]))
}

/// Starts the count of a part anew.
#[must_use]
pub fn reset_consumable(part: Consumable) -> Request {
    Request::new("reset_consumable", json!([part.key()]))
}

/// Reads the timers: [`timers`](super::timers).
#[must_use]
pub fn timers() -> Request {
    Request::new("get_timer", json!([""]))
}

/// Adds or replaces a timer that starts a clean with a suction.
#[must_use]
pub fn set_timer(id: &str, cron: &str, fan_power: u8) -> Request {
    Request::new("set_timer", json!([[id, [cron, ["start_clean", fan_power]]]]))
}

/// Switches a timer on or off.
#[must_use]
pub fn switch_timer(id: &str, on: bool) -> Request {
    Request::new("upd_timer", json!([id, on_off(on)]))
}

/// Deletes a timer.
#[must_use]
pub fn delete_timer(id: &str) -> Request {
    Request::new("del_timer", json!([id]))
}

/// Sets "do not disturb", from and to as hour and minute; `None` ends it.
///
/// # Errors
///
/// No time of day.
pub fn set_do_not_disturb(span: Option<((u8, u8), (u8, u8))>) -> Result<Request, CommandError> {
    let Some((from, to)) = span else {
        return Ok(Request::new("close_dnd_timer", json!([""])));
    };
    if from.0 > 23 || to.0 > 23 || from.1 > 59 || to.1 > 59 {
        return Err(CommandError::TimeOfDay);
    }
    Ok(Request::new("set_dnd_timer", json!([from.0, from.1, to.0, to.1])))
}

/// Sets the volume, 0 to 100.
///
/// # Errors
///
/// More than 100.
pub fn set_volume(percent: u8) -> Result<Request, CommandError> {
    if percent > 100 {
        return Err(CommandError::Volume { found: percent });
    }
    Ok(Request::new("change_sound_volume", json!([percent])))
}

/// Installs a voice from an address. `id` is the caller's number for it, `md5` the file's sum in hex.
#[must_use]
pub fn install_sound(url: &str, md5: &str, id: u32) -> Request {
    Request::new(
        "dnld_install_sound",
        json!({"url": url, "md5": md5, "sid": id, "sver": 1}),
    )
}

/// Sets the time zone by its IANA name.
#[must_use]
pub fn set_time_zone(name: &str) -> Request {
    Request::new("set_timezone", json!([name]))
}

/// Switches more suction on carpet on or off, with the app's thresholds.
#[must_use]
pub fn set_carpet_mode(on: bool) -> Request {
    Request::new(
        "set_carpet_mode",
        json!([{"enable": i32::from(on), "stall_time": 10, "current_low": 400, "current_high": 500,
            "current_integral": 450}]),
    )
}

/// Sets what a lifting mop does on carpet: a value of [`CARPET_MODES`](super::CARPET_MODES).
#[must_use]
pub fn set_carpet_clean_mode(mode: u8) -> Request {
    Request::new("set_carpet_clean_mode", json!({"carpet_clean_mode": mode}))
}

/// Switches the child lock.
#[must_use]
pub fn set_child_lock(on: bool) -> Request {
    Request::new("set_child_lock_status", json!({"lock_status": i32::from(on)}))
}

/// Switches the status light.
#[must_use]
pub fn set_led(on: bool) -> Request {
    Request::new("set_led_status", json!([i32::from(on)]))
}

/// Allows map edits ("lab mode").
#[must_use]
pub fn set_lab_status(on: bool) -> Request {
    Request::new("set_lab_status", json!([i32::from(on)]))
}

/// Uses another stored map, from 0.
#[must_use]
pub fn load_map(index: u8) -> Request {
    Request::new("load_multi_map", json!([index]))
}

/// Parts that wear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consumable {
    /// 300 hours.
    MainBrush,
    /// 200 hours.
    SideBrush,
    /// 150 hours.
    Filter,
    /// Cleaned every 30 hours.
    Sensors,
}

impl Consumable {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::MainBrush, Self::SideBrush, Self::Filter, Self::Sensors];

    /// The firmware's name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::MainBrush => "main_brush_work_time",
            Self::SideBrush => "side_brush_work_time",
            Self::Filter => "filter_work_time",
            Self::Sensors => "sensor_dirty_time",
        }
    }

    /// How long it lasts, in seconds.
    #[must_use]
    pub const fn lifetime_s(self) -> Option<i64> {
        Some(match self {
            Self::MainBrush => 300 * 3600,
            Self::SideBrush => 200 * 3600,
            Self::Filter => 150 * 3600,
            Self::Sensors => 30 * 3600,
        })
    }
}

/// The same command for a model that names its methods otherwise: c1 and e2 put `user.` in front.
#[must_use]
pub fn for_model(mut request: Request, model: &str) -> Request {
    let prefixed = ["roborock.vacuum.c1", "roborock.vacuum.e2"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(model));
    if prefixed && !request.method.starts_with("user.") {
        let method = match request.method.as_str() {
            "app_charge" => "app_home",
            "resume_zoned_clean" => "app_resume_zoned_clean",
            method => method,
        };
        request.method = alloc::format!("user.{method}");
    }
    request
}

fn on_off(on: bool) -> String {
    if on { "on" } else { "off" }.into()
}

/// A command that no vacuum can carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No room or zone.
    #[error("there is no zone or room to clean")]
    Nothing,
    /// Not 1 to 3.
    #[error("a zone or room is cleaned 1 to 3 times")]
    Times,
    /// Not -0.3 to 0.3 m/s.
    #[error("the velocity isn't between -0.3 and 0.3 m/s")]
    Velocity,
    /// Not -180 to 180 degrees.
    #[error("a rotation of {found} degrees isn't between -180 and 180")]
    Rotation {
        /// What was there.
        found: i16,
    },
    /// Not 1 to 30.
    #[error("water level {found} isn't between 1 and 30")]
    WaterLevel {
        /// What was there.
        found: u8,
    },
    /// More than 100 %.
    #[error("a volume of {found} % is more than 100 %")]
    Volume {
        /// What was there.
        found: u8,
    },
    /// Hours up to 23, minutes up to 59.
    #[error("not a time of day")]
    TimeOfDay,
}

impl CommandError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => Some("Name at least one zone or room; `rooms` lists the rooms."),
            Self::Times
            | Self::Velocity
            | Self::Rotation { .. }
            | Self::WaterLevel { .. }
            | Self::Volume { .. }
            | Self::TimeOfDay => Some("Choose a value from the range."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plain_command_has_an_empty_list() {
        assert!(PLAIN.len() > 40);
        assert_eq!(start().encode(1), br#"{"id":1,"method":"app_start","params":[]}"#);
    }

    #[test]
    fn ruby_models_get_their_own_names() {
        assert_eq!(for_model(charge(), "roborock.vacuum.e2").method, "user.app_home");
        assert_eq!(for_model(start(), "roborock.vacuum.c1").method, "user.app_start");
        assert_eq!(for_model(start(), "Roborock.Vacuum.C1").method, "user.app_start");
        assert_eq!(for_model(start(), "roborock.vacuum.s5").method, "app_start");
    }

    #[test]
    fn corners_may_come_in_any_order() {
        let zone = Zone {
            from: (200, 100),
            to: (100, 300),
            times: 2,
        };
        assert_eq!(
            clean_zones(&[zone]).unwrap().params,
            json!([[100, 100, 200, 300, 2]])
        );
        assert_eq!(clean_zones(&[]).unwrap_err(), CommandError::Nothing);
        assert_eq!(clean_rooms(&[16], 4).unwrap_err(), CommandError::Times);
        assert_eq!(
            clean_rooms(&[16, 17], 2).unwrap().params,
            json!([{"segments": [16, 17], "repeat": 2}])
        );
    }
}
