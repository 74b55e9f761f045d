//! The cryptography of registration: ECDH on P-256, HKDF-SHA256, AES-128-CCM.
//!
//! Public keys are X and Y, 32 bytes each, big-endian, without the 04 before them. The shared secret is the X
//! coordinate of the product, 32 bytes. HKDF with salt 16 zeros and info `mible-setup-info` makes 64 bytes of it:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 12 | token |
//! | 12 | 16 | bind key |
//! | 28 | 16 | key of the device id |
//! | 44 | 20 | unused |
//!
//! The device id, padded to 20 bytes, is encrypted with AES-128-CCM: nonce `101112131415161718191a1b`, additional
//! data `devID`, a tag of 4 bytes behind it. The nonce may be fixed since the key is used once.
//!
//! ```
//! use mi_auth::{Did, PrivateKey, PublicKey};
//!
//! let client = PrivateKey::new(&[1; 32])?;
//! let device = PrivateKey::new(&[2; 32])?;
//!
//! let ours = client.agree(&device.public_key()).setup_keys();
//! let theirs = device.agree(&client.public_key()).setup_keys();
//! assert_eq!(ours.bind_key, theirs.bind_key);
//!
//! let did: Did = "blt.3.1hc1p4nu8k400".parse()?;
//! let encrypted = ours.did_key.encrypt_did(&did);
//! assert_eq!(theirs.did_key.decrypt_did(&encrypted), Some(did));
//! # Ok::<(), mi_auth::KeyError>(())
//! ```

use core::fmt;

use aes::Aes128Enc;
use ccm::Ccm;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U4, U12};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand_core::CryptoRng;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{BindKey, Did, DidKey, KeyError, SharedSecret, Token};

/// An ephemeral private key, for one registration.
#[derive(Clone)]
pub struct PrivateKey(p256::SecretKey);

/// A public key, which is a point of the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(p256::PublicKey);

/// What a registration makes out of a shared secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetupKeys {
    /// For logins.
    pub token: Token,
    /// For advertisements.
    pub bind_key: BindKey,
    /// For the device id, within this registration.
    pub did_key: DidKey,
}

impl PrivateKey {
    /// From 32 random bytes, big-endian. Fails for zero and from the order of the curve on, which random bytes are
    /// with a probability of 2⁻³².
    pub fn new(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        p256::SecretKey::from_bytes(bytes.into())
            .map(Self)
            .map_err(|_| KeyError::NotOnCurve)
    }

    /// From a generator. Fails if that gives no key sixteen times in a row, as one that is stuck does.
    pub fn generate(generator: &mut impl CryptoRng) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        for _ in 0..16 {
            generator.fill_bytes(&mut *bytes);
            if let Ok(key) = Self::new(&bytes) {
                return Ok(key);
            }
        }
        Err(KeyError::Generator)
    }

    /// What the peer gets.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.public_key())
    }

    /// What this key and the peer's have in common.
    #[must_use]
    pub fn agree(&self, peer: &PublicKey) -> SharedSecret {
        let secret = self.0.diffie_hellman(&peer.0);
        SharedSecret::from(<[u8; 32]>::from(*secret.raw_secret_bytes()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl PublicKey {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = 64;

    /// Reads X and Y; fails for another length and for what is no point of the curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut sec1 = [4; 1 + Self::LENGTH];
        let coordinates: &[u8; Self::LENGTH] = bytes.try_into().map_err(|_| KeyError::Length {
            expected: Self::LENGTH,
            found: bytes.len(),
        })?;
        for (to, from) in sec1.iter_mut().skip(1).zip(coordinates) {
            *to = *from;
        }
        p256::PublicKey::from_sec1_bytes(&sec1)
            .map(Self)
            .map_err(|_| KeyError::NotOnCurve)
    }

    /// X and Y.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let point = self.0.to_sec1_point(false);
        let mut bytes = [0; Self::LENGTH];
        for (to, from) in bytes.iter_mut().zip(point.as_bytes().iter().skip(1)) {
            *to = *from;
        }
        bytes
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.encode()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl SharedSecret {
    /// The keys of the device that this secret was agreed with.
    #[must_use]
    pub fn setup_keys(&self) -> SetupKeys {
        let okm = expand(self.expose(), &[0; 16], b"mible-setup-info");
        let [token, bind_key, did_key] = [okm.get(..12), okm.get(12..28), okm.get(28..44)];
        SetupKeys {
            token: Token::from(copy(token)),
            bind_key: BindKey::from(copy(bind_key)),
            did_key: DidKey::from(copy(did_key)),
        }
    }
}

impl DidKey {
    /// The id as it goes to the device: 20 bytes of ciphertext and a tag of 4.
    #[must_use]
    pub fn encrypt_did(&self, did: &Did) -> [u8; 24] {
        let mut out = [0; 24];
        for (to, from) in out.iter_mut().zip(self.encrypt(did.encode())) {
            *to = from;
        }
        out
    }

    /// Encrypts an id of any length; the tag of 4 bytes follows. Devices take ids of 20 bytes only.
    pub fn encrypt<const N: usize>(&self, mut did: [u8; N]) -> impl Iterator<Item = u8> + use<N> {
        // CCM fails above 65535 bytes only; an id without a tag is refused by the device.
        let tag: Option<[u8; 4]> = self
            .cipher()
            .encrypt_inout_detached(NONCE.into(), AAD, did.as_mut_slice().into())
            .map(Into::into)
            .ok();
        did.into_iter().chain(tag.into_iter().flatten())
    }

    /// The id within what a client sent; `None` if the tag is wrong, or if it is none.
    #[must_use]
    pub fn decrypt_did(&self, bytes: &[u8]) -> Option<Did> {
        let (ciphertext, tag) = bytes.split_last_chunk::<4>()?;
        let mut buffer: [u8; Did::LENGTH] = ciphertext.try_into().ok()?;
        self.cipher()
            .decrypt_inout_detached(NONCE.into(), AAD, buffer.as_mut_slice().into(), tag.into())
            .ok()?;
        Did::parse(&buffer)
    }

    fn cipher(&self) -> Ccm<Aes128Enc, U4, U12> {
        Ccm::from(Aes128Enc::new(self.expose().into()))
    }
}

/// 64 bytes of HKDF-SHA256.
pub(crate) fn expand(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 64]> {
    let mut okm = Zeroizing::new([0; 64]);
    let expanded = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut *okm);
    debug_assert!(
        expanded.is_ok(),
        "64 bytes are within the 8160 that HKDF-SHA256 can give"
    );
    okm
}

/// A part of key material; zeros if it isn't there, which fixed ranges of 64 bytes never are.
pub(crate) fn copy<const N: usize>(part: Option<&[u8]>) -> [u8; N] {
    part.and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}

const NONCE: &[u8; 12] = b"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b";
const AAD: &[u8] = b"devID";

#[cfg(test)]
mod tests {
    use super::*;
    use core::convert::Infallible;
    use rand_core::{TryCryptoRng, TryRng};

    #[test]
    fn a_stuck_generator_ends_in_an_error() {
        assert_eq!(PrivateKey::generate(&mut Stuck).err(), Some(KeyError::Generator));
    }

    #[test]
    fn a_changed_id_does_not_decrypt() {
        let key = DidKey::from([1; 16]);
        let did: Did = "blt.3.1hc1p4nu8k400".parse().unwrap();
        let encrypted = key.encrypt_did(&did);
        assert_eq!(key.decrypt_did(&encrypted), Some(did));
        for index in 0..encrypted.len() {
            let mut changed = encrypted;
            changed[index] ^= 1;
            assert_eq!(key.decrypt_did(&changed), None);
        }
        assert_eq!(key.decrypt_did(&encrypted[..23]), None);
        assert_eq!(key.decrypt_did(&[]), None);
    }

    #[test]
    fn a_point_beside_the_curve_is_no_key() {
        let mut bytes = PrivateKey::new(&[1; 32]).unwrap().public_key().encode();
        assert!(PublicKey::parse(&bytes).is_ok());
        bytes[63] ^= 1;
        assert_eq!(PublicKey::parse(&bytes), Err(KeyError::NotOnCurve));
        assert_eq!(
            PublicKey::parse(&bytes[..63]),
            Err(KeyError::Length {
                expected: 64,
                found: 63
            })
        );
    }

    /// Gives ones for ever.
    struct Stuck;

    impl TryRng for Stuck {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(u32::MAX)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(u64::MAX)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.fill(0xff);
            Ok(())
        }
    }

    impl TryCryptoRng for Stuck {}
}
