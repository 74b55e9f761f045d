//! From bytes to a message.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Generation, Kind, Listed, Message, digits, short_model, trim};
use crate::json::{self, Escapes, Lexer, NotJson, RawString, Type};
use crate::model::Category;
use crate::{Fields, MAX_DATAGRAM, ParseError, PresentedKey, Sid, Value};

impl<'a> Message<'a> {
    /// Reads a datagram. Names and values borrow from it, unless they are escaped in a way that no gateway uses.
    ///
    /// # Errors
    /// What isn't a message of this protocol; an unknown `cmd` is no error but [`Kind::Other`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        if bytes.len() > MAX_DATAGRAM {
            return Err(ParseError::TooLarge {
                found: bytes.len(),
                limit: MAX_DATAGRAM,
            });
        }
        let end = bytes
            .iter()
            .rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n'));
        let bytes = end.and_then(|end| bytes.get(..=end)).unwrap_or_default();
        let text = core::str::from_utf8(bytes).map_err(|error| ParseError::NotUtf8 {
            offset: error.valid_up_to(),
        })?;
        let members = Members::read(text).map_err(|error| match error {
            ParseError::NotJson { .. } => ParseError::NotJson { length: text.len() },
            other => other,
        })?;
        members.into_message()
    }
}

/// The members of the datagram before anybody looks into them.
#[derive(Default)]
struct Members<'a> {
    cmd: Option<Value<'a>>,
    model: Option<Value<'a>>,
    sid: Option<Value<'a>>,
    short_id: Option<Value<'a>>,
    token: Option<Value<'a>>,
    key: Option<Value<'a>>,
    ip: Option<Value<'a>>,
    port: Option<Value<'a>>,
    proto_version: Option<Value<'a>>,
    data: Option<Body<'a>>,
    params: Option<Params<'a>>,
    dev_list: Option<&'a str>,
}

/// The member `params`: its attributes, or nothing usable.
type Params<'a> = Result<Fields<'a>, ParseError>;

/// The member `data`.
enum Body<'a> {
    /// Text that holds JSON.
    Text(RawString<'a>),
    /// JSON as it is.
    Json(&'a str),
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Self, ParseError> {
        let mut lexer = Lexer::new(text);
        let mut members = Self::default();
        if lexer.peek()? != Type::Object {
            lexer.value()?;
            lexer.end()?;
            return Err(ParseError::NotObject);
        }
        lexer.object(|lexer, name| members.member(lexer, trim(&name)))?;
        lexer.end()?;
        Ok(members)
    }

    fn member(&mut self, lexer: &mut Lexer<'a>, name: &str) -> Result<(), NotJson> {
        let slot = match name {
            "cmd" => &mut self.cmd,
            "model" => &mut self.model,
            "sid" => &mut self.sid,
            "short_id" => &mut self.short_id,
            "token" => &mut self.token,
            "key" => &mut self.key,
            "ip" => &mut self.ip,
            "port" => &mut self.port,
            "proto_version" => &mut self.proto_version,
            "data" => {
                self.data = Some(match lexer.peek()? {
                    Type::String => Body::Text(lexer.raw_string()?),
                    _ => Body::Json(lexer.span()?),
                });
                if let Some(Body::Text(RawString {
                    content,
                    escapes: Escapes::Other,
                })) = self.data
                {
                    json::unescape(content)?;
                }
                return Ok(());
            }
            "params" => {
                self.params = Some(params(lexer)?);
                return Ok(());
            }
            "dev_list" => {
                self.dev_list = Some(lexer.span()?);
                return Ok(());
            }
            _ => return lexer.value().map(|_| ()),
        };
        *slot = Some(lexer.value()?);
        Ok(())
    }

    fn into_message(mut self) -> Result<Message<'a>, ParseError> {
        let cmd = text("cmd", self.cmd.take())?.ok_or(ParseError::MissingCmd)?;
        let mut kind = kind_of(&cmd);
        let model = text("model", self.model.take())?.map(|model| match model {
            Cow::Borrowed(model) => Cow::Borrowed(short_model(model)),
            Cow::Owned(model) => Cow::Owned(short_model(&model).into()),
        });
        let token = text("token", self.token.take())?;
        let short_id = match &self.short_id {
            None => None,
            Some(value) => {
                let number = digits(value).and_then(|number| u16::try_from(number).ok());
                Some(number.ok_or(ParseError::BadType { member: "short_id" })?)
            }
        };
        let is_gateway = match kind {
            Kind::Iam { .. } | Kind::ListReply { .. } => true,
            Kind::Heartbeat if token.is_some() => true,
            // No look into the table for most: gateways are called `gateway` and `acpartner`.
            _ => model
                .as_deref()
                .filter(|model| model.starts_with(['g', 'a']))
                .and_then(Category::of)
                .is_some_and(Category::is_gateway),
        };
        let sid = match self.sid.take() {
            None => None,
            Some(value) => Some(sid(&value, is_gateway)?),
        };
        let mut proto_version = match self.proto_version.take() {
            Some(Value::Text(version)) => Some(version),
            _ => None,
        };
        let generation = self.generation(&cmd, &kind, proto_version.as_deref());
        let mut fields = Fields::new();
        self.body(&mut kind, &mut fields)?;
        match &mut kind {
            Kind::Iam { ip, port } => {
                *ip = self
                    .ip
                    .as_ref()
                    .and_then(Value::text)
                    .and_then(|ip| ip.trim().parse().ok());
                *port = match &self.port {
                    None => None,
                    Some(value) => {
                        let number = digits(value).and_then(|number| u16::try_from(number).ok());
                        Some(number.ok_or(ParseError::BadType { member: "port" })?)
                    }
                };
                fields = Fields::new();
            }
            Kind::WriteRequest { key } => {
                let inner = fields.remove("key");
                let place = if generation == Some(Generation::One) {
                    inner
                } else {
                    self.key.take().or(inner)
                };
                *key = text("key", place)?.map(PresentedKey::new);
            }
            Kind::ReadReply => {
                if let Some(Value::Text(version)) = fields.get("proto_version") {
                    proto_version = Some(version.clone());
                }
            }
            _ => {}
        }
        Ok(Message {
            cmd,
            kind,
            generation,
            sid,
            model,
            short_id,
            token,
            proto_version,
            fields,
        })
    }

    fn generation(&self, cmd: &str, kind: &Kind<'_>, proto_version: Option<&str>) -> Option<Generation> {
        if let Kind::Iam { .. } = kind {
            return proto_version.and_then(Generation::of_version);
        }
        if self.params.is_some() || self.dev_list.is_some() || cmd == "discovery" || cmd.ends_with("_rsp") {
            Some(Generation::Two)
        } else if self.data.is_some() || cmd == "get_id_list" || cmd.ends_with("_ack") {
            Some(Generation::One)
        } else {
            None
        }
    }

    /// Reads `data`, `params` and `dev_list` in this order.
    fn body(&mut self, kind: &mut Kind<'a>, fields: &mut Fields<'a>) -> Result<(), ParseError> {
        match self.data.take() {
            None => {}
            Some(Body::Text(RawString { content, .. })) if content.trim().is_empty() => {}
            Some(Body::Text(RawString {
                content,
                escapes: Escapes::None,
            })) => {
                data(&mut Lexer::new(content), kind, fields).map_err(in_text)?;
            }
            Some(Body::Text(RawString {
                content,
                escapes: Escapes::Quotes,
            })) => {
                data(&mut Lexer::nested(content), kind, fields).map_err(in_text)?;
            }
            Some(Body::Text(RawString {
                content,
                escapes: Escapes::Other,
            })) => {
                owned_data(&json::unescape(content)?, kind, fields).map_err(in_text)?;
            }
            Some(Body::Json(json)) => data(&mut Lexer::new(json), kind, fields)?,
        }
        if let Some(params) = self.params.take() {
            let params = params?;
            if fields.is_empty() {
                *fields = params;
            } else {
                params
                    .into_iter()
                    .for_each(|(name, value)| fields.insert(name, value));
            }
        }
        if let (Some(json), Kind::ListReply { devices }) = (self.dev_list, kind) {
            dev_list(&mut Lexer::new(json), devices)?;
        }
        Ok(())
    }
}

/// For text with escapes that no gateway sends: copies what it reads.
fn owned_data<'a>(json: &str, kind: &mut Kind<'a>, fields: &mut Fields<'a>) -> Result<(), ParseError> {
    let mut own_kind = if is_list(kind) {
        Kind::ListReply { devices: Vec::new() }
    } else {
        Kind::Other
    };
    let mut own_fields = Fields::new();
    data(&mut Lexer::new(json), &mut own_kind, &mut own_fields)?;
    if let (Kind::ListReply { devices }, Kind::ListReply { devices: own }) = (kind, own_kind.into_owned()) {
        *devices = own;
    }
    *fields = own_fields.into_owned();
    Ok(())
}

/// What a `cmd` means, with nothing in it yet.
pub(super) fn kind_of(cmd: &str) -> Kind<'static> {
    match cmd {
        "whois" => Kind::Whois,
        "iam" => Kind::Iam { ip: None, port: None },
        "get_id_list" | "discovery" => Kind::ListRequest,
        "get_id_list_ack" | "discovery_rsp" => Kind::ListReply { devices: Vec::new() },
        "read" => Kind::ReadRequest,
        "read_ack" | "read_rsp" => Kind::ReadReply,
        "write" => Kind::WriteRequest { key: None },
        "write_ack" | "write_rsp" => Kind::WriteReply,
        "report" => Kind::Report,
        "heartbeat" => Kind::Heartbeat,
        _ => Kind::Other,
    }
}

const fn is_list(kind: &Kind<'_>) -> bool {
    matches!(kind, Kind::ListReply { .. })
}

/// `data`: an object of attributes, or the array of a list reply.
fn data<'a>(lexer: &mut Lexer<'a>, kind: &mut Kind<'a>, fields: &mut Fields<'a>) -> Result<(), ParseError> {
    let bad_type = ParseError::BadType { member: "data" };
    match (lexer.peek()?, kind) {
        (Type::Array, Kind::ListReply { devices }) => lexer.array(|lexer| {
            let value = lexer.value()?;
            if let Ok(sid) = sid(&value, false) {
                devices.push(Listed { sid, model: None });
            }
            Ok::<(), NotJson>(())
        })?,
        (Type::Object, kind) => {
            object(lexer, fields)?;
            // A list reply may carry an error in the place of the list, and nothing else.
            if is_list(kind) && fields.get("error").is_none() {
                lexer.end()?;
                return Err(bad_type);
            }
        }
        _ => {
            lexer.value()?;
            lexer.end()?;
            return Err(bad_type);
        }
    }
    lexer.end()?;
    Ok(())
}

/// `params`: an array of objects, or one bare object. Anything else is JSON all the same, and told later.
fn params<'a>(lexer: &mut Lexer<'a>) -> Result<Params<'a>, NotJson> {
    let mut fields = Fields::new();
    let mut usable = true;
    match lexer.peek()? {
        Type::Object => object(lexer, &mut fields)?,
        Type::Array => lexer.array(|lexer| match lexer.peek()? {
            Type::Object => object(lexer, &mut fields),
            _ => {
                usable = false;
                lexer.value().map(|_| ())
            }
        })?,
        _ => {
            usable = false;
            lexer.value()?;
        }
    }
    Ok(if usable {
        Ok(fields)
    } else {
        Err(ParseError::BadType { member: "params" })
    })
}

fn dev_list<'a>(lexer: &mut Lexer<'a>, devices: &mut Vec<Listed<'a>>) -> Result<(), ParseError> {
    if lexer.peek()? != Type::Array {
        return Err(ParseError::BadType { member: "dev_list" });
    }
    lexer.array(|lexer| {
        if lexer.peek()? != Type::Object {
            return lexer.value().map(|_| ()).map_err(Into::into);
        }
        let (mut found, mut model) = (None, None);
        lexer.object(|lexer, name| {
            let value = lexer.value()?;
            match (trim(&name), value) {
                ("sid", value) => found = sid(&value, false).ok(),
                ("model", Value::Text(Cow::Borrowed(text))) => model = Some(Cow::Borrowed(short_model(text))),
                ("model", Value::Text(Cow::Owned(text))) => {
                    model = Some(Cow::Owned(short_model(&text).into()));
                }
                _ => {}
            }
            Ok::<(), NotJson>(())
        })?;
        devices.extend(found.map(|sid| Listed { sid, model }));
        Ok(())
    })
}

fn object<'a>(lexer: &mut Lexer<'a>, fields: &mut Fields<'a>) -> Result<(), NotJson> {
    lexer.object(|lexer, name| {
        let name = match name {
            Cow::Borrowed(name) => Cow::Borrowed(trim(name)),
            Cow::Owned(name) => Cow::Owned(trim(&name).into()),
        };
        let value = lexer.value()?;
        fields.insert(name, value);
        Ok(())
    })
}

/// A fault in the text of `data`, not in the datagram.
const fn in_text(error: ParseError) -> ParseError {
    match error {
        ParseError::NotJson { .. } => ParseError::BadDataJson,
        other => other,
    }
}

fn text<'a>(member: &'static str, value: Option<Value<'a>>) -> Result<Option<Cow<'a, str>>, ParseError> {
    match value {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(ParseError::BadType { member }),
    }
}

/// Text, or a number whose digits are the sid: a document shows `"sid":1022780`.
fn sid(value: &Value<'_>, is_gateway: bool) -> Result<Sid, ParseError> {
    match value {
        Value::Text(text) => Sid::parse(text, is_gateway).map_err(ParseError::BadSid),
        Value::Number(number) => {
            Sid::parse(&alloc::format!("{number}"), is_gateway).map_err(ParseError::BadSid)
        }
        _ => Err(ParseError::BadType { member: "sid" }),
    }
}
