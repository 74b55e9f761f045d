//! Which frames are new: duplicates, late copies and replays.
//!
//! Encrypted frames carry a 32-bit counter that only grows, so a recorded frame shows itself. Plain frames carry 8
//! bits that nothing authenticates: repeats can be told, replays can't. Source: MiBeacon specification, section 8.

use crate::{Fingerprint, Policy};

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
/// use mibeacon::Policy;
/// use mibeacon::frame::{Replay, Verdict};
///
/// let mut replay = Replay::default();
/// assert_eq!(replay.check_encrypted(Policy::Strict, 1000), Verdict::Accept);
/// assert_eq!(replay.check_encrypted(Policy::Strict, 1000), Verdict::Duplicate);
/// assert_eq!(replay.check_encrypted(Policy::Strict, 999), Verdict::Stale);
/// assert_eq!(replay.check_encrypted(Policy::Strict, 1), Verdict::Replay);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    last: Option<u32>,
    last_plain: Option<Fingerprint>,
}

impl Replay {
    /// For a device that was never seen.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: None,
            last_plain: None,
        }
    }

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
    pub fn check_encrypted(&mut self, policy: Policy, counter32: u32) -> Verdict {
        let verdict = match self.last.map(|last| counter32.wrapping_sub(last).cast_signed()) {
            None | Some(1..) => Verdict::Accept,
            _ if policy == Policy::Off => Verdict::Accept,
            Some(0) => Verdict::Duplicate,
            Some(LATE..0) => Verdict::Stale,
            Some(_) if policy == Policy::Strict => Verdict::Replay,
            Some(_) => Verdict::AcceptReset,
        };
        if verdict.is_accepted() {
            self.last = Some(counter32);
        }
        verdict
    }

    /// A plain frame with objects.
    pub fn check_plain(&mut self, policy: Policy, counter: u8, object_bytes: &[u8]) -> Verdict {
        let seen = Some(Fingerprint::of(object_bytes).with(counter));
        if self.last_plain == seen && policy != Policy::Off {
            return Verdict::Duplicate;
        }
        self.last_plain = seen;
        Verdict::Accept
    }
}

/// How far behind the last counter a frame counts as a late copy.
const LATE: i32 = -16;
