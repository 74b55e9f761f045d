use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The code cipher of Beken chips: what flash holds is code XOR a stream that depends on the address.
///
/// Encryption and decryption are the same. It hides code from nobody who has two images; the usual key is public.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeCipher([u32; 4]);

impl CodeCipher {
    /// The key of all BK7231T and BK7231N modules that Tuya and OpenBeken made images for.
    pub const USUAL: Self = Self([0x510f_b093, 0xa3cb_eadc, 0x5993_a17e, 0xc7ad_eb03]);

    /// No cipher, as often on BK7231U, BK7231Q and BK7238.
    pub const OFF: Self = Self([0; 4]);

    /// With the four words of the chip's fuses.
    #[must_use]
    pub const fn new(coefficients: [u32; 4]) -> Self {
        Self(coefficients)
    }

    /// Whether it changes anything.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        let c3 = self.0[3];
        matches!(c3 >> 24, 0x00 | 0xff) || c3 & 15 == 15
    }

    /// Encrypts or decrypts data that stands at this address of the CPU, a multiple of 4 (rounded down if it isn't).
    pub fn apply(&self, address: u32, data: &mut [u8]) {
        if self.is_off() {
            return;
        }
        let mut address = address & !3;
        for word in data.chunks_mut(4) {
            for (byte, key) in word.iter_mut().zip(self.stream(address).to_le_bytes()) {
                *byte ^= key;
            }
            address = address.wrapping_add(4);
        }
    }

    const fn stream(&self, address: u32) -> u32 {
        let [c0, c1, c2, c3] = self.0;
        let mut stream = 0;
        if c3 & 1 == 0 {
            let (mut high, mut low) = ((address >> 16) as u16, address as u16);
            if c3 & 0x20 != 0 {
                low = low.swap_bytes();
            }
            if c3 & 0x40 != 0 {
                high = high.swap_bytes();
            }
            stream ^= (p15(high ^ low ^ (c1 >> 16) as u16) as u32) << 16;
        }
        if c3 & 2 == 0 {
            let shifted = (address >> (c3 >> 8 & 3)) & 0x1_ffff;
            let key = (c1 >> 8 & 0xff) << 9 | (c3 >> 4 & 1) << 8 | c1 & 0xff;
            // Bit 16 of the result belongs to nothing; a peer lets it run into the upper half.
            stream ^= p16(shifted ^ key) & 0xffff;
        }
        if c3 & 4 == 0 {
            stream ^= p32(address.rotate_right(8 * (c3 >> 11 & 3)) ^ c0);
        }
        if c3 & 8 == 0 {
            stream ^= c2;
        }
        stream
    }
}

impl Drop for CodeCipher {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for CodeCipher {}

impl fmt::Debug for CodeCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeCipher(..)")
    }
}

const fn p15(a: u16) -> u16 {
    let moved = (a % 0x80).wrapping_mul(0x200).wrapping_add(a / 0x80 % 0x200);
    moved ^ (0x6371 & 0x1111_u16.wrapping_mul(a / 0x20 % 0x10))
}

const fn p16(a: u32) -> u32 {
    let n = (a >> 13 & 1) | (a >> 9 & 1) << 1 | (a >> 5 & 1) << 2 | (a >> 1 & 1) << 3;
    ((a & 0x3ff) << 7 | (a >> 10 & 0x7f)) ^ (0x1_3659 & ((a >> 4 & 1) << 16 | (0x1111 * n)))
}

const fn p32(a: u32) -> u32 {
    a.rotate_left(17) ^ (0xe519_a4f1 & (0x1111_1111 * (a >> 2 & 15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_is_not_at_all() {
        let mut data: [u8; 64] = core::array::from_fn(|i| i as u8);
        for key in [
            CodeCipher::USUAL,
            CodeCipher::new([1, 2, 3, 0x1234_0800]),
            CodeCipher::OFF,
        ] {
            for address in [0, 0x10000, 0xffff_fffc] {
                let before = data;
                key.apply(address, &mut data);
                assert_eq!(data == before, key.is_off());
                key.apply(address, &mut data);
                assert_eq!(data, before);
            }
        }
    }
}
