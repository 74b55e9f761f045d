//! `mibeacon/qingping.json`.

use mibeacon::ParseError;
use mibeacon::qingping::{Frame, Item};
use serde_json::{Value, json};

use super::readings::{check_readings, readings_json};
use super::{Fields, to_hex};

pub fn qingping(input: &Fields, expect: &Fields) {
    let service_data = input.hex("service_data");
    let frame = match Frame::parse(&service_data) {
        Ok(frame) => frame,
        Err(ParseError::TooShort { .. }) => return expect.check("error", "too_short"),
        Err(other) => panic!("{other}"),
    };
    let items: Vec<Item<'_>> = frame.items().map_while(Result::ok).collect();
    let item_json = |item: &Item<'_>| json!({"id": format!("{:02x}", item.id), "data": to_hex(item.data)});

    expect.check("header", to_hex(&[frame.header.0]));
    expect.check("is_event", frame.header.is_event());
    expect.check("device_id", to_hex(&[frame.device_id]));
    expect.check("model", frame.model());
    expect.check("mac", to_hex(frame.mac.as_bytes()));
    expect.check("items", items.iter().map(item_json).collect::<Value>());
    check_readings(expect, readings_json(frame.readings()));
    let is_truncated = frame.error().is_some();
    if !expect.check_if_present("truncated", is_truncated) {
        assert!(!is_truncated, "{:?}", frame.error());
    }

    let mut encoded = vec![0; service_data.len()];
    let length = frame.encode(&mut encoded).expect("room for the same bytes");
    assert_eq!(to_hex(&encoded[..length]), to_hex(&service_data), "encoded again");
}
