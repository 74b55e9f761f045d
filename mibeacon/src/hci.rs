//! HCI events with advertising reports, as controllers, bridges and Bluetooth proxies deliver them.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 1 | packet indicator 0x04, often left out |
//! | 1 | 1 | event code 0x3E: LE Meta event |
//! | 2 | 1 | parameter total length |
//! | 3 | 1 | subevent code: 0x02 LE Advertising Report, 0x0D LE Extended Advertising Report |
//! | 4 | 1 | number of reports |
//! | 5 | | the reports, one after the other |
//!
//! One report, multi-byte fields little-endian:
//!
//! | legacy | extended | field |
//! |---|---|---|
//! | 1 | 2 | event type |
//! | 1 | 1 | address type |
//! | 6 | 6 | address, reversed |
//! | | 1 | primary PHY |
//! | | 1 | secondary PHY |
//! | | 1 | advertising SID |
//! | | 1 | TX power, dBm |
//! | | 1 | RSSI, dBm |
//! | | 2 | periodic advertising interval, 1.25 ms |
//! | | 1 | direct address type |
//! | | 6 | direct address, reversed |
//! | 1 | 1 | data length |
//! | n | n | data |
//! | 1 | | RSSI, dBm |
//!
//! ```
//! use mibeacon::hci::Event;
//!
//! // 04 3e 14 02 01 | 03 00 f48302 38c1a4 08 020106 041695fe01 c8
//! let bytes = b"\x04\x3e\x14\x02\x01\x03\x00\xf4\x83\x02\x38\xc1\xa4\
//!     \x08\x02\x01\x06\x04\x16\x95\xfe\x01\xc8";
//! let report = Event::parse(bytes)?.reports().next().unwrap()?;
//! assert_eq!(report.address.to_string(), "A4:C1:38:02:83:F4");
//! assert_eq!(report.rssi, Some(-56));
//! assert_eq!(report.advertisement().service_data_of(0xfe95), Some(&[1][..]));
//! # Ok::<(), mibeacon::ParseError>(())
//! ```

mod address;
mod encode;
mod report;

use core::iter::FusedIterator;

use crate::{Field, ParseError};

pub use address::AddressType;
pub use encode::encode;
pub use report::{DataStatus, EventType, ExtendedFields, LegacyEventType, Phy, Report, ReportForm};

/// An HCI event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// LE Advertising Report or LE Extended Advertising Report.
    AdvertisingReports(Reports<'a>),
    /// Any other event.
    Other {
        /// The event code.
        code: u8,
        /// The parameters; of a LE Meta event, the subevent code first.
        parameters: &'a [u8],
    },
}

impl<'a> Event<'a> {
    /// Reads one event, with or without the packet indicator. Bytes after it are ignored.
    ///
    /// # Errors
    ///
    /// [`ParseError::TooShort`] if the event is longer than the bytes. Faults of single reports are reported
    /// by [`Reports`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let indicator = usize::from(bytes.first() == Some(&PACKET_INDICATOR));
        let event = bytes.get(indicator..).unwrap_or_default();
        let &[code, length, ref rest @ ..] = event else {
            return Err(ParseError::TooShort {
                expected: indicator + 2,
                found: bytes.len(),
            });
        };
        let parameters = rest.get(..usize::from(length)).ok_or(ParseError::TooShort {
            expected: indicator + 2 + usize::from(length),
            found: bytes.len(),
        })?;
        Ok(match (code, parameters) {
            (LE_META, &[subevent @ (LEGACY | EXTENDED), count, ref rest @ ..]) => {
                Self::AdvertisingReports(Reports {
                    is_extended: subevent == EXTENDED,
                    left: count,
                    rest,
                    offset: indicator + 4,
                })
            }
            _ => Self::Other { code, parameters },
        })
    }

    /// The advertising reports; none if this is another event.
    #[must_use]
    pub const fn reports(self) -> Reports<'a> {
        match self {
            Self::AdvertisingReports(reports) => reports,
            Self::Other { .. } => Reports {
                is_extended: false,
                left: 0,
                rest: &[],
                offset: 0,
            },
        }
    }
}

/// The advertising reports of one event. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Reports<'a> {
    is_extended: bool,
    left: u8,
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Reports<'a> {
    type Item = Result<Report<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let parsed = if self.is_extended {
            report::extended(self.rest)
        } else {
            report::legacy(self.rest)
        };
        let Ok((rest, report)) = parsed else {
            self.left = 0;
            return Some(Err(ParseError::Truncated {
                field: Field::AdvertisingReport,
                offset: self.offset,
            }));
        };
        self.offset += self.rest.len() - rest.len();
        self.rest = rest;
        Some(Ok(report))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.into()))
    }
}

impl FusedIterator for Reports<'_> {}

/// "HCI event" on transports that mark packets.
const PACKET_INDICATOR: u8 = 0x04;
const LE_META: u8 = 0x3e;
/// Subevent LE Advertising Report.
const LEGACY: u8 = 0x02;
/// Subevent LE Extended Advertising Report.
const EXTENDED: u8 = 0x0d;

#[cfg(test)]
mod tests {
    use macaddr::MacAddr6;

    use super::*;

    fn reports(bytes: &[u8]) -> Vec<Result<Report<'_>, ParseError>> {
        Event::parse(bytes).unwrap().reports().collect()
    }

    /// Two reports: ADV_IND of a random address, SCAN_RSP of a public one without RSSI.
    const TWO: &[u8] = b"\x3e\x1b\x02\x02\
        \x00\x01\x11\x22\x33\x44\x55\xe6\x03\x02\x01\x06\xb0\
        \x04\x00\xf4\x83\x02\x38\xc1\xa4\x02\x01\x16\x7f";

    #[test]
    fn all_reports_of_an_event_come_out() {
        let reports: Vec<_> = reports(TWO).into_iter().map(Result::unwrap).collect();
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[0].address_type, AddressType::RANDOM);
        assert_eq!(
            reports[0].address,
            MacAddr6::new(0xe6, 0x55, 0x44, 0x33, 0x22, 0x11)
        );
        assert_eq!(
            (reports[0].rssi, reports[0].data),
            (Some(-80), &b"\x02\x01\x06"[..])
        );
        assert_eq!(reports[0].identity_address(), Some(reports[0].address));
        assert!(reports[1].is_scan_response());
        assert_eq!(reports[1].rssi, None);
    }

    #[test]
    fn reports_before_a_truncated_one_are_kept() {
        let mut bytes = TWO.to_vec();
        bytes[1] -= 1;
        let reports = reports(&bytes);
        assert!(reports[0].is_ok());
        assert_eq!(
            reports[1],
            Err(ParseError::Truncated {
                field: Field::AdvertisingReport,
                offset: 17
            })
        );
        assert_eq!(reports.len(), 2);
    }

    #[test]
    fn an_extended_report_tells_phys_and_whether_more_comes() {
        let bytes = b"\x04\x3e\x1e\x0d\x01\x20\x00\x00\xf4\x83\x02\x38\xc1\xa4\x03\x03\x02\x7f\xa6\
            \x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x03\x09MJ";
        let report = reports(bytes)[0].unwrap();
        assert_eq!(report.data_status(), DataStatus::MoreToCome);
        assert_eq!(report.advertisement().name().unwrap().as_str(), Some("MJ"));
        let ReportForm::Extended(fields) = report.form else {
            panic!()
        };
        assert_eq!(
            (fields.primary_phy, fields.secondary_phy),
            (Phy::LE_CODED, Phy::LE_CODED)
        );
        assert_eq!(
            (fields.sid, fields.tx_power, report.rssi),
            (Some(2), None, Some(-90))
        );
        assert!(!fields.event_type.is_legacy_pdu());
    }

    #[test]
    fn other_events_have_no_reports() {
        let disconnected = b"\x04\x05\x04\x00\x40\x00\x13";
        let Event::Other { code, parameters } = Event::parse(disconnected).unwrap() else {
            panic!()
        };
        assert_eq!((code, parameters), (5, &b"\x00\x40\x00\x13"[..]));
        assert!(reports(disconnected).is_empty());
        assert!(reports(b"\x3e\x02\x0a\x01").is_empty());
        assert!(reports(b"\x3e\x01\x02").is_empty());
    }

    #[test]
    fn an_event_longer_than_its_bytes_is_too_short() {
        assert_eq!(
            Event::parse(b"\x04\x3e\x05\x02\x01").unwrap_err(),
            ParseError::TooShort {
                expected: 8,
                found: 5
            }
        );
        assert_eq!(
            Event::parse(b"").unwrap_err(),
            ParseError::TooShort {
                expected: 2,
                found: 0
            }
        );
    }
}
