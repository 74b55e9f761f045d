//! The loop around a [`Handshake`], for any Bluetooth library.
//!
//! [`run`] does what the handshake says on a connection that implements [`Gatt`]. There are two of those here:
//! [`SimulatedLink`], over a simulated device with a clock of its own, and with the feature `btleplug` a connected
//! peripheral of that library. Another library takes five short functions.
//!
//! Nothing here decides anything about the protocol.

use core::fmt;
use core::future::Future;
use core::time::Duration;

use crate::parcel::FrameBytes;
use crate::{Characteristic, Event, Failure, Handshake, Transmit};

#[cfg(feature = "btleplug")]
mod btleplug;
mod simulated;

#[cfg(feature = "btleplug")]
pub use self::btleplug::BtleplugLink;
pub use simulated::{NotConnected, SimulatedLink, run_blocking};

/// A connection to a device.
pub trait Gatt {
    /// Why something failed.
    type Error;

    /// The time since any start; it never goes back.
    fn now(&self) -> Duration;

    /// Switches on notifications.
    fn subscribe(&mut self, to: Characteristic) -> impl Future<Output = Result<(), Self::Error>>;

    /// Writes one packet, without response where the characteristic allows it; done when the next one may follow.
    fn write(&mut self, to: Characteristic, bytes: &[u8]) -> impl Future<Output = Result<(), Self::Error>>;

    /// Reads. Bytes that don't fit are cut off.
    fn read(&mut self, from: Characteristic) -> impl Future<Output = Result<FrameBytes, Self::Error>>;

    /// Waits for the next notification, until this time.
    fn next(&mut self, until: Duration) -> impl Future<Output = Incoming>;
}

/// What came in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming {
    /// A notification.
    Notification {
        /// Which characteristic.
        from: Characteristic,
        /// One packet. Bytes that don't fit are cut off: nothing of this protocol is that long.
        bytes: FrameBytes,
    },
    /// Nothing, until the time was over.
    TimedOut,
    /// The connection broke.
    Disconnected,
}

/// Prints no bytes: from those of a legacy registration everybody can compute the token.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notification { from, bytes } => write!(f, "Notification({from}, {} bytes)", bytes.len()),
            Self::TimedOut => f.write_str("TimedOut"),
            Self::Disconnected => f.write_str("Disconnected"),
        }
    }
}

/// Why [`run`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunError<E> {
    /// Why the handshake failed.
    pub failure: Failure,
    /// What the library said, if it was its fault.
    pub cause: Option<E>,
}

impl<E> RunError<E> {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        self.failure.help()
    }
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.failure)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for RunError<E> {}

/// Runs a handshake to its end. `on_event` gets everything that happens before.
///
/// It ends in time whatever the device does, since the handshake has a time-out for each answer; what isn't bounded
/// here is how long the library takes for a write.
pub async fn run<H: Handshake, G: Gatt>(
    handshake: &mut H,
    gatt: &mut G,
    mut on_event: impl FnMut(&mut H, &Event<H::Output>),
) -> Result<H::Output, RunError<G::Error>> {
    let mut cause = None;
    loop {
        while let Some(transmit) = handshake.poll_transmit(gatt.now()) {
            let done = match transmit {
                Transmit::Write { to, bytes } => gatt.write(to, &bytes).await,
                Transmit::Subscribe(to) => match gatt.subscribe(to).await {
                    Ok(()) => {
                        handshake.handle_subscribed(gatt.now());
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
                Transmit::Read(from) => match gatt.read(from).await {
                    Ok(bytes) => {
                        handshake.handle_read(gatt.now(), &bytes);
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = done {
                cause = Some(error);
                handshake.handle_refusal(gatt.now());
                break;
            }
        }
        // One at a time: the user may answer to an event, and that goes out before the next one, which may be the last.
        match handshake.poll_event() {
            Some(Event::Done(output)) => return Ok(output),
            Some(Event::Failed(failure)) => return Err(RunError { failure, cause }),
            Some(event) => {
                on_event(handshake, &event);
                continue;
            }
            None => {}
        }
        let Some(until) = handshake.poll_timeout() else {
            // A handshake that waits for nothing has ended, and its end was looked at before.
            handshake.cancel(gatt.now());
            let failure = Failure::Cancelled;
            return Err(RunError { failure, cause });
        };
        match gatt.next(until).await {
            Incoming::Notification { from, bytes } => handshake.handle_notification(gatt.now(), from, &bytes),
            Incoming::TimedOut => handshake.handle_timeout(gatt.now()),
            Incoming::Disconnected => handshake.handle_disconnect(gatt.now()),
        }
    }
}
