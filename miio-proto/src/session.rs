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

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::{Value, json};

use crate::json::Repair;
use crate::rpc::{Answer, Message, Outcome};
use crate::{Cipher, DecryptError, DeviceId, Frame, FrameError, HELLO, HelloReply, Request};

pub use clock::{DeviceClock, StampKind, needs_handshake, stamp_kind};
pub use config::Config;
pub use event::{Answered, CallError, Event, Notice, Suspects};
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

/// The ids of the last calls that ended, to tell doubled answers from strange ones.
#[derive(Debug, Default)]
struct Ended {
    ids: [(u32, bool); 8],
    next: usize,
}

/// The signs of a second client: calls that needed a jump of the id, while hellos came through at once.
#[derive(Debug, Default)]
struct Clash {
    jumped: u8,
    hellos: u8,
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

    fn start_clocks(&mut self, now: Duration) {
        for call in self.queue.iter_mut().rev() {
            if call.queued_at.is_some() {
                break;
            }
            call.queued_at = Some(now);
        }
    }

    fn expire_deadlines(&mut self, now: Duration) {
        let deadline = self.config.deadline;
        let waited = |call: &Call| now.saturating_sub(call.queued_at.unwrap_or(now));
        while let Some(index) = self.active.iter().position(|call| waited(call) >= deadline) {
            let waited = self.active.get(index).map_or(deadline, waited);
            self.end(index, CallError::Deadline { waited, sent: true });
        }
        while let Some(call) = self.queue.front() {
            let waited = waited(call);
            if waited < deadline {
                break;
            }
            let id = call.id;
            self.queue.pop_front();
            self.fail(id, CallError::Deadline { waited, sent: false });
        }
    }

    fn expire_hello(&mut self, now: Duration) {
        let attempts = self.config.hello_attempts;
        let Some(hello) = self
            .hello
            .filter(|hello| hello.sent >= attempts && now >= hello.due)
        else {
            return;
        };
        self.hello = None;
        self.renew = true;
        self.clash = Clash::default();
        if self.online {
            self.online = false;
            self.push(Event::Offline { hellos: hello.sent });
        }
        // The next test of an idle link is one interval away.
        self.quiet_until = now;
        let expected = self.device_id.or(self.config.device_id);
        self.fail_all(|| match (expected, hello.wrong_device) {
            (Some(expected), Some(found)) => CallError::WrongDevice { expected, found },
            _ => CallError::Unreachable { hellos: hello.sent },
        });
    }

    fn expire_requests(&mut self, now: Duration) {
        let lost = |call: &Call| matches!(call.state, CallState::Sent(until) if now >= until);
        while let Some(index) = self.active.iter().position(lost) {
            self.renew = true;
            let Some(call) = self.active.get_mut(index) else {
                return;
            };
            call.lost += 1;
            let attempts = call.request.attempts.unwrap_or(self.config.attempts).max(1);
            let wrong_token = !self.verified && (call.bad_checksum || self.token_differs);
            if wrong_token {
                let disclosed = self.token_differs;
                self.end(index, CallError::WrongToken { disclosed });
            } else if call.lost >= attempts {
                let suspects = Suspects {
                    wrong_token: !self.verified,
                    second_client: self.verified,
                    busy: self.verified,
                };
                let attempts = call.lost;
                self.end(index, CallError::Unanswered { attempts, suspects });
                self.ids.advance(self.config.id_jump);
            } else {
                call.state = CallState::Due(now);
            }
        }
    }

    /// Gives calls their turn.
    fn start_calls(&mut self, now: Duration) {
        while self.active.len() < usize::from(self.config.in_flight.max(1)) && now >= self.quiet_until {
            let Some(mut call) = self.queue.pop_front() else {
                break;
            };
            call.state = CallState::Due(now);
            self.active.push(call);
        }
        if self.queue.is_empty() {
            self.queue = VecDeque::new();
        }
    }

    /// Begins a handshake if a request, a reply or the keep-alive needs one.
    fn start_hello(&mut self, now: Duration) {
        let stale =
            self.renew || needs_handshake(self.clock.map(|clock| clock.age(now)), self.config.renew_after);
        let wanted = self.next_due(now).is_some() || !self.replies.is_empty();
        let idle = self.keep_alive_due().is_some_and(|due| now >= due);
        if self.hello.is_none() && (stale && wanted || idle) {
            self.hello = Some(Hello {
                sent: 0,
                due: now,
                wrong_device: None,
            });
        }
    }

    fn keep_alive_due(&self) -> Option<Duration> {
        let interval = self.config.keep_alive?;
        if self.hello.is_some() || self.pending() > 0 {
            return None;
        }
        let last = self.clock.map(|clock| clock.arrived()).unwrap_or_default();
        Some(last.max(self.quiet_until) + interval)
    }

    fn next_due(&self, now: Duration) -> Option<usize> {
        self.active
            .iter()
            .position(|call| matches!(call.state, CallState::Due(at) if now >= at))
    }

    /// Encodes a call's next sending. `None` if it can't be sent; it has ended then.
    fn send(&mut self, now: Duration, index: usize) -> Option<Vec<u8>> {
        let (Some(cipher), Some(device_id), Some(clock)) = (&self.cipher, self.device_id, self.clock) else {
            self.end(index, CallError::TokenWithheld);
            return None;
        };
        let call = self.active.get_mut(index)?;
        let jump = match call.lost {
            0 => 1,
            1 => self.config.id_jump,
            _ => self.config.id_jump.saturating_mul(100),
        };
        let id = self.ids.advance(jump);
        let plaintext = zeroize::Zeroizing::new(call.request.encode(id));
        let stamp = clock.request_stamp(now);
        let limit = self.config.request_limit;
        let frame = cipher.seal(device_id, stamp, &plaintext, self.config.plaintext_end);
        let payload = match frame {
            Ok(frame) if frame.len() <= limit => frame,
            Ok(frame) => {
                let found = frame.len();
                self.end(index, CallError::TooLong { found, limit });
                return None;
            }
            Err(_) => {
                let found = plaintext.len();
                self.end(index, CallError::TooLong { found, limit });
                return None;
            }
        };
        if call.message_ids.is_empty() {
            call.first_sent = now;
        }
        call.message_ids.push(id);
        call.bad_checksum = false;
        let timeout = call.request.timeout.unwrap_or(self.config.timeout);
        call.state = CallState::Sent(now + back_off(timeout, call.lost));
        Some(payload)
    }

    fn next_reply(&mut self, now: Duration) -> Option<Vec<u8>> {
        let (cipher, device_id, clock) = (self.cipher.as_ref()?, self.device_id?, self.clock?);
        let (id, result) = self.replies.pop_front()?;
        let text = serde_json::to_vec(&json!({"id": id, "result": result})).ok()?;
        cipher
            .seal(
                device_id,
                clock.request_stamp(now),
                &text,
                self.config.plaintext_end,
            )
            .ok()
    }

    fn handle_hello_reply(&mut self, now: Duration, frame: &Frame<'_>) {
        let reply = match HelloReply::from_frame(frame) {
            Ok(reply) => reply,
            Err(FrameError::HelloRequest) => {
                self.counters.unexpected += 1;
                return;
            }
            Err(_) => {
                self.counters.malformed += 1;
                return;
            }
        };
        let Some(hello) = self.hello.as_mut().filter(|hello| hello.sent > 0) else {
            self.counters.unexpected += 1;
            return;
        };
        // An id that was only learned counts once something was decrypted under it.
        let expected = self.config.device_id.or(self.device_id.filter(|_| self.verified));
        if expected.is_some_and(|expected| expected != reply.device_id) {
            // Anybody can send this, so the right device's reply is still waited for.
            hello.wrong_device = Some(reply.device_id);
            self.counters.foreign += 1;
            return;
        }
        let first_try = hello.sent == 1;
        self.hello = None;
        self.device_id = Some(reply.device_id);
        self.clash.hellos = if first_try {
            self.clash.hellos.saturating_add(1)
        } else {
            0
        };
        let rebooted = self.clock.filter(|clock| clock.went_back(reply.stamp));
        if let Some(clock) = rebooted {
            self.push(Event::Rebooted {
                before: clock.stamp(),
                after: reply.stamp,
            });
        }
        self.clock = Some(DeviceClock::new(reply.stamp, now));
        self.renew = false;
        self.check_disclosed(&reply);
        if !self.online || rebooted.is_some() {
            self.online = true;
            self.push(Event::Connected(reply));
        }
        if self.cipher.is_none() {
            self.fail_all(|| CallError::TokenWithheld);
        }
    }

    fn check_disclosed(&mut self, reply: &HelloReply) {
        let Some(disclosed) = reply.token.token() else {
            return;
        };
        match &self.cipher {
            Some(cipher) => {
                let differs = cipher.token() != disclosed;
                if differs && !self.token_differs {
                    self.push(Event::Notice(Notice::TokenDiffers));
                }
                self.token_differs = differs;
            }
            None => self.cipher = Some(Cipher::new(disclosed)),
        }
    }

    /// A stranger can send such a frame, so it ends no call; but it decides the diagnosis if no answer follows.
    fn handle_bad_checksum(&mut self) {
        self.counters.bad_checksum += 1;
        for call in &mut self.active {
            call.bad_checksum = true;
        }
        if self.verified && self.counters.bad_checksum == 1 {
            self.push(Event::Notice(Notice::BadChecksum));
        }
    }

    fn handle_plaintext(&mut self, now: Duration, stamp: u32, plaintext: &[u8]) {
        self.verified = true;
        let mut decoded = match crate::json::decode(plaintext) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.counters.undecodable += 1;
                let id = event::id_in_text(&error.text);
                match id.map(|id| self.find(id)) {
                    Some(None) => {}
                    Some(Some(index)) => self.end(index, error.into()),
                    None => self.end_only_call(error.into()),
                }
                return;
            }
        };
        decoded
            .repairs
            .retain(|&repair| repair != Repair::TrailingNulRemoved);
        let empty = decoded.repairs.contains(&Repair::EmptyPayload);
        match Message::from_json(decoded.value) {
            Message::Request(request) => {
                self.take_stamp(now, stamp);
                self.push(Event::DeviceRequest(request));
            }
            // Nobody but the device can send it, and it can only mean the one request that waits.
            Message::Answer(answer) if empty => {
                if let [call] = self.active.as_slice()
                    && matches!(call.state, CallState::Sent(_))
                {
                    self.take_stamp(now, stamp);
                    self.finish(now, 0, answer, decoded.repairs);
                } else {
                    self.counters.unexpected += 1;
                }
            }
            Message::Answer(answer) => match answer.id.and_then(|id| self.find(id)) {
                Some(index) => {
                    self.take_stamp(now, stamp);
                    self.finish(now, index, answer, decoded.repairs);
                }
                None => self.handle_stray(answer.id),
            },
        }
    }

    /// An answer that no call waits for.
    fn handle_stray(&mut self, id: Option<i64>) {
        let id = id.and_then(|id| u32::try_from(id).ok());
        match id.and_then(|id| Some((id, self.ended.answered(id)?))) {
            Some((_, true)) => self.counters.doubled += 1,
            Some((id, false)) => {
                self.counters.late += 1;
                self.renew = true;
                self.push(Event::Notice(Notice::LateAnswer { id }));
            }
            None => {
                let pending: Vec<u32> = self
                    .active
                    .iter()
                    .flat_map(|call| call.message_ids.iter().copied())
                    .collect();
                if match_answer(&pending, id.map(i64::from)) == Match::Late {
                    self.counters.late += 1;
                } else {
                    self.counters.unexpected += 1;
                }
                self.renew = true;
            }
        }
    }

    /// The call that was sent under this id, at any of its attempts.
    fn find(&self, id: i64) -> Option<usize> {
        let id = u32::try_from(id).ok()?;
        self.active.iter().position(|call| call.message_ids.contains(&id))
    }

    fn take_stamp(&mut self, now: Duration, stamp: u32) {
        if let Some(clock) = self.clock.filter(|clock| clock.went_back(stamp)) {
            self.renew = true;
            self.push(Event::Rebooted {
                before: clock.stamp(),
                after: stamp,
            });
        } else if self.clock.is_some_and(|clock| clock.is_behind(stamp)) {
            // A frame that was delayed must not turn the clock back.
            return;
        }
        self.clock = Some(DeviceClock::new(stamp, now));
    }

    /// A call has its answer.
    fn finish(&mut self, now: Duration, index: usize, answer: Answer, repairs: Vec<Repair>) {
        let Some(call) = self.active.get_mut(index) else {
            return;
        };
        let result = match answer.outcome {
            Outcome::Result(result) => result,
            Outcome::Error(error) => {
                let again = call.request.retry_errors && call.error_retries < self.config.error_retries;
                if again && error.kind().is_worth_a_retry() {
                    call.state = CallState::Due(now + back_off(self.config.error_pause, call.error_retries));
                    call.error_retries += 1;
                    self.ended.remember(&call.message_ids, true);
                    call.message_ids.clear();
                    return;
                }
                self.settle(now, index);
                return self.end(index, CallError::Device(error));
            }
        };
        self.watch_for_clash(index);
        self.settle(now, index);
        if index >= self.active.len() {
            return;
        }
        let call = self.active.remove(index);
        self.ended.remember(&call.message_ids, true);
        self.events.push_back(Event::Answered(Answered {
            request: call.id,
            result,
            repairs,
            exe_time_ms: answer.exe_time_ms,
            attempts: call.lost + call.error_retries + 1,
            latency: now.saturating_sub(call.first_sent),
        }));
        self.shrink();
    }

    /// Leaves the device a moment after a request that changed something.
    fn settle(&mut self, now: Duration, index: usize) {
        let reads = |method: &str| method.starts_with("get_") || method.starts_with("miIO.info");
        if self
            .active
            .get(index)
            .is_some_and(|call| !reads(&call.request.method))
        {
            self.quiet_until = now + self.config.settle;
        }
    }

    fn watch_for_clash(&mut self, index: usize) {
        let jumped = self.active.get(index).is_some_and(|call| call.lost > 0);
        self.clash.jumped = if jumped {
            self.clash.jumped.saturating_add(1)
        } else {
            0
        };
        if self.clash.jumped >= 3 && self.clash.hellos >= 8 {
            let calls = self.clash.jumped;
            self.clash = Clash::default();
            self.push(Event::Notice(Notice::SecondClient { calls }));
        }
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

impl Ended {
    fn remember(&mut self, ids: &[u32], answered: bool) {
        // The latest is the one that the answer will carry.
        for &id in ids.iter().rev().take(3) {
            if let Some(slot) = self.ids.get_mut(self.next) {
                *slot = (id, answered);
            }
            self.next = (self.next + 1) % self.ids.len();
        }
    }

    /// Whether this id's call was answered; `None` if the id is too old or was never used.
    fn answered(&self, id: u32) -> Option<bool> {
        let found = self.ids.iter().find(|(known, _)| *known == id && id != 0)?;
        Some(found.1)
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
