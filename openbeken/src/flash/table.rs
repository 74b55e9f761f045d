//! Bootloaders and flash chips that a flasher meets.

/// A bootloader, recognised by the CRC-32 of its first 256 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bootloader {
    /// CRC-32 of the bytes that the CRC command covers when asked for 0 to 256.
    pub crc: u32,
    /// The chip.
    pub chip: &'static str,
    /// Its version, empty if nobody knows.
    pub version: &'static str,
    /// Which dialect of the protocol it speaks.
    pub protocol: Protocol,
    /// How much flash it assumes, in bytes.
    pub flash_size: Option<u32>,
    /// Whether its CRC command protects the flash until the next erase after a link check.
    pub crc_locks_flash: bool,
}

/// A dialect of the UART protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// The chip's ROM. Ends of ranges are inclusive.
    BootRom,
    /// Beken's bootloader in flash. Ends are exclusive.
    BekenBootloader,
    /// Tuya's bootloader in flash. Ends are exclusive.
    TuyaBootloader,
}

impl Bootloader {
    /// The row of a CRC.
    #[must_use]
    pub fn of(crc: u32) -> Option<&'static Self> {
        BOOTLOADERS.iter().find(|row| row.crc == crc)
    }
}

/// A flash chip, recognised by the three bytes of its JEDEC id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlashChip {
    /// Maker, type and size code as one number: 0x0B4015.
    pub id: u32,
    /// How many bytes its status register has, 1 or 2.
    pub status_bytes: u8,
    /// Its size in bytes.
    pub size: u32,
}

impl FlashChip {
    /// The row of an id.
    #[must_use]
    pub fn of(id: u32) -> Option<&'static Self> {
        FLASH_CHIPS
            .binary_search_by_key(&id, |row| row.id)
            .ok()
            .and_then(|index| FLASH_CHIPS.get(index))
    }
}

const fn boot(
    crc: u32,
    chip: &'static str,
    version: &'static str,
    protocol: Protocol,
    flash_size: Option<u32>,
    crc_locks_flash: bool,
) -> Bootloader {
    Bootloader {
        crc,
        chip,
        version,
        protocol,
        flash_size,
        crc_locks_flash,
    }
}

const fn chip(id: u32, status_bytes: u8, size: u32) -> FlashChip {
    FlashChip {
        id,
        status_bytes,
        size,
    }
}

use Protocol::{BekenBootloader, BootRom, TuyaBootloader};

/// All bootloaders.
#[rustfmt::skip]
pub const BOOTLOADERS: &[Bootloader] = &[
    boot(0xe14191ba, "BK7231N", "1.0.1", BootRom, None, false),
    boot(0xf42f8c32, "BK7238", "2.0.0 (T1)", BootRom, None, false),
    boot(0xf0231ef6, "BK7231Q", "", BekenBootloader, None, true),
    boot(0xff5a3eac, "BK7231Q", "", BekenBootloader, None, true),
    boot(0xc1eca871, "BK7231T", "1.0.1", TuyaBootloader, Some(2097152), true),
    boot(0x4b31e44d, "BK7231T", "1.0.3", TuyaBootloader, Some(2097152), true),
    boot(0xba54c1b8, "BK7231T", "1.0.5", TuyaBootloader, Some(2097152), true),
    boot(0xe5cbc953, "BK7231T", "1.0.6", TuyaBootloader, Some(2097152), true),
    boot(0x2739019f, "BK7231U", "1.0.6", BekenBootloader, Some(2097152), true),
    boot(0x39f9b50c, "BK7252", "0.1.3", BekenBootloader, None, true),
    boot(0xe3a27c26, "BK7252", "", BekenBootloader, None, true),
    boot(0x6beb0924, "BK7238", "1.0.14", BootRom, None, false),
];

/// All flash chips, sorted by id.
#[rustfmt::skip]
pub const FLASH_CHIPS: &[FlashChip] = &[
    chip(0x0b4014, 2, 1048576),
    chip(0x0b4015, 2, 2097152),
    chip(0x0b4016, 2, 4194304),
    chip(0x0b4017, 2, 8388608),
    chip(0x0b6017, 2, 8388608),
    chip(0x0e4016, 2, 4194304),
    chip(0x1c3113, 1, 524288),
    chip(0x1c4116, 1, 4194304),
    chip(0x1c7015, 1, 2097152),
    chip(0x1c7016, 1, 4194304),
    chip(0x204016, 2, 4194304),
    chip(0x514013, 1, 524288),
    chip(0x514014, 1, 1048576),
    chip(0x5e4014, 1, 1048576),
    chip(0x852015, 2, 2097152),
    chip(0x854215, 1, 2097152),
    chip(0x856013, 2, 524288),
    chip(0x856014, 2, 1048576),
    chip(0x856016, 2, 4194304),
    chip(0x856017, 2, 8388608),
    chip(0xc22314, 2, 1048576),
    chip(0xc22315, 2, 2097152),
    chip(0xc84013, 1, 524288),
    chip(0xc84014, 2, 1048576),
    chip(0xc84015, 2, 2097152),
    chip(0xc84016, 1, 4194304),
    chip(0xc86515, 2, 2097152),
    chip(0xc86516, 2, 4194304),
    chip(0xc86517, 2, 8388608),
    chip(0xcd6014, 2, 1048576),
    chip(0xe04013, 1, 524288),
    chip(0xe04014, 1, 1048576),
    chip(0xeb6015, 2, 2097152),
    chip(0xef4016, 2, 4194304),
    chip(0xef4018, 2, 16777216),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_chips_are_sorted_and_unique() {
        assert!(FLASH_CHIPS.windows(2).all(|pair| pair[0].id < pair[1].id));
    }

    #[test]
    fn the_size_code_is_the_size() {
        for row in FLASH_CHIPS {
            assert_eq!(1 << (row.id & 0xff), row.size, "{:x}", row.id);
        }
    }
}
