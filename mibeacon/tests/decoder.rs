//! The decoder, as its users meet it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Content, Decoder, DeviceState, Format, KeyStatus, MacAddr6,
    Message, NonceGuard, Outcome, ParseError, Payload, Policy, Reading, Slot, bthome, frame, payloads,
};

const LYWSD03MMC: BeaconFormat = BeaconFormat::MiBeacon {
    product_id: frame::ProductId(0x055b),
    version: 5,
};
const CLIMATE: Climate = Climate {
    temperature: 2137,
    humidity: 4390,
    battery_level: 87,
    battery_millivolts: 2900,
};

fn address(last: u8) -> MacAddr6 {
    MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, last)
}

/// A key that all formats take: the old versions of MiBeacon need the four bytes in the middle.
fn key(byte: u8) -> BindKey {
    let mut bytes = [byte; 16];
    bytes[6..10].copy_from_slice(b"\x8d\x3d\x3c\x97");
    BindKey::from(bytes)
}

fn decoder(policy: Policy) -> Decoder<Vec<Slot>> {
    Decoder::with_capacity(4, policy)
}

/// The first advertisement of a message.
fn say(beacon: &mut Beacon, message: &Message<'_>) -> Vec<u8> {
    let start = Duration::from_secs(1000) + Duration::from_secs(u64::from(beacon.counter()) * 100);
    beacon.send(start, message).unwrap();
    let mut now = start;
    loop {
        let advert = beacon.poll_transmit(now).map(|advert| advert.to_vec());
        let is_idle = |advert: &[u8]| {
            payloads(advert).all(|payload| {
                let report = Decoder::with_capacity(0, Policy::Off)
                    .decode(now, None, payload)
                    .outcome;
                report == Outcome::Presence
            })
        };
        match advert {
            Some(advert) if !is_idle(&advert) => return advert,
            _ => now = beacon.poll_timeout().unwrap(),
        }
    }
}

fn outcome(decoder: &mut Decoder<Vec<Slot>>, from: MacAddr6, advert: &[u8]) -> Outcome {
    let payload = payloads(advert).next().expect("a payload");
    decoder
        .decode(Duration::from_secs(1), Some(from), payload)
        .outcome
}

fn encrypted_beacons() -> Vec<Beacon> {
    let formats = [
        LYWSD03MMC,
        BeaconFormat::MiBeacon {
            product_id: frame::ProductId(0x055b),
            version: 3,
        },
        BeaconFormat::Atc1441,
        BeaconFormat::Pvvx,
        BeaconFormat::BthomeV1,
        BeaconFormat::BthomeV2 { trigger_based: false },
    ];
    formats
        .into_iter()
        .map(|format| Beacon::new(address(1), format).with_key(key(1)))
        .collect()
}

#[test]
fn a_right_key_gives_readings_in_every_encrypted_format() {
    for mut beacon in encrypted_beacons() {
        let mut decoder = decoder(Policy::Strict);
        decoder.insert_key(address(1), key(1)).unwrap();
        let advert = say(&mut beacon, &Message::Climate(CLIMATE));
        let payload = payloads(&advert).next().unwrap();
        let report = decoder.decode(Duration::ZERO, Some(address(1)), payload);
        assert_eq!(report.outcome, Outcome::Readings, "{beacon:?}");
        assert!(report.authenticated);
        assert!(report.readings().count() > 0);
        assert_eq!(decoder.device(address(1)).unwrap().key_status(), KeyStatus::Works);
    }
}

#[test]
fn without_a_key_it_says_so() {
    for mut beacon in encrypted_beacons() {
        let advert = say(&mut beacon, &Message::Climate(CLIMATE));
        assert_eq!(
            outcome(&mut decoder(Policy::Lenient), address(1), &advert),
            Outcome::NoKey
        );
        let mut tracked = decoder(Policy::Lenient);
        tracked.track(address(1)).unwrap();
        assert_eq!(outcome(&mut tracked, address(1), &advert), Outcome::NoKey);
        assert!(Outcome::NoKey.help().unwrap().contains("bind key"));
    }
}

#[test]
fn one_damaged_packet_does_not_blame_the_key() {
    for mut beacon in encrypted_beacons() {
        let mut decoder = decoder(Policy::Lenient);
        decoder.insert_key(address(1), key(1)).unwrap();
        let mut damaged = say(&mut beacon, &Message::Climate(CLIMATE));
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(
            outcome(&mut decoder, address(1), &damaged),
            Outcome::AuthenticationFailed
        );
        assert_eq!(
            decoder.device(address(1)).unwrap().key_status(),
            KeyStatus::Failing
        );
        let good = say(&mut beacon, &Message::Climate(CLIMATE));
        assert_eq!(outcome(&mut decoder, address(1), &good), Outcome::Readings);
        assert_eq!(decoder.device(address(1)).unwrap().key_status(), KeyStatus::Works);
    }
}

#[test]
fn another_device_s_key_is_recognised() {
    for mut beacon in encrypted_beacons() {
        let mut decoder = decoder(Policy::Lenient);
        decoder.insert_key(address(1), key(2)).unwrap();
        assert_eq!(
            decoder.device(address(1)).unwrap().key_status(),
            KeyStatus::NothingEncryptedYet
        );
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            outcomes.push(outcome(
                &mut decoder,
                address(1),
                &say(&mut beacon, &Message::Climate(CLIMATE)),
            ));
        }
        assert_eq!(
            outcomes,
            [
                Outcome::AuthenticationFailed,
                Outcome::WrongKey,
                Outcome::WrongKey
            ],
            "{beacon:?}"
        );
        assert_eq!(
            decoder.device(address(1)).unwrap().key_status(),
            KeyStatus::NotThisDevice
        );
    }
}

#[test]
fn a_device_that_was_paired_again_is_recognised() {
    let mut decoder = decoder(Policy::Lenient);
    decoder.insert_key(address(1), key(1)).unwrap();
    let mut before = Beacon::new(address(1), LYWSD03MMC)
        .with_key(key(1))
        .with_counter(5000);
    assert_eq!(
        outcome(
            &mut decoder,
            address(1),
            &say(&mut before, &Message::Climate(CLIMATE))
        ),
        Outcome::Readings
    );

    let mut after = Beacon::new(address(1), LYWSD03MMC).with_key(key(2));
    let advert = say(&mut after, &Message::Climate(CLIMATE));
    assert_eq!(
        outcome(&mut decoder, address(1), &advert),
        Outcome::AuthenticationFailed
    );
    assert_eq!(outcome(&mut decoder, address(1), &advert), Outcome::PairedAgain);
    assert_eq!(
        decoder.device(address(1)).unwrap().key_status(),
        KeyStatus::PairedAgain
    );

    // The new key starts the counters anew.
    decoder.insert_key(address(1), key(2)).unwrap();
    assert_eq!(outcome(&mut decoder, address(1), &advert), Outcome::Readings);
}

#[test]
fn a_short_key_is_too_short_for_custom_firmware_only() {
    let short = BindKey::new(&[7; 12]).unwrap();
    for mut beacon in encrypted_beacons() {
        let mut decoder = decoder(Policy::Lenient);
        decoder.insert_key(address(1), short.clone()).unwrap();
        let custom = payloads(&say(&mut beacon, &Message::Climate(CLIMATE)))
            .next()
            .is_some_and(|payload| {
                Decoder::with_capacity(0, Policy::Off)
                    .decode(Duration::ZERO, None, payload)
                    .format
                    != Format::MiBeacon
            });
        let outcome = outcome(
            &mut decoder,
            address(1),
            &say(&mut beacon, &Message::Climate(CLIMATE)),
        );
        let status = decoder.device(address(1)).unwrap().key_status();
        if custom {
            assert_eq!((outcome, status), (Outcome::KeyTooShort, KeyStatus::TooShort));
        } else {
            assert_eq!(
                (outcome, status),
                (Outcome::AuthenticationFailed, KeyStatus::Failing)
            );
        }
    }
}

#[test]
fn every_key_status_but_success_has_help() {
    for status in [
        KeyStatus::NoKey,
        KeyStatus::NothingEncryptedYet,
        KeyStatus::Failing,
        KeyStatus::NotThisDevice,
        KeyStatus::PairedAgain,
        KeyStatus::TooShort,
    ] {
        assert!(status.help().is_some_and(|help| help.len() > 30), "{status}");
    }
    assert_eq!(KeyStatus::Works.help(), None);
}

#[test]
fn a_repeated_packet_is_a_duplicate_and_a_recorded_one_a_replay() {
    let mut decoder = decoder(Policy::Strict);
    decoder.insert_key(address(1), key(1)).unwrap();
    let mut beacon = Beacon::new(address(1), LYWSD03MMC)
        .with_key(key(1))
        .with_counter(1000);
    let recorded = say(&mut beacon, &Message::Climate(CLIMATE));
    assert_eq!(outcome(&mut decoder, address(1), &recorded), Outcome::Readings);
    assert_eq!(outcome(&mut decoder, address(1), &recorded), Outcome::Duplicate);
    let mut later = Beacon::new(address(1), LYWSD03MMC)
        .with_key(key(1))
        .with_counter(1999);
    assert_eq!(
        outcome(
            &mut decoder,
            address(1),
            &say(&mut later, &Message::Climate(CLIMATE))
        ),
        Outcome::Readings
    );
    let replayed = outcome(&mut decoder, address(1), &recorded);
    assert_eq!(
        replayed,
        Outcome::Replayed {
            counter: 1001,
            last: 2000
        }
    );
    assert!(replayed.to_string().contains("1001"));
}

#[test]
fn a_restart_opens_no_replay_window() {
    for mut beacon in encrypted_beacons() {
        let mut before = decoder(Policy::Strict);
        before.insert_key(address(1), key(1)).unwrap();
        let recorded = say(&mut beacon, &Message::Climate(CLIMATE));
        assert_eq!(outcome(&mut before, address(1), &recorded), Outcome::Readings);
        let stored: Vec<[u8; DeviceState::LENGTH]> = before.states().map(|state| state.to_bytes()).collect();

        let mut after = decoder(Policy::Strict);
        after.insert_key(address(1), key(1)).unwrap();
        for bytes in &stored {
            after.restore(&DeviceState::from_bytes(bytes).unwrap()).unwrap();
        }
        let is_0x181a = matches!(
            payloads(&recorded)
                .next()
                .map(|p| before.decode(Duration::ZERO, Some(address(1)), p).format),
            Some(Format::Atc1441 | Format::Pvvx)
        );
        let again = outcome(&mut after, address(1), &recorded);
        // The encrypted 0x181A forms have nothing to tell old packets by.
        assert_eq!(again == Outcome::Readings, is_0x181a, "{again}");
    }
}

#[test]
fn the_same_key_again_opens_no_replay_window() {
    let mut decoder = decoder(Policy::Strict);
    decoder.insert_key(address(1), key(1)).unwrap();
    let mut beacon = Beacon::new(address(1), LYWSD03MMC).with_key(key(1));
    let recorded = say(&mut beacon, &Message::Climate(CLIMATE));
    assert_eq!(outcome(&mut decoder, address(1), &recorded), Outcome::Readings);
    decoder.insert_key(address(1), key(1)).unwrap();
    assert_eq!(outcome(&mut decoder, address(1), &recorded), Outcome::Duplicate);
}

#[test]
fn plain_readings_of_a_device_with_a_key_are_not_trusted() {
    for (format, lenient) in [
        (BeaconFormat::Pvvx, Outcome::Downgraded),
        (
            BeaconFormat::BthomeV2 { trigger_based: false },
            Outcome::Downgraded,
        ),
        (LYWSD03MMC, Outcome::Readings),
    ] {
        let advert = say(&mut Beacon::new(address(1), format), &Message::Climate(CLIMATE));
        for (policy, expected) in [
            (Policy::Strict, Outcome::Downgraded),
            (Policy::Lenient, lenient),
            (Policy::Off, Outcome::Readings),
        ] {
            let mut decoder = decoder(policy);
            decoder.insert_key(address(1), key(1)).unwrap();
            let payload = payloads(&advert).next().unwrap();
            let report = decoder.decode(Duration::ZERO, Some(address(1)), payload);
            assert_eq!(
                (report.outcome, report.authenticated),
                (expected, false),
                "{format:?} {policy:?}"
            );
        }
    }
}

#[test]
fn strangers_take_no_slot() {
    let mut decoder = decoder(Policy::Lenient);
    for last in 0..=255 {
        let advert = say(
            &mut Beacon::new(address(last), BeaconFormat::Pvvx),
            &Message::Climate(CLIMATE),
        );
        assert_eq!(outcome(&mut decoder, address(last), &advert), Outcome::Readings);
    }
    assert_eq!(decoder.devices().count(), 0);
}

#[test]
fn a_full_decoder_says_how_many_it_holds() {
    let mut decoder = decoder(Policy::Lenient);
    for last in 0..4 {
        decoder.insert_key(address(last), key(last)).unwrap();
    }
    let error = decoder.insert_key(address(4), key(4)).unwrap_err();
    assert_eq!(error.capacity, 4);
    assert!(decoder.remove(address(2)));
    assert!(!decoder.remove(address(2)));
    decoder.insert_key(address(4), key(4)).unwrap();
}

#[test]
fn a_device_that_is_not_bound_yet_is_recognised() {
    let mut decoder = decoder(Policy::Lenient);
    let idle = b"\x30\x58\x5b\x05\x01\x5a\x81\xed\x38\xc1\xa4\x28\x01\x00";
    let payload = Payload::service_data(0xfe95, idle).unwrap();
    assert_eq!(
        decoder.decode(Duration::ZERO, None, payload).outcome,
        Outcome::NotBound
    );
}

#[test]
fn an_unknown_product_still_gives_named_values() {
    let mut decoder = decoder(Policy::Lenient);
    // Product 0xfffe, object 0x5001: temperature of service 4.
    let known_object = b"\x40\x50\xfe\xff\x01\x01\x50\x04\x66\x66\xbe\x41";
    let report = decoder.decode(
        Duration::ZERO,
        None,
        Payload::service_data(0xfe95, known_object).unwrap(),
    );
    assert_eq!(report.outcome, Outcome::Readings);
    assert_eq!(
        report.readings().next().unwrap().to_string(),
        "temperature 23.8 °C"
    );
    // An object that explains nothing.
    let unknown_object = b"\x40\x50\xfe\xff\x01\x04\x50\x01\x66";
    let report = decoder.decode(
        Duration::ZERO,
        None,
        Payload::service_data(0xfe95, unknown_object).unwrap(),
    );
    assert_eq!(report.outcome, Outcome::UnknownProduct);
    assert!(matches!(report.all_readings().next(), Some(Reading::Unknown(_))));
    assert_eq!(report.readings().count(), 0);
}

#[test]
fn what_comes_before_a_fault_is_read() {
    let mut decoder = decoder(Policy::Lenient);
    let frame = b"\x50\x20\xaa\x01\x09\x56\x34\x12\x38\xc1\xa4\x0a\x10\x01\x64\x06\x10\x03";
    let report = decoder.decode(
        Duration::ZERO,
        None,
        Payload::service_data(0xfe95, frame).unwrap(),
    );
    assert_eq!(report.outcome, Outcome::Readings);
    assert_eq!(report.readings().count(), 1);
    let fault = ParseError::TruncatedObject {
        id: 0x1006,
        offset: 4,
        declared: 3,
        available: 0,
    };
    assert_eq!(report.fault(), Some(fault));

    let bthome = b"\x40\x01\x64\x30\x01";
    let report = decoder.decode(
        Duration::ZERO,
        None,
        Payload::service_data(0xfcd2, bthome).unwrap(),
    );
    assert_eq!(
        (report.outcome, report.readings().count()),
        (Outcome::Readings, 1)
    );
    assert!(report.fault().is_some());
}

#[test]
fn an_encrypted_frame_from_nobody_needs_an_address() {
    let mut decoder = decoder(Policy::Lenient);
    let frame = b"\x48\x59\x8d\x0a\x4d\x38\x46\x0d\x3a\xf1\xa3\x00\x00\x00\x6f\x7d\xdb\x04";
    let payload = Payload::service_data(0xfe95, frame).unwrap();
    assert_eq!(
        decoder.decode(Duration::ZERO, None, payload).outcome,
        Outcome::AddressUnknown
    );
}

#[test]
fn two_advertisements_of_pvvx_with_one_packet_id_both_count() {
    // pvvx 4.5+ alternates two payloads; receivers that look at the packet id alone lose the voltage.
    let mut decoder = decoder(Policy::Lenient);
    decoder.track(address(1)).unwrap();
    let first = Payload::service_data(0xfcd2, b"\x40\x00\x93\x01\x5b\x02\xc0\x06\x03\xdd\x12").unwrap();
    let second = Payload::service_data(0xfcd2, b"\x40\x00\x93\x0c\x6f\x0b\x10\x00\x11\x01").unwrap();
    let at = Duration::from_secs;
    assert_eq!(
        decoder.decode(at(1), Some(address(1)), first).outcome,
        Outcome::Readings
    );
    assert_eq!(
        decoder.decode(at(3), Some(address(1)), second).outcome,
        Outcome::Readings
    );
    assert_eq!(
        decoder.decode(at(4), Some(address(1)), second).outcome,
        Outcome::Duplicate
    );
}

#[test]
fn two_encrypted_advertisements_of_pvvx_with_one_counter_both_count() {
    let sealed = |battery: u32, out: &mut [u8; 31]| {
        let mut encoder = bthome::v2::Encoder::new(out);
        encoder
            .push(0x00, 7_u32)
            .and_then(|encoder| encoder.push(0x01, battery))
            .unwrap();
        // A guard of its own for each, since this nonce isn't used once, as firmware does it.
        let mut guard = NonceGuard::new();
        encoder
            .seal(&key(1), address(1), 300, &mut guard)
            .unwrap()
            .to_vec()
    };
    let (first, second) = (sealed(87, &mut [0; 31]), sealed(86, &mut [0; 31]));
    for (policy, repeated, other) in [
        (Policy::Lenient, Outcome::Duplicate, Outcome::Readings),
        (Policy::Strict, REPLAYED, REPLAYED),
        (Policy::Off, Outcome::Readings, Outcome::Readings),
    ] {
        let mut decoder = decoder(policy);
        decoder.insert_key(address(1), key(1)).unwrap();
        let mut seconds = 0;
        let mut hear = |decoder: &mut Decoder<Vec<Slot>>, data| {
            seconds += 1;
            let payload = Payload::service_data(bthome::UUID_V2, data).unwrap();
            let report = decoder.decode(Duration::from_secs(seconds), Some(address(1)), payload);
            (report.outcome, report.authenticated)
        };
        assert_eq!(hear(&mut decoder, &first), (Outcome::Readings, true));
        assert_eq!(hear(&mut decoder, &first), (repeated, true));
        assert_eq!(hear(&mut decoder, &second), (other, true));
        let states: Vec<DeviceState> = decoder.states().collect();
        let mut decoder = Decoder::with_capacity(1, policy);
        decoder.insert_key(address(1), key(1)).unwrap();
        decoder.restore(&states[0]).unwrap();
        assert_eq!(hear(&mut decoder, &second), (repeated, true), "after a restart");
    }
}

const REPLAYED: Outcome = Outcome::Replayed {
    counter: 300,
    last: 300,
};

#[test]
fn a_reed_event_is_found_across_its_two_structures() {
    let advert = b"\x02\x01\x06\x04\x16\x56\x2a\x01\x06\x16\xeb\x2a\x00\x00\x07";
    let payload = payloads(advert).next().unwrap();
    assert_eq!(payloads(advert).count(), 1);
    let mut decoder = decoder(Policy::Lenient);
    let report = decoder.decode(Duration::ZERO, Some(address(1)), payload);
    assert!(matches!(report.content, Content::Reed(event) if event.count == Some(7)));
}

#[test]
fn availability_follows_the_device_s_habits() {
    let mut decoder = decoder(Policy::Lenient);
    for last in [1, 2] {
        decoder.track(address(last)).unwrap();
    }
    let thermometer = say(
        &mut Beacon::new(address(1), BeaconFormat::Pvvx),
        &Message::Climate(CLIMATE),
    );
    let payload = payloads(&thermometer).next().unwrap();
    decoder.decode(Duration::from_secs(100), Some(address(1)), payload);
    let scale = Payload::service_data(0x181d, b"\x22\x9e\x43\xe5\x07\x04\x0b\x10\x13\x01").unwrap();
    decoder.decode(Duration::from_secs(100), Some(address(2)), scale);

    let later = Duration::from_secs(100 + 16 * 60);
    let thermometer = decoder.device(address(1)).unwrap();
    assert!(!thermometer.is_sleepy() && !thermometer.is_available(later));
    assert!(thermometer.is_available(Duration::from_secs(400)));
    let scale = decoder.device(address(2)).unwrap();
    assert!(scale.is_sleepy() && scale.is_available(later));
    assert_eq!(scale.format(), Some(Format::WeightScale));
}

#[test]
fn nothing_prints_a_key() {
    let mut decoder = decoder(Policy::Lenient);
    decoder
        .insert_key(address(1), BindKey::from(*b"SECRETSECRETSECR"))
        .unwrap();
    let mut beacon = Beacon::new(address(1), LYWSD03MMC).with_key(BindKey::from(*b"SECRETSECRETSECR"));
    let advert = say(&mut beacon, &Message::Climate(CLIMATE));
    let payload = payloads(&advert).next().unwrap();
    let report = format!("{:?}", decoder.decode(Duration::ZERO, Some(address(1)), payload));
    let printed = format!("{decoder:?} {beacon:?} {report}");
    for form in ["SECRET", "5345435245", "83, 69, 67"] {
        assert!(!printed.contains(form), "{printed}");
    }
}
