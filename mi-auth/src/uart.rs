//! The encrypted channel after login, on the UART service of scooters.
//!
//! A plain message is `55 aa`, a length byte, and as many bytes and one more: destination, command, argument, payload.
//! It goes encrypted, in pieces of 20 bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | `55 ab` |
//! | 2 | 1 | the plain length byte, n |
//! | 3 | 2 | low half of the counter, little-endian |
//! | 5 | n + 1 + 4 | destination, command, argument, payload and 4 random bytes, encrypted |
//! | n + 10 | 4 | tag |
//! | n + 14 | 2 | ones' complement of the sum of all bytes from offset 2 on, little-endian |
//!
//! AES-128-CCM; nonce: the [IV](crate::SessionKeys) of whoever sends, 4 zeros, the whole counter as u32.
//!
//! ```
//! use mi_auth::uart::{Decryptor, Encryptor};
//! use mi_auth::SessionKey;
//!
//! let key: SessionKey = "1594c0e1c4c0dc7429363d7f51753293".parse()?;
//! let iv = [0xca, 0xe4, 0x11, 0xe0];
//! let mut encryptor = Encryptor::starting_at(key.clone(), iv, 255);
//! let message = [0x55, 0xaa, 3, 0x20, 1, 0x7b, 2];
//! let packet = encryptor.encrypt(&message, [0x9f, 0xfc, 0x88, 0x21])?;
//! assert_eq!(packet.as_slice(), b"\x55\xab\x03\xff\0\x43\x93\x4f\xa2\x7d\xf8\xfe\xe8\x33\x9e\x8c\xd0\xae\xf7");
//!
//! let mut decryptor = Decryptor::new(key, iv);
//! assert_eq!(decryptor.decrypt(&packet)?.plain(), [0x20, 1, 0x7b, 2]);
//! assert!(decryptor.decrypt(&packet).is_err(), "a second time it is a replay");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use core::fmt;

use aes::Aes128Enc;
use arrayvec::ArrayVec;
use ccm::Ccm;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U4, U12};

use crate::{SessionKey, SessionKeys};

mod error;
mod reassembler;

pub use error::UartError;
pub use reassembler::Reassembler;

/// Encrypts one side's messages, each with a counter of its own.
#[derive(Debug)]
pub struct Encryptor {
    key: SessionKey,
    iv: [u8; 4],
    /// `None` when all are used.
    next: Option<u32>,
}

/// Decrypts the other side's messages, each counter once and in growing order.
#[derive(Debug)]
pub struct Decryptor {
    key: SessionKey,
    iv: [u8; 4],
    last: Option<u32>,
}

/// A decrypted message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The length byte. It isn't authenticated.
    pub size: u8,
    /// The whole counter.
    pub counter: u32,
    content: ArrayVec<u8, MAX_CONTENT>,
}

/// Bytes of a packet: 271 at most.
pub type Packet = ArrayVec<u8, MAX_PACKET>;

impl Encryptor {
    /// For messages to the device. Counters start at 0; a session's keys may have one encryptor in all their time.
    #[must_use]
    pub fn for_client(keys: &SessionKeys) -> Self {
        Self::starting_at(keys.client_key.clone(), keys.client_iv, 0)
    }

    /// For messages from the device.
    #[must_use]
    pub fn for_device(keys: &SessionKeys) -> Self {
        Self::starting_at(keys.device_key.clone(), keys.device_iv, 0)
    }

    /// Goes on with a counter that was never used with this key. A counter that is used twice gives both messages
    /// away.
    #[must_use]
    pub const fn starting_at(key: SessionKey, iv: [u8; 4], counter: u32) -> Self {
        Self {
            key,
            iv,
            next: Some(counter),
        }
    }

    /// Encrypts a plain message, `55 aa` included. Fails if it isn't one, and after 2³² messages.
    pub fn encrypt(&mut self, message: &[u8], random: [u8; 4]) -> Result<Packet, UartError> {
        let content = match message {
            [0x55, 0xaa, size, content @ ..] => (*size, content),
            _ => return Err(UartError::BadHeader),
        };
        let (size, content) = content;
        let expected = usize::from(size) + 1;
        if content.len() != expected {
            return Err(UartError::BadLength {
                expected: expected + 3,
                found: message.len(),
            });
        }
        let counter = self.next.ok_or(UartError::CountersUsedUp)?;
        self.next = counter.checked_add(1);
        let mut buffer: ArrayVec<u8, MAX_CONTENT> = content.iter().copied().chain(random).collect();
        let tag: [u8; 4] = cipher(&self.key)
            .encrypt_inout_detached(&nonce(self.iv, counter).into(), &[], buffer.as_mut_slice().into())
            .map_err(|_| UartError::CountersUsedUp)?
            .into();
        let [low, high, ..] = counter.to_le_bytes();
        let mut packet: Packet = [0x55, 0xab, size, low, high]
            .into_iter()
            .chain(buffer)
            .chain(tag)
            .collect();
        let sum = checksum(packet.get(2..).unwrap_or_default());
        packet.extend(sum);
        Ok(packet)
    }
}

impl Decryptor {
    /// For messages from the device.
    #[must_use]
    pub fn for_client(keys: &SessionKeys) -> Self {
        Self::new(keys.device_key.clone(), keys.device_iv)
    }

    /// For messages to the device.
    #[must_use]
    pub fn for_device(keys: &SessionKeys) -> Self {
        Self::new(keys.client_key.clone(), keys.client_iv)
    }

    /// Takes any counter first.
    #[must_use]
    pub const fn new(key: SessionKey, iv: [u8; 4]) -> Self {
        Self { key, iv, last: None }
    }

    /// For a peer whose counters up to and including `last` were used.
    #[must_use]
    pub const fn resume_after(key: SessionKey, iv: [u8; 4], last: u32) -> Self {
        Self {
            key,
            iv,
            last: Some(last),
        }
    }

    /// Decrypts a whole packet. Only the low half of the counter is sent: it is the next counter above the last one
    /// that has this half, so that a replay doesn't authenticate. A packet that fails changes nothing.
    pub fn decrypt(&mut self, packet: &[u8]) -> Result<Message, UartError> {
        let low = wire_counter(packet)?;
        let high = match self.last {
            None => 0,
            Some(last) => {
                let [a, b, c, d] = last.to_le_bytes();
                let (last_low, last_high) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
                if low > last_low {
                    last_high
                } else {
                    last_high.checked_add(1).ok_or(UartError::CountersUsedUp)?
                }
            }
        };
        let message = decrypt(&self.key, self.iv, packet, high)?;
        self.last = Some(message.counter);
        Ok(message)
    }
}

/// Decrypts one packet whose counter has this upper half. It knows of no replays: [`Decryptor`] does.
pub fn decrypt(
    key: &SessionKey,
    iv: [u8; 4],
    packet: &[u8],
    counter_high: u16,
) -> Result<Message, UartError> {
    let low = wire_counter(packet)?;
    let (body, sum) = packet.split_last_chunk::<2>().ok_or(too_short(packet))?;
    if checksum(body.get(2..).unwrap_or_default()) != *sum {
        return Err(UartError::BadChecksum);
    }
    let size = packet.get(2).copied().unwrap_or_default();
    let encrypted = body.get(5..).unwrap_or_default();
    let (ciphertext, tag) = encrypted.split_last_chunk::<4>().ok_or(too_short(packet))?;
    let mut content = ArrayVec::try_from(ciphertext).map_err(|_| UartError::BadLength {
        expected: MAX_PACKET,
        found: packet.len(),
    })?;
    let counter = u32::from(counter_high) << 16 | u32::from(low);
    cipher(key)
        .decrypt_inout_detached(
            &nonce(iv, counter).into(),
            &[],
            content.as_mut_slice().into(),
            tag.into(),
        )
        .map_err(|_| UartError::BadTag)?;
    Ok(Message {
        size,
        counter,
        content,
    })
}

/// The two bytes at the end of a packet, for the bytes between its header and its end.
#[must_use]
pub fn checksum(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes
        .iter()
        .fold(0_u16, |sum, &byte| sum.wrapping_add(byte.into()));
    (!sum).to_le_bytes()
}

impl Message {
    /// Destination, command, argument and payload.
    #[must_use]
    pub fn plain(&self) -> &[u8] {
        self.parts().0
    }

    /// The random bytes behind them.
    #[must_use]
    pub fn random(&self) -> [u8; 4] {
        self.parts().1
    }

    fn parts(&self) -> (&[u8], [u8; 4]) {
        // `decrypt` takes 15 bytes at least, 4 of which these are.
        self.content
            .split_last_chunk()
            .map_or((&[], [0; 4]), |(plain, random)| (plain, *random))
    }
}

/// Prints lengths only: who encrypts doesn't want it in a log.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Message(counter {}, {} bytes)",
            self.counter,
            self.plain().len()
        )
    }
}

fn wire_counter(packet: &[u8]) -> Result<u16, UartError> {
    match *packet {
        _ if packet.len() < MIN_PACKET => Err(too_short(packet)),
        [0x55, 0xab, _, low, high, ..] => Ok(u16::from_le_bytes([low, high])),
        _ => Err(UartError::BadHeader),
    }
}

const fn too_short(packet: &[u8]) -> UartError {
    UartError::BadLength {
        expected: MIN_PACKET,
        found: packet.len(),
    }
}

fn cipher(key: &SessionKey) -> Ccm<Aes128Enc, U4, U12> {
    Ccm::from(Aes128Enc::new(key.expose().into()))
}

const fn nonce(iv: [u8; 4], counter: u32) -> [u8; 12] {
    let [a, b, c, d] = iv;
    let [e, f, g, h] = counter.to_le_bytes();
    [a, b, c, d, 0, 0, 0, 0, e, f, g, h]
}

/// Header, length, counter, random bytes, tag, checksum.
const MIN_PACKET: usize = 2 + 1 + 2 + 4 + 4 + 2;

/// The content of the longest message: 256 bytes and 4 random ones.
const MAX_CONTENT: usize = 256 + 4;

/// The longest packet.
const MAX_PACKET: usize = MIN_PACKET + 256;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IV: [u8; 4] = [1, 2, 3, 4];
    const MESSAGE: [u8; 5] = [0x55, 0xaa, 1, 0x20, 3];

    #[test]
    fn the_upper_half_of_the_counter_is_followed_past_its_wire_form() {
        let mut encryptor = Encryptor::starting_at(key(), IV, 0xfffe);
        let mut decryptor = Decryptor::resume_after(key(), IV, 0xfffd);
        for counter in 0xfffe..0x1_0002 {
            let packet = encryptor.encrypt(&MESSAGE, [0; 4]).unwrap();
            assert_eq!(decryptor.decrypt(&packet).unwrap().counter, counter);
        }
    }

    #[test]
    fn lost_packets_do_no_harm_and_replays_are_refused() {
        let mut encryptor = Encryptor::starting_at(key(), IV, 0);
        let mut decryptor = Decryptor::new(key(), IV);
        let packets: Vec<_> = (0..4)
            .map(|_| encryptor.encrypt(&MESSAGE, [0; 4]).unwrap())
            .collect();
        assert!(decryptor.decrypt(&packets[0]).is_ok());
        assert!(decryptor.decrypt(&packets[3]).is_ok());
        for packet in &packets {
            assert_eq!(decryptor.decrypt(packet), Err(UartError::BadTag));
        }
        let next = encryptor.encrypt(&MESSAGE, [0; 4]).unwrap();
        assert!(decryptor.decrypt(&next).is_ok());
    }

    #[test]
    fn the_last_counter_is_used_once() {
        let mut encryptor = Encryptor::starting_at(key(), IV, u32::MAX);
        assert!(encryptor.encrypt(&MESSAGE, [0; 4]).is_ok());
        assert_eq!(
            encryptor.encrypt(&MESSAGE, [0; 4]),
            Err(UartError::CountersUsedUp)
        );
    }

    #[test]
    fn what_is_no_message_uses_no_counter() {
        let mut encryptor = Encryptor::starting_at(key(), IV, 7);
        assert_eq!(
            encryptor.encrypt(&[0x55, 0xab, 1, 2, 3], [0; 4]),
            Err(UartError::BadHeader)
        );
        assert_eq!(
            encryptor.encrypt(&MESSAGE[..4], [0; 4]),
            Err(UartError::BadLength {
                expected: 5,
                found: 4
            })
        );
        let packet = encryptor.encrypt(&MESSAGE, [0; 4]).unwrap();
        assert_eq!(packet[3..5], [7, 0]);
    }

    #[test]
    fn a_message_prints_its_length_only() {
        let mut encryptor = Encryptor::starting_at(key(), IV, 0);
        let packet = encryptor.encrypt(&MESSAGE, [9; 4]).unwrap();
        let message = decrypt(&key(), IV, &packet, 0).unwrap();
        assert_eq!(format!("{message:?}"), "Message(counter 0, 2 bytes)");
    }

    proptest! {
        #[test]
        fn any_message_comes_back_from_its_pieces(content in prop::collection::vec(any::<u8>(), 1..=256), random: [u8; 4]) {
            let mut message = vec![0x55, 0xaa, (content.len() - 1) as u8];
            message.extend(&content);
            let packet = Encryptor::starting_at(key(), IV, 5).encrypt(&message, random).unwrap();
            let mut reassembler = Reassembler::new();
            let whole = packet.chunks(20).find_map(|piece| reassembler.push(piece)).unwrap();
            let decrypted = Decryptor::new(key(), IV).decrypt(&whole).unwrap();
            prop_assert_eq!(decrypted.plain(), content.as_slice());
            prop_assert_eq!(decrypted.random(), random);
        }

        #[test]
        fn any_changed_bit_is_noticed(index in 0_usize..18, bit in 0_u8..8) {
            let mut packet = Encryptor::starting_at(key(), IV, 5).encrypt(&MESSAGE, [0; 4]).unwrap();
            let index = index % packet.len();
            packet[index] ^= 1 << bit;
            prop_assert!(decrypt(&key(), IV, &packet, 0).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut reassembler = Reassembler::new();
            for piece in bytes.chunks(20) {
                reassembler.push(piece);
            }
            prop_assert!(decrypt(&key(), IV, &bytes, 0).is_err());
        }
    }

    fn key() -> SessionKey {
        SessionKey::from([7; 16])
    }
}
