use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::query::encode;
use super::{Credentials, MAX_COMMAND};
use crate::json::Value;

/// A request that a device understands. What it asks for is well formed: no part of it can break out of its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: Method,
    target: String,
    body: Vec<u8>,
    credentials: Option<Credentials>,
    /// Whether target or body hold a password, which `Debug` must not print.
    secret: bool,
}

/// What the device does with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Reads, or runs a command of the query.
    Get,
    /// As POST.
    Put,
    /// Writes, or runs a command of the body.
    Post,
    /// Answers 200 with nothing, without asking for a password.
    Options,
}

impl Method {
    /// The word in the request's first line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Options => "OPTIONS",
        }
    }
}

impl Request {
    /// Runs a command: by `/cm`, or by POST of `api/cmnd` if it is too long for that.
    ///
    /// The reply of `/cm` to an unknown command is `{}`; [`Request::post_command`] tells.
    ///
    /// # Errors
    ///
    /// If the command is empty, or longer than the device's buffer.
    pub fn command(command: &str) -> Result<Self, RequestError> {
        if command.len() > MAX_COMMAND {
            return Self::post_command(command);
        }
        check_command(command)?;
        let mut target = String::from("/cm?cmnd=");
        target.push_str(&encode(command.as_bytes()));
        Ok(Self::get(target))
    }

    /// Runs a command by POST of `api/cmnd`, whose reply says whether the command is known.
    ///
    /// # Errors
    ///
    /// If the command is empty, or longer than the device's buffer.
    pub fn post_command(command: &str) -> Result<Self, RequestError> {
        check_command(command)?;
        Ok(Self::post("/api/cmnd", command.as_bytes()))
    }

    /// `api/info`: chip, build, addresses, names. [`Info`](crate::status::Info) reads the reply.
    #[must_use]
    pub fn info() -> Self {
        Self::get("/api/info")
    }

    /// `api/channels`: the channels that pins use, and their values.
    #[must_use]
    pub fn channels() -> Self {
        Self::get("/api/channels")
    }

    /// Sets channels 0 and up.
    #[must_use]
    pub fn set_channels(values: &[i32]) -> Self {
        Self::post(
            "/api/channels",
            alloc::format!("{}", Value::from(values.to_vec())).as_bytes(),
        )
    }

    /// `api/pins`: roles, channels and levels.
    #[must_use]
    pub fn pins() -> Self {
        Self::get("/api/pins")
    }

    /// Sets roles and channels of pins 0 and up.
    ///
    /// # Errors
    ///
    /// If both lists together exceed the device's parser: 128 tokens.
    pub fn set_pins(roles: &[u8], channels: &[u8]) -> Result<Self, RequestError> {
        // Two names, two arrays, the object, and the numbers.
        let tokens = roles.len() + channels.len() + 5;
        if tokens > MAX_TOKENS {
            return Err(RequestError::TooManyTokens {
                found: tokens,
                limit: MAX_TOKENS,
            });
        }
        let body = serde_json::json!({ "roles": roles, "channels": channels });
        Ok(Self::post("/api/pins", alloc::format!("{body}").as_bytes()))
    }

    /// `api/channelTypes`: the names of all types, and the type of each channel.
    #[must_use]
    pub fn channel_types() -> Self {
        Self::get("/api/channelTypes")
    }

    /// Sets the types of channels 0 and up.
    #[must_use]
    pub fn set_channel_types(types: &[u8]) -> Self {
        let body = serde_json::json!({ "types": types });
        Self::post("/api/channelTypes", alloc::format!("{body}").as_bytes())
    }

    /// `api/logconfig`: what is logged.
    #[must_use]
    pub fn log_config() -> Self {
        Self::get("/api/logconfig")
    }

    /// Sets what is logged: level 0 to 6, and a mask of features.
    #[must_use]
    pub fn set_log_config(level: u8, features: u32) -> Self {
        let body = serde_json::json!({ "level": level.min(6), "features": features });
        Self::post("/api/logconfig", alloc::format!("{body}").as_bytes())
    }

    /// Restarts after three seconds.
    #[must_use]
    pub fn reboot() -> Self {
        Self::post("/api/reboot", b"")
    }

    /// Reads flash; the reply is hex. The configuration's place is in [`Platform`](crate::Platform).
    #[must_use]
    pub fn read_flash(start: u32, length: u32) -> Self {
        Self::get(alloc::format!("/api/flash/{start:x}-{length:x}"))
    }

    /// A file or a folder of LittleFS.
    #[must_use]
    pub fn read_file(path: &str) -> Self {
        Self::get(alloc::format!("/api/lfs/{}", encode_path(path)))
    }

    /// Writes a file of LittleFS.
    #[must_use]
    pub fn write_file(path: &str, contents: &[u8]) -> Self {
        Self::post(&alloc::format!("/api/lfs/{}", encode_path(path)), contents)
    }

    /// Deletes a file of LittleFS. The reply is a bare `OK` or `Error`: [`ReplyError::NotHttp`](super::ReplyError).
    #[must_use]
    pub fn delete_file(path: &str) -> Self {
        Self::get(alloc::format!("/api/del/{}", encode_path(path)))
    }

    /// Runs a script of LittleFS.
    #[must_use]
    pub fn run_script(path: &str) -> Self {
        Self::get(alloc::format!("/api/run/{}", encode_path(path)))
    }

    /// Has the device announce itself to Home Assistant.
    #[must_use]
    pub fn announce(prefix: &str) -> Self {
        Self::get(alloc::format!(
            "/ha_discovery?prefix={}",
            encode(prefix.as_bytes())
        ))
    }

    /// Sets the device's clock: Unix seconds, and the offset of local time in seconds.
    #[must_use]
    pub fn set_clock(epoch: u64, offset: i32) -> Self {
        Self::get(alloc::format!("/pmntp?EPOCH={epoch}&OFFSET={offset}"))
    }

    /// Shows a password; needed for all but OPTIONS if the device has one.
    #[must_use]
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Path and query, encoded. May hold a password if it sets one.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The body, empty for GET.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The bytes to send on a new connection to `host`, which goes into the header of this name.
    ///
    /// # Errors
    ///
    /// If the host is empty or has a character that no host has.
    pub fn encode(&self, host: &str) -> Result<Vec<u8>, RequestError> {
        let legal = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']')
        };
        if host.is_empty() || !host.bytes().all(legal) {
            return Err(RequestError::BadHost { length: host.len() });
        }
        let mut bytes = Vec::with_capacity(128 + self.target.len() + self.body.len());
        let method = self.method.as_str();
        for part in [
            method,
            " ",
            &self.target,
            " HTTP/1.1\r\nHost: ",
            host,
            "\r\nConnection: close\r\n",
        ] {
            bytes.extend_from_slice(part.as_bytes());
        }
        if let Some(credentials) = &self.credentials {
            bytes.extend_from_slice(b"Authorization: ");
            bytes.extend_from_slice(credentials.header().as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        if matches!(self.method, Method::Post | Method::Put) {
            bytes.extend_from_slice(alloc::format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        Ok(bytes)
    }

    /// Reads a request as the device does: `None` until it is whole.
    ///
    /// # Errors
    ///
    /// If it isn't one of the four methods, or longer than 8 MiB.
    pub fn parse(bytes: &[u8]) -> Result<Option<ParsedRequest<'_>>, RequestError> {
        let method = [Method::Get, Method::Put, Method::Post, Method::Options]
            .into_iter()
            .find(|method| {
                bytes
                    .strip_prefix(method.as_str().as_bytes())
                    .is_some_and(|rest| rest.first() == Some(&b' '))
            });
        let Some(method) = method else {
            let start = bytes.get(..8).unwrap_or(bytes);
            return if bytes.len() < 8 && !start.contains(&b' ') {
                Ok(None)
            } else {
                Err(RequestError::BadMethod)
            };
        };
        let end = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| (at, at + 4));
        let Some((head_end, body_start)) =
            end.or_else(|| memchr::memmem::find(bytes, b"\n\n").map(|at| (at, at + 2)))
        else {
            return if bytes.len() > MAX_HEAD {
                Err(RequestError::TooLong {
                    found: bytes.len(),
                    limit: MAX_HEAD,
                })
            } else {
                Ok(None)
            };
        };
        let head = bytes.get(..head_end).unwrap_or_default();
        let mut lines = head
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().unwrap_or_default();
        let target = first.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let (mut length, mut authorization) = (0, None);
        for line in lines {
            let Some((name, value)) = core::str::from_utf8(line)
                .ok()
                .and_then(|line| line.split_once(':'))
            else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0_usize);
            } else if name.eq_ignore_ascii_case("authorization") {
                authorization = Some(value.trim());
            }
        }
        if length > MAX_REQUEST {
            return Err(RequestError::TooLong {
                found: length,
                limit: MAX_REQUEST,
            });
        }
        let rest = bytes.get(body_start..).unwrap_or_default();
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let target = target.strip_prefix(b"/").unwrap_or(target);
        let split = target.iter().position(|byte| *byte == b'?');
        let path = target.get(..split.unwrap_or(target.len())).unwrap_or_default();
        let query = split.and_then(|at| target.get(at + 1..)).unwrap_or_default();
        Ok(Some(ParsedRequest {
            method,
            path,
            query,
            body,
            authorization,
        }))
    }

    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            target: target.into(),
            body: Vec::new(),
            credentials: None,
            secret: false,
        }
    }

    pub(crate) fn post(target: &str, body: &[u8]) -> Self {
        Self {
            method: Method::Post,
            target: target.into(),
            body: body.to_vec(),
            credentials: None,
            secret: false,
        }
    }

    /// Marks that target or body hold a password.
    pub(crate) const fn hiding(mut self) -> Self {
        self.secret = true;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        let shown = if self.secret { path } else { &self.target };
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &shown)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if self.secret {
            zeroize::Zeroize::zeroize(&mut self.target);
            zeroize::Zeroize::zeroize(&mut self.body);
        }
    }
}

/// A request as a device has received it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ParsedRequest<'a> {
    /// The method.
    pub method: Method,
    /// The path without its leading slash, not decoded.
    pub path: &'a [u8],
    /// What follows the `?`, not decoded.
    pub query: &'a [u8],
    /// The body, as long as the header says.
    pub body: &'a [u8],
    /// The value of the header of this name.
    pub authorization: Option<&'a str>,
}

impl fmt::Debug for ParsedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedRequest")
            .field("method", &self.method)
            .field("path", &String::from_utf8_lossy(self.path))
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A request that can't be sent, or isn't one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Nothing but blanks.
    #[error("the command is empty")]
    EmptyCommand,
    /// More than the device's buffer holds.
    #[error("{found} bytes are too many, the limit is {limit}")]
    TooLong {
        /// What was there.
        found: usize,
        /// The most that can be.
        limit: usize,
    },
    /// A zero byte, line feed or carriage return, where the device stops reading.
    #[error("the command has a control character at byte {offset}")]
    ControlCharacter {
        /// Where.
        offset: usize,
    },
    /// More JSON than the device's parser takes.
    #[error("{found} JSON tokens are too many, the device takes {limit}")]
    TooManyTokens {
        /// What it would be.
        found: usize,
        /// The most that can be.
        limit: usize,
    },
    /// No host name or address.
    #[error("a host of {length} characters that isn't a name or an address")]
    BadHost {
        /// Its length.
        length: usize,
    },
    /// None of GET, PUT, POST and OPTIONS.
    #[error("a method that the device doesn't know")]
    BadMethod,
}

impl RequestError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::EmptyCommand => Some("Give a command, such as `POWER TOGGLE` or `STATUS 0`."),
            Self::TooLong { .. } => {
                Some("Split it into several, or put it into a script in the device's file system.")
            }
            Self::ControlCharacter { .. } => {
                Some("Send several commands one after the other, or with `backlog`.")
            }
            Self::TooManyTokens { .. } => Some("Set fewer pins at once, or with the command `SetPinRole`."),
            Self::BadHost { .. } => {
                Some("Give the address without `http://` and path: `192.168.1.20` or `plug.local`.")
            }
            Self::BadMethod => None,
        }
    }
}

fn check_command(command: &str) -> Result<(), RequestError> {
    if command.trim().is_empty() {
        return Err(RequestError::EmptyCommand);
    }
    if command.len() > MAX_POSTED {
        return Err(RequestError::TooLong {
            found: command.len(),
            limit: MAX_POSTED,
        });
    }
    match command.bytes().position(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        Some(offset) => Err(RequestError::ControlCharacter { offset }),
        None => Ok(()),
    }
}

/// Slashes divide folders, all else is encoded.
fn encode_path(path: &str) -> String {
    let parts: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| encode(part.as_bytes()))
        .collect();
    parts.join("/")
}

/// What fits into the device's buffer of 1024 bytes with the head around it.
const MAX_POSTED: usize = 640;
const MAX_TOKENS: usize = 128;
const MAX_HEAD: usize = 16 * 1024;
/// The largest image that anybody sends, with room.
const MAX_REQUEST: usize = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_posted() {
        let short = "x".repeat(123);
        assert_eq!(Request::command(&short).unwrap().method(), Method::Get);
        let long = "x".repeat(124);
        let request = Request::command(&long).unwrap();
        assert_eq!((request.method(), request.target()), (Method::Post, "/api/cmnd"));
        assert_eq!(request.body(), long.as_bytes());
    }

    #[test]
    fn nothing_breaks_out() {
        assert!(matches!(
            Request::command("a\r\nb"),
            Err(RequestError::ControlCharacter { offset: 1 })
        ));
        assert!(matches!(
            Request::info().encode("a\r\nX: y"),
            Err(RequestError::BadHost { .. })
        ));
        assert_eq!(
            Request::read_file("a b/../c?d").target(),
            "/api/lfs/a%20b/../c%3Fd"
        );
    }

    #[test]
    fn what_is_sent_is_read() {
        let sent = Request::post_command("POWER ON")
            .unwrap()
            .with_credentials(Credentials::new("secret5"));
        let bytes = sent.encode("192.168.1.20:80").unwrap();
        for end in 0..bytes.len() {
            assert_eq!(Request::parse(&bytes[..end]), Ok(None), "{end}");
        }
        let read = Request::parse(&bytes).unwrap().unwrap();
        assert_eq!(
            (read.method, read.path, read.body),
            (Method::Post, b"api/cmnd".as_slice(), b"POWER ON".as_slice())
        );
        assert_eq!(read.authorization, Some("Basic YWRtaW46c2VjcmV0NQ=="));
        assert!(Request::parse(b"BREW / HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn passwords_are_not_printed() {
        let request = Request::get("/cfg_wifi_set?ssid=a&pass=hunter22").hiding();
        assert!(!alloc::format!("{request:?}").contains("hunter22"));
    }
}
