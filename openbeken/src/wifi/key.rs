use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Secret;

/// What a text is as the password of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PassphraseKind {
    /// Empty: a network without a password.
    Open,
    /// 64 hex digits: the key itself.
    RawPsk,
    /// 1 to 7 bytes, which no network has.
    TooShort,
    /// More than 63 bytes, which no network has.
    TooLong,
    /// 8 to 63 printable ASCII characters.
    Passphrase,
    /// 8 to 63 bytes, others among them: works if both ends use the same bytes for them.
    PassphraseNonAscii,
}

impl PassphraseKind {
    /// What these bytes are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes.len() {
            0 => Self::Open,
            64 if bytes.iter().all(u8::is_ascii_hexdigit) => Self::RawPsk,
            1..=7 => Self::TooShort,
            64.. => Self::TooLong,
            _ if bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)) => Self::Passphrase,
            _ => Self::PassphraseNonAscii,
        }
    }

    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::RawPsk => "raw_psk",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Passphrase => "passphrase",
            Self::PassphraseNonAscii => "passphrase_non_ascii",
        }
    }
}

/// The password of a network with one: always of a length that can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passphrase(Secret);

impl Passphrase {
    /// Takes 8 to 63 bytes, or 64 hex digits.
    ///
    /// # Errors
    ///
    /// If it is shorter or longer.
    pub fn new(bytes: &[u8]) -> Result<Self, PassphraseError> {
        match PassphraseKind::of(bytes) {
            PassphraseKind::Open | PassphraseKind::TooShort => {
                Err(PassphraseError::TooShort { found: bytes.len() })
            }
            PassphraseKind::TooLong => Err(PassphraseError::TooLong { found: bytes.len() }),
            _ => Ok(Self(Secret::new(bytes))),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> PassphraseKind {
        PassphraseKind::of(self.0.expose())
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// The key of a network of this name: 4096 rounds of PBKDF2, or the 64 digits themselves. Takes milliseconds.
    #[must_use]
    pub fn pmk(&self, ssid: &[u8]) -> Pmk {
        let mut pmk = [0; 32];
        let bytes = self.0.expose();
        if self.kind() == PassphraseKind::RawPsk {
            for (byte, digits) in pmk.iter_mut().zip(bytes.chunks_exact(2)) {
                let digit = |c: u8| char::from(c).to_digit(16).unwrap_or_default() as u8;
                if let [high, low] = digits {
                    *byte = digit(*high) << 4 | digit(*low);
                }
            }
        } else {
            pbkdf2::pbkdf2_hmac::<Sha1>(bytes, ssid, 4096, &mut pmk);
        }
        Pmk(pmk)
    }
}

/// A password that no network can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// Fewer than 8 bytes.
    #[error("{found} bytes are too few for a Wi-Fi password, which has 8 to 63")]
    TooShort {
        /// What was there.
        found: usize,
    },
    /// More than 63 bytes, and not 64 hex digits.
    #[error("{found} bytes are too many for a Wi-Fi password, which has 8 to 63, or 64 hex digits")]
    TooLong {
        /// What was there.
        found: usize,
    },
}

impl PassphraseError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::TooShort { .. } => {
                "Copy the whole password from the router; no network accepts one this short."
            }
            Self::TooLong { .. } => {
                "Copy the password alone, without blanks or line ends around it; letters with accents count twice."
            }
        })
    }
}

/// The pairwise master key of a network: it never prints and is overwritten when dropped.
#[derive(Clone)]
pub struct Pmk([u8; 32]);

impl Pmk {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The identifier that tells which key is meant: for the access point and the station with these addresses.
    #[must_use]
    pub fn pmkid(&self, akm: PmkidAkm, access_point: [u8; 6], station: [u8; 6]) -> [u8; 16] {
        match akm {
            PmkidAkm::Sha1 => self.identify::<Hmac<Sha1>>(access_point, station),
            PmkidAkm::Sha256 => self.identify::<Hmac<Sha256>>(access_point, station),
        }
    }

    fn identify<M: Mac + KeyInit>(&self, access_point: [u8; 6], station: [u8; 6]) -> [u8; 16] {
        let mut id = [0; 16];
        // Every length is a key's length for HMAC.
        let Ok(mut mac) = <M as KeyInit>::new_from_slice(&self.0) else {
            return id;
        };
        for part in [b"PMK Name".as_slice(), &access_point, &station] {
            mac.update(part);
        }
        for (to, from) in id.iter_mut().zip(mac.finalize().into_bytes()) {
            *to = from;
        }
        id
    }
}

impl fmt::Debug for Pmk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pmk(..)")
    }
}

impl PartialEq for Pmk {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Pmk {}

impl Drop for Pmk {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Pmk {}

/// By which hash a PMKID is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PmkidAkm {
    /// AKM 2: WPA2 with a password.
    Sha1,
    /// AKM 5 and 6: the same with SHA-256.
    Sha256,
}

/// The PMKID of SAE (WPA3): the first 16 bytes of the sum of both scalars modulo the group's order.
///
/// All three are big-endian and of any length up to [`MAX_SCALAR`] bytes; the sum has as many bytes as the order.
/// `None` for an order of 0, for groups of fewer than 16 bytes, and for longer numbers.
///
/// ```
/// use openbeken::wifi::sae_pmkid;
///
/// let order = [0xff; 32];
/// assert_eq!(sae_pmkid(&[1], &[2; 32], &order), Some([2; 16]));
/// ```
#[must_use]
pub fn sae_pmkid(own: &[u8], peer: &[u8], order: &[u8]) -> Option<[u8; 16]> {
    let too_long = [own, peer, order]
        .into_iter()
        .any(|number| number.len() > MAX_SCALAR);
    if too_long || order.iter().all(|digit| *digit == 0) {
        return None;
    }
    let mut sum = reduce(own, order);
    add(&mut sum, &reduce(peer, order), order);
    sum.first_chunk().copied()
}

/// The longest scalar, in bytes; that of the largest group that anybody uses has 66.
pub const MAX_SCALAR: usize = 128;

/// Remainder by shifting in a bit at a time.
fn reduce(number: &[u8], order: &[u8]) -> Vec<u8> {
    let mut rest = alloc::vec![0; order.len()];
    for byte in number {
        for bit in (0..8).rev() {
            let mut carry = byte >> bit & 1;
            for digit in rest.iter_mut().rev() {
                let out = *digit >> 7;
                *digit = *digit << 1 | carry;
                carry = out;
            }
            if carry == 1 || rest.as_slice() >= order {
                subtract(&mut rest, order);
            }
        }
    }
    rest
}

/// Both are below the order and of its length.
fn add(to: &mut [u8], what: &[u8], order: &[u8]) {
    let mut carry = 0_u16;
    for (digit, other) in to.iter_mut().zip(what).rev() {
        let total = u16::from(*digit) + u16::from(*other) + carry;
        *digit = total as u8;
        carry = total >> 8;
    }
    if carry == 1 || &*to >= order {
        subtract(to, order);
    }
}

fn subtract(from: &mut [u8], what: &[u8]) {
    let mut borrow = false;
    for (digit, other) in from.iter_mut().zip(what).rev() {
        let (first, under) = digit.overflowing_sub(*other);
        let (second, again) = first.overflowing_sub(u8::from(borrow));
        *digit = second;
        borrow = under || again;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_print() {
        let passphrase = Passphrase::new(b"hunter2222").unwrap();
        assert_eq!(
            alloc::format!("{passphrase:?} {:?}", Pmk::new([7; 32])),
            "Passphrase(Secret(..)) Pmk(..)"
        );
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        assert_eq!(
            Passphrase::new(b"1234567"),
            Err(PassphraseError::TooShort { found: 7 })
        );
        assert_eq!(
            Passphrase::new(&[b'x'; 64]),
            Err(PassphraseError::TooLong { found: 64 })
        );
        assert_eq!(
            Passphrase::new(&[b'a'; 64]).unwrap().pmk(b"any").expose(),
            &[0xaa; 32]
        );
    }

    #[test]
    fn sums_stay_below_the_order() {
        let mut order = [0_u8; 16];
        order[15] = 7;
        let number = |value: u8| -> [u8; 16] { core::array::from_fn(|i| if i == 15 { value } else { 0 }) };
        assert_eq!(sae_pmkid(&number(5), &[6], &order), Some(number(4)));
        assert_eq!(
            sae_pmkid(&[0xff; 16], &[], &order).unwrap()[15],
            ((u128::MAX % 7) as u8)
        );
        assert_eq!(sae_pmkid(&number(1), &number(1), &[0; 16]), None);
        assert_eq!(sae_pmkid(&[1; 129], &number(1), &order), None);
    }
}
