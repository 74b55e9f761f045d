//! Client and gateway over real sockets on loopback. `gateway_reports` in `benches/` measures them there.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use xiaomi_gateway_proto::gateway;
use xiaomi_gateway_proto::transport::{UdpClient, UdpGateway};
use xiaomi_gateway_proto::{Config, Event, Fields, Generation, Key, Sid};

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn key() -> Key {
    "41D49ED97B487373".parse().unwrap()
}

fn simulated(generation: Generation) -> UdpGateway {
    let sid = Sid::gateway("34ce00880088").unwrap();
    let mut setup = gateway::Config::new(sid, generation, key(), [9; 16]);
    // Any free port, so that tests don't meet.
    setup.port = 0;
    let mut udp = UdpGateway::bind(setup, LOOPBACK).unwrap();
    udp.gateway().add_device(
        "158d00023f3f19".parse().unwrap(),
        "plug",
        Fields::new().with("channel_0", "off"),
    );
    udp
}

#[tokio::test]
async fn a_write_goes_over_real_sockets() {
    let mut udp = simulated(Generation::Two);
    let port = udp.gateway().port();
    let config = Config::new()
        .key(key())
        .address(SocketAddrV4::new(LOOPBACK, port));
    let mut client = UdpClient::bind(config, LOOPBACK).unwrap();
    let server = async { while udp.next_event().await.is_ok() {} };
    let conversation = async {
        loop {
            match client.next_event().await.unwrap() {
                Event::Ready { .. } => {
                    let plug: Sid = "158d00023f3f19".parse().unwrap();
                    client
                        .client()
                        .write(plug, Fields::new().with("channel_0", "on"))
                        .unwrap();
                }
                Event::WriteAccepted { before, .. } => return before,
                _ => {}
            }
        }
    };
    let before = tokio::select! {
        before = tokio::time::timeout(Duration::from_secs(20), conversation) => before.expect("in time"),
        () = server => panic!("the gateway ended"),
    };
    assert_eq!(before.text("channel_0"), Some("off"));
}
