use alloc::vec::Vec;

/// The partition with the radio's calibration and the chip's address.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | `TLV` 00 |
/// | 4 | 4 | length of what follows |
/// | 8 | | entries: tag u32, length u32, data |
///
/// A tag that ends in 00 is a group, whose entries follow at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RfPartition<'a> {
    /// What its header says.
    pub length: u32,
    /// Entries with data, in their order.
    pub entries: Vec<(u32, &'a [u8])>,
}

impl<'a> RfPartition<'a> {
    /// Reads a partition; what follows it is ignored.
    ///
    /// # Errors
    ///
    /// If the mark is missing, or an entry ends beyond the end.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RfError> {
        let start = bytes.get(..4).unwrap_or(bytes);
        if !b"TLV\0".starts_with(start) || bytes.is_empty() {
            return Err(RfError::BadMagic {
                erased: bytes.iter().take(64).all(|byte| *byte == 0xff),
            });
        }
        let word = |at: usize| {
            let word = bytes.get(at..).and_then(<[u8]>::first_chunk);
            word.map(|word| u32::from_le_bytes(*word))
                .ok_or(RfError::Truncated { offset: at })
        };
        let length = word(4)?;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(8));
        let end = end
            .filter(|end| *end <= bytes.len())
            .ok_or(RfError::Truncated { offset: bytes.len() })?;
        let mut entries = Vec::new();
        let mut at = 8;
        while at < end {
            let (tag, length) = (word(at)?, word(at + 4)?);
            at += 8;
            if tag & 0xff == 0 {
                continue;
            }
            let after = usize::try_from(length)
                .ok()
                .and_then(|length| at.checked_add(length));
            let after = after
                .filter(|after| *after <= end)
                .ok_or(RfError::Truncated { offset: at })?;
            entries.push((tag, bytes.get(at..after).unwrap_or_default()));
            at = after;
        }
        Ok(Self { length, entries })
    }

    /// The chip's address.
    #[must_use]
    pub fn mac(&self) -> Option<[u8; 6]> {
        let entry = self.entries.iter().find(|(tag, _)| *tag == MAC)?;
        entry.1.try_into().ok()
    }
}

/// A partition that isn't right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RfError {
    /// The mark is missing.
    #[error("no RF partition{}", if *erased { ": it is erased" } else { "" })]
    BadMagic {
        /// Whether it is erased flash.
        erased: bool,
    },
    /// An entry ends beyond the end.
    #[error("the RF partition ends within an entry at {offset}")]
    Truncated {
        /// Where.
        offset: usize,
    },
}

impl RfError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadMagic { .. } => "bad_magic",
            Self::Truncated { .. } => "truncated",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(
            "Without it the module has no Wi-Fi, or the address of all others: write it back from a backup (1D0000h on \
             BK7231N, 1E0000h on BK7231T), or have OpenBeken restore it.",
        )
    }
}

const MAC: u32 = 0x1111_1102;
