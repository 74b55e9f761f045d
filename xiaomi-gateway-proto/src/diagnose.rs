//! From what is observed to causes and remedies: the trouble table of the setup guide.
//!
//! ```
//! use xiaomi_gateway_proto::diagnose::{Symptoms, Trouble, diagnose};
//!
//! let symptoms = Symptoms { found: true, answers: Some(true), heartbeats: Some(false), ..Symptoms::default() };
//! let trouble = diagnose(&symptoms)[0];
//! assert_eq!(trouble, Trouble::MulticastLost);
//! println!("{}: {}", trouble.cause(), trouble.remedy());
//! ```

use alloc::string::String;
use alloc::vec::Vec;

/// What was observed. [`Client::symptoms`](crate::Client::symptoms) fills in what the protocol shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symptoms {
    /// A gateway answered `whois`, or was heard.
    pub found: bool,
    /// It answers requests on UDP 9898; `None` if none was made.
    pub answers: Option<bool>,
    /// Its heartbeats arrive; `None` if nobody waited for 30 s.
    pub heartbeats: Option<bool>,
    /// Binding UDP 9898 failed: another program has it without sharing.
    pub port_taken: bool,
    /// Joining the group failed: the address is none of this host's.
    pub not_own_interface: bool,
    /// Its model.
    pub model: Option<String>,
    /// Its firmware as the app shows it: `1.4.1_159`.
    pub firmware: Option<String>,
    /// The first three bytes of its MAC.
    pub mac_oui: Option<[u8; 3]>,
    /// There is a KEY.
    pub key: bool,
    /// It has a form that no app was seen to make.
    pub key_unusual: bool,
    /// The gateway refused it, with its newest token.
    pub key_rejected: bool,
    /// The gateway took it before.
    pub key_worked: bool,
    /// Writes work for some seconds, then `Invalid key`.
    pub key_stale: bool,
    /// Devices come with an empty model.
    pub empty_models: bool,
    /// This program runs in a container with a network of its own.
    pub container: bool,
}

/// A row of the trouble table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Trouble {
    /// This model has no LAN mode.
    Unsupported,
    /// New hardware keeps port 9898 closed.
    PortLocked,
    /// The LAN mode is off.
    LanModeOff,
    /// The interface given isn't this host's.
    WrongInterface,
    /// Another program holds the port.
    PortTaken,
    /// A container's network carries no multicast.
    Container,
    /// Nobody answers `whois`.
    NotFound,
    /// Heartbeats don't arrive.
    MulticastLost,
    /// No KEY is configured.
    NoKey,
    /// The KEY was made anew.
    KeyChanged,
    /// The KEY is wrong.
    KeyWrong,
    /// The KEY looks mistyped, or an iPhone made it.
    KeyUnusual,
    /// The token is old when a write is made.
    TokenOld,
    /// The firmware is older than some devices.
    OldFirmware,
    /// The gateway is in a region without LAN mode.
    Region,
}

impl Trouble {
    /// A name for programs: `multicast_lost`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::PortLocked => "port_locked",
            Self::LanModeOff => "lan_mode_off",
            Self::WrongInterface => "wrong_interface",
            Self::PortTaken => "port_taken",
            Self::Container => "container",
            Self::NotFound => "not_found",
            Self::MulticastLost => "multicast_lost",
            Self::NoKey => "no_key",
            Self::KeyChanged => "key_changed",
            Self::KeyWrong => "key_wrong",
            Self::KeyUnusual => "key_unusual",
            Self::TokenOld => "token_old",
            Self::OldFirmware => "old_firmware",
            Self::Region => "region",
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn cause(self) -> &'static str {
        self.texts().0
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.texts().1
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Unsupported => (
                "this model has no LAN mode",
                "Use a lumi.gateway.v2 or v3 or a lumi.acpartner.v3; multimode gateways (mgl03 and later) speak another protocol.",
            ),
            Self::PortLocked => (
                "new hardware (MAC 04:CF:8C or 7C:49:EB) keeps UDP 9898 closed although the app shows the LAN mode on",
                "Set the KEY once over miIO (set_lumi_dpf_aes_key), which opened it for some; else only the serial console does \
                 (psm network.open_pf = 3). Neither is verified.",
            ),
            Self::LanModeOff => (
                "the LAN mode is off, or wasn't confirmed",
                "In the app: gateway, About; tap the last entry 5 times (iPhone: the free space below); LAN communication \
                 protocol; switch on, note the password, press OK. Check with `nmap -sU <gateway> -p 9898`: it must say open.",
            ),
            Self::WrongInterface => (
                "the interface address is not one of this host's",
                "Give the address of this host in the gateway's network, not the gateway's, or `any`.",
            ),
            Self::PortTaken => (
                "another program holds UDP 9898 without sharing it",
                "Stop it (`ss -ulpn sport = :9898` shows which), or let it share the port.",
            ),
            Self::Container => (
                "a container's bridge network carries no multicast",
                "Start the container with the host's network (docker: --net=host); on Proxmox switch multicast snooping of the bridge off.",
            ),
            Self::NotFound => (
                "no gateway answers whois on 224.0.0.50:4321",
                "Check the LAN mode, the firewall (UDP 9898 and IGMP in, 4321 and 9898 out), the subnet and the interface; try 10 \
                 times (discovery_retry), or give the gateway's address.",
            ),
            Self::MulticastLost => (
                "the gateway answers, but its heartbeats to 224.0.0.50:9898 don't arrive: no reports",
                "Open the firewall for UDP 9898 and IGMP; let router and access point forward multicast between Wi-Fi and cable, \
                 without IGMP snooping where no router sends queries; try this host on the same Wi-Fi.",
            ),
            Self::NoKey => (
                "there is no KEY, so nothing can be written",
                "Copy the 16 characters from the app's page of the LAN communication protocol.",
            ),
            Self::KeyChanged => (
                "the gateway took this KEY before and refuses it now: it was made anew",
                "Copy the new KEY from the app.",
            ),
            Self::KeyWrong => (
                "the gateway refuses the KEY, with its newest token",
                "Compare it with the app's character by character, upper and lower case; if an iPhone made it, make it again \
                 with Android or an emulator, and press OK.",
            ),
            Self::KeyUnusual => (
                "the KEY is neither 16 upper-case hex digits nor 16 lower-case letters and digits",
                "Look for a mistyped character or wrong case.",
            ),
            Self::TokenOld => (
                "writes fail with `Invalid key` after 10 to 30 s: the token is old, because heartbeats don't arrive",
                "Mend multicast as for lost heartbeats, or ask for a list before each write, as this crate's client does.",
            ),
            Self::OldFirmware => (
                "devices without model: the gateway's firmware is older than they are",
                "Update the gateway in the app: gateways to 1.4.1_155.0143 or later, acpartner.v3 to 1.4.1_148.019.",
            ),
            Self::Region => (
                "gateways added under another region than Mainland China may have no LAN mode",
                "Reset the gateway (hold its key for 30 s) and add it in the app with region Mainland China.",
            ),
        }
    }
}

/// The likely troubles, the likeliest first; none if all is well.
#[must_use]
pub fn diagnose(symptoms: &Symptoms) -> Vec<Trouble> {
    let mut found = Vec::new();
    let mut when = |condition: bool, trouble| {
        if condition {
            found.push(trouble);
        }
    };
    let silent = symptoms.answers == Some(false);
    let locked_oui = matches!(symptoms.mac_oui, Some([0x04, 0xcf, 0x8c] | [0x7c, 0x49, 0xeb]));
    let model = symptoms.model.as_deref().map(crate::message::short_model);
    let unsupported = matches!(
        model,
        Some(
            "gateway.v1"
                | "gateway.aqhm01"
                | "gateway.mieu01"
                | "acpartner.v1"
                | "acpartner.v2"
                | "gateway.mgl03"
        )
    );
    when(unsupported, Trouble::Unsupported);
    when(symptoms.not_own_interface, Trouble::WrongInterface);
    when(symptoms.port_taken, Trouble::PortTaken);
    when(!symptoms.found && symptoms.container, Trouble::Container);
    when(silent && locked_oui, Trouble::PortLocked);
    when(silent, Trouble::LanModeOff);
    when(!symptoms.found, Trouble::NotFound);
    when(!symptoms.found || silent, Trouble::Region);
    let lost = symptoms.found && symptoms.answers == Some(true) && symptoms.heartbeats == Some(false);
    when(lost && symptoms.container, Trouble::Container);
    when(lost, Trouble::MulticastLost);
    when(symptoms.key_stale, Trouble::TokenOld);
    when(symptoms.key_rejected && symptoms.key_worked, Trouble::KeyChanged);
    when(symptoms.key_rejected && !symptoms.key_worked, Trouble::KeyWrong);
    when(
        symptoms.key && symptoms.key_unusual && !symptoms.key_worked,
        Trouble::KeyUnusual,
    );
    when(symptoms.found && !symptoms.key, Trouble::NoKey);
    let old = symptoms
        .firmware
        .as_deref()
        .and_then(firmware_build)
        .is_some_and(|build| build < if model == Some("acpartner.v3") { 148 } else { 155 });
    when(symptoms.empty_models || old, Trouble::OldFirmware);
    found
}

/// The build of a firmware version: 159 of `1.4.1_159.0143`.
fn firmware_build(version: &str) -> Option<u32> {
    let (_, build) = version.split_once('_')?;
    build.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy() -> Symptoms {
        Symptoms {
            found: true,
            answers: Some(true),
            heartbeats: Some(true),
            model: Some("gateway.v3".into()),
            firmware: Some("1.4.1_159.0143".into()),
            key: true,
            key_worked: true,
            ..Symptoms::default()
        }
    }

    #[test]
    fn firmware_is_old_by_model() {
        let old = |model: &str, firmware: &str| {
            let symptoms = Symptoms {
                model: Some(model.into()),
                firmware: Some(firmware.into()),
                ..healthy()
            };
            diagnose(&symptoms) == [Trouble::OldFirmware]
        };
        assert!(old("gateway", "1.4.1_149.0143") && !old("lumi.acpartner.v3", "1.4.1_149.019"));
        assert!(old("acpartner.v3", "1.4.1_115.0149") && !old("gateway", "1.4.1_155.0143"));
        assert!(!old("gateway", "who knows"));
    }

    #[test]
    fn a_healthy_gateway_has_no_trouble() {
        assert_eq!(diagnose(&healthy()), []);
    }

    #[test]
    fn each_symptom_has_its_cause() {
        let with = |change: fn(&mut Symptoms)| {
            let mut symptoms = healthy();
            change(&mut symptoms);
            diagnose(&symptoms)
        };
        assert_eq!(with(|s| s.heartbeats = Some(false)), [Trouble::MulticastLost]);
        assert_eq!(
            with(|s| (s.key_rejected, s.key_worked) = (true, false)),
            [Trouble::KeyWrong]
        );
        assert_eq!(with(|s| s.key_rejected = true), [Trouble::KeyChanged]);
        assert_eq!(with(|s| s.empty_models = true), [Trouble::OldFirmware]);
        assert_eq!(
            with(|s| s.firmware = Some("1.4.1_145.0143".into())),
            [Trouble::OldFirmware]
        );
        assert_eq!(with(|s| s.key = false), [Trouble::NoKey]);
        assert_eq!(with(|s| s.answers = Some(false))[0], Trouble::LanModeOff);
        let locked = |s: &mut Symptoms| (s.answers, s.mac_oui) = (Some(false), Some([0x04, 0xcf, 0x8c]));
        assert_eq!(with(locked)[0], Trouble::PortLocked);
        assert_eq!(
            with(|s| s.model = Some("lumi.gateway.aqhm01".into())),
            [Trouble::Unsupported]
        );
        assert_eq!(
            diagnose(&Symptoms::default()),
            [Trouble::NotFound, Trouble::Region]
        );
        assert_eq!(with(|s| s.key_stale = true), [Trouble::TokenOld]);
    }
}
