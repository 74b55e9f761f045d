//! Mijia and Lumi gateways in LAN mode, and the devices that speak through them.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tracing::{debug, info, warn};
use xiaomi_gateway_proto::client::Update as Attributes;
use xiaomi_gateway_proto::command::{self, CurtainMove, Switching};
use xiaomi_gateway_proto::transport::UdpClient;
use xiaomi_gateway_proto::{
    Channel, Config, Decoded, DeviceEvent, Event, Fields, Flag, Generation, Key, Light, Model, Quantity,
    RINGTONES, Ringtone, Sid, Source, State, Switch,
};

use crate::home::{About, Action, Command, CoverAction, Entity, Id, Kind, Presence, Says, Update, Value};
use crate::source::{Desk, SourceError};

/// What a gateway is reached with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The KEY from the app.
    pub key: Option<Key>,
    /// Its address, where multicast doesn't reach it.
    pub address: Option<SocketAddrV4>,
    /// This host's address in its network.
    pub interface: Ipv4Addr,
}

/// Serves the gateways of one network until the sockets fail.
///
/// # Errors
///
/// The sockets can't be opened, or fail.
pub async fn run(mut desk: Desk, options: Options) -> Result<(), SourceError> {
    let mut config = Config::new();
    if let Some(key) = options.key {
        config = config.key(key);
    }
    if let Some(address) = options.address {
        config = config.address(address);
    }
    let udp = UdpClient::bind(config, options.interface).map_err(|error| {
        SourceError::new(&error,
            Some("Compare the gateway's interface with this machine's addresses; port 9898 must be free or shared."),
        )
    })?;
    let mut gateways = Gateways {
        udp,
        only: options.address,
        strangers: HashSet::new(),
        known: HashMap::new(),
        lamps: HashMap::new(),
        tones: RINGTONES.iter().map(|(_, _, name)| (*name).to_owned()).collect(),
        calls: HashMap::new(),
    };
    loop {
        tokio::select! {
            event = gateways.udp.next_event() => {
                let event = event.map_err(|error| SourceError::new(&error, None))?;
                gateways.handle(&desk, event);
            }
            command = desk.commands.recv() => {
                let Some(command) = command else { return Ok(()) };
                match gateways.write(&command) {
                    Ok(()) => debug!("{} {}: sent", command.device, command.key),
                    Err(error) => desk.done(&command, Err(error)),
                }
            }
        }
    }
}

struct Gateways {
    udp: UdpClient,
    /// The address that was configured: others in the network aren't meant.
    only: Option<SocketAddrV4>,
    /// Gateways that aren't meant.
    strangers: HashSet<Sid>,
    known: HashMap<Id, Known>,
    /// The colour and brightness that a lamp had when it was on.
    lamps: HashMap<Sid, Light>,
    tones: Vec<String>,
    /// Writes whose end is awaited.
    calls: HashMap<xiaomi_gateway_proto::client::RequestId, Command>,
}

struct Known {
    sid: Sid,
    model: String,
    generation: Generation,
    about: Arc<About>,
}

impl Gateways {
    fn handle(&mut self, desk: &Desk, event: Event) {
        match event {
            Event::GatewayFound { sid, address, .. } => {
                if self.only.is_some_and(|only| only != address) {
                    info!("gateway {sid} at {address} isn't configured");
                    self.strangers.insert(sid);
                }
            }
            Event::Device(update) | Event::Report(update) | Event::Heartbeat(update) => {
                if !self.strangers.contains(&update.gateway) {
                    self.tell(desk, &update);
                }
            }
            Event::Ready { gateway } => {
                desk.up();
                let devices = self.udp.client().devices(gateway).count();
                info!("gateway {gateway} has {devices} devices");
            }
            Event::DeviceOffline { sid } | Event::GatewayOffline { gateway: sid } => {
                self.set_available(desk, sid, false);
            }
            Event::DeviceOnline { sid } | Event::GatewayOnline { gateway: sid } => {
                self.set_available(desk, sid, true);
            }
            Event::WriteAccepted { id, .. } => {
                if let Some(command) = self.calls.remove(&id) {
                    desk.done(&command, Ok(()));
                }
            }
            Event::Failed { id, sid, failure } => {
                let error = SourceError::new(&format!("{sid}: {failure}"), failure.help());
                match id.and_then(|id| self.calls.remove(&id)) {
                    Some(command) => desk.done(&command, Err(error)),
                    None => debug!("{error}. {}", failure.help().unwrap_or_default()),
                }
            }
            Event::Ignored { .. } => debug!("{event:?}"),
            other => {
                if let Some(help) = other.help() {
                    warn!("{other:?}. {help}");
                    desk.home
                        .set_health(&desk.name, crate::home::Health::Down(help.to_owned()));
                }
            }
        }
    }

    fn tell(&mut self, desk: &Desk, update: &Attributes) {
        let decoded = update.decode();
        let Some(id) = Id::of(&update.sid.to_string()) else {
            return;
        };
        let generation = update.generation.unwrap_or(Generation::One);
        let about = match self.known.get(&id) {
            Some(known) => Arc::clone(&known.about),
            None => self.meet(desk, &id, update, generation),
        };
        let mut says = Vec::new();
        // A heartbeat repeats old states of contacts, motion and leak sensors: it proves only that they are there.
        if decoded.trusted {
            self.say(&decoded, update, &mut says);
        }
        if says.is_empty() && update.source == Source::Heartbeat && decoded.category.is_none() {
            return;
        }
        desk.home.apply(Update {
            device: id,
            about,
            says,
            available: Some(true),
        });
    }

    fn meet(&mut self, desk: &Desk, id: &Id, update: &Attributes, generation: Generation) -> Arc<About> {
        let model = Model::find(&update.model);
        let is_gateway = update.sid == update.gateway;
        let name = model.map_or(update.model.as_str(), |model| model.name);
        // "(1st generation)" tells people nothing.
        let name = name.split(" (").next().unwrap_or(name);
        let short: String = id
            .as_str()
            .chars()
            .rev()
            .take(4)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let about = Arc::new(About {
            name: if is_gateway {
                name.to_owned()
            } else {
                format!("{name} {short}")
            },
            model: Some(update.model.clone()).filter(|model| !model.is_empty()),
            manufacturer: None,
            firmware: None,
            via: (!is_gateway)
                .then(|| Id::of(&update.gateway.to_string()))
                .flatten(),
            source: Arc::clone(&desk.name),
            presence: Presence::Told,
        });
        // A stranger's datagrams can't make it grow without end: the client knows only devices of real gateways.
        let known = Known {
            sid: update.sid,
            model: update.model.clone(),
            generation,
            about: Arc::clone(&about),
        };
        self.known.insert(id.clone(), known);
        about
    }

    fn set_available(&self, desk: &Desk, sid: Sid, available: bool) {
        let known = self.known.iter().find(|(_, known)| known.sid == sid);
        if let Some((id, known)) = known {
            desk.home.apply(Update {
                device: id.clone(),
                about: Arc::clone(&known.about),
                says: Vec::new(),
                available: Some(available),
            });
        }
    }

    fn say(&mut self, decoded: &Decoded<'_>, update: &Attributes, says: &mut Vec<Says>) {
        for state in &decoded.state {
            let Some((entity, value)) = self.state(decoded, update, state) else {
                continue;
            };
            says.push(Says {
                entity,
                value: Some(value),
            });
        }
        if update.sid == update.gateway && decoded.category.is_some() {
            let tones = self.tones.clone();
            let entity = Entity::new("ringtone", Kind::Siren { tones });
            says.push(Says { entity, value: None });
        }
        for event in &decoded.events {
            let (kind, more) = happened(event);
            let entity = Kind::Event {
                class: matches!(event, DeviceEvent::Button { .. }).then_some("button".into()),
                types: vec![kind.clone().into()],
            };
            // Motion is a state too, and has its key already.
            let key = match event {
                DeviceEvent::Motion => "motion_event",
                other => other.name(),
            };
            says.push(Says {
                entity: Entity::new(key, entity),
                value: Some(Value::Event(kind.into(), more)),
            });
        }
    }

    fn state(
        &mut self,
        decoded: &Decoded<'_>,
        update: &Attributes,
        state: &State<'_>,
    ) -> Option<(Entity, Value)> {
        Some(match state {
            State::Number(quantity, value) => {
                let (key, class, unit, shift) = number(*quantity);
                let value = if shift == 0 {
                    value.to_string()
                } else {
                    xiaomi_gateway_proto::Decimal::new(value.mantissa(), value.exponent().checked_add(shift)?)
                        .to_string()
                };
                let entity = Entity::sensor(key, class, unit);
                let entity = match quantity {
                    Quantity::Voltage | Quantity::Battery => entity.diagnostic(),
                    _ => entity,
                };
                (entity, Value::Number(value))
            }
            State::Flag(flag, on) => {
                let (key, class) = match flag {
                    Flag::Motion => ("motion", "motion"),
                    Flag::Open => ("opening", "opening"),
                    Flag::Leak => ("leak", "moisture"),
                    Flag::InUse => ("in_use", "power"),
                    _ => return None,
                };
                (Entity::binary(key, Some(class)), Value::On(*on))
            }
            State::Relay {
                state: Switch::Unknown,
                ..
            } => return None,
            State::Relay { channel, state } => {
                let key = if *channel == 0 { "switch" } else { "switch_2" };
                (Entity::new(key, Kind::Switch), Value::On(*state == Switch::On))
            }
            State::Light(light) => {
                if light.is_on() {
                    self.lamps.insert(update.sid, *light);
                }
                let [red, green, blue] = light.rgb();
                let state = json!({
                    "state": if light.is_on() { "ON" } else { "OFF" },
                    "color_mode": "rgb",
                    "brightness": light.brightness_ha(),
                    "color": {"r": red, "g": green, "b": blue},
                });
                (
                    Entity::new("light", Kind::Light { colour: true }),
                    Value::Object(state),
                )
            }
            State::Alarm(alarm) => {
                let class = match decoded.category {
                    Some(xiaomi_gateway_proto::Category::Natgas) => "gas",
                    _ => "smoke",
                };
                (
                    Entity::binary("alarm", Some(class)),
                    Value::On(alarm.alarm || alarm.test),
                )
            }
            State::Position(Some(position)) => {
                let state = match position {
                    0 => "closed",
                    _ => "open",
                };
                let state = json!({"state": state, "position": position});
                (Entity::new("cover", Kind::Cover), Value::Object(state))
            }
            State::Power(switch) => (Entity::binary("power", None), Value::On(*switch == Switch::On)),
            State::Lock(_) | State::Text(..) | State::Curtain(_) | State::Orientation(_) => return None,
            _ => return None,
        })
    }

    /// Sends a command on its way; its end comes as an event.
    fn write(&mut self, command: &Command) -> Result<(), SourceError> {
        let known = self.known.get(&command.device);
        let known = known.ok_or_else(|| SourceError::new("no such device", None))?;
        let (sid, generation) = (known.sid, known.generation);
        let build = |error: xiaomi_gateway_proto::BuildError| SourceError::new(&error, error.help());
        let fields: Fields<'static> = match &command.action {
            Action::Switch(on) => {
                let channel = u8::from(command.key == "switch_2");
                let to = if *on { Switching::On } else { Switching::Off };
                command::switch(&known.model, generation, channel, to).map_err(build)?
            }
            Action::Light {
                on,
                brightness,
                colour,
            } => {
                let last = self.lamps.get(&sid).copied();
                let last = last.unwrap_or(Light::new(100, [255; 3]).map_err(build)?);
                let light = if *on == Some(false) {
                    Light::OFF
                } else {
                    let level = brightness.map_or(last.brightness_pct(), xiaomi_gateway_proto::ha_to_pct);
                    Light::new(level.max(1), colour.unwrap_or(last.rgb())).map_err(build)?
                };
                command::light(light)
            }
            Action::Cover(action) => match action {
                CoverAction::Position(percent) => command::curtain_position(generation, *percent),
                CoverAction::Open => command::curtain(&known.model, generation, CurtainMove::Open),
                CoverAction::Close => command::curtain(&known.model, generation, CurtainMove::Close),
                CoverAction::Stop => command::curtain(&known.model, generation, CurtainMove::Stop),
            }
            .map_err(build)?,
            Action::Siren { on, tone, volume } => {
                let named = tone.as_deref().or(RINGTONES.first().map(|(_, _, name)| *name));
                let row = RINGTONES.iter().find(|(_, _, name)| Some(*name) == named);
                let tone = match row {
                    Some((mid, ..)) if *on => Ringtone::new(*mid).map_err(build)?,
                    _ => Ringtone::STOP,
                };
                command::ring(tone, volume.filter(|_| *on)).map_err(build)?
            }
            _ => return Err(SourceError::new("the device can't do that", None)),
        };
        let id = self
            .udp
            .client()
            .write(sid, fields)
            .map_err(|error| SourceError::new(&error, error.help()))?;
        // The client ends every call, so none stays here for ever.
        self.calls.insert(id, command.clone());
        Ok(())
    }
}

/// Key, class, unit, and the power of ten by which the value is to be multiplied.
const fn number(quantity: Quantity) -> (&'static str, Option<&'static str>, &'static str, i8) {
    match quantity {
        Quantity::Voltage => ("voltage", Some("voltage"), "V", -3),
        Quantity::Battery => ("battery", Some("battery"), "%", 0),
        Quantity::IlluminationRaw => ("illumination", None, "", 0),
        Quantity::NoMotion => ("idle_time", Some("duration"), "s", 0),
        Quantity::Illuminance | Quantity::IlluminationLux => ("illuminance", Some("illuminance"), "lx", 0),
        Quantity::OpenFor => ("open_for", Some("duration"), "s", 0),
        Quantity::TiltAngle => ("tilt_angle", None, "°", 0),
        Quantity::Temperature => ("temperature", Some("temperature"), "°C", 0),
        Quantity::EnvironmentTemperature => ("temperature", Some("temperature"), "°C", 0),
        Quantity::TargetTemperature => ("target_temperature", Some("temperature"), "°C", 0),
        Quantity::Humidity => ("humidity", Some("humidity"), "%", 0),
        Quantity::Pressure => ("pressure", Some("pressure"), "hPa", -2),
        Quantity::Power | Quantity::AcPower => ("power", Some("power"), "W", 0),
        Quantity::Energy => ("energy", Some("energy"), "kWh", -3),
        Quantity::LoadVoltage => ("load_voltage", Some("voltage"), "V", -3),
        Quantity::LevelPct => ("level", None, "%", 0),
        other => (other.name(), None, "", 0),
    }
}

/// The type of an event, and what more there is.
fn happened(event: &DeviceEvent<'_>) -> (String, Json) {
    match event {
        DeviceEvent::Button { channel, action } => {
            let action = action.name();
            let kind = match channel {
                Channel::Left => action.to_owned(),
                Channel::Right => format!("right_{action}"),
                Channel::Both => format!("both_{action}"),
            };
            (kind, Json::Null)
        }
        DeviceEvent::Cube(action) | DeviceEvent::Vibration(action) => ((*action).to_owned(), Json::Null),
        DeviceEvent::CubeRotated(rotation) => {
            let degrees = rotation.degrees.map(xiaomi_gateway_proto::Decimal::to_f64);
            ("rotate".to_owned(), json!({"degrees": degrees}))
        }
        DeviceEvent::Unlock { method, user_id } => (method.name().to_owned(), json!({"user_id": user_id})),
        DeviceEvent::WrongCredentials { count } => ("wrong".to_owned(), json!({"count": count})),
        // The word is a stranger's: no type of its own, or the list of types would grow.
        DeviceEvent::Unknown { value } => (
            "unknown".to_owned(),
            json!({"value": value.chars().take(60).collect::<String>()}),
        ),
        other => (other.name().to_owned(), Json::Null),
    }
}
