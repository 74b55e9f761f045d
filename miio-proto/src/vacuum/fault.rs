//! Error codes of vacuums and their docks.

/// A fault: its name and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The name, in `snake_case`.
    pub name: &'static str,
    /// What a person can do about it; `None` where the name says all.
    pub help: Option<&'static str>,
}

/// What an error code means on a model.
#[must_use]
pub fn fault(code: i64, model: &str) -> Fault {
    if code == 29 && is_a14_or_a15(model) {
        return Fault {
            name: "unable_to_cross_carpet",
            help: Some("Lift the vacuum off the carpet, or draw a no-go zone around it."),
        };
    }
    lookup(FAULTS, code).unwrap_or(match code {
        100..=255 => Fault {
            name: "internal_error",
            help: Some("Switch the vacuum off and on."),
        },
        _ => Fault {
            name: "unknown",
            help: None,
        },
    })
}

/// What `dock_error_status` means.
#[must_use]
pub fn dock_fault(code: i64) -> Fault {
    lookup(DOCK_FAULTS, code).unwrap_or(Fault {
        name: "unknown",
        help: None,
    })
}

/// roborock.vacuum.a14 and a15, perhaps with v2 to v5 behind.
fn is_a14_or_a15(model: &str) -> bool {
    // Models compare without case.
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    let (name, version) = model.split_at_checked(PREFIX.len() + 3).unwrap_or_default();
    let (prefix, series) = name.split_at_checked(PREFIX.len()).unwrap_or_default();
    is(prefix, PREFIX)
        && ["a14", "a15"].iter().any(|word| is(series, word))
        && ["", "v2", "v3", "v4", "v5"].iter().any(|word| is(version, word))
}

/// What the models of Roborock's vacuums begin with.
const PREFIX: &str = "roborock.vacuum.";

fn lookup(table: &[(i64, &'static str, &'static str)], code: i64) -> Option<Fault> {
    let index = table.binary_search_by_key(&code, |row| row.0).ok()?;
    let (_, name, help) = table.get(index)?;
    Some(Fault {
        name,
        help: Some(*help).filter(|help| !help.is_empty()),
    })
}

/// Code, name, remedy; sorted.
const FAULTS: &[(i64, &str, &str)] = &[
    (0, "no_error", ""),
    (
        1,
        "laser_sensor",
        "Free the laser tower: it must turn and move freely.",
    ),
    (
        2,
        "collision_sensor",
        "Tap the bumper until it moves freely, and clean behind it.",
    ),
    (3, "wheel_floating", "Set the vacuum on even ground."),
    (
        4,
        "cliff_sensor",
        "Wipe the cliff sensors, and move the vacuum away from the edge.",
    ),
    (5, "main_brush_blocked", "Clean the main brush and its bearings."),
    (6, "side_brush_blocked", "Clean the side brush."),
    (7, "wheel_blocked", "Clean the wheels."),
    (8, "device_stuck", "Free the vacuum and clear the place."),
    (9, "dust_bin_missing", "Insert dust bin and filter."),
    (
        10,
        "filter_blocked",
        "Clean or replace the filter, and let it dry for a day.",
    ),
    (
        11,
        "magnetic_field",
        "Move the vacuum away from the magnetic strip.",
    ),
    (12, "low_battery", "Charge the vacuum."),
    (13, "charging_problem", "Wipe the charging contacts."),
    (
        14,
        "battery_failure",
        "Let the battery reach room temperature; else have it replaced.",
    ),
    (15, "wall_sensor_dirty", "Wipe the wall sensor."),
    (
        16,
        "uneven_surface",
        "Set the vacuum on even ground and start again.",
    ),
    (17, "side_brush_failure", "Switch the vacuum off and on."),
    (
        18,
        "suction_fan",
        "Switch the vacuum off and on, and clean the filter.",
    ),
    (19, "dock_has_no_power", "Plug the dock in."),
    (20, "unknown", ""),
    (21, "laser_pressure_sensor", "Free the top of the laser tower."),
    (22, "charge_contacts", "Wipe the charging contacts."),
    (
        23,
        "dock_not_reachable",
        "Clear the way to the dock, and wipe its signal window.",
    ),
    (24, "no_go_zone_or_wall", "Move the vacuum out of the no-go zone."),
    (25, "camera", "Wipe the camera, and switch the vacuum off and on."),
    (26, "wall_sensor", "Wipe the wall sensor."),
    (27, "vibrating_mop_jammed", "Clean the mop's mount."),
    (
        28,
        "robot_on_carpet",
        "Set the vacuum on hard floor, or take the mop off.",
    ),
    (
        29,
        "suspected_pet_waste",
        "Look at the spot before the vacuum goes on.",
    ),
    (
        32,
        "dock_bag_or_filter_missing",
        "Insert bag and filter into the dock.",
    ),
    (33, "dock_fan", "Clean the dock's air path."),
    (34, "dock_bin", "Empty the dock, and clear its duct."),
    (35, "dock_voltage", "Check the dock's mains supply."),
    (36, "wash_roller_jammed", "Clean the dock's wash roller."),
    (
        37,
        "wash_roller_not_lowered",
        "Clean the dock's wash roller and its rails.",
    ),
    (38, "clean_water_tank", "Fill the clean-water tank and insert it."),
    (39, "dirty_water_tank", "Empty the dirty-water tank."),
    (40, "water_filter_missing", "Insert the dock's water filter."),
    (41, "clean_water_empty", "Fill the clean-water tank."),
    (
        42,
        "dock_filter_installation",
        "Insert the dock's filter until it clicks.",
    ),
    (
        43,
        "positioning_button",
        "Free the button at the back of the vacuum.",
    ),
    (44, "dirty_tank_cover", "Close the dirty-water tank's cover."),
    (45, "wash_roller_jammed", "Clean the dock's wash roller."),
    (126, "dock_fan", "Clean the dock's air path."),
    (127, "dock_iic", "Unplug the dock for a minute."),
    (130, "clean_pump_no_data", "Unplug the dock for a minute."),
    (131, "clean_pump_over_current", "Clean the pump's inlet."),
    (134, "air_pump_switch", "Unplug the dock for a minute."),
    (135, "roller_locked", "Clean the roller."),
    (137, "roller_motor_hot", "Let it cool down, and clean the roller."),
    (138, "main_brush_locked", "Clean the main brush."),
    (
        140,
        "main_brush_motor_hot",
        "Let it cool down, and clean the main brush.",
    ),
    (
        141,
        "left_wheel_motor_hot",
        "Let it cool down, and clean the wheel.",
    ),
    (
        143,
        "right_wheel_motor_hot",
        "Let it cool down, and clean the wheel.",
    ),
    (145, "dirty_pump", "Clean the dirty-water tank's inlet."),
    (
        147,
        "maintenance_brush_left",
        "Clean the dock's brush and its rails.",
    ),
    (
        148,
        "maintenance_brush_middle",
        "Clean the dock's brush and its rails.",
    ),
    (
        149,
        "maintenance_brush_right",
        "Clean the dock's brush and its rails.",
    ),
    (150, "solenoid_valve", "Unplug the dock for a minute."),
    (254, "bin_full", "Empty the dust bin."),
    (255, "internal_error", "Switch the vacuum off and on."),
];

/// Code, name, remedy; sorted.
const DOCK_FAULTS: &[(i64, &str, &str)] = &[
    (0, "ok", ""),
    (34, "suction", "Clear the dock's duct."),
    (38, "clean_tank_empty", "Fill the clean-water tank."),
    (39, "dirty_tank_full", "Empty the dirty-water tank."),
    (46, "dust_bag_missing", "Insert a dust bag."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_unique() {
        for table in [FAULTS, DOCK_FAULTS] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }

    #[test]
    fn a_code_may_depend_on_the_model() {
        assert_eq!(fault(29, "roborock.vacuum.a15v3").name, "unable_to_cross_carpet");
        assert_eq!(fault(29, "Roborock.Vacuum.A14V2").name, "unable_to_cross_carpet");
        for other in [
            "roborock.vacuum.a151", "roborock.vacuum.a14v6", "roborock.vacuum.a13", "a14", "", "é",
        ] {
            assert_eq!(fault(29, other).name, "suspected_pet_waste", "{other}");
        }
        assert_eq!(fault(132, "x").name, "internal_error");
        assert_eq!(fault(-1, "x").name, "unknown");
    }
}
