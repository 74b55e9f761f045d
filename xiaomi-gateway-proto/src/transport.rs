//! UDP for both sides, with tokio. No decision is made here: sockets, clock and loop, nothing else.
//!
//! Multicast is joined and sent on the interface whose IPv4 address is given; [`Ipv4Addr::UNSPECIFIED`] leaves the
//! choice to the system. Ports are shared, since other programs listen on 9898 too.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::task::Poll;
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use crate::client::{Client, Config, Event, SOCKETS, Transmit};
use crate::{DISCOVERY_PORT, GROUP, MAX_DATAGRAM, PORT, gateway};

/// A client on the network.
#[derive(Debug)]
pub struct UdpClient {
    client: Client,
    interface: Ipv4Addr,
    multicast: UdpSocket,
    /// Opened when the machine wants to send from them; the first one always is.
    requests: [Option<UdpSocket>; SOCKETS],
    start: Instant,
    buffer: Vec<u8>,
    /// Took its turn last, so that a flood to one socket doesn't silence the others.
    last: usize,
    pending: Option<Transmit>,
}

impl UdpClient {
    /// Joins the group on an interface of this host and looks for gateways.
    ///
    /// # Errors
    /// The address is no interface's, or another program holds port 9898 without sharing it.
    pub fn bind(config: Config, interface: Ipv4Addr) -> io::Result<Self> {
        let mut client = Client::new(config);
        client.start(Duration::ZERO);
        let mut requests = [const { None }; SOCKETS];
        if let Some(first) = requests.first_mut() {
            *first = Some(open(SocketAddrV4::new(interface, 0), interface)?);
        }
        Ok(Self {
            client,
            interface,
            multicast: listen(group_address(PORT), interface)?,
            requests,
            start: Instant::now(),
            buffer: buffer(),
            last: 0,
            pending: None,
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
            self.flush().await?;
            if let Some(event) = self.client.poll_event() {
                return Ok(event);
            }
            let due = self.client.poll_timeout();
            let received = {
                let (multicast, requests) = (&self.multicast, &self.requests);
                let (buffer, last) = (&mut self.buffer, self.last);
                let receive = poll_fn(move |context| {
                    // Socket 0 listens to the group, the others come after it.
                    for turn in 1..=SOCKETS + 1 {
                        let index = (last + turn) % (SOCKETS + 1);
                        let socket = match index.checked_sub(1) {
                            None => Some(multicast),
                            Some(index) => requests.get(index).and_then(Option::as_ref),
                        };
                        let Some(socket) = socket else { continue };
                        let mut space = ReadBuf::new(buffer);
                        if let Poll::Ready(from) = socket.poll_recv_from(context, &mut space) {
                            return Poll::Ready((index, from.map(|from| (space.filled().len(), from))));
                        }
                    }
                    Poll::Pending
                });
                tokio::select! {
                    received = receive => Some(received),
                    () = sleep_until(self.start, due) => None,
                }
            };
            let now = self.start.elapsed();
            let Some((index, received)) = received else {
                self.client.handle_timeout(now);
                continue;
            };
            self.last = index;
            take(received, &self.buffer, |from, bytes| {
                self.client
                    .handle_datagram(now, from, index.checked_sub(1), bytes);
            })?;
        }
    }

    /// Sends what waits.
    async fn flush(&mut self) -> io::Result<()> {
        loop {
            let next = self.pending.take();
            let Some(transmit) = next.or_else(|| self.client.poll_transmit(self.start.elapsed())) else {
                return Ok(());
            };
            let Some(slot) = self.requests.get_mut(transmit.socket) else {
                continue;
            };
            if slot.is_none() {
                *slot = Some(open(SocketAddrV4::new(self.interface, 0), self.interface)?);
            }
            let Some(socket) = slot else { continue };
            if !try_send(socket, &transmit.payload, transmit.destination)? {
                self.pending = Some(transmit);
                socket.writable().await?;
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
    pending: Option<gateway::Transmit>,
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
            buffers: [buffer(), buffer()],
            pending: None,
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

    /// Sends what waits. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Of the sockets.
    pub async fn flush(&mut self) -> io::Result<()> {
        loop {
            let next = self.pending.take();
            let Some(transmit) = next.or_else(|| self.gateway.poll_transmit()) else {
                return Ok(());
            };
            let socket = if transmit.source_port == DISCOVERY_PORT {
                &self.discovery
            } else {
                &self.requests
            };
            if !try_send(socket, &transmit.payload, transmit.destination)? {
                self.pending = Some(transmit);
                socket.writable().await?;
            }
        }
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
fn buffer() -> Vec<u8> {
    vec![0; MAX_DATAGRAM + 1]
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

/// `false` if the socket has no room at the moment.
fn try_send(socket: &UdpSocket, payload: &[u8], destination: SocketAddrV4) -> io::Result<bool> {
    match socket.try_send_to(payload, SocketAddr::V4(destination)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) if is_unreachable(&error) => Ok(true),
        Err(error) => Err(error),
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
