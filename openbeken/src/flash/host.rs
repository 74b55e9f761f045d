use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::error::FlashError;
use super::event::{Event, Identity, Output};
use super::frame::{BlockSize, Command, Decoder, Payload, Response, SECTOR};
use super::phase::Phase;
use super::table::{Bootloader, FlashChip, Protocol};

/// How a flasher works.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The speed after linking, at 115200; `None` to stay there.
    pub baud: Option<u32>,
    /// How long to wait for somebody to switch the chip off and on.
    pub link_timeout: Duration,
    /// Whether the bootloader, below 11000h, may be overwritten. A chip with a wrong one starts only by UART, or not.
    pub allow_bootloader: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            baud: Some(921_600),
            link_timeout: Duration::from_secs(60),
            allow_bootloader: false,
        }
    }
}

/// Drives a chip by UART. Queue work, then drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event) after each call that hands something in.
#[derive(Clone, Debug)]
pub struct Flasher {
    config: Config,
    decoder: Decoder,
    phase: Phase,
    tries: u32,
    deadline: Option<Duration>,
    linked_since: Option<Duration>,
    identity: Option<Identity>,
    jobs: VecDeque<Job>,
    out: VecDeque<Output>,
    events: VecDeque<Event>,
}

#[derive(Clone, Debug)]
enum Job {
    Read { start: u32, length: u32, data: Vec<u8> },
    Write { start: u32, data: Vec<u8>, done: u32 },
    Reboot,
}

impl Flasher {
    /// With nothing to do yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            decoder: Decoder::default(),
            phase: Phase::Off,
            tries: 0,
            deadline: None,
            linked_since: None,
            identity: None,
            jobs: VecDeque::new(),
            out: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Only links and identifies.
    pub fn identify(&mut self) {
        self.begin();
    }

    /// Reads from a multiple of 4096 on.
    ///
    /// # Errors
    ///
    /// If the start is no such multiple, or it is longer than any flash.
    pub fn read(&mut self, start: u32, length: u32) -> Result<(), FlashError> {
        check_range(start, length)?;
        self.jobs.push_back(Job::Read {
            start,
            length,
            data: Vec::new(),
        });
        self.begin();
        Ok(())
    }

    /// Writes from a multiple of 4096 on, and verifies. The rest of the last 4096 bytes becomes FF.
    ///
    /// # Errors
    ///
    /// If the start is no such multiple, lies in the bootloader without leave, or it is longer than any flash.
    pub fn write(&mut self, start: u32, data: Vec<u8>) -> Result<(), FlashError> {
        check_range(start, u32::try_from(data.len()).unwrap_or(u32::MAX))?;
        if start < APPLICATION && !self.config.allow_bootloader {
            return Err(FlashError::Bootloader { address: start });
        }
        self.jobs.push_back(Job::Write { start, data, done: 0 });
        self.begin();
        Ok(())
    }

    /// Restarts the chip when all else is done.
    pub fn reboot(&mut self) {
        self.jobs.push_back(Job::Reboot);
        self.begin();
    }

    /// What the chip is, once that is known.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// How many bytes came that were no part of an answer.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.decoder.skipped()
    }

    /// Hand in what came from the chip.
    pub fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) {
        self.decoder.push(bytes);
        while let Some(response) = self.decoder.next_response() {
            // An answer to something else, or late.
            let wanted = self.command().and_then(|command| command.answer());
            if wanted == Some((response.long, response.code)) {
                self.take(now, response);
            }
        }
    }

    /// Call when the time of [`poll_timeout`](Self::poll_timeout) has come; earlier is harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.phase == Phase::Off && (!self.jobs.is_empty() || self.linked_since.is_some()) {
            self.linked_since = Some(now);
            self.event(Event::PowerCycle);
            self.enter(now, Phase::Link);
            return;
        }
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        if self.phase == Phase::Link {
            let waited = now.saturating_sub(self.linked_since.unwrap_or(now));
            if waited >= self.config.link_timeout {
                return self.fail(FlashError::NoLink { waited });
            }
            self.transmit(now);
            return;
        }
        self.decoder.reset();
        self.retry(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.phase {
            Phase::Off if !self.jobs.is_empty() || self.linked_since.is_some() => Some(Duration::ZERO),
            _ => self.deadline,
        }
    }

    /// What goes out: call until it returns `None`.
    pub fn poll_transmit(&mut self, _now: Duration) -> Option<Output> {
        self.out.pop_front()
    }

    /// What happened: call until it returns `None`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn begin(&mut self) {
        if self.phase == Phase::Off {
            self.linked_since.get_or_insert(Duration::ZERO);
        } else if self.phase == Phase::Ready {
            // The next call of `handle_timeout` goes on.
            self.deadline = Some(Duration::ZERO);
        }
    }

    /// What the phase sends.
    fn command(&self) -> Option<Command> {
        let sector = self.sector();
        Some(match &self.phase {
            Phase::Off | Phase::Ready => return None,
            Phase::Link | Phase::Relink => Command::LinkCheck,
            Phase::Baud => Command::SetBaud {
                baud: self.config.baud?,
                delay_ms: BAUD_DELAY_MS,
            },
            Phase::IdentifyCrc => Command::CheckCrc { start: 0, end: 256 },
            Phase::ProbeRead => Command::Read4k { address: APPLICATION },
            Phase::ProbeCrc { .. } => Command::CheckCrc {
                start: APPLICATION,
                end: APPLICATION + 256,
            },
            Phase::ChipRegister => Command::ReadRegister { address: 0x80_0000 },
            Phase::FlashId => Command::FlashId { command: 0x9f },
            Phase::StatusLow | Phase::StatusCheckLow => Command::ReadStatus { register: 0x05 },
            Phase::StatusHigh { .. } | Phase::StatusCheckHigh { .. } => {
                Command::ReadStatus { register: 0x35 }
            }
            Phase::StatusWrite { value } => Command::WriteStatus {
                register: 1,
                value: *value,
                width: self.status_bytes(),
            },
            Phase::Read => Command::Read4k {
                address: self.wire(sector),
            },
            Phase::ReadCrc { .. } | Phase::Verify => {
                let start = self.wire(sector);
                let inclusive = self
                    .identity
                    .is_some_and(|identity| identity.protocol == Protocol::BootRom);
                Command::CheckCrc {
                    start,
                    end: start + SECTOR as u32 - u32::from(inclusive),
                }
            }
            Phase::Erase => Command::Erase {
                size: BlockSize::K4,
                address: self.wire(sector),
            },
            Phase::Program => Command::Write4k {
                address: self.wire(sector),
                data: self.block(),
            },
        })
    }

    fn take(&mut self, now: Duration, response: Response) {
        let sector = self.sector();
        if let Some(status @ 1..) = response.payload.status() {
            self.tries += 1;
            if self.tries < self.phase.limit() {
                return self.repeat(now);
            }
            return self.fail(FlashError::Refused {
                step: self.phase.step(),
                address: sector,
                status,
            });
        }
        let wire = self.wire(sector);
        match (self.phase.clone(), response.payload) {
            (Phase::Link, Payload::Link { value: 0 }) => {
                self.event(Event::Linked);
                let next = if self.config.baud.is_some() {
                    Phase::Baud
                } else {
                    Phase::IdentifyCrc
                };
                self.enter(now, next);
            }
            (Phase::Relink, Payload::Link { value: 0 }) => self.enter_keeping_tries(now, Phase::Erase),
            (Phase::Baud, Payload::Baud { .. }) => self.enter(now, Phase::IdentifyCrc),
            (Phase::IdentifyCrc, Payload::Crc { raw }) => self.recognise(now, !raw),
            (
                Phase::ProbeRead,
                Payload::Data {
                    data,
                    address: APPLICATION,
                    ..
                },
            ) if data.len() == SECTOR => {
                self.enter(now, Phase::ProbeCrc { data });
            }
            (Phase::ProbeCrc { data }, Payload::Crc { raw }) => {
                let with_end = data.get(..257).map(crc32fast::hash);
                let protocol = if with_end == Some(!raw) {
                    Protocol::BootRom
                } else {
                    Protocol::BekenBootloader
                };
                self.know(now, None, protocol);
            }
            (
                Phase::ChipRegister,
                Payload::Register {
                    value,
                    address: 0x80_0000,
                },
            ) => {
                if let Some(identity) = &mut self.identity {
                    identity.chip = chip_of(value).or(identity.chip);
                }
                self.enter(now, Phase::FlashId);
            }
            (Phase::FlashId, Payload::FlashId { id: [a, b, c], .. }) => {
                let id = u32::from_be_bytes([0, a, b, c]);
                if let Some(identity) = &mut self.identity {
                    identity.flash_id = Some(id);
                    let size = FlashChip::of(id).map(|row| row.size);
                    // Chips that nobody knows say their size in the same way.
                    let by_code = 1_u32
                        .checked_shl(u32::from(c))
                        .filter(|size| (1 << 19..=1 << 24).contains(size));
                    identity.flash_size = size.or(by_code).unwrap_or(identity.flash_size);
                }
                self.identified(now);
            }
            (Phase::StatusLow, Payload::FlashStatus { value, .. }) => {
                let low = value as u8;
                let next = if self.status_bytes() == 2 {
                    Phase::StatusHigh { low }
                } else {
                    unprotect(value & 0xff)
                };
                self.enter_or_work(now, next);
            }
            (Phase::StatusHigh { low }, Payload::FlashStatus { value, .. }) => {
                let next = unprotect(u16::from_le_bytes([low, value as u8]));
                self.enter_or_work(now, next);
            }
            (Phase::StatusWrite { .. }, Payload::FlashStatus { .. }) => {
                self.enter(now, Phase::StatusCheckLow);
            }
            (Phase::StatusCheckLow, Payload::FlashStatus { value, .. }) => {
                let low = value as u8;
                if self.status_bytes() == 2 {
                    self.enter(now, Phase::StatusCheckHigh { low });
                } else {
                    self.check_unprotected(now, value & 0xff);
                }
            }
            (Phase::StatusCheckHigh { low }, Payload::FlashStatus { value, .. }) => {
                self.check_unprotected(now, u16::from_le_bytes([low, value as u8]));
            }
            (Phase::Read, Payload::Data { address, data, .. }) if address == wire && data.len() == SECTOR => {
                // Answers carry no checksum: the CRC says whether they arrived whole.
                self.enter_keeping_tries(now, Phase::ReadCrc { data });
            }
            (Phase::ReadCrc { data }, Payload::Crc { raw }) => {
                if crc32fast::hash(&data) == !raw {
                    self.read_done(now, &data);
                } else {
                    self.retry_crc(now, Phase::Read);
                }
            }
            (Phase::Erase, Payload::Erased { address, .. }) if address == wire => {
                self.enter_keeping_tries(now, Phase::Program);
            }
            (Phase::Program, Payload::Done { address, .. })
                if address.is_none_or(|address| address == wire) =>
            {
                self.enter_keeping_tries(now, Phase::Verify);
            }
            (Phase::Verify, Payload::Crc { raw }) => {
                if crc32fast::hash(&self.block()) == !raw {
                    self.write_done(now);
                } else {
                    self.retry_crc(now, Phase::Relink);
                }
            }
            _ => {}
        }
    }

    fn recognise(&mut self, now: Duration, crc: u32) {
        match Bootloader::of(crc) {
            Some(row) => self.know(now, Some(row), row.protocol),
            None => self.enter(now, Phase::ProbeRead),
        }
    }

    fn know(&mut self, now: Duration, bootloader: Option<&'static Bootloader>, protocol: Protocol) {
        self.identity = Some(Identity {
            bootloader,
            protocol,
            chip: bootloader.map(|row| row.chip),
            flash_id: None,
            flash_size: bootloader.and_then(|row| row.flash_size).unwrap_or(2 << 20),
            // Of those that nobody knows the worse is assumed.
            locks: bootloader.map_or(protocol != Protocol::BootRom, |row| row.crc_locks_flash),
        });
        if protocol == Protocol::BootRom {
            self.enter(now, Phase::ChipRegister);
        } else {
            self.identified(now);
        }
    }

    fn identified(&mut self, now: Duration) {
        if let Some(identity) = self.identity {
            self.event(Event::Identified(identity));
        }
        self.work(now);
    }

    /// The next job, or the next sector of this one.
    fn work(&mut self, now: Duration) {
        let Some(identity) = self.identity else { return };
        let end = match self.jobs.front() {
            None => {
                self.phase = Phase::Ready;
                self.deadline = None;
                return;
            }
            Some(Job::Reboot) => {
                self.send(Command::Reboot.encode());
                self.jobs.pop_front();
                self.event(Event::Rebooted);
                self.phase = Phase::Off;
                self.deadline = None;
                self.linked_since = None;
                return;
            }
            Some(Job::Read { start, length, .. }) => u64::from(*start) + u64::from(*length),
            Some(Job::Write { start, data, .. }) => u64::from(*start) + data.len() as u64,
        };
        if end > u64::from(identity.flash_size) {
            return self.fail(FlashError::OutOfRange {
                end,
                size: identity.flash_size,
            });
        }
        let begins = matches!(self.jobs.front(), Some(Job::Write { done: 0, .. }));
        let next = match self.jobs.front() {
            // A ROM's flash is protected.
            Some(Job::Write { .. }) if begins && identity.protocol == Protocol::BootRom => Phase::StatusLow,
            Some(Job::Write { .. }) if identity.locks => Phase::Relink,
            Some(Job::Write { .. }) => Phase::Erase,
            _ => Phase::Read,
        };
        self.enter(now, next);
    }

    fn enter_or_work(&mut self, now: Duration, next: Phase) {
        if next == Phase::Ready {
            self.enter(now, Phase::Erase);
        } else {
            self.enter(now, next);
        }
    }

    fn check_unprotected(&mut self, now: Duration, value: u16) {
        if value & PROTECTION == 0 {
            self.enter(now, Phase::Erase);
        } else {
            self.fail(FlashError::Protected { value });
        }
    }

    fn read_done(&mut self, now: Duration, sector: &[u8]) {
        let Some(Job::Read { start, length, data }) = self.jobs.front_mut() else {
            return;
        };
        let rest = *length as usize - data.len();
        data.extend_from_slice(sector.get(..rest).unwrap_or(sector));
        let (done, total) = (data.len() as u32, *length);
        let event = (done == total).then(|| Event::Read {
            start: *start,
            data: core::mem::take(data),
        });
        self.event(Event::Progress { done, total });
        if let Some(event) = event {
            self.jobs.pop_front();
            self.event(event);
        }
        self.work(now);
    }

    fn write_done(&mut self, now: Duration) {
        let Some(Job::Write { data, done, .. }) = self.jobs.front_mut() else {
            return;
        };
        let total = data.len() as u32;
        *done = (*done + SECTOR as u32).min(total);
        let done = *done;
        self.event(Event::Progress { done, total });
        if done == total {
            self.jobs.pop_front();
            self.event(Event::Written);
        }
        self.work(now);
    }

    fn retry_crc(&mut self, now: Duration, from: Phase) {
        self.tries += 1;
        let (tries, limit) = (self.tries, self.phase.limit());
        if tries >= limit {
            return self.fail(FlashError::Crc {
                address: self.sector(),
                tries,
            });
        }
        self.enter_keeping_tries(now, from);
    }

    fn retry(&mut self, now: Duration) {
        if self.phase == Phase::Ready {
            return self.work(now);
        }
        self.tries += 1;
        if self.tries >= self.phase.limit() {
            return self.fail(FlashError::Silent {
                step: self.phase.step(),
                tries: self.tries,
            });
        }
        self.repeat(now);
    }

    /// Once more; what changes flash begins with a link and an erase again.
    fn repeat(&mut self, now: Duration) {
        match self.phase {
            Phase::Baud => {
                // Nobody knows at which speed the chip is: at the first one it may hear again.
                self.out.push_back(Output::Baud {
                    rate: FIRST_BAUD,
                    after: Duration::ZERO,
                });
                self.enter_keeping_tries(now, Phase::Baud);
            }
            Phase::Erase | Phase::Program | Phase::Verify => self.enter_keeping_tries(now, Phase::Relink),
            _ => self.transmit(now),
        }
    }

    fn fail(&mut self, error: FlashError) {
        self.jobs.clear();
        self.phase = Phase::Off;
        self.deadline = None;
        self.linked_since = None;
        self.event(Event::Failed(error));
    }

    fn enter(&mut self, now: Duration, phase: Phase) {
        self.tries = 0;
        self.enter_keeping_tries(now, phase);
    }

    fn enter_keeping_tries(&mut self, now: Duration, phase: Phase) {
        self.phase = phase;
        self.transmit(now);
    }

    fn transmit(&mut self, now: Duration) {
        let Some(command) = self.command() else { return };
        self.send(command.encode());
        if let (Phase::Baud, Some(rate)) = (&self.phase, self.config.baud) {
            let after = Duration::from_millis(u64::from(BAUD_DELAY_MS) / 2);
            self.out.push_back(Output::Baud { rate, after });
        }
        self.deadline = Some(now + self.phase.patience());
    }

    fn send(&mut self, bytes: Vec<u8>) {
        self.out.push_back(Output::Bytes(bytes));
    }

    /// The sector that is worked at.
    fn sector(&self) -> u32 {
        match self.jobs.front() {
            Some(Job::Read { start, data, .. }) => start + data.len() as u32,
            Some(Job::Write { start, done, .. }) => start + done,
            _ => 0,
        }
    }

    /// What is written to it.
    fn block(&self) -> Vec<u8> {
        let Some(Job::Write { data, done, .. }) = self.jobs.front() else {
            return Vec::new();
        };
        let rest = data.get(*done as usize..).unwrap_or_default();
        let mut block = rest.get(..SECTOR).unwrap_or(rest).to_vec();
        block.resize(SECTOR, 0xff);
        block
    }

    /// Bootloaders refuse their own area, but not the same beyond the end of the flash.
    fn wire(&self, address: u32) -> u32 {
        match self.identity {
            Some(identity) if identity.protocol != Protocol::BootRom && address < APPLICATION => {
                address + identity.flash_size
            }
            _ => address,
        }
    }

    fn status_bytes(&self) -> u8 {
        let id = self.identity.and_then(|identity| identity.flash_id);
        id.and_then(FlashChip::of).map_or(2, |row| row.status_bytes)
    }

    fn event(&mut self, event: Event) {
        // Progress that nobody fetched is replaced.
        if let (Event::Progress { .. }, Some(Event::Progress { .. })) = (&event, self.events.back()) {
            self.events.pop_back();
        }
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        }
    }
}

fn unprotect(value: u16) -> Phase {
    if value & PROTECTION == 0 {
        Phase::Ready
    } else {
        Phase::StatusWrite {
            value: value & !PROTECTION,
        }
    }
}

/// The chip that register 800000h names, in hex digits that read like its name.
fn chip_of(register: u32) -> Option<&'static str> {
    let digits = alloc::format!("{register:x}");
    let names = [
        ("7231a", "BK7231T"),
        ("7231c", "BK7231N"),
        ("7231", "BK7231Q"),
        ("7238", "BK7238"),
        ("7252", "BK7252"),
    ];
    let found: Option<&(&str, &str)> = names.iter().find(|(start, _)| digits.starts_with(start));
    found.map(|(_, name)| *name)
}

fn check_range(start: u32, length: u32) -> Result<(), FlashError> {
    if !start.is_multiple_of(SECTOR as u32) {
        return Err(FlashError::Unaligned { address: start });
    }
    let end = u64::from(start) + u64::from(length);
    if length == 0 || end > u64::from(LARGEST) {
        return Err(FlashError::OutOfRange { end, size: LARGEST });
    }
    Ok(())
}

const APPLICATION: u32 = 0x1_1000;
const LARGEST: u32 = 16 << 20;
const PROTECTION: u16 = 0x407c;
const FIRST_BAUD: u32 = 115_200;
const BAUD_DELAY_MS: u8 = 20;
const MAX_EVENTS: usize = 256;
