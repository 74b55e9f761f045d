//! Entities and events as Home Assistant's own integration (`xiaomi_aqara`) has them, as data for a bridge.
//!
//! A bridge that uses these ids can take the integration's place: automations go on working.
//!
//! ```
//! use xiaomi_gateway_proto::{Generation, Sid, home_assistant::entities};
//!
//! let sid: Sid = "158d0001234567".parse()?;
//! let leak = entities("sensor_wleak.aq1", Generation::One, sid, true).next().unwrap();
//! assert_eq!(leak.entity_id(), "binary_sensor.water_leak_sensor_158d0001234567");
//! assert_eq!(leak.unique_id(), "status158d0001234567");
//! assert_eq!(leak.row.device_class, Some("moisture"));
//! # Ok::<(), xiaomi_gateway_proto::SidError>(())
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{ButtonAction, Category, Channel, Decimal, Decoded, DeviceEvent, Generation, Model, Power, Sid};

/// An entity of one device.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entity {
    /// What it is.
    pub row: &'static Row,
    /// Whose it is.
    pub sid: Sid,
    /// Decides the name of the attribute.
    pub generation: Generation,
}

/// An entity of every device of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Which devices.
    pub category: Category,
    /// Models that have it; empty for all of the category.
    pub models: &'static [&'static str],
    /// Kind of entity.
    pub platform: Platform,
    /// Its name, without the sid.
    pub name: &'static str,
    /// The attribute in generation 1; the first part of the unique id.
    pub key_1: &'static str,
    /// The attribute in generation 2.
    pub key_2: &'static str,
    /// Home Assistant's device class.
    pub device_class: Option<&'static str>,
    /// Home Assistant's unit.
    pub unit: Option<&'static str>,
    /// The state of [`Decoded`] that it shows, by [`State::name`](crate::State::name).
    pub state: &'static str,
}

/// Kinds of entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// On or off, read only.
    BinarySensor,
    /// Opens and closes.
    Cover,
    /// A lamp.
    Light,
    /// A lock, read only.
    Lock,
    /// A value, read only.
    Sensor,
    /// On or off.
    Switch,
}

impl Platform {
    /// `binary_sensor`, ...
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BinarySensor => "binary_sensor",
            Self::Cover => "cover",
            Self::Light => "light",
            Self::Lock => "lock",
            Self::Sensor => "sensor",
            Self::Switch => "switch",
        }
    }
}

impl Entity {
    /// `light.gateway_light_34ce00880088`.
    #[must_use]
    pub fn entity_id(&self) -> String {
        format!(
            "{}.{}",
            self.row.platform.name(),
            slug(&format!("{}_{}", self.row.name, self.sid))
        )
    }

    /// `rgb34ce00880088`.
    #[must_use]
    pub fn unique_id(&self) -> String {
        format!("{}{}", self.key(), self.sid)
    }

    /// The attribute that it shows, on the wire.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self.generation {
            Generation::One => self.row.key_1,
            Generation::Two => self.row.key_2,
        }
    }
}

/// The entities of a device. Without a KEY only sensors exist, since nothing can be switched.
pub fn entities(
    model: &str,
    generation: Generation,
    sid: Sid,
    has_key: bool,
) -> impl Iterator<Item = Entity> {
    let row = Model::find(model);
    let name = row.map_or("", |row| row.model);
    let is_gateway = row.is_some_and(|row| row.category.is_gateway());
    let rows = ROWS.iter().filter(move |entity| {
        let of_model = entity.models.is_empty() || entity.models.contains(&name);
        // The integration doesn't know these models.
        let ignored = matches!(name, "relay.c2acn01" | "ctrl_dualchn" | "lock.v1");
        let sensor = matches!(entity.platform, BinarySensor | Sensor);
        row.is_some_and(|row| row.category == entity.category) && of_model && !ignored && (has_key || sensor)
    });
    let battery = row.filter(|row| has_battery_entity(row)).map(|_| &BATTERY);
    rows.chain(battery).map(move |row| Entity {
        row,
        sid: sid.as_gateway(is_gateway),
        generation,
    })
}

/// The name of a device in Home Assistant: `plug_158d00023f3f19`.
#[must_use]
pub fn device_name(model: &str, sid: Sid) -> String {
    format!("{}_{sid}", crate::message::short_model(model))
}

/// An event on Home Assistant's bus.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BusEvent {
    /// `xiaomi_aqara.click`.
    pub event: &'static str,
    /// Its data besides `entity_id`.
    pub data: Vec<(&'static str, EventValue)>,
}

/// A value of an event's data.
#[derive(Clone, Debug, PartialEq)]
pub enum EventValue {
    /// A word.
    Text(String),
    /// A number.
    Number(Decimal),
}

/// The events that a device's report fires.
///
/// A cube's `action_value` is in degrees, as the integration's documentation says and as it does with generation 2.
/// In generation 1 it reads `"25,500"`, a quarter turn, as 25.5, which is a fault.
#[must_use]
pub fn bus_events(decoded: &Decoded<'_>) -> Vec<BusEvent> {
    decoded.events.iter().filter_map(bus_event).collect()
}

fn bus_event(event: &DeviceEvent<'_>) -> Option<BusEvent> {
    let text = |text: &str| EventValue::Text(text.to_string());
    let (event, data) = match event {
        DeviceEvent::Motion => ("xiaomi_aqara.motion", Vec::new()),
        DeviceEvent::Button { channel, action } => (
            "xiaomi_aqara.click",
            alloc::vec![("click_type", text(click_type(*channel, *action)))],
        ),
        DeviceEvent::Cube(action) => (
            "xiaomi_aqara.cube_action",
            alloc::vec![("action_type", text(action))],
        ),
        DeviceEvent::CubeRotated(rotation) => {
            let value = rotation
                .degrees
                .map(|degrees| ("action_value", EventValue::Number(degrees)));
            let data = core::iter::once(("action_type", text("rotate")))
                .chain(value)
                .collect();
            ("xiaomi_aqara.cube_action", data)
        }
        DeviceEvent::Vibration(action) => (
            "xiaomi_aqara.movement",
            alloc::vec![("movement_type", text(action))],
        ),
        _ => return None,
    };
    Some(BusEvent { event, data })
}

const fn click_type(channel: Channel, action: ButtonAction) -> &'static str {
    match (channel, action) {
        (Channel::Both, ButtonAction::Double) => "double_both",
        (Channel::Both, ButtonAction::Long) => "long_both",
        (Channel::Both, _) => "both",
        (_, ButtonAction::Single) => "single",
        (_, ButtonAction::Double) => "double",
        (_, ButtonAction::LongPress) => "long_click_press",
        (_, ButtonAction::LongRelease) => "hold",
        (_, ButtonAction::Long) => "long",
        (_, ButtonAction::Shake) => "shake",
    }
}

/// Battery devices, and curtains on the mains too: the ids stay those of the integration.
fn has_battery_entity(model: &Model) -> bool {
    let mains_curtain = model.category == Category::Curtain;
    (model.power == Power::Battery && model.model != "lock.v1") || mains_curtain
}

/// Lower case; every run of other characters becomes one `_`.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug
}

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn row(
    category: Category,
    models: &'static [&'static str],
    platform: Platform,
    name: &'static str,
    key_1: &'static str,
    key_2: &'static str,
    device_class: Option<&'static str>,
    unit: Option<&'static str>,
    state: &'static str,
) -> Row {
    Row {
        category,
        models,
        platform,
        name,
        key_1,
        key_2,
        device_class,
        unit,
        state,
    }
}

use Category as C;
use Platform::*;

const BATTERY: Row = row(
    C::Light,
    &[],
    Sensor,
    "Battery",
    "Battery",
    "Battery",
    Some("battery"),
    Some("%"),
    "battery_pct",
);

const AQ2: &[&str] = &["sensor_motion.aq2"];
const WALL_PLUGS: &[&str] = &["86plug", "ctrl_86plug", "ctrl_86plug.aq1"];
const LN1: &[&str] = &["ctrl_ln1", "ctrl_ln1.aq1", "switch_b1nacn02", "switch.b1nacn02"];
const N1: &[&str] = &[
    "ctrl_neutral1", "ctrl_neutral1.aq1", "switch_b1lacn02", "switch.b1lacn02",
];
const LN2: &[&str] = &["ctrl_ln2", "ctrl_ln2.aq1", "switch_b2nacn02", "switch.b2nacn02"];
const N2: &[&str] = &[
    "ctrl_neutral2", "ctrl_neutral2.aq1", "switch_b2lacn02", "switch.b2lacn02",
];

/// All kinds of entities but the battery, by category.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(C::Gateway, &[], Light, "Gateway Light", "rgb", "rgb", None, None, "light"),
    row(C::Gateway, &[], Sensor, "Illumination", "illumination", "illumination", Some("illuminance"), Some("lm"), "illumination_raw"),
    row(C::Acpartner, &[], Sensor, "Illumination", "illumination", "illumination", Some("illuminance"), Some("lm"), "illumination_raw"),
    row(C::Motion, &[], BinarySensor, "Motion Sensor", "status", "motion_status", Some("motion"), None, "motion"),
    row(C::Motion, AQ2, Sensor, "Illumination", "lux", "lux", Some("illuminance"), Some("lx"), "illuminance_lux"),
    row(C::Magnet, &[], BinarySensor, "Door Window Sensor", "status", "window_status", Some("opening"), None, "open"),
    row(C::Leak, &[], BinarySensor, "Water Leak Sensor", "status", "wleak_status", Some("moisture"), None, "leak"),
    row(C::Smoke, &[], BinarySensor, "Smoke Sensor", "alarm", "alarm", Some("smoke"), None, "alarm"),
    row(C::Natgas, &[], BinarySensor, "Natgas Sensor", "alarm", "alarm", Some("gas"), None, "alarm"),
    row(C::Button, &[], BinarySensor, "Switch", "status", "button_0", None, None, ""),
    row(C::WallButton1, &[], BinarySensor, "Wall Switch", "channel_0", "button_0", None, None, ""),
    row(C::WallButton2, &[], BinarySensor, "Wall Switch (Left)", "channel_0", "button_0", None, None, ""),
    row(C::WallButton2, &[], BinarySensor, "Wall Switch (Right)", "channel_1", "button_1", None, None, ""),
    row(C::WallButton2, &[], BinarySensor, "Wall Switch (Both)", "dual_channel", "dual_channel", None, None, ""),
    row(C::Cube, &[], BinarySensor, "Cube", "status", "cube_status", None, None, ""),
    row(C::Vibration, &[], BinarySensor, "Vibration", "status", "status", None, None, ""),
    row(C::Vibration, &["vibration"], Sensor, "Bed Activity", "bed_activity", "bed_activity", None, Some("μm"), "bed_activity"),
    row(C::Vibration, &["vibration"], Sensor, "Tilt Angle", "final_tilt_angle", "final_tilt_angle", None, Some("°"), "tilt_angle_deg"),
    row(C::Vibration, &["vibration"], Sensor, "Coordination", "coordination", "coordination", None, None, "orientation"),
    row(C::ClimateTh, &[], Sensor, "Temperature", "temperature", "temperature", Some("temperature"), Some("°C"), "temperature_c"),
    row(C::ClimateTh, &[], Sensor, "Humidity", "humidity", "humidity", Some("humidity"), Some("%"), "humidity_pct"),
    row(C::ClimateThp, &[], Sensor, "Temperature", "temperature", "temperature", Some("temperature"), Some("°C"), "temperature_c"),
    row(C::ClimateThp, &[], Sensor, "Humidity", "humidity", "humidity", Some("humidity"), Some("%"), "humidity_pct"),
    row(C::ClimateThp, &[], Sensor, "Pressure", "pressure", "pressure", Some("atmospheric_pressure"), Some("hPa"), "pressure_pa"),
    row(C::Plug, &["plug"], Switch, "Plug", "status", "channel_0", None, None, "channel_0"),
    row(C::Plug, WALL_PLUGS, Switch, "Wall Plug", "status", "channel_0", None, None, "channel_0"),
    row(C::Plug, WALL_PLUGS, Sensor, "Load Power", "load_power", "load_power", Some("power"), Some("W"), "power_w"),
    row(C::Relay1, N1, Switch, "Wall Switch", "channel_0", "channel_0", None, None, "channel_0"),
    row(C::Relay1, LN1, Switch, "Wall Switch LN", "channel_0", "channel_0", None, None, "channel_0"),
    row(C::Relay2, N2, Switch, "Wall Switch Left", "channel_0", "channel_0", None, None, "channel_0"),
    row(C::Relay2, N2, Switch, "Wall Switch Right", "channel_1", "channel_1", None, None, "channel_1"),
    row(C::Relay2, LN2, Switch, "Wall Switch LN Left", "channel_0", "channel_0", None, None, "channel_0"),
    row(C::Relay2, LN2, Switch, "Wall Switch LN Right", "channel_1", "channel_1", None, None, "channel_1"),
    row(C::Curtain, &[], Cover, "Curtain", "status", "curtain_status", Some("curtain"), None, "position_pct"),
    row(C::Lock, &["lock.aq1"], Lock, "Lock", "Lock", "Lock", None, None, "lock_status"),
];

/// What Home Assistant takes as a value: 0 < humidity <= 100, -50 to 60 °C, a pressure that isn't 0, in hPa.
#[must_use]
pub fn plausible(entity: &Row, value: Decimal) -> Option<Decimal> {
    let number = value.to_f64();
    match entity.state {
        "temperature_c" => (-50.0..=60.0).contains(&number).then_some(value),
        "humidity_pct" => (number > 0.0 && number <= 100.0).then_some(value),
        "pressure_pa" => value.shifted(-2).filter(|_| number != 0.0),
        "battery_pct" => {
            let whole = value.rescaled(0)?;
            (1..=100).contains(&whole).then(|| whole.into())
        }
        "illumination_raw" => Some(Decimal::from((value.rescaled(0)? - 300).max(0))),
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs() {
        let sid: Sid = "158d0001234567".parse().unwrap();
        let ids: Vec<_> = entities("86sw2", Generation::One, sid, true)
            .map(|entity| entity.entity_id())
            .collect();
        assert!(
            ids.contains(&"binary_sensor.wall_switch_both_158d0001234567".into()),
            "{ids:?}"
        );
        assert_eq!(device_name("lumi.plug", sid), "plug_158d0001234567");
    }

    #[test]
    fn a_turned_cube_tells_degrees_in_both_generations() {
        use crate::{Fields, Source, decode};

        let first = Fields::new().with("rotate", "25,500");
        let second = Fields::new()
            .with("cube_status", "rotate")
            .with("rotate_degree", 90);
        for fields in [first, second] {
            let events = bus_events(&decode("cube", Source::Report, &fields));
            let value = EventValue::Number(90.into());
            let data = [
                ("action_type", EventValue::Text("rotate".into())),
                ("action_value", value),
            ];
            assert_eq!(events.len(), 1);
            assert_eq!(
                (events[0].event, &*events[0].data),
                ("xiaomi_aqara.cube_action", &data[..])
            );
        }
    }

    #[test]
    fn implausible_values_are_not_shown() {
        let row = |state| ROWS.iter().find(|row| row.state == state).unwrap();
        assert_eq!(plausible(row("temperature_c"), Decimal::new(10_000, -2)), None);
        assert_eq!(
            plausible(row("pressure_pa"), 99_900.into()),
            Some(Decimal::new(999, 0))
        );
        assert_eq!(
            plausible(row("illumination_raw"), 276.into()),
            Some(Decimal::ZERO)
        );
    }
}
