//! Times in a configuration: `"500ms"`, `"30s"`, `"5m"`, `"1h"`.

use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

/// A time that isn't zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(Duration);

impl Every {
    /// So many seconds, at least one.
    #[must_use]
    pub fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds.max(1)))
    }

    /// The time.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// Why a text is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time: write 500ms, 30s, 5m or 1h, more than zero and at most 7 days")]
pub struct EveryError(String);

impl FromStr for Every {
    type Err = EveryError;

    fn from_str(text: &str) -> Result<Self, EveryError> {
        let error = || EveryError(text.chars().take(40).collect());
        let digits = text.find(|character: char| !character.is_ascii_digit());
        let (number, unit) = text
            .split_at_checked(digits.ok_or_else(error)?)
            .ok_or_else(error)?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(error()),
        };
        let number = number.parse::<u64>().map_err(|_| error())?;
        let all = number
            .checked_mul(milliseconds)
            .filter(|all| (1..=WEEK).contains(all));
        all.map(|all| Self(Duration::from_millis(all))).ok_or_else(error)
    }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

const WEEK: u64 = 7 * 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        assert_eq!("5m".parse(), Ok(Every::seconds(300)));
        assert_eq!("500ms".parse::<Every>().unwrap().duration().as_millis(), 500);
        for wrong in [
            "", "5", "s", "0s", "-1s", "1d", "99999999999999999999s", "8000h", "5 m",
        ] {
            assert!(wrong.parse::<Every>().is_err(), "{wrong}");
        }
    }
}
