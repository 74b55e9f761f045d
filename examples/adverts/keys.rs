//! The file with bind keys.
//!
//! ```toml
//! [keys]                                  # this line may be left out
//! "A4:C1:38:F8:4B:18" = "b2d46f0cd168c18b247c0c79e9ad5b8d"
//! ```
//!
//! Its text holds secrets, so that messages show places in it and never a part of it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use macaddr::MacAddr6;
use mibeacon::{BindKey, KeyError};
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// Keys by address.
pub(super) type Keys = BTreeMap<MacAddr6, BindKey>;

/// Reads a key file.
pub(super) fn read(path: &Path) -> Result<Keys, Error> {
    let mut text = Zeroizing::new(String::new());
    let limit = LARGEST_FILE + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_string(&mut text))
        .map_err(Error::Io)?;
    if text.len() as u64 == limit {
        return Err(Error::TooLarge);
    }
    parse(&text)
}

/// Reads the text of a key file; finds all mistakes, not only the first.
pub(super) fn parse(text: &str) -> Result<Keys, Error> {
    let locate = |mistake: Mistake, span: Range<usize>| Located::new(text, span.start, mistake);
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let mistake = if error.message().contains("duplicate key") {
            Mistake::Duplicate
        } else {
            Mistake::Syntax
        };
        Error::Mistakes(vec![locate(mistake, span)])
    })?;

    let mut entries = Vec::new();
    for entry in table.get_ref() {
        match entry {
            (name, value) if name.get_ref() == "keys" => match value.get_ref() {
                DeValue::Table(table) => entries.extend(table),
                _ => entries.push(entry),
            },
            entry => entries.push(entry),
        }
    }
    // In the order of the file, so that the second one of two is the duplicate.
    entries.sort_by_key(|(name, _)| name.span().start);

    let mut keys = Keys::new();
    let mut mistakes = Vec::new();
    for (address, key) in entries {
        if let Err(mistake) = insert(&mut keys, address.get_ref(), key.get_ref()) {
            mistakes.push(locate(mistake, mistake.span(address.span(), key.span())));
        }
    }
    if mistakes.is_empty() {
        return Ok(keys);
    }
    Err(Error::Mistakes(mistakes))
}

fn insert(keys: &mut Keys, address: &str, key: &DeValue<'_>) -> Result<(), Mistake> {
    let address: MacAddr6 = address.parse().map_err(|_| Mistake::Address)?;
    let DeValue::String(key) = key else {
        return Err(Mistake::NotText);
    };
    let key: BindKey = key.parse().map_err(Mistake::Key)?;
    if key.is_placeholder() {
        return Err(Mistake::Placeholder);
    }
    match keys.insert(address, key) {
        None => Ok(()),
        Some(_) => Err(Mistake::Duplicate),
    }
}

/// Why a key file can't be used.
#[derive(Debug)]
pub(super) enum Error {
    /// It can't be read.
    Io(io::Error),
    /// It is larger than any key file.
    TooLarge,
    /// What it says is wrong.
    Mistakes(Vec<Located>),
}

/// A mistake and its place, both numbers from 1 on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) mistake: Mistake,
}

impl Located {
    fn new(text: &str, offset: usize, mistake: Mistake) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            mistake,
        }
    }
}

/// What can be wrong with a line of a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    Syntax,
    Address,
    NotText,
    Key(KeyError),
    Placeholder,
    Duplicate,
}

impl Mistake {
    /// What a person can do about it, in one sentence.
    pub(super) const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::Syntax => {
                "A line looks like \"A4:C1:38:01:02:03\" = \"00112233445566778899aabbccddeeff\", both in quotes."
            }
            Self::Address => {
                "Write the device's address, six bytes in hex, as \"A4:C1:38:01:02:03\"; the only table is [keys]."
            }
            Self::NotText => "Put the key in quotes.",
            Self::Key(error) => return error.help(),
            Self::Placeholder => {
                "The cloud lists this for a device that has no key yet: bind it in the app and fetch its key, or \
                 remove the line."
            }
            Self::Duplicate => "Keep the line with the current key: the newer one, if it was paired again.",
        })
    }

    /// Where it shows: at the address or at the key.
    const fn span(self, address: Range<usize>, key: Range<usize>) -> Range<usize> {
        match self {
            Self::Address | Self::Duplicate | Self::Syntax => address,
            Self::NotText | Self::Key(_) | Self::Placeholder => key,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("this isn't TOML"),
            Self::Address => f.write_str("this isn't a Bluetooth address"),
            Self::NotText => f.write_str("the key isn't text"),
            Self::Key(error) => error.fmt(f),
            Self::Placeholder => f.write_str("this key is a placeholder, all its bytes are ff"),
            Self::Duplicate => f.write_str("this address has a key already"),
        }
    }
}

/// Room for tens of thousands of devices.
const LARGEST_FILE: u64 = 1 << 22;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff";

    fn mistakes(text: &str) -> Vec<(usize, usize, Mistake)> {
        match parse(text) {
            Err(Error::Mistakes(mistakes)) => mistakes
                .into_iter()
                .map(|located| (located.line, located.column, located.mistake))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_stand_in_a_table_or_alone() {
        for text in [
            format!("[keys]\n\"A4:C1:38:01:02:03\" = \"{KEY}\""),
            format!("# mine\na4c138010203 = '{KEY}'"),
        ] {
            let keys = parse(&text).unwrap();
            let address = MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3);
            assert_eq!(keys.get(&address), Some(&KEY.parse().unwrap()));
        }
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn all_mistakes_come_with_their_places() {
        let text = format!(
            "\"A4:C1:38:01:02\" = \"{KEY}\"\n\
             \"A4:C1:38:01:02:03\" = \"0011\"\n\
             \"A4:C1:38:01:02:04\" = \"{KEY}\"\n\
             a4c138010204 = \"{KEY}\"\n\
             \"A4:C1:38:01:02:05\" = \"ffffffffffffffffffffffffffffffff\"\n\
             \"A4:C1:38:01:02:06\" = \"0011223344556677889zaabbccddeeff\"\n\
             \"A4:C1:38:01:02:07\" = 11\n\
             \"A4:C1:38:01:02:08\" = \"001\"\n"
        );
        let expected = [
            (1, 1, Mistake::Address),
            (2, 23, Mistake::Key(KeyError::Length { found: 2 })),
            (4, 1, Mistake::Duplicate),
            (5, 23, Mistake::Placeholder),
            (6, 23, Mistake::Key(KeyError::NotHex)),
            (7, 23, Mistake::NotText),
            (8, 23, Mistake::Key(KeyError::OddDigits { digits: 3 })),
        ];
        let found = mistakes(&text);
        assert_eq!(found, expected);
        assert!(found.iter().all(|(.., mistake)| mistake.help().is_some()));
    }

    #[test]
    fn an_address_without_quotes_and_the_same_address_twice_are_told_apart() {
        let unquoted = mistakes(&format!("# x\nA4:C1:38:01:02:03 = \"{KEY}\""));
        assert_eq!((unquoted[0].0, unquoted[0].2), (2, Mistake::Syntax));
        let twice = mistakes(&format!("a4c138010203 = \"{KEY}\"\na4c138010203 = \"{KEY}\""));
        assert_eq!((twice[0].0, twice[0].2), (2, Mistake::Duplicate));
    }

    #[test]
    fn no_message_shows_a_part_of_a_key() {
        const SECRET: &str = "5b025b025b025b025b025b025b025b02";
        for text in [
            format!("a4c138010203 = \"{SECRET}"),
            format!("a4c138010203 = {SECRET}"),
            format!("a4c138010203 = \"{SECRET}00\""),
            format!("\"{SECRET}\" = \"{SECRET}\""),
            format!("[{SECRET}]\nx = 1"),
        ] {
            let Err(error) = parse(&text) else {
                panic!("{text}");
            };
            let Error::Mistakes(mistakes) = &error else {
                panic!("{error:?}");
            };
            for located in mistakes {
                let shown = format!("{error:?}{}{:?}", located.mistake, located.mistake.help());
                assert!(!shown.contains("5b02"), "{shown}");
            }
        }
    }
}
