//! `mibeacon/adv.json`: AD structures.

use mibeacon::ParseError;
use mibeacon::ad::Advertisement;
use serde_json::{Value, json};

use super::{Fields, to_hex};

pub fn adv(input: &Fields, expect: &Fields) {
    let bytes = input.hex("adv");
    let advertisement = Advertisement::new(&bytes);

    let structures: Value = advertisement
        .structures()
        .map_while(Result::ok)
        .map(|structure| {
            json!({"type": format!("{:02x}", structure.ad_type.0), "data": to_hex(structure.data)})
        })
        .collect();
    let service_data: Value = advertisement
        .service_data()
        .map(|found| json!({"uuid": format!("{:04x}", found.uuid), "data": to_hex(found.data)}))
        .collect();

    expect.check("structures", structures);
    expect.check("service_data", service_data);
    match advertisement.error() {
        None => {
            expect.check_if_present("error", Value::Null);
            expect.check_if_present("offset", Value::Null);
        }
        Some(ParseError::TruncatedAd { offset, .. }) => {
            expect.check("error", "truncated_ad");
            expect.check("offset", offset);
        }
        Some(other) => panic!("{other}"),
    }
}
