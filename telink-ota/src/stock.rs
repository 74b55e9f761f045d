//! The way from where a device is to where it shall be, step by step, each with its reason.
//!
//! The usual way back to stock: back up Xiaomi's keys, erase them, flash the stock image, pair in the app. Who leaves
//! the erasing out meets error -29, since the device then shows the cloud an id that a web page invented.
//!
//! ```
//! use telink_ota::identify::Kind;
//! use telink_ota::stock::{Goal, State, Step, plan};
//! use telink_ota::FirmwareVersion;
//!
//! let state = State {
//!     hardware_id: Some(4),
//!     version: Some(FirmwareVersion(0x58)),
//!     ..State::new(Kind::Pvvx)
//! };
//! let plan = plan(&state, Goal::Stock);
//! let names: Vec<_> = plan.steps().iter().map(|step| step.name()).collect();
//! assert_eq!(names, ["back_up_keys", "erase_keys", "flash_stock", "verify", "pair"]);
//! assert!(plan.steps()[1].why().contains("-29"));
//! ```

use arrayvec::ArrayVec;

use crate::flow::needs_extended_ota_for_stock;
use crate::hardware::{Hardware, is_lywsd03mmc};
use crate::identify::{Device, Kind};
use crate::{FirmwareVersion, image};

/// Where a device is, as far as known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Which firmware runs.
    pub kind: Kind,
    /// The hardware id.
    pub hardware_id: Option<u16>,
    /// The version of pvvx's firmware.
    pub version: Option<FirmwareVersion>,
    /// Whether it starts signed images only.
    pub signed_firmware: bool,
    /// Whether its token is at hand.
    pub has_token: bool,
    /// Whether it is known to have no keys of Xiaomi's any more.
    pub keys_erased: bool,
    /// The battery, in percent.
    pub battery_percent: Option<u8>,
    /// The length of the image to flash in the end, if it is chosen already.
    pub payload_length: Option<u32>,
}

impl State {
    /// A device of which nothing else is known.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            hardware_id: None,
            version: None,
            signed_firmware: false,
            has_token: false,
            keys_erased: false,
            battery_percent: None,
            payload_length: None,
        }
    }
}

impl From<&Device> for State {
    fn from(device: &Device) -> Self {
        Self {
            hardware_id: device.hardware_id,
            version: device.version,
            signed_firmware: device.signed_firmware,
            ..Self::new(device.kind)
        }
    }
}

impl State {
    /// With the image that is to be flashed in the end.
    #[must_use]
    pub const fn with_image(mut self, image: &image::Image) -> Self {
        self.payload_length = Some(image.payload_length);
        self
    }
}

/// Where a device shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// Stock firmware, paired in the app.
    Stock,
    /// pvvx's custom firmware.
    Custom,
}

/// The way there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    steps: ArrayVec<Step, 16>,
    cautions: ArrayVec<Caution, 4>,
}

impl Plan {
    /// What to do, in this order. Empty if nothing is to be done, or nothing can be: then a caution says so.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What to know before the first step.
    #[must_use]
    pub fn cautions(&self) -> &[Caution] {
        &self.cautions
    }

    fn add(&mut self, steps: &[Step]) {
        for &step in steps {
            // The longest way has 11 steps.
            let _ = self.steps.try_push(step);
        }
    }

    fn warn(&mut self, caution: Caution) {
        let _ = self.cautions.try_push(caution);
    }
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Put in a fresh battery.
    ReplaceBattery,
    /// Register in the app, and take token and bind key from the cloud.
    RegisterInApp,
    /// Register: the device then has a token that is known here.
    Register,
    /// Log in on the connection on which the flash follows.
    LogIn,
    /// Flash the signed stock image.
    FlashSignedStock {
        /// Its file, where it is known.
        file: Option<&'static str>,
    },
    /// Flash pvvx's firmware.
    FlashCustom {
        /// How the name of its file starts, where it is known.
        file: Option<&'static str>,
    },
    /// Read Xiaomi's keys, and keep them in a safe place.
    BackUpKeys,
    /// Erase Xiaomi's keys.
    EraseKeys,
    /// Prepare the flash by the extended OTA, on the connection on which the flash follows.
    PrepareExtendedOta,
    /// Flash the stock image.
    FlashStock {
        /// Its file, where it is known.
        file: Option<&'static str>,
    },
    /// Connect again, and see which firmware runs.
    Verify,
    /// Pair in the app.
    Pair,
}

impl Step {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReplaceBattery => "replace_battery",
            Self::RegisterInApp => "register_in_app",
            Self::Register => "register",
            Self::LogIn => "log_in",
            Self::FlashSignedStock { .. } => "flash_signed_stock",
            Self::FlashCustom { .. } => "flash_custom",
            Self::BackUpKeys => "back_up_keys",
            Self::EraseKeys => "erase_keys",
            Self::PrepareExtendedOta => "prepare_extended_ota",
            Self::FlashStock { .. } => "flash_stock",
            Self::Verify => "verify",
            Self::Pair => "pair",
        }
    }

    /// Why it has to be.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::ReplaceBattery => "A weak battery breaks connections off and can't write the flash.",
            Self::RegisterInApp => {
                "This firmware can't be registered by others than the vendor's app; the cloud then has the token that \
                 logs in."
            }
            Self::Register => "Logging in takes a token, and registering makes one.",
            Self::LogIn => "Stock firmware takes an OTA only while a login is open on the same connection.",
            Self::FlashSignedStock { .. } => {
                "This firmware starts signed images only; from the signed one on, custom firmware can be flashed."
            }
            Self::FlashCustom { .. } => {
                "pvvx's firmware of this version can do what comes next: it reads and erases Xiaomi's keys, and takes \
                 every image."
            }
            Self::BackUpKeys => {
                "Erased keys don't come back; the backup restores the device's registration if the way is to be undone."
            }
            Self::EraseKeys => {
                "The id that a web page invented is stored with them; with it the cloud refuses to pair: error -29."
            }
            Self::PrepareExtendedOta => {
                "The image doesn't fit where a plain OTA writes; the history and all of Xiaomi's data are erased."
            }
            Self::FlashStock { .. } => "The stock image for this board is what was asked for.",
            Self::Verify => {
                "The device never says whether it took the image; only what it reports afterwards does."
            }
            Self::Pair => "Stock firmware without keys has to be paired; up to four attempts are normal.",
        }
    }
}

/// What to know before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Caution {
    /// The board isn't known; the image is to be chosen by a person.
    UnknownHardware,
    /// For the LYWSD03MMC of 2025 no working stock image is known that an OTA can install.
    NoKnownStockImage,
    /// There is no way over the air.
    NoWayByOta,
    /// It is there already.
    AlreadyThere,
    /// The display stays dark under the signed image, the connection works: go on.
    DarkDisplay,
}

impl Caution {
    /// A short name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownHardware => "unknown_hardware",
            Self::NoKnownStockImage => "no_known_stock_image",
            Self::NoWayByOta => "no_way_by_ota",
            Self::AlreadyThere => "already_there",
            Self::DarkDisplay => "dark_display",
        }
    }

    /// What a person can do about it, in one sentence; `None` where nothing is to be done.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::UnknownHardware => {
                Some("Open the case or ask the device for its hardware id before you choose an image.")
            }
            Self::NoKnownStockImage => Some(
                "Keep the custom firmware: with the stock images that are known, boards of 2025 don't work again.",
            ),
            Self::NoWayByOta => {
                Some("Only a wired programmer helps; for PHY62x2 chips there is another flasher.")
            }
            Self::DarkDisplay => {
                Some("Boards of 2025 stay dark under the signed image: connect, and flash the custom one.")
            }
            Self::AlreadyThere => None,
        }
    }
}

/// The way from a state to a goal.
#[must_use]
pub fn plan(state: &State, goal: Goal) -> Plan {
    let mut plan = Plan::default();
    let hardware = state.hardware_id.and_then(Hardware::of);
    if matches!(
        state.kind,
        Kind::Phy62x2 | Kind::StockWithoutOta | Kind::Unsupported
    ) {
        plan.warn(Caution::NoWayByOta);
        return plan;
    }
    let there = match goal {
        Goal::Stock => matches!(state.kind, Kind::Stock | Kind::Qingping),
        Goal::Custom => state.kind == Kind::Pvvx,
    };
    if there {
        plan.warn(Caution::AlreadyThere);
        return plan;
    }
    if hardware.is_none() {
        plan.warn(Caution::UnknownHardware);
    }
    if state.battery_percent.is_some_and(|percent| percent < 40) {
        plan.add(&[Step::ReplaceBattery]);
    }
    match goal {
        Goal::Custom => to_custom(&mut plan, state, hardware),
        Goal::Stock => to_stock(&mut plan, state, hardware),
    }
    plan
}

fn to_custom(plan: &mut Plan, state: &State, hardware: Option<&'static Hardware>) {
    let custom = Step::FlashCustom {
        file: hardware.and_then(|hardware| hardware.custom_file),
    };
    if state.kind == Kind::Stock {
        if !state.has_token {
            plan.add(&[if state.signed_firmware {
                Step::RegisterInApp
            } else {
                Step::Register
            }]);
        }
        plan.add(&[Step::LogIn]);
        if state.signed_firmware {
            let file = hardware.and_then(|hardware| hardware.signed_stock_file);
            plan.add(&[Step::FlashSignedStock { file }, Step::Verify, Step::LogIn]);
            if hardware.is_none_or(|hardware| matches!(hardware.id, 4 | 14)) {
                plan.warn(Caution::DarkDisplay);
            }
        }
    }
    plan.add(&[custom, Step::Verify]);
}

fn to_stock(plan: &mut Plan, state: &State, hardware: Option<&'static Hardware>) {
    if state.hardware_id == Some(14) {
        plan.warn(Caution::NoKnownStockImage);
    }
    let length = state.payload_length.or_else(|| known_length(state.hardware_id));
    let large = length.is_some_and(|length| {
        length > 0x20000
            || state
                .hardware_id
                .is_some_and(|id| needs_extended_ota_for_stock(id, length))
    });
    let needed = if large {
        FirmwareVersion::EXTENDED_OTA
    } else {
        ERASES_KEYS
    };
    // atc1441's firmware has no commands for keys; an unknown version is taken as a new one.
    let able = state.kind == Kind::Pvvx && state.version.is_none_or(|version| version >= needed);
    if !able {
        let file = hardware.and_then(|hardware| hardware.custom_file);
        plan.add(&[Step::FlashCustom { file }, Step::Verify]);
    }
    if !state.keys_erased {
        plan.add(&[Step::BackUpKeys, Step::EraseKeys]);
    }
    if large {
        plan.add(&[Step::PrepareExtendedOta]);
    }
    let file = hardware.and_then(|hardware| hardware.stock_file);
    plan.add(&[Step::FlashStock { file }, Step::Verify]);
    if hardware.is_none_or(|hardware| hardware.stock_file.is_some()) {
        plan.add(&[Step::Pair]);
    }
}

/// The lengths of stock images that don't fit a plain OTA, where no image is chosen yet.
fn known_length(hardware_id: Option<u16>) -> Option<u32> {
    match hardware_id? {
        11 => Some(133_652),
        12 => Some(120_500),
        13 => Some(117_348),
        49 => Some(151_284),
        id if is_lywsd03mmc(id) => Some(105_760),
        _ => None,
    }
}

/// The first version that erases keys.
const ERASES_KEYS: FirmwareVersion = FirmwareVersion(0x21);

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> Vec<&'static str> {
        plan.steps().iter().map(|step| step.name()).collect()
    }

    #[test]
    fn signed_firmware_takes_the_signed_image_first() {
        let state = State {
            hardware_id: Some(10),
            signed_firmware: true,
            ..State::new(Kind::Stock)
        };
        let plan = plan(&state, Goal::Custom);
        assert_eq!(
            names(&plan),
            [
                "register_in_app", "log_in", "flash_signed_stock", "verify", "log_in", "flash_custom",
                "verify"
            ]
        );
        let file = Hardware::of(10).unwrap().signed_stock_file;
        assert_eq!(plan.steps()[2], Step::FlashSignedStock { file });
    }

    #[test]
    fn atc1441_goes_by_way_of_pvvx_because_of_the_keys() {
        let state = State {
            hardware_id: Some(0),
            battery_percent: Some(12),
            ..State::new(Kind::Atc1441)
        };
        assert_eq!(
            names(&plan(&state, Goal::Stock)),
            [
                "replace_battery", "flash_custom", "verify", "back_up_keys", "erase_keys", "flash_stock",
                "verify", "pair"
            ]
        );
    }

    #[test]
    fn large_stock_images_need_the_extended_ota() {
        for (id, large) in [
            (13, true),
            (12, true),
            (49, true),
            (11, true),
            (9, false),
            (4, false),
        ] {
            let state = State {
                hardware_id: Some(id),
                version: Some(FirmwareVersion(0x58)),
                ..State::new(Kind::Pvvx)
            };
            let plan = plan(&state, Goal::Stock);
            assert_eq!(
                names(&plan).contains(&"prepare_extended_ota"),
                large,
                "hardware {id}"
            );
        }
    }

    #[test]
    fn boards_of_2025_are_warned_of() {
        let state = State {
            hardware_id: Some(14),
            ..State::new(Kind::Pvvx)
        };
        assert_eq!(plan(&state, Goal::Stock).cautions(), [Caution::NoKnownStockImage]);
    }

    #[test]
    fn every_way_is_either_steps_or_a_caution() {
        for kind in [
            Kind::Stock,
            Kind::StockWithoutOta,
            Kind::Pvvx,
            Kind::Atc1441,
            Kind::ZigbeeDevice,
            Kind::Qingping,
            Kind::Telink,
            Kind::Phy62x2,
            Kind::Unsupported,
        ] {
            for goal in [Goal::Stock, Goal::Custom] {
                for id in (0..60).map(Some).chain([None]) {
                    let state = State {
                        hardware_id: id,
                        version: Some(FirmwareVersion(0x19)),
                        battery_percent: Some(1),
                        signed_firmware: true,
                        ..State::new(kind)
                    };
                    let plan = plan(&state, goal);
                    assert!(!plan.steps().is_empty() || !plan.cautions().is_empty());
                    assert!(!plan.steps.is_full() && !plan.cautions.is_full());
                    assert!(plan.steps().iter().all(|step| !step.why().is_empty()));
                }
            }
        }
    }
}
