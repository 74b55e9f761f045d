//! The device's side of pvvx's commands.

use core::time::Duration;

use arrayvec::{ArrayString, ArrayVec};
use macaddr::MacAddr6;

use super::flash::{Flash, PowerCut, SECTOR};
use super::log::Log;
use super::ota::OtaServer;
use super::store::{Store, default_config, default_name};
use super::{Environment, Profile, keys};
use crate::command::{Config, ExtendedOtaState, ExtendedOtaStatus, LogQuery, LogRecord, reversed};
use crate::hardware::{Hardware, Variant};
use crate::{BindKey, FirmwareVersion};

/// What lasts as long as a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Volatile {
    pub(super) measurements: u8,
    pub(super) log: Option<(LogQuery, u16)>,
    pub(super) erasing: Option<(u32, u32, Duration)>,
    pub(super) reboot: bool,
    lcd_flags: u8,
}

/// A notification in waiting.
pub(super) type Packet = ArrayVec<u8, 20>;

/// Everything that a command may touch.
pub(super) struct Commands<'d, 'f> {
    pub(super) now: Duration,
    pub(super) profile: &'d Profile,
    pub(super) version: FirmwareVersion,
    pub(super) environment: &'d Environment,
    pub(super) store: &'d mut Store,
    pub(super) flash: &'d mut Flash<'f>,
    pub(super) log: &'d mut Log,
    pub(super) ota: &'d mut OtaServer,
    pub(super) volatile: &'d mut Volatile,
    pub(super) queue: &'d mut ArrayVec<Packet, QUEUE>,
}

/// Enough for all of Xiaomi's keys, with their deleted records in pieces.
pub(super) const QUEUE: usize = 32;

impl Commands<'_, '_> {
    pub(super) fn handle(&mut self, bytes: &[u8]) -> Result<(), PowerCut> {
        let before = self.store.encode();
        self.obey(bytes)?;
        if *self.store.encode() == *before {
            return Ok(());
        }
        self.store.save(self.flash)
    }

    fn obey(&mut self, bytes: &[u8]) -> Result<(), PowerCut> {
        let Some((&id, arguments)) = bytes.split_first() else {
            return Ok(());
        };
        match (id, arguments) {
            (0x00, _) => self.answer(&self.device_id()),
            (0x01, name) => {
                self.set_name(name);
                let name = self.store.name;
                self.answer_with(0x01, name.as_bytes());
            }
            (0x02, _) => self.answer(&[0x02, 0x88, 0x7c]),
            (0x05, _) => self.answer(&[0x05, 0x0e, 0x4c, 0x7b, 0x2c]),
            (0x06, _) => self.answer(&[0x06, 0xc8, 0x60, 0x13]),
            (0x10, arguments) => self.mac(arguments),
            (0x11 | 0x12, []) => self.send_key(id),
            (0x11, data) if data.len() == 20 => self.replace_key(id, data)?,
            (0x12, data) if data.len() == 28 => self.replace_key(id, data)?,
            (0x15, _) => self.all_keys(),
            (0x16, _) => {
                keys::swap(self.flash)?;
                self.send_key(0x12);
            }
            (0x17, _) if self.version.0 >= 0x21 => {
                keys::erase(self.flash)?;
                self.answer(&[0x17, 0]);
            }
            (0x18, key) => {
                if let Ok(key) = BindKey::try_from(key) {
                    self.store.bind_key = key;
                }
                let key = *self.store.bind_key.expose();
                self.answer_with(0x18, &key);
            }
            (0x20, limits) => {
                overwrite(&mut self.store.comfort, limits);
                let comfort = self.store.comfort;
                self.answer_with(0x20, &comfort);
            }
            (0x21, source) => {
                overwrite(&mut self.store.scan_time, source);
                let source = self.store.scan_time;
                self.answer_with(0x21, &source);
            }
            (0x22, value) => self.answer_with(0x22, value),
            (0x23, time) => self.time(time),
            (0x24, delta) => {
                if let Some(&delta) = delta.first_chunk() {
                    self.store.second =
                        16_000_000_u32.saturating_add_signed(i16::from_le_bytes(delta).into());
                }
                let second = self.store.second.to_le_bytes();
                self.answer_with(0x24, &second);
            }
            (0x25, coefficients) => self.sensor(coefficients),
            (0x26, _) => {
                self.store.sensor = Store::new(self.profile).sensor;
                self.sensor(&[]);
            }
            (0x33, count) => {
                self.volatile.measurements = count.first().copied().unwrap_or(1);
                let count = self.volatile.measurements;
                self.answer(&[0x33, count]);
            }
            (0x35, [0, 0]) => self.volatile.log = None,
            (0x35, &[l0, l1, ref skip @ ..]) => {
                let skip = skip.first_chunk().map_or(0, |&skip| u16::from_le_bytes(skip));
                let last = u16::from_le_bytes([l0, l1]);
                self.volatile.log = Some((LogQuery { last, skip }, skip));
            }
            (0x36, [0x12, 0x34]) => {
                self.log.clear(self.flash)?;
                self.answer(&[0x36, 0]);
            }
            (0x36, _) => {}
            (0x44, trigger) => {
                overwrite(&mut self.store.trigger, trigger);
                let trigger = self.store.trigger;
                self.answer_with(0x44, &trigger);
                self.extend(&[0]);
            }
            (0x45, on) => {
                let output = on.first().is_some_and(|&on| on != 0);
                self.answer(&[0x45, u8::from(output) << 1]);
            }
            (0x55, config) => {
                overwrite(&mut self.store.config, config);
                self.config();
            }
            (0x56, _) => {
                self.store.config = default_config(self.profile.hardware_id);
                self.config();
            }
            (0x60, segments) => self.answer_with(0x60, segments),
            (0x61, flags) => {
                if let Some(&flags) = flags.first() {
                    self.volatile.lcd_flags = flags;
                }
                self.answer(&[0x61, self.volatile.lcd_flags]);
            }
            (0x70, &[p0, p1, p2, p3, ..]) => self.pin(u32::from_le_bytes([p0, p1, p2, p3])),
            (0x71, &[mtu, ..]) => self.answer(&[0x71, if mtu >= 23 { 0 } else { 0xff }]),
            (0x72, _) => {
                self.volatile.reboot = true;
                self.answer(&[0x72, 0]);
            }
            (0x73, region) if self.version >= FirmwareVersion::EXTENDED_OTA => self.extended_ota(region),
            (0xdd, mode) => {
                self.set_long_range(mode.first() == Some(&1));
                self.config();
            }
            (id, _) => self.answer(&[id, 0xff]),
        }
        Ok(())
    }

    /// The next record of the log, or its end.
    pub(super) fn log_record(&mut self) -> Option<Packet> {
        let (query, sent) = self.volatile.log?;
        let number = sent.checked_add(1).filter(|&number| number <= query.last);
        let Some(record) = number.and_then(|number| self.log.record(self.flash, number)) else {
            self.volatile.log = None;
            return Packet::try_from(&[0x35, 0, 0][..]).ok();
        };
        self.volatile.log = Some((query, sent + 1));
        Packet::try_from(&record.encode()[..]).ok()
    }

    /// The next sector of the extended OTA.
    pub(super) fn erase_next(&mut self) -> Result<(), PowerCut> {
        let Some((address, end, _)) = self.volatile.erasing else {
            return Ok(());
        };
        self.flash.erase(address)?;
        let next = address + SECTOR;
        let (state, kib) = if next < end {
            self.volatile.erasing = Some((next, end, self.now + ERASE_TIME));
            (ExtendedOtaState::Erasing, 0)
        } else {
            self.volatile.erasing = None;
            self.ota.prepare(REGION, end - REGION + SECTOR);
            (ExtendedOtaState::Ready, (end - REGION) / 1024)
        };
        let address = if kib == 0 { next } else { REGION };
        self.answer(&ExtendedOtaStatus { state, address, kib }.encode());
        Ok(())
    }

    fn device_id(&self) -> [u8; 12] {
        let [h0, h1] = self.profile.hardware_id.to_le_bytes();
        let services = Hardware::of(self.profile.hardware_id).map_or(0, |hardware| hardware.services);
        let [s0, s1, s2, s3] = services.to_le_bytes();
        [0, 0, h0, h1, self.version.0, 0, 1, 0, s0, s1, s2, s3]
    }

    fn set_name(&mut self, name: &[u8]) {
        match name {
            [] => return,
            [0] => self.store.name = default_name(self.profile.prefix(), self.store.mac),
            name => {
                let text = core::str::from_utf8(name).unwrap_or_default();
                self.store.name = ArrayString::from(text).unwrap_or_default();
            }
        }
        self.volatile.reboot = true;
    }

    fn mac(&mut self, arguments: &[u8]) {
        match *arguments {
            [0] => self.store.mac = self.profile.mac,
            [6 | 8, f, e, d, c, b, a, ref random @ ..] => {
                self.store.mac = MacAddr6::new(a, b, c, d, e, f);
                if let Some(&random) = random.first_chunk() {
                    self.store.random = random;
                }
            }
            _ => {}
        }
        self.volatile.reboot |= !arguments.is_empty();
        self.send_mac();
    }

    fn send_mac(&mut self) {
        let mac = reversed(self.store.mac);
        self.answer(&[0x10, 8]);
        self.extend(&mac);
        self.extend(&self.store.random.clone());
    }

    fn replace_key(&mut self, id: u8, data: &[u8]) -> Result<(), PowerCut> {
        keys::replace(self.flash, id, data)?;
        self.send_key(id);
        Ok(())
    }

    fn send_key(&mut self, id: u8) {
        let record = keys::of_command(self.flash, id);
        let record: Option<ArrayVec<u8, 32>> = record.and_then(|record| record.try_into().ok());
        self.send_record(id, &record.unwrap_or_default());
    }

    /// In pieces of 18 bytes, each with what is still to come.
    fn send_record(&mut self, id: u8, record: &[u8]) {
        if record.is_empty() {
            self.answer(&[id, 0]);
        }
        let mut remaining = record.len();
        for piece in record.chunks(18) {
            self.answer(&[id, remaining as u8]);
            self.extend(piece);
            remaining -= piece.len();
        }
    }

    fn all_keys(&mut self) {
        self.send_mac();
        for id in [0x11, 0x12, 0x13] {
            self.send_key(id);
        }
        let mut deleted: ArrayVec<ArrayVec<u8, 32>, 8> = ArrayVec::new();
        for record in keys::deleted(self.flash) {
            let copy = ArrayVec::try_from(record).unwrap_or_default();
            let _ = deleted.try_push(copy);
        }
        for record in deleted.iter().filter(|record| !record.is_empty()) {
            self.send_record(0x14, record);
        }
        self.answer(&[0x14, 0]);
    }

    fn time(&mut self, time: &[u8]) {
        if let Some(&time) = time.first_chunk() {
            let time = u32::from_le_bytes(time);
            self.store.clock = (time.wrapping_sub(self.now.as_secs() as u32), time);
        }
        let time = self.store.time(self.now).to_le_bytes();
        self.answer_with(0x23, &time);
        self.extend(&self.store.clock.1.to_le_bytes());
    }

    fn sensor(&mut self, coefficients: &[u8]) {
        overwrite(&mut self.store.sensor, coefficients);
        let sensor = self.store.sensor;
        self.answer_with(0x25, &sensor);
        self.extend(&[0x0e, 0x4c, 0x7b, 0x2c, 0x70, 1]);
    }

    fn config(&mut self) {
        let config = self.store.config;
        self.answer(&[0x55, self.version.0]);
        self.extend(&config);
        self.extend(&[0]);
    }

    fn set_long_range(&mut self, on: bool) {
        let config = Config::from_bytes(self.version, Variant::Lcd, &self.store.config);
        let mut config = config;
        for setting in [
            crate::command::Setting::Bt5Phy,
            crate::command::Setting::LongRange,
        ] {
            // Versions without it don't change.
            let _ = config.set(setting, crate::command::Value::Flag(on));
        }
        overwrite(&mut self.store.config, config.bytes());
    }

    fn pin(&mut self, pin: u32) {
        let changed = pin != *self.store.pin;
        *self.store.pin = pin;
        self.volatile.reboot |= changed;
        self.answer(&[0x70, changed.into()]);
    }

    fn extended_ota(&mut self, region: &[u8]) {
        let own = ExtendedOtaStatus {
            state: ExtendedOtaState::Idle,
            address: 0x20000,
            kib: 128,
        };
        let status = |state, address, kib| ExtendedOtaStatus { state, address, kib }.encode();
        let &[a0, a1, a2, a3, k0, k1, k2, k3, ..] = region else {
            return self.answer(&own.encode());
        };
        let (address, kib) = (
            u32::from_le_bytes([a0, a1, a2, a3]),
            u32::from_le_bytes([k0, k1, k2, k3]),
        );
        let answer = if self.volatile.erasing.is_some() || self.ota.prepared().is_some() {
            status(ExtendedOtaState::Busy, address, kib)
        } else if self.ota.is_running() {
            status(ExtendedOtaState::OtaRunning, own.address, own.kib)
        } else if address < REGION {
            own.encode()
        } else if !(4..208).contains(&kib) || address % SECTOR != 0 || address != REGION {
            status(ExtendedOtaState::BadParameter, own.address, own.kib)
        } else {
            let end = REGION + kib.next_multiple_of(4) * 1024;
            self.volatile.erasing = Some((REGION, end, self.now + ERASE_TIME));
            self.volatile.reboot = true;
            status(ExtendedOtaState::Busy, own.address, own.kib)
        };
        self.answer(&answer);
    }

    pub(super) fn measurement(&mut self) {
        let Environment {
            temperature,
            humidity,
            battery,
            count,
        } = *self.environment;
        let record = LogRecord {
            number: 0,
            time: 0,
            temperature,
            humidity,
            battery,
        };
        let [.., c0, c1, h0, h1, b0, b1] = record.encode();
        let [n0, n1] = count.to_le_bytes();
        self.answer(&[0x33, b0, b1, c0, c1, h0, h1, n0, n1, 0]);
    }

    pub(super) fn log_measurement(&mut self) -> Result<(), PowerCut> {
        let record = LogRecord {
            number: 0,
            time: self.store.time(self.now),
            temperature: self.environment.temperature,
            humidity: self.environment.humidity,
            battery: self.environment.battery,
        };
        self.log.append(self.flash, &record)
    }

    fn answer_with(&mut self, id: u8, bytes: &[u8]) {
        self.answer(&[id]);
        self.extend(bytes);
    }

    fn answer(&mut self, bytes: &[u8]) {
        if let Ok(packet) = Packet::try_from(bytes) {
            // A host that fetches nothing loses the newest.
            let _ = self.queue.try_push(packet);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if let Some(packet) = self.queue.last_mut() {
            let room = packet.remaining_capacity().min(bytes.len());
            let _ = packet.try_extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
    }
}

/// Only the bytes that are given, from the start.
fn overwrite(stored: &mut [u8], given: &[u8]) {
    for (to, from) in stored.iter_mut().zip(given) {
        *to = *from;
    }
}

/// Where the extended OTA writes.
pub(super) const REGION: u32 = 0x40000;
/// What erasing a sector takes.
const ERASE_TIME: Duration = Duration::from_millis(60);
