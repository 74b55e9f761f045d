//! What a session makes of a frame that arrived.

use alloc::vec::Vec;
use core::time::Duration;

use super::{
    Answered, CallError, CallState, Clash, DeviceClock, Event, Match, Notice, Session, back_off, event,
    match_answer,
};
use crate::json::Repair;
use crate::rpc::{Answer, Message, Outcome};
use crate::{Cipher, Frame, FrameError, HelloReply};

impl Session {
    pub(super) fn handle_hello_reply(&mut self, now: Duration, frame: &Frame<'_>) {
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

    pub(super) fn check_disclosed(&mut self, reply: &HelloReply) {
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
    pub(super) fn handle_bad_checksum(&mut self) {
        self.counters.bad_checksum += 1;
        for call in &mut self.active {
            call.bad_checksum = true;
        }
        if self.verified && self.counters.bad_checksum == 1 {
            self.push(Event::Notice(Notice::BadChecksum));
        }
    }

    pub(super) fn handle_plaintext(&mut self, now: Duration, stamp: u32, plaintext: &[u8]) {
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
    pub(super) fn handle_stray(&mut self, id: Option<i64>) {
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
    pub(super) fn find(&self, id: i64) -> Option<usize> {
        let id = u32::try_from(id).ok()?;
        self.active.iter().position(|call| call.message_ids.contains(&id))
    }

    pub(super) fn take_stamp(&mut self, now: Duration, stamp: u32) {
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
    pub(super) fn finish(&mut self, now: Duration, index: usize, answer: Answer, repairs: Vec<Repair>) {
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
    pub(super) fn settle(&mut self, now: Duration, index: usize) {
        let reads = |method: &str| method.starts_with("get_") || method.starts_with("miIO.info");
        if self
            .active
            .get(index)
            .is_some_and(|call| !reads(&call.request.method))
        {
            self.quiet_until = now + self.config.settle;
        }
    }

    pub(super) fn watch_for_clash(&mut self, index: usize) {
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
}
