//! HTTP: targets, arguments, replies, and what the objects in them mean.

use openbeken::http::{Credentials, Reply, Request, argument};
use openbeken::json;
use openbeken::status::{Energy, Power};
use serde_json::{Map, Value};

use super::{Fields, to_hex};

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "encode_cmd" => {
            let request = Request::command(input.text("command")).unwrap();
            expect.check("target", request.target());
        }
        "decode_arg" => {
            let size = input.number("buffer_size");
            let member = argument(input.text("query").as_bytes(), input.text("name"), size);
            expect.check("length", member.length);
            expect.check("value_hex", to_hex(&member.value));
        }
        "parse_reply" => parse_reply(input, expect),
        "basic_auth" => {
            let header = Credentials::new(input.text("password")).header();
            expect.check("header", format!("Authorization: {}", *header));
        }
        "parse_lenient_json" => {
            let parsed = json::parse(&input.hex("text_hex"));
            match expect.value("error") {
                Some(_) => {
                    let offset = parsed.unwrap_err().offset();
                    expect.check_if_present("offset", offset);
                }
                None => expect.check("json", parsed.unwrap()),
            }
        }
        "parse_power" => check_power(&Power::of(input.value("json").unwrap()), expect),
        "parse_energy" => check_energy(&Energy::of(input.value("json").unwrap()).unwrap(), expect),
        op => panic!("unknown operation {op}"),
    }
}

fn parse_reply(input: &Fields, expect: &Fields) {
    input.get("request");
    let bytes = input.hex("raw_hex");
    let reply = match Reply::parse(&bytes) {
        Ok(reply) => reply,
        Err(error) => return expect.check("error", error.name()),
    };
    expect.check("status", reply.status);
    expect.check("reason", reply.reason);
    expect.check("content_type", reply.content_type);
    expect.check("body_len", reply.body.len());
    // A strict parse, as the vectors have it; the crate's own reading is at least as lenient.
    let strict: Option<Value> = serde_json::from_slice(reply.body).ok();
    if let Some(strict) = &strict {
        assert_eq!(reply.json().as_ref(), Ok(strict));
        expect.check("json", strict.clone());
    } else {
        expect.check_if_present("json", Value::Null);
        expect.check("body_text", reply.text().into_owned());
    }
    let present = expect.check_if_present("auth_realm", reply.auth_realm);
    assert!(present || reply.auth_realm.is_none());
}

pub fn relays(power: &Power) -> Value {
    let relays = power
        .relays
        .iter()
        .map(|(relay, on)| (relay.to_string(), Value::from(*on)));
    relays.collect::<Map<_, _>>().into()
}

fn check_power(power: &Power, expect: &Fields) {
    // Objects of lamps need not say whether they are on.
    let present = expect.check_if_present("power", relays(power));
    assert!(present || power.relays.is_empty(), "power is not expected");
    let some = |list: &[u8]| {
        if list.is_empty() {
            Value::Null
        } else {
            list.to_vec().into()
        }
    };
    for (name, value) in [
        ("dimmer_percent", power.dimmer_percent.into()),
        ("ct_mired", power.ct_mired.into()),
        ("color_8bit", some(&power.color_8bit)),
        ("hue_deg", power.hue_deg.into()),
        ("saturation_percent", power.saturation_percent.into()),
        ("brightness_percent", power.brightness_percent.into()),
        ("channels_percent", some(&power.channels_percent)),
    ] {
        // Only those that are there.
        let value: Value = value;
        if value.is_null() {
            assert!(expect.value(name).is_none(), "{name} was not read");
        } else {
            expect.check(name, value);
        }
    }
}

fn check_energy(energy: &Energy, expect: &Fields) {
    let present = expect.check_if_present("time", energy.time.clone());
    assert!(present || energy.time.is_none(), "time is not expected");
    let present = expect.check_if_present("time_valid", energy.time_valid);
    assert!(present || energy.time.is_none(), "time_valid is not expected");
    for (name, value) in [
        ("power_w", energy.power_w),
        ("apparent_va", energy.apparent_va),
        ("reactive_var", energy.reactive_var),
        ("factor", energy.factor),
        ("voltage_v", energy.voltage_v),
        ("current_a", energy.current_a),
        ("frequency_hz", energy.frequency_hz),
        ("total_wh", energy.total_wh),
        ("yesterday_wh", energy.yesterday_wh),
        ("last_hour_wh", energy.last_hour_wh),
    ] {
        let present = expect.check_if_present(name, value);
        assert!(present || value.is_none(), "{name} is not expected");
    }
}
