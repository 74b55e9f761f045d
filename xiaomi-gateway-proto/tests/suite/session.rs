//! Whole conversations of a client.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use serde_json::{Value, json};
use xiaomi_gateway_proto::client::{CallError, Failure, KnownGateway};
use xiaomi_gateway_proto::{Client, Config, Event, GROUP, Generation, Message, Sid};

use super::gateway::{attributes, generation, values};
use super::{Fields, same};

pub fn session(input: &Fields, expect: &Fields) {
    let config = Fields::new(input.value("config").unwrap());
    let mut settings = Config::new();
    if let Some(key) = config.value("key") {
        settings = settings.key(key.as_str().unwrap().parse().unwrap());
    }
    if let Some(sends) = config.value("discovery_retry") {
        settings = settings.discovery_retry(u32::try_from(sends.as_u64().unwrap()).unwrap());
    }
    let state = config.value("state").map(|state| known(&Fields::new(state)));
    if let Some(known) = state.iter().find(|_| config.value("address").is_some()) {
        settings = settings.address(known.address);
    }
    config.assert_all_read();
    let mut client = Client::new(settings);
    let mut sockets = BTreeMap::new();
    if let Some(known) = state {
        client.restore(Duration::ZERO, known);
    }
    let steps = input.list("steps");
    let expected = expect.list("steps");
    assert_eq!(steps.len(), expected.len());
    for (index, (step, expected)) in steps.iter().zip(expected).enumerate() {
        let expected = Fields::new(expected);
        let mut results = act(&mut client, &sockets, &Fields::new(step));
        let now = Duration::from_millis(step["t_ms"].as_u64().unwrap());
        let transmits = std::iter::from_fn(|| client.poll_transmit(now)).map(|transmit| {
            let multicast = *transmit.destination.ip() == GROUP;
            sockets.insert(request_of(&transmit.payload), transmit.socket);
            json!({
                "cast": if multicast { "multicast" } else { "unicast" },
                "address": transmit.destination.ip().to_string(),
                "port": transmit.destination.port(),
                "datagram": String::from_utf8(transmit.payload).unwrap(),
            })
        });
        let transmits: Vec<_> = transmits.collect();
        if let Some(wanted) = expected.get("tx") {
            assert!(
                same(wanted, &json!(transmits)),
                "step {index} sends {transmits:#?}"
            );
        }
        results.extend(std::iter::from_fn(|| client.poll_event()).filter_map(|event| result(&event)));
        if let Some(wanted) = expected.get("result") {
            name_gateways_as(wanted, &mut results);
            assert!(same(wanted, &json!(results)), "step {index}: {results:#?}");
        }
        expected.assert_all_read();
    }
}

/// The schema leaves open whether a result about a gateway names it: what is named must be right.
fn name_gateways_as(wanted: &Value, results: &mut [Value]) {
    let wanted = wanted.as_array().expect("a list of results");
    for (wanted, result) in wanted.iter().zip(results) {
        if matches!(
            result["type"].as_str(),
            Some("ready" | "multicast_degraded" | "gateway_offline")
        ) && wanted.get("sid").is_none()
        {
            result.as_object_mut().expect("an object").remove("sid");
        }
    }
}

fn known(state: &Fields) -> KnownGateway {
    let gateway = Sid::gateway(state.text("gateway")).unwrap();
    let port = u16::try_from(state.integer("port")).unwrap();
    let age = state.value("token_age_ms").map_or(0, |age| age.as_u64().unwrap());
    let models = state
        .value("models")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let model_of = |sid: &str| models.get(sid).and_then(Value::as_str).map(str::to_owned);
    let known = KnownGateway {
        sid: gateway,
        address: SocketAddrV4::new(address(state.text("address")), port),
        model: model_of(&gateway.to_string()),
        generation: state.value("generation").map(generation),
        token: state.value("token").map(|token| {
            (
                token.as_str().unwrap().parse().unwrap(),
                Duration::from_millis(age),
            )
        }),
        devices: models
            .iter()
            .map(|(sid, model)| (Sid::device(sid).unwrap(), model.as_str().unwrap().to_owned()))
            .collect(),
    };
    state.assert_all_read();
    known
}

/// What a request asks for, or an answer answers. A gateway answers to where it was asked from.
fn request_of(datagram: &[u8]) -> String {
    let cmd = Message::parse(datagram).map_or_else(|_| String::new(), |message| message.cmd.into_owned());
    let cmd = cmd.trim_end_matches("_ack").trim_end_matches("_rsp");
    cmd.replace("discovery", "get_id_list").replace("iam", "whois")
}

fn act(client: &mut Client, sockets: &BTreeMap<String, usize>, step: &Fields) -> Vec<Value> {
    let now = Duration::from_millis(step.value("t_ms").unwrap().as_u64().unwrap());
    let mut results = Vec::new();
    if let Some(datagram) = step.value("rx") {
        let port = u16::try_from(step.integer("from_port")).unwrap();
        let from = SocketAddrV4::new(address(step.text("from")), port);
        let bytes = datagram.as_str().unwrap().as_bytes();
        let socket = sockets.get(&request_of(bytes)).copied();
        client.handle_datagram(now, from, socket, bytes);
        return results;
    }
    let sid = || Sid::device(step.text("sid")).unwrap();
    // Time passes for calls without `now` too.
    client.handle_timeout(now);
    match step.text("do") {
        "start" => client.start(now),
        "tick" => {}
        "read" => _ = client.read(sid()).unwrap(),
        "write" => match client.write(sid(), values(step.value("values").unwrap())) {
            Ok(_) => {}
            Err(CallError::NoKey { .. }) => {
                results.push(json!({"type": "error", "error_kind": "no_key", "sid": sid().to_string()}));
            }
            Err(error) => panic!("{error}"),
        },
        other => panic!("nothing is called {other}"),
    }
    results
}

fn result(event: &Event) -> Option<Value> {
    Some(match event {
        Event::GatewayFound {
            sid,
            model,
            generation,
            ..
        } => json!({
            "type": "gateway_found", "sid": sid.to_string(), "model": model,
            "generation": generation.map(Generation::number),
        }),
        Event::Device(update) => {
            json!({"type": "device", "sid": update.sid.to_string(), "model": update.model})
        }
        Event::Report(update) => json!({
            "type": "report", "sid": update.sid.to_string(), "model": update.model, "fields": attributes(&update.fields),
        }),
        Event::Ready { gateway } => json!({"type": "ready", "sid": gateway.to_string()}),
        Event::WriteAccepted { sid, .. } => json!({"type": "write_accepted", "sid": sid.to_string()}),
        Event::Failed { sid, failure, .. } => {
            let kind = match failure {
                Failure::Timeout { .. } => "timeout",
                Failure::KeyRejected { .. } => "key_rejected",
                Failure::TokenStale => "token_stale",
                other => panic!("{other}"),
            };
            json!({"type": "error", "error_kind": kind, "sid": sid.to_string()})
        }
        Event::NoGateway { .. } => json!({"type": "no_gateway"}),
        Event::MulticastDegraded { gateway } => {
            json!({"type": "multicast_degraded", "sid": gateway.to_string()})
        }
        Event::GatewayOffline { gateway } => json!({"type": "gateway_offline", "sid": gateway.to_string()}),
        // The vectors don't tell of these.
        _ => return None,
    })
}

fn address(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}
