use alloc::vec::Vec;

/// CRC-16/CMS, as Beken's flash unit computes it.
///
/// ```
/// assert_eq!(openbeken::image::crc16(b"123456789"), 0xaee7);
/// ```
#[must_use]
pub fn crc16(data: &[u8]) -> u16 {
    CRC.checksum(data)
}

/// Puts data into blocks of 34 bytes: 32 and their CRC-16, big-endian. The last one is filled up with FF.
#[must_use]
pub fn crc_blocks(data: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::with_capacity(data.len().div_ceil(32) * 34);
    for chunk in data.chunks(32) {
        let mut block = [0xff; 32];
        for (to, from) in block.iter_mut().zip(chunk) {
            *to = *from;
        }
        blocks.extend_from_slice(&block);
        blocks.extend_from_slice(&crc16(&block).to_be_bytes());
    }
    blocks
}

/// Takes data out of blocks of 34 bytes. A block of FF is erased, and gives 32 FF.
///
/// # Errors
///
/// If the length is no multiple of 34, or a CRC is wrong.
pub fn strip_crc_blocks(blocks: &[u8]) -> Result<Vec<u8>, BlockError> {
    let (whole, rest) = blocks.as_chunks::<34>();
    if !rest.is_empty() {
        return Err(BlockError {
            fault: BlockFault::Truncated { found: blocks.len() },
        });
    }
    let mut data = Vec::with_capacity(whole.len() * 32);
    for (number, block) in whole.iter().enumerate() {
        let Some((bytes, crc)) = block.split_last_chunk::<2>() else {
            continue;
        };
        let (stored, computed) = (u16::from_be_bytes(*crc), crc16(bytes));
        if stored != computed && block.iter().any(|byte| *byte != 0xff) {
            return Err(BlockError {
                fault: BlockFault::CrcMismatch {
                    block: number,
                    stored,
                    computed,
                },
            });
        }
        data.extend_from_slice(bytes);
    }
    Ok(data)
}

/// Where in flash an address of the CPU lies.
#[must_use]
pub const fn address_to_offset(address: u32) -> u32 {
    address.wrapping_add(address / 32 * 2)
}

/// Which address of the CPU an offset in flash is.
#[must_use]
pub const fn offset_to_address(offset: u32) -> u32 {
    offset - offset / 34 * 2
}

/// Blocks that aren't right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct BlockError {
    /// What is wrong.
    pub fault: BlockFault,
}

/// What is wrong with blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockFault {
    /// No multiple of 34.
    #[error("{found} bytes are no whole blocks of 34")]
    Truncated {
        /// What was there.
        found: usize,
    },
    /// Damaged.
    #[error("block {block} has the CRC {stored:#06x}, its data {computed:#06x}")]
    CrcMismatch {
        /// Which one, from 0 on.
        block: usize,
        /// What it says.
        stored: u16,
        /// What it should be.
        computed: u16,
    },
}

impl BlockError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.fault {
            BlockFault::Truncated { .. } => "truncated",
            BlockFault::CrcMismatch { .. } => "crc_mismatch",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self.fault {
            BlockFault::Truncated { .. } => {
                "Start at a multiple of 34 from the partition's start, and end at one."
            }
            BlockFault::CrcMismatch { block: 0, .. } => {
                "It isn't in blocks at all, or doesn't start at a block."
            }
            BlockFault::CrcMismatch { .. } => "Read the flash again; a block that stays wrong is damaged.",
        })
    }
}

const CRC: crc::Crc<u16, crc::Table<16>> = crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_CMS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        for address in (0..0x20_0000).step_by(7) {
            assert_eq!(offset_to_address(address_to_offset(address)), address);
        }
        assert_eq!(address_to_offset(0x10000), 0x11000);
    }

    #[test]
    fn damage_is_found_and_named() {
        let mut blocks = crc_blocks(&[7; 100]);
        assert_eq!(strip_crc_blocks(&blocks).unwrap()[..100], [7; 100]);
        blocks[40] ^= 1;
        let error = strip_crc_blocks(&blocks).unwrap_err();
        assert!(matches!(error.fault, BlockFault::CrcMismatch { block: 1, .. }));
        assert_eq!(strip_crc_blocks(&blocks[1..]).unwrap_err().name(), "truncated");
    }
}
