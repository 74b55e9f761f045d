//! Model and version in the body of stock images, which declare nothing in their header.

use arrayvec::{ArrayString, ArrayVec};

use crate::source::{ReadError, Source, for_each_block};

/// What the body of an image contains as text. A hint and no proof: nothing stops an image from naming
/// another device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Strings {
    /// The model, such as `LYWSD03MMC`: the first known one.
    pub model: Option<&'static str>,
    /// A version as stock firmware writes it, such as `1.0.0_0130`: the first one.
    pub version: Option<ArrayString<16>>,
}

/// Looks for model and version in the body of an image: all that stock images without a container have.
pub fn find_strings<S: Source>(mut source: S) -> Result<Strings, ReadError> {
    let mut scanner = Scanner::default();
    let end = source.len();
    for_each_block(&mut source, 0, end, |block| scanner.feed(block))?;
    scanner.end_word();
    Ok(scanner.found)
}

/// Cuts the body into printable words, across the edges of blocks, and looks at each.
#[derive(Default)]
struct Scanner {
    word: ArrayVec<u8, WORD>,
    found: Strings,
}

impl Scanner {
    fn feed(&mut self, block: &[u8]) {
        if self.found.model.is_some() && self.found.version.is_some() {
            return;
        }
        for &byte in block {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
                if self.word.is_full() {
                    self.word.remove(0);
                }
                self.word.push(byte);
            } else if !self.word.is_empty() {
                self.end_word();
            }
        }
    }

    fn end_word(&mut self) {
        if self.word.len() >= 6
            && let Ok(text) = core::str::from_utf8(&self.word)
        {
            if self.found.model.is_none() {
                self.found.model = MODELS.iter().copied().find(|model| text.contains(model));
            }
            if self.found.version.is_none() && is_version(text) {
                self.found.version = ArrayString::from(text).ok();
            }
        }
        self.word.clear();
    }
}

/// `1.0.0_0130`: three numbers, an underscore, four digits.
fn is_version(text: &str) -> bool {
    let Some((numbers, build)) = text.split_once('_') else {
        return false;
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    build.len() == 4 && digits(build) && numbers.split('.').count() == 3 && numbers.split('.').all(digits)
}

/// Long enough for a model and a version; longer words are no such thing.
const WORD: usize = 24;

/// Models with Telink chips whose stock images carry their name.
const MODELS: &[&str] = &[
    "CGDK2", "CGG1", "LYWSD02MMC", "LYWSD03MMC", "MHO-C122", "MHO-C401", "MJWSD05MMC", "MJWSD06MMC",
    "SJWS01LM", "XMWSDJ04MMC",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_and_version_are_found_across_blocks() {
        let body = b"\0\x01LYWSD03MMC\0\xff1.0.0_0130\0v1.0.0_01\0";
        for cut in 0..body.len() {
            let mut scanner = Scanner::default();
            scanner.feed(&body[..cut]);
            scanner.feed(&body[cut..]);
            scanner.end_word();
            assert_eq!(scanner.found.model, Some("LYWSD03MMC"), "cut at {cut}");
            assert_eq!(scanner.found.version.as_deref(), Some("1.0.0_0130"));
        }
    }

    #[test]
    fn addresses_and_other_numbers_are_no_versions() {
        for text in ["1.0_0130", "1.0.0.0_0130", "1.0.0_130", "a.0.0_0130", "..._0130"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
