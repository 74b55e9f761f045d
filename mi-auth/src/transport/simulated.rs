//! A connection to a simulated device, with a clock of its own: an hour of waiting takes no time.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::{Gatt, Incoming, RunError, run};
use crate::device::{Outgoing, Peripheral};
use crate::parcel::FrameBytes;
use crate::{Characteristic, Event, Handshake};

/// A connection to a simulated device, over which nothing gets lost.
#[derive(Debug)]
pub struct SimulatedLink<D> {
    device: D,
    now: Duration,
    connected: bool,
}

/// The simulated connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the simulated connection is gone")]
pub struct NotConnected;

impl<D: Peripheral> SimulatedLink<D> {
    /// Connects.
    pub fn new(mut device: D) -> Self {
        let now = Duration::ZERO;
        device.handle_connect(now);
        Self {
            device,
            now,
            connected: true,
        }
    }

    /// The device.
    pub const fn device(&self) -> &D {
        &self.device
    }

    /// The device, to press its button or to look into its flash.
    pub const fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// The device, when the connection is of no more use.
    pub fn into_device(mut self) -> D {
        self.disconnect();
        self.device
    }

    /// What happened on the device.
    pub fn poll_event(&mut self) -> Option<D::Event> {
        self.device.poll_event()
    }

    /// Whether the connection stands.
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// Breaks the connection.
    pub fn disconnect(&mut self) {
        if self.connected {
            self.connected = false;
            self.device.handle_disconnect(self.now);
        }
    }

    /// Connects again.
    pub fn reconnect(&mut self) {
        self.disconnect();
        self.device.handle_connect(self.now);
        self.connected = true;
    }

    /// Lets time pass, as far as nothing arrives.
    fn wait(&mut self, until: Duration) -> Incoming {
        // Each round either moves the clock or takes something that the device had to say.
        while self.connected {
            match self.device.poll_transmit(self.now) {
                Some(Outgoing::Notification { from, bytes }) => {
                    self.now = self.now.saturating_add(INTERVAL);
                    return Incoming::Notification { from, bytes };
                }
                Some(Outgoing::Disconnect) => {
                    self.disconnect();
                    return Incoming::Disconnected;
                }
                None => {}
            }
            let next = self.device.poll_timeout().filter(|&time| time <= until);
            let Some(time) = next else {
                self.now = self.now.max(until);
                return Incoming::TimedOut;
            };
            self.now = self.now.max(time);
            self.device.handle_timeout(self.now);
        }
        Incoming::Disconnected
    }

    fn alive(&mut self) -> Result<(), NotConnected> {
        self.now = self.now.saturating_add(INTERVAL);
        if self.connected { Ok(()) } else { Err(NotConnected) }
    }
}

impl<D: Peripheral> Gatt for SimulatedLink<D> {
    type Error = NotConnected;

    fn now(&self) -> Duration {
        self.now
    }

    async fn subscribe(&mut self, _: Characteristic) -> Result<(), NotConnected> {
        self.alive()
    }

    async fn write(&mut self, to: Characteristic, bytes: &[u8]) -> Result<(), NotConnected> {
        self.alive()?;
        self.device.handle_write(self.now, to, bytes);
        Ok(())
    }

    async fn read(&mut self, from: Characteristic) -> Result<FrameBytes, NotConnected> {
        self.alive()?;
        self.device.handle_read(self.now, from).ok_or(NotConnected)
    }

    async fn next(&mut self, until: Duration) -> Incoming {
        self.wait(until)
    }
}

/// [`run`] over a simulated device, without an async runtime: nothing in there ever has to wait.
pub fn run_blocking<H: Handshake, D: Peripheral>(
    handshake: &mut H,
    link: &mut SimulatedLink<D>,
    mut on_event: impl FnMut(&Event<H::Output>),
) -> Result<H::Output, RunError<NotConnected>> {
    let mut future = pin!(run(handshake, link, |_, event| on_event(event)));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

/// A usual connection interval.
const INTERVAL: Duration = Duration::from_millis(30);
