//! Answers of `account.xiaomi.com`.
//!
//! | bytes | field |
//! |---|---|
//! | 3 | a byte order mark, mostly absent |
//! | 11 | `&&&START&&&`, mostly present |
//! | rest | one JSON object |

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::json;

/// A body with one JSON object. Numbers keep all their digits: a login's `nonce` doesn't fit into a float.
///
/// ```
/// use xiaomi_cloud::AccountBody;
///
/// let body = AccountBody::parse("&&&START&&&{\"code\":70016,\"nonce\":6389472834928640777}".as_bytes())?;
/// assert_eq!(body.code(), Some(70016));
/// assert_eq!(body.text("nonce").as_deref(), Some("6389472834928640777"));
/// # Ok::<(), xiaomi_cloud::AccountBodyError>(())
/// ```
#[derive(Clone)]
pub struct AccountBody {
    fields: BTreeMap<String, Box<RawValue>>,
    json: String,
}

impl AccountBody {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// Anything but one JSON object, an object that is nested too deeply, or too many bytes.
    pub fn parse(body: &[u8]) -> Result<Self, AccountBodyError> {
        let found = body.len();
        if found > Self::MAX {
            return Err(AccountBodyError::TooLong { found });
        }
        let text = std::str::from_utf8(body).map_err(|_| AccountBodyError::NotText { found })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = text.strip_prefix(START).unwrap_or(text).trim();
        if !text.starts_with('{') {
            return Err(if text.starts_with('<') {
                AccountBodyError::Html { found }
            } else {
                AccountBodyError::NotObject { found }
            });
        }
        if json::depth(text) > json::MAX_DEPTH {
            return Err(AccountBodyError::TooDeep {
                limit: json::MAX_DEPTH,
            });
        }
        let fields = serde_json::from_str(text).map_err(|_| AccountBodyError::NotObject { found })?;
        Ok(Self {
            fields,
            json: text.to_owned(),
        })
    }

    /// The most bytes that are read: 1 MiB.
    pub const MAX: usize = 1 << 20;

    /// The JSON object as it was written.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// A string's content, or a number's digits as they were written; `None` for everything else.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        json::text_of(self.fields.get(name)?)
    }

    /// The same, but empty text is `None` too.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// An integer, which may stand in a string.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// The field `code`.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.integer("code")
    }

    /// What the server says about the code, `description` before `desc`.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        self.filled("description")
            .or_else(|| self.filled("desc"))
            .map(|text| crate::error::presentable(&text))
    }

    /// A field as JSON.
    pub(crate) fn value<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.fields.get(name)?.get()).ok()
    }
}

impl std::fmt::Debug for AccountBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountBody")
            .field("code", &self.code())
            .finish_non_exhaustive()
    }
}

/// A body that is no answer of the account server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountBodyError {
    /// A web page.
    #[error("a web page of {found} bytes instead of JSON")]
    Html {
        /// Its bytes.
        found: usize,
    },
    /// Something else than a JSON object, or one that is cut off.
    #[error("{found} bytes that are no JSON object")]
    NotObject {
        /// Their number.
        found: usize,
    },
    /// Not UTF-8.
    #[error("{found} bytes that are no text")]
    NotText {
        /// Their number.
        found: usize,
    },
    /// Brackets in brackets.
    #[error("JSON that is nested more than {limit} times")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More than [`AccountBody::MAX`].
    #[error("{found} bytes, more than an answer may have")]
    TooLong {
        /// Their number.
        found: usize,
    },
}

impl AccountBodyError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Html { .. } => Some(
                "Something else answers in Xiaomi's place: sign in to the Wi-Fi's portal, or switch off the proxy or DNS \
                 filter.",
            ),
            _ => None,
        }
    }
}

const START: &str = "&&&START&&&";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_prefix_is_taken_off_once_and_only_at_the_start() {
        let body =
            AccountBody::parse("\u{feff}&&&START&&& {\"desc\":\"&&&START&&& kept\"}".as_bytes()).unwrap();
        assert_eq!(body.text("desc").as_deref(), Some("&&&START&&& kept"));
        assert!(AccountBody::parse(b"&&&START&&&&&&START&&&{}").is_err());
    }

    #[test]
    fn of_two_equal_keys_the_last_wins() {
        assert_eq!(
            AccountBody::parse(b"{\"code\":1,\"code\":\"2\"}").unwrap().code(),
            Some(2)
        );
    }

    #[test]
    fn pages_depths_and_floods_are_told_apart() {
        assert_eq!(
            AccountBody::parse(b"<html>").unwrap_err(),
            AccountBodyError::Html { found: 6 }
        );
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(
            AccountBody::parse(deep.as_bytes()).unwrap_err(),
            AccountBodyError::TooDeep { limit: 128 }
        );
        let flood = vec![b' '; AccountBody::MAX + 1];
        assert!(matches!(
            AccountBody::parse(&flood),
            Err(AccountBodyError::TooLong { .. })
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_parse_or_fail(bytes: Vec<u8>) {
            let _ = AccountBody::parse(&bytes);
        }
    }
}
