//! AES-128-CCM as the formats use it: 4-byte tags, nonces of 11, 12 and 13 bytes, and the 1-byte tag of
//! MiBeacon v2 and v3. The cipher itself is RustCrypto's.

use aes::Aes128Enc;
use aes::cipher::{Block, BlockCipherEncrypt};
use ccm::aead::array::{Array, ArraySize};
use ccm::aead::inout::InOutBuf;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U4, U13, U16};
use ccm::{Ccm, NonceSize};

use crate::{DecryptError, EncodeError};

/// An AES-128 key schedule. Overwritten when it is dropped.
#[derive(Clone)]
pub(crate) struct Cipher(Aes128Enc);

/// The 4-byte tag of everything but legacy MiBeacon.
pub(crate) type Tag = [u8; 4];

/// A nonce as a number, its first byte lowest. It is written in one piece, since processors wait when they read back
/// together what was written byte by byte.
#[inline(always)]
pub(crate) fn nonce<const N: usize>(low: u64, high: u64) -> [u8; N] {
    let bytes = (u128::from(low) | u128::from(high) << 64).to_le_bytes();
    bytes.first_chunk().copied().unwrap_or([0; N])
}

impl Cipher {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(Aes128Enc::new(key.into()))
    }

    /// The first bytes of a block of zeros, encrypted.
    pub(crate) fn check_value(&self) -> [u8; 3] {
        let mut block = Block::<Aes128Enc>::default();
        self.0.encrypt_block(&mut block);
        let [a, b, c, ..] = block.0;
        [a, b, c]
    }

    /// Writes the plaintext to `out`, which is as long as `ciphertext`; leaves nothing there if the tag is
    /// wrong.
    #[inline(always)]
    pub(crate) fn open<N: ArraySize + NonceSize>(
        &self,
        nonce: &Array<u8, N>,
        aad: &[u8],
        ciphertext: &[u8],
        tag: &Tag,
        out: &mut [u8],
    ) -> Result<(), DecryptError> {
        let buffer = InOutBuf::new(ciphertext, out).map_err(|_| DecryptError::Authentication)?;
        Ccm::<&Aes128Enc, U4, N>::from(&self.0)
            .decrypt_inout_detached(nonce, aad, buffer, tag.into())
            .map_err(|_| DecryptError::Authentication)
    }

    /// Encrypts in place.
    pub(crate) fn seal<N: ArraySize + NonceSize>(
        &self,
        nonce: &Array<u8, N>,
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<Tag, EncodeError> {
        let found = buffer.len();
        Ccm::<&Aes128Enc, U4, N>::from(&self.0)
            .encrypt_inout_detached(nonce, aad, buffer.into())
            .map(Into::into)
            .map_err(|_| EncodeError::TooLong {
                found,
                limit: usize::from(u16::MAX),
            })
    }

    /// Encrypts in place with a 16-byte tag, of which legacy MiBeacon sends the first byte.
    pub(crate) fn seal_legacy(
        &self,
        nonce: &[u8; 13],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], EncodeError> {
        let found = buffer.len();
        Ccm::<&Aes128Enc, U16, U13>::from(&self.0)
            .encrypt_inout_detached(nonce.into(), aad, buffer.into())
            .map(Into::into)
            .map_err(|_| EncodeError::TooLong {
                found,
                limit: usize::from(u16::MAX),
            })
    }
}
