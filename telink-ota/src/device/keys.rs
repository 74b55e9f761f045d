//! Xiaomi's keys in the flash: sector 0x78000, records back to back. A record is deleted by clearing its id.

use super::flash::{Flash, PowerCut, SECTOR};
use crate::command::keys::{Layout, Records};

const ADDRESS: u32 = 0x78000;
const DID: u16 = 1;
const COUNTER: u16 = 4;
const KEYS: u16 = 0x10;

pub(super) fn sector<'f>(flash: &'f Flash<'_>) -> &'f [u8] {
    flash.read(ADDRESS, SECTOR)
}

pub(super) fn erase(flash: &mut Flash<'_>) -> Result<(), PowerCut> {
    flash.erase(ADDRESS)
}

/// The record of an id.
pub(super) fn find<'f>(flash: &'f Flash<'_>, id: u16) -> Option<&'f [u8]> {
    records(flash)
        .find(|record| record.0 == id)
        .map(|record| record.1)
}

/// The record that answers a command: 11, 12, 13.
pub(super) fn of_command<'f>(flash: &'f Flash<'_>, command: u8) -> Option<&'f [u8]> {
    let id = match command {
        0x11 => DID,
        0x12 => KEYS,
        _ => COUNTER,
    };
    find(flash, id)
}

/// Deleted records, the oldest first.
pub(super) fn deleted<'f>(flash: &'f Flash<'_>) -> impl Iterator<Item = &'f [u8]> {
    records(flash)
        .filter(|record| record.0 == 0)
        .map(|record| record.1)
}

/// Replaces the record of a command; the old one becomes a deleted one.
pub(super) fn replace(flash: &mut Flash<'_>, command: u8, data: &[u8]) -> Result<(), PowerCut> {
    let id = match command {
        0x11 => DID,
        0x12 => KEYS,
        _ => COUNTER,
    };
    let (mut offset, mut old) = (0, None);
    for record in Records::new(sector(flash), Layout::Tlv).map_while(Result::ok) {
        if record.id == id {
            old = Some(offset);
        }
        offset += record.bytes.len() as u32 + 3;
    }
    let end = offset + data.len() as u32 + 3;
    if end > SECTOR {
        return Ok(());
    }
    if let Some(old) = old {
        flash.program(ADDRESS + old, &[0, 0])?;
    }
    let [low, high] = id.to_le_bytes();
    flash.program(ADDRESS + offset, &[low, high, data.len() as u8])?;
    flash.program(ADDRESS + offset + 3, data)
}

/// Swaps the keys with the newest deleted ones.
pub(super) fn swap(flash: &mut Flash<'_>) -> Result<(), PowerCut> {
    let newest = deleted(flash).filter(|record| record.len() == 28).last();
    let Some(newest) = newest.and_then(|record| record.first_chunk::<28>().copied()) else {
        return Ok(());
    };
    replace(flash, 0x12, &newest)
}

fn records<'f>(flash: &'f Flash<'_>) -> impl Iterator<Item = (u16, &'f [u8])> {
    Records::new(sector(flash), Layout::Tlv)
        .map_while(Result::ok)
        .map(|record| (record.id, record.bytes))
}
