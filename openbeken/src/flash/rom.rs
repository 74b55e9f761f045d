use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::frame::{Command, Payload, Response, SECTOR};
use super::table::{Bootloader, Protocol};

/// A simulated chip in its ROM or bootloader, with its flash. It answers at once, at any speed.
#[derive(Clone, Debug)]
pub struct Rom {
    bootloader: &'static Bootloader,
    chip_register: u32,
    flash_id: u32,
    flash: Vec<u8>,
    status: u16,
    locked: bool,
    linked: bool,
    buffer: Vec<u8>,
    last_bytes: Duration,
    out: VecDeque<Vec<u8>>,
}

impl Rom {
    /// A BK7231N in its boot ROM, write-protected as they come, its flash erased. The size is rounded up to 4096.
    #[must_use]
    pub fn bk7231n(flash_size: usize) -> Self {
        Self::new(&BK7231N, 0x7231_c000 >> 12, flash_size)
    }

    /// A BK7231T in Tuya's bootloader, whose CRC command protects the flash. The size is rounded up to 4096.
    #[must_use]
    pub fn bk7231t(flash_size: usize) -> Self {
        Self::new(&BK7231T, 0x7231_a000 >> 12, flash_size)
    }

    fn new(bootloader: &'static Bootloader, chip_register: u32, flash_size: usize) -> Self {
        let is_rom = bootloader.protocol == Protocol::BootRom;
        Self {
            bootloader,
            chip_register,
            flash_id: 0x0b_4015,
            flash: alloc::vec![0xff; flash_size.next_multiple_of(SECTOR).max(SECTOR)],
            status: if is_rom { 0x407c } else { 0 },
            locked: false,
            linked: false,
            buffer: Vec::new(),
            last_bytes: Duration::ZERO,
            out: VecDeque::new(),
        }
    }

    /// The flash.
    #[must_use]
    pub fn flash(&self) -> &[u8] {
        &self.flash
    }

    /// The flash, to put something into it.
    pub fn flash_mut(&mut self) -> &mut [u8] {
        &mut self.flash
    }

    /// Hand in what a host sends. The start of a command whose rest doesn't come within 100 ms is forgotten.
    pub fn handle_bytes(&mut self, now: Duration, bytes: &[u8]) {
        if now.saturating_sub(self.last_bytes) > PATIENCE {
            self.buffer.clear();
        }
        self.last_bytes = now;
        self.buffer.extend_from_slice(bytes);
        let over = self.buffer.len().saturating_sub(4 * SECTOR);
        self.buffer.drain(..over);
        while let Some(command) = Command::take(&mut self.buffer) {
            let Some((long, code)) = command.answer() else {
                self.linked = false;
                continue;
            };
            let Some(payload) = self.run(command) else {
                continue;
            };
            if self.out.len() < 64 {
                self.out.push_back(Response { long, code, payload }.encode());
            }
        }
    }

    /// What goes to the host: call until it returns `None`.
    pub fn poll_transmit(&mut self, _now: Duration) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    fn run(&mut self, command: Command) -> Option<Payload> {
        if command == Command::LinkCheck {
            self.linked = true;
            // Real ones lift the protection at the erase that follows.
            self.locked = false;
            return Some(Payload::Link { value: 0 });
        }
        if !self.linked {
            return None;
        }
        Some(match command {
            Command::ReadRegister { address } => Payload::Register {
                address,
                value: if address == 0x80_0000 {
                    self.chip_register
                } else {
                    0
                },
            },
            Command::WriteRegister { address, value } => Payload::Register { address, value },
            Command::SetBaud { baud, delay_ms } => Payload::Baud { baud, delay_ms },
            Command::CheckCrc { start, end } => Payload::Crc {
                raw: !self.crc(start, end),
            },
            Command::BootVersion if self.bootloader.protocol == Protocol::BootRom => Payload::Other {
                bytes: Vec::from([7]),
            },
            Command::BootVersion => Payload::Version {
                text: String::from(self.bootloader.version),
            },
            Command::Read4k { address } => {
                let data = self.sector(address).map(<[u8]>::to_vec);
                Payload::Data {
                    status: u8::from(data.is_none()),
                    address,
                    data: data.unwrap_or_default(),
                }
            }
            Command::Write { address, data } => {
                let status = self.program(address, &data);
                Payload::Written {
                    status,
                    address,
                    count: data.len() as u8,
                }
            }
            Command::Write4k { address, data } => Payload::Done {
                status: self.program(address, &data),
                address: Some(address),
            },
            Command::Erase4k { address } => Payload::Done {
                status: self.erase(address, SECTOR),
                address: Some(address),
            },
            Command::Erase { size, address } => {
                let bytes = if size == super::BlockSize::K4 {
                    SECTOR
                } else {
                    16 * SECTOR
                };
                Payload::Erased {
                    status: self.erase(address, bytes),
                    size_code: size.code(),
                    address,
                }
            }
            Command::ReadStatus { register } => {
                let [low, high] = self.status.to_le_bytes();
                Payload::FlashStatus {
                    status: 0,
                    register,
                    value: u16::from(if register == 0x05 { low } else { high }),
                }
            }
            Command::WriteStatus {
                register,
                value,
                width,
            } => {
                self.status = if width == 2 {
                    value
                } else {
                    self.status & 0xff00 | value & 0xff
                };
                Payload::FlashStatus {
                    status: 0,
                    register,
                    value,
                }
            }
            Command::FlashId { .. } => {
                let [_, a, b, c] = self.flash_id.to_be_bytes();
                Payload::FlashId {
                    status: 0,
                    id: [a, b, c],
                }
            }
            _ => return None,
        })
    }

    /// Beyond the flash its bytes come again.
    fn crc(&mut self, start: u32, end: u32) -> u32 {
        self.locked |= self.bootloader.crc_locks_flash;
        if (start, end) == (0, 256) {
            return self.bootloader.crc;
        }
        let more = usize::from(self.bootloader.protocol == Protocol::BootRom);
        let length = (end.saturating_sub(start) as usize + more).min(self.flash.len());
        let mut hasher = crc32fast::Hasher::new();
        let start = start as usize % self.flash.len();
        let first = self
            .flash
            .get(start..(start + length).min(self.flash.len()))
            .unwrap_or_default();
        hasher.update(first);
        hasher.update(self.flash.get(..length - first.len()).unwrap_or_default());
        hasher.finalize()
    }

    fn place(&self, address: u32) -> Option<usize> {
        // Bootloaders guard their own area, but not the same beyond the end of the flash.
        let guarded = self.bootloader.protocol != Protocol::BootRom && address < 0x1_1000;
        (!guarded).then_some(address as usize % self.flash.len())
    }

    fn sector(&self, address: u32) -> Option<&[u8]> {
        let at = self.place(address)?;
        self.flash.get(at..at + SECTOR)
    }

    const fn is_protected(&self) -> bool {
        self.locked || self.status & 0x407c != 0
    }

    fn program(&mut self, address: u32, data: &[u8]) -> u8 {
        let Some(at) = self.place(address) else { return 1 };
        if self.is_protected() {
            // As real ones: nothing happens, and nothing is said.
            return 0;
        }
        let Some(place) = self.flash.get_mut(at..at + data.len()) else {
            return 1;
        };
        for (to, from) in place.iter_mut().zip(data) {
            // Programming clears bits, only erasing sets them.
            *to &= from;
        }
        0
    }

    fn erase(&mut self, address: u32, size: usize) -> u8 {
        let Some(at) = self.place(address) else { return 1 };
        if self.is_protected() {
            return 0;
        }
        let at = at / size * size;
        let Some(place) = self.flash.get_mut(at..at + size) else {
            return 1;
        };
        place.fill(0xff);
        0
    }
}

const PATIENCE: Duration = Duration::from_millis(100);
const BK7231N: Bootloader = Bootloader {
    crc: 0xe141_91ba,
    chip: "BK7231N",
    version: "1.0.1",
    protocol: Protocol::BootRom,
    flash_size: None,
    crc_locks_flash: false,
};
const BK7231T: Bootloader = Bootloader {
    crc: 0xba54_c1b8,
    chip: "BK7231T",
    version: "1.0.5",
    protocol: Protocol::TuyaBootloader,
    flash_size: Some(2 << 20),
    crc_locks_flash: true,
};
