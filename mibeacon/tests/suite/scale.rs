//! `mibeacon/scales.json`: Mi Scale.

use mibeacon::ParseError;
use mibeacon::scale::{BodyComposition, LocalTime, WeightScale};
use serde_json::Value;

use super::readings::number;
use super::{Fields, to_hex};

pub fn scales(input: &Fields, expect: &Fields) {
    let service_data = input.hex("service_data");
    match input.text("uuid") {
        "181d" => match WeightScale::parse(&service_data) {
            Ok(frame) => weight_scale(&frame, &service_data, expect),
            Err(error) => bad_length(error, expect),
        },
        "181b" => match BodyComposition::parse(&service_data) {
            Ok(frame) => body_composition(&frame, &service_data, expect),
            Err(error) => bad_length(error, expect),
        },
        other => panic!("{other} is no scale"),
    }
}

fn weight_scale(frame: &WeightScale, service_data: &[u8], expect: &Fields) {
    expect.check("unit", frame.unit().symbol());
    expect.check("raw", frame.raw_weight);
    expect.check("weight", number(frame.weight()));
    expect.check("stabilized", frame.is_stabilized());
    expect.check("removed", frame.is_removed());
    check_time(frame.time, expect);
    assert_eq!(to_hex(&frame.encode()), to_hex(service_data), "encoded again");
}

fn body_composition(frame: &BodyComposition, service_data: &[u8], expect: &Fields) {
    expect.check("unit", frame.unit().symbol());
    expect.check("raw", frame.raw_weight);
    expect.check("weight", number(frame.weight()));
    expect.check("stabilized", frame.is_stabilized());
    expect.check("removed", frame.is_removed());
    expect.check("has_impedance", frame.has_impedance());
    expect.check("impedance_raw", frame.raw_impedance);
    expect.check("impedance", frame.impedance());
    check_time(frame.time, expect);
    assert_eq!(to_hex(&frame.encode()), to_hex(service_data), "encoded again");
}

fn check_time(time: LocalTime, expect: &Fields) {
    expect.check("year", time.year);
    for (name, value) in [
        ("month", time.month),
        ("day", time.day),
        ("hour", time.hour),
        ("minute", time.minute),
        ("second", time.second),
    ] {
        expect.check(name, Value::from(value));
    }
}

fn bad_length(error: ParseError, expect: &Fields) {
    match error {
        ParseError::BadLength { .. } => expect.check("error", "bad_length"),
        other => panic!("{other}"),
    }
}
