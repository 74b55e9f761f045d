//! Asks a connected device what it is. It only reads, so that nothing changes, not even the device's flash, which the
//! bare command `55` would write.
//!
//! | read | of | tells |
//! |---|---|---|
//! | `2a27`, `2a26`, `2a28` | devices with device information | hardware, firmware and software revision |
//! | `2a19` | devices with a battery service | the battery |
//! | `1f1f` | pvvx's firmware | the config, and in it the hardware id |
//!
//! ```
//! use std::time::Duration;
//! use telink_ota::device::{Disturbance, FLASH_SIZE, Link, Profile, Thermometer, block_on};
//! use telink_ota::image::{self, Declaration};
//! use telink_ota::inquiry::{Inquiry, InquiryEvent};
//! use telink_ota::transport::drive;
//!
//! # let mut image = vec![0; 2048];
//! # image[64..70].copy_from_slice(b"\0V5.8\0");
//! # let length = image::finish(&mut image, 1024, &Declaration::pvvx(4)).unwrap();
//! # let mut flash = vec![0xff; FLASH_SIZE];
//! # let mut device = Thermometer::new(Profile::lywsd03mmc(), &mut flash);
//! # device.install(&image[..length]);
//! let services = device.services();
//! let mut link = Link::connect(&mut device, Duration::ZERO, Disturbance::none()).unwrap();
//! let mut inquiry = Inquiry::new("ATC_112233", services);
//! block_on(drive(&mut link, &mut inquiry, |event| {
//!     let InquiryEvent::Done(report) = event else { panic!() };
//!     assert_eq!(report.device.hardware_id, Some(4));
//!     assert!(report.battery_percent.is_some());
//! }));
//! ```

use core::time::Duration;

use arrayvec::{ArrayString, ArrayVec};
use uuid::Uuid;

use crate::Session;
use crate::command::Config;
use crate::diagnose::{Observation, Symptom};
use crate::gatt::{BATTERY_SERVICE, Characteristic, INFORMATION_SERVICE, Transmit};
use crate::hardware::{Hardware, Variant};
use crate::identify::{Device, Kind, Surface, identify};
use crate::preflight::Target;
use crate::stock::State;

/// Reads what a device says about itself.
#[derive(Clone, Debug)]
pub struct Inquiry<'a> {
    name: &'a str,
    services: &'a [Uuid],
    /// Which of [`QUESTIONS`] is asked.
    question: usize,
    /// Whether it is still to be handed out.
    pending: bool,
    deadline: Option<Duration>,
    texts: [ArrayString<32>; 3],
    battery: Option<u8>,
    config: Option<Config>,
    event: Option<InquiryEvent>,
}

/// What an inquiry reports, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a box needs an allocator")]
pub enum InquiryEvent {
    /// What the device is.
    Done(Report),
    /// It failed.
    Failed(InquiryError),
}

/// What a device is, with everything that it says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What follows from it.
    pub device: Device,
    /// The hardware revision; empty if there is none.
    pub hardware: ArrayString<32>,
    /// The firmware revision; empty if there is none.
    pub firmware: ArrayString<32>,
    /// The software revision; empty if there is none.
    pub software: ArrayString<32>,
    /// The battery; `None` where no service tells.
    pub battery_percent: Option<u8>,
    /// The config of pvvx's firmware.
    pub config: Option<Config>,
}

impl Report {
    /// What this device shows, for a [diagnosis](crate::diagnose::diagnose).
    #[must_use]
    pub fn observe(&self, symptom: Symptom) -> Observation<'_> {
        Observation {
            kind: Some(self.device.kind),
            model: self.device.model,
            hardware: Some(&self.hardware),
            firmware: Some(&self.firmware),
            battery_percent: self.battery_percent,
            ..Observation::of(symptom)
        }
    }
}

impl From<&Report> for Target {
    fn from(report: &Report) -> Self {
        Self {
            battery_percent: report.battery_percent,
            ..Self::from(&report.device)
        }
    }
}

impl From<&Report> for State {
    fn from(report: &Report) -> Self {
        Self {
            battery_percent: report.battery_percent,
            ..Self::from(&report.device)
        }
    }
}

/// Why an inquiry failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InquiryError {
    /// The connection is gone.
    #[error("the connection dropped while the device was asked what it is")]
    Disconnected,
    /// No answer in time.
    #[error("the device didn't answer the read of {characteristic:?} within 5 s")]
    Timeout {
        /// What was read.
        characteristic: Characteristic,
    },
}

impl InquiryError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Timeout { .. } => "timeout",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Move closer and put in a fresh battery, then connect again.")
    }
}

impl<'a> Inquiry<'a> {
    /// Starts to ask a device of this name with these services.
    #[must_use]
    pub fn new(name: &'a str, services: &'a [Uuid]) -> Self {
        let mut inquiry = Self {
            name,
            services,
            question: 0,
            pending: false,
            deadline: None,
            texts: [ArrayString::new_const(); 3],
            battery: None,
            config: None,
            event: None,
        };
        inquiry.ask(0);
        inquiry
    }

    /// Asks this question, or the first after it that the device can answer.
    fn ask(&mut self, first: usize) {
        let next = (first..QUESTIONS.len()).find(|&question| self.can_answer(question));
        self.deadline = None;
        self.pending = next.is_some();
        match next {
            Some(question) => self.question = question,
            None => self.finish(),
        }
    }

    fn can_answer(&self, question: usize) -> bool {
        match QUESTIONS.get(question) {
            Some(Characteristic::BatteryLevel) => self.services.contains(&BATTERY_SERVICE),
            Some(Characteristic::Command) => self.identify().kind == Kind::Pvvx,
            Some(_) => self.services.contains(&INFORMATION_SERVICE),
            None => false,
        }
    }

    fn identify(&self) -> Device {
        let [hardware, firmware, software] = &self.texts;
        identify(&Surface {
            name: self.name,
            services: self.services,
            hardware,
            firmware,
            software,
        })
    }

    fn asked(&self) -> Option<Characteristic> {
        let waits = self.event.is_none() && !self.pending && self.deadline.is_some();
        QUESTIONS.get(self.question).copied().filter(|_| waits)
    }

    fn finish(&mut self) {
        let mut device = self.identify();
        if let Some(id) = self.config.and_then(|config| config.hardware_id()) {
            device.hardware_id = Some(id);
            device.model = Hardware::of(id).map(|hardware| hardware.model);
        }
        let [hardware, firmware, software] = self.texts;
        self.end(InquiryEvent::Done(Report {
            device,
            hardware,
            firmware,
            software,
            battery_percent: self.battery,
            config: self.config,
        }));
    }

    fn end(&mut self, event: InquiryEvent) {
        (self.pending, self.deadline) = (false, None);
        self.question = QUESTIONS.len();
        self.event = Some(event);
    }

    fn keep(&mut self, characteristic: Characteristic, bytes: &[u8]) {
        match characteristic {
            Characteristic::BatteryLevel => {
                self.battery = bytes.first().copied().filter(|&percent| percent <= 100);
            }
            Characteristic::Command => self.config = config(bytes),
            _ => {
                if let Some(text) = self.texts.get_mut(self.question) {
                    *text = printable(bytes);
                }
            }
        }
    }
}

impl Session for Inquiry<'_> {
    type Event = InquiryEvent;

    fn handle_subscribed(&mut self, _now: Duration) {}

    fn handle_written(&mut self, _now: Duration) {}

    fn handle_read(&mut self, _now: Duration, bytes: &[u8]) {
        if let Some(characteristic) = self.asked() {
            self.keep(characteristic, bytes);
            self.ask(self.question + 1);
        }
    }

    /// Firmware may lack what its services promise.
    fn handle_failure(&mut self, _now: Duration) {
        if self.asked().is_some() {
            self.ask(self.question + 1);
        }
    }

    fn handle_notification(&mut self, _now: Duration, _from: Characteristic, _bytes: &[u8]) {}

    fn handle_disconnect(&mut self, _now: Duration) {
        if self.asked().is_some() || self.pending {
            self.end(InquiryEvent::Failed(InquiryError::Disconnected));
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        let late = self.deadline.is_some_and(|deadline| now >= deadline);
        if let Some(characteristic) = self.asked().filter(|_| late) {
            self.end(InquiryEvent::Failed(InquiryError::Timeout { characteristic }));
        }
    }

    fn poll_transmit(&mut self, now: Duration) -> Option<Transmit<'_>> {
        if !core::mem::take(&mut self.pending) {
            return None;
        }
        let characteristic = *QUESTIONS.get(self.question)?;
        self.deadline = Some(now + ANSWER_WAIT);
        Some(Transmit::Read { characteristic })
    }

    fn poll_event(&mut self) -> Option<InquiryEvent> {
        self.event.take()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.deadline
    }
}

/// The config, of the board that it names itself.
fn config(bytes: &[u8]) -> Option<Config> {
    let config = Config::parse(bytes, Variant::Lcd).ok()?;
    let hardware = config.hardware_id().and_then(Hardware::of);
    let variant = hardware.and_then(|hardware| hardware.variant)?;
    Config::parse(bytes, variant).ok()
}

/// Up to the first zero; what can't be printed shows as `?`.
fn printable(bytes: &[u8]) -> ArrayString<32> {
    let letters: ArrayVec<u8, 32> = bytes
        .iter()
        .copied()
        .take_while(|&byte| byte != 0)
        .take(32)
        .collect();
    let mut text = ArrayString::new();
    for byte in letters {
        let printable = byte.is_ascii_graphic() || byte == b' ';
        text.push(if printable { byte.into() } else { '?' });
    }
    text
}

/// The texts first, in the order of [`Inquiry::texts`].
const QUESTIONS: [Characteristic; 5] = [
    Characteristic::HardwareRevision,
    Characteristic::FirmwareRevision,
    Characteristic::SoftwareRevision,
    Characteristic::BatteryLevel,
    Characteristic::Command,
];
const ANSWER_WAIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gatt::{COMMAND_SERVICE, MI_DATA_SERVICE, OTA_SERVICE, SENSING_SERVICE};

    const NOW: Duration = Duration::ZERO;

    /// Answers each read; `None` refuses it.
    fn ask(
        services: &[Uuid],
        mut answer: impl FnMut(Characteristic) -> Option<&'static [u8]>,
    ) -> InquiryEvent {
        let mut inquiry = Inquiry::new("LYWSD03MMC", services);
        loop {
            match inquiry.poll_transmit(NOW) {
                Some(Transmit::Read { characteristic }) => match answer(characteristic) {
                    Some(bytes) => inquiry.handle_read(NOW, bytes),
                    None => inquiry.handle_failure(NOW),
                },
                Some(other) => panic!("{other:?}"),
                None => return inquiry.poll_event().unwrap(),
            }
        }
    }

    fn report(event: InquiryEvent) -> Report {
        match event {
            InquiryEvent::Done(report) => report,
            InquiryEvent::Failed(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_device_without_services_is_asked_nothing() {
        let report = report(ask(&[], |_| panic!("a question")));
        assert_eq!(report.device.kind, Kind::Unsupported);
    }

    #[test]
    fn what_a_device_refuses_is_left_open() {
        let services = [OTA_SERVICE, MI_DATA_SERVICE, INFORMATION_SERVICE, BATTERY_SERVICE];
        let report = report(ask(&services, |asked| match asked {
            Characteristic::FirmwareRevision => Some(b"2.1.1_0159\0\xff"),
            Characteristic::BatteryLevel => Some(&[200]),
            _ => None,
        }));
        assert_eq!(report.device.hardware_id, Some(0));
        assert_eq!(
            (&report.firmware[..], report.battery_percent),
            ("2.1.1_0159", None)
        );
        assert!(Target::from(&report).signed_firmware);
        assert!(State::from(&report).signed_firmware);
    }

    #[test]
    fn the_config_names_the_board() {
        let services = [OTA_SERVICE, COMMAND_SERVICE, SENSING_SERVICE, INFORMATION_SERVICE];
        let report = report(ask(&services, |asked| match asked {
            Characteristic::SoftwareRevision => Some(b"V5.8"),
            Characteristic::Command => Some(b"\x55\x58\x87\x10\x0a\x06\x28\x04\xa9\x31\x31\x0c\xb4"),
            _ => Some(b"\xff"),
        }));
        assert_eq!(report.device.hardware_id, Some(12));
        assert_eq!(report.config.unwrap().variant(), Variant::Clock);
        assert_eq!(&report.hardware[..], "?");
    }

    #[test]
    fn silence_and_a_broken_connection_end_it() {
        let services = [INFORMATION_SERVICE];
        let mut inquiry = Inquiry::new("", &services);
        inquiry.handle_read(NOW, b"unasked");
        assert!(inquiry.poll_transmit(NOW).is_some());
        assert_eq!(inquiry.poll_transmit(NOW), None);
        let late = inquiry.poll_timeout().unwrap();
        let mut other = inquiry.clone();
        inquiry.handle_timeout(late);
        let characteristic = Characteristic::HardwareRevision;
        let timeout = InquiryError::Timeout { characteristic };
        assert_eq!(inquiry.poll_event(), Some(InquiryEvent::Failed(timeout)));
        other.handle_disconnect(NOW);
        let gone = InquiryEvent::Failed(InquiryError::Disconnected);
        assert_eq!(other.poll_event(), Some(gone));
        for mut ended in [inquiry, other] {
            ended.handle_read(NOW, b"B1.9");
            ended.handle_failure(NOW);
            ended.handle_disconnect(NOW);
            ended.handle_timeout(late);
            assert_eq!(ended.poll_transmit(NOW), None);
            assert_eq!(ended.poll_event(), None);
            assert_eq!(ended.poll_timeout(), None);
        }
    }
}
