//! Extended advertising PDUs: one format for ADV_EXT_IND and all AUX_ ones.
//!
//! | size | field |
//! |---|---|
//! | 1 | bits 0-5 extended header length, 6-7 AdvMode |
//! | 1 | extended header flags, if the length isn't 0 |
//! | 6 | AdvA, flag bit 0 |
//! | 6 | TargetA, flag bit 1 |
//! | 1 | CTEInfo, flag bit 2 |
//! | 2 | AdvDataInfo, flag bit 3 |
//! | 3 | AuxPtr, flag bit 4 |
//! | 18 | SyncInfo, flag bit 5 |
//! | 1 | TxPower, flag bit 6 |
//! | rest of the header | ACAD, additional controller advertising data |
//! | rest | AdvData |

use macaddr::MacAddr6;

use super::legacy::address_type;
use super::{PduType, RX_ADD, TX_ADD};
use crate::ad::Advertisement;
use crate::hci::AddressType;
use crate::writer::Writer;
use crate::{EncodeError, Field, ParseError};

/// An extended advertising PDU.
///
/// ```
/// use mibeacon::ll::{AdvMode, Packet, Pdu};
///
/// // AUX_ADV_IND with AdvA and AdvDataInfo: 07 0f 09 09 f4830238c1a4 3412 0416950f01
/// let pdu = b"\x07\x0f\x09\x09\xf4\x83\x02\x38\xc1\xa4\x34\x12\x04\x16\x95\xfe\x01";
/// let Pdu::Extended(pdu) = Packet::advertising(pdu)?.pdu()? else { panic!() };
/// assert_eq!(pdu.mode, AdvMode::NON_CONNECTABLE);
/// assert_eq!(pdu.address.unwrap().to_string(), "A4:C1:38:02:83:F4");
/// assert_eq!(pdu.data_info.unwrap().set_id(), 1);
/// assert_eq!(pdu.data, b"\x04\x16\x95\xfe\x01");
/// # Ok::<(), mibeacon::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedPdu<'a> {
    /// Connectable or scannable.
    pub mode: AdvMode,
    /// AdvA. Often only the ADV_EXT_IND or only the AUX_ADV_IND has it.
    pub address: Option<MacAddr6>,
    /// TxAdd: what kind of address [`address`](Self::address) is; says nothing without it.
    pub address_type: AddressType,
    /// TargetA: whom directed advertising is for.
    pub target: Option<Target>,
    /// CTEInfo: constant tone extension.
    pub cte_info: Option<u8>,
    /// AdvDataInfo: tells which packets belong together.
    pub data_info: Option<AdvDataInfo>,
    /// AuxPtr: where and when the next packet comes.
    pub aux_pointer: Option<AuxPointer>,
    /// SyncInfo: where periodic advertising is.
    pub sync_info: Option<&'a [u8; 18]>,
    /// TxPower, dBm.
    pub tx_power: Option<i8>,
    /// ACAD.
    pub additional_controller_data: &'a [u8],
    /// AdvData: the AD structures, or a part of them.
    pub data: &'a [u8],
}

impl<'a> ExtendedPdu<'a> {
    pub(super) fn parse(header: u8, payload: &'a [u8]) -> Result<Self, ParseError> {
        let truncated = ParseError::Truncated {
            field: Field::ExtendedHeader,
            offset: 0,
        };
        let (&first, rest) = payload.split_first().ok_or(truncated)?;
        let (extended_header, data) = rest
            .split_at_checked(usize::from(first & 0x3f))
            .ok_or(truncated)?;
        let mut fields = Fields {
            flags: 0,
            rest: extended_header,
        };
        if let Some((&flags, rest)) = extended_header.split_first() {
            fields = Fields { flags, rest };
        }
        let mac = |[a, b, c, d, e, f]: [u8; 6]| MacAddr6::new(f, e, d, c, b, a);
        Ok(Self {
            mode: AdvMode(first >> 6),
            address_type: address_type(header & TX_ADD != 0),
            address: fields.take(0)?.copied().map(mac),
            target: fields.take(1)?.copied().map(mac).map(|address| Target {
                address,
                address_type: address_type(header & RX_ADD != 0),
            }),
            cte_info: fields.take(2)?.map(|[info]: &[u8; 1]| *info),
            data_info: fields.take(3)?.copied().map(u16::from_le_bytes).map(AdvDataInfo),
            aux_pointer: fields.take(4)?.copied().map(AuxPointer),
            sync_info: fields.take(5)?,
            tx_power: fields.take(6)?.copied().map(i8::from_le_bytes),
            additional_controller_data: fields.rest,
            data,
        })
    }

    /// The data as AD structures; a part of them if a chain follows.
    #[must_use]
    pub const fn advertisement(&self) -> Advertisement<'a> {
        Advertisement::new(self.data)
    }

    /// Writes header, length and payload, for [`Packet::advertising`](super::Packet::advertising), and
    /// returns the length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::TooLong`] if the extended header has more than 63 or the payload more than 255 bytes,
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let target = self.target.as_ref();
        let mut header = PduType::ADV_EXT_IND.bits();
        if self.address_type == AddressType::RANDOM {
            header |= TX_ADD;
        }
        if target.is_some_and(|target| target.address_type == AddressType::RANDOM) {
            header |= RX_ADD;
        }
        let flags = self.flags();
        let fields: usize = (0..FIELD_SIZES.len())
            .filter(|bit| flags >> bit & 1 != 0)
            .filter_map(|bit| FIELD_SIZES.get(bit))
            .sum();
        let extended = match fields + self.additional_controller_data.len() {
            0 => 0,
            length => 1 + length,
        };
        let extended_length = limited(extended, EXTENDED_HEADER_LIMIT)?;
        let length = limited(1 + extended + self.data.len(), usize::from(u8::MAX))?;

        let mut writer = Writer::new(out);
        writer.put(&[header, length, extended_length | self.mode.0 << 6])?;
        if extended > 0 {
            writer.put(&[flags])?;
        }
        for address in [self.address, target.map(|target| target.address)]
            .into_iter()
            .flatten()
        {
            let [a, b, c, d, e, f] = address.into_array();
            writer.put(&[f, e, d, c, b, a])?;
        }
        if let Some(info) = self.cte_info {
            writer.put(&[info])?;
        }
        if let Some(info) = self.data_info {
            writer.put(&info.0.to_le_bytes())?;
        }
        if let Some(pointer) = self.aux_pointer {
            writer.put(&pointer.0)?;
        }
        if let Some(info) = self.sync_info {
            writer.put(info)?;
        }
        if let Some(power) = self.tx_power {
            writer.put(&power.to_le_bytes())?;
        }
        writer.put(self.additional_controller_data)?;
        writer.put(self.data)?;
        Ok(writer.len())
    }

    fn flags(&self) -> u8 {
        let present = [
            self.address.is_some(),
            self.target.is_some(),
            self.cte_info.is_some(),
            self.data_info.is_some(),
            self.aux_pointer.is_some(),
            self.sync_info.is_some(),
            self.tx_power.is_some(),
        ];
        present
            .into_iter()
            .rev()
            .fold(0, |flags, present| flags << 1 | u8::from(present))
    }
}

/// The mode of extended advertising, 2 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdvMode(u8);

impl AdvMode {
    /// Neither connectable nor scannable.
    pub const NON_CONNECTABLE: Self = Self(0);
    /// Connectable.
    pub const CONNECTABLE: Self = Self(1);
    /// Scannable.
    pub const SCANNABLE: Self = Self(2);
    /// Reserved.
    pub const RESERVED: Self = Self(3);
}

/// Whom directed advertising is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Its address.
    pub address: MacAddr6,
    /// RxAdd: public or random.
    pub address_type: AddressType,
}

/// AdvDataInfo, as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdvDataInfo(pub u16);

impl AdvDataInfo {
    /// Advertising data id, 12 bits: changes with the data.
    #[must_use]
    pub const fn data_id(self) -> u16 {
        self.0 & 0xfff
    }

    /// Advertising set id, 4 bits.
    #[must_use]
    pub const fn set_id(self) -> u8 {
        (self.0 >> 12) as u8
    }
}

/// AuxPtr, as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuxPointer(pub [u8; 3]);

impl AuxPointer {
    /// Channel index of the next packet, 0 to 36.
    #[must_use]
    pub const fn channel_index(self) -> u8 {
        self.0[0] & 0x3f
    }

    /// µs from the start of this packet to the next one, which comes up to one unit (30 or 300 µs) later.
    #[must_use]
    pub const fn offset_microseconds(self) -> u32 {
        let [first, low, high] = self.0;
        let unit = if first & 0x80 == 0 { 30 } else { 300 };
        u16::from_le_bytes([low, high & 0x1f]) as u32 * unit
    }

    /// PHY of the next packet, as [`Phy`](crate::hci::Phy) counts.
    #[must_use]
    pub const fn phy(self) -> crate::hci::Phy {
        crate::hci::Phy((self.0[2] >> 5) + 1)
    }
}

/// Takes fields off an extended header.
struct Fields<'a> {
    flags: u8,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self, bit: u8) -> Result<Option<&'a [u8; N]>, ParseError> {
        if self.flags >> bit & 1 == 0 {
            return Ok(None);
        }
        let (field, rest) = self.rest.split_first_chunk().ok_or(ParseError::Truncated {
            field: Field::ExtendedHeader,
            offset: 0,
        })?;
        self.rest = rest;
        Ok(Some(field))
    }
}

fn limited(found: usize, limit: usize) -> Result<u8, EncodeError> {
    match u8::try_from(found) {
        Ok(length) if found <= limit => Ok(length),
        _ => Err(EncodeError::TooLong { found, limit }),
    }
}

/// Sizes of the fields by flag bit.
const FIELD_SIZES: [usize; 7] = [6, 6, 1, 2, 3, 18, 1];

const EXTENDED_HEADER_LIMIT: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adv_ext_ind_points_to_its_data() {
        // ADI 0x5123, AuxPtr: channel 12, 300 µs units, offset 5, LE 2M.
        let pdu = ExtendedPdu::parse(0x07, b"\x06\x18\x23\x51\x8c\x05\x20").unwrap();
        let pointer = pdu.aux_pointer.unwrap();
        assert_eq!(
            (pointer.channel_index(), pointer.offset_microseconds()),
            (12, 1500)
        );
        assert_eq!(pointer.phy(), crate::hci::Phy::LE_2M);
        assert_eq!(pdu.data_info.map(AdvDataInfo::data_id), Some(0x123));
        assert_eq!((pdu.address, pdu.data), (None, &b""[..]));
    }

    #[test]
    fn a_pdu_without_extended_header_is_all_data() {
        let pdu = ExtendedPdu::parse(0x07, b"\x00\x02\x01\x06").unwrap();
        assert_eq!(pdu.data, b"\x02\x01\x06");
        let mut out = [0; 16];
        let length = pdu.encode(&mut out).unwrap();
        assert_eq!(out[..length], *b"\x07\x04\x00\x02\x01\x06");
    }

    #[test]
    fn what_no_field_takes_is_additional_controller_data() {
        let pdu = ExtendedPdu::parse(0x07, b"\x04\x40\xf4\xaa\xbb\x01").unwrap();
        assert_eq!(pdu.tx_power, Some(-12));
        assert_eq!(
            (pdu.additional_controller_data, pdu.data),
            (&b"\xaa\xbb"[..], &b"\x01"[..])
        );
    }

    #[test]
    fn a_header_that_ends_inside_a_field_is_truncated() {
        let error = ParseError::Truncated {
            field: Field::ExtendedHeader,
            offset: 0,
        };
        for payload in [&b""[..], b"\x05\x00", b"\x04\x01\x00\x00\x00", b"\x01\x40"] {
            assert_eq!(ExtendedPdu::parse(0x07, payload), Err(error));
        }
    }
}
