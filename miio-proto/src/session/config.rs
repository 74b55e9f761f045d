//! What a session needs to know.

use core::time::Duration;

use crate::{DeviceId, PlaintextEnd, Token};

/// The settings of a [`Session`](super::Session). Only the token must be given; the rest has good defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The device's token; `None` takes the one that the device discloses (setup mode, old firmware).
    pub token: Option<Token>,
    /// The device's id, if known: another device at the address is then recognised.
    pub device_id: Option<DeviceId>,
    /// The last message id that was used with this device. Hand in the stored
    /// [`Session::last_id`](super::Session::last_id), or Unix time, never twice the same: devices ignore ids that
    /// don't grow. Default 0.
    pub last_id: u32,
    /// The largest id, after which they start at 1 again. Default 2147483647.
    pub max_id: u32,
    /// How far ids jump after the first lost answer; a hundred times that after each further one. Default 100.
    pub id_jump: u32,
    /// Requests in flight at once. Default 1: most devices lose what comes in parallel.
    pub in_flight: u8,
    /// Calls that may wait. Default 64.
    pub queue: usize,
    /// How long to wait for the answer to the first hello; twice that for each further one. Default 1 s.
    pub hello_timeout: Duration,
    /// Hellos in a row without answer before the device counts as unreachable. Default 5, which takes 9 s.
    pub hello_attempts: u8,
    /// How long to wait for the first answer to a request; twice that for the next. Default 5 s: below that the
    /// diagnosis of a failing microcontroller is lost, which takes 4 s.
    pub timeout: Duration,
    /// How often a request is sent at most. Default 3.
    pub attempts: u8,
    /// How long a call may take in all, from the moment it was queued. Default 90 s.
    pub deadline: Duration,
    /// How often a request is sent again after an error that often passes. Default 2.
    pub error_retries: u8,
    /// The pause before that; twice that for the next. Default 1 s.
    pub error_pause: Duration,
    /// The pause after a request that isn't a reading one. Default 50 ms.
    pub settle: Duration,
    /// How old the last frame may be before a hello must renew the clock. Default 60 s.
    pub renew_after: Duration,
    /// How long nothing may arrive before a hello tests whether the device is there. Default: never.
    pub keep_alive: Option<Duration>,
    /// The longest frame to send, in bytes. Default 1024; some devices drop longer ones.
    pub request_limit: usize,
    /// What follows the JSON. Default: one zero byte.
    pub plaintext_end: PlaintextEnd,
}

impl Config {
    /// Defaults for a device with this token.
    #[must_use]
    pub const fn new(token: Token) -> Self {
        Self::with_token(Some(token))
    }

    /// Defaults for a device that discloses its token.
    #[must_use]
    pub const fn disclosed() -> Self {
        Self::with_token(None)
    }

    const fn with_token(token: Option<Token>) -> Self {
        Self {
            token,
            device_id: None,
            last_id: 0,
            max_id: i32::MAX as u32,
            id_jump: 100,
            in_flight: 1,
            queue: 64,
            hello_timeout: Duration::from_secs(1),
            hello_attempts: 5,
            timeout: Duration::from_secs(5),
            attempts: 3,
            deadline: Duration::from_secs(90),
            error_retries: 2,
            error_pause: Duration::from_secs(1),
            settle: Duration::from_millis(50),
            renew_after: Duration::from_secs(60),
            keep_alive: None,
            request_limit: 1024,
            plaintext_end: PlaintextEnd::Nul,
        }
    }

    /// Sets the device's id.
    #[must_use]
    pub const fn device_id(mut self, id: DeviceId) -> Self {
        self.device_id = Some(id);
        self
    }

    /// Continues after this message id.
    #[must_use]
    pub const fn last_id(mut self, id: u32) -> Self {
        self.last_id = id;
        self
    }

    /// Sets how long to wait for the first answer to a request.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how often a request is sent at most.
    #[must_use]
    pub const fn attempts(mut self, attempts: u8) -> Self {
        self.attempts = attempts;
        self
    }

    /// Tests whether the device is there when nothing arrived for this long.
    #[must_use]
    pub const fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = Some(interval);
        self
    }
}
