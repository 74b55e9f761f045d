//! AD structures, and what the rest of the crate finds in them.
#![no_main]

use std::time::Duration;

use fuzz::{check_debug, check_reading};
use libfuzzer_sys::fuzz_target;
use mibeacon::ad::{AdType, AdvertBuf, Advertisement, Encoder};
use mibeacon::atc::ReedEvent;
use mibeacon::{Decoder, Outcome, ParseError, Policy, payloads};

fuzz_target!(|bytes: &[u8]| {
    let advertisement = Advertisement::new(bytes);
    check_structures(advertisement);
    check_view(advertisement);
    check_payloads(bytes);
    check_reed_event(advertisement);
    match AdvertBuf::try_from(bytes) {
        Ok(advert) => assert_eq!(
            (advert.as_bytes(), advert.fits_legacy()),
            (bytes, bytes.len() <= 31)
        ),
        Err(_) => assert!(bytes.len() > 255),
    }
});

/// The structures that are read are the bytes that were there, up to a zero length, a fault or the end.
fn check_structures(advertisement: Advertisement<'_>) {
    let bytes = advertisement.as_bytes();
    let mut buffer = vec![0; bytes.len()];
    let mut encoder = Encoder::new(&mut buffer);
    let mut walk = advertisement.structures();
    let mut fault = None;
    for structure in walk.by_ref() {
        assert_eq!(fault, None, "an error comes last");
        match structure {
            Ok(structure) => {
                encoder
                    .structure(structure.ad_type, structure.data)
                    .expect("as long as before");
            }
            Err(error) => fault = Some(error),
        }
    }
    assert!(walk.next().is_none());
    assert_eq!(advertisement.error(), fault);

    let read = encoder.finish();
    let rest = bytes.strip_prefix(read).expect("the bytes that were read");
    match (fault, rest) {
        (None, rest) => assert!(matches!(rest, [] | [0, ..])),
        (
            Some(ParseError::TruncatedAd {
                offset,
                declared,
                available,
            }),
            &[length, ref rest @ ..],
        ) => {
            assert_eq!((offset, declared, available), (read.len(), length, rest.len()));
            assert!(usize::from(declared) > available);
        }
        other => panic!("{other:?}"),
    }
}

/// Every shortcut of the view finds what the structures hold.
fn check_view(advertisement: Advertisement<'_>) {
    let structures: Vec<_> = advertisement.structures().map_while(Result::ok).collect();
    let first = |ad_type: AdType| structures.iter().find(|structure| structure.ad_type == ad_type);

    let flags = first(AdType::FLAGS).and_then(|structure| structure.data.first());
    assert_eq!(advertisement.flags().map(|flags| flags.0), flags.copied());

    let name = first(AdType::COMPLETE_LOCAL_NAME).or(first(AdType::SHORTENED_LOCAL_NAME));
    assert_eq!(
        advertisement.name().map(|name| name.bytes),
        name.map(|structure| structure.data)
    );
    if let Some(name) = advertisement.name() {
        assert_eq!(
            name.as_str().map(str::as_bytes),
            std::str::from_utf8(name.bytes).ok().map(str::as_bytes)
        );
    }

    let mut buffer = vec![0; advertisement.as_bytes().len()];
    for service_data in advertisement.service_data() {
        let mut encoder = Encoder::new(&mut buffer);
        encoder
            .service_data(service_data.uuid, service_data.data)
            .expect("as long as before");
        let written = Advertisement::new(encoder.finish());
        assert_eq!(
            written.service_data_of(service_data.uuid),
            Some(service_data.data)
        );
        assert!(advertisement.service_data_of(service_data.uuid).is_some());
    }
    for manufacturer in advertisement.manufacturer_data() {
        let mut encoder = Encoder::new(&mut buffer);
        encoder
            .manufacturer_data(manufacturer.company, manufacturer.data)
            .expect("as long as before");
        let written = Advertisement::new(encoder.finish());
        assert_eq!(written.manufacturer_data().next(), Some(manufacturer));
    }
    let listed: usize = structures
        .iter()
        .filter(|structure| matches!(structure.ad_type.0, 2 | 3))
        .map(|structure| structure.data.len() / 2)
        .sum();
    assert_eq!(advertisement.uuids_16().count(), listed);
}

/// Every payload decodes to a report, and only readings come with readings.
fn check_payloads(bytes: &[u8]) {
    let mut decoder = Decoder::with_capacity(0, Policy::Lenient);
    let mut found = payloads(bytes);
    let structures = Advertisement::new(bytes)
        .structures()
        .filter(Result::is_ok)
        .count();
    let mut count = 0;
    for payload in found.by_ref() {
        count += 1;
        let report = decoder.decode(Duration::ZERO, None, payload);
        assert!(!report.authenticated, "nobody has a key");
        if report.outcome != Outcome::Readings {
            assert_eq!(report.readings().count(), 0);
        }
        report.all_readings().for_each(|reading| check_reading(&reading));
        check_debug(&report);
    }
    assert!(count <= structures);
    assert_eq!(found.error(), Advertisement::new(bytes).error());
}

/// A reed event that is found is found again in what it encodes to.
fn check_reed_event(advertisement: Advertisement<'_>) {
    if let Some(event) = ReedEvent::find(advertisement) {
        let written = AdvertBuf::build(|ad| event.encode(ad)).expect("two short structures");
        assert_eq!(ReedEvent::find(Advertisement::new(&written)), Some(event));
        event.readings().for_each(|reading| check_reading(&reading));
    }
}
