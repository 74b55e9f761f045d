//! Drives a [`Session`] over a connected peripheral: the loop that every host needs, and nothing else.
//!
//! [`Peripheral`] is what a Bluetooth stack has to offer. The [simulated device](crate::device::Link) implements it, so
//! that tests and examples need no radio; with the feature `btleplug` a real connection does.

#[cfg(feature = "btleplug")]
pub mod btleplug;

use core::time::Duration;

use crate::gatt::{Characteristic, Transmit, WriteMode};
use crate::session::Session;

/// A connected peripheral.
// Stacks for microcontrollers have futures that can't move between threads, so nothing demands that.
#[allow(async_fn_in_trait)]
pub trait Peripheral {
    /// The time since any start; it never goes back.
    fn now(&self) -> Duration;

    /// Subscribes to notifications.
    async fn subscribe(&mut self, characteristic: Characteristic) -> Result<(), LinkError>;

    /// Writes, and waits until the device has acknowledged, or without response until the stack has taken it.
    async fn write(
        &mut self,
        characteristic: Characteristic,
        bytes: &[u8],
        mode: WriteMode,
    ) -> Result<(), LinkError>;

    /// Reads into `buffer`; returns the length.
    async fn read(&mut self, characteristic: Characteristic, buffer: &mut [u8]) -> Result<usize, LinkError>;

    /// Waits for the next notification until a time, and puts it into `buffer`. A time that is past returns what is
    /// there already.
    async fn notification(&mut self, until: Duration, buffer: &mut [u8]) -> Incoming;
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The device or the stack refused; the connection stands.
    #[error("the device or the host refused")]
    Refused,
    /// The device doesn't answer. [`drive`] goes on waiting until the session's own time is over.
    #[error("the device doesn't answer")]
    Silent,
    /// The connection is gone.
    #[error("the connection is gone")]
    Disconnected,
}

impl LinkError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Refused => {
                Some("Pair the host if the device has a PIN; log in first if it has stock firmware.")
            }
            Self::Silent | Self::Disconnected => {
                Some("Move closer and put in a fresh battery, then connect again.")
            }
        }
    }
}

/// What came, or didn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A notification.
    Notification {
        /// Whose.
        from: Characteristic,
        /// Its length in the buffer.
        length: usize,
    },
    /// Nothing, and the time is over.
    Nothing,
    /// The connection is gone.
    Disconnected,
}

/// Runs a session to its end, and hands its events to `report`.
///
/// Returns when the session has nothing to do and waits for nothing; every session of this crate gets there within its
/// own time-outs.
pub async fn drive<P, S>(peripheral: &mut P, session: &mut S, mut report: impl FnMut(S::Event))
where
    P: Peripheral,
    S: Session,
{
    let mut buffer = [0; 256];
    loop {
        while let Some(event) = session.poll_event() {
            report(event);
        }
        let now = peripheral.now();
        let done = match session.poll_transmit(now) {
            Some(Transmit::Subscribe { characteristic }) => Some(
                peripheral
                    .subscribe(characteristic)
                    .await
                    .map(|()| Done::Subscribed),
            ),
            Some(Transmit::Write {
                characteristic,
                bytes,
                mode,
            }) => Some(
                peripheral
                    .write(characteristic, bytes, mode)
                    .await
                    .map(|()| Done::Written),
            ),
            Some(Transmit::Read { characteristic }) => {
                Some(peripheral.read(characteristic, &mut buffer).await.map(Done::Read))
            }
            None => None,
        };
        let now = peripheral.now();
        let until = match done {
            Some(Ok(done)) => {
                match done {
                    Done::Subscribed => session.handle_subscribed(now),
                    Done::Written => session.handle_written(now),
                    Done::Read(length) => session.handle_read(now, buffer.get(..length).unwrap_or_default()),
                }
                // Notifications that came meanwhile, without waiting for more.
                now
            }
            Some(Err(LinkError::Refused)) => {
                session.handle_failure(now);
                now
            }
            Some(Err(LinkError::Disconnected)) => {
                session.handle_disconnect(now);
                continue;
            }
            Some(Err(LinkError::Silent)) => session.poll_timeout().unwrap_or(now),
            None => match session.poll_timeout() {
                Some(until) => until,
                // Events that the last input made.
                None => match session.poll_event() {
                    Some(event) => {
                        report(event);
                        continue;
                    }
                    None => return,
                },
            },
        };
        match peripheral.notification(until, &mut buffer).await {
            Incoming::Notification { from, length } => {
                let bytes = buffer.get(..length).unwrap_or_default();
                session.handle_notification(peripheral.now(), from, bytes);
            }
            Incoming::Nothing => session.handle_timeout(peripheral.now()),
            Incoming::Disconnected => session.handle_disconnect(peripheral.now()),
        }
    }
}

enum Done {
    Subscribed,
    Written,
    Read(usize),
}
