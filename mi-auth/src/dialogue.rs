//! What registrations and logins have in common: both subscriptions, the connection, and how they end.

use core::time::Duration;

use crate::handshake::Events;
use crate::link::Link;
use crate::parcel::ParcelError;
use crate::{Characteristic, ControlCode, Event, Failure, Ignored, Stage, Transmit};

/// The client's end of a connection, with what a handshake tells its user.
#[derive(Debug)]
pub(crate) struct Dialogue<T> {
    pub(crate) link: Link,
    events: Events<T>,
    subscribing: Subscribing,
    answer: Duration,
    over: bool,
}

/// Which subscription comes next. Devices take both orders; the web flashers have this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subscribing {
    Due(Characteristic),
    Asked(Characteristic),
    Done,
}

impl<T> Dialogue<T> {
    /// `answer` is how long the device may take.
    pub(crate) fn new(mtu: u16, answer: Duration) -> Self {
        Self {
            link: Link::new(mtu),
            events: Events::new(),
            subscribing: Subscribing::Due(Characteristic::Control),
            answer,
            over: false,
        }
    }

    /// Whether both subscriptions are done by this one.
    pub(crate) fn handle_subscribed(&mut self) -> bool {
        match self.subscribing {
            Subscribing::Asked(Characteristic::Control) => {
                self.subscribing = Subscribing::Due(Characteristic::Data);
                false
            }
            Subscribing::Asked(_) => {
                self.subscribing = Subscribing::Done;
                true
            }
            Subscribing::Due(_) | Subscribing::Done => {
                self.ignore(Ignored::Unasked);
                false
            }
        }
    }

    /// The code that a control notification has, if it has one.
    pub(crate) fn control_code(&mut self, bytes: &[u8]) -> Option<ControlCode> {
        ControlCode::parse(bytes)
            .map_err(|error| self.ignore(Ignored::Malformed(error)))
            .ok()
    }

    /// What a refused transmit means.
    pub(crate) fn refusal(&self) -> Failure {
        match self.subscribing {
            Subscribing::Asked(characteristic) => Failure::SubscribeFailed(characteristic),
            Subscribing::Due(characteristic) => Failure::WriteFailed(characteristic),
            Subscribing::Done => Failure::WriteFailed(Characteristic::Data),
        }
    }

    pub(crate) fn poll_transmit(&mut self, now: Duration) -> Option<Transmit> {
        if let Subscribing::Due(characteristic) = self.subscribing {
            self.subscribing = Subscribing::Asked(characteristic);
            self.link.wait(now, self.answer);
            return Some(Transmit::Subscribe(characteristic));
        }
        let (to, bytes) = self.link.poll_transmit(now)?;
        Some(Transmit::Write { to, bytes })
    }

    /// Says nothing more after the end.
    pub(crate) fn push(&mut self, event: Event<T>) {
        if !self.over {
            self.events.push(event);
        }
    }

    pub(crate) fn ignore(&mut self, what: Ignored) {
        self.push(Event::Ignored(what));
    }

    pub(crate) fn pop(&mut self) -> Option<Event<T>> {
        self.events.pop()
    }

    /// Ends it. What was to be acknowledged goes out nevertheless.
    pub(crate) fn end(&mut self, event: Event<T>) {
        self.link.stop();
        self.subscribing = Subscribing::Done;
        self.push(event);
        self.over = true;
    }
}

/// What a failed parcel means for the handshake.
pub(crate) const fn failure(stage: Stage, error: ParcelError) -> Failure {
    match error {
        ParcelError::Timeout { after } => Failure::Timeout { stage, after },
        error => Failure::Parcel { stage, error },
    }
}
