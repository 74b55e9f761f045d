//! Keeps the passwords of a log out of what is shown of it.
//!
//! A module prints them after `psk`, `passphr` or `pmk`. What stands there is masked wherever else it stands in the log:
//! on other lines, within words, broken by blanks, percent-encoded, escaped or in hex. Where it ends isn't always clear
//! in lines that were joined, so what agrees with the first eight letters of a value is masked as far as it agrees: no
//! password is shorter.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::scan::{before, skip_blanks, starts};

/// The passwords that a log prints.
#[derive(Clone)]
pub(super) struct Passwords<'a> {
    log: &'a str,
    /// Each once; `None` if there are more than [`MOST`].
    values: Option<Vec<&'a [u8]>>,
}

impl<'a> Passwords<'a> {
    /// Of this log.
    pub(super) fn of(log: &'a str) -> Self {
        let text = log.as_bytes();
        let mut values: Vec<&[u8]> = Vec::new();
        for range in Printed::within(text, 0) {
            let value = text.get(range).unwrap_or_default();
            if values.contains(&value) || letters(value) < LEAST {
                continue;
            }
            // Nobody tries so many. To search for all of them would take long, to leave some out would show them.
            if values.len() == MOST {
                return Self { log, values: None };
            }
            values.push(value);
        }
        Self {
            log,
            values: Some(values),
        }
    }

    /// A window of a line, passwords masked and runs of blanks collapsed. Both ranges end at boundaries of characters.
    pub(super) fn mask(&self, line: Range<usize>, window: Range<usize>) -> String {
        let shown = self.log.get(window.clone()).unwrap_or_default();
        let Some(values) = &self.values else {
            return MASK.into();
        };
        let mut hidden = vec![false; shown.len()];
        let mut hide = |range: Range<usize>| {
            let from = range.start.saturating_sub(window.start).min(hidden.len());
            let to = range.end.saturating_sub(window.start).min(hidden.len());
            hidden.get_mut(from..to).unwrap_or_default().fill(true);
        };
        // A password may begin before the window, and end behind it.
        let earliest = line.start.max(window.start.saturating_sub(2 * LONGEST));
        let text = self.log.as_bytes().get(..line.end).unwrap_or_default();
        Printed::within(text, earliest)
            .take_while(|range| range.start < window.end)
            .for_each(&mut hide);
        for at in earliest..window.end {
            let rest = text.get(at..).unwrap_or_default();
            for value in values {
                if let Some(length) = stands(rest, value, plain).or_else(|| stands(rest, value, hex)) {
                    hide(at..at + length);
                }
            }
        }
        collapse(shown, &hidden)
    }
}

/// The text without what is hidden; runs of blanks become one, those at both ends go.
fn collapse(text: &str, hidden: &[bool]) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut masked, mut blank) = (false, false);
    for (at, character) in text.char_indices() {
        let hide = hidden
            .get(at..at + character.len_utf8())
            .is_some_and(|bytes| bytes.contains(&true));
        if !hide && matches!(character, ' ' | '\t' | '\r' | '\n') {
            (masked, blank) = (false, true);
            continue;
        }
        if hide && masked {
            continue;
        }
        if blank && !shown.is_empty() {
            shown.push(' ');
        }
        if hide {
            shown.push_str(MASK);
        } else {
            shown.push(character);
        }
        (masked, blank) = (hide, false);
    }
    shown
}

/// Where a log prints passwords. One that seems to hold another one's key counts as both.
struct Printed<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Printed<'a> {
    const fn within(text: &'a [u8], from: usize) -> Self {
        Self { text, at: from }
    }
}

impl Iterator for Printed<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let at = self.at + memchr::memchr2(b'k', b'h', self.text.get(self.at..)?)?;
            self.at = at + 1;
            let value = after_key(self.text, at).map(value).unwrap_or_default();
            if !value.is_empty() {
                let start = value.as_ptr().addr() - self.text.as_ptr().addr();
                return Some(start..start + value.len());
            }
        }
    }
}

/// What follows a key, if `at` is the letter by which it was found.
fn after_key(text: &[u8], at: usize) -> Option<&[u8]> {
    let (front, rest) = text.split_at_checked(at)?;
    let (front, rest) = match rest.split_first()? {
        (b'k', rest) => (before(front, b"ps").or_else(|| before(front, b"pm"))?, rest),
        (_, rest) => (before(front, b"passp")?, starts(rest, b"r")?),
    };
    // `wpa-psk` is no key.
    let begins = front
        .last()
        .is_none_or(|byte| !byte.is_ascii_alphabetic() && !matches!(byte, b'-' | b'_'));
    let value = skip_blanks(rest);
    (begins && value.len() < rest.len() && !is_length(value)).then_some(value)
}

/// The value at the start of the text: up to the end of the line, a length, or as much as a password can have.
fn value(text: &[u8]) -> &[u8] {
    let (mut end, mut count, mut blank) = (0, 0, true);
    for (at, byte) in text.iter().enumerate().take(LONGEST) {
        match byte {
            b'\r' | b'\n' => break,
            b' ' | b'\t' => blank = true,
            _ => {
                let rest = text.get(at..).unwrap_or_default();
                let key = || KEYS.iter().find_map(|key| starts(rest, key));
                if blank && key().is_some_and(is_length) {
                    break;
                }
                blank = false;
                // Bytes that continue a character of UTF-8 don't count.
                count += usize::from(byte & 0xc0 != 0x80);
                if count > MOST_LETTERS {
                    break;
                }
                end = at + 1;
            }
        }
    }
    text.get(..end).unwrap_or_default()
}

/// `len 12`, not a password that begins so.
fn is_length(text: &[u8]) -> bool {
    let Some(rest) = starts(text, b"len").map(skip_blanks) else {
        return false;
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits).is_none_or(|byte| !byte.is_ascii_alphabetic())
}

/// How many bytes of the text are `value`, or as much of it as must be hidden; `letter` takes one letter of it.
fn stands(text: &[u8], value: &[u8], letter: fn(&[u8], u8) -> Option<&[u8]>) -> Option<usize> {
    let mut rest = letter(text, *value.first()?)?;
    let mut count = 1;
    for byte in value.iter().skip(1).filter(|byte| !is_blank(**byte)) {
        let Some(behind) = letter(skip_blanks(rest), *byte) else {
            break;
        };
        rest = behind;
        count += 1;
    }
    (count >= ENOUGH || count == letters(value)).then(|| text.len() - rest.len())
}

/// A letter as it is, escaped, or as HTTP writes it.
fn plain(text: &[u8], wanted: u8) -> Option<&[u8]> {
    // A blank of a query, maybe: blanks don't count.
    let blank = text.strip_prefix(b"+").filter(|_| wanted != b'+');
    match blank.unwrap_or(text) {
        [first, rest @ ..] if first.eq_ignore_ascii_case(&wanted) => Some(rest),
        [b'\\', first, rest @ ..] if *first == wanted => Some(rest),
        [b'%', rest @ ..] => hex(rest, wanted),
        _ => None,
    }
}

/// A letter as two digits.
fn hex(text: &[u8], wanted: u8) -> Option<&[u8]> {
    let [high, low, rest @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let found = digit(high)? * 16 + digit(low)?;
    (found == u32::from(wanted)).then_some(rest)
}

fn letters(value: &[u8]) -> usize {
    value.iter().filter(|byte| !is_blank(**byte)).count()
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const KEYS: [&[u8]; 3] = [b"psk", b"passphr", b"pmk"];
const MASK: &str = "***";
/// More different passwords than anybody tries in one log.
const MOST: usize = 32;
/// What is shorter stands in too many words. Blanks don't count: five letters may be nine bytes.
const LEAST: usize = 5;
/// The shortest password.
const ENOUGH: usize = 8;
/// A key in hex.
const MOST_LETTERS: usize = 64;
/// Bytes of the longest value, blanks between its letters included.
const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn masked(log: &str, line: usize) -> String {
        let text = log.split('\n').nth(line).unwrap();
        let start = text.as_ptr().addr() - log.as_ptr().addr();
        let range = start..start + text.len();
        Passwords::of(log).mask(range.clone(), range)
    }

    #[test]
    fn passwords_are_masked_where_they_are_printed() {
        for (line, expected) in [
            ("ssid a psk one two psk len 7 pmk", "ssid a psk *** psk len 7 pmk"),
            ("\tpassphr  secret", "passphr ***"),
            ("psk len 7", "psk len 7"),
            ("psk len 8q7Zp", "psk ***"),
            ("psk my pmk len 1x psk len 12", "psk *** psk len 12"),
            (
                "psk a psk len 1 pmk pmk len 0 mac",
                "psk *** psk len 1 pmk pmk len 0 mac",
            ),
            ("p sk hunt er2 p sk len 7", "p sk *** p sk len 7"),
            ("len 7psk hunter2 psk len 7", "len 7psk *** psk len 7"),
            ("wpa2-psk aes", "wpa2-psk aes"),
            ("psk", "psk"),
        ] {
            assert_eq!(masked(line, 0), expected);
        }
        let key = "0123456789abcdef".repeat(4);
        assert_eq!(masked(&format!("pmk {key} and more"), 0), "pmk *** and more");
    }

    #[test]
    fn passwords_are_masked_on_other_lines() {
        for (line, expected) in [
            ("connect q7Zp#9kd now", "connect *** now"),
            ("AP Security modq7Zp#9kd7 status", "AP Security mod***7 status"),
            ("q7Zp #9 kd", "***"),
            ("/cfg_wifi_set?pass=q7Zp%239kd&x=1", "/cfg_wifi_set?pass=***&x=1"),
            (r"q7Zp\#9kd", "***"),
            ("Q7ZP#9KD", "***"),
            ("key 71375a7023396b64 end", "key *** end"),
            ("q7Zp#9k", "q7Zp#9k"),
            ("q7Zp#9kdq7Zp#9kd q7Zp#9kd", "*** ***"),
        ] {
            for log in [
                format!("{line}\npsk q7Zp#9kd\npsk len 8"),
                format!("{line}\nssid x psk q7Zp#9kd psk len 8 pmk"),
                format!("{line}\n[1:2] - passphr  q7Zp#9kd joined to the next without a length"),
                format!("{line}\npsk psk q7Zp#9kd\r\npsk len 8"),
            ] {
                assert_eq!(masked(&log, 0), expected, "{log}");
            }
        }
        assert_eq!(masked("a my+pass+1 b\npsk my pass 1", 0), "a *** b");
        assert_eq!(masked("xmy pass 1x\npsk my pass 1", 0), "x***x");
        assert_eq!(masked("x schlüssel9x\npassphr schlüssel9", 0), "x ***x");
    }

    #[test]
    fn a_password_that_a_window_cuts_is_masked() {
        let log = "before hunter2secret behind\npsk hunter2secret";
        for start in 0..27 {
            for end in start..27 {
                let shown = Passwords::of(log).mask(0..27, start..end);
                assert!("before *** behind".contains(&shown), "{shown}");
            }
        }
    }

    #[test]
    fn few_letters_are_no_password() {
        assert_eq!(masked("status code = 53\npsk code", 0), "status code = 53");
        assert_eq!(masked("status code = 53\npsk \npassphr", 0), "status code = 53");
    }

    #[test]
    fn of_too_many_passwords_none_is_shown() {
        let many = |count: usize| {
            let lines: String = (0..count)
                .map(|number| format!("psk wrong-{number:05}\n"))
                .collect();
            format!("wrong-{:05} q7Zp#9kd\n{lines}psk q7Zp#9kd\n", count / 2)
        };
        assert_eq!(masked(&many(MOST - 1), 0), "*** ***");
        assert_eq!(masked(&many(MOST), 0), "***");
        assert_eq!(masked(&many(100_000), 0), "***");
    }
}
