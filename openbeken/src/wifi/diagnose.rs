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

use alloc::vec::Vec;

use super::cause::Cause;
use super::codes::FirmwareStatus;
use super::evidence::{Evidence, Lines};
use super::log::LogEvent;
use super::remedy::Remedy;
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
    let mut lines = Lines::of(log);
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
            causes.push((offsets, Cause::of_status(status, wpa3)));
        }
        if let Some((at, status)) = self.firmware {
            // "See the status" says nothing if there is one.
            if !(self.status.is_some() && status.code() == 5) {
                if causes.is_empty() {
                    diagnosis.firmware_status = Some(status);
                }
                causes.push((Vec::from([at]), Cause::of_firmware(status)));
            }
        }
        if let Some((at, status)) = self.beken {
            if causes.is_empty() {
                diagnosis.bk_status = Some(status);
            }
            causes.push((Vec::from([at]), Cause::of_beken(status)));
        }
        causes.extend(self.dhcp.map(|at| (Vec::from([at]), Cause::DhcpFailed)));
        // It only repeats what others say better.
        if causes.is_empty() {
            causes.extend(self.obk_auth.map(|at| (Vec::from([at]), Cause::AuthFailed)));
        }
        causes
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
