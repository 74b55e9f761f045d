use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::json::{self, JsonError, Value};

/// A whole reply: everything that came before the device closed the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The code; -1 and -20 exist.
    pub status: i32,
    /// What follows the code; the device says `OK` for all codes but 401.
    pub reason: &'a str,
    /// What the body is, if the device says so.
    pub content_type: Option<&'a str>,
    /// `gzip` for some files of LittleFS.
    pub content_encoding: Option<&'a str>,
    /// Who asks for a password: `OpenBeken HTTP Server`.
    pub auth_realm: Option<&'a str>,
    /// The body as it came.
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Reads a reply. Lines may end with LF or CRLF; what a header says about the body's length is ignored.
    ///
    /// # Errors
    ///
    /// If it doesn't begin as HTTP, has no number as code, or ends before the head does.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ReplyError> {
        let start = bytes.get(..5).unwrap_or(bytes);
        if !b"HTTP/".starts_with(start) {
            return Err(ReplyError::NotHttp {
                length: bytes.len(),
                ok: bytes.starts_with(b"OK"),
            });
        }
        let truncated = ReplyError::Truncated { length: bytes.len() };
        let (line, mut rest) = split_line(bytes).ok_or(truncated)?;
        let (status, reason) = status_line(line).ok_or(ReplyError::BadStatusLine { length: line.len() })?;
        let mut reply = Self {
            status,
            reason,
            content_type: None,
            content_encoding: None,
            auth_realm: None,
            body: &[],
        };
        loop {
            let (line, after) = split_line(rest).ok_or(truncated)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            // A header that isn't text, or has no colon, says nothing.
            let Some((name, value)) = core::str::from_utf8(line)
                .ok()
                .and_then(|line| line.split_once(':'))
            else {
                continue;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-type") {
                reply.content_type = Some(value);
            } else if name.eq_ignore_ascii_case("content-encoding") {
                reply.content_encoding = Some(value);
            } else if name.eq_ignore_ascii_case("www-authenticate") {
                reply.auth_realm = value
                    .split_once("realm=\"")
                    .and_then(|(_, realm)| realm.split('"').next());
            }
        }
        reply.body = rest;
        Ok(reply)
    }

    /// The body as JSON, raw control characters in strings allowed.
    ///
    /// # Errors
    ///
    /// If it is no JSON.
    pub fn json(&self) -> Result<Value, JsonError> {
        json::parse(self.body)
    }

    /// The body as text; what isn't UTF-8 becomes replacement characters.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.body)
    }

    /// Whether it claims to be JSON. Unknown `/api/` paths give an HTML page with code 200.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.content_type.is_some_and(|kind| {
            kind.get(..16)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        })
    }
}

/// The head of a reply as the device writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    /// The code; 401 has a head of its own.
    pub status: i32,
    /// What the body is.
    pub content_type: &'static str,
}

impl ReplyHead {
    /// The bytes of a reply with this head.
    #[must_use]
    pub fn encode(&self, body: &[u8]) -> Vec<u8> {
        let mut head = String::with_capacity(192);
        if self.status == 401 {
            head.push_str(
                "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\
                 WWW-Authenticate: Basic realm=\"OpenBeken HTTP Server\"\r\n\r\n",
            );
            return head.into_bytes();
        }
        // The real server ends this line, and only this, with LF alone.
        let _ = write!(
            head,
            "HTTP/1.1 {} OK\nContent-type: {}\r\n",
            self.status, self.content_type
        );
        head.push_str(
            "Access-Control-Allow-Origin: *\r\n\
             Access-Control-Allow-Headers: Origin, X-Requested-With, Content-Type, Accept\r\n\
             Connection: close\r\n\r\n",
        );
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// Bytes that are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The first line has no number as code.
    #[error("the status line of {length} bytes has no code")]
    BadStatusLine {
        /// The line's length.
        length: usize,
    },
    /// There is no empty line after the headers.
    #[error("the reply ends within its head, after {length} bytes")]
    Truncated {
        /// What was there.
        length: usize,
    },
    /// It doesn't begin with `HTTP/`.
    #[error("the reply of {length} bytes has no HTTP head")]
    NotHttp {
        /// What was there.
        length: usize,
        /// Whether it begins with `OK`, as replies of `api/del` do.
        ok: bool,
    },
}

impl ReplyError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadStatusLine { .. } => "bad_status_line",
            Self::Truncated { .. } => "truncated",
            Self::NotHttp { .. } => "not_http",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::BadStatusLine { .. } => Some("Something else answers at this address: check it."),
            Self::Truncated { .. } => Some(
                "The device closed early: it restarts, or has no memory left; ask again in a few seconds.",
            ),
            Self::NotHttp { ok: true, .. } => {
                Some("`api/del` answers without a head; the word alone says whether it worked.")
            }
            Self::NotHttp { .. } => Some("Something else answers at this address: check it and the port."),
        }
    }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

fn status_line(line: &[u8]) -> Option<(i32, &str)> {
    let line = core::str::from_utf8(line).ok()?;
    let (_, rest) = line.split_once(' ')?;
    let rest = rest.trim_start();
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((code.parse().ok()?, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_lenient() {
        let reply =
            Reply::parse(b"HTTP/1.0 -20\nno colon\n\xff: x\nCONTENT-TYPE:text/html \n\nbody").unwrap();
        assert_eq!(
            (reply.status, reply.reason, reply.body),
            (-20, "", b"body".as_slice())
        );
        assert_eq!(reply.content_type, Some("text/html"));
    }

    #[test]
    fn what_is_no_reply_says_which_way() {
        let error = |bytes: &[u8]| Reply::parse(bytes).unwrap_err().name();
        assert_eq!(error(b"OK"), "not_http");
        assert_eq!(error(b""), "truncated");
        assert_eq!(error(b"HTTP/1.1 200 OK\r\nA: b\r\n"), "truncated");
        assert_eq!(error(b"HTTP/1.1 abc OK\r\n\r\n"), "bad_status_line");
        assert_eq!(error(b"HTTP/1.1 99999999999 OK\r\n\r\n"), "bad_status_line");
    }

    #[test]
    fn what_the_device_writes_is_read() {
        let head = ReplyHead {
            status: -1,
            content_type: "application/json",
        };
        let bytes = head.encode(b"{}");
        let reply = Reply::parse(&bytes).unwrap();
        assert_eq!(
            (reply.status, reply.body, reply.is_json()),
            (-1, b"{}".as_slice(), true)
        );
        let refused = ReplyHead {
            status: 401,
            content_type: "",
        }
        .encode(b"never sent");
        assert_eq!(
            Reply::parse(&refused).unwrap().auth_realm,
            Some("OpenBeken HTTP Server")
        );
    }
}
