//! The shape that all state machines of this crate have.

use core::time::Duration;

use crate::gatt::{Characteristic, Transmit};

/// A state machine over a connected peripheral. It never waits, sleeps or touches a radio: you tell it what
/// happened and ask it what to do.
///
/// **After each `handle_*`, call [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event)
/// until both say `None`; then sleep until something happens or the time of
/// [`poll_timeout`](Self::poll_timeout) has come.** That is all there is to a driver, and
/// [`drive`](crate::transport::drive) is one.
///
/// `now` is the time since any start that you like; it never goes back.
pub trait Session {
    /// What the machine reports.
    type Event;

    /// The subscription that was asked for stands.
    fn handle_subscribed(&mut self, now: Duration);

    /// The write that was asked for is done.
    fn handle_written(&mut self, now: Duration);

    /// The read that was asked for brought `bytes`.
    fn handle_read(&mut self, now: Duration, bytes: &[u8]);

    /// What was asked for was refused: by the host's stack, or by the device with an ATT error.
    fn handle_failure(&mut self, now: Duration);

    /// A notification came, whatever it was asked for.
    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]);

    /// The connection is gone.
    fn handle_disconnect(&mut self, now: Duration);

    /// The time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    fn handle_timeout(&mut self, now: Duration);

    /// What to do next, or `None` if there is nothing before the next `handle_*`.
    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit<'_>>;

    /// What there is to report. After its last event a machine does nothing any more.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When to call [`handle_timeout`](Self::handle_timeout), on the clock of `now`.
    fn poll_timeout(&self) -> Option<Duration>;
}
