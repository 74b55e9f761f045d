use alloc::string::String;
use alloc::vec::Vec;

/// A member of a query as the device reads it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Argument {
    /// What lands in the device's buffer, up to the first zero byte.
    pub value: Vec<u8>,
    /// How many bytes were decoded, those that didn't fit and those after a zero byte included.
    pub length: usize,
}

/// Percent-encodes text for a query: all but letters, digits and `-._~`, a space as `%20`.
#[must_use]
pub fn encode(text: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 2);
    for &byte in text {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(
                    char::from_digit(u32::from(digit), 16)
                        .unwrap_or('0')
                        .to_ascii_uppercase(),
                );
            }
        }
    }
    encoded
}

/// Reads a member of a query as the device does, into a buffer of `buffer` bytes with a closing zero.
///
/// The first member whose key is `name` counts, in this case of letters; one without `=` is empty.
///
/// ```
/// let member = openbeken::http::argument(b"xcmnd=1&cmnd=a%26b+c", "cmnd", 4);
/// assert_eq!((member.value.as_slice(), member.length), (b"a&b".as_slice(), 5));
/// ```
#[must_use]
pub fn argument(query: &[u8], name: &str, buffer: usize) -> Argument {
    let end = query
        .iter()
        .position(|byte| matches!(byte, b' ' | 0))
        .unwrap_or(query.len());
    let query = query.get(..end).unwrap_or_default();
    let mut members = query.split(|byte| *byte == b'&').map(|member| {
        let equals = member.iter().position(|byte| *byte == b'=');
        let key = member.get(..equals.unwrap_or(member.len())).unwrap_or_default();
        (key, equals.and_then(|at| member.get(at + 1..)))
    });
    let Some((_, Some(raw))) = members.find(|(key, _)| *key == name.as_bytes()) else {
        return Argument::default();
    };
    let decoded = decode(raw);
    let stored = decoded.get(..buffer.saturating_sub(1)).unwrap_or(&decoded);
    let text = stored.iter().position(|byte| *byte == 0).unwrap_or(stored.len());
    Argument {
        value: stored.get(..text).unwrap_or_default().to_vec(),
        length: decoded.len(),
    }
}

fn decode(mut raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    while let [byte, rest @ ..] = raw {
        raw = rest;
        match (byte, rest) {
            (b'%', [high, low, after @ ..]) => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    decoded.push(high << 4 | low);
                    raw = after;
                } else {
                    decoded.push(b'%');
                }
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(*byte),
        }
    }
    decoded
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_value_is_empty() {
        assert_eq!(argument(b"cmnd&cmnd=2", "cmnd", 128), Argument::default());
        assert_eq!(argument(b"CMND=2", "cmnd", 128), Argument::default());
    }

    #[test]
    fn a_zero_byte_ends_the_text_but_not_the_count() {
        let member = argument(b"cmnd=ab%00cd", "cmnd", 128);
        assert_eq!((member.value.as_slice(), member.length), (b"ab".as_slice(), 5));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let all: Vec<u8> = (1..=255).collect();
        let query = alloc::format!("x={}", encode(&all));
        assert_eq!(argument(query.as_bytes(), "x", 512).value, all);
    }
}
