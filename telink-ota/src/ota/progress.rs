//! How far a transfer is, how fast, and how long it will take.

use core::time::Duration;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the image that were written.
    pub sent: u32,
    /// Bytes of the image.
    pub total: u32,
    /// Since the first PDU.
    pub elapsed: Duration,
    /// Bytes a second, of late; 0 as long as nothing is known.
    pub rate: u32,
}

impl Progress {
    /// Whole percents.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let percent = u64::from(self.sent) * 100 / u64::from(self.total).max(1);
        u8::try_from(percent).unwrap_or(100)
    }

    /// How long the rest takes at the rate of late; `None` as long as nothing is known.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let left = u64::from(self.total.saturating_sub(self.sent)) * 1000;
        left.checked_div(self.rate.into()).map(Duration::from_millis)
    }
}

/// Measures the rate: over the time since the start at first, then with more weight on the last seconds.
#[derive(Debug)]
pub(super) struct Meter {
    total: u32,
    sent: u32,
    start: Option<Duration>,
    now: Duration,
    window: (Duration, u32),
    rate: u32,
}

impl Meter {
    pub(super) const fn new(total: u32) -> Self {
        Self {
            total,
            sent: 0,
            start: None,
            now: Duration::ZERO,
            window: (Duration::ZERO, 0),
            rate: 0,
        }
    }

    pub(super) fn start(&mut self, now: Duration) {
        self.start = Some(now);
        self.now = now;
        self.window = (now, 0);
    }

    /// Takes note of what was written; says whether that is one percent more.
    pub(super) fn advance(&mut self, now: Duration, sent: u32) -> bool {
        let before = self.progress().percent();
        self.now = now;
        self.sent = sent.min(self.total);
        let (since, at) = self.window;
        let span = now.saturating_sub(since);
        if span >= WINDOW || (self.rate == 0 && !span.is_zero()) {
            let latest = u128::from(self.sent - at) * 1000 / span.as_millis().max(1);
            let latest = u32::try_from(latest).unwrap_or(u32::MAX);
            if span >= WINDOW {
                self.rate = match self.rate {
                    0 => latest,
                    // One part of the newest window, three of what was known.
                    rate => (rate / 4).saturating_mul(3).saturating_add(latest / 4),
                };
                self.window = (now, self.sent);
            } else {
                self.rate = latest;
            }
        }
        self.progress().percent() > before
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            sent: self.sent,
            total: self.total,
            elapsed: self
                .start
                .map_or(Duration::ZERO, |start| self.now.saturating_sub(start)),
            rate: self.rate,
        }
    }
}

/// How long a rate is measured.
const WINDOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_transfer_has_its_rate_and_its_time_left() {
        let mut meter = Meter::new(86_340);
        meter.start(Duration::from_secs(100));
        let mut percents = 0;
        for pdu in 1..=2000_u32 {
            let now = Duration::from_secs(100) + Duration::from_millis(5) * pdu;
            percents += u32::from(meter.advance(now, pdu * 16));
        }
        let progress = meter.progress();
        assert!((3100..=3300).contains(&progress.rate), "{progress:?}");
        assert_eq!(progress.percent(), 37);
        assert_eq!(percents, 37);
        let left = progress.remaining().unwrap().as_secs();
        assert!((16..=18).contains(&left), "{left} s");
        assert_eq!(progress.elapsed, Duration::from_secs(10));
    }

    #[test]
    fn nothing_is_known_before_the_first_pdu() {
        let progress = Meter::new(100).progress();
        assert_eq!((progress.percent(), progress.remaining()), (0, None));
    }
}
