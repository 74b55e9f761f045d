//! How long to wait before the next attempt.

use std::time::Duration;

/// Pauses that double from one second up to a minute, each shortened by up to a half at random, so that many clients
/// don't come back in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    noise: u64,
}

impl Backoff {
    /// From the beginning. The seed is any number that differs from one client to the next.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            next: FIRST,
            noise: seed | 1,
        }
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        // xorshift: no secret depends on it.
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        let whole = self.next;
        self.next = (self.next * 2).min(LAST);
        whole - whole.mul_f64((self.noise % 1000) as f64 / 2000.0)
    }

    /// It worked: begin anew next time.
    pub const fn reset(&mut self) {
        self.next = FIRST;
    }
}

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_differ() {
        let mut backoff = Backoff::new(7);
        let pauses: Vec<_> = std::iter::repeat_with(|| backoff.pause().as_secs_f64())
            .take(10)
            .collect();
        for (pause, whole) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]) {
            assert!(*pause <= whole && *pause >= whole / 2.0, "{pauses:?}");
        }
        assert_ne!(pauses[8], pauses[9]);
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}
