//! UDP for both sides, with tokio. No decision is made here: sockets, clock and loop, nothing else.
//!
//! Multicast is joined and sent on the interface whose IPv4 address is given; [`Ipv4Addr::UNSPECIFIED`] leaves the
//! choice to the system. Ports are shared, since other programs listen on 9898 too.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use crate::client::{Client, Config, Event};
use crate::{DISCOVERY_PORT, GROUP, MAX_DATAGRAM, PORT, gateway};

/// A client on the network.
#[derive(Debug)]
pub struct UdpClient {
    client: Client,
    multicast: UdpSocket,
    requests: UdpSocket,
    start: Instant,
    buffers: [Vec<u8>; 2],
}

impl UdpClient {
    /// Joins the group on an interface of this host and looks for gateways.
    ///
    /// # Errors
    /// The address is no interface's, or another program holds port 9898 without sharing it.
    pub fn bind(config: Config, interface: Ipv4Addr) -> io::Result<Self> {
        let mut client = Client::new(config);
        client.start(Duration::ZERO);
        Ok(Self {
            client,
            multicast: listen(group_address(PORT), interface)?,
            requests: open(SocketAddrV4::new(interface, 0), interface)?,
            start: Instant::now(),
            buffers: buffers(),
        })
    }

    /// The machine, to ask and to call.
    pub const fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// What happens next. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Of the sockets; an unreachable gateway isn't one.
    pub async fn next_event(&mut self) -> io::Result<Event> {
        loop {
            while let Some(transmit) = self.client.poll_transmit(self.start.elapsed()) {
                send(&self.requests, &transmit.payload, transmit.destination).await?;
            }
            if let Some(event) = self.client.poll_event() {
                return Ok(event);
            }
            let [one, two] = &mut self.buffers;
            let due = self.client.poll_timeout();
            tokio::select! {
                received = self.multicast.recv_from(one) => take(received, one, |from, bytes| {
                    self.client.handle_datagram(self.start.elapsed(), from, bytes);
                })?,
                received = self.requests.recv_from(two) => take(received, two, |from, bytes| {
                    self.client.handle_datagram(self.start.elapsed(), from, bytes);
                })?,
                () = sleep_until(self.start, due) => self.client.handle_timeout(self.start.elapsed()),
            }
        }
    }
}

/// A simulated gateway on the network.
#[derive(Debug)]
pub struct UdpGateway {
    gateway: gateway::Gateway,
    discovery: UdpSocket,
    requests: UdpSocket,
    requests_port: u16,
    start: Instant,
    buffers: [Vec<u8>; 2],
}

impl UdpGateway {
    /// Listens on an interface of this host: for `whois` on 4321, for requests on `config.port`.
    ///
    /// # Errors
    /// The address is no interface's, or another program holds a port without sharing it.
    pub fn bind(mut config: gateway::Config, interface: Ipv4Addr) -> io::Result<Self> {
        let requests = open(SocketAddrV4::new(interface, config.port), interface)?;
        let requests_port = requests.local_addr()?.port();
        config.port = requests_port;
        if !interface.is_unspecified() {
            config.ip = interface;
        }
        Ok(Self {
            gateway: gateway::Gateway::new(Duration::ZERO, config),
            discovery: listen(
                SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, DISCOVERY_PORT),
                interface,
            )?,
            requests,
            requests_port,
            start: Instant::now(),
            buffers: buffers(),
        })
    }

    /// The machine, to add devices and to break it.
    pub const fn gateway(&mut self) -> &mut gateway::Gateway {
        &mut self.gateway
    }

    /// The time on the machine's clock, for [`poke`](gateway::Gateway::poke).
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// What clients do next. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Of the sockets.
    pub async fn next_event(&mut self) -> io::Result<gateway::Event> {
        loop {
            self.flush().await?;
            if let Some(event) = self.gateway.poll_event() {
                return Ok(event);
            }
            let [one, two] = &mut self.buffers;
            let due = self.gateway.poll_timeout();
            tokio::select! {
                received = self.discovery.recv_from(one) => take(received, one, |from, bytes| {
                    self.gateway.handle_datagram(self.start.elapsed(), from, DISCOVERY_PORT, bytes);
                })?,
                received = self.requests.recv_from(two) => take(received, two, |from, bytes| {
                    self.gateway.handle_datagram(self.start.elapsed(), from, self.requests_port, bytes);
                })?,
                () = sleep_until(self.start, due) => self.gateway.handle_timeout(self.start.elapsed()),
            }
        }
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// Of the sockets.
    pub async fn flush(&mut self) -> io::Result<()> {
        while let Some(transmit) = self.gateway.poll_transmit() {
            let socket = if transmit.source_port == DISCOVERY_PORT {
                &self.discovery
            } else {
                &self.requests
            };
            send(socket, &transmit.payload, transmit.destination).await?;
        }
        Ok(())
    }
}

/// A socket on an address that others may use too; it sends multicasts on the interface.
fn open(address: SocketAddrV4, interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // A burst of reports from many devices outruns the usual buffer.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    if !interface.is_unspecified() {
        socket.set_multicast_if_v4(&interface)?;
    }
    socket.set_multicast_loop_v4(true)?;
    socket.bind(&SocketAddr::V4(address).into())?;
    UdpSocket::from_std(socket.into())
}

/// The same, in the group.
fn listen(address: SocketAddrV4, interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = open(address, interface)?;
    socket.join_multicast_v4(GROUP, interface)?;
    Ok(socket)
}

/// Unix takes the group itself as address, and so leaves unicasts to port 9898 to others; Windows doesn't.
const fn group_address(port: u16) -> SocketAddrV4 {
    let ip = if cfg!(unix) { GROUP } else { Ipv4Addr::UNSPECIFIED };
    SocketAddrV4::new(ip, port)
}

/// One byte more than a datagram may have, so that a longer one is seen to be.
fn buffers() -> [Vec<u8>; 2] {
    [vec![0; MAX_DATAGRAM + 1], vec![0; MAX_DATAGRAM + 1]]
}

fn take(
    received: io::Result<(usize, SocketAddr)>,
    buffer: &[u8],
    handle: impl FnOnce(SocketAddrV4, &[u8]),
) -> io::Result<()> {
    match received {
        Ok((length, SocketAddr::V4(from))) => {
            handle(from, buffer.get(..length).unwrap_or_default());
            Ok(())
        }
        Ok((_, SocketAddr::V6(_))) => Ok(()),
        // A peer's closed port comes back as an error of the next call.
        Err(error) if is_unreachable(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn send(socket: &UdpSocket, payload: &[u8], destination: SocketAddrV4) -> io::Result<()> {
    match socket.send_to(payload, destination).await {
        Err(error) if !is_unreachable(&error) => Err(error),
        _ => Ok(()),
    }
}

fn is_unreachable(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable};
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | HostUnreachable | NetworkUnreachable
    )
}

/// Until the time on the machine's clock, or forever.
async fn sleep_until(start: Instant, due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep_until((start + due).into()).await,
        None => std::future::pending().await,
    }
}

const RECEIVE_BUFFER: usize = 1 << 20;
