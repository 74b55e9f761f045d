use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Tuya's container of an update: all numbers are big-endian.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | `55AA55AA` |
/// | 4 | 12 | version |
/// | 16 | 4 | length of the payload |
/// | 20 | 4 | sum of the payload's bytes |
/// | 24 | 4 | sum of the 24 bytes before |
/// | 28 | 4 | `AA55AA55` |
/// | 32 | | payload, often an RBL file |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ug<'a> {
    version: &'a [u8],
    /// What is in it.
    pub payload: &'a [u8],
    /// The sum of its bytes.
    pub payload_sum: u32,
}

impl<'a> Ug<'a> {
    /// Reads a container and checks both sums.
    ///
    /// # Errors
    ///
    /// In this order: another file, a damaged header, too short, a damaged payload.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, UgError> {
        let start = bytes.get(..4).unwrap_or(bytes);
        if !START.starts_with(start) {
            return Err(UgError::BadMagic);
        }
        let header = bytes.first_chunk::<32>().ok_or(UgError::Truncated {
            found: bytes.len(),
            expected: 32,
        })?;
        let word = |at: usize| {
            let word = header
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .copied()
                .unwrap_or_default();
            u32::from_be_bytes(word)
        };
        if header.get(28..) != Some(&END) {
            return Err(UgError::BadMagic);
        }
        let (length, stored, header_sum) = (word(16), word(20), word(24));
        let computed = sum(header.get(..24).unwrap_or_default());
        if computed != header_sum {
            return Err(UgError::HeaderSum {
                stored: header_sum,
                computed,
            });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let expected = length.saturating_add(32);
        let payload = bytes.get(32..expected).ok_or(UgError::Truncated {
            found: bytes.len(),
            expected,
        })?;
        let computed = sum(payload);
        if computed != stored {
            return Err(UgError::PayloadSum { stored, computed });
        }
        Ok(Self {
            version: header.get(4..16).unwrap_or_default(),
            payload,
            payload_sum: stored,
        })
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Cow<'a, str> {
        let end = self
            .version
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(self.version.len());
        String::from_utf8_lossy(self.version.get(..end).unwrap_or_default())
    }

    /// The container of a payload. A version of more than 12 bytes is cut.
    #[must_use]
    pub fn build(version: &str, payload: &[u8]) -> Vec<u8> {
        let mut file = START.to_vec();
        let mut field = version.as_bytes().to_vec();
        field.resize(12, 0);
        file.extend_from_slice(&field);
        file.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend_from_slice(&sum(payload).to_be_bytes());
        let header_sum = sum(&file);
        file.extend_from_slice(&header_sum.to_be_bytes());
        file.extend_from_slice(&END);
        file.extend_from_slice(payload);
        file
    }
}

/// A container that isn't right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UgError {
    /// Its marks are missing.
    #[error("no UG file of Tuya's")]
    BadMagic,
    /// Too short.
    #[error("the file has {found} bytes, its header says {expected}")]
    Truncated {
        /// What was there.
        found: usize,
        /// What must be.
        expected: usize,
    },
    /// The header is damaged.
    #[error("the header's sum is {computed:#x}, it says {stored:#x}")]
    HeaderSum {
        /// What it says.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
    /// The payload is damaged.
    #[error("the payload's sum is {computed:#x}, the header says {stored:#x}")]
    PayloadSum {
        /// What the header says.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
}

impl UgError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadMagic => "bad_magic",
            Self::Truncated { .. } => "truncated",
            Self::HeaderSum { .. } => "header_sum",
            Self::PayloadSum { .. } => "payload_sum",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::BadMagic => None,
            _ => Some("Take the file again from where it comes."),
        }
    }
}

fn sum(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum: u32, byte| sum.wrapping_add(u32::from(*byte)))
}

const START: [u8; 4] = [0x55, 0xaa, 0x55, 0xaa];
const END: [u8; 4] = [0xaa, 0x55, 0xaa, 0x55];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_come_back_and_damage_is_found() {
        let file = Ug::build("24.01.02", b"payload");
        let ug = Ug::parse(&file).unwrap();
        assert_eq!(
            (ug.version().as_ref(), ug.payload),
            ("24.01.02", b"payload".as_slice())
        );
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(Ug::parse(&damaged).is_err(), "{at}");
            assert!(Ug::parse(&file[..at]).is_err(), "{at}");
        }
    }
}
