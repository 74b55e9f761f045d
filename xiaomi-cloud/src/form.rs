//! `application/x-www-form-urlencoded`: all but `A-Z a-z 0-9 * - . _` is escaped, a space is `+`.

/// Encodes pairs in their order.
pub(crate) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        push_pair(name, value, &mut out);
    }
    out
}

pub(crate) fn push_pair(name: &str, value: &str, out: &mut String) {
    if !out.is_empty() {
        out.push('&');
    }
    push_encoded(name, out);
    out.push('=');
    push_encoded(value, out);
}

fn push_encoded(text: &str, out: &mut String) {
    // Base64 and JSON: hardly anything is longer than twice its length.
    out.reserve(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ => push_escaped(byte, out),
        }
    }
}

/// Escapes all but letters and digits, for a value in a query: a space becomes `%20`.
pub(crate) fn encode_component(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            _ => push_escaped(byte, out),
        }
    }
}

pub(crate) fn push_escaped(byte: u8, out: &mut String) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or('0'));
    }
}

/// Decodes pairs. A key without `=` has an empty value; what isn't UTF-8 or a legal escape stays as well as it can.
pub(crate) fn decode(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_text(name), decode_text(value))
        })
        .collect()
}

fn decode_text(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_form_escapes_what_base64_has() {
        let text = encode([("data", "a+b/c= d"), ("é", "*-._")]);
        assert_eq!(text, "data=a%2Bb%2Fc%3D+d&%C3%A9=*-._");
        assert_eq!(
            decode("a&b=%zz&c=%e5%ae%b6&&"),
            [
                ("a".into(), String::new()),
                ("b".into(), "%zz".into()),
                ("c".into(), "家".into())
            ]
        );
    }

    proptest! {
        #[test]
        fn pairs_come_back(name in "\\PC{1,20}", value in "\\PC{0,40}") {
            let text = encode([(name.as_str(), value.as_str())]);
            prop_assert_eq!(decode(&text), [(name, value)]);
        }

        #[test]
        fn a_component_comes_back(value in "\\PC{0,40}") {
            let mut text = String::from("x=");
            encode_component(&value, &mut text);
            prop_assert_eq!(&decode(&text)[0].1, &value);
        }

        #[test]
        fn any_text_decodes(text in "[%+&=a-f0-9é]{0,60}") {
            decode(&text);
        }
    }
}
