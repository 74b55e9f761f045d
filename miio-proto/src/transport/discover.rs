//! A search over UDP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep_until;

use super::{Clock, RECEIVE_BUFFER};
use crate::PORT;
use crate::discovery::{Discovery, Found, MDNS_PORT, MDNS_V4, Target};

/// Searches for `duration` by broadcast hello and mDNS, and reports each device when something new is known of
/// it. Hellos go to 255.255.255.255 and to `addresses`: broadcast addresses of further interfaces, known devices
/// in other subnets, simulated ones.
///
/// # Errors
///
/// No socket. What can't be sent to one address is left out.
pub async fn discover(
    duration: Duration,
    addresses: &[SocketAddr],
    mut report: impl FnMut(Found),
) -> io::Result<Vec<Found>> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    socket.set_broadcast(true)?;
    let clock = Clock::start();
    let mut search = Discovery::new(duration);
    let mut buffer = vec![0; RECEIVE_BUFFER];
    let broadcast = SocketAddr::from((Ipv4Addr::BROADCAST, PORT));
    loop {
        let now = clock.now();
        if now >= search.ends_at() {
            return Ok(search.devices().cloned().collect());
        }
        while let Some(transmit) = search.poll_transmit(now) {
            match transmit.target {
                Target::Hello => {
                    for to in addresses.iter().chain([&broadcast]) {
                        let _ = socket.send_to(&transmit.payload, to).await;
                    }
                }
                Target::Mdns => {
                    let _ = socket.send_to(&transmit.payload, (MDNS_V4, MDNS_PORT)).await;
                }
            }
        }
        let next = search
            .poll_timeout()
            .unwrap_or(search.ends_at())
            .min(search.ends_at());
        tokio::select! {
            () = sleep_until(clock.instant(next)) => {}
            received = socket.recv_from(&mut buffer) => {
                if let Ok((length, from)) = received {
                    let datagram = buffer.get(..length).unwrap_or_default();
                    search.handle_datagram(clock.now(), from, datagram);
                }
            }
        }
        while let Some(found) = search.poll_event() {
            report(found);
        }
    }
}
