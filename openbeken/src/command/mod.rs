//! Command lines: how the device takes them apart, and which commands there are.
//!
//! A line is `name arguments`. Blanks are space, tab, CR and LF, and byte A0 where the compiler's `char` is unsigned.
//! A `"` at the start of an argument opens a quoted one, which ends at the next `"`; there is no escape.
//!
//! ```
//! use openbeken::command::{Line, tokenize};
//! use openbeken::config::CharKind;
//!
//! let line = Line::parse(b"Password1 \"two words\"");
//! assert_eq!(line.name, b"Password1");
//! assert_eq!(tokenize(line.arguments, CharKind::Signed, true), [b"two words"]);
//! ```

mod table;

use alloc::vec::Vec;

pub use self::table::{COMMANDS, CommandSpec};
use crate::config::CharKind;

/// A command line, its name split off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The name as sent, at most 127 bytes.
    pub name: &'a [u8],
    /// What follows the blank after it.
    pub arguments: &'a [u8],
}

impl<'a> Line<'a> {
    /// Splits a line as the device does. A name longer than 127 bytes is cut there, and nothing knows it.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Self {
        let line = line.trim_ascii_start();
        let end = line
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(line.len());
        let (name, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
        let name = name.get(..MAX_NAME).unwrap_or(name);
        Self {
            name,
            arguments: rest.trim_ascii_start(),
        }
    }

    /// The name without its number, and the number: `POWER2` is `POWER` and 2, `Ch` is `Ch` and `None`.
    #[must_use]
    pub fn index(&self) -> (&'a [u8], Option<u32>) {
        let end = self
            .name
            .iter()
            .position(u8::is_ascii_digit)
            .unwrap_or(self.name.len());
        let (stem, digits) = self.name.split_at_checked(end).unwrap_or((self.name, &[]));
        (
            stem,
            leading_number(digits).and_then(|number| u32::try_from(number).ok()),
        )
    }

    /// Whether the name starts so, in any case. The replies of `/cm` depend on nothing else.
    #[must_use]
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.name
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    }
}

/// Splits arguments as the device's tokenizer does: at most 32, from at most 511 bytes.
///
/// With `quotes` false a `"` is an ordinary byte.
#[must_use]
pub fn tokenize(text: &[u8], char_kind: CharKind, quotes: bool) -> Vec<&[u8]> {
    let is_blank = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || (*byte == 0xa0 && char_kind == CharKind::Unsigned)
    };
    let mut rest = text.get(..MAX_LINE).unwrap_or(text);
    let mut arguments = Vec::new();
    while arguments.len() < MAX_ARGUMENTS {
        let Some(start) = rest.iter().position(|byte| !is_blank(byte)) else {
            break;
        };
        rest = rest.get(start..).unwrap_or_default();
        if let (true, [b'"', quoted @ ..]) = (quotes, rest) {
            let end = quoted
                .iter()
                .position(|byte| *byte == b'"')
                .unwrap_or(quoted.len());
            arguments.push(quoted.get(..end).unwrap_or_default());
            rest = quoted.get(end + 1..).unwrap_or_default();
            // What is glued to a closing quote is lost.
            let next = rest.iter().position(is_blank).unwrap_or(rest.len());
            rest = rest.get(next..).unwrap_or_default();
        } else {
            let end = rest.iter().position(is_blank).unwrap_or(rest.len());
            let (argument, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            arguments.push(argument);
            rest = after;
        }
    }
    arguments
}

/// The parts of a `backlog`, split at every `;`, quoted or not, and cut at 127 bytes each.
pub fn backlog(arguments: &[u8]) -> impl Iterator<Item = &[u8]> {
    arguments
        .split(|byte| *byte == b';')
        .map(|part| part.get(..MAX_BACKLOG_PART).unwrap_or(part))
}

/// How a command went, as the device counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// 0: done.
    Ok,
    /// 1: no such command.
    Unknown,
    /// 2: too few arguments.
    NotEnoughArguments,
    /// 3: an empty line.
    Empty,
    /// 4: an argument that doesn't fit.
    BadArgument,
    /// 5: it failed.
    Error,
}

impl Outcome {
    /// The number that the device uses.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unknown => 1,
            Self::NotEnoughArguments => 2,
            Self::Empty => 3,
            Self::BadArgument => 4,
            Self::Error => 5,
        }
    }
}

/// A number at the start, as `atoi` reads it: `None` without a digit. What is too large stops at the limits.
pub(crate) fn leading_number(text: &[u8]) -> Option<i32> {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let value = digits.iter().take(count).fold(0_i32, |value, byte| {
        value.saturating_mul(10).saturating_sub(i32::from(byte - b'0'))
    });
    Some(if negative { value } else { value.saturating_neg() })
}

const MAX_NAME: usize = 127;
const MAX_LINE: usize = 511;
const MAX_ARGUMENTS: usize = 32;
const MAX_BACKLOG_PART: usize = 127;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_glued_to_a_closing_quote_is_lost() {
        assert_eq!(
            tokenize(b"\"a b\"junk c\"d", CharKind::Signed, true),
            [b"a b".as_slice(), b"c\"d"]
        );
        assert_eq!(tokenize(b"\"open end ", CharKind::Signed, true), [b"open end "]);
    }

    #[test]
    fn byte_a0_is_a_blank_where_char_is_unsigned() {
        let text = "à-grave".as_bytes();
        assert_eq!(tokenize(text, CharKind::Signed, true), [text]);
        assert_eq!(
            tokenize(text, CharKind::Unsigned, true),
            [b"\xc3".as_slice(), b"-grave"]
        );
    }

    #[test]
    fn lines_and_arguments_are_bounded() {
        let line = b"a ".repeat(100_000);
        assert_eq!(tokenize(&line, CharKind::Signed, true).len(), 32);
        assert_eq!(tokenize(&[b'x'; 600], CharKind::Signed, true)[0].len(), 511);
    }

    #[test]
    fn numbers_are_read_like_atoi() {
        assert_eq!(leading_number(b" -12abc"), Some(-12));
        assert_eq!(leading_number(b"toggle"), None);
        assert_eq!(leading_number(b"99999999999"), Some(i32::MAX));
    }

    #[test]
    fn an_index_is_what_follows_the_stem() {
        assert_eq!(
            Line::parse(b"POWER12 on").index(),
            (b"POWER".as_slice(), Some(12))
        );
        assert_eq!(Line::parse(b"Ch").index(), (b"Ch".as_slice(), None));
    }
}
