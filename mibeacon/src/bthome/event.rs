//! The codes of buttons, dimmers and commands.

use crate::{ButtonAction, Command, DimmerAction};

/// The event byte of a button (object 0x3A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ButtonCode(pub u8);

impl ButtonCode {
    /// Nothing happened: keeps the place of a button on a device with several.
    pub const NONE: Self = Self(0x00);
    /// Pressed once.
    pub const PRESS: Self = Self(0x01);
    /// Pressed twice.
    pub const DOUBLE_PRESS: Self = Self(0x02);
    /// Pressed three times.
    pub const TRIPLE_PRESS: Self = Self(0x03);
    /// Pressed for long.
    pub const LONG_PRESS: Self = Self(0x04);
    /// Pressed twice, for long.
    pub const LONG_DOUBLE_PRESS: Self = Self(0x05);
    /// Pressed three times, for long.
    pub const LONG_TRIPLE_PRESS: Self = Self(0x06);
    /// Is held.
    pub const HOLD_PRESS: Self = Self(0x80);
    /// Was let go after a hold.
    pub const HOLD_RELEASE: Self = Self(0x81);
    /// Is held, as older Shelly firmware sends it.
    pub const HOLD_PRESS_SHELLY: Self = Self(0xfe);

    /// What happened; `None` if nothing did.
    #[must_use]
    pub const fn action(self) -> Option<ButtonAction> {
        Some(match self {
            Self::NONE => return None,
            Self::PRESS => ButtonAction::Press,
            Self::DOUBLE_PRESS => ButtonAction::DoublePress,
            Self::TRIPLE_PRESS => ButtonAction::TriplePress,
            Self::LONG_PRESS => ButtonAction::LongPress,
            Self::LONG_DOUBLE_PRESS => ButtonAction::LongDoublePress,
            Self::LONG_TRIPLE_PRESS => ButtonAction::LongTriplePress,
            Self::HOLD_PRESS | Self::HOLD_PRESS_SHELLY => ButtonAction::HoldPress,
            Self::HOLD_RELEASE => ButtonAction::HoldRelease,
            _ => ButtonAction::Unknown,
        })
    }

    /// The name of the code: that of the action, but `hold_press_shelly` for 0xFE; `None` if nothing happened.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match (self, self.action()) {
            (Self::HOLD_PRESS_SHELLY, _) => Some("hold_press_shelly"),
            (_, Some(action)) => Some(action.name()),
            (_, None) => None,
        }
    }
}

/// The event byte of a dimmer (object 0x3C).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DimmerCode(pub u8);

impl DimmerCode {
    /// Nothing happened: keeps the place of a dimmer on a device with several.
    pub const NONE: Self = Self(0x00);
    /// Turned left.
    pub const ROTATE_LEFT: Self = Self(0x01);
    /// Turned right.
    pub const ROTATE_RIGHT: Self = Self(0x02);

    /// What happened; `None` if nothing did.
    #[must_use]
    pub const fn action(self) -> Option<DimmerAction> {
        Some(match self {
            Self::NONE => return None,
            Self::ROTATE_LEFT => DimmerAction::RotateLeft,
            Self::ROTATE_RIGHT => DimmerAction::RotateRight,
            _ => DimmerAction::Unknown,
        })
    }
}

/// The opcode of a command (object 0x3B).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommandCode(pub u8);

impl CommandCode {
    /// Off. No arguments.
    pub const OFF: Self = Self(0x00);
    /// On. No arguments.
    pub const ON: Self = Self(0x01);
    /// Toggle. No arguments.
    pub const TOGGLE: Self = Self(0x02);
    /// Up by the number of steps in the one argument.
    pub const STEP_UP: Self = Self(0x03);
    /// Down by the number of steps in the one argument.
    pub const STEP_DOWN: Self = Self(0x04);

    /// What to do.
    #[must_use]
    pub const fn command(self) -> Command {
        match self {
            Self::OFF => Command::Off,
            Self::ON => Command::On,
            Self::TOGGLE => Command::Toggle,
            Self::STEP_UP => Command::StepUp,
            Self::STEP_DOWN => Command::StepDown,
            _ => Command::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_shelly_code_is_a_hold_with_a_name_of_its_own() {
        assert_eq!(ButtonCode(0xfe).action(), ButtonCode(0x80).action());
        assert_eq!(ButtonCode(0xfe).name(), Some("hold_press_shelly"));
        assert_eq!(ButtonCode(0x80).name(), Some("hold_press"));
    }

    #[test]
    fn nothing_is_no_action_and_a_code_nobody_knows_is_unknown() {
        assert_eq!(ButtonCode::NONE.name(), None);
        assert_eq!(DimmerCode::NONE.action(), None);
        assert_eq!(ButtonCode(0x07).name(), Some("unknown"));
        assert_eq!(DimmerCode(0x03).action(), Some(DimmerAction::Unknown));
        assert_eq!(CommandCode(0x05).command(), Command::Unknown);
    }
}
