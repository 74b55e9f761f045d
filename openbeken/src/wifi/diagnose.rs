//! From a log to causes, with the lines that show them, and what to do.
//!
//! An answer of the access point says most, then a result of the radio firmware, then Beken's and OpenBeken's words.
//! Of each the last counts. A success behind the last failure ends all doubt.
//!
//! ```
//! use openbeken::wifi::{Cause, Known, diagnose};
//!
//! let log = "AP Security mode: wep:0,wpa:0,wpa2:1,wpa3:1\n\
//!            Association failure, Wlan802.11 status code = 53";
//! let diagnosis = diagnose(log, &Known::default());
//! assert_eq!(diagnosis.cause(), Cause::SaePmksaMissing);
//! assert!(diagnosis.is_not_the_password());
//! println!("{}", diagnosis.findings[0].remedies[0].text());
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use super::codes::FirmwareStatus;
use super::log::{ConnectParam, LogEvent};
use super::redact::Passwords;
use super::scan::{Mark, scan};

/// What somebody who asks knows already. All of it may be left out.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Known {
    /// How many bytes the network's password has.
    pub password_length: Option<usize>,
}

impl Known {
    /// That the network's password has so many bytes.
    #[must_use]
    pub const fn password_length(length: usize) -> Self {
        Self {
            password_length: Some(length),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Causes, the deciding one first; never empty.
    pub findings: Vec<Finding>,
    /// The answer of the access point, if it decided.
    pub status: Option<u16>,
    /// The firmware's result, if it decided.
    pub firmware_status: Option<FirmwareStatus>,
    /// Beken's word, if it decided.
    pub bk_status: Option<u32>,
    /// If a status decided: whether WPA3 was offered, as last printed.
    pub wpa3: Option<bool>,
    /// If a status decided: whether protected management frames were insisted on, as last printed.
    pub pmf_required: Option<bool>,
    /// The length of the password as the module has it, as last printed.
    pub password_length: Option<u32>,
}

/// A cause, what shows it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The cause.
    pub cause: Cause,
    /// Lines of the log that show it, in their order.
    pub evidence: Vec<Evidence>,
    /// What to do, the best first.
    pub remedies: &'static [Remedy],
}

/// A line of the log. Every password that the log prints anywhere is masked in it, as far as one can be told: one of
/// fewer than five characters only where it is printed, and if there are more than thirty-two, the whole line is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// Which line, from 1 on.
    pub line: usize,
    /// The line, cut at 160 characters around what matters.
    pub text: String,
}

impl Diagnosis {
    /// The deciding cause.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.findings
            .first()
            .map_or(Cause::NoData, |finding| finding.cause)
    }

    /// What to do about it.
    #[must_use]
    pub fn remedies(&self) -> &'static [Remedy] {
        self.cause().remedies()
    }

    /// Whether the log shows that the password isn't the reason: an access point that refuses an association hasn't
    /// looked at it yet. A wrong one shows only in the handshake that follows, as reason 15 or 2.
    #[must_use]
    pub const fn is_not_the_password(&self) -> bool {
        // 15 and 1 are also what SAE authentication with a wrong password gives.
        matches!(self.status, Some(status) if status != 15 && status != 1)
    }
}

/// What keeps a module out of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// It is in.
    Connected,
    /// It still tries.
    InProgress,
    /// The log says nothing about it.
    NoData,
    /// The module chose WPA3 but authenticated the old way, and the access point knows no key of it.
    SaePmksaMissing,
    /// The module shows a key that the access point doesn't know.
    PmkidRejected,
    /// The access point insists on protected management frames.
    PmfPolicy,
    /// The access point asks for patience.
    TryLater,
    /// The access point has no room.
    ApFull,
    /// The access point doesn't offer the kind of key that the module chose.
    AkmMismatch,
    /// They have no cipher in common.
    CipherMismatch,
    /// The access point refuses for another reason.
    AssociationDenied,
    /// The password is wrong, or frames of the handshake were lost.
    WrongKey,
    /// The password that the module has isn't the one that was typed.
    PasswordMangled,
    /// The network wasn't seen.
    ApNotFound,
    /// The access point didn't answer.
    AuthTimeout,
    /// The access point was lost.
    SignalLost,
    /// There is a connection but no address.
    DhcpFailed,
    /// The module says no more than that it failed.
    AuthFailed,
    /// The access point ended a connection that worked.
    Kicked,
    /// The module has no memory left.
    ModuleOutOfMemory,
    /// The module's radio failed.
    ModuleError,
    /// The module itself stopped.
    Stopped,
}

impl Cause {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::InProgress => "in_progress",
            Self::NoData => "no_data",
            Self::SaePmksaMissing => "sae_pmksa_missing",
            Self::PmkidRejected => "pmkid_rejected",
            Self::PmfPolicy => "pmf_policy",
            Self::TryLater => "try_later",
            Self::ApFull => "ap_full",
            Self::AkmMismatch => "akm_mismatch",
            Self::CipherMismatch => "cipher_mismatch",
            Self::AssociationDenied => "assoc_denied",
            Self::WrongKey => "wrong_key",
            Self::PasswordMangled => "password_mangled",
            Self::ApNotFound => "ap_not_found",
            Self::AuthTimeout => "auth_timeout",
            Self::SignalLost => "signal_lost",
            Self::DhcpFailed => "dhcp_failed",
            Self::AuthFailed => "auth_failed",
            Self::Kicked => "kicked",
            Self::ModuleOutOfMemory => "module_out_of_memory",
            Self::ModuleError => "module_error",
            Self::Stopped => "stopped",
        }
    }

    /// What it means, in a sentence or two.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Connected => "The module is in the network.",
            Self::InProgress => "The module tries to join; the log ends before anything is decided.",
            Self::NoData => "The log says nothing about joining a network.",
            Self::SaePmksaMissing => {
                "The access point offers WPA2 and WPA3; the module asked for WPA3 (SAE) but authenticated openly, without \
                 a key that the access point remembers. The access point refuses before it looks at the password: the \
                 password is not the reason."
            }
            Self::PmkidRejected => {
                "The module refers to a key that the access point doesn't remember. The password is not the reason."
            }
            Self::PmfPolicy => {
                "The access point requires protected management frames, which the module doesn't offer."
            }
            Self::TryLater => "The access point asks to come back a moment later.",
            Self::ApFull => "The access point takes no more devices, or none with so weak a signal.",
            Self::AkmMismatch => "The access point doesn't offer the kind of key that the module chose.",
            Self::CipherMismatch => "Access point and module have no cipher in common.",
            Self::AssociationDenied => "The access point refuses the module for a reason of its own.",
            Self::WrongKey => "The handshake with the password failed: it is wrong, or frames got lost.",
            Self::PasswordMangled => {
                "The password that the module has is of another length than the right one: it was cut or changed on the \
                 way to the device."
            }
            Self::ApNotFound => "The module doesn't see the network.",
            Self::AuthTimeout => "The access point didn't answer in time.",
            Self::SignalLost => "The module lost the access point.",
            Self::DhcpFailed => "The module joined, but got no address.",
            Self::AuthFailed => "The module says only that it couldn't authenticate.",
            Self::Kicked => "The access point ended a connection that worked.",
            Self::ModuleOutOfMemory => "The module has no memory left.",
            Self::ModuleError => "The module's radio failed.",
            Self::Stopped => "The module itself ended the connection.",
        }
    }

    /// What to do about it, the best first.
    #[must_use]
    pub const fn remedies(self) -> &'static [Remedy] {
        use Remedy as R;
        match self {
            Self::Connected | Self::InProgress | Self::NoData => &[],
            Self::SaePmksaMissing => &[
                R::RouterWpa2Only,
                R::RouterPmfOptional,
                R::UpdateFirmware,
                R::UseGuestSsid,
            ],
            Self::PmkidRejected => &[R::RestartAp, R::UpdateFirmware],
            Self::PmfPolicy => &[R::RouterPmfOptional, R::UpdateFirmware],
            Self::TryLater => &[R::WaitRetry],
            Self::ApFull => &[R::FreeApSlots, R::MoveCloser],
            Self::AkmMismatch => &[R::RouterWpa2Only],
            Self::CipherMismatch => &[R::RouterCcmpOnly],
            Self::AssociationDenied | Self::Kicked => &[R::CheckApLog],
            Self::WrongKey => &[R::RetypePassword, R::RouterDisableWmmOrLegacy],
            Self::PasswordMangled => &[R::RetypePassword],
            Self::ApNotFound => &[R::CheckSsid, R::Check2g4Channel, R::MoveCloser],
            Self::AuthTimeout => &[R::MoveCloser, R::Check2g4Channel],
            Self::SignalLost => &[R::MoveCloser],
            Self::DhcpFailed => &[R::CheckDhcp, R::SetStaticIp],
            Self::AuthFailed => &[R::RetypePassword, R::RouterWpa2Only],
            Self::ModuleOutOfMemory | Self::ModuleError => &[R::UpdateFirmware],
            Self::Stopped => &[R::WaitRetry],
        }
    }
}

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Router to WPA2 alone.
    RouterWpa2Only,
    /// Router: protected management frames optional.
    RouterPmfOptional,
    /// Newer firmware on the module.
    UpdateFirmware,
    /// Another network of the same router.
    UseGuestSsid,
    /// Make the access point forget.
    RestartAp,
    /// Wait.
    WaitRetry,
    /// Fewer devices.
    FreeApSlots,
    /// Router: AES alone.
    RouterCcmpOnly,
    /// Look at the other side.
    CheckApLog,
    /// Send the password again, the right way.
    RetypePassword,
    /// Router: defaults for WMM and modes.
    RouterDisableWmmOrLegacy,
    /// The name.
    CheckSsid,
    /// The channel.
    Check2g4Channel,
    /// The distance.
    MoveCloser,
    /// The addresses.
    CheckDhcp,
    /// An address by hand.
    SetStaticIp,
}

impl Remedy {
    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RouterWpa2Only => "router_wpa2_only",
            Self::RouterPmfOptional => "router_pmf_optional",
            Self::UpdateFirmware => "update_firmware",
            Self::UseGuestSsid => "use_guest_ssid",
            Self::RestartAp => "restart_ap",
            Self::WaitRetry => "wait_retry",
            Self::FreeApSlots => "free_ap_slots",
            Self::RouterCcmpOnly => "router_ccmp_only",
            Self::CheckApLog => "check_ap_log",
            Self::RetypePassword => "retype_password",
            Self::RouterDisableWmmOrLegacy => "router_disable_wmm_or_legacy",
            Self::CheckSsid => "check_ssid",
            Self::Check2g4Channel => "check_2g4_channel",
            Self::MoveCloser => "move_closer",
            Self::CheckDhcp => "check_dhcp",
            Self::SetStaticIp => "set_static_ip",
        }
    }

    /// What to do, in a sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::RouterWpa2Only => {
                "Set the router, or its guest network, to WPA2 (CCMP) alone, not to \"WPA2 + WPA3\"."
            }
            Self::RouterPmfOptional => {
                "On the router, switch protected management frames (PMF, 802.11w) from required to optional or off."
            }
            Self::UpdateFirmware => {
                "Install newer OpenBeken: on BL602 it joins such networks by WPA2 and names the access point's ciphers rightly."
            }
            Self::UseGuestSsid => "Put the module into a guest or IoT network that has WPA2.",
            Self::RestartAp => {
                "Restart the access point, or remove the device from its list, so that it forgets old keys."
            }
            Self::WaitRetry => "Wait some seconds; the module tries again by itself.",
            Self::FreeApSlots => {
                "Raise the router's limit of devices or remove old ones; some routers also say this for weak signals."
            }
            Self::RouterCcmpOnly => {
                "On the router, allow CCMP-128 (AES) alone: modules know neither GCMP nor CCMP-256, and some no TKIP."
            }
            Self::CheckApLog => {
                "Read the router's own log: a filter of MAC addresses or its choice of bands may be the reason."
            }
            Self::RetypePassword => {
                "Send the password again on the way that keeps it whole (`provision` plans it), and compare the length that \
                 the module prints."
            }
            Self::RouterDisableWmmOrLegacy => {
                "On the router, set WMM and the 802.11 mode back to their defaults."
            }
            Self::CheckSsid => "Compare the network's name letter by letter; capitals count.",
            Self::Check2g4Channel => {
                "Make sure that the router sends at 2.4 GHz, on channel 1 to 11 (13), 20 MHz wide."
            }
            Self::MoveCloser => "Bring both closer together, until the signal is better than -75 dBm.",
            Self::CheckDhcp => "Look whether the router has addresses left to give.",
            Self::SetStaticIp => "Give the module an address by its `IPAddress` settings.",
        }
    }
}

/// Says why the module of this log doesn't join, or that it does. Text in one long line works too.
#[must_use]
pub fn diagnose(log: &str, known: &Known) -> Diagnosis {
    let text = log.as_bytes();
    let mut last = Last::default();
    scan(text, |at, mark| last.take(at, mark));
    let password = password_length(log);
    let mut diagnosis = Diagnosis {
        findings: Vec::new(),
        status: None,
        firmware_status: None,
        bk_status: None,
        wpa3: None,
        pmf_required: None,
        password_length: password.map(|(_, length)| length),
    };
    let mut lines = Lines {
        log,
        passwords: None,
        last_offset: 0,
        last_line: 1,
    };
    if last.success > last.failure {
        let evidence = last.success.into_iter().map(|at| lines.evidence(at)).collect();
        diagnosis.findings.push(Finding {
            cause: Cause::Connected,
            evidence,
            remedies: &[],
        });
        return diagnosis;
    }
    for (offsets, cause) in last.causes(&mut diagnosis) {
        if diagnosis.findings.iter().any(|finding| finding.cause == cause) {
            continue;
        }
        let evidence = offsets.into_iter().map(|at| lines.evidence(at)).collect();
        diagnosis.findings.push(Finding {
            cause,
            evidence,
            remedies: cause.remedies(),
        });
    }
    let differs = |found: u32| {
        known
            .password_length
            .is_some_and(|right| usize::try_from(found).ok() != Some(right))
    };
    if let Some((at, _)) = password.filter(|&(_, found)| differs(found)) {
        let evidence = Vec::from([lines.evidence(at)]);
        let cause = Cause::PasswordMangled;
        let finding = Finding {
            cause,
            evidence,
            remedies: cause.remedies(),
        };
        // Where the password can be the reason, this is the better one.
        let decides = matches!(
            diagnosis.cause(),
            Cause::WrongKey | Cause::AuthFailed | Cause::NoData
        );
        let at = if decides { 0 } else { diagnosis.findings.len() };
        diagnosis.findings.insert(at, finding);
    }
    if diagnosis.findings.is_empty() {
        let says_something = last.any || log.lines().any(|line| LogEvent::parse(line) != LogEvent::Unknown);
        let cause = if says_something {
            Cause::InProgress
        } else {
            Cause::NoData
        };
        diagnosis.findings.push(Finding {
            cause,
            evidence: Vec::new(),
            remedies: &[],
        });
    }
    diagnosis
}

/// The last of each kind, with its offset.
#[derive(Debug, Default)]
struct Last {
    any: bool,
    success: Option<usize>,
    failure: Option<usize>,
    status: Option<(usize, u16)>,
    firmware: Option<(usize, FirmwareStatus)>,
    beken: Option<(usize, u32)>,
    dhcp: Option<usize>,
    obk_auth: Option<usize>,
    wpa3: Option<(usize, bool)>,
    pmf: Option<(usize, bool)>,
}

impl Last {
    fn take(&mut self, at: usize, mark: Mark) {
        self.any = true;
        let failed = match mark {
            Mark::Success | Mark::Beken(11) => {
                self.success = Some(at);
                false
            }
            Mark::Status(0) => false,
            Mark::Status(status) => {
                self.status = Some((at, status));
                true
            }
            Mark::Firmware(status) if status.code() == 0 => false,
            Mark::Firmware(status) => {
                self.firmware = Some((at, status));
                true
            }
            Mark::Beken(status @ (4..=7 | 9)) => {
                self.beken = Some((at, status));
                true
            }
            Mark::Beken(8) | Mark::Obk(2) => true,
            Mark::Obk(3) => {
                self.obk_auth = Some(at);
                true
            }
            Mark::DhcpTimeout => {
                self.dhcp = Some(at);
                true
            }
            Mark::Pmf(required) => {
                self.pmf = Some((at, required));
                false
            }
            Mark::Wpa3(offered) => {
                self.wpa3 = Some((at, offered));
                false
            }
            Mark::Beken(_) | Mark::Obk(_) => false,
        };
        if failed {
            self.failure = Some(at);
        }
    }

    /// Causes, from the best source to the weakest, with what shows them. Notes in the diagnosis what decides.
    fn causes(&self, diagnosis: &mut Diagnosis) -> Vec<(Vec<usize>, Cause)> {
        let mut causes = Vec::new();
        if let Some((at, status)) = self.status {
            diagnosis.status = Some(status);
            diagnosis.wpa3 = self.wpa3.map(|(_, offered)| offered);
            diagnosis.pmf_required = self.pmf.map(|(_, required)| required);
            let wpa3 = diagnosis.wpa3 == Some(true);
            let mut offsets = Vec::from([at]);
            if matches!(status, 53 | 31 | 43) {
                offsets.extend(self.wpa3.map(|(at, _)| at));
                offsets.extend(self.pmf.map(|(at, _)| at));
                offsets.sort_unstable();
            }
            causes.push((offsets, cause_of_status(status, wpa3)));
        }
        if let Some((at, status)) = self.firmware {
            // "See the status" says nothing if there is one.
            if !(self.status.is_some() && status.code() == 5) {
                if causes.is_empty() {
                    diagnosis.firmware_status = Some(status);
                }
                causes.push((Vec::from([at]), cause_of_firmware(status)));
            }
        }
        if let Some((at, status)) = self.beken {
            if causes.is_empty() {
                diagnosis.bk_status = Some(status);
            }
            let cause = match status {
                4 => Cause::SignalLost,
                5 => Cause::WrongKey,
                6 => Cause::ApNotFound,
                7 => Cause::ApFull,
                _ => Cause::AssociationDenied,
            };
            causes.push((Vec::from([at]), cause));
        }
        causes.extend(self.dhcp.map(|at| (Vec::from([at]), Cause::DhcpFailed)));
        // It only repeats what others say better.
        if causes.is_empty() {
            causes.extend(self.obk_auth.map(|at| (Vec::from([at]), Cause::AuthFailed)));
        }
        causes
    }
}

const fn cause_of_status(status: u16, wpa3: bool) -> Cause {
    match status {
        53 if wpa3 => Cause::SaePmksaMissing,
        53 => Cause::PmkidRejected,
        31 => Cause::PmfPolicy,
        30 => Cause::TryLater,
        17 => Cause::ApFull,
        43 => Cause::AkmMismatch,
        41 | 42 | 46 => Cause::CipherMismatch,
        _ => Cause::AssociationDenied,
    }
}

const fn cause_of_firmware(status: FirmwareStatus) -> Cause {
    match status.code() {
        1 | 4 => Cause::ModuleOutOfMemory,
        2 | 3 | 6 => Cause::AuthFailed,
        7 => Cause::Kicked,
        8..=10 | 18 => Cause::WrongKey,
        11 => Cause::AuthTimeout,
        12 => Cause::ApNotFound,
        13..=15 => Cause::ModuleError,
        16 | 21 | 22 => Cause::SignalLost,
        17 => Cause::CipherMismatch,
        19 | 20 | 23..=26 => Cause::Stopped,
        _ => Cause::AssociationDenied,
    }
}

/// The last length of a password that is printed, and where.
fn password_length(log: &str) -> Option<(usize, u32)> {
    let last = |mark: &str| {
        let at = memchr::memmem::rfind(log.as_bytes(), mark.as_bytes())?;
        let digits = log.get(at + mark.len()..)?.trim_start_matches([' ', '\t']);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        Some((at, digits.get(..end)?.parse().ok()?))
    };
    last("psk len").max(last("passphr len"))
}

/// Finds lines; from one to the next it counts only what is between them.
struct Lines<'a> {
    log: &'a str,
    /// Looked for when there is something to show.
    passwords: Option<Passwords<'a>>,
    last_offset: usize,
    last_line: usize,
}

impl Lines<'_> {
    fn evidence(&mut self, at: usize) -> Evidence {
        let text = self.log.as_bytes();
        let (from, to) = (self.last_offset.min(at), self.last_offset.max(at));
        let between = memchr::memchr_iter(b'\n', text.get(from..to).unwrap_or_default()).count();
        if at < self.last_offset {
            self.last_line -= between;
        } else {
            self.last_line += between;
        }
        self.last_offset = at;
        let start = memchr::memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
        let end =
            memchr::memchr(b'\n', text.get(at..).unwrap_or_default()).map_or(text.len(), |end| at + end);
        let window =
            self.boundary(start.max(at.saturating_sub(WINDOW / 2)))..self.boundary(end.min(at + WINDOW / 2));
        let passwords = self.passwords.get_or_insert_with(|| Passwords::of(self.log));
        Evidence {
            line: self.last_line,
            text: passwords.mask(start..end, window),
        }
    }

    fn boundary(&self, mut at: usize) -> usize {
        while !self.log.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

impl ConnectParam {
    /// Whether it is a password.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Psk(_) | Self::Passphrase(_))
    }
}

const WINDOW: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_begins_within_a_password() {
        for before in 0..200 {
            let log = alloc::format!(
                "psk hunter2secret psk len 13 {}status code = 12",
                "x".repeat(before)
            );
            let diagnosis = diagnose(&log, &Known::default());
            let text = &diagnosis.findings[0].evidence[0].text;
            assert!(
                !text.contains("secret") && text.contains("status code = 12"),
                "{text}"
            );
        }
    }

    #[test]
    fn no_evidence_shows_a_password_of_another_line() {
        let known = Known::password_length(8);
        for log in [
            "ssid x psk q7Zp#9kd psk len 8 [RX]  d:1\nAP Security modq7Zp#9kd7 Wlan802.11 status code = 12",
            "Wlan802.11 status code = 12 q7Zp#9kd \npsk q7Zp#9kd\npsk len 8",
            "passphr q7Zp#9kd\npsk len 7 q7Zp#9kd\n[RX] status_code 8q7Zp#9kd wl_status 6 of q7Zp#9kd\nwl_status 5",
            "psk q7Zp#9kd\nq7Zp#9kd [APP] [EVT] GOT IP 3",
        ] {
            let diagnosis = diagnose(log, &known);
            let evidence: Vec<&Evidence> = diagnosis
                .findings
                .iter()
                .flat_map(|finding| &finding.evidence)
                .collect();
            assert!(!evidence.is_empty(), "{log}");
            for evidence in evidence {
                assert!(!evidence.text.contains("q7Zp"), "{}", evidence.text);
                assert!(
                    evidence.text.contains(|c: char| c.is_ascii_digit()),
                    "{}",
                    evidence.text
                );
            }
        }
    }

    #[test]
    fn a_length_that_differs_is_told_first_where_it_can_be_the_reason() {
        let log = "psk x\npsk len 4\n[RX] status_code 8";
        let diagnosis = diagnose(log, &Known::password_length(9));
        let causes: Vec<Cause> = diagnosis.findings.iter().map(|finding| finding.cause).collect();
        assert_eq!(causes, [Cause::PasswordMangled, Cause::WrongKey]);
        assert_eq!(diagnosis.findings[0].evidence[0].line, 2);
        let other = diagnose("psk len 4\nstatus code = 53", &Known::password_length(9));
        assert_eq!(other.cause(), Cause::PmkidRejected);
        assert_eq!(other.findings[1].cause, Cause::PasswordMangled);
    }

    #[test]
    fn a_success_behind_the_last_failure_decides() {
        let log = "Wlan802.11 status code = 53\n[APP] [EVT] GOT IP 91234";
        assert_eq!(diagnose(log, &Known::default()).cause(), Cause::Connected);
        let log = "[APP] [EVT] GOT IP 91234\nWlan802.11 status code = 17";
        assert_eq!(diagnose(log, &Known::default()).cause(), Cause::ApFull);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(diagnose("", &Known::default()).cause(), Cause::NoData);
        assert_eq!(diagnose("random\ntext", &Known::default()).cause(), Cause::NoData);
        assert_eq!(
            diagnose("wl_status 3", &Known::default()).cause(),
            Cause::InProgress
        );
    }
}
