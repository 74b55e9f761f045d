//! Why a login or a call failed, with the figures that matter and a remedy.

use std::time::Duration;

use crate::account_body::AccountBodyError;
use crate::refusal::{AccountCode, Refusal, translate};
use crate::trusted_url::UrlError;

/// Why a login ended. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The account server refused.
    #[error("{}", refused(*.code, *.refusal, .description.as_deref()))]
    Refused {
        /// What kind of refusal it is.
        refusal: Refusal,
        /// The server's code, 0 where it gave none.
        code: i64,
        /// The server's own words, mostly Chinese.
        description: Option<String>,
    },
    /// No pass token that is accepted, and no password to go on with.
    #[error("the stored login isn't accepted any more, and no password is known")]
    ReloginRequired,
    /// An answer that can't be understood.
    #[error("the account server's answer is unusable: {0}")]
    Malformed(MalformedAnswer),
    /// An HTTP status other than 200 where nothing else is expected.
    #[error("the account server answers with HTTP status {status}")]
    HttpStatus {
        /// The status.
        status: u16,
    },
    /// An answer sends the login to an address that isn't Xiaomi's; it wasn't followed.
    #[error("an answer names an address that isn't trusted: {0}")]
    UntrustedUrl(UrlError),
    /// Too many redirects.
    #[error("more than {hops} redirects")]
    RedirectLoop {
        /// How many were followed.
        hops: u8,
    },
    /// The captcha's picture or its cookie didn't come.
    #[error("the captcha's picture is incomplete (HTTP status {status}, {bytes} bytes, cookie {})", if *.cookie { "present" } else { "missing" })]
    CaptchaIncomplete {
        /// The HTTP status.
        status: u16,
        /// Bytes of the picture.
        bytes: usize,
        /// Whether the cookie that belongs to the picture was there.
        cookie: bool,
    },
    /// So many answers to captchas were refused that more make no sense.
    #[error("{rounds} captchas in a row were refused")]
    CaptchaRefused {
        /// How many.
        rounds: u8,
    },
    /// The verification didn't start: its cookie is missing.
    #[error("the verification has no session (cookie identity_session is missing)")]
    MissingIdentitySession,
    /// The login succeeded, but without the key that signs requests.
    #[error("the login gave no usable ssecurity")]
    MissingSsecurity,
    /// The exchange for a service token gave none.
    #[error("the login gave no service token")]
    MissingServiceToken,
    /// The exchange for a service token was refused.
    #[error("the service refuses the login (HTTP status {status})")]
    AccessDenied {
        /// The status, 401 or 403.
        status: u16,
    },
    /// Nobody scanned the QR code in time.
    #[error("the QR code wasn't scanned in time")]
    QrExpired,
    /// The server can't be reached, after several attempts.
    #[error("the account server can't be reached")]
    Unreachable,
    /// An answer that belongs to no question: `answer_captcha` while no captcha is asked, or empty text.
    #[error("this answer fits no open question")]
    NotAsked,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedAnswer {
    /// The body.
    #[error(transparent)]
    Body(#[from] AccountBodyError),
    /// A field that must be there.
    #[error("the field `{name}` is missing")]
    MissingField {
        /// Its name.
        name: &'static str,
    },
}

impl LoginError {
    pub(crate) fn refused(code: i64, description: Option<String>) -> Self {
        Self::Refused {
            refusal: AccountCode(code).refusal(),
            code,
            description,
        }
    }

    pub(crate) const fn missing(name: &'static str) -> Self {
        Self::Malformed(MalformedAnswer::MissingField { name })
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Refused { refusal, .. } => return refusal.help(),
            Self::ReloginRequired => "Log in again with the password or by QR code.",
            Self::Malformed(MalformedAnswer::Body(error)) => return error.help(),
            Self::Malformed(MalformedAnswer::MissingField { .. }) => {
                "The account server answers in a way that this version doesn't know: try the QR code."
            }
            Self::HttpStatus { status: 429 } => "Wait half an hour before the next attempt.",
            Self::HttpStatus { .. } => return None,
            Self::UntrustedUrl(error) => return error.help(),
            Self::RedirectLoop { .. } | Self::MissingServiceToken | Self::MissingSsecurity => {
                "Log in by QR code; if that fails too, the account server has changed: look for a newer version."
            }
            Self::CaptchaIncomplete { .. } => "Try again, or log in by QR code, which needs no captcha.",
            Self::CaptchaRefused { .. } => {
                "The service distrusts this client and will go on asking: log in by QR code, which needs no captcha."
            }
            Self::MissingIdentitySession => {
                "Start again; if it stays, open account.xiaomi.com in a browser and confirm what it asks."
            }
            Self::AccessDenied { .. } => {
                "Start the login again; a data centre's or VPN's address is often refused, so try from home."
            }
            Self::QrExpired => {
                "Start again, and scan the new code with the Mi Home or a Xiaomi account app in time."
            }
            Self::Unreachable => "Check the network, and whether a filter blocks xiaomi.com or mi.com.",
            Self::NotAsked => "Answer what the last question asked for, with text that isn't empty.",
        })
    }
}

impl From<AccountBodyError> for LoginError {
    fn from(error: AccountBodyError) -> Self {
        Self::Malformed(error.into())
    }
}

impl From<UrlError> for LoginError {
    fn from(error: UrlError) -> Self {
        Self::UntrustedUrl(error)
    }
}

/// Why a call of the API failed. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The session isn't accepted, even after it was renewed.
    #[error("the session isn't accepted any more")]
    AuthExpired,
    /// The session must be renewed by a person.
    #[error("the session can't be renewed: {0}")]
    LoginNeeded(LoginError),
    /// The API refused.
    #[error("the cloud answers with code {code}{}", said(.message.as_deref()))]
    Api {
        /// Its code.
        code: i64,
        /// Its words.
        message: Option<String>,
    },
    /// The device refused, or didn't answer the cloud.
    #[error("the device answers with code {code}{}", said(.message.as_deref()))]
    Device {
        /// Its code.
        code: i64,
        /// Its words.
        message: Option<String>,
    },
    /// An HTTP status other than 200.
    #[error("the cloud answers with HTTP status {status}")]
    HttpStatus {
        /// The status.
        status: u16,
    },
    /// An answer that can't be understood.
    #[error("the cloud's answer is unusable: {what} ({bytes} bytes)")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
        /// How long it was.
        bytes: usize,
    },
    /// An answer that is longer than allowed.
    #[error("an answer of {found} bytes, more than the limit of {limit}")]
    TooLong {
        /// Its bytes, or how many were read before the limit.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The map's address isn't there.
    #[error("the cloud has no map to download")]
    NoMapUrl,
    /// The map's address isn't `https`.
    #[error("the map's address isn't https")]
    InsecureMapUrl,
    /// A path with characters that no path of the API has.
    #[error("the path of a call has illegal characters")]
    BadPath,
    /// The API can't be reached.
    #[error("the cloud can't be reached")]
    Unreachable,
    /// The API didn't answer in time.
    #[error("the cloud didn't answer within {} s", .after.as_secs())]
    TimedOut {
        /// The time that it had.
        after: Duration,
    },
}

impl ApiError {
    pub(crate) const fn malformed(what: &'static str, bytes: usize) -> Self {
        Self::Malformed { what, bytes }
    }

    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::AuthExpired => {
                "Log in again; if it stays, this computer's clock is wrong, or the call doesn't fit the region."
            }
            Self::LoginNeeded(error) => return error.help(),
            Self::Api { code: -8, .. } => {
                "A parameter has the wrong type, the device id is unknown to this region, or the call doesn't fit the \
                 device's model."
            }
            Self::Api { code: -6, .. } => {
                "The map is kept in another place for this model: try the other kind of map address."
            }
            Self::Api { .. } => {
                "Check that the device is on this region's server and that the account may use it."
            }
            Self::Device { code: -9999, .. } => {
                "The device didn't answer the cloud: it is offline or asleep."
            }
            Self::Device { .. } => "Check method and parameters against the model's specification.",
            Self::HttpStatus { status: 429 } => "Wait some minutes, and call less often.",
            Self::HttpStatus { .. } | Self::TimedOut { .. } => return None,
            Self::Malformed { .. } => {
                "If it stays, a proxy or filter changes the answers, or the clock was changed in between."
            }
            Self::TooLong { .. } => "Ask for less at once: fewer devices a page, a shorter time span.",
            Self::NoMapUrl => "Let the robot make a map first: open it in the app, or start a cleaning.",
            Self::InsecureMapUrl => "A proxy or filter changes the answers: use another network.",
            Self::BadPath => {
                "Check the device id: it has letters, digits, dots, dashes and underscores only."
            }
            Self::Unreachable => "Check the network, and whether a filter blocks mi.com.",
        })
    }
}

fn refused(code: i64, refusal: Refusal, description: Option<&str>) -> String {
    let meaning = AccountCode(code).meaning().unwrap_or(match refusal {
        Refusal::CaptchaRequired => "captcha needed",
        _ => "no known meaning",
    });
    let mut text = format!("the account server refuses with code {code} ({meaning})");
    if let Some(description) = description {
        text.push_str(&format!(": {description}"));
        if let Some(english) = translate(description) {
            text.push_str(&format!(" = {english}"));
        }
    }
    text
}

fn said(message: Option<&str>) -> String {
    message
        .filter(|text| !text.is_empty())
        .map(|text| format!(": {text}"))
        .unwrap_or_default()
}

/// A stranger's words, short, without control characters, and without anything that could be an echoed secret: runs
/// of 20 and more characters as tokens have them.
pub(crate) fn presentable(text: &str) -> String {
    let mut out = String::new();
    let mut run = String::new();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "+/=_:-".contains(c);
    for c in text.chars().filter(|c| !c.is_control()).take(400).chain(['\0']) {
        if is_token(c) {
            run.push(c);
            continue;
        }
        out.push_str(if run.len() < 20 { &run } else { "[..]" });
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_code_meaning_and_translation() {
        let error = LoginError::refused(10031, Some("请求受限".into()));
        assert_eq!(
            error.to_string(),
            "the account server refuses with code 10031 (request restricted (too many requests or risk control)): \
             请求受限 = request restricted"
        );
        assert!(error.help().unwrap().contains("half an hour"));
    }

    #[test]
    fn an_echoed_token_does_not_show() {
        assert_eq!(
            presentable("bad hash E5D7CFFE25654F7E3A1E334118C71549 for\r\n you"),
            "bad hash [..] for you"
        );
        assert_eq!(presentable("data type not valid"), "data type not valid");
        assert_eq!(presentable(&"字".repeat(1000)).chars().count(), 200);
    }
}
