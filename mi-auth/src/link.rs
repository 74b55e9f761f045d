//! What both sides of a connection have in common: parcels both ways, control codes, and the feature exchange.

use core::time::Duration;

use arrayvec::ArrayVec;

use crate::parcel::{
    Ack, Dmtu, FRAME_GAP, Frame, FrameBytes, Management, Parcel, ParcelError, ParcelType, ReceiveEvent,
    Receiver, SendEvent, Sender,
};
use crate::timer::{Timer, earlier};
use crate::{Characteristic, ControlCode, Ignored};

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct Link {
    receiver: Receiver<LONGEST>,
    sender: Option<Sender<LONGEST>>,
    control: Option<ControlCode>,
    management: Option<Frame<'static>>,
    /// What this side can take.
    limit: Dmtu,
    /// What was agreed on.
    dmtu: Dmtu,
    /// The parcel that is due, or that will be when what is being sent has arrived.
    expected: Option<ParcelType>,
    /// The last one that arrived: its announcement may come a second time.
    received: Option<ParcelType>,
    /// Runs while a proposal is open. Parcels wait for its answer, since that decides how they are cut up.
    proposal: Timer,
    /// Runs while the peer has to do something that isn't part of a parcel.
    wait: Timer,
}

/// What happened on the connection.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    Sent,
    Received(Parcel<LONGEST>),
    Resending {
        frames: u16,
    },
    Requesting {
        missing: u16,
    },
    /// The time that [`Link::wait`] or [`Link::expect`] gave is over.
    Expired {
        after: Duration,
    },
    Failed(ParcelError),
    Ignored(Ignored),
}

/// A frame can mean at most that a parcel was sent and that the next one is here; a time-out can be one for each of
/// the sender, the receiver and the wait.
pub(crate) type LinkEvents = ArrayVec<LinkEvent, 3>;

/// The longest parcel of authentication, a public key.
pub(crate) const LONGEST: usize = 64;

impl Link {
    pub(crate) fn new(mtu: u16) -> Self {
        Self {
            receiver: Receiver::new(Dmtu::DEFAULT),
            sender: None,
            control: None,
            management: None,
            limit: Dmtu::for_mtu(mtu),
            dmtu: Dmtu::DEFAULT,
            expected: None,
            received: None,
            proposal: Timer::default(),
            wait: Timer::default(),
        }
    }

    /// Sends a code after what is being acknowledged, and before any parcel.
    pub(crate) const fn control(&mut self, code: ControlCode) {
        self.control = Some(code);
    }

    /// Proposes the largest frames that this side can take.
    pub(crate) const fn propose(&mut self, now: Duration) {
        self.proposal.start(now, FRAME_GAP);
        self.management = Some(Frame::MngCmd(Management::Feature {
            retransmit: 6,
            dmtu: self.limit.get(),
        }));
    }

    /// Starts to send a parcel, and says which one is due when it has arrived.
    pub(crate) fn send(&mut self, sender: Sender<LONGEST>, then: Option<ParcelType>) {
        self.sender = Some(sender);
        self.expected = then;
        self.wait.stop();
    }

    /// Waits for a parcel.
    pub(crate) const fn expect(&mut self, now: Duration, kind: ParcelType, time: Duration) {
        self.expected = Some(kind);
        self.wait.start(now, time);
    }

    /// Waits for something else.
    pub(crate) const fn wait(&mut self, now: Duration, time: Duration) {
        self.wait.start(now, time);
    }

    /// Ends all transfers; what was to be acknowledged goes out nevertheless.
    pub(crate) fn stop(&mut self) {
        self.receiver.stop();
        self.sender = None;
        self.control = None;
        self.expected = None;
        self.wait.stop();
    }

    /// Payload bytes in a data frame.
    pub(crate) const fn dmtu(&self) -> Dmtu {
        self.dmtu
    }

    /// Whether the peer may have all of the parcel that is being sent.
    pub(crate) fn is_written(&self) -> bool {
        self.sender.as_ref().is_some_and(Sender::is_written)
    }

    pub(crate) fn handle_frame(&mut self, now: Duration, bytes: &[u8]) -> LinkEvents {
        let mut events = LinkEvents::new();
        match Frame::parse(bytes) {
            Err(error) => events.push(LinkEvent::Ignored(Ignored::Malformed(error))),
            Ok(frame) => self.dispatch(now, frame, &mut events),
        }
        events
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration) -> LinkEvents {
        let mut events = LinkEvents::new();
        self.receiver.handle_timeout(now);
        self.take_received(&mut events);
        if let Some(sender) = &mut self.sender {
            sender.handle_timeout(now);
            self.take_sent(&mut events);
        }
        self.proposal.take_expired(now);
        if let Some(after) = self.wait.take_expired(now) {
            events.push(LinkEvent::Expired { after });
        }
        events
    }

    pub(crate) fn poll_transmit(&mut self, now: Duration) -> Option<(Characteristic, FrameBytes)> {
        if let Some(frame) = self.management.take() {
            return Some((Characteristic::Data, frame.encode().ok()?));
        }
        if let Some(bytes) = self.receiver.poll_transmit(now) {
            self.wait.restart(now);
            return Some((Characteristic::Data, bytes));
        }
        if let Some(code) = self.control.take() {
            self.wait.restart(now);
            return Some((Characteristic::Control, code.encode().into_iter().collect()));
        }
        if self.proposal.deadline().is_some() {
            return None;
        }
        let bytes = self.sender.as_mut()?.poll_transmit(now)?;
        Some((Characteristic::Data, bytes))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let sender = self.sender.as_ref().and_then(Sender::poll_timeout);
        earlier(
            sender,
            earlier(self.receiver.poll_timeout(), self.wait.deadline()),
        )
    }

    fn dispatch(&mut self, now: Duration, frame: Frame<'_>, events: &mut LinkEvents) {
        let used = match frame {
            Frame::MngCmd(proposal) => self.answer(proposal),
            Frame::MngAck(answer) => self.agree(answer),
            Frame::SegCmd { kind, .. } | Frame::Single { kind, .. } => {
                return self.announced(now, kind, frame, events);
            }
            // These answer something that was sent before, whatever arrives meanwhile.
            Frame::SegAck(Ack::Success | Ack::Ready | Ack::Lost(_)) | Frame::SingleAck(_) => {
                self.acknowledged(now, frame)
            }
            Frame::SegAck(_) => self.acknowledged(now, frame) || self.receiver.handle_frame(now, frame),
            Frame::Data { .. } => self.receiver.handle_frame(now, frame),
        };
        self.take_sent(events);
        self.take_received(events);
        if !used {
            events.push(LinkEvent::Ignored(Ignored::StrayFrame));
        }
    }

    fn acknowledged(&mut self, now: Duration, frame: Frame<'_>) -> bool {
        self.sender
            .as_mut()
            .is_some_and(|sender| sender.handle_frame(now, frame))
    }

    fn announced(&mut self, now: Duration, kind: ParcelType, frame: Frame<'_>, events: &mut LinkEvents) {
        let stray = LinkEvent::Ignored(Ignored::StrayParcel(kind));
        let second = self.receiver.just_announced() == Some(kind) || self.received == Some(kind);
        if self.receiver.is_collecting() && !second {
            self.receiver.handle_frame(now, frame);
            return self.take_received(events);
        }
        match self.expected {
            Some(expected) if expected == kind && !self.receiver.is_collecting() => {
                if self.sender.is_some() && !self.is_written() {
                    return events.push(stray);
                }
                // Who goes on has everything, although its saying so was lost.
                if self.sender.take().is_some() {
                    events.push(LinkEvent::Sent);
                }
                self.wait.stop();
                self.receiver.handle_frame(now, frame);
                self.take_received(events);
            }
            Some(expected) if !second => {
                let error = ParcelError::UnexpectedType {
                    expected,
                    found: kind,
                };
                events.push(LinkEvent::Failed(error));
            }
            _ => events.push(stray),
        }
    }

    /// Accepts what the peer proposes, with smaller frames if this side can't take such ones.
    fn answer(&mut self, proposal: Management) -> bool {
        let answer = match proposal {
            Management::Feature { retransmit, dmtu } => {
                let Some(dmtu) = Dmtu::new(dmtu) else {
                    return false;
                };
                let dmtu = dmtu.min(self.limit);
                self.dmtu = dmtu;
                self.receiver.agree(dmtu, retransmit);
                Management::Feature {
                    retransmit,
                    dmtu: dmtu.get(),
                }
            }
            probe @ Management::Length { .. } => probe,
        };
        self.management = Some(Frame::MngAck(answer));
        true
    }

    /// Takes the peer's answer to a proposal, and probes the length.
    fn agree(&mut self, answer: Management) -> bool {
        let Management::Feature { retransmit, dmtu } = answer else {
            return true;
        };
        if self.proposal.deadline().is_none() {
            return false;
        }
        let Some(dmtu) = Dmtu::new(dmtu) else {
            return false;
        };
        self.dmtu = dmtu.min(self.limit);
        self.proposal.stop();
        self.receiver.agree(self.dmtu, retransmit);
        if let Some(sender) = &mut self.sender {
            sender.agree(self.dmtu);
        }
        self.management = Some(Frame::MngCmd(Management::Length {
            dmtu: self.dmtu.get(),
        }));
        true
    }

    fn take_sent(&mut self, events: &mut LinkEvents) {
        let event = self.sender.as_mut().and_then(Sender::poll_event);
        events.extend(event.map(|event| match event {
            SendEvent::Resending { frames } => LinkEvent::Resending { frames },
            SendEvent::Sent => {
                self.sender = None;
                LinkEvent::Sent
            }
            SendEvent::Failed(error) => {
                self.sender = None;
                LinkEvent::Failed(error)
            }
        }));
    }

    fn take_received(&mut self, events: &mut LinkEvents) {
        events.extend(self.receiver.poll_event().map(|event| match event {
            ReceiveEvent::Requesting { missing } => LinkEvent::Requesting { missing },
            ReceiveEvent::Failed(error) => LinkEvent::Failed(error),
            ReceiveEvent::Parcel(parcel) => {
                self.expected = None;
                self.received = Some(parcel.kind);
                LinkEvent::Received(parcel)
            }
        }));
    }
}
