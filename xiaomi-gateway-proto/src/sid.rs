//! Device ids.
//!
//! | whose | wire form | example |
//! |---|---|---|
//! | gateway | Wi-Fi MAC, 12 hex digits | `04cf8c915f95` |
//! | sub-device | Zigbee IEEE address **without leading zeros** | `158d0001234567`, `4cf8cdf3c7a6ab1` |
//!
//! Gateways whose MAC begins with 0 strip it in read replies, so sids compare as numbers.
//!
//! ```
//! use xiaomi_gateway_proto::Sid;
//!
//! let announced = Sid::gateway("04cf8c915f95")?;
//! let in_a_read_reply = Sid::gateway("4cf8c915f95")?;
//! assert_eq!(announced, in_a_read_reply);
//! assert_eq!(in_a_read_reply.to_string(), "04cf8c915f95");
//! assert_eq!("lumi.158D0001234567".parse::<Sid>()?.to_string(), "158d0001234567");
//! # Ok::<(), xiaomi_gateway_proto::SidError>(())
//! ```

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

/// The id of a gateway or of a sub-device. Equality and order are the number's.
#[derive(Clone, Copy)]
pub struct Sid {
    number: u64,
    gateway: bool,
}

/// Text that is no sid: not 1 to 16 hex digits, prefix `lumi.` and separators aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sid has 1 to 16 hex digits; this has {digits} characters, {foreign} of them no hex digit")]
pub struct SidError {
    /// Characters that were there, prefix and separators aside.
    pub digits: usize,
    /// Those that are no hex digit.
    pub foreign: usize,
}

impl SidError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "Copy the id from the app's hub page or from the device list: `158d0001234567`, or `lumi.158d0001234567`.",
        )
    }
}

impl Sid {
    /// A gateway's sid: prints with its leading zeros, 12 digits.
    pub fn gateway(text: &str) -> Result<Self, SidError> {
        Self::parse(text, true)
    }

    /// A sub-device's sid: prints without leading zeros.
    pub fn device(text: &str) -> Result<Self, SidError> {
        Self::parse(text, false)
    }

    /// Reads a sid in any form: upper case, with `lumi.`, with `:` or `-` between bytes, with spaces around it.
    pub fn parse(text: &str, is_gateway: bool) -> Result<Self, SidError> {
        if let Some(number) = plain_hex(text) {
            return Ok(Self {
                number,
                gateway: is_gateway,
            });
        }
        let text = text.trim();
        let text = text.strip_prefix("lumi.").unwrap_or(text);
        let (mut number, mut digits, mut foreign) = (0_u64, 0, 0);
        for character in text.chars().filter(|character| !matches!(character, ':' | '-')) {
            digits += 1;
            match character.to_digit(16) {
                Some(digit) => number = (number << 4) | u64::from(digit),
                None => foreign += 1,
            }
        }
        if foreign > 0 || !(1..=16).contains(&digits) {
            return Err(SidError { digits, foreign });
        }
        Ok(Self {
            number,
            gateway: is_gateway,
        })
    }

    /// The number that it stands for.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.number
    }

    /// The same sid in the form of a gateway or of a sub-device.
    #[must_use]
    pub const fn as_gateway(self, gateway: bool) -> Self {
        Self { gateway, ..self }
    }

    /// The manufacturer's part of a gateway's MAC.
    #[must_use]
    pub const fn oui(self) -> [u8; 3] {
        let [_, _, a, b, c, ..] = self.number.to_be_bytes();
        [a, b, c]
    }
}

/// The form in which gateways send it: nothing but hex digits.
fn plain_hex(text: &str) -> Option<u64> {
    if !(1..=16).contains(&text.len()) {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(digit))
    })
}

impl FromStr for Sid {
    type Err = SidError;

    /// As a sub-device's: text alone doesn't tell.
    fn from_str(text: &str) -> Result<Self, SidError> {
        Self::device(text)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = if self.gateway { 12 } else { 1 };
        write!(f, "{:0width$x}", self.number)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

impl PartialEq for Sid {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Sid {}

impl PartialOrd for Sid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl Hash for Sid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_sid_is_refused_with_figures() {
        assert_eq!(
            Sid::device("sid1"),
            Err(SidError {
                digits: 4,
                foreign: 2
            })
        );
        assert_eq!(
            Sid::device(""),
            Err(SidError {
                digits: 0,
                foreign: 0
            })
        );
        assert_eq!(
            Sid::device("00000000000000001"),
            Err(SidError {
                digits: 17,
                foreign: 0
            })
        );
        assert_eq!(
            Sid::device("158d 0001"),
            Err(SidError {
                digits: 9,
                foreign: 1
            })
        );
    }

    #[test]
    fn separators_and_case_do_not_matter() {
        let sid = Sid::gateway("34:CE:00-88-00:88").unwrap();
        assert_eq!(sid.to_string(), "34ce00880088");
        assert_eq!(sid.oui(), [0x34, 0xce, 0x00]);
    }

    proptest! {
        #[test]
        fn printed_sids_read_back(number: u64, gateway: bool) {
            let sid = Sid { number, gateway };
            prop_assert_eq!(Sid::parse(&sid.to_string(), gateway).unwrap().to_string(), sid.to_string());
        }

        #[test]
        fn any_text_is_a_sid_or_refused(text in ".*") {
            let _ = Sid::device(&text);
        }
    }
}
