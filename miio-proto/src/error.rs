//! Errors of packets, each with the figures that matter and a remedy.

/// A datagram that is no frame, or not the frame that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Less than a header.
    #[error("{found} bytes are too few for a frame, its header alone has 32")]
    TooShort {
        /// What was there.
        found: usize,
    },
    /// The first two bytes aren't 0x2131.
    #[error("the datagram starts with {found:#06x} instead of 0x2131")]
    BadMagic {
        /// What was there.
        found: u16,
    },
    /// The length field says less than a header.
    #[error("the length field says {declared}, less than the header's 32 bytes")]
    BadLength {
        /// What the field says.
        declared: u16,
    },
    /// The datagram ends before the frame does.
    #[error("the length field says {declared}, but only {found} bytes arrived")]
    Truncated {
        /// What the field says.
        declared: u16,
        /// What was there.
        found: usize,
    },
    /// A frame with a payload where the reply to a hello was expected.
    #[error("a frame of {length} bytes is no reply to a hello, which has 32")]
    NotHelloReply {
        /// The frame's length.
        length: usize,
    },
    /// A hello itself: the client's own broadcast that came back, or another client's.
    #[error("this is a hello, not the reply to one")]
    HelloRequest,
}

impl FrameError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::BadMagic { .. } => {
                Some("Something else answers on this port: check that the address is the device's.")
            }
            Self::Truncated { .. } => Some("Receive into a larger buffer: at least 2048 bytes."),
            Self::HelloRequest => {
                Some("A broadcast came back: drop what comes from this host's own address and port.")
            }
            Self::TooShort { .. } | Self::BadLength { .. } | Self::NotHelloReply { .. } => None,
        }
    }
}

/// A frame that can't be opened. Nothing is decrypted before the checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// A hello or the reply to one: there is nothing to decrypt.
    #[error("the frame has no payload")]
    NoPayload,
    /// The checksum is wrong: another token, or a damaged frame.
    #[error("the checksum doesn't fit the token")]
    Checksum,
    /// The checksum is right, but the ciphertext isn't whole blocks.
    #[error("a ciphertext of {found} bytes isn't a positive multiple of 16")]
    CiphertextLength {
        /// What was there.
        found: usize,
    },
    /// The checksum is right, but the plaintext's padding isn't PKCS#7.
    #[error("the padding of the plaintext is wrong")]
    Padding,
}

impl DecryptError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Checksum => Some(
                "If it goes on, the token is wrong: it changes at every reset and often at a change of Wi-Fi, so \
                 read it again.",
            ),
            Self::CiphertextLength { .. } | Self::Padding => {
                Some("The sender has the token but encrypts wrongly: update its firmware or emulator.")
            }
            Self::NoPayload => None,
        }
    }
}

/// Something that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The frame would be longer than its length field can say.
    #[error("a payload of {found} bytes doesn't fit into a frame, which carries at most {limit}")]
    TooLong {
        /// The payload.
        found: usize,
        /// The largest one that fits.
        limit: usize,
    },
}

impl EncodeError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Split the request: many devices don't take more than 1024 bytes at once.")
    }
}
