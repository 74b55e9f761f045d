use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::data::{DataPoint, DataPoints};

/// Numbers of commands of mains devices.
pub mod command {
    /// Whether the other is there; each 3 seconds.
    pub const HEARTBEAT: u8 = 0x00;
    /// Which product it is.
    pub const PRODUCT: u8 = 0x01;
    /// Who reports what.
    pub const CONFIGURATION: u8 = 0x02;
    /// How the network is.
    pub const NETWORK_STATE: u8 = 0x03;
    /// The MCU has the Wi-Fi reset.
    pub const RESET_WIFI: u8 = 0x04;
    /// The MCU chooses a mode.
    pub const SELECT_MODE: u8 = 0x05;
    /// The module sets data points.
    pub const SET: u8 = 0x06;
    /// The MCU reports data points.
    pub const STATE: u8 = 0x07;
    /// The module asks for all data points.
    pub const QUERY: u8 = 0x08;
    /// The MCU asks for the time.
    pub const LOCAL_TIME: u8 = 0x1c;
    /// The MCU reports data points and wants an answer.
    pub const STATE_SYNC: u8 = 0x22;
    /// The answer to that.
    pub const STATE_SYNC_ACK: u8 = 0x23;
    /// The MCU asks for the signal's strength.
    pub const SIGNAL: u8 = 0x24;
    /// The MCU asks for the network's state.
    pub const NETWORK_QUERY: u8 = 0x2b;
    /// Several more.
    pub const EXTENDED: u8 = 0x34;
    /// Of battery devices: the MCU reports data points.
    pub const BATTERY_STATE: u8 = 0x05;
    /// Of battery devices: the MCU reports data points with a time.
    pub const BATTERY_RECORD: u8 = 0x08;
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// 0 from the module and from battery devices, 3 from other MCUs.
    pub version: u8,
    /// The command.
    pub command: u8,
    /// Its payload.
    pub payload: Cow<'a, [u8]>,
}

impl<'a> Frame<'a> {
    /// A frame of the module's. A payload beyond [`MAX_PAYLOAD`](Self::MAX_PAYLOAD) is cut when it is encoded.
    #[must_use]
    pub fn new(command: u8, payload: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            version: 0,
            command,
            payload: payload.into(),
        }
    }

    /// The longest payload that is sent or taken, so that a wrong length doesn't stall a stream.
    pub const MAX_PAYLOAD: usize = 4096;

    /// Asks whether the MCU is there.
    #[must_use]
    pub const fn heartbeat() -> Self {
        Self {
            version: 0,
            command: command::HEARTBEAT,
            payload: Cow::Borrowed(&[]),
        }
    }

    /// Asks which product it is.
    #[must_use]
    pub const fn query_product() -> Self {
        Self {
            version: 0,
            command: command::PRODUCT,
            payload: Cow::Borrowed(&[]),
        }
    }

    /// Asks who reports what.
    #[must_use]
    pub const fn query_configuration() -> Self {
        Self {
            version: 0,
            command: command::CONFIGURATION,
            payload: Cow::Borrowed(&[]),
        }
    }

    /// Asks for all data points.
    #[must_use]
    pub const fn query_state() -> Self {
        Self {
            version: 0,
            command: command::QUERY,
            payload: Cow::Borrowed(&[]),
        }
    }

    /// Tells how the network is. Many MCUs are silent until they hear [`NetworkState::Cloud`].
    #[must_use]
    pub fn network_state(state: NetworkState) -> Self {
        Self::new(command::NETWORK_STATE, Vec::from([state.number()]))
    }

    /// Sets data points.
    #[must_use]
    pub fn set(points: &[DataPoint<'_>]) -> Self {
        Self::new(command::SET, DataPoint::encode_all(points))
    }

    /// Answers the question for the time; `None` while it isn't known.
    #[must_use]
    pub fn local_time(time: Option<LocalTime>) -> Self {
        let payload = time.map_or([0; 8], |time| {
            let year = u8::try_from(time.year.saturating_sub(2000)).unwrap_or(u8::MAX);
            [
                1, year, time.month, time.day, time.hour, time.minute, time.second, time.weekday,
            ]
        });
        Self::new(command::LOCAL_TIME, payload.to_vec())
    }

    /// Answers the question for the signal's strength, in dBm.
    #[must_use]
    pub fn signal(dbm: i8) -> Self {
        Self::new(command::SIGNAL, dbm.to_le_bytes().to_vec())
    }

    /// Answers a report that wants it.
    #[must_use]
    pub fn state_sync_ack() -> Self {
        Self::new(command::STATE_SYNC_ACK, Vec::from([1]))
    }

    /// Reads a frame; what follows it is ignored.
    ///
    /// # Errors
    ///
    /// If it isn't whole, begins with something else, is too long, or is damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let need = |expected| FrameError::NeedMore {
            found: bytes.len(),
            expected,
        };
        let start = bytes.get(..2).unwrap_or(bytes);
        if !HEAD.starts_with(start) {
            return Err(FrameError::BadHead);
        }
        let [_, _, version, command, l0, l1] = *bytes.first_chunk::<6>().ok_or(need(7))?;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if length > Self::MAX_PAYLOAD {
            return Err(FrameError::TooLong {
                found: length,
                limit: Self::MAX_PAYLOAD,
            });
        }
        let payload = bytes.get(6..6 + length).ok_or(need(7 + length))?;
        let stored = *bytes.get(6 + length).ok_or(need(7 + length))?;
        let computed = sum(bytes.get(..6 + length).unwrap_or_default());
        if stored != computed {
            return Err(FrameError::Checksum { stored, computed });
        }
        Ok(Self {
            version,
            command,
            payload: Cow::Borrowed(payload),
        })
    }

    /// The frame's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let payload = self.payload.get(..Self::MAX_PAYLOAD).unwrap_or(&self.payload);
        let mut bytes = Vec::with_capacity(7 + payload.len());
        bytes.extend([HEAD[0], HEAD[1], self.version, self.command]);
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes.push(sum(&bytes));
        bytes
    }

    /// The data points that it reports; `None` for commands that don't.
    #[must_use]
    pub fn data_points(&self) -> Option<DataPoints<'_>> {
        let skip = match (self.command, self.version) {
            (command::STATE, _) => 0,
            (command::STATE_SYNC, 1..) => 0,
            (command::BATTERY_STATE, 0) => 0,
            // A valid byte and a time of six.
            (command::BATTERY_RECORD, 0) if self.payload.len() > 7 => 7,
            _ => return None,
        };
        self.payload.get(skip..).map(DataPoints::parse)
    }

    /// The time of a battery device's record: whether it is valid, and its six bytes.
    #[must_use]
    pub fn record_time(&self) -> Option<(bool, [u8; 6])> {
        if (self.command, self.version) != (command::BATTERY_RECORD, 0) || self.payload.len() <= 7 {
            return None;
        }
        let [valid, time @ ..] = self.payload.first_chunk::<7>()?;
        Some((*valid == 1, *time))
    }

    /// Whether what was sent wants an answer from the module, and which; `None` for none that needs nothing but itself.
    #[must_use]
    pub fn simple_answer(&self) -> Option<Self> {
        match (self.command, self.version) {
            (command::STATE_SYNC, 1..) => Some(Self::state_sync_ack()),
            (command::BATTERY_STATE | command::BATTERY_RECORD, 0) => {
                Some(Self::new(self.command, Vec::from([0])))
            }
            (command::RESET_WIFI | command::SELECT_MODE, 1..) => Some(Self::new(self.command, Vec::new())),
            _ => None,
        }
    }
}

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkState {
    /// It is set up by a phone.
    SmartConfig,
    /// It is an access point.
    AccessPoint,
    /// It isn't connected.
    NotConnected,
    /// It is connected to the router.
    Router,
    /// It is connected to everything.
    Cloud,
    /// It saves power.
    LowPower,
}

impl NetworkState {
    /// By its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::SmartConfig,
            1 => Self::AccessPoint,
            2 => Self::NotConnected,
            3 => Self::Router,
            4 => Self::Cloud,
            5 => Self::LowPower,
            _ => return None,
        })
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::SmartConfig => 0,
            Self::AccessPoint => 1,
            Self::NotConnected => 2,
            Self::Router => 3,
            Self::Cloud => 4,
            Self::LowPower => 5,
        }
    }
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// 2000 to 2255.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 1 for Monday to 7.
    pub weekday: u8,
}

/// The frames in bytes that are all there; after a wrong one a single byte is skipped.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
    skipped: usize,
}

impl<'a> Frames<'a> {
    /// Of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            skipped: 0,
        }
    }

    /// How many bytes were no part of a frame.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// What is the start of a frame that isn't whole.
    #[must_use]
    pub const fn remaining(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        while !self.rest.is_empty() {
            match Frame::parse(self.rest) {
                Ok(frame) => {
                    self.rest = self.rest.get(7 + frame.payload.len()..).unwrap_or_default();
                    return Some(frame);
                }
                Err(FrameError::NeedMore { .. }) => return None,
                Err(_) => {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    self.skipped += 1;
                }
            }
        }
        None
    }
}

/// A stream of a UART. A frame that never ends is given up when the line was silent: call [`reset`](Self::reset).
#[derive(Clone, Debug, Default)]
pub struct Stream {
    buffer: Vec<u8>,
    skipped: u64,
}

impl Stream {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hand in what came; gives the whole frames in it.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Frame<'static>> {
        self.buffer.extend_from_slice(bytes);
        let mut frames = Frames::new(&self.buffer);
        let found = frames
            .by_ref()
            .map(|frame| Frame {
                version: frame.version,
                command: frame.command,
                payload: Cow::Owned(frame.payload.into_owned()),
            })
            .collect();
        self.skipped += frames.skipped() as u64;
        let used = self.buffer.len() - frames.remaining().len();
        self.buffer.drain(..used);
        found
    }

    /// The line was silent for longer than a frame takes: what is there is no start of one. Gives the frames in it.
    pub fn reset(&mut self) -> Vec<Frame<'static>> {
        let mut found = Vec::new();
        while found.is_empty() && !self.buffer.is_empty() {
            self.skipped += 1;
            self.buffer.remove(0);
            found = self.push(&[]);
        }
        found
    }

    /// How many bytes were no part of a frame.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many bytes wait for the rest of their frame: never more than a frame has.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.buffer.len()
    }
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Too few yet.
    #[error("{found} bytes of {expected}")]
    NeedMore {
        /// What was there.
        found: usize,
        /// What must be, as far as is known.
        expected: usize,
    },
    /// No frame begins here.
    #[error("no frame begins here, which is 55 AA")]
    BadHead,
    /// A length that no frame has.
    #[error("the length field says {found}, the most is {limit}")]
    TooLong {
        /// What it says.
        found: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// Damaged.
    #[error("the checksum is {stored:#04x}, it should be {computed:#04x}")]
    Checksum {
        /// What the frame says.
        stored: u8,
        /// What it should be.
        computed: u8,
    },
}

impl FrameError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NeedMore { .. } => "need_more",
            Self::BadHead => "bad_head",
            Self::TooLong { .. } => "too_long",
            Self::Checksum { .. } => "checksum",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NeedMore { .. } => None,
            _ => Some("If it goes on, the baud rate is wrong: 9600 for most, 115200 for some."),
        }
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

const HEAD: [u8; 2] = [0x55, 0xaa];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_length_does_not_stall_a_stream() {
        let mut stream = Stream::new();
        assert!(stream.push(b"\x55\xaa\x03\x07\xff\xff").is_empty());
        assert_eq!(stream.waiting(), 0);
        let frame = Frame::heartbeat().encode();
        assert_eq!(stream.push(&frame), [Frame::heartbeat()]);
        // A plausible one holds it up until the line is silent.
        assert!(stream.push(b"\x55\xaa\x03\x07\x00\x40").is_empty());
        assert!(stream.push(&frame).is_empty());
        assert_eq!(stream.reset(), [Frame::heartbeat()]);
        assert_eq!((stream.waiting(), stream.skipped()), (0, 12));
    }
}
