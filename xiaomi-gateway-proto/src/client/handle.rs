//! What comes in.

use alloc::string::String;
use core::net::SocketAddrV4;
use core::time::Duration;

use super::event::{Event, Failure, Ignored, Update};
use super::exchange::{Job, Phase, What};
use super::{
    Client, DUPLICATE_WITHIN, HEARTBEAT_LIMIT, MAX_GATEWAYS, MAX_RECENT, Scan, WHOIS_WAIT, request_address,
};
use crate::{Generation, Kind, Listed, Message, Sid, Source};

/// A multicast datagram that may come a second time.
#[derive(Debug)]
pub(super) struct Recent {
    from: SocketAddrV4,
    hash: u64,
    length: usize,
    at: Duration,
}

impl Client {
    pub(super) fn receive(&mut self, from: SocketAddrV4, bytes: &[u8]) {
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(error) => return self.ignore(from, Ignored::Malformed(error)),
        };
        if let Kind::Iam { port, .. } = message.kind {
            return self.iam(from, port, &message);
        }
        let Some(index) = self.peers.iter().position(|peer| peer.address.ip() == from.ip()) else {
            return self.stranger(from, &message);
        };
        if matches!(message.kind, Kind::Report | Kind::Heartbeat) && self.is_repeated(from, bytes) {
            return;
        }
        // Several gateways behind one address answer for their own sids.
        let index = match message.sid {
            Some(sid) => self.index_at(from, sid).unwrap_or(index),
            None => index,
        };
        self.hear(index, from, message);
    }

    /// The gateway at an address that a sid belongs to.
    fn index_at(&self, from: SocketAddrV4, sid: Sid) -> Option<usize> {
        self.peers.iter().position(|peer| {
            peer.address.ip() == from.ip() && (peer.sid == sid || peer.devices.contains_key(&sid))
        })
    }

    /// A gateway says where it is. The datagram's source is where it is; the member `ip` is what it believes.
    fn iam(&mut self, from: SocketAddrV4, port: Option<u16>, message: &Message<'_>) {
        let Some(sid) = message.sid else { return };
        let (now, address) = (self.now, request_address(*from.ip(), port));
        let model = message
            .model
            .as_deref()
            .filter(|model| !model.is_empty())
            .map(String::from);
        let Some(peer) = self.peer_mut(sid) else {
            if self.peers.len() >= MAX_GATEWAYS {
                return self.ignore(from, Ignored::Full);
            }
            return self.meet(sid, address, model, message.generation);
        };
        if peer.address == address {
            peer.model = model.or(peer.model.take());
            return self.alive(sid);
        }
        let old = peer.address;
        if peer
            .left
            .is_some_and(|(left, at)| left == address && now.saturating_sub(at) < HEARTBEAT_LIMIT * 2)
        {
            if !core::mem::replace(&mut peer.duplicate_told, true) {
                self.event(Event::DuplicateSid {
                    sid,
                    used: old,
                    other: address,
                });
            }
            return;
        }
        peer.left = Some((old, now));
        peer.address = address;
        self.event(Event::AddressChanged {
            sid,
            from: old,
            to: address,
        });
        self.alive(sid);
    }

    /// Something from an address that is no gateway's. A gateway's heartbeat there is worth a `whois`, and a list
    /// from a configured address is an answer.
    fn stranger(&mut self, from: SocketAddrV4, message: &Message<'_>) {
        let now = self.now;
        let candidate = self
            .candidates
            .iter_mut()
            .find(|candidate| candidate.address.ip() == from.ip());
        if let Some(candidate) = candidate {
            let address = candidate.address;
            if let (Kind::ListReply { .. }, Some(sid), Some(generation)) =
                (&message.kind, message.sid, message.generation)
            {
                self.meet(sid, address, None, Some(generation));
                if let Some(index) = self.peers.iter().position(|peer| peer.sid == sid) {
                    self.begin_list(index);
                    self.hear(index, from, message.clone());
                }
                return;
            }
            if message.generation == Some(Generation::Two) && message.error().is_some() {
                // "No sid": it wants the other list request, and at once.
                if candidate.generation == Generation::One {
                    candidate.generation = Generation::Two;
                    candidate.due = now;
                    self.run_timers();
                }
                return;
            }
        }
        let is_gateway = matches!(message.kind, Kind::Heartbeat) && message.write_token().is_some();
        if is_gateway && self.last_whois.is_none_or(|last| now >= last + WHOIS_WAIT) {
            self.send_whois();
        }
        self.ignore(from, Ignored::Stranger);
    }

    /// Takes the list that `meet` queued as sent: its answer is here already.
    fn begin_list(&mut self, index: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        if let Some(job) = peer.reads.next() {
            peer.reads.current = Some(super::exchange::Exchange {
                job,
                sends: 1,
                due: now,
                since: now,
            });
        }
    }

    /// A message from a gateway's address.
    fn hear(&mut self, index: usize, from: SocketAddrV4, message: Message<'_>) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        match (&message.kind, message.sid) {
            (Kind::Heartbeat, Some(sid)) if message.token.is_some() => {
                if sid != peer.sid {
                    return self.ignore(from, Ignored::WrongSid);
                }
                self.gateway_heartbeat(index, &message);
            }
            (Kind::Report | Kind::Heartbeat, Some(sid)) => self.update(index, from, sid, message, None),
            (Kind::ListReply { devices }, _) if message.error().is_none() => {
                if message.sid.is_some_and(|sid| sid != peer.sid) {
                    return self.ignore(from, Ignored::WrongSid);
                }
                peer.answered = Some(now);
                if let Some(token) = message.write_token() {
                    peer.token = Some((token, now));
                }
                let devices = devices.clone();
                let generation = message.generation;
                self.alive_at(index);
                self.list(index, from, &devices, generation);
            }
            (Kind::ReadReply, _) => self.read_reply(index, from, message),
            (Kind::WriteReply, Some(sid)) => self.write_reply(index, from, sid, message),
            (Kind::Other | Kind::ListReply { .. }, _) if message.error().is_some() => {
                peer.answered = Some(now);
                self.alive_at(index);
                self.refused(index, &message);
            }
            _ => {}
        }
    }

    fn gateway_heartbeat(&mut self, index: usize, message: &Message<'_>) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        if let Some(token) = message.write_token() {
            peer.token = Some((token, now));
        }
        if let Some(model) = message.model.as_deref().filter(|model| !model.is_empty()) {
            peer.model = Some(model.into());
        }
        peer.heartbeat = now;
        peer.heartbeat_seen = true;
        let restored = core::mem::replace(&mut peer.degraded, false);
        let gateway = peer.sid;
        if matches!(peer.scan, Scan::Failed { retry } if now >= retry) {
            peer.begin_scan(now);
        }
        if restored {
            self.event(Event::MulticastRestored { gateway });
        }
        self.alive_at(index);
        // A write that waits for a token has one now.
        self.retry_write(index);
    }

    /// A gateway gave a sign of life.
    fn alive(&mut self, sid: Sid) {
        if let Some(index) = self.peers.iter().position(|peer| peer.sid == sid) {
            self.alive_at(index);
        }
    }

    fn alive_at(&mut self, index: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        peer.heard = now;
        let gateway = peer.sid;
        if core::mem::replace(&mut peer.offline, false) {
            self.event(Event::GatewayOnline { gateway });
        }
    }

    /// A sign of life of a device, and of its gateway.
    fn device_alive(&mut self, index: usize, sid: Sid) {
        self.alive_at(index);
        let now = self.now;
        let device = self
            .peers
            .get_mut(index)
            .and_then(|peer| peer.devices.get_mut(&sid));
        if let Some(device) = device {
            device.heard = now;
            if !core::mem::replace(&mut device.online, true) {
                self.event(Event::DeviceOnline { sid });
            }
        }
    }

    /// Attributes of a device, as an event.
    fn update(
        &mut self,
        index: usize,
        from: SocketAddrV4,
        sid: Sid,
        message: Message<'_>,
        request: Option<super::RequestId>,
    ) {
        let now = self.now;
        let Some(source) = Source::of(&message.kind) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        if !peer.meet_device(sid, message.model.as_deref(), now) {
            return self.ignore(from, Ignored::Full);
        }
        let model = match message.model.as_deref() {
            Some(model) if !model.is_empty() => model,
            _ => peer.model_of(sid).unwrap_or_default(),
        };
        let update = Update {
            gateway: peer.sid,
            sid,
            model: model.into(),
            generation: message.generation,
            source,
            request,
            fields: message.fields.into_owned(),
        };
        self.device_alive(index, sid);
        self.event(match source {
            Source::Report => Event::Report(update),
            Source::Heartbeat => Event::Heartbeat(update),
            Source::Read | Source::Write => Event::Device(update),
        });
    }

    fn list(
        &mut self,
        index: usize,
        from: SocketAddrV4,
        devices: &[Listed<'_>],
        generation: Option<Generation>,
    ) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        peer.generation = generation.or(peer.generation);
        let asked = peer.reads.take_list();
        let mut all_fit = true;
        for device in devices {
            all_fit &= peer.meet_device(device.sid, device.model.as_deref(), now);
        }
        if let (Scan::List { gateway_read }, true) = (&peer.scan, asked) {
            let own = (!gateway_read).then_some(peer.sid);
            let left = own
                .into_iter()
                .chain(devices.iter().map(|device| device.sid))
                .collect();
            peer.scan = Scan::Devices { left, due: now };
            if let Scan::Devices { left, .. } = &peer.scan
                && left.is_empty()
            {
                peer.scan = Scan::Done;
                let gateway = peer.sid;
                self.event(Event::Ready { gateway });
            }
        }
        if !all_fit {
            self.ignore(from, Ignored::Full);
        }
        self.retry_write(index);
    }

    /// A write that waited for a token, now that one is here.
    fn retry_write(&mut self, index: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let waits = |what: &What| matches!(what, What::Write(write) if write.phase == Phase::Token);
        let Some(mut exchange) = peer.writes.current.take_if(|exchange| waits(&exchange.job.what)) else {
            return;
        };
        if let What::Write(write) = &mut exchange.job.what {
            write.fetched = true;
        }
        self.transmit(index, exchange.job, 0, now);
    }

    fn read_reply(&mut self, index: usize, from: SocketAddrV4, message: Message<'_>) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        peer.answered = Some(now);
        // "No sid" and the like may come without sid; only one read is under way.
        let Some(sid) = message.sid else {
            self.alive_at(index);
            return self.refused(index, &message);
        };
        let job = peer.reads.take_read(sid);
        let gateway = peer.sid;
        // The user may have asked the gateway too; that answer is the user's.
        let own = job.as_ref().is_some_and(|job| job.id.is_none());
        let learns = own && sid == gateway && matches!(peer.scan, Scan::Generation);
        if learns {
            let version = message.proto_version.as_deref().and_then(Generation::of_version);
            let answered = message
                .generation
                .filter(|generation| *generation == Generation::Two);
            peer.generation = Some(version.or(answered).unwrap_or(Generation::One));
            peer.scan = Scan::List {
                gateway_read: message.error().is_none(),
            };
            let _ = peer.reads.push_user(Job {
                id: None,
                what: What::List,
            });
        }
        if let Some(error) = message.error() {
            let failure = Failure::Refused { text: error.into() };
            self.alive_at(index);
            return match job {
                Some(job) if !learns => self.fail(index, &job, failure),
                _ => {}
            };
        }
        let scanned = own && !learns;
        let sid = if sid == gateway { gateway } else { sid };
        self.update(index, from, sid, message, job.and_then(|job| job.id));
        if scanned && let Some(event) = self.peers.get_mut(index).and_then(|peer| peer.scan_next(now)) {
            self.event(event);
        }
    }

    fn write_reply(&mut self, index: usize, from: SocketAddrV4, sid: Sid, message: Message<'_>) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        peer.answered = Some(now);
        self.alive_at(index);
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        if peer.writes.write_of(sid).is_none() {
            if message.error().is_none() {
                // It comes late, but it is an answer to us: the KEY is right.
                peer.key_proven = true;
                peer.key_rejected = false;
                self.update(index, from, sid, message, None);
            }
            return;
        }
        let Some(mut exchange) = peer.writes.current.take() else {
            return;
        };
        let Some(error) = message.error() else {
            peer.key_proven = true;
            peer.key_rejected = false;
            let before = message.fields.into_owned();
            self.device_alive(index, sid);
            if let Some(id) = exchange.job.id {
                self.event(Event::WriteAccepted { id, sid, before });
            }
            return;
        };
        if !error.contains("Invalid key") {
            let failure = Failure::Refused { text: error.into() };
            return self.fail(index, &exchange.job, failure);
        }
        let worked_before = peer.key_proven;
        let token = peer.token.map(|(token, _)| token);
        let What::Write(write) = &mut exchange.job.what else {
            return;
        };
        write.refusals += 1;
        // The token that was refused was the newest one: it is the KEY, not the token.
        let was_newest = write.fetched && write.used == token;
        // A KEY that worked before gets the benefit of the doubt: the second refusal may be the first one's double.
        let verdict = if worked_before { MAX_REFUSALS } else { 2 };
        if write.refusals >= MAX_REFUSALS || (write.refusals >= verdict && was_newest) {
            peer.key_rejected = was_newest;
            let failure = if was_newest {
                Failure::KeyRejected { worked_before }
            } else {
                Failure::TokenStale
            };
            return self.fail(index, &exchange.job, failure);
        }
        write.fetched = false;
        self.transmit(index, exchange.job, 0, now);
    }

    /// An error that names no device.
    fn refused(&mut self, index: usize, message: &Message<'_>) {
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let Some(exchange) = peer.reads.current.take() else {
            return;
        };
        let is_two = message.generation == Some(Generation::Two);
        match (&exchange.job.what, &peer.scan) {
            // A gateway of generation 2 that was taken for one of generation 1.
            (What::List, _) if is_two && peer.generation != Some(Generation::Two) => {
                peer.generation = Some(Generation::Two);
                self.transmit(index, exchange.job, 0, exchange.since);
            }
            (What::Read { .. }, Scan::Generation) if exchange.job.id.is_none() => {
                peer.generation = message.generation;
                peer.scan = Scan::List { gateway_read: false };
                let _ = peer.reads.push_user(Job {
                    id: None,
                    what: What::List,
                });
            }
            _ => {
                let text = message.error().unwrap_or_default().into();
                self.fail(index, &exchange.job, Failure::Refused { text });
            }
        }
    }

    /// Some devices send everything twice. Compares a hash and the length, since nothing is secret here.
    fn is_repeated(&mut self, from: SocketAddrV4, bytes: &[u8]) -> bool {
        let now = self.now;
        while self
            .recent
            .front()
            .is_some_and(|old| now.saturating_sub(old.at) > DUPLICATE_WITHIN)
            || self.recent.len() >= MAX_RECENT
        {
            self.recent.pop_front();
        }
        let (hash, length) = (fnv1a(bytes), bytes.len());
        let repeated = self
            .recent
            .iter()
            .any(|old| old.hash == hash && old.length == length && old.from.ip() == from.ip());
        if !repeated {
            self.recent.push_back(Recent {
                from,
                hash,
                length,
                at: now,
            });
        }
        repeated
    }

    fn ignore(&mut self, from: SocketAddrV4, reason: Ignored) {
        let now = self.now;
        match self.ignored.iter_mut().find(|(known, _)| known.same_kind(reason)) {
            Some((_, last)) if now < *last + Ignored::REPEAT => return,
            Some((_, last)) => *last = now,
            None => self.ignored.push((reason, now)),
        }
        self.event(Event::Ignored { from, reason });
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A write is made at most this often: the second refusal with the newest token means the KEY, and more happens only
/// while the gateway changes its token faster than it answers.
const MAX_REFUSALS: u32 = 3;
