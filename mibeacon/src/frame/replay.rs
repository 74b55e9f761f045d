//! Which frames are new: duplicates, late copies and replays.
//!
//! Encrypted frames carry a 32-bit counter that only grows, so a recorded frame shows itself. Plain frames carry 8
//! bits that nothing authenticates: repeats can be told, replays can't. Source: MiBeacon specification, section 8.

use crate::fingerprint::{self, Fingerprint};

/// How strict to be about counters that go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplayPolicy {
    /// A counter that goes back far is a replay. For what opens doors.
    Strict,
    /// A counter that goes back far is a device that restarted: firmware without a stored counter does so after a
    /// battery change.
    #[default]
    Lenient,
    /// Everything is accepted, repeats too.
    Off,
}

/// What a frame is, seen after the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// New.
    Accept,
    /// New, and the counter started again: battery changed or device paired again.
    AcceptReset,
    /// The same as the last one.
    Duplicate,
    /// A little older than the last one: a late copy through another receiver.
    Stale,
    /// Much older than the last one: somebody sends a recorded frame.
    Replay,
}

impl Verdict {
    /// Whether the frame's readings count.
    #[must_use]
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::Accept | Self::AcceptReset)
    }
}

/// What was seen of one device. Only show it frames that authenticated.
///
/// ```
/// use mibeacon::frame::{Replay, ReplayPolicy, Verdict};
///
/// let mut replay = Replay::default();
/// assert_eq!(replay.check_encrypted(ReplayPolicy::Strict, 1000), Verdict::Accept);
/// assert_eq!(replay.check_encrypted(ReplayPolicy::Strict, 1000), Verdict::Duplicate);
/// assert_eq!(replay.check_encrypted(ReplayPolicy::Strict, 999), Verdict::Stale);
/// assert_eq!(replay.check_encrypted(ReplayPolicy::Strict, 1), Verdict::Replay);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    last: Option<u32>,
    last_plain: Option<Fingerprint>,
}

impl Replay {
    /// Continues after a stored counter.
    #[must_use]
    pub const fn resume_after(last: Option<u32>) -> Self {
        Self {
            last,
            last_plain: None,
        }
    }

    /// The counter of the last accepted encrypted frame.
    #[must_use]
    pub const fn last(&self) -> Option<u32> {
        self.last
    }

    /// An encrypted frame whose tag is right.
    pub fn check_encrypted(&mut self, policy: ReplayPolicy, counter32: u32) -> Verdict {
        let verdict = match self.last.map(|last| counter32.wrapping_sub(last).cast_signed()) {
            None | Some(1..) => Verdict::Accept,
            _ if policy == ReplayPolicy::Off => Verdict::Accept,
            Some(0) => Verdict::Duplicate,
            Some(LATE..0) => Verdict::Stale,
            Some(_) if policy == ReplayPolicy::Strict => Verdict::Replay,
            Some(_) => Verdict::AcceptReset,
        };
        if verdict.is_accepted() {
            self.last = Some(counter32);
        }
        verdict
    }

    /// A plain frame with objects.
    pub fn check_plain(&mut self, policy: ReplayPolicy, counter: u8, object_bytes: &[u8]) -> Verdict {
        let seen = Some(fingerprint::of(object_bytes).with(counter));
        if self.last_plain == seen && policy != ReplayPolicy::Off {
            return Verdict::Duplicate;
        }
        self.last_plain = seen;
        Verdict::Accept
    }
}

/// How far behind the last counter a frame counts as a late copy.
const LATE: i32 = -16;
