//! Simulated devices on real sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep_until;

use super::{Clock, RECEIVE_BUFFER};
use crate::device::{Device, Event};

/// A simulated device on a UDP socket, driven by a task that ends when this is dropped.
#[derive(Debug)]
pub struct Host {
    device: Arc<Mutex<Device>>,
    changed: Arc<Notify>,
    happened: Arc<Notify>,
    address: SocketAddr,
    clock: Clock,
    task: JoinHandle<()>,
}

impl Host {
    /// Puts a device on a socket. Port 54321 is where clients look for it.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub async fn bind(address: &str, device: Device) -> io::Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        let address = socket.local_addr()?;
        let device = Arc::new(Mutex::new(device));
        let changed = Arc::new(Notify::new());
        let happened = Arc::new(Notify::new());
        let clock = Clock::start();
        let link = Link {
            socket,
            device: Arc::clone(&device),
            changed: Arc::clone(&changed),
            happened: Arc::clone(&happened),
            clock,
        };
        let task = tokio::spawn(link.run());
        Ok(Self {
            device,
            changed,
            happened,
            address,
            clock,
            task,
        })
    }

    /// The socket's address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Looks at the device or changes it: injects faults, sets properties, answers or pushes requests. Time is
    /// the device's own.
    pub fn with<T>(&self, act: impl FnOnce(&mut Device, core::time::Duration) -> T) -> T {
        let result = act(
            &mut self.device.lock().unwrap_or_else(PoisonError::into_inner),
            self.clock.now(),
        );
        self.changed.notify_one();
        result
    }

    /// The next event of the device, if there is one.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        self.device
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .poll_event()
    }

    /// Waits for the next event of the device. For one waiting task.
    pub async fn next_event(&self) -> Event {
        loop {
            if let Some(event) = self.event() {
                return event;
            }
            self.happened.notified().await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Link {
    socket: UdpSocket,
    device: Arc<Mutex<Device>>,
    changed: Arc<Notify>,
    happened: Arc<Notify>,
    clock: Clock,
}

impl Link {
    async fn run(self) {
        let Self {
            socket,
            device,
            changed,
            happened,
            clock,
        } = self;
        let lock = || device.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffer = vec![0; RECEIVE_BUFFER];
        loop {
            loop {
                let transmit = lock().poll_transmit(clock.now());
                let Some(transmit) = transmit else { break };
                // A datagram that can't be sent is a lost one.
                let _ = socket.send_to(&transmit.payload, transmit.to).await;
            }
            let next = lock().poll_timeout().map(|at| clock.instant(at));
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => core::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = changed.notified() => {}
                received = socket.recv_from(&mut buffer) => {
                    if let Ok((length, from)) = received {
                        lock().handle_datagram(clock.now(), from, buffer.get(..length).unwrap_or_default());
                        happened.notify_one();
                    }
                }
            }
        }
    }
}
