//! Lines of a module's serial log: 115200 8N1, on Beken chips at TX2.
//!
//! People paste logs with lines joined, times in front and words broken by a blank. [`LogEvent::parse`] reads one line and
//! looks for what it knows anywhere in it; [`diagnose`](super::diagnose::diagnose) doesn't need lines at all.

use alloc::borrow::Cow;
use alloc::string::String;

use super::codes::{FirmwareStatus, bk_status_name, event_name, obk_status_name};
use crate::Secret;

/// What a line says.
///
/// ```
/// use openbeken::wifi::LogEvent;
///
/// let line = "[11:57:40.917] - Association failure, Wlan802.11 status code = 53";
/// assert_eq!(LogEvent::parse(line), LogEvent::AssociationFailure { status: 53 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogEvent {
    /// BL602's manager goes from one state to another.
    StateChange {
        /// The old state.
        from: String,
        /// The new state.
        to: String,
    },
    /// BL602's manager enters a state.
    StateEnter {
        /// Which.
        state: String,
    },
    /// BL602's manager leaves a state.
    StateExit {
        /// Which.
        state: String,
    },
    /// BL602's manager tries again.
    Retry,
    /// The parameters of a connection follow.
    ConnectParamsBegin,
    /// A parameter of a connection.
    ConnectParam(ConnectParam),
    /// There is a connection, but no address came.
    DhcpTimeout,
    /// What BL602's manager tells the application.
    AppEvent {
        /// Its name in snake case; `None` for a number that nobody knows.
        name: Option<&'static str>,
        /// The number, where the line has it.
        code: Option<u32>,
        /// Milliseconds since start.
        time_ms: Option<u64>,
    },
    /// BL602's manager says why a connection ended.
    Disconnect {
        /// Milliseconds since start.
        time_ms: Option<u64>,
        /// The firmware's text.
        reason: String,
        /// The number that belongs to the text.
        status: Option<FirmwareStatus>,
    },
    /// What the access point encrypts with.
    ApCiphers {
        /// For all stations, or for each.
        scope: CipherScope,
        /// AES.
        ccmp: bool,
        /// Old.
        tkip: bool,
        /// Broken.
        wep104: bool,
        /// Broken.
        wep40: bool,
    },
    /// Whether the access point, or the module's policy, insists on protected management frames.
    ApPmf {
        /// Whether it does.
        required: bool,
    },
    /// Which generations of security the access point offers.
    ApSecurity {
        /// Broken.
        wep: bool,
        /// Old.
        wpa: bool,
        /// WPA2.
        wpa2: bool,
        /// WPA3.
        wpa3: bool,
    },
    /// How long the access point's radio runs.
    ApTsf {
        /// Microseconds.
        microseconds: u64,
    },
    /// The answer of the access point to authentication or association.
    AssociationFailure {
        /// The status, [`Code::status`](super::Code::status).
        status: u16,
    },
    /// Which name is searched.
    SsidSearch {
        /// It.
        ssid: String,
    },
    /// Where in the list of the scan the network is; -1 if it isn't.
    SsidLookup {
        /// The index.
        index: i32,
    },
    /// A result of BL602's radio firmware.
    FirmwareStatus {
        /// The number.
        code: u16,
    },
    /// A reason of BL602's radio firmware.
    FirmwareReason {
        /// The number.
        code: u16,
    },
    /// A result of BL602's radio firmware, as text.
    FirmwareResult {
        /// The number that belongs to the text.
        code: Option<FirmwareStatus>,
        /// The text.
        text: String,
    },
    /// OpenBeken's own word on the connection.
    ObkWifi {
        /// In snake case; `None` for a number that nobody knows.
        status: Option<&'static str>,
        /// The number.
        code: u32,
    },
    /// OpenBeken's line of each second.
    ObkTick(ObkTick),
    /// OpenBeken tries to join.
    ObkConnecting {
        /// The network.
        ssid: String,
    },
    /// Beken's word on the connection.
    BkStatus {
        /// The number.
        code: u32,
        /// In snake case; `None` for a number that nobody knows.
        name: Option<&'static str>,
    },
    /// Beken found the network with this strength.
    BkScanRssi {
        /// dBm.
        rssi: i32,
        /// What it compares with.
        limit: i32,
    },
    /// Beken sends authentication.
    BkAuthSend {
        /// Which frame.
        seq: u32,
    },
    /// Beken got an answer to association.
    BkAssociationResponse,
    /// The access point that Beken chose.
    BkBssid {
        /// Its address.
        bssid: [u8; 6],
    },
    /// Any other line of OpenBeken.
    ObkLog {
        /// `error`, `warn`, `info`, `debug` and so on, in lower case.
        level: String,
        /// `MAIN`, `MQTT` and so on.
        feature: String,
        /// The rest.
        text: String,
    },
    /// Nothing that is known.
    Unknown,
}

/// A parameter of a connection. Passwords don't print.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectParam {
    /// The network's name.
    Ssid(String),
    /// The length of its name.
    SsidLength(u32),
    /// The password in plain text, as older firmware prints it.
    Psk(Secret),
    /// Its length.
    PskLength(u32),
    /// The password in plain text, as newer firmware prints it.
    Passphrase(Secret),
    /// Its length.
    PassphraseLength(u32),
    /// The length of a key that was kept; 0 is normal.
    PmkLength(u32),
    /// The access point that is asked for; zeros, which is normal, for any.
    Bssid([u8; 6]),
    /// Bits: 9 protected management frames possible, 10 required.
    Flags(u32),
    /// MHz; 0 for any.
    Frequency(u32),
    /// Whether an address is asked for.
    Dhcp(bool),
}

impl ConnectParam {
    /// Whether it is a password.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Psk(_) | Self::Passphrase(_))
    }
}

/// Whose ciphers a line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CipherScope {
    /// Between access point and one station.
    Pairwise,
    /// To all.
    Group,
}

/// OpenBeken's line of each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ObkTick {
    /// Seconds since start.
    pub uptime_s: u64,
    /// How often the idle task ran.
    pub idle_per_s: u64,
    /// Free bytes.
    pub free_heap: u64,
    /// Connections to the broker.
    pub mqtt_connected: u32,
    /// Tries to connect to it.
    pub mqtt_attempts: u32,
    /// Whether there is a network.
    pub wifi: bool,
    /// Seconds without an answer to pings, -1 if none are sent.
    pub no_ping_s: i64,
    /// Sockets in use.
    pub sockets_used: u32,
    /// Sockets that can be.
    pub sockets_max: u32,
}

impl LogEvent {
    /// Reads a line. What it knows may stand anywhere in it, after a time or another line's end.
    #[must_use]
    pub fn parse(line: &str) -> Self {
        let line = collapse_blanks(line);
        let line = without_time(&line);
        // Most lines of other programs lack some of these, and are not searched for what has them.
        let [bracket, colon, underscore, sign, other] = [&b"["[..], b":", b"_", b"-<", b"/="].map(|rare| {
            rare.iter()
                .any(|byte| memchr::memchr(*byte, line.as_bytes()).is_some())
        });
        let search = |worthwhile: bool, search: fn(&str) -> Option<Self>| {
            if worthwhile { search(line) } else { None }
        };
        search(bracket, from_manager)
            .or_else(|| search(colon || underscore || other, from_radio))
            .or_else(|| search(colon || underscore, from_openbeken))
            .or_else(|| search(underscore || sign, from_beken))
            .or_else(|| parameter(line, colon).map(Self::ConnectParam))
            .or_else(|| search(colon, other_obk_line))
            .unwrap_or(Self::Unknown)
    }
}

/// Lines of BL602's Wi-Fi manager.
fn from_manager(line: &str) -> Option<LogEvent> {
    if let Some(rest) = after(line, "[WF][SM] ") {
        if let Some(states) = rest.strip_prefix("State Action ###") {
            let (from, rest) = states.split_once("### --->>> ###")?;
            let to = rest.split("###").next()?;
            return Some(LogEvent::StateChange {
                from: from.into(),
                to: to.into(),
            });
        }
        let state = |rest: &str| rest.split_once(" state").map(|(state, _)| String::from(state));
        if let Some(rest) = rest.strip_prefix("Entering ") {
            return Some(LogEvent::StateEnter { state: state(rest)? });
        }
        if let Some(rest) = rest.strip_prefix("Exiting ") {
            return Some(LogEvent::StateExit { state: state(rest)? });
        }
        if rest.starts_with("Retry Again --->>> retry connect") {
            return Some(LogEvent::Retry);
        }
        if rest.starts_with("Action Connect") {
            return Some(LogEvent::ConnectParamsBegin);
        }
        if rest.starts_with("IP obtaining timeout") {
            return Some(LogEvent::DhcpTimeout);
        }
    }
    let rest = after(line, "[APP] [EVT] ")?;
    if let Some(rest) = rest.strip_prefix("disconnect ") {
        let reason = after(rest, "Reason: ").unwrap_or_default().trim();
        let status = FirmwareStatus::from_text(reason);
        return Some(LogEvent::Disconnect {
            time_ms: number(rest),
            reason: reason.into(),
            status,
        });
    }
    if let Some(rest) = rest.strip_prefix("Unknown code ") {
        let code: u32 = number(rest)?;
        let time_ms = rest.split_once(',').and_then(|(_, time)| number(time));
        return Some(LogEvent::AppEvent {
            name: event_name(code),
            code: Some(code),
            time_ms,
        });
    }
    let (text, name) = APP_EVENTS.iter().find(|(text, _)| rest.starts_with(text))?;
    let time_ms = rest.get(text.len()..).and_then(number);
    Some(LogEvent::AppEvent {
        name: Some(name),
        code: None,
        time_ms,
    })
}

/// Lines of BL602's radio firmware and what stands around it.
fn from_radio(line: &str) -> Option<LogEvent> {
    if let Some(rest) = after(line, "wpa2/wpa3 ") {
        let scope = if rest.starts_with("pairwise ") {
            CipherScope::Pairwise
        } else if rest.starts_with("group ") {
            CipherScope::Group
        } else {
            let required = flag(rest, "is_pmf_required:")?;
            return Some(LogEvent::ApPmf { required });
        };
        return Some(LogEvent::ApCiphers {
            scope,
            ccmp: flag(rest, "ccmp:")?,
            tkip: flag(rest, "tkip:")?,
            wep104: flag(rest, "wep104:")?,
            wep40: flag(rest, "wep:40:")?,
        });
    }
    if let Some(rest) = after(line, "AP Security mode: ") {
        return Some(LogEvent::ApSecurity {
            wep: flag(rest, "wep:")?,
            wpa: flag(rest, "wpa:")?,
            wpa2: flag(rest, "wpa2:")?,
            wpa3: flag(rest, "wpa3:")?,
        });
    }
    if let Some(rest) = after(line, "Probe Response timestamp = ") {
        return Some(LogEvent::ApTsf {
            microseconds: number(rest)?,
        });
    }
    if let Some(rest) = after(line, "Wlan802.11 status code = ") {
        return Some(LogEvent::AssociationFailure {
            status: number(rest)?,
        });
    }
    if let Some(rest) = after(line, "search ssid = ") {
        return Some(LogEvent::SsidSearch { ssid: rest.into() });
    }
    if let Some(rest) = after(line, "result ssid index = ") {
        return Some(LogEvent::SsidLookup { index: number(rest)? });
    }
    if let Some(code) = after(line, "status_code ").and_then(number) {
        return Some(LogEvent::FirmwareStatus { code });
    }
    if let Some(code) = after(line, "reason_code ").and_then(number) {
        return Some(LogEvent::FirmwareReason { code });
    }
    let text = after(line, "connect result: ")
        .or_else(|| after(line, "disconnect reason: "))?
        .trim();
    Some(LogEvent::FirmwareResult {
        code: FirmwareStatus::from_text(text),
        text: text.into(),
    })
}

/// Lines of OpenBeken that say something about the network.
fn from_openbeken(line: &str) -> Option<LogEvent> {
    if let Some(rest) = after(line, "Main_OnWiFiStatusChange - ") {
        let code = rest.split_once(" - ").and_then(|(_, code)| number(code))?;
        return Some(LogEvent::ObkWifi {
            status: obk_status_name(code),
            code,
        });
    }
    if let Some(rest) = after(line, "Info:MAIN:Time ") {
        return tick(rest).map(LogEvent::ObkTick);
    }
    let ssid = after(line, "Info:MAIN:Connecting to SSID [")?;
    let end = ssid.rfind(']').unwrap_or(ssid.len());
    Some(LogEvent::ObkConnecting {
        ssid: ssid.get(..end)?.into(),
    })
}

fn tick(rest: &str) -> Option<ObkTick> {
    let field = |name: &str| after(rest, name);
    let mqtt = field("MQTT ")?;
    let sockets = field("socks ")?;
    Some(ObkTick {
        uptime_s: number(rest)?,
        idle_per_s: field("idle ").and_then(number)?,
        free_heap: field("free ").and_then(number)?,
        mqtt_connected: number(mqtt)?,
        mqtt_attempts: mqtt.split_once('(').and_then(|(_, tries)| number(tries))?,
        wifi: flag(rest, "bWifi ")?,
        no_ping_s: field("secondsWithNoPing ").and_then(number)?,
        sockets_used: number(sockets)?,
        sockets_max: sockets.split_once('/').and_then(|(_, most)| number(most))?,
    })
}

/// Lines of Beken's Wi-Fi.
fn from_beken(line: &str) -> Option<LogEvent> {
    if let Some(code) = after(line, "wl_status ").and_then(number) {
        return Some(LogEvent::BkStatus {
            code,
            name: bk_status_name(code),
        });
    }
    if let Some(rest) = after(line, "found scan rst rssi ") {
        let limit = rest.split_once('<').and_then(|(_, limit)| number(limit))?;
        return Some(LogEvent::BkScanRssi {
            rssi: number(rest)?,
            limit,
        });
    }
    if let Some(seq) = after(line, "sm_auth_send:").and_then(number) {
        return Some(LogEvent::BkAuthSend { seq });
    }
    if after(line, "sm_assoc_rsp_handler").is_some() {
        return Some(LogEvent::BkAssociationResponse);
    }
    let bssid = line.strip_prefix("bssid ").and_then(|mac| address(mac, '-'))?;
    Some(LogEvent::BkBssid { bssid })
}

/// A line of the list of parameters; it has nothing else.
fn parameter(line: &str, has_colon: bool) -> Option<ConnectParam> {
    let value = |name: &str| line.strip_prefix(name);
    let length = |name: &str| value(name).and_then(number);
    if let Some(length) = length("ssid len ") {
        return Some(ConnectParam::SsidLength(length));
    }
    if let Some(length) = length("psk len ") {
        return Some(ConnectParam::PskLength(length));
    }
    if let Some(length) = length("passphr len ") {
        return Some(ConnectParam::PassphraseLength(length));
    }
    if let Some(length) = length("pmk len ") {
        return Some(ConnectParam::PmkLength(length));
    }
    if let Some(ssid) = value("ssid ") {
        return Some(ConnectParam::Ssid(ssid.into()));
    }
    if let Some(psk) = value("psk ") {
        return Some(ConnectParam::Psk(psk.into()));
    }
    if let Some(passphrase) = value("passphr ") {
        return Some(ConnectParam::Passphrase(passphrase.into()));
    }
    if let Some(mac) = value("mac ").or_else(|| value("bssid ")) {
        return address(mac, ':').map(ConnectParam::Bssid);
    }
    if let Some(flags) = length("flags: ") {
        return Some(ConnectParam::Flags(flags));
    }
    if let Some(frequency) = length("freq ") {
        return Some(ConnectParam::Frequency(frequency));
    }
    let dhcp = has_colon.then(|| flag(line, "dhcp status: ")).flatten()?;
    Some(ConnectParam::Dhcp(dhcp))
}

/// `<Level>:<Feature>:<text>`.
fn other_obk_line(line: &str) -> Option<LogEvent> {
    let (level, rest) = line.split_once(':')?;
    // A line that another one was joined to begins in its middle.
    let level = level.rsplit(' ').next()?;
    let (feature, text) = rest.split_once(':')?;
    let known = LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level));
    let feature_fits = !feature.is_empty() && feature.len() <= 16 && !feature.contains(' ');
    (known && feature_fits).then(|| LogEvent::ObkLog {
        level: level.to_ascii_lowercase(),
        feature: feature.into(),
        text: text.trim_end().into(),
    })
}

/// Runs of spaces and tabs become one space; those at both ends go.
fn collapse_blanks(line: &str) -> Cow<'_, str> {
    let (mut blank, mut broken) = (true, false);
    for byte in line.bytes() {
        broken |= matches!(byte, b'\t' | b'\r' | b'\n') || (blank && byte == b' ');
        blank = byte == b' ';
    }
    if !broken && !blank {
        return Cow::Borrowed(line);
    }
    let mut collapsed = String::with_capacity(line.len());
    for word in line
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
    {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    Cow::Owned(collapsed)
}

/// `[11:57:40.917] - ` in front.
fn without_time(line: &str) -> &str {
    let Some((time, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] - ")) else {
        return line;
    };
    let is_time = time
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b' '));
    if is_time { rest } else { line }
}

fn after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let at = memchr::memmem::find(line.as_bytes(), mark.as_bytes())?;
    line.get(at + mark.len()..)
}

/// A number at the start: decimal, or hex after `0x`.
fn number<T: TryFrom<i128>>(text: &str) -> Option<T> {
    let text = text.trim_start();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (radix, digits) = text.strip_prefix("0x").map_or((10, text), |rest| (16, rest));
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let value = i128::from_str_radix(digits.get(..end)?, radix).ok()?;
    T::try_from(if negative { -value } else { value }).ok()
}

fn flag(text: &str, mark: &str) -> Option<bool> {
    let rest = after(text, mark)?.trim_start();
    match rest.as_bytes() {
        [b'0', ..] | [b'f', b'a', b'l', b's', b'e', ..] => Some(false),
        [b'1'..=b'9', ..] | [b't', b'r', b'u', b'e', ..] => Some(true),
        _ => None,
    }
}

fn address(text: &str, separator: char) -> Option<[u8; 6]> {
    let mut parts = text.trim().split(separator);
    let mut address = [0; 6];
    for byte in &mut address {
        let digits = parts.next().filter(|digits| digits.len() == 2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    parts.next().is_none().then_some(address)
}

/// Longer names before those that they begin with.
const APP_EVENTS: &[(&str, &str)] = &[
    ("INIT DONE", "init_done"),
    ("MGMR DONE", "mgmr_done"),
    ("Reconnect", "reconnect"),
    ("Connecting", "connecting"),
    ("Connected", "connected"),
    ("SCAN Done", "scan_done"),
    ("SCAN On Join", "scan_on_join"),
    ("PRE GOT IP", "pre_got_ip"),
    ("GOT IP", "got_ip"),
];

const LEVELS: &[&str] = &["None", "Error", "Warn", "Info", "Debug", "ExtraDebug", "All"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_logs_do_not_print() {
        let event = LogEvent::parse("\tpassphr hunter2 two");
        assert_eq!(
            event,
            LogEvent::ConnectParam(ConnectParam::Passphrase("hunter2 two".into()))
        );
        assert!(!alloc::format!("{event:?}").contains("hunter"));
    }

    #[test]
    fn addresses_and_hex_are_read() {
        let bssid = [0, 0, 0, 0, 0, 0];
        assert_eq!(
            LogEvent::parse("mac 00:00:00:00:00:00"),
            LogEvent::ConnectParam(ConnectParam::Bssid(bssid))
        );
        let expected = LogEvent::ApTsf {
            microseconds: 0x1_0000_0000,
        };
        assert_eq!(
            LogEvent::parse("Probe Response timestamp = 0x100000000"),
            expected
        );
        assert_eq!(LogEvent::parse("mac 00:00:00"), LogEvent::Unknown);
    }

    #[test]
    fn lines_are_told_apart_by_few_letters() {
        assert_eq!(
            LogEvent::parse("found scan rst rssi 5 < 7"),
            LogEvent::BkScanRssi { rssi: 5, limit: 7 }
        );
        assert_eq!(
            LogEvent::parse("bssid 00-00-00-00-00-00"),
            LogEvent::BkBssid { bssid: [0; 6] }
        );
        assert_eq!(
            LogEvent::parse(" \tdhcp   status: true\r"),
            LogEvent::ConnectParam(ConnectParam::Dhcp(true))
        );
    }

    #[test]
    fn numbers_that_do_not_fit_are_unknown() {
        assert_eq!(
            LogEvent::parse("Wlan802.11 status code = 99999999999999999999999999999999999999999"),
            LogEvent::Unknown
        );
        assert_eq!(LogEvent::parse("Wlan802.11 status code = -1"), LogEvent::Unknown);
    }
}
