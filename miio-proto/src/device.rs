//! The device's side, without I/O: for tests, simulators, and to receive pushed events.
//!
//! A [`Device`] answers hellos, `miIO.info`, `get_prop` and `set_*` for legacy properties, and `get_properties`,
//! `set_properties` and `action` for a MIoT specification. [`Device::inject`] makes it fail as real ones do.
//!
//! ```
//! use core::time::Duration;
//! use miio_proto::device::{Device, DeviceConfig};
//! use miio_proto::{DeviceId, HELLO, HelloReply, Token};
//!
//! let mut device = Device::new(DeviceConfig::new(DeviceId(55408263), Token::new([1; 16]), "rockrobo.vacuum.v1"));
//! let host = "192.168.1.2:40000".parse().unwrap();
//! device.handle_datagram(Duration::from_secs(30), host, &HELLO);
//! let reply = device.poll_transmit(Duration::from_secs(30)).unwrap();
//! assert_eq!(HelloReply::parse(&reply.payload)?.stamp, 30);
//! # Ok::<(), miio_proto::FrameError>(())
//! ```

mod fault;
mod store;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use serde_json::{Map, Value, json};

use crate::miot::Instance;
use crate::rpc::{IncomingRequest, Message};
use crate::{Cipher, DeviceId, Frame, HelloReply, PlaintextEnd, Request, Token, TokenField};

pub use fault::{BrokenJson, Fault};
pub use store::{PropertyStore, Started};

/// The device's side of the protocol.
#[derive(Debug)]
pub struct Device {
    config: DeviceConfig,
    cipher: Cipher,
    legacy: BTreeMap<String, Value>,
    store: Option<PropertyStore>,
    results: BTreeMap<String, Value>,
    faults: VecDeque<Fault>,
    transmits: VecDeque<Delayed>,
    events: VecDeque<Event>,
    last_id: i64,
    sent_ids: u32,
    requests: u64,
}

/// What a device is and how it behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceConfig {
    /// Its id.
    pub device_id: DeviceId,
    /// Its token.
    pub token: Token,
    /// Its model.
    pub model: String,
    /// Whether the reply to a hello discloses the token. Default: no.
    pub discloses_token: bool,
    /// Its stamp at the host's time 0. Default 0: it counts from its start.
    pub stamp_at_start: u32,
    /// How far a request's stamp may be off, in seconds; others get no answer. Default: any.
    pub stamp_tolerance: Option<u32>,
    /// Whether it ignores ids that don't grow, as Roborock's firmware does. Default: no.
    pub rising_ids: bool,
    /// How many values it can read at once; above that it answers -9999. Default: any.
    pub batch_limit: Option<usize>,
    /// How long it takes to answer. Default 0.
    pub latency: Duration,
    /// Whether methods that it doesn't know are handed to [`Device::poll_event`] to be answered with
    /// [`Device::answer`], instead of refused. Default: no.
    pub forwards: bool,
}

impl DeviceConfig {
    /// A well-behaved device.
    #[must_use]
    pub fn new(device_id: DeviceId, token: Token, model: impl Into<String>) -> Self {
        Self {
            device_id,
            token,
            model: model.into(),
            discloses_token: false,
            stamp_at_start: 0,
            stamp_tolerance: None,
            rising_ids: false,
            batch_limit: None,
            latency: Duration::ZERO,
            forwards: false,
        }
    }
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub payload: Vec<u8>,
}

/// Something that happened at a device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A request was answered.
    Answered {
        /// Who asked.
        from: SocketAddr,
        /// What.
        method: String,
    },
    /// A request waits for [`Device::answer`]. Pushed events come so: see [`crate::push::PushedEvent`].
    Request {
        /// To answer with.
        ticket: Ticket,
        /// What is asked.
        request: IncomingRequest,
    },
    /// Properties were set.
    Changed {
        /// By whom.
        from: SocketAddr,
    },
    /// An action was started.
    Started(Started),
    /// The answer to a [`Device::push`].
    Acknowledged {
        /// The id that `push` returned.
        id: i64,
    },
    /// A datagram got no answer.
    Ignored {
        /// Who sent it.
        from: SocketAddr,
        /// Why.
        reason: Ignored,
    },
}

/// Why a datagram got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ignored {
    /// No frame.
    Malformed,
    /// For another device.
    OtherDevice,
    /// It doesn't open with the token.
    Undecryptable,
    /// No JSON request.
    NoRequest,
    /// Its stamp is too far off.
    Stamp,
    /// Its id isn't above the last one.
    MessageId,
    /// An injected fault.
    Fault,
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    to: SocketAddr,
    id: i64,
}

/// A datagram and when to send it.
#[derive(Debug)]
struct Delayed {
    at: Duration,
    transmit: Transmit,
}

impl Device {
    /// A device that knows `miIO.info` only.
    #[must_use]
    pub fn new(config: DeviceConfig) -> Self {
        Self {
            cipher: Cipher::new(&config.token),
            config,
            legacy: BTreeMap::new(),
            store: None,
            results: BTreeMap::new(),
            faults: VecDeque::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            last_id: 0,
            sent_ids: 0,
            requests: 0,
        }
    }

    /// Gives it the properties and actions of a MIoT specification, with values that fit their formats.
    #[must_use]
    pub fn with_spec(mut self, spec: Instance) -> Self {
        self.store = Some(PropertyStore::new(spec));
        self
    }

    /// Gives it a legacy property, which `get_prop` reads and `set_<name>` sets.
    #[must_use]
    pub fn with_legacy(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.legacy.insert(name.into(), value.into());
        self
    }

    /// Makes it answer a method with a fixed result.
    #[must_use]
    pub fn with_result(mut self, method: impl Into<String>, result: impl Into<Value>) -> Self {
        self.results.insert(method.into(), result.into());
        self
    }

    /// The MIoT properties.
    #[must_use]
    pub const fn store(&self) -> Option<&PropertyStore> {
        self.store.as_ref()
    }

    /// The MIoT properties, to change them.
    pub const fn store_mut(&mut self) -> Option<&mut PropertyStore> {
        self.store.as_mut()
    }

    /// A legacy property.
    #[must_use]
    pub fn legacy(&self, name: &str) -> Option<&Value> {
        self.legacy.get(name)
    }

    /// What the device is.
    #[must_use]
    pub const fn config(&self) -> &DeviceConfig {
        &self.config
    }

    /// Authentic requests so far.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// Makes the next request that isn't ignored anyway fail in this way. Several faults hit one request each.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// Takes a datagram that arrived. Malformed and undecryptable ones get no answer, as from a real device.
    pub fn handle_datagram(&mut self, now: Duration, from: SocketAddr, datagram: &[u8]) {
        let ignored = match self.serve(now, from, datagram) {
            Ok(()) => return,
            Err(reason) => Event::Ignored { from, reason },
        };
        self.push_event(ignored);
    }

    /// The next datagram to send; call until `None`, and again at [`poll_timeout`](Self::poll_timeout).
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        let index = self.transmits.iter().position(|delayed| now >= delayed.at)?;
        self.transmits.remove(index).map(|delayed| delayed.transmit)
    }

    /// When there is something to send; `None` not before the next datagram.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.transmits.iter().map(|delayed| delayed.at).min()
    }

    /// Nothing is due but sending: call [`poll_transmit`](Self::poll_transmit).
    pub fn handle_timeout(&mut self, _now: Duration) {}

    /// The next event; call until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Answers a forwarded request.
    pub fn answer(&mut self, now: Duration, ticket: Ticket, result: impl Into<Value>) {
        let answer = json!({"id": ticket.id, "result": result.into()});
        self.send(now, ticket.to, self.stamp(now), answer.to_string().as_bytes());
    }

    /// Refuses a forwarded request.
    pub fn refuse(&mut self, now: Duration, ticket: Ticket, code: i64, message: &str) {
        let answer = json!({"id": ticket.id, "error": {"code": code, "message": message}});
        self.send(now, ticket.to, self.stamp(now), answer.to_string().as_bytes());
    }

    /// Sends a request of the device's own, as gateways do for events. Returns its id.
    pub fn push(&mut self, now: Duration, to: SocketAddr, request: &Request) -> i64 {
        self.sent_ids += 1;
        self.send(now, to, self.stamp(now), &request.encode(self.sent_ids));
        self.sent_ids.into()
    }

    fn stamp(&self, now: Duration) -> u32 {
        self.config.stamp_at_start.wrapping_add(now.as_secs() as u32)
    }

    fn serve(&mut self, now: Duration, from: SocketAddr, datagram: &[u8]) -> Result<(), Ignored> {
        let frame = Frame::parse(datagram).map_err(|_| Ignored::Malformed)?;
        if frame.is_hello() {
            if self.faults.front() == Some(&Fault::NoHello) {
                self.faults.pop_front();
                return Err(Ignored::Fault);
            }
            let reply = self.hello_reply(now).encode().to_vec();
            self.queue(now, from, reply);
            return Ok(());
        }
        if frame.device_id != self.config.device_id {
            return Err(Ignored::OtherDevice);
        }
        let plaintext = self.cipher.open(&frame).map_err(|_| Ignored::Undecryptable)?;
        let decoded = crate::json::decode(&plaintext).map_err(|_| Ignored::NoRequest)?;
        let request = match Message::from_json(decoded.value) {
            Message::Request(request) => request,
            Message::Answer(answer) => {
                let id = answer.id.ok_or(Ignored::NoRequest)?;
                self.push_event(Event::Acknowledged { id });
                return Ok(());
            }
        };
        let id = request.id.ok_or(Ignored::NoRequest)?;
        let off = self.stamp(now).abs_diff(frame.stamp);
        if self
            .config
            .stamp_tolerance
            .is_some_and(|tolerance| off > tolerance)
        {
            return Err(Ignored::Stamp);
        }
        if self.config.rising_ids && id <= self.last_id {
            return Err(Ignored::MessageId);
        }
        self.last_id = id;
        self.requests += 1;
        let fault = self.faults.pop_front();
        if fault == Some(Fault::Silence) {
            return Err(Ignored::Fault);
        }
        self.execute(now, from, id, request, fault.as_ref());
        Ok(())
    }

    fn hello_reply(&self, now: Duration) -> HelloReply {
        HelloReply {
            device_id: self.config.device_id,
            stamp: self.stamp(now),
            token: if self.config.discloses_token {
                TokenField::Disclosed(self.config.token.clone())
            } else {
                TokenField::WithheldFf
            },
            trailing: 0,
        }
    }

    fn execute(
        &mut self,
        now: Duration,
        from: SocketAddr,
        id: i64,
        request: IncomingRequest,
        fault: Option<&Fault>,
    ) {
        let outcome = match fault {
            Some(Fault::Error { code, message }) => Err((*code, message.clone())),
            _ => self.outcome(now, from, &request),
        };
        let mut answer = Map::new();
        match outcome {
            Ok(Some(result)) => answer.insert("result".into(), result),
            Ok(None) => {
                let ticket = Ticket { to: from, id };
                return self.push_event(Event::Request { ticket, request });
            }
            Err((code, message)) => answer.insert("error".into(), json!({"code": code, "message": message})),
        };
        answer.insert("id".into(), id.into());
        answer.insert("exe_time".into(), (self.config.latency.as_millis() as u64).into());
        let mut text = Value::Object(answer).to_string().into_bytes();
        let mut stamp = self.stamp(now);
        let at = now + self.config.latency;
        let copies = match fault {
            Some(Fault::BrokenJson(broken)) => {
                text = broken.text(id);
                1
            }
            Some(Fault::WrongStamp(seconds)) => {
                stamp = stamp.wrapping_add_signed(*seconds);
                1
            }
            Some(Fault::Duplicate) => 2,
            Some(Fault::ForeignToken) => {
                let other = Cipher::new(&Token::new([0x5a; 16]));
                if let Ok(frame) = other.seal(self.config.device_id, stamp, &text, PlaintextEnd::Nul) {
                    self.queue(at, from, frame);
                }
                0
            }
            Some(Fault::ForeignId) => {
                let other = json!({"id": id + 7777, "result": ["not yours"]});
                self.send(at, from, stamp, other.to_string().as_bytes());
                1
            }
            Some(Fault::Delay(delay)) => {
                self.send(at + *delay, from, stamp, &text);
                0
            }
            _ => 1,
        };
        for _ in 0..copies {
            self.send(at, from, stamp, &text);
        }
        let method = request.method;
        self.push_event(Event::Answered { from, method });
    }

    /// The result of a request; `None` if it is forwarded.
    fn outcome(
        &mut self,
        now: Duration,
        from: SocketAddr,
        request: &IncomingRequest,
    ) -> Result<Option<Value>, (i64, String)> {
        let method = request.method.as_str();
        if let Some(result) = self.results.get(method) {
            return Ok(Some(result.clone()));
        }
        let list = || request.params.as_array().map(Vec::as_slice).unwrap_or_default();
        let too_many = self.config.batch_limit.is_some_and(|limit| list().len() > limit);
        if too_many && method.starts_with("get_prop") {
            return Err((-9999, "user ack timeout".into()));
        }
        match (method, &mut self.store) {
            ("miIO.info", _) => return Ok(Some(self.info(now))),
            ("get_prop", _) => {
                let value = |name: &Value| name.as_str().and_then(|name| self.legacy.get(name)).cloned();
                let values = list().iter().map(|name| value(name).unwrap_or_default());
                return Ok(Some(values.collect()));
            }
            ("get_properties", Some(store)) => return Ok(Some(store.get(list()))),
            ("set_properties", Some(store)) => {
                let result = store.set(list());
                self.push_event(Event::Changed { from });
                return Ok(Some(result));
            }
            ("action", Some(store)) => {
                let (result, started) = store.start(&request.params);
                if let Some(started) = started {
                    self.push_event(Event::Started(started));
                }
                return Ok(Some(result));
            }
            _ => {}
        }
        if let (Some(name), [value]) = (method.strip_prefix("set_"), list())
            && let Some(property) = self.legacy.get_mut(name)
        {
            *property = value.clone();
            self.push_event(Event::Changed { from });
            return Ok(Some(json!(["ok"])));
        }
        if self.config.forwards {
            return Ok(None);
        }
        Err((-32601, "Method not found.".into()))
    }

    fn info(&self, now: Duration) -> Value {
        let [a, b, c, d] = self.config.device_id.0.to_be_bytes();
        json!({
            "model": self.config.model, "fw_ver": "1.0.0_0001", "hw_ver": "simulated",
            "mac": alloc::format!("02:00:{a:02X}:{b:02X}:{c:02X}:{d:02X}"),
            "life": now.as_secs(), "mmfree": 100_000, "uid": 0,
            "ap": {"ssid": "simulated", "rssi": -40, "freq": 2412, "primary": 1},
            "netif": {"localIp": "127.0.0.1", "mask": "255.0.0.0", "gw": "127.0.0.1"},
        })
    }

    fn send(&mut self, at: Duration, to: SocketAddr, stamp: u32, text: &[u8]) {
        // What is longer than a frame can be gets no answer.
        if let Ok(frame) = self
            .cipher
            .seal(self.config.device_id, stamp, text, PlaintextEnd::Nul)
        {
            self.queue(at, to, frame);
        }
    }

    fn queue(&mut self, at: Duration, to: SocketAddr, payload: Vec<u8>) {
        if self.transmits.len() < MAX_WAITING {
            self.transmits.push_back(Delayed {
                at,
                transmit: Transmit { to, payload },
            });
        }
    }

    fn push_event(&mut self, event: Event) {
        if self.events.len() < MAX_WAITING {
            self.events.push_back(event);
        }
    }
}

/// Datagrams or events that wait to be fetched; more are dropped.
const MAX_WAITING: usize = 1024;
