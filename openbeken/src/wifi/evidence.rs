//! Lines of a log that show a cause.

use alloc::string::String;

use super::redact::Passwords;

/// A line of the log. Every password that the log prints anywhere is masked in it, as far as one can be told: one of
/// fewer than five characters only where it is printed, and if there are more than thirty-two, the whole line is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// Which line, from 1 on.
    pub line: usize,
    /// The line, cut at 160 characters around what matters.
    pub text: String,
}

/// Finds lines; from one to the next it counts only what is between them.
pub(super) struct Lines<'a> {
    log: &'a str,
    /// Looked for when there is something to show.
    passwords: Option<Passwords<'a>>,
    last_offset: usize,
    last_line: usize,
}

impl<'a> Lines<'a> {
    /// Of this log.
    pub(super) const fn of(log: &'a str) -> Self {
        Self {
            log,
            passwords: None,
            last_offset: 0,
            last_line: 1,
        }
    }

    /// The line of this offset.
    pub(super) fn evidence(&mut self, at: usize) -> Evidence {
        let text = self.log.as_bytes();
        let (from, to) = (self.last_offset.min(at), self.last_offset.max(at));
        let between = memchr::memchr_iter(b'\n', text.get(from..to).unwrap_or_default()).count();
        if at < self.last_offset {
            self.last_line -= between;
        } else {
            self.last_line += between;
        }
        self.last_offset = at;
        let start = memchr::memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
        let end =
            memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).map_or(text.len(), |end| at + end);
        let window =
            self.boundary(start.max(at.saturating_sub(WINDOW / 2)))..self.boundary(end.min(at + WINDOW / 2));
        let passwords = self.passwords.get_or_insert_with(|| Passwords::of(self.log));
        Evidence {
            line: self.last_line,
            text: passwords.mask(start..end, window),
        }
    }

    fn boundary(&self, mut at: usize) -> usize {
        while !self.log.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

const WINDOW: usize = 160;
