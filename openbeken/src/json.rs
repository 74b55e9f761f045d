//! JSON as the firmware writes it.
//!
//! The firmware escapes nothing: error texts hold raw line feeds, and an SSID may hold anything. [`parse`] takes raw
//! control characters inside strings; everything else that isn't JSON is an error that says where. A float that isn't
//! a number is printed as `nan`, which is such an error.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

pub use serde_json::Value;

/// Reads JSON; raw control characters inside strings stand for themselves. Of members with the same name the last
/// counts. Not more than 128 levels.
///
/// ```
/// let reply = openbeken::json::parse(b"{\"error\":400, \"msg\":\"Object expected\n\"}").unwrap();
/// assert_eq!(reply["msg"], "Object expected\n");
/// ```
///
/// # Errors
///
/// If it isn't JSON but for that, or isn't UTF-8.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let text = match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            return Err(JsonError {
                offset: error.valid_up_to(),
                length: text.len(),
                nan: false,
            });
        }
    };
    let repaired = escape_controls(text);
    serde_json::from_str(&repaired).map_err(|error| {
        let offset = original_offset(
            text,
            &repaired,
            offset_of(&repaired, error.line(), error.column()),
        );
        let start = offset.saturating_sub(3);
        let nan = text.as_bytes().get(start..).is_some_and(|rest| {
            let near = rest.get(..rest.len().min(8)).unwrap_or_default();
            near.windows(3).any(|word| word.eq_ignore_ascii_case(b"nan"))
        });
        JsonError {
            offset,
            length: text.len(),
            nan,
        }
    })
}

/// Text that isn't JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON: byte {offset} of {length} doesn't fit")]
pub struct JsonError {
    offset: usize,
    length: usize,
    nan: bool,
}

impl JsonError {
    /// Where reading stopped, in bytes from the start.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(if self.nan {
            "The device measured something that is no number: calibrate its meter or stop the driver."
        } else if self.offset + 1 >= self.length {
            "The reply is cut off: read until the device closes the connection; long names can exceed the device's \
             buffer, so shorten them."
        } else {
            "The firmware doesn't escape text: a quote or a backslash in the SSID or in a name breaks its replies."
        })
    }
}

/// Replaces raw control characters in strings by escapes, so that a strict reader takes them.
fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte < 0x20) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    let (mut inside, mut after_backslash) = (false, false);
    for c in text.chars() {
        if inside && (c as u32) < 0x20 && !after_backslash {
            escaped.push_str("\\u00");
            for digit in [c as u32 >> 4, c as u32 & 15] {
                escaped.extend(char::from_digit(digit, 16));
            }
            continue;
        }
        match c {
            _ if after_backslash => after_backslash = false,
            '\\' if inside => after_backslash = true,
            '"' => inside = !inside,
            _ => {}
        }
        escaped.push(c);
    }
    Cow::Owned(escaped)
}

fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let lines: Vec<usize> = core::iter::once(0)
        .chain(
            text.bytes()
                .enumerate()
                .filter(|&(_, byte)| byte == b'\n')
                .map(|(at, _)| at + 1),
        )
        .take(line)
        .collect();
    let start = lines.last().copied().unwrap_or_default();
    (start + column.saturating_sub(1)).min(text.len())
}

/// Where a byte of the repaired text stands in the original: an escape of six bytes was one byte.
fn original_offset(text: &str, repaired: &str, offset: usize) -> usize {
    if text.len() == repaired.len() {
        return offset;
    }
    let before = repaired.as_bytes().get(..offset).unwrap_or_default();
    let (mut original, mut at) = (0, 0);
    while at < before.len() {
        let control = text.as_bytes().get(original).is_some_and(|byte| *byte < 0x20);
        at += if control && before.get(at) == Some(&b'\\') {
            6
        } else {
            1
        };
        original += 1;
    }
    original.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn raw_controls_in_strings_stand_for_themselves() {
        let value = parse(b"{\r\n\"a\":\"x\ny\t\\\"z\x01\"\n}").unwrap();
        assert_eq!(value["a"], "x\ny\t\"z\u{1}");
    }

    #[test]
    fn errors_say_where() {
        let error = parse(b"{\"a\":\"\n\n\", \"b\":nan}").unwrap_err();
        assert_eq!(error.offset(), 16);
        assert!(error.help().unwrap().contains("no number"));
        assert_eq!(parse(b"{\"SSID\":\"a\"b\"}").unwrap_err().offset(), 11);
        assert_eq!(parse(b"\xff").unwrap_err().offset(), 0);
        assert!(
            parse(b"{\"a\":1")
                .unwrap_err()
                .help()
                .unwrap()
                .contains("cut off")
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep = alloc::vec![b'['; 100_000];
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn the_last_of_two_members_counts() {
        assert_eq!(parse(b"{\"1\":0,\"1\":7}").unwrap()["1"], 7);
    }

    // Found by fuzzing: read quickly instead of exactly, the number came back as its neighbour.
    #[test]
    fn a_number_reads_the_same_once_it_is_written() {
        let digits = alloc::format!("{{\"a\":{}400}}", "2".repeat(95));
        let value = parse(digits.as_bytes()).unwrap();
        assert_eq!(parse(value.to_string().as_bytes()).unwrap(), value);
    }
}
