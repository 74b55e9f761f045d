//! Tells equal payloads from different ones.

use core::num::NonZeroU64;

/// A 64-bit mix of the bytes and their number. Not secret and not proof against somebody who wants two payloads to
/// look equal: who can do that can send what he likes anyway.
pub(crate) fn of(bytes: &[u8]) -> Fingerprint {
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
    Fingerprint(NonZeroU64::MIN | mixed)
}

/// See [`of`]. Never zero, so that an `Option` of it takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(NonZeroU64);

impl Fingerprint {
    /// The fingerprint of these bytes after a counter.
    pub(crate) fn with(self, counter: u8) -> Self {
        Self(NonZeroU64::MIN | mix(self.0.get(), counter.into()))
    }

    pub(crate) const fn get(self) -> u64 {
        self.0.get()
    }
}

fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 29
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn every_byte_and_the_length_count() {
        for length in 0..40 {
            let zeros = vec![0; length];
            assert_ne!(of(&zeros), of(&vec![0; length + 1]));
            for index in 0..length {
                let mut other = zeros.clone();
                other[index] = 1;
                assert_ne!(of(&zeros), of(&other), "byte {index} of {length}");
            }
        }
    }
}
