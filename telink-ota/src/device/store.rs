//! The settings store: what a device keeps besides images, keys and log.
//!
//! Two sectors of the flash take turns. A record is `mark | number u32 | settings`; its mark is written last, so that a
//! record that was cut off counts for nothing, and the one before it for all.

use core::time::Duration;

use arrayvec::ArrayString;
use macaddr::MacAddr6;
use zeroize::Zeroizing;

use super::Profile;
use super::flash::{Flash, PowerCut, SECTOR};
use crate::BindKey;

/// What the device stores besides images, keys and log.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) name: ArrayString<18>,
    pub(super) mac: MacAddr6,
    pub(super) random: [u8; 2],
    pub(super) bind_key: BindKey,
    pub(super) config: [u8; 11],
    pub(super) pin: Zeroizing<u32>,
    pub(super) comfort: [u8; 8],
    pub(super) trigger: [u8; 11],
    pub(super) sensor: [u8; 12],
    pub(super) scan_time: [u8; 10],
    pub(super) second: u32,
    /// The clock's time at the start, and when it was set: not stored, since the device has no battery for it.
    pub(super) clock: (u32, u32),
}

impl Store {
    pub(super) fn new(profile: &Profile) -> Self {
        Self {
            name: default_name(profile.prefix(), profile.mac),
            mac: profile.mac,
            random: [0x5a, 0xc3],
            bind_key: BindKey::from([0x5a; 16]),
            config: default_config(profile.hardware_id),
            pin: Zeroizing::new(0),
            // 21 to 26 °C, 30 to 60 %.
            comfort: [0x34, 0x08, 0x28, 0x0a, 0xb8, 0x0b, 0x70, 0x17],
            // 21 °C, 50 %, -0.55 °C, 0 %, 3600 s.
            trigger: [0x34, 0x08, 0x88, 0x13, 0xc9, 0xff, 0, 0, 0x10, 0x0e, 0],
            // The SHTC3's.
            sensor: [0x5c, 0x44, 0, 0, 0x10, 0x27, 0, 0, 0x6c, 0xee, 0, 0],
            scan_time: [0; 10],
            second: 16_000_000,
            clock: (0, 0),
        }
    }

    /// What the flash holds; the defaults if it holds nothing.
    pub(super) fn load(profile: &Profile, flash: &Flash<'_>) -> Self {
        let mut store = Self::new(profile);
        if let Some((_, settings)) = newest(flash) {
            let _ = store.read(settings);
        }
        store
    }

    /// Writes the settings behind those that are there, or to the start of the other sector.
    pub(super) fn save(&self, flash: &mut Flash<'_>) -> Result<(), PowerCut> {
        let (sector, number) = match newest(flash) {
            Some((place, _)) => (place.sector, place.number.wrapping_add(1)),
            None => (SECTORS[0], 0),
        };
        let address = match free_slot(flash, sector) {
            Some(address) => address,
            None => {
                let other = if sector == SECTORS[0] {
                    SECTORS[1]
                } else {
                    SECTORS[0]
                };
                flash.erase(other)?;
                other
            }
        };
        flash.program(address + 1, &number.to_le_bytes())?;
        flash.program(address + 5, &*self.encode())?;
        flash.program(address, &[MARK])
    }

    pub(super) fn encode(&self) -> Zeroizing<[u8; SETTINGS]> {
        let mut bytes = Zeroizing::new([0; SETTINGS]);
        let mut name = [0; 18];
        for (to, from) in name.iter_mut().zip(self.name.bytes()) {
            *to = from;
        }
        let pin = Zeroizing::new(self.pin.to_le_bytes());
        let second = self.second.to_le_bytes();
        let fields = [
            &[self.name.len() as u8][..],
            &name,
            self.mac.as_bytes(),
            &self.random,
            self.bind_key.expose(),
            &self.config,
            &*pin,
            &self.comfort,
            &self.trigger,
            &self.sensor,
            &self.scan_time,
            &second,
        ];
        for (to, from) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    fn read(&mut self, mut bytes: &[u8]) -> Option<()> {
        let [length] = take(&mut bytes)?;
        let name: [u8; 18] = take(&mut bytes)?;
        let name = name.get(..usize::from(length)).unwrap_or_default();
        self.name = ArrayString::from(core::str::from_utf8(name).unwrap_or_default()).unwrap_or_default();
        self.mac = MacAddr6::from(take::<6>(&mut bytes)?);
        self.random = take(&mut bytes)?;
        self.bind_key = BindKey::from(take::<16>(&mut bytes)?);
        self.config = take(&mut bytes)?;
        self.pin = Zeroizing::new(u32::from_le_bytes(take(&mut bytes)?));
        self.comfort = take(&mut bytes)?;
        self.trigger = take(&mut bytes)?;
        self.sensor = take(&mut bytes)?;
        self.scan_time = take(&mut bytes)?;
        self.second = u32::from_le_bytes(take(&mut bytes)?);
        Some(())
    }

    pub(super) fn time(&self, now: Duration) -> u32 {
        self.clock.0.wrapping_add(now.as_secs() as u32)
    }
}

pub(super) fn default_name(prefix: &str, mac: MacAddr6) -> ArrayString<18> {
    let mut name = ArrayString::new();
    let [_, _, _, d, e, f] = mac.into_array();
    let _ = core::fmt::write(&mut name, format_args!("{prefix}{d:02X}{e:02X}{f:02X}"));
    name
}

/// As version 5.8 has it: BTHome, 2.5 s, every fourth advert a measurement, a log record each 30 min.
pub(super) fn default_config(hardware_id: u16) -> [u8; 11] {
    [
        0x87, 0x10, 0x0a, 0x06, 0x28, 0x04, 0xa9, 0x31, 0x31, hardware_id as u8, 0xb4,
    ]
}

#[derive(Clone, Copy)]
struct Place {
    sector: u32,
    number: u32,
}

/// The newest whole record.
fn newest<'f>(flash: &'f Flash<'_>) -> Option<(Place, &'f [u8])> {
    let records = SECTORS.into_iter().flat_map(|sector| {
        slots(sector).filter_map(move |address| {
            let (&[mark, n0, n1, n2, n3], settings) = flash.read(address, RECORD).split_first_chunk::<5>()?;
            let number = u32::from_le_bytes([n0, n1, n2, n3]);
            (mark == MARK).then_some((Place { sector, number }, settings))
        })
    });
    records.max_by_key(|(place, _)| place.number)
}

fn free_slot(flash: &Flash<'_>, sector: u32) -> Option<u32> {
    slots(sector).find(|&address| {
        let cells = flash.read(address, RECORD);
        cells.len() == RECORD as usize && cells.iter().all(|&cell| cell == 0xff)
    })
}

fn slots(sector: u32) -> impl Iterator<Item = u32> {
    (0..SECTOR / RECORD).map(move |slot| sector + slot * RECORD)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

const SECTORS: [u32; 2] = [0x7a000, 0x7b000];
const MARK: u8 = 0x5c;
const SETTINGS: usize = 103;
const RECORD: u32 = 5 + SETTINGS as u32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::FLASH_SIZE;

    #[test]
    fn the_newest_settings_come_back_after_any_number_of_changes() {
        let profile = Profile::lywsd03mmc();
        let mut memory = vec![0xff; FLASH_SIZE];
        let mut flash = Flash::new(&mut memory);
        let mut store = Store::load(&profile, &flash);
        assert_eq!(*store.encode(), *Store::new(&profile).encode());
        for change in 0..200 {
            store.second = change;
            store.name = ArrayString::from("Kitchen").unwrap();
            store.save(&mut flash).unwrap();
            assert_eq!(*Store::load(&profile, &flash).encode(), *store.encode());
        }
        assert!(!store.encode().ends_with(&[0, 0, 0, 0]));
    }

    #[test]
    fn names_of_zeros_and_of_all_lengths_come_back() {
        let profile = Profile::lywsd03mmc();
        let mut memory = vec![0xff; FLASH_SIZE];
        let mut flash = Flash::new(&mut memory);
        for name in ["", "\0\0\0", "K\0", "eighteen letters..", "Küche"] {
            let mut store = Store::new(&profile);
            store.name = ArrayString::from(name).unwrap();
            store.save(&mut flash).unwrap();
            assert_eq!(&Store::load(&profile, &flash).name[..], name);
        }
    }

    #[test]
    fn a_power_cut_leaves_the_old_settings_or_the_new_ones() {
        let profile = Profile::lywsd03mmc();
        let mut memory = vec![0xff; FLASH_SIZE];
        let mut flash = Flash::new(&mut memory);
        let mut store = Store::new(&profile);
        store.save(&mut flash).unwrap();
        // Through both sectors and back, with a cut in each place.
        for change in 1..400 {
            let before = store.encode();
            store.second = change;
            flash.cut_power_at(Some(change % 5));
            let saved = store.save(&mut flash);
            flash.cut_power_at(None);
            let found = Store::load(&profile, &flash).encode();
            assert!(*found == *before || *found == *store.encode());
            assert!(saved.is_err() || *found == *store.encode());
            store.second = Store::load(&profile, &flash).second;
        }
    }
}
