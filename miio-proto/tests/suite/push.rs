//! Push: scenes and the events that they cause.

use miio_proto::push::{PushedEvent, Receiver, Scene, Trigger, command_fits, encrypted_token};
use miio_proto::{DeviceId, Token, Value};

use super::{Fields, to_hex};

fn token(text: &str) -> Token {
    text.parse().expect("a token")
}

pub fn check(input: &Fields, expect: &Fields) {
    match input.op() {
        "token_enc" => {
            let token = Token::new(input.hex("token").try_into().expect("16 bytes"));
            expect.check("token_enc", to_hex(&encrypted_token(&token)));
        }
        "scene" => scene(input, expect),
        "event_method" => match PushedEvent::parse(input.text("method")) {
            Ok(event) => {
                expect.check("action", event.action);
                expect.check("source", event.source);
            }
            Err(_) => expect.check("error", "not_event"),
        },
        "command_fits" => expect.check("fits", command_fits(input.text("command"))),
        op => panic!("unknown operation {op}"),
    }
}

fn scene(input: &Fields, expect: &Fields) {
    let text = |name: &str| {
        input
            .value(name)
            .map(|text| text.as_str().expect("text").to_owned())
    };
    let number = input
        .text("eid")
        .strip_prefix("x.scene.")
        .expect("a scene")
        .parse()
        .expect("a number");
    let scene = Scene {
        number,
        magic: input.number("magic"),
        trigger: Trigger {
            source: text("sid").unwrap_or_else(|| match input.value("did").expect("did") {
                Value::String(did) => did.clone(),
                did => did.to_string(),
            }),
            source_model: text("src_model").unwrap_or_else(|| input.text("model").to_owned()),
            event: input.text("action").to_owned(),
            code: input.text("extra").to_owned(),
            token: text("tt")
                .filter(|text| !text.is_empty())
                .map(|text| token(&text)),
            value: input.get("tv").filter(|value| !value.is_null()).cloned(),
        },
        receiver: Receiver {
            device_id: DeviceId(input.number("sdid")),
            model: input.text("smodel").to_owned(),
            address: input.text("ip").parse().expect("an address"),
            extra: text("cmd_extra").unwrap_or_default(),
        },
    };
    let gateway = token(input.text("tok"));
    match scene.encode(&gateway) {
        Ok(data) => {
            let request = scene.request(&gateway).expect("it fits");
            assert_eq!(request.params["data"], Value::from(data.as_str()));
            expect.check("data", data);
            expect.check("command", scene.command().expect("it fits"));
        }
        Err(_) => expect.check("error", "command_too_long"),
    }
}
