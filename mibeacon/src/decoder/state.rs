//! What of a device's history must survive a restart.

use macaddr::MacAddr6;

/// The counters of one device, to be stored and restored so that a restart opens no replay window.
///
/// It holds no secret. [`to_bytes`](Self::to_bytes) is a stable form for firmware; with the `serde` feature it
/// serializes too.
///
/// ```
/// use mibeacon::{DeviceState, MacAddr6};
///
/// let state = DeviceState {
///     address: MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3),
///     frame_counter: Some(1499),
///     bthome_counter: None,
///     key_proven: true,
/// };
/// assert_eq!(DeviceState::from_bytes(&state.to_bytes()), Some(state));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceState {
    /// Whose.
    #[cfg_attr(feature = "serde", serde(with = "text_address"))]
    pub address: MacAddr6,
    /// The counter of the last accepted encrypted MiBeacon frame.
    pub frame_counter: Option<u32>,
    /// The counter of the last accepted encrypted BTHome advertisement.
    pub bthome_counter: Option<u32>,
    /// The key has decrypted a packet.
    pub key_proven: bool,
}

impl DeviceState {
    /// Length of the stored form.
    pub const LENGTH: usize = 16;

    /// The stored form: version 1, address (6), bits, MiBeacon counter (4), BTHome counter (4), little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let bits = u8::from(self.frame_counter.is_some()) * HAS_FRAME_COUNTER
            | u8::from(self.bthome_counter.is_some()) * HAS_BTHOME_COUNTER
            | u8::from(self.key_proven) * KEY_PROVEN;
        let [a, b, c, d, e, f] = self.address.into_array();
        let [f0, f1, f2, f3] = self.frame_counter.unwrap_or(0).to_le_bytes();
        let [b0, b1, b2, b3] = self.bthome_counter.unwrap_or(0).to_le_bytes();
        [VERSION, a, b, c, d, e, f, bits, f0, f1, f2, f3, b0, b1, b2, b3]
    }

    /// Reads the stored form; `None` if it is of another version or has unknown bits.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let &[version, a, b, c, d, e, f, bits, f0, f1, f2, f3, b0, b1, b2, b3] = bytes;
        if version != VERSION || bits & !(HAS_FRAME_COUNTER | HAS_BTHOME_COUNTER | KEY_PROVEN) != 0 {
            return None;
        }
        Some(Self {
            address: MacAddr6::new(a, b, c, d, e, f),
            frame_counter: (bits & HAS_FRAME_COUNTER != 0).then(|| u32::from_le_bytes([f0, f1, f2, f3])),
            bthome_counter: (bits & HAS_BTHOME_COUNTER != 0).then(|| u32::from_le_bytes([b0, b1, b2, b3])),
            key_proven: bits & KEY_PROVEN != 0,
        })
    }
}

const VERSION: u8 = 1;
const HAS_FRAME_COUNTER: u8 = 1;
const HAS_BTHOME_COUNTER: u8 = 2;
const KEY_PROVEN: u8 = 4;

/// `a4:c1:38:01:02:03`, as people write addresses.
#[cfg(feature = "serde")]
mod text_address {
    use core::fmt;

    use macaddr::MacAddr6;
    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(address: &MacAddr6, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MacAddr6, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = MacAddr6;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address like A4:C1:38:01:02:03")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MacAddr6, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_keeps_its_layout() {
        let state = DeviceState {
            address: MacAddr6::new(1, 2, 3, 4, 5, 6),
            frame_counter: None,
            bthome_counter: Some(0x0403_0201),
            key_proven: false,
        };
        let bytes = [1, 1, 2, 3, 4, 5, 6, 2, 0, 0, 0, 0, 1, 2, 3, 4];
        assert_eq!(state.to_bytes(), bytes);
        assert_eq!(DeviceState::from_bytes(&bytes), Some(state));
        assert_eq!(DeviceState::from_bytes(&[2; 16]), None);
    }
}
