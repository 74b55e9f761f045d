//! Firmware images: what a file is, for which hardware, and whether it is genuine.
//!
//! The header of every Telink image, numbers little-endian:
//!
//! | offset | size | field | |
//! |---|---|---|---|
//! | 0x00 | 2 | branch instruction | not checked |
//! | 0x02 | 4 | file version | 0 on stock thermometers, 0x99993001 on pvvx |
//! | 0x06 | 2 | `5d 02` | the image carries a CRC32; without it no device looks at it |
//! | 0x08 | 4 | `4b 4e 4c 54` "KNLT" | byte 8 is the boot flag |
//! | 0x12 | 2 | manufacturer code | 0x1141 on pvvx, 0 on stock thermometers |
//! | 0x14 | 2 | image type | 0x0200 + hardware id on pvvx |
//! | 0x18 | 4 | size | with the CRC32 at its end; 4 mod 16 |
//! | size - 4 | 4 | CRC32 | [`Crc32::telink`] of all before |
//!
//! After `size` may come filling, or [Xiaomi's signed container](container). The whole may be inside a
//! [Zigbee OTA file](zigbee).
//!
//! ```
//! use telink_ota::image::{self, Family};
//!
//! # let hex = "2680013099995d024b4e4c545b078800868041110a020000340000000000000002ca4b5362550d79e5c6401a7e94adafed9dad2a";
//! # let file: Vec<u8> = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
//! // 2680 01309999 5d02 4b4e4c54 5b078800 8680 4111 0a02 0000 34000000 …
//! let image = image::inspect(file.as_slice())?;
//! assert_eq!(image.header.size, 52);
//! assert_eq!(image.header.image_type, 0x020a);
//! assert_eq!(image.family(), Family::Pvvx { hardware_id: 10 });
//! # Ok::<(), image::ImageError>(())
//! ```

mod builder;
mod certificate;
pub mod container;
mod strings;
pub mod zigbee;

pub use builder::{Declaration, finish};
pub use container::{Container, ContainerError, Version};
pub use strings::{Strings, find_strings};

use crate::crc::Crc32;
use crate::hardware::PVVX_MANUFACTURER;
use crate::source::{Part, ReadError, Source, for_each_block};
use container::RootKey;

/// Everything that a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Image {
    /// The header.
    pub header: Header,
    /// The CRC32, which was found to be right.
    pub crc32: u32,
    /// The bytes that are sent before the last PDU is filled: image and trailer, without a wrapper.
    pub payload_length: u32,
    /// What follows the image.
    pub trailer: Trailer,
    /// The Zigbee OTA file around it.
    pub wrapper: Option<zigbee::Wrapper>,
    /// Xiaomi's signed container, or why what looks like one isn't.
    pub container: Option<Result<Container, ContainerError>>,
}

/// The fields of the first 28 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Stack and application version.
    pub file_version: u32,
    /// The bytes at 0x06: `5d 02` demands that the device checks the CRC32.
    pub check_flag: [u8; 2],
    /// The manufacturer code: 0x1141 is Telink's, which pvvx uses.
    pub manufacturer: u16,
    /// The image type: 0x0200 + hardware id with pvvx.
    pub image_type: u16,
    /// The length of the image, in bytes, with its CRC32.
    pub size: u32,
}

impl Header {
    /// The header of the first bytes of an image: no checksum, no length, only what stands there.
    pub fn parse(bytes: &[u8; 36]) -> Result<Self, ImageError> {
        let magic = field::<4>(bytes, 8);
        if magic != MAGIC {
            return Err(ImageError::BadMagic { found: magic });
        }
        Ok(Self {
            file_version: u32::from_le_bytes(field(bytes, 2)),
            check_flag: field(bytes, 6),
            manufacturer: u16::from_le_bytes(field(bytes, 0x12)),
            image_type: u16::from_le_bytes(field(bytes, 0x14)),
            size: u32::from_le_bytes(field(bytes, 0x18)),
        })
    }

    /// Whether the device checks the CRC32 of the image.
    #[must_use]
    pub const fn crc_required(&self) -> bool {
        matches!(self.check_flag, CHECK_FLAG)
    }

    /// The 16 bits that the extended protocol compares as the version of an image.
    #[must_use]
    pub const fn short_version(&self) -> u16 {
        self.file_version as u16
    }
}

/// What follows the image in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trailer {
    /// Nothing.
    None,
    /// 0xFF, a download tool's filling.
    Padding {
        /// Bytes.
        length: u32,
    },
    /// Xiaomi's signed container.
    Container {
        /// Bytes, with the filling behind the signature.
        length: u32,
    },
    /// Something else.
    Unknown {
        /// Bytes.
        length: u32,
    },
}

impl Trailer {
    /// Its length in bytes.
    #[must_use]
    pub const fn length(&self) -> u32 {
        match *self {
            Self::None => 0,
            Self::Padding { length } | Self::Container { length } | Self::Unknown { length } => length,
        }
    }

    /// A short name for programs: `none`, `padding_ff`, `mifota`, `unknown`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Padding { .. } => "padding_ff",
            Self::Container { .. } => "mifota",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Who made an image, as far as it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// pvvx's custom firmware, which names its hardware.
    Pvvx {
        /// The hardware id.
        hardware_id: u16,
    },
    /// Stock firmware with a signed container, which names its product.
    SignedStock {
        /// Xiaomi's product id.
        product_id: u16,
    },
    /// Stock firmware or another BLE firmware that declares no hardware.
    Undeclared,
    /// A vendor's Zigbee firmware.
    Vendor {
        /// The manufacturer code.
        manufacturer: u16,
        /// The image type.
        image_type: u16,
    },
}

/// Whether Xiaomi made an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Genuine {
    /// Header checksum, chain of certificates and signature are right.
    Yes,
    /// It carries a signed container in which something is wrong.
    No,
    /// It is unsigned, so that nobody can tell.
    Unsigned,
}

impl Image {
    /// Who made the image, as far as it tells.
    #[must_use]
    pub fn family(&self) -> Family {
        let Header {
            manufacturer,
            image_type,
            ..
        } = self.header;
        match (&self.container, manufacturer, image_type) {
            (Some(Ok(container)), ..) => Family::SignedStock {
                product_id: container.product_id,
            },
            (_, PVVX_MANUFACTURER, 0x0200..=0x02ff) => Family::Pvvx {
                hardware_id: image_type & 0xff,
            },
            (_, 0, _) => Family::Undeclared,
            _ => Family::Vendor {
                manufacturer,
                image_type,
            },
        }
    }

    /// Whether Xiaomi made the image.
    #[must_use]
    pub const fn genuine(&self) -> Genuine {
        match &self.container {
            None => Genuine::Unsigned,
            Some(Ok(container)) if container.is_genuine() => Genuine::Yes,
            Some(_) => Genuine::No,
        }
    }

    /// The product id of the signed container.
    #[must_use]
    pub fn product_id(&self) -> Option<u16> {
        let container = self.container.as_ref()?.as_ref().ok()?;
        Some(container.product_id)
    }

    /// The PDUs of 16 bytes that the image takes.
    #[must_use]
    pub const fn chunks(&self) -> u32 {
        self.payload_length.div_ceil(16)
    }
}

/// Reads a file whole: unwraps Zigbee files, checks sizes and checksum, and verifies Xiaomi's container with
/// Xiaomi's root key.
pub fn inspect<S: Source>(source: S) -> Result<Image, ImageError> {
    inspect_with_root(source, &container::XIAOMI_ROOT)
}

/// As [`inspect`], with another root key: for tests, and for containers of one's own.
pub fn inspect_with_root<S: Source>(mut source: S, root: &RootKey) -> Result<Image, ImageError> {
    let wrapper = zigbee::unwrap(&mut source)?;
    let (start, length) = wrapper.as_ref().map_or((0, source.len()), |wrapper| {
        (zigbee::PAYLOAD, wrapper.payload_length)
    });
    let mut payload = Part::new(source, start, length);
    let (header, crc32) = check_image(&mut payload)?;
    let trailer = classify_trailer(&mut payload, header.size)?;
    let container = match trailer {
        Trailer::Container { .. } => Some(container::verify(&mut payload, header.size, root)),
        _ => None,
    };
    if let Some(Err(ContainerError::Read(error))) = container {
        return Err(error.into());
    }
    Ok(Image {
        header,
        crc32,
        payload_length: length,
        trailer,
        wrapper,
        container,
    })
}

/// The bytes of the file that are sent: all of it, or what is inside the wrapper.
pub fn payload<S: Source>(image: &Image, source: S) -> Part<S> {
    let start = if image.wrapper.is_some() {
        zigbee::PAYLOAD
    } else {
        0
    };
    Part::new(source, start, image.payload_length)
}

/// The checks of an unwrapped image, in the order in which its faults are reported; header and CRC32.
pub fn check_image<S: Source>(source: &mut S) -> Result<(Header, u32), ImageError> {
    let length = source.len();
    if length < MINIMUM {
        return Err(ImageError::TooShort {
            expected: MINIMUM,
            found: length,
        });
    }
    let mut head = [0; MINIMUM as usize];
    source.read(0, &mut head)?;
    let header = Header::parse(&head)?;
    let size = header.size;
    if size < MINIMUM || size > length {
        return Err(ImageError::BadSize { size, length });
    }
    if size % 16 != 4 {
        return Err(ImageError::BadSizeAlignment { size });
    }
    let mut crc = Crc32::telink();
    for_each_block(source, 0, size - 4, |block| {
        crc.update(block);
    })?;
    let mut stored = [0; 4];
    source.read(size - 4, &mut stored)?;
    let (stored, computed) = (u32::from_le_bytes(stored), crc.value());
    if stored != computed {
        return Err(ImageError::BadCrc {
            stored,
            computed,
            required: header.crc_required(),
        });
    }
    Ok((header, stored))
}

fn classify_trailer<S: Source>(source: &mut S, size: u32) -> Result<Trailer, ReadError> {
    let length = source.len() - size;
    if length == 0 {
        return Ok(Trailer::None);
    }
    if container::is_at(source, size)? {
        return Ok(Trailer::Container { length });
    }
    let mut filling = true;
    for_each_block(source, size, size + length, |block| {
        filling &= block.iter().all(|&byte| byte == 0xff);
    })?;
    Ok(if filling {
        Trailer::Padding { length }
    } else {
        Trailer::Unknown { length }
    })
}

/// A file that is no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Shorter than a header.
    #[error("{found} bytes are too few for an image, which has at least {expected}")]
    TooShort {
        /// The minimum.
        expected: u32,
        /// The length of the file.
        found: u32,
    },
    /// No `KNLT` at offset 8, or the boot flag is cleared.
    #[error("no KNLT mark at offset 8, but {found:02x?}")]
    BadMagic {
        /// What stands there.
        found: [u8; 4],
    },
    /// The size field is beyond the file, or smaller than a header.
    #[error("the size field says {size} bytes, the file has {length}")]
    BadSize {
        /// The size field.
        size: u32,
        /// The length of the file.
        length: u32,
    },
    /// The size isn't 4 mod 16.
    #[error("the size field says {size} bytes, which isn't a multiple of 16 and a CRC32")]
    BadSizeAlignment {
        /// The size field.
        size: u32,
    },
    /// The CRC32 is wrong.
    #[error("the file carries CRC32 {stored:08x}, its bytes give {computed:08x}")]
    BadCrc {
        /// In the file.
        stored: u32,
        /// Of its bytes.
        computed: u32,
        /// Whether the header tells the device to check it.
        required: bool,
    },
    /// A Zigbee OTA file with another version or length of its header.
    #[error("the Zigbee header has version {version:#06x} and {length} bytes, not 0x0100 and 56")]
    BadZigbeeHeader {
        /// Its version.
        version: u16,
        /// Its length.
        length: u16,
    },
    /// A Zigbee OTA file whose element is empty or beyond the file.
    #[error("the Zigbee element says {declared} bytes, the file has {available} for it")]
    BadZigbeeSize {
        /// The length that it declares.
        declared: u32,
        /// What the file has.
        available: u32,
    },
    /// Not a Zigbee OTA file at all.
    #[error("no Zigbee OTA mark at the start")]
    NotZigbee,
    /// The source failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ImageError {
    /// A short name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::BadMagic { .. } => "bad_magic",
            Self::BadSize { .. } => "bad_size",
            Self::BadSizeAlignment { .. } => "bad_size_alignment",
            Self::BadCrc { .. } => "bad_crc",
            Self::BadZigbeeHeader { .. } => "bad_zigbee_header",
            Self::BadZigbeeSize { .. } => "bad_zigbee_size",
            Self::NotZigbee => "not_zigbee",
            Self::Read(_) => "read",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::TooShort { .. } | Self::BadSize { .. } => Some(
                "The file is cut off: download it again, as the raw file and not as the web page around it.",
            ),
            Self::BadMagic { .. } => Some(
                "This is no firmware for Telink chips, or a web page saved instead of the file: download the \
                 .bin itself.",
            ),
            Self::BadSizeAlignment { .. } => {
                Some("This is a linker's output, which needs padding and a CRC32 before it can be flashed.")
            }
            Self::BadCrc { .. } => Some("The file is damaged: download it again, and don't flash this one."),
            Self::BadZigbeeHeader { .. } | Self::BadZigbeeSize { .. } => {
                Some("The Zigbee OTA file is damaged or of an unknown kind: download it again.")
            }
            Self::NotZigbee => Some("Take the .bin as it is: it needs no unwrapping."),
            Self::Read(_) => None,
        }
    }
}

fn field<const N: usize>(bytes: &[u8; 36], offset: usize) -> [u8; N] {
    let found = bytes.get(offset..).and_then(<[u8]>::first_chunk);
    found.copied().unwrap_or([0; N])
}

/// `KNLT`.
pub(crate) const MAGIC: [u8; 4] = *b"KNLT";
/// "Check my CRC32".
pub(crate) const CHECK_FLAG: [u8; 2] = [0x5d, 0x02];
/// A header and a CRC32.
const MINIMUM: u32 = 36;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads like flash: block by block, never as a slice.
    struct Flash<'a>(&'a [u8]);

    impl Source for Flash<'_> {
        fn len(&self) -> u32 {
            self.0.len() as u32
        }

        fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
            (&mut &self.0[..]).read(offset, block)
        }
    }

    fn image(length: usize, tail: &[u8]) -> Vec<u8> {
        let mut raw = vec![0x5a; length + 36];
        let written = finish(&mut raw, 32 + length - 16, &Declaration::pvvx(10)).unwrap();
        raw.truncate(written);
        raw.extend_from_slice(tail);
        raw
    }

    #[test]
    fn a_flash_and_a_slice_are_the_same_image() {
        let file = image(3000, &[0xff; 12]);
        let in_memory = inspect(file.as_slice()).unwrap();
        let in_flash = inspect(Flash(&file)).unwrap();
        assert_eq!(in_memory, in_flash);
        assert_eq!(in_memory.trailer, Trailer::Padding { length: 12 });
        assert_eq!(in_memory.family(), Family::Pvvx { hardware_id: 10 });
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let file = image(80, &[]);
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(inspect(damaged.as_slice()).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_error_but_a_failing_flash_has_help() {
        for error in [
            ImageError::TooShort {
                expected: 36,
                found: 1,
            },
            ImageError::BadMagic { found: [0; 4] },
            ImageError::NotZigbee,
            ImageError::BadSizeAlignment { size: 40 },
        ] {
            assert!(error.help().is_some());
        }
        assert!(ImageError::Read(ReadError { offset: 0 }).help().is_none());
    }

    proptest! {
        #[test]
        fn inspection_survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = inspect(bytes.as_slice());
        }

        #[test]
        fn inspection_survives_any_trailer(tail in proptest::collection::vec(any::<u8>(), 0..600)) {
            let file = image(64, &tail);
            let image = inspect(file.as_slice()).unwrap();
            prop_assert_eq!(image.trailer.length() as usize, tail.len());
        }
    }
}
