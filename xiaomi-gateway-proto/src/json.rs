//! JSON, read in place and written without a tree.
//!
//! Generation 1 puts JSON into a JSON text: `"data":"{\"status\":\"open\"}"`. A general reader unescapes the
//! text into memory and reads that again, with an allocation for each name and value. Real gateways escape
//! nothing in there but quotation marks. So the [`Lexer`] reads such a text where it stands, with `\"` in the
//! place of `"`, and every name and value borrows from the datagram. Any other escape takes the slow way.
//!
//! What is accepted is RFC 8259 exactly, nested at most [`MAX_DEPTH`] deep; a property compares it with `serde_json`.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use core::fmt::{self, Write};

use crate::Decimal;
use crate::value::Value;

/// Text that isn't JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotJson;

/// Reads one JSON text from front to back.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Strings end in `\"`: this is the raw content of a string of another JSON text.
    nested: bool,
    depth: u8,
}

/// A string as it stands between its quotation marks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawString<'a> {
    pub(crate) content: &'a str,
    pub(crate) escapes: Escapes,
}

/// What a raw string escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    None,
    /// Nothing but `\"`.
    Quotes,
    Other,
}

/// The first character of a value tells its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Object,
    Array,
    String,
    Scalar,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            nested: false,
            depth: 0,
        }
    }

    /// Reads the content of a string that escapes only quotation marks.
    pub(crate) fn nested(content: &'a str) -> Self {
        Self {
            nested: true,
            ..Self::new(content)
        }
    }

    /// The type of the value that comes next.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Type, NotJson> {
        self.skip_spaces();
        Ok(match self.byte() {
            Some(b'{') => Type::Object,
            Some(b'[') => Type::Array,
            Some(b'"') if !self.nested => Type::String,
            Some(b'\\') if self.nested => Type::String,
            Some(_) => Type::Scalar,
            None => return Err(NotJson),
        })
    }

    /// An object; `member` reads the value of each member.
    pub(crate) fn object<E: From<NotJson>>(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{')?;
        if !self.take(b'}') {
            loop {
                self.skip_spaces();
                let name = self.string()?;
                self.expect(b':')?;
                member(self, name)?;
                if self.take(b'}') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// An array; `item` reads each of its values.
    pub(crate) fn array<E: From<NotJson>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[')?;
        if !self.take(b']') {
            loop {
                item(self)?;
                if self.take(b']') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Any value; arrays and objects as their text.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, NotJson> {
        match self.peek()? {
            Type::String => self.string().map(Value::Text),
            Type::Object | Type::Array => self.raw().map(Value::Json),
            Type::Scalar => match self.byte() {
                Some(b'-' | b'0'..=b'9') => {
                    let text = self.number()?;
                    Ok(Decimal::from_json(text).map_or(Value::Json(Cow::Borrowed(text)), Value::Number))
                }
                Some(b't') => self.word("true").map(|()| Value::Bool(true)),
                Some(b'f') => self.word("false").map(|()| Value::Bool(false)),
                _ => self.word("null").map(|()| Value::Null),
            },
        }
    }

    /// The text of the value that comes next, without the escapes of the text around it.
    fn raw(&mut self) -> Result<Cow<'a, str>, NotJson> {
        let text = self.span()?;
        Ok(if self.nested && text.contains('\\') {
            Cow::Owned(text.replace("\\\"", "\""))
        } else {
            Cow::Borrowed(text)
        })
    }

    /// The text of the value that comes next, as it stands.
    pub(crate) fn span(&mut self) -> Result<&'a str, NotJson> {
        self.skip_spaces();
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).ok_or(NotJson)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Result<(), NotJson> {
        match self.peek()? {
            Type::Object => self.object(|lexer, _| lexer.skip()),
            Type::Array => self.array(Self::skip),
            Type::String | Type::Scalar => self.value().map(|_| ()),
        }
    }

    /// Nothing but space may follow.
    pub(crate) fn end(&mut self) -> Result<(), NotJson> {
        self.skip_spaces();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(NotJson)
        }
    }

    #[inline]
    fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        let raw = self.raw_string()?;
        match raw.escapes {
            Escapes::None => Ok(Cow::Borrowed(raw.content)),
            Escapes::Quotes | Escapes::Other => unescape(raw.content).map(Cow::Owned),
        }
    }

    /// A string with its escapes.
    #[inline]
    pub(crate) fn raw_string(&mut self) -> Result<RawString<'a>, NotJson> {
        if self.nested {
            return self.nested_string();
        }
        if self.byte() != Some(b'"') {
            return Err(NotJson);
        }
        let start = self.at + 1;
        let mut at = start;
        let mut escapes = Escapes::None;
        loop {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            // Long runs of plain characters, short ones between the escapes of `data`.
            at += plain_run(rest).ok_or(NotJson)?;
            let bytes = self.text.as_bytes();
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'"'), _) => break,
                (Some(b'\\'), Some(b'"')) => {
                    if escapes == Escapes::None {
                        escapes = Escapes::Quotes;
                    }
                }
                (Some(b'\\'), Some(b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u')) => {
                    escapes = Escapes::Other;
                }
                _ => return Err(NotJson),
            }
            at += 2;
        }
        let content = self.text.get(start..at).ok_or(NotJson)?;
        self.at = at + 1;
        Ok(RawString { content, escapes })
    }

    /// A string between `\"` and `\"`. There is no other backslash in the text, so nothing to unescape.
    fn nested_string(&mut self) -> Result<RawString<'a>, NotJson> {
        let [b'\\', b'"', rest @ ..] = self.rest() else {
            return Err(NotJson);
        };
        let length = rest.iter().position(|&byte| byte == b'\\').ok_or(NotJson)?;
        let start = self.at + 2;
        let content = self.text.get(start..start + length).ok_or(NotJson)?;
        self.at = start + length + 2;
        Ok(RawString {
            content,
            escapes: Escapes::None,
        })
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    fn number(&mut self) -> Result<&'a str, NotJson> {
        let start = self.at;
        self.skip_byte(|byte| byte == b'-');
        match self.rest() {
            [b'0', ..] => self.at += 1,
            [b'1'..=b'9', ..] => self.skip_digits()?,
            _ => return Err(NotJson),
        }
        if self.skip_byte(|byte| byte == b'.') {
            self.skip_digits()?;
        }
        if self.skip_byte(|byte| matches!(byte, b'e' | b'E')) {
            self.skip_byte(|byte| matches!(byte, b'+' | b'-'));
            self.skip_digits()?;
        }
        self.text.get(start..self.at).ok_or(NotJson)
    }

    fn skip_digits(&mut self) -> Result<(), NotJson> {
        let digits = self
            .rest()
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += digits;
        if digits == 0 { Err(NotJson) } else { Ok(()) }
    }

    #[inline]
    fn skip_byte(&mut self, wanted: impl FnOnce(u8) -> bool) -> bool {
        let found = self.byte().is_some_and(wanted);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn enter(&mut self, bracket: u8) -> Result<(), NotJson> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(NotJson)
        } else {
            Ok(())
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.take(byte) { Ok(()) } else { Err(NotJson) }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        // Gateways send no spaces.
        if self.byte() == Some(byte) {
            self.at += 1;
            return true;
        }
        self.skip_spaces();
        self.skip_byte(|found| found == byte)
    }

    #[inline]
    fn skip_spaces(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// How many bytes come before the first quotation mark, backslash or control character. Looks at 8 at a time: a byte
/// of `word` is at least `n` unless subtracting `n` from it borrows, and the lowest borrow is a true one.
#[inline]
fn plain_run(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let below = |word: u64, n: u8| word.wrapping_sub(ONES * u64::from(n)) & !word & HIGH;
    let equal = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let (chunks, tail) = bytes.as_chunks::<8>();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let special = below(word, 0x20) | equal(word, b'"') | equal(word, b'\\');
        if special != 0 {
            return Some(index * 8 + special.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
    let start = bytes.len() - tail.len();
    tail.iter().position(is_special).map(|position| start + position)
}

/// The characters that a raw string stands for.
pub(crate) fn unescape(raw: &str) -> Result<String, NotJson> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut characters = escaped.chars();
        match characters.next() {
            Some(character @ ('"' | '\\' | '/')) => text.push(character),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let (character, tail) = unicode_escape(characters.as_str())?;
                text.push(character);
                rest = tail;
                continue;
            }
            _ => return Err(NotJson),
        }
        rest = characters.as_str();
    }
    text.push_str(rest);
    Ok(text)
}

/// What follows `\u`: four hex digits, or the two halves of a surrogate pair.
fn unicode_escape(text: &str) -> Result<(char, &str), NotJson> {
    let (first, tail) = hex_digits(text)?;
    if !(0xd800..0xe000).contains(&first) {
        return Ok((char::from_u32(first).ok_or(NotJson)?, tail));
    }
    let (second, tail) = hex_digits(tail.strip_prefix("\\u").ok_or(NotJson)?)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
        return Err(NotJson);
    }
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    Ok((char::from_u32(code).ok_or(NotJson)?, tail))
}

fn hex_digits(text: &str) -> Result<(u32, &str), NotJson> {
    let (digits, tail) = text.split_at_checked(4).ok_or(NotJson)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(NotJson);
    }
    Ok((u32::from_str_radix(digits, 16).map_err(|_| NotJson)?, tail))
}

/// Writes compact JSON: no spaces, non-ASCII as it is.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: String,
}

impl Writer {
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// `{`, what `members` writes, `}`.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.open('{');
        members(self);
        self.out.push('}');
    }

    /// `[`, what `items` writes, `]`.
    pub(crate) fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.open('[');
        items(self);
        self.out.push(']');
    }

    /// `"name":`, to be followed by a value.
    pub(crate) fn name(&mut self, name: &str) {
        self.string(name);
        self.out.push(':');
    }

    pub(crate) fn text_member(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    pub(crate) fn member(&mut self, name: &str, value: &Value<'_>) {
        self.name(name);
        self.value(value);
    }

    pub(crate) fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Text(text) => self.string(text),
            Value::Number(number) => self.plain(format_args!("{number}")),
            Value::Bool(flag) => self.plain(format_args!("{flag}")),
            Value::Null => self.plain(format_args!("null")),
            Value::Json(json) => self.plain(format_args!("{json}")),
        }
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.separate();
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                control @ '\0'..='\x1f' => self.append(format_args!("\\u{:04x}", u32::from(control))),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    /// A value whose text needs no quotation marks.
    pub(crate) fn plain(&mut self, value: fmt::Arguments<'_>) {
        self.separate();
        self.append(value);
    }

    fn open(&mut self, bracket: char) {
        self.separate();
        self.out.push(bracket);
    }

    /// A comma, unless the value is the first one or follows its name.
    fn separate(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(',');
        }
    }

    fn append(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a `String` can't fail.
        let _ = self.out.write_fmt(text);
    }
}

/// `Cow` with its own text.
pub(crate) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    match text {
        Cow::Borrowed(text) => Cow::Owned(text.to_owned()),
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// How deep arrays and objects may be nested. Real messages have 3 levels.
const MAX_DEPTH: u8 = 16;

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn accepts(text: &str) -> bool {
        let mut lexer = Lexer::new(text);
        lexer.value().and_then(|_| lexer.end()).is_ok()
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(accepts(&nested(16)));
        assert!(!accepts(&nested(17)));
        assert!(!accepts(&"[".repeat(8000)));
    }

    #[test]
    fn a_nested_text_reads_like_an_unescaped_one() {
        let mut lexer = Lexer::nested(r#"{\"a\":\"b\",\"c\":[1,{\"d\":\"e\"}],\"f\":-2.5}"#);
        let mut found = String::new();
        lexer
            .object(|lexer, name| {
                let value = lexer.value()?;
                found.push_str(&format!("{name}={value:?};"));
                Ok::<(), NotJson>(())
            })
            .unwrap();
        assert_eq!(
            found,
            r#"a=Text("b");c=Json("[1,{\"d\":\"e\"}]");f=Number(-2.5);"#
        );
        assert_eq!(lexer.end(), Ok(()));
    }

    proptest! {
        #[test]
        fn eight_bytes_at_a_time_find_what_one_at_a_time_finds(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x1d..0x24_u8, 0x5b..0x5e_u8, 0xa0..0xa3_u8], 0..40),
        ) {
            let slow = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(plain_run(&bytes), slow);
        }
    }

    #[test]
    fn surrogates_come_in_pairs() {
        assert_eq!(unescape(r"\ud83d\ude00\u00e9\/").unwrap(), "😀é/");
        for bad in [
            r"\ud83d", r"\ude00\ud83d", r"\ud83dx", r"\u12", r"\u+123", r"\x", "\\",
        ] {
            assert_eq!(unescape(bad), Err(NotJson), "{bad}");
        }
    }

    fn tree() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f32>().prop_map(|number| serde_json::json!(number)),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map(".{0,5}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_text_is_accepted(value in tree()) {
            prop_assert!(accepts(&value.to_string()));
            prop_assert!(accepts(&serde_json::to_string_pretty(&value).unwrap()));
        }

        #[test]
        fn what_is_accepted_is_json(text in r#"[\[\]{}:,"\\truefalsn0-9.eE+ u-]{0,24}"#) {
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(_) => prop_assert!(accepts(&text), "{text} is JSON"),
                // A double can't hold 1e999; the grammar allows it.
                Err(error) if error.to_string().contains("out of range") => {}
                Err(_) => prop_assert!(!accepts(&text), "{text} isn't JSON"),
            }
        }

        #[test]
        fn written_strings_read_back(text in ".*") {
            let mut writer = Writer::default();
            writer.string(&text);
            let json = writer.finish();
            prop_assert_eq!(Lexer::new(&json).value().unwrap(), Value::Text(text.as_str().into()));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text.to_string());
        }
    }
}
