//! Home Assistant's MQTT discovery: what a device has, in Home Assistant's words.
//!
//! ```text
//! homeassistant/device/xiaomi_<device>/config       the device with all its components, retained
//! <base>/bridge/status                              online, offline (also the last will)
//! <base>/<device>/availability                      online, offline
//! <base>/<device>/<key>                             the value; events aren't retained
//! <base>/<device>/<key>/set                         commands
//! ```
//!
//! openHAB's Home Assistant binding reads the same. Releases before 2024.12 don't know announcements of whole devices;
//! [`Form::Components`] is for them.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::home::{Device, Entity, Kind, Presence};

/// How devices are announced.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The first level of the topics: `homeassistant`.
    pub prefix: String,
    /// In which form.
    pub form: Form,
}

/// Forms of announcements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One message a device: Home Assistant 2024.12 and later.
    #[default]
    Device,
    /// One message a component: also before.
    Components,
    /// None.
    Off,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            prefix: "homeassistant".into(),
            form: Form::default(),
        }
    }
}

impl Discovery {
    /// The retained messages that announce a device. Empty ones in their place remove it.
    #[must_use]
    pub fn announce(&self, base: &str, device: &Device) -> Vec<(Arc<str>, Arc<str>)> {
        let node = format!("xiaomi_{}", device.id);
        let entities = device.slots.iter().map(|slot| &slot.entity);
        match self.form {
            Form::Off => Vec::new(),
            Form::Device => {
                let components = entities.map(|entity| {
                    let mut component = component(base, device, entity, self.form);
                    component.insert("platform".into(), platform(&entity.kind).into());
                    (entity.key.clone().into_owned(), Json::Object(component))
                });
                let payload = json!({
                    "device": about(device),
                    "origin": origin(),
                    "availability": availability(base, device),
                    "availability_mode": "all",
                    "components": Map::from_iter(components),
                });
                vec![(
                    format!("{}/device/{node}/config", self.prefix).into(),
                    payload.to_string().into(),
                )]
            }
            Form::Components => entities
                .map(|entity| {
                    let mut payload = component(base, device, entity, self.form);
                    payload.insert("device".into(), about(device));
                    payload.insert("origin".into(), origin());
                    payload.insert("availability".into(), availability(base, device));
                    payload.insert("availability_mode".into(), "all".into());
                    let topic = format!(
                        "{}/{}/{node}/{}/config",
                        self.prefix,
                        platform(&entity.kind),
                        entity.key
                    );
                    (topic.into(), Json::Object(payload).to_string().into())
                })
                .collect(),
        }
    }
}

/// The topic that says whether the bridge runs.
#[must_use]
pub fn status_topic(base: &str) -> String {
    format!("{base}/bridge/status")
}

fn about(device: &Device) -> Json {
    let about = &device.about;
    let mut json = json!({
        "identifiers": [format!("xiaomi_{}", device.id)],
        "name": about.name,
        "manufacturer": about.manufacturer.as_deref().unwrap_or("Xiaomi"),
    });
    if let Some(model) = &about.model {
        crate::json::set(&mut json, "model", model.as_str());
    }
    if let Some(firmware) = &about.firmware {
        crate::json::set(&mut json, "sw_version", firmware.as_str());
    }
    if let Some(via) = &about.via {
        crate::json::set(&mut json, "via_device", format!("xiaomi_{via}"));
    }
    json
}

fn origin() -> Json {
    json!({"name": "xiaomi-rs bridge", "sw_version": env!("CARGO_PKG_VERSION")})
}

fn availability(base: &str, device: &Device) -> Json {
    json!([
        {"topic": status_topic(base)},
        {"topic": format!("{base}/{}/availability", device.id)},
    ])
}

const fn platform(kind: &Kind) -> &'static str {
    match kind {
        Kind::Sensor { .. } | Kind::Text => "sensor",
        Kind::Binary { .. } => "binary_sensor",
        Kind::Event { .. } => "event",
        Kind::Switch => "switch",
        Kind::Light { .. } => "light",
        Kind::Fan { .. } => "fan",
        Kind::Vacuum { .. } => "vacuum",
        Kind::Cover => "cover",
        Kind::Siren { .. } => "siren",
    }
}

/// What is said of one component, without what it shares with the others of its device.
fn component(base: &str, device: &Device, entity: &Entity, form: Form) -> Map<String, Json> {
    let state = format!("{base}/{}/{}", device.id, entity.key);
    let set = format!("{state}/set");
    let mut json = Map::new();
    let mut put = |name: &str, value: Json| json.insert(name.into(), value);
    put("unique_id", format!("xiaomi_{}_{}", device.id, entity.key).into());
    put("name", entity.name().into());
    put("state_topic", state.clone().into());
    if entity.diagnostic {
        put("entity_category", "diagnostic".into());
    }
    if entity.takes_commands() {
        put("command_topic", set.clone().into());
    }
    match &entity.kind {
        Kind::Sensor { class, unit, total } => {
            let class = class
                .as_deref()
                .filter(|class| fits(class, unit.as_deref(), form));
            if let Some(class) = class {
                put("device_class", class.into());
            }
            if class == Some("timestamp") {
                put("value_template", "{{ value | int | as_datetime }}".into());
            } else {
                let state_class = if *total { "total_increasing" } else { "measurement" };
                put("state_class", state_class.into());
            }
            if let Some(unit) = unit {
                put("unit_of_measurement", unit.as_ref().into());
            }
            if device.about.presence == Presence::Speaks {
                put("expire_after", device.cadence.expiry().as_secs().into());
            }
        }
        Kind::Binary { class } => {
            if let Some(class) = class {
                put("device_class", class.as_ref().into());
            }
        }
        Kind::Event { class, types } => {
            put(
                "event_types",
                types.iter().map(AsRef::as_ref).collect::<Vec<&str>>().into(),
            );
            if let Some(class) = class {
                put("device_class", class.as_ref().into());
            }
        }
        Kind::Text | Kind::Switch => {}
        Kind::Light { colour } => {
            put("schema", "json".into());
            // Wanted before 2024.4, and refused later.
            if form == Form::Components {
                put("color_mode", true.into());
            }
            put("brightness", true.into());
            let mode = if *colour { "rgb" } else { "brightness" };
            put("supported_color_modes", json!([mode]));
        }
        Kind::Fan { modes, speed } => {
            put("state_value_template", "{{ value_json.state }}".into());
            put("command_template", r#"{"state":"{{ value }}"}"#.into());
            if *speed {
                put("percentage_state_topic", state.clone().into());
                put("percentage_value_template", "{{ value_json.percentage }}".into());
                put("percentage_command_topic", set.clone().into());
                put(
                    "percentage_command_template",
                    r#"{"percentage":{{ value }}}"#.into(),
                );
            }
            if !modes.is_empty() {
                put("preset_modes", modes.clone().into());
                put("preset_mode_state_topic", state.into());
                put(
                    "preset_mode_value_template",
                    "{{ value_json.preset_mode }}".into(),
                );
                put("preset_mode_command_topic", set.into());
                put(
                    "preset_mode_command_template",
                    r#"{"preset_mode":"{{ value }}"}"#.into(),
                );
            }
        }
        Kind::Vacuum { speeds } => {
            // Before 2024.8 the default was another, older one.
            if form == Form::Components {
                put("schema", "state".into());
            }
            let mut features = vec!["start", "pause", "stop", "return_home", "locate", "clean_spot"];
            if !speeds.is_empty() {
                features.push("fan_speed");
                put("fan_speed_list", speeds.clone().into());
                put("set_fan_speed_topic", format!("{set}/fan_speed").into());
            }
            put("supported_features", features.into());
        }
        Kind::Cover => {
            put("value_template", "{{ value_json.state }}".into());
            put("position_topic", state.into());
            put("position_template", "{{ value_json.position }}".into());
            put("set_position_topic", set.into());
            put("set_position_template", r#"{"position":{{ position }}}"#.into());
            put("device_class", "curtain".into());
        }
        Kind::Siren { tones } => {
            put("available_tones", tones.clone().into());
            put("support_duration", false.into());
            put("support_volume_set", true.into());
        }
    }
    json
}

/// Whether Home Assistant takes a sensor's class, with this unit. It refuses the whole entity if it doesn't.
fn fits(class: &str, unit: Option<&str>, form: Form) -> bool {
    match class {
        // Younger than the releases that want components.
        "conductivity" | "wind_direction" => form == Form::Device,
        "weight" => unit != Some("jin"),
        // Needs the list of its words.
        "enum" => false,
        _ => true,
    }
}
