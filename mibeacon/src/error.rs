//! Errors, each with the figures that matter and a remedy.

use macaddr::MacAddr6;

/// Bytes that don't form the format they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Fewer bytes than the format's minimum.
    #[error("{found} bytes are too few, this format has at least {expected}")]
    TooShort {
        /// The minimum.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// The frame announces a field that it doesn't hold.
    #[error("the frame ends inside its {field}, which starts at offset {offset}")]
    Truncated {
        /// Which field.
        field: Field,
        /// Where it would start.
        offset: usize,
    },
    /// An object is longer than what is left of the frame. The objects before it are good.
    #[error("object {id:#06x} at offset {offset} announces {declared} bytes, {available} are left")]
    TruncatedObject {
        /// The object's id.
        id: u16,
        /// Where it starts, from the first object.
        offset: usize,
        /// The length that it announces.
        declared: u8,
        /// What is left.
        available: usize,
    },
    /// An object of unknown id, whose length isn't known either. The objects before it are good.
    #[error("object {id:#04x} at offset {offset} is unknown, and so is its length")]
    UnknownObject {
        /// The object's id.
        id: u16,
        /// Where it starts, from the first object.
        offset: usize,
    },
    /// An AD structure is longer than what is left of the advertisement. The ones before it are good.
    #[error("the AD structure at offset {offset} announces {declared} bytes, {available} are left")]
    TruncatedAd {
        /// Where its length byte is.
        offset: usize,
        /// The length that it announces.
        declared: u8,
        /// What is left.
        available: usize,
    },
    /// A format of fixed length with another length.
    #[error("{found} bytes where this format has exactly {expected}")]
    BadLength {
        /// The length of the format.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// Service data 0x181A whose length belongs to none of its formats.
    #[error("{found} bytes are none of the lengths of ATC and pvvx (8, 11, 13, 14, 15)")]
    UnknownLength {
        /// What was there.
        found: usize,
    },
    /// A BTHome version other than 2 under the UUID of version 2.
    #[error("BTHome version {version} isn't supported under UUID 0xFCD2, only 2 is")]
    UnsupportedVersion {
        /// What was there.
        version: u8,
    },
    /// A capture of a sniffer whose format isn't known.
    #[error("version {version} of the sniffer's capture format is unknown")]
    SnifferVersion {
        /// What was there.
        version: u8,
    },
    /// The frame's MAC differs from the address that sent it.
    #[error("the frame carries MAC {frame}, but {host} sent it")]
    MacMismatch {
        /// In the frame.
        frame: MacAddr6,
        /// The sender's address.
        host: MacAddr6,
    },
}

impl ParseError {
    /// Where in the bytes the fault is.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match *self {
            Self::Truncated { offset, .. }
            | Self::TruncatedObject { offset, .. }
            | Self::UnknownObject { offset, .. }
            | Self::TruncatedAd { offset, .. } => offset,
            Self::TooShort { found, .. } | Self::BadLength { found, .. } | Self::UnknownLength { found } => {
                found
            }
            Self::UnsupportedVersion { .. } | Self::SnifferVersion { .. } | Self::MacMismatch { .. } => 0,
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::UnknownLength { .. } => Some(
                "Another product uses UUID 0x181A too (b-parasite soil sensors send 16 or 18 bytes); if this is a \
                 pvvx thermometer, update its firmware.",
            ),
            Self::UnsupportedVersion { .. } => {
                Some("Update the device's firmware to one that sends BTHome version 2.")
            }
            Self::SnifferVersion { .. } => {
                Some("Capture with link type 256 (Bluetooth LE with pseudo-header) instead.")
            }
            Self::MacMismatch { .. } => Some(
                "Somebody repeats another device's frames, or the host reports a random address: use the \
                 device's public address.",
            ),
            Self::UnknownObject { .. } => Some(
                "The device sends an object that is newer than this crate, or none of BTHome; the objects before it \
                 were read.",
            ),
            Self::TruncatedObject { .. } => Some(
                "The packet was cut off, or old custom firmware announces wrong lengths; the objects before the fault \
                 were read.",
            ),
            Self::Truncated { .. }
            | Self::TooShort { .. }
            | Self::TruncatedAd { .. }
            | Self::BadLength { .. } => None,
        }
    }
}

/// The part of a frame that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// The 6 bytes of the MAC.
    Mac,
    /// The capability byte.
    Capability,
    /// The 2 bytes of the I/O capability.
    IoCapability,
    /// The 2 bytes of mesh information.
    MeshInfo,
    /// A plain object: at least 3 bytes.
    Object,
    /// Encrypted objects, extended counter and MIC.
    EncryptedObject,
    /// An advertising report of an HCI event.
    AdvertisingReport,
    /// The payload of an advertising channel PDU.
    AdvertisingPdu,
    /// The extended header of an advertising channel PDU.
    ExtendedHeader,
    /// The header that a sniffer puts before a packet.
    CaptureHeader,
}

impl core::fmt::Display for Field {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Mac => "MAC",
            Self::Capability => "capability",
            Self::IoCapability => "I/O capability",
            Self::MeshInfo => "mesh information",
            Self::Object => "object",
            Self::EncryptedObject => "encrypted object",
            Self::AdvertisingReport => "advertising report",
            Self::AdvertisingPdu => "advertising PDU",
            Self::ExtendedHeader => "extended header",
            Self::CaptureHeader => "capture header",
        })
    }
}

/// A payload that can't be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// Neither the frame nor the host says which device sent it.
    #[error("the sender's MAC is unknown, and decryption needs it")]
    MacUnknown,
    /// The scheme needs a longer key.
    #[error("the bind key has {found} bytes where {expected} are needed")]
    KeyTooShort {
        /// What the scheme needs.
        expected: usize,
        /// What the key has.
        found: usize,
    },
    /// The caller's buffer is shorter than the plaintext.
    #[error("the plaintext needs {needed} bytes, the buffer has {available}")]
    BufferTooSmall {
        /// What is needed.
        needed: usize,
        /// What the buffer has.
        available: usize,
    },
    /// The tag is wrong: wrong key, wrong MAC, or a packet that the radio damaged.
    #[error("the packet doesn't authenticate with this bind key")]
    Authentication,
    /// The frame is plain: there is nothing to decrypt, and nothing proves who sent it.
    #[error("the frame isn't encrypted")]
    NotEncrypted,
}

impl DecryptError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::MacUnknown => {
                "Hand in the device's public address: this host hides it or reports a random private one."
            }
            Self::KeyTooShort { .. } => {
                "A key of 12 bytes belongs to an old Yeelight remote; this firmware has a key of its own, \
                 16 bytes or 32 hex digits, which its configuration page shows."
            }
            Self::BufferTooSmall { .. } => "Hand in a buffer of 255 bytes: no service data is longer.",
            Self::Authentication => {
                "If it goes on, the key is another device's or the device was paired again since: fetch the key \
                 again."
            }
            Self::NotEncrypted => {
                "Don't trust it where a key is known: somebody may forge it, unless encryption was switched off \
                 on the device."
            }
        })
    }
}

/// Text or bytes that are no bind key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither 16 nor 12 bytes.
    #[error("a bind key has 16 bytes (32 hex digits) or 12 bytes (24 hex digits), this has {found} bytes")]
    Length {
        /// What was there, in bytes.
        found: usize,
    },
    /// An odd number of hex digits.
    #[error("a bind key has 32 or 24 hex digits, this has {digits}")]
    OddDigits {
        /// What was there.
        digits: usize,
    },
    /// Something that is no hex digit.
    #[error("a bind key consists of hex digits only (0-9, a-f)")]
    NotHex,
}

impl KeyError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Length { .. } | Self::OddDigits { .. } => {
                "Copy the whole key: 32 hex digits, or 24 for old Yeelight remotes. A token of 12 bytes is no \
                 bind key."
            }
            Self::NotHex => "Copy only the key's hex digits, without quotes, spaces or a name.",
        })
    }
}

/// Something that can't be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output buffer is full.
    #[error("the output needs {needed} bytes, the buffer has {available}")]
    BufferTooSmall {
        /// What is needed up to where it stopped.
        needed: usize,
        /// What the buffer has.
        available: usize,
    },
    /// A value outside the range of its field.
    #[error("the value doesn't fit into object {id:#04x}")]
    OutOfRange {
        /// The object's id.
        id: u16,
    },
    /// No such object, or one that can't carry such a value.
    #[error("object {id:#04x} is unknown or doesn't carry such a value")]
    UnknownObject {
        /// The object's id.
        id: u16,
    },
    /// A text or an object with more than 255 bytes, or more than the format has room for.
    #[error("{found} bytes are too long, the limit is {limit}")]
    TooLong {
        /// What was there.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A number above what its field holds.
    #[error("{found} is too large, its field holds at most {limit}")]
    TooLarge {
        /// What was asked for.
        found: u32,
        /// The largest value of the field.
        limit: u32,
    },
    /// The counter was used before with this key; a second plaintext under it would reveal both.
    #[error("counter {counter} isn't above {last}, the last one used with this key")]
    NonceReuse {
        /// What was asked for.
        counter: u32,
        /// The last one used.
        last: u32,
    },
    /// The key doesn't suit the scheme.
    #[error("the bind key has {found} bytes where {expected} are needed")]
    KeyTooShort {
        /// What the scheme needs.
        expected: usize,
        /// What the key has.
        found: usize,
    },
    /// Fields that exclude each other.
    #[error("{0}")]
    Conflict(&'static str),
}

impl EncodeError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BufferTooSmall { .. } => {
                "Hand in a larger buffer: 31 bytes for legacy, 255 for extended adverts."
            }
            Self::OutOfRange { .. } => "Choose an object with a wider range, or clamp the value first.",
            Self::UnknownObject { .. } => "Look the object up in the format's table.",
            Self::TooLarge { .. } => "Clamp the value first.",
            Self::TooLong { .. } => "Send fewer objects an advert, or use extended advertising.",
            Self::NonceReuse { .. } => {
                "Send the same bytes again for a repeat; for new data continue above the last counter, and store \
                 it where it survives a restart."
            }
            Self::KeyTooShort { .. } => "Use a key of 16 bytes.",
            Self::Conflict(_) => return None,
        })
    }
}
