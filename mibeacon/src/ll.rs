//! Link-layer packets of the advertising channels, as sniffers capture them.
//!
//! Link type 251 of pcap (`BLUETOOTH_LE_LL`), multi-byte fields little-endian; 256 and 272 put a header
//! before it, see [`Capture`]:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | access address: 0x8E89BED6 for advertising |
//! | 4 | 1 | coding indicator, on LE Coded only |
//! | 4 | 1 | PDU header: bits 0-3 PDU type, 5 ChSel, 6 TxAdd, 7 RxAdd |
//! | 5 | 1 | length of the payload |
//! | 6 | n | payload, see [`LegacyPdu`] and [`ExtendedPdu`] |
//! | 6 + n | 3 | CRC |
//!
//! ```
//! use mibeacon::ll::{Packet, Pdu};
//!
//! // An iBeacon: d6be898e 40 24 05a2176e3d71 02011a 1aff4c00.. 52ab8d
//! let packet = Packet::parse(
//!     b"\xd6\xbe\x89\x8e\x40\x24\x05\xa2\x17\x6e\x3d\x71\x02\x01\x1a\x1a\xff\x4c\x00\x02\x15\xe2\xc5\x6d\xb5\
//!       \xdf\xfb\x48\xd2\xb0\x60\xd0\xf5\xa7\x10\x96\xe0\x00\x00\x00\x00\xc5\x52\xab\x8d",
//! )?;
//! assert!(packet.crc_is_valid());
//! let Pdu::Legacy(pdu) = packet.pdu()? else { panic!() };
//! assert_eq!(pdu.address.to_string(), "71:3D:6E:17:A2:05");
//! assert_eq!(pdu.advertisement().manufacturer_data().next().unwrap().company, 0x004c);
//! # Ok::<(), mibeacon::ParseError>(())
//! ```
//!
//! Extended advertising may spread its data over several packets (AUX_CHAIN_IND); this module reads each of
//! them and doesn't join them.

mod capture;
mod extended;
mod legacy;

use crc::{CRC_24_BLE, Crc};

use crate::writer::Writer;
use crate::{EncodeError, ParseError};

pub use capture::{Capture, LinkType};
pub use extended::{AdvDataInfo, AdvMode, AuxPointer, ExtendedPdu, Target};
pub use legacy::LegacyPdu;

/// A link-layer packet without its preamble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet<'a> {
    access_address: u32,
    coding_indicator: Option<u8>,
    header: [u8; 2],
    payload: &'a [u8],
    crc: [u8; 3],
}

impl<'a> Packet<'a> {
    /// Reads a packet of LE 1M or LE 2M (link type 251). Bytes after the CRC are ignored.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_at(0, bytes, false)
    }

    /// Reads a packet of LE Coded, which has a coding indicator after the access address.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`].
    pub fn parse_coded(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_at(0, bytes, true)
    }

    /// Reads a packet that starts at `start` of what the caller was given.
    fn parse_at(start: usize, bytes: &'a [u8], is_coded: bool) -> Result<Self, ParseError> {
        let too_short = |expected: usize| ParseError::TooShort {
            expected: start + expected,
            found: start + bytes.len(),
        };
        let minimum = 9 + usize::from(is_coded);
        let (&access_address, rest) = bytes.split_first_chunk().ok_or(too_short(minimum))?;
        let (coding_indicator, rest) = match rest {
            &[indicator, ref rest @ ..] if is_coded => (Some(indicator), rest),
            rest => (None, rest),
        };
        let (&header, rest) = rest.split_first_chunk().ok_or(too_short(minimum))?;
        let length = usize::from(header[1]);
        let (payload, rest) = rest.split_at_checked(length).ok_or(too_short(minimum + length))?;
        let &crc = rest.first_chunk().ok_or(too_short(minimum + length))?;
        Ok(Self {
            access_address: u32::from_le_bytes(access_address),
            coding_indicator,
            header,
            payload,
            crc,
        })
    }

    /// A packet of the advertising channels on LE 1M with this PDU (header, length and payload) and the CRC
    /// that belongs to it.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`] if the PDU is shorter than its length byte says.
    pub fn advertising(pdu: &'a [u8]) -> Result<Self, ParseError> {
        let too_short = |expected| ParseError::TooShort {
            expected,
            found: pdu.len(),
        };
        let (&header, rest) = pdu.split_first_chunk().ok_or(too_short(2))?;
        let length = usize::from(header[1]);
        let payload = rest.get(..length).ok_or(too_short(2 + length))?;
        Ok(Self {
            access_address: ADVERTISING_ACCESS_ADDRESS,
            coding_indicator: None,
            header,
            payload,
            crc: crc(header, payload),
        })
    }

    /// Writes access address, coding indicator if there is one, PDU and CRC, and returns the length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = Writer::new(out);
        writer.put(&self.access_address.to_le_bytes())?;
        if let Some(indicator) = self.coding_indicator {
            writer.put(&[indicator])?;
        }
        writer.put(&self.header)?;
        writer.put(self.payload)?;
        writer.put(&self.crc)?;
        Ok(writer.len())
    }

    /// The access address.
    #[must_use]
    pub const fn access_address(&self) -> u32 {
        self.access_address
    }

    /// 0 for S=8, 1 for S=2; on LE Coded only.
    #[must_use]
    pub const fn coding_indicator(&self) -> Option<u8> {
        self.coding_indicator
    }

    /// What the PDU is, on the advertising channels.
    #[must_use]
    pub const fn pdu_type(&self) -> PduType {
        PduType(self.header[0] & 0x0f)
    }

    /// The payload of the PDU.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Whether the packet belongs to the advertising channels.
    #[must_use]
    pub const fn is_advertising(&self) -> bool {
        self.access_address == ADVERTISING_ACCESS_ADDRESS
    }

    /// Computes the CRC with the initial value of the advertising channels, 0x555555, and compares. Packets
    /// of connections and of periodic advertising have other initial values and always fail.
    #[must_use]
    pub fn crc_is_valid(&self) -> bool {
        self.crc == crc(self.header, self.payload)
    }

    /// The advertising PDU.
    ///
    /// # Errors
    ///
    /// [`ParseError::Truncated`] if the payload is shorter than its type demands.
    pub fn pdu(&self) -> Result<Pdu<'a>, ParseError> {
        if !self.is_advertising() {
            return Ok(Pdu::Other);
        }
        match self.pdu_type() {
            PduType::ADV_IND | PduType::ADV_NONCONN_IND | PduType::ADV_SCAN_IND | PduType::SCAN_RSP => {
                LegacyPdu::parse(self.header[0], self.payload).map(Pdu::Legacy)
            }
            PduType::ADV_EXT_IND => ExtendedPdu::parse(self.header[0], self.payload).map(Pdu::Extended),
            _ => Ok(Pdu::Other),
        }
    }
}

/// What a packet of the advertising channels carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pdu<'a> {
    /// ADV_IND, ADV_NONCONN_IND, ADV_SCAN_IND, SCAN_RSP.
    Legacy(LegacyPdu<'a>),
    /// ADV_EXT_IND, AUX_ADV_IND, AUX_SCAN_RSP, AUX_CHAIN_IND: they have one format.
    Extended(ExtendedPdu<'a>),
    /// A PDU without advertising data, or a packet of a connection.
    Other,
}

/// The type of a PDU on the advertising channels, 4 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PduType(u8);

impl PduType {
    /// Connectable and scannable undirected advertising.
    pub const ADV_IND: Self = Self(0);
    /// Connectable directed advertising; has no data.
    pub const ADV_DIRECT_IND: Self = Self(1);
    /// Non-connectable, non-scannable undirected advertising.
    pub const ADV_NONCONN_IND: Self = Self(2);
    /// Scan request; has no data.
    pub const SCAN_REQ: Self = Self(3);
    /// Scan response.
    pub const SCAN_RSP: Self = Self(4);
    /// Connection request.
    pub const CONNECT_IND: Self = Self(5);
    /// Scannable undirected advertising.
    pub const ADV_SCAN_IND: Self = Self(6);
    /// Extended advertising: ADV_EXT_IND on the primary, AUX_ADV_IND, AUX_SCAN_RSP, AUX_SYNC_IND and
    /// AUX_CHAIN_IND on the secondary channels.
    pub const ADV_EXT_IND: Self = Self(7);
    /// Response to a connection request on a secondary channel.
    pub const AUX_CONNECT_RSP: Self = Self(8);

    /// The 4 bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

fn crc(header: [u8; 2], payload: &[u8]) -> [u8; 3] {
    let mut digest = CRC.digest();
    digest.update(&header);
    digest.update(payload);
    let [c0, c1, c2, _] = digest.finalize().to_le_bytes();
    [c0, c1, c2]
}

/// The access address of the advertising channels.
pub const ADVERTISING_ACCESS_ADDRESS: u32 = 0x8e89_bed6;

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_24_BLE);

/// PDU header: the sender's address is random.
const TX_ADD: u8 = 1 << 6;
/// PDU header: the target's address is random.
const RX_ADD: u8 = 1 << 7;
/// PDU header: channel selection algorithm 2.
const CH_SEL: u8 = 1 << 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// A beacon that a sniffer captured, with its CRC.
    const NONCONN: &[u8] =
        b"\xd6\xbe\x89\x8e\x02\x22\x28\x53\x77\x03\xd0\xd0\x1b\xff\x75\x00\x42\x04\x01\x80\
        \x60\xd0\xd0\x03\x77\x53\x28\xd2\xd0\x03\x77\x53\x27\x01\x00\x00\x00\x00\x00\x00\x05\xda\x96";

    #[test]
    fn a_captured_packet_has_the_right_crc() {
        let packet = Packet::parse(NONCONN).unwrap();
        assert!(packet.crc_is_valid());
        assert_eq!(packet.pdu_type(), PduType::ADV_NONCONN_IND);
        let mut out = [0; 64];
        let length = packet.encode(&mut out).unwrap();
        assert_eq!(out[..length], *NONCONN);
        assert_eq!(
            Packet::advertising(&NONCONN[4..NONCONN.len() - 3]).unwrap(),
            packet
        );
    }

    #[test]
    fn every_flipped_bit_breaks_the_crc() {
        for bit in 4 * 8..NONCONN.len() * 8 {
            let mut bytes = NONCONN.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !Packet::parse(&bytes).is_ok_and(|packet| packet.crc_is_valid()),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn packets_of_connections_are_no_advertisements() {
        let packet = Packet::parse(b"\x57\x5a\x65\x50\x02\x01\xff\x00\x00\x00").unwrap();
        assert!(!packet.is_advertising());
        assert_eq!(packet.pdu(), Ok(Pdu::Other));
    }

    #[test]
    fn a_short_packet_says_how_much_is_missing() {
        for length in 0..NONCONN.len() {
            let error = Packet::parse(&NONCONN[..length]).unwrap_err();
            let expected = if length < 6 { 9 } else { NONCONN.len() };
            assert_eq!(
                error,
                ParseError::TooShort {
                    expected,
                    found: length
                }
            );
        }
    }

    #[test]
    fn a_coded_packet_has_one_byte_more() {
        let mut bytes = NONCONN.to_vec();
        bytes.insert(4, 1);
        let packet = Packet::parse_coded(&bytes).unwrap();
        assert_eq!(packet.coding_indicator(), Some(1));
        assert!(packet.crc_is_valid());
    }
}
