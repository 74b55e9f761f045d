//! What comes in.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddrV4;

use super::event::{Event, Ignored, Update};
use super::exchange::{Exchange, Sent};
use super::tokens::Carrier;
use super::{Client, HEARTBEAT_LIMIT, Scan, WHOIS_WAIT, request_address};
use crate::{Generation, Kind, Message, Sid, Source};

impl Client {
    pub(super) fn receive(&mut self, from: SocketAddrV4, socket: Option<usize>, bytes: &[u8]) {
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
        if matches!(message.kind, Kind::Report | Kind::Heartbeat)
            && self.repeats.contain(self.now, *from.ip(), bytes)
        {
            return;
        }
        // Several gateways behind one address answer for their own sids.
        let index = match message.sid {
            Some(sid) => self.index_at(from, sid).unwrap_or(index),
            None => index,
        };
        self.hear(index, from, socket, message);
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
            if !self.has_room() {
                return self.ignore(from, Ignored::Full);
            }
            return self.meet(sid, address, model, message.generation);
        };
        if peer.address == address {
            peer.model = model.or(peer.model.take());
            return self.alive(sid);
        }
        let old = peer.address;
        // Leases don't change twice a minute, and an address that the user gave is right as long as it answers.
        let moved = peer
            .left
            .is_some_and(|left| now.saturating_sub(left) < HEARTBEAT_LIMIT * 2);
        if moved || (peer.configured && !peer.offline) {
            if !core::mem::replace(&mut peer.duplicate_told, true) {
                self.event(Event::DuplicateSid {
                    sid,
                    used: old,
                    other: address,
                });
            }
            return;
        }
        peer.left = Some(now);
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
                if !self.has_room() {
                    return self.ignore(from, Ignored::Full);
                }
                self.meet(sid, address, None, Some(generation));
                if let Some(index) = self.peers.iter().position(|peer| peer.sid == sid) {
                    self.begin_list(index);
                    self.hear(index, from, None, message.clone());
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
            peer.reads.current = Some(Exchange {
                job,
                sent: Sent {
                    payload: Vec::new(),
                    socket: 0,
                    at: now,
                },
                sends: 1,
                due: now,
                since: now,
            });
        }
    }

    /// A message from a gateway's address.
    fn hear(&mut self, index: usize, from: SocketAddrV4, socket: Option<usize>, message: Message<'_>) {
        let Some(peer) = self.peers.get(index) else {
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
            (Kind::ListReply { .. }, Some(sid)) if sid != peer.sid => self.ignore(from, Ignored::WrongSid),
            (Kind::ListReply { devices }, _) if message.error().is_none() => {
                let devices = devices.clone();
                self.answered_at(index);
                self.list(index, from, socket, &devices, &message);
            }
            (Kind::ReadReply, _) => {
                self.answered_at(index);
                self.read_reply(index, from, socket, message);
            }
            (Kind::WriteReply, _) => {
                self.answered_at(index);
                self.write_reply(index, from, socket, message);
            }
            (Kind::Other | Kind::ListReply { .. }, _) if message.error().is_some() => {
                self.answered_at(index);
                self.refused(index, socket, &message);
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
            peer.tokens.learn(token, now, Carrier::Heartbeat);
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
        self.continue_write(index);
    }

    /// A gateway gave a sign of life.
    fn alive(&mut self, sid: Sid) {
        if let Some(index) = self.peers.iter().position(|peer| peer.sid == sid) {
            self.alive_at(index);
        }
    }

    /// A gateway answered something.
    fn answered_at(&mut self, index: usize) {
        if let Some(peer) = self.peers.get_mut(index) {
            peer.answered = Some(self.now);
        }
        self.alive_at(index);
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
    pub(super) fn device_alive(&mut self, index: usize, sid: Sid) {
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
    pub(super) fn update(
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
        if sid == peer.sid
            && let Some(version) = update.fields.text("fw_ver")
        {
            peer.firmware = Some(version.into());
        }
        self.device_alive(index, sid);
        self.event(match source {
            Source::Report => Event::Report(update),
            Source::Heartbeat => Event::Heartbeat(update),
            Source::Read | Source::Write => Event::Device(update),
        });
    }

    pub(super) fn ignore(&mut self, from: SocketAddrV4, reason: Ignored) {
        let now = self.now;
        match self.ignored.iter_mut().find(|(known, _)| known.same_kind(reason)) {
            Some((_, last)) if now < *last + Ignored::REPEAT => return,
            Some((_, last)) => *last = now,
            None => self.ignored.push((reason, now)),
        }
        self.event(Event::Ignored { from, reason });
    }
}
