//! A gateway with a door contact, a motion sensor, a leak sensor, a plug and its own light, by UDP multicast on loopback.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::interval;
use tracing::warn;
use xiaomi_gateway_proto::gateway::Config;
use xiaomi_gateway_proto::transport::UdpGateway;
use xiaomi_gateway_proto::{Fields, Generation, Sid};

/// Its KEY.
pub const KEY: &str = "41D49ED97B487373";

/// Puts it on sockets; says where it takes requests.
pub(super) fn start() -> Result<(SocketAddr, JoinHandle<()>), Box<dyn std::error::Error>> {
    let seed = *b"not random, demo";
    let mut config = Config::new(Sid::gateway("04cf8c915e01")?, Generation::One, KEY.parse()?, seed);
    config.port = 0;
    config.quirks.strip_zero = true;
    let mut udp = UdpGateway::bind(config, Ipv4Addr::LOCALHOST)?;
    let gateway = udp.gateway();
    let battery = || Fields::new().with("voltage", 3005);
    let (door, motion, leak, plug): (Sid, Sid, Sid, Sid) =
        (DOOR.parse()?, MOTION.parse()?, LEAK.parse()?, PLUG.parse()?);
    gateway.add_device(door, "magnet", battery().with("status", "close"));
    gateway.add_device(motion, "motion", battery());
    gateway.add_device(leak, "sensor_wleak.aq1", battery().with("status", "no_leak"));
    let load = Fields::new()
        .with("status", "on")
        .with("load_power", "9.57")
        .with("power_consumed", "1728");
    gateway.add_device(plug, "plug", load);
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, gateway.port()).into();
    let task = tokio::spawn(async move {
        if let Err(error) = live(udp, [door, motion, leak, plug]).await {
            warn!("the simulated gateway ended: {error}");
        }
    });
    Ok((address, task))
}

async fn live(mut udp: UdpGateway, [door, motion, leak, plug]: [Sid; 4]) -> std::io::Result<()> {
    let mut beat = interval(Duration::from_secs(1));
    let mut turn = 0_u32;
    loop {
        tokio::select! {
            event = udp.next_event() => drop(event?),
            _ = beat.tick() => {
                turn += 1;
                let now = udp.now();
                let (sid, change) = match turn % 12 {
                    3 => (door, Fields::new().with("status", "open")),
                    9 => (door, Fields::new().with("status", "close")),
                    5 => (motion, Fields::new().with("status", "motion")),
                    11 => (motion, Fields::new().with("no_motion", "120")),
                    7 if turn % 36 == 7 => (leak, Fields::new().with("status", "leak")),
                    8 if turn % 36 == 8 => (leak, Fields::new().with("status", "no_leak")),
                    0 | 6 => (plug, Fields::new().with("load_power", format!("{}.{}", 9 + turn % 3, turn % 10))),
                    _ => continue,
                };
                udp.gateway().poke(now, sid, change);
                udp.flush().await?;
            }
        }
    }
}

const DOOR: &str = "158d00e1000001";
const MOTION: &str = "158d00e1000002";
const LEAK: &str = "158d00e1000003";
const PLUG: &str = "158d00e1000004";
