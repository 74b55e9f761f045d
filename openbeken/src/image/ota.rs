use alloc::string::String;
use alloc::vec::Vec;

use super::{Compression, Encryption, Rbl, RblError, RblKey, Ug};
use crate::platform::{PLATFORMS, Platform};

/// A file that may be sent, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtaFit {
    /// The chip.
    pub platform: &'static Platform,
    /// The version in its header, for Beken chips.
    pub version: Option<String>,
    /// The size of the image, unpacked, for Beken chips.
    pub raw_size: Option<u32>,
    /// Whether the contents were checked, or only the name: the formats of other makers aren't known.
    pub contents_checked: bool,
}

/// Says whether a file may be sent to a chip (`chipset` of `api/info`) by `api/ota`, or every reason why not.
///
/// Most devices that stop working were sent a wrong file: they check nothing themselves. `lfs_size` is the size of the
/// file system, from the configuration; it takes its part of the area for updates. `None` counts as 0.
///
/// # Errors
///
/// Every reason that can be found, the gravest first.
pub fn ota_check(
    chip: &str,
    file_name: &str,
    bytes: &[u8],
    lfs_size: Option<u32>,
) -> Result<OtaFit, Vec<Misfit>> {
    let Some(platform) = Platform::of(chip.trim()) else {
        return Err(Vec::from([Misfit::UnknownChip {
            chip: chip.trim().chars().take(32).collect(),
        }]));
    };
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let mut misfits = Vec::new();
    let Some(suffix) = platform.ota_suffix else {
        return Err(Vec::from([Misfit::NoOta { chip: platform.chip }]));
    };
    if !ends_with(name, suffix) {
        misfits.push(Misfit::Suffix { expected: suffix });
    }
    match named_platform(name) {
        Some(other) if other.chip != platform.chip => misfits.push(Misfit::OtherChip {
            chip: other.chip,
            place: "name",
        }),
        Some(_) => {}
        None => misfits.push(Misfit::NameSaysNoChip {
            expected: platform.long_prefix,
        }),
    }
    let mut fit = OtaFit {
        platform,
        version: None,
        raw_size: None,
        contents_checked: suffix == ".rbl",
    };
    if fit.contents_checked {
        check_beken(platform, bytes, lfs_size.unwrap_or(0), &mut fit, &mut misfits);
    } else {
        check_other(bytes, &mut misfits);
    }
    misfits.sort_by_key(Misfit::gravity);
    if misfits.is_empty() { Ok(fit) } else { Err(misfits) }
}

fn check_beken(
    platform: &'static Platform,
    bytes: &[u8],
    lfs_size: u32,
    fit: &mut OtaFit,
    misfits: &mut Vec<Misfit>,
) {
    if bytes.is_empty() {
        misfits.push(Misfit::Empty);
        return;
    }
    if let Some(kind) = other_kind(bytes) {
        misfits.push(Misfit::Kind { kind });
        return;
    }
    let rbl = match Rbl::parse(bytes) {
        Ok(rbl) => rbl,
        Err(error) => {
            misfits.push(Misfit::Rbl(error));
            return;
        }
    };
    let header = &rbl.header;
    fit.version = Some(header.version().into_owned());
    fit.raw_size = Some(header.raw_size);
    if (header.encryption, header.compression) != (Encryption::AES, Compression::GZIP) {
        misfits.push(Misfit::Form {
            encryption: header.encryption.0,
            compression: header.compression.0,
        });
    }
    if header.name() != "app" {
        misfits.push(Misfit::Partition {
            found: header.name().into_owned(),
        });
    }
    let area = if matches!(platform.chip, "BK7231N" | "BK7231M") {
        AREA_N
    } else {
        AREA_T
    };
    let (found, limit) = (
        u64::from(header.package_size) + 96,
        u64::from(area.saturating_sub(lfs_size)),
    );
    if found > limit {
        misfits.push(Misfit::TooLarge { found, limit });
    }
    let raw = match rbl.unpack(Some(&RblKey::PUBLIC)) {
        Ok(raw) => raw,
        Err(error) => {
            misfits.push(Misfit::Rbl(error));
            return;
        }
    };
    if !raw.starts_with(VECTOR) {
        misfits.push(Misfit::NoCode);
    }
    // The header doesn't name the chip: the text in the image does. A prefix of a longer name isn't meant.
    let named: Vec<&Platform> = PLATFORMS
        .iter()
        .filter(|row| row.ota_suffix == Some(".rbl"))
        .filter(|row| mentions(&raw, row))
        .collect();
    if !named.is_empty() && named.iter().all(|row| row.chip != platform.chip) {
        misfits.extend(named.iter().map(|row| Misfit::OtherChip {
            chip: row.chip,
            place: "image",
        }));
    }
}

fn check_other(bytes: &[u8], misfits: &mut Vec<Misfit>) {
    if bytes.is_empty() {
        misfits.push(Misfit::Empty);
    } else if Rbl::parse(bytes).is_ok() || bytes.starts_with(b"RBL\0") {
        misfits.push(Misfit::Kind {
            kind: "an RBL file, which is for Beken chips",
        });
    } else if let Some(kind) = other_kind(bytes) {
        misfits.push(Misfit::Kind { kind });
    }
}

/// What people send by mistake.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    if Ug::parse(bytes).is_ok() || bytes.starts_with(&[0x55, 0xaa, 0x55, 0xaa]) {
        return Some("an update of Tuya's own (UG)");
    }
    if bytes.starts_with(b"RBL\0") {
        return None;
    }
    if bytes
        .iter()
        .take(256)
        .all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 0x20..=0x7e))
    {
        return Some("text, perhaps the page instead of the file");
    }
    // Both begin with code in blocks: of the bootloader, or of the application.
    let first = super::strip_crc_blocks(bytes.get(..34 * 4)?).ok()?;
    if first.iter().all(|byte| *byte == 0xff) {
        return Some("erased flash");
    }
    Some(if bytes.len() >= WHOLE_FLASH {
        "a dump of a whole flash, with a bootloader in front"
    } else {
        "an image in blocks with CRC, for flashing by UART"
    })
}

/// The chip that a name begins with.
fn named_platform(name: &str) -> Option<&'static Platform> {
    let rows = PLATFORMS.iter().filter(|row| !row.long_prefix.is_empty());
    let begins = |row: &&Platform| {
        let start = name.get(..row.long_prefix.len());
        let next = name.as_bytes().get(row.long_prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(row.long_prefix))
            && next.is_some_and(|byte| !byte.is_ascii_alphanumeric())
    };
    rows.filter(begins).max_by_key(|row| row.long_prefix.len())
}

fn mentions(raw: &[u8], row: &Platform) -> bool {
    let name = row.long_prefix.as_bytes();
    memchr::memmem::find_iter(raw, name).any(|at| {
        raw.get(at + name.len())
            .is_none_or(|next| !next.is_ascii_alphanumeric())
    })
}

fn ends_with(name: &str, suffix: &str) -> bool {
    let start = name.len().checked_sub(suffix.len());
    start
        .and_then(|start| name.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// A reason not to send a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// Nobody knows the chip.
    #[error("the chip `{chip}` is unknown")]
    UnknownChip {
        /// What was asked for.
        chip: String,
    },
    /// There are no updates over the air for it.
    #[error("{chip} has no updates over the air")]
    NoOta {
        /// The chip.
        chip: &'static str,
    },
    /// It is for another chip.
    #[error("the file is for {chip}, its {place} says")]
    OtherChip {
        /// Which.
        chip: &'static str,
        /// Where that stands.
        place: &'static str,
    },
    /// It is something else.
    #[error("the file is {kind}")]
    Kind {
        /// What.
        kind: &'static str,
    },
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// It is damaged, or made with another key.
    #[error(transparent)]
    Rbl(RblError),
    /// It isn't packed as the bootloader wants it.
    #[error("encryption {encryption} and compression {compression} instead of AES (2) and gzip (1)")]
    Form {
        /// What it has.
        encryption: u8,
        /// What it has.
        compression: u8,
    },
    /// It is for another part of the flash.
    #[error("the file is for the partition `{found}`, not `app`")]
    Partition {
        /// Which.
        found: String,
    },
    /// It doesn't fit into the area for updates.
    #[error("{found} bytes don't fit into the {limit} bytes for updates")]
    TooLarge {
        /// What it has.
        found: u64,
        /// What there is.
        limit: u64,
    },
    /// Unpacked it isn't code for this processor.
    #[error("the image doesn't begin with an ARM vector table")]
    NoCode,
    /// Its name ends otherwise.
    #[error("the file's name doesn't end in `{expected}`")]
    Suffix {
        /// How it should end.
        expected: &'static str,
    },
    /// Its name says nothing.
    #[error("the file's name doesn't begin with `{expected}_`, so that it may be for another chip")]
    NameSaysNoChip {
        /// How it should begin.
        expected: &'static str,
    },
}

impl Misfit {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownChip { .. } => "Take the chip's name from `chipset` of the device's `api/info`.",
            Self::NoOta { .. } => "Flash it by UART.",
            Self::OtherChip { .. } => {
                "Take the file of this chip: the other one stops the device from starting."
            }
            Self::Kind { .. } => "Take the file for OTA from the same release.",
            Self::Empty => "Download it again.",
            Self::Rbl(error) => return error.help(),
            Self::Form { .. } | Self::Partition { .. } | Self::NoCode => {
                "It is not made by OpenBeken's build: don't send it."
            }
            Self::TooLarge { .. } => {
                "Make the file system smaller (`lfs_size`), or take a build with fewer drivers."
            }
            Self::Suffix { .. } => "Take the file for OTA, not the one for flashing by UART.",
            Self::NameSaysNoChip { .. } => "Give the file the name that it had on the page of the release.",
        })
    }

    const fn gravity(&self) -> u8 {
        match self {
            Self::UnknownChip { .. } | Self::NoOta { .. } => 0,
            Self::OtherChip { .. } => 1,
            Self::Empty | Self::Kind { .. } => 2,
            Self::Rbl(_) => 3,
            Self::Form { .. } | Self::Partition { .. } | Self::NoCode => 4,
            Self::TooLarge { .. } => 5,
            Self::Suffix { .. } => 6,
            Self::NameSaysNoChip { .. } => 7,
        }
    }
}

/// 12A000h to 1D0000h.
const AREA_N: u32 = 0xa_6000;
/// 132000h to 1E0000h.
const AREA_T: u32 = 0xa_e000;
const WHOLE_FLASH: usize = 0x20_0000;
/// Two instructions, with which every application begins.
const VECTOR: &[u8] = b"\x0e\0\0\xea\x14\xf0\x9f\xe5";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    use crate::image::{RblBuilder, crc_blocks};

    fn file(text: &str, size: usize) -> Vec<u8> {
        let mut raw = VECTOR.to_vec();
        raw.extend_from_slice(text.as_bytes());
        // Doesn't compress, so that it has a size.
        let mut state = 1_u32;
        raw.extend((0..size).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        }));
        RblBuilder {
            name: "app",
            version: "1.18",
            timestamp: 0,
            gzip: true,
            key: Some(RblKey::PUBLIC),
        }
        .build(&raw)
    }

    #[test]
    fn a_file_of_the_chip_fits() {
        let fit = ota_check(
            "bk7231n",
            "x/OpenBK7231N_1.18.rbl",
            &file("OpenBK7231N_1.18 ", 1000),
            None,
        )
        .unwrap();
        assert_eq!(
            (fit.platform.chip, fit.version.as_deref()),
            ("BK7231N", Some("1.18"))
        );
        assert!(fit.contents_checked);
    }

    #[test]
    fn every_reason_is_named() {
        let bytes = file("OpenBK7231T_1.18 ", 1000);
        let misfits = ota_check("BK7231N", "firmware.bin", &bytes, Some(AREA_N)).unwrap_err();
        let names: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        assert!(
            matches!(
                misfits[0],
                Misfit::OtherChip {
                    chip: "BK7231T",
                    place: "image"
                }
            ),
            "{names:?}"
        );
        assert!(
            misfits
                .iter()
                .any(|misfit| matches!(misfit, Misfit::TooLarge { .. })),
            "{names:?}"
        );
        assert!(
            misfits
                .iter()
                .any(|misfit| matches!(misfit, Misfit::Suffix { .. })),
            "{names:?}"
        );
        assert!(
            misfits
                .iter()
                .any(|misfit| matches!(misfit, Misfit::NameSaysNoChip { .. })),
            "{names:?}"
        );
        assert!(misfits.iter().all(|misfit| misfit.help().is_some()));
    }

    #[test]
    fn what_people_send_by_mistake_is_named() {
        let kind =
            |bytes: &[u8]| match &ota_check("BK7231N", "OpenBK7231N_1.rbl", bytes, None).unwrap_err()[0] {
                Misfit::Kind { kind } => *kind,
                other => panic!("{other}"),
            };
        assert!(kind(&Ug::build("1", b"x")).contains("Tuya"));
        assert!(kind(&crc_blocks(&[1; 4096])).contains("UART"));
        assert!(kind(&crc_blocks(&[1; 0x20_0000])).contains("dump"));
        assert!(kind(b"<html>404</html>").contains("text"));
        let damaged = {
            let mut bytes = file("", 100);
            bytes[200] ^= 1;
            bytes
        };
        let misfits = ota_check("BK7231N", "OpenBK7231N_1.rbl", &damaged, None).unwrap_err();
        assert!(matches!(misfits[0], Misfit::Rbl(RblError::BodyCrc { .. })));
    }

    #[test]
    fn other_makers_files_are_checked_by_name() {
        let fit = ota_check("BL602", "OpenBL602_1.18.bin.xz.ota", b"\xfd7zXZ", None).unwrap();
        assert!(!fit.contents_checked);
        assert!(ota_check("BL602", "OpenBL602_1.18.bin.xz.ota", &file("", 10), None).is_err());
        assert!(ota_check("BL602", "OpenLN882H_1.18_OTA.bin", b"\x01", None).is_err());
        assert!(matches!(
            ota_check("Z80", "a", b"", None).unwrap_err()[0],
            Misfit::UnknownChip { .. }
        ));
    }
}
