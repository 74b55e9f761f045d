//! The cryptography of a login: HKDF-SHA256 and HMAC-SHA256.
//!
//! HKDF of the token, with the client's 16 random bytes and the device's 16 as salt and with info
//! `mible-login-info`, makes 64 bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 16 | device key |
//! | 16 | 16 | client ("app") key |
//! | 32 | 4 | device IV |
//! | 36 | 4 | client IV |
//! | 40 | 24 | unused |
//!
//! Each side shows that it has the token by HMAC with its own key, of its own random bytes and then the other's.
//!
//! ```
//! use mi_auth::{SessionKeys, Token};
//!
//! let token: Token = "0cf5615003810d89c233a12a".parse()?;
//! let keys = SessionKeys::derive(&token, &[1; 16].into(), &[2; 16].into());
//! let confirmation = keys.client_confirmation();
//! assert!(keys.is_client_confirmation(&confirmation));
//! assert!(!keys.is_device_confirmation(&confirmation));
//! # Ok::<(), mi_auth::KeyError>(())
//! ```

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;

use crate::setup::{copy, expand};
use crate::{SessionKey, Token};

/// The 16 random bytes that each side of a login gives. They may be overheard, but never repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LoginRandom([u8; 16]);

impl LoginRandom {
    /// From a generator.
    pub fn generate(generator: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        generator.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for LoginRandom {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for LoginRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginRandom(..)")
    }
}

/// The keys of one session, from a token and both sides' random bytes.
///
/// [`uart`](crate::uart) encrypts with them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionKeys {
    /// What the device encrypts with.
    pub device_key: SessionKey,
    /// What the client encrypts with.
    pub client_key: SessionKey,
    /// The first four bytes of the device's nonces.
    pub device_iv: [u8; 4],
    /// The first four bytes of the client's nonces.
    pub client_iv: [u8; 4],
    client_random: LoginRandom,
    device_random: LoginRandom,
}

impl SessionKeys {
    /// The keys of both sides.
    #[must_use]
    pub fn derive(token: &Token, client: &LoginRandom, device: &LoginRandom) -> Self {
        let mut salt = [0; 32];
        for (to, from) in salt.iter_mut().zip(client.0.iter().chain(&device.0)) {
            *to = *from;
        }
        let okm = expand(token.expose(), &salt, b"mible-login-info");
        Self {
            device_key: SessionKey::from(copy(okm.get(..16))),
            client_key: SessionKey::from(copy(okm.get(16..32))),
            device_iv: copy(okm.get(32..36)),
            client_iv: copy(okm.get(36..40)),
            client_random: *client,
            device_random: *device,
        }
    }

    /// What the client sends to show that it has the token.
    #[must_use]
    pub fn client_confirmation(&self) -> [u8; 32] {
        let parts = [&self.client_random, &self.device_random];
        mac(&self.client_key, parts).finalize().into_bytes().into()
    }

    /// What the device sends to show that it has the token.
    #[must_use]
    pub fn device_confirmation(&self) -> [u8; 32] {
        let parts = [&self.device_random, &self.client_random];
        mac(&self.device_key, parts).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    #[must_use]
    pub fn is_client_confirmation(&self, bytes: &[u8]) -> bool {
        let parts = [&self.client_random, &self.device_random];
        mac(&self.client_key, parts).verify_slice(bytes).is_ok()
    }

    /// Compares in constant time.
    #[must_use]
    pub fn is_device_confirmation(&self, bytes: &[u8]) -> bool {
        let parts = [&self.device_random, &self.client_random];
        mac(&self.device_key, parts).verify_slice(bytes).is_ok()
    }
}

fn mac(key: &SessionKey, parts: [&LoginRandom; 2]) -> Hmac<Sha256> {
    // A block of HMAC-SHA256 has 64 bytes: a shorter key is followed by zeros.
    let mut block = zeroize::Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key.expose()) {
        *to = *from;
    }
    let mut mac = Hmac::new((&*block).into());
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_that_is_cut_off_is_none() {
        let keys = SessionKeys::derive(&Token::from([1; 12]), &[2; 16].into(), &[3; 16].into());
        let confirmation = keys.device_confirmation();
        assert!(keys.is_device_confirmation(&confirmation));
        assert!(!keys.is_device_confirmation(&confirmation[..31]));
        assert!(!keys.is_device_confirmation(&[]));
    }

    #[test]
    fn other_random_bytes_and_other_tokens_confirm_nothing() {
        let keys = SessionKeys::derive(&Token::from([1; 12]), &[2; 16].into(), &[3; 16].into());
        for other in [
            SessionKeys::derive(&Token::from([9; 12]), &[2; 16].into(), &[3; 16].into()),
            SessionKeys::derive(&Token::from([1; 12]), &[9; 16].into(), &[3; 16].into()),
            SessionKeys::derive(&Token::from([1; 12]), &[2; 16].into(), &[9; 16].into()),
        ] {
            assert!(!keys.is_device_confirmation(&other.device_confirmation()));
            assert!(!keys.is_client_confirmation(&other.client_confirmation()));
        }
    }
}
