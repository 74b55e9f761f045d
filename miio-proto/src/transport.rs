//! UDP over tokio: [`Client`] for any number of devices on one socket, [`Host`] for simulated devices, and
//! [`discover`]. Thin loops around [`Session`](crate::Session), [`Device`](crate::device::Device) and
//! [`Discovery`](crate::discovery::Discovery); they decide nothing.

mod client;
mod discover;
mod host;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use client::{Client, Handle, SessionEvent};
pub use discover::discover;
pub use host::Host;

/// More than any device sends at once.
const RECEIVE_BUFFER: usize = 65_535;

/// The state machines' time: since the transport started.
#[derive(Clone, Copy, Debug)]
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(self) -> Duration {
        self.0.elapsed()
    }

    fn instant(self, at: Duration) -> tokio::time::Instant {
        (self.0 + at).into()
    }
}

/// A message id that grows from one run of a program to the next: Unix time in seconds.
fn id_from_time() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or_default() & 0x7fff_ffff
}
