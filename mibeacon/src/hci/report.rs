//! Advertising reports.

use macaddr::MacAddr6;
use nom::Parser;
use nom::bytes::take;
use nom::combinator::map;
use nom::multi::length_data;
use nom::number::{i8, le_u16, u8};

use super::AddressType;
use crate::ad::Advertisement;

/// One advertising report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Report<'a> {
    /// Who sent it; without meaning if [`address_type`](Self::address_type) is
    /// [`ANONYMOUS`](AddressType::ANONYMOUS).
    pub address: MacAddr6,
    /// What kind of address that is.
    pub address_type: AddressType,
    /// Signal strength in dBm, -127 to 20; `None` if the controller doesn't know it (0x7F).
    pub rssi: Option<i8>,
    /// The advertising data: at most 31 bytes in a legacy, 229 in an extended report.
    pub data: &'a [u8],
    /// The form of the report, and what only that form has.
    pub form: ReportForm,
}

impl<'a> Report<'a> {
    /// The data as AD structures.
    #[must_use]
    pub const fn advertisement(&self) -> Advertisement<'a> {
        Advertisement::new(self.data)
    }

    /// The address, if it stays the device's own: public or random static. That is what decryption needs.
    #[must_use]
    pub fn identity_address(&self) -> Option<MacAddr6> {
        self.address_type
            .is_identity(self.address)
            .then_some(self.address)
    }

    /// Whether the data belongs to a scan response.
    #[must_use]
    pub const fn is_scan_response(&self) -> bool {
        match &self.form {
            ReportForm::Legacy(event_type) => matches!(*event_type, LegacyEventType::SCAN_RSP),
            ReportForm::Extended(fields) => fields.event_type.is_scan_response(),
        }
    }

    /// Whether the data is whole. Only extended reports split data into several reports; this crate doesn't
    /// join them.
    #[must_use]
    pub const fn data_status(&self) -> DataStatus {
        match &self.form {
            ReportForm::Legacy(_) => DataStatus::Complete,
            ReportForm::Extended(fields) => fields.event_type.data_status(),
        }
    }
}

/// The two forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportForm {
    /// LE Advertising Report.
    Legacy(LegacyEventType),
    /// LE Extended Advertising Report.
    Extended(ExtendedFields),
}

/// The event type of a LE Advertising Report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LegacyEventType(pub u8);

impl LegacyEventType {
    /// Connectable and scannable undirected advertising.
    pub const ADV_IND: Self = Self(0);
    /// Connectable directed advertising.
    pub const ADV_DIRECT_IND: Self = Self(1);
    /// Scannable undirected advertising.
    pub const ADV_SCAN_IND: Self = Self(2);
    /// Non-connectable undirected advertising.
    pub const ADV_NONCONN_IND: Self = Self(3);
    /// Scan response.
    pub const SCAN_RSP: Self = Self(4);
}

/// What only an extended report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedFields {
    /// Kind of advertising, and whether the data is whole.
    pub event_type: EventType,
    /// PHY of the primary channel.
    pub primary_phy: Phy,
    /// PHY of the secondary channel; [`Phy::NONE`] if nothing was sent there.
    pub secondary_phy: Phy,
    /// Advertising SID, 0 to 15; `None` if the advertiser sent none (0xFF).
    pub sid: Option<u8>,
    /// dBm, -127 to 20; `None` if it isn't known (0x7F).
    pub tx_power: Option<i8>,
    /// Steps of 1.25 ms; 0 without periodic advertising.
    pub periodic_interval: u16,
    /// Type of the direct address; only of directed advertising.
    pub direct_address_type: AddressType,
    /// Whom directed advertising is for.
    pub direct_address: MacAddr6,
}

/// The event type bits of a LE Extended Advertising Report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType(pub u16);

impl EventType {
    /// Connectable advertising.
    #[must_use]
    pub const fn is_connectable(self) -> bool {
        self.0 & 1 != 0
    }

    /// Scannable advertising.
    #[must_use]
    pub const fn is_scannable(self) -> bool {
        self.0 & 1 << 1 != 0
    }

    /// Directed advertising.
    #[must_use]
    pub const fn is_directed(self) -> bool {
        self.0 & 1 << 2 != 0
    }

    /// Scan response.
    #[must_use]
    pub const fn is_scan_response(self) -> bool {
        self.0 & 1 << 3 != 0
    }

    /// A legacy advertising PDU was used.
    #[must_use]
    pub const fn is_legacy_pdu(self) -> bool {
        self.0 & 1 << 4 != 0
    }

    /// Bits 5 and 6.
    #[must_use]
    pub const fn data_status(self) -> DataStatus {
        match self.0 >> 5 & 3 {
            0 => DataStatus::Complete,
            1 => DataStatus::MoreToCome,
            2 => DataStatus::Truncated,
            _ => DataStatus::Reserved,
        }
    }
}

/// Whether the data of a report is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataStatus {
    /// The data is whole, or this is its last part.
    Complete,
    /// More data comes in the next report of this advertiser.
    MoreToCome,
    /// The controller lost the rest.
    Truncated,
    /// A reserved value.
    Reserved,
}

/// A PHY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Phy(pub u8);

impl Phy {
    /// No packets on the secondary channel.
    pub const NONE: Self = Self(0);
    /// LE 1M.
    pub const LE_1M: Self = Self(1);
    /// LE 2M.
    pub const LE_2M: Self = Self(2);
    /// LE Coded ("long range").
    pub const LE_CODED: Self = Self(3);
}

type Parsed<'a, T> = nom::IResult<&'a [u8], T, ()>;

pub(super) fn legacy(input: &[u8]) -> Parsed<'_, Report<'_>> {
    let fields = (u8(), u8(), mac, length_data(u8()), i8());
    map(fields, |(event_type, address_type, address, data, rssi)| Report {
        address,
        address_type: AddressType(address_type),
        rssi: known(rssi),
        data,
        form: ReportForm::Legacy(LegacyEventType(event_type)),
    })
    .parse(input)
}

pub(super) fn extended(input: &[u8]) -> Parsed<'_, Report<'_>> {
    let (input, (event_type, address_type, address)) = (le_u16(), u8(), mac).parse(input)?;
    let (input, (primary_phy, secondary_phy, sid)) = (u8(), u8(), u8()).parse(input)?;
    let (input, (tx_power, rssi, periodic_interval)) = (i8(), i8(), le_u16()).parse(input)?;
    let (input, (direct_address_type, direct_address)) = (u8(), mac).parse(input)?;
    let (input, data) = length_data(u8()).parse(input)?;
    let form = ReportForm::Extended(ExtendedFields {
        event_type: EventType(event_type),
        primary_phy: Phy(primary_phy),
        secondary_phy: Phy(secondary_phy),
        sid: Some(sid).filter(|sid| *sid != NO_SID),
        tx_power: known(tx_power),
        periodic_interval,
        direct_address_type: AddressType(direct_address_type),
        direct_address,
    });
    let report = Report {
        address,
        address_type: AddressType(address_type),
        rssi: known(rssi),
        data,
        form,
    };
    Ok((input, report))
}

fn mac(input: &[u8]) -> Parsed<'_, MacAddr6> {
    let (input, bytes) = take(6_usize).parse(input)?;
    let &[a, b, c, d, e, f] = bytes else {
        return Err(nom::Err::Error(()));
    };
    Ok((input, MacAddr6::new(f, e, d, c, b, a)))
}

fn known(dbm: i8) -> Option<i8> {
    Some(dbm).filter(|dbm| *dbm != UNKNOWN_DBM)
}

/// RSSI or TX power isn't available.
pub(super) const UNKNOWN_DBM: i8 = 0x7f;
/// The advertiser sent no SID.
pub(super) const NO_SID: u8 = 0xff;
