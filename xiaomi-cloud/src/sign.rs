//! Signs requests, in the two forms that the API takes.
//!
//! | form | fields, in this order | signature |
//! |---|---|---|
//! | RC4 | `data`, `rc4_hash__` (both encrypted), `signature`, (`ssecurity`), `_nonce` | SHA-1 of method, path and the encrypted fields |
//! | plain | `signature`, `_nonce`, `data` | HMAC-SHA-256 of path, nonce and data |
//!
//! ```
//! use xiaomi_cloud::{Nonce, sign};
//!
//! let ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse()?;
//! let nonce = Nonce::new([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], 1_763_629_200_000);
//! let data = r#"{"did":"blt.3.synthetic00009","pdid":1}"#;
//! let signed = sign::rc4("POST", "/v2/device/blt_get_beaconkey", data, &ssecurity, nonce, false);
//! assert_eq!(signed.field("signature"), Some("xKaCBfQclKmNfQXkIlvZQdpG+Ps="));
//! # Ok::<(), xiaomi_cloud::SecretError>(())
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rc4::StreamCipher;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::crypto::{Nonce, SignedNonce, warm_rc4};
use crate::form;
use crate::secret::Ssecurity;

/// Which form a session's requests have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// Encrypted with RC4: what the app does today.
    #[default]
    Rc4,
    /// Plain JSON with an HMAC: the older form.
    Plain,
}

/// A request's fields, and the key that its answer is read with.
#[derive(Clone)]
pub struct Signed {
    fields: Vec<(&'static str, String)>,
    key: SignedNonce,
    hash: Option<String>,
}

impl Signed {
    /// The fields in the order in which they are sent, before they are percent-encoded.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// One of them.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The form body: what a `POST` carries, and a `GET` has as its query.
    #[must_use]
    pub fn body(&self) -> String {
        form::encode(self.fields())
    }

    /// The key of the answer.
    #[must_use]
    pub const fn key(&self) -> &SignedNonce {
        &self.key
    }

    /// What `rc4_hash__` says when it is decrypted; `None` in the plain form.
    #[must_use]
    pub fn rc4_hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signed(..)")
    }
}

/// The part of a URL's path that is signed: without the `/app` that it starts with, and only that one.
#[must_use]
pub fn path(url_path: &str) -> &str {
    match url_path.strip_prefix("/app") {
        Some(rest) if rest.starts_with('/') => rest,
        _ => url_path,
    }
}

/// The RC4 form. `data` is JSON; `path` is what [`path`] says. With `send_ssecurity` the session's key itself is a
/// field, as some clients have it; no server is known that needs it.
#[must_use]
pub fn rc4(
    method: &str,
    path: &str,
    data: &str,
    ssecurity: &Ssecurity,
    nonce: Nonce,
    send_ssecurity: bool,
) -> Signed {
    let key = SignedNonce::new(ssecurity, &nonce);
    let key_text = key.to_base64();
    let hash = sha1_base64(&[method, "&", path, "&data=", data, "&", &key_text]);

    // Both values start at the same place of the key stream, so it is made once.
    let mut data_bytes = Zeroizing::new(data.as_bytes().to_vec());
    let mut hash_bytes = Zeroizing::new(hash.as_bytes().to_vec());
    if let Some(mut cipher) = warm_rc4(key.expose()) {
        let mut stream = Zeroizing::new([0; HASH_LENGTH]);
        cipher.apply_keystream(&mut stream[..]);
        for (byte, key) in hash_bytes.iter_mut().zip(stream.iter()) {
            *byte ^= key;
        }
        let (head, tail) = data_bytes.split_at_mut(data.len().min(HASH_LENGTH));
        for (byte, key) in head.iter_mut().zip(stream.iter()) {
            *byte ^= key;
        }
        cipher.apply_keystream(tail);
    }
    let data = STANDARD.encode(&*data_bytes);
    let encrypted_hash = STANDARD.encode(&*hash_bytes);
    let signature = sha1_base64(&[
        method, "&", path, "&data=", &data, "&rc4_hash__=", &encrypted_hash, "&", &key_text,
    ]);

    let mut fields = vec![
        ("data", data),
        ("rc4_hash__", encrypted_hash),
        ("signature", signature),
    ];
    if send_ssecurity {
        fields.push(("ssecurity", ssecurity.expose().to_owned()));
    }
    fields.push(("_nonce", nonce.to_base64()));
    Signed {
        fields,
        key,
        hash: Some(hash),
    }
}

/// The plain form.
#[must_use]
pub fn plain(path: &str, data: &str, ssecurity: &Ssecurity, nonce: Nonce) -> Signed {
    let key = SignedNonce::new(ssecurity, &nonce);
    let (key_text, nonce) = (key.to_base64(), nonce.to_base64());
    let mut signature = String::new();
    // HMAC takes keys of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose()) {
        for part in [path, "&", &key_text, "&", &nonce, "&data=", data] {
            mac.update(part.as_bytes());
        }
        signature = STANDARD.encode(mac.finalize().into_bytes());
    }
    Signed {
        fields: vec![
            ("signature", signature),
            ("_nonce", nonce),
            ("data", data.to_owned()),
        ],
        key,
        hash: None,
    }
}

fn sha1_base64(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    STANDARD.encode(hash.finalize())
}

/// Base64 of a SHA-1.
const HASH_LENGTH: usize = 28;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_leading_app_is_taken_off() {
        assert_eq!(path("/app/home/device_list"), "/home/device_list");
        assert_eq!(path("/common/app/m3u8"), "/common/app/m3u8");
        assert_eq!(path("/app"), "/app");
        assert_eq!(path("/application/x"), "/application/x");
    }

    proptest! {
        #[test]
        fn the_server_reads_what_the_client_signs(data in "\\PC{0,200}", random: [u8; 8]) {
            let ssecurity: Ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
            let signed = rc4("POST", "/x", &data, &ssecurity, Nonce::new(random, 1), true);
            for (name, plain) in [("data", data.as_str()), ("rc4_hash__", signed.rc4_hash().unwrap())] {
                let mut bytes = STANDARD.decode(signed.field(name).unwrap()).unwrap();
                signed.key().apply(&mut bytes);
                prop_assert_eq!(bytes, plain.as_bytes());
            }
        }
    }
}
