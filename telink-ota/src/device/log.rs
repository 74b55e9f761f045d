//! The log in the flash: sectors from 0x40000 on, each `55aac0de`, `ffff` while open, then 409 records of 10 bytes.

use super::flash::{Flash, PowerCut, SECTOR};
use crate::Decimal;
use crate::command::LogRecord;

const START: u32 = 0x40000;
const END: u32 = 0x74000;
const HEAD: [u8; 4] = 0x55aa_c0de_u32.to_le_bytes();
const RECORDS: u32 = 409;

/// Where the next record goes, found anew after each start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    sector: u32,
    next: u32,
}

impl Log {
    /// Looks for the open sector.
    pub(super) fn find(flash: &Flash<'_>) -> Self {
        let open = (START..END)
            .step_by(SECTOR as usize)
            .find(|&sector| flash.read(sector, 4) == HEAD && flash.read(sector + 4, 2) == [0xff, 0xff]);
        let sector = open.unwrap_or_default();
        let next = match open {
            None => 0,
            Some(sector) => (0..RECORDS)
                .find(|&record| flash.read(sector + 6 + record * 10, 4) == [0xff; 4])
                .unwrap_or(RECORDS),
        };
        Self { sector, next }
    }

    pub(super) fn append(&mut self, flash: &mut Flash<'_>, record: &LogRecord) -> Result<(), PowerCut> {
        if self.sector == 0 || self.next == RECORDS {
            let next = match self.sector {
                0 => START,
                full => {
                    flash.program(full + 4, &[0, 0])?;
                    if full + SECTOR < END { full + SECTOR } else { START }
                }
            };
            flash.erase(next)?;
            flash.program(next, &HEAD)?;
            (self.sector, self.next) = (next, 0);
        }
        // Without number: 10 bytes.
        let [_, _, _, stored @ ..] = record.encode();
        flash.program(self.sector + 6 + self.next * 10, &stored)?;
        self.next += 1;
        Ok(())
    }

    pub(super) fn clear(&mut self, flash: &mut Flash<'_>) -> Result<(), PowerCut> {
        for sector in (START..END).step_by(SECTOR as usize) {
            if flash.read(sector, 4) == HEAD {
                flash.erase(sector)?;
            }
        }
        *self = Self::default();
        Ok(())
    }

    /// The record of a number; 1 is the newest.
    pub(super) fn record(&self, flash: &Flash<'_>, number: u16) -> Option<LogRecord> {
        let mut back = u32::from(number.checked_sub(1)?);
        let (mut sector, mut count) = (self.sector, self.next);
        while back >= count {
            back -= count;
            let before = if sector > START {
                sector - SECTOR
            } else {
                END - SECTOR
            };
            if sector == 0 || before == self.sector || flash.read(before, 4) != HEAD {
                return None;
            }
            (sector, count) = (before, RECORDS);
        }
        let stored: &[u8; 10] = flash
            .read(sector + 6 + (count - 1 - back) * 10, 10)
            .first_chunk()?;
        let [t0, t1, t2, t3, c0, c1, h0, h1, b0, b1] = *stored;
        Some(LogRecord {
            number,
            time: u32::from_le_bytes([t0, t1, t2, t3]),
            temperature: Decimal::new(i16::from_le_bytes([c0, c1]).into(), -2),
            humidity: Decimal::new(u16::from_le_bytes([h0, h1]).into(), -2),
            battery: u16::from_le_bytes([b0, b1]),
        })
    }
}
