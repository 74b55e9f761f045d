//! The beacon as a state machine: whatever it is told and whenever it is asked, what it transmits parses, decodes with
//! its key, and never puts two plaintexts under one nonce.
#![no_main]

use std::collections::BTreeMap;
use std::time::Duration;

use fuzz::{ADDRESS, Script, check_debug, check_display, check_hides, check_reading, hidden_key};
use libfuzzer_sys::fuzz_target;
use mibeacon::ad::Advertisement;
use mibeacon::bthome::Value;
use mibeacon::frame::{Object, ProductId};
use mibeacon::scale::{BodyComposition, WeightScale};
use mibeacon::{
    Beacon, BeaconFormat, BindKey, Climate, Content, Decimal, Decoder, Format, Message, Outcome, Policy,
    Slot, Timing, atc, bthome, frame, hhcc, payloads, qingping,
};

fuzz_target!(|bytes: &[u8]| {
    let mut script = Script::new(bytes);
    let mut stage = Stage::new(&mut script, bytes);
    for _ in 0..MOST_STEPS {
        if script.is_over() {
            break;
        }
        stage.step(&mut script);
    }
    check_hides(&check_debug(&stage.beacon), &stage.secret);
});

const MOST_STEPS: usize = 60;
/// More advertisements at one moment than this are an endless loop: eight wait at most.
const MOST_AT_ONCE: usize = 16;

struct Stage {
    beacon: Beacon,
    format: BeaconFormat,
    is_encrypted: bool,
    secret: [u8; 16],
    now: Duration,
    decoder: Decoder<Vec<Slot>>,
    /// The payload that was sent with each nonce.
    nonces: BTreeMap<u32, Vec<u8>>,
    nonces_repeat: bool,
}

impl Stage {
    fn new(script: &mut Script<'_>, seed: &[u8]) -> Self {
        let [choice, product, flags] = script.array();
        let format = match choice % 8 {
            0..=2 => BeaconFormat::MiBeacon {
                product_id: ProductId([0x055b, 0x0a8d, 0xfff0, 0x0153][usize::from(product & 3)]),
                version: 2 + choice / 8 % 4,
            },
            3 => BeaconFormat::Atc1441,
            4 => BeaconFormat::Pvvx,
            5 => BeaconFormat::BthomeV1,
            6 => BeaconFormat::BthomeV2 {
                trigger_based: product & 1 != 0,
            },
            _ => BeaconFormat::Plain,
        };
        // Such a key suits old MiBeacon too.
        let mut secret = hidden_key(seed);
        secret[6..10].copy_from_slice(b"\x8d\x3d\x3c\x97");
        let key = BindKey::from(secret);
        let mut beacon = Beacon::new(ADDRESS, format);
        let mut decoder = Decoder::with_capacity(1, Policy::Off);
        // The decoder that knows a key takes plain payloads for downgrades, but not with this policy.
        decoder.insert_key(ADDRESS, key.clone()).expect("room for one");
        let is_encrypted = flags & 1 != 0 && format != BeaconFormat::Plain;
        if flags & 1 != 0 {
            beacon = beacon.with_key(key);
        }
        if flags & 2 != 0 {
            beacon = beacon.with_counter(script.word());
        }
        if flags & 4 != 0 {
            let hold = (flags & 8 != 0).then(|| duration(script));
            let idle = (flags & 16 != 0).then(|| duration(script));
            beacon = beacon.with_timing(Timing {
                delay: duration(script),
                interval: duration(script),
                hold,
                idle,
            });
        }
        let nonces_repeat = flags & 32 != 0;
        if nonces_repeat {
            beacon = beacon.with_nonce_reuse_as_firmware();
        }
        let (now, nonces) = (duration(script), BTreeMap::new());
        Self {
            beacon,
            format,
            is_encrypted,
            secret,
            now,
            decoder,
            nonces,
            nonces_repeat,
        }
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 4 {
            0 | 1 => self.send(script),
            2 => {
                self.now = self.now.saturating_add(duration(script));
                self.transmit();
            }
            _ => {
                // What a caller does that keeps to the rules.
                self.now = self.now.max(self.beacon.poll_timeout().unwrap_or_default());
                self.transmit();
            }
        }
    }

    fn send(&mut self, script: &mut Script<'_>) {
        let before = self.beacon.counter();
        let climate = Climate {
            temperature: script.short().cast_signed(),
            humidity: script.short(),
            battery_level: script.byte(),
            battery_millivolts: script.short(),
        };
        let (id, other) = (script.short(), script.byte());
        let bytes = script.bytes();
        let (start, end) = bytes.split_at(bytes.len() / 2);
        let objects = [
            Object { id, data: start },
            Object {
                id: 0x100a,
                data: end,
            },
        ];
        let number = Value::Number(Decimal::new(climate.temperature.into(), other.cast_signed() >> 5));
        let [low, high] = id.to_le_bytes();
        let values = [
            (low, number),
            (high, Value::Raw(bytes)),
            (other, Value::Binary(true)),
        ];
        let mut item = [0; 13];
        item[..bytes.len().min(13)].copy_from_slice(&bytes[..bytes.len().min(13)]);
        let message = match other % 10 {
            0..=2 => Message::Climate(climate),
            3 => Message::Objects(&objects[..usize::from(low) % 3]),
            4 => Message::Bthome(&values[..usize::from(high) % 4]),
            5 => Message::Bthome(&[(low, number), (0x3a, Value::Button(bthome::ButtonCode(high)))]),
            6 => Message::WeightScale(WeightScale::parse(&item[..10]).expect("10 bytes")),
            7 => Message::BodyComposition(BodyComposition::parse(&item).expect("13 bytes")),
            8 => match qingping::Frame::parse(bytes) {
                Ok(frame) => Message::Qingping(frame),
                Err(_) => return,
            },
            _ => Message::Hhcc(hhcc::Frame::parse(&item[..9]).expect("9 bytes")),
        };
        match self.beacon.send(self.now, &message) {
            Ok(()) => assert!(self.format == BeaconFormat::Plain || self.beacon.counter() != before),
            Err(error) => {
                check_display(&error);
            }
        }
    }

    /// The loop of every state machine: it ends, and then there is nothing to do before the time that it names.
    fn transmit(&mut self) {
        for _ in 0..MOST_AT_ONCE {
            let due = self.beacon.poll_timeout().is_some_and(|next| next <= self.now);
            match self.beacon.poll_transmit(self.now) {
                Some(advert) => {
                    assert!(due, "nothing was due");
                    self.check_advert(&advert);
                }
                None => {
                    assert!(self.beacon.poll_timeout().is_none_or(|next| next > self.now));
                    return;
                }
            }
        }
        panic!("the beacon has always something to send at {:?}", self.now);
    }

    fn check_advert(&mut self, advert: &[u8]) {
        let structures = Advertisement::new(advert);
        assert_eq!(structures.error(), None);
        assert_eq!(payloads(advert).count(), 1);
        let service_data = structures.service_data().next().expect("a payload");
        let payload = payloads(advert).next().expect("a payload");
        let report = self.decoder.decode(self.now, Some(ADDRESS), payload);
        assert_eq!(
            report.address,
            Some(ADDRESS)
                .filter(|_| self.format != BeaconFormat::Plain)
                .or(report.address)
        );
        match self.format {
            BeaconFormat::MiBeacon { .. } => assert_eq!(report.format, Format::MiBeacon),
            BeaconFormat::Atc1441 => assert_eq!(report.format, Format::Atc1441),
            BeaconFormat::Pvvx => assert_eq!(report.format, Format::Pvvx),
            BeaconFormat::BthomeV1 => assert_eq!(report.format, Format::BthomeV1),
            BeaconFormat::BthomeV2 { .. } => assert_eq!(report.format, Format::BthomeV2),
            _ => assert!(report.counter.is_none()),
        }
        let is_idle = match &report.content {
            Content::MiBeacon(frame, _) => matches!(frame.body, frame::Body::Idle { .. }),
            _ => false,
        };
        match report.outcome {
            // A scale whose weight isn't final says nothing either.
            Outcome::Presence => assert!(is_idle || report.all_readings().next().is_none()),
            Outcome::NotBound => assert!(is_idle),
            Outcome::UnknownProduct => assert_eq!(report.product(), None),
            Outcome::Readings => assert!(!is_idle),
            other => panic!("{other}"),
        }
        assert_eq!(report.authenticated, self.is_encrypted && !is_idle);
        report.all_readings().for_each(|reading| check_reading(&reading));
        check_debug(&report);
        // The formats with a wrapping counter of 8 bits may repeat nonces if they are told to.
        let may_repeat = self.nonces_repeat && service_data.uuid == atc::UUID;
        if report.authenticated && !may_repeat {
            let counter = report.counter.expect("encrypted payloads have one");
            let first = self
                .nonces
                .entry(counter)
                .or_insert_with(|| service_data.data.to_vec());
            assert_eq!(first, service_data.data, "two plaintexts under nonce {counter}");
        }
    }
}

/// From nothing over milliseconds to the end of time.
fn duration(script: &mut Script<'_>) -> Duration {
    let [unit, count] = script.array();
    match unit % 4 {
        0 => Duration::from_millis(u64::from(count) * 10),
        1 => Duration::from_secs(count.into()),
        2 => Duration::from_nanos(count.into()),
        _ => Duration::MAX.saturating_sub(Duration::from_secs(count.into())),
    }
}
