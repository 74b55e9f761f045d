//! Why a message can't be encrypted or decrypted.

/// Why a message can't be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UartError {
    /// Another length than there must be.
    #[error("{found} bytes where {expected} are due")]
    BadLength {
        /// What is due: the least, the most, or what the length byte says.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// Neither `55 ab` at the start of a packet nor `55 aa` at the start of a message.
    #[error("there is no header at the start")]
    BadHeader,
    /// The sum is wrong: the radio or the reassembly damaged the packet.
    #[error("the checksum is wrong")]
    BadChecksum,
    /// The tag is wrong: other keys, or a replay.
    #[error("the packet doesn't authenticate with this session's keys")]
    BadTag,
    /// All 2³² counters are used.
    #[error("all counters of this session are used")]
    CountersUsedUp,
}

impl UartError {
    /// A short name that never changes, for logs and for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadLength { .. } => "bad_length",
            Self::BadHeader => "bad_header",
            Self::BadChecksum => "bad_checksum",
            Self::BadTag => "bad_tag",
            Self::CountersUsedUp => "counters_used_up",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadLength { .. } | Self::BadHeader => {
                "Put the pieces of 20 bytes together first, and keep notifications of other characteristics out."
            }
            Self::BadChecksum => return None,
            Self::BadTag | Self::CountersUsedUp => "Log in again: that makes new keys.",
        })
    }
}
