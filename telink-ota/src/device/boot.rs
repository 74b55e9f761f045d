//! Which image boots, and what it is.
//!
//! The boot loader takes the first bank whose image has its mark whole. A finished OTA writes the mark of the new bank
//! first and clears the old one's afterwards, so that at every moment one of them boots.

use arrayvec::ArrayString;

use super::flash::Flash;
use crate::FirmwareVersion;
use crate::hardware::PVVX_MANUFACTURER;
use crate::image::{Header, find_strings};

/// Where images may be.
pub(super) const BANKS: [u32; 3] = [0, 0x20000, 0x40000];
/// The boot mark within an image.
pub(super) const MARK: u32 = 8;

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Where its image is.
    pub bank: u32,
    /// Its length.
    pub size: u32,
    /// What it is.
    pub firmware: Firmware,
}

/// A firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Firmware {
    /// Xiaomi's: the body names a model and a version.
    Stock {
        /// As the firmware revision reports it.
        version: ArrayString<16>,
        /// Whether it starts signed images only.
        signed: bool,
    },
    /// pvvx's: the header declares it, the body has `V5.8` between zeros.
    Pvvx {
        /// The version.
        version: FirmwareVersion,
    },
    /// atc1441's: the body has `ATC_`.
    Atc1441,
    /// Anything else: a firmware with Telink's newer SDK, which has the extended OTA protocol.
    Sdk,
}

/// What boots; `None` if nothing does.
pub(super) fn boot(flash: &Flash<'_>) -> Option<Running> {
    BANKS.into_iter().find_map(|bank| {
        let head: &[u8; 36] = flash.read(bank, 36).first_chunk()?;
        let header = Header::parse(head).ok()?;
        Some(Running {
            bank,
            size: header.size,
            firmware: firmware(&header, flash.read(bank, header.size)),
        })
    })
}

fn firmware(header: &Header, body: &[u8]) -> Firmware {
    if header.manufacturer == PVVX_MANUFACTURER {
        return Firmware::Pvvx {
            version: pvvx_version(body).unwrap_or(FirmwareVersion::CURRENT),
        };
    }
    let strings = find_strings(body).unwrap_or_default();
    match (strings.model, strings.version) {
        (Some(_), Some(version)) => Firmware::Stock {
            version,
            signed: version.starts_with("2.1.1_"),
        },
        _ if contains(body, b"ATC_") => Firmware::Atc1441,
        _ => Firmware::Sdk,
    }
}

fn pvvx_version(body: &[u8]) -> Option<FirmwareVersion> {
    body.windows(6).find_map(|window| match window {
        [0, b'V', version @ .., 0] => core::str::from_utf8(version).ok()?.parse().ok(),
        _ => None,
    })
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
}
