//! MIoT: names, codes, values, requests.

use miio_proto::miot::{self, ActionKey, CodeError, Property, PropertyKey, Status, Urn};
use miio_proto::{Request, Value};

use super::Fields;

pub fn check(input: &Fields, expect: &Fields) {
    let did = || input.value("did").map(|did| did.as_str().expect("did is text"));
    match input.op() {
        "urn" => urn(input, expect),
        "code" => code(input, expect),
        "validate" => {
            let property =
                Property::from_json(2, input.value("property").expect("property")).expect("a property");
            let result = property.check(input.get("value").expect("value"));
            expect.check("result", result.map_or_else(|error| error.name(), |()| "ok"));
        }
        "get" => {
            let keys: Vec<PropertyKey> = input.list("items").iter().map(key).collect();
            request(&miot::get(&keys, did()), expect);
        }
        "set" => {
            let items = input.list("items").iter();
            let values: Vec<(PropertyKey, Value)> = items.map(|item| (key(item), item[2].clone())).collect();
            request(&miot::set(&values, did()), expect);
        }
        "action" => {
            let key = ActionKey {
                siid: input.number("siid"),
                aiid: input.number("aiid"),
            };
            request(&miot::action(key, input.list("args").to_vec(), did()), expect);
        }
        op => panic!("unknown operation {op}"),
    }
}

fn key(item: &Value) -> PropertyKey {
    let number = |index: usize| u16::try_from(item[index].as_u64().expect("a number")).expect("16 bits");
    PropertyKey {
        siid: number(0),
        piid: number(1),
    }
}

fn request(request: &Request, expect: &Fields) {
    expect.check("method", request.method.as_str());
    expect.check("params", request.params.clone());
}

fn urn(input: &Fields, expect: &Fields) {
    let text = input.text("urn");
    match text.parse::<Urn>() {
        Ok(urn) => {
            assert_eq!(urn.to_string().to_lowercase(), text.to_lowercase());
            expect.check("type", urn.kind.name());
            expect.check("value", urn.value);
            expect.check("namespace", urn.namespace);
            expect.check("name", urn.name);
            expect.check("vendor_product", urn.vendor_product);
            expect.check("version", urn.version);
            expect.check("extra", urn.extra);
        }
        Err(_) => expect.check("error", "bad_urn"),
    }
}

fn code(input: &Fields, expect: &Fields) {
    match Status::from_code(input.integer("code")) {
        Status::Done => expect.check("status", "ok"),
        Status::Accepted => expect.check("status", "accepted"),
        Status::Failed(error) => {
            expect.check("status", "error");
            match error {
                CodeError::Device { meaning, .. } => {
                    expect.check("kind", "device");
                    expect.check("meaning", meaning.name());
                }
                CodeError::Cloud { http, place, sub, .. } => {
                    expect.check("kind", "cloud");
                    expect.check("http", http);
                    expect.check("where", place.name());
                    expect.check("sub", sub);
                }
                CodeError::Unknown { .. } => expect.check("kind", "unknown"),
                CodeError::Missing => panic!("a code is there"),
            }
        }
    }
}
