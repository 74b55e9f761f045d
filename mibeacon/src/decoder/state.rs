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
///     bthome_packet_id: None,
///     bthome_fingerprint: None,
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
    /// The packet id of that one.
    pub bthome_packet_id: Option<u8>,
    /// Stands for that one, so that its repeat is known: for its bytes, or its counter and tag.
    pub bthome_fingerprint: Option<u64>,
    /// The key has decrypted a packet.
    pub key_proven: bool,
}

impl DeviceState {
    /// Length of the stored form.
    pub const LENGTH: usize = 25;

    /// The stored form, little-endian:
    ///
    /// | Offset | Size | Field |
    /// |---|---|---|
    /// | 0 | 1 | version, 1 |
    /// | 1 | 6 | address |
    /// | 7 | 1 | bits: 0 MiBeacon counter, 1 BTHome counter, 2 packet id, 3 fingerprint present, 4 key proven |
    /// | 8 | 4 | MiBeacon counter |
    /// | 12 | 4 | BTHome counter |
    /// | 16 | 1 | BTHome packet id |
    /// | 17 | 8 | BTHome fingerprint |
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let bit = |set: bool, index: u8| u8::from(set) << index;
        let bits = bit(self.frame_counter.is_some(), 0)
            | bit(self.bthome_counter.is_some(), 1)
            | bit(self.bthome_packet_id.is_some(), 2)
            | bit(self.bthome_fingerprint.is_some(), 3)
            | bit(self.key_proven, 4);
        let [a, b, c, d, e, f] = self.address.into_array();
        let [f0, f1, f2, f3] = self.frame_counter.unwrap_or(0).to_le_bytes();
        let [b0, b1, b2, b3] = self.bthome_counter.unwrap_or(0).to_le_bytes();
        let packet_id = self.bthome_packet_id.unwrap_or(0);
        let [p0, p1, p2, p3, p4, p5, p6, p7] = self.bthome_fingerprint.unwrap_or(0).to_le_bytes();
        [
            VERSION, a, b, c, d, e, f, bits, f0, f1, f2, f3, b0, b1, b2, b3, packet_id, p0, p1, p2, p3, p4,
            p5, p6, p7,
        ]
    }

    /// Reads the stored form; `None` if it is of another version or has unknown bits.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let &[
            version,
            a,
            b,
            c,
            d,
            e,
            f,
            bits,
            f0,
            f1,
            f2,
            f3,
            b0,
            b1,
            b2,
            b3,
            packet_id,
            ref fingerprint @ ..,
        ] = bytes;
        if version != VERSION || bits >> 5 != 0 {
            return None;
        }
        let has = |index: u8| bits >> index & 1 != 0;
        Some(Self {
            address: MacAddr6::new(a, b, c, d, e, f),
            frame_counter: has(0).then(|| u32::from_le_bytes([f0, f1, f2, f3])),
            bthome_counter: has(1).then(|| u32::from_le_bytes([b0, b1, b2, b3])),
            bthome_packet_id: has(2).then_some(packet_id),
            bthome_fingerprint: has(3).then(|| u64::from_le_bytes(*fingerprint)),
            key_proven: has(4),
        })
    }
}

const VERSION: u8 = 1;

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
                text.parse()
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
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
            bthome_packet_id: Some(9),
            bthome_fingerprint: None,
            key_proven: true,
        };
        let bytes = [
            1, 1, 2, 3, 4, 5, 6, 0b1_0110, 0, 0, 0, 0, 1, 2, 3, 4, 9, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(state.to_bytes(), bytes);
        assert_eq!(DeviceState::from_bytes(&bytes), Some(state));
        assert_eq!(DeviceState::from_bytes(&[2; 25]), None);
    }
}
