//! A client and a gateway, between them a network that is the fuzzer's: loses, repeats, delays, forges.
#![no_main]

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use xiaomi_gateway_proto::gateway::{self, Gateway};
use xiaomi_gateway_proto::{Client, Config, Event, Fields, GROUP, Generation, Key, Sid};

const CLIENT: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 2), 40000);
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 11);

fuzz_target!(|bytes: &[u8]| {
    let Some((&[setup, seed], mut script)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let key: Key = "41D49ED97B487373".parse().unwrap();
    let sid = Sid::gateway("04cf8c915f95").unwrap();
    let plug: Sid = "158d00023f3f19".parse().unwrap();
    let generation = if setup & 1 == 0 {
        Generation::One
    } else {
        Generation::Two
    };
    let mut config = gateway::Config::new(sid, generation, key.clone(), [seed; 16]);
    config.ip = HOST;
    config.quirks.strip_zero = setup & 2 != 0;
    config.quirks.hide_proto_version = setup & 4 != 0;
    config.quirks.double_reports = setup & 8 != 0;
    let mut gateway = Gateway::new(Duration::ZERO, config);
    gateway.add_device(
        plug,
        "plug",
        Fields::new().with("status", "off").with("channel_0", "off"),
    );
    let mut client = Client::new(Config::new().key(key));
    let mut now = Duration::ZERO;
    client.start(now);
    let (mut asked, mut answered) = (0_usize, 0_usize);
    let mut to_gateway: Vec<(u16, Vec<u8>)> = Vec::new();
    let mut to_client: Vec<(SocketAddrV4, Vec<u8>)> = Vec::new();
    while let Some((&[action, argument], rest)) = script.split_first_chunk::<2>() {
        script = rest;
        match action % 8 {
            0 => now += Duration::from_millis(u64::from(argument) * 100),
            1 => asked += usize::from(client.read(if argument & 1 == 0 { plug } else { sid }).is_ok()),
            2 => {
                let name = if generation == Generation::One {
                    "status"
                } else {
                    "channel_0"
                };
                asked += usize::from(client.write(plug, Fields::new().with(name, "on")).is_ok());
            }
            3 => {
                // Something arrives out of order, or twice, or never.
                if !to_client.is_empty() {
                    let index = usize::from(argument) % to_client.len();
                    let (from, payload) = if argument & 0x80 != 0 {
                        to_client[index].clone()
                    } else {
                        to_client.remove(index)
                    };
                    client.handle_datagram(now, from, &payload);
                }
            }
            4 => {
                if !to_gateway.is_empty() {
                    let index = usize::from(argument) % to_gateway.len();
                    let (port, payload) = to_gateway.remove(index);
                    gateway.handle_datagram(now, CLIENT, port, &payload);
                }
            }
            5 => {
                let length = usize::from(argument).min(script.len());
                let (forged, rest) = script.split_at(length);
                let from = if argument & 1 == 0 {
                    HOST
                } else {
                    Ipv4Addr::new(10, 0, 0, 99)
                };
                client.handle_datagram(now, SocketAddrV4::new(from, 9898), forged);
                gateway.handle_datagram(now, CLIENT, 9898, forged);
                script = rest;
            }
            6 => gateway.rotate_token(),
            _ => gateway.faults().closed_port = argument & 1 != 0,
        }
        client.handle_timeout(now);
        gateway.handle_timeout(now);
        pump(
            &mut client, &mut gateway, now, &mut to_gateway, &mut to_client, &mut answered,
        );
    }
    // Left alone, with a network that carries nothing, every request ends.
    for _ in 0..10_000 {
        pump(
            &mut client, &mut gateway, now, &mut to_gateway, &mut to_client, &mut answered,
        );
        if answered >= asked {
            break;
        }
        let due = client.poll_timeout().expect("it waits for something");
        now = now.max(due);
        client.handle_timeout(now);
    }
    assert_eq!(answered, asked, "requests that never end");
});

fn pump(
    client: &mut Client,
    gateway: &mut Gateway,
    now: Duration,
    to_gateway: &mut Vec<(u16, Vec<u8>)>,
    to_client: &mut Vec<(SocketAddrV4, Vec<u8>)>,
    answered: &mut usize,
) {
    while let Some(transmit) = client.poll_transmit(now) {
        to_gateway.push((transmit.destination.port(), transmit.payload));
    }
    while let Some(transmit) = gateway.poll_transmit() {
        assert!(*transmit.destination.ip() == GROUP || transmit.destination == CLIENT);
        to_client.push((SocketAddrV4::new(HOST, transmit.source_port), transmit.payload));
    }
    while let Some(event) = client.poll_event() {
        *answered += match event {
            Event::Device(update) => usize::from(update.request.is_some()),
            Event::WriteAccepted { .. } => 1,
            Event::Failed { id, .. } => usize::from(id.is_some()),
            _ => 0,
        };
    }
    while gateway.poll_event().is_some() {}
    to_gateway.truncate(64);
    to_client.truncate(64);
}
