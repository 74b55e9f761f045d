//! Datagrams of gateways and clients: whatever is read is JSON, and writes and reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use xiaomi_gateway_proto::{Kind, Message, ParseError, home_assistant};

fuzz_target!(|bytes: &[u8]| {
    let message = match Message::parse(bytes) {
        Ok(message) => message,
        Err(error) => return check_error(&error, bytes),
    };
    // What `serde_json` refuses beyond the grammar: numbers that no double holds.
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n'))
        .unwrap();
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes[..=end]) {
        assert!(error.to_string().contains("out of range"), "{error}");
    }
    let written = message.encode();
    if let Ok(again) = Message::parse(&written) {
        assert_eq!(again.cmd, message.cmd);
        assert_eq!(again.sid, message.sid);
        assert_eq!(again.model, message.model);
        let has_body = !matches!(message.kind, Kind::Whois | Kind::ListRequest | Kind::ReadRequest);
        if has_body && message.generation.is_some() {
            assert_eq!(again.fields, message.fields);
        }
        assert_eq!(again.encode(), written, "written twice, two ways");
    } else {
        // Only escaping can make it longer than a datagram may be.
        assert!(
            written.len() > xiaomi_gateway_proto::MAX_DATAGRAM,
            "{}",
            String::from_utf8_lossy(&written)
        );
    }
    if let Some(decoded) = message.decode() {
        let json = decoded.to_json();
        assert!(decoded.invalid.is_sorted());
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&json) {
            assert!(error.to_string().contains("out of range"), "{error} in {json}");
        }
        assert!(message.kind == Kind::Report || decoded.events.is_empty());
        assert!(home_assistant::bus_events(&decoded).len() <= decoded.events.len());
    }
    assert_eq!(message.clone().into_owned(), message);
});

fn check_error(error: &ParseError, bytes: &[u8]) {
    match error {
        ParseError::TooLarge { found, limit } => assert!(found > limit && *found == bytes.len()),
        ParseError::NotUtf8 { offset } => assert!(*offset < bytes.len()),
        ParseError::NotJson { length } => assert!(*length <= bytes.len()),
        _ => {}
    }
}
