//! What goes out, and what comes back when nothing does.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

/// Names a request, so that its answer finds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub(crate) u64);

/// A request to send. Send it as it is: without following redirects, without a cookie store, with TLS.
///
/// `Debug` shows host and path only: headers and body carry secrets.
pub struct Transmit {
    /// What to hand back with the answer.
    pub id: RequestId,
    /// The request; its address is absolute and `https`.
    pub request: Request<Bytes>,
    /// How long to wait for the answer.
    pub timeout: Duration,
}

impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.request.uri();
        f.debug_struct("Transmit")
            .field("id", &self.id)
            .field("method", self.request.method())
            .field("host", &uri.host())
            .field("path", &uri.path())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// Its time is over.
    Timeout,
    /// No connection, or one that broke.
    Unreachable,
    /// The answer is longer than the caller takes; so many bytes were read.
    TooLong(usize),
}
