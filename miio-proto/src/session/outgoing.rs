//! What a session does by itself: time-outs, turns of calls, hellos, sending.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::json;

use super::{Call, CallError, CallState, Clash, Event, Hello, Session, Suspects, back_off, needs_handshake};

impl Session {
    pub(super) fn start_clocks(&mut self, now: Duration) {
        for call in self.queue.iter_mut().rev() {
            if call.queued_at.is_some() {
                break;
            }
            call.queued_at = Some(now);
        }
    }

    pub(super) fn expire_deadlines(&mut self, now: Duration) {
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

    pub(super) fn expire_hello(&mut self, now: Duration) {
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

    pub(super) fn expire_requests(&mut self, now: Duration) {
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
    pub(super) fn start_calls(&mut self, now: Duration) {
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
    pub(super) fn start_hello(&mut self, now: Duration) {
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

    pub(super) fn keep_alive_due(&self) -> Option<Duration> {
        let interval = self.config.keep_alive?;
        if self.hello.is_some() || self.pending() > 0 {
            return None;
        }
        let last = self.clock.map(|clock| clock.arrived()).unwrap_or_default();
        Some(last.max(self.quiet_until) + interval)
    }

    pub(super) fn next_due(&self, now: Duration) -> Option<usize> {
        self.active
            .iter()
            .position(|call| matches!(call.state, CallState::Due(at) if now >= at))
    }

    /// Encodes a call's next sending. `None` if it can't be sent; it has ended then.
    pub(super) fn send(&mut self, now: Duration, index: usize) -> Option<Vec<u8>> {
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

    pub(super) fn next_reply(&mut self, now: Duration) -> Option<Vec<u8>> {
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
}
