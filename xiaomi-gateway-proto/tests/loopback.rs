//! Client and gateway over real sockets on loopback.
//!
//! `cargo test --release -p xiaomi-gateway-proto --features tokio --test loopback -- --ignored --nocapture` measures
//! 200 devices with 10 reports a second each.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use xiaomi_gateway_proto::gateway;
use xiaomi_gateway_proto::transport::{UdpClient, UdpGateway};
use xiaomi_gateway_proto::{Config, Event, Fields, Generation, Key, Sid};

const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn key() -> Key {
    "41D49ED97B487373".parse().unwrap()
}

fn simulated(generation: Generation, devices: u32) -> UdpGateway {
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
    for number in 0..devices {
        let fields = Fields::new().with("temperature", "2000");
        udp.gateway().add_device(device(number), "weather.v1", fields);
    }
    udp
}

fn device(number: u32) -> Sid {
    format!("158d0001{number:06x}").parse().unwrap()
}

#[tokio::test]
async fn a_write_goes_over_real_sockets() {
    let mut udp = simulated(Generation::Two, 0);
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

/// CPU time of this process so far.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

#[tokio::test]
#[ignore = "measures for 10 s"]
async fn two_hundred_devices_report_ten_times_a_second_without_loss() {
    const DEVICES: u32 = 200;
    const ROUNDS: u32 = 100;
    let mut udp = simulated(Generation::One, DEVICES);
    let port = udp.gateway().port();
    let config = Config::new().address(SocketAddrV4::new(LOOPBACK, port));
    let mut client = UdpClient::bind(config, LOOPBACK).unwrap();
    // Met by its list; the reads of 200 devices go on beside the reports.
    loop {
        tokio::select! {
            event = client.next_event() => if let Event::GatewayFound { .. } = event.unwrap() { break },
            _ = udp.next_event() => {}
        }
    }
    let (start, before) = (Instant::now(), cpu_time());
    let mut received = 0;
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    let (mut round, mut next) = (0, 0);
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < Duration::from_secs(2) {
        tokio::select! {
            event = client.next_event() => if let Event::Report(update) = event.unwrap() {
                assert!(update.decode().invalid.is_empty());
                received += 1;
                quiet_since = Instant::now();
            },
            _ = udp.next_event() => {}
            _ = ticks.tick(), if round < ROUNDS => {
                let now = udp.now();
                for _ in 0..10 {
                    let temperature = (2000 + round).to_string();
                    udp.gateway().poke(now, device(next), Fields::new().with("temperature", temperature));
                    next = (next + 1) % DEVICES;
                    round += u32::from(next == 0);
                }
                udp.flush().await.unwrap();
                quiet_since = Instant::now();
            }
        }
    }
    let elapsed = start.elapsed() - Duration::from_secs(2);
    let cpu = cpu_time() - before;
    let share = cpu.as_secs_f64() / elapsed.as_secs_f64() * 100.0;
    println!(
        "{received} of {} reports in {elapsed:.1?}; client and gateway together took {share:.1} % of one CPU",
        DEVICES * ROUNDS
    );
    assert_eq!(received, DEVICES * ROUNDS);
}
