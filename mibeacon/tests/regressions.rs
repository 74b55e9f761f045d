//! What fuzzing has found once.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Decoder, KeyStatus, MacAddr6, Message, Outcome, Policy, Timing,
    payloads,
};

const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 0, 0, 1);
const CLIMATE: Message<'_> = Message::Climate(Climate {
    temperature: 2137,
    humidity: 4390,
    battery_level: 87,
    battery_millivolts: 2900,
});

fn all_formats() -> [BeaconFormat; 5] {
    let product_id = mibeacon::frame::ProductId(0x055b);
    [
        BeaconFormat::MiBeacon {
            product_id,
            version: 5,
        },
        BeaconFormat::Atc1441,
        BeaconFormat::Pvvx,
        BeaconFormat::BthomeV1,
        BeaconFormat::BthomeV2 { trigger_based: true },
    ]
}

/// Polls as its caller does; `None` if that doesn't end.
fn transmitted(beacon: &mut Beacon, now: Duration) -> Option<usize> {
    (0..100).find(|_| beacon.poll_transmit(now).is_none())
}

#[test]
fn a_beacon_at_the_end_of_time_falls_silent() {
    for format in all_formats() {
        let mut beacon = Beacon::new(ADDRESS, format);
        beacon.send(Duration::MAX, &CLIMATE).unwrap();
        assert!(transmitted(&mut beacon, Duration::MAX).is_some(), "{format:?}");
        assert_eq!(beacon.poll_timeout(), None);
    }
}

#[test]
fn a_beacon_with_timing_of_centuries_does_not_panic() {
    let timing = Timing {
        delay: Duration::ZERO,
        interval: Duration::MAX,
        hold: Some(Duration::MAX),
        idle: Some(Duration::MAX),
    };
    for format in all_formats() {
        let mut beacon = Beacon::new(ADDRESS, format).with_timing(timing);
        beacon.send(Duration::from_secs(1), &CLIMATE).unwrap();
        assert_eq!(
            transmitted(&mut beacon, Duration::from_secs(1)),
            Some(1),
            "{format:?}"
        );
    }
}

#[test]
fn a_beacon_without_pauses_still_lets_its_caller_go() {
    let timing = Timing {
        delay: Duration::ZERO,
        interval: Duration::ZERO,
        hold: None,
        idle: Some(Duration::ZERO),
    };
    for format in all_formats() {
        let mut beacon = Beacon::new(ADDRESS, format).with_timing(timing);
        beacon.send(Duration::ZERO, &CLIMATE).unwrap();
        assert_eq!(transmitted(&mut beacon, Duration::ZERO), Some(1), "{format:?}");
        assert!(beacon.poll_timeout() > Some(Duration::ZERO));
    }
}

#[test]
fn a_beacon_spends_every_nonce_of_the_8_bit_counter_once() {
    let key = BindKey::from([0x5a; 16]);
    for format in [BeaconFormat::Atc1441, BeaconFormat::Pvvx] {
        let mut beacon = Beacon::new(ADDRESS, format).with_key(key.clone());
        let sent = (0..1000)
            .take_while(|_| beacon.send(Duration::ZERO, &CLIMATE).is_ok())
            .count();
        // 1 to 255: a counter of zero is below the last one.
        assert_eq!(sent, 255, "{format:?}");
    }
}

#[test]
fn a_state_restored_before_the_key_is_inserted_is_kept() {
    let key = BindKey::from([0x5a; 16]);
    for format in all_formats()
        .into_iter()
        .filter(|format| !matches!(format, BeaconFormat::Atc1441 | BeaconFormat::Pvvx))
    {
        let mut beacon = Beacon::new(ADDRESS, format)
            .with_timing(Timing::THERMOMETER)
            .with_key(key.clone());
        beacon.send(Duration::ZERO, &CLIMATE).unwrap();
        let recorded = beacon.poll_transmit(Duration::ZERO).unwrap();
        let payload = payloads(&recorded).next().unwrap();
        let mut before = Decoder::with_capacity(1, Policy::Strict);
        before.insert_key(ADDRESS, key.clone()).unwrap();
        assert_eq!(
            before.decode(Duration::ZERO, Some(ADDRESS), payload).outcome,
            Outcome::Readings
        );

        let mut after = Decoder::with_capacity(1, Policy::Strict);
        for state in before.states() {
            after.restore(&state).unwrap();
        }
        after.insert_key(ADDRESS, key.clone()).unwrap();

        let replayed = after.decode(Duration::ZERO, Some(ADDRESS), payload).outcome;
        assert_ne!(replayed, Outcome::Readings, "{format:?}");
        assert_eq!(after.device(ADDRESS).unwrap().key_status(), KeyStatus::Works);
    }
}
