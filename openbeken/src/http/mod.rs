//! HTTP as the device speaks it: port 80, one request a connection, the body ends when the device closes.
//!
//! The server has quirks that stop many HTTP libraries: its status line ends with LF alone, codes can be negative, a
//! body has no length, and `api/del` answers without any head. So [`Reply::parse`] takes the raw bytes of a whole
//! connection, and [`Request::encode`] makes those to send. The device's side are [`Request::parse`] and
//! [`ReplyHead::encode`].
//!
//! ```
//! use openbeken::http::{Reply, Request};
//!
//! let request = Request::command("POWER TOGGLE")?;
//! assert_eq!(request.target(), "/cm?cmnd=POWER%20TOGGLE");
//!
//! let reply = Reply::parse(b"HTTP/1.1 200 OK\nContent-type: application/json\r\n\r\n{\"POWER\":\"ON\"}")?;
//! assert_eq!(reply.status, 200);
//! assert_eq!(reply.json()?["POWER"], "ON");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod query;
mod reply;
mod request;
mod rest;

pub use self::auth::{Credentials, WebPassword};
pub use self::query::{Argument, argument, encode};
pub use self::reply::{Reply, ReplyError, ReplyHead};
pub use self::request::{Method, ParsedRequest, Request, RequestError};
pub use self::rest::{Failure, RestError};

/// The port of the device's server.
pub const PORT: u16 = 80;

/// The longest command, decoded, that `/cm` runs once. A longer one the device cuts, and runs twice.
pub const MAX_COMMAND: usize = 123;

/// No reply that the firmware makes is longer, but for files: a reader should stop here.
pub const MAX_REPLY: usize = 256 * 1024;
