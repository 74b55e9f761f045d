//! Beacons against a decoder over a link that loses, doubles, delays and reorders, and where somebody replays.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Decimal, Decoder, Event, MacAddr6, Message, Outcome, Policy,
    Quantity, Reading, bthome, frame, payloads,
};

/// Every run of a seed is the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 >> 33) ^ self.0;
        mixed.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// Delivers packets at other times than they were sent.
#[derive(Default)]
struct Link {
    in_flight: BTreeMap<(Duration, u64), Vec<u8>>,
    sent: u64,
    recorded: Vec<Vec<u8>>,
}

impl Link {
    fn transmit(&mut self, random: &mut Random, now: Duration, advert: &[u8]) {
        if random.one_in(10) {
            self.recorded.push(advert.to_vec());
        }
        if random.one_in(4) {
            return;
        }
        for _ in 0..=u64::from(random.one_in(4)) {
            let delay = Duration::from_millis(if random.one_in(4) { random.below(900) } else { 2 });
            let mut bytes = advert.to_vec();
            if random.one_in(20) {
                let index = usize::try_from(random.below(bytes.len() as u64)).unwrap();
                bytes[index] ^= 1 << random.below(8);
            }
            self.sent += 1;
            self.in_flight.insert((now + delay, self.sent), bytes);
        }
    }

    /// Somebody plays back what he has recorded.
    fn replay(&mut self, random: &mut Random, now: Duration) {
        if let Some(advert) = self.recorded.first().filter(|_| random.one_in(50)).cloned() {
            self.sent += 1;
            self.in_flight.insert((now, self.sent), advert);
        }
    }

    fn receive(&mut self, now: Duration) -> Option<Vec<u8>> {
        let first = self
            .in_flight
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }
}

const ADDRESS: MacAddr6 = MacAddr6::new(0xa4, 0xc1, 0x38, 1, 2, 3);
const STEP: Duration = Duration::from_millis(20);

/// Sends growing temperatures and gives those that the decoder accepted, in order.
fn run(seed: u64, format: BeaconFormat, policy: Policy, messages: i16) -> Vec<i64> {
    let mut random = Random(seed);
    let key = BindKey::from([seed.to_le_bytes()[0]; 16]);
    let mut beacon = Beacon::new(ADDRESS, format).with_key(key.clone());
    let mut decoder = Decoder::with_capacity(2, policy);
    decoder.insert_key(ADDRESS, key).unwrap();
    let mut link = Link::default();
    let mut accepted = Vec::new();
    let mut now = Duration::ZERO;
    let mut next_message = Duration::ZERO;
    let mut sent = 0;
    while sent < messages || now < next_message || !link.in_flight.is_empty() {
        if sent < messages && now >= next_message {
            sent += 1;
            let climate = Climate {
                temperature: 10 * sent,
                humidity: 5000,
                battery_level: 50,
                battery_millivolts: 3000,
            };
            beacon.send(now, &Message::Climate(climate)).unwrap();
            next_message = now + Duration::from_secs(10);
        }
        // After the last message's time the device falls silent, so that the run ends.
        if now < next_message {
            while let Some(advert) = beacon.poll_transmit(now) {
                link.transmit(&mut random, now, &advert);
            }
        }
        link.replay(&mut random, now);
        while let Some(bytes) = link.receive(now) {
            for payload in payloads(&bytes) {
                let report = decoder.decode(now, Some(ADDRESS), payload);
                // Damage to the unprotected header may turn an advertisement into another plain one; readings that
                // claim to be authentic are.
                for reading in report.readings().filter(|_| report.authenticated) {
                    if let Reading::Measurement(measurement) = reading
                        && measurement.quantity == Quantity::Temperature
                    {
                        accepted.push(measurement.value.rescaled(-2).unwrap());
                    }
                }
            }
        }
        now += STEP;
    }
    accepted
}

#[test]
fn strict_accepts_every_message_at_most_once_and_in_order() {
    for (format, seeds) in [
        (
            BeaconFormat::MiBeacon {
                product_id: frame::ProductId(0x055b),
                version: 5,
            },
            1000,
        ),
        (BeaconFormat::BthomeV2 { trigger_based: false }, 1500),
        (BeaconFormat::BthomeV1, 500),
    ] {
        let mut total = 0;
        for seed in 0..seeds {
            let accepted = run(seed, format, Policy::Strict, 8);
            assert!(
                accepted.windows(2).all(|pair| pair[0] < pair[1]),
                "seed {seed}, {format:?}: {accepted:?}"
            );
            assert!(
                accepted.iter().all(|t| (10..=80).contains(t) && t % 10 == 0),
                "seed {seed}: {accepted:?}"
            );
            total += accepted.len();
        }
        // Each message is repeated, so that hardly one is lost although a quarter of the packets is.
        assert!(
            total as u64 > seeds * 8 * 9 / 10,
            "{format:?}: {total} of {}",
            seeds * 8
        );
    }
}

#[test]
fn lenient_gives_only_what_was_sent() {
    for format in [
        BeaconFormat::Pvvx,
        BeaconFormat::Atc1441,
        BeaconFormat::BthomeV2 { trigger_based: false },
    ] {
        for seed in 0..700 {
            let accepted: HashSet<i64> = run(seed, format, Policy::Lenient, 6).into_iter().collect();
            let rounding = if format == BeaconFormat::Atc1441 { 50 } else { 10 };
            assert!(
                accepted.iter().all(|t| (0..=60).contains(t) && t % rounding == 0),
                "seed {seed}: {accepted:?}"
            );
        }
    }
}

#[test]
fn a_button_is_heard_once_for_each_press() {
    let mut heard = 0;
    for seed in 0..1000 {
        let mut random = Random(seed);
        let key = BindKey::from([9; 16]);
        let mut beacon =
            Beacon::new(ADDRESS, BeaconFormat::BthomeV2 { trigger_based: true }).with_key(key.clone());
        let mut decoder = Decoder::with_capacity(1, Policy::Strict);
        decoder.insert_key(ADDRESS, key).unwrap();
        let mut link = Link::default();
        let mut presses = 0;
        for step in 0..400_u32 {
            let now = STEP * step;
            if step % 100 == 0 {
                let press = [
                    (0x3a, bthome::ButtonCode::PRESS.into()),
                    (0x0c, Decimal::new(3000, -3).into()),
                ];
                beacon.send(now, &Message::Bthome(&press)).unwrap();
            }
            while let Some(advert) = beacon.poll_transmit(now) {
                link.transmit(&mut random, now, &advert);
            }
            link.replay(&mut random, now);
            while let Some(bytes) = link.receive(now) {
                for payload in payloads(&bytes) {
                    let report = decoder.decode(now, Some(ADDRESS), payload);
                    if report.outcome == Outcome::Readings && report.authenticated {
                        presses += report
                            .readings()
                            .filter(|r| matches!(r.as_event(), Some(Event::Button(_))))
                            .count();
                    }
                }
            }
        }
        assert!(presses <= 4, "seed {seed}: {presses}");
        heard += presses;
    }
    assert!(heard > 3900, "{heard} of 4000");
}
