//! The gateway's side: for simulators, and to test clients against.
//!
//! It speaks one generation and is strict: writes need the key of the current token, what a model can't do changes
//! nothing, devices pair only in the 30 s after permission. [`Quirks`] make it as odd as real ones are, [`Faults`]
//! break it.
//!
//! A machine like [`Client`](crate::Client): **after every call, drain [`poll_transmit`](Gateway::poll_transmit), then
//! [`poll_event`](Gateway::poll_event), and sleep no longer than [`poll_timeout`](Gateway::poll_timeout) says.**
//!
//! ```
//! use core::time::Duration;
//! use xiaomi_gateway_proto::{Fields, Generation, Sid, gateway::{Config, Gateway}};
//!
//! let sid = Sid::gateway("34ce00880088")?;
//! let config = Config::new(sid, Generation::One, "41D49ED97B487373".parse()?, [7; 16]);
//! let mut gateway = Gateway::new(Duration::ZERO, config);
//! let magnet: Sid = "158d000116f2bb".parse()?;
//! gateway.add_device(magnet, "magnet", Fields::new().with("status", "close"));
//! gateway.poke(Duration::from_secs(1), magnet, Fields::new().with("status", "open"));
//! let report = gateway.poll_transmit().unwrap();
//! assert_eq!(report.payload, br#"{"cmd":"report","model":"magnet","sid":"158d000116f2bb","short_id":1,"data":"{\"status\":\"open\"}"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod device;
mod odd;

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

pub use device::Device;
pub use odd::{Faults, Quirks};

use crate::{DISCOVERY_PORT, Fields, GROUP, Generation, Key, Kind, Listed, Message, PORT, Sid, Token};

/// What a simulated gateway is.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Its sid.
    pub sid: Sid,
    /// `gateway`, `gateway.v3` or `acpartner.v3`.
    pub model: &'static str,
    /// The only generation that it speaks.
    pub generation: Generation,
    /// Its KEY.
    pub key: Key,
    /// Its address, for `iam` and heartbeats.
    pub ip: Ipv4Addr,
    /// Its port for requests.
    pub port: u16,
    /// What it tells as `proto_version`.
    pub proto_version: &'static str,
    /// Where its tokens come from: 16 random bytes that nobody else knows.
    pub seed: [u8; 16],
    /// How odd it is.
    pub quirks: Quirks,
}

impl Config {
    /// A gateway on loopback without quirks: `gateway` in generation 1, `acpartner.v3` in generation 2.
    #[must_use]
    pub fn new(sid: Sid, generation: Generation, key: Key, seed: [u8; 16]) -> Self {
        let (model, proto_version) = match generation {
            Generation::One => ("gateway", "1.1.2"),
            Generation::Two => ("acpartner.v3", "2.0.2"),
        };
        Self {
            sid: sid.as_gateway(true),
            model,
            generation,
            key,
            ip: Ipv4Addr::LOCALHOST,
            port: PORT,
            proto_version,
            seed,
            quirks: Quirks::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("sid", &self.sid)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// A datagram to send, and the port to send it from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub destination: SocketAddrV4,
    /// Multicasts come from 4321, answers from where the request went.
    pub source_port: u16,
    /// What.
    pub payload: Vec<u8>,
}

/// What clients do with the gateway.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A write with a good key. Values that the model doesn't know are there too, but changed nothing.
    Written {
        /// Which device.
        sid: Sid,
        /// What was written.
        values: Fields<'static>,
    },
    /// A write with a wrong key, or none.
    Refused {
        /// Who sent it.
        from: SocketAddrV4,
        /// For which device.
        sid: Sid,
    },
    /// `join_permission` was written: devices may pair until then, on the clock of `now`.
    JoinOpen {
        /// When it ends.
        until: Duration,
    },
    /// `join_permission` was taken back, or its time is over.
    JoinClosed,
    /// A client removed a device.
    Removed {
        /// Which.
        sid: Sid,
    },
}

/// A simulated gateway and its devices.
pub struct Gateway {
    config: Config,
    now: Duration,
    own: Device,
    devices: BTreeMap<Sid, Device>,
    token: Token,
    tokens: u64,
    next_heartbeat: Duration,
    join_until: Option<Duration>,
    faults: Faults,
    next_short_id: u16,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

impl Gateway {
    /// A gateway without devices, whose first heartbeat is due at once.
    #[must_use]
    pub fn new(now: Duration, config: Config) -> Self {
        let own = Device::gateway(config.model, config.proto_version, now);
        let mut gateway = Self {
            token: Token::from_random([0; 16]),
            config,
            now,
            own,
            devices: BTreeMap::new(),
            tokens: 0,
            next_heartbeat: now,
            join_until: None,
            faults: Faults::default(),
            next_short_id: 1,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        };
        gateway.new_token();
        gateway
    }

    /// Its sid.
    #[must_use]
    pub const fn sid(&self) -> Sid {
        self.config.sid
    }

    /// The generation that it speaks.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.config.generation
    }

    /// Where it takes requests.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.config.port
    }

    /// The token that writes need now.
    #[must_use]
    pub const fn token(&self) -> Token {
        self.token
    }

    /// What is to go wrong from now on.
    pub const fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// Another address, as after a new lease.
    pub const fn set_ip(&mut self, ip: Ipv4Addr) {
        self.config.ip = ip;
    }

    /// A device that is paired already.
    pub fn add_device(&mut self, sid: Sid, model: impl Into<Cow<'static, str>>, fields: Fields<'static>) {
        let short_id = self.next_short_id;
        self.next_short_id = self.next_short_id.wrapping_add(1).max(1);
        self.devices
            .insert(sid, Device::new(model.into(), short_id, fields, self.now));
    }

    /// A device that pairs: `false` unless a client opened the gateway in the last 30 s.
    pub fn join(
        &mut self,
        now: Duration,
        sid: Sid,
        model: impl Into<Cow<'static, str>>,
        fields: Fields<'static>,
    ) -> bool {
        self.handle_timeout(now);
        let open = self.join_until.is_some();
        if open {
            self.add_device(sid, model, fields);
        }
        open
    }

    /// The attributes of a device, or of the gateway itself.
    #[must_use]
    pub fn fields(&self, sid: Sid) -> Option<&Fields<'static>> {
        self.device(sid).map(|device| &device.fields)
    }

    /// Something happens to a device: its attributes change and are reported. `false` for an unknown one.
    pub fn poke(&mut self, now: Duration, sid: Sid, changes: Fields<'static>) -> bool {
        self.advance(now);
        let Some(device) = self.device_mut(sid) else {
            return false;
        };
        device.change(&changes);
        self.report(sid, changes);
        true
    }

    /// Another KEY, as made in the app.
    pub fn set_key(&mut self, key: Key) {
        self.config.key = key;
    }

    /// A token before its time.
    pub fn rotate_token(&mut self) {
        self.new_token();
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do next, on the clock of `now`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let devices = self.devices.values().map(|device| device.next_heartbeat);
        devices.chain([self.next_heartbeat]).chain(self.join_until).min()
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
        if self.now >= self.next_heartbeat {
            self.next_heartbeat = self.now + HEARTBEAT;
            if !self.faults.frozen_token {
                self.new_token();
            }
            self.heartbeat();
        }
        let due: Vec<Sid> = self
            .devices
            .iter()
            .filter(|(_, device)| self.now >= device.next_heartbeat)
            .map(|(sid, _)| *sid)
            .collect();
        for sid in due {
            self.device_heartbeat(sid);
        }
        if self.join_until.is_some_and(|until| self.now >= until) {
            self.join_until = None;
            self.event(Event::JoinClosed);
        }
    }

    /// The next datagram to send. Call until it is `None`, after every other call.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// What clients did. Call until it is `None`, after every other call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// A datagram came from `from` to port `to`: 4321 or the port for requests.
    pub fn handle_datagram(&mut self, now: Duration, from: SocketAddrV4, to: u16, bytes: &[u8]) {
        self.handle_timeout(now);
        let Ok(message) = Message::parse(bytes) else {
            return;
        };
        if self.faults.closed_port && to != DISCOVERY_PORT {
            return;
        }
        let (generation, port) = (self.config.generation, self.config.port);
        match &message.kind {
            Kind::Whois if to == DISCOVERY_PORT => {
                let version =
                    Some(self.config.proto_version).filter(|_| !self.config.quirks.hide_proto_version);
                let iam =
                    Message::iam(self.config.sid, self.config.model, self.config.ip, port, version).encode();
                self.send(from, port, iam);
            }
            _ if to == DISCOVERY_PORT => {}
            Kind::ListRequest if message.generation == Some(generation) => self.list(from),
            Kind::ListRequest if generation == Generation::Two => {
                // What a gateway of generation 2 makes of `get_id_list`.
                self.no_sid(from, &message.cmd);
            }
            Kind::ReadRequest => self.read(from, &message),
            Kind::WriteRequest { key } => {
                let presented = key.as_ref().map(crate::PresentedKey::expose);
                self.write(from, &message, presented);
            }
            Kind::ListRequest | Kind::Other => {
                let reply = Message {
                    cmd: Cow::Borrowed("server_ack"),
                    ..Message::error_reply(generation, "", Some(self.config.sid), "Unsupported cmd")
                };
                self.send(from, port, reply.encode());
            }
            // What only gateways send.
            _ => {}
        }
    }

    /// Events that nobody takes don't pile up: the oldest goes.
    fn event(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// AES of a counter under the seed: nobody guesses the next one.
    fn new_token(&mut self) {
        self.tokens += 1;
        let mut block = u128::from(self.tokens).to_be_bytes().into();
        Aes128::new(&self.config.seed.into()).encrypt_block(&mut block);
        self.token = Token::from_random(block.into());
    }

    fn device(&self, sid: Sid) -> Option<&Device> {
        if sid == self.config.sid {
            Some(&self.own)
        } else {
            self.devices.get(&sid)
        }
    }

    fn device_mut(&mut self, sid: Sid) -> Option<&mut Device> {
        if sid == self.config.sid {
            Some(&mut self.own)
        } else {
            self.devices.get_mut(&sid)
        }
    }

    fn list(&mut self, from: SocketAddrV4) {
        let named = self.config.generation == Generation::Two;
        let devices = self.devices.iter().map(|(sid, device)| Listed {
            sid: *sid,
            model: named.then(|| Cow::Borrowed(&*device.model)),
        });
        let reply = Message::list_reply(
            self.config.generation,
            self.config.sid,
            &self.token,
            devices.collect(),
        );
        let payload = reply.encode();
        if self.faults.drop_lists > 0 {
            self.faults.drop_lists -= 1;
            return;
        }
        self.answer(from, payload);
    }

    fn read(&mut self, from: SocketAddrV4, message: &Message<'_>) {
        let Some(sid) = message.sid else {
            return self.no_sid(from, "read");
        };
        let Some(device) = self.device(sid) else { return };
        let reply = self.about(&Kind::ReadReply, sid, device, device.state());
        self.answer(from, reply);
    }

    /// Generation 2 wants a sid for everything but its list; generation 1 is silent.
    fn no_sid(&mut self, from: SocketAddrV4, request: &str) {
        if self.config.generation == Generation::Two {
            let reply = Message::error_reply(Generation::Two, request, None, "No sid").encode();
            self.answer(from, reply);
        }
    }

    fn write(&mut self, from: SocketAddrV4, message: &Message<'_>, presented: Option<&str>) {
        let Some(sid) = message.sid else {
            return self.no_sid(from, "write");
        };
        let generation = self.config.generation;
        if self.device(sid).is_none() {
            return;
        }
        let error = match presented {
            // The other generation's key is at another place, where nobody looks.
            None => Some("No key"),
            Some(_) if message.generation != Some(generation) => Some("No key"),
            Some(key) if self.faults.refuse_keys > 0 || !self.config.key.verify(&self.token, key) => {
                Some("Invalid key")
            }
            Some(_) => None,
        };
        let error = error
            .map(ToString::to_string)
            .or_else(|| self.faults.write_error.clone());
        if let Some(text) = error {
            self.faults.refuse_keys = self.faults.refuse_keys.saturating_sub(1);
            self.event(Event::Refused { from, sid });
            let reply = Message::error_reply(generation, "write", Some(sid), &text).encode();
            return self.answer(from, reply);
        }
        let Some(device) = self.device(sid) else { return };
        let before = self.about(&Kind::WriteReply, sid, device, device.state());
        self.answer(from, before);
        let values = message.fields.clone().into_owned();
        self.obey(sid, &values);
        self.event(Event::Written { sid, values });
    }

    /// What a good write does.
    fn obey(&mut self, sid: Sid, values: &Fields<'static>) {
        let generation = self.config.generation;
        let Some(device) = self.device_mut(sid) else {
            return;
        };
        let changes = device.obey(generation, values);
        if !changes.is_empty() {
            self.report(sid, changes);
        }
        if sid != self.config.sid {
            return;
        }
        match values.text("join_permission") {
            Some("yes") => {
                let until = self.now + JOIN;
                self.join_until = Some(until);
                self.event(Event::JoinOpen { until });
            }
            Some("no") if self.join_until.take().is_some() => self.event(Event::JoinClosed),
            _ => {}
        }
        let removed = values
            .text("remove_device")
            .and_then(|text| Sid::device(text).ok());
        if let Some(sid) = removed
            && self.devices.remove(&sid).is_some()
        {
            self.event(Event::Removed { sid });
        }
    }

    fn report(&mut self, sid: Sid, changes: Fields<'static>) {
        let Some(device) = self.device(sid) else { return };
        let payload = self.about(&Kind::Report, sid, device, changes);
        let copies = if self.config.quirks.double_reports { 2 } else { 1 };
        for _ in 0..copies {
            self.multicast(payload.clone());
        }
    }

    fn heartbeat(&mut self) {
        let fields = Fields::new().with("ip", self.config.ip.to_string());
        let mut message = Message {
            token: Some(Cow::Owned(self.token.as_str().into())),
            ..Message::heartbeat(self.config.generation, self.config.sid, self.config.model, fields)
        };
        let text_short_id = self.config.quirks.text_short_id && self.config.generation == Generation::One;
        if self.config.generation == Generation::One {
            message.short_id = Some(0);
        }
        let mut payload = message.encode();
        if text_short_id {
            let text = String::from_utf8_lossy(&payload).replace("\"short_id\":0", "\"short_id\":\"0\"");
            payload = text.into_bytes();
        }
        self.multicast(payload);
    }

    fn device_heartbeat(&mut self, sid: Sid) {
        let now = self.now;
        let Some(device) = self.devices.get_mut(&sid) else {
            return;
        };
        device.next_heartbeat = now + device.heartbeat_every();
        let Some(device) = self.devices.get(&sid) else {
            return;
        };
        let payload = self.about(&Kind::Heartbeat, sid, device, device.state());
        self.multicast(payload);
    }

    /// The datagram of a message about a device, with the gateway's quirks.
    fn about(&self, kind: &Kind<'static>, sid: Sid, device: &Device, mut fields: Fields<'static>) -> Vec<u8> {
        let (generation, quirks) = (self.config.generation, &self.config.quirks);
        let is_own = sid == self.config.sid;
        let model = if quirks.empty_models && !is_own {
            ""
        } else {
            &device.model
        };
        if quirks.numbers_as_text {
            fields = fields.into_iter().map(odd::as_text).collect();
        }
        let is_reply = matches!(kind, Kind::ReadReply);
        let mut message = match kind {
            Kind::ReadReply => Message::read_reply(generation, sid, model, fields),
            Kind::WriteReply => Message::write_reply(generation, sid, model, fields),
            Kind::Heartbeat => Message::heartbeat(generation, sid, model, fields),
            _ => Message::report(generation, sid, model, fields),
        };
        if is_own && is_reply && quirks.strip_zero {
            message.sid = Some(sid.as_gateway(false));
        }
        if generation == Generation::One {
            message.short_id = Some(device.short_id);
        }
        message.encode()
    }

    fn answer(&mut self, to: SocketAddrV4, payload: Vec<u8>) {
        if self.faults.drop_replies > 0 {
            self.faults.drop_replies -= 1;
            return;
        }
        self.send(to, self.config.port, payload);
    }

    fn multicast(&mut self, payload: Vec<u8>) {
        if !self.faults.lost_multicast {
            self.send(SocketAddrV4::new(GROUP, PORT), DISCOVERY_PORT, payload);
        }
    }

    fn send(&mut self, destination: SocketAddrV4, source_port: u16, payload: Vec<u8>) {
        if self.transmits.len() < MAX_TRANSMITS {
            self.transmits.push_back(Transmit {
                destination,
                source_port,
                payload,
            });
        }
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("config", &self.config)
            .field("devices", &self.devices)
            .finish_non_exhaustive()
    }
}

const HEARTBEAT: Duration = Duration::from_secs(10);
const JOIN: Duration = Duration::from_secs(30);
const MAX_TRANSMITS: usize = 4096;
const MAX_EVENTS: usize = 4096;
