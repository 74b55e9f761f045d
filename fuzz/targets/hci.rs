//! HCI events with advertising reports.
#![no_main]

use fuzz::{ADDRESS, check_debug};
use libfuzzer_sys::fuzz_target;
use mibeacon::ParseError;
use mibeacon::hci::{self, AddressType, Event, LegacyEventType, Report, ReportForm};

fuzz_target!(|bytes: &[u8]| {
    check_event(bytes);
    check_data(bytes);
});

/// Reports of an event that is read to its end encode to the same event.
fn check_event(bytes: &[u8]) {
    let has_indicator = bytes.first() == Some(&0x04);
    let start = usize::from(has_indicator);
    let event = match Event::parse(bytes) {
        Ok(event) => event,
        Err(ParseError::TooShort { expected, found }) => {
            assert_eq!(found, bytes.len());
            assert!(expected > found);
            return;
        }
        Err(other) => panic!("{other}"),
    };
    check_debug(&event);
    let length = usize::from(bytes[start + 1]);
    let whole = &bytes[start..start + 2 + length];
    if let Event::Other { code, parameters } = event {
        assert_eq!([&[code, length as u8], parameters].concat(), whole);
        assert_eq!(Event::parse(bytes).expect("parsed before").reports().count(), 0);
        return;
    }

    let announced = usize::from(whole[3]);
    let results: Vec<_> = event.reports().collect();
    let fault = results.iter().position(Result::is_err);
    assert!(results.len() <= announced);
    assert!(
        fault.is_some() || results.len() == announced,
        "all of them, or a fault at the end"
    );
    assert!(fault.is_none_or(|index| index + 1 == results.len()));

    let reports: Vec<Report<'_>> = results.into_iter().map_while(Result::ok).collect();
    for report in &reports {
        check_debug(report);
        check_debug(&(
            report.data_status(),
            report.is_scan_response(),
            report.identity_address(),
        ));
        let is_private = report.address_type.is_resolvable_private(report.address);
        assert!(!is_private || report.identity_address().is_none());
    }
    if fault.is_none() {
        check_encoding(&reports, whole);
    }
}

fn check_encoding(reports: &[Report<'_>], event: &[u8]) {
    let limit = |report: &Report<'_>| match report.form {
        ReportForm::Legacy(_) => 31,
        ReportForm::Extended(_) => 229,
    };
    let is_legal = !reports.is_empty() && reports.iter().all(|report| report.data.len() <= limit(report));
    let mut buffer = [0; 258];
    match hci::encode(reports, &mut buffer) {
        Ok(length) => {
            assert!(is_legal);
            // Bytes after the last report count into the length of the event, and are not written again.
            assert_eq!(buffer[..2], [0x04, event[0]]);
            assert_eq!(buffer[3..length], event[2..length - 1]);
            assert!(usize::from(buffer[2]) <= usize::from(event[1]));
        }
        Err(error) => assert!(!is_legal, "{error}"),
    }
}

/// Whatever the data, a report that carries it comes back, and a buffer of any length is no danger.
fn check_data(data: &[u8]) {
    let report = Report {
        address: ADDRESS,
        address_type: AddressType::RANDOM,
        rssi: data
            .first()
            .map(|byte| byte.cast_signed())
            .filter(|rssi| *rssi != 0x7f),
        data,
        form: ReportForm::Legacy(LegacyEventType::ADV_NONCONN_IND),
    };
    let mut buffer = [0; 48];
    match hci::encode(&[report], &mut buffer) {
        Ok(length) => {
            let event = Event::parse(&buffer[..length]).expect("what was built parses");
            assert_eq!(event.reports().collect::<Vec<_>>(), [Ok(report)]);
            assert!(hci::encode(&[report], &mut buffer[..length - 1]).is_err());
        }
        Err(_) => assert!(data.len() > 31),
    }
}
