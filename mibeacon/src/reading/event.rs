//! Events: what happened once.

use core::fmt;

use super::lock::{FingerprintEvent, LockEvent};
use super::{HexBytes, named_enum};

/// Something that happened once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A lock was armed or disarmed.
    Armed(ArmedEvent),
    /// An accessory was put on its base or taken off.
    Base(BaseAction),
    /// A button was pressed.
    Button(ButtonEvent),
    /// A command for an actuator (BTHome object 0x3B).
    Command(CommandEvent<'a>),
    /// A cube was turned.
    Cube(CubeAction),
    /// The device was reset.
    DeviceReset,
    /// A dimmer was turned or pressed.
    Dimmer(DimmerEvent),
    /// Something happened to the door of a lock.
    Door(DoorEvent),
    /// A finger was read.
    Fingerprint(FingerprintEvent),
    /// A contact was torn off.
    ForciblyRemoved,
    /// A thing was shaken or turned.
    Gesture(Gesture),
    /// A lock was operated.
    Lock(LockEvent),
    /// Somebody at a peephole.
    Peephole(PeepholeAction),
    /// A plant sensor.
    PlantMonitor(PlantMonitorAction),
    /// A pomodoro timer.
    Pomodoro(PomodoroAction),
    /// A thing was weighed.
    Weighing(WeighingEvent),
}

impl Event<'_> {
    /// A stable name in `snake_case`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Armed(_) => "armed",
            Self::Base(_) => "base",
            Self::Button(_) => "button",
            Self::Command(_) => "command",
            Self::Cube(_) => "cube",
            Self::DeviceReset => "device_reset",
            Self::Dimmer(_) => "dimmer",
            Self::Door(_) => "door",
            Self::Fingerprint(_) => "fingerprint",
            Self::ForciblyRemoved => "forcibly_removed",
            Self::Gesture(_) => "gesture",
            Self::Lock(_) => "lock",
            Self::Peephole(_) => "peephole",
            Self::PlantMonitor(_) => "plant_monitor",
            Self::Pomodoro(_) => "pomodoro",
            Self::Weighing(_) => "weighing",
        }
    }

    /// Home Assistant's event device class, where it has one.
    #[must_use]
    pub const fn device_class(&self) -> Option<&'static str> {
        match self {
            Self::Button(_) => Some("button"),
            Self::Peephole(PeepholeAction::RingsBell) => Some("doorbell"),
            _ => None,
        }
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Armed(event) => write!(f, "{}", if event.armed { "armed" } else { "disarmed" }),
            Self::Base(action) => write!(f, "base {action}"),
            Self::Button(event) => write!(f, "button {} {}", event.button, event.action),
            Self::Command(event) => {
                write!(f, "command {}", event.command)?;
                if event.args.is_empty() {
                    Ok(())
                } else {
                    write!(f, " {}", HexBytes(event.args))
                }
            }
            Self::Cube(action) => write!(f, "cube {action}"),
            Self::Dimmer(event) => write!(f, "dimmer {} {}", event.action, event.amount),
            Self::Door(event) => write!(f, "door {}", event.action),
            Self::Fingerprint(event) => write!(f, "fingerprint {} ({})", event.result, event.key),
            Self::Gesture(gesture) => write!(f, "gesture {gesture}"),
            Self::Lock(event) => event.fmt(f),
            Self::Peephole(action) => write!(f, "peephole {action}"),
            Self::PlantMonitor(action) => write!(f, "plant_monitor {action}"),
            Self::Pomodoro(action) => write!(f, "pomodoro {action}"),
            Self::Weighing(event) => write!(f, "weighing {} g {}", event.grams, event.kind),
            Self::DeviceReset | Self::ForciblyRemoved => f.write_str(self.name()),
        }
    }
}

/// A lock was armed or disarmed (object 0x0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ArmedEvent {
    /// Armed or disarmed.
    pub armed: bool,
    /// Unix time, if the device sent it.
    pub timestamp: Option<u32>,
}

/// A button was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ButtonEvent {
    /// Which button.
    pub button: Button,
    /// How.
    pub action: ButtonAction,
}

/// Which button of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Button {
    /// The only one.
    Single,
    /// The left one.
    Left,
    /// The middle one.
    Middle,
    /// The right one.
    Right,
    /// A numbered one.
    Number(u16),
    /// A key of a remote control, by the name of its function: `brightness`, `timer_30_minutes`.
    Named(&'static str),
}

impl fmt::Display for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single => f.pad("single"),
            Self::Left => f.pad("left"),
            Self::Middle => f.pad("middle"),
            Self::Right => f.pad("right"),
            Self::Number(number) => number.fmt(f),
            Self::Named(name) => f.pad(name),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Button {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

named_enum! {
    /// How a button was pressed.
    pub enum ButtonAction {
        /// Once.
        Press => "press",
        /// Twice.
        DoublePress => "double_press",
        /// Three times.
        TriplePress => "triple_press",
        /// For long.
        LongPress => "long_press",
        /// Twice, for long.
        LongDoublePress => "long_double_press",
        /// Three times, for long.
        LongTriplePress => "long_triple_press",
        /// Is held.
        HoldPress => "hold_press",
        /// Was let go after a hold.
        HoldRelease => "hold_release",
        /// Was let go.
        Release => "release",
        /// A value that isn't documented.
        Unknown => "unknown",
    }
}

/// A command for an actuator (BTHome object 0x3B). Don't act on one that isn't encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommandEvent<'a> {
    /// What to do.
    pub command: Command,
    /// The arguments as sent: for a step, one byte with the number of steps.
    pub args: &'a [u8],
}

named_enum! {
    /// What an actuator shall do.
    pub enum Command {
        /// Off.
        Off => "off",
        /// On.
        On => "on",
        /// Toggle.
        Toggle => "toggle",
        /// Brighter, louder, by the number of steps in the argument.
        StepUp => "step_up",
        /// Darker, quieter.
        StepDown => "step_down",
        /// A value that isn't documented.
        Unknown => "unknown",
    }
}

named_enum! {
    /// How a cube was turned.
    pub enum CubeAction {
        /// To the left.
        RotateLeft => "rotate_left",
        /// To the right.
        RotateRight => "rotate_right",
    }
}

/// A dimmer was turned or pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DimmerEvent {
    /// What was done.
    pub action: DimmerAction,
    /// How much of it: presses, seconds of a long press, or steps of a turn.
    pub amount: u8,
}

named_enum! {
    /// What was done with a dimmer.
    pub enum DimmerAction {
        /// Pressed, this often.
        Press => "press",
        /// Pressed for this many seconds.
        LongPress => "long_press",
        /// Turned left by this many steps.
        RotateLeft => "rotate_left",
        /// Turned right by this many steps.
        RotateRight => "rotate_right",
        /// Turned left while pressed.
        RotateLeftPressed => "rotate_left_pressed",
        /// Turned right while pressed.
        RotateRightPressed => "rotate_right_pressed",
        /// A value that isn't documented.
        Unknown => "unknown",
    }
}

/// Something happened to the door of a lock (object 0x0007).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DoorEvent {
    /// What happened.
    pub action: DoorAction,
    /// Unix time, if the device sent it.
    pub timestamp: Option<u32>,
}

named_enum! {
    /// What happened to a door.
    pub enum DoorAction {
        /// Opened.
        Open => "open",
        /// Closed.
        Close => "close",
        /// Left open for too long.
        NotClosedTimeout => "not_closed_timeout",
        /// Somebody knocks.
        Knock => "knock",
        /// Somebody breaks in.
        Pry => "pry",
        /// The door is stuck.
        Stuck => "stuck",
    }
}

named_enum! {
    /// What was done with a thing (object 0x0009).
    pub enum Gesture {
        /// Shaken.
        Shake => "shake",
        /// Turned over by 90°.
        Flip90 => "flip_90",
        /// Turned over by 180°.
        Flip180 => "flip_180",
        /// Turned on the table.
        RotatePlane => "rotate_plane",
        /// Knocked on twice.
        Knock => "knock",
        /// Nudged.
        Nudge => "nudge",
    }
}

named_enum! {
    /// Somebody at a peephole (object 0x0011).
    pub enum PeepholeAction {
        /// Stays.
        Stays => "stays",
        /// Passes.
        Passes => "passes",
        /// Rings.
        RingsBell => "rings_bell",
        /// Leaves a message.
        LeavesMessage => "leaves_message",
        /// Damages the device.
        DamagesDevice => "damages_device",
        /// Somebody inside is forced to open.
        Duress => "duress",
        /// Opened in an abnormal way.
        AbnormalUnlock => "abnormal_unlock",
    }
}

named_enum! {
    /// A plant sensor (object 0x3000).
    pub enum PlantMonitorAction {
        /// Put into the soil.
        Normal => "normal",
        /// Pulled out of the soil.
        PulledOut => "pulled_out",
    }
}

named_enum! {
    /// A pomodoro timer (object 0x3002).
    pub enum PomodoroAction {
        /// Work starts.
        WorkStart => "work_start",
        /// Work ends.
        WorkEnd => "work_end",
        /// The rest starts.
        RestStart => "rest_start",
        /// The rest ends.
        RestEnd => "rest_end",
    }
}

named_enum! {
    /// An accessory and its base (object 0x3001).
    pub enum BaseAction {
        /// Taken off.
        Separated => "separated",
        /// Put on.
        Connected => "connected",
    }
}

/// A thing was weighed (object 0x0012).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct WeighingEvent {
    /// Grams.
    pub grams: u16,
    /// How it changed.
    pub kind: WeighingKind,
}

named_enum! {
    /// How a weight changed.
    pub enum WeighingKind {
        /// The weight now.
        Current => "current",
        /// It became less.
        Decrease => "decrease",
        /// It became more.
        Increase => "increase",
    }
}
