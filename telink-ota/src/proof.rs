//! The proof that a flash worked: what the device reports after its restart.
//!
//! Legacy devices never say whether they took an image. The link drops, and either the new firmware comes back,
//! or the old one, because the image was refused. Connect again after 5 to 10 s, without the host's cached GATT
//! table, [`identify`](crate::identify::identify) the device, and ask:
//!
//! ```
//! use telink_ota::gatt::{COMMAND_SERVICE, INFORMATION_SERVICE, MI_DATA_SERVICE, OTA_SERVICE, SENSING_SERVICE};
//! use telink_ota::identify::{Surface, identify};
//! use telink_ota::image::{self, Declaration};
//! use telink_ota::proof::{Expectation, Proof};
//!
//! # let mut file = vec![0; 5000];
//! # let length = image::finish(&mut file, 4096, &Declaration::pvvx(10)).unwrap();
//! # let image = image::inspect(&file[..length])?;
//! let stock = Surface { services: &[OTA_SERVICE, MI_DATA_SERVICE], firmware: "1.0.0_0130", ..Surface::default() };
//! let before = identify(&stock);
//! let expectation = Expectation::new(before, &image);
//!
//! let pvvx = [OTA_SERVICE, COMMAND_SERVICE, SENSING_SERVICE, INFORMATION_SERVICE];
//! let after = identify(&Surface { services: &pvvx, software: "V5.8", ..Surface::default() });
//! assert_eq!(expectation.judge(&after), Proof::NewImageRuns);
//! assert_eq!(expectation.judge(&identify(&stock)), Proof::OldImageRuns);
//! # Ok::<(), image::ImageError>(())
//! ```

use core::fmt::Write;

use arrayvec::ArrayString;

use crate::identify::{Device, Kind};
use crate::image::{Family, Image};

/// What has to be there after a flash, and what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    before: Device,
    kind: Option<Kind>,
    revision: Option<ArrayString<32>>,
}

impl Expectation {
    /// What an image announces, on a device that reported `before`.
    #[must_use]
    pub fn new(before: Device, image: &Image) -> Self {
        let kind = match image.family() {
            Family::Pvvx { .. } => Some(Kind::Pvvx),
            Family::SignedStock { .. } => Some(Kind::Stock),
            Family::Undeclared | Family::Vendor { .. } => None,
        };
        let container = image
            .container
            .as_ref()
            .and_then(|container| container.as_ref().ok());
        let revision = container.and_then(|container| container.version).map(|version| {
            let mut text = ArrayString::new();
            // 17 letters at most.
            let _ = write!(text, "{version}");
            text
        });
        Self {
            before,
            kind,
            revision,
        }
    }

    /// Adds the kind of firmware that an image doesn't declare: stock images.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Adds the revision that the image doesn't declare: the file's name has it, or the
    /// [strings](crate::image::find_strings) of the body. Of pvvx's firmware it is the software revision, `V5.8`.
    #[must_use]
    pub fn with_revision(mut self, revision: &str) -> Self {
        self.revision = ArrayString::from(revision).ok();
        self
    }

    /// Which image runs, going by what the device reports now.
    #[must_use]
    pub fn judge(&self, after: &Device) -> Proof {
        let as_before = after.kind == self.before.kind && after.revision == self.before.revision;
        let as_announced = self.kind.is_none_or(|kind| kind == after.kind)
            && self
                .revision
                .as_ref()
                .is_none_or(|revision| after.revision.starts_with(revision.as_str()));
        let announced_nothing = self.kind.is_none() && self.revision.is_none();
        match (as_before, as_announced) {
            (true, true) if !announced_nothing => Proof::SameFirmware,
            (true, _) => Proof::OldImageRuns,
            (false, true) => Proof::NewImageRuns,
            (false, false) => Proof::OtherFirmware,
        }
    }
}

/// Which image runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// The new one: it worked.
    NewImageRuns,
    /// The old one: the image was refused or never complete.
    OldImageRuns,
    /// Old and new report the same, so that nobody can tell.
    SameFirmware,
    /// Neither what was there nor what was flashed.
    OtherFirmware,
}

impl Proof {
    /// What a person can do about it, in one sentence; `None` where all is well.
    #[must_use]
    pub const fn help(self) -> Option<&'static str> {
        match self {
            Self::NewImageRuns => None,
            Self::OldImageRuns => Some(
                "The device refused the image or didn't get all of it: check whether its firmware demands a \
                 signature, put in a fresh battery, and start again.",
            ),
            Self::SameFirmware => Some(
                "Old and new version report the same: compare what only the new one can, or be content with it.",
            ),
            Self::OtherFirmware => Some(
                "Clear the host's Bluetooth cache and look again: some hosts keep the services of the old firmware.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gatt::{COMMAND_SERVICE, INFORMATION_SERVICE, OTA_SERVICE, SENSING_SERVICE};
    use crate::identify::{Surface, identify};
    use crate::image::{Declaration, finish, inspect};

    fn pvvx(software: &str) -> Device {
        identify(&Surface {
            services: &[OTA_SERVICE, COMMAND_SERVICE, SENSING_SERVICE, INFORMATION_SERVICE],
            software,
            ..Surface::default()
        })
    }

    fn image(declaration: &Declaration) -> Image {
        let mut file = vec![0; 4200];
        let length = finish(&mut file, 4096, declaration).unwrap();
        inspect(&file[..length]).unwrap()
    }

    #[test]
    fn an_update_of_custom_firmware_shows_in_its_version_only() {
        let update = Expectation::new(pvvx("V4.6"), &image(&Declaration::pvvx(10)));
        assert_eq!(update.judge(&pvvx("V5.8")), Proof::NewImageRuns);
        assert_eq!(update.judge(&pvvx("V4.6")), Proof::SameFirmware);
        let named = update.with_revision("V5.8");
        assert_eq!(named.judge(&pvvx("V4.6")), Proof::OldImageRuns);
        assert_eq!(named.judge(&pvvx("V5.7")), Proof::OtherFirmware);
    }

    #[test]
    fn an_image_that_announces_nothing_is_judged_by_change() {
        let back = Expectation::new(pvvx("V5.8"), &image(&Declaration::stock()));
        assert_eq!(back.judge(&pvvx("V5.8")), Proof::OldImageRuns);
        assert_eq!(back.judge(&pvvx("V5.7")), Proof::NewImageRuns);
        assert_eq!(
            back.with_kind(Kind::Stock).judge(&pvvx("V5.8")),
            Proof::OldImageRuns
        );
    }
}
