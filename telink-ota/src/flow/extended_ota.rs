//! pvvx's extended OTA: makes room for an image over 128 KiB, or for Zigbee, before the OTA itself.
//!
//! Request `73 | address u32 | KiB u32`; the device answers `73 | state u8 | address u32 | KiB u32`: busy, a notification
//! for each sector that it erased, ready. Then it takes up to KiB × 1024 + 4096 bytes by the legacy OTA, and restarts
//! when the connection ends. The history and all of Xiaomi's data are gone.

use core::time::Duration;

use super::FlowError;
use super::channel::{Channel, forward_to_channel};
use crate::command::{Command, CommandError, Context, ExtendedOtaState, ExtendedOtaStatus, Notification};
use crate::gatt::Characteristic;
use crate::{FirmwareVersion, Session};

/// Prepares the flash. When it is ready, start an [`Ota`](crate::Ota) on the same connection.
#[derive(Debug)]
pub struct ExtendedOta {
    channel: Channel,
    /// Once the device is ready.
    max_payload: Option<u32>,
    erased: Option<u32>,
    event: Option<ExtendedOtaEvent>,
}

/// What the preparation reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtendedOtaEvent {
    /// A sector is erased.
    Erasing {
        /// The next one.
        address: u32,
    },
    /// Start the OTA. The last event.
    Ready {
        /// The most bytes of an image.
        max_payload: u32,
    },
    /// It failed. The last event. Disconnect: the device may be about to restart.
    Failed(FlowError),
}

/// The request for an image of this many bytes. Versions up to 5.3 need 129 KiB at least, by a fault of theirs.
pub fn request(payload_length: u32, version: FirmwareVersion) -> Command<'static> {
    let kib = payload_length.next_multiple_of(16).div_ceil(1024);
    let kib = if version.0 <= 0x53 { kib.max(129) } else { kib };
    Command::PrepareExtendedOta {
        address: ADDRESS,
        kib,
    }
}

/// Whether a return to stock needs the extended OTA although the image is small: the MJWSD05MMC in English, the
/// MJWSD06MMC and the LYWSD02MMC keep data where a plain OTA would write.
#[must_use]
pub const fn needs_extended_ota_for_stock(hardware_id: u16, payload_length: u32) -> bool {
    matches!(hardware_id, 12 | 13 | 49) && payload_length.next_multiple_of(16) > 0x1c000
}

impl ExtendedOta {
    /// Starts.
    pub fn new(payload_length: u32, version: FirmwareVersion) -> Result<Self, CommandError> {
        let request = request(payload_length, version).encode()?;
        Ok(Self {
            channel: Channel::open(request, STATE_WAIT),
            max_payload: None,
            erased: None,
            event: None,
        })
    }

    /// The sector that is erased next, as far as the device told.
    #[must_use]
    pub const fn erased(&self) -> Option<u32> {
        self.erased
    }

    fn fail(&mut self, error: FlowError) {
        if self.channel.is_open() {
            self.channel.close();
            self.event = Some(ExtendedOtaEvent::Failed(error));
        }
    }

    fn handle_status(&mut self, now: Duration, status: ExtendedOtaStatus) {
        match status.state {
            ExtendedOtaState::Idle | ExtendedOtaState::Busy => self.channel.wait(now, STATE_WAIT),
            ExtendedOtaState::Erasing => {
                self.channel.wait(now, STATE_WAIT);
                self.erased = Some(status.address);
                self.event = Some(ExtendedOtaEvent::Erasing {
                    address: status.address,
                });
            }
            ExtendedOtaState::Ready => {
                self.max_payload = status.max_payload();
                self.channel.wait(now, SETTLE);
            }
            ExtendedOtaState::OtaRunning => self.fail(FlowError::OtaRunning),
            ExtendedOtaState::BadParameter => self.fail(FlowError::BadParameter),
            state => self.fail(FlowError::Refused(state)),
        }
    }
}

impl Session for ExtendedOta {
    type Event = ExtendedOtaEvent;

    forward_to_channel!();

    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]) {
        let expected = from == Characteristic::Command && bytes.first() == Some(&0x73);
        if !expected || !self.channel.expects_answer() || self.max_payload.is_some() {
            return;
        }
        match Notification::parse(bytes, &Context::default()) {
            Ok(Notification::ExtendedOta(status)) => self.handle_status(now, status),
            Ok(Notification::Error { command }) => self.fail(FlowError::Unsupported { command }),
            Ok(_) => {}
            Err(error) => self.fail(error.into()),
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        if !self.channel.is_late(now) {
            return;
        }
        match self.max_payload {
            Some(max_payload) => {
                self.channel.close();
                self.event = Some(ExtendedOtaEvent::Ready { max_payload });
            }
            None => self.fail(FlowError::Timeout {
                command: self.channel.command_id(),
            }),
        }
    }

    fn poll_event(&mut self) -> Option<ExtendedOtaEvent> {
        self.event.take()
    }
}

/// Where images over 128 KiB go.
const ADDRESS: u32 = 0x40000;
const STATE_WAIT: Duration = Duration::from_secs(30);
/// After the device is ready.
const SETTLE: Duration = Duration::from_secs(1);
