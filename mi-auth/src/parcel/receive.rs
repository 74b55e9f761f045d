//! Receives one parcel after the other.

use core::time::Duration;

use arrayvec::ArrayVec;

use super::{Ack, Dmtu, FRAME_GAP, Frame, FrameBytes, FrameNumbers, Parcel, ParcelError, ParcelType};
use crate::timer::Timer;

/// Receives parcels of at most `N` bytes and 512 frames, and asks for frames that were lost.
///
/// ```
/// use core::time::Duration;
/// use mi_auth::parcel::{Dmtu, Frame, ReceiveEvent, Receiver};
///
/// let now = Duration::ZERO;
/// let mut receiver = Receiver::<64>::new(Dmtu::DEFAULT);
/// receiver.handle_frame(now, Frame::parse(&[0, 0, 0, 0x0d, 1, 0])?);
/// assert_eq!(receiver.poll_transmit(now).unwrap().as_slice(), [0, 0, 1, 1]); // ready
///
/// receiver.handle_frame(now, Frame::parse(&[1, 0, 0xca, 0xfe])?);
/// assert_eq!(receiver.poll_transmit(now).unwrap().as_slice(), [0, 0, 1, 0]); // success
/// let Some(ReceiveEvent::Parcel(parcel)) = receiver.poll_event() else { panic!() };
/// assert_eq!(parcel.data.as_slice(), [0xca, 0xfe]);
/// # Ok::<(), mi_auth::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Receiver<const N: usize> {
    dmtu: Dmtu,
    /// How many frames may be listed as lost at once.
    listed: u8,
    collecting: Option<Collecting>,
    data: [u8; N],
    reply: Option<Reply>,
    timer: Timer,
    event: Option<ReceiveEvent<N>>,
}

/// What happened to a parcel on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveEvent<const N: usize> {
    /// It is here, and confirmed.
    Parcel(Parcel<N>),
    /// Frames are missing; they are asked for next.
    Requesting {
        /// How many are missing.
        missing: u16,
    },
    /// It didn't arrive. The receiver waits for the next announcement.
    Failed(ParcelError),
}

/// An announced parcel.
#[derive(Clone, Debug)]
struct Collecting {
    kind: ParcelType,
    frames: u16,
    /// A bit a frame.
    arrived: [u64; WORDS],
    /// Requests since the last new frame.
    requests: u8,
    /// Of the last frame.
    last_length: usize,
}

#[derive(Clone, Copy, Debug)]
enum Reply {
    Ack(Ack<'static>),
    SingleSuccess,
    /// Lists missing frames when it goes out.
    Lost,
}

impl<const N: usize> Receiver<N> {
    /// Waits for an announcement.
    #[must_use]
    pub const fn new(dmtu: Dmtu) -> Self {
        Self {
            dmtu,
            listed: 1,
            collecting: None,
            data: [0; N],
            reply: None,
            timer: Timer { running: None },
            event: None,
        }
    }

    /// Applies what a feature exchange agreed on, from the next announcement on: payload bytes in a frame, and how
    /// many frames a request may list.
    pub fn agree(&mut self, dmtu: Dmtu, retransmit: u8) {
        if self.collecting.is_none() {
            self.dmtu = dmtu;
        }
        self.listed = retransmit.clamp(1, LISTED as u8);
    }

    /// Takes what the peer sent; call [`poll_transmit`](Self::poll_transmit) and
    /// [`poll_event`](Self::poll_event) afterwards. Frames that belong to no parcel change nothing, and the answer
    /// is whether this one did.
    pub fn handle_frame(&mut self, now: Duration, frame: Frame<'_>) -> bool {
        match (frame, self.collecting.is_some()) {
            (Frame::SegCmd { kind, frames }, false) => self.announce(now, kind, frames),
            (Frame::Single { kind, data }, false) => self.single(kind, data),
            (Frame::Data { number, data }, true) => self.collect(now, number, data),
            // A feature exchange is allowed at any time.
            (Frame::MngCmd(_) | Frame::MngAck(_), _) | (_, false) => return false,
            (_, true) => self.fail(None, ParcelError::UnexpectedControl),
        }
        true
    }

    /// To be called when the time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.timer.take_expired(now).is_none() {
            return;
        }
        let Some(collecting) = &mut self.collecting else {
            return;
        };
        let missing = collecting.missing().count() as u16;
        if collecting.requests == REQUESTS {
            let frames = collecting.frames;
            self.fail(
                Some(Ack::Timeout),
                ParcelError::ReceiveTimeout { missing, frames },
            );
        } else {
            collecting.requests += 1;
            self.reply = Some(Reply::Lost);
            self.timer.start(now, FRAME_GAP);
            self.event = Some(ReceiveEvent::Requesting { missing });
        }
    }

    /// The next packet; call it until it is `None`.
    pub fn poll_transmit(&mut self, now: Duration) -> Option<FrameBytes> {
        let frame = match self.reply.take()? {
            Reply::Ack(ack) => Frame::SegAck(ack),
            Reply::SingleSuccess => Frame::SingleAck(Ack::Success),
            Reply::Lost => {
                let missing = self.collecting.as_ref()?.missing();
                let numbers: ArrayVec<[u8; 2], LISTED> = missing
                    .take(usize::from(self.listed))
                    .map(u16::to_le_bytes)
                    .collect();
                self.timer.restart(now);
                return Frame::SegAck(Ack::Lost(FrameNumbers::new(&numbers)))
                    .encode()
                    .ok();
            }
        };
        self.timer.restart(now);
        frame.encode().ok()
    }

    /// What happened; call it until it is `None`.
    pub fn poll_event(&mut self) -> Option<ReceiveEvent<N>> {
        self.event.take()
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.timer.deadline()
    }

    /// Whether a parcel is announced and not whole.
    pub(crate) const fn is_collecting(&self) -> bool {
        self.collecting.is_some()
    }

    /// The type that is announced, while none of its frames has arrived.
    pub(crate) fn just_announced(&self) -> Option<ParcelType> {
        let collecting = self.collecting.as_ref()?;
        (collecting.arrived == [0; WORDS]).then_some(collecting.kind)
    }

    /// Forgets a parcel that isn't whole. What is to be acknowledged goes out nevertheless.
    pub(crate) fn stop(&mut self) {
        if self.collecting.take().is_some() {
            self.reply = None;
            self.timer.stop();
        }
    }

    fn announce(&mut self, now: Duration, kind: ParcelType, frames: u16) {
        if frames == 0 {
            return self.fail(None, ParcelError::EmptyParcel);
        }
        let dmtu = self.dmtu.len();
        let least = (usize::from(frames) - 1) * dmtu + 1;
        if usize::from(frames) > WORDS * 64 || least > N {
            let error = ParcelError::TooLarge {
                frames,
                dmtu: self.dmtu.get(),
                capacity: N,
            };
            return self.fail(Some(Ack::Cancel), error);
        }
        self.collecting = Some(Collecting {
            kind,
            frames,
            arrived: [0; WORDS],
            requests: 0,
            last_length: 0,
        });
        self.reply = Some(Reply::Ack(Ack::Ready));
        self.timer.start(now, FRAME_GAP);
    }

    fn single(&mut self, kind: ParcelType, data: &[u8]) {
        match ArrayVec::try_from(data) {
            Ok(data) => {
                self.reply = Some(Reply::SingleSuccess);
                self.event = Some(ReceiveEvent::Parcel(Parcel {
                    kind,
                    single: true,
                    data,
                }));
            }
            Err(_) => self.fail(
                None,
                ParcelError::TooLarge {
                    frames: 1,
                    dmtu: self.dmtu.get(),
                    capacity: N,
                },
            ),
        }
    }

    fn collect(&mut self, now: Duration, number: u16, data: &[u8]) {
        let dmtu = self.dmtu.len();
        let Some(collecting) = &mut self.collecting else {
            return;
        };
        let frames = collecting.frames;
        let Some(index) = number.checked_sub(1).filter(|_| number <= frames) else {
            return self.fail(None, ParcelError::FrameOutOfRange { number, frames });
        };
        let start = usize::from(index) * dmtu;
        // A parcel of one frame may be longer than the dmtu: that is how confirmations come in packets of 34 bytes.
        let expected = if frames == 1 { N } else { dmtu };
        let whole = if number < frames {
            data.len() == expected
        } else {
            data.len() <= expected
        };
        let place = self.data.get_mut(start..start + data.len());
        let (true, Some(place)) = (whole, place) else {
            let found = data.len();
            let error = ParcelError::BadFrameLength {
                number,
                expected,
                found,
            };
            return self.fail(None, error);
        };
        if !collecting.insert(index) {
            return;
        }
        place.copy_from_slice(data);
        if number == frames {
            collecting.last_length = data.len();
        }
        collecting.requests = 0;
        self.timer.start(now, FRAME_GAP);
        if collecting.missing().next().is_none() {
            let length = (usize::from(frames) - 1) * dmtu + collecting.last_length;
            let kind = collecting.kind;
            self.collecting = None;
            self.timer.stop();
            self.reply = Some(Reply::Ack(Ack::Success));
            self.event = Some(ReceiveEvent::Parcel(Parcel {
                kind,
                single: false,
                data: self.data.iter().copied().take(length).collect(),
            }));
        }
    }

    fn fail(&mut self, reply: Option<Ack<'static>>, error: ParcelError) {
        self.collecting = None;
        self.timer.stop();
        self.reply = reply.map(Reply::Ack);
        self.event = Some(ReceiveEvent::Failed(error));
    }
}

impl Collecting {
    /// Numbers of the frames that haven't arrived, from the lowest.
    fn missing(&self) -> impl Iterator<Item = u16> {
        (0..self.frames)
            .filter(|&index| self.word(index) & bit(index) == 0)
            .map(|index| index + 1)
    }

    /// Whether it is new.
    fn insert(&mut self, index: u16) -> bool {
        let Some(word) = self.arrived.get_mut(usize::from(index / 64)) else {
            return false;
        };
        let is_new = *word & bit(index) == 0;
        *word |= bit(index);
        is_new
    }

    fn word(&self, index: u16) -> u64 {
        self.arrived
            .get(usize::from(index / 64))
            .copied()
            .unwrap_or_default()
    }
}

const fn bit(index: u16) -> u64 {
    1 << (index % 64)
}

/// Requests without a new frame before the receiver gives up.
pub(super) const REQUESTS: u8 = 3;

/// Frame numbers that fit into a packet of 20 bytes.
const LISTED: usize = 8;

/// Words of the bit set: 512 frames.
const WORDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcel::Sender;
    use proptest::prelude::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn three_requests_bring_nothing_and_the_fourth_time_out_ends_it() {
        let mut receiver = announced(4);
        for _ in 0..3 {
            assert_eq!(expire(&mut receiver).unwrap().as_slice(), [0, 0, 1, 5, 1, 0]);
        }
        assert_eq!(expire(&mut receiver).unwrap().as_slice(), [0, 0, 1, 3]);
        receiver.poll_event();
        assert_eq!(receiver.poll_timeout(), None);
    }

    #[test]
    fn each_new_frame_allows_three_more_requests() {
        let mut receiver = announced(4);
        for number in 1..=4 {
            for _ in 0..3 {
                assert_eq!(expire(&mut receiver).unwrap().as_slice(), [0, 0, 1, 5, number, 0]);
            }
            let data = &[0; 18];
            receiver.handle_frame(
                NOW,
                Frame::Data {
                    number: number.into(),
                    data,
                },
            );
        }
        assert!(
            matches!(receiver.poll_event(), Some(ReceiveEvent::Parcel(parcel)) if parcel.data.len() == 72)
        );
    }

    #[test]
    fn after_a_feature_exchange_a_request_lists_several_frames() {
        let mut receiver = Receiver::<200>::new(Dmtu::DEFAULT);
        receiver.agree(Dmtu::DEFAULT, 3);
        announce(&mut receiver, 9);
        let data = &[0; 18];
        receiver.handle_frame(NOW, Frame::Data { number: 2, data });

        let bytes = expire(&mut receiver).unwrap();

        assert_eq!(bytes.as_slice(), [0, 0, 1, 5, 1, 0, 3, 0, 4, 0]);
    }

    #[test]
    fn announcements_of_nothing_and_of_too_much_are_refused() {
        let mut receiver = Receiver::<72>::new(Dmtu::DEFAULT);
        let kind = ParcelType::ECC_PUBKEY;
        receiver.handle_frame(NOW, Frame::SegCmd { kind, frames: 0 });
        assert_eq!(
            receiver.poll_event(),
            Some(ReceiveEvent::Failed(ParcelError::EmptyParcel))
        );
        assert!(receiver.poll_transmit(NOW).is_none());

        receiver.handle_frame(NOW, Frame::SegCmd { kind, frames: 5 });
        let too_large = ParcelError::TooLarge {
            frames: 5,
            dmtu: 18,
            capacity: 72,
        };
        assert_eq!(receiver.poll_event(), Some(ReceiveEvent::Failed(too_large)));
        assert_eq!(receiver.poll_transmit(NOW).unwrap().as_slice(), [0, 0, 1, 4]);
    }

    #[test]
    fn a_last_frame_longer_than_the_others_is_refused() {
        let mut receiver = announced(2);
        let data = &[0; 19];
        receiver.handle_frame(NOW, Frame::Data { number: 2, data });
        let error = ParcelError::BadFrameLength {
            number: 2,
            expected: 18,
            found: 19,
        };
        assert_eq!(receiver.poll_event(), Some(ReceiveEvent::Failed(error)));
    }

    #[test]
    fn a_management_frame_does_not_disturb() {
        let mut receiver = announced(1);
        assert!(!receiver.handle_frame(NOW, Frame::parse(&[0, 0, 4, 0, 6, 0x12]).unwrap()));
        assert!(receiver.is_collecting());
    }

    proptest! {
        #[test]
        fn frames_in_any_order_and_often_make_the_parcel_that_was_sent(
            data in prop::collection::vec(any::<u8>(), 1..300),
            dmtu in 18_u8..=64,
            mut order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        ) {
            let dmtu = Dmtu::new(dmtu).unwrap();
            let sender = Sender::<300>::new(ParcelType::WIFI_CONFIG, &data, dmtu).unwrap();
            let count = sender.frame_count();
            let mut numbers: Vec<u16> = order
                .drain(..)
                .map(|index| index.index(usize::from(count)) as u16 + 1)
                .collect();
            numbers.extend((1..=count).rev());
            let mut receiver = Receiver::<300>::new(dmtu);
            announce(&mut receiver, count);

            let mut parcel = None;
            for number in numbers {
                receiver.handle_frame(NOW, sender.frame(number).unwrap());
                parcel = parcel.or(receiver.poll_event());
            }

            let Some(ReceiveEvent::Parcel(parcel)) = parcel else { panic!("{parcel:?}") };
            prop_assert_eq!(parcel.data.as_slice(), data.as_slice());
        }
    }

    fn announced(frames: u16) -> Receiver<72> {
        let mut receiver = Receiver::new(Dmtu::DEFAULT);
        announce(&mut receiver, frames);
        receiver
    }

    fn announce<const N: usize>(receiver: &mut Receiver<N>, frames: u16) {
        let kind = ParcelType::WIFI_CONFIG;
        receiver.handle_frame(NOW, Frame::SegCmd { kind, frames });
        assert_eq!(receiver.poll_transmit(NOW).unwrap().as_slice(), [0, 0, 1, 1]);
    }

    fn expire<const N: usize>(receiver: &mut Receiver<N>) -> Option<FrameBytes> {
        let now = receiver.poll_timeout()?;
        receiver.handle_timeout(now);
        receiver.poll_transmit(now)
    }
}
