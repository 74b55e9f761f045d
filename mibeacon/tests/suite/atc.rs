//! `atc/*.json`: adverts of atc1441's and pvvx's firmware.

use macaddr::MacAddr6;
use mibeacon::ad::Advertisement;
use mibeacon::atc::{self, Encrypted, Flags, Frame, Payload, Pvvx, ReedEvent, Sample};
use mibeacon::{BindKey, DecryptError, NonceGuard, ParseError, Quantity, Reading};
use serde_json::{Value, json};

use super::readings::number;
use super::{Fields, to_hex};

pub fn advert_decode(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("uuid"), format!("{:04x}", atc::UUID));
    let service_data = input.hex("service_data");
    let address = address(input);
    let frame = match Frame::parse(&service_data) {
        Ok(frame) => frame,
        Err(ParseError::UnknownLength { found }) => {
            expect.check("error", "unknown_length");
            expect.check("length", found);
            return;
        }
        Err(other) => panic!("{other}"),
    };
    let advert = frame.advert(false).expect("every form fits");
    assert_eq!(to_hex(&advert[4..]), to_hex(&service_data), "encoded again");

    check_frame(&frame, address, input.optional_hex("key"), expect);
    let mismatch = !address.is_nil() && frame.mac_mismatch(address);
    expect.check_if_present("mac_mismatch", mismatch);
}

fn check_frame(frame: &Frame, address: MacAddr6, key: Option<Vec<u8>>, expect: &Fields) {
    if let Frame::Encrypted(encrypted) = frame {
        return check_decryption(encrypted, address, key, expect);
    }
    expect.check("format", frame.form());
    expect.check("counter", frame.counter());
    expect.check("mac", frame.mac().map(|mac| to_hex(mac.as_bytes())));
    check_readings(frame.readings(), expect);
    match frame {
        Frame::Pvvx(Pvvx {
            flags: Some(flags), ..
        }) => expect.check("flags", flags_json(*flags)),
        _ => drop(expect.check_if_present("flags", Value::Null)),
    }
}

fn check_decryption(encrypted: &Encrypted, address: MacAddr6, key: Option<Vec<u8>>, expect: &Fields) {
    // Who refuses a key for its length needn't look at the frame.
    let is_bad_key = key.as_ref().is_some_and(|key| key.len() != 16);
    for (name, value) in [
        ("format", json!(encrypted.form().name())),
        ("counter", json!(encrypted.counter())),
        ("ciphertext", json!(to_hex(encrypted.ciphertext()))),
        ("tag", json!(to_hex(&encrypted.tag()))),
    ] {
        if !is_bad_key || expect.value(name).is_some() {
            expect.check(name, value);
        }
    }
    expect.check_if_present("nonce", to_hex(&encrypted.nonce(address)));
    let Some(key) = key else {
        return expect.check("error", "missing_key");
    };
    let Ok(key) = BindKey::new(&key) else {
        return expect.check("error", "bad_key_length");
    };
    match encrypted.decrypt(&key, address) {
        Ok(payload) => check_payload(&payload, address, expect),
        Err(DecryptError::KeyTooShort { .. }) => expect.check("error", "bad_key_length"),
        Err(DecryptError::Authentication) => expect.check("error", "auth_failed"),
        Err(other) => panic!("{other}"),
    }
}

fn check_payload(payload: &Payload, address: MacAddr6, expect: &Fields) {
    expect.check("plaintext", to_hex(&payload.encode()));
    expect.check("mac", to_hex(address.as_bytes()));
    check_readings(payload.readings(), expect);
    match payload {
        Payload::Pvvx(payload) => expect.check("flags", flags_json(payload.flags)),
        Payload::Atc1441(payload) => expect.check("trg_controlled", payload.trigger_controlled()),
    }
}

/// Checks every reading, and that the vector expects no other quantity.
fn check_readings<'a>(readings: impl IntoIterator<Item = Reading<'a>>, expect: &Fields) {
    for reading in readings {
        let measurement = reading.as_measurement().expect("only measurements");
        match measurement.quantity {
            Quantity::Temperature => expect.check("temperature_c", number(measurement.value)),
            Quantity::Humidity => expect.check("humidity_pct", number(measurement.value)),
            Quantity::Battery => expect.check("battery_pct", number(measurement.value)),
            Quantity::Voltage => expect.check("battery_mv", measurement.value.rescaled(-3)),
            other => panic!("{other}"),
        }
    }
}

pub fn advert_encode(input: &Fields, expect: &Fields) {
    let sample = Sample {
        address: address(input),
        temperature: integer(input, "temperature_raw_c01"),
        humidity: integer(input, "humidity_raw_c01"),
        battery_level: integer(input, "battery_pct"),
        battery_millivolts: integer(input, "battery_mv"),
        counter: integer(input, "counter"),
        flags: Flags(integer(input, "flags")),
    };
    let key = input
        .optional_hex("key")
        .map(|key| BindKey::new(&key).expect("a bind key"));
    let frame = match input.text("format") {
        "atc1441" => Frame::Atc1441(sample.atc1441()),
        "pvvx" => Frame::Pvvx(sample.pvvx()),
        "pvvx_no_flags" => Frame::Pvvx(sample.pvvx_without_flags()),
        "atc1441_encrypted" => {
            let frame = sample.atc1441_encrypted(&key.expect("a key"), &mut NonceGuard::new());
            check_encryption(
                &frame.expect("a new counter"),
                sample.atc1441_payload(),
                sample,
                expect,
            )
        }
        "pvvx_encrypted" => {
            let frame = sample.pvvx_encrypted(&key.expect("a key"), &mut NonceGuard::new());
            check_encryption(
                &frame.expect("a new counter"),
                sample.pvvx_payload(),
                sample,
                expect,
            )
        }
        other => panic!("no form {other}"),
    };
    let advert = frame.advert(false).expect("every form fits");
    let service_data = Advertisement::new(&advert).service_data_of(atc::UUID);
    expect.check("service_data", to_hex(service_data.expect("service data")));
    expect.check("ad", to_hex(&advert));
}

fn check_encryption(frame: &Encrypted, payload: Payload, sample: Sample, expect: &Fields) -> Frame {
    expect.check("nonce", to_hex(&frame.nonce(sample.address)));
    expect.check("aad", to_hex(&atc::AAD));
    expect.check("plaintext", to_hex(&payload.encode()));
    Frame::Encrypted(*frame)
}

pub fn event_decode(input: &Fields, expect: &Fields) {
    let adv = input.hex("adv");
    let event = ReedEvent::find(Advertisement::new(&adv)).expect("an event");
    match event.flags {
        Some(flags) => expect.check("flags", flags_json(flags)),
        None => drop(expect.check_if_present("flags", Value::Null)),
    }
    match event.count {
        Some(count) => expect.check("count24", count),
        None => drop(expect.check_if_present("count24", Value::Null)),
    }
}

pub fn battery_level(input: &Fields, expect: &Fields) {
    let millivolts = integer(input, "battery_mv");
    expect.check("pvvx_pct", atc::pvvx_battery_level(millivolts));
    expect.check("atc1441_pct", atc::atc1441_battery_level(millivolts));
}

fn flags_json(flags: Flags) -> Value {
    json!({
        "raw": flags.0,
        "reed_open": flags.reed_open(),
        "trg_output": flags.trigger_output(),
        "trg_controlled": flags.trigger_controlled(),
        "temp_trigger": flags.temperature_trigger(),
        "humi_trigger": flags.humidity_trigger(),
        "key_pressed": flags.key_pressed(),
        "reed2_open": flags.reed2_open(),
    })
}

fn address(input: &Fields) -> MacAddr6 {
    let bytes: [u8; 6] = input.hex("address").try_into().expect("6 bytes");
    bytes.into()
}

fn integer<T: TryFrom<i64, Error: std::fmt::Debug>>(input: &Fields, name: &str) -> T {
    T::try_from(input.integer(name)).expect(name)
}
