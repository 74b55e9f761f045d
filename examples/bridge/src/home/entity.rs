//! What a device has: sensors, switches, lamps.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One thing that a device says or does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Its name in topics, unique within the device: `temperature`.
    pub key: Cow<'static, str>,
    /// What it is.
    pub kind: Kind,
    /// Whether it is about the device itself rather than about the home.
    #[serde(default)]
    pub diagnostic: bool,
}

/// What an entity is. Classes and units are Home Assistant's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A number.
    Sensor {
        /// Device class.
        class: Option<Cow<'static, str>>,
        /// Unit.
        unit: Option<Cow<'static, str>>,
        /// Whether it only grows, as the meter of a plug does.
        total: bool,
    },
    /// A word.
    Text,
    /// Yes or no, read only.
    Binary {
        /// Device class.
        class: Option<Cow<'static, str>>,
    },
    /// Things that happen.
    Event {
        /// Device class.
        class: Option<Cow<'static, str>>,
        /// The types that are known so far, sorted.
        types: Vec<Cow<'static, str>>,
    },
    /// On or off.
    Switch,
    /// A lamp.
    Light {
        /// Whether it has colours.
        colour: bool,
    },
    /// A fan or an air purifier.
    Fan {
        /// Its modes.
        modes: Vec<String>,
        /// Whether its speed can be set.
        speed: bool,
    },
    /// A vacuum cleaner.
    Vacuum {
        /// Its suction presets.
        speeds: Vec<String>,
    },
    /// A curtain or blind.
    Cover,
    /// Something that plays sounds.
    Siren {
        /// Its sounds.
        tones: Vec<String>,
    },
}

impl Entity {
    /// A number with Home Assistant's class and unit; empty where there is none.
    #[must_use]
    pub fn sensor(
        key: impl Into<Cow<'static, str>>,
        class: Option<&'static str>,
        unit: &'static str,
    ) -> Self {
        let unit = (!unit.is_empty()).then_some(Cow::Borrowed(unit));
        let total = matches!(class, Some("energy" | "gas" | "water"));
        let class = class.map(Cow::Borrowed);
        Self::new(key, Kind::Sensor { class, unit, total })
    }

    /// Yes or no.
    #[must_use]
    pub fn binary(key: impl Into<Cow<'static, str>>, class: Option<&'static str>) -> Self {
        let class = class.map(Cow::Borrowed);
        Self::new(key, Kind::Binary { class })
    }

    /// Any.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        Self {
            key: key.into(),
            kind,
            diagnostic: false,
        }
    }

    /// Says that it is about the device itself.
    #[must_use]
    pub fn diagnostic(mut self) -> Self {
        self.diagnostic = true;
        self
    }

    /// The name that people see: `Carbon dioxide`.
    #[must_use]
    pub fn name(&self) -> String {
        let text = self.key.replace('_', " ");
        let mut characters = text.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect()
    }

    /// Whether it takes commands.
    #[must_use]
    pub const fn takes_commands(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Sensor { .. } | Kind::Text | Kind::Binary { .. } | Kind::Event { .. }
        )
    }

    /// Takes over what `other` knows more; says whether there was something.
    pub(super) fn learn(&mut self, other: &Self) -> bool {
        match (&mut self.kind, &other.kind) {
            (Kind::Event { types, .. }, Kind::Event { types: more, .. }) => {
                let before = types.len();
                for kind in more {
                    if let Err(place) = types.binary_search(kind)
                        && types.len() < MOST_EVENT_TYPES
                    {
                        types.insert(place, kind.clone());
                    }
                }
                types.len() > before
            }
            (mine, other) if mine != other => {
                *mine = other.clone();
                true
            }
            _ => false,
        }
    }
}

/// Types of one event entity; a stranger's nonsense doesn't let it grow.
const MOST_EVENT_TYPES: usize = 32;
