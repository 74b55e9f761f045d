//! States with more than two values.

use super::named_enum;

/// A state with more than two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Charging of a wristband.
    Charging(ChargingState),
    /// The door of a lock or safe.
    Door(DoorState),
    /// A gas detector.
    Gas(GasState),
    /// A kettle.
    Kettle(KettleState),
    /// A door or window contact.
    Opening(OpeningState),
    /// A smoke detector.
    Smoke(SmokeState),
    /// A vacuum cleaner.
    Vacuum(VacuumMode),
}

impl State {
    /// A stable name in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Charging(_) => "charging_state",
            Self::Door(_) => "door_state",
            Self::Gas(_) => "gas",
            Self::Kettle(_) => "kettle_state",
            Self::Opening(_) => "opening",
            Self::Smoke(_) => "smoke",
            Self::Vacuum(_) => "vacuum_mode",
        }
    }

    /// The name of the value.
    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::Charging(state) => state.name(),
            Self::Door(state) => state.name(),
            Self::Gas(state) => state.name(),
            Self::Kettle(state) => state.name(),
            Self::Opening(state) => state.name(),
            Self::Smoke(state) => state.name(),
            Self::Vacuum(state) => state.name(),
        }
    }
}

named_enum! {
    /// Charging of a wristband (MIoT property 1034).
    pub enum ChargingState {
        /// Charging.
        Charging => "charging",
        /// Not charging.
        NotCharging => "not_charging",
        /// Full.
        Full => "full",
        /// A value that isn't documented.
        Unknown => "unknown",
    }
}

named_enum! {
    /// The door of a lock or safe (object 0x100F).
    pub enum DoorState {
        /// Open.
        Open => "open",
        /// Closed.
        Closed => "closed",
        /// The lock can't tell.
        Abnormal => "abnormal",
    }
}

named_enum! {
    /// A gas detector (objects 0x000E, 0x1016).
    pub enum GasState {
        /// No gas.
        Normal => "normal",
        /// Gas leaks.
        Alarm => "alarm",
        /// The detector has a fault.
        Fault => "fault",
        /// The sensor must be replaced.
        EndOfLife => "end_of_life",
        /// The sensor warms up.
        Preheating => "preheating",
        /// The detector tests itself.
        SelfCheck => "self_check",
        /// A test alarm.
        SimulatedAlarm => "simulated_alarm",
    }
}

named_enum! {
    /// A kettle (object 0x1005).
    pub enum KettleState {
        /// Off.
        Idle => "idle",
        /// Heats.
        Heating => "heating",
        /// Boils, cools to the set point and keeps it.
        BoilThenKeepWarm => "boil_then_keep_warm",
        /// Heats to the set point and keeps it.
        HeatThenKeepWarm => "heat_then_keep_warm",
        /// A fault.
        Abnormal => "abnormal",
    }
}

named_enum! {
    /// A door or window contact.
    pub enum OpeningState {
        /// Open.
        Open => "open",
        /// Closed.
        Closed => "closed",
        /// Open for longer than the set time.
        OpenTimeout => "open_timeout",
        /// The contact was reset.
        Reset => "reset",
    }
}

named_enum! {
    /// A smoke detector (objects 0x000D, 0x1015).
    pub enum SmokeState {
        /// No smoke.
        Normal => "normal",
        /// Fire.
        Alarm => "alarm",
        /// The detector has a fault.
        Fault => "fault",
        /// The detector tests itself.
        SelfCheck => "self_check",
        /// A test alarm.
        SimulatedAlarm => "simulated_alarm",
    }
}

named_enum! {
    /// A vacuum cleaner (object 0x2002).
    pub enum VacuumMode {
        /// Charges.
        Charging => "charging",
        /// Waits.
        Standby => "standby",
        /// Cleans.
        Standard => "standard",
        /// Cleans with full power.
        Strong => "strong",
        /// A fault.
        Abnormal => "abnormal",
    }
}
