//! Reed events: what pvvx sends in a burst when a contact opens or closes.
//!
//! Two AD structures, never encrypted:
//!
//! | AD structure | content |
//! |---|---|
//! | `04 16 56 2a f` | Digital (0x2A56): the [`Flags`] byte |
//! | `06 16 eb 2a c2 c1 c0` | Count 24 (0x2AEB): pulses, 24 bits **big-endian** |
//!
//! ```
//! use mibeacon::ad::Advertisement;
//! use mibeacon::atc::ReedEvent;
//!
//! let adv = b"\x04\x16\x56\x2a\x13\x06\x16\xeb\x2a\x00\x01\x00";
//! let event = ReedEvent::find(Advertisement::new(adv)).unwrap();
//! assert!(event.flags.unwrap().reed_open());
//! assert_eq!(event.count, Some(256));
//! ```

use super::{Flags, opening};
use crate::ad::{Advertisement, Encoder};
use crate::reading::Reading;
use crate::{Decimal, EncodeError, Quantity, Unit};

/// A reed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReedEvent {
    /// The state of the inputs.
    pub flags: Option<Flags>,
    /// Pulses since the device started, 24 bits.
    pub count: Option<u32>,
}

impl ReedEvent {
    /// UUID of the structure with the flags.
    pub const DIGITAL_UUID: u16 = 0x2a56;
    /// UUID of the structure with the pulses.
    pub const COUNT_UUID: u16 = 0x2aeb;

    /// Looks for the structures of an event; `None` if there is neither.
    #[must_use]
    pub fn find(advertisement: Advertisement<'_>) -> Option<Self> {
        let flags = match advertisement.service_data_of(Self::DIGITAL_UUID) {
            Some(&[flags]) => Some(Flags(flags)),
            _ => None,
        };
        let count = match advertisement.service_data_of(Self::COUNT_UUID) {
            Some(&[c2, c1, c0]) => Some(u32::from_be_bytes([0, c2, c1, c0])),
            _ => None,
        };
        (flags.is_some() || count.is_some()).then_some(Self { flags, count })
    }

    /// Writes the structures.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLarge`] for a count above 24 bits; those of the [`Encoder`].
    pub fn encode(&self, ad: &mut Encoder<'_>) -> Result<(), EncodeError> {
        if let Some(flags) = self.flags {
            ad.service_data(Self::DIGITAL_UUID, &[flags.0])?;
        }
        if let Some(count) = self.count {
            let [c3, count @ ..] = count.to_be_bytes();
            if c3 != 0 {
                return Err(EncodeError::TooLarge {
                    found: self.count.unwrap_or_default(),
                    limit: 0xff_ffff,
                });
            }
            ad.service_data(Self::COUNT_UUID, &count)?;
        }
        Ok(())
    }

    /// The contact, then the pulse count.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'static>> + Clone + use<> {
        let contact = self.flags.map(|flags| opening(flags.reed_open()));
        let count = self
            .count
            .map(|count| Reading::measurement(Quantity::PulseCount, Decimal::from(count), Unit::None));
        [contact, count].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(adv: &[u8]) -> Option<ReedEvent> {
        ReedEvent::find(Advertisement::new(adv))
    }

    #[test]
    fn one_of_the_structures_is_enough() {
        assert_eq!(
            find(b"\x06\x16\xeb\x2a\xff\xff\xff").unwrap(),
            ReedEvent {
                flags: None,
                count: Some(0xff_ffff)
            }
        );
        assert_eq!(find(b"\x04\x16\x56\x2a\x01").unwrap().flags, Some(Flags(1)));
        assert_eq!(find(b"\x02\x01\x06"), None);
    }

    #[test]
    fn other_lengths_are_other_products() {
        assert_eq!(
            find(b"\x05\x16\x56\x2a\x01\x00\x07\x16\xeb\x2a\x00\x00\x00\x01"),
            None
        );
    }

    #[test]
    fn an_open_contact_and_its_count_are_readings() {
        let event = find(b"\x04\x16\x56\x2a\x01\x06\x16\xeb\x2a\x00\x00\x02").unwrap();
        let texts: Vec<_> = event.readings().map(|reading| reading.to_string()).collect();
        assert_eq!(texts, ["opening on", "pulse_count 2"]);
    }

    #[test]
    fn a_count_above_24_bits_is_refused() {
        let event = ReedEvent {
            flags: None,
            count: Some(1 << 24),
        };
        let mut buffer = [0; 31];
        let error = event.encode(&mut Encoder::new(&mut buffer)).unwrap_err();
        assert_eq!(
            error,
            EncodeError::TooLarge {
                found: 1 << 24,
                limit: 0xff_ffff
            }
        );
    }
}
