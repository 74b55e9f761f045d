//! What goes wrong when people flash, and what helps: from an observation to causes with remedies.
//!
//! ```
//! use telink_ota::diagnose::{Observation, Symptom, diagnose};
//!
//! let observation = Observation {
//!     did: Some("blt.3.129vAbCdEfg00".parse().unwrap()),
//!     ..Observation::of(Symptom::AppError(-29))
//! };
//! let finding = diagnose(&observation).next().unwrap();
//! assert!(finding.cause.contains("invented"));
//! assert!(finding.remedies[0].contains("erase"));
//! ```

use crate::command::keys::Did;
use crate::identify::Kind;

/// What a person sees, and what is known besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation<'a> {
    /// What is wrong.
    pub symptom: Symptom,
    /// Which firmware runs.
    pub kind: Option<Kind>,
    /// The model, such as `LYWSD03MMC`.
    pub model: Option<&'a str>,
    /// The hardware revision, `2a27`; empty if the device reports none.
    pub hardware: Option<&'a str>,
    /// The firmware revision, `2a26`.
    pub firmware: Option<&'a str>,
    /// Xiaomi's device id on the device.
    pub did: Option<Did>,
    /// The battery, in percent.
    pub battery_percent: Option<u8>,
}

impl Observation<'_> {
    /// A symptom of which nothing else is known.
    #[must_use]
    pub const fn of(symptom: Symptom) -> Self {
        Self {
            symptom,
            kind: None,
            model: None,
            hardware: None,
            firmware: None,
            did: None,
            battery_percent: None,
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Symptom {
    /// The vendor's app shows this code while it pairs.
    AppError(i16),
    /// The app pairs after several attempts only.
    SeveralAttempts,
    /// A web page registers ("Activating now...") and never comes to an end.
    ActivationHangs,
    /// "Received device infos are not correct", "Login Failed": the token doesn't fit.
    LoginFails,
    /// The login is answered by `e0`.
    NotRegistered,
    /// The upload came to its end, but the old firmware comes back, maybe with all segments lit before.
    OldFirmwareReturns,
    /// The display is dark after the signed stock image.
    DarkAfterSignedStock,
    /// The upload stops on its way: "GATT operation failed".
    UploadStops,
    /// All segments are lit after a flash.
    AllSegmentsLit,
    /// An image of another model was flashed.
    WrongModel,
    /// Dead after a Zigbee image.
    DeadAfterZigbee,
    /// Not to be found after a flash.
    NotFound,
}

impl Symptom {
    /// All but the codes of the app.
    pub const ALL: [Self; 11] = [
        ActivationHangs, AllSegmentsLit, DarkAfterSignedStock, DeadAfterZigbee, LoginFails, NotFound,
        NotRegistered, OldFirmwareReturns, SeveralAttempts, UploadStops, WrongModel,
    ];

    /// A short name for programs; all codes of the app have the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            AppError(_) => "app_error",
            SeveralAttempts => "several_attempts",
            ActivationHangs => "activation_hangs",
            LoginFails => "login_fails",
            NotRegistered => "not_registered",
            OldFirmwareReturns => "old_firmware_returns",
            DarkAfterSignedStock => "dark_after_signed_stock",
            UploadStops => "upload_stops",
            AllSegmentsLit => "all_segments_lit",
            WrongModel => "wrong_model",
            DeadAfterZigbee => "dead_after_zigbee",
            NotFound => "not_found",
        }
    }
}

/// The code of the app as a number, everything else by its name.
impl core::fmt::Display for Symptom {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            AppError(code) => code.fmt(f),
            other => f.write_str(other.name()),
        }
    }
}

impl core::str::FromStr for Symptom {
    type Err = SymptomError;

    /// A code such as `-29`, or a name.
    fn from_str(text: &str) -> Result<Self, SymptomError> {
        if let Ok(code) = text.parse() {
            return Ok(AppError(code));
        }
        let mut named = Self::ALL.into_iter();
        named.find(|symptom| symptom.name() == text).ok_or(SymptomError)
    }
}

/// Text that is no symptom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is neither a code of the app nor the name of a symptom")]
pub struct SymptomError;

impl SymptomError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Write the number that the app shows, such as -29, or one of the names, such as upload_stops.")
    }
}

/// A likely cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub cause: &'static str,
    /// What helps, the best first.
    pub remedies: &'static [&'static str],
    /// Where it was reported.
    pub source: &'static str,
    /// Whether the observation speaks for it; otherwise it is one of several possibilities.
    pub confirmed: bool,
}

/// The likely causes, those that the observation confirms first. An app's code that no table has gives none.
pub fn diagnose(observation: &Observation<'_>) -> impl Iterator<Item = Finding> {
    let observation = *observation;
    let found = move |confirmed: bool| {
        TABLE
            .iter()
            .filter(move |row| row.symptom == observation.symptom)
            .filter(move |row| match row.sign {
                Sign::Any => !confirmed,
                sign => match sign.is_seen(&observation) {
                    Some(seen) => seen && confirmed,
                    None => !confirmed,
                },
            })
            .map(move |row| Finding {
                cause: row.cause,
                remedies: row.remedies,
                source: row.source,
                confirmed,
            })
    };
    found(true).chain(found(false))
}

struct Row {
    symptom: Symptom,
    sign: Sign,
    cause: &'static str,
    remedies: &'static [&'static str],
    source: &'static str,
}

/// What in an observation speaks for a cause.
#[derive(Clone, Copy)]
enum Sign {
    /// Nothing in particular.
    Any,
    InventedDid,
    BlankHardware,
    CustomFirmware,
    Firmware(&'static str),
    Models(&'static [&'static str]),
    WeakBattery,
}

impl Sign {
    /// `None` if the observation says nothing about it.
    fn is_seen(self, observation: &Observation<'_>) -> Option<bool> {
        match self {
            Self::Any => None,
            Self::InventedDid => observation.did.map(|did| did.is_invented()),
            Self::BlankHardware => {
                let hardware = observation.hardware?;
                Some(hardware.is_empty() || hardware.starts_with("0000"))
            }
            Self::CustomFirmware => observation.kind.map(Kind::is_custom),
            Self::Firmware(prefix) => observation.firmware.map(|firmware| firmware.starts_with(prefix)),
            Self::Models(models) => observation.model.map(|model| models.contains(&model)),
            Self::WeakBattery => observation.battery_percent.map(|percent| percent < 40),
        }
    }
}

use Symptom::*;

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { symptom: AppError(-29), sign: Sign::InventedDid,
        cause: "The cloud refuses the device's id: a web page invented it when it activated the device, and stock firmware still reports it.",
        remedies: &[
            "Flash pvvx's firmware, back up and erase Xiaomi's keys (commands 15 and 17), flash the stock image, pair.",
            "Or delete the device in the app and try again; or flash atc1441's newest firmware, which erases the id, then stock.",
        ],
        source: "atc1441/ATC_MiThermometer #160, #185" },
    Row { symptom: AppError(-29), sign: Sign::BlankHardware,
        cause: "Other firmware has damaged the sectors of keys and hardware revision.",
        remedies: &["Erase the whole flash with a wired programmer, write 1.0.0_0130 by wire, pair; the MAC address changes."],
        source: "devbis/z03mmc #139" },
    Row { symptom: AppError(-29), sign: Sign::Any,
        cause: "The cloud refuses the device's id, for which it gives no reason.",
        remedies: &["Delete the device in the app and pair again, up to four times."],
        source: "atc1441/ATC_MiThermometer #160, #185" },
    Row { symptom: AppError(-30), sign: Sign::Any,
        cause: "The cloud didn't bind the device: old keys weren't erased, or the cloud is busy.",
        remedies: &["Try up to four times.", "Erase Xiaomi's keys before you flash stock, as for -29."],
        source: "atc1441/ATC_MiThermometer #185" },
    Row { symptom: AppError(-27), sign: Sign::CustomFirmware,
        cause: "The app can't subscribe, since custom firmware hasn't Xiaomi's service.",
        remedies: &["Go back to stock firmware; the app doesn't support custom firmware."],
        source: "pvvx/ATC_MiThermometer #469" },
    Row { symptom: AppError(-37), sign: Sign::Any,
        cause: "The app is too old for the device's authentication version, or the device asks for a printed code.",
        remedies: &["Update the app."],
        source: "the vendor app's error codes" },
    Row { symptom: SeveralAttempts, sign: Sign::Any,
        cause: "The cloud is busy, or old keys weren't erased.",
        remedies: &["Try up to four times."],
        source: "atc1441/ATC_MiThermometer #185" },
    Row { symptom: ActivationHangs, sign: Sign::Firmware("2.1.1_0159"),
        cause: "The firmware has authentication version 2, which no web page can register.",
        remedies: &["Register in the app, take token and bind key from the cloud, and log in with the token."],
        source: "pvvx/ATC_MiThermometer #378, #602, #807; atc1441/ATC_MiThermometer #371" },
    Row { symptom: ActivationHangs, sign: Sign::Models(&["MJWSD05MMC", "CGG1", "XMWSDJ04MMC"]),
        cause: "The device waits for its button.",
        remedies: &["MJWSD05MMC: hold both buttons until it restarts, then press the upper one, then the lower one. CGG1: hold 2 s until the icon blinks."],
        source: "pvvx/ATC_MiThermometer #505, #316" },
    Row { symptom: LoginFails, sign: Sign::Any,
        cause: "The token is stale: the device was paired again, or its firmware rewrote the keys.",
        remedies: &[
            "Delete the device in the app, add it again, and take the new token from the cloud.",
            "If that doesn't help, write 1.0.0_0130 with a wired programmer.",
        ],
        source: "atc1441/ATC_MiThermometer #360" },
    Row { symptom: NotRegistered, sign: Sign::Any,
        cause: "The device was never registered, or its registration was erased.",
        remedies: &["Register first, here or in the app, then log in."],
        source: "pvvx/ATC_MiThermometer #807" },
    Row { symptom: OldFirmwareReturns, sign: Sign::Firmware("2.1.1_0159"),
        cause: "The firmware starts signed images only, and the image had no signature that fits.",
        remedies: &["Flash the signed 0159c first, then the custom image."],
        source: "pvvx/ATC_MiThermometer #602, #702, #781; atc1441/ATC_MiThermometer #357" },
    Row { symptom: OldFirmwareReturns, sign: Sign::Any,
        cause: "The device refused the image: damaged, cut off, or PDUs were lost.",
        remedies: &["Check the image, put in a fresh battery, and flash again."],
        source: "pvvx/ATC_MiThermometer #781" },
    Row { symptom: DarkAfterSignedStock, sign: Sign::Any,
        cause: "The board is of 2025, marked B1.6: the signed image doesn't know its display; Bluetooth works.",
        remedies: &["Flash the custom image now."],
        source: "pvvx/ATC_MiThermometer #729" },
    Row { symptom: UploadStops, sign: Sign::WeakBattery,
        cause: "The battery is too weak for the radio and the flash.",
        remedies: &["Put in a fresh battery and start again; the old firmware still runs."],
        source: "atc1441/ATC_MiThermometer #69, #355; pvvx/ATC_MiThermometer #216, #309" },
    Row { symptom: UploadStops, sign: Sign::Any,
        cause: "The link is slow or disturbed: distance, a throttled browser tab, a host with long connection intervals.",
        remedies: &["Move closer, keep the program in the foreground, use another host."],
        source: "atc1441/ATC_MiThermometer #69, #355; pvvx/ATC_MiThermometer #216, #309" },
    Row { symptom: AllSegmentsLit, sign: Sign::Any,
        cause: "The firmware is older than the board's revision and doesn't know its display.",
        remedies: &["Flash the current version: Bluetooth works."],
        source: "pvvx/ATC_MiThermometer #125, #136" },
    Row { symptom: WrongModel, sign: Sign::Any,
        cause: "No device checks whether an image is for it.",
        remedies: &[
            "If it still connects, flash the right image over the air; under CGG1's stock firmware its button pin (P9) has to be shorted.",
            "Otherwise only a wired programmer helps.",
        ],
        source: "pvvx/ATC_MiThermometer #173" },
    Row { symptom: DeadAfterZigbee, sign: Sign::Any,
        cause: "An image over 128 KiB went over a plain OTA, which dropped its end.",
        remedies: &["Only a wired programmer helps; next time prepare the flash by pvvx's extended OTA first."],
        source: "devbis/z03mmc #116, #182; atc1441/ATC_MiThermometer #298" },
    Row { symptom: NotFound, sign: Sign::Any,
        cause: "The host keeps the old firmware's services, or long range is on.",
        remedies: &[
            "Reload the page or restart the Bluetooth adapter.",
            "Take the battery out for a moment: that switches long range off.",
        ],
        source: "pvvx/ATC_MiThermometer #86, #309, #719" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_symptom_stand_together() {
        for row in TABLE {
            let places = TABLE
                .iter()
                .enumerate()
                .filter(|(_, other)| other.symptom == row.symptom);
            let places: Vec<usize> = places.map(|(place, _)| place).collect();
            assert_eq!(places.len(), places[places.len() - 1] - places[0] + 1);
            assert!(!row.remedies.is_empty());
        }
    }

    #[test]
    fn what_the_observation_rules_out_isnt_told() {
        let observation = Observation {
            did: Some("blt.3.1hc1p4nu8k400".parse().unwrap()),
            hardware: Some(""),
            ..Observation::of(AppError(-29))
        };
        let causes: Vec<Finding> = diagnose(&observation).collect();
        assert_eq!(causes.len(), 2);
        assert!(causes[0].confirmed && causes[0].cause.contains("damaged"));
        assert!(!causes[1].confirmed && causes[1].cause.contains("no reason"));
    }

    #[test]
    fn every_symptom_is_found_by_its_name_and_has_a_cause() {
        assert!(Symptom::ALL.is_sorted_by_key(|symptom| symptom.name()));
        for symptom in Symptom::ALL.into_iter().chain([AppError(-29), AppError(-27)]) {
            assert_eq!(symptom.to_string().parse(), Ok(symptom));
            assert!(diagnose(&Observation::of(symptom)).count() > 0, "{symptom}");
        }
        assert_eq!("x".parse::<Symptom>(), Err(SymptomError));
    }

    #[test]
    fn a_button_is_the_cause_on_models_with_one() {
        let observation = Observation {
            model: Some("MJWSD05MMC"),
            firmware: Some("0026"),
            ..Observation::of(ActivationHangs)
        };
        let causes: Vec<Finding> = diagnose(&observation).collect();
        assert_eq!(causes.len(), 1);
        assert!(causes[0].remedies[0].contains("both buttons"));
    }

    #[test]
    fn without_details_all_possibilities_are_told() {
        let causes: Vec<Finding> = diagnose(&Observation::of(UploadStops)).collect();
        assert_eq!(causes.len(), 2);
        assert!(causes.iter().all(|finding| !finding.confirmed));
        assert_eq!(diagnose(&Observation::of(AppError(-1234))).count(), 0);
    }
}
