//! Answers of the API: decrypted, unpacked, classified.
//!
//! A body is a JSON object, or base64 of RC4 of (gzip of) one, under the key of its own request. The object is an
//! envelope:
//!
//! | field | meaning |
//! |---|---|
//! | `code` | 0, or why not; an integer, sometimes in a string |
//! | `message` (or `desc`) | words; some of them mean "not logged in" even with code 0 |
//! | `result` | what was asked for, of any type |
//! | `error` | of remote calls: what the device answered instead |

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, from_str};
use zeroize::Zeroizing;

use crate::crypto::SignedNonce;
use crate::error::{ApiError, presentable};
use crate::json;

/// An answer with code 0. It may hold tokens and keys, so it doesn't print.
#[derive(Clone)]
pub struct Answer {
    text: Arc<Zeroizing<String>>,
    result: Option<Range<usize>>,
}

impl Answer {
    /// Reads an HTTP answer. `key` is that of the request which it answers, [`crate::sign::Signed::key`].
    ///
    /// # Errors
    ///
    /// [`ApiError::AuthExpired`], [`ApiError::HttpStatus`], [`ApiError::Api`], [`ApiError::Device`],
    /// [`ApiError::TooLong`], and [`ApiError::Malformed`] for everything that is no envelope.
    pub fn open(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        key: &SignedNonce,
    ) -> Result<Self, ApiError> {
        match status.as_u16() {
            200 => {}
            401 | 403 => return Err(ApiError::AuthExpired),
            status => return Err(ApiError::HttpStatus { status }),
        }
        let unpacked;
        let body = if headers
            .get(CONTENT_ENCODING)
            .is_some_and(|coding| coding == "gzip")
        {
            unpacked = gunzip(body)?;
            &unpacked[..]
        } else {
            body
        };
        let body = body.trim_ascii();
        let bytes = if body.starts_with(b"{") {
            Zeroizing::new(body.to_vec())
        } else if body.starts_with(b"<") {
            return Err(ApiError::malformed("a web page instead of data", body.len()));
        } else {
            decrypt(body, key)?
        };
        let length = bytes.len();
        let mut bytes = bytes;
        // The buffer is moved, not copied, so that nothing is left to overwrite.
        let text = String::from_utf8(std::mem::take(&mut *bytes))
            .map_err(|_| ApiError::malformed("no UTF-8 after decryption", length))?;
        Self::from_json(text)
    }

    /// Reads an envelope that is already decrypted.
    ///
    /// # Errors
    ///
    /// Like [`Answer::open`].
    pub fn from_json(text: String) -> Result<Self, ApiError> {
        let text = Arc::new(Zeroizing::new(text));
        let malformed = |what| ApiError::malformed(what, text.len());
        if text.len() > MAX_PLAIN {
            return Err(ApiError::TooLong {
                found: text.len(),
                limit: MAX_PLAIN,
            });
        }
        if !text.trim_start().starts_with('{') {
            return Err(malformed("no JSON object"));
        }
        if json::depth(&text) > json::MAX_DEPTH {
            return Err(malformed("JSON that is nested too deeply"));
        }
        let envelope: Envelope<'_> = from_str(&text).map_err(|_| malformed("no JSON object"))?;
        let code = envelope
            .code
            .and_then(json::text_of)
            .and_then(|code| code.trim().parse::<i64>().ok());
        let words = envelope.message.and_then(json::text_of);
        if matches!(code, Some(2 | 3)) || words.as_deref().is_some_and(says_expired) {
            return Err(ApiError::AuthExpired);
        }
        let words = words
            .or_else(|| envelope.desc.and_then(json::text_of))
            .map(|words| presentable(&words));
        match code {
            None => return Err(malformed("no code")),
            Some(0) => {}
            Some(code) => return Err(ApiError::Api { code, message: words }),
        }
        if let Some(error) = envelope
            .error
            .and_then(|error| from_str::<Value>(error.get()).ok())
            && let Some(code) = error.get("code").and_then(json::value_integer)
        {
            let message = error.get("message").and_then(json::value_text);
            return Err(ApiError::Device {
                code,
                message: message.map(|message| presentable(&message)),
            });
        }
        let result = envelope.result.and_then(|result| {
            // A raw value is a piece of the text.
            let start = (result.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
            Some(start..start + result.get().len())
        });
        Ok(Self { text, result })
    }

    /// The whole envelope as JSON.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The result as JSON; `None` where the answer has none.
    #[must_use]
    pub fn result(&self) -> Option<&str> {
        self.text.get(self.result.clone()?)
    }

    /// The envelope, for whoever needs a part of it for longer.
    pub(crate) fn shared_text(&self) -> Arc<Zeroizing<String>> {
        Arc::clone(&self.text)
    }

    /// Where in the envelope the result is.
    pub(crate) fn result_range(&self) -> Option<Range<usize>> {
        self.result.clone()
    }

    /// The result as a type of the caller's.
    ///
    /// # Errors
    ///
    /// [`ApiError::Malformed`] where there is none, or one that doesn't fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        from_str(self.required()?).map_err(|_| self.malformed("the result has another form"))
    }

    pub(crate) fn required(&self) -> Result<&str, ApiError> {
        self.result().ok_or_else(|| self.malformed("no result"))
    }

    /// The whole envelope, for the one call that has its answer beside `result`.
    pub(crate) fn malformed(&self, what: &'static str) -> ApiError {
        ApiError::malformed(what, self.text.len())
    }

    /// The most bytes that an answer may have once it is unpacked: 16 MiB.
    pub const MAX: usize = MAX_PLAIN;
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({} bytes)", self.text.len())
    }
}

/// The fields of an envelope as pieces of its text. Of two equal keys the last wins.
#[derive(Default)]
struct Envelope<'a> {
    code: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    desc: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
}

impl<'de> serde::Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an envelope")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    let slot = match &*key.0 {
                        "code" => &mut envelope.code,
                        "message" => &mut envelope.message,
                        "desc" => &mut envelope.desc,
                        "result" => &mut envelope.result,
                        "error" => &mut envelope.error,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *slot = Some(map.next_value()?);
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// Whether a message says that the session isn't valid. Only the message is looked at, never the result.
fn says_expired(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["auth err", "invalid signature", "servicetoken_expired"]
        .iter()
        .any(|words| message.contains(words))
}

fn decrypt(body: &[u8], key: &SignedNonce) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let mut bytes = STANDARD
        .decode(body)
        .map(Zeroizing::new)
        .map_err(|_| ApiError::malformed("neither JSON nor base64", body.len()))?;
    key.apply(&mut bytes);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return gunzip(&bytes);
    }
    Ok(bytes)
}

/// Unpacks, and stops at the limit whatever the packed text promises.
fn gunzip(bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let mut out = Zeroizing::new(Vec::new());
    let limit = u64::try_from(MAX_PLAIN).unwrap_or(u64::MAX);
    GzDecoder::new(bytes)
        .take(limit + 1)
        .read_to_end(&mut out)
        .map_err(|_| ApiError::malformed("broken gzip", bytes.len()))?;
    if out.len() > MAX_PLAIN {
        return Err(ApiError::TooLong {
            found: out.len(),
            limit: MAX_PLAIN,
        });
    }
    Ok(out)
}

const MAX_PLAIN: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Nonce;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn key() -> SignedNonce {
        let ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
        SignedNonce::new(&ssecurity, &Nonce::new([7; 8], 1_763_629_200_000))
    }

    fn open(body: &[u8]) -> Result<Answer, ApiError> {
        Answer::open(StatusCode::OK, &HeaderMap::new(), body, &key())
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut bytes = plain.to_vec();
        key().apply(&mut bytes);
        STANDARD.encode(bytes).into_bytes()
    }

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(plain).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = packed(&vec![b' '; 100 << 20]);
        assert!(bomb.len() < 1 << 20);
        let limit = Answer::MAX;
        assert_eq!(
            open(&sealed(&bomb)).unwrap_err(),
            ApiError::TooLong {
                found: limit + 1,
                limit
            }
        );
    }

    #[test]
    fn of_two_equal_keys_the_last_wins() {
        let answer = open(br#"{"code":5,"result":1,"code":0,"result":{"a":2}}"#).unwrap();
        assert_eq!(answer.result(), Some(r#"{"a":2}"#));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels: usize| {
            format!(
                "{{\"code\":0,\"result\":{}1{}}}",
                "[".repeat(levels),
                "]".repeat(levels)
            )
        };
        assert!(open(deep(127).as_bytes()).is_ok());
        assert!(matches!(
            open(deep(128).as_bytes()),
            Err(ApiError::Malformed { .. })
        ));
        assert!(matches!(
            open(deep(1_000_000).as_bytes()),
            Err(ApiError::Malformed { .. })
        ));
    }

    #[test]
    fn an_answer_does_not_show() {
        let answer = open(br#"{"code":0,"result":{"token":"0011"}}"#).unwrap();
        assert_eq!(format!("{answer:?}"), "Answer(36 bytes)");
        assert!(open(br#"{"code":0}"#).unwrap().read::<Value>().is_err());
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_again(text in "\\PC{0,200}", pack: bool) {
            let json = serde_json::json!({"code": 0, "message": "ok", "result": text}).to_string();
            let plain = if pack { packed(json.as_bytes()) } else { json.clone().into_bytes() };
            let answer = open(&sealed(&plain)).unwrap();
            prop_assert_eq!(answer.expose(), &json);
            prop_assert_eq!(answer.read::<String>(), Ok(text));
        }

        #[test]
        fn any_body_opens_or_fails(bytes: Vec<u8>, seal: bool) {
            let _ = open(&if seal { sealed(&bytes) } else { bytes });
        }
    }
}
