//! Client and gateway over real sockets on loopback. `gateway_reports` in `benches/` measures them there.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use xiaomi_gateway_proto::gateway;
use xiaomi_gateway_proto::transport::{UdpClient, UdpGateway};
use xiaomi_gateway_proto::{Config, Event, Fields, Generation, Key, Sid};

fn key() -> Key {
    "41D49ED97B487373".parse().unwrap()
}

/// An address of this process alone, where the system has more than one on loopback: all runs of this test on a machine
/// hear each other in the group, and a gateway is told by its address.
fn loopback() -> Ipv4Addr {
    let [.., b, c] = std::process::id().to_be_bytes();
    if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, 1, b, c)
    } else {
        Ipv4Addr::LOCALHOST
    }
}

/// The gateway and its plug, of this process alone too.
fn sids() -> (Sid, Sid) {
    let number = std::process::id();
    let gateway = Sid::gateway(&format!("34ce{number:08x}"));
    let plug = Sid::device(&format!("158d00{number:08x}"));
    (gateway.unwrap(), plug.unwrap())
}

fn simulated(generation: Generation) -> UdpGateway {
    let (sid, plug) = sids();
    let mut setup = gateway::Config::new(sid, generation, key(), [9; 16]);
    // Any free port, so that tests don't meet.
    setup.port = 0;
    let mut udp = UdpGateway::bind(setup, loopback()).unwrap();
    udp.gateway()
        .add_device(plug, "plug", Fields::new().with("channel_0", "off"));
    udp
}

#[tokio::test]
async fn a_write_goes_over_real_sockets() {
    let mut udp = simulated(Generation::Two);
    let port = udp.gateway().port();
    let config = Config::new()
        .key(key())
        .address(SocketAddrV4::new(loopback(), port));
    let mut client = UdpClient::bind(config, loopback()).unwrap();
    let (sid, plug) = sids();
    let server = async { while udp.next_event().await.is_ok() {} };
    let (start, mut heard) = (Instant::now(), Vec::new());
    let conversation = async {
        loop {
            let event = client.next_event().await.unwrap();
            heard.push(format!("{:?} {event:?}", start.elapsed()));
            match event {
                Event::Ready { gateway } if gateway == sid => {
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
        before = tokio::time::timeout(Duration::from_secs(20), conversation) => before.ok(),
        () = server => panic!("the gateway ended"),
    };
    let before = before.unwrap_or_else(|| panic!("not in time: {heard:#?}"));
    assert_eq!(before.text("channel_0"), Some("off"));
}
