//! Legacy registration.

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayString;
use subtle::ConstantTimeEq;

use super::{LegacyConfig, REGISTER, REGISTER_CONFIRM, rc4, scrambled};
use crate::handshake::Events;
use crate::timer::Timer;
use crate::{Characteristic, Event, Failure, Handshake, Ignored, LegacyBeaconKey, Stage, Token, Transmit};

/// Registers a legacy device, which has to be in pairing mode.
#[derive(Debug)]
pub struct LegacyRegister {
    config: LegacyConfig,
    token: Token,
    beacon_key: Option<LegacyBeaconKey>,
    state: State,
    timer: Timer,
    events: Events<LegacyRegistration>,
}

/// What a legacy registration yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LegacyRegistration {
    /// For logins.
    pub token: Token,
    /// For advertisements.
    pub beacon_key: LegacyBeaconKey,
    /// The device's firmware.
    pub version: LegacyVersion,
}

/// The version of a legacy device's firmware, such as `1.0.1_1`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LegacyVersion(ArrayString<20>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The loop has to do this next.
    Do(Step),
    /// The loop does it, or the device has to answer.
    Wait(Step),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Start,
    Subscribe,
    SendToken,
    Confirm,
    ReadKey,
    ReadVersion,
}

impl LegacyRegister {
    /// A registration that makes these random bytes the token.
    #[must_use]
    pub const fn new(config: LegacyConfig, token: Token) -> Self {
        Self {
            config,
            token,
            beacon_key: None,
            state: State::Do(Step::Start),
            timer: Timer { running: None },
            events: Events::new(),
        }
    }

    fn on_answer(&mut self, bytes: &[u8]) {
        let Ok(answer) = <[u8; 12]>::try_from(bytes) else {
            let found = bytes.len();
            return self.fail(Failure::BadParcelLength { expected: 12, found });
        };
        let shown = scrambled(&self.config.mix_b(), scrambled(&self.config.mix_a(), answer));
        if bool::from(shown.ct_eq(self.token.expose())) {
            self.state = State::Do(Step::Confirm);
        } else {
            self.fail(Failure::DeviceCheckFailed);
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.end(Event::Failed(failure));
    }

    fn end(&mut self, event: Event<LegacyRegistration>) {
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
            State::Do(step) | State::Wait(step) => match step {
                Step::Start | Step::Subscribe => Stage::Subscribe,
                Step::SendToken => Stage::DeviceCheck,
                Step::Confirm | Step::ReadKey => Stage::BeaconKey,
                Step::ReadVersion => Stage::Version,
            },
            State::Over => Stage::Version,
        }
    }
}

impl Handshake for LegacyRegister {
    type Output = LegacyRegistration;

    fn handle_subscribed(&mut self, _: Duration) {
        if self.state == State::Wait(Step::Subscribe) {
            self.state = State::Do(Step::SendToken);
        } else {
            self.ignore(Ignored::Unasked);
        }
    }

    fn handle_notification(&mut self, _: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Token {
            self.ignore(Ignored::Foreign(from));
        } else if self.state == State::Wait(Step::SendToken) {
            self.on_answer(bytes);
        } else {
            self.ignore(Ignored::StrayFrame);
        }
    }

    fn handle_read(&mut self, _: Duration, bytes: &[u8]) {
        match (self.state, self.beacon_key.take()) {
            (State::Wait(Step::ReadKey), _) => match <[u8; 12]>::try_from(bytes) {
                Ok(bytes) => {
                    self.beacon_key = Some(scrambled(self.token.expose(), bytes).into());
                    self.state = State::Do(Step::ReadVersion);
                }
                Err(_) => self.fail(Failure::BadParcelLength {
                    expected: 12,
                    found: bytes.len(),
                }),
            },
            (State::Wait(Step::ReadVersion), Some(beacon_key)) => {
                let token = self.token.clone();
                let version = LegacyVersion::decrypt(&token, bytes);
                self.end(Event::Done(LegacyRegistration {
                    token,
                    beacon_key,
                    version,
                }));
            }
            (_, beacon_key) => {
                self.beacon_key = beacon_key;
                self.ignore(Ignored::Unasked);
            }
        }
    }

    fn handle_refusal(&mut self, _: Duration) {
        let failure = match self.state {
            State::Wait(Step::Subscribe) => Failure::SubscribeFailed(Characteristic::Token),
            State::Wait(Step::ReadKey) => Failure::ReadFailed(Characteristic::BeaconKey),
            State::Wait(Step::ReadVersion) => Failure::ReadFailed(Characteristic::Version),
            State::Do(Step::Subscribe) => Failure::WriteFailed(Characteristic::Control),
            _ => Failure::WriteFailed(Characteristic::Token),
        };
        self.fail(failure);
    }

    fn handle_disconnect(&mut self, _: Duration) {
        let stage = self.stage();
        self.fail(Failure::Disconnected { stage });
    }

    fn handle_timeout(&mut self, now: Duration) {
        if let Some(after) = self.timer.take_expired(now) {
            let stage = self.stage();
            self.fail(Failure::Timeout { stage, after });
        }
    }

    fn cancel(&mut self, _: Duration) {
        self.fail(Failure::Cancelled);
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        let State::Do(step) = self.state else {
            return None;
        };
        self.timer.start(now, self.config.answer_timeout);
        let constant = |value| self.config.family.constant(value);
        let (next, transmit) = match step {
            Step::Start => (
                State::Do(Step::Subscribe),
                Transmit::write(Characteristic::Control, &constant(REGISTER)),
            ),
            Step::Subscribe => (State::Wait(step), Transmit::Subscribe(Characteristic::Token)),
            Step::SendToken => {
                let bytes = scrambled(&self.config.mix_a(), *self.token.expose());
                (State::Wait(step), Transmit::write(Characteristic::Token, &bytes))
            }
            Step::Confirm => {
                let bytes = scrambled(self.token.expose(), constant(REGISTER_CONFIRM));
                let transmit = Transmit::write(Characteristic::Token, &bytes);
                (State::Do(Step::ReadKey), transmit)
            }
            Step::ReadKey => (State::Wait(step), Transmit::Read(Characteristic::BeaconKey)),
            // Devices store the keys when this is read, and not before.
            Step::ReadVersion => (State::Wait(step), Transmit::Read(Characteristic::Version)),
        };
        self.state = next;
        Some(transmit)
    }

    fn poll_event(&mut self) -> Option<Event<LegacyRegistration>> {
        self.events.pop()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.timer.deadline()
    }
}

impl LegacyVersion {
    /// Up to the first zero, with `?` for what isn't printable ASCII.
    fn decrypt(token: &Token, bytes: &[u8]) -> Self {
        let mut plain: arrayvec::ArrayVec<u8, 20> = bytes.iter().copied().take(20).collect();
        rc4(token.expose(), &mut plain);
        let mut text = ArrayString::new();
        for byte in plain.into_iter().take_while(|&byte| byte != 0) {
            text.push(if byte.is_ascii_graphic() { byte.into() } else { '?' });
        }
        Self(text)
    }

    /// The version as text, 20 characters at most.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LegacyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LegacyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LegacyVersion({self})")
    }
}
