//! The JSON of a plaintext, and what real devices get wrong in it.
//!
//! [`decode`] takes a decrypted plaintext. Good JSON goes straight through; bad JSON is mended where its meaning
//! is beyond doubt, outside of strings only, and so that the values of a list keep their positions. Every repair
//! is reported.
//!
//! ```
//! use miio_proto::json::{Repair, decode};
//!
//! // A power strip without cloud (two commas) and a gateway's child without a value (a hole in the list).
//! let decoded = decode(br#"{"id":5,,"result":[1,,"a,,b"]}"#)?;
//! assert_eq!(decoded.value.to_string(), r#"{"id":5,"result":[1,null,"a,,b"]}"#);
//! assert_eq!(decoded.repairs, [Repair::ExtraCommaRemoved, Repair::EmptyElementNull]);
//! # Ok::<(), miio_proto::json::JsonError>(())
//! ```

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

/// A plaintext's JSON and what had to be mended to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The value; `Null` for an empty payload.
    pub value: Value,
    /// The repairs, each named once, in the order met.
    pub repairs: Vec<Repair>,
}

/// Something that was mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// Zero bytes at the end were cut. Most devices send one; this is no fault.
    TrailingNulRemoved,
    /// Nothing was left: a gateway without internet answers `miIO.info` so. It proves the token right.
    EmptyPayload,
    /// Text after a zero byte was cut.
    CutAtNul,
    /// Bytes that aren't UTF-8 became U+FFFD: a network's name in GBK.
    Utf8Lossy,
    /// A byte-order mark was removed.
    BomRemoved,
    /// A comma too much in an object was removed.
    ExtraCommaRemoved,
    /// A hole in a list became `null`, so that positions stay right.
    EmptyElementNull,
    /// A key without a value got `null`.
    EmptyValueNull,
    /// Zeros in front of a number were removed.
    LeadingZero,
    /// A raw control character was removed.
    ControlCharRemoved,
    /// `nan` became `null`.
    NanNull,
}

impl Repair {
    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrailingNulRemoved => "trailing_nul_removed",
            Self::EmptyPayload => "empty_payload",
            Self::CutAtNul => "cut_at_nul",
            Self::Utf8Lossy => "utf8_lossy",
            Self::BomRemoved => "bom_removed",
            Self::ExtraCommaRemoved => "extra_comma_removed",
            Self::EmptyElementNull => "empty_element_null",
            Self::EmptyValueNull => "empty_value_null",
            Self::LeadingZero => "leading_zero",
            Self::ControlCharRemoved => "control_char_removed",
            Self::NanNull => "nan_null",
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A plaintext that isn't JSON, not even after repairs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload isn't JSON: {message}")]
pub struct JsonError {
    /// What the JSON parser says, with line and column.
    pub message: String,
    /// The text as far as it could be mended. It may hold secrets: log it only where the answer may be logged.
    pub text: String,
    /// What was mended before it was given up.
    pub repairs: Vec<Repair>,
}

impl JsonError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "The token is right, the device's firmware sends broken JSON: ask for fewer values at once, and report \
             the text with the device's model.",
        )
    }
}

/// Reads the JSON of a decrypted plaintext and mends what is known to be mended safely.
///
/// # Errors
///
/// Text that isn't JSON afterwards: cut off, brackets that don't match, a string without end, nested more than
/// 127 deep, a number beyond `f64`.
pub fn decode(plaintext: &[u8]) -> Result<Decoded, JsonError> {
    let mut repairs = Vec::new();
    let end = plaintext
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    let bytes = plaintext.get(..end).unwrap_or_default();
    if end < plaintext.len() {
        repairs.push(Repair::TrailingNulRemoved);
    }
    if bytes.is_empty() {
        repairs.push(Repair::EmptyPayload);
        return Ok(Decoded {
            value: Value::Null,
            repairs,
        });
    }
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(Decoded { value, repairs });
    }
    let bytes = match bytes.iter().position(|&byte| byte == 0) {
        Some(nul) => {
            repairs.push(Repair::CutAtNul);
            bytes.get(..nul).unwrap_or_default()
        }
        None => bytes,
    };
    let lossy = String::from_utf8_lossy(bytes);
    if matches!(lossy, Cow::Owned(_)) {
        repairs.push(Repair::Utf8Lossy);
    }
    let text = match lossy.strip_prefix('\u{feff}') {
        Some(rest) => {
            repairs.push(Repair::BomRemoved);
            rest
        }
        None => &lossy,
    };
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(Decoded { value, repairs });
    }
    let text = mend(text, &mut repairs);
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Decoded { value, repairs }),
        Err(error) => Err(JsonError {
            message: error.to_string(),
            text,
            repairs,
        }),
    }
}

/// Mends token by token. What isn't known to be a device's fault is copied as it is, for the parser to refuse.
fn mend(text: &str, repairs: &mut Vec<Repair>) -> String {
    let mut mender = Mender {
        out: String::with_capacity(text.len() + 16),
        open: Vec::new(),
        last: Last::Start,
        repairs,
    };
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (token, tail) = match next {
            '"' => rest.split_at(string_length(rest)),
            c if is_scalar(c) => rest.split_at(rest.find(|c| !is_scalar(c)).unwrap_or(rest.len())),
            c => rest.split_at(c.len_utf8()),
        };
        mender.take(next, token);
        rest = tail;
    }
    mender.out
}

struct Mender<'a> {
    out: String,
    /// The brackets that are open, innermost last.
    open: Vec<char>,
    last: Last,
    repairs: &'a mut Vec<Repair>,
}

/// The last token that matters. A comma in an object waits until it is sure that something follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Open,
    Comma,
    Colon,
    Value,
    /// A scalar with a control character after it: what follows must not be joined to it.
    Scalar,
}

impl Mender<'_> {
    fn take(&mut self, first: char, token: &str) {
        match first {
            ',' => self.comma(),
            '}' | ']' => self.close(first),
            ' ' | '\t' | '\n' | '\r' => self.out.push_str(token),
            '{' | '[' => {
                self.separate();
                self.open.push(first);
                self.out.push_str(token);
                self.last = Last::Open;
            }
            ':' => {
                self.out.push_str(token);
                self.last = Last::Colon;
            }
            '"' => {
                self.separate();
                self.string(token);
                self.last = Last::Value;
            }
            c if is_scalar(c) => {
                // `1<control>2` is neither 12 nor two values.
                if self.last == Last::Scalar && self.out.ends_with(is_scalar) {
                    self.out.push(' ');
                }
                self.separate();
                self.scalar(token);
                self.last = Last::Scalar;
            }
            c if c.is_control() => self.note(Repair::ControlCharRemoved),
            _ => {
                self.separate();
                self.out.push_str(token);
                self.last = Last::Value;
            }
        }
    }

    fn in_object(&self) -> bool {
        self.open.last() == Some(&'{')
    }

    /// Writes the comma that an object held back.
    fn separate(&mut self) {
        if self.last == Last::Comma && self.in_object() {
            self.out.push(',');
        }
    }

    fn comma(&mut self) {
        match (self.in_object(), self.last) {
            (true, Last::Colon) => self.null(Repair::EmptyValueNull),
            (true, Last::Open | Last::Comma) => return self.note(Repair::ExtraCommaRemoved),
            (true, _) => {}
            (false, Last::Open | Last::Comma) if self.open.last() == Some(&'[') => {
                self.null(Repair::EmptyElementNull);
                self.out.push(',');
            }
            (false, _) => self.out.push(','),
        }
        self.last = Last::Comma;
    }

    fn close(&mut self, bracket: char) {
        match (self.open.pop(), bracket, self.last) {
            (Some('{'), '}', Last::Colon) => self.null(Repair::EmptyValueNull),
            (Some('{'), '}', Last::Comma) => self.note(Repair::ExtraCommaRemoved),
            (Some('['), ']', Last::Comma) => self.null(Repair::EmptyElementNull),
            _ => {}
        }
        self.out.push(bracket);
        self.last = Last::Value;
    }

    fn string(&mut self, token: &str) {
        if token.chars().any(|c| c < ' ') {
            self.note(Repair::ControlCharRemoved);
            self.out.extend(token.chars().filter(|&c| c >= ' '));
        } else {
            self.out.push_str(token);
        }
    }

    fn scalar(&mut self, token: &str) {
        if token.eq_ignore_ascii_case("nan") {
            return self.null(Repair::NanNull);
        }
        let (sign, digits) = match token.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", token),
        };
        let after = digits.trim_start_matches('0');
        let zeros = digits.len() - after.len();
        let starts_with_digit = after.starts_with(|c: char| c.is_ascii_digit());
        let keep = if starts_with_digit { 0 } else { 1 };
        let is_number = after.is_empty() || starts_with_digit || after.starts_with(['.', 'e', 'E']);
        if zeros > keep && is_number {
            self.note(Repair::LeadingZero);
            self.out.push_str(sign);
            self.out.push_str(digits.get(zeros - keep..).unwrap_or_default());
        } else {
            self.out.push_str(token);
        }
    }

    fn null(&mut self, repair: Repair) {
        self.note(repair);
        self.out.push_str("null");
    }

    fn note(&mut self, repair: Repair) {
        if !self.repairs.contains(&repair) {
            self.repairs.push(repair);
        }
    }
}

/// The length of the string that starts `text`, quotes included; all of it if the string has no end.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Characters of numbers and of `true`, `false`, `null` and `nan`.
const fn is_scalar(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn mended(text: &str) -> (String, Vec<Repair>) {
        let decoded = decode(text.as_bytes()).unwrap();
        (decoded.value.to_string(), decoded.repairs)
    }

    #[test]
    fn every_hole_of_a_list_becomes_null() {
        assert_eq!(
            mended("[,1,]"),
            ("[null,1,null]".into(), vec![Repair::EmptyElementNull])
        );
        assert_eq!(mended("[[,,],{}]").0, "[[null,null,null],{}]");
    }

    #[test]
    fn an_object_keeps_its_keys_and_loses_its_surplus_commas() {
        let all = vec![Repair::ExtraCommaRemoved, Repair::EmptyValueNull];
        assert_eq!(
            mended(r#"{,"a":1,,"b":,"c":}"#),
            (r#"{"a":1,"b":null,"c":null}"#.into(), all)
        );
        assert_eq!(mended(r#"{"a":1,}"#).0, r#"{"a":1}"#);
    }

    #[test]
    fn numbers_with_leading_zeros_keep_their_value() {
        assert_eq!(mended("[00,-01,000.50,007e1,0]").0, "[0,-1,0.5,70.0,0]");
        assert_eq!(mended("[NaN,1]"), ("[null,1]".into(), vec![Repair::NanNull]));
    }

    #[test]
    fn a_control_character_never_joins_two_numbers() {
        assert!(decode(b"{\"a\":1\x012}").is_err());
        assert_eq!(mended("{\x01\"a\"\x02:\x7f1}").0, r#"{"a":1}"#);
    }

    #[test]
    fn text_that_is_cut_or_nested_too_deep_is_refused() {
        for text in ["{\"a\":[1", "[1}", "\"abc", "{]", ",", "1e999"] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
        let deep = ["[".repeat(10_000), "]".repeat(10_000)].concat();
        assert!(decode(deep.as_bytes()).unwrap_err().message.contains("recursion"));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn json_like_text_never_panics_and_a_second_repair_changes_nothing(
            text in r#"[\[\]{},:"a0-9.\\ n\x00\x01-]{0,40}"#,
        ) {
            if let Ok(decoded) = decode(text.as_bytes()) {
                let again = decode(decoded.value.to_string().as_bytes()).unwrap();
                prop_assert_eq!(again, Decoded { value: decoded.value, repairs: Vec::new() });
            }
        }

        #[test]
        fn strings_stay_as_they_are(text in "[^\\x00-\\x1f]{0,40}", fault in "[,]{1,3}") {
            let source = format!("[{}{fault}1]", json!(text));
            let decoded = decode(source.as_bytes()).unwrap();
            prop_assert_eq!(&decoded.value[0], &json!(text));
            prop_assert_eq!(decoded.value.as_array().unwrap().len(), fault.len() + 1);
        }
    }
}
