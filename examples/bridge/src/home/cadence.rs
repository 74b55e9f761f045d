//! How often a device speaks, and so for how long its last word holds.

use std::time::Duration;

/// Watches the pauses between a device's messages.
///
/// A value expires after five times the longest usual pause, rounded up to one of a few steps so that it rarely
/// changes. Until a device was heard eight times, it is 15 minutes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cadence {
    heard: u32,
    last: Option<Duration>,
    longest: Duration,
    step: Option<Duration>,
}

impl Cadence {
    /// Takes note of a message; says whether [`expiry`](Self::expiry) changed.
    pub fn note(&mut self, now: Duration) -> bool {
        if let Some(last) = self.last {
            let pause = now.saturating_sub(last);
            // Long pauses are forgotten slowly: a device that was out of reach once isn't slow for ever.
            self.longest = pause.max(self.longest - self.longest / 64);
        }
        self.last = Some(now);
        self.heard = self.heard.saturating_add(1);
        if self.heard < ENOUGH {
            return false;
        }
        let wanted = self.longest * 5;
        let step = STEPS.iter().copied().find(|step| *step >= wanted);
        let step = step.unwrap_or(LONGEST);
        let before = self.expiry();
        // Up at once, down only when it is far off: each change is a message to everybody.
        let settled = self
            .step
            .is_some_and(|current| step < current && wanted * 4 > current);
        if !settled {
            self.step = Some(step);
        }
        self.expiry() != before
    }

    /// For how long the last value holds.
    #[must_use]
    pub fn expiry(&self) -> Duration {
        self.step.unwrap_or(UNKNOWN)
    }

    /// Whether it has been silent for longer than that.
    #[must_use]
    pub fn is_silent(&self, now: Duration) -> bool {
        self.last
            .is_none_or(|last| now.saturating_sub(last) > self.expiry())
    }
}

/// Messages after which the pauses are believed.
const ENOUGH: u32 = 8;
/// As Home Assistant does with Bluetooth devices.
const UNKNOWN: Duration = Duration::from_secs(15 * 60);
const STEPS: [Duration; 6] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
    LONGEST,
];
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pauses: impl IntoIterator<Item = u64>) -> Cadence {
        let (mut cadence, mut now) = (Cadence::default(), Duration::ZERO);
        for pause in pauses {
            now += Duration::from_secs(pause);
            cadence.note(now);
        }
        cadence
    }

    #[test]
    fn a_value_holds_for_some_pauses() {
        assert_eq!(after([]).expiry(), UNKNOWN);
        assert_eq!(after([3; 20]).expiry(), Duration::from_secs(60));
        assert_eq!(after([50; 20]).expiry(), Duration::from_secs(300));
        assert_eq!(after([100_000; 20]).expiry(), LONGEST);
    }

    #[test]
    fn one_long_pause_counts_at_once_and_is_forgotten_slowly() {
        let long = after([3; 20].into_iter().chain([100]));
        assert_eq!(long.expiry(), Duration::from_secs(900));
        let later = after([3; 20].into_iter().chain([100]).chain([3; 400]));
        assert_eq!(later.expiry(), Duration::from_secs(60));
    }

    #[test]
    fn silence_is_told_after_the_expiry() {
        let cadence = after([10; 20]);
        assert!(!cadence.is_silent(Duration::from_secs(250)));
        assert!(cadence.is_silent(Duration::from_secs(261)));
    }
}
