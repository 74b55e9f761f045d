//! Small messages: control codes, device info, codes of the app.

use mi_auth::{AppCode, ControlCode, DeviceInfo};
use serde_json::Value;

use super::Fields;

pub fn control(input: &Fields, expect: &Fields) {
    let bytes = input.hex("bytes");
    match input.text("op") {
        "decode_control" => match ControlCode::parse(&bytes) {
            Ok(code) => {
                expect.check("opcode", code.name().unwrap_or("unknown"));
                if code.name().is_none() {
                    expect.check("code", code.0);
                }
                assert!(code.encode().starts_with(&bytes));
            }
            Err(error) => expect.check("error", error.name()),
        },
        "parse_device_info" => match DeviceInfo::parse(&bytes) {
            Ok(info) => {
                expect.check("version", info.version);
                expect.check("input_cap", info.input_capability());
                expect.check("output_cap", info.output_capability());
                expect.check("oob_required", info.needs_out_of_band());
                let did = info.did.map_or(Value::Null, |did| did.as_str().into());
                expect.check("did", did);
                let (head, id) = bytes.split_at(4);
                assert_eq!(info.encode()[..4], *head);
                assert!(info.did.is_none_or(|did| id.starts_with(&did.encode())));
            }
            Err(error) => expect.check("error", error.name()),
        },
        op => panic!("nobody knows the operation {op}"),
    }
}

pub fn app_code(input: &Fields, expect: &Fields) {
    assert_eq!(input.text("op"), "app_error_code");
    let code = AppCode(input.integer("code").try_into().expect("a small number"));
    expect.check("meaning", code.name().unwrap_or("unknown"));
}
