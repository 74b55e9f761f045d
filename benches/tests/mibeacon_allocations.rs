//! Decoding allocates nothing, whatever the format.

use std::time::Duration;

use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Decoder, MacAddr6, Message, Outcome, Policy, frame, payloads,
};

const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3);

#[test]
fn no_advert_of_a_device_or_a_stranger_allocates() {
    let climate = Climate {
        temperature: 2137,
        humidity: 4390,
        battery_level: 87,
        battery_millivolts: 2900,
    };
    let product_id = frame::ProductId(0x055b);
    for format in [
        BeaconFormat::MiBeacon {
            product_id,
            version: 5,
        },
        BeaconFormat::Atc1441,
        BeaconFormat::Pvvx,
        BeaconFormat::BthomeV1,
        BeaconFormat::BthomeV2 { trigger_based: false },
    ] {
        for key in [None, Some(BindKey::from([7; 16]))] {
            let mut beacon = Beacon::new(ADDRESS, format);
            let mut decoder = Decoder::with_capacity(4, Policy::Lenient);
            match &key {
                Some(key) => {
                    beacon = beacon.with_key(key.clone());
                    decoder.insert_key(ADDRESS, key.clone()).expect("room");
                }
                None => decoder.track(ADDRESS).expect("room"),
            }
            beacon
                .send(Duration::ZERO, &Message::Climate(climate))
                .expect("a message of the format");
            let now = beacon.poll_timeout().expect("something to send");
            let advert = beacon.poll_transmit(now).expect("it is time");

            for (host, expected) in [(ADDRESS, Outcome::Readings), (ADDRESS, Outcome::Duplicate)] {
                let mut outcome = Outcome::Presence;
                let mut readings = 0;
                let allocations = allocation_counter::measure(|| {
                    for payload in payloads(&advert) {
                        let report = decoder.decode(now, Some(host), payload);
                        outcome = report.outcome;
                        readings += report.readings().count();
                    }
                });
                assert_eq!(allocations.count_total, 0, "{format:?}");
                assert_eq!(outcome, expected, "{format:?}");
                assert_eq!(readings > 0, expected == Outcome::Readings);
            }
            let stranger = allocation_counter::measure(|| {
                let mut nobody = Decoder::new([const { mibeacon::Slot::EMPTY }; 1], Policy::Lenient);
                for payload in payloads(&advert) {
                    let report = nobody.decode(now, Some(ADDRESS), payload);
                    assert_eq!(report.outcome == Outcome::NoKey, key.is_some());
                }
                assert_eq!(nobody.devices().count(), 0);
            });
            assert_eq!(stranger.count_total, 0, "{format:?}");
        }
    }
}
