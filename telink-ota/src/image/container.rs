//! Xiaomi's signed container behind stock images ("MI FOTA").
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0x00 | 4 | zeros |
//! | 0x04 | 8 | `4d 49 ef 54 46 4f 54 41` |
//! | 0x0c | 4 | `82 56 26 47` |
//! | 0x10 | 2 | header length: where the certificates start |
//! | 0x12 | 2 | product id |
//! | 0x14 | 4 | length of the image |
//! | 0x18 | 4 | length of the certificates |
//! | 0x1c | .. | type, length, value: 1 version, 4 model, 5 product id; others are skipped |
//! | header length - 4 | 4 | [`Crc32::container`] of image and header up to here |
//! | header length | .. | two PEM certificates: intermediate, then leaf |
//! | | 70 to 72 | ECDSA signature, DER: P-256 with SHA-256 over image and header |
//! | | 0 to 15 | 0xFF |
//!
//! The leaf's key signs the firmware, the intermediate signs the leaf, and [Xiaomi's root key](XIAOMI_ROOT)
//! signs the intermediate. Dates aren't checked: a device has no clock either.

use core::fmt;

use arrayvec::ArrayString;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::certificate::Certificate;
use crate::crc::Crc32;
use crate::source::{ReadError, Source, for_each_block};

/// A container, and which of its three proofs hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Container {
    /// The length of its header.
    pub header_length: u16,
    /// Xiaomi's product id: 0x055b is the LYWSD03MMC.
    pub product_id: u16,
    /// The length of the image before it.
    pub firmware_length: u32,
    /// The length of the certificates.
    pub certificate_length: u32,
    /// The model, such as `miaomiaoce.sensor_ht.t2`.
    pub model: Option<ArrayString<64>>,
    /// The firmware's version.
    pub version: Option<Version>,
    /// The checksum of image and header is right.
    pub header_crc_ok: bool,
    /// The root key signed the intermediate certificate, and that the leaf.
    pub chain_ok: bool,
    /// The leaf's key signed image and header.
    pub signature_ok: bool,
}

impl Container {
    /// Whether all three proofs hold, so that Xiaomi made it and nobody changed it.
    #[must_use]
    pub const fn is_genuine(&self) -> bool {
        self.header_crc_ok && self.chain_ok && self.signature_ok
    }
}

/// The version of stock firmware, which prints as `2.1.1_0159`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Major, minor, patch.
    pub numbers: [u8; 3],
    /// The build.
    pub build: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}_{:04}", self.build)
    }
}

/// The public key that ends the chain: X and Y of a point on P-256, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootKey(pub [u8; 64]);

/// The key of Xiaomi's root certificate, as its open device SDK has it.
pub const XIAOMI_ROOT: RootKey = RootKey([
    0xbe, 0xf5, 0x8b, 0x02, 0xda, 0xe3, 0xff, 0xf8, 0x54, 0x1a, 0xa0, 0x44, 0x8f, 0xba, 0xc4, 0x4d, 0xb7,
    0xc6, 0x9a, 0x2f, 0xa8, 0xf0, 0xb1, 0xb6, 0xff, 0x7a, 0xd9, 0x51, 0xdb, 0x66, 0x28, 0xfa, 0xd7, 0xf0,
    0x20, 0xea, 0x39, 0xa2, 0xee, 0x86, 0x7f, 0xdd, 0x78, 0x3f, 0xdc, 0x2f, 0xb0, 0x86, 0x09, 0x5c, 0xc2,
    0x85, 0x04, 0x13, 0xa2, 0x80, 0x2c, 0x62, 0x7d, 0xbd, 0xc7, 0x15, 0xf4, 0xf9,
]);

/// Reads the container behind the image of `size` bytes and evaluates its three proofs, each for itself.
pub fn verify<S: Source>(source: &mut S, size: u32, root: &RootKey) -> Result<Container, ContainerError> {
    let (head, room) = Head::read(source, size)?;
    let fields = head.read_fields(source, size)?;
    let signed_end = size + u32::from(head.header_length);
    let signature = SignatureBytes::read(source, signed_end, head.certificate_length, room)?;
    if head.firmware_length != size {
        return Err(ContainerError::FirmwareLength {
            declared: head.firmware_length,
            size,
        });
    }
    if let Some(listed) = fields.product_id
        && listed != u32::from(head.product_id)
    {
        return Err(ContainerError::ProductId {
            header: head.product_id,
            listed,
        });
    }

    let (crc, digest) = checksum_and_digest(source, signed_end)?;
    let mut stored = [0; 4];
    source.read(signed_end - 4, &mut stored)?;
    let (chain_ok, signature_ok) = prove(source, &head, signed_end, &digest, &signature, root)?;
    Ok(Container {
        header_length: head.header_length,
        product_id: head.product_id,
        firmware_length: head.firmware_length,
        certificate_length: head.certificate_length,
        model: fields.model,
        version: fields.version,
        header_crc_ok: crc == u32::from_le_bytes(stored),
        chain_ok,
        signature_ok,
    })
}

/// Whether a container starts at `offset`.
pub(super) fn is_at<S: Source>(source: &mut S, offset: u32) -> Result<bool, ReadError> {
    if source.len().saturating_sub(offset) < 12 {
        return Ok(false);
    }
    let mut magic = [0; 8];
    source.read(offset + 4, &mut magic)?;
    Ok(magic == MAGIC)
}

/// The fixed part of the header.
struct Head {
    header_length: u16,
    product_id: u16,
    firmware_length: u32,
    certificate_length: u32,
}

impl Head {
    /// The head, and how many bytes there are from the start of the container.
    fn read<S: Source>(source: &mut S, size: u32) -> Result<(Self, u32), ContainerError> {
        if !is_at(source, size)? {
            return Err(ContainerError::None);
        }
        let room = source.len() - size;
        let mut constant = [0; 4];
        if room >= 16 {
            source.read(size + 12, &mut constant)?;
        }
        if constant != CONSTANT {
            return Err(ContainerError::Magic { found: constant });
        }
        let mut head = [0; 12];
        if room < FIELDS {
            return Err(ContainerError::Size {
                needed: FIELDS,
                available: room,
            });
        }
        source.read(size + 16, &mut head)?;
        let [h0, h1, p0, p1, f0, f1, f2, f3, c0, c1, c2, c3] = head;
        let head = Self {
            header_length: u16::from_le_bytes([h0, h1]),
            product_id: u16::from_le_bytes([p0, p1]),
            firmware_length: u32::from_le_bytes([f0, f1, f2, f3]),
            certificate_length: u32::from_le_bytes([c0, c1, c2, c3]),
        };
        let header_length = u32::from(head.header_length);
        if header_length < FIELDS + 4 || header_length > room {
            return Err(ContainerError::Size {
                needed: header_length.max(FIELDS + 4),
                available: room,
            });
        }
        Ok((head, room))
    }

    /// The fields between head and checksum; unknown types are skipped.
    fn read_fields<S: Source>(&self, source: &mut S, size: u32) -> Result<Fields, ContainerError> {
        let end = u32::from(self.header_length) - 4;
        let mut fields = Fields::default();
        let mut offset = FIELDS;
        while offset < end {
            let mut head = [0; 2];
            let needed = offset + 2;
            if needed > end {
                return Err(ContainerError::Size {
                    needed,
                    available: end,
                });
            }
            source.read(size + offset, &mut head)?;
            let [kind, length] = head;
            let needed = needed + u32::from(length);
            if needed > end {
                return Err(ContainerError::Size {
                    needed,
                    available: end,
                });
            }
            let mut value = [0; 255];
            let value = value.get_mut(..usize::from(length)).unwrap_or_default();
            source.read(size + offset + 2, value)?;
            fields.take(kind, value);
            offset = needed;
        }
        Ok(fields)
    }
}

#[derive(Default)]
struct Fields {
    model: Option<ArrayString<64>>,
    version: Option<Version>,
    product_id: Option<u32>,
}

impl Fields {
    fn take(&mut self, kind: u8, value: &[u8]) {
        match (kind, value) {
            (1, &[major, minor, patch, low, high]) => {
                self.version = Some(Version {
                    numbers: [major, minor, patch],
                    build: u16::from_le_bytes([low, high]),
                });
            }
            (4, model) => {
                let text = core::str::from_utf8(model).ok();
                self.model = text.and_then(|text| ArrayString::from(text).ok());
            }
            (5, &[a, b, c, d]) => self.product_id = Some(u32::from_le_bytes([a, b, c, d])),
            _ => {}
        }
    }
}

/// A DER signature of ECDSA on P-256: at most 72 bytes.
struct SignatureBytes {
    bytes: [u8; 72],
    length: usize,
}

impl SignatureBytes {
    fn read<S: Source>(
        source: &mut S,
        signed_end: u32,
        certificate_length: u32,
        room: u32,
    ) -> Result<Self, ContainerError> {
        let available = source.len();
        let too_long = |needed| ContainerError::Size {
            needed,
            available: room,
        };
        let start = signed_end
            .checked_add(certificate_length)
            .ok_or(too_long(u32::MAX))?;
        if start.checked_add(2).is_none_or(|end| end > available) {
            return Err(too_long(start.saturating_add(2)));
        }
        let mut head = [0; 2];
        source.read(start, &mut head)?;
        let [tag, length] = head;
        let mut signature = Self {
            bytes: [0; 72],
            length: 0,
        };
        if tag != 0x30 || length > 70 {
            // No signature, but a container all the same: `signature_ok` says so.
            return Ok(signature);
        }
        signature.length = usize::from(length) + 2;
        let end = start.saturating_add(signature.length as u32);
        if end > available {
            return Err(too_long(end));
        }
        source.read(
            start,
            signature.bytes.get_mut(..signature.length).unwrap_or_default(),
        )?;
        Ok(signature)
    }

    fn parse(&self) -> Option<Signature> {
        Signature::from_der(self.bytes.get(..self.length)?).ok()
    }
}

/// One pass over image and header: the CRC32 up to the stored one, and the digest of all.
fn checksum_and_digest<S: Source>(source: &mut S, signed_end: u32) -> Result<(u32, [u8; 32]), ReadError> {
    let mut crc = Crc32::container();
    let mut digest = Sha256::new();
    for_each_block(source, 0, signed_end - 4, |block| {
        crc.update(block);
        digest.update(block);
    })?;
    for_each_block(source, signed_end - 4, signed_end, |block| digest.update(block))?;
    Ok((crc.value(), digest.finalize().into()))
}

/// Whether the chain holds, and whether the leaf's key signed the digest.
fn prove<S: Source>(
    source: &mut S,
    head: &Head,
    certificates: u32,
    digest: &[u8; 32],
    signature: &SignatureBytes,
    root: &RootKey,
) -> Result<(bool, bool), ReadError> {
    let mut pem = [0; CERTIFICATES];
    let Some(pem) = pem.get_mut(..head.certificate_length as usize) else {
        return Ok((false, false));
    };
    source.read(certificates, pem)?;
    let Some((first, second)) = split_pem(pem) else {
        return Ok((false, false));
    };
    let (mut first_der, mut second_der) = ([0; CERTIFICATES / 2], [0; CERTIFICATES / 2]);
    let intermediate = Certificate::from_pem(first, &mut first_der);
    let leaf = Certificate::from_pem(second, &mut second_der);
    let leaf_key = leaf.as_ref().and_then(Certificate::key);
    let signature_ok = leaf_key
        .zip(signature.parse())
        .is_some_and(|(key, signature)| key.verify_prehash(digest, &signature).is_ok());
    let chain_ok = intermediate.as_ref().is_some_and(|intermediate| {
        let root = root.key().is_some_and(|root| intermediate.is_signed_by(&root));
        let link = intermediate.key().zip(leaf.as_ref());
        root && link.is_some_and(|(key, leaf)| leaf.is_signed_by(&key))
    });
    Ok((chain_ok, signature_ok))
}

impl RootKey {
    fn key(&self) -> Option<VerifyingKey> {
        let mut point = [4; 65];
        point.get_mut(1..)?.copy_from_slice(&self.0);
        VerifyingKey::from_sec1_bytes(&point).ok()
    }
}

fn split_pem(pem: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = pem.windows(PEM_END.len()).position(|window| window == PEM_END)?;
    let (first, rest) = pem.split_at_checked(end + PEM_END.len())?;
    let start = rest.iter().position(|&byte| byte == b'-')?;
    Some((first, rest.get(start..)?))
}

/// What looks like a container and isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// There is none.
    #[error("no signed container behind the image")]
    None,
    /// The constant behind the mark is another one.
    #[error("{found:02x?} where the container has 82 56 26 47")]
    Magic {
        /// What stands there.
        found: [u8; 4],
    },
    /// A length beyond the file.
    #[error("the container needs {needed} bytes, there are {available}")]
    Size {
        /// What it needs.
        needed: u32,
        /// What there is.
        available: u32,
    },
    /// It belongs to an image of another length.
    #[error("the container is for an image of {declared} bytes, this one has {size}")]
    FirmwareLength {
        /// In the container.
        declared: u32,
        /// Of the image.
        size: u32,
    },
    /// It names two products.
    #[error("the container names product {header:#06x} in its header and {listed:#06x} in its list")]
    ProductId {
        /// In the header.
        header: u16,
        /// In the list.
        listed: u32,
    },
    /// The source failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ContainerError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "no_container",
            Self::Magic { .. } => "bad_container_magic",
            Self::Size { .. } => "bad_container_size",
            Self::FirmwareLength { .. } => "firmware_len_mismatch",
            Self::ProductId { .. } => "product_id_mismatch",
            Self::Read(_) => "read",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::None => Some("Only devices with firmware 2.1.1_0159 or MJWSD06MMC demand a signed image."),
            Self::Read(_) => None,
            _ => Some(
                "The container isn't Xiaomi's own: a device that demands a signature will most likely refuse \
                 the file. Take one that is reported as genuine.",
            ),
        }
    }
}

const MAGIC: [u8; 8] = *b"MI\xefTFOTA";
const CONSTANT: [u8; 4] = [0x82, 0x56, 0x26, 0x47];
/// Where the fields start.
const FIELDS: u32 = 0x1c;
/// Room for both certificates as PEM: real ones have 942 bytes together.
const CERTIFICATES: usize = 2048;
const PEM_END: &[u8] = b"-----END CERTIFICATE-----";
