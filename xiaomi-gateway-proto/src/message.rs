//! Messages: what a datagram says, and the datagram of a message.
//!
//! A datagram is one JSON object, at most 8192 bytes. The members, in the order in which this crate writes them:
//!
//! | member | generation 1 | generation 2 |
//! |---|---|---|
//! | `cmd` | text | text |
//! | `model` | text; empty when the firmware doesn't know the device | the same |
//! | `sid` | text, see [`Sid`] | the same |
//! | `short_id` | number, in heartbeats of gateways text | absent |
//! | `token` | 16 characters, in heartbeats of gateways and list replies | the same |
//! | `key` | inside `data` | at the top |
//! | body | `data`: **text that holds JSON** | `params`: array of objects; `dev_list` in list replies |
//!
//! Whatever real gateways do is accepted: `data` as object, several members in one object of `params`, numbers as
//! text, spaces around names, NUL or line ends after the object.
//!
//! ```
//! use xiaomi_gateway_proto::{Generation, Kind, Message};
//!
//! let bytes = br#"{"cmd":"report","model":"magnet","sid":"158d000116f2bb","short_id":9184,"data":"{\"status\":\"open\"}"}"#;
//! let message = Message::parse(bytes)?;
//! assert_eq!(message.kind, Kind::Report);
//! assert_eq!(message.generation, Some(Generation::One));
//! assert_eq!(message.fields.text("status"), Some("open"));
//! assert_eq!(message.decode().unwrap().to_json(), r#"{"category":"magnet","state":{"open":false}"#.replace("false", "true") + r#","events":[],"invalid":[],"unparsed":{},"trusted":true}"#);
//! assert_eq!(message.encode(), bytes);
//! # Ok::<(), xiaomi_gateway_proto::ParseError>(())
//! ```

mod encode;
mod parse;

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

use crate::json;
use crate::model::{Category, Model};
use crate::{BuildError, Decoded, Fields, PresentedKey, Sid, Token, Value, WriteKey};

/// One message of either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// `cmd` as on the wire.
    pub cmd: Cow<'a, str>,
    /// What `cmd` means, and what only such messages carry.
    pub kind: Kind<'a>,
    /// The generation that the message's form shows; `None` where both have the same form.
    pub generation: Option<Generation>,
    /// Whom it is about.
    pub sid: Option<Sid>,
    /// Without `lumi.`; empty when the gateway's firmware doesn't know the device.
    pub model: Option<Cow<'a, str>>,
    /// Zigbee short address; 0 for the gateway itself.
    pub short_id: Option<u16>,
    /// As on the wire; see [`write_token`](Self::write_token).
    pub token: Option<Cow<'a, str>>,
    /// `1.1.2`, `2.0.2`; from `iam` or from the attributes of a read reply.
    pub proto_version: Option<Cow<'a, str>>,
    /// The attributes of `data` or `params`, without the write key.
    pub fields: Fields<'a>,
}

/// What a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// "Which gateways are there?", multicast to port 4321.
    Whois,
    /// A gateway's answer to it.
    Iam {
        /// Its address, as it believes. The datagram's source is the better one.
        ip: Option<Ipv4Addr>,
        /// Where it listens for requests: 9898.
        port: Option<u16>,
    },
    /// `get_id_list`, `discovery`.
    ListRequest,
    /// `get_id_list_ack`, `discovery_rsp`.
    ListReply {
        /// The gateway's sub-devices.
        devices: Vec<Listed<'a>>,
    },
    /// "Tell all attributes of a device."
    ReadRequest,
    /// `read_ack`, `read_rsp`.
    ReadReply,
    /// "Set these attributes."
    WriteRequest {
        /// The proof that the sender knows the KEY, at its generation's place.
        key: Option<PresentedKey<'a>>,
    },
    /// `write_ack`, `write_rsp`: the state **before** the write, or an error.
    WriteReply,
    /// Attributes that changed, multicast.
    Report,
    /// A sign of life, multicast: every 10 s of a gateway, 10 or 60 min of a sub-device.
    Heartbeat,
    /// A `cmd` that nobody documents.
    Other,
}

/// An entry of a list reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Which device.
    pub sid: Sid,
    /// Its model without `lumi.`; generation 1 doesn't send it.
    pub model: Option<Cow<'a, str>>,
}

/// The two forms of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// `proto_version` 1.x: `data`, `get_id_list`, `..._ack`.
    One,
    /// `proto_version` 2.x: `params`, `discovery`, `..._rsp`.
    Two,
}

impl Generation {
    /// The generation of a `proto_version`: its first digit. A gateway that doesn't say is of the first.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        match version.trim().as_bytes() {
            [b'1', ..] => Some(Self::One),
            [b'2', ..] => Some(Self::Two),
            _ => None,
        }
    }

    /// 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    pub(crate) const fn list_request(self) -> &'static str {
        match self {
            Self::One => "get_id_list",
            Self::Two => "discovery",
        }
    }

    const fn list_reply(self) -> &'static str {
        match self {
            Self::One => "get_id_list_ack",
            Self::Two => "discovery_rsp",
        }
    }

    const fn read_reply(self) -> &'static str {
        match self {
            Self::One => "read_ack",
            Self::Two => "read_rsp",
        }
    }

    const fn write_reply(self) -> &'static str {
        match self {
            Self::One => "write_ack",
            Self::Two => "write_rsp",
        }
    }
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To [`GROUP`](crate::GROUP) and this port.
    Multicast(u16),
    /// To the peer. A gateway listens on this port; a client is answered where it asked from.
    Unicast(u16),
}

impl<'a> Message<'a> {
    fn new(cmd: &'static str, kind: Kind<'a>) -> Self {
        Self {
            cmd: Cow::Borrowed(cmd),
            kind,
            generation: None,
            sid: None,
            model: None,
            short_id: None,
            token: None,
            proto_version: None,
            fields: Fields::new(),
        }
    }

    /// "Which gateways are there?"
    #[must_use]
    pub fn whois() -> Self {
        Self::new("whois", Kind::Whois)
    }

    /// A gateway's answer. Old firmware leaves `proto_version` out.
    #[must_use]
    pub fn iam(
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        ip: Ipv4Addr,
        port: u16,
        proto_version: Option<&'a str>,
    ) -> Self {
        Self {
            generation: proto_version.and_then(Generation::of_version),
            sid: Some(sid.as_gateway(true)),
            model: Some(model.into()),
            proto_version: proto_version.map(Cow::Borrowed),
            ..Self::new(
                "iam",
                Kind::Iam {
                    ip: Some(ip),
                    port: Some(port),
                },
            )
        }
    }

    /// "Which sub-devices do you have?" The answer brings a token too.
    #[must_use]
    pub fn list_request(generation: Generation) -> Self {
        Self {
            generation: Some(generation),
            ..Self::new(generation.list_request(), Kind::ListRequest)
        }
    }

    /// A gateway's answer to it.
    #[must_use]
    pub fn list_reply(generation: Generation, sid: Sid, token: &Token, devices: Vec<Listed<'a>>) -> Self {
        Self {
            generation: Some(generation),
            sid: Some(sid.as_gateway(true)),
            token: Some(Cow::Owned(token.as_str().into())),
            ..Self::new(generation.list_reply(), Kind::ListReply { devices })
        }
    }

    /// "Tell all attributes": of a sub-device, or of the gateway itself.
    #[must_use]
    pub fn read_request(sid: Sid) -> Self {
        Self {
            sid: Some(sid),
            ..Self::new("read", Kind::ReadRequest)
        }
    }

    /// A gateway's answer to it.
    #[must_use]
    pub fn read_reply(
        generation: Generation,
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        fields: Fields<'a>,
    ) -> Self {
        Self::about(
            generation.read_reply(),
            Kind::ReadReply,
            generation,
            sid,
            model,
            fields,
        )
    }

    /// "Set these attributes." The model may be left out; gateways don't look at it.
    ///
    /// # Errors
    /// No values, or one named `key`.
    pub fn write_request(
        generation: Generation,
        sid: Sid,
        model: Option<Cow<'a, str>>,
        key: &WriteKey,
        fields: Fields<'a>,
    ) -> Result<Self, BuildError> {
        if fields.is_empty() {
            return Err(BuildError::EmptyWrite);
        }
        if fields.get("key").is_some() {
            return Err(BuildError::ReservedField);
        }
        let key = Some(PresentedKey::new(Cow::Owned(key.expose().into())));
        Ok(Self {
            generation: Some(generation),
            sid: Some(sid),
            model,
            fields,
            ..Self::new("write", Kind::WriteRequest { key })
        })
    }

    /// A gateway's answer to it: the state before the write.
    #[must_use]
    pub fn write_reply(
        generation: Generation,
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        fields: Fields<'a>,
    ) -> Self {
        Self::about(
            generation.write_reply(),
            Kind::WriteReply,
            generation,
            sid,
            model,
            fields,
        )
    }

    /// Attributes that changed.
    #[must_use]
    pub fn report(
        generation: Generation,
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        fields: Fields<'a>,
    ) -> Self {
        Self::about("report", Kind::Report, generation, sid, model, fields)
    }

    /// A sign of life.
    #[must_use]
    pub fn heartbeat(
        generation: Generation,
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        fields: Fields<'a>,
    ) -> Self {
        Self::about("heartbeat", Kind::Heartbeat, generation, sid, model, fields)
    }

    /// The error answer to a request of this `cmd`: `write_ack` with `Invalid key`, `get_id_list_rsp` with `No sid`.
    #[must_use]
    pub fn error_reply(generation: Generation, request: &str, sid: Option<Sid>, text: &'a str) -> Self {
        let suffix = match generation {
            Generation::One => "_ack",
            Generation::Two => "_rsp",
        };
        let cmd = [request, suffix].concat();
        let kind = parse::kind_of(&cmd);
        Self {
            cmd: Cow::Owned(cmd),
            generation: Some(generation),
            sid,
            fields: Fields::new().with("error", text),
            ..Self::new("", kind)
        }
    }

    fn about(
        cmd: &'static str,
        kind: Kind<'a>,
        generation: Generation,
        sid: Sid,
        model: impl Into<Cow<'a, str>>,
        fields: Fields<'a>,
    ) -> Self {
        let model = model.into();
        let is_gateway = Category::of(&model).is_some_and(Category::is_gateway);
        Self {
            generation: Some(generation),
            sid: Some(if is_gateway { sid.as_gateway(true) } else { sid }),
            model: Some(model),
            proto_version: match kind {
                Kind::ReadReply => fields
                    .text("proto_version")
                    .map(|version| Cow::Owned(version.into())),
                _ => None,
            },
            fields,
            ..Self::new(cmd, kind)
        }
    }

    /// The gateway's error text: `Invalid key`.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.fields.text("error")
    }

    /// The token for writes, if the message carries one: 16 characters in a gateway's heartbeat or a list reply.
    #[must_use]
    pub fn write_token(&self) -> Option<Token> {
        match self.kind {
            Kind::Heartbeat | Kind::ListReply { .. } => self.token.as_deref()?.parse().ok(),
            _ => None,
        }
    }

    /// The table's row of the message's model.
    #[must_use]
    pub fn known_model(&self) -> Option<&'static Model> {
        self.model.as_deref().and_then(Model::find)
    }

    /// What the attributes mean. `None` for messages that have none: requests, lists, errors.
    #[must_use]
    pub fn decode(&self) -> Option<Decoded<'_>> {
        let source = crate::Source::of(&self.kind)?;
        if self.error().is_some() {
            return None;
        }
        Some(crate::decode(
            self.model.as_deref().unwrap_or_default(),
            source,
            &self.fields,
        ))
    }

    /// Where it goes.
    #[must_use]
    pub const fn route(&self) -> Route {
        match self.kind {
            Kind::Whois => Route::Multicast(crate::DISCOVERY_PORT),
            Kind::Report | Kind::Heartbeat => Route::Multicast(crate::PORT),
            _ => Route::Unicast(crate::PORT),
        }
    }

    /// The same message, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Message<'static> {
        Message {
            cmd: json::owned(self.cmd),
            kind: self.kind.into_owned(),
            generation: self.generation,
            sid: self.sid,
            model: self.model.map(json::owned),
            short_id: self.short_id,
            token: self.token.map(json::owned),
            proto_version: self.proto_version.map(json::owned),
            fields: self.fields.into_owned(),
        }
    }
}

impl Kind<'_> {
    /// The same kind, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Kind<'static> {
        match self {
            Self::Whois => Kind::Whois,
            Self::Iam { ip, port } => Kind::Iam { ip, port },
            Self::ListRequest => Kind::ListRequest,
            Self::ListReply { devices } => Kind::ListReply {
                devices: devices
                    .into_iter()
                    .map(|device| Listed {
                        sid: device.sid,
                        model: device.model.map(json::owned),
                    })
                    .collect(),
            },
            Self::ReadRequest => Kind::ReadRequest,
            Self::ReadReply => Kind::ReadReply,
            Self::WriteRequest { key } => Kind::WriteRequest {
                key: key.map(PresentedKey::into_owned),
            },
            Self::WriteReply => Kind::WriteReply,
            Self::Report => Kind::Report,
            Self::Heartbeat => Kind::Heartbeat,
            Self::Other => Kind::Other,
        }
    }
}

/// A model without `lumi.` and outer spaces, however often they stand there, so that what is written reads the same.
pub(crate) fn short_model(model: &str) -> &str {
    let mut model = trim(model);
    while let Some(rest) = model.strip_prefix("lumi.") {
        model = trim(rest);
    }
    model
}

/// Without outer spaces. Nearly nothing has any, so look at the ends only.
#[inline]
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// Text or number of a value.
fn digits(value: &Value<'_>) -> Option<i64> {
    value.number()?.to_i64()
}
