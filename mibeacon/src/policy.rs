//! How strict to be.

/// What to do about counters that go back and readings that come without encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// A counter that goes back far is a replay, and a device with a key must encrypt. For what opens doors.
    Strict,
    /// A counter that goes back far is a device that restarted: firmware without a stored counter does so after a
    /// battery change. Stock devices with a key may send plain frames, which are marked.
    #[default]
    Lenient,
    /// Everything is accepted, repeats and plain packets too.
    Off,
}
