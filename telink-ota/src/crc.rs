//! The three checksums of the OTA world.
//!
//! | use | polynomial | start | final XOR | of `123456789` |
//! |---|---|---|---|---|
//! | [`crc16`]: a data PDU | 0x8005, reflected | 0xFFFF | none | 0x4B37 |
//! | [`Crc32::telink`]: an image | 0x04C11DB7, reflected | 0xFFFFFFFF | **none** | 0x340BC6D9 |
//! | [`Crc32::container`]: Xiaomi's signed container | 0x04C11DB7, reflected | **0** | none | 0x2DFD2D88 |
//!
//! ```
//! use telink_ota::crc::{Crc32, crc16};
//!
//! assert_eq!(crc16(b"123456789"), 0x4b37);
//! assert_eq!(Crc32::telink().update(b"123456789").value(), 0x340b_c6d9);
//! assert_eq!(Crc32::container().update(b"123456789").value(), 0x2dfd_2d88);
//! ```

/// The checksum at the end of a data PDU: CRC-16/MODBUS over index and data.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    MODBUS.checksum(bytes)
}

/// A CRC32 in the making: neither variant has the final XOR of zip's.
#[derive(Clone, Debug)]
pub struct Crc32(crc32fast::Hasher);

impl Crc32 {
    /// The checksum of an image, its last 4 bytes.
    #[must_use]
    pub fn telink() -> Self {
        Self(crc32fast::Hasher::new())
    }

    /// The checksum in the header of Xiaomi's signed container.
    #[must_use]
    pub fn container() -> Self {
        // The hasher takes a finished checksum to go on from: one whose register is zero.
        Self(crc32fast::Hasher::new_with_initial(u32::MAX))
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// The checksum of all bytes so far.
    #[must_use]
    pub fn value(&self) -> u32 {
        !self.0.clone().finalize()
    }
}

/// 16 tables, 8 KiB: a PDU of 16 bytes takes one step, and two for its index.
#[cfg(feature = "std")]
static MODBUS: crc::Crc<u16, crc::Table<16>> = crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_MODBUS);

/// One table, 512 bytes: a microcontroller's flash is scarcer than its time between two PDUs.
#[cfg(not(feature = "std"))]
static MODBUS: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_MODBUS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_the_start_value() {
        assert_eq!(crc16(b""), 0xffff);
        assert_eq!(Crc32::telink().value(), u32::MAX);
        assert_eq!(Crc32::container().value(), 0);
    }

    #[test]
    fn pieces_give_the_checksum_of_the_whole() {
        let mut pieces = Crc32::container();
        pieces.update(b"1234").update(b"").update(b"56789");
        assert_eq!(pieces.value(), 0x2dfd_2d88);
    }
}
