//! Stamps: the device's clock, which each request must carry.

use core::time::Duration;

/// The device's clock, as its latest frame told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceClock {
    stamp: u32,
    at: Duration,
}

/// What a stamp counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StampKind {
    /// Seconds since the device started: it has no time from the internet.
    Uptime,
    /// Seconds since 1970.
    UnixTime,
}

impl DeviceClock {
    /// A clock that showed `stamp` when the frame arrived `at` the host's time.
    #[must_use]
    pub const fn new(stamp: u32, at: Duration) -> Self {
        Self { stamp, at }
    }

    /// The stamp that arrived.
    #[must_use]
    pub const fn stamp(&self) -> u32 {
        self.stamp
    }

    /// The stamp of a request that is sent now: what arrived plus the whole seconds since, modulo 2^32.
    ///
    /// ```
    /// use core::time::Duration;
    /// use miio_proto::session::DeviceClock;
    ///
    /// let clock = DeviceClock::new(48_402, Duration::from_secs(10));
    /// assert_eq!(clock.request_stamp(Duration::from_millis(15_500)), 48_407);
    /// ```
    #[must_use]
    pub const fn request_stamp(&self, now: Duration) -> u32 {
        // The cut to 32 bits is the modulo.
        self.stamp.wrapping_add(self.age(now).as_secs() as u32)
    }

    /// How old the frame is.
    #[must_use]
    pub const fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.at)
    }

    /// When the frame arrived.
    pub(super) const fn arrived(&self) -> Duration {
        self.at
    }

    /// Whether a stamp is older than the last one, be it by a second.
    pub(super) const fn is_behind(&self, stamp: u32) -> bool {
        let behind = self.stamp.wrapping_sub(stamp);
        behind > 0 && behind < 1 << 31
    }

    /// Whether a new stamp says that the device started anew: it is behind the last one by more than a frame can
    /// be late.
    pub(super) const fn went_back(&self, stamp: u32) -> bool {
        let behind = self.stamp.wrapping_sub(stamp);
        behind > LATE_SECONDS && behind < 1 << 31
    }
}

/// Whether a hello has to precede the next request: there is no frame yet, or the last one is too old.
#[must_use]
pub fn needs_handshake(age: Option<Duration>, max_age: Duration) -> bool {
    age.is_none_or(|age| age >= max_age)
}

/// What a stamp counts from. A guess, for people.
#[must_use]
pub const fn stamp_kind(stamp: u32) -> StampKind {
    if stamp < 1_000_000_000 {
        StampKind::Uptime
    } else {
        StampKind::UnixTime
    }
}

/// How late a frame may be, in seconds, before its stamp counts as a restart of the device.
const LATE_SECONDS: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrap_is_no_restart_and_a_restart_is_one() {
        let clock = DeviceClock::new(u32::MAX - 2, Duration::ZERO);
        assert!(!clock.went_back(5));
        assert!(clock.went_back(1000 + (1 << 31)));
        assert!(DeviceClock::new(5000, Duration::ZERO).went_back(3));
        assert!(!DeviceClock::new(5000, Duration::ZERO).went_back(4950));
    }
}
