//! Sends one parcel.

use core::time::Duration;

use arrayvec::ArrayVec;

use super::{Ack, Dmtu, Frame, FrameBytes, ParcelError, ParcelType};
use crate::EncodeError;
use crate::timer::Timer;

/// Sends one parcel of at most `N` bytes, and sends again what the peer asks for.
///
/// ```
/// use core::time::Duration;
/// use mi_auth::parcel::{Dmtu, Frame, ParcelType, SendEvent, Sender};
///
/// let now = Duration::ZERO;
/// let mut sender = Sender::<64>::new(ParcelType::APP_RANDOM, &[7; 16], Dmtu::DEFAULT)?;
/// assert_eq!(sender.poll_transmit(now).unwrap().as_slice(), [0, 0, 0, 0x0b, 1, 0]);
///
/// sender.handle_frame(now, Frame::parse(&[0, 0, 1, 1])?); // ready
/// assert_eq!(sender.poll_transmit(now).unwrap().len(), 18);
/// assert!(sender.poll_transmit(now).is_none());
///
/// sender.handle_frame(now, Frame::parse(&[0, 0, 1, 0])?); // success
/// assert_eq!(sender.poll_event(), Some(SendEvent::Sent));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sender<const N: usize> {
    kind: ParcelType,
    data: ArrayVec<u8, N>,
    dmtu: Dmtu,
    state: State,
    answer: Duration,
    timer: Timer,
    event: Option<SendEvent>,
}

/// What happened to a parcel on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendEvent {
    /// The peer asked for frames again; they go out next.
    Resending {
        /// How many it named, of those that exist.
        frames: u16,
    },
    /// The peer has it all. The sender is done.
    Sent,
    /// It can't be delivered. The sender is done.
    Failed(ParcelError),
}

#[derive(Clone, Debug)]
enum State {
    /// The announcement has to go out.
    Announce,
    /// The whole parcel has to go out, in one packet.
    Single,
    /// Waiting for "ready".
    Announced,
    /// Frames from this one on have to go out for the first time.
    Frames(u16),
    /// Waiting for "success"; these frames have to go out again.
    Written(ArrayVec<u16, AGAIN>),
    Done,
}

impl<const N: usize> Sender<N> {
    /// Announces `data` first. Fails on an empty parcel and on one that doesn't fit into `N` bytes.
    pub fn new(kind: ParcelType, data: &[u8], dmtu: Dmtu) -> Result<Self, EncodeError> {
        if data.is_empty() {
            return Err(EncodeError::Empty);
        }
        // The count of frames has 16 bits; the smallest dmtu decides.
        let limit = N.min(usize::from(u16::MAX) * Dmtu::DEFAULT.len());
        let does_not_fit = EncodeError::DoesNotFit {
            found: data.len(),
            limit,
        };
        Ok(Self {
            kind,
            data: ArrayVec::try_from(data)
                .ok()
                .filter(|data| data.len() <= limit)
                .ok_or(does_not_fit)?,
            dmtu,
            state: State::Announce,
            answer: ANSWER_TIMEOUT,
            timer: Timer::default(),
            event: None,
        })
    }

    /// Sends `data` in one packet, without announcement. Fails if it is longer than dmtu - 2 bytes.
    pub fn single(kind: ParcelType, data: &[u8], dmtu: Dmtu) -> Result<Self, EncodeError> {
        let limit = dmtu.len() - 2;
        if data.len() > limit {
            return Err(EncodeError::DoesNotFit {
                found: data.len(),
                limit,
            });
        }
        let mut sender = Self::new(kind, data, dmtu)?;
        sender.state = State::Single;
        Ok(sender)
    }

    /// Waits for answers this long, instead of 15 s.
    #[must_use]
    pub const fn with_answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer = timeout;
        self
    }

    /// Cuts the parcel up differently, if nothing of it went out.
    pub(crate) const fn agree(&mut self, dmtu: Dmtu) {
        if let State::Announce = self.state {
            self.dmtu = dmtu;
        }
    }

    /// In how many data frames the parcel goes.
    #[must_use]
    pub fn frame_count(&self) -> u16 {
        self.data.len().div_ceil(self.dmtu.len()) as u16
    }

    /// One data frame, numbered from 1; `None` if there is no such frame.
    #[must_use]
    pub fn frame(&self, number: u16) -> Option<Frame<'_>> {
        let index = usize::from(number).checked_sub(1)?;
        let data = self.data.chunks(self.dmtu.len()).nth(index)?;
        Some(Frame::Data { number, data })
    }

    /// Takes what the peer sent; call [`poll_transmit`](Self::poll_transmit) and
    /// [`poll_event`](Self::poll_event) afterwards. Frames that aren't about this parcel change nothing, and the
    /// answer is whether this one was.
    pub fn handle_frame(&mut self, now: Duration, frame: Frame<'_>) -> bool {
        let segmented = !matches!(self.state, State::Single | State::Done);
        let ack = match frame {
            Frame::SegAck(ack) if segmented => ack,
            // Web flashers answer a single frame with the ack of segmented parcels.
            Frame::SegAck(ack @ Ack::Success) | Frame::SingleAck(ack) => ack,
            _ => return false,
        };
        match (ack, &mut self.state) {
            (_, State::Done) => return false,
            (Ack::Cancel, _) => self.finish(SendEvent::Failed(ParcelError::PeerCancelled)),
            (Ack::Busy, _) => self.finish(SendEvent::Failed(ParcelError::PeerBusy)),
            (Ack::Timeout, _) => self.finish(SendEvent::Failed(ParcelError::PeerTimeout)),
            (Ack::Success, State::Single | State::Written(_)) => self.finish(SendEvent::Sent),
            // A peer that misses frames was ready, although its saying so was lost.
            (Ack::Ready | Ack::Lost(_), State::Announced) => {
                self.state = State::Frames(1);
                self.timer.start(now, self.answer);
            }
            (Ack::Lost(numbers), State::Written(again)) => {
                let count = self.data.len().div_ceil(self.dmtu.len());
                let listed = numbers
                    .iter()
                    .filter(|&number| number > 0 && usize::from(number) <= count);
                let mut frames = 0;
                // A list longer than this is asked for again.
                for number in listed.take(again.remaining_capacity()) {
                    again.push(number);
                    frames += 1;
                }
                self.event = Some(SendEvent::Resending { frames });
            }
            _ => return false,
        }
        true
    }

    /// To be called when the time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if let Some(after) = self.timer.take_expired(now) {
            self.finish(SendEvent::Failed(ParcelError::Timeout { after }));
        }
    }

    /// The next packet; call it until it is `None`.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<FrameBytes> {
        let number = match &mut self.state {
            State::Announce => {
                let frame = Frame::SegCmd {
                    kind: self.kind,
                    frames: self.frame_count(),
                };
                self.state = State::Announced;
                self.timer.start(now, self.answer);
                return frame.encode().ok();
            }
            // Once is enough: `Single` stays until the answer is there.
            State::Single if self.timer.deadline().is_none() => {
                self.timer.start(now, self.answer);
                let (kind, data) = (self.kind, &*self.data);
                return Frame::Single { kind, data }.encode().ok();
            }
            State::Frames(next) => {
                let number = *next;
                self.state = if number < self.frame_count() {
                    State::Frames(number + 1)
                } else {
                    State::Written(ArrayVec::new())
                };
                self.timer.start(now, self.answer);
                number
            }
            // Doesn't start the timer again: a peer that asks for ever would be sent to for ever.
            State::Written(again) => again.pop_at(0)?,
            State::Single | State::Announced | State::Done => return None,
        };
        self.frame(number)?.encode().ok()
    }

    /// What happened; call it until it is `None`.
    pub fn poll_event(&mut self) -> Option<SendEvent> {
        self.event.take()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timer.deadline()
    }

    /// Whether all frames were written, so that the peer may have everything, though it didn't say so yet.
    pub(crate) fn is_written(&self) -> bool {
        match &self.state {
            State::Written(_) => true,
            State::Single => self.timer.deadline().is_some(),
            _ => false,
        }
    }

    fn finish(&mut self, event: SendEvent) {
        self.state = State::Done;
        self.timer.stop();
        self.event = Some(event);
    }
}

/// How long a peer may take to answer: the vendor's app waits 10 s or 15 s.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How many frames may wait to be sent again.
const AGAIN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcel::FrameNumbers;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_request_for_frames_stands_for_a_lost_ready() {
        let mut sender = announced(&[1; 40]);
        let lost = Frame::SegAck(Ack::Lost(FrameNumbers::new(&[[1, 0]])));

        assert!(sender.handle_frame(NOW, lost));

        assert_eq!(drain(&mut sender), 3);
    }

    #[test]
    fn frames_that_do_not_exist_are_not_sent() {
        let mut sender = announced(&[1; 40]);
        sender.handle_frame(NOW, Frame::SegAck(Ack::Ready));
        drain(&mut sender);

        let lost = Frame::SegAck(Ack::Lost(FrameNumbers::new(&[
            [0, 0],
            [4, 0],
            [3, 0],
            [255, 255],
        ])));
        sender.handle_frame(NOW, lost);

        assert_eq!(sender.poll_event(), Some(SendEvent::Resending { frames: 1 }));
        assert_eq!(sender.poll_transmit(NOW).unwrap()[..2], [3, 0]);
        assert_eq!(drain(&mut sender), 0);
    }

    #[test]
    fn a_peer_that_asks_for_ever_does_not_keep_the_sender_alive() {
        let mut sender = announced(&[1; 40]);
        sender.handle_frame(NOW, Frame::SegAck(Ack::Ready));
        drain(&mut sender);
        let lost = Frame::SegAck(Ack::Lost(FrameNumbers::new(&[[1, 0]])));
        for second in 1..=15 {
            let now = Duration::from_secs(second);
            sender.handle_frame(now, lost);
            assert!(sender.poll_transmit(now).is_some());
            sender.poll_event();
            sender.handle_timeout(now);
        }
        assert_eq!(
            sender.poll_event(),
            Some(SendEvent::Failed(ParcelError::Timeout {
                after: ANSWER_TIMEOUT
            }))
        );
        assert_eq!(sender.poll_timeout(), None);
    }

    #[test]
    fn both_acks_confirm_a_single_frame() {
        for ack in [Frame::SegAck(Ack::Success), Frame::SingleAck(Ack::Success)] {
            let mut sender = Sender::<64>::single(ParcelType::DEV_RANDOM, &[1; 16], Dmtu::DEFAULT).unwrap();
            assert_eq!(drain(&mut sender), 1);
            sender.handle_frame(NOW, ack);
            assert_eq!(sender.poll_event(), Some(SendEvent::Sent));
        }
    }

    #[test]
    fn a_parcel_that_does_not_fit_is_refused_at_once() {
        let kind = ParcelType::ECC_PUBKEY;
        assert_eq!(
            Sender::<64>::new(kind, &[0; 65], Dmtu::DEFAULT).err(),
            Some(EncodeError::DoesNotFit { found: 65, limit: 64 })
        );
        assert_eq!(
            Sender::<64>::new(kind, &[], Dmtu::DEFAULT).err(),
            Some(EncodeError::Empty)
        );
        assert_eq!(
            Sender::<64>::single(kind, &[], Dmtu::DEFAULT).err(),
            Some(EncodeError::Empty)
        );
    }

    fn announced(data: &[u8]) -> Sender<64> {
        let mut sender = Sender::new(ParcelType::PASS_THROUGH, data, Dmtu::DEFAULT).unwrap();
        assert_eq!(drain(&mut sender), 1);
        sender
    }

    fn drain(sender: &mut Sender<64>) -> usize {
        core::iter::from_fn(|| sender.poll_transmit(NOW)).count()
    }
}
