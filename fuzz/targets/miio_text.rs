//! Any text at everything that reads texts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use miio_proto::discovery::MdnsName;
use miio_proto::miot::Urn;
use miio_proto::provision::{ConfigRouter, Passphrase, SetupNetwork, Ssid};
use miio_proto::push::PushedEvent;
use miio_proto::{DeviceId, Token, command, models, tokens};
use serde_json::json;

fuzz_target!(|text: &str| {
    if let Ok((token, _)) = Token::from_text(text) {
        assert_eq!(token.to_hex().parse::<Token>(), Ok(token));
    }
    if let Ok(id) = text.parse::<DeviceId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
    if let Ok(urn) = text.parse::<Urn>() {
        assert_eq!(urn.to_string().parse(), Ok(urn));
    }
    if let Ok(request) = command::parse(text) {
        let json: serde_json::Value = serde_json::from_slice(&request.encode(7)).unwrap();
        assert_eq!(
            (&json["id"], &json["method"]),
            (&json!(7), &json!(request.method))
        );
    }
    let value = json!("v");
    let _ = command::substitute(text, |name| (name.len() % 2 == 0).then_some(&value));
    let _ = text.parse::<MdnsName>();
    let _ = SetupNetwork::parse(text);
    let _ = PushedEvent::parse(text);
    let _ = tokens::android_log(text);
    let _ = (
        models::find(text),
        models::category(text),
        models::legacy_batch(text),
        models::miot_batch(text),
    );
    let (ssid, passphrase) = text.split_once('\n').unwrap_or((text, ""));
    if let (Ok(ssid), Ok(passphrase)) = (Ssid::new(ssid), Passphrase::new(passphrase)) {
        let config = ConfigRouter::new(ssid.clone(), passphrase.clone());
        let json: serde_json::Value = serde_json::from_slice(&config.request().encode(1)).unwrap();
        assert_eq!(
            json["params"]["ssid"].as_str().unwrap().as_bytes(),
            ssid.as_bytes()
        );
        assert_eq!(json["params"]["passwd"], passphrase.expose());
        let _ = config.warnings();
    }
});
