//! Push: events of a device, without the cloud.
//!
//! Devices report nothing on the LAN. The trick: play a miIO device (any id and model) on UDP port 54321, and
//! install a local scene in the real device: "on this event, call that method of the device at my address". It is
//! known to work on gateways (`lumi.gateway.*`) and their children.
//!
//! 1. Be reachable on port 54321: [`Device`](crate::device::Device) answers the hellos.
//! 2. Send [`Scene::request`] to the real device; it answers `["ok"]`.
//! 3. On the event, the real device calls the method [`Scene::command`], encrypted with *its* token: see
//!    [`PushedEvent`].
//! 4. Send [`Scene::delete`] to end it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::Ipv4Addr;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{Cipher, DeviceId, Request, Token};

/// A scene that makes a device report one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The scene's number, 1000001 and upward, different for each scene.
    pub number: u32,
    /// A number that nobody knows a use for, between 1590161094 and 1642025774.
    pub magic: u32,
    /// The event.
    pub trigger: Trigger,
    /// Who is told.
    pub receiver: Receiver,
}

/// What a [`Scene`] waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The device whose event it is, as text: a child's id, or the gateway's own.
    pub source: String,
    /// The model of that device.
    pub source_model: String,
    /// The event: `open`, `alarm_triggering`.
    pub event: String,
    /// The event's code from app traffic: `[1,6,1,0,[0,1],2,0]`.
    pub code: String,
    /// The token in the trigger; some events of a gateway want the gateway's own.
    pub token: Option<Token>,
    /// A threshold.
    pub value: Option<Value>,
}

/// The device that the host plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The id that it plays.
    pub device_id: DeviceId,
    /// The model that it plays.
    pub model: String,
    /// The host's own address.
    pub address: Ipv4Addr,
    /// Further text for the call.
    pub extra: String,
}

impl Scene {
    /// The scene's name, which also deletes it: `x.scene.1000001`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("x.scene.{}", self.number)
    }

    /// The method that the device will call: `<own model>.<event>:<source>`.
    ///
    /// # Errors
    ///
    /// More than 49 characters: the device would call a cut name.
    pub fn command(&self) -> Result<String, CommandTooLong> {
        let source = self.trigger.source.replace('.', "_");
        let command = format!("{}.{}:{source}", self.receiver.model, self.trigger.event);
        if !command_fits(&command) {
            return Err(CommandTooLong {
                found: command.chars().count(),
            });
        }
        Ok(command)
    }

    /// The scene as the text that the device stores. `token` is the token of the device that stores it.
    ///
    /// # Errors
    ///
    /// As [`command`](Self::command).
    pub fn encode(&self, token: &Token) -> Result<String, CommandTooLong> {
        let (trigger, receiver) = (&self.trigger, &self.receiver);
        let condition = Condition {
            did: &trigger.source,
            extra: &trigger.code,
            key: format!("event.{}.{}", trigger.source_model, trigger.event),
            model: &trigger.source_model,
            src: "device",
            timespan: [ALWAYS; 2],
            token: trigger
                .token
                .as_ref()
                .map(|token| token.to_hex().to_string())
                .unwrap_or_default(),
            value: trigger.value.as_ref(),
        };
        let action = Action {
            command: self.command()?,
            did: receiver.device_id.to_string(),
            extra: &receiver.extra,
            id: 0,
            ip: receiver.address,
            model: &receiver.model,
            token: base16ct::lower::encode_string(&encrypted_token(token)),
            value: "",
        };
        let scene = [(self.id(), ("1.0", self.magic, ("0", condition), [action]))];
        // Texts and numbers in memory can't fail to serialize.
        Ok(serde_json::to_string(&scene).unwrap_or_default())
    }

    /// The request that installs the scene. Its params hold an encrypted token, so they don't print.
    ///
    /// # Errors
    ///
    /// As [`command`](Self::command).
    pub fn request(&self, token: &Token) -> Result<Request, CommandTooLong> {
        let data = self.encode(token)?;
        let params = json!({"cur": 0, "data": data, "data_tkn": 29576, "total": 1, "type": "scene"});
        Ok(Request::new("send_data_frame", params).secret())
    }

    /// The request that deletes the scene.
    #[must_use]
    pub fn delete(&self) -> Request {
        Request::new("miIO.xdel", json!([self.id()]))
    }
}

/// Whether a device will call this method whole: at most 49 characters.
#[must_use]
pub fn command_fits(command: &str) -> bool {
    command.chars().count() <= MAX_COMMAND
}

/// The token under its own miIO encryption, without the padding block: what a scene holds instead of the token.
#[must_use]
pub fn encrypted_token(token: &Token) -> [u8; 16] {
    let ciphertext: Vec<u8> = Cipher::new(token).encrypt(token.expose());
    ciphertext.first_chunk().copied().unwrap_or_default()
}

/// An event that a device pushed, by the method that it called.
///
/// ```
/// use miio_proto::push::PushedEvent;
///
/// let event = PushedEvent::parse("chuangmi.plug.v3.open:lumi_158d0001020304")?;
/// assert_eq!(event.source, "lumi.158d0001020304");
/// assert_eq!(event.event("chuangmi.plug.v3"), Some("open"));
/// # Ok::<(), miio_proto::push::NotEvent>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PushedEvent {
    /// The model that the host plays, and the event.
    pub action: String,
    /// The id of the device whose event it is.
    pub source: String,
}

impl PushedEvent {
    /// Takes the method of a device's request apart, at its last colon.
    ///
    /// # Errors
    ///
    /// A method without colon.
    pub fn parse(method: &str) -> Result<Self, NotEvent> {
        let (action, source) = method.rsplit_once(':').ok_or(NotEvent)?;
        Ok(Self {
            action: action.into(),
            source: source.replace('_', "."),
        })
    }

    /// The event alone, if it was for this model.
    #[must_use]
    pub fn event(&self, own_model: &str) -> Option<&str> {
        self.action.strip_prefix(own_model)?.strip_prefix('.')
    }
}

/// Something every day, all day.
const ALWAYS: &str = "0 0 * * 0,1,2,3,4,5,6";

/// The characters of a method that a device calls whole.
const MAX_COMMAND: usize = 49;

/// The order of the fields is the firmware's.
#[derive(Serialize)]
struct Condition<'a> {
    did: &'a str,
    extra: &'a str,
    key: String,
    model: &'a str,
    src: &'a str,
    timespan: [&'a str; 2],
    token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
}

/// The order of the fields is the firmware's.
#[derive(Serialize)]
struct Action<'a> {
    command: String,
    did: String,
    extra: &'a str,
    id: u8,
    ip: Ipv4Addr,
    model: &'a str,
    token: String,
    value: &'a str,
}

/// A method that the device would call by a cut name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback's name has {found} characters, devices cut it after 49")]
pub struct CommandTooLong {
    /// What was there.
    pub found: usize,
}

impl CommandTooLong {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Play a model with a shorter name, or name the event shorter.")
    }
}

/// A method that isn't a pushed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the method has no colon, so it is no pushed event")]
pub struct NotEvent;

impl NotEvent {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Devices send messages of their own to the cloud's address too: ignore them, or answer \"ok\".")
    }
}
