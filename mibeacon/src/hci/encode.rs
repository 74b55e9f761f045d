//! Building events: for simulators, proxies and tests.

use macaddr::MacAddr6;

use super::report::{NO_SID, UNKNOWN_DBM};
use super::{AddressType, EXTENDED, ExtendedFields, LE_META, LEGACY, PACKET_INDICATOR, Report, ReportForm};
use crate::EncodeError;
use crate::writer::Writer;

/// Writes one event with these reports, packet indicator included, and returns its length.
///
/// ```
/// use mibeacon::hci::{self, AddressType, Event, LegacyEventType, Report, ReportForm};
///
/// let report = Report {
///     address: [0xa4, 0xc1, 0x38, 0x02, 0x83, 0xf4].into(),
///     address_type: AddressType::PUBLIC,
///     rssi: Some(-56),
///     data: b"\x02\x01\x06",
///     form: ReportForm::Legacy(LegacyEventType::ADV_IND),
/// };
/// let mut buffer = [0; 258];
/// let length = hci::encode(&[report], &mut buffer)?;
/// assert_eq!(Event::parse(&buffer[..length])?.reports().next(), Some(Ok(report)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`EncodeError::Conflict`] if there is no report or the reports aren't all of one form,
/// [`EncodeError::TooLong`] if the data of a report or the event is too long,
/// [`EncodeError::BufferTooSmall`].
pub fn encode(reports: &[Report<'_>], out: &mut [u8]) -> Result<usize, EncodeError> {
    let is_extended = |report: &Report<'_>| matches!(report.form, ReportForm::Extended(_));
    let Some(first) = reports.first() else {
        return Err(EncodeError::Conflict("an event has at least one report"));
    };
    if reports
        .iter()
        .any(|report| is_extended(report) != is_extended(first))
    {
        return Err(EncodeError::Conflict("all reports of an event have one form"));
    }
    let lengths = reports
        .iter()
        .map(|report| report_length(report) + report.data.len());
    let total = 2 + lengths.sum::<usize>();
    let total_byte = u8::try_from(total).map_err(|_| EncodeError::TooLong {
        found: total,
        limit: u8::MAX.into(),
    })?;
    let subevent = if is_extended(first) { EXTENDED } else { LEGACY };
    // A report has at least ten bytes, so that the total length limits their number too.
    let count = reports.len() as u8;
    let mut writer = Writer::new(out);
    writer.put(&[PACKET_INDICATOR, LE_META, total_byte, subevent, count])?;
    for report in reports {
        match &report.form {
            ReportForm::Legacy(event_type) => legacy(&mut writer, report, event_type.0)?,
            ReportForm::Extended(fields) => extended(&mut writer, report, fields)?,
        }
    }
    Ok(writer.len())
}

fn legacy(writer: &mut Writer<'_>, report: &Report<'_>, event_type: u8) -> Result<(), EncodeError> {
    writer.put(&[event_type])?;
    put_address(writer, report.address_type, report.address)?;
    put_data(writer, report.data, LEGACY_DATA)?;
    writer.put(&report.rssi.unwrap_or(UNKNOWN_DBM).to_le_bytes())
}

fn extended(
    writer: &mut Writer<'_>,
    report: &Report<'_>,
    fields: &ExtendedFields,
) -> Result<(), EncodeError> {
    writer.put(&fields.event_type.0.to_le_bytes())?;
    put_address(writer, report.address_type, report.address)?;
    let sid = fields.sid.unwrap_or(NO_SID);
    writer.put(&[fields.primary_phy.0, fields.secondary_phy.0, sid])?;
    writer.put(&fields.tx_power.unwrap_or(UNKNOWN_DBM).to_le_bytes())?;
    writer.put(&report.rssi.unwrap_or(UNKNOWN_DBM).to_le_bytes())?;
    writer.put(&fields.periodic_interval.to_le_bytes())?;
    put_address(writer, fields.direct_address_type, fields.direct_address)?;
    put_data(writer, report.data, EXTENDED_DATA)
}

fn put_address(writer: &mut Writer<'_>, kind: AddressType, address: MacAddr6) -> Result<(), EncodeError> {
    let [a, b, c, d, e, f] = address.into_array();
    writer.put(&[kind.0, f, e, d, c, b, a])
}

fn put_data(writer: &mut Writer<'_>, data: &[u8], limit: u8) -> Result<(), EncodeError> {
    match u8::try_from(data.len()) {
        Ok(length) if length <= limit => {
            writer.put(&[length])?;
            writer.put(data)
        }
        _ => Err(EncodeError::TooLong {
            found: data.len(),
            limit: limit.into(),
        }),
    }
}

/// The length of a report without its data.
const fn report_length(report: &Report<'_>) -> usize {
    match report.form {
        ReportForm::Legacy(_) => 10,
        ReportForm::Extended(_) => 24,
    }
}

const LEGACY_DATA: u8 = 31;
const EXTENDED_DATA: u8 = 229;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hci::{Event, EventType, LegacyEventType, Phy};

    fn report(data: &[u8], form: ReportForm) -> Report<'_> {
        Report {
            address: MacAddr6::new(1, 2, 3, 4, 5, 6),
            address_type: AddressType::RANDOM,
            rssi: None,
            data,
            form,
        }
    }

    const ADV_IND: ReportForm = ReportForm::Legacy(LegacyEventType::ADV_IND);

    const EXTENDED: ReportForm = ReportForm::Extended(ExtendedFields {
        event_type: EventType(0),
        primary_phy: Phy::LE_CODED,
        secondary_phy: Phy::LE_2M,
        sid: None,
        tx_power: Some(8),
        periodic_interval: 80,
        direct_address_type: AddressType::PUBLIC,
        direct_address: MacAddr6::nil(),
    });

    #[test]
    fn several_reports_share_an_event() {
        let sent = [
            report(b"\x02\x01\x06", EXTENDED),
            report(b"", EXTENDED),
            report(&[7; 150], EXTENDED),
        ];
        let mut buffer = [0; 258];
        let length = encode(&sent, &mut buffer).unwrap();
        let received: Result<Vec<_>, _> = Event::parse(&buffer[..length]).unwrap().reports().collect();
        assert_eq!(received.unwrap(), sent);
    }

    #[test]
    fn what_an_event_can_not_hold_is_refused() {
        let mut buffer = [0; 600];
        let conflict = encode(&[report(b"", ADV_IND), report(b"", EXTENDED)], &mut buffer);
        assert!(matches!(conflict, Err(EncodeError::Conflict(_))));
        assert!(matches!(encode(&[], &mut buffer), Err(EncodeError::Conflict(_))));
        assert_eq!(
            encode(&[report(&[0; 32], ADV_IND)], &mut buffer),
            Err(EncodeError::TooLong { found: 32, limit: 31 })
        );
        assert_eq!(
            encode(&[report(&[0; 150], EXTENDED); 2], &mut buffer),
            Err(EncodeError::TooLong {
                found: 350,
                limit: 255
            })
        );
        assert!(encode(&[report(&[0; 229], EXTENDED)], &mut buffer).is_ok());
    }
}
