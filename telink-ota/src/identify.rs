//! Which device and which firmware a connection leads to, and what that allows.
//!
//! | services present | kind |
//! |---|---|
//! | no OTA, 0xFCD2 | [`Kind::Phy62x2`] |
//! | no OTA, Mi data | [`Kind::StockWithoutOta`] |
//! | no OTA, else | [`Kind::Unsupported`] |
//! | OTA, Mi data | [`Kind::Stock`] |
//! | OTA, 0xFCD2 | [`Kind::ZigbeeDevice`] |
//! | OTA, 0x1F10, 0x181A and device information | [`Kind::Pvvx`] |
//! | OTA, 0x1F10, else | [`Kind::Atc1441`], or pvvx's before 1.5 |
//! | OTA, Qingping | [`Kind::Qingping`] |
//! | OTA, else | [`Kind::Telink`] |
//!
//! ```
//! use telink_ota::gatt::{MI_DATA_SERVICE, OTA_SERVICE};
//! use telink_ota::identify::{Auth, Kind, Surface, identify};
//!
//! let device = identify(&Surface {
//!     name: "LYWSD03MMC",
//!     services: &[OTA_SERVICE, MI_DATA_SERVICE],
//!     hardware: "B1.9",
//!     firmware: "1.0.0_0130",
//!     software: "",
//! });
//! assert_eq!(device.kind, Kind::Stock);
//! assert_eq!(device.hardware_id, Some(3));
//! assert_eq!(device.auth, Some(Auth::RegisterOrLogin));
//! ```

use arrayvec::ArrayString;
use uuid::Uuid;

use crate::FirmwareVersion;
use crate::gatt::{
    BTHOME_SERVICE, COMMAND_SERVICE, INFORMATION_SERVICE, MI_DATA_SERVICE, OTA_SERVICE, QINGPING_SERVICE,
    SENSING_SERVICE,
};

/// What a device shows of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surface<'a> {
    /// Its name, from the advert or the generic access service.
    pub name: &'a str,
    /// Its primary services.
    pub services: &'a [Uuid],
    /// The hardware revision, `2a27`; empty if there is none.
    pub hardware: &'a str,
    /// The firmware revision, `2a26`; empty if there is none.
    pub firmware: &'a str,
    /// The software revision, `2a28`; empty if there is none.
    pub software: &'a str,
}

/// What a device is, and what that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// Which firmware runs.
    pub kind: Kind,
    /// The model, where the name or the hardware id tells it.
    pub model: Option<&'static str>,
    /// The hardware id; `None` where it can't be known from here.
    pub hardware_id: Option<u16>,
    /// The hardware ids among which a person has to choose: outsides that are alike.
    pub candidates: &'static [u16],
    /// What it takes before the OTA opens; `None` where there is no OTA.
    pub auth: Option<Auth>,
    /// The most bytes of an image; `None` where unknown.
    pub max_payload: Option<u32>,
    /// Whether it starts signed images only.
    pub signed_firmware: bool,
    /// Xiaomi's product id, which a signed container has to carry.
    pub product_id: Option<u16>,
    /// The version of pvvx's firmware.
    pub version: Option<FirmwareVersion>,
    /// The firmware revision as text, for comparison after an OTA; of pvvx's, the software revision.
    pub revision: ArrayString<32>,
}

/// Which firmware runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Xiaomi's, with Telink OTA behind its authentication.
    Stock,
    /// Xiaomi's, without Telink OTA.
    StockWithoutOta,
    /// pvvx's custom firmware.
    Pvvx,
    /// atc1441's custom firmware.
    Atc1441,
    /// pvvx's firmware for BLE and Zigbee.
    ZigbeeDevice,
    /// Qingping's.
    Qingping,
    /// Something else on a Telink chip.
    Telink,
    /// A PHY62x2 chip, which takes other images by another protocol.
    Phy62x2,
    /// Nothing that this crate knows.
    Unsupported,
}

impl Kind {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock_mi",
            Self::StockWithoutOta => "stock_mi_no_telink_ota",
            Self::Pvvx => "custom_pvvx",
            Self::Atc1441 => "custom_atc1441",
            Self::ZigbeeDevice => "zbdevice",
            Self::Qingping => "qingping",
            Self::Telink => "telink_generic",
            Self::Phy62x2 => "phy62x2",
            Self::Unsupported => "unsupported",
        }
    }

    /// Whether it is custom firmware.
    #[must_use]
    pub const fn is_custom(self) -> bool {
        matches!(self, Self::Pvvx | Self::Atc1441 | Self::ZigbeeDevice)
    }
}

/// What it takes before the OTA opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// Nothing; a PIN may be set.
    None,
    /// Register and log in, or log in with the token.
    RegisterOrLogin,
    /// Log in with the token from the vendor's cloud: this firmware can't be registered by others.
    LoginOnly,
}

impl Auth {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::RegisterOrLogin => "register_or_login",
            Self::LoginOnly => "login_only",
        }
    }
}

/// Tells what a device is from what it shows of itself.
#[must_use]
pub fn identify(surface: &Surface<'_>) -> Device {
    let kind = kind(surface);
    let revision = match kind {
        Kind::Pvvx => surface.software,
        _ => surface.firmware,
    };
    let mut device = Device {
        kind,
        model: None,
        hardware_id: None,
        candidates: &[],
        auth: Some(Auth::None),
        max_payload: None,
        signed_firmware: false,
        product_id: None,
        version: None,
        revision: shorten(revision),
    };
    match kind {
        Kind::Stock => describe_stock(&mut device, surface),
        Kind::StockWithoutOta | Kind::Unsupported => device.auth = None,
        Kind::Qingping => describe_qingping(&mut device, surface.name),
        Kind::Pvvx => device.version = surface.software.parse().ok(),
        _ => {}
    }
    device
}

fn kind(surface: &Surface<'_>) -> Kind {
    let has = |service: Uuid| surface.services.contains(&service);
    match (has(OTA_SERVICE), has(MI_DATA_SERVICE), has(BTHOME_SERVICE)) {
        (false, _, true) => Kind::Phy62x2,
        (false, true, _) => Kind::StockWithoutOta,
        (false, ..) => Kind::Unsupported,
        (true, true, _) => Kind::Stock,
        (true, _, true) => Kind::ZigbeeDevice,
        (true, ..) if has(COMMAND_SERVICE) => {
            // atc1441's has 0x181A too, but no device information at all.
            let informs = has(INFORMATION_SERVICE) || !surface.software.is_empty();
            if has(SENSING_SERVICE) && informs {
                Kind::Pvvx
            } else {
                Kind::Atc1441
            }
        }
        (true, ..) if has(QINGPING_SERVICE) => Kind::Qingping,
        _ => Kind::Telink,
    }
}

fn describe_stock(device: &mut Device, surface: &Surface<'_>) {
    device.auth = Some(Auth::RegisterOrLogin);
    let Some(row) = STOCK.iter().find(|row| surface.name.starts_with(row.name)) else {
        return;
    };
    device.model = Some(row.name);
    device.max_payload = Some(row.max_payload);
    device.product_id = row.product_id;
    device.candidates = row.candidates;
    device.hardware_id = match row.name {
        LYWSD03MMC => Some(lywsd03mmc_hardware(surface.hardware)),
        // The English model's firmware starts again at 0005.
        MJWSD05MMC if surface.firmware.starts_with("0005") => Some(12),
        _ => row.hardware_id,
    };
    let signed = row
        .signed_from
        .is_some_and(|prefix| surface.firmware.starts_with(prefix));
    if signed {
        device.signed_firmware = true;
        device.auth = Some(Auth::LoginOnly);
    }
}

/// The id of a hardware revision. The board of 2025 marked B1.6 can't be told from the older one; a wiped
/// string (`0000`) is any. All take the same images.
fn lywsd03mmc_hardware(revision: &str) -> u16 {
    match revision.get(..4) {
        Some("B1.5") => 10,
        Some("B1.6") => 4,
        Some("B1.9") => 3,
        Some("B1.7" | "B2.0") => 5,
        Some("B1.1") => 14,
        _ => 0,
    }
}

fn describe_qingping(device: &mut Device, name: &str) {
    let row = QINGPING.iter().find(|(prefix, _)| name.starts_with(prefix));
    device.hardware_id = row.map(|&(_, id)| id);
    device.max_payload = row.map(|_| BANK);
    device.model = device
        .hardware_id
        .and_then(crate::hardware::Hardware::of)
        .map(|hardware| hardware.model);
}

/// The text of a device, which may end in zeros and be cut anywhere.
fn shorten(text: &str) -> ArrayString<32> {
    let mut short = ArrayString::new();
    for letter in text.trim_end_matches('\0').chars() {
        if short.try_push(letter).is_err() {
            break;
        }
    }
    short
}

struct StockRow {
    name: &'static str,
    hardware_id: Option<u16>,
    candidates: &'static [u16],
    max_payload: u32,
    product_id: Option<u16>,
    signed_from: Option<&'static str>,
}

const LYWSD03MMC: &str = "LYWSD03MMC";
const MJWSD05MMC: &str = "MJWSD05MMC";
/// A bank of the usual flash layout.
const BANK: u32 = 0x20000;
/// A bank of the layout for large images.
const LARGE_BANK: u32 = 0x34000;

#[rustfmt::skip]
const STOCK: &[StockRow] = &[
    StockRow { name: "C121", hardware_id: Some(11), candidates: &[], max_payload: BANK, product_id: None, signed_from: None },
    StockRow { name: LYWSD03MMC, hardware_id: None, candidates: &[], max_payload: BANK, product_id: Some(0x055b), signed_from: Some("2.1.1_0159") },
    StockRow { name: "MHO-C401", hardware_id: None, candidates: &[1, 8], max_payload: BANK, product_id: None, signed_from: None },
    StockRow { name: MJWSD05MMC, hardware_id: Some(9), candidates: &[], max_payload: LARGE_BANK, product_id: Some(0x2832), signed_from: None },
    StockRow { name: "MJWSD06MMC", hardware_id: Some(13), candidates: &[], max_payload: LARGE_BANK, product_id: Some(0x55b5), signed_from: Some("0009") },
    StockRow { name: "Qingping Temp & RH M", hardware_id: Some(2), candidates: &[], max_payload: BANK, product_id: None, signed_from: None },
    StockRow { name: "Qingping Temp RH Lite", hardware_id: Some(6), candidates: &[], max_payload: BANK, product_id: None, signed_from: None },
    StockRow { name: "Qingping Temp RH M", hardware_id: Some(7), candidates: &[], max_payload: BANK, product_id: None, signed_from: None },
];

const QINGPING: &[(&str, u16)] = &[
    ("Qingping Temp & RH M", 2),
    ("Qingping Temp RH Lite", 6),
    ("Qingping Temp RH M", 7),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_without_repetition() {
        assert!(STOCK.is_sorted_by(|a, b| a.name < b.name));
        assert!(QINGPING.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn atc1441_has_measurements_but_no_device_information() {
        let device = identify(&Surface {
            name: "ATC_112233",
            services: &[OTA_SERVICE, COMMAND_SERVICE, SENSING_SERVICE],
            ..Surface::default()
        });
        assert_eq!(device.kind, Kind::Atc1441);
    }

    #[test]
    fn two_boards_behind_one_name_are_left_to_a_person() {
        let device = identify(&Surface {
            name: "MHO-C401",
            services: &[OTA_SERVICE, MI_DATA_SERVICE],
            ..Surface::default()
        });
        assert_eq!((device.hardware_id, device.candidates), (None, &[1, 8][..]));
    }
}
