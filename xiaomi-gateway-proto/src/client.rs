//! The client's side: finds gateways, reads and writes their devices, and says what goes wrong.
//!
//! A machine that never waits. **After every call, drain [`poll_transmit`](Client::poll_transmit), then
//! [`poll_event`](Client::poll_event), and sleep no longer than [`poll_timeout`](Client::poll_timeout) says.**
//!
//! | what | sends | wait |
//! |---|---|---|
//! | `whois` | 5, then one every 300 s | 5 s |
//! | list, read | 4 | 3 s, and 50 ms before the next device |
//! | write | 3, those that can't be repeated 1 | 1 s |
//! | list before a write whose token is older than 12 s | 3 | 1 s |
//!
//! Answers carry no id, and networks deliver late and twice. So a gateway has one read and one write under way at most,
//! and requests leave from [`SOCKETS`] sockets in turn: the port that an answer comes to says which request it answers.
//! A refused write is blamed on the KEY only if the token can't have been: the gateway had it before the write and after
//! the refusal, or it is younger than tokens live. Whoever has only one socket ignores
//! [`Transmit::socket`] and hands in `None`; then an answer that comes late or twice can be taken for the next one.

mod config;
mod event;
mod exchange;
mod handle;
mod peer;
mod repeats;
mod replies;
mod send;
mod sockets;
mod timers;
mod tokens;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

pub use config::{Config, KnownGateway};
pub use event::{CallError, Event, Failure, Health, Ignored, Silence, Update};
pub use sockets::SOCKETS;

use crate::{Fields, Generation, Model, Sid};
use exchange::{Job, What};
use peer::{Peer, Scan};
use repeats::Repeats;

/// A request of the user's, to be found again in [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The socket that sends it: less than [`SOCKETS`]. Each has a port of its own, whichever.
    pub socket: usize,
    /// Where to: [`GROUP`](crate::GROUP) for multicast.
    pub destination: SocketAddrV4,
    /// What.
    pub payload: Vec<u8>,
}

/// The client of any number of gateways.
#[derive(Debug)]
pub struct Client {
    config: Config,
    now: Duration,
    peers: Vec<Peer>,
    candidates: Vec<Candidate>,
    discovery: Option<Discovery>,
    last_whois: Option<Duration>,
    repeats: Repeats,
    ignored: Vec<(Ignored, Duration)>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    next_id: u64,
}

/// `whois` until somebody answers.
#[derive(Debug)]
struct Discovery {
    sends: u32,
    due: Duration,
    /// Nobody answered, the user knows, and `whois` goes out rarely.
    given_up: bool,
}

/// A configured address that has not answered yet.
#[derive(Debug)]
struct Candidate {
    address: SocketAddrV4,
    generation: Generation,
    sends: u32,
    due: Duration,
    given_up: bool,
}

impl Client {
    /// Does nothing until [`start`](Self::start), [`restore`](Self::restore) or the first datagram.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: Duration::ZERO,
            peers: Vec::new(),
            candidates: Vec::new(),
            discovery: None,
            last_whois: None,
            repeats: Repeats::default(),
            ignored: Vec::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            next_id: 0,
        }
    }

    /// Looks for gateways: at the configured addresses, or by multicast where there is none.
    pub fn start(&mut self, now: Duration) {
        self.advance(now);
        if self.config.addresses.is_empty() {
            self.discovery = Some(Discovery {
                sends: 0,
                due: self.now,
                given_up: false,
            });
        }
        self.candidates = self
            .config
            .addresses
            .iter()
            .map(|&address| Candidate::new(address, self.now))
            .collect();
        self.run_timers();
    }

    /// Continues with a gateway from an earlier run, as [`known`](Self::known) gave it, without looking for it.
    pub fn restore(&mut self, now: Duration, gateway: KnownGateway) {
        self.advance(now);
        self.peers.retain(|peer| peer.sid != gateway.sid);
        self.peers.push(Peer::restored(gateway, self.now));
    }

    /// The gateways and devices found so far, to be restored later.
    #[must_use]
    pub fn known(&self) -> Vec<KnownGateway> {
        self.peers.iter().map(|peer| peer.known(self.now)).collect()
    }

    /// Lists and reads the devices of a gateway anew. The last one is followed by [`Event::Ready`].
    ///
    /// # Errors
    /// No such gateway.
    pub fn refresh(&mut self, gateway: Sid) -> Result<(), CallError> {
        let now = self.now;
        let peer = self
            .peer_mut(gateway)
            .ok_or(CallError::UnknownDevice { sid: gateway })?;
        peer.begin_scan(now);
        Ok(())
    }

    /// Asks for all attributes of a device or of a gateway. The answer is [`Event::Device`] with this id.
    ///
    /// # Errors
    /// No gateway has such a device.
    pub fn read(&mut self, sid: Sid) -> Result<RequestId, CallError> {
        let id = self.new_id();
        let peer = self.owner_mut(sid).ok_or(CallError::UnknownDevice { sid })?;
        peer.reads.push_user(Job {
            id: Some(id),
            what: What::Read { sid },
        })?;
        Ok(id)
    }

    /// Sets attributes of a device; [`command`](crate::command) has the usual ones. The answer is
    /// [`Event::WriteAccepted`] or [`Event::Failed`] with this id.
    ///
    /// # Errors
    /// No gateway has such a device, there is no KEY, no value, or one named `key`.
    pub fn write(&mut self, sid: Sid, values: Fields<'static>) -> Result<RequestId, CallError> {
        if values.is_empty() {
            return Err(crate::BuildError::EmptyWrite.into());
        }
        if values.get("key").is_some() {
            return Err(crate::BuildError::ReservedField.into());
        }
        let id = self.new_id();
        let index = self.owner_index(sid).ok_or(CallError::UnknownDevice { sid })?;
        let peer = self
            .peers
            .get_mut(index)
            .ok_or(CallError::UnknownDevice { sid })?;
        if self.config.key_of(peer.sid).is_none() {
            return Err(CallError::NoKey { gateway: peer.sid });
        }
        let once = peer.must_not_repeat(sid, &values);
        peer.writes.push_user(Job {
            id: Some(id),
            what: What::write(sid, values, once),
        })?;
        Ok(id)
    }

    /// The model of a device, once it is known.
    #[must_use]
    pub fn model_of(&self, sid: Sid) -> Option<&str> {
        let peer = self.peers.get(self.owner_index(sid)?)?;
        peer.model_of(sid)
    }

    /// The generation of a device's gateway, once it is known.
    #[must_use]
    pub fn generation_of(&self, sid: Sid) -> Option<Generation> {
        self.peers.get(self.owner_index(sid)?)?.generation
    }

    /// The devices of a gateway, itself not included.
    pub fn devices(&self, gateway: Sid) -> impl Iterator<Item = (Sid, &str)> {
        let peer = self.peers.iter().find(move |peer| peer.sid == gateway);
        peer.into_iter()
            .flat_map(|peer| peer.devices.iter().map(|(sid, device)| (*sid, &*device.model)))
    }

    /// How a gateway is reached.
    #[must_use]
    pub fn health(&self, gateway: Sid) -> Option<Health> {
        self.peers
            .iter()
            .find(|peer| peer.sid == gateway)
            .map(Peer::health)
    }

    /// Whether a device gave a sign of life in time.
    #[must_use]
    pub fn is_online(&self, sid: Sid) -> Option<bool> {
        let peer = self.peers.get(self.owner_index(sid)?)?;
        if peer.sid == sid {
            return Some(!peer.offline);
        }
        peer.devices.get(&sid).map(|device| device.online)
    }

    /// What was observed of a gateway, for [`diagnose`](crate::diagnose).
    #[must_use]
    pub fn symptoms(&self, gateway: Sid) -> Option<crate::diagnose::Symptoms> {
        let peer = self.peers.iter().find(|peer| peer.sid == gateway)?;
        Some(peer.symptoms(self.config.key_of(gateway), self.now))
    }

    /// The next datagram to send. Call until it is `None`, after every other call.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.advance(now);
        if self.transmits.is_empty() {
            self.begin_jobs();
        }
        self.transmits.pop_front()
    }

    /// What happened. Call until it is `None`, after every other call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Something came from `from`: to the `socket` of [`Transmit`]s, or to another one, which is `None`.
    pub fn handle_datagram(
        &mut self,
        now: Duration,
        from: SocketAddrV4,
        socket: Option<usize>,
        bytes: &[u8],
    ) {
        self.advance(now);
        self.receive(from, socket, bytes);
        self.begin_jobs();
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
        self.run_timers();
        self.begin_jobs();
    }

    /// Time goes on, never back.
    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    fn new_id(&mut self) -> RequestId {
        self.next_id += 1;
        RequestId(self.next_id)
    }

    fn peer_mut(&mut self, gateway: Sid) -> Option<&mut Peer> {
        self.peers.iter_mut().find(|peer| peer.sid == gateway)
    }

    fn owner_index(&self, sid: Sid) -> Option<usize> {
        self.peers
            .iter()
            .position(|peer| peer.sid == sid || peer.devices.contains_key(&sid))
    }

    fn owner_mut(&mut self, sid: Sid) -> Option<&mut Peer> {
        let index = self.owner_index(sid)?;
        self.peers.get_mut(index)
    }

    /// Events that nobody takes don't pile up: the oldest goes.
    fn event(&mut self, event: Event) {
        if self.events.len() >= MAX_EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    fn send(&mut self, socket: usize, destination: SocketAddrV4, payload: Vec<u8>) {
        if self.transmits.len() < MAX_TRANSMITS {
            self.transmits.push_back(Transmit {
                socket,
                destination,
                payload,
            });
        }
    }

    /// `whois`, but not more than one in 5 s.
    fn send_whois(&mut self) {
        self.last_whois = Some(self.now);
        let destination = SocketAddrV4::new(crate::GROUP, crate::DISCOVERY_PORT);
        self.send(0, destination, crate::Message::whois().encode());
    }

    /// Whether there is room for another gateway; one that only ever said `iam`, long ago, makes room.
    fn has_room(&mut self) -> bool {
        if self.peers.len() >= MAX_GATEWAYS
            && let Some(index) = self.peers.iter().position(Peer::is_forgettable)
        {
            self.peers.remove(index);
        }
        self.peers.len() < MAX_GATEWAYS
    }

    /// A gateway that is new. The caller made sure that there is room.
    fn meet(
        &mut self,
        sid: Sid,
        address: SocketAddrV4,
        model: Option<String>,
        generation: Option<Generation>,
    ) {
        self.discovery = None;
        let asked = self.candidates.len();
        self.candidates.retain(|candidate| candidate.address != address);
        let configured = self.candidates.len() < asked;
        self.event(Event::GatewayFound {
            sid,
            address,
            model: model.clone(),
            generation,
        });
        let mut peer = Peer::new(sid, address, model, generation, self.now);
        peer.configured = configured;
        if configured {
            // If it said `iam` first, what it answers as a candidate is still under way and no answer to the scan.
            peer.sockets.touch(CANDIDATE_SOCKET, self.now);
        }
        peer.begin_scan(self.now);
        self.peers.push(peer);
    }
}

impl Candidate {
    const fn new(address: SocketAddrV4, now: Duration) -> Self {
        Self {
            address,
            generation: Generation::One,
            sends: 0,
            due: now,
            given_up: false,
        }
    }
}

/// Where the lists of candidates are asked from.
const CANDIDATE_SOCKET: usize = 0;

/// The address that requests of a gateway go to, from its `iam`.
fn request_address(from: Ipv4Addr, port: Option<u16>) -> SocketAddrV4 {
    SocketAddrV4::new(from, port.filter(|port| *port != 0).unwrap_or(crate::PORT))
}

fn is_wireless_switch(model: &str) -> bool {
    use crate::Category::{Button, Cube, WallButton1, WallButton2};
    Model::find(model)
        .is_some_and(|model| matches!(model.category, Button | WallButton1 | WallButton2 | Cube))
}

const WHOIS_WAIT: Duration = Duration::from_secs(5);
const WHOIS_REST: Duration = Duration::from_secs(300);
const READ_WAIT: Duration = Duration::from_secs(3);
const READ_SENDS: u32 = 4;
const WRITE_WAIT: Duration = Duration::from_secs(1);
const WRITE_SENDS: u32 = 3;
const READ_PAUSE: Duration = Duration::from_millis(50);
/// A token lives 10 s; after this it is certainly another one.
const TOKEN_AGE: Duration = Duration::from_secs(12);
/// Without a heartbeat for longer, multicast doesn't arrive.
const HEARTBEAT_LIMIT: Duration = Duration::from_secs(30);

/// What strangers on the network can make the client hold is bounded.
const MAX_GATEWAYS: usize = 32;
const MAX_DEVICES: usize = 1024;
const MAX_EVENTS: usize = 4096;
const MAX_TRANSMITS: usize = 256;
const MAX_QUEUE: usize = 1024;
