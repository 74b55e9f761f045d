//! BTHome version 2 (UUID 0xFCD2).
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | info byte: [`InfoByte`] |
//! | 1 | 6 | MAC, least significant byte first; only with bit 1 of the info byte |
//! | 1 or 7 | n | plain: objects; encrypted: ciphertext, at least 2 bytes |
//! | | 4 | encrypted: counter |
//! | | 4 | encrypted: tag |
//!
//! An object is its id and as many bytes of data as the id says; text (0x53) and raw (0x54) have a length
//! byte between id and data, a command (0x3B) a byte with the number of its arguments, then the opcode. Ids
//! ascend.
//!
//! Encrypted frames use AES-128-CCM with a tag of 4 bytes, no additional data, and a nonce of 13 bytes:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 6 | MAC, most significant byte first: the one in the frame, else the sender's address |
//! | 6 | 2 | UUID `d2 fc` |
//! | 8 | 1 | info byte as sent |
//! | 9 | 4 | counter |
//!
//! ```
//! use mibeacon::BindKey;
//! use mibeacon::bthome::v2;
//!
//! let address = [0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5].into();
//! let key: BindKey = "231d39c1d7cc1ab1aee224cd096db932".parse()?;
//!
//! let frame = v2::Frame::parse(b"\x41\xe4\x45\xf3\xc9\x96\x2b\x33\x22\x11\x00\x6c\x7c\x45\x19")?;
//! let mut plaintext = [0; 64];
//! let objects = frame.decrypt(&key, address, &mut plaintext)?;
//! assert_eq!(objects.as_bytes(), b"\x02\xca\x09\x03\xbf\x13");
//! let readings: Vec<_> = objects.filter_map(|object| object.reading()).collect();
//! assert_eq!(readings[0].to_string(), "temperature 25.06 °C");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoder;

use ccm::aead::array::Array;
use ccm::consts::U13;
pub use encoder::Encoder;
use macaddr::MacAddr6;

use super::{Body, Encrypted, Objects, TRAILER};
use crate::address::{self, reversed};
use crate::crypto::{self, Cipher};
use crate::{BindKey, DecryptError, ParseError};

/// A version 2 frame.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    info: InfoByte,
    mac: Option<MacAddr6>,
    body: Body<'a>,
}

/// The first byte of a frame ("device information").
///
/// | bit | meaning |
/// |---|---|
/// | 0 | encrypted |
/// | 1 | the sender's MAC follows |
/// | 2 | trigger based: adverts come at irregular times, silence doesn't mean that the device is gone |
/// | 3-4 | reserved: sent as 0, ignored |
/// | 5-7 | version: 2 |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InfoByte(u8);

/// As `ccm` takes it.
type Nonce = Array<u8, U13>;

impl<'a> Frame<'a> {
    /// Reads the service data that follow UUID 0xFCD2.
    ///
    /// Objects are not looked at yet, so that nothing in them makes this fail.
    ///
    /// # Errors
    ///
    /// [`UnsupportedVersion`](ParseError::UnsupportedVersion), and [`TooShort`](ParseError::TooShort) without
    /// room for the MAC or, if encrypted, for 2 bytes of ciphertext, counter and tag.
    #[inline(always)]
    pub fn parse(service_data: &'a [u8]) -> Result<Self, ParseError> {
        let found = service_data.len();
        let [info, rest @ ..] = service_data else {
            return Err(ParseError::TooShort { expected: 1, found });
        };
        let info = InfoByte(*info);
        if info.version() != VERSION {
            return Err(ParseError::UnsupportedVersion {
                version: info.version(),
            });
        }
        let too_short = || ParseError::TooShort {
            expected: info.minimum_length(),
            found,
        };
        let (mac, rest) = if info.has_mac() {
            let (&mac, rest) = rest.split_first_chunk().ok_or_else(too_short)?;
            (Some(reversed(mac)), rest)
        } else {
            (None, rest)
        };
        let body = if info.is_encrypted() {
            Body::Encrypted(Encrypted::split(rest, MINIMUM_CIPHERTEXT).ok_or_else(too_short)?)
        } else {
            Body::Plain(Objects::v2(rest))
        };
        Ok(Self { info, mac, body })
    }

    /// The info byte.
    #[inline]
    #[must_use]
    pub const fn info(&self) -> InfoByte {
        self.info
    }

    /// The MAC in the frame. It needn't be the address that sent the advert.
    #[inline]
    #[must_use]
    pub const fn mac(&self) -> Option<MacAddr6> {
        self.mac
    }

    /// The objects, or what hides them.
    #[inline]
    #[must_use]
    pub const fn body(&self) -> &Body<'a> {
        &self.body
    }

    /// The objects of a plain frame; `None` if it is encrypted.
    #[inline]
    #[must_use]
    pub fn objects(&self) -> Option<Objects<'a>> {
        match &self.body {
            Body::Plain(objects) => Some(objects.clone()),
            Body::Encrypted(_) => None,
        }
    }

    /// Counter, ciphertext and tag of an encrypted frame; `None` if it is plain.
    #[inline]
    #[must_use]
    pub const fn encrypted(&self) -> Option<Encrypted<'a>> {
        match self.body {
            Body::Plain(_) => None,
            Body::Encrypted(encrypted) => Some(encrypted),
        }
    }

    /// The nonce of an encrypted frame that came from `address`; `None` if the frame is plain. A MAC in the
    /// frame takes the place of the address.
    #[must_use]
    pub fn nonce(&self, address: MacAddr6) -> Option<[u8; 13]> {
        let encrypted = self.encrypted()?;
        Some(nonce(self.mac.unwrap_or(address), self.info, encrypted.counter))
    }

    /// Authenticates and decrypts the objects into `out`, which has to be as long as the ciphertext.
    ///
    /// `address` is the sender's. It doesn't count if the frame carries a MAC.
    ///
    /// # Errors
    ///
    /// [`Authentication`](DecryptError::Authentication) if key, address or frame are wrong,
    /// [`KeyTooShort`](DecryptError::KeyTooShort) for a key of 12 bytes,
    /// [`BufferTooSmall`](DecryptError::BufferTooSmall), and [`NotEncrypted`](DecryptError::NotEncrypted) for a
    /// plain frame: who has a key must not trust it.
    pub fn decrypt<'o>(
        &self,
        key: &BindKey,
        address: MacAddr6,
        out: &'o mut [u8],
    ) -> Result<Objects<'o>, DecryptError> {
        let cipher = Cipher::new(&*key.full()?);
        let encrypted = self.encrypted().ok_or(DecryptError::NotEncrypted)?;
        self.decrypt_with(&cipher, &self.nonce_with(address, &encrypted), &encrypted, out)
    }

    /// The nonce with this MAC, whatever the frame carries.
    #[inline]
    pub(crate) fn nonce_with(&self, mac: MacAddr6, encrypted: &Encrypted<'_>) -> Nonce {
        nonce(mac, self.info, encrypted.counter).into()
    }

    /// [`decrypt`](Self::decrypt) for callers that keep the key schedule. `sender_nonce` is the one with the sender's
    /// address; it doesn't count if the frame carries a MAC.
    #[inline(always)]
    pub(crate) fn decrypt_with<'o>(
        &self,
        cipher: &Cipher,
        sender_nonce: &Nonce,
        encrypted: &Encrypted<'_>,
        out: &'o mut [u8],
    ) -> Result<Objects<'o>, DecryptError> {
        let out = encrypted.plaintext_buffer(out)?;
        let (ciphertext, tag) = (encrypted.ciphertext, &encrypted.tag);
        // Two calls, since a single one would be inlined with all of the cipher, which then passes its blocks through
        // memory: 5 % of the time that an advertisement takes.
        match self.mac {
            None => cipher.open(sender_nonce, &[], ciphertext, tag, out)?,
            Some(mac) => cipher.open(&self.nonce_with(mac, encrypted), &[], ciphertext, tag, out)?,
        }
        Ok(Objects::v2(out))
    }
}

impl InfoByte {
    /// The byte as sent.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether the objects are encrypted.
    #[inline]
    #[must_use]
    pub const fn is_encrypted(self) -> bool {
        self.0 & ENCRYPTED != 0
    }

    /// Whether the sender's MAC follows.
    #[inline]
    #[must_use]
    pub const fn has_mac(self) -> bool {
        self.0 & HAS_MAC != 0
    }

    /// Whether the device sends only when something happens ("sleepy"): don't take silence as a failure.
    #[inline]
    #[must_use]
    pub const fn is_trigger_based(self) -> bool {
        self.0 & TRIGGER_BASED != 0
    }

    /// The version: 2 in every [`Frame`].
    #[inline]
    #[must_use]
    pub const fn version(self) -> u8 {
        self.0 >> VERSION_SHIFT
    }

    const fn new(encrypted: bool, has_mac: bool, trigger_based: bool) -> Self {
        Self(encrypted as u8 | (has_mac as u8) << 1 | (trigger_based as u8) << 2 | VERSION << VERSION_SHIFT)
    }

    const fn header_length(self) -> usize {
        if self.has_mac() { 7 } else { 1 }
    }

    const fn minimum_length(self) -> usize {
        let body = if self.is_encrypted() {
            MINIMUM_CIPHERTEXT + TRAILER
        } else {
            0
        };
        self.header_length() + body
    }
}

impl core::fmt::Debug for InfoByte {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "InfoByte({:#04x})", self.0)
    }
}

#[inline]
fn nonce(mac: MacAddr6, info: InfoByte, counter: u32) -> [u8; 13] {
    let low = address::number(mac) | 0xfcd2 << 48;
    crypto::nonce(low, u64::from(info.0) | u64::from(counter) << 8)
}

const ENCRYPTED: u8 = 1 << 0;
const HAS_MAC: u8 = 1 << 1;
const TRIGGER_BASED: u8 = 1 << 2;
const VERSION_SHIFT: u8 = 5;
const VERSION: u8 = 2;
/// The shortest object: an id and one byte.
const MINIMUM_CIPHERTEXT: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: MacAddr6 = MacAddr6::new(0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5);
    const KEY: &str = "231d39c1d7cc1ab1aee224cd096db932";
    const SEALED: [u8; 15] = [
        0x41, 0xe4, 0x45, 0xf3, 0xc9, 0x96, 0x2b, 0x33, 0x22, 0x11, 0x00, 0x6c, 0x7c, 0x45, 0x19,
    ];

    #[test]
    fn a_shelly_button_reports_its_press() {
        // Shelly BLU Button1: packet id 0x1d, battery 100 %, the old code of a hold.
        let frame = Frame::parse(&[0x44, 0x00, 0x1d, 0x01, 0x64, 0x3a, 0xfe]).unwrap();
        assert!(frame.info().is_trigger_based());
        let objects = frame.objects().unwrap();
        assert_eq!(objects.packet_id(), Some(0x1d));
        let last = objects.last().unwrap().reading().unwrap();
        assert_eq!(last.to_string(), "button single hold_press");
    }

    #[test]
    fn the_mac_in_the_frame_is_least_significant_byte_first() {
        let frame = Frame::parse(b"\x42\xb2\x18\x8d\x38\xc1\xa4\x04\x13\x8a\x01").unwrap();
        assert_eq!(
            frame.mac(),
            Some(MacAddr6::new(0xa4, 0xc1, 0x38, 0x8d, 0x18, 0xb2))
        );
        let pressure = frame.objects().unwrap().next().unwrap().reading().unwrap();
        assert_eq!(pressure.to_string(), "pressure 1008.83 hPa");
    }

    #[test]
    fn the_reserved_bits_are_ignored_but_part_of_the_nonce() {
        let frame = Frame::parse(&[0x59, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert_eq!(frame.nonce(ADDRESS).unwrap()[8], 0x59);
    }

    #[test]
    fn the_version_counts_before_the_length() {
        for info in [0x00, 0x21, 0x63, 0xff] {
            let version = info >> 5;
            assert_eq!(
                Frame::parse(&[info]).unwrap_err(),
                ParseError::UnsupportedVersion { version }
            );
        }
        assert_eq!(
            Frame::parse(&[]).unwrap_err(),
            ParseError::TooShort {
                expected: 1,
                found: 0
            }
        );
    }

    #[test]
    fn each_layout_has_its_shortest_frame() {
        for (info, expected) in [(0x40, 1), (0x42, 7), (0x41, 11), (0x43, 17)] {
            let mut bytes = [0; 17];
            bytes[0] = info;
            assert!(Frame::parse(&bytes[..expected]).is_ok());
            if expected > 1 {
                let found = expected - 1;
                assert_eq!(
                    Frame::parse(&bytes[..found]).unwrap_err(),
                    ParseError::TooShort { expected, found }
                );
            }
        }
    }

    #[test]
    fn a_frame_opens_with_the_key_and_the_address_only() {
        let frame = Frame::parse(&SEALED).unwrap();
        let key: BindKey = KEY.parse().unwrap();
        let mut out = [0; 6];
        assert_eq!(
            frame.nonce(ADDRESS),
            Some(*b"\x54\x48\xe6\x8f\x80\xa5\xd2\xfc\x41\x33\x22\x11\x00")
        );
        assert!(frame.decrypt(&key, ADDRESS, &mut out).is_ok());
        assert_eq!(&out, b"\x02\xca\x09\x03\xbf\x13");
        let wrong = MacAddr6::new(0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa6);
        let refused = frame.decrypt(&key, wrong, &mut out).unwrap_err();
        assert_eq!(refused, DecryptError::Authentication);
        assert_eq!(out, [0; 6], "nothing of a forged frame stays in the buffer");
    }

    #[test]
    fn a_plain_frame_is_not_taken_for_a_decrypted_one() {
        let frame = Frame::parse(&[0x40, 0x01, 0x64]).unwrap();
        let error = frame
            .decrypt(&KEY.parse().unwrap(), ADDRESS, &mut [0; 8])
            .unwrap_err();
        assert_eq!(error, DecryptError::NotEncrypted);
    }

    #[test]
    fn short_keys_and_short_buffers_are_refused() {
        let frame = Frame::parse(&SEALED).unwrap();
        let short = BindKey::new(&[0; 12]).unwrap();
        let error = frame.decrypt(&short, ADDRESS, &mut [0; 8]).unwrap_err();
        assert_eq!(
            error,
            DecryptError::KeyTooShort {
                expected: 16,
                found: 12
            }
        );
        let error = frame
            .decrypt(&KEY.parse().unwrap(), ADDRESS, &mut [0; 5])
            .unwrap_err();
        assert_eq!(
            error,
            DecryptError::BufferTooSmall {
                needed: 6,
                available: 5
            }
        );
    }
}
