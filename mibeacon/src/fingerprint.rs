//! Tells equal payloads from different ones.

use core::num::NonZeroU64;

/// Stands for the bytes of a payload, to find equal ones.
///
/// A 64-bit mix of the bytes and their number, the same in every version of this crate. Neither secret nor proof
/// against somebody who wants two payloads to look equal: who can do that can send what he likes anyway.
///
/// ```
/// use mibeacon::Fingerprint;
///
/// assert_eq!(Fingerprint::of(b"\x40\x01\x61"), Fingerprint::of(b"\x40\x01\x61"));
/// assert_ne!(Fingerprint::of(b"\x40\x01\x61"), Fingerprint::of(b"\x40\x01\x62"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(NonZeroU64);

impl Fingerprint {
    /// The fingerprint of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut mixed = bytes.len() as u64;
        if let Some(last) = bytes.last_chunk::<8>() {
            for word in bytes.as_chunks::<8>().0 {
                mixed = mix(mixed, u64::from_le_bytes(*word));
            }
            // Overlaps the word before it, so that no rest of odd length remains.
            mixed = mix(mixed, u64::from_le_bytes(*last));
        } else {
            mixed = bytes.iter().fold(mixed, |mixed, &byte| mix(mixed, byte.into()));
        }
        Self(NonZeroU64::MIN | mixed)
    }

    /// The fingerprint of these bytes together with a counter.
    #[must_use]
    pub(crate) fn with(self, counter: u8) -> Self {
        Self(NonZeroU64::MIN | mix(self.0.get(), counter.into()))
    }

    /// As a number, to be stored.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// From a stored number; `None` for zero, which no payload has.
    #[must_use]
    pub const fn from_stored(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(GOLDEN_RATIO);
    product ^ product >> 29
}

/// As a fraction of 2^64; odd, so that the multiplication loses nothing.
const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_the_length_count() {
        for length in 0..40 {
            let zeros = vec![0; length];
            assert_ne!(Fingerprint::of(&zeros), Fingerprint::of(&vec![0; length + 1]));
            for index in 0..length {
                let mut other = zeros.clone();
                other[index] = 1;
                assert_ne!(
                    Fingerprint::of(&zeros),
                    Fingerprint::of(&other),
                    "byte {index} of {length}"
                );
            }
        }
    }

    #[test]
    fn a_stored_fingerprint_means_the_same_in_the_next_version() {
        assert_eq!(Fingerprint::of(b"\x40\x01\x61").get(), STORED);
        assert_eq!(
            Fingerprint::from_stored(STORED),
            Some(Fingerprint::of(b"\x40\x01\x61"))
        );
        assert_eq!(Fingerprint::from_stored(0), None);
    }

    const STORED: u64 = 0x8e36_b5ff_d357_aa61;
}
