//! Sends requests, and chooses the token and the socket.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::{Failure, Silence};
use super::exchange::{Exchange, Job, Phase, Sent, What};
use super::{Client, Peer, READ_WAIT, TOKEN_AGE, WRITE_WAIT};
use crate::{Generation, Key, Message};

impl Client {
    /// Sends a request for the first time.
    pub(super) fn begin(&mut self, index: usize, job: Job) {
        let since = self.now;
        self.transmit(index, job, None, 0, since);
    }

    /// Sends a request that nobody answered again.
    pub(super) fn repeat(&mut self, index: usize, exchange: Exchange) {
        let Exchange {
            job,
            sent,
            sends,
            since,
            ..
        } = exchange;
        self.transmit(index, job, Some(sent), sends, since);
    }

    /// Sends the next step of a request, which is another question than the last one.
    pub(super) fn go_on(&mut self, index: usize, exchange: Exchange) {
        self.transmit(index, exchange.job, None, 0, exchange.since);
    }

    fn transmit(&mut self, index: usize, mut job: Job, last: Option<Sent>, sends: u32, since: Duration) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(index) else {
            return;
        };
        let key = self.config.key_of(peer.sid);
        let Some((payload, wait)) = peer.datagram(&mut job, key, now) else {
            let failure = Failure::Timeout {
                sends,
                silence: Silence::NeverAnswered,
            };
            return self.fail(index, &job, failure);
        };
        let sent = match last {
            Some(last) if last.payload == payload => {
                peer.sockets.touch(last.socket, now);
                last
            }
            // Another question gets another socket, so that answers to the old one aren't taken for its own.
            _ => Sent {
                payload,
                socket: peer.sockets.take(now),
                at: now,
            },
        };
        if let What::Write(write) = &mut job.what
            && write.phase == Phase::Answer
            && !write.sockets.contains(&sent.socket)
        {
            write.sockets.push(sent.socket);
        }
        let (socket, address, payload) = (sent.socket, peer.address, sent.payload.clone());
        let lane = if matches!(job.what, What::Write(_)) {
            &mut peer.writes
        } else {
            &mut peer.reads
        };
        lane.current = Some(Exchange {
            job,
            sent,
            sends: sends + 1,
            due: now + wait,
            since,
        });
        self.send(socket, address, payload);
    }
}

impl Peer {
    /// The datagram that a job needs now, and how long to wait for its answer. `None` for a write without KEY, which
    /// [`Client::write`] refuses.
    fn datagram(&self, job: &mut Job, key: Option<&Key>, now: Duration) -> Option<(Vec<u8>, Duration)> {
        let generation = self.generation.unwrap_or(Generation::One);
        let write = match &mut job.what {
            What::List => return Some((Message::list_request(generation).encode(), READ_WAIT)),
            What::Read { sid } => return Some((Message::read_request(*sid).encode(), READ_WAIT)),
            What::Write(write) => write,
        };
        let key = key?;
        // After a refusal nothing but a token that came since will do.
        let token = self
            .tokens
            .newest(now)
            .filter(|(_, age)| *age <= TOKEN_AGE && (write.refusals == 0 || write.fetched));
        let Some((token, _)) = token else {
            write.phase = Phase::Token;
            return Some((Message::list_request(generation).encode(), WRITE_WAIT));
        };
        let model = self.model_of(write.sid).map(|model| Cow::Owned(model.into()));
        let write_key = key.write_key(&token);
        let message = Message::write_request(generation, write.sid, model, &write_key, write.values.clone());
        write.phase = Phase::Answer;
        write.used = Some(token);
        Some((message.ok()?.encode(), WRITE_WAIT))
    }
}
