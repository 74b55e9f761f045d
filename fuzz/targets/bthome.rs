//! BTHome v1 and v2: parsing, objects, building, encryption, replay state.
#![no_main]

use std::time::Duration;

use fuzz::{ADDRESS, Script, check_debug, check_display, check_reading, flip, hidden_key};
use libfuzzer_sys::fuzz_target;
use mibeacon::bthome::{
    Advert, Body, Format, ObjectKind, Objects, Policy, Replay, ReplayState, Security, Value, v1, v2,
};
use mibeacon::{BindKey, DecryptError, Fingerprint, MacAddr6, NonceGuard};

fuzz_target!(|bytes: &[u8]| {
    check_objects(Objects::v1(bytes));
    check_objects(Objects::v2(bytes));
    check_v1(bytes);
    check_v2(bytes);
    check_replay(Script::new(bytes));
});

/// Objects stand one behind the other up to the end or the place where the walk stopped.
fn check_objects(mut objects: Objects<'_>) {
    let bytes = objects.as_bytes();
    let packet_id = objects.packet_id();
    let mut end = 0;
    let mut ids = Vec::new();
    for object in objects.by_ref() {
        assert_eq!(object.offset(), end);
        let head = 1 + usize::from(object.format().is_some() || is_variable(bytes[end]));
        end += head + object.data().len();
        ids.push(object.id());
        check_debug(&(object.value(), object.raw(), object.format()));
        assert!(object.occurrence() != Some(0));
        if let Some(reading) = object.reading() {
            check_reading(&reading);
        }
    }
    assert!(objects.next().is_none());
    assert_eq!(objects.in_order(), ids.is_sorted());
    assert!(packet_id.is_none() || ids.contains(&0));
    match objects.stopped() {
        None => assert_eq!(end, bytes.len()),
        Some(stopped) => {
            assert!(stopped.offset == end && end < bytes.len());
            assert!(stopped.help().is_some() && !stopped.reason.name().is_empty());
        }
    }
}

/// Text and raw have a length byte, a command counts its arguments in one.
fn is_variable(id: u8) -> bool {
    matches!(id, 0x3b | 0x53 | 0x54)
}

/// Version 1: the same bytes come back from the encoder that takes bytes, the same values from the one that takes
/// values.
fn check_v1(bytes: &[u8]) {
    let mut buffer = vec![0; bytes.len() + 8];
    let mut encoder = v1::Encoder::new(&mut buffer);
    let mut objects = Objects::v1(bytes);
    for object in objects.by_ref() {
        let format = object.format().expect("version 1 has formats");
        encoder
            .push_bytes(object.id(), format, object.data())
            .expect("as long as before");
        let mut one = [0; 40];
        let mut values = v1::Encoder::new(&mut one);
        if values.push(object.id(), object.value()).is_ok() && format != Format::Float {
            let again = Objects::v1(values.finish()).next().expect("an object");
            assert_eq!((again.id(), again.value()), (object.id(), object.value()));
        }
    }
    let area = objects
        .stopped()
        .map_or(bytes, |stopped| &bytes[..stopped.offset]);
    assert_eq!(encoder.finish(), area);

    let (secret, mut guard) = (hidden_key(bytes), NonceGuard::new());
    let key = BindKey::from(secret);
    let mut encoder = v1::Encoder::new(&mut buffer);
    for object in Objects::v1(area) {
        let format = object.format().expect("version 1 has formats");
        encoder
            .push_bytes(object.id(), format, object.data())
            .expect("as long as before");
    }
    match encoder.seal(&key, ADDRESS, 7, &mut guard) {
        Ok(sealed) => {
            let frame = v1::Frame::parse_encrypted(sealed).expect("what was built parses");
            assert_eq!(frame.encrypted().map(|encrypted| encrypted.counter), Some(7));
            let open = |key: &BindKey, address: MacAddr6, sealed: &[u8]| {
                let mut out = vec![0; area.len()];
                let frame = v1::Frame::parse_encrypted(sealed).expect("of the same form");
                frame
                    .decrypt(key, address, &mut out)
                    .map(|objects| objects.as_bytes().to_vec())
            };
            check_opens(open, sealed, 0, &key, area);
        }
        Err(error) => assert!(area.len() < 3, "{error}"),
    }
    if let Ok(frame) = v1::Frame::parse_encrypted(bytes) {
        let decrypted = frame
            .decrypt(&key, ADDRESS, &mut buffer)
            .map(|objects| objects.as_bytes().len());
        assert!(matches!(decrypted, Err(DecryptError::Authentication)) || decrypted == Ok(bytes.len() - 8));
    } else {
        assert!(bytes.len() < 11);
    }
}

/// Version 2: what a frame says can be built again; a frame in the encoder's own order gives the same bytes.
fn check_v2(bytes: &[u8]) {
    let frame = match v2::Frame::parse(bytes) {
        Ok(frame) => frame,
        Err(error) => {
            assert!(error.offset() <= bytes.len());
            check_display(&error);
            return;
        }
    };
    check_debug(&frame);
    assert_eq!((frame.info().get(), frame.info().version()), (bytes[0], 2));
    assert_eq!(frame.info().has_mac(), frame.mac().is_some());
    let Body::Plain(objects) = frame.body() else {
        assert!(frame.info().is_encrypted() && frame.objects().is_none());
        let key = BindKey::from(hidden_key(bytes));
        let mut out = vec![0; bytes.len()];
        assert!(
            frame.decrypt(&key, ADDRESS, &mut out).is_err(),
            "nobody knows this key"
        );
        return;
    };
    assert_eq!(
        frame.decrypt(&BindKey::from([0; 16]), ADDRESS, &mut []).map(drop),
        Err(DecryptError::NotEncrypted)
    );

    let mut walked = objects.clone();
    let values: Vec<_> = walked
        .by_ref()
        .map(|object| (object.id(), object.value()))
        .collect();
    let mut ordered = values.clone();
    ordered.sort_by_key(|(id, _)| *id);
    let mut buffer = vec![0; bytes.len() + 8];
    let built = encoder(&frame, &values, &mut buffer)
        .finish()
        .expect("as long as before")
        .to_vec();
    let again = v2::Frame::parse(&built).expect("what was built parses");
    assert_eq!(
        (again.mac(), again.info().is_trigger_based()),
        (frame.mac(), frame.info().is_trigger_based())
    );
    let mut read = again.objects().expect("plain");
    let found: Vec<_> = read
        .by_ref()
        .map(|object| (object.id(), object.value()))
        .collect();
    assert_eq!(found, ordered);
    assert!(read.in_order() && read.stopped().is_none());

    let is_canonical = walked.in_order()
        && walked.stopped().is_none()
        && frame.info().get() & 0x18 == 0
        && objects
            .clone()
            .all(|object| match object.spec().map(|spec| spec.kind) {
                Some(ObjectKind::Binary { .. }) => object.data()[0] < 2,
                Some(ObjectKind::Command) => objects.as_bytes()[object.offset() + 1] < 32,
                _ => true,
            });
    if is_canonical {
        assert_eq!(built, bytes);
    }

    let area = read.as_bytes();
    let key = BindKey::from(hidden_key(bytes));
    let sealing =
        encoder(&frame, &values, &mut buffer).seal(&key, ADDRESS, 0x0102_0304, &mut NonceGuard::new());
    match sealing {
        Ok(sealed) => {
            let open = |key: &BindKey, address: MacAddr6, sealed: &[u8]| {
                let mut out = vec![0; area.len()];
                let frame = v2::Frame::parse(sealed).expect("of the same form");
                frame
                    .decrypt(key, address, &mut out)
                    .map(|objects| objects.as_bytes().to_vec())
            };
            let header = if frame.mac().is_some() { 7 } else { 1 };
            check_opens(open, sealed, header, &key, area);
        }
        Err(error) => assert!(area.is_empty(), "{error}"),
    }
}

fn encoder<'o>(frame: &v2::Frame<'_>, values: &[(u8, Value<'_>)], out: &'o mut [u8]) -> v2::Encoder<'o> {
    let mut encoder = v2::Encoder::new(out);
    if frame.info().is_trigger_based() {
        encoder = encoder.trigger_based();
    }
    if let Some(mac) = frame.mac() {
        encoder = encoder.with_mac(mac);
    }
    for (id, value) in values {
        encoder
            .push(*id, *value)
            .expect("a value that was read can be written");
    }
    encoder
}

/// A sealed frame opens with its key, and not with another one, from another address, or damaged.
fn check_opens(
    open: impl Fn(&BindKey, MacAddr6, &[u8]) -> Result<Vec<u8>, DecryptError>,
    sealed: &[u8],
    header: usize,
    key: &BindKey,
    plaintext: &[u8],
) {
    let refused = Err(DecryptError::Authentication);
    assert_eq!(open(key, ADDRESS, sealed).as_deref(), Ok(plaintext));
    assert_eq!(open(&BindKey::from(hidden_key(sealed)), ADDRESS, sealed), refused);
    if header < 7 {
        assert_eq!(open(key, MacAddr6::nil(), sealed), refused);
    }
    let mut damaged = sealed.to_vec();
    flip(
        &mut damaged[header..],
        u16::from_le_bytes([sealed[sealed.len() - 1], sealed[header]]),
    );
    assert_eq!(open(key, ADDRESS, &damaged), refused);
    let short = BindKey::new(&key.expose()[..12]).expect("12 bytes");
    assert_eq!(
        open(&short, ADDRESS, sealed),
        Err(DecryptError::KeyTooShort {
            expected: 16,
            found: 12
        })
    );
}

/// What is refused leaves no trace, a strict receiver takes growing counters only, and a stored state is the state.
fn check_replay(mut script: Script<'_>) {
    let policy = match script.byte() % 4 {
        0 => Policy::Strict,
        1 => Policy::Compatible,
        2 => Policy::BthomeBle,
        _ => Policy::None,
    };
    let mut replay = Replay::new(policy);
    let mut now = Duration::ZERO;
    while !script.is_over() {
        let [action, low, high, packet_id, content] = script.array();
        now += Duration::from_secs(u64::from(action >> 4));
        let counter = u32::from_le_bytes([low, high, 0, action & 8]);
        let security = match action % 4 {
            0 => Security::Plain { key_known: true },
            1 => Security::Plain { key_known: false },
            _ => Security::Authenticated { counter },
        };
        let packet_id = (packet_id < 0xf0).then_some(packet_id);
        let advert = Advert {
            security,
            packet_id,
            fingerprint: Fingerprint::of(&[content]),
        };
        let before = replay.export();
        let verdict = replay.check(now, &advert);
        check_debug(&verdict);
        if !verdict.is_accepted() && policy != Policy::BthomeBle {
            assert_eq!(replay.export(), before);
        }
        if verdict.is_accepted() && policy != Policy::None {
            assert_ne!(security, Security::Plain { key_known: true });
            let last = replay.export();
            assert_eq!(last.fingerprint, Some(advert.fingerprint.get()));
            if let Security::Authenticated { counter } = security {
                assert!(last.counter == Some(counter) && last.key_proven);
                assert!(policy != Policy::Strict || before.counter.is_none_or(|before| counter > before));
            }
        }
        if policy == Policy::None {
            assert!(verdict.is_accepted() && replay.export() == ReplayState::default());
        }
        if action & 4 != 0 {
            let state = replay.export();
            replay = Replay::import(policy, state);
            assert_eq!(replay.export(), state);
        }
    }
}
