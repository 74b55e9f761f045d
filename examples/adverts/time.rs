//! Times of captures: since 1970 where the capture says, else since any start.

use std::fmt;
use std::time::Duration;

use jiff::{Timestamp, Unit};

/// Seconds, to the microsecond: a double has no more digits for times since 1970.
pub(super) fn from_seconds(seconds: f64) -> Option<Duration> {
    let micros = (seconds * 1e6).round();
    (0.0..MOST_SECONDS * 1e6)
        .contains(&micros)
        .then(|| Duration::from_micros(micros as u64))
}

/// `2023-11-14T22:13:20.25Z`, with any offset.
pub(super) fn from_rfc_3339(text: &str) -> Option<Duration> {
    let time: Timestamp = text.parse().ok()?;
    u64::try_from(time.as_microsecond())
        .ok()
        .map(Duration::from_micros)
}

/// Seconds, for JSON.
pub(super) fn to_seconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e6
}

/// Prints a time: `2023-11-14 22:13:20.250` in UTC, or `12.500` if it can't be a date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown(pub(super) Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX);
        let time = Timestamp::new(seconds, 0).ok();
        match time.and_then(|time| time.round(Unit::Second).ok()) {
            Some(time) if seconds >= FIRST_DATE => {
                let text = time.to_string();
                let (date, clock) = text.trim_end_matches('Z').split_once('T').unwrap_or((&text, ""));
                write!(f, "{date} {clock}.{:03}", self.0.subsec_millis())
            }
            _ => write!(f, "{seconds}.{:03}", self.0.subsec_millis()),
        }
    }
}

/// 2001-09-09: from here on, seconds are taken for a date.
const FIRST_DATE: i64 = 1_000_000_000;

/// The year 9999.
const MOST_SECONDS: f64 = 253_402_207_200.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_times_are_dates() {
        let date = Duration::from_micros(1_700_000_000_250_999);
        assert_eq!(Shown(date).to_string(), "2023-11-14 22:13:20.250");
        assert_eq!(Shown(Duration::from_millis(12_500)).to_string(), "12.500");
        assert_eq!(
            Shown(Duration::MAX).to_string(),
            "9223372036854775807.999",
            "no date, no panic"
        );
    }

    #[test]
    fn seconds_survive_the_way_through_json() {
        for micros in [0, 1, 999_999, 1_700_000_000_123_456] {
            let time = Duration::from_micros(micros);
            assert_eq!(from_seconds(to_seconds(time)), Some(time));
        }
        for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e18] {
            assert_eq!(from_seconds(wrong), None);
        }
    }
}
