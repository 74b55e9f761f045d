//! Finds what decides in a log of any size and shape, in one pass.
//!
//! Words may be broken by blanks and lines joined, so what is looked for is compared with blanks left out on both
//! sides, from a rare character of it (its anchor) on, in both directions.

use super::codes::FirmwareStatus;

/// Something in a log that matters, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A connection works.
    Success,
    /// An answer of the access point.
    Status(u16),
    /// A result of BL602's radio firmware.
    Firmware(FirmwareStatus),
    /// Beken's word.
    Beken(u32),
    /// OpenBeken's word.
    Obk(u32),
    /// No address came.
    DhcpTimeout,
    /// Whether protected management frames are insisted on.
    Pmf(bool),
    /// Whether WPA3 is offered.
    Wpa3(bool),
}

/// Calls `found` for each mark, in the order of the text, with the offset of its anchor.
pub(super) fn scan(text: &[u8], mut found: impl FnMut(usize, Mark)) {
    let mut look = |from: usize, pairs: &[u8]| {
        for (offset, pair) in pairs.windows(2).enumerate() {
            let &[byte, next] = pair else { continue };
            if may_be_mark(byte, next) {
                // Of results the colon is the anchor.
                let at = from + offset + usize::from(next == b':');
                if let Some(mark) = mark_at(text, at) {
                    found(at, mark);
                }
            }
        }
    };
    // Most of the text is no mark, and is done with in steps that ask only once.
    let mut at = 0;
    for step in text.windows(STEP + 1).step_by(STEP) {
        let pairs = step.iter().zip(step.iter().skip(1));
        if pairs.fold(false, |any, (byte, next)| any | may_be_mark(*byte, *next)) {
            look(at, step);
        }
        at += STEP;
    }
    look(at, text.get(at..).unwrap_or_default());
}

/// Whether a mark may have its anchor in these two bytes. No branch, since in noise none could be foretold.
#[inline]
fn may_be_mark(byte: u8, next: u8) -> bool {
    let anchor = ANCHORS.get(usize::from(byte)).copied().unwrap_or_default();
    let follower = FOLLOWERS.get(usize::from(next)).copied().unwrap_or_default();
    anchor & follower != 0
}

// Not inlined: the loop over all bytes must stay small.
#[inline(never)]
fn mark_at(text: &[u8], at: usize) -> Option<Mark> {
    let (before, rest) = text.split_at_checked(at)?;
    let (anchor, rest) = rest.split_first()?;
    match anchor {
        b'_' => {
            if let Some(rest) = starts(rest, b"code") {
                return ends(before, b"status").then(|| firmware(rest)).flatten();
            }
            if let Some(rest) = starts(rest, b"status") {
                return ends(before, b"wl")
                    .then(|| number(rest).map(Mark::Beken))
                    .flatten();
            }
            let rest = starts(rest, b"required:")?;
            let required = ends(before, b"is_pmf").then(|| number(rest)).flatten()?;
            Some(Mark::Pmf(required != 0))
        }
        b'=' => {
            let status = ends(before, b"statuscode").then(|| number(rest)).flatten()?;
            u16::try_from(status).ok().map(Mark::Status)
        }
        b'G' => (starts(rest, b"OTIP").is_some() && ends(before, b"[EVT]")).then_some(Mark::Success),
        b'U' => {
            let code = number(starts(rest, b"nknowncode")?)?;
            (code == GOT_IP && ends(before, b"[EVT]")).then_some(Mark::Success)
        }
        b'O' => {
            let rest = starts(rest, b"nWiFiStatusChange-WIFI_")?;
            // The name between has only capitals and `_`.
            let end = rest
                .iter()
                .position(|byte| !matches!(byte, b'A'..=b'Z' | b'_' | b' ' | b'\t'))?;
            let code = number(starts(rest.get(end..)?, b"-")?)?;
            Some(if code == 4 { Mark::Success } else { Mark::Obk(code) })
        }
        b'b' => {
            (starts(rest, b"tainingtimeout").is_some() && ends(before, b"IPo")).then_some(Mark::DhcpTimeout)
        }
        b'S' => {
            let rest = starts(rest, b"ecuritymode:")?;
            let line = rest.get(..rest.len().min(80))?;
            let wpa3 = memchr::memmem::find(line, b"wpa3:").and_then(|at| number(line.get(at + 5..)?))?;
            Some(Mark::Wpa3(wpa3 != 0))
        }
        b':' => {
            let is_result = match before.last() {
                Some(b't') => ends(before, b"connectresult"),
                Some(b'n') => ends(before, b"disconnectreason") || ends(before, b"Reason"),
                _ => false,
            };
            is_result.then(|| result_text(rest)).flatten()
        }
        _ => None,
    }
}

fn firmware(rest: &[u8]) -> Option<Mark> {
    let code = u16::try_from(number(rest)?).ok()?;
    FirmwareStatus::new(code).map(Mark::Firmware)
}

/// The text of a result, whatever follows it on the same line.
fn result_text(rest: &[u8]) -> Option<Mark> {
    // The longest that fits: some are the start of others.
    let fits = (0..)
        .map_while(FirmwareStatus::new)
        .filter(|status| starts_text(rest, status.text()));
    fits.max_by_key(|status| status.text().len()).map(Mark::Firmware)
}

fn starts_text(mut text: &[u8], wanted: &str) -> bool {
    for byte in wanted.bytes().filter(|byte| *byte != b' ') {
        text = skip_blanks(text);
        let Some((first, rest)) = text.split_first() else {
            return false;
        };
        if !first.eq_ignore_ascii_case(&byte) {
            return false;
        }
        text = rest;
    }
    true
}

/// What follows `wanted`, blanks left out.
pub(super) fn starts<'a>(mut text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    for byte in wanted {
        text = match text {
            [first, rest @ ..] if first == byte => rest,
            _ => match skip_blanks(text) {
                [first, rest @ ..] if first == byte => rest,
                _ => return None,
            },
        };
    }
    Some(text)
}

/// Whether `wanted` ends here, blanks left out.
fn ends(text: &[u8], wanted: &[u8]) -> bool {
    before(text, wanted).is_some()
}

/// What stands before `wanted`, which ends here, blanks left out.
pub(super) fn before<'a>(mut text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    for byte in wanted.iter().rev() {
        while let [rest @ .., b' ' | b'\t'] = text {
            text = rest;
        }
        match text {
            [rest @ .., last] if last == byte => text = rest,
            _ => return None,
        }
    }
    Some(text)
}

pub(super) fn skip_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

/// Decimal digits after blanks; `None` for more than nine.
fn number(text: &[u8]) -> Option<u32> {
    let text = skip_blanks(text);
    let count = text
        .iter()
        .take(10)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=9).contains(&count) {
        return None;
    }
    Some(
        text.iter()
            .take(count)
            .fold(0, |value, byte| value * 10 + u32::from(byte - b'0')),
    )
}

const GOT_IP: u32 = 7;

/// Pairs of an anchor and what may follow it; a blank may follow all but the last.
const PAIRS: [(&[u8], &[u8]); 6] = [
    (b"_", b"csr \t"),
    (b"=", b"0123456789 \t"),
    (b"UO", b"n \t"),
    (b"GS", b"Oe \t"),
    (b"b", b"t \t"),
    (b"tn", b":"),
];
/// For each byte a bit for every pair that it begins.
const ANCHORS: [u8; 256] = table(true);
/// For each byte a bit for every pair that it ends.
const FOLLOWERS: [u8; 256] = table(false);

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn table(anchors: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut pair = 0;
    while pair < PAIRS.len() {
        let bytes = if anchors { PAIRS[pair].0 } else { PAIRS[pair].1 };
        let mut at = 0;
        while at < bytes.len() {
            table[bytes[at] as usize] |= 1 << pair;
            at += 1;
        }
        pair += 1;
    }
    table
}

const STEP: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn marks(text: &str) -> Vec<Mark> {
        let mut marks = Vec::new();
        scan(text.as_bytes(), |_, mark| marks.push(mark));
        marks
    }

    #[test]
    fn words_may_be_broken_and_lines_joined() {
        let text = "Association fail ure, Wlan802.11 sta tus  code = 53 ind ix AP Secur ity mode: wep:0,wpa:0,wpa2:1,wpa3:1 x";
        assert_eq!(marks(text), [Mark::Status(53), Mark::Wpa3(true)]);
    }

    #[test]
    fn an_address_to_come_is_no_success() {
        assert_eq!(
            marks("[APP] [EVT] PRE GOT IP 1\n[APP] [EVT] GOT IP 2"),
            [Mark::Success]
        );
        assert_eq!(marks("[APP] [EVT] Unknown code 7, 3"), [Mark::Success]);
        assert_eq!(marks("[APP] [EVT] Unknown code 10, 3"), []);
    }

    #[test]
    fn results_are_texts_too() {
        let text = "[APP] [EVT] disconnect 12000, Reason: Passwd error, 4-way handshake timeout";
        assert_eq!(marks(text), [Mark::Firmware(FirmwareStatus::new(8).unwrap())]);
        assert_eq!(
            marks("connect result: sm connect ind ok"),
            [Mark::Firmware(FirmwareStatus::new(0).unwrap())]
        );
    }

    #[test]
    fn marks_are_found_at_every_place() {
        let text =
            "wl_status 5 [EVT] GOT IP status code = 12 Security mode: wpa3:1 connect result: ap beacon loss";
        let expected = marks(text);
        assert_eq!(expected.len(), 5, "{expected:?}");
        for before in 0..3 * STEP {
            for behind in 0..3 {
                let text = alloc::format!("{}{text}{}", "x".repeat(before), "y".repeat(behind));
                assert_eq!(marks(&text), expected, "{before} {behind}");
            }
        }
        assert_eq!(marks("_"), []);
        assert_eq!(marks("wl_status 5"), [Mark::Beken(5)]);
    }

    #[test]
    fn numbers_are_bounded() {
        assert_eq!(
            marks("status code = 99999999999999 status code = 70000 wl_status -1 status_code"),
            []
        );
    }
}
