//! `mibeacon/hhcc_fd50.json`: the HHCC plant sensor.

use mibeacon::ParseError;
use mibeacon::hhcc::Frame;

use super::readings::{check_readings, readings_json};
use super::{Fields, to_hex};

pub fn hhcc_fd50(input: &Fields, expect: &Fields) {
    let service_data = input.hex("service_data");
    match Frame::parse(&service_data) {
        Ok(frame) => {
            check_readings(expect, readings_json(frame.readings()));
            assert_eq!(
                to_hex(&frame.encode().unwrap()),
                to_hex(&service_data),
                "encoded again"
            );
        }
        Err(ParseError::BadLength { .. }) => expect.check("error", "bad_length"),
        Err(other) => panic!("{other}"),
    }
}
