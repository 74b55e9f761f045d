//! What holds for every BTHome frame: it reads back as it was built, nothing panics, nothing forged opens.

#![allow(clippy::indexing_slicing, reason = "a wrong index fails the test")]

use std::collections::BTreeMap;
use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::bthome::{
    Advert, ButtonCode, CommandCode, DimmerCode, Format, ObjectKind, ObjectSpec, Objects, Policy, Replay,
    Security, StopReason, Stopped, Value, v1, v2,
};
use mibeacon::{BindKey, Decimal, DecryptError, Fingerprint, FirmwareVersion, NonceGuard};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;

/// A value that owns its bytes.
#[derive(Clone, Debug)]
enum Owned {
    Plain(Value<'static>),
    Command(u8, Vec<u8>),
    Text(String),
    InvalidText(Vec<u8>),
    Raw(Vec<u8>),
}

impl Owned {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Plain(value) => *value,
            Self::Command(code, args) => Value::Command(CommandCode(*code), args),
            Self::Text(text) => Value::Text(text),
            Self::InvalidText(bytes) => Value::InvalidText(bytes),
            Self::Raw(bytes) => Value::Raw(bytes),
        }
    }
}

/// Any object that version 2 can carry. `longest` limits text, raw and arguments.
fn object(longest: usize) -> impl Strategy<Value = (u8, Owned)> {
    (0..ObjectSpec::ALL.len()).prop_flat_map(move |row| {
        let spec = &ObjectSpec::ALL[row];
        (Just(spec.id), value(spec, longest))
    })
}

fn value(spec: &'static ObjectSpec, longest: usize) -> BoxedStrategy<Owned> {
    let plain = Owned::Plain;
    match spec.kind {
        ObjectKind::Sensor(_) | ObjectKind::PacketId | ObjectKind::Timestamp | ObjectKind::DeviceType => {
            let bits = 8 * u32::from(spec.size.expect("a size"));
            let range = if spec.signed {
                -(1 << (bits - 1))..1 << (bits - 1)
            } else {
                0..1_i64 << bits
            };
            let factor = spec.factor;
            let scaled = move |raw| Decimal::new(raw * factor.mantissa(), factor.exponent());
            range
                .prop_map(move |raw| plain(Value::Number(scaled(raw))))
                .boxed()
        }
        ObjectKind::Binary { .. } => any::<bool>().prop_map(move |on| plain(Value::Binary(on))).boxed(),
        ObjectKind::Button => any::<u8>()
            .prop_map(move |code| plain(Value::Button(ButtonCode(code))))
            .boxed(),
        ObjectKind::Dimmer => any::<(u8, u8)>()
            .prop_map(move |(code, steps)| plain(Value::Dimmer(DimmerCode(code), steps)))
            .boxed(),
        ObjectKind::Command => (any::<u8>(), vec(any::<u8>(), 0..=longest.min(31)))
            .prop_map(|(code, args)| Owned::Command(code, args))
            .boxed(),
        ObjectKind::Text => vec(any::<u8>(), 0..=longest)
            .prop_map(|bytes| match String::from_utf8(bytes) {
                Ok(text) => Owned::Text(text),
                Err(error) => Owned::InvalidText(error.into_bytes()),
            })
            .boxed(),
        ObjectKind::Raw => vec(any::<u8>(), 0..=longest).prop_map(Owned::Raw).boxed(),
        ObjectKind::FirmwareVersion if spec.size == Some(4) => any::<[u8; 4]>()
            .prop_map(move |version| plain(Value::Version(FirmwareVersion::four(version))))
            .boxed(),
        ObjectKind::FirmwareVersion => any::<[u8; 3]>()
            .prop_map(move |version| plain(Value::Version(FirmwareVersion::three(version))))
            .boxed(),
        other => panic!("no values for {other:?}"),
    }
}

fn address() -> impl Strategy<Value = MacAddr6> {
    any::<[u8; 6]>().prop_map(MacAddr6::from)
}

fn key() -> impl Strategy<Value = BindKey> {
    any::<[u8; 16]>().prop_map(BindKey::from)
}

fn assert_same(mut found: Objects<'_>, expected: &[(u8, Owned)]) {
    for (id, value) in expected {
        let object = found.next().expect("an object");
        assert_eq!((object.id(), object.value()), (*id, value.as_value()));
    }
    assert!(found.next().is_none());
    assert_eq!(found.stopped(), None);
}

/// Reads everything that can be read.
fn exhaust(mut objects: Objects<'_>) {
    let _ = objects.packet_id();
    let length = objects.as_bytes().len();
    let mut end = 0;
    for object in objects.by_ref() {
        assert!(
            object.offset() >= end && object.offset() < length,
            "objects don't overlap"
        );
        end = object.offset() + object.data().len();
        let _ = (object.raw(), object.value(), object.occurrence());
        if let Some(reading) = object.reading() {
            assert!(!reading.to_string().is_empty());
        }
    }
    assert!(objects.next().is_none());
    assert!(objects.stopped().is_none_or(|stopped| stopped.offset < length));
}

fn read_all(service_data: &[u8]) {
    exhaust(Objects::v1(service_data));
    exhaust(Objects::v2(service_data));
    let key = BindKey::from([7; 16]);
    let mut out = vec![0; service_data.len()];
    if let Ok(frame) = v2::Frame::parse(service_data) {
        if let Some(objects) = frame.objects() {
            exhaust(objects);
        }
        let _ = frame.decrypt(&key, MacAddr6::nil(), &mut out);
    }
    if let Ok(frame) = v1::Frame::parse_encrypted(service_data) {
        let _ = frame.decrypt(&key, MacAddr6::nil(), &mut out);
    }
}

proptest! {
    #[test]
    fn a_plain_v2_frame_reads_back_in_the_order_of_its_ids(
        mut objects in vec(object(255), 0..8),
        trigger_based: bool,
        mac in proptest::option::of(address()),
    ) {
        let mut out = [0; 4096];
        let mut encoder = v2::Encoder::new(&mut out);
        for (id, value) in &objects {
            encoder.push(*id, value.as_value()).unwrap();
        }
        if trigger_based {
            encoder = encoder.trigger_based();
        }
        if let Some(mac) = mac {
            encoder = encoder.with_mac(mac);
        }

        let frame = v2::Frame::parse(encoder.finish().unwrap()).unwrap();

        objects.sort_by_key(|(id, _)| *id);
        prop_assert_eq!(frame.info().is_trigger_based(), trigger_based);
        prop_assert_eq!(frame.mac(), mac);
        let mut walked = frame.objects().unwrap();
        walked.by_ref().for_each(drop);
        prop_assert!(walked.in_order());
        assert_same(frame.objects().unwrap(), &objects);
    }

    #[test]
    fn an_encrypted_v2_frame_reads_back(
        mut objects in vec(object(255), 1..6),
        mac in proptest::option::of(address()),
        address in address(),
        key in key(),
        counter: u32,
    ) {
        let mut out = [0; 4096];
        let mut encoder = v2::Encoder::new(&mut out);
        if let Some(mac) = mac {
            encoder = encoder.with_mac(mac);
        }
        for (id, value) in &objects {
            encoder.push(*id, value.as_value()).unwrap();
        }

        let service_data = encoder.seal(&key, address, counter, &mut NonceGuard::new()).unwrap();

        let frame = v2::Frame::parse(service_data).unwrap();
        prop_assert_eq!(frame.encrypted().unwrap().counter, counter);
        let mut plaintext = [0; 4096];
        objects.sort_by_key(|(id, _)| *id);
        assert_same(frame.decrypt(&key, address, &mut plaintext).unwrap(), &objects);
    }

    #[test]
    fn a_v1_frame_reads_back_plain_and_encrypted(
        objects in vec(object(29), 1..8),
        address in address(),
        key in key(),
        counter: u32,
    ) {
        let (mut plain, mut sealed, mut plaintext) = ([0; 512], [0; 512], [0; 512]);
        let mut plain_encoder = v1::Encoder::new(&mut plain);
        let mut sealing_encoder = v1::Encoder::new(&mut sealed);
        for (id, value) in &objects {
            plain_encoder.push(*id, value.as_value()).unwrap();
            sealing_encoder.push(*id, value.as_value()).unwrap();
        }

        let plain = plain_encoder.finish();
        assert_same(v1::Frame::parse_plain(plain).objects().unwrap(), &objects);

        prop_assume!(plain.len() >= 3);
        let sealed = sealing_encoder.seal(&key, address, counter, &mut NonceGuard::new()).unwrap();
        let frame = v1::Frame::parse_encrypted(sealed).unwrap();
        assert_same(frame.decrypt(&key, address, &mut plaintext).unwrap(), &objects);
    }

    #[test]
    fn a_v1_object_of_any_id_format_and_size_keeps_its_bytes(
        objects in vec((any::<u8>(), 0..8_u8, vec(any::<u8>(), 0..=30)), 0..6),
    ) {
        let mut out = [0; 512];
        let mut encoder = v1::Encoder::new(&mut out);
        for (id, format, data) in &objects {
            encoder.push_bytes(*id, Format::from_code(*format), data).unwrap();
        }
        let found: Vec<_> = Objects::v1(encoder.finish())
            .map(|object| (object.id(), object.format().unwrap().code(), object.data().to_vec()))
            .collect();
        prop_assert_eq!(found, objects);
    }

    #[test]
    fn v1_floats_of_4_and_8_bytes_keep_their_value(single in -1e6_f32..1e6, double in -1e12_f64..1e12) {
        let mut out = [0; 32];
        let mut encoder = v1::Encoder::new(&mut out);
        encoder.push_bytes(0x09, Format::Float, &single.to_le_bytes()).unwrap();
        encoder.push_bytes(0x09, Format::Float, &double.to_le_bytes()).unwrap();
        let found: Vec<_> = Objects::v1(encoder.finish())
            .map(|object| match object.value() {
                Value::Number(number) => number.to_f64(),
                other => panic!("{other:?}"),
            })
            .collect();
        for (found, sent) in found.into_iter().zip([f64::from(single), double]) {
            prop_assert!((found - sent).abs() <= 1e-15 * sent.abs().max(1e-60), "{} {}", found, sent);
        }
    }

    #[test]
    fn a_decoded_v2_frame_can_be_built_again(bytes in vec(any::<u8>(), 0..64)) {
        let mut out = [0; 128];
        let mut encoder = v2::Encoder::new(&mut out);
        let mut objects = Vec::new();
        for object in Objects::v2(&bytes) {
            encoder.push(object.id(), object.value()).unwrap();
            objects.push((object.id(), object.value()));
        }
        objects.sort_by_key(|(id, _)| *id);
        let frame = v2::Frame::parse(encoder.finish().unwrap()).unwrap();
        let found: Vec<_> = frame.objects().unwrap().map(|object| (object.id(), object.value())).collect();
        prop_assert_eq!(found, objects);
    }

    #[test]
    fn no_bytes_make_anything_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn no_objects_make_anything_panic(
        info in 0x40..0x60_u8,
        objects in vec((0..ObjectSpec::ALL.len(), vec(any::<u8>(), 0..6)), 0..12),
    ) {
        let mut bytes = vec![info];
        for (row, data) in objects {
            bytes.push(ObjectSpec::ALL[row].id);
            bytes.extend(data);
        }
        read_all(&bytes);
    }

    #[test]
    fn the_encoders_never_panic_on_small_buffers(
        length in 0..40_usize,
        objects in vec(object(20), 0..6),
        mac in proptest::option::of(address()),
    ) {
        let key = BindKey::from([3; 16]);
        for encrypted in [false, true] {
            let mut guard = NonceGuard::new();
            let (mut first, mut second) = (vec![0; length], vec![0; length]);
            let (mut v1, mut v2) = (v1::Encoder::new(&mut first), v2::Encoder::new(&mut second));
            for (id, value) in &objects {
                let _ = v1.push(*id, value.as_value());
                let _ = v2.push(*id, value.as_value());
            }
            if let Some(mac) = mac {
                v2 = v2.with_mac(mac);
            }
            if encrypted {
                let _ = v1.seal(&key, MacAddr6::nil(), 1, &mut guard);
                let _ = v2.seal(&key, MacAddr6::nil(), 2, &mut guard);
            } else {
                prop_assert!(v1.finish().len() <= length);
                let _ = v2.finish();
            }
        }
    }

    #[test]
    fn a_strict_receiver_takes_every_counter_once(counters in vec(0..50_u32, 0..60)) {
        let mut replay = Replay::new(Policy::Strict);
        let mut highest = None;
        for (second, counter) in (0..).zip(counters) {
            let advert = Advert {
                security: Security::Authenticated { counter },
                packet_id: None,
                fingerprint: Fingerprint::of(&counter.to_le_bytes()),
            };
            let accepted = replay.check(Duration::from_secs(second), &advert).is_accepted();
            prop_assert_eq!(accepted, highest.is_none_or(|highest| counter > highest));
            highest = highest.max(Some(counter));
        }
    }

    #[test]
    fn what_is_refused_leaves_no_trace(
        strict: bool,
        adverts in vec((0..10_u64, 0..200_u32, proptest::option::of(any::<u8>()), any::<bool>()), 0..40),
    ) {
        let policy = if strict { Policy::Strict } else { Policy::Compatible };
        let (mut replay, mut now) = (Replay::new(policy), Duration::ZERO);
        for (seconds, counter, packet_id, plain) in adverts {
            now += Duration::from_secs(seconds);
            let security = if plain {
                Security::Plain { key_known: true }
            } else {
                Security::Authenticated { counter }
            };
            let fingerprint = Fingerprint::of(&counter.to_le_bytes());
            let before = replay.export();
            if !replay.check(now, &Advert { security, packet_id, fingerprint }).is_accepted() {
                prop_assert_eq!(replay.export(), before);
            }
        }
    }
}

/// All cases with service data, by file.
fn vectors() -> BTreeMap<&'static str, Vec<Json>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/bthome");
    ["v1_plain", "v1_encrypted", "v2_plain", "v2_encrypted"]
        .into_iter()
        .map(|name| {
            let text = std::fs::read_to_string(folder.join(name).with_extension("json")).expect("a file");
            (name, serde_json::from_str(&text).expect("cases"))
        })
        .collect()
}

fn hex(case: &Json, field: &str) -> Vec<u8> {
    let text = case["input"][field].as_str().expect("hex");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
        .collect()
}

#[test]
fn every_prefix_of_every_vector_reads_without_panic() {
    for case in vectors().values().flatten() {
        let service_data = hex(case, "service_data");
        for length in 0..=service_data.len() {
            read_all(&service_data[..length]);
        }
    }
}

#[test]
fn a_cut_plain_frame_keeps_the_objects_before_the_cut() {
    for case in &vectors()["v2_plain"] {
        let service_data = hex(case, "service_data");
        let Some(whole) = v2::Frame::parse(&service_data)
            .ok()
            .and_then(|frame| frame.objects())
        else {
            continue;
        };
        let bytes = whole.as_bytes();
        let all: Vec<_> = whole
            .clone()
            .map(|object| (object.offset(), object.value()))
            .collect();
        for length in 0..bytes.len() {
            let mut cut = Objects::v2(&bytes[..length]);
            let found: Vec<_> = cut
                .by_ref()
                .map(|object| (object.offset(), object.value()))
                .collect();
            assert_eq!(found, all[..found.len()], "{case}");
            if let Some(Stopped {
                reason: StopReason::Truncated,
                offset,
            }) = cut.stopped()
            {
                assert!(found.len() == all.len() || offset == all[found.len()].0, "{case}");
            }
        }
    }
}

#[test]
fn no_flipped_bit_of_an_encrypted_vector_opens() {
    let vectors = vectors();
    let mut opened = 0;
    for (name, header) in [("v1_encrypted", 0), ("v2_encrypted", 1)] {
        for case in &vectors[name] {
            let Some(Ok(key)) = case["input"]["key"]
                .is_string()
                .then(|| BindKey::new(&hex(case, "key")))
            else {
                continue;
            };
            let address = MacAddr6::from(<[u8; 6]>::try_from(hex(case, "address")).expect("6 bytes"));
            let open = |service_data: &[u8], out: &mut [u8]| {
                if header == 0 {
                    let frame = v1::Frame::parse_encrypted(service_data).expect("long enough");
                    frame.decrypt(&key, address, out).map(drop)
                } else {
                    let frame = v2::Frame::parse(service_data).expect("long enough");
                    frame.decrypt(&key, address, out).map(drop)
                }
            };
            let mut service_data = hex(case, "service_data");
            if case["expect"]["plaintext"].is_null() {
                continue;
            }
            let mut out = vec![0; service_data.len()];
            open(&service_data, &mut out).expect("opens");
            opened += 1;
            // The MAC of a frame is part of its nonce: it counts as well.
            for bit in 8 * header..8 * service_data.len() {
                service_data[bit / 8] ^= 1 << (bit % 8);
                let mut out = vec![0; service_data.len()];
                let outcome = open(&service_data, &mut out);
                assert_eq!(outcome, Err(DecryptError::Authentication), "bit {bit} of {case}");
                assert!(out.iter().all(|byte| *byte == 0), "plaintext of a forged frame");
                service_data[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
    assert!(opened > 50, "only {opened} vectors were opened");
}

#[test]
fn every_object_has_the_size_and_factor_of_the_vectors() {
    let mut seen = std::collections::BTreeSet::new();
    for case in &vectors()["v2_plain"] {
        let Some(expected) = case["expect"]["objects"].as_array() else {
            continue;
        };
        for object in expected {
            let id = u8::from_str_radix(object["id"].as_str().expect("an id"), 16).expect("hex");
            let spec = ObjectSpec::of(id).expect("in the table");
            assert_eq!(object["property"], spec.property);
            seen.insert(id);
            if let (Some(raw), Some(value), ObjectKind::Sensor(_)) =
                (object["raw"].as_i64(), object["value"].as_f64(), spec.kind)
            {
                let scaled = Decimal::new(raw * spec.factor.mantissa(), spec.factor.exponent()).to_f64();
                assert!((scaled - value).abs() <= 1e-9 * value.abs(), "{object}");
                assert_eq!(object["unit"], spec.unit.symbol());
            }
        }
        // One object alone shows its size.
        if let ([_], None) = (expected.as_slice(), case["expect"].get("stopped")) {
            let service_data = hex(case, "service_data");
            let header = if service_data[0] & 2 == 0 { 1 } else { 7 };
            let spec = ObjectSpec::of(service_data[header]).expect("in the table");
            if let Some(size) = spec.size {
                assert_eq!(service_data.len(), header + 1 + usize::from(size), "{case}");
            }
        }
    }
    assert_eq!(seen.len(), ObjectSpec::ALL.len(), "a vector for every object");
}
