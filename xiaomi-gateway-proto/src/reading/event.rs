//! Things that happen to devices.

use crate::Decimal;

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceEvent<'a> {
    /// Somebody moved.
    Motion,
    /// Somebody pressed a leak sensor: "I am here".
    Iam,
    /// A button or key.
    Button {
        /// Which.
        channel: Channel,
        /// What was done with it.
        action: ButtonAction,
    },
    /// A gesture with the cube: `flip90`, `flip180`, `move`, `tap_twice`, `shake_air`, `swing`, `alert`, `free_fall`.
    Cube(&'static str),
    /// The cube was turned.
    CubeRotated(Rotation),
    /// `vibrate`, `tilt`, `free_fall`, `actively`.
    Vibration(&'static str),
    /// A lock was opened.
    Unlock {
        /// How.
        method: UnlockMethod,
        /// The user, as sent: 65537.
        user_id: u32,
    },
    /// Somebody tried to open a lock and failed this often.
    WrongCredentials {
        /// Tries.
        count: u32,
    },
    /// A word that no table has.
    Unknown {
        /// The word.
        value: &'a str,
    },
}

impl DeviceEvent<'_> {
    /// `motion`, `button`, `cube`, ...
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::Iam => "iam",
            Self::Button { .. } => "button",
            Self::Cube(_) | Self::CubeRotated(_) => "cube",
            Self::Vibration(_) => "vibration",
            Self::Unlock { .. } => "unlock",
            Self::WrongCredentials { .. } => "wrong_credentials",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// A key of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The only key, or the left one.
    Left,
    /// The right key.
    Right,
    /// Both at once.
    Both,
}

/// What was done with a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ButtonAction {
    /// Pressed once.
    Single,
    /// Pressed twice within 400 ms.
    Double,
    /// Held; the button is still down.
    LongPress,
    /// Released after it was held.
    LongRelease,
    /// Pressed for long.
    Long,
    /// Shaken.
    Shake,
}

impl ButtonAction {
    /// `single`, `double`, `long_press`, `long_release`, `long`, `shake`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::LongPress => "long_press",
            Self::LongRelease => "long_release",
            Self::Long => "long",
            Self::Shake => "shake",
        }
    }

    /// The word on the wire; `None` for what both keys can't do.
    pub(crate) const fn word(self, channel: Channel) -> Option<&'static str> {
        Some(match (self, channel) {
            (Self::Single, Channel::Both) => "both_click",
            (Self::Double, Channel::Both) => "double_both_click",
            (Self::Long, Channel::Both) => "long_both_click",
            (_, Channel::Both) => return None,
            (Self::Single, _) => "click",
            (Self::Double, _) => "double_click",
            (Self::LongPress, _) => "long_click_press",
            (Self::LongRelease, _) => "long_click_release",
            (Self::Long, _) => "long_click",
            (Self::Shake, _) => "shake",
        })
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "click" => Self::Single,
            "double_click" => Self::Double,
            "long_click_press" => Self::LongPress,
            "long_click_release" => Self::LongRelease,
            "long_click" => Self::Long,
            "shake" => Self::Shake,
            _ => return None,
        })
    }

    /// For `dual_channel`. Documents say `both_click`, gateways of generation 2 also send `click`.
    pub(crate) fn parse_both(word: &str) -> Option<Self> {
        Some(match word {
            "both_click" | "click" => Self::Single,
            "double_both_click" | "double_click" => Self::Double,
            "long_both_click" | "long_click" => Self::Long,
            _ => return None,
        })
    }
}

/// How a lock was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnlockMethod {
    /// With a finger.
    Fingerprint,
    /// With a number.
    Password,
    /// With a card.
    Card,
}

impl UnlockMethod {
    /// `fingerprint`, `password`, `card`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fingerprint => "fingerprint",
            Self::Password => "password",
            Self::Card => "card",
        }
    }
}

/// How a cube was turned; clockwise is positive.
///
/// Generation 1 sends `"25,500"`: 25 percent of a full turn in 500 ms, so 90 degrees. (Home Assistant reads it as the
/// number 25.5.) Generation 2 sends degrees and milliseconds as two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotation {
    /// Of a full turn, to 3 decimals.
    pub percent: Option<Decimal>,
    /// To 3 decimals.
    pub degrees: Option<Decimal>,
    /// How long it took.
    pub duration_ms: Option<u32>,
}

impl Rotation {
    /// The text of generation 1. `None` unless it has two numbers and the time isn't negative.
    ///
    /// ```
    /// use xiaomi_gateway_proto::{Decimal, Rotation};
    /// let rotation = Rotation::parse("-25,500").unwrap();
    /// assert_eq!(rotation.degrees, Some(Decimal::new(-90, 0)));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (percent, duration) = text.split_once(',')?;
        let percent = Decimal::from_text(percent)?;
        let duration = Decimal::from_text(duration)?.rescaled(0)?;
        let degrees = Decimal::new(
            percent.mantissa().checked_mul(36)?,
            percent.exponent().checked_sub(1)?,
        );
        Some(Self {
            percent: Some(thousandths(percent)?),
            degrees: Some(thousandths(degrees)?),
            duration_ms: Some(u32::try_from(duration).ok()?),
        })
    }

    /// The numbers of generation 2; a missing one stays unknown.
    #[must_use]
    pub fn from_degrees(degrees: Option<Decimal>, duration_ms: Option<u32>) -> Self {
        let percent = degrees.and_then(|degrees| {
            let tenths = degrees.rescaled(-3)?.checked_mul(10)?;
            Some(Decimal::new((tenths.abs() + 18) / 36 * tenths.signum(), -3))
        });
        Self {
            percent,
            degrees: degrees.and_then(thousandths),
            duration_ms,
        }
    }
}

fn thousandths(value: Decimal) -> Option<Decimal> {
    value.rescaled(-3).map(|value| Decimal::new(value, -3))
}
