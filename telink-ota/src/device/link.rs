//! A simulated connection: virtual time, latency, and notifications that get lost, come twice, or change places.

use core::fmt;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use arrayvec::ArrayVec;

use super::{AttError, Thermometer};
use crate::gatt::{Characteristic, WriteMode};
use crate::transport::{Incoming, LinkError, Peripheral};

/// What the link does to notifications and times, driven by a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// The same seed brings the same disturbances.
    pub seed: u64,
    /// How many of a thousand notifications get lost.
    pub lost: u16,
    /// How many of a thousand come twice.
    pub doubled: u16,
    /// How many of a thousand change places with the next one.
    pub swapped: u16,
    /// What a write or a read takes at most.
    pub latency: Duration,
}

impl Disturbance {
    /// A good link: nothing gets lost, an operation takes 7.5 ms.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            seed: 0,
            lost: 0,
            doubled: 0,
            swapped: 0,
            latency: Duration::from_micros(7500),
        }
    }
}

/// A connection to a [`Thermometer`], as a [`Peripheral`] whose futures never wait: time is virtual.
pub struct Link<'d, 'f> {
    device: &'d mut Thermometer<'f>,
    now: Duration,
    disturbance: Disturbance,
    random: u64,
    /// Notifications on their way.
    flying: ArrayVec<(Characteristic, ArrayVec<u8, 20>), 4>,
}

impl<'d, 'f> Link<'d, 'f> {
    /// Connects, waiting until the device has started. `None` if it never does: a brick, or somebody else is connected.
    #[must_use]
    pub fn connect(device: &'d mut Thermometer<'f>, now: Duration, disturbance: Disturbance) -> Option<Self> {
        let now = now.max(device.ready_at());
        device.connect(now).then(|| Self {
            device,
            now,
            disturbance,
            random: disturbance.seed ^ 0x9e37_79b9_7f4a_7c15,
            flying: ArrayVec::new(),
        })
    }

    /// The device.
    pub const fn device(&mut self) -> &mut Thermometer<'f> {
        self.device
    }

    /// Lets time pass, in which the device does what it does by itself.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.device.poll_timeout().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.device.handle_timeout(self.now);
        }
        self.now = until;
    }

    /// Ends the connection; returns the time.
    pub fn disconnect(self) -> Duration {
        self.device.disconnect(self.now);
        self.now
    }

    fn operate(&mut self) -> Result<(), LinkError> {
        let least = self.disturbance.latency / 4;
        let span = (self.disturbance.latency - least).as_micros().max(1);
        let jitter = self.next_random() % u64::try_from(span).unwrap_or(1);
        self.pass(least + Duration::from_micros(jitter));
        if self.device.is_connected() {
            Ok(())
        } else {
            Err(LinkError::Disconnected)
        }
    }

    /// Takes a notification of the device onto the link.
    fn fetch(&mut self) {
        while self.flying.len() < 2 {
            let Some(notification) = self.device.poll_notification(self.now) else {
                return;
            };
            if self.happens(self.disturbance.lost) {
                continue;
            }
            if self.happens(self.disturbance.doubled) {
                self.flying.push(notification.clone());
            }
            self.flying.push(notification);
            if self.flying.len() > 1 && self.happens(self.disturbance.swapped) {
                self.flying.swap(0, 1);
            }
        }
    }

    fn happens(&mut self, in_a_thousand: u16) -> bool {
        in_a_thousand > 0 && self.next_random() % 1000 < u64::from(in_a_thousand)
    }

    /// SplitMix64.
    const fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Without the bytes of notifications, since some carry keys.
impl fmt::Debug for Link<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("device", &self.device)
            .field("now", &self.now)
            .field("disturbance", &self.disturbance)
            .field("flying", &self.flying.len())
            .finish_non_exhaustive()
    }
}

impl Peripheral for Link<'_, '_> {
    fn now(&self) -> Duration {
        self.now
    }

    async fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), LinkError> {
        self.operate()?;
        self.device.subscribe(characteristic).map_err(Into::into)
    }

    async fn write(
        &mut self,
        characteristic: Characteristic,
        bytes: &[u8],
        _mode: WriteMode,
    ) -> Result<(), LinkError> {
        self.operate()?;
        self.device
            .write(self.now, characteristic, bytes)
            .map_err(Into::into)
    }

    async fn read(&mut self, characteristic: Characteristic, buffer: &mut [u8]) -> Result<usize, LinkError> {
        self.operate()?;
        let bytes = self.device.read(characteristic)?;
        for (to, from) in buffer.iter_mut().zip(&bytes) {
            *to = *from;
        }
        Ok(bytes.len().min(buffer.len()))
    }

    async fn notification(&mut self, until: Duration, buffer: &mut [u8]) -> Incoming {
        loop {
            self.fetch();
            if let Some((from, bytes)) = self.flying.pop_at(0) {
                for (to, byte) in buffer.iter_mut().zip(&bytes) {
                    *to = *byte;
                }
                let length = bytes.len().min(buffer.len());
                return Incoming::Notification { from, length };
            }
            if !self.device.is_connected() {
                return Incoming::Disconnected;
            }
            match self.device.poll_timeout().filter(|&at| at <= until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    self.device.handle_timeout(self.now);
                }
                None => {
                    self.now = self.now.max(until);
                    return Incoming::Nothing;
                }
            }
        }
    }
}

impl From<AttError> for LinkError {
    fn from(error: AttError) -> Self {
        match error {
            AttError::NotFound | AttError::InsufficientAuthentication => Self::Refused,
            AttError::Silent => Self::Silent,
            AttError::Disconnected => Self::Disconnected,
        }
    }
}

/// Runs a future that never waits for anything outside: those of [`Link`]. Others burn time until they are done.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        core::hint::spin_loop();
    }
}
