//! Sending a network's name and password so that they arrive intact.
//!
//! The device's command line has quotes without an escape, expands what begins with `$`, and cuts at blanks: a password
//! such as `"x"`, sent the wrong way, is stored as nothing, and a network without password is looked for. [`plan`]
//! finds the way that keeps both texts whole on every build, or refuses and says why.
//!
//! ```
//! use openbeken::provision::{Network, Route, plan};
//!
//! let plan = plan(&Network::new("Home", "two words"))?;
//! assert_eq!(plan.route, Route::CommandQuoted);
//! let targets: Vec<&str> = plan.requests.iter().map(|request| request.target()).collect();
//! assert_eq!(
//!     targets,
//!     ["/cm?cmnd=SSID1%20Home", "/cm?cmnd=Password1%20%22two%20words%22", "/cm?cmnd=Restart%201"]
//! );
//! # Ok::<(), openbeken::provision::Refusal>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use crate::Secret;
use crate::command::{Line, backlog, tokenize};
use crate::config::CharKind;
use crate::http::{Request, WebPassword, encode};
use crate::wifi::PassphraseKind;

/// A network to join.
#[derive(Clone, Debug)]
pub struct Network {
    ssid: Vec<u8>,
    password: Secret,
    web_password: Option<WebPassword>,
}

impl Network {
    /// By its name, and its password, which is empty for a network without one.
    #[must_use]
    pub fn new(ssid: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        Self {
            ssid: ssid.as_ref().to_vec(),
            password: Secret::new(password.as_ref()),
            web_password: None,
        }
    }

    /// The password of the device's pages, which one of the ways would clear otherwise.
    #[must_use]
    pub fn keep_web_password(mut self, password: WebPassword) -> Self {
        self.web_password = Some(password);
        self
    }
}

/// A way to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// `Password1 <password>`.
    CommandRaw,
    /// `Password1 "<password>"`.
    CommandQuoted,
    /// The page `cfg_wifi_set`.
    CfgWifiSet,
    /// `backlog SSID1 "<ssid>"; Password1 "<password>"`. Never planned, but what many tools send.
    BacklogQuoted,
}

impl Route {
    /// All, in the order of preference.
    pub const ALL: [Self; 4] = [
        Self::CommandRaw,
        Self::CommandQuoted,
        Self::CfgWifiSet,
        Self::BacklogQuoted,
    ];

    /// The name that the project's vectors use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CommandRaw => "command_raw",
            Self::CommandQuoted => "command_quoted",
            Self::CfgWifiSet => "cfg_wifi_set",
            Self::BacklogQuoted => "backlog_quoted",
        }
    }

    /// What a device stores of a password that comes this way.
    #[must_use]
    pub fn stores(self, password: &[u8], char_kind: CharKind) -> Stored {
        self.stores_in(b"Password1", password, char_kind, PASSWORD_FIELD)
    }

    /// Whether a password arrives whole on builds of both kinds.
    #[must_use]
    pub fn keeps(self, password: &[u8]) -> bool {
        self.keeps_in(b"Password1", password, PASSWORD_FIELD)
    }

    fn keeps_in(self, name: &[u8], text: &[u8], field: usize) -> bool {
        [CharKind::Signed, CharKind::Unsigned]
            .into_iter()
            .all(|kind| self.stores_in(name, text, kind, field).is(text))
    }

    /// Builds what is sent, and takes it apart as the device does.
    fn stores_in(self, name: &[u8], text: &[u8], char_kind: CharKind, field: usize) -> Stored {
        let line = match self {
            Self::CommandRaw => [name, b" ", text].concat(),
            Self::CommandQuoted => [name, b" \"", text, b"\""].concat(),
            Self::BacklogQuoted => [b"SSID1 \"x\"; ".as_slice(), name, b" \"", text, b"\""].concat(),
            Self::CfgWifiSet => {
                let value = text.split(|byte| *byte == 0).next().unwrap_or_default();
                let value = value.get(..PAGE_BUFFER).unwrap_or(value);
                // An empty member is ignored.
                let empty = value.is_empty();
                return if empty {
                    Stored::Unchanged
                } else {
                    Stored::bytes(value, field)
                };
            }
        };
        // The decoded text ends at a zero byte.
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let wanted = |line: &&[u8]| Line::parse(line).name == name;
        let line = match self {
            Self::BacklogQuoted => backlog(line).find(wanted),
            _ => Some(line),
        };
        let Some(line) = line else {
            return Stored::Unchanged;
        };
        match tokenize(Line::parse(line).arguments, char_kind, true).first() {
            None => Stored::Unchanged,
            Some([b'$', ..]) => Stored::Unpredictable,
            Some(argument) => Stored::bytes(argument, field),
        }
    }

    /// The target that sends a password this way; `None` for the two that need the network's name too.
    #[must_use]
    pub fn password_target(self, password: &[u8]) -> Option<String> {
        self.target("Password1", password)
    }

    fn target(self, name: &str, text: &[u8]) -> Option<String> {
        let line = match self {
            Self::CommandRaw => [name.as_bytes(), b" ", text].concat(),
            Self::CommandQuoted => [name.as_bytes(), b" \"", text, b"\""].concat(),
            Self::CfgWifiSet | Self::BacklogQuoted => return None,
        };
        let line = Secret::new(line);
        Some(alloc::format!("/cm?cmnd={}", encode(line.expose())))
    }

    /// The best way for a text by commands alone.
    fn for_command(name: &[u8], text: &[u8], field: usize) -> Option<Self> {
        [Self::CommandRaw, Self::CommandQuoted]
            .into_iter()
            .find(|route| route.keeps_in(name, text, field))
    }
}

/// What a device stores.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stored {
    /// These bytes; none of them is a network without password.
    Bytes(Secret),
    /// Nothing: what was there before stays.
    Unchanged,
    /// Something else: the text began with `$` and was expanded.
    Unpredictable,
}

impl Stored {
    /// Whether it is this text.
    #[must_use]
    pub fn is(&self, text: &[u8]) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.expose() == text)
    }

    fn bytes(bytes: &[u8], field: usize) -> Self {
        Self::Bytes(Secret::new(bytes.get(..field).unwrap_or(bytes)))
    }
}

/// What is known of a password, whatever network it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordRoutes {
    /// What it is.
    pub kind: PassphraseKind,
    /// The ways that keep it whole on every build.
    pub safe: Vec<Route>,
    /// The best of them that can be planned.
    pub recommended: Option<Route>,
}

impl PasswordRoutes {
    /// Tries all ways.
    #[must_use]
    pub fn of(password: &[u8]) -> Self {
        let safe: Vec<Route> = Route::ALL
            .into_iter()
            .filter(|route| route.keeps(password))
            .collect();
        let recommended = safe.iter().copied().find(|route| *route != Route::BacklogQuoted);
        Self {
            kind: PassphraseKind::of(password),
            safe,
            recommended,
        }
    }
}

/// What to send, in this order; each request is answered before the next.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// Which way the password goes.
    pub route: Route,
    /// The requests. Their targets hold the password.
    pub requests: Vec<Request>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// Finds the way that keeps name and password whole on every build of the firmware.
///
/// # Errors
///
/// If no network has such a name or password, or no way keeps them.
pub fn plan(network: &Network) -> Result<Plan, Refusal> {
    let (ssid, password) = (network.ssid.as_slice(), network.password.expose());
    check(ssid, password)?;
    let mut warnings = Vec::new();
    if PassphraseKind::of(password) == PassphraseKind::PassphraseNonAscii {
        warnings.push(Warning::NonAsciiPassword);
    }
    if password.trim_ascii() != password {
        warnings.push(Warning::OuterBlanks);
    }
    let ssid_route = Route::for_command(b"SSID1", ssid, SSID_FIELD);
    let password_route = Route::for_command(b"Password1", password, PASSWORD_FIELD);
    let command = |route: Route, name: &str, text: &[u8]| {
        route
            .target(name, text)
            .map(|target| Request::get(target).hiding())
    };
    if let (Some(ssid_route), Some(route)) = (ssid_route, password_route) {
        let requests = [
            command(ssid_route, "SSID1", ssid),
            command(route, "Password1", password),
            Some(Request::get("/cm?cmnd=Restart%201")),
        ];
        return Ok(Plan {
            route,
            requests: requests.into_iter().flatten().collect(),
            warnings,
        });
    }
    // The page ignores an empty password, so that one goes by command before.
    let open = password.is_empty();
    if !Route::CfgWifiSet.keeps_in(b"SSID1", ssid, SSID_FIELD) || !(open || Route::CfgWifiSet.keeps(password))
    {
        return Err(Refusal::NoRoute);
    }
    let mut requests = Vec::new();
    if open {
        requests.extend(command(Route::CommandQuoted, "Password1", b""));
    }
    let page = CfgWifiSet::new(ssid, password, network.web_password.as_ref());
    if page.clears_web_password {
        warnings.push(Warning::ClearsWebPassword);
    }
    requests.push(Request::get(page.target.expose_text()).hiding());
    Ok(Plan {
        route: Route::CfgWifiSet,
        requests,
        warnings,
    })
}

/// The page that stores everything.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CfgWifiSet {
    /// Path and query, which hold the password.
    pub target: Target,
    /// Whether it clears the password of the device's pages, which it does unless it sets it.
    pub clears_web_password: bool,
}

impl CfgWifiSet {
    /// Makes the target.
    #[must_use]
    pub fn new(ssid: &[u8], password: &[u8], web_password: Option<&WebPassword>) -> Self {
        let mut target = alloc::format!("/cfg_wifi_set?ssid={}&pass={}", encode(ssid), encode(password));
        if let Some(web_password) = web_password {
            target.push_str("&web_admin_password_enabled=1&web_admin_password=");
            target.push_str(&encode(web_password.expose()));
        }
        Self {
            target: Target(Secret::new(target)),
            clears_web_password: web_password.is_none(),
        }
    }
}

/// A target that holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Secret);

impl Target {
    /// Path and query, the password encoded in them.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        core::str::from_utf8(self.0.expose()).unwrap_or_default()
    }
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A network without name.
    #[error("the network's name is empty")]
    SsidEmpty,
    /// No network has a name so long.
    #[error("a network's name has at most 32 bytes, this one has {found}")]
    SsidTooLong {
        /// What was there.
        found: usize,
    },
    /// No network has a password so short.
    #[error("a Wi-Fi password has at least 8 characters, this one has {found}")]
    PasswordTooShort {
        /// What was there, in bytes.
        found: usize,
    },
    /// No network has a password so long.
    #[error("a Wi-Fi password has at most 63 bytes, or 64 hex digits; this one has {found}")]
    PasswordTooLong {
        /// What was there, in bytes.
        found: usize,
    },
    /// A zero byte, at which every way ends.
    #[error("no way to the device keeps these texts whole: one has a zero byte")]
    NoRoute,
}

impl Refusal {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::SsidEmpty => "Give the network's name exactly as the router shows it, hidden or not.",
            Self::SsidTooLong { .. } => "Copy the name alone; letters with accents count twice.",
            Self::PasswordTooShort { .. } => {
                "Copy the whole password; for a network without one give none, and mean it."
            }
            Self::PasswordTooLong { .. } => "Copy the password alone, without blanks or line ends around it.",
            Self::NoRoute => "Choose another name or password on the router, of printable characters.",
        })
    }
}

/// What a person should know before a plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Letters that have more than one encoding.
    #[error("the password has characters outside ASCII")]
    NonAsciiPassword,
    /// Often copied by mistake.
    #[error("the password begins or ends with a blank")]
    OuterBlanks,
    /// The page does that.
    #[error("the password of the device's pages will be cleared")]
    ClearsWebPassword,
}

impl Warning {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NonAsciiPassword => {
                "If it doesn't join, set a password of plain letters: the router may encode these otherwise."
            }
            Self::OuterBlanks => "Make sure that the blank is part of the password.",
            Self::ClearsWebPassword => "Give the password of the pages too, or set it again afterwards.",
        })
    }
}

fn check(ssid: &[u8], password: &[u8]) -> Result<(), Refusal> {
    if ssid.is_empty() {
        return Err(Refusal::SsidEmpty);
    }
    if ssid.len() > 32 {
        return Err(Refusal::SsidTooLong { found: ssid.len() });
    }
    match PassphraseKind::of(password) {
        PassphraseKind::TooShort => Err(Refusal::PasswordTooShort {
            found: password.len(),
        }),
        PassphraseKind::TooLong => Err(Refusal::PasswordTooLong {
            found: password.len(),
        }),
        _ => Ok(()),
    }
}

/// 64 bytes fill the field, without a closing zero, which is right for a key of 64 digits.
const PASSWORD_FIELD: usize = 64;
const SSID_FIELD: usize = 63;
const PAGE_BUFFER: usize = 127;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_password_would_open_the_network() {
        let stored = Route::CommandQuoted.stores(b"\"x\"", CharKind::Signed);
        assert!(stored.is(b""));
        assert!(!Route::CommandQuoted.keeps(b"\"x\""));
    }

    #[test]
    fn an_open_network_is_meant() {
        let plan = plan(&Network::new("Free", "")).unwrap();
        assert_eq!(plan.requests[1].target(), "/cm?cmnd=Password1%20%22%22");
        let odd = super::plan(&Network::new("a\"b c", "")).unwrap();
        assert_eq!(odd.requests[0].target(), "/cm?cmnd=Password1%20%22%22");
        assert_eq!(odd.requests[1].target(), "/cfg_wifi_set?ssid=a%22b%20c&pass=");
    }

    #[test]
    fn what_no_network_has_is_refused() {
        let refusal = |ssid: &str, password: &str| plan(&Network::new(ssid, password)).unwrap_err();
        assert_eq!(refusal("", "12345678"), Refusal::SsidEmpty);
        assert_eq!(refusal("a", "1234567"), Refusal::PasswordTooShort { found: 7 });
        assert_eq!(refusal("a", "x\0yyyyyyyy"), Refusal::NoRoute);
    }
}
