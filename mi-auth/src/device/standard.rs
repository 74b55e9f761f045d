//! A device of standard authentication: thermometers, scooters.

use core::time::Duration;

use arrayvec::ArrayVec;
use rand_core::CryptoRng;

use super::{Outgoing, Peripheral};
use crate::link::{LONGEST, Link, LinkEvent, LinkEvents};
use crate::parcel::{Dmtu, FrameBytes, ParcelType, Sender};
use crate::timer::{Timer, earlier};
use crate::{
    BindKey, Characteristic, ControlCode, DeviceInfo, Did, LoginRandom, PrivateKey, PublicKey, SessionKeys,
    SetupKeys, Token,
};

/// A device of standard authentication.
#[derive(Debug)]
pub struct Device<R> {
    config: DeviceConfig,
    generator: R,
    did: Option<Did>,
    keys: Option<DeviceKeys>,
    session: Option<SessionKeys>,
    state: State,
    link: Link,
    /// The announcement that waits for the button.
    held: Option<FrameBytes>,
    /// Runs while a client is connected that hasn't authenticated.
    patience: Timer,
    /// Notifications until [`Fault::DropAfter`] strikes.
    left: Option<u32>,
    dropping: bool,
    events: ArrayVec<DeviceEvent, 4>,
}

/// What a device is. Start with [`DeviceConfig::default`], a thermometer that was never bound, and change what
/// differs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceConfig {
    /// Version of authentication. Version 2 never confirms a registration. Default: 1.
    pub auth_version: u16,
    /// Capabilities of the device info. Default: 0.
    pub capabilities: u16,
    /// Its id. Default: none.
    pub did: Option<Did>,
    /// What it was registered with. Default: never.
    pub keys: Option<DeviceKeys>,
    /// Text of the version characteristic, 20 bytes at most are sent. Default: `1.0.0_0130`.
    pub firmware: &'static str,
    /// Sends its half of a login in single packets. Needs an MTU of 39. Default: no.
    pub single_packets: bool,
    /// Waits for [`Device::press_button`] when it registers. Default: no.
    pub needs_button: bool,
    /// Refuses to register while it is registered (0xE1). Thermometers don't. Default: no.
    pub registers_once: bool,
    /// ATT MTU that it can take. Default: 23.
    pub mtu: u16,
    /// Drops clients that haven't authenticated after this time. Default: 30 s, or 60 s with a button.
    pub patience: Option<Duration>,
    /// What is wrong with it. Default: nothing.
    pub fault: Option<Fault>,
}

/// What a registered device keeps in flash.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceKeys {
    /// For logins.
    pub token: Token,
    /// For advertisements.
    pub bind_key: BindKey,
}

impl DeviceKeys {
    /// As registration made them, or as a backup has them.
    #[must_use]
    pub const fn new(token: Token, bind_key: BindKey) -> Self {
        Self { token, bind_key }
    }
}

/// Something that is wrong with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It never answers.
    Silent,
    /// It drops the connection instead of its n-th notification, once, counted from 0.
    DropAfter(u32),
    /// Its public key is no point of the curve.
    BadPublicKey,
    /// It refuses registrations (0x12).
    RefusesRegistration,
    /// It aborts registrations (0x14).
    AbortsRegistration,
    /// Its half of a login is wrong.
    BadConfirmation,
    /// It refuses every token (0x22).
    RefusesToken,
    /// It refuses every login (0x23).
    RefusesLogin,
}

/// What happened on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceEvent {
    /// It has new keys, and an id.
    Registered(DeviceKeys),
    /// It waits for its button.
    ButtonNeeded,
    /// A registration ended without new keys.
    RegistrationEnded,
    /// A session is open on this connection.
    SessionOpened,
    /// A login ended without session.
    LoginEnded,
}

#[derive(Debug)]
enum State {
    Idle,
    /// The device info is on its way.
    Info,
    /// The client's public key is due.
    ReceiveKey,
    /// Ours is on its way.
    SendKey(SetupKeys),
    /// The client's encrypted device id is due.
    ReceiveDid(SetupKeys),
    /// The client's word is due.
    Verify(SetupKeys, Did),
    /// The client's random bytes are due.
    ReceiveRandom(Token),
    SendRandom(SessionKeys),
    SendConfirmation(SessionKeys),
    ReceiveConfirmation(SessionKeys),
}

impl<R: CryptoRng> Device<R> {
    /// A device that nobody is connected to.
    pub fn new(config: DeviceConfig, generator: R) -> Self {
        Self {
            did: config.did,
            keys: config.keys.clone(),
            link: Link::new(config.mtu),
            left: match config.fault {
                Some(Fault::DropAfter(count)) => Some(count),
                _ => None,
            },
            config,
            generator,
            session: None,
            state: State::Idle,
            held: None,
            patience: Timer::default(),
            dropping: false,
            events: ArrayVec::new(),
        }
    }

    /// Its id.
    pub const fn did(&self) -> Option<Did> {
        self.did
    }

    /// What it was registered with.
    pub const fn keys(&self) -> Option<&DeviceKeys> {
        self.keys.as_ref()
    }

    /// The session that is open on this connection. While there is one, stock firmware takes an OTA.
    pub const fn session(&self) -> Option<&SessionKeys> {
        self.session.as_ref()
    }

    /// Writes id and keys as a backup has them, or erases them: what custom firmware can do to the key sector.
    pub fn restore(&mut self, did: Option<Did>, keys: Option<DeviceKeys>) {
        self.did = did;
        self.keys = keys;
    }

    /// Presses the button.
    pub fn press_button(&mut self, now: Duration) {
        if let Some(bytes) = self.held.take() {
            let events = self.link.handle_frame(now, &bytes);
            self.on_link(now, events);
        }
    }

    fn on_control(&mut self, now: Duration, code: ControlCode) {
        match code {
            ControlCode::LINK_PARAM_CONFIG => self.link.propose(now),
            ControlCode::DEVICE_INFO => self.start_info(),
            ControlCode::REG_START_WITHOUT_PKI if self.config.registers_once && self.keys.is_some() => {
                self.reset();
                self.link.control(ControlCode::ERR_REGISTERED);
            }
            ControlCode::REG_START_WITHOUT_PKI => {
                self.reset();
                self.state = State::ReceiveKey;
                let time = if self.config.needs_button { BUTTON } else { ANSWER };
                self.link.expect(now, ParcelType::ECC_PUBKEY, time);
            }
            ControlCode::REG_VERIFY_SUCCESS => self.finish_registration(),
            ControlCode::REG_VERIFY_FAIL => self.end(DeviceEvent::RegistrationEnded),
            ControlCode::LOGIN_START_WITH_RANDOM => self.start_login(now),
            _ => {}
        }
    }

    fn start_info(&mut self) {
        self.reset();
        let mut info = DeviceInfo::new(self.config.auth_version, self.did);
        info.capabilities = self.config.capabilities;
        let bytes = info.encode();
        // A device that was never bound leaves its id out.
        let bytes = match info.did {
            Some(_) => bytes.as_slice(),
            None => bytes
                .first_chunk::<4>()
                .map_or(bytes.as_slice(), <[u8; 4]>::as_slice),
        };
        self.state = State::Info;
        self.send(ParcelType::PASS_THROUGH, bytes, false, None);
    }

    fn start_login(&mut self, now: Duration) {
        self.reset();
        match &self.keys {
            _ if self.session.is_some() => self.link.control(ControlCode::ERR_REPEAT_LOGIN),
            None => self.link.control(ControlCode::ERR_NOT_REGISTERED),
            Some(keys) => {
                self.state = State::ReceiveRandom(keys.token.clone());
                self.link.expect(now, ParcelType::APP_RANDOM, ANSWER);
            }
        }
    }

    fn on_link(&mut self, now: Duration, events: LinkEvents) {
        for event in events {
            match event {
                LinkEvent::Received(parcel) => self.on_parcel(now, &parcel.data),
                LinkEvent::Sent => self.on_sent(now),
                LinkEvent::Failed(_) | LinkEvent::Expired { .. } => self.give_up(),
                LinkEvent::Resending { .. } | LinkEvent::Requesting { .. } | LinkEvent::Ignored(_) => {}
            }
        }
    }

    fn on_parcel(&mut self, now: Duration, bytes: &[u8]) {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::ReceiveKey => self.on_public_key(bytes),
            State::ReceiveDid(keys) => match keys.did_key.decrypt_did(bytes) {
                Some(did) => {
                    self.state = State::Verify(keys, did);
                    self.link.wait(now, VERIFY);
                }
                None => self.fail_registration(ControlCode::REG_FAILED),
            },
            State::ReceiveRandom(token) => self.on_random(&token, bytes),
            State::ReceiveConfirmation(keys) => self.finish_login(keys, bytes),
            other => self.state = other,
        }
    }

    fn on_sent(&mut self, now: Duration) {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::SendKey(keys) => {
                self.state = State::ReceiveDid(keys);
                // The vendor's app asks its cloud before it goes on.
                self.link.expect(now, ParcelType::PASS_THROUGH, VERIFY);
            }
            State::SendRandom(keys) => {
                let mut confirmation = keys.device_confirmation();
                if self.config.fault == Some(Fault::BadConfirmation) {
                    confirmation.reverse();
                }
                self.state = State::SendConfirmation(keys);
                let (kind, then) = (ParcelType::DEV_CONFIRMATION, ParcelType::APP_CONFIRMATION);
                self.send(kind, &confirmation, self.config.single_packets, Some(then));
            }
            State::SendConfirmation(keys) => {
                self.state = State::ReceiveConfirmation(keys);
                self.link.expect(now, ParcelType::APP_CONFIRMATION, ANSWER);
            }
            // The client has the info, and asks for what it wants next.
            _ => {}
        }
    }

    fn on_public_key(&mut self, bytes: &[u8]) {
        let (Ok(peer), Ok(own)) = (PublicKey::parse(bytes), PrivateKey::generate(&mut self.generator)) else {
            return self.fail_registration(ControlCode::REG_FAILED);
        };
        self.state = State::SendKey(own.agree(&peer).setup_keys());
        let mut public_key = own.public_key().encode();
        if self.config.fault == Some(Fault::BadPublicKey) {
            public_key = [0xff; 64];
        }
        let (kind, then) = (ParcelType::ECC_PUBKEY, ParcelType::PASS_THROUGH);
        self.send(kind, &public_key, false, Some(then));
    }

    fn finish_registration(&mut self) {
        let State::Verify(keys, did) = core::mem::replace(&mut self.state, State::Idle) else {
            return;
        };
        self.link.stop();
        match self.config.fault {
            Some(Fault::RefusesRegistration) => return self.fail_registration(ControlCode::REG_FAILED),
            Some(Fault::AbortsRegistration) => return self.fail_registration(ControlCode::REG_VERIFY_FAIL),
            // What it would need is known to the vendor's cloud only: it stays silent.
            _ if self.config.auth_version > 1 => return self.push(DeviceEvent::RegistrationEnded),
            _ => {}
        }
        let keys = DeviceKeys::new(keys.token, keys.bind_key);
        self.restore(Some(did), Some(keys.clone()));
        self.link.control(ControlCode::REG_SUCCESS);
        self.push(DeviceEvent::Registered(keys));
    }

    fn fail_registration(&mut self, code: ControlCode) {
        self.end(DeviceEvent::RegistrationEnded);
        self.link.control(code);
    }

    fn on_random(&mut self, token: &Token, bytes: &[u8]) {
        let Ok(client) = <[u8; 16]>::try_from(bytes) else {
            return self.fail_login(ControlCode::LOGIN_FAILED);
        };
        let own = LoginRandom::generate(&mut self.generator);
        self.state = State::SendRandom(SessionKeys::derive(token, &client.into(), &own));
        // The confirmation follows at once; what the client sends comes after both.
        self.send(
            ParcelType::DEV_RANDOM,
            own.as_bytes(),
            self.config.single_packets,
            None,
        );
    }

    fn finish_login(&mut self, keys: SessionKeys, bytes: &[u8]) {
        match self.config.fault {
            Some(Fault::RefusesToken) => self.fail_login(ControlCode::LOGIN_INVALID_TOKEN),
            Some(Fault::RefusesLogin) => self.fail_login(ControlCode::LOGIN_FAILED),
            _ if !keys.is_client_confirmation(bytes) => self.fail_login(ControlCode::LOGIN_FAILED),
            _ => {
                self.link.stop();
                self.session = Some(keys);
                self.patience.stop();
                self.link.control(ControlCode::LOGIN_SUCCESS);
                self.push(DeviceEvent::SessionOpened);
            }
        }
    }

    fn fail_login(&mut self, code: ControlCode) {
        self.end(DeviceEvent::LoginEnded);
        self.link.control(code);
    }

    fn send(&mut self, kind: ParcelType, data: &[u8], single: bool, then: Option<ParcelType>) {
        let agreed = self.link.dmtu();
        let sender = if single {
            // A confirmation and what stands before it.
            Sender::<LONGEST>::single(kind, data, Dmtu::for_mtu(39).max(agreed))
        } else {
            Sender::new(kind, data, agreed)
        };
        // Nothing that it sends is empty or longer than 64 bytes.
        if let Ok(sender) = sender {
            self.link.send(sender, then);
        }
    }

    /// A transfer failed: forgets the handshake without a word, as devices do.
    fn give_up(&mut self) {
        match self.state {
            State::Idle | State::Info => self.reset(),
            State::ReceiveKey | State::SendKey(_) | State::ReceiveDid(_) | State::Verify(..) => {
                self.end(DeviceEvent::RegistrationEnded);
            }
            State::ReceiveRandom(_)
            | State::SendRandom(_)
            | State::SendConfirmation(_)
            | State::ReceiveConfirmation(_) => self.end(DeviceEvent::LoginEnded),
        }
    }

    fn end(&mut self, event: DeviceEvent) {
        self.reset();
        self.push(event);
    }

    fn reset(&mut self) {
        self.state = State::Idle;
        self.held = None;
        self.link.stop();
    }

    fn push(&mut self, event: DeviceEvent) {
        if self.events.is_full() {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    /// Whether this is the client's announcement of its key, for which the button has to be pressed.
    fn waits_for_button(&self, bytes: &[u8]) -> bool {
        self.config.needs_button
            && matches!(self.state, State::ReceiveKey)
            && bytes.starts_with(&[0, 0, 0, ParcelType::ECC_PUBKEY.0])
    }
}

impl<R: CryptoRng> Peripheral for Device<R> {
    type Event = DeviceEvent;

    fn handle_connect(&mut self, now: Duration) {
        self.handle_disconnect(now);
        let patience = if self.config.needs_button {
            BUTTON
        } else {
            PATIENCE
        };
        self.patience.start(now, self.config.patience.unwrap_or(patience));
    }

    fn handle_write(&mut self, now: Duration, to: Characteristic, bytes: &[u8]) {
        if self.config.fault == Some(Fault::Silent) || self.dropping {
            return;
        }
        match to {
            Characteristic::Control => {
                if let Ok(code) = ControlCode::parse(bytes) {
                    self.on_control(now, code);
                }
            }
            Characteristic::Data if self.waits_for_button(bytes) => {
                if self.held.is_none() {
                    self.push(DeviceEvent::ButtonNeeded);
                }
                self.held = Some(bytes.iter().copied().take(crate::parcel::MAX_FRAME).collect());
            }
            Characteristic::Data => {
                let events = self.link.handle_frame(now, bytes);
                self.on_link(now, events);
            }
            _ => {}
        }
    }

    fn handle_read(&mut self, _: Duration, from: Characteristic) -> Option<FrameBytes> {
        let firmware = self.config.firmware.bytes().take(20);
        (from == Characteristic::Version).then(|| firmware.collect())
    }

    /// Forgets the session, and everything that has begun.
    fn handle_disconnect(&mut self, _: Duration) {
        self.reset();
        self.session = None;
        self.dropping = false;
        self.patience.stop();
        // What was agreed on, and what was to be acknowledged, goes with the connection.
        self.link = Link::new(self.config.mtu);
    }

    fn handle_timeout(&mut self, now: Duration) {
        let events = self.link.handle_timeout(now);
        self.on_link(now, events);
        if self.patience.take_expired(now).is_some() {
            self.dropping = true;
        }
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Outgoing> {
        if self.dropping {
            self.dropping = false;
            return Some(Outgoing::Disconnect);
        }
        let (from, bytes) = self.link.poll_transmit(now)?;
        match self.left {
            Some(0) => {
                self.left = None;
                return Some(Outgoing::Disconnect);
            }
            Some(count) => self.left = Some(count - 1),
            None => {}
        }
        Some(Outgoing::Notification { from, bytes })
    }

    fn poll_event(&mut self) -> Option<DeviceEvent> {
        self.events.pop_at(0)
    }

    fn poll_timeout(&self) -> Option<Duration> {
        earlier(self.link.poll_timeout(), self.patience.deadline())
    }
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self {
            auth_version: 1,
            capabilities: 0,
            did: None,
            keys: None,
            firmware: "1.0.0_0130",
            single_packets: false,
            needs_button: false,
            registers_once: false,
            mtu: 23,
            patience: None,
            fault: None,
        }
    }
}

/// How long a client may take to go on.
const ANSWER: Duration = Duration::from_secs(15);

/// How long a client may ask its cloud.
const VERIFY: Duration = Duration::from_secs(60);

/// How long the button may take.
const BUTTON: Duration = Duration::from_secs(60);

/// How long a client may stay without authentication.
const PATIENCE: Duration = Duration::from_secs(30);
