//! What an access point answers to a station: the order in which hostapd decides.

use super::rsne::{Akm, Suite};

/// What an access point offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint<'a> {
    /// The kinds of keys.
    pub akms: &'a [Suite],
    /// Whether it can protect management frames.
    pub mfp_capable: bool,
    /// Whether every station must.
    pub mfp_required: bool,
}

/// What a station does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// The kind of key that it chose.
    pub akm: Suite,
    /// Whether it can protect management frames.
    pub mfp_capable: bool,
    /// Whether it insists on it.
    pub mfp_required: bool,
    /// How it authenticated before.
    pub authentication: Authentication,
    /// Whether the access point still knows a key of it.
    pub cached_key: bool,
}

/// How a station authenticated before it asks to be associated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authentication {
    /// Open system, as before WPA3.
    Open,
    /// SAE, as WPA3 needs it.
    Sae,
    /// Any other algorithm, by its number.
    Other(u16),
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinOutcome {
    /// Associated; a wrong password shows only after this, in the 4-way handshake.
    Associated,
    /// Refused with this status.
    Status(u16),
    /// The station itself doesn't go on: it insists on protected management frames.
    StationRefuses,
}

impl AccessPoint<'_> {
    /// Decides as hostapd does. A password takes no part in it.
    #[must_use]
    pub fn answer(&self, station: &Station) -> JoinOutcome {
        if !self.akms.contains(&station.akm) {
            return JoinOutcome::Status(43);
        }
        if station.mfp_required && !self.mfp_capable {
            return JoinOutcome::StationRefuses;
        }
        if self.mfp_required && !station.mfp_capable {
            return JoinOutcome::Status(31);
        }
        if Akm::is_sae(station.akm) {
            return match station.authentication {
                Authentication::Open if !station.cached_key => JoinOutcome::Status(53),
                Authentication::Other(_) => JoinOutcome::Status(13),
                _ => JoinOutcome::Associated,
            };
        }
        JoinOutcome::Associated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The report: a router that offers WPA2 and WPA3, and a module that takes WPA3 but authenticates openly.
    #[test]
    fn open_authentication_for_sae_is_status_53() {
        let router = AccessPoint {
            akms: &[Akm::PSK, Akm::SAE],
            mfp_capable: true,
            mfp_required: false,
        };
        let module = Station {
            akm: Akm::SAE,
            mfp_capable: true,
            mfp_required: false,
            authentication: Authentication::Open,
            cached_key: false,
        };
        assert_eq!(router.answer(&module), JoinOutcome::Status(53));
        // Newer firmware takes WPA2, and the same router lets it in.
        assert_eq!(
            router.answer(&Station {
                akm: Akm::PSK,
                ..module
            }),
            JoinOutcome::Associated
        );
        let wpa2_only = AccessPoint {
            akms: &[Akm::PSK],
            ..router
        };
        assert_eq!(
            wpa2_only.answer(&Station {
                akm: Akm::PSK,
                ..module
            }),
            JoinOutcome::Associated
        );
    }

    #[test]
    fn another_algorithm_is_status_13() {
        let router = AccessPoint {
            akms: &[Akm::SAE],
            mfp_capable: true,
            mfp_required: true,
        };
        let module = Station {
            akm: Akm::SAE,
            mfp_capable: true,
            mfp_required: true,
            authentication: Authentication::Other(1),
            cached_key: false,
        };
        assert_eq!(router.answer(&module), JoinOutcome::Status(13));
    }
}
