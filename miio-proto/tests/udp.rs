//! The tokio transport on loopback: client, host, discovery.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::time::Duration;

use miio_proto::device::{Device, DeviceConfig, Event as DeviceEvent, Fault};
use miio_proto::transport::{Client, Host, discover};
use miio_proto::{CallError, Config, DeviceId, Event, Request, Token};
use serde_json::json;

fn token() -> Token {
    Token::new([0x42; 16])
}

async fn host(id: u32) -> Host {
    let config = DeviceConfig::new(DeviceId(id), token(), "philips.light.bulb");
    Host::bind("127.0.0.1:0", Device::new(config).with_legacy("power", "on"))
        .await
        .unwrap()
}

#[tokio::test]
async fn calls_are_answered_and_a_lost_one_is_sent_again() {
    let host = host(1).await;
    let (client, mut events) = Client::bind("127.0.0.1:0").await.unwrap();
    let config = Config::new(token()).timeout(Duration::from_millis(100));
    let lamp = client.add(host.address(), config).await;
    let answer = lamp
        .call(Request::new("get_prop", json!(["power"])))
        .await
        .unwrap();
    assert_eq!(answer.result, json!(["on"]));
    assert!(matches!(events.recv().await.unwrap().event, Event::Connected(_)));
    host.with(|device, _| device.inject(Fault::Silence));
    let answer = lamp
        .call(Request::new("set_power", json!(["off"])))
        .await
        .unwrap();
    assert_eq!(answer.attempts, 2);
    assert_eq!(
        host.with(|device, _| device.legacy("power").cloned()),
        Some(json!("off"))
    );
    assert!(lamp.last_id().await.unwrap() > 1_600_000_000);
}

#[tokio::test]
async fn many_calls_at_once_are_served_in_turn() {
    let host = host(2).await;
    let (client, _events) = Client::bind("127.0.0.1:0").await.unwrap();
    let lamp = client.add(host.address(), Config::new(token())).await;
    let calls = (0..50).map(|_| {
        let lamp = lamp.clone();
        tokio::spawn(async move { lamp.call(Request::new("get_prop", json!(["power"]))).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().unwrap().result, json!(["on"]));
    }
}

#[tokio::test]
async fn a_wrong_token_and_a_removed_device_are_told() {
    let host = host(3).await;
    let (client, _events) = Client::bind("127.0.0.1:0").await.unwrap();
    let config = Config::new(Token::new([1; 16]))
        .timeout(Duration::from_millis(20))
        .attempts(2);
    let lamp = client.add(host.address(), config).await;
    let error = lamp
        .call(Request::new("get_prop", json!(["power"])))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Unanswered { attempts: 2, suspects } if suspects.wrong_token));
    lamp.remove();
    assert_eq!(
        lamp.call(Request::new("x", json!([]))).await,
        Err(CallError::Closed)
    );
}

#[tokio::test]
async fn a_pushed_event_reaches_the_client_and_is_acknowledged() {
    let host = host(4).await;
    let (client, mut events) = Client::bind("127.0.0.1:0").await.unwrap();
    let gateway = client.add(host.address(), Config::new(token())).await;
    gateway.call(Request::new("miIO.info", json!([]))).await.unwrap();
    let event = Request::new("chuangmi.plug.v3.open:lumi_158d0001020304", json!([]));
    let sent = host.with(|device, now| device.push(now, client.local_address(), &event));
    let request = loop {
        if let Event::DeviceRequest(request) = events.recv().await.unwrap().event {
            break request;
        }
    };
    assert_eq!((request.id, request.method), (Some(sent), event.method));
    gateway.answer(sent, 0);
    for _ in 0..100 {
        if host.event() == Some(DeviceEvent::Acknowledged { id: sent }) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no acknowledgement");
}

#[tokio::test]
async fn devices_on_loopback_are_discovered_once_each() {
    let (a, b) = (host(5).await, host(6).await);
    let mut reported = Vec::new();
    let found = discover(Duration::from_millis(800), &[a.address(), b.address()], |found| {
        reported.push(found.device_id);
    })
    .await
    .unwrap();
    let ours = |id: &DeviceId| matches!(id.0, 5 | 6);
    reported.retain(ours);
    reported.sort();
    assert_eq!(reported, [DeviceId(5), DeviceId(6)]);
    assert!(found.iter().any(|found| found.address == Some(a.address())));
}
