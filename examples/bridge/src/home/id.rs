//! Names that are safe in a topic.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A device's id: `a-z`, `0-9`, `_` and `-`, at most 64 of them. It is a level of every topic of the device.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Arc<str>);

impl Id {
    /// Makes an id of any text: letters become small, everything else that isn't allowed becomes `_`.
    ///
    /// `None` if nothing is left.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut id = String::with_capacity(text.len().min(LONGEST));
        for character in text.chars() {
            let character = character.to_ascii_lowercase();
            if id.len() == LONGEST {
                break;
            }
            if is_allowed(character) {
                id.push(character);
            } else if !id.is_empty() && !id.ends_with('_') {
                id.push('_');
            }
        }
        let id = id.trim_end_matches('_');
        (!id.is_empty() && id != RESERVED).then(|| Self(id.into()))
    }

    /// The id of a Bluetooth address: its twelve digits.
    #[must_use]
    pub fn of_address(address: macaddr::MacAddr6) -> Self {
        let mut text = [0; 12];
        // Twelve digits have room in twelve bytes.
        let digits = base16ct::lower::encode_str(&address.into_array(), &mut text).map(Arc::from);
        Self(digits.unwrap_or_else(|_| "address".into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '_' | '-')
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == RESERVED {
            return Err(IdError::Reserved);
        }
        match text.chars().find(|character| !is_allowed(*character)) {
            Some(character) => Err(IdError::Character(character)),
            None if text.is_empty() || text.len() > LONGEST => Err(IdError::Length(text.len())),
            None => Ok(Self(text.into())),
        }
    }
}

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// A character that isn't allowed.
    #[error("{0:?} is not allowed in an id: use a-z, 0-9, _ and -")]
    Character(char),
    /// Too long, or empty.
    #[error("an id has 1 to 64 characters, this one has {0}")]
    Length(usize),
    /// The bridge's own.
    #[error("`bridge` is the bridge's own id")]
    Reserved,
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

const LONGEST: usize = 64;
/// The level of the bridge's own topics.
const RESERVED: &str = "bridge";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_an_id_that_is_safe_in_a_topic() {
        assert_eq!(Id::of("A4:C1:38").unwrap().as_str(), "a4_c1_38");
        assert_eq!(Id::of("/#+ living room\0").unwrap().as_str(), "living_room");
        assert_eq!(Id::of("##"), None);
        assert_eq!(Id::of("Bridge"), None);
        assert_eq!(Id::of(&"x".repeat(1000)).unwrap().as_str().len(), LONGEST);
        assert_eq!("a/b".parse::<Id>(), Err(IdError::Character('/')));
        assert_eq!("bridge".parse::<Id>(), Err(IdError::Reserved));
    }

    #[test]
    fn an_address_is_its_digits() {
        let address = macaddr::MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0xab, 1);
        assert_eq!(Id::of_address(address).as_str(), "a4c13800ab01");
    }
}
