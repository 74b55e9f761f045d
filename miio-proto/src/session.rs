//! The client's side for one device, without I/O: handshake, clock, message ids, queue, time-outs, retries, and a
//! diagnosis of every failure.
//!
//! A [`Session`] is driven like this; **whatever was handed in, poll until each `poll_*` returns `None`**:
//!
//! 1. [`call`](Session::call) queues a request, at any time.
//! 2. [`poll_transmit`](Session::poll_transmit): send each datagram to the device's port 54321.
//! 3. [`poll_event`](Session::poll_event): answers, failures, requests of the device.
//! 4. [`poll_timeout`](Session::poll_timeout): wait until then, or for a datagram from the device's address.
//! 5. [`handle_datagram`](Session::handle_datagram) or [`handle_timeout`](Session::handle_timeout), and again from 2.
//!
//! ```
//! use core::time::Duration;
//! use miio_proto::device::{Device, DeviceConfig};
//! use miio_proto::{Config, DeviceId, Event, Request, Session, Token};
//! use serde_json::json;
//!
//! let token = Token::new([7; 16]);
//! let mut device = Device::new(DeviceConfig::new(DeviceId(1), token.clone(), "philips.light.bulb"));
//! let mut session = Session::new(Config::new(token));
//! let call = session.call(Request::new("miIO.info", json!([])));
//!
//! let (now, host) = (Duration::ZERO, "127.0.0.1:4000".parse().unwrap());
//! while let Some(transmit) = session.poll_transmit(now) {
//!     device.handle_datagram(now, host, &transmit.payload);
//!     while let Some(reply) = device.poll_transmit(now) {
//!         session.handle_datagram(now, &reply.payload);
//!     }
//! }
//! let events: Vec<Event> = core::iter::from_fn(|| session.poll_event()).collect();
//! assert!(matches!(&events[0], Event::Connected(reply) if reply.device_id == DeviceId(1)));
//! assert!(matches!(&events[1], Event::Answered(answer) if answer.request == call));
//! ```

mod clock;
mod config;
mod event;
mod ids;
mod incoming;
mod memory;
mod outgoing;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use crate::{Cipher, DecryptError, DeviceId, Frame, HELLO, Request};

pub use clock::{DeviceClock, StampKind, needs_handshake, stamp_kind};
pub use config::Config;
pub use event::{Answered, CallError, Event, Notice, Suspects};
use memory::{Clash, Ended};

pub use ids::{Match, MessageIds, match_answer};

/// The client's side for one device.
#[derive(Debug)]
pub struct Session {
    config: Box<Config>,
    cipher: Option<Cipher>,
    device_id: Option<DeviceId>,
    clock: Option<DeviceClock>,
    ids: MessageIds,
    next_call: u64,
    hello: Option<Hello>,
    /// The next request must be preceded by a hello, however young the clock is.
    renew: bool,
    online: bool,
    /// Something was decrypted under the token.
    verified: bool,
    /// The device disclosed a token other than the configured one.
    token_differs: bool,
    active: Vec<Call>,
    queue: VecDeque<Call>,
    quiet_until: Duration,
    replies: VecDeque<(i64, Value)>,
    events: VecDeque<Event>,
    ended: Ended,
    clash: Clash,
    counters: Counters,
}

/// A call of a session, to find its events by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

/// A datagram for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The datagram.
    pub payload: Vec<u8>,
}

/// What arrived and was of no use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// No frames, or frames whose length lies.
    pub malformed: u64,
    /// Frames of another device.
    pub foreign: u64,
    /// Frames that don't fit the token.
    pub bad_checksum: u64,
    /// Answers to calls that had ended.
    pub late: u64,
    /// Answers that came a second time.
    pub doubled: u64,
    /// Answers that nobody asked for, replies to no hello, own hellos.
    pub unexpected: u64,
    /// Authentic frames without JSON.
    pub undecodable: u64,
    /// Events that nobody fetched in time; never the end of a call.
    pub dropped_events: u64,
}

/// A hello that waits for its reply.
#[derive(Clone, Copy, Debug)]
struct Hello {
    sent: u8,
    /// When to send (again), or to give up.
    due: Duration,
    /// A device with another id answered it.
    wrong_device: Option<DeviceId>,
}

#[derive(Debug)]
struct Call {
    id: RequestId,
    request: Request,
    queued_at: Option<Duration>,
    first_sent: Duration,
    /// The ids that it was sent under, the latest last.
    message_ids: Vec<u32>,
    /// Sendings that a time-out ended.
    lost: u8,
    error_retries: u8,
    /// Since the last sending a frame arrived that doesn't fit the token.
    bad_checksum: bool,
    state: CallState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallState {
    /// To be sent from this time on.
    Due(Duration),
    /// Sent; lost at this time.
    Sent(Duration),
}

impl Session {
    /// A session that has not sent anything yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            cipher: config.token.as_ref().map(Cipher::new),
            device_id: config.device_id,
            clock: None,
            ids: MessageIds::new(config.last_id, config.max_id),
            next_call: 0,
            hello: None,
            renew: false,
            online: false,
            verified: false,
            token_differs: false,
            active: Vec::new(),
            queue: VecDeque::new(),
            quiet_until: Duration::ZERO,
            replies: VecDeque::new(),
            events: VecDeque::new(),
            ended: Ended::default(),
            clash: Clash::default(),
            counters: Counters::default(),
            config: Box::new(config),
        }
    }

    /// Queues a request. Its time starts at the next `poll_transmit` or `handle_*`.
    pub fn call(&mut self, request: Request) -> RequestId {
        let id = RequestId(self.next_call);
        self.next_call += 1;
        if self.queue.len() >= self.config.queue {
            let limit = self.config.queue;
            self.fail(id, CallError::QueueFull { limit });
            return id;
        }
        self.queue.push_back(Call {
            id,
            request,
            queued_at: None,
            first_sent: Duration::ZERO,
            message_ids: Vec::new(),
            lost: 0,
            error_retries: 0,
            bad_checksum: false,
            state: CallState::Due(Duration::ZERO),
        });
        id
    }

    /// Takes a call back; no event follows. `false` if it had ended. What was sent can't be taken back: the device
    /// may still act on it.
    pub fn cancel(&mut self, id: RequestId) -> bool {
        if let Some(index) = self.active.iter().position(|call| call.id == id) {
            let call = self.active.remove(index);
            self.ended.remember(&call.message_ids, false);
            return true;
        }
        let before = self.queue.len();
        self.queue.retain(|call| call.id != id);
        self.queue.len() < before
    }

    /// Ends all calls with [`CallError::Closed`].
    pub fn close(&mut self) {
        self.fail_all(|| CallError::Closed);
        self.hello = None;
    }

    /// Sends a hello before the next request: the host's network has changed.
    pub fn network_changed(&mut self) {
        self.renew = true;
    }

    /// Answers a request of the device.
    pub fn answer(&mut self, id: i64, result: impl Into<Value>) {
        if self.replies.len() < MAX_REPLIES && self.cipher.is_some() {
            self.replies.push_back((id, result.into()));
        }
    }

    /// Takes a datagram that arrived from the device's address. What is of no use is counted and changes nothing.
    pub fn handle_datagram(&mut self, now: Duration, datagram: &[u8]) {
        self.handle_timeout(now);
        let Ok(frame) = Frame::parse(datagram) else {
            self.counters.malformed += 1;
            return;
        };
        if frame.payload.is_empty() {
            return self.handle_hello_reply(now, &frame);
        }
        if self.device_id != Some(frame.device_id) {
            self.counters.foreign += 1;
            return;
        }
        let Some(cipher) = &self.cipher else {
            self.counters.unexpected += 1;
            return;
        };
        match cipher.open(&frame) {
            Ok(plaintext) => self.handle_plaintext(now, frame.stamp, &plaintext),
            Err(DecryptError::Checksum | DecryptError::NoPayload) => self.handle_bad_checksum(),
            Err(error) => {
                self.counters.undecodable += 1;
                self.end_only_call(CallError::BadAnswer(error));
            }
        }
    }

    /// Does what is due: time-outs, retries, hellos. Early and repeated calls do no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.start_clocks(now);
        self.expire_deadlines(now);
        self.expire_hello(now);
        self.expire_requests(now);
        self.start_calls(now);
        self.start_hello(now);
    }

    /// The next datagram to send; call until `None`.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.handle_timeout(now);
        if let Some(hello) = &mut self.hello {
            if now < hello.due || hello.sent >= self.config.hello_attempts {
                return None;
            }
            hello.due = now + back_off(self.config.hello_timeout, hello.sent.min(1));
            hello.sent += 1;
            return Some(Transmit {
                payload: HELLO.to_vec(),
            });
        }
        if let Some(payload) = self.next_reply(now) {
            return Some(Transmit { payload });
        }
        while let Some(index) = self.next_due(now) {
            if let Some(payload) = self.send(now, index) {
                return Some(Transmit { payload });
            }
        }
        None
    }

    /// The next event; call until `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front();
        if self.events.is_empty() {
            // An idle session should hold no memory.
            self.events = VecDeque::new();
        }
        event
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`poll_transmit`](Self::poll_transmit) has something to do:
    /// zero means at once, `None` not before the next call or datagram.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let hello = self.hello.map(|hello| hello.due);
        let states = self.active.iter().filter_map(|call| match call.state {
            CallState::Due(_) if self.hello.is_some() => None,
            CallState::Due(at) | CallState::Sent(at) => Some(at),
        });
        let all = || self.active.iter().chain(&self.queue);
        let deadlines = all().map(|call| match call.queued_at {
            Some(at) => at + self.config.deadline,
            None => Duration::ZERO,
        });
        let has_room = self.active.len() < usize::from(self.config.in_flight.max(1));
        let next = (has_room && !self.queue.is_empty()).then_some(self.quiet_until);
        let reply = (!self.replies.is_empty() && self.hello.is_none()).then_some(Duration::ZERO);
        let idle = self.keep_alive_due();
        let single = [hello, next, reply, idle].into_iter().flatten();
        states.chain(deadlines).chain(single).min()
    }

    /// The last message id that was used. Store it, and hand it to the next session's
    /// [`Config::last_id`](Config).
    #[must_use]
    pub const fn last_id(&self) -> u32 {
        self.ids.last()
    }

    /// The device's id, once known.
    #[must_use]
    pub const fn device_id(&self) -> Option<DeviceId> {
        self.device_id
    }

    /// Whether the device answered the last hello.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        self.online
    }

    /// Whether anything was ever decrypted under the token, which proves it right.
    #[must_use]
    pub const fn is_token_verified(&self) -> bool {
        self.verified
    }

    /// Calls that have not ended.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.active.len() + self.queue.len()
    }

    /// What arrived and was of no use.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Ends the call that waits for an answer, if there is only one.
    fn end_only_call(&mut self, error: CallError) {
        if let [call] = self.active.as_slice()
            && matches!(call.state, CallState::Sent(_))
        {
            self.end(0, error);
        }
    }

    fn end(&mut self, index: usize, error: CallError) {
        if index < self.active.len() {
            let call = self.active.remove(index);
            self.ended.remember(&call.message_ids, false);
            self.fail(call.id, error);
            self.shrink();
        }
    }

    fn fail(&mut self, request: RequestId, error: CallError) {
        self.events.push_back(Event::Failed { request, error });
    }

    fn fail_all(&mut self, error: impl Fn() -> CallError) {
        self.replies.clear();
        let active = core::mem::take(&mut self.active);
        for call in &active {
            self.ended.remember(&call.message_ids, false);
        }
        let queue = core::mem::take(&mut self.queue);
        for call in active.into_iter().chain(queue) {
            self.fail(call.id, error());
        }
    }

    /// An event that isn't the end of a call may be dropped when nobody fetches events.
    fn push(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        } else {
            self.counters.dropped_events += 1;
        }
    }

    fn shrink(&mut self) {
        if self.active.is_empty() {
            self.active = Vec::new();
        }
    }
}

/// The base, doubled for each time before.
fn back_off(base: Duration, before: u8) -> Duration {
    base * (1 << before.min(5))
}

/// Events that wait to be fetched, ends of calls not counted.
const MAX_EVENTS: usize = 64;

/// Answers to requests of the device that wait to be sent.
const MAX_REPLIES: usize = 32;
