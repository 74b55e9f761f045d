//! Yes/no states.

use super::named_enum;

named_enum! {
    /// What a yes/no state is about; each line says what *on* means.
    pub enum BinarySensor {
        /// Asleep.
        Asleep => "asleep",
        /// Battery low.
        BatteryLow => "battery_low",
        /// Charging.
        BatteryCharging => "battery_charging",
        /// The dead bolt of a lock is out.
        BoltDead => "bolt_dead",
        /// The latch of a lock is out.
        BoltLatch => "bolt_latch",
        /// The square bolt of a lock is out.
        BoltSquare => "bolt_square",
        /// Bound to an account.
        Bound => "bound",
        /// Detected.
        CarbonMonoxide => "carbon_monoxide",
        /// On.
        ChildLock => "child_lock",
        /// Cold.
        Cold => "cold",
        /// Connected.
        Connectivity => "connectivity",
        /// Open.
        Door => "door",
        /// Supplied from outside.
        ExternalPower => "external_power",
        /// Open.
        GarageDoor => "garage_door",
        /// Detected.
        Gas => "gas",
        /// On.
        Generic => "generic",
        /// Hot.
        Heat => "heat",
        /// In bed.
        InBed => "in_bed",
        /// Light detected.
        Light => "light",
        /// Unlocked.
        Lock => "lock",
        /// Wet.
        Moisture => "moisture",
        /// Wet at the lower probe.
        MoistureBottom => "moisture_bottom",
        /// Wet at the upper probe.
        MoistureTop => "moisture_top",
        /// Motion detected.
        Motion => "motion",
        /// Moving.
        Moving => "moving",
        /// Somebody is there.
        Occupancy => "occupancy",
        /// Somebody is near.
        OccupancyCloseRange => "occupancy_close_range",
        /// Open.
        Opening => "opening",
        /// Plugged in.
        Plug => "plug",
        /// On.
        Power => "power",
        /// Home.
        Presence => "presence",
        /// Somebody sits there.
        PressurePresent => "pressure_present",
        /// Something is wrong.
        Problem => "problem",
        /// Running.
        Running => "running",
        /// Safe. (Home Assistant's device class `safety` counts the other way round.)
        Safety => "safety",
        /// Detected.
        Smoke => "smoke",
        /// Snoring.
        Snoring => "snoring",
        /// Detected.
        Sound => "sound",
        /// Tampered with.
        Tamper => "tamper",
        /// Brushing.
        Toothbrush => "toothbrush",
        /// Detected.
        Vibration => "vibration",
        /// Worn.
        Wearing => "wearing",
        /// Open.
        Window => "window",
    }
}

impl BinarySensor {
    /// Home Assistant's binary sensor device class, where it has one.
    #[must_use]
    pub const fn device_class(self) -> Option<&'static str> {
        Some(match self {
            Self::BatteryLow => "battery",
            Self::MoistureBottom | Self::MoistureTop => "moisture",
            Self::OccupancyCloseRange | Self::PressurePresent | Self::InBed => "occupancy",
            Self::ExternalPower => "power",
            Self::Toothbrush => "running",
            Self::BatteryCharging
            | Self::CarbonMonoxide
            | Self::Cold
            | Self::Connectivity
            | Self::Door
            | Self::GarageDoor
            | Self::Gas
            | Self::Heat
            | Self::Light
            | Self::Lock
            | Self::Moisture
            | Self::Motion
            | Self::Moving
            | Self::Occupancy
            | Self::Opening
            | Self::Plug
            | Self::Power
            | Self::Presence
            | Self::Problem
            | Self::Running
            | Self::Safety
            | Self::Smoke
            | Self::Sound
            | Self::Tamper
            | Self::Vibration
            | Self::Window => self.name(),
            _ => return None,
        })
    }
}
