use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::gzip;

/// The header of a file for an update over the air, and of a partition in flash.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | `RBL` 00 |
/// | 4 | 1 | encryption: 0 none, 1 XOR, 2 AES-256 |
/// | 5 | 1 | compression: 0 none, 1 gzip, 2 QuickLZ, 3 FastLZ |
/// | 8 | 4 | time, Unix seconds |
/// | 12 | 16 | partition: `app` |
/// | 28 | 24 | version |
/// | 52 | 24 | serial: 23 times `0` |
/// | 76 | 4 | CRC-32 of the package, which follows |
/// | 80 | 4 | FNV-1a of the raw image |
/// | 84 | 4 | size of the raw image |
/// | 88 | 4 | size of the package |
/// | 92 | 4 | CRC-32 of all before |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RblHeader<'a> {
    /// How the package is encrypted.
    pub encryption: Encryption,
    /// How the package is compressed.
    pub compression: Compression,
    /// Unix seconds.
    pub timestamp: u32,
    /// Checksum of the package.
    pub body_crc: u32,
    /// Hash of the raw image.
    pub raw_hash: u32,
    /// Size of the raw image.
    pub raw_size: u32,
    /// Size of the package.
    pub package_size: u32,
    /// The header's own checksum, as it stands there.
    pub header_crc: u32,
    bytes: &'a [u8; 96],
}

impl<'a> RblHeader<'a> {
    /// Reads a header; its checksum is not looked at: [`crc_fits`](Self::crc_fits) tells.
    ///
    /// # Errors
    ///
    /// If it begins with something else, or is too short.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RblError> {
        let start = bytes.get(..4).unwrap_or(bytes);
        if !b"RBL\0".starts_with(start) {
            return Err(RblError::BadMagic);
        }
        let header = bytes.first_chunk::<96>().ok_or(RblError::Truncated {
            found: bytes.len(),
            expected: 96,
        })?;
        let word = |at: usize| {
            let word = header
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .copied()
                .unwrap_or_default();
            u32::from_le_bytes(word)
        };
        Ok(Self {
            encryption: Encryption(header[4]),
            compression: Compression(header[5]),
            timestamp: word(8),
            body_crc: word(76),
            raw_hash: word(80),
            raw_size: word(84),
            package_size: word(88),
            header_crc: word(92),
            bytes: header,
        })
    }

    /// The partition that it is for: `app` or `bootloader`.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        self.text(12, 16)
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Cow<'a, str> {
        self.text(28, 24)
    }

    /// The serial number, which is always zeros.
    #[must_use]
    pub fn serial(&self) -> Cow<'a, str> {
        self.text(52, 24)
    }

    /// Whether the header's checksum is right. Garbage behind its texts counts.
    #[must_use]
    pub fn crc_fits(&self) -> bool {
        self.computed_crc() == self.header_crc
    }

    fn computed_crc(&self) -> u32 {
        crc32fast::hash(self.bytes.get(..92).unwrap_or_default())
    }

    fn text(&self, start: usize, size: usize) -> Cow<'a, str> {
        let field = self.bytes.get(start..start + size).unwrap_or_default();
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(size);
        String::from_utf8_lossy(field.get(..end).unwrap_or_default())
    }
}

/// How a package is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption(pub u8);

impl Encryption {
    /// Not at all.
    pub const NONE: Self = Self(0);
    /// AES-256-CBC.
    pub const AES: Self = Self(2);
}

/// How a package is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression(pub u8);

impl Compression {
    /// Not at all.
    pub const NONE: Self = Self(0);
    /// gzip.
    pub const GZIP: Self = Self(1);
}

/// The key of a package.
#[derive(Clone)]
pub struct RblKey {
    key: [u8; 32],
    iv: [u8; 16],
}

impl RblKey {
    /// The key of all public builds, which their build script contains.
    pub const PUBLIC: Self = Self {
        key: *b"0123456789ABCDEF0123456789ABCDEF",
        iv: *b"0123456789ABCDEF",
    };

    /// With a key and an initialisation vector.
    #[must_use]
    pub const fn new(key: [u8; 32], iv: [u8; 16]) -> Self {
        Self { key, iv }
    }
}

impl Drop for RblKey {
    fn drop(&mut self) {
        self.key.zeroize();
        self.iv.zeroize();
    }
}

impl ZeroizeOnDrop for RblKey {}

impl fmt::Debug for RblKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RblKey(..)")
    }
}

/// A file for an update over the air: header and package, their checksums right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rbl<'a> {
    /// The header.
    pub header: RblHeader<'a>,
    /// The package, encrypted and compressed.
    pub package: &'a [u8],
}

impl<'a> Rbl<'a> {
    /// Reads a file and checks what can be checked without its key. What follows the package is ignored.
    ///
    /// # Errors
    ///
    /// In this order: another file, too short for a header, a damaged header, too short for its package, a damaged
    /// package.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, RblError> {
        let header = RblHeader::parse(bytes)?;
        if !header.crc_fits() {
            return Err(RblError::HeaderCrc {
                stored: header.header_crc,
                computed: header.computed_crc(),
            });
        }
        let rest = bytes.get(96..).unwrap_or_default();
        let size = usize::try_from(header.package_size).unwrap_or(usize::MAX);
        let expected = size.saturating_add(96);
        let package = rest.get(..size).ok_or(RblError::Truncated {
            found: bytes.len(),
            expected,
        })?;
        let computed = crc32fast::hash(package);
        if computed != header.body_crc {
            return Err(RblError::BodyCrc {
                stored: header.body_crc,
                computed,
            });
        }
        Ok(Self { header, package })
    }

    /// Decrypts, unpacks and checks the raw image. Without a key only what isn't encrypted.
    ///
    /// # Errors
    ///
    /// If the key is missing or wrong, the package can't be unpacked to its size, or its hash is wrong.
    pub fn unpack(&self, key: Option<&RblKey>) -> Result<Cow<'a, [u8]>, RblError> {
        let header = &self.header;
        let packed: Cow<'a, [u8]> = match header.encryption {
            Encryption::NONE => Cow::Borrowed(self.package),
            Encryption::AES => {
                let key = key.ok_or(RblError::NoKey)?;
                let cipher = cbc::Decryptor::<Aes256>::new(&key.key.into(), &key.iv.into());
                let plain = cipher.decrypt_padded_vec::<Pkcs7>(self.package);
                Cow::Owned(plain.map_err(|_| RblError::Padding)?)
            }
            Encryption(number) => return Err(RblError::UnsupportedEncryption { number }),
        };
        let expected = header.raw_size;
        if expected > MAX_RAW {
            return Err(RblError::TooLarge {
                found: expected,
                limit: MAX_RAW,
            });
        }
        let size = usize::try_from(expected).unwrap_or(usize::MAX);
        let raw = match header.compression {
            Compression::NONE if packed.len() == size => packed,
            Compression::NONE => return Err(RblError::RawSize { expected }),
            Compression::GZIP => {
                Cow::Owned(gzip::unpack(&packed, size).ok_or(RblError::RawSize { expected })?)
            }
            Compression(number) => return Err(RblError::UnsupportedCompression { number }),
        };
        let computed = fnv1a(&raw);
        if computed != header.raw_hash {
            return Err(RblError::RawHash {
                stored: header.raw_hash,
                computed,
            });
        }
        Ok(raw)
    }
}

/// Makes files.
#[derive(Clone, Debug)]
pub struct RblBuilder<'a> {
    /// The partition, at most 16 bytes.
    pub name: &'a str,
    /// The version, at most 24 bytes.
    pub version: &'a str,
    /// Unix seconds.
    pub timestamp: u32,
    /// Whether to compress.
    pub gzip: bool,
    /// With which key to encrypt, if at all.
    pub key: Option<RblKey>,
}

impl RblBuilder<'_> {
    /// The file for a raw image. Texts that are too long are cut.
    #[must_use]
    pub fn build(&self, raw: &[u8]) -> Vec<u8> {
        let packed = if self.gzip { gzip::pack(raw) } else { raw.to_vec() };
        let package = match &self.key {
            None => packed,
            Some(key) => cbc::Encryptor::<Aes256>::new(&key.key.into(), &key.iv.into())
                .encrypt_padded_vec::<Pkcs7>(&packed),
        };
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        let mut file = Vec::with_capacity(96 + package.len());
        file.extend_from_slice(b"RBL\0");
        file.extend_from_slice(&[if self.key.is_some() { 2 } else { 0 }, u8::from(self.gzip), 0, 0]);
        file.extend_from_slice(&self.timestamp.to_le_bytes());
        for (text, size) in [
            (self.name, 16),
            (self.version, 24),
            ("00000000000000000000000", 24),
        ] {
            let mut field = text.as_bytes().to_vec();
            field.resize(size, 0);
            file.extend_from_slice(&field);
        }
        file.extend_from_slice(&crc32fast::hash(&package).to_le_bytes());
        file.extend_from_slice(&fnv1a(raw).to_le_bytes());
        file.extend_from_slice(&number(raw.len()));
        file.extend_from_slice(&number(package.len()));
        let crc = crc32fast::hash(&file);
        file.extend_from_slice(&crc.to_le_bytes());
        file.extend_from_slice(&package);
        file
    }
}

/// FNV-1a of 32 bits.
#[must_use]
pub fn fnv1a(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The package checksum of a partition in flash: of its raw bytes, then of so many bytes as the package is longer, each
/// of that value. `None` if the package is shorter, or longer by more than a byte can say.
#[must_use]
pub fn partition_crc(raw: &[u8], package_size: usize) -> Option<u32> {
    let more = u8::try_from(package_size.checked_sub(raw.len())?).ok()?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(raw);
    for _ in 0..more {
        hasher.update(&[more]);
    }
    Some(hasher.finalize())
}

/// A file that isn't right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RblError {
    /// It doesn't begin with `RBL`.
    #[error("no RBL file")]
    BadMagic,
    /// Too short for its header or its package.
    #[error("the file has {found} bytes, its header says {expected}")]
    Truncated {
        /// What was there.
        found: usize,
        /// What must be.
        expected: usize,
    },
    /// The header is damaged.
    #[error("the header's CRC is {computed:08x}, it says {stored:08x}")]
    HeaderCrc {
        /// What it says.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
    /// The package is damaged.
    #[error("the package's CRC is {computed:08x}, the header says {stored:08x}")]
    BodyCrc {
        /// What the header says.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
    /// It is encrypted, and no key was given.
    #[error("the package is encrypted, and there is no key")]
    NoKey,
    /// Decryption gave nonsense.
    #[error("decrypted with this key the package has no right end")]
    Padding,
    /// Unpacked it has another size.
    #[error("the package doesn't unpack to the {expected} bytes that the header says")]
    RawSize {
        /// What the header says.
        expected: u32,
    },
    /// No image is so large.
    #[error("an image of {found} bytes is too large, the most is {limit}")]
    TooLarge {
        /// What the header says.
        found: u32,
        /// The most that is unpacked.
        limit: u32,
    },
    /// The raw image isn't what was packed.
    #[error("the image's hash is {computed:08x}, the header says {stored:08x}")]
    RawHash {
        /// What the header says.
        stored: u32,
        /// What it should be.
        computed: u32,
    },
    /// XOR, or what nobody knows.
    #[error("encryption {number} is not supported")]
    UnsupportedEncryption {
        /// Its number.
        number: u8,
    },
    /// QuickLZ, FastLZ, or what nobody knows.
    #[error("compression {number} is not supported")]
    UnsupportedCompression {
        /// Its number.
        number: u8,
    },
}

impl RblError {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BadMagic => "bad_magic",
            Self::Truncated { .. } => "truncated",
            Self::HeaderCrc { .. } => "header_crc",
            Self::BodyCrc { .. } => "body_crc",
            Self::NoKey => "no_key",
            Self::Padding => "padding",
            Self::RawSize { .. } => "raw_size",
            Self::TooLarge { .. } => "too_large",
            Self::RawHash { .. } => "raw_hash",
            Self::UnsupportedEncryption { .. } | Self::UnsupportedCompression { .. } => "unsupported",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::BadMagic => "Take the file whose name ends in `.rbl`.",
            Self::Truncated { .. } | Self::HeaderCrc { .. } | Self::BodyCrc { .. } => {
                "Download the file again, and compare its size with the one on the page."
            }
            Self::NoKey => "Give the key; that of public builds is `RblKey::PUBLIC`.",
            Self::Padding | Self::RawSize { .. } | Self::RawHash { .. } => {
                "It is made with another key, for other firmware than OpenBeken's: don't send it."
            }
            Self::TooLarge { .. } => "No module has so much flash: don't send it.",
            Self::UnsupportedEncryption { .. } | Self::UnsupportedCompression { .. } => {
                "It is not made by OpenBeken's build, which uses AES and gzip: don't send it."
            }
        })
    }
}

const MAX_RAW: u32 = 8 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn builder(gzip: bool, key: Option<RblKey>) -> RblBuilder<'static> {
        RblBuilder {
            name: "app",
            version: "1.18.100",
            timestamp: 1_700_000_000,
            gzip,
            key,
        }
    }

    #[test]
    fn files_come_back_in_all_four_forms() {
        let raw: Vec<u8> = (0..5000_u32).map(|i| ((i * i) >> 3) as u8).collect();
        for gzip in [false, true] {
            for key in [None, Some(RblKey::PUBLIC)] {
                let file = builder(gzip, key.clone()).build(&raw);
                let rbl = Rbl::parse(&file).unwrap();
                assert_eq!(
                    (rbl.header.name().as_ref(), rbl.header.version().as_ref()),
                    ("app", "1.18.100")
                );
                assert_eq!(rbl.unpack(key.as_ref()).unwrap(), raw);
                if key.is_some() {
                    assert_eq!(rbl.unpack(None), Err(RblError::NoKey));
                    assert!(rbl.unpack(Some(&RblKey::new([1; 32], [2; 16]))).is_err());
                }
            }
        }
    }

    #[test]
    fn every_damaged_byte_is_found() {
        let file = builder(true, None).build(b"some image or other");
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 0x40;
            assert!(Rbl::parse(&damaged).is_err(), "{at}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut file = builder(true, None).build(&[0; 100_000]);
        file[84..88].copy_from_slice(&u32::MAX.to_le_bytes());
        let crc = crc32fast::hash(&file[..92]);
        file[92..96].copy_from_slice(&crc.to_le_bytes());
        assert!(matches!(
            Rbl::parse(&file).unwrap().unpack(None),
            Err(RblError::TooLarge { .. })
        ));
        file[84..88].copy_from_slice(&1000_u32.to_le_bytes());
        let crc = crc32fast::hash(&file[..92]);
        file[92..96].copy_from_slice(&crc.to_le_bytes());
        assert!(matches!(
            Rbl::parse(&file).unwrap().unpack(None),
            Err(RblError::RawSize { expected: 1000 })
        ));
    }
}
