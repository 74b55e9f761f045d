//! What is known of models and their firmware, before anything is connected.
//!
//! ```
//! use mi_auth::{KnownFirmware, Way};
//!
//! let known = KnownFirmware::find("LYWSD03MMC", "2.1.1_0159").expect("a common one");
//! assert_eq!(known.register, Way::CloudOnly);
//! assert!(known.help().unwrap().contains("cloud"));
//! ```

use crate::Scheme;

/// How one model's firmware authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownFirmware {
    /// The model.
    pub model: &'static str,
    /// How its version starts; empty for all that no other row has.
    pub firmware: &'static str,
    /// How it authenticates.
    pub scheme: Scheme,
    /// How it registers.
    pub register: Way,
    /// Whether it takes an OTA after login, and which.
    pub ota: Ota,
}

/// How a device registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Without further ado.
    Directly,
    /// After somebody pressed its button, as told.
    Button(&'static str),
    /// With the vendor's cloud only.
    CloudOnly,
    /// Others' tools hang there; nobody knows why.
    Hangs,
}

/// What a device takes after login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ota {
    /// Any image that suits its hardware.
    Any,
    /// Images that the vendor signed.
    SignedOnly,
    /// None of Telink's.
    None,
    /// Not known.
    Unknown,
}

impl KnownFirmware {
    /// What is known; `None` for other models. Where a version isn't known, its model's other versions tell.
    #[must_use]
    pub fn find(model: &str, firmware: &str) -> Option<&'static Self> {
        TABLE
            .iter()
            .filter(|row| row.model == model && firmware.starts_with(row.firmware))
            .max_by_key(|row| row.firmware.len())
    }

    /// All that is known, sorted by model and firmware.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        TABLE
    }

    /// What a person has to do, in one sentence; `None` where nothing is special.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self.register {
            Way::Directly => None,
            Way::Button(how) => Some(how),
            Way::CloudOnly => Some(
                "Pair it in the vendor's app, fetch token and bind key from the cloud, and log in with the token.",
            ),
            Way::Hangs => Some(
                "Registration outside the vendor's app wasn't seen to end: try it, and else fetch token and bind key \
                 from the cloud.",
            ),
        }
    }
}

const fn row(
    model: &'static str,
    firmware: &'static str,
    scheme: Scheme,
    register: Way,
    ota: Ota,
) -> KnownFirmware {
    KnownFirmware {
        model,
        firmware,
        scheme,
        register,
        ota,
    }
}

/// Sorted by model and firmware.
const TABLE: &[KnownFirmware] = &[
    row("CGDK2", "", Scheme::Standard, Way::Directly, Ota::Any),
    row(
        "CGG1",
        "",
        Scheme::Standard,
        Way::Button("Hold its button for 2 s, until the icon blinks."),
        Ota::Any,
    ),
    row("LYWSD02MMC", "", Scheme::Standard, Way::Directly, Ota::None),
    row("LYWSD03MMC", "", Scheme::Standard, Way::Directly, Ota::Any),
    row(
        "LYWSD03MMC",
        "2.1.1_0159",
        Scheme::Standard,
        Way::CloudOnly,
        Ota::SignedOnly,
    ),
    row(
        "M365",
        "",
        Scheme::Standard,
        Way::Button("Press its power button within 5 to 30 s."),
        Ota::None,
    ),
    row("MHO-C401", "", Scheme::Standard, Way::Directly, Ota::Any),
    row(
        "MJWSD05MMC",
        "",
        Scheme::Standard,
        Way::Button("Hold both buttons until it resets, then press the upper and the lower one."),
        Ota::Any,
    ),
    row(
        "MJWSD06MMC",
        "",
        Scheme::Standard,
        Way::CloudOnly,
        Ota::SignedOnly,
    ),
    row("XMWSDJ04MMC", "", Scheme::Standard, Way::Hangs, Ota::Unknown),
    row("YLKG07YL", "", Scheme::Legacy, Way::Directly, Ota::None),
    row("YLKG08YL", "", Scheme::Legacy, Way::Directly, Ota::None),
    row("YLYB01YL", "", Scheme::Legacy, Way::Directly, Ota::None),
    row("YLYK01YL", "", Scheme::Legacy, Way::Directly, Ota::None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_model_has_a_row_for_all_versions() {
        assert!(TABLE.is_sorted_by(|a, b| (a.model, a.firmware) < (b.model, b.firmware)));
        for row in TABLE {
            assert!(KnownFirmware::find(row.model, "").is_some(), "{}", row.model);
            assert_eq!(KnownFirmware::find(row.model, row.firmware), Some(row));
        }
    }

    #[test]
    fn one_version_of_a_thermometer_is_unlike_the_others() {
        let way = |firmware| KnownFirmware::find("LYWSD03MMC", firmware).unwrap().register;
        assert_eq!(way("1.0.0_0130"), Way::Directly);
        assert_eq!(way("2.1.1_0159"), Way::CloudOnly);
        assert_eq!(KnownFirmware::find("LYWSD04", "1"), None);
    }
}
