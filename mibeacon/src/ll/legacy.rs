//! Legacy advertising PDUs: ADV_IND, ADV_NONCONN_IND, ADV_SCAN_IND, SCAN_RSP.

use macaddr::MacAddr6;

use super::{CH_SEL, PduType, TX_ADD};
use crate::ad::{Advertisement, LEGACY_LIMIT};
use crate::hci::AddressType;
use crate::writer::Writer;
use crate::{EncodeError, Field, ParseError};

/// A legacy advertising PDU with data.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 6 | AdvA: the sender's address, reversed |
/// | 6 | 0-31 | AdvData |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LegacyPdu<'a> {
    /// Which of them.
    pub pdu_type: PduType,
    /// ChSel: the sender supports channel selection algorithm 2.
    pub channel_selection_2: bool,
    /// Who sent it.
    pub address: MacAddr6,
    /// Public or random.
    pub address_type: AddressType,
    /// The AD structures.
    pub data: &'a [u8],
}

impl<'a> LegacyPdu<'a> {
    pub(super) fn parse(header: u8, payload: &'a [u8]) -> Result<Self, ParseError> {
        let (&[a, b, c, d, e, f], data) = payload.split_first_chunk().ok_or(ParseError::Truncated {
            field: Field::AdvertisingPdu,
            offset: 0,
        })?;
        Ok(Self {
            pdu_type: PduType(header & 0x0f),
            channel_selection_2: header & CH_SEL != 0,
            address: MacAddr6::new(f, e, d, c, b, a),
            address_type: address_type(header & TX_ADD != 0),
            data,
        })
    }

    /// The data as AD structures.
    #[must_use]
    pub const fn advertisement(&self) -> Advertisement<'a> {
        Advertisement::new(self.data)
    }

    /// Writes header, length and payload, for [`Packet::advertising`](super::Packet::advertising), and
    /// returns the length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] beyond 31 bytes of data, [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if self.data.len() > LEGACY_LIMIT {
            return Err(EncodeError::TooLong {
                found: self.data.len(),
                limit: LEGACY_LIMIT,
            });
        }
        let mut header = self.pdu_type.bits();
        if self.channel_selection_2 {
            header |= CH_SEL;
        }
        if self.address_type == AddressType::RANDOM {
            header |= TX_ADD;
        }
        let [a, b, c, d, e, f] = self.address.into_array();
        let mut writer = Writer::new(out);
        writer.put(&[header, 6 + self.data.len() as u8, f, e, d, c, b, a])?;
        writer.put(self.data)?;
        Ok(writer.len())
    }
}

pub(super) const fn address_type(is_random: bool) -> AddressType {
    if is_random {
        AddressType::RANDOM
    } else {
        AddressType::PUBLIC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_type_and_kind_of_address() {
        let pdu = LegacyPdu::parse(0x60, b"\x01\x02\x03\x04\x05\xc6\x02\x01\x06").unwrap();
        assert_eq!(pdu.pdu_type, PduType::ADV_IND);
        assert_eq!(pdu.address_type, AddressType::RANDOM);
        assert!(pdu.channel_selection_2);
        assert_eq!(pdu.address, MacAddr6::new(0xc6, 5, 4, 3, 2, 1));
        assert_eq!(pdu.advertisement().structures().count(), 1);
    }

    #[test]
    fn without_a_whole_address_there_is_no_pdu() {
        assert_eq!(
            LegacyPdu::parse(0, &[0; 5]),
            Err(ParseError::Truncated {
                field: Field::AdvertisingPdu,
                offset: 0
            })
        );
    }

    #[test]
    fn legacy_data_has_at_most_31_bytes() {
        let pdu = LegacyPdu {
            data: &[0; 32],
            ..LegacyPdu::parse(0, &[0; 6]).unwrap()
        };
        assert_eq!(
            pdu.encode(&mut [0; 64]),
            Err(EncodeError::TooLong { found: 32, limit: 31 })
        );
    }
}
