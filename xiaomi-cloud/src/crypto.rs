//! Nonces, keys and ciphers of signed requests.
//!
//! | value | how it is made |
//! |---|---|
//! | nonce, 12 bytes | 8 random bytes, then the minutes since 1970 as 4 bytes, big-endian |
//! | signed nonce, 32 bytes | SHA-256 of ssecurity and nonce; the key of everything else |
//! | RC4 | key is the signed nonce; the first 1024 bytes of the key stream are thrown away; every value starts there |
//!
//! Every parameter and the answer of a request are encrypted with the same key stream, so a nonce must never come
//! twice; the confidentiality is TLS's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::secret::Ssecurity;

/// The number that makes a request unique. It is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce([u8; 12]);

impl Nonce {
    /// From 8 random bytes and the time in milliseconds since 1970.
    #[must_use]
    pub fn new(random: [u8; 8], unix_ms: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = random;
        // 32 bits of minutes last until the year 10136.
        let minutes = u32::try_from(unix_ms / 60_000).unwrap_or(u32::MAX);
        let [i, j, k, l] = minutes.to_be_bytes();
        Self([a, b, c, d, e, f, g, h, i, j, k, l])
    }

    /// From its 12 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// From base64, as requests carry it.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 12] {
        &self.0
    }

    /// The minutes since 1970.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        let [.., a, b, c, d] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }

    /// As requests carry it.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }
}

/// The key of one request and its answer: it never prints.
#[derive(Clone)]
pub struct SignedNonce([u8; 32]);

impl SignedNonce {
    /// Derives it.
    #[must_use]
    pub fn new(ssecurity: &Ssecurity, nonce: &Nonce) -> Self {
        let mut hash = Sha256::new();
        hash.update(&*ssecurity.expose_bytes());
        hash.update(nonce.0);
        Self(hash.finalize().into())
    }

    /// The secret bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// As signatures hash it.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0))
    }

    /// Encrypts or decrypts one value in place.
    pub fn apply(&self, bytes: &mut [u8]) {
        rc4_drop1024(&self.0, bytes);
    }
}

impl Drop for SignedNonce {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for SignedNonce {}

impl std::fmt::Debug for SignedNonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedNonce(..)")
    }
}

/// RC4 without its first 1024 bytes of key stream. A key that RC4 can't have (none, or more than 256 bytes) changes
/// nothing.
pub fn rc4_drop1024(key: &[u8], bytes: &mut [u8]) {
    if let Some(mut cipher) = warm_rc4(key) {
        cipher.apply_keystream(bytes);
    }
}

pub(crate) fn warm_rc4(key: &[u8]) -> Option<Rc4> {
    let mut cipher = Rc4::new_from_slice(key).ok()?;
    cipher.apply_keystream(&mut [0; 1024]);
    Some(cipher)
}

/// `clientSign`, which services other than `xiaomiio` want at the exchange for a service token.
#[must_use]
pub fn client_sign(nonce: &str, ssecurity: &Ssecurity) -> String {
    let mut hash = Sha1::new();
    for part in ["nonce=", nonce, "&", ssecurity.expose()] {
        hash.update(part.as_bytes());
    }
    STANDARD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_worked_example_comes_out() {
        let ssecurity: Ssecurity = "ABEiM0RVZneImaq7zN3u/w==".parse().unwrap();
        let nonce = Nonce::new(
            [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88],
            1_763_629_200_000,
        );
        assert_eq!(nonce.to_base64(), "ESIzRFVmd4gBwIOc");
        assert_eq!(nonce.minutes(), 29_393_820);
        let key = SignedNonce::new(&ssecurity, &nonce);
        assert_eq!(&*key.to_base64(), "5eERhoPJeP1H+ngRJYjmQJln/D1VHn0VrHyc6Ueicns=");
        let mut stream = [0; 16];
        key.apply(&mut stream);
        assert_eq!(
            base16ct::lower::encode_string(&stream),
            "a7d4cda00e7e835ca66b793a378e6922"
        );
        assert_eq!(
            client_sign("6389472834928640777", &ssecurity),
            "ssTXQUKdAFh36hZDfFYRhLr2Xhg="
        );
        assert_eq!(format!("{key:?}"), "SignedNonce(..)");
    }

    proptest! {
        #[test]
        fn a_value_comes_back(key: Vec<u8>, plain: Vec<u8>) {
            let mut bytes = plain.clone();
            rc4_drop1024(&key, &mut bytes);
            rc4_drop1024(&key, &mut bytes);
            prop_assert_eq!(bytes, plain);
        }

        #[test]
        fn a_nonce_comes_back(random: [u8; 8], time in 0..4_102_444_800_000_u64) {
            let nonce = Nonce::new(random, time);
            prop_assert_eq!(Nonce::from_base64(&nonce.to_base64()), Some(nonce));
            prop_assert_eq!(u64::from(nonce.minutes()), time / 60_000);
        }
    }
}
