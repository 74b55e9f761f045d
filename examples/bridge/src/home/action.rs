//! What people want a device to do: commands of Home Assistant, parsed.

use serde_json::Value as Json;

use super::{Id, Kind};

/// A command for a device, on its way to the source that reaches it.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Which device.
    pub device: Id,
    /// Which of its entities.
    pub key: String,
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Switch on or off.
    Switch(bool),
    /// Set a lamp; what is `None` stays.
    Light {
        /// On or off.
        on: Option<bool>,
        /// 0 to 255.
        brightness: Option<u8>,
        /// Red, green, blue.
        colour: Option<[u8; 3]>,
    },
    /// Set a fan; what is `None` stays.
    Fan {
        /// On or off.
        on: Option<bool>,
        /// Percent.
        speed: Option<u8>,
        /// One of its modes.
        mode: Option<String>,
    },
    /// Start, pause, ... a vacuum.
    Vacuum(VacuumAction),
    /// Set a vacuum's suction.
    Suction(String),
    /// Move a curtain.
    Cover(CoverAction),
    /// Play a sound, or be quiet.
    Siren {
        /// Play or be quiet.
        on: bool,
        /// Which sound.
        tone: Option<String>,
        /// Percent.
        volume: Option<u8>,
    },
}

/// What a vacuum can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum VacuumAction {
    Start,
    Pause,
    Stop,
    ReturnToBase,
    Locate,
    CleanSpot,
}

/// What a curtain can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverAction {
    /// Open.
    Open,
    /// Close.
    Close,
    /// Stop.
    Stop,
    /// Go to percent open.
    Position(u8),
}

/// Why a command can't be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The topic isn't one of a command.
    #[error("no command has this topic")]
    Topic,
    /// No such device.
    #[error("there is no device {0}")]
    Device(String),
    /// No such entity.
    #[error("the device has no {0}")]
    Entity(String),
    /// The entity takes no commands.
    #[error("{0} can only be read")]
    ReadOnly(String),
    /// The payload isn't understood.
    #[error("{found:?} is not understood; expected {expected}")]
    Payload {
        /// What would be.
        expected: &'static str,
        /// The payload, its first characters.
        found: String,
    },
    /// The source is busy with earlier commands, or gone.
    #[error("{0} takes no commands now")]
    Busy(String),
}

impl Action {
    /// Reads the payload of a command topic of an entity of this kind. `aspect` is the level after `set`.
    ///
    /// # Errors
    ///
    /// The payload isn't one of this kind.
    pub fn parse(kind: &Kind, aspect: Option<&str>, payload: &str) -> Result<Self, CommandError> {
        let wrong = |expected| CommandError::Payload {
            expected,
            found: payload.chars().take(60).collect(),
        };
        let payload = payload.trim();
        match (kind, aspect) {
            (Kind::Switch, None) => on(payload).map(Self::Switch).ok_or(wrong("ON or OFF")),
            (Kind::Light { .. }, None) => light(payload).ok_or(wrong(
                r#"ON, OFF or {"state":"ON","brightness":255,"color":{"r":255,"g":0,"b":0}}"#,
            )),
            (Kind::Fan { modes, .. }, None) => fan(payload, modes).ok_or(wrong(
                r#"ON, OFF or {"state":"ON","percentage":50,"preset_mode":"one of its modes"}"#,
            )),
            (Kind::Vacuum { .. }, None) => vacuum(payload)
                .map(Self::Vacuum)
                .ok_or(wrong("start, pause, stop, return_to_base, locate or clean_spot")),
            (Kind::Vacuum { speeds }, Some("fan_speed")) => {
                let known = speeds.iter().find(|speed| *speed == payload);
                known
                    .cloned()
                    .map(Self::Suction)
                    .ok_or(wrong("one of its speeds"))
            }
            (Kind::Cover, None) => cover(payload)
                .map(Self::Cover)
                .ok_or(wrong(r#"OPEN, CLOSE, STOP or {"position":50}"#)),
            (Kind::Siren { tones }, None) => siren(payload, tones).ok_or(wrong(
                r#"OFF or {"state":"ON","tone":"one of its tones","volume_level":0.5}"#,
            )),
            (_, Some(_)) => Err(CommandError::Topic),
            _ => Err(CommandError::ReadOnly(String::new())),
        }
    }
}

fn on(word: &str) -> Option<bool> {
    match word {
        "ON" | "on" | "true" => Some(true),
        "OFF" | "off" | "false" => Some(false),
        _ => None,
    }
}

/// A JSON object, or a word as the object that says only that.
fn object(payload: &str) -> Option<serde_json::Map<String, Json>> {
    if let Some(on) = on(payload) {
        let state = if on { "ON" } else { "OFF" };
        return Some(serde_json::Map::from_iter([("state".into(), state.into())]));
    }
    serde_json::from_str(payload).ok()
}

/// A member that may be missing, but not be wrong.
fn member<T>(
    object: &serde_json::Map<String, Json>,
    name: &str,
    read: impl FnOnce(&Json) -> Option<T>,
) -> Option<Option<T>> {
    match object.get(name) {
        None | Some(Json::Null) => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn byte(value: &Json) -> Option<u8> {
    u8::try_from(value.as_u64()?).ok()
}

fn percent(value: &Json) -> Option<u8> {
    let number = value.as_f64().filter(|number| (0.0..=100.0).contains(number))?;
    Some(number.round() as u8)
}

fn light(payload: &str) -> Option<Action> {
    let object = object(payload)?;
    let colour = |value: &Json| {
        Some([
            byte(value.get("r")?)?,
            byte(value.get("g")?)?,
            byte(value.get("b")?)?,
        ])
    };
    let (state, brightness) = (
        member(&object, "state", |state| on(state.as_str()?))?,
        member(&object, "brightness", byte)?,
    );
    let colour = member(&object, "color", colour)?;
    (state.is_some() || brightness.is_some() || colour.is_some()).then_some(Action::Light {
        on: state,
        brightness,
        colour,
    })
}

fn fan(payload: &str, modes: &[String]) -> Option<Action> {
    let object = object(payload)?;
    let on = member(&object, "state", |state| on(state.as_str()?))?;
    let speed = member(&object, "percentage", percent)?;
    let mode = member(&object, "preset_mode", |mode| {
        modes.iter().find(|known| Some(known.as_str()) == mode.as_str())
    })?;
    (on.is_some() || speed.is_some() || mode.is_some()).then(|| Action::Fan {
        on,
        speed,
        mode: mode.cloned(),
    })
}

fn vacuum(payload: &str) -> Option<VacuumAction> {
    Some(match payload {
        "start" => VacuumAction::Start,
        "pause" => VacuumAction::Pause,
        "stop" => VacuumAction::Stop,
        "return_to_base" => VacuumAction::ReturnToBase,
        "locate" => VacuumAction::Locate,
        "clean_spot" => VacuumAction::CleanSpot,
        _ => return None,
    })
}

fn cover(payload: &str) -> Option<CoverAction> {
    Some(match payload {
        "OPEN" => CoverAction::Open,
        "CLOSE" => CoverAction::Close,
        "STOP" => CoverAction::Stop,
        _ => {
            let object: serde_json::Map<String, Json> = serde_json::from_str(payload).ok()?;
            CoverAction::Position(percent(object.get("position")?)?)
        }
    })
}

fn siren(payload: &str, tones: &[String]) -> Option<Action> {
    let object = object(payload)?;
    let on = member(&object, "state", |state| on(state.as_str()?))??;
    let tone = member(&object, "tone", |tone| {
        tones.iter().find(|known| Some(known.as_str()) == tone.as_str())
    })?;
    let volume = member(&object, "volume_level", |level| {
        let level = level.as_f64().filter(|level| (0.0..=1.0).contains(level))?;
        Some((level * 100.0).round() as u8)
    })?;
    Some(Action::Siren {
        on,
        tone: tone.cloned(),
        volume,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(kind: &Kind, payload: &str) -> Option<Action> {
        Action::parse(kind, None, payload).ok()
    }

    #[test]
    fn a_lamp_takes_a_word_or_an_object() {
        let kind = Kind::Light { colour: true };
        let off = Action::Light {
            on: Some(false),
            brightness: None,
            colour: None,
        };
        assert_eq!(parse(&kind, "OFF"), Some(off));
        let red = Action::Light {
            on: Some(true),
            brightness: Some(40),
            colour: Some([255, 0, 0]),
        };
        let payload = r#"{"state":"ON","brightness":40,"color":{"r":255,"g":0,"b":0},"transition":2}"#;
        assert_eq!(parse(&kind, payload), Some(red));
        for wrong in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"brightness":256}"#,
            r#"{"state":"ON","color":{"r":1}}"#,
        ] {
            assert_eq!(parse(&kind, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_a_device_does_not_have_is_refused() {
        let fan = Kind::Fan {
            modes: vec!["auto".to_owned()],
            speed: true,
        };
        assert!(parse(&fan, r#"{"preset_mode":"auto"}"#).is_some());
        assert!(parse(&fan, r#"{"preset_mode":"turbo"}"#).is_none());
        assert!(parse(&fan, r#"{"percentage":101}"#).is_none());
        let error = Action::parse(&fan, None, r#"{"percentage":101}"#).unwrap_err();
        assert!(error.to_string().contains("preset_mode"), "{error}");
    }

    #[test]
    fn a_curtain_goes_to_a_position() {
        assert_eq!(
            parse(&Kind::Cover, r#"{"position":30}"#),
            Some(Action::Cover(CoverAction::Position(30)))
        );
        assert_eq!(parse(&Kind::Cover, r#"{"position":-1}"#), None);
    }
}
