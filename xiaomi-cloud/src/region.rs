//! The servers of the API: where an account's devices are kept.
//!
//! The login is the same everywhere. A session on the wrong region shows an empty list, no error.

mod countries;

use std::fmt;
use std::str::FromStr;

use countries::COUNTRIES;

/// A region's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Region {
    /// `cn`: mainland China.
    China,
    /// `de`: Europe.
    Germany,
    /// `i2`: India.
    India,
    /// `ru`: Russia.
    Russia,
    /// `sg`: Singapore, the rest of Asia, Africa, Oceania.
    Singapore,
    /// `us`: the Americas.
    UnitedStates,
    /// `tw`: Taiwan, older; only asked where it is named.
    Taiwan,
    /// `in`: India, older; only asked where it is named.
    IndiaOld,
}

impl Region {
    /// The six that a search covers. `tw` and `in` are asked only where they are named.
    pub const ALL: [Self; 6] = [
        Self::China,
        Self::Germany,
        Self::India,
        Self::Russia,
        Self::Singapore,
        Self::UnitedStates,
    ];

    /// Its name in host names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::China => "cn",
            Self::Germany => "de",
            Self::India => "i2",
            Self::Russia => "ru",
            Self::Singapore => "sg",
            Self::UnitedStates => "us",
            Self::Taiwan => "tw",
            Self::IndiaOld => "in",
        }
    }

    /// Whom it serves, for people.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::China => "mainland China",
            Self::Germany => "Europe",
            Self::India => "India",
            Self::Russia => "Russia",
            Self::Singapore => "Singapore, the rest of Asia, Africa, Oceania",
            Self::UnitedStates => "the Americas",
            Self::Taiwan => "Taiwan (older)",
            Self::IndiaOld => "India (older)",
        }
    }

    /// Host of its API.
    #[must_use]
    pub const fn host(self) -> &'static str {
        match self {
            Self::China => "api.io.mi.com",
            Self::Germany => "de.api.io.mi.com",
            Self::India => "i2.api.io.mi.com",
            Self::Russia => "ru.api.io.mi.com",
            Self::Singapore => "sg.api.io.mi.com",
            Self::UnitedStates => "us.api.io.mi.com",
            Self::Taiwan => "tw.api.io.mi.com",
            Self::IndiaOld => "in.api.io.mi.com",
        }
    }

    /// What the paths of its API stand behind.
    #[must_use]
    pub fn base_url(self) -> String {
        format!("https://{}/app", self.host())
    }

    /// The region that the app uses in a country (ISO 3166-1 alpha-2, any letter case).
    ///
    /// ```
    /// use xiaomi_cloud::Region;
    ///
    /// assert_eq!(Region::of_country("at"), Some(Region::Germany));
    /// assert_eq!(Region::of_country("??"), None);
    /// ```
    #[must_use]
    pub fn of_country(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_uppercase();
        let index = COUNTRIES
            .binary_search_by_key(&code.as_str(), |(code, ..)| *code)
            .ok()?;
        COUNTRIES.get(index).map(|(.., region)| *region)
    }

    /// All countries: code, name, region; sorted by code.
    pub fn countries() -> impl Iterator<Item = (&'static str, &'static str, Self)> {
        COUNTRIES.iter().copied()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        let name = text.trim().to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .chain([Self::Taiwan, Self::IndiaOld])
            .find(|region| region.name() == name)
            .ok_or(UnknownRegion {
                found: text.chars().count(),
            })
    }
}

/// Text that names no region; it never gets into a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} characters that name no region (cn, de, i2, ru, sg, us, tw, in)")]
pub struct UnknownRegion {
    /// How long the text was.
    pub found: usize,
}

impl UnknownRegion {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some("Take the region that the Mi Home app shows for the account: cn, de, i2, ru, sg or us.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_countries_is_sorted_and_unique() {
        assert!(COUNTRIES.is_sorted_by(|(a, ..), (b, ..)| a < b));
        assert_eq!(COUNTRIES.len(), 247);
    }

    #[test]
    fn a_region_reads_back_from_its_name() {
        for region in Region::ALL {
            assert_eq!(format!(" {} ", region.name().to_uppercase()).parse(), Ok(region));
        }
        assert!("de.evil.example/".parse::<Region>().is_err());
    }
}
