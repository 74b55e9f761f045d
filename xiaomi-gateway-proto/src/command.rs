//! What to write for the usual operations: attributes for [`Client::write`](crate::Client::write).
//!
//! ```
//! use xiaomi_gateway_proto::{Generation, Light, command};
//!
//! assert_eq!(command::light(Light::new(100, [255, 0, 0])?).to_json(), r#"{"rgb":1694433280}"#);
//! assert_eq!(command::switch("plug", Generation::One, 0, "on".parse()?)?.to_json(), r#"{"status":"on"}"#);
//! assert_eq!(command::switch("plug", Generation::Two, 0, "on".parse()?)?.to_json(), r#"{"channel_0":"on"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::ToString;
use core::str::FromStr;

use crate::{BuildError, ButtonAction, Category, Channel, Fields, Generation, Light, Ringtone, Sid, Value};

/// What to do with a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switching {
    /// Close it.
    On,
    /// Open it.
    Off,
    /// The other state: only dual-channel controllers and air-conditioning companions. Sent once only.
    Toggle,
}

/// What to do with a curtain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurtainMove {
    /// Open it.
    Open,
    /// Close it.
    Close,
    /// Stop it.
    Stop,
    /// Whatever is next: open, stop, close.
    Auto,
}

/// Settings of an air conditioner or thermostat; those that are `None` stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AirConditioner {
    /// Switches it.
    pub power: Option<Switching>,
    /// What it does.
    pub mode: Option<AcMode>,
    /// How fast its fan turns.
    pub fan: Option<AcFan>,
    /// Whether its outlet swings; not on thermostats.
    pub swing: Option<bool>,
    /// Set point in °C, 17 to 30.
    pub temperature: Option<u8>,
}

/// What an air conditioner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcMode {
    /// Heats.
    Heat,
    /// Cools.
    Cool,
    /// Either.
    Auto,
    /// Dries the air.
    Dry,
    /// Only moves the air.
    Wind,
}

/// How fast a fan turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcFan {
    /// Slowly.
    Low,
    /// Between.
    Middle,
    /// Fast.
    High,
    /// As it likes.
    Auto,
}

/// The gateway's night light.
#[must_use]
pub fn light(light: Light) -> Fields<'static> {
    Fields::new().with("rgb", light.to_wire())
}

/// Plays a sound, with a volume in percent if it shall differ; [`Ringtone::STOP`] stops it.
///
/// # Errors
/// A volume above 100.
pub fn ring(ringtone: Ringtone, volume_pct: Option<u8>) -> Result<Fields<'static>, BuildError> {
    let fields = Fields::new().with("mid", ringtone.mid());
    match volume_pct {
        None => Ok(fields),
        Some(volume) => Ok(fields.with("vol", ranged("volume", volume.into(), 0, 100)?)),
    }
}

/// Only the volume, in percent. One project does this with sound 999, which doesn't exist; not verified on hardware.
///
/// # Errors
/// More than 100.
pub fn volume(percent: u8) -> Result<Fields<'static>, BuildError> {
    let volume = ranged("volume", percent.into(), 0, 100)?;
    Ok(Fields::new().with("mid", 999).with("vol", volume))
}

/// Opens the gateway for new devices for 30 s, or closes it. Then press the device's reset key for 3 to 5 s.
#[must_use]
pub fn join_permission(open: bool) -> Fields<'static> {
    Fields::new().with("join_permission", if open { "yes" } else { "no" })
}

/// Takes a device out of its gateway; written to the gateway. Any number of digits works.
#[must_use]
pub fn remove_device(sid: Sid) -> Fields<'static> {
    Fields::new().with("remove_device", sid.to_string())
}

/// Switches a plug, wall switch or relay; channel 0 is the first or left one.
///
/// # Errors
/// A model without such a relay, or one that can't toggle.
pub fn switch(
    model: &str,
    generation: Generation,
    channel: u8,
    to: Switching,
) -> Result<Fields<'static>, BuildError> {
    let name = match (Category::of(model), channel, generation) {
        (Some(Category::Plug), 0, Generation::One) => "status",
        (Some(Category::Plug | Category::Relay1 | Category::Relay2), 0, _) => "channel_0",
        (Some(Category::Relay2), 1, _) => "channel_1",
        (Some(Category::Acpartner), 0, _) => "relay_status",
        (Some(Category::Dimmer), 0, _) => "power_status",
        _ => return Err(BuildError::NotSupported("such relay")),
    };
    let toggles = matches!(name, "relay_status") || crate::message::short_model(model) == "ctrl_dualchn";
    if to == Switching::Toggle && !toggles {
        return Err(BuildError::NotSupported("toggle"));
    }
    Ok(Fields::new().with(name, to.word()))
}

/// Moves a curtain.
///
/// # Errors
/// A model that is none.
pub fn curtain(model: &str, generation: Generation, to: CurtainMove) -> Result<Fields<'static>, BuildError> {
    let name = match (Category::of(model), generation) {
        (Some(Category::Curtain), Generation::One) => "status",
        (Some(Category::Curtain), Generation::Two) => "curtain_status",
        _ => return Err(BuildError::NotSupported("curtain")),
    };
    let word = match to {
        CurtainMove::Open => "open",
        CurtainMove::Close => "close",
        CurtainMove::Stop => "stop",
        CurtainMove::Auto => "auto",
    };
    Ok(Fields::new().with(name, word))
}

/// Opens a curtain this far, 0 to 100 percent.
///
/// # Errors
/// More than 100.
pub fn curtain_position(generation: Generation, percent: u8) -> Result<Fields<'static>, BuildError> {
    let level = ranged("position", percent.into(), 0, 100)?;
    // Generation 1 does nothing with a number.
    let value = match generation {
        Generation::One => Value::from(level.to_string()),
        Generation::Two => Value::from(level),
    };
    Ok(Fields::new().with("curtain_level", value))
}

/// A press that nobody made: the gateway reports it like a real one. Sent once only.
///
/// # Errors
/// A model that has no such key, and an action that the wire has no word for: both keys take only single, double and
/// long presses.
pub fn virtual_press(
    model: &str,
    generation: Generation,
    channel: Channel,
    action: ButtonAction,
) -> Result<Fields<'static>, BuildError> {
    let one = generation == Generation::One;
    let (category, unknown) = (Category::of(model), BuildError::NotSupported("such key"));
    let name = match (category.ok_or(unknown)?, channel) {
        (Category::Button, Channel::Left) if one => "status",
        (Category::Button, Channel::Left) => "button_0",
        (Category::WallButton1 | Category::WallButton2, Channel::Left) if one => "channel_0",
        (Category::WallButton1 | Category::WallButton2, Channel::Left) => "button_0",
        (Category::WallButton2, Channel::Right) if one => "channel_1",
        (Category::WallButton2, Channel::Right) => "button_1",
        (Category::WallButton2, Channel::Both) => "dual_channel",
        _ => return Err(unknown),
    };
    let word = action
        .word(channel)
        .ok_or(BuildError::NotSupported("such press of both keys"))?;
    Ok(Fields::new().with(name, word))
}

/// A gesture with a cube that nobody made: `flip90`, `tap_twice`. Sent once only.
///
/// # Errors
/// A model that is no cube, and a word that cubes don't send.
pub fn virtual_gesture(
    model: &str,
    generation: Generation,
    gesture: &str,
) -> Result<Fields<'static>, BuildError> {
    let known = crate::decode::CUBE_GESTURES.iter().find(|word| **word == gesture);
    let (Some(Category::Cube), Some(word)) = (Category::of(model), known) else {
        return Err(BuildError::NotSupported("such gesture"));
    };
    let name = match generation {
        Generation::One => "status",
        Generation::Two => "cube_status",
    };
    Ok(Fields::new().with(name, *word))
}

/// Sets an air conditioner through its companion, or a thermostat.
///
/// # Errors
/// A temperature outside 17 to 30 °C.
pub fn air_conditioner(settings: AirConditioner) -> Result<Fields<'static>, BuildError> {
    let mut fields = Fields::new();
    let words = [
        ("on_off_cfg", settings.power.map(Switching::word)),
        ("mode_cfg", settings.mode.map(AcMode::word)),
        ("ws_cfg", settings.fan.map(AcFan::word)),
        (
            "swing_cfg",
            settings.swing.map(|on| if on { "swing" } else { "unswing" }),
        ),
    ];
    for (name, word) in words {
        if let Some(word) = word {
            fields.insert(name.into(), word.into());
        }
    }
    if let Some(temperature) = settings.temperature {
        fields.insert(
            "temp_cfg".into(),
            ranged("temperature", temperature.into(), 17, 30)?.into(),
        );
    }
    Ok(fields)
}

/// Colour and brightness of the RGB dimmer.
#[must_use]
pub fn dimmer(light: Light) -> Fields<'static> {
    Fields::new().with("light_rgb", light.to_wire())
}

fn ranged(name: &'static str, found: u32, min: u32, max: u32) -> Result<u32, BuildError> {
    if (min..=max).contains(&found) {
        return Ok(found);
    }
    Err(BuildError::OutOfRange {
        name,
        found: found.into(),
        min: min.into(),
        max: max.into(),
    })
}

impl Switching {
    const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Toggle => "toggle",
        }
    }
}

impl FromStr for Switching {
    type Err = BuildError;

    /// `on`, `off`, `toggle`.
    fn from_str(word: &str) -> Result<Self, BuildError> {
        match word {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            "toggle" => Ok(Self::Toggle),
            _ => Err(BuildError::NotSupported("switching but on, off and toggle")),
        }
    }
}

impl AcMode {
    const fn word(self) -> &'static str {
        match self {
            Self::Heat => "heat",
            Self::Cool => "cool",
            Self::Auto => "auto",
            Self::Dry => "dry",
            Self::Wind => "wind",
        }
    }
}

impl AcFan {
    const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Middle => "middle",
            Self::High => "high",
            Self::Auto => "auto",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generations_differ_in_curtains() {
        let one = curtain_position(Generation::One, 25).unwrap();
        let two = curtain_position(Generation::Two, 25).unwrap();
        assert_eq!(
            (one.to_json().as_str(), two.to_json().as_str()),
            (r#"{"curtain_level":"25"}"#, r#"{"curtain_level":25}"#)
        );
        let stop = curtain("curtain", Generation::Two, CurtainMove::Stop).unwrap();
        assert_eq!(stop.to_json(), r#"{"curtain_status":"stop"}"#);
    }

    #[test]
    fn virtual_presses_read_back_as_what_they_are() {
        use crate::{DeviceEvent, Source, decode};
        let cases = [
            ("switch", Channel::Left, ButtonAction::LongRelease),
            ("86sw1", Channel::Left, ButtonAction::Single),
            ("86sw2", Channel::Right, ButtonAction::Double),
            ("86sw2", Channel::Both, ButtonAction::Long),
        ];
        for generation in [Generation::One, Generation::Two] {
            for (model, channel, action) in cases {
                let fields = virtual_press(model, generation, channel, action).unwrap();
                let decoded = decode(model, Source::Report, &fields);
                assert_eq!(decoded.events, [DeviceEvent::Button { channel, action }]);
            }
            let fields = virtual_gesture("cube", generation, "flip90").unwrap();
            let decoded = decode("cube", Source::Report, &fields);
            assert_eq!(decoded.events, [DeviceEvent::Cube("flip90")]);
            assert!(virtual_press("86sw1", generation, Channel::Right, ButtonAction::Single).is_err());
            assert!(virtual_press("86sw2", generation, Channel::Both, ButtonAction::Shake).is_err());
            assert!(virtual_gesture("cube", generation, "rotate").is_err());
        }
    }

    #[test]
    fn what_a_model_cannot_do_is_refused() {
        assert!(switch("ctrl_neutral1", Generation::One, 1, Switching::On).is_err());
        assert!(switch("ctrl_neutral1", Generation::One, 0, Switching::Toggle).is_err());
        assert!(switch("lumi.ctrl_dualchn", Generation::Two, 1, Switching::Toggle).is_ok());
        assert!(curtain("plug", Generation::One, CurtainMove::Open).is_err());
        assert!(ring(Ringtone::STOP, Some(101)).is_err());
        assert!(
            air_conditioner(AirConditioner {
                temperature: Some(16),
                ..Default::default()
            })
            .is_err()
        );
    }
}
