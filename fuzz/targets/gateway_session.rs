//! A client and a gateway, between them a network that is the fuzzer's: loses, repeats, delays, forges.
#![no_main]

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use libfuzzer_sys::fuzz_target;
use xiaomi_gateway_proto::client::{Failure, SOCKETS};
use xiaomi_gateway_proto::gateway::{self, Gateway};
use xiaomi_gateway_proto::{Client, Config, Event, Fields, GROUP, Generation, Key, Sid};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// The port of the client's first socket.
const FIRST_PORT: u16 = 40_000;
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 11);

fuzz_target!(|bytes: &[u8]| {
    // Long scripts repeat themselves.
    let bytes = bytes.get(..MAX_SCRIPT).unwrap_or(bytes);
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
    let mut network = Network {
        strict: setup & 16 != 0,
        ..Network::default()
    };
    let mut asked = 0_usize;
    while let Some((&[action, argument], rest)) = script.split_first_chunk::<2>() {
        script = rest;
        // A long queue takes long to end, and shows nothing new.
        let busy = asked - network.answered > 32;
        match action % 8 {
            1 | 2 if busy => {}
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
                if let Some(flight) = network.take(now, argument, true) {
                    let from = SocketAddrV4::new(HOST, flight.source_port);
                    client.handle_datagram(now, from, flight.socket, &flight.payload);
                }
            }
            4 => {
                if let Some(flight) = network.take(now, argument, false) {
                    let from = SocketAddrV4::new(CLIENT, flight.source_port);
                    gateway.handle_datagram(now, from, flight.port, &flight.payload);
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
                let socket = Some(usize::from(argument) % 20).filter(|socket| *socket < SOCKETS);
                client.handle_datagram(now, SocketAddrV4::new(from, 9898), socket, forged);
                gateway.handle_datagram(now, SocketAddrV4::new(CLIENT, FIRST_PORT), 9898, forged);
                network.strict = false;
                script = rest;
            }
            6 => {
                gateway.rotate_token();
                network.strict = false;
            }
            _ => gateway.faults().closed_port = argument & 1 != 0,
        }
        client.handle_timeout(now);
        gateway.handle_timeout(now);
        network.pump(&mut client, &mut gateway, now);
    }
    // Left alone, with a network that carries nothing, every request ends.
    for _ in 0..10_000 {
        network.pump(&mut client, &mut gateway, now);
        if network.answered >= asked {
            break;
        }
        let due = client.poll_timeout().expect("it waits for something");
        now = now.max(due);
        client.handle_timeout(now);
    }
    assert_eq!(network.answered, asked, "requests that never end");
    // As long as sockets rest between two requests.
    let hurry = |sent: &[Duration]| sent[SOCKETS - 1] - sent[0] < Duration::from_secs(3);
    assert!(
        !network.strict || !network.key_rejected || network.sent.windows(SOCKETS).any(hurry),
        "a right KEY is called wrong"
    );
});

const MAX_SCRIPT: usize = 1024;

#[derive(Default)]
struct Network {
    /// Nothing is later than a second, nobody forges, and tokens live as long as they do: so the KEY is right.
    strict: bool,
    to_gateway: Vec<Flight>,
    to_client: Vec<Flight>,
    /// When the client sent.
    sent: Vec<Duration>,
    answered: usize,
    key_rejected: bool,
}

#[derive(Clone)]
struct Flight {
    since: Duration,
    source_port: u16,
    /// Of the gateway.
    port: u16,
    /// Of the client.
    socket: Option<usize>,
    payload: Vec<u8>,
}

impl Network {
    /// One of what is under way. A doubled one stays.
    fn take(&mut self, now: Duration, argument: u8, to_client: bool) -> Option<Flight> {
        let flights = if to_client {
            &mut self.to_client
        } else {
            &mut self.to_gateway
        };
        if self.strict {
            flights.retain(|flight| now - flight.since < Duration::from_millis(500));
        }
        if flights.is_empty() {
            return None;
        }
        let index = usize::from(argument & 0x7f) % flights.len();
        Some(if argument & 0x80 != 0 {
            flights[index].clone()
        } else {
            flights.remove(index)
        })
    }

    fn pump(&mut self, client: &mut Client, gateway: &mut Gateway, now: Duration) {
        while let Some(transmit) = client.poll_transmit(now) {
            assert!(transmit.socket < SOCKETS);
            self.sent.push(now);
            self.to_gateway.push(Flight {
                since: now,
                source_port: FIRST_PORT + transmit.socket as u16,
                port: transmit.destination.port(),
                socket: None,
                payload: transmit.payload,
            });
        }
        while let Some(transmit) = gateway.poll_transmit() {
            let to = transmit.destination;
            assert!([GROUP, CLIENT].contains(to.ip()));
            let socket = to.port().checked_sub(FIRST_PORT).map(usize::from);
            self.to_client.push(Flight {
                since: now,
                source_port: transmit.source_port,
                port: 0,
                socket: socket.filter(|_| *to.ip() == CLIENT),
                payload: transmit.payload,
            });
        }
        while let Some(event) = client.poll_event() {
            self.answered += match event {
                Event::Device(update) => usize::from(update.request.is_some()),
                Event::WriteAccepted { .. } => 1,
                Event::Failed { id, failure, .. } => {
                    self.key_rejected |= matches!(failure, Failure::KeyRejected { .. });
                    usize::from(id.is_some())
                }
                _ => 0,
            };
        }
        while gateway.poll_event().is_some() {}
        self.to_gateway.truncate(64);
        self.to_client.truncate(64);
    }
}
