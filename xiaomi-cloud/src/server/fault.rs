//! What can go wrong on demand.

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderValue, Response};
use serde_json::Value;

use super::set;

/// What the next answer of the API is instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A web page.
    Html,
    /// Nothing.
    Empty,
    /// So many bytes.
    Huge(usize),
    /// Cut off in the middle.
    Truncated,
    /// Encrypted under another key.
    WrongKey,
    /// Packed, and cut off.
    BrokenGzip,
    /// Packed so well that so many bytes come out.
    Bomb(usize),
    /// Encrypted, but no UTF-8.
    NotText,
    /// Encrypted, but a list.
    List,
    /// An HTTP status.
    Status(u16),
    /// An HTTP status with `Retry-After`.
    Busy(u16, u32),
    /// A code of the API.
    Code(i64, String),
    /// Plain `invalid signature`, with code 0.
    InvalidSignature,
    /// A result of another form.
    Result(String),
}

/// What the next answer of the account server is instead, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountFault {
    /// A web page.
    Html,
    /// An HTTP status.
    Status(u16),
    /// These bytes.
    Body(Bytes),
    /// A redirect.
    RedirectTo(String),
    /// The answer names this address as its location.
    Location(String),
    /// The answer sets cookies for other domains, too.
    ForeignCookie,
}

impl AccountFault {
    pub(super) fn spoil(&self, response: &mut Response<Bytes>) {
        match self {
            Self::ForeignCookie => {
                for text in ["evil=1; Domain=evil.example", "serviceToken=evil; Domain=.mi.com"] {
                    response
                        .headers_mut()
                        .append(SET_COOKIE, HeaderValue::from_static(text));
                }
            }
            Self::Location(location) => {
                let text = String::from_utf8_lossy(response.body()).into_owned();
                let json = text.trim_start_matches("&&&START&&&");
                if let Ok(mut body) = serde_json::from_str::<Value>(json) {
                    set(&mut body, "location", location.as_str());
                    set(&mut body, "code", 0);
                    set(&mut body, "ssecurity", "ABEiM0RVZneImaq7zN3u/w==");
                    *response.body_mut() = format!("&&&START&&&{body}").into();
                }
            }
            Self::Html | Self::Status(_) | Self::Body(_) | Self::RedirectTo(_) => {}
        }
    }
}
