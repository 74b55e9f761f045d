//! The transfer of an image: legacy and extended protocol.
//!
//! | step | legacy | extended |
//! |---|---|---|
//! | before | stock only: fast connection interval; wait 500 ms | subscribe; `04ff`, the device answers `05ff` |
//! | start | `00ff`, `01ff`, wait 300 ms | `03ff` |
//! | data | 16 bytes a PDU; after every eighth a read, which brings the status and lets the device catch up | up to 240 bytes a PDU, no reads |
//! | end | `02ff`; the device restarts and the link drops | `02ff`; the device notifies `06ff` |
//!
//! There is no resuming: after a disconnect or an error the device drops what it has, keeps running the old
//! firmware, and the transfer starts again from index 0. And there is no proof of success on legacy devices but
//! what they report after the restart: see [`Expectation`](crate::proof::Expectation).

mod progress;

use core::fmt;
use core::time::Duration;

use arrayvec::ArrayVec;

use progress::Meter;
pub use progress::Progress;

use crate::gatt::{Characteristic, Transmit, WriteMode};
use crate::pdu::{
    DataPdu, LEGACY_LENGTH, LegacyStatus, MAXIMUM_COUNT, PduError, ResultCode, START, ServerPdu, VERSION,
    check_length, encode_end, encode_start_extended, encode_version_request,
};
use crate::preflight::Clearance;
use crate::session::Session;
use crate::source::{ReadError, Source};

/// How to transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which protocol.
    pub protocol: Protocol,
    /// How legacy PDUs are written: with response wherever the characteristic has the property `write`.
    pub write_mode: WriteMode,
}

impl Options {
    /// The legacy protocol, for stock firmware: asks for a fast connection first.
    #[must_use]
    pub const fn stock(write_mode: WriteMode) -> Self {
        Self {
            protocol: Protocol::Legacy {
                fast_connection: true,
            },
            write_mode,
        }
    }

    /// The legacy protocol, for custom firmware.
    #[must_use]
    pub const fn custom(write_mode: WriteMode) -> Self {
        Self {
            protocol: Protocol::Legacy {
                fast_connection: false,
            },
            write_mode,
        }
    }

    /// The extended protocol, for firmware with Telink's newer SDK.
    #[must_use]
    pub const fn extended(pdu_length: u8, version: u16, compare: bool) -> Self {
        Self {
            protocol: Protocol::Extended {
                pdu_length,
                version,
                compare,
            },
            write_mode: WriteMode::WithoutResponse,
        }
    }
}

/// Which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// 16 bytes a PDU: stock firmware and pvvx's.
    Legacy {
        /// Whether to ask for a fast connection first, on `ccd8`: stock firmware only.
        fast_connection: bool,
    },
    /// Up to 240 bytes a PDU. No thermometer is known to have it.
    Extended {
        /// Data bytes a PDU: a multiple of 16, at most the MTU minus 7.
        pdu_length: u8,
        /// The image's version: [`Header::short_version`](crate::image::Header::short_version).
        version: u16,
        /// Whether the device is to refuse an image that isn't newer.
        compare: bool,
    },
}

/// A transfer.
///
/// It reads the image as it goes, so that its own memory doesn't depend on the image's size.
pub struct Ota<S> {
    image: S,
    options: Options,
    count: u16,
    state: State,
    /// Whether what the state asks for is still to be handed out.
    pending: bool,
    deadline: Option<Duration>,
    buffer: DataPdu,
    meter: Meter,
    events: ArrayVec<OtaEvent, 4>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Speed,
    Settle,
    SendVersion,
    SendStart,
    PreData,
    Subscribing,
    VersionRequest,
    VersionWait,
    StartExtended,
    Data(u16),
    Status(u16),
    End,
    Result,
    Over,
}

impl<S: Source> Ota<S> {
    /// Starts to transfer the image that was cleared. Connection, discovery and, for stock firmware, the login are
    /// done before.
    ///
    /// `image` is what [`payload`](crate::image::payload) cuts out of the file; another image than the cleared one
    /// is refused.
    pub fn new(
        now: Duration,
        mut image: S,
        clearance: &Clearance,
        options: Options,
    ) -> Result<Self, OtaError> {
        let pdu_length = match options.protocol {
            Protocol::Legacy { .. } => LEGACY_LENGTH,
            Protocol::Extended { pdu_length, .. } => pdu_length,
        };
        check_length(pdu_length)?;
        if image.len() != clearance.image().payload_length
            || checksum_of(&mut image)? != clearance.image().crc32
        {
            return Err(OtaError::NotTheClearedImage);
        }
        let count = image.len().div_ceil(u32::from(pdu_length));
        let count = match u16::try_from(count) {
            Ok(count @ 1..) if u32::from(count) <= MAXIMUM_COUNT => count,
            _ => return Err(OtaError::TooManyPdus { count }),
        };
        let total = image.len();
        let mut ota = Self {
            image,
            options,
            count,
            state: State::Over,
            pending: false,
            deadline: None,
            buffer: DataPdu::empty(),
            meter: Meter::new(total),
            events: ArrayVec::new(),
        };
        let first = match options.protocol {
            Protocol::Legacy {
                fast_connection: true,
            } => State::Speed,
            Protocol::Legacy {
                fast_connection: false,
            } => State::Settle,
            Protocol::Extended { .. } => State::Subscribing,
        };
        ota.enter(now, first);
        Ok(ota)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.meter.progress()
    }

    /// Gives up. The device drops what it has when the connection ends, and keeps its firmware.
    pub fn cancel(&mut self) {
        self.fail(OtaError::Cancelled);
    }

    /// Whether the last event was reported, or is there to be reported.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn pdu_length(&self) -> u8 {
        match self.options.protocol {
            Protocol::Legacy { .. } => LEGACY_LENGTH,
            Protocol::Extended { pdu_length, .. } => pdu_length,
        }
    }

    fn is_extended(&self) -> bool {
        matches!(self.options.protocol, Protocol::Extended { .. })
    }

    fn enter(&mut self, now: Duration, state: State) {
        self.state = state;
        let wait = match state {
            State::Settle => Some(SETTLE),
            State::PreData => Some(PRE_DATA),
            State::VersionWait => Some(VERSION_WAIT),
            State::Result => Some(RESULT_WAIT),
            _ => None,
        };
        self.deadline = wait.map(|wait| now + wait);
        self.pending = wait.is_none() && state != State::Over;
        if state == State::Data(0) {
            self.meter.start(now);
        }
    }

    /// The first PDU is on its way: from then on a disconnect is one during the transfer.
    fn has_sent_data(&self) -> bool {
        match self.state {
            State::Data(index) => index > 0 || !self.pending,
            State::Status(_) | State::End | State::Result => true,
            _ => false,
        }
    }

    fn after_pdu(&mut self, now: Duration, index: u16) {
        let sent = (u32::from(index) + 1) * u32::from(self.pdu_length());
        if self.meter.advance(now, sent) {
            self.report(OtaEvent::Progress(self.meter.progress()));
        }
        if !self.is_extended() && (index + 1).is_multiple_of(READ_EVERY) {
            self.enter(now, State::Status(index));
        } else {
            self.after_status(now, index);
        }
    }

    fn after_status(&mut self, now: Duration, index: u16) {
        let next = index + 1;
        let state = if next < self.count {
            State::Data(next)
        } else {
            State::End
        };
        self.enter(now, state);
    }

    fn report(&mut self, event: OtaEvent) {
        if self.events.is_full() {
            // Old progress is worth nothing, and the end must get in.
            self.events.remove(0);
        }
        self.events.push(event);
    }

    fn finish(&mut self, outcome: Outcome) {
        if self.state != State::Over {
            self.enter(Duration::ZERO, State::Over);
            self.report(OtaEvent::Finished(outcome));
        }
    }

    fn fail(&mut self, error: OtaError) {
        if self.state != State::Over {
            self.enter(Duration::ZERO, State::Over);
            self.report(OtaEvent::Failed(error));
        }
    }

    fn load(&mut self, index: u16) -> Result<(), OtaError> {
        let pdu_length = u32::from(self.pdu_length());
        let offset = u32::from(index) * pdu_length;
        let length = (self.image.len() - offset).min(pdu_length) as usize;
        let image = &mut self.image;
        let mut result = Ok(());
        let filled = self
            .buffer
            .fill(index, length, |block| result = image.read(offset, block));
        result?;
        if filled {
            Ok(())
        } else {
            Err(OtaError::TooManyPdus {
                count: u32::from(self.count),
            })
        }
    }
}

impl<S: Source> Session for Ota<S> {
    type Event = OtaEvent;

    fn handle_subscribed(&mut self, now: Duration) {
        if self.state == State::Subscribing && !self.pending {
            self.enter(now, State::VersionRequest);
        }
    }

    fn handle_written(&mut self, now: Duration) {
        if self.pending {
            return;
        }
        match self.state {
            State::Speed => self.enter(now, State::Settle),
            State::SendVersion => self.enter(now, State::SendStart),
            State::SendStart => self.enter(now, State::PreData),
            State::VersionRequest => self.enter(now, State::VersionWait),
            State::StartExtended => self.enter(now, State::Data(0)),
            State::Data(index) => self.after_pdu(now, index),
            State::End => self.enter(now, State::Result),
            _ => {}
        }
    }

    fn handle_read(&mut self, now: Duration, bytes: &[u8]) {
        let State::Status(index) = self.state else {
            return;
        };
        match LegacyStatus::parse(bytes) {
            _ if self.pending => {}
            None | Some(LegacyStatus::Success) => self.after_status(now, index),
            Some(status) => self.fail(OtaError::Status(status)),
        }
    }

    fn handle_failure(&mut self, _now: Duration) {
        match self.state {
            _ if self.pending => {}
            State::Subscribing => self.fail(OtaError::SubscribeFailed),
            State::Status(_) => self.fail(OtaError::ReadFailed),
            _ => self.fail(OtaError::WriteFailed),
        }
    }

    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Ota || self.state == State::Over {
            return;
        }
        match (ServerPdu::parse(bytes), self.state) {
            (Ok(ServerPdu::Result(ResultCode::Success)), State::Result) => self.finish(Outcome::Confirmed),
            (Ok(ServerPdu::Result(code)), _) if code != ResultCode::Success => {
                self.fail(OtaError::Result(code));
            }
            (Ok(ServerPdu::Version { accept: true, .. }), State::VersionWait) => {
                self.enter(now, State::StartExtended);
            }
            (Ok(ServerPdu::Version { version, .. }), State::VersionWait) => {
                self.fail(OtaError::VersionRejected { version });
            }
            // How far the device is; what is written tells the same.
            (Ok(ServerPdu::ReceivedPdus(_) | ServerPdu::ReceivedBytes(_)), _) => {}
            (Ok(pdu), _) => self.report(OtaEvent::Unexpected(Unexpected::Pdu(pdu))),
            (Err(error), _) => self.report(OtaEvent::Unexpected(Unexpected::Bytes(error))),
        }
    }

    fn handle_disconnect(&mut self, _now: Duration) {
        match self.state {
            State::Result => self.finish(Outcome::SentThenDisconnected),
            _ if self.has_sent_data() => self.fail(OtaError::DisconnectedDuringTransfer {
                sent: self.meter.progress().sent,
            }),
            _ => self.fail(OtaError::DisconnectedBeforeStart),
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Settle => self.enter(now, State::SendVersion),
            State::PreData => self.enter(now, State::Data(0)),
            State::Status(_) => self.fail(OtaError::ReadTimeout),
            State::VersionWait => self.fail(OtaError::VersionResponseTimeout),
            State::Result if self.is_extended() => self.fail(OtaError::ResultTimeout),
            State::Result => self.finish(Outcome::SentUnconfirmed),
            _ => self.fail(OtaError::WriteTimeout),
        }
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit<'_>> {
        if !self.pending {
            return None;
        }
        if let State::Data(index) = self.state
            && let Err(error) = self.load(index)
        {
            self.fail(error);
            return None;
        }
        self.pending = false;
        let wait = match self.state {
            State::Status(_) => READ_WAIT,
            _ => ATT_TIMEOUT,
        };
        self.deadline = Some(now + wait);
        let ota = Characteristic::Ota;
        let bytes = match (self.state, self.options.protocol) {
            (State::Subscribing, _) => return Some(Transmit::Subscribe { characteristic: ota }),
            (State::Status(_), _) => return Some(Transmit::Read { characteristic: ota }),
            (State::Speed, _) => {
                return Some(Transmit::Write {
                    characteristic: Characteristic::ConnectionSpeed,
                    bytes: &FAST_CONNECTION,
                    mode: WriteMode::WithResponse,
                });
            }
            (State::Data(_), _) => self.buffer.bytes(),
            (State::SendVersion, _) => &VERSION,
            (State::SendStart, _) => &START,
            (State::End, _) => self.buffer.hold(&encode_end(self.count - 1)),
            (State::VersionRequest, Protocol::Extended { version, compare, .. }) => {
                self.buffer.hold(&encode_version_request(version, compare))
            }
            (
                State::StartExtended,
                Protocol::Extended {
                    pdu_length, compare, ..
                },
            ) => {
                let start = encode_start_extended(pdu_length, compare).unwrap_or_default();
                self.buffer.hold(&start)
            }
            _ => return None,
        };
        Some(Transmit::Write {
            characteristic: ota,
            bytes,
            mode: self.options.write_mode,
        })
    }

    fn poll_event(&mut self) -> Option<OtaEvent> {
        self.events.pop_at(0)
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.deadline
    }
}

/// Without the image, which nobody wants to read.
impl<S> fmt::Debug for Ota<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ota")
            .field("options", &self.options)
            .field("count", &self.count)
            .field("state", &self.state)
            .field("deadline", &self.deadline)
            .field("progress", &self.meter.progress())
            .finish_non_exhaustive()
    }
}

/// What a transfer reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtaEvent {
    /// One more percent is sent.
    Progress(Progress),
    /// Something came that belongs nowhere; it changes nothing.
    Unexpected(Unexpected),
    /// All is sent. The last event.
    Finished(Outcome),
    /// It failed, and the device keeps running what it ran. The last event.
    Failed(OtaError),
}

/// How a transfer ended that sent everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The device said that the image is good.
    Confirmed,
    /// The device dropped the link, as legacy devices do when they restart. Whether the new image runs shows
    /// after the reconnect.
    SentThenDisconnected,
    /// Nothing happened after the end. Whether the new image runs shows after a reconnect.
    SentUnconfirmed,
}

impl Outcome {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "success",
            Self::SentThenDisconnected => "sent_then_disconnected",
            Self::SentUnconfirmed => "sent_unconfirmed",
        }
    }
}

/// A notification that belongs nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unexpected {
    /// At the wrong time.
    Pdu(ServerPdu),
    /// No PDU.
    Bytes(PduError),
}

/// Why a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtaError {
    /// The device's result, of the extended protocol.
    #[error("the device ended the transfer: {0}")]
    Result(ResultCode),
    /// The device's status, of the legacy protocol.
    #[error("the device reports: {0}")]
    Status(LegacyStatus),
    /// No answer to the read of the status within 5 s.
    #[error("the device didn't answer the read of its status within 5 s")]
    ReadTimeout,
    /// The read of the status was refused.
    #[error("the read of the status failed")]
    ReadFailed,
    /// A write wasn't done within 30 s, Bluetooth's own limit.
    #[error("a write wasn't done within 30 s")]
    WriteTimeout,
    /// A write was refused.
    #[error("a write failed")]
    WriteFailed,
    /// The subscription was refused.
    #[error("the subscription to the OTA characteristic failed")]
    SubscribeFailed,
    /// The device doesn't take this version.
    #[error("the device runs version {version:#06x} and refuses this one")]
    VersionRejected {
        /// What it runs.
        version: u16,
    },
    /// No answer to the version request within 3 s.
    #[error("the device didn't answer the version request within 3 s")]
    VersionResponseTimeout,
    /// No result within 5 s after the end, in the extended protocol.
    #[error("the device didn't report a result within 5 s after the end")]
    ResultTimeout,
    /// The link dropped before the first PDU.
    #[error("the connection dropped before the transfer began")]
    DisconnectedBeforeStart,
    /// The link dropped during the transfer.
    #[error("the connection dropped after {sent} bytes")]
    DisconnectedDuringTransfer {
        /// The bytes that were written.
        sent: u32,
    },
    /// Someone cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The image needs more PDUs than there are indices.
    #[error("{count} PDUs, where the protocol has 1 to 65280")]
    TooManyPdus {
        /// What it needs.
        count: u32,
    },
    /// The image isn't the one that the preflight cleared.
    #[error("this isn't the image that was cleared")]
    NotTheClearedImage,
    /// PDUs of a length that the protocol doesn't have.
    #[error(transparent)]
    Pdu(#[from] PduError),
    /// The image can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl OtaError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Result(code) => code.name(),
            Self::Status(status) => status.name(),
            Self::ReadTimeout => "read_timeout",
            Self::ReadFailed => "read_failed",
            Self::WriteTimeout => "write_timeout",
            Self::WriteFailed => "write_failed",
            Self::SubscribeFailed => "subscribe_failed",
            Self::VersionRejected { .. } => "version_rejected",
            Self::VersionResponseTimeout => "version_response_timeout",
            Self::ResultTimeout => "result_timeout",
            Self::DisconnectedBeforeStart => "disconnected_before_start",
            Self::DisconnectedDuringTransfer { .. } => "disconnected_during_transfer",
            Self::Cancelled => "cancelled",
            Self::TooManyPdus { .. } => "too_many_pdus",
            Self::NotTheClearedImage => "not_the_cleared_image",
            Self::Pdu(error) => error.name(),
            Self::Read(_) => "read",
        }
    }

    /// Where a new attempt starts, if one is worth making as things are: always at index 0, since devices drop
    /// what they have.
    #[must_use]
    pub const fn restart_from(&self) -> Option<u16> {
        match self {
            Self::DisconnectedBeforeStart | Self::DisconnectedDuringTransfer { .. } | Self::Cancelled => {
                Some(0)
            }
            _ => None,
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Result(code) => code.help(),
            Self::Status(status) => status.help(),
            Self::ReadTimeout | Self::WriteTimeout => Some(
                "Put in a fresh battery, move closer, and keep the program in the foreground; then start again.",
            ),
            Self::ReadFailed | Self::WriteFailed => Some(
                "Stock firmware refuses without a login on this connection, pvvx's with a PIN until the host has \
                 paired.",
            ),
            Self::SubscribeFailed | Self::VersionResponseTimeout => {
                Some("This firmware has no extended protocol: use the legacy one.")
            }
            Self::VersionRejected { .. } => Some("Start again without comparing versions."),
            Self::ResultTimeout => Some("Reconnect and look which firmware runs before trying again."),
            Self::DisconnectedBeforeStart => Some(
                "Stock firmware drops the link without a login: log in and start the transfer on the same connection.",
            ),
            Self::DisconnectedDuringTransfer { .. } => Some(
                "The device still runs its old firmware: put in a fresh battery, move closer, reconnect, and start again.",
            ),
            Self::Cancelled => Some("The device still runs its old firmware: start again at any time."),
            Self::TooManyPdus { .. } => Some("The image is too large for this protocol."),
            Self::NotTheClearedImage => {
                Some("Check the image that you want to flash, then flash the same one.")
            }
            Self::Pdu(error) => error.help(),
            Self::Read(_) => None,
        }
    }
}

/// The CRC32 field of an image.
fn checksum_of<S: Source>(image: &mut S) -> Result<u32, ReadError> {
    let mut field = [0; 4];
    image.read(0x18, &mut field)?;
    let size = u32::from_le_bytes(field);
    let offset = size.checked_sub(4).ok_or(ReadError { offset: 0x18 })?;
    if size > image.len() {
        return Err(ReadError { offset });
    }
    image.read(offset, &mut field)?;
    Ok(u32::from_le_bytes(field))
}

/// After the connection became fast, before the first command.
const SETTLE: Duration = Duration::from_millis(500);
/// After the start, before the first PDU: the device erases.
const PRE_DATA: Duration = Duration::from_millis(300);
const VERSION_WAIT: Duration = Duration::from_secs(3);
const RESULT_WAIT: Duration = Duration::from_secs(5);
const READ_WAIT: Duration = Duration::from_secs(5);
/// The time after which Bluetooth itself gives a request up.
const ATT_TIMEOUT: Duration = Duration::from_secs(30);
/// PDUs between two reads; without them hosts overrun the device's buffers.
const READ_EVERY: u16 = 8;
/// Stock firmware: the shortest connection interval.
const FAST_CONNECTION: [u8; 3] = [0x1e, 0, 0];
