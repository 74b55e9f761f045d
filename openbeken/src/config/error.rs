/// A block that is no configuration, or a value that doesn't fit into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It doesn't begin with `CFG`.
    #[error("no configuration: it begins with {found:02x?} instead of `CFG`{}", looks_like.map(LooksLike::note).unwrap_or(""))]
    BadMagic {
        /// The first bytes, zeros where there are none.
        found: [u8; 3],
        /// What it seems to be.
        looks_like: Option<LooksLike>,
    },
    /// A version that nobody has seen.
    #[error("version {found} of the configuration is unknown")]
    UnsupportedVersion {
        /// What it says.
        found: i32,
    },
    /// Shorter than its version is.
    #[error("the configuration has {found} bytes, its version has {expected}")]
    Truncated {
        /// What was there.
        found: usize,
        /// What must be.
        expected: usize,
    },
    /// A text that doesn't fit into its field.
    #[error("{found} bytes don't fit into a field that takes {limit}")]
    TooLong {
        /// What was there.
        found: usize,
        /// The most that can be.
        limit: usize,
    },
    /// A text with a zero byte, at which the device stops reading.
    #[error("the text has a zero byte at {offset}")]
    ZeroByte {
        /// Where.
        offset: usize,
    },
    /// A field that this version doesn't have.
    #[error("version {version} of the configuration has no such field, version {since} has")]
    NoSuchField {
        /// This version.
        version: i32,
        /// The first that has it.
        since: i32,
    },
    /// A pin or channel that the device doesn't have.
    #[error("there is no number {found}, the highest is {highest}")]
    OutOfRange {
        /// What was asked for.
        found: usize,
        /// The highest that is.
        highest: usize,
    },
    /// Pins with a role that the other layout doesn't have.
    #[error("pin {pin} has a role, but the other layout ends at pin {highest}")]
    PinLost {
        /// The pin.
        pin: usize,
        /// The highest of the other layout.
        highest: usize,
    },
}

/// What a block seems to be that is no configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LooksLike {
    /// Flash that nothing was written to.
    Erased,
    /// An EasyFlash store, in which BL602, XR and RTL modules keep the configuration.
    EasyFlash,
    /// A file system.
    LittleFs,
    /// A file for an update over the air.
    Rbl,
    /// The radio's calibration.
    RfPartition,
    /// A dump of a whole flash, with a bootloader in front.
    FlashDump,
    /// The text of a reply, hex digits or JSON.
    Text,
}

impl LooksLike {
    /// What a file begins as.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let start = bytes.get(..64).unwrap_or(bytes);
        if start.is_empty() {
            return None;
        }
        let has = |mark: &[u8]| memchr::memmem::find(start, mark).is_some();
        Some(if start.iter().all(|byte| *byte == 0xff) {
            Self::Erased
        } else if has(b"EF40") || has(b"KV40") || start.starts_with(b"EF") {
            Self::EasyFlash
        } else if has(b"littlefs") {
            Self::LittleFs
        } else if start.starts_with(b"RBL\0") {
            Self::Rbl
        } else if start.starts_with(b"TLV\0") {
            Self::RfPartition
        } else if bytes.len() >= 0x1_0000 {
            Self::FlashDump
        } else if start
            .iter()
            .all(|byte| matches!(byte, b'\r' | b'\n' | 0x20..=0x7e))
        {
            Self::Text
        } else {
            return None;
        })
    }

    const fn note(self) -> &'static str {
        match self {
            Self::Erased => "; it is erased flash",
            Self::EasyFlash => "; it is an EasyFlash store, which is not read here",
            Self::LittleFs => "; it is a LittleFS file system, which is not read here",
            Self::Rbl => "; it is a firmware file (RBL)",
            Self::RfPartition => "; it is an RF partition",
            Self::FlashDump => "; it is a dump of a whole flash",
            Self::Text => "; it is text",
        }
    }
}

impl ConfigError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadMagic { .. } => "bad_magic",
            Self::UnsupportedVersion { .. } => "unsupported_version",
            Self::Truncated { .. } => "truncated",
            Self::TooLong { .. } => "too_long",
            Self::ZeroByte { .. } => "zero_byte",
            Self::NoSuchField { .. } => "no_such_field",
            Self::OutOfRange { .. } => "out_of_range",
            Self::PinLost { .. } => "pin_lost",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadMagic {
                looks_like: Some(LooksLike::Erased),
                ..
            } => "Nothing was stored there: read from the offset that this chip has.",
            Self::BadMagic {
                looks_like: Some(LooksLike::EasyFlash),
                ..
            } => {
                "Take the value of the key `mY0bcFg` (BL602) or `ObkCfg` (XR, RTL, ECR) out of the store with another tool."
            }
            Self::BadMagic {
                looks_like: Some(LooksLike::FlashDump),
                ..
            } => "Cut 3584 bytes out of the dump, at 1E1000h for BK7231T and 1D1000h for BK7231N.",
            Self::BadMagic {
                looks_like: Some(LooksLike::Text),
                ..
            } => "`api/flash` answers with hex digits: decode them first.",
            Self::BadMagic { .. } => {
                "Read 3584 bytes by `api/flash/<offset>-e00`, from the offset that this chip has."
            }
            Self::UnsupportedVersion { .. } => "The block is damaged, or from another firmware.",
            Self::Truncated { .. } => "Read 3584 bytes (E00h).",
            Self::TooLong { .. } => "Use a shorter text; letters with accents count twice.",
            Self::ZeroByte { .. } => "Use printable characters only.",
            Self::NoSuchField { .. } => {
                "Start the device once with newer firmware, which brings the block up to date."
            }
            Self::OutOfRange { .. } => "Count from 0.",
            Self::PinLost { .. } => "Clear the pin first: the other chip doesn't have it.",
        })
    }
}
