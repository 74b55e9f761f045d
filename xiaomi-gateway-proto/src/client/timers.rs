//! What time does: begins requests and gives them up, and notices silence.

use alloc::vec::Vec;
use core::time::Duration;

use super::event::{Event, Failure};
use super::exchange::{Exchange, Job, Lane, Phase, What};
use super::{
    CANDIDATE_SOCKET, Client, HEARTBEAT_LIMIT, Peer, READ_PAUSE, READ_SENDS, READ_WAIT, Scan, WHOIS_REST,
    WHOIS_WAIT, WRITE_SENDS,
};
use crate::{Liveness, Message};

impl Client {
    /// When [`handle_timeout`](Self::handle_timeout) has something to do next, on the clock of `now`.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let discovery = self.discovery.iter().map(|discovery| discovery.due);
        let candidates = self.candidates.iter().map(|candidate| candidate.due);
        let peers = self.peers.iter().flat_map(|peer| peer.timers(self.config.probe));
        discovery.chain(candidates).chain(peers).min()
    }

    pub(super) fn run_timers(&mut self) {
        self.run_discovery();
        self.run_candidates();
        for index in 0..self.peers.len() {
            self.run_peer(index);
        }
    }

    fn run_discovery(&mut self) {
        let (now, limit) = (self.now, self.config.discovery_retry);
        let Some(discovery) = &mut self.discovery else {
            return;
        };
        if now < discovery.due {
            return;
        }
        let exhausted = discovery.sends >= limit && !discovery.given_up;
        if exhausted {
            discovery.given_up = true;
            discovery.due = now + WHOIS_REST;
            self.event(Event::NoGateway { address: None });
        } else {
            discovery.sends += 1;
            discovery.due = now
                + if discovery.given_up {
                    WHOIS_REST
                } else {
                    WHOIS_WAIT
                };
            self.send_whois();
        }
    }

    fn run_candidates(&mut self) {
        let now = self.now;
        let mut events = Vec::new();
        let mut sends = Vec::new();
        for candidate in self
            .candidates
            .iter_mut()
            .filter(|candidate| now >= candidate.due)
        {
            if candidate.sends >= READ_SENDS && !candidate.given_up {
                candidate.given_up = true;
                candidate.due = now + WHOIS_REST;
                events.push(Event::NoGateway {
                    address: Some(candidate.address),
                });
            } else {
                candidate.sends += 1;
                candidate.due = now + if candidate.given_up { WHOIS_REST } else { READ_WAIT };
                sends.push((candidate.address, candidate.generation));
            }
        }
        events.into_iter().for_each(|event| self.event(event));
        for (address, generation) in sends {
            self.send(
                CANDIDATE_SOCKET,
                address,
                Message::list_request(generation).encode(),
            );
        }
    }

    fn run_peer(&mut self, index: usize) {
        let now = self.now;
        let probe = self.config.probe;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let mut events = Vec::new();
        peer.watch(now, &mut events);
        if let Some(every) = probe.filter(|_| peer.degraded)
            && now >= peer.probed + every
            && peer.reads.is_idle()
        {
            peer.probed = now;
            // Idle, so there is room.
            let _ = peer.reads.push_user(Job {
                id: None,
                what: What::Read { sid: peer.sid },
            });
        }
        let expired = |lane: &mut Lane| lane.current.take_if(|exchange| now >= exchange.due);
        let expired = [expired(&mut peer.reads), expired(&mut peer.writes)];
        events.into_iter().for_each(|event| self.event(event));
        for exchange in expired.into_iter().flatten() {
            self.expire(index, exchange);
        }
        self.begin_jobs_of(index);
    }

    /// A request wasn't answered in time.
    fn expire(&mut self, index: usize, exchange: Exchange) {
        let limit = match &exchange.job.what {
            What::List | What::Read { .. } => READ_SENDS,
            What::Write(write) if write.once && write.phase == Phase::Answer => 1,
            What::Write(_) => WRITE_SENDS,
        };
        if exchange.sends < limit {
            return self.repeat(index, exchange);
        }
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        peer.unanswered = true;
        let failure = match &exchange.job.what {
            What::Write(write) if write.refusals > 0 && write.phase == Phase::Token => {
                peer.key_stale = true;
                Failure::TokenStale
            }
            _ => Failure::Timeout {
                sends: exchange.sends,
                silence: peer.silence(exchange.since, self.now),
            },
        };
        self.fail(index, &exchange.job, failure);
    }

    /// A request failed for good; a scan goes on with the next device.
    pub(super) fn fail(&mut self, index: usize, job: &Job, failure: Failure) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let sid = job.what.sid(peer.sid);
        let ready = if job.id.is_none() {
            peer.scan_failed(&job.what, now)
        } else {
            None
        };
        self.event(Event::Failed {
            id: job.id,
            sid,
            failure,
        });
        ready.into_iter().for_each(|event| self.event(event));
    }

    pub(super) fn begin_jobs(&mut self) {
        for index in 0..self.peers.len() {
            self.begin_jobs_of(index);
        }
    }

    fn begin_jobs_of(&mut self, index: usize) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let write = peer.writes.next();
        let read = peer.reads.next().or_else(|| peer.next_of_scan(now));
        for job in [write, read].into_iter().flatten() {
            self.begin(index, job);
        }
    }
}

impl Peer {
    /// The next request of a scan, if it is time and no other is under way.
    fn next_of_scan(&mut self, now: Duration) -> Option<Job> {
        if self.reads.current.is_some() {
            return None;
        }
        let Scan::Devices { left, due } = &mut self.scan else {
            return None;
        };
        if now < *due {
            return None;
        }
        let sid = left.pop_front()?;
        Some(Job {
            id: None,
            what: What::Read { sid },
        })
    }

    /// A request of the scan got no answer.
    fn scan_failed(&mut self, what: &What, now: Duration) -> Option<Event> {
        match (&mut self.scan, what) {
            // The list works on gateways that don't answer a read of themselves.
            (Scan::Generation, What::Read { .. }) => {
                self.scan_list_next(true);
                None
            }
            (Scan::List { .. }, What::List) => {
                // Perhaps it was asked in the other generation's way.
                self.generation = None;
                self.scan = Scan::Failed {
                    retry: now + HEARTBEAT_LIMIT,
                };
                None
            }
            (Scan::Devices { .. }, What::Read { .. }) => self.scan_next(now),
            _ => None,
        }
    }

    /// A device of the scan was asked: on with the next one, or ready.
    pub(super) fn scan_next(&mut self, now: Duration) -> Option<Event> {
        let Scan::Devices { left, due } = &mut self.scan else {
            return None;
        };
        *due = now + READ_PAUSE;
        if !left.is_empty() {
            return None;
        }
        self.scan = Scan::Done;
        Some(Event::Ready { gateway: self.sid })
    }

    /// Notices that somebody has become silent.
    fn watch(&mut self, now: Duration, events: &mut Vec<Event>) {
        if !self.degraded && now > self.heartbeat + HEARTBEAT_LIMIT {
            self.degraded = true;
            events.push(Event::MulticastDegraded { gateway: self.sid });
        }
        if !self.offline && now > self.heard + Liveness::Gateway.limit() {
            self.offline = true;
            events.push(Event::GatewayOffline { gateway: self.sid });
        }
        for (sid, device) in &mut self.devices {
            if device.online && now > device.due() {
                device.online = false;
                events.push(Event::DeviceOffline { sid: *sid });
            }
        }
    }

    /// When something is to be done for this gateway.
    fn timers(&self, probe: Option<Duration>) -> impl Iterator<Item = Duration> {
        // Limits are "more than": the first moment after them.
        let after = |time: Duration| time + Duration::from_nanos(1);
        let exchanges =
            [&self.reads, &self.writes].map(|lane| lane.current.as_ref().map(|exchange| exchange.due));
        let scan = match &self.scan {
            Scan::Devices { left, due } if !left.is_empty() && self.reads.current.is_none() => Some(*due),
            _ => None,
        };
        let degraded = (!self.degraded).then(|| after(self.heartbeat + HEARTBEAT_LIMIT));
        let offline = (!self.offline).then(|| after(self.heard + Liveness::Gateway.limit()));
        let probe = probe
            .filter(|_| self.degraded && self.reads.is_idle())
            .map(|every| self.probed + every);
        let devices = self
            .devices
            .values()
            .filter(|device| device.online)
            .map(|device| after(device.due()))
            .min();
        exchanges
            .into_iter()
            .chain([scan, degraded, offline, probe, devices])
            .flatten()
    }
}
