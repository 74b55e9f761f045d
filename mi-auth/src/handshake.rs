//! The shape of all state machines for the client's side.
//!
//! A handshake never waits and does no I/O. The loop around it is
//!
//! 1. do what [`poll_transmit`](Handshake::poll_transmit) says, until it says nothing: subscribe, write, read;
//!    after each one report back, and poll again;
//! 2. look at what [`poll_event`](Handshake::poll_event) says, until it says nothing; [`Event::Done`] and
//!    [`Event::Failed`] are the last ones;
//! 3. wait for a notification, for a broken connection, or until [`poll_timeout`](Handshake::poll_timeout), and hand
//!    that in by a `handle_*` call.
//!
//! [`transport::run`](crate::transport::run) is that loop, for any Bluetooth library.

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayVec;

use crate::parcel::{FrameBytes, ParcelType};
use crate::{Characteristic, ControlCode, DeviceInfo, Failure, ParseError};

/// A registration or a login, seen from the client.
///
/// `now` is the time since any start that the caller likes; it never goes back. What a handshake can't use becomes
/// [`Event::Ignored`] and changes nothing else.
pub trait Handshake {
    /// What it yields.
    type Output;

    /// The last [`Transmit::Subscribe`] worked.
    fn handle_subscribed(&mut self, now: Duration);

    /// A notification arrived. Hand in those of all characteristics: the handshake knows its own.
    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]);

    /// The last [`Transmit::Read`] gave these bytes.
    fn handle_read(&mut self, now: Duration, bytes: &[u8]);

    /// The last transmit failed, although the connection is there.
    fn handle_refusal(&mut self, now: Duration);

    /// The connection broke.
    fn handle_disconnect(&mut self, now: Duration);

    /// The time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    fn handle_timeout(&mut self, now: Duration);

    /// The user gave up.
    fn cancel(&mut self, now: Duration);

    /// What to do next. Call it after each of the calls above, and again when what it said is done, until it is
    /// `None`: writes go one after the other.
    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit>;

    /// What happened. Call it after each of the calls above, until it is `None`.
    fn poll_event(&mut self) -> Option<Event<Self::Output>>;

    /// When [`handle_timeout`](Self::handle_timeout) has something to do; `None` when the handshake is over.
    fn poll_timeout(&self) -> Option<Duration>;
}

/// What the loop has to do.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transmit {
    /// Switch on notifications, then call [`handle_subscribed`](Handshake::handle_subscribed).
    Subscribe(Characteristic),
    /// Write these bytes, without response where the characteristic allows it.
    Write {
        /// Where to.
        to: Characteristic,
        /// One packet.
        bytes: FrameBytes,
    },
    /// Read, then call [`handle_read`](Handshake::handle_read).
    Read(Characteristic),
}

impl Transmit {
    pub(crate) fn write(to: Characteristic, bytes: &[u8]) -> Self {
        Self::Write {
            to,
            bytes: bytes.iter().copied().collect(),
        }
    }

    /// Which characteristic it is about.
    #[must_use]
    pub const fn characteristic(&self) -> Characteristic {
        match self {
            Self::Subscribe(characteristic) | Self::Read(characteristic) => *characteristic,
            Self::Write { to, .. } => *to,
        }
    }
}

/// Prints no bytes: from those of a legacy registration everybody can compute the token.
impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribe(to) => write!(f, "Subscribe({to})"),
            Self::Write { to, bytes } => write!(f, "Write({to}, {} bytes)", bytes.len()),
            Self::Read(from) => write!(f, "Read({from})"),
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<T> {
    /// A registering device told about itself.
    DeviceInfo(DeviceInfo),
    /// The device may wait for a button now; tell the user. Comes only if the configuration says that it has one.
    ConfirmOnDevice,
    /// Registration waits for [`approve`](crate::Register::approve) or [`refuse`](crate::Register::refuse). Comes only if
    /// the configuration says so.
    ApprovalNeeded,
    /// The device missed frames; they go out again.
    Resending {
        /// How many.
        frames: u16,
    },
    /// Frames of the device's were lost; it is asked for them.
    Requesting {
        /// How many are missing.
        missing: u16,
    },
    /// Something arrived that couldn't be used. It changed nothing.
    Ignored(Ignored),
    /// The handshake is over.
    Done(T),
    /// The handshake is over, without result.
    Failed(Failure),
}

impl<T> Event<T> {
    /// What a person can do about it, in one sentence; `None` where nothing needs to be done, or nothing but a retry
    /// helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Failed(failure) => failure.help(),
            Self::ConfirmOnDevice => Some("Press the device's button, as its manual says for pairing."),
            _ => None,
        }
    }
}

/// Why something was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ignored {
    /// It comes from a characteristic that this handshake doesn't use now.
    #[error("characteristic {0} isn't used now")]
    Foreign(Characteristic),
    /// It can't be read.
    #[error("{0}")]
    Malformed(ParseError),
    /// A control code that has no meaning now.
    #[error("control code {0} means nothing now")]
    Control(ControlCode),
    /// A frame that belongs to no parcel, such as one that comes a second time.
    #[error("a frame belongs to no parcel")]
    StrayFrame,
    /// An announcement of a parcel that isn't due.
    #[error("a parcel of type {0} isn't due")]
    StrayParcel(ParcelType),
    /// A report by the loop that nothing asked for.
    #[error("nothing was asked for")]
    Unasked,
}

/// Events that wait for [`Handshake::poll_event`]. When full, what was ignored gives way.
#[derive(Debug)]
pub(crate) struct Events<T>(ArrayVec<Event<T>, 4>);

impl<T> Events<T> {
    pub(crate) const fn new() -> Self {
        Self(ArrayVec::new_const())
    }

    pub(crate) fn push(&mut self, event: Event<T>) {
        if self.0.is_full() {
            if matches!(event, Event::Ignored(_)) {
                return;
            }
            let least = self.0.iter().position(|event| matches!(event, Event::Ignored(_)));
            self.0.remove(least.unwrap_or_default());
        }
        self.0.push(event);
    }

    pub(crate) fn pop(&mut self) -> Option<Event<T>> {
        self.0.pop_at(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_list_of_events_keeps_what_matters() {
        let mut events = Events::<()>::new();
        for _ in 0..9 {
            events.push(Event::Ignored(Ignored::StrayFrame));
        }
        events.push(Event::Done(()));
        events.push(Event::Ignored(Ignored::StrayFrame));
        let all: Vec<_> = core::iter::from_fn(|| events.pop()).collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all.last(), Some(&Event::Done(())));
    }

    #[test]
    fn a_transmit_prints_no_bytes() {
        let write = Transmit::write(Characteristic::Token, &[0xab; 12]);
        assert_eq!(format!("{write:?}"), "Write(0001, 12 bytes)");
    }
}
