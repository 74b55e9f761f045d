//! Registration ("activation"): makes a new token and a new bind key.
//!
//! ```text
//! client                                  device
//! control a2 (device info)      ───────▶
//!                               ◀───────  parcel 0: device info
//! 250 ms later: control 15      ───────▶
//! parcel 3: public key          ───────▶  (some wait for their button here)
//!                               ◀───────  parcel 3: public key
//! parcel 0: encrypted device id ───────▶
//! control 13 (store the keys)   ───────▶
//!                               ◀───────  control 11 (registered)
//! ```
//!
//! The former owner's keys are gone then, and the device advertises with the new bind key at once. No session is
//! open: [log in](crate::Login) next, on the same connection if you like.
//!
//! ```
//! use core::time::Duration;
//! use mi_auth::{Handshake, PrivateKey, Register, RegisterConfig, Transmit};
//!
//! // 32 bytes of a good generator in your code, or `PrivateKey::generate`.
//! let mut register = Register::new(RegisterConfig::default(), PrivateKey::new(&[7; 32])?);
//! let first = register.poll_transmit(Duration::ZERO);
//! assert_eq!(first, Some(Transmit::Subscribe(mi_auth::Characteristic::Control)));
//! # Ok::<(), mi_auth::KeyError>(())
//! ```

use core::time::Duration;

use crate::dialogue::{Dialogue, failure};
use crate::link::{LinkEvent, LinkEvents};
use crate::parcel::{ParcelType, Sender};
use crate::{
    BindKey, Characteristic, ControlCode, DeviceInfo, Did, Event, Failure, Handshake, Ignored, PrivateKey,
    PublicKey, SetupKeys, Stage, Token, Transmit,
};

/// Registers a device.
#[derive(Debug)]
pub struct Register {
    config: RegisterConfig,
    key: PrivateKey,
    state: State,
    info: Option<DeviceInfo>,
    did: Option<Did>,
    keys: Option<SetupKeys>,
    dialogue: Dialogue<Registration>,
}

/// How to register. Start with [`RegisterConfig::default`] and change what differs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegisterConfig {
    /// For a device that has no id. An invented one makes later pairing with the vendor's app fail with -29. Default:
    /// none, so that such a device fails with [`Failure::NoDid`].
    pub fallback_did: Option<Did>,
    /// The highest version of authentication to try. Default: 1. No one has seen version 2 succeed.
    pub allow_auth_version: u16,
    /// The device waits for its button: tell about it, and give the user time. Default: no.
    pub confirm_on_device: bool,
    /// Wait for [`Register::approve`] before the device id is sent, as an app does that asks a cloud. Default: no.
    pub approval: bool,
    /// How long the device may take for an answer. Default: 15 s.
    pub answer_timeout: Duration,
    /// How long the user may take to press the button, and the cloud to approve. Default: 60 s.
    pub user_timeout: Duration,
    /// ATT MTU of the connection. The device may then propose longer frames. Default: 23.
    pub mtu: u16,
}

/// What a registration yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// For logins.
    pub token: Token,
    /// For advertisements.
    pub bind_key: BindKey,
    /// The device's id from now on.
    pub did: Did,
    /// What the device said about itself.
    pub info: DeviceInfo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum State {
    Subscribing,
    Info,
    Pause,
    SendKey,
    ReceiveKey,
    Approval,
    SendDid,
    Confirm,
    Over,
}

impl Register {
    /// A registration with this private key, which no other registration may use.
    #[must_use]
    pub fn new(config: RegisterConfig, key: PrivateKey) -> Self {
        Self {
            dialogue: Dialogue::new(config.mtu, config.answer_timeout),
            config,
            key,
            state: State::Subscribing,
            info: None,
            did: None,
            keys: None,
        }
    }

    /// What the device said about itself, once it did.
    #[must_use]
    pub const fn device_info(&self) -> Option<DeviceInfo> {
        self.info
    }

    /// Goes on after [`Event::ApprovalNeeded`], with an id that the cloud gave or, without one, with the device's.
    pub fn approve(&mut self, did: Option<Did>) {
        if self.state != State::Approval {
            return self.dialogue.ignore(Ignored::Unasked);
        }
        self.did = did.or(self.did);
        self.send_did();
    }

    /// Ends it after [`Event::ApprovalNeeded`], as an app does when the cloud refuses the id (-29). The device is
    /// told to abort, and keeps its former keys.
    pub fn refuse(&mut self) {
        if self.state != State::Approval {
            return self.dialogue.ignore(Ignored::Unasked);
        }
        self.abort(Failure::Refused);
    }

    fn on_control(&mut self, code: ControlCode) {
        let failure = match code {
            ControlCode::REG_SUCCESS if self.state == State::Confirm => return self.succeed(),
            ControlCode::REG_FAILED => Failure::RegisterFailed,
            ControlCode::REG_VERIFY_FAIL => Failure::RegisterVerifyFailed,
            ControlCode::ERR_NOT_REGISTERED => Failure::NotRegistered,
            ControlCode::ERR_REGISTERED => Failure::AlreadyRegistered,
            ControlCode::ERR_REPEAT_LOGIN => Failure::SessionOpen,
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
                    State::Info => self.on_info(now, &parcel.data),
                    _ => self.on_public_key(now, &parcel.data),
                },
                LinkEvent::Sent => self.on_sent(now),
                LinkEvent::Expired { .. } if self.state == State::Pause => self.send_key(),
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

    fn on_info(&mut self, now: Duration, bytes: &[u8]) {
        let info = match DeviceInfo::parse(bytes) {
            Ok(info) => info,
            Err(error) => return self.fail(Failure::DeviceInfoMalformed(error)),
        };
        self.info = Some(info);
        self.did = info.did.or(self.config.fallback_did);
        self.dialogue.push(Event::DeviceInfo(info));
        if info.needs_out_of_band() {
            return self.fail(Failure::OobRequired {
                input: info.input_capability(),
                output: info.output_capability(),
            });
        }
        let allowed = self.config.allow_auth_version;
        if info.version > allowed {
            let announced = info.version;
            return self.fail(Failure::AuthVersionUnsupported { announced, allowed });
        }
        if self.did.is_none() && !self.config.approval {
            return self.fail(Failure::NoDid);
        }
        self.state = State::Pause;
        self.dialogue.link.wait(now, PAUSE);
    }

    fn send_key(&mut self) {
        self.state = State::SendKey;
        self.dialogue.link.control(ControlCode::REG_START_WITHOUT_PKI);
        let public_key = self.key.public_key().encode();
        let answer = if self.config.confirm_on_device {
            self.dialogue.push(Event::ConfirmOnDevice);
            self.config.user_timeout
        } else {
            self.config.answer_timeout
        };
        self.send(
            ParcelType::ECC_PUBKEY,
            &public_key,
            answer,
            Some(ParcelType::ECC_PUBKEY),
        );
    }

    fn on_sent(&mut self, now: Duration) {
        if self.state == State::SendDid {
            self.state = State::Confirm;
            self.dialogue.link.control(ControlCode::REG_VERIFY_SUCCESS);
            self.dialogue.link.wait(now, self.config.answer_timeout);
        } else {
            self.state = State::ReceiveKey;
            let answer = self.config.answer_timeout;
            self.dialogue.link.expect(now, ParcelType::ECC_PUBKEY, answer);
        }
    }

    fn on_public_key(&mut self, now: Duration, bytes: &[u8]) {
        let Ok(peer) = PublicKey::parse(bytes) else {
            return self.fail(Failure::InvalidPublicKey);
        };
        self.keys = Some(self.key.agree(&peer).setup_keys());
        if self.config.approval {
            self.state = State::Approval;
            self.dialogue.push(Event::ApprovalNeeded);
            self.dialogue.link.wait(now, self.config.user_timeout);
        } else {
            self.send_did();
        }
    }

    fn send_did(&mut self) {
        let (Some(did), Some(keys)) = (&self.did, &self.keys) else {
            return self.abort(Failure::NoDid);
        };
        self.state = State::SendDid;
        let encrypted = keys.did_key.encrypt_did(did);
        let answer = self.config.answer_timeout;
        self.send(ParcelType::PASS_THROUGH, &encrypted, answer, None);
    }

    fn send(&mut self, kind: ParcelType, data: &[u8], answer: Duration, then: Option<ParcelType>) {
        // Neither a public key nor an encrypted id is empty or longer than 64 bytes.
        if let Ok(sender) = Sender::new(kind, data, self.dialogue.link.dmtu()) {
            self.dialogue.link.send(sender.with_answer_timeout(answer), then);
        }
    }

    fn succeed(&mut self) {
        if let (Some(keys), Some(did), Some(info)) = (self.keys.take(), self.did, self.info) {
            self.state = State::Over;
            self.dialogue.end(Event::Done(Registration {
                token: keys.token,
                bind_key: keys.bind_key,
                did,
                info,
            }));
        }
    }

    fn fail(&mut self, failure: Failure) {
        if self.state != State::Over {
            self.state = State::Over;
            self.keys = None;
            self.dialogue.end(Event::Failed(failure));
        }
    }

    /// Fails, and tells the device if it has begun to register.
    fn abort(&mut self, failure: Failure) {
        let begun = self.state >= State::SendKey && self.state != State::Over;
        self.fail(failure);
        if begun {
            self.dialogue.link.control(ControlCode::REG_VERIFY_FAIL);
        }
    }

    const fn stage(&self) -> Stage {
        match self.state {
            State::Subscribing => Stage::Subscribe,
            State::Info | State::Pause => Stage::DeviceInfo,
            State::SendKey => Stage::SendPublicKey,
            State::ReceiveKey => Stage::ReceivePublicKey,
            State::Approval => Stage::Approval,
            State::SendDid => Stage::SendDid,
            State::Confirm | State::Over => Stage::Confirm,
        }
    }
}

impl Handshake for Register {
    type Output = Registration;

    fn handle_subscribed(&mut self, now: Duration) {
        if self.dialogue.handle_subscribed() {
            self.state = State::Info;
            self.dialogue.link.control(ControlCode::DEVICE_INFO);
            let answer = self.config.answer_timeout;
            self.dialogue.link.expect(now, ParcelType::PASS_THROUGH, answer);
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
        self.abort(Failure::Cancelled);
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        self.dialogue.poll_transmit(now)
    }

    fn poll_event(&mut self) -> Option<Event<Registration>> {
        self.dialogue.pop()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.dialogue.link.poll_timeout()
    }
}

impl Default for RegisterConfig {
    fn default() -> Self {
        Self {
            fallback_did: None,
            allow_auth_version: 1,
            confirm_on_device: false,
            approval: false,
            answer_timeout: Duration::from_secs(15),
            user_timeout: Duration::from_secs(60),
            mtu: 23,
        }
    }
}

/// Devices need it between their info and control code 0x15.
const PAUSE: Duration = Duration::from_millis(250);
