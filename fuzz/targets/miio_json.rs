//! Any plaintext: repaired JSON is stable, and every reader of results takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use miio_proto::info::{DeviceDescription, redacted};
use miio_proto::miot::{ActionResult, Instance, PropertyKey, SetResult, choose};
use miio_proto::rpc::Message;
use miio_proto::{json, vacuum};

fuzz_target!(|data: &[u8]| {
    let Ok(decoded) = json::decode(data) else { return };
    let text = decoded.value.to_string();
    let again = json::decode(text.as_bytes()).expect("what was mended is JSON");
    assert!(again.repairs.is_empty());
    let value = decoded.value;
    let _ = (
        DeviceDescription::from_json(&value),
        redacted(&value),
        choose(&value, "a.b.c"),
    );
    let key = PropertyKey { siid: 2, piid: 1 };
    let _ = (
        SetResult::from_json(&[key], &value),
        ActionResult::from_json(&value),
    );
    let _ = (
        vacuum::Status::from_json(&value),
        vacuum::CleanSummary::from_json(&value),
    );
    let _ = (
        vacuum::clean_records(&value),
        vacuum::timers(&value),
        vacuum::Consumables::from_json(&value),
    );
    if let Ok(spec) = Instance::from_json(&value) {
        for property in spec.properties() {
            let _ = property.read(&value);
            let _ = property.check(&value);
            let _ = spec.property(&spec.name_of(property));
        }
    }
    let _ = Message::from_json(value);
});
