//! Login: opens a session with a token. Stock thermometers take an OTA only while one is open, and only on the
//! connection that opened it.
//!
//! ```text
//! client                                  device
//! control 24                    ───────▶
//! parcel 0b: 16 random bytes    ───────▶
//!                               ◀───────  parcel 0d: 16 random bytes
//!                               ◀───────  parcel 0c: HMAC by the device's key
//! parcel 0a: HMAC by our key    ───────▶
//!                               ◀───────  control 21 (a session is open)
//! ```
//!
//! The device sends its two parcels segmented or each in one packet, which needs an MTU of 39; the client follows.
//! It sends its own HMAC only when the device's was right.
//!
//! ```
//! use core::time::Duration;
//! use mi_auth::{Characteristic, Handshake, Login, LoginConfig, Transmit};
//!
//! let token = "0cf5615003810d89c233a12a".parse()?;
//! // 16 bytes of a good generator in your code, or `LoginRandom::generate`.
//! let mut login = Login::new(LoginConfig::default(), token, [7; 16].into());
//! let first = login.poll_transmit(Duration::ZERO);
//! assert_eq!(first, Some(Transmit::Subscribe(Characteristic::Control)));
//! # Ok::<(), mi_auth::KeyError>(())
//! ```

use core::time::Duration;

use crate::dialogue::{Dialogue, failure};
use crate::link::{LONGEST, LinkEvent, LinkEvents};
use crate::parcel::{Dmtu, Parcel, ParcelType, Sender};
use crate::{
    Characteristic, ControlCode, Event, Failure, Handshake, Ignored, LoginRandom, SessionKeys, Stage, Token,
    Transmit,
};

/// Opens a session.
#[derive(Debug)]
pub struct Login {
    config: LoginConfig,
    token: Token,
    random: LoginRandom,
    keys: Option<SessionKeys>,
    state: State,
    dialogue: Dialogue<LoggedIn>,
}

/// How to log in. Start with [`LoginConfig::default`] and change what differs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoginConfig {
    /// How long the device may take for an answer. Default: 15 s.
    pub answer_timeout: Duration,
    /// ATT MTU of the connection. The device may then propose longer frames. Default: 23.
    pub mtu: u16,
}

/// What a login yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoggedIn {
    /// A session is open, with these keys.
    Opened(SessionKeys),
    /// A session was open on this connection already (0xE2). Its keys are whoever's opened it.
    AlreadyOpen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Subscribing,
    SendRandom,
    ReceiveRandom,
    ReceiveConfirm,
    SendConfirm,
    Result,
    Over,
}

impl Login {
    /// A login with random bytes that no other login may use.
    #[must_use]
    pub fn new(config: LoginConfig, token: Token, random: LoginRandom) -> Self {
        Self {
            dialogue: Dialogue::new(config.mtu, config.answer_timeout),
            config,
            token,
            random,
            keys: None,
            state: State::Subscribing,
        }
    }

    fn on_control(&mut self, code: ControlCode) {
        let confirmed = match self.state {
            State::SendConfirm => self.dialogue.link.is_written(),
            state => state == State::Result,
        };
        let failure = match code {
            ControlCode::LOGIN_SUCCESS if confirmed => return self.succeed(),
            ControlCode::ERR_REPEAT_LOGIN => {
                self.state = State::Over;
                self.keys = None;
                return self.dialogue.end(Event::Done(LoggedIn::AlreadyOpen));
            }
            ControlCode::LOGIN_INVALID_TOKEN => Failure::InvalidToken,
            ControlCode::LOGIN_FAILED => Failure::LoginFailed,
            ControlCode::ERR_NOT_REGISTERED => Failure::NotRegistered,
            ControlCode::ERR_REGISTERED => Failure::AlreadyRegistered,
            ControlCode::ERR_INVALID_OOB => Failure::InvalidOob,
            code => return self.dialogue.ignore(Ignored::Control(code)),
        };
        self.fail(failure);
    }

    fn on_link(&mut self, now: Duration, events: LinkEvents) {
        for event in events {
            if self.state == State::Over {
                return;
            }
            match event {
                LinkEvent::Received(parcel) => match self.state {
                    State::ReceiveRandom => self.on_random(now, &parcel.data),
                    _ => self.on_confirmation(&parcel),
                },
                LinkEvent::Sent => self.on_sent(now),
                LinkEvent::Expired { after } => {
                    let stage = self.stage();
                    self.fail(Failure::Timeout { stage, after });
                }
                LinkEvent::Failed(error) => self.fail(failure(self.stage(), error)),
                LinkEvent::Resending { frames } => self.dialogue.push(Event::Resending { frames }),
                LinkEvent::Requesting { missing } => self.dialogue.push(Event::Requesting { missing }),
                LinkEvent::Ignored(what) => self.dialogue.ignore(what),
            }
        }
    }

    fn on_sent(&mut self, now: Duration) {
        let answer = self.config.answer_timeout;
        if self.state == State::SendRandom {
            self.state = State::ReceiveRandom;
            self.dialogue.link.expect(now, ParcelType::DEV_RANDOM, answer);
        } else {
            self.state = State::Result;
            self.dialogue.link.wait(now, answer);
        }
    }

    fn on_random(&mut self, now: Duration, bytes: &[u8]) {
        let Ok(random) = <[u8; 16]>::try_from(bytes) else {
            let found = bytes.len();
            return self.fail(Failure::BadParcelLength { expected: 16, found });
        };
        self.keys = Some(SessionKeys::derive(&self.token, &self.random, &random.into()));
        self.state = State::ReceiveConfirm;
        let answer = self.config.answer_timeout;
        self.dialogue
            .link
            .expect(now, ParcelType::DEV_CONFIRMATION, answer);
    }

    fn on_confirmation(&mut self, parcel: &Parcel<LONGEST>) {
        let found = parcel.data.len();
        if found != 32 {
            return self.fail(Failure::BadParcelLength { expected: 32, found });
        }
        let Some(keys) = self
            .keys
            .as_ref()
            .filter(|keys| keys.is_device_confirmation(&parcel.data))
        else {
            return self.fail(Failure::DeviceConfirmMismatch);
        };
        let confirmation = keys.client_confirmation();
        // A device that sent 32 bytes in one packet takes them in one frame.
        let agreed = self.dialogue.link.dmtu();
        let dmtu = Dmtu::new(32)
            .filter(|_| parcel.single)
            .map_or(agreed, |whole| whole.max(agreed));
        self.state = State::SendConfirm;
        self.send(ParcelType::APP_CONFIRMATION, &confirmation, dmtu, None);
    }

    fn send(&mut self, kind: ParcelType, data: &[u8], dmtu: Dmtu, then: Option<ParcelType>) {
        // Neither random bytes nor confirmations are empty or longer than 64 bytes.
        if let Ok(sender) = Sender::new(kind, data, dmtu) {
            let sender = sender.with_answer_timeout(self.config.answer_timeout);
            self.dialogue.link.send(sender, then);
        }
    }

    fn succeed(&mut self) {
        if let Some(keys) = self.keys.take() {
            self.state = State::Over;
            self.dialogue.end(Event::Done(LoggedIn::Opened(keys)));
        }
    }

    fn fail(&mut self, failure: Failure) {
        if self.state != State::Over {
            self.state = State::Over;
            self.keys = None;
            self.dialogue.end(Event::Failed(failure));
        }
    }

    const fn stage(&self) -> Stage {
        match self.state {
            State::Subscribing => Stage::Subscribe,
            State::SendRandom => Stage::SendRandom,
            State::ReceiveRandom => Stage::ReceiveRandom,
            State::ReceiveConfirm => Stage::ReceiveConfirm,
            State::SendConfirm => Stage::SendConfirm,
            State::Result | State::Over => Stage::Result,
        }
    }
}

impl Handshake for Login {
    type Output = LoggedIn;

    fn handle_subscribed(&mut self, _: Duration) {
        if self.dialogue.handle_subscribed() {
            self.state = State::SendRandom;
            self.dialogue.link.control(ControlCode::LOGIN_START_WITH_RANDOM);
            let random = self.random;
            let dmtu = self.dialogue.link.dmtu();
            let then = Some(ParcelType::DEV_RANDOM);
            self.send(ParcelType::APP_RANDOM, random.as_bytes(), dmtu, then);
        }
    }

    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]) {
        if self.state == State::Over {
            return;
        }
        match from {
            Characteristic::Control => {
                if let Some(code) = self.dialogue.control_code(bytes) {
                    self.on_control(code);
                }
            }
            Characteristic::Data => {
                let events = self.dialogue.link.handle_frame(now, bytes);
                self.on_link(now, events);
            }
            other => self.dialogue.ignore(Ignored::Foreign(other)),
        }
    }

    fn handle_read(&mut self, _: Duration, _: &[u8]) {
        self.dialogue.ignore(Ignored::Unasked);
    }

    fn handle_refusal(&mut self, _: Duration) {
        self.fail(self.dialogue.refusal());
    }

    fn handle_disconnect(&mut self, _: Duration) {
        let stage = self.stage();
        self.fail(Failure::Disconnected { stage });
    }

    fn handle_timeout(&mut self, now: Duration) {
        let events = self.dialogue.link.handle_timeout(now);
        self.on_link(now, events);
    }

    fn cancel(&mut self, _: Duration) {
        self.fail(Failure::Cancelled);
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.dialogue.poll_transmit(now)
    }

    fn poll_event(&mut self) -> Option<Event<LoggedIn>> {
        self.dialogue.pop()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.dialogue.link.poll_timeout()
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            answer_timeout: Duration::from_secs(15),
            mtu: 23,
        }
    }
}
