//! What sniffers put before a packet.
//!
//! Link type 256, `BLUETOOTH_LE_LL_WITH_PHDR`, little-endian:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | RF channel, 0 to 39 in the order of frequency |
//! | 1 | 1 | signal power, dBm |
//! | 2 | 1 | noise power, dBm |
//! | 3 | 1 | access address offenses |
//! | 4 | 4 | reference access address |
//! | 8 | 2 | flags: bit 1 signal power valid, 10 CRC checked, 11 CRC valid, 14-15 PHY |
//! | 10 | | the packet |
//!
//! Link type 272, `NORDIC_BLE` (nRF Sniffer, protocol versions 1 to 3), little-endian:
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | board id |
//! | 1 | 2 | version 1: header length, payload length; later: payload length |
//! | 3 | 1 | protocol version |
//! | 4 | 2 | packet counter |
//! | 6 | 1 | packet id: 0x02 advertising, 0x06 data (before version 3 all packets) |
//! | 7 | 1 | length of the following header, itself included: 10 |
//! | 8 | 1 | flags: bit 0 CRC valid, 4-6 PHY |
//! | 9 | 1 | channel index |
//! | 10 | 1 | RSSI without its minus sign, dBm |
//! | 11 | 2 | event counter |
//! | 13 | 4 | time, µs |
//! | 17 | | the packet |

use super::Packet;
use crate::hci::Phy;
use crate::{Field, ParseError};

/// A captured packet, with what the sniffer says about it.
///
/// ```
/// use mibeacon::ll::{Capture, LinkType, Pdu};
///
/// let bytes = b"\xf5\x06\x30\x01\x56\x91\x06\x0a\x01\x27\x3a\x00\x00\xd4\x01\x00\x00\
///     \xd6\xbe\x89\x8e\x40\x1d\x69\xe9\x3b\x58\xa2\xcd\x13\x09PAULIG_MUKI_3BE969\x02\x01\x06\x4c\x51\x76";
/// let capture = Capture::parse(LinkType::NordicBle, bytes)?.unwrap();
/// assert_eq!((capture.rssi, capture.channel_index), (Some(-58), Some(39)));
/// assert!(capture.packet.crc_is_valid());
/// let Pdu::Legacy(pdu) = capture.packet.pdu()? else { panic!() };
/// assert_eq!(pdu.advertisement().name().unwrap().as_str(), Some("PAULIG_MUKI_3BE969"));
/// # Ok::<(), mibeacon::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capture<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// Channel index: 37 to 39 are the primary advertising channels.
    pub channel_index: Option<u8>,
    /// Signal strength, dBm.
    pub rssi: Option<i8>,
    /// Whether the CRC was right; `None` if the sniffer didn't check it.
    pub crc_is_valid: Option<bool>,
    /// The PHY.
    pub phy: Phy,
}

impl<'a> Capture<'a> {
    /// Reads one record of a pcap file; `Ok(None)` for a message of the nRF Sniffer that holds no packet.
    ///
    /// # Errors
    ///
    /// [`ParseError::Truncated`] if the sniffer's header isn't whole, [`ParseError::TooShort`] if the packet
    /// isn't, [`ParseError::SnifferVersion`] for an unknown version of the nRF Sniffer's protocol.
    pub fn parse(link_type: LinkType, bytes: &'a [u8]) -> Result<Option<Self>, ParseError> {
        match link_type {
            LinkType::BluetoothLeLl => Ok(Some(Self {
                packet: Packet::parse(bytes)?,
                channel_index: None,
                rssi: None,
                crc_is_valid: None,
                phy: Phy::LE_1M,
            })),
            LinkType::BluetoothLeLlWithPhdr => Self::parse_with_phdr(bytes).map(Some),
            LinkType::NordicBle => Self::parse_nordic(bytes),
        }
    }

    fn parse_with_phdr(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let (&[channel, power, _, _, _, _, _, _, flags_0, flags_1], packet) =
            bytes.split_first_chunk().ok_or(TRUNCATED)?;
        let flags = u16::from_le_bytes([flags_0, flags_1]);
        let is = |bit: u8| flags >> bit & 1 != 0;
        let phy = match flags >> 14 {
            0 => Phy::LE_1M,
            1 => Phy::LE_2M,
            2 => Phy::LE_CODED,
            _ => Phy::NONE,
        };
        Ok(Self {
            packet: Packet::parse_at(10, packet, phy == Phy::LE_CODED)?,
            // An aliased channel may be another one.
            channel_index: channel_index(channel).filter(|_| !is(6)),
            rssi: is(1).then_some(i8::from_le_bytes([power])),
            crc_is_valid: is(10).then_some(is(11)),
            phy,
        })
    }

    fn parse_nordic(bytes: &'a [u8]) -> Result<Option<Self>, ParseError> {
        let (&[_, length_0, length_1, version, _, _, id], payload) =
            bytes.split_first_chunk().ok_or(TRUNCATED)?;
        let length = match version {
            1 if length_0 == NORDIC_HEADER => length_1.into(),
            2 | 3 => u16::from_le_bytes([length_0, length_1]),
            _ => return Err(ParseError::SnifferVersion { version }),
        };
        if id != NORDIC_DATA && (id != NORDIC_ADVERTISING || version < 3) {
            return Ok(None);
        }
        let expected = 7 + usize::from(length);
        let payload = payload.get(..usize::from(length)).ok_or(ParseError::TooShort {
            expected,
            found: bytes.len(),
        })?;
        let &[header, flags, channel, rssi, ..] = payload else {
            return Err(TRUNCATED);
        };
        // The fields above, event counter and time: a longer header may come with later firmware.
        if header < 10 {
            return Err(TRUNCATED);
        }
        let packet = payload.get(usize::from(header)..).ok_or(TRUNCATED)?;
        let phy = match flags >> 4 & 7 {
            0 => Phy::LE_1M,
            1 => Phy::LE_2M,
            2 => Phy::LE_CODED,
            _ => Phy::NONE,
        };
        Ok(Some(Self {
            packet: Packet::parse_at(7 + usize::from(header), packet, phy == Phy::LE_CODED)?,
            channel_index: Some(channel),
            rssi: i8::try_from(-i16::from(rssi)).ok(),
            crc_is_valid: Some(flags & 1 != 0),
            phy,
        }))
    }
}

/// The link types of pcap files with advertising packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkType {
    /// 251: the packet alone.
    BluetoothLeLl,
    /// 256: with pseudo-header.
    BluetoothLeLlWithPhdr,
    /// 272: nRF Sniffer.
    NordicBle,
}

impl LinkType {
    /// The link type of this number; `None` if it has no such packets.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            251 => Self::BluetoothLeLl,
            256 => Self::BluetoothLeLlWithPhdr,
            272 => Self::NordicBle,
            _ => return None,
        })
    }
}

/// The channel index of an RF channel: the advertising channels lie among the others.
const fn channel_index(rf_channel: u8) -> Option<u8> {
    Some(match rf_channel {
        0 => 37,
        1..=11 => rf_channel - 1,
        12 => 38,
        13..=38 => rf_channel - 2,
        39 => 39,
        _ => return None,
    })
}

const TRUNCATED: ParseError = ParseError::Truncated {
    field: Field::CaptureHeader,
    offset: 0,
};

/// Header length of version 1.
const NORDIC_HEADER: u8 = 6;
/// Packet id EVENT_PACKET_ADVERTISING, from version 3.
const NORDIC_ADVERTISING: u8 = 0x02;
/// Packet id EVENT_PACKET_DATA; before version 3 EVENT_PACKET, for all packets.
const NORDIC_DATA: u8 = 0x06;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ll::{Pdu, PduType};

    const PACKET: &[u8] = b"\xd6\xbe\x89\x8e\x42\x09\x06\x05\x04\x03\x02\xc1\x02\x01\x06\x00\x00\x00";

    fn with_phdr(flags: u16, packet: &[u8]) -> Vec<u8> {
        let [flags_0, flags_1] = flags.to_le_bytes();
        let header = [12, 0xb0, 0x80, 0, 0xd6, 0xbe, 0x89, 0x8e, flags_0, flags_1];
        [&header, packet].concat()
    }

    #[test]
    fn a_pseudo_header_tells_only_what_its_flags_say() {
        let bytes = with_phdr(0x0c13, PACKET);
        let capture = Capture::parse(LinkType::BluetoothLeLlWithPhdr, &bytes)
            .unwrap()
            .unwrap();
        assert_eq!((capture.rssi, capture.channel_index), (Some(-80), Some(38)));
        assert_eq!((capture.crc_is_valid, capture.phy), (Some(true), Phy::LE_1M));
        let bytes = with_phdr(0x0051, PACKET);
        let capture = Capture::parse(LinkType::BluetoothLeLlWithPhdr, &bytes)
            .unwrap()
            .unwrap();
        assert_eq!(
            (capture.rssi, capture.channel_index, capture.crc_is_valid),
            (None, None, None)
        );
    }

    #[test]
    fn a_coded_packet_has_its_coding_indicator() {
        let mut packet = PACKET.to_vec();
        packet.insert(4, 0);
        let bytes = with_phdr(0x8001, &packet);
        let capture = Capture::parse(LinkType::BluetoothLeLlWithPhdr, &bytes)
            .unwrap()
            .unwrap();
        assert_eq!(capture.phy, Phy::LE_CODED);
        assert_eq!(capture.packet.coding_indicator(), Some(0));
        assert!(matches!(capture.packet.pdu(), Ok(Pdu::Legacy(pdu)) if pdu.data == b"\x02\x01\x06"));
    }

    #[test]
    fn version_3_of_the_nrf_sniffer_has_a_16_bit_length() {
        // A published CONNECT_IND, its addresses replaced, so that the CRC doesn't fit.
        let bytes = b"\x44\x35\x00\x03\xec\xd5\x02\x0a\x01\x27\x25\x00\x00\x23\x52\x7a\xd0\
            \xd6\xbe\x89\x8e\x45\x22\xeb\x6b\x07\x46\xd4\x53\x3f\x03\x3e\xb5\x14\x34\x5d\xac\x9a\xaf\x00\x57\
            \x41\x03\x14\x00\x18\x00\x00\x00\x48\x00\xfb\x07\x00\x00\x00\x00\x27\xd3\xcd\x1f";
        let capture = Capture::parse(LinkType::NordicBle, bytes).unwrap().unwrap();
        assert_eq!((capture.rssi, capture.channel_index), (Some(-37), Some(39)));
        assert_eq!(capture.packet.pdu_type(), PduType::CONNECT_IND);
        assert_eq!(capture.crc_is_valid, Some(true));
    }

    #[test]
    fn other_messages_of_the_nrf_sniffer_hold_no_packet() {
        assert_eq!(
            Capture::parse(LinkType::NordicBle, b"\x44\x00\x00\x03\x01\x00\x0e"),
            Ok(None)
        );
        assert_eq!(
            Capture::parse(LinkType::NordicBle, b"\x44\x00\x00\x09\x01\x00\x06"),
            Err(ParseError::SnifferVersion { version: 9 })
        );
    }

    #[test]
    fn errors_count_from_the_start_of_the_record() {
        let bytes = with_phdr(0, PACKET);
        for length in 0..bytes.len() {
            let error = Capture::parse(LinkType::BluetoothLeLlWithPhdr, &bytes[..length]).unwrap_err();
            let expected = if length < 16 { 19 } else { bytes.len() };
            let short = ParseError::TooShort {
                expected,
                found: length,
            };
            assert_eq!(error, if length < 10 { TRUNCATED } else { short });
        }
    }

    #[test]
    fn rf_channels_are_in_the_order_of_frequency() {
        let indices: Vec<_> = (0..=40).map(channel_index).collect();
        assert_eq!(indices[..3], [Some(37), Some(0), Some(1)]);
        assert_eq!(indices[11..14], [Some(10), Some(38), Some(11)]);
        assert_eq!(indices[38..], [Some(36), Some(39), None]);
    }

    #[test]
    fn link_types_have_their_pcap_numbers() {
        for (number, expected) in [
            (251, Some(LinkType::BluetoothLeLl)),
            (256, Some(LinkType::BluetoothLeLlWithPhdr)),
            (272, Some(LinkType::NordicBle)),
            (1, None),
        ] {
            assert_eq!(LinkType::from_number(number), expected);
        }
    }
}
