//! Messages in the words of gateways, shuffled: whatever is read writes and reads the same.

use proptest::prelude::*;
use xiaomi_gateway_proto::{Kind, MAX_DATAGRAM, Message};

/// Written and read again: the message, as far as it says of which generation it is.
fn round_trip(datagram: &str) -> Result<(), TestCaseError> {
    let Ok(message) = Message::parse(datagram.as_bytes()) else {
        return Ok(());
    };
    let written = message.encode();
    let Ok(again) = Message::parse(&written) else {
        prop_assert!(
            written.len() > MAX_DATAGRAM,
            "{}",
            String::from_utf8_lossy(&written)
        );
        return Ok(());
    };
    prop_assert_eq!(&again.cmd, &message.cmd);
    prop_assert_eq!(again.sid, message.sid);
    prop_assert_eq!(&again.model, &message.model);
    if message.generation.is_some()
        && !matches!(message.kind, Kind::Whois | Kind::ListRequest | Kind::ReadRequest)
    {
        prop_assert_eq!(&again.fields, &message.fields);
    }
    prop_assert_eq!(again.encode(), written);
    Ok(())
}

/// Spaces, prefixes, case, separators, escapes, quotes within quotes.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "lumi.", "LUMI.", " ", "\\t", "\\u00a0", "\\u0000", "\\\"", "\\\\", "\\/", "\\ud83d\\ude00", "0",
        "00", "158d", "158D0001", "ctrl_dualchn", "gateway", "weather.v1", ":", "-", ".", "on", "off", "1e3",
        "{}", "é",
    ]);
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "cmd", "model", "sid", "short_id", "token", "params", "data", "key", "dev_list", "ip", "port",
        "voltage", "status", "channel_0", "temperature", "rgb", "error", "battery_voltage", "proto_version",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => text()]
}

fn command() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "report", "heartbeat", "read_ack", "write_ack", "read_rsp", "write_rsp", "iam", "whois", "discovery",
        "discovery_rsp", "get_id_list", "get_id_list_ack", "read", "write", "server_ack", "other",
    ])
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => text().prop_map(|text| format!("\"{text}\"")),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_filter("JSON has none", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        1 => prop::sample::select(vec!["null", "true", "false", "-0", "0.50", "1E+2"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            object(inner.clone()),
            // The JSON in a string that generation 1 sends.
            object(inner)
                .prop_map(|object| format!("\"{}\"", object.replace('\\', "\\\\").replace('"', "\\\""))),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec((name(), value), 0..4).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_is_read_writes_and_reads_the_same(
        cmd in command(),
        model in text(),
        sid in "(lumi\\.)?[0-9A-Fa-f:-]{0,14}",
        members in prop::collection::vec((name(), value()), 0..5),
    ) {
        let members: String = members.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        round_trip(&format!("{{\"cmd\":\"{cmd}\",\"model\":\"{model}\",\"sid\":\"{sid}\"{members}}}"))?;
    }
}

#[test]
fn a_model_loses_every_lumi() {
    let datagram = r#"{"cmd":"report","model":"lumi. lumi.ctrl_dualchn","sid":"158d0001112316","params":[{"channel_0":"on"}]}"#;
    let message = Message::parse(datagram.as_bytes()).unwrap();
    assert_eq!(message.model.as_deref(), Some("ctrl_dualchn"));
    round_trip(datagram).unwrap();
}
