//! Service data 0x181A of atc1441's and pvvx's firmware: plain and encrypted forms, samples.
#![no_main]

use fuzz::{ADDRESS, Script, check_debug, check_reading, flip, hidden_key};
use libfuzzer_sys::fuzz_target;
use mibeacon::ad::{AdvertBuf, Advertisement};
use mibeacon::atc::{
    Atc1441Payload, Encrypted, Flags, Frame, Payload, PvvxPayload, Sample, UUID, atc1441_battery_level,
    pvvx_battery_level,
};
use mibeacon::{BindKey, DecryptError, EncodeError, MacAddr6, NonceGuard, ParseError};

fuzz_target!(|bytes: &[u8]| {
    match Frame::parse(bytes) {
        Ok(frame) => check_frame(&frame, bytes),
        Err(error) => {
            assert_eq!(error, ParseError::UnknownLength { found: bytes.len() });
            assert!(![8, 11, 13, 14, 15].contains(&bytes.len()));
        }
    }
    check_sample(Script::new(bytes), bytes);
});

/// A frame is its bytes, in an advertisement too.
fn check_frame(frame: &Frame, bytes: &[u8]) {
    check_debug(frame);
    for with_flags in [false, true] {
        let advert = frame.advert(with_flags).expect("every form fits");
        assert!(advert.fits_legacy());
        assert_eq!(Advertisement::new(&advert).service_data_of(UUID), Some(bytes));
        assert_eq!(Advertisement::new(&advert).flags().is_some(), with_flags);
    }
    let short = AdvertBuf::build(|ad| frame.encode(ad)).expect("every form fits");
    assert_eq!(short, frame.advert(false).expect("every form fits"));
    frame.readings().for_each(|reading| check_reading(&reading));
    match frame {
        Frame::Encrypted(encrypted) => {
            assert_eq!(&encrypted.encode()[..], bytes);
            assert_eq!((encrypted.counter(), frame.mac()), (bytes[0], None));
            assert_eq!(
                (frame.readings().count(), frame.form()),
                (0, encrypted.form().name())
            );
            // Both encrypted forms are too short for chance to find the tag.
            let key = BindKey::from(hidden_key(bytes));
            assert_eq!(
                encrypted.decrypt(&key, ADDRESS),
                Err(DecryptError::Authentication)
            );
            check_plaintext(encrypted, bytes);
        }
        _ => {
            assert_eq!(frame.readings().count(), 4);
            let mac = frame.mac().expect("plain forms have one");
            assert!(!frame.mac_mismatch(mac));
            assert_eq!(frame.mac_mismatch(ADDRESS), mac != ADDRESS);
        }
    }
}

/// The ciphertext taken as plaintext: encrypts, decrypts to itself, and opens in no other way.
fn check_plaintext(encrypted: &Encrypted, bytes: &[u8]) {
    let payload = match *encrypted.ciphertext() {
        [a, b, c, d, e, f] => Payload::Pvvx(PvvxPayload::from_bytes([a, b, c, d, e, f])),
        [a, b, c] => Payload::Atc1441(Atc1441Payload::from_bytes([a, b, c])),
        _ => unreachable!("a form of another length"),
    };
    assert_eq!(&payload.encode()[..], encrypted.ciphertext());
    check_payload(&payload, encrypted.counter(), bytes);
}

fn check_payload(payload: &Payload, counter: u8, seed: &[u8]) {
    let secret = hidden_key(seed);
    let (key, mut guard) = (BindKey::from(secret), NonceGuard::new());
    let sealed = payload
        .encrypt(&key, ADDRESS, counter, &mut guard)
        .expect("a new key");
    let reuse = payload.encrypt(&key, ADDRESS, counter, &mut guard);
    let counter32 = u32::from(counter);
    assert_eq!(
        reuse,
        Err(EncodeError::NonceReuse {
            counter: counter32,
            last: counter32
        })
    );
    assert_eq!(sealed.decrypt(&key, ADDRESS), Ok(*payload));
    payload.readings().for_each(|reading| check_reading(&reading));
    assert_eq!(payload.readings().count(), 3);

    let refused = Err(DecryptError::Authentication);
    let bytes = sealed.encode();
    assert_eq!(sealed.decrypt(&key, MacAddr6::nil()), refused);
    assert_eq!(
        sealed.decrypt(&BindKey::from(hidden_key(&bytes)), ADDRESS),
        refused
    );
    let short = BindKey::new(&secret[..12]).expect("12 bytes");
    assert_eq!(
        sealed.decrypt(&short, ADDRESS),
        Err(DecryptError::KeyTooShort {
            expected: 16,
            found: 12
        })
    );
    let mut damaged = bytes.to_vec();
    flip(
        &mut damaged,
        u16::from_le_bytes([bytes[bytes.len() - 1], bytes[1]]),
    );
    let Ok(Frame::Encrypted(damaged)) = Frame::parse(&damaged) else {
        panic!("of the same length")
    };
    assert_eq!(damaged.decrypt(&key, ADDRESS), refused);
}

/// A sample keeps its values in every form, as far as the form resolves them.
fn check_sample(mut script: Script<'_>, seed: &[u8]) {
    let sample = Sample {
        address: script.array::<6>().into(),
        temperature: script.short().cast_signed(),
        humidity: script.short(),
        battery_millivolts: script.short(),
        battery_level: script.byte(),
        counter: script.byte(),
        flags: Flags(script.byte()),
    };
    for frame in [
        Frame::Pvvx(sample.pvvx()),
        Frame::Pvvx(sample.pvvx_without_flags()),
        Frame::Atc1441(sample.atc1441()),
    ] {
        let advert = frame.advert(false).expect("every form fits");
        assert_eq!(Frame::parse(&advert[4..]), Ok(frame));
        assert_eq!(
            (frame.mac(), frame.counter()),
            (Some(sample.address), sample.counter)
        );
    }
    let rounded = sample.atc1441();
    // Toward zero after half a step was added: up to 0.14 K are lost below zero.
    assert!((i32::from(rounded.temperature) * 10 - i32::from(sample.temperature)).abs() < 15);
    if sample.humidity < 25_500 {
        assert!((i32::from(rounded.humidity) * 100 - i32::from(sample.humidity)).abs() <= 50);
    }
    for payload in [sample.pvvx_payload(), sample.atc1441_payload()] {
        check_payload(&payload, sample.counter, seed);
        assert_eq!(payload.trigger_controlled(), sample.flags.trigger_controlled());
    }
    let millivolts = sample.battery_millivolts;
    assert!(atc1441_battery_level(millivolts) <= pvvx_battery_level(millivolts));
    assert!(pvvx_battery_level(millivolts) <= 100);
}
