//! The check before a flash: go, or every reason why not.
//!
//! Only a [`Clearance`] starts an OTA, and only a passed preflight gives one. Who knows better names each
//! reason that they override:
//!
//! ```
//! use telink_ota::image::{self, Declaration};
//! use telink_ota::preflight::{Preflight, Reason, Target};
//! use telink_ota::identify::Kind;
//!
//! let mut file = vec![0; 5000];
//! let length = image::finish(&mut file, 4096, &Declaration::pvvx(9)).unwrap();
//! let image = image::inspect(&file[..length])?;
//!
//! // An image for the MJWSD05MMC on a LYWSD03MMC:
//! let target = Target { hardware_id: Some(4), logged_in: true, ..Target::new(Kind::Stock) };
//! let preflight = Preflight::of(&image, &target);
//! assert_eq!(preflight.reasons(), [Reason::WrongHardware]);
//! assert!(preflight.clear().is_err());
//! assert!(preflight.clear_despite(&[Reason::WrongHardware]).is_ok());
//! # Ok::<(), image::ImageError>(())
//! ```

use arrayvec::ArrayVec;

use crate::flow::needs_extended_ota_for_stock;
use crate::hardware::{PVVX_MANUFACTURER, same_images};
use crate::identify::{Device, Kind};
use crate::image::{Image, Trailer};

/// What is known of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which firmware runs.
    pub kind: Kind,
    /// The hardware id.
    pub hardware_id: Option<u16>,
    /// The most bytes of an image.
    pub max_payload: Option<u32>,
    /// Whether a login is open on this connection; only stock firmware asks for it.
    pub logged_in: bool,
    /// Whether it starts signed images only.
    pub signed_firmware: bool,
    /// Xiaomi's product id.
    pub product_id: Option<u16>,
    /// The battery, in percent.
    pub battery_percent: Option<u8>,
    /// Whether pvvx's firmware has the extended OTA: since 4.6.
    pub extended_ota: bool,
}

impl Target {
    /// A device of which nothing else is known.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            hardware_id: None,
            max_payload: None,
            logged_in: false,
            signed_firmware: false,
            product_id: None,
            battery_percent: None,
            extended_ota: false,
        }
    }
}

impl From<&Device> for Target {
    fn from(device: &Device) -> Self {
        Self {
            hardware_id: device.hardware_id,
            max_payload: device.max_payload,
            signed_firmware: device.signed_firmware,
            product_id: device.product_id,
            extended_ota: device
                .version
                .is_some_and(|version| version >= crate::FirmwareVersion::EXTENDED_OTA),
            ..Self::new(device.kind)
        }
    }
}

/// What a preflight looks at in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// The bytes that are sent, before the last PDU is filled.
    pub payload_length: u32,
    /// The CRC32 of the image.
    pub crc32: u32,
    /// The manufacturer code.
    pub manufacturer: u16,
    /// The image type.
    pub image_type: u16,
    /// Whether it carries Xiaomi's container.
    pub signed: bool,
    /// The product id of the container.
    pub product_id: Option<u16>,
    /// Whether it comes out of a Zigbee OTA file.
    pub zigbee: bool,
    /// Whether it is known to be stock firmware. Only signed images tell; for others set it when you know: on three
    /// boards the way back to stock needs the extended OTA although the image would fit.
    pub stock: bool,
}

impl ImageFacts {
    /// Of an image that is known to be stock firmware.
    #[must_use]
    pub const fn of_stock(mut self) -> Self {
        self.stock = true;
        self
    }
}

impl From<&Image> for ImageFacts {
    fn from(image: &Image) -> Self {
        Self {
            payload_length: image.payload_length,
            crc32: image.crc32,
            manufacturer: image.header.manufacturer,
            image_type: image.header.image_type,
            signed: matches!(image.trailer, Trailer::Container { .. }),
            product_id: image.product_id(),
            zigbee: image.wrapper.is_some(),
            stock: matches!(image.trailer, Trailer::Container { .. }),
        }
    }
}

/// The result of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    image: Option<ImageFacts>,
    reasons: ArrayVec<Reason, 16>,
    warnings: ArrayVec<Warning, 8>,
    extended: bool,
}

impl Preflight {
    /// Checks an image against a device.
    #[must_use]
    pub fn of(image: impl Into<ImageFacts>, target: &Target) -> Self {
        let image = image.into();
        let mut preflight = Self {
            image: Some(image),
            reasons: ArrayVec::new(),
            warnings: ArrayVec::new(),
            extended: false,
        };
        preflight.check_size(&image, target);
        preflight.check_device(&image, target);
        preflight.check_hardware(&image, target);
        if target.battery_percent.is_some_and(|percent| percent < 40) {
            preflight.warnings.push(Warning::LowBattery);
        }
        preflight.reasons.sort_unstable_by_key(|reason| reason.name());
        preflight.warnings.sort_unstable_by_key(|warning| warning.name());
        preflight
    }

    /// The check of a file that is no image: nothing else matters then.
    #[must_use]
    pub fn of_bad_image() -> Self {
        Self {
            image: None,
            reasons: [Reason::BadImage].into_iter().collect(),
            warnings: ArrayVec::new(),
            extended: false,
        }
    }

    /// Every reason against it, in alphabetical order of their names; empty means go.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// What to tell a person before they say yes, in alphabetical order of their names.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether pvvx's extended OTA has to prepare the flash first: see [`ExtendedOta`](crate::ExtendedOta).
    #[must_use]
    pub const fn extended(&self) -> bool {
        self.extended
    }

    /// The permission to flash this image, if nothing speaks against it.
    pub fn clear(&self) -> Result<Clearance, Refused> {
        self.clear_despite(&[])
    }

    /// The permission to flash this image, if nothing but the named reasons speaks against it. A file that is
    /// no image gets none.
    pub fn clear_despite(&self, overridden: &[Reason]) -> Result<Clearance, Refused> {
        let open = self
            .reasons
            .iter()
            .copied()
            .filter(|reason| !overridden.contains(reason));
        let remaining: ArrayVec<Reason, 16> = open.collect();
        match self.image {
            Some(image) if remaining.is_empty() => Ok(Clearance {
                image,
                extended: self.extended,
            }),
            _ => Err(Refused {
                reasons: if remaining.is_empty() {
                    self.reasons.clone()
                } else {
                    remaining
                },
            }),
        }
    }

    fn check_size(&mut self, image: &ImageFacts, target: &Target) {
        if image.payload_length < 1024 {
            self.reasons.push(Reason::TooSmall);
        }
        if target.kind == Kind::Pvvx {
            self.check_extended(image, target);
        } else {
            let default = (target.kind == Kind::Atc1441).then_some(BANK);
            let limit = target.max_payload.or(default);
            if limit.is_some_and(|limit| image.payload_length > limit) {
                self.reasons.push(Reason::TooLarge);
            }
        }
    }

    fn check_extended(&mut self, image: &ImageFacts, target: &Target) {
        let back = image.stock
            && target
                .hardware_id
                .is_some_and(|id| needs_extended_ota_for_stock(id, image.payload_length));
        if !image.zigbee && image.payload_length <= BANK && !back {
            return;
        }
        if !target.extended_ota {
            self.reasons.push(Reason::ExtendedOtaRequired);
            return;
        }
        self.extended = true;
        if image.payload_length.div_ceil(1024) >= 208 {
            self.reasons.push(Reason::TooLarge);
        } else {
            self.warnings.push(Warning::ErasesMiData);
        }
    }

    fn check_device(&mut self, image: &ImageFacts, target: &Target) {
        match target.kind {
            Kind::Stock => {
                if !target.logged_in {
                    self.reasons.push(Reason::LoginRequired);
                }
                if target.signed_firmware && !image.signed {
                    self.reasons.push(Reason::SignatureRequired);
                }
                let products = image.product_id.zip(target.product_id);
                if image.signed && products.is_some_and(|(image, target)| image != target) {
                    self.reasons.push(Reason::WrongProduct);
                }
            }
            Kind::Phy62x2 => self.reasons.push(Reason::WrongChip),
            Kind::StockWithoutOta | Kind::Unsupported => self.reasons.push(Reason::NoTelinkOta),
            _ => {}
        }
    }

    fn check_hardware(&mut self, image: &ImageFacts, target: &Target) {
        let declared = match (image.manufacturer, image.image_type) {
            (PVVX_MANUFACTURER, 0x0200..=0x02ff) => Some(image.image_type & 0xff),
            _ => None,
        };
        match (declared, target.hardware_id) {
            (None, _) => self.warnings.push(Warning::HardwareNotDeclared),
            (Some(_), None) => self.warnings.push(Warning::UnknownHardware),
            (Some(image), Some(target)) if !same_images(image, target) => {
                self.reasons.push(Reason::WrongHardware);
            }
            _ => {}
        }
    }
}

/// The permission to flash one image, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    image: ImageFacts,
    extended: bool,
}

impl Clearance {
    /// What was checked.
    #[must_use]
    pub const fn image(&self) -> &ImageFacts {
        &self.image
    }

    /// Whether pvvx's extended OTA has to prepare the flash first.
    #[must_use]
    pub const fn extended(&self) -> bool {
        self.extended
    }
}

/// A reason not to flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The file is no image; nobody can override this.
    BadImage,
    /// The image needs the extended OTA, which this firmware lacks.
    ExtendedOtaRequired,
    /// Stock firmware without a login on this connection.
    LoginRequired,
    /// The firmware has no Telink OTA.
    NoTelinkOta,
    /// The firmware starts signed images only.
    SignatureRequired,
    /// Larger than the bank.
    TooLarge,
    /// Less than 1024 bytes: no firmware.
    TooSmall,
    /// The device has a chip of another make.
    WrongChip,
    /// The image is for another board.
    WrongHardware,
    /// The signed image is for another product.
    WrongProduct,
}

impl Reason {
    /// All of them, in alphabetical order of their names.
    pub const ALL: [Self; 10] = [
        Self::BadImage,
        Self::ExtendedOtaRequired,
        Self::LoginRequired,
        Self::NoTelinkOta,
        Self::SignatureRequired,
        Self::TooLarge,
        Self::TooSmall,
        Self::WrongChip,
        Self::WrongHardware,
        Self::WrongProduct,
    ];

    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadImage => "bad_image",
            Self::ExtendedOtaRequired => "ext_ota_required",
            Self::LoginRequired => "login_required",
            Self::NoTelinkOta => "no_telink_ota",
            Self::SignatureRequired => "signature_required",
            Self::TooLarge => "too_large",
            Self::TooSmall => "too_small",
            Self::WrongChip => "wrong_chip",
            Self::WrongHardware => "wrong_hardware",
            Self::WrongProduct => "wrong_product",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::BadImage => "Download the file again: this one is damaged or no firmware for Telink chips.",
            Self::ExtendedOtaRequired => {
                "Flash pvvx's firmware 4.6 or newer first; from there images over 128 KiB and Zigbee images can be \
                 installed."
            }
            Self::LoginRequired => {
                "Register or log in on this connection first: stock firmware opens its OTA only then."
            }
            Self::NoTelinkOta => "This firmware has no Telink OTA: only a wired programmer helps.",
            Self::SignatureRequired => {
                "Firmware 2.1.1_0159 and MJWSD06MMC start only images with Xiaomi's signature: flash the signed \
                 0159c first, then the custom one."
            }
            Self::TooLarge => {
                "Take a smaller image: what is beyond the bank would be lost, and the image with it."
            }
            Self::TooSmall => "This is no whole firmware: take the real one.",
            Self::WrongChip => "This device has a PHY62x2 chip: use that firmware's own flasher.",
            Self::WrongHardware => {
                "Take the image for this board: another one may show nothing, and then only a wired programmer helps."
            }
            Self::WrongProduct => "Take the signed image for this product: the device refuses others.",
        })
    }
}

/// What to tell a person before they say yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// The extended OTA erases history and all of Xiaomi's data.
    ErasesMiData,
    /// The image doesn't say for which board it is.
    HardwareNotDeclared,
    /// Less than 40 %.
    LowBattery,
    /// The image names a board, the device doesn't.
    UnknownHardware,
}

impl Warning {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ErasesMiData => "erases_mi_data",
            Self::HardwareNotDeclared => "hardware_not_declared",
            Self::LowBattery => "low_battery",
            Self::UnknownHardware => "unknown_hardware",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::ErasesMiData => "Back up the Mi keys before: the extended OTA erases them and the history.",
            Self::HardwareNotDeclared => {
                "Check the file's name and origin: the image doesn't say for which board it is."
            }
            Self::LowBattery => "Put in a fresh battery: with a weak one link and flash are unreliable.",
            Self::UnknownHardware => "Look which board the device has, and compare it with the image's.",
        })
    }
}

/// A flash that wasn't cleared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not cleared for flashing; reasons: {}, the first is {}", reasons.len(), reasons.first().map_or("", |reason| reason.name()))]
pub struct Refused {
    /// The reasons that stand, at least one.
    pub reasons: ArrayVec<Reason, 16>,
}

impl Refused {
    /// What a person can do about the first reason, in one sentence.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        self.reasons.first().and_then(|reason| reason.help())
    }
}

/// A bank of the usual flash layout.
const BANK: u32 = 0x20000;

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: ImageFacts = ImageFacts {
        payload_length: 900,
        crc32: 0,
        manufacturer: PVVX_MANUFACTURER,
        image_type: 0x0209,
        signed: false,
        product_id: None,
        zigbee: false,
        stock: false,
    };

    #[test]
    fn the_way_back_to_stock_needs_the_extended_ota_on_three_boards() {
        let image = ImageFacts {
            payload_length: 120_500,
            manufacturer: 0,
            image_type: 0,
            ..IMAGE
        };
        for (id, extended) in [(12, true), (13, true), (49, true), (4, false), (9, false)] {
            let target = Target {
                hardware_id: Some(id),
                extended_ota: true,
                ..Target::new(Kind::Pvvx)
            };
            assert!(
                !Preflight::of(image, &target).extended(),
                "nobody said that it is stock"
            );
            let preflight = Preflight::of(image.of_stock(), &target);
            assert_eq!(preflight.extended(), extended, "hardware {id}");
            assert_eq!(preflight.warnings().contains(&Warning::ErasesMiData), extended);
            let old = Target {
                extended_ota: false,
                ..target
            };
            let refused = Preflight::of(image.of_stock(), &old).clear().is_err();
            assert_eq!(refused, extended, "hardware {id}");
        }
    }

    #[test]
    fn an_override_that_leaves_a_reason_open_clears_nothing() {
        let target = Target {
            hardware_id: Some(0),
            ..Target::new(Kind::Stock)
        };
        let preflight = Preflight::of(IMAGE, &target);
        let names: Vec<_> = preflight.reasons().iter().map(|reason| reason.name()).collect();
        assert_eq!(names, ["login_required", "too_small", "wrong_hardware"]);
        let refused = preflight
            .clear_despite(&[Reason::TooSmall, Reason::LoginRequired])
            .unwrap_err();
        assert_eq!(refused.reasons[..], [Reason::WrongHardware]);
        assert!(refused.help().is_some());
    }

    #[test]
    fn nobody_overrides_a_bad_image() {
        let refused = Preflight::of_bad_image().clear_despite(&Reason::ALL).unwrap_err();
        assert_eq!(refused.reasons[..], [Reason::BadImage]);
    }

    #[test]
    fn devices_without_telink_ota_are_refused() {
        for (kind, reason) in [
            (Kind::Phy62x2, Reason::WrongChip),
            (Kind::StockWithoutOta, Reason::NoTelinkOta),
            (Kind::Unsupported, Reason::NoTelinkOta),
        ] {
            let image = ImageFacts {
                payload_length: 4096,
                ..IMAGE
            };
            assert_eq!(Preflight::of(image, &Target::new(kind)).reasons(), [reason]);
        }
    }

    #[test]
    fn all_reasons_are_listed_in_order_and_have_help() {
        assert!(Reason::ALL.is_sorted_by_key(|reason| reason.name()));
        assert!(Reason::ALL.iter().all(|reason| reason.help().is_some()));
    }
}
