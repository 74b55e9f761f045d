//! What several targets share: a reader of scripts, and what holds for everything that can be shown.

use std::fmt::{Debug, Display};

use mibeacon::{MacAddr6, Reading};

/// A value prints without panic and says something. Gives the text.
pub fn check_debug(value: &dyn Debug) -> String {
    let text = format!("{value:?}");
    assert!(!text.is_empty());
    text
}

/// The same for what people read.
pub fn check_display(value: &dyn Display) -> String {
    let text = value.to_string();
    assert!(!text.is_empty());
    text
}

/// A key that follows from a seed but stands in no input, so that it shows if something prints it.
#[must_use]
pub fn hidden_key(seed: &[u8]) -> [u8; 16] {
    let mut state = seed.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| {
        (state ^ u64::from(*byte))
            .wrapping_mul(0x2545_f491_4f6c_dd1d)
            .rotate_left(29)
    });
    std::array::from_fn(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
}

/// Fails if a text shows a key: as hex, or as a list of bytes.
pub fn check_hides(text: &str, key: &[u8; 16]) {
    let start = &key[..6];
    let hex: String = start.iter().map(|byte| format!("{byte:02x}")).collect();
    let list: Vec<String> = start.iter().map(u8::to_string).collect();
    for form in [hex.to_ascii_uppercase(), hex, list.join(", "), list.join(",")] {
        assert!(!text.contains(&form), "a key is printed: {text}");
    }
}

/// A reading prints, has a name and becomes JSON that reads back.
pub fn check_reading(reading: &Reading<'_>) {
    check_display(reading);
    check_debug(reading);
    assert!(!reading.name().is_empty());
    let json = serde_json::to_string(reading).expect("every reading serializes");
    let value: serde_json::Value = serde_json::from_str(&json).expect("what was written is JSON");
    assert!(value.is_object(), "{json}");
}

/// Reads a script off the fuzzer's bytes. After the end everything is zero, so that every input is a script.
#[derive(Clone, Debug)]
pub struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// So many bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        for (to, from) in array.iter_mut().zip(self.slice(N)) {
            *to = *from;
        }
        array
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    /// A number of two bytes.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    /// A number of four bytes.
    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    /// A length byte and as many bytes, or as many as there are.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = self.byte().into();
        self.slice(length)
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn slice(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// Flips one bit, which `choice` picks.
pub fn flip(bytes: &mut [u8], choice: u16) {
    let bits = 8 * bytes.len();
    if bits > 0 {
        let bit = usize::from(choice) % bits;
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// The address that the targets send from.
pub const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 0x12, 0x34, 0x56);
