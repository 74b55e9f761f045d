//! One deadline that can start again.

use core::time::Duration;

/// A deadline and the span that it was made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timer {
    pub(crate) running: Option<(Duration, Duration)>,
}

impl Timer {
    pub(crate) const fn start(&mut self, now: Duration, span: Duration) {
        self.running = Some((span, now.saturating_add(span)));
    }

    /// Starts again with the same span, if it runs.
    pub(crate) fn restart(&mut self, now: Duration) {
        if let Some((span, _)) = self.running {
            self.start(now, span);
        }
    }

    pub(crate) const fn stop(&mut self) {
        self.running = None;
    }

    /// When it ends.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.running.map(|(_, deadline)| deadline)
    }

    /// Stops, and says which span is over; `None` if it doesn't run or isn't over.
    pub(crate) fn take_expired(&mut self, now: Duration) -> Option<Duration> {
        let (span, _) = self.running.filter(|(_, deadline)| now >= *deadline)?;
        self.stop();
        Some(span)
    }
}

/// The earlier of two times that may not be.
pub(crate) fn earlier(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
