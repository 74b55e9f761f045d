//! Encryption of frames: AES-128-CBC with PKCS#7, authenticated by an MD5.
//!
//! | item | rule |
//! |---|---|
//! | key | MD5(token) |
//! | IV | MD5(key, token), the same for every frame |
//! | checksum | MD5(frame bytes 0..16, token, ciphertext) |
//!
//! ```
//! use miio_proto::{Cipher, DeviceId, Frame, PlaintextEnd, Token};
//!
//! let cipher = Cipher::new(&"00112233445566778899aabbccddeeff".parse::<Token>()?);
//! let text = br#"{"id":1,"method":"miIO.info","params":[]}"#;
//! let datagram = cipher.seal(DeviceId(0x0123_4567), 101, text, PlaintextEnd::Nul)?;
//! assert_eq!(datagram[..20], *b"\x21\x31\x00\x50\0\0\0\0\x01\x23\x45\x67\0\0\0\x65\xd3\x46\xff\xd5");
//!
//! let plaintext = cipher.open(&Frame::parse(&datagram)?)?;
//! assert_eq!(plaintext, [&text[..], b"\0"].concat());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use aes::{Aes128Dec, Aes128Enc, Block};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::frame::{HEADER, encode_head};
use crate::{DecryptError, DeviceId, EncodeError, Frame, MAX_FRAME, Token};

/// A token made ready: key schedules, IV and the token itself. Overwritten when it is dropped.
#[derive(Clone)]
pub struct Cipher {
    encrypt: Aes128Enc,
    decrypt: Aes128Dec,
    iv: [u8; 16],
    token: Token,
}

/// What follows the JSON before the padding. Devices take both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlaintextEnd {
    /// One 0x00, as python-miio and XiaomiGateway3 send it.
    #[default]
    Nul,
    /// Nothing, as node-miio and openHAB send it.
    Bare,
}

impl Cipher {
    /// Derives key and IV from a token.
    #[must_use]
    pub fn new(token: &Token) -> Self {
        let (mut key, iv) = derive(token);
        let cipher = Self {
            encrypt: Aes128Enc::new(&key.into()),
            decrypt: Aes128Dec::new(&key.into()),
            iv,
            token: token.clone(),
        };
        key.zeroize();
        cipher
    }

    /// The token behind the keys.
    #[must_use]
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// Encrypts a plaintext into a whole frame. The frame is the only allocation.
    ///
    /// # Errors
    ///
    /// A plaintext that is too long for the length field.
    pub fn seal(
        &self,
        device_id: DeviceId,
        stamp: u32,
        plaintext: &[u8],
        end: PlaintextEnd,
    ) -> Result<Vec<u8>, EncodeError> {
        let nul = usize::from(end == PlaintextEnd::Nul);
        let padded = (plaintext.len() + nul) / BLOCK * BLOCK + BLOCK;
        let length = u16::try_from(HEADER + padded).map_err(|_| EncodeError::TooLong {
            found: plaintext.len(),
            limit: (MAX_FRAME - HEADER) / BLOCK * BLOCK - 1 - nul,
        })?;
        let head = encode_head(length, device_id, stamp);
        let mut frame = Vec::with_capacity(HEADER + padded);
        frame.extend_from_slice(&head);
        frame.extend_from_slice(&[0; 16]);
        frame.extend_from_slice(plaintext);
        frame.resize(HEADER + plaintext.len() + nul, 0);
        frame.resize(HEADER + padded, (padded - plaintext.len() - nul) as u8);
        if let Some((header, payload)) = frame.split_at_mut_checked(HEADER) {
            self.encrypt_blocks(payload);
            let checksum = self.checksum(&head, payload);
            if let Some(field) = header.last_chunk_mut() {
                *field = checksum;
            }
        }
        Ok(frame)
    }

    /// Tests the checksum, then decrypts. The plaintext is the only allocation.
    ///
    /// # Errors
    ///
    /// A frame without payload, a wrong checksum (wrong token or damage), a ciphertext that isn't whole blocks,
    /// or wrong padding; in this order.
    pub fn open(&self, frame: &Frame<'_>) -> Result<Vec<u8>, DecryptError> {
        if frame.payload.is_empty() {
            return Err(DecryptError::NoPayload);
        }
        let checksum = self.checksum(frame.head(), frame.payload);
        if !bool::from(checksum.ct_eq(frame.checksum.expose())) {
            return Err(DecryptError::Checksum);
        }
        self.decrypt(frame.payload)
    }

    /// Whether the frame's checksum is right.
    #[must_use]
    pub fn verify(&self, frame: &Frame<'_>) -> bool {
        let checksum = self.checksum(frame.head(), frame.payload);
        !frame.payload.is_empty() && bool::from(checksum.ct_eq(frame.checksum.expose()))
    }

    /// The AES key and the IV of a token, for programs that do the cipher themselves.
    #[must_use]
    pub fn expose_keys(token: &Token) -> (Zeroizing<[u8; 16]>, Zeroizing<[u8; 16]>) {
        let (key, iv) = derive(token);
        (Zeroizing::new(key), Zeroizing::new(iv))
    }

    /// Encrypts bytes alone: AES-128-CBC with PKCS#7.
    #[must_use]
    pub fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let padded = plaintext.len() / BLOCK * BLOCK + BLOCK;
        let mut bytes = Vec::with_capacity(padded);
        bytes.extend_from_slice(plaintext);
        bytes.resize(padded, (padded - plaintext.len()) as u8);
        self.encrypt_blocks(&mut bytes);
        bytes
    }

    /// Decrypts bytes alone, without a checksum.
    ///
    /// # Errors
    ///
    /// A ciphertext that is empty or not whole blocks, and wrong padding.
    pub fn decrypt(&self, ciphertext: &[u8]) -> Result<Vec<u8>, DecryptError> {
        let found = ciphertext.len();
        if found == 0 || !found.is_multiple_of(BLOCK) {
            return Err(DecryptError::CiphertextLength { found });
        }
        let mut bytes = ciphertext.to_vec();
        let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
        cbc::Decryptor::<&Aes128Dec>::inner_iv_init(&self.decrypt, &self.iv.into()).decrypt_blocks(blocks);
        let padding = usize::from(bytes.last().copied().unwrap_or_default());
        let end = found.checked_sub(padding).ok_or(DecryptError::Padding)?;
        let pad = bytes.get(end..).unwrap_or_default();
        if !(1..=BLOCK).contains(&padding) || pad.iter().any(|&byte| usize::from(byte) != padding) {
            bytes.zeroize();
            return Err(DecryptError::Padding);
        }
        bytes.truncate(end);
        Ok(bytes)
    }

    fn encrypt_blocks(&self, padded: &mut [u8]) {
        let (blocks, _): (&mut [Block], _) = Array::slice_as_chunks_mut(padded);
        cbc::Encryptor::<&Aes128Enc>::inner_iv_init(&self.encrypt, &self.iv.into()).encrypt_blocks(blocks);
    }

    fn checksum(&self, head: &[u8; 16], payload: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(head);
        md5.update(self.token.expose());
        md5.update(payload);
        md5.finalize().into()
    }
}

/// Key and IV of a token.
fn derive(token: &Token) -> ([u8; 16], [u8; 16]) {
    let key: [u8; 16] = Md5::digest(token.expose()).into();
    let iv = Md5::new()
        .chain_update(key)
        .chain_update(token.expose())
        .finalize();
    (key, iv.into())
}

impl Drop for Cipher {
    fn drop(&mut self) {
        self.iv.zeroize();
    }
}

impl ZeroizeOnDrop for Cipher {}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(..)")
    }
}

/// The AES block.
const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn key_and_iv_are_the_specification_s() {
        let token = "00112233445566778899aabbccddeeff".parse().unwrap();
        let (key, iv) = derive(&token);
        assert_eq!(
            base16ct::lower::encode_string(&key),
            "6e8311168ee16d6aa1aa48c64145003c"
        );
        assert_eq!(
            base16ct::lower::encode_string(&iv),
            "6f434fa9acd75da73e5fb999f641cda2"
        );
    }

    #[test]
    fn the_longest_payload_fits_and_one_byte_more_does_not() {
        let cipher = Cipher::new(&Token::new([7; 16]));
        let longest = vec![b'x'; 65487];
        let frame = cipher.seal(DeviceId(1), 2, &longest, PlaintextEnd::Bare).unwrap();
        assert_eq!(cipher.open(&Frame::parse(&frame).unwrap()).unwrap(), longest);
        let error = cipher
            .seal(DeviceId(1), 2, &[b'x'; 65488], PlaintextEnd::Bare)
            .unwrap_err();
        assert_eq!(
            error,
            EncodeError::TooLong {
                found: 65488,
                limit: 65487
            }
        );
    }

    proptest! {
        #[test]
        fn a_frame_opens_to_what_was_sealed(
            token: [u8; 16], id: u32, stamp: u32, text in proptest::collection::vec(any::<u8>(), 0..100),
            trailing in proptest::collection::vec(any::<u8>(), 0..5),
        ) {
            let cipher = Cipher::new(&Token::new(token));
            let mut datagram = cipher.seal(DeviceId(id), stamp, &text, PlaintextEnd::Bare).unwrap();
            prop_assert_eq!(datagram.capacity(), datagram.len());
            datagram.extend_from_slice(&trailing);
            let frame = Frame::parse(&datagram).unwrap();
            prop_assert_eq!((frame.device_id, frame.stamp, frame.trailing), (DeviceId(id), stamp, trailing.len()));
            prop_assert!(cipher.verify(&frame));
            prop_assert_eq!(cipher.open(&frame).unwrap(), text);
        }

        #[test]
        fn a_flipped_bit_never_opens(bit in 0usize..(80 * 8)) {
            let cipher = Cipher::new(&Token::new([9; 16]));
            let mut datagram = cipher.seal(DeviceId(5), 6, &[b'a'; 40], PlaintextEnd::Nul).unwrap();
            datagram[bit / 8] ^= 1 << (bit % 8);
            if let Ok(frame) = Frame::parse(&datagram) {
                prop_assert!(cipher.open(&frame).is_err());
            }
        }
    }
}
