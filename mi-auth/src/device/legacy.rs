//! A device of legacy authentication: remotes, kettles.

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayVec;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{Outgoing, Peripheral};
use crate::legacy::{
    LOGIN, LOGIN_ACK, LOGIN_CONFIRM, LegacyConfig, REGISTER, REGISTER_CONFIRM, rc4, scrambled,
};
use crate::parcel::FrameBytes;
use crate::{Characteristic, LegacyBeaconKey, LegacySessionKey, Token};

/// A device of legacy authentication.
pub struct LegacyDevice<R> {
    config: LegacyDeviceConfig,
    generator: R,
    keys: Option<(Token, LegacyBeaconKey)>,
    session: Option<LegacySessionKey>,
    state: State,
    notification: Option<ArrayVec<u8, 12>>,
    event: Option<LegacyDeviceEvent>,
}

/// What a legacy device is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LegacyDeviceConfig {
    /// Its address, product id and family.
    pub identity: LegacyConfig,
    /// Text of the version characteristic, 20 bytes at most are sent. Default: `1.0.1_1`.
    pub firmware: &'static str,
    /// Whether it takes registrations. Default: yes.
    pub pairing: bool,
}

impl LegacyDeviceConfig {
    /// A device in pairing mode.
    #[must_use]
    pub const fn new(identity: LegacyConfig) -> Self {
        Self {
            identity,
            firmware: "1.0.1_1",
            pairing: true,
        }
    }
}

/// What happened on a legacy device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LegacyDeviceEvent {
    /// It has a new token and a new beacon key.
    Registered(Token, LegacyBeaconKey),
    /// A session is open on this connection.
    SessionOpened,
    /// A login ended without session.
    LoginEnded,
}

#[derive(Debug)]
enum State {
    Idle,
    /// The client's token is due.
    ReceiveToken,
    /// The client's agreement is due.
    ReceiveAgreement(Token),
    /// The client reads the beacon key and the version, which ends it.
    Reading(Token, LegacyBeaconKey),
    /// The client's confirmation is due.
    ReceiveConfirmation(LegacySessionKey),
}

impl<R: CryptoRng> LegacyDevice<R> {
    /// A device that was never registered.
    pub const fn new(config: LegacyDeviceConfig, generator: R) -> Self {
        Self {
            config,
            generator,
            keys: None,
            session: None,
            state: State::Idle,
            notification: None,
            event: None,
        }
    }

    /// Token and beacon key, once it is registered.
    pub fn keys(&self) -> Option<(&Token, &LegacyBeaconKey)> {
        self.keys.as_ref().map(|(token, key)| (token, key))
    }

    /// The key of the session that is open on this connection.
    pub const fn session(&self) -> Option<&LegacySessionKey> {
        self.session.as_ref()
    }

    fn on_control(&mut self, bytes: &[u8]) {
        let family = self.config.identity.family;
        if bytes == family.constant(REGISTER) && self.config.pairing {
            self.state = State::ReceiveToken;
        } else if let (true, Some((token, _))) = (bytes == family.constant(LOGIN), &self.keys) {
            let mut tick = [0; 4];
            self.generator.fill_bytes(&mut tick);
            let encrypted = scrambled(token.expose(), tick);
            self.state = State::ReceiveConfirmation(LegacySessionKey::derive(token, tick));
            self.notify(&encrypted);
        }
    }

    fn on_token(&mut self, bytes: &[u8]) {
        let identity = self.config.identity;
        let constant = |value| identity.family.constant(value);
        match core::mem::replace(&mut self.state, State::Idle) {
            State::ReceiveToken => {
                let Ok(scrambled_token) = <[u8; 12]>::try_from(bytes) else {
                    return;
                };
                let token = scrambled(&identity.mix_a(), scrambled_token);
                let answer = scrambled(&identity.mix_a(), scrambled(&identity.mix_b(), token));
                self.state = State::ReceiveAgreement(token.into());
                self.notify(&answer);
            }
            State::ReceiveAgreement(token) => {
                let agreed = scrambled(token.expose(), constant(REGISTER_CONFIRM));
                if bool::from(agreed.ct_eq(bytes)) {
                    let mut key = [0; 12];
                    self.generator.fill_bytes(&mut key);
                    self.state = State::Reading(token, key.into());
                }
            }
            State::ReceiveConfirmation(key) => {
                let confirmation = scrambled(key.expose(), constant(LOGIN_CONFIRM));
                if bool::from(confirmation.ct_eq(bytes)) {
                    let ack = scrambled(key.expose(), constant(LOGIN_ACK));
                    self.notify(&ack);
                    self.session = Some(key);
                    self.event = Some(LegacyDeviceEvent::SessionOpened);
                } else {
                    // It answers with something else, so that the client sees that the token is wrong.
                    let refusal = scrambled(key.expose(), constant(LOGIN));
                    self.notify(&refusal);
                    self.event = Some(LegacyDeviceEvent::LoginEnded);
                }
            }
            other => self.state = other,
        }
    }

    fn notify(&mut self, bytes: &[u8]) {
        self.notification = Some(bytes.iter().copied().take(12).collect());
    }
}

/// Prints nothing of a message under way: it is scrambled with what everybody can know.
impl<R> fmt::Debug for LegacyDevice<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyDevice")
            .field("config", &self.config)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl<R: CryptoRng> Peripheral for LegacyDevice<R> {
    type Event = LegacyDeviceEvent;

    fn handle_connect(&mut self, now: Duration) {
        self.handle_disconnect(now);
    }

    fn handle_write(&mut self, _: Duration, to: Characteristic, bytes: &[u8]) {
        match to {
            Characteristic::Control => self.on_control(bytes),
            Characteristic::Token => self.on_token(bytes),
            _ => {}
        }
    }

    fn handle_read(&mut self, _: Duration, from: Characteristic) -> Option<FrameBytes> {
        let (token, key) = match &self.state {
            State::Reading(token, key) => (token.clone(), key.clone()),
            _ => self.keys.clone()?,
        };
        match from {
            Characteristic::BeaconKey => Some(scrambled(token.expose(), *key.expose()).into_iter().collect()),
            Characteristic::Version => {
                let mut bytes: FrameBytes = self.config.firmware.bytes().take(20).collect();
                rc4(token.expose(), &mut bytes);
                if let State::Reading(..) = self.state {
                    self.state = State::Idle;
                    self.event = Some(LegacyDeviceEvent::Registered(token.clone(), key.clone()));
                    self.keys = Some((token, key));
                }
                Some(bytes)
            }
            _ => None,
        }
    }

    fn handle_disconnect(&mut self, _: Duration) {
        self.state = State::Idle;
        self.session = None;
        self.notification = None;
    }

    fn handle_timeout(&mut self, _: Duration) {}

    fn poll_transmit(&mut self, _: Duration) -> Option<Outgoing> {
        let bytes = self.notification.take()?;
        Some(Outgoing::Notification {
            from: Characteristic::Token,
            bytes: bytes.into_iter().collect(),
        })
    }

    fn poll_event(&mut self) -> Option<LegacyDeviceEvent> {
        self.event.take()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        None
    }
}
