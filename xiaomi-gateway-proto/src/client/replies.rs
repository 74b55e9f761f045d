//! Answers to requests.

use alloc::collections::VecDeque;
use core::net::SocketAddrV4;
use core::time::Duration;

use super::event::{Event, Failure, Ignored};
use super::exchange::{Exchange, Job, Phase, What};
use super::tokens::Carrier;
use super::{Client, Scan};
use crate::{Generation, Listed, Message, Sid};

impl Client {
    /// A list: what a scan waits for, and a write that needs a token.
    pub(super) fn list(
        &mut self,
        index: usize,
        from: SocketAddrV4,
        socket: Option<usize>,
        devices: &[Listed<'_>],
        message: &Message<'_>,
    ) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let scanned = peer.reads.take_list(socket);
        let mut write = peer.writes.current.as_mut();
        let write = write
            .as_mut()
            .filter(|exchange| exchange.is_asked_from(socket))
            .and_then(|exchange| {
                let asked = exchange.sent.at;
                exchange.waits_for_token().map(|write| (write, asked))
            });
        let asked = write.as_ref().map(|(_, asked)| *asked).or(scanned);
        if asked.is_some() {
            peer.generation = message.generation.or(peer.generation);
        }
        if let Some(token) = message.write_token() {
            let carrier = asked.map_or(Carrier::Stray, |asked| Carrier::Answer { asked });
            let newest = peer.tokens.learn(token, now, carrier);
            if let Some((write, _)) = write
                && newest
            {
                write.fetched = true;
                // Asked after the refusal, and the token is the refused one: it can't have been the token.
                write.proven |= write.refusals > 0 && write.used == Some(token);
            }
        }
        let mut all_fit = true;
        for device in devices {
            all_fit &= peer.meet_device(device.sid, device.model.as_deref(), now);
        }
        if scanned.is_some() {
            self.scan_list(index, devices);
        }
        if !all_fit {
            self.ignore(from, Ignored::Full);
        }
        self.continue_write(index);
    }

    /// The list of a scan: devices that aren't in it are gone, the others are read one by one.
    fn scan_list(&mut self, index: usize, devices: &[Listed<'_>]) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let gateway = peer.sid;
        let removed = peer.keep_devices(devices);
        let mut ready = false;
        if let Scan::List { gateway_read } = &peer.scan {
            let own = (!gateway_read).then_some(gateway);
            let listed = devices.iter().map(|device| device.sid);
            let left: VecDeque<Sid> = own.into_iter().chain(listed).collect();
            ready = left.is_empty();
            peer.scan = if ready {
                Scan::Done
            } else {
                Scan::Devices { left, due: now }
            };
        }
        for sid in removed {
            self.event(Event::DeviceRemoved { sid });
        }
        if ready {
            self.event(Event::Ready { gateway });
        }
    }

    /// A write that waits for a token, if one is here that wasn't refused, or that answers its question.
    pub(super) fn continue_write(&mut self, index: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let Some(exchange) = &mut peer.writes.current else {
            return;
        };
        let Some(write) = exchange.waits_for_token() else {
            return;
        };
        let Some((token, age)) = peer.tokens.newest(now) else {
            return;
        };
        write.fetched |= write.used != Some(token) && age == Duration::ZERO;
        if (write.refusals == 0 && age == Duration::ZERO) || write.fetched {
            let exchange = peer.writes.current.take();
            exchange
                .into_iter()
                .for_each(|exchange| self.go_on(index, exchange));
        }
    }

    pub(super) fn read_reply(
        &mut self,
        index: usize,
        from: SocketAddrV4,
        socket: Option<usize>,
        message: Message<'_>,
    ) {
        let now = self.now;
        // "No sid" and the like may come without sid; only one read is under way.
        let Some(sid) = message.sid else {
            return self.refused(index, socket, &message);
        };
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let job = peer.reads.take_read(sid, socket);
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
            peer.scan_list_next(message.error().is_none());
        }
        if let Some(error) = message.error() {
            let failure = Failure::Refused { text: error.into() };
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

    pub(super) fn write_reply(
        &mut self,
        index: usize,
        from: SocketAddrV4,
        socket: Option<usize>,
        message: Message<'_>,
    ) {
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let exchange = peer
            .writes
            .current
            .take_if(|exchange| is_answered(exchange, socket, &message));
        let (exchange, error) = match (exchange, message.error()) {
            (Some(exchange), Some(error)) => (exchange, error),
            (exchange, None) => {
                peer.key_proven = true;
                peer.key_rejected = false;
                peer.key_stale = false;
                return self.accepted(index, from, exchange.map(|exchange| exchange.job), message);
            }
            // An earlier try was refused, which is known, or somebody else's.
            (None, Some(_)) => return,
        };
        if error.contains("Invalid key") {
            self.invalid_key(index, exchange);
        } else {
            let failure = Failure::Refused { text: error.into() };
            self.fail(index, &exchange.job, failure);
        }
    }

    /// A write was taken: the one under way, or an earlier one whose answer comes late.
    fn accepted(&mut self, index: usize, from: SocketAddrV4, job: Option<Job>, message: Message<'_>) {
        let Some(job) = job else {
            if let Some(sid) = message.sid {
                self.update(index, from, sid, message, None);
            }
            return;
        };
        let What::Write(write) = &job.what else { return };
        self.device_alive(index, write.sid);
        if let Some(id) = job.id {
            self.event(Event::WriteAccepted {
                id,
                sid: write.sid,
                before: message.fields.into_owned(),
            });
        }
    }

    /// The newest try of a write was refused. It is the KEY, or the token was replaced meanwhile.
    fn invalid_key(&mut self, index: usize, mut exchange: Exchange) {
        let now = self.now;
        let (Some(peer), What::Write(write)) = (self.peers.get_mut(index), &mut exchange.job.what) else {
            return;
        };
        write.refusals += 1;
        let alive = write.used.is_some_and(|token| peer.tokens.is_alive(&token, now));
        if write.refusals >= 2 && (write.proven || alive) {
            peer.key_rejected = true;
            let worked_before = peer.key_proven;
            return self.fail(index, &exchange.job, Failure::KeyRejected { worked_before });
        }
        if write.refusals >= MAX_REFUSALS {
            peer.key_stale = true;
            return self.fail(index, &exchange.job, Failure::TokenStale);
        }
        write.fetched = false;
        self.go_on(index, exchange);
    }

    /// An error that names no device.
    pub(super) fn refused(&mut self, index: usize, socket: Option<usize>, message: &Message<'_>) {
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        // A gateway of generation 2 that was taken for one of generation 1: its list is asked for in another way.
        let mistaken =
            message.generation == Some(Generation::Two) && peer.generation != Some(Generation::Two);
        let is_list = |exchange: &mut Exchange| {
            exchange.is_asked_from(socket)
                && (matches!(exchange.job.what, What::List) || exchange.waits_for_token().is_some())
        };
        if mistaken {
            let lists = [&mut peer.reads, &mut peer.writes].map(|lane| lane.current.take_if(is_list));
            if lists.iter().any(Option::is_some) {
                peer.generation = Some(Generation::Two);
                return lists
                    .into_iter()
                    .flatten()
                    .for_each(|exchange| self.go_on(index, exchange));
            }
        }
        let Some(exchange) = peer
            .reads
            .current
            .take_if(|exchange| exchange.is_asked_from(socket))
        else {
            return;
        };
        if matches!(
            (&exchange.job, &peer.scan),
            (
                Job {
                    id: None,
                    what: What::Read { .. }
                },
                Scan::Generation
            )
        ) {
            peer.generation = message.generation;
            return peer.scan_list_next(false);
        }
        let text = message.error().unwrap_or_default().into();
        self.fail(index, &exchange.job, Failure::Refused { text });
    }
}

/// Whether a write reply answers this write. A good answer to any of its tries does; of the refusals only that of the
/// newest try counts.
fn is_answered(exchange: &mut Exchange, socket: Option<usize>, message: &Message<'_>) -> bool {
    let newest = exchange.is_asked_from(socket);
    let What::Write(write) = &exchange.job.what else {
        return false;
    };
    let tried = match socket {
        Some(socket) if message.error().is_none() => write.sockets.contains(&socket),
        _ => newest && write.phase == Phase::Answer,
    };
    // Errors may come without sid.
    tried && message.sid.is_none_or(|sid: Sid| sid == write.sid)
}

/// A write is made at most this often; more than twice only while it can be the token.
const MAX_REFUSALS: u32 = 4;
