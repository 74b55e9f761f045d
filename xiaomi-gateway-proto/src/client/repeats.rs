//! Multicasts that come twice: plugs send every report a second time.

use alloc::collections::VecDeque;
use core::net::Ipv4Addr;
use core::time::Duration;

/// What was multicast in the last moments.
#[derive(Debug, Default)]
pub(super) struct Repeats(VecDeque<Recent>);

#[derive(Debug)]
struct Recent {
    from: Ipv4Addr,
    hash: u64,
    length: usize,
    at: Duration,
}

impl Repeats {
    /// Whether the same bytes came from there a moment ago. Compares a hash and the length, since nothing is secret.
    pub(super) fn contain(&mut self, now: Duration, from: Ipv4Addr, bytes: &[u8]) -> bool {
        let old = |recent: &Recent| now.saturating_sub(recent.at) > WITHIN;
        while self.0.front().is_some_and(old) || self.0.len() >= MAX_RECENT {
            self.0.pop_front();
        }
        let (hash, length) = (fnv1a(bytes), bytes.len());
        let is_same = |old: &Recent| old.hash == hash && old.length == length && old.from == from;
        let repeated = self.0.iter().any(is_same);
        if !repeated {
            self.0.push_back(Recent {
                from,
                hash,
                length,
                at: now,
            });
        }
        repeated
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

const WITHIN: Duration = Duration::from_millis(200);

/// What a flood can make the client hold.
const MAX_RECENT: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_from_the_same_address_within_200_ms_are_a_repeat() {
        let mut repeats = Repeats::default();
        let (one, two) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
        let at = Duration::from_millis;
        assert!(!repeats.contain(at(0), one, b"a"));
        assert!(!repeats.contain(at(1), one, b"b"));
        assert!(!repeats.contain(at(2), two, b"a"));
        assert!(repeats.contain(at(200), one, b"a"));
        assert!(!repeats.contain(at(201), one, b"a"));
    }

    #[test]
    fn a_flood_is_forgotten() {
        let mut repeats = Repeats::default();
        for number in 0..10_000_u32 {
            repeats.contain(Duration::ZERO, Ipv4Addr::LOCALHOST, &number.to_be_bytes());
        }
        assert_eq!(repeats.0.len(), MAX_RECENT);
    }
}
