//! Home Assistant discovery, as devices publish it: one retained JSON object an entity, with short names.
//!
//! [`Entity::parse`] reads one, its topics written out; [`Entity::publish`] makes one; [`Announcer`] makes those of a
//! device. It is not Tasmota's own discovery: Home Assistant's Tasmota integration sees no OpenBeken device.
//!
//! ```
//! use openbeken::discovery::{Announcer, Entity};
//! use openbeken::mqtt::Topics;
//!
//! let announcer = Announcer::new(Topics::new("plug", "bekens_n")?, "OpenBK plug");
//! let publish = announcer.relay(1).publish();
//! assert_eq!(publish.topic, "homeassistant/switch/OpenBK_plug_relay_1/config");
//!
//! let entity = Entity::parse(&publish.topic, &publish.payload)?;
//! assert_eq!(entity.command_topic.as_deref(), Some("plug/1/set"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::{String, ToString};

use serde_json::Map;

use crate::Decimal;
use crate::channel_type::ChannelType;
use crate::json::{self, JsonError, Value};
use crate::mqtt::{Publish, Topics};

/// An entity that a device announces. Topics are whole: `~` is written out.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Entity {
    /// `switch`, `light`, `sensor`, `binary_sensor`.
    pub component: String,
    /// The id in the topic.
    pub object_id: String,
    /// The id in the message.
    pub unique_id: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What `~` stands for: the client id.
    pub base: Option<String>,
    /// The device that it belongs to.
    pub device: DeviceEntry,
    /// Where its state comes.
    pub state_topic: Option<String>,
    /// Where it listens.
    pub command_topic: Option<String>,
    /// Where `online` and `offline` come; absent with flag 35.
    pub availability_topic: Option<String>,
    /// Quality of service.
    pub qos: Option<u8>,
    /// Unit.
    pub unit: Option<String>,
    /// Home Assistant's class.
    pub device_class: Option<String>,
    /// `measurement`, `total_increasing`.
    pub state_class: Option<String>,
    /// `diagnostic`.
    pub entity_category: Option<String>,
    /// What means on. An input with pull-up has `0` here.
    pub payload_on: Option<String>,
    /// What means off.
    pub payload_off: Option<String>,
    /// Full brightness.
    pub brightness_scale: Option<u32>,
    /// The coldest colour temperature, as sent: text.
    pub min_mireds: Option<String>,
    /// The warmest colour temperature, as sent: text.
    pub max_mireds: Option<String>,
    /// Where brightness comes.
    pub brightness_state_topic: Option<String>,
    /// Where brightness is set.
    pub brightness_command_topic: Option<String>,
    /// Where the colour comes.
    pub rgb_state_topic: Option<String>,
    /// Where the colour is set.
    pub rgb_command_topic: Option<String>,
    /// Where the colour temperature comes.
    pub color_temp_state_topic: Option<String>,
    /// Where the colour temperature is set.
    pub color_temp_command_topic: Option<String>,
    /// By what a value is multiplied, and to how many decimals it is rounded.
    pub rounding: Option<Rounding>,
}

/// The device that an entity belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DeviceEntry {
    /// Its id: the long name.
    pub id: Option<String>,
    /// Its name: the short name.
    pub name: Option<String>,
    /// The chip.
    pub model: Option<String>,
    /// Who made the chip.
    pub manufacturer: Option<String>,
    /// Version.
    pub sw: Option<String>,
    /// Its page.
    pub url: Option<String>,
}

/// What a value template does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// The factor, if there is one.
    pub scale: Option<Decimal>,
    /// Digits behind the point.
    pub decimals: u8,
}

impl Rounding {
    /// Reads a template: `{{ '%0.2f'|format(float(value)*0.1) }}`, or the older `{{ value|float*0.1|round(2) }}`.
    #[must_use]
    pub fn parse(template: &str) -> Option<Self> {
        let after = |mark: &str| template.split_once(mark).map(|(_, rest)| rest);
        let digits = |text: &str| {
            text.chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
                .parse()
                .ok()
        };
        let decimals = match after("%0.").or_else(|| after("%.")) {
            Some(rest) => digits(rest)?,
            None => digits(after("round(")?)?,
        };
        let number = |rest: &str| -> String {
            rest.trim_start()
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect()
        };
        let scale = after("*").and_then(|rest| Decimal::parse(&number(rest)));
        Some(Self { scale, decimals })
    }

    /// The template as the firmware writes it.
    #[must_use]
    pub fn template(&self) -> String {
        let factor = self
            .scale
            .map(|scale| alloc::format!("*{scale}"))
            .unwrap_or_default();
        alloc::format!("{{{{ '%0.{}f'|format(float(value){factor}) }}}}", self.decimals)
    }
}

impl Entity {
    /// Reads a message of discovery.
    ///
    /// # Errors
    ///
    /// If the topic has another form, or the payload is no JSON object. An empty payload removes the entity.
    pub fn parse(topic: &str, payload: &[u8]) -> Result<Self, DiscoveryError> {
        let mut levels = topic.split('/').skip(1);
        let (Some(component), Some(object_id), Some("config"), None) =
            (levels.next(), levels.next(), levels.next(), levels.next())
        else {
            return Err(DiscoveryError::Topic { length: topic.len() });
        };
        if payload.is_empty() {
            return Err(DiscoveryError::Removed);
        }
        let json = json::parse(payload)?;
        let Some(object) = json.as_object() else {
            return Err(DiscoveryError::NotObject);
        };
        let reader = Reader {
            object,
            base: object.get("~").and_then(Value::as_str),
        };
        Ok(Self {
            component: component.into(),
            object_id: object_id.into(),
            unique_id: reader.text("uniq_id", "unique_id"),
            name: reader.text("name", "name"),
            base: reader.base.map(String::from),
            device: reader.device(),
            state_topic: reader.topic("stat_t", "state_topic"),
            command_topic: reader.topic("cmd_t", "command_topic"),
            availability_topic: reader.topic("avty_t", "availability_topic"),
            qos: reader.number("qos", "qos"),
            unit: reader.text("unit_of_meas", "unit_of_measurement"),
            device_class: reader.text("dev_cla", "device_class"),
            state_class: reader.text("stat_cla", "state_class"),
            entity_category: reader.text("entity_category", "ent_cat"),
            payload_on: reader.text("pl_on", "payload_on"),
            payload_off: reader.text("pl_off", "payload_off"),
            brightness_scale: reader.number("bri_scl", "brightness_scale"),
            min_mireds: reader.text("min_mirs", "min_mireds"),
            max_mireds: reader.text("max_mirs", "max_mireds"),
            brightness_state_topic: reader.topic("bri_stat_t", "brightness_state_topic"),
            brightness_command_topic: reader.topic("bri_cmd_t", "brightness_command_topic"),
            rgb_state_topic: reader.topic("rgb_stat_t", "rgb_state_topic"),
            rgb_command_topic: reader.topic("rgb_cmd_t", "rgb_command_topic"),
            color_temp_state_topic: reader.topic("clr_temp_stat_t", "color_temp_state_topic"),
            color_temp_command_topic: reader.topic("clr_temp_cmd_t", "color_temp_command_topic"),
            rounding: reader
                .text("val_tpl", "value_template")
                .as_deref()
                .and_then(Rounding::parse),
        })
    }

    /// The message that announces it: retained, quality of service 1, short names, topics shortened by `~`.
    #[must_use]
    pub fn publish(&self) -> Publish {
        let mut object = Map::new();
        let mut device = Map::new();
        let entry = &self.device;
        if let Some(id) = &entry.id {
            device.insert("ids".into(), Value::from([id.as_str()].as_slice()));
        }
        for (name, value) in [
            ("name", &entry.name),
            ("mdl", &entry.model),
            ("mf", &entry.manufacturer),
            ("sw", &entry.sw),
            ("cu", &entry.url),
        ] {
            insert(&mut device, name, value.as_deref());
        }
        object.insert("dev".into(), Value::Object(device));
        for (name, value) in [
            ("uniq_id", &self.unique_id),
            ("name", &self.name),
            ("~", &self.base),
            ("unit_of_meas", &self.unit),
            ("dev_cla", &self.device_class),
            ("stat_cla", &self.state_class),
            ("entity_category", &self.entity_category),
            ("pl_on", &self.payload_on),
            ("pl_off", &self.payload_off),
            ("min_mirs", &self.min_mireds),
            ("max_mirs", &self.max_mireds),
        ] {
            insert(&mut object, name, value.as_deref());
        }
        for (name, value) in [
            ("stat_t", &self.state_topic),
            ("cmd_t", &self.command_topic),
            ("avty_t", &self.availability_topic),
            ("bri_stat_t", &self.brightness_state_topic),
            ("bri_cmd_t", &self.brightness_command_topic),
            ("rgb_stat_t", &self.rgb_state_topic),
            ("rgb_cmd_t", &self.rgb_command_topic),
            ("clr_temp_stat_t", &self.color_temp_state_topic),
            ("clr_temp_cmd_t", &self.color_temp_command_topic),
        ] {
            let short = value.as_deref().map(|topic| self.shorten(topic));
            insert(&mut object, name, short.as_deref());
        }
        if let Some(qos) = self.qos {
            object.insert("qos".into(), qos.into());
        }
        if let Some(scale) = self.brightness_scale {
            object.insert("bri_scl".into(), scale.into());
        }
        if self.rgb_command_topic.is_some() {
            insert(&mut object, "rgb_cmd_tpl", Some(RGB_COMMAND));
            insert(&mut object, "rgb_val_tpl", Some(RGB_VALUE));
        }
        insert(
            &mut object,
            "val_tpl",
            self.rounding.map(|rounding| rounding.template()).as_deref(),
        );
        Publish {
            topic: alloc::format!("homeassistant/{}/{}/config", self.component, self.object_id),
            payload: Value::Object(object).to_string().into_bytes(),
            qos: 1,
            retain: true,
        }
    }

    fn shorten(&self, topic: &str) -> String {
        let rest = self
            .base
            .as_deref()
            .filter(|base| !base.is_empty())
            .and_then(|base| topic.strip_prefix(base));
        match rest {
            Some(rest) if rest.starts_with('/') => alloc::format!("~{rest}"),
            _ => topic.into(),
        }
    }
}

/// Makes the entities of a device.
#[derive(Clone, Debug)]
pub struct Announcer {
    topics: Topics,
    id: String,
    device: DeviceEntry,
}

impl Announcer {
    /// For a device with these topics and this long name.
    #[must_use]
    pub fn new(topics: Topics, long_name: &str) -> Self {
        let id = long_name.replace(' ', "_");
        let device = DeviceEntry {
            id: Some(id.clone()),
            name: Some(topics.client_id().into()),
            ..DeviceEntry::default()
        };
        Self { topics, id, device }
    }

    /// Adds what the chip is, and where the device's page is.
    #[must_use]
    pub fn with_device(mut self, model: &str, manufacturer: &str, version: &str, url: &str) -> Self {
        self.device.model = Some(model.into());
        self.device.manufacturer = Some(manufacturer.into());
        self.device.sw = Some(version.into());
        self.device.url = Some(url.into());
        self
    }

    /// A relay.
    #[must_use]
    pub fn relay(&self, channel: u8) -> Entity {
        let mut entity = self.entity("switch", &alloc::format!("relay_{channel}"), &channel.to_string());
        entity.state_topic = Some(self.below(&alloc::format!("{channel}/get")));
        entity.command_topic = Some(self.below(&alloc::format!("{channel}/set")));
        entity.payload_on = Some("1".into());
        entity.payload_off = Some("0".into());
        entity
    }

    /// An input. One that isn't `inverted` has a pull-up, so that 0 means on.
    #[must_use]
    pub fn input(&self, channel: u8, inverted: bool) -> Entity {
        let kind = alloc::format!("binary_sensor_{channel}");
        let mut entity = self.entity("binary_sensor", &kind, &channel.to_string());
        entity.state_topic = Some(self.below(&alloc::format!("{channel}/get")));
        let (on, off) = if inverted { ("1", "0") } else { ("0", "1") };
        entity.payload_on = Some(on.into());
        entity.payload_off = Some(off.into());
        entity
    }

    /// A lamp: on and off, brightness, and if it has them colour and colour temperature.
    #[must_use]
    pub fn light(&self, color: bool, temperature: bool) -> Entity {
        let get = |name: &str| Some(self.below(&alloc::format!("{name}/get")));
        let command = |name: &str| Some(alloc::format!("cmnd/{}/{name}", self.topics.client_id()));
        let mut entity = self.entity("light", "light", "Light");
        entity.payload_on = Some("1".into());
        entity.payload_off = Some("0".into());
        entity.state_topic = get("led_enableAll");
        entity.command_topic = command("led_enableAll");
        entity.brightness_state_topic = get("led_dimmer");
        entity.brightness_command_topic = command("led_dimmer");
        entity.brightness_scale = Some(100);
        if color {
            entity.rgb_state_topic = get("led_basecolor_rgb");
            entity.rgb_command_topic = command("led_basecolor_rgb");
        }
        if temperature {
            entity.color_temp_state_topic = get("led_temperature");
            entity.color_temp_command_topic = command("led_temperature");
            entity.min_mireds = Some("154".into());
            entity.max_mireds = Some("500".into());
        }
        entity
    }

    /// A channel that measures, as its type says; `None` for types that don't.
    #[must_use]
    pub fn channel(&self, channel: u8, channel_type: &ChannelType) -> Option<Entity> {
        let (kind, class) = MEASURED
            .iter()
            .find(|(title, ..)| *title == channel_type.title)
            .map(|row| (row.1, row.2))?;
        let mut entity = self.entity("sensor", &alloc::format!("{kind}_{channel}"), channel_type.title);
        entity.state_topic = Some(self.below(&alloc::format!("{channel}/get")));
        entity.device_class = Some(class.into());
        entity.state_class = Some(
            if class == "energy" {
                "total_increasing"
            } else {
                "measurement"
            }
            .into(),
        );
        entity.unit = match channel_type.unit {
            "" => None,
            "C" => Some("°C".into()),
            "vAr" => Some("var".into()),
            "Lux" => Some("lx".into()),
            unit => Some(unit.into()),
        };
        entity.rounding = (channel_type.divider > 1).then(|| Rounding {
            scale: Some(channel_type.value(1)),
            // The firmware's own count, one too many.
            decimals: channel_type.firmware_decimals,
        });
        Some(entity)
    }

    /// The sensors of a meter.
    pub fn meter(&self) -> impl Iterator<Item = Entity> + '_ {
        METER.iter().map(|&(number, name, topic, class, unit)| {
            let mut entity = self.entity("sensor", &alloc::format!("sensor_{number}"), name);
            entity.state_topic = Some(self.below(&alloc::format!("{topic}/get")));
            entity.device_class = Some(class.into());
            entity.state_class = match class {
                "energy" => Some("total_increasing".into()),
                // A time is no number, of which Home Assistant could keep statistics.
                "timestamp" => None,
                _ => Some("measurement".into()),
            };
            entity.unit = (!unit.is_empty()).then(|| unit.into());
            entity
        })
    }

    /// What the device says about itself.
    pub fn diagnostics(&self) -> impl Iterator<Item = Entity> + '_ {
        DIAGNOSTICS
            .iter()
            .map(|&(topic, name, class, unit, state_class)| {
                let mut entity = self.entity("sensor", topic, name);
                entity.state_topic = Some(self.below(topic));
                entity.entity_category = Some("diagnostic".into());
                let some = |text: &str| (!text.is_empty()).then(|| String::from(text));
                entity.device_class = some(class);
                entity.unit = some(unit);
                entity.state_class = some(state_class);
                entity
            })
    }

    fn entity(&self, component: &str, kind: &str, name: &str) -> Entity {
        let unique_id = alloc::format!("{}_{kind}", self.id);
        Entity {
            component: component.into(),
            // A slash in the name would be a level of its own.
            object_id: unique_id.replace('/', "_"),
            unique_id: Some(unique_id),
            name: Some(name.into()),
            base: Some(self.topics.client_id().into()),
            device: self.device.clone(),
            availability_topic: Some(self.below("connected")),
            qos: Some(1),
            ..Entity::default()
        }
    }

    fn below(&self, rest: &str) -> String {
        alloc::format!("{}/{rest}", self.topics.client_id())
    }
}

/// A message that announces nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// Not `<prefix>/<component>/<id>/config`.
    #[error("a topic of {length} bytes that isn't one of discovery")]
    Topic {
        /// Its length.
        length: usize,
    },
    /// An empty payload.
    #[error("the entity was removed")]
    Removed,
    /// JSON, but no object.
    #[error("the message is no JSON object")]
    NotObject,
    /// No JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl DiscoveryError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Topic { .. } => Some("Subscribe to `homeassistant/+/+/config` only."),
            Self::Removed => Some("Forget the entity."),
            Self::NotObject => None,
            Self::Json(error) => error.help(),
        }
    }
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    base: Option<&'a str>,
}

impl Reader<'_> {
    fn value(&self, short: &str, long: &str) -> Option<&Value> {
        self.object.get(short).or_else(|| self.object.get(long))
    }

    fn text(&self, short: &str, long: &str) -> Option<String> {
        match self.value(short, long)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn topic(&self, short: &str, long: &str) -> Option<String> {
        let topic = self.text(short, long)?;
        match (topic.strip_prefix('~'), self.base) {
            (Some(rest), Some(base)) => Some(alloc::format!("{base}{rest}")),
            _ => Some(topic),
        }
    }

    fn number<T: TryFrom<u64>>(&self, short: &str, long: &str) -> Option<T> {
        self.value(short, long)?
            .as_u64()
            .and_then(|number| T::try_from(number).ok())
    }

    fn device(&self) -> DeviceEntry {
        let Some(device) = self.value("dev", "device").and_then(Value::as_object) else {
            return DeviceEntry::default();
        };
        let reader = Reader {
            object: device,
            base: None,
        };
        let id = match reader.value("ids", "identifiers") {
            Some(Value::Array(ids)) => ids.first().and_then(Value::as_str).map(String::from),
            Some(Value::String(id)) => Some(id.clone()),
            _ => None,
        };
        DeviceEntry {
            id,
            name: reader.text("name", "name"),
            model: reader.text("mdl", "model"),
            manufacturer: reader.text("mf", "manufacturer"),
            sw: reader.text("sw", "sw_version"),
            url: reader.text("cu", "configuration_url"),
        }
    }
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.insert(name.into(), value.into());
    }
}

const RGB_COMMAND: &str = "{{'#%02x%02x%02x0000'|format(red,green,blue)}}";
const RGB_VALUE: &str =
    "{{ value[0:2]|int(base=16) }},{{ value[2:4]|int(base=16) }},{{ value[4:6]|int(base=16) }}";

/// Titles of channel types that are announced: the kind in the id, and the class.
const MEASURED: &[(&str, &str, &str)] = &[
    ("Temperature", "temperature", "temperature"),
    ("Humidity", "humidity", "humidity"),
    ("Battery", "battery", "battery"),
    ("Voltage", "voltage", "voltage"),
    ("Current", "current", "current"),
    ("Power", "power", "power"),
    ("PowerFactor", "powerfactor", "power_factor"),
    ("ReactivePower", "reactivepower", "reactive_power"),
    ("Frequency", "frequency", "frequency"),
    ("EnergyTotal", "energy", "energy"),
    ("EnergyExport", "energy", "energy"),
    ("EnergyImport", "energy", "energy"),
    ("EnergyToday", "energy", "energy"),
    ("Illuminance", "illuminance", "illuminance"),
    ("Pressure", "pressure", "pressure"),
];

/// Number in the id, name, topic, class, unit.
const METER: &[(u8, &str, &str, &str, &str)] = &[
    (0, "Voltage", "voltage", "voltage", "V"),
    (1, "Current", "current", "current", "A"),
    (2, "Power", "power", "power", "W"),
    (138, "Frequency", "138", "frequency", "Hz"),
    (9, "Apparent Power", "power_apparent", "apparent_power", "VA"),
    (10, "Reactive Power", "power_reactive", "reactive_power", "var"),
    (11, "Power Factor", "power_factor", "power_factor", ""),
    (3, "Energy Total", "energycounter", "energy", "Wh"),
    (4, "Energy Last Hour", "energycounter_last_hour", "energy", "Wh"),
    (7, "Energy Today", "energycounter_today", "energy", "Wh"),
    (6, "Energy Yesterday", "energycounter_yesterday", "energy", "Wh"),
    (
        12,
        "Energy 2 Days Ago",
        "energycounter_2_days_ago",
        "energy",
        "Wh",
    ),
    (
        13,
        "Energy 3 Days Ago",
        "energycounter_3_days_ago",
        "energy",
        "Wh",
    ),
    (
        8,
        "Energy Clear Date",
        "energycounter_clear_date",
        "timestamp",
        "",
    ),
];

/// Topic and end of the id, name, class, unit, state class.
const DIAGNOSTICS: &[(&str, &str, &str, &str, &str)] = &[
    ("temp", "Temperature", "temperature", "°C", "measurement"),
    ("rssi", "RSSI", "signal_strength", "dBm", "measurement"),
    ("uptime", "Uptime", "duration", "s", "total_increasing"),
    ("build", "Build", "", "", ""),
    ("ssid", "SSID", "", "", ""),
    ("ip", "IP", "", "", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Message;

    #[test]
    fn what_is_announced_is_read() {
        let topics = Topics::new("lamp", "bekens").unwrap();
        let announcer =
            Announcer::new(topics, "OpenBK lamp").with_device("BK7231N", "Beken", "1.18", "http://10.0.0.2/");
        let channel = announcer
            .channel(4, ChannelType::named("Temperature_div10").unwrap())
            .unwrap();
        let mut entities = alloc::vec![
            announcer.relay(1),
            announcer.input(2, false),
            announcer.light(true, true),
            channel
        ];
        entities.extend(announcer.meter());
        entities.extend(announcer.diagnostics());
        for entity in entities {
            let publish = entity.publish();
            assert!((publish.qos, publish.retain) == (1, true));
            assert_eq!(Entity::parse(&publish.topic, &publish.payload).unwrap(), entity);
        }
    }

    #[test]
    fn a_meter_announces_all_that_it_publishes() {
        let topics = Topics::new("plug", "bekens").unwrap();
        let announcer = Announcer::new(topics.clone(), "OpenBK plug");
        let mut numbers: Vec<u8> = Vec::new();
        for entity in announcer.meter() {
            let unique_id = entity.unique_id.unwrap();
            numbers.push(
                unique_id
                    .strip_prefix("OpenBK_plug_sensor_")
                    .unwrap()
                    .parse()
                    .unwrap(),
            );
            let value: &[u8] = if entity.state_class.is_some() {
                b"1.5"
            } else {
                b"2026-01-02T03:04+01:00"
            };
            let message = topics.classify(entity.state_topic.as_deref().unwrap(), value);
            assert!(
                matches!(message, Message::Sensor { .. } | Message::TextSensor { .. }),
                "{message:?}"
            );
        }
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 138]);
    }

    #[test]
    fn templates_are_read_in_both_forms() {
        let rounding = Rounding::parse("{{ '%0.2f'|format(float(value)*0.1) }}").unwrap();
        assert_eq!(
            rounding,
            Rounding {
                scale: Some(Decimal::new(1, 1)),
                decimals: 2
            }
        );
        assert_eq!(rounding.template(), "{{ '%0.2f'|format(float(value)*0.1) }}");
        let old = Rounding::parse("{{ value|float*0.01|round(3) }}").unwrap();
        assert_eq!(
            old,
            Rounding {
                scale: Some(Decimal::new(1, 2)),
                decimals: 3
            }
        );
        assert_eq!(Rounding::parse("{{ value[0:2]|int(base=16) }}"), None);
        assert_eq!(Rounding::parse("%0.999f"), None);
    }

    #[test]
    fn what_announces_nothing_is_an_error() {
        assert!(matches!(
            Entity::parse("homeassistant/a/b/c", b"{}"),
            Err(DiscoveryError::Topic { .. })
        ));
        assert_eq!(
            Entity::parse("homeassistant/a/b/config", b""),
            Err(DiscoveryError::Removed)
        );
        assert_eq!(
            Entity::parse("homeassistant/a/b/config", b"[]"),
            Err(DiscoveryError::NotObject)
        );
        assert!(matches!(
            Entity::parse("homeassistant/a/b/config", b"{"),
            Err(DiscoveryError::Json(_))
        ));
    }
}
