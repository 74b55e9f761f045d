//! The device's side of an OTA.

use core::time::Duration;

use super::boot::{BANKS, Firmware, MARK, Running};
use super::flash::{Flash, PowerCut, SECTOR};
use crate::image::container::RootKey;
use crate::image::{Genuine, check_image, inspect_with_root};
use crate::pdu::{ClientPdu, LEGACY_LENGTH, LegacyStatus, PduError, ResultCode};
use crate::source::{ReadError, Source};

/// What the device does besides writing its flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Nothing.
    None,
    /// A notification of the extended protocol.
    Version { version: u16, accept: bool },
    /// The end: an extended device notifies the code, and every device restarts.
    End(ResultCode),
    /// The power is gone.
    PowerCut,
}

/// A transfer, from the device's side.
#[derive(Clone, Debug, Default)]
pub(super) struct OtaServer {
    transfer: Option<Transfer>,
    /// What a read of the characteristic brings.
    status: u8,
    /// What pvvx's extended OTA has prepared: address and bytes.
    prepared: Option<(u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Transfer {
    extended: bool,
    pdu_length: u8,
    target: u32,
    limit: u32,
    next: u16,
    received: u32,
    last_write: Duration,
    broken: bool,
}

impl OtaServer {
    pub(super) const fn status(&self) -> u8 {
        self.status
    }

    pub(super) const fn is_running(&self) -> bool {
        self.transfer.is_some()
    }

    pub(super) const fn prepare(&mut self, address: u32, bytes: u32) {
        self.prepared = Some((address, bytes));
    }

    pub(super) const fn prepared(&self) -> Option<(u32, u32)> {
        self.prepared
    }

    /// When the transfer is given up for lack of PDUs.
    pub(super) fn deadline(&self, firmware: &Firmware) -> Option<Duration> {
        let gap = match firmware {
            Firmware::Stock { .. } => Duration::from_secs(60),
            Firmware::Pvvx { .. } | Firmware::Atc1441 => Duration::from_secs(16),
            Firmware::Sdk => Duration::from_secs(5),
        };
        Some(self.transfer?.last_write + gap)
    }

    pub(super) fn handle_timeout(&mut self) -> Reaction {
        self.status = LegacyStatus::Timeout.to_wire();
        self.transfer = None;
        Reaction::End(ResultCode::PacketTimeout)
    }

    pub(super) fn handle_write(
        &mut self,
        now: Duration,
        bytes: &[u8],
        flash: &mut Flash<'_>,
        running: &Running,
        root: &RootKey,
    ) -> Reaction {
        let sdk = running.firmware == Firmware::Sdk;
        let pdu_length = self
            .transfer
            .map_or(LEGACY_LENGTH, |transfer| transfer.pdu_length);
        match ClientPdu::parse(bytes, pdu_length) {
            Ok(ClientPdu::Start) => self.start(now, LEGACY_LENGTH, false, flash, running),
            Ok(ClientPdu::StartExtended { pdu_length, .. }) if sdk => {
                self.start(now, pdu_length, true, flash, running)
            }
            Ok(ClientPdu::VersionRequest { version, compare }) if sdk => {
                let own = u16::from_le_bytes(flash.read(running.bank + 2, 2).try_into().unwrap_or_default());
                Reaction::Version {
                    version: own,
                    accept: !compare || version > own,
                }
            }
            Ok(ClientPdu::Data { index, data }) => self.data(now, index, data, flash),
            Ok(ClientPdu::End { last_index }) => self.end(last_index, flash, running, root),
            Ok(_) => Reaction::None,
            Err(PduError::Crc { .. }) => self.fail(ResultCode::DataCrc, LegacyStatus::DataCrc),
            Err(_) => self.fail(ResultCode::PacketInvalid, LegacyStatus::DataCrc),
        }
    }

    fn start(
        &mut self,
        now: Duration,
        pdu_length: u8,
        extended: bool,
        flash: &mut Flash<'_>,
        running: &Running,
    ) -> Reaction {
        let (target, limit) = self.prepared.unwrap_or(match running.bank {
            0 => (BANKS[1], 0x20000),
            _ => (0, 0x20000),
        });
        self.status = 0;
        self.transfer = Some(Transfer {
            extended,
            pdu_length,
            target,
            limit,
            next: 0,
            received: 0,
            last_write: now,
            broken: false,
        });
        // Whatever was there must not boot any more once its sectors are half new.
        power(flash.erase(target), Reaction::None)
    }

    fn data(&mut self, now: Duration, index: u16, data: &[u8], flash: &mut Flash<'_>) -> Reaction {
        let Some(transfer) = &mut self.transfer else {
            return Reaction::None;
        };
        transfer.last_write = now;
        if transfer.broken {
            return Reaction::None;
        }
        if index != transfer.next {
            return self.fail(ResultCode::PacketSequence, LegacyStatus::PacketLoss);
        }
        transfer.next += 1;
        let offset = u32::from(index) * u32::from(transfer.pdu_length);
        transfer.received = offset + data.len() as u32;
        // What is beyond the bank is dropped; the checksum will tell.
        let room = transfer.limit.saturating_sub(offset) as usize;
        let data = data.get(..data.len().min(room)).unwrap_or_default();
        let target = transfer.target;
        power(write_piece(flash, target, offset, data), Reaction::None)
    }

    fn end(&mut self, last_index: u16, flash: &mut Flash<'_>, running: &Running, root: &RootKey) -> Reaction {
        let Some(transfer) = self.transfer else {
            return Reaction::None;
        };
        if transfer.broken {
            return self.fail(ResultCode::Flow, LegacyStatus::DataIncomplete);
        }
        if transfer.next == 0 || last_index != transfer.next - 1 {
            return self.fail(ResultCode::DataIncomplete, LegacyStatus::DataIncomplete);
        }
        let received = transfer.received.min(transfer.limit);
        let mut image = Unmarked(flash.read(transfer.target, received));
        if check_image(&mut image).is_err() {
            return self.fail(ResultCode::FirmwareCheck, LegacyStatus::FirmwareCheck);
        }
        if let Firmware::Stock { signed: true, .. } = running.firmware
            && inspect_with_root(image, root).is_ok_and(|image| image.genuine() != Genuine::Yes)
        {
            // Nobody is told: the device restarts with its old firmware.
            return self.fail(ResultCode::FirmwareCheck, LegacyStatus::FirmwareCheck);
        }
        self.transfer = None;
        let marked = flash.program(transfer.target + MARK, b"K");
        let marked = marked.and_then(|()| flash.program(running.bank + MARK, &[0]));
        power(marked, Reaction::End(ResultCode::Success))
    }

    fn fail(&mut self, code: ResultCode, status: LegacyStatus) -> Reaction {
        let Some(transfer) = &mut self.transfer else {
            return Reaction::None;
        };
        let first = !core::mem::replace(&mut transfer.broken, true);
        let ends = matches!(
            code,
            ResultCode::FirmwareCheck | ResultCode::DataIncomplete | ResultCode::Flow
        );
        if first {
            self.status = status.to_wire();
        }
        // A legacy device waits for the client to read the status; it gives up at the end.
        if transfer.extended || ends {
            self.transfer = None;
            return Reaction::End(code);
        }
        Reaction::None
    }
}

/// Erases each sector that a piece reaches first, and writes all but the boot mark, which stays erased until all is
/// checked.
fn write_piece(flash: &mut Flash<'_>, target: u32, offset: u32, data: &[u8]) -> Result<(), PowerCut> {
    let end = offset + data.len() as u32;
    let boundary = end - end % SECTOR;
    if boundary > offset || (boundary == offset && offset > 0) {
        flash.erase(target + boundary)?;
    }
    let mark = MARK.checked_sub(offset).map(|mark| mark as usize);
    match mark
        .filter(|&mark| mark < data.len())
        .and_then(|mark| data.split_at_checked(mark))
    {
        Some((before, [_, after @ ..])) => {
            flash.program(target + offset, before)?;
            flash.program(target + MARK + 1, after)
        }
        _ => flash.program(target + offset, data),
    }
}

const fn power(result: Result<(), PowerCut>, reaction: Reaction) -> Reaction {
    match result {
        Ok(()) => reaction,
        Err(PowerCut) => Reaction::PowerCut,
    }
}

/// An image whose boot mark isn't written yet.
#[derive(Clone, Copy)]
struct Unmarked<'a>(&'a [u8]);

impl Source for Unmarked<'_> {
    fn len(&self) -> u32 {
        Source::len(&self.0)
    }

    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
        self.0.read(offset, block)?;
        let place = MARK.checked_sub(offset).map(|place| place as usize);
        if let Some(mark) = place.and_then(|place| block.get_mut(place)) {
            *mark = b'K';
        }
        Ok(())
    }
}
