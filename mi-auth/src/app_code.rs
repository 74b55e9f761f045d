//! The codes that the vendor's app shows, and that users quote.
//!
//! ```
//! use mi_auth::AppCode;
//!
//! let code = AppCode(-29);
//! assert_eq!(code.name(), Some("cloud_refused_did"));
//! assert!(code.help().unwrap().contains("erase"));
//! assert_eq!(AppCode(-999).name(), None);
//! ```

use core::fmt;

/// A code that the vendor's app shows, known or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppCode(pub i32);

impl AppCode {
    /// What it means, in one short name; `None` for an unknown code.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|(_, name, _)| *name)
    }

    /// What a person can do about it, in one sentence; `None` for an unknown code, and where nothing but a retry
    /// helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        self.row().and_then(|(_, _, help)| *help)
    }

    fn row(self) -> Option<&'static Row> {
        let index = TABLE.binary_search_by_key(&self.0, |(code, _, _)| *code).ok()?;
        TABLE.get(index)
    }
}

impl fmt::Debug for AppCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppCode({self})")
    }
}

/// Prints `-29 cloud_refused_did`, or `-999` for an unknown code.
impl fmt::Display for AppCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.name().map_or(Ok(()), |name| write!(f, " {name}"))
    }
}

/// Code, name, remedy.
type Row = (i32, &'static str, Option<&'static str>);

/// Sorted by code.
const TABLE: &[Row] = &[
    (-55, "notify_timeout", NEAR),
    (
        -53,
        "repeat_login",
        Some("A session is open on this connection: go on, or disconnect and log in anew."),
    ),
    (-52, "login_failed", STALE),
    (-51, "register_failed", Some("Reset the device, and pair again.")),
    (-50, "oob_qr_missing", PRINTED),
    (-49, "oob_confirmation_mismatch", PRINTED),
    (-48, "oob_confirmation_missing", PRINTED),
    (
        -47,
        "device_info_malformed",
        Some("Update the app; if the device runs modified firmware, flash the stock one."),
    ),
    (
        -37,
        "auth_version_or_oob_unsupported",
        Some("Update the app: this one is too old for the device's authentication."),
    ),
    (
        -30,
        "cloud_bind_failed",
        Some("Check the app's account and region, and try again, up to four times."),
    ),
    (
        -29,
        "cloud_refused_did",
        Some(
            "The device carries an id that a web flasher made up: delete it in the app and try again; else flash custom \
         firmware, back up and erase its Mi keys, flash stock firmware, and pair.",
        ),
    ),
    (-28, "gatt_write_failed", NEAR),
    (
        -27,
        "notify_subscribe_failed",
        Some("Custom firmware has no Mi service: the app pairs with stock firmware only."),
    ),
    (
        -17,
        "already_registered",
        Some("Delete the device in the app it is registered with, or reset it."),
    ),
    (-16, "not_registered", Some("Pair the device first.")),
    (
        -9,
        "network_error",
        Some("Check the phone's connection to the internet, and try again."),
    ),
    (-7, "timeout", NEAR),
    (-2, "cancelled", None),
];

const NEAR: Option<&str> = Some(
    "Move closer, put in a fresh battery, restart the phone's Bluetooth, and close other apps that use the device.",
);
const STALE: Option<&str> = Some("The token is an old one: delete the device in the app, and pair again.");
const PRINTED: Option<&str> = Some("Scan or enter the code that is printed on the device or shown by it.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_sorted_and_unique() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        for (code, name, _) in TABLE {
            assert_eq!(AppCode(*code).name(), Some(*name));
            assert_eq!(TABLE.iter().filter(|row| row.1 == *name).count(), 1);
        }
    }
}
