//! Legacy login.

use core::time::Duration;

use subtle::ConstantTimeEq;

use super::{Family, LOGIN, LOGIN_ACK, LOGIN_CONFIRM, scrambled};
use crate::handshake::Events;
use crate::timer::Timer;
use crate::{Characteristic, Event, Failure, Handshake, Ignored, LegacySessionKey, Stage, Token, Transmit};

/// Logs in to a legacy device.
#[derive(Debug)]
pub struct LegacyLogin {
    family: Family,
    answer_timeout: Duration,
    token: Token,
    key: Option<LegacySessionKey>,
    state: State,
    timer: Timer,
    events: Events<LegacySessionKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Subscribe,
    Subscribing,
    Start,
    Tick,
    Confirm,
    Result,
    Over,
}

impl LegacyLogin {
    /// A login to a device of Xiaomi's family, which may take 15 s for each answer.
    #[must_use]
    pub const fn new(token: Token) -> Self {
        Self::with(token, Family::Xiaomi, Duration::from_secs(15))
    }

    /// A login with another family or another time.
    #[must_use]
    pub const fn with(token: Token, family: Family, answer_timeout: Duration) -> Self {
        Self {
            family,
            answer_timeout,
            token,
            key: None,
            state: State::Subscribe,
            timer: Timer { running: None },
            events: Events::new(),
        }
    }

    fn on_answer(&mut self, bytes: &[u8]) {
        let Ok(answer) = <[u8; 4]>::try_from(bytes) else {
            let found = bytes.len();
            return self.end(Event::Failed(Failure::BadParcelLength { expected: 4, found }));
        };
        match self.key.take() {
            None => {
                let tick = scrambled(self.token.expose(), answer);
                self.key = Some(LegacySessionKey::derive(&self.token, tick));
                self.state = State::Confirm;
            }
            Some(key) => {
                let ack = scrambled(key.expose(), answer);
                if bool::from(ack.ct_eq(&self.family.constant(LOGIN_ACK))) {
                    self.end(Event::Done(key));
                } else {
                    self.end(Event::Failed(Failure::TokenNotMatched));
                }
            }
        }
    }

    fn end(&mut self, event: Event<LegacySessionKey>) {
        if self.state != State::Over {
            self.state = State::Over;
            self.timer.stop();
            self.events.push(event);
        }
    }

    fn ignore(&mut self, what: Ignored) {
        if self.state != State::Over {
            self.events.push(Event::Ignored(what));
        }
    }

    const fn stage(&self) -> Stage {
        match self.state {
            State::Subscribe | State::Subscribing => Stage::Subscribe,
            State::Start | State::Tick => Stage::Tick,
            State::Confirm | State::Result | State::Over => Stage::Result,
        }
    }
}

impl Handshake for LegacyLogin {
    type Output = LegacySessionKey;

    fn handle_subscribed(&mut self, _: Duration) {
        if self.state == State::Subscribing {
            self.state = State::Start;
        } else {
            self.ignore(Ignored::Unasked);
        }
    }

    fn handle_notification(&mut self, _: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Token {
            self.ignore(Ignored::Foreign(from));
        } else if matches!(self.state, State::Tick | State::Result) {
            self.on_answer(bytes);
        } else {
            self.ignore(Ignored::StrayFrame);
        }
    }

    fn handle_read(&mut self, _: Duration, _: &[u8]) {
        self.ignore(Ignored::Unasked);
    }

    fn handle_refusal(&mut self, _: Duration) {
        let failure = match self.state {
            State::Subscribe | State::Subscribing => Failure::SubscribeFailed(Characteristic::Token),
            State::Start | State::Tick => Failure::WriteFailed(Characteristic::Control),
            State::Confirm | State::Result | State::Over => Failure::WriteFailed(Characteristic::Token),
        };
        self.end(Event::Failed(failure));
    }

    fn handle_disconnect(&mut self, _: Duration) {
        let stage = self.stage();
        self.end(Event::Failed(Failure::Disconnected { stage }));
    }

    fn handle_timeout(&mut self, now: Duration) {
        if let Some(after) = self.timer.take_expired(now) {
            let stage = self.stage();
            self.end(Event::Failed(Failure::Timeout { stage, after }));
        }
    }

    fn cancel(&mut self, _: Duration) {
        self.end(Event::Failed(Failure::Cancelled));
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        let (next, transmit) = match (self.state, &self.key) {
            (State::Subscribe, _) => (State::Subscribing, Transmit::Subscribe(Characteristic::Token)),
            (State::Start, _) => (
                State::Tick,
                Transmit::write(Characteristic::Control, &self.family.constant(LOGIN)),
            ),
            (State::Confirm, Some(key)) => {
                let bytes = scrambled(key.expose(), self.family.constant(LOGIN_CONFIRM));
                (State::Result, Transmit::write(Characteristic::Token, &bytes))
            }
            _ => return None,
        };
        self.state = next;
        self.timer.start(now, self.answer_timeout);
        Some(transmit)
    }

    fn poll_event(&mut self) -> Option<Event<LegacySessionKey>> {
        self.events.pop()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.timer.deadline()
    }
}
