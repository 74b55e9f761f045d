//! What only the user can answer.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A question to the user. `Debug` shows no picture and no address's query.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Which characters are in the picture? Answer with [`super::Login::answer_captcha`].
    Captcha {
        /// The picture.
        image: Bytes,
        /// Its type, as `image/jpeg`.
        content_type: Option<String>,
        /// Whether the last answer was wrong.
        wrong: bool,
    },
    /// Which code came by SMS or email? Answer with [`super::Login::answer_ticket`].
    Ticket {
        /// How it was sent.
        via: Via,
        /// Where it was sent, with stars in it.
        masked: Option<String>,
        /// When another one can be sent, [`super::Login::resend_ticket`].
        resend_after: Option<Duration>,
        /// Whether the last answer was wrong.
        wrong: bool,
        /// The other way that the account has, for [`super::Login::use_method`].
        other: Option<Via>,
    },
    /// Open the address in a browser, in the same network as this program, do what it asks, and call
    /// [`super::Login::browser_done`].
    OpenUrl {
        /// Why.
        reason: OpenReason,
        /// The address. It is short-lived.
        url: String,
    },
    /// Scan a QR code with an app that is logged in, or open its text in a browser that is. Nothing to call: the login
    /// goes on by itself.
    ScanQr {
        /// What the QR code says.
        login_url: String,
        /// A picture of it.
        image_url: String,
        /// How long it is valid.
        expires_in: Duration,
    },
}

/// How a code is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// By SMS.
    Phone,
    /// By email.
    Email,
}

impl Via {
    pub(crate) const fn of_flag(flag: u8) -> Option<Self> {
        match flag {
            4 => Some(Self::Phone),
            8 => Some(Self::Email),
            _ => None,
        }
    }

    pub(crate) const fn flag(self) -> u8 {
        match self {
            Self::Phone => 4,
            Self::Email => 8,
        }
    }
}

/// Why an address must be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OpenReason {
    /// "Is this still your phone number?"
    ConfirmPhone,
    /// The account is verified in a way that this crate doesn't know.
    UnsupportedMethod,
    /// A captcha that needs a browser, as a slider.
    UnsolvableCaptcha,
    /// Something else.
    Verification,
}

impl Question {
    /// What the user should know, in some sentences.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Captcha { .. } => "Upper and lower case letters differ. Each picture can be answered once.",
            Self::Ticket { .. } => {
                "Type the code here and not in a browser. Each day has only a few of them: wait before you ask for \
                 another one."
            }
            Self::OpenUrl { .. } => {
                "Open the address soon, in a browser with the same external IP address as this program: no VPN, no mobile \
                 network. In a data centre it often never works; log in by QR code there."
            }
            Self::ScanQr { .. } => "Scan it with the Mi Home app or the account page of a Xiaomi phone.",
        }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Captcha { image, wrong, .. } => write!(f, "Captcha({} bytes, wrong: {wrong})", image.len()),
            Self::Ticket { via, wrong, .. } => write!(f, "Ticket({via:?}, wrong: {wrong})"),
            Self::OpenUrl { reason, .. } => write!(f, "OpenUrl({reason:?}, ..)"),
            Self::ScanQr { expires_in, .. } => write!(f, "ScanQr({expires_in:?}, ..)"),
        }
    }
}

/// An answer that wasn't taken; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Another question is open, or none.
    #[error("nothing of this kind is asked now")]
    NotAsked,
    /// No text.
    #[error("the answer is empty")]
    Empty,
    /// Far more text than any code has.
    #[error("the answer has {found} bytes, more than any code")]
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// The last code is too young for another one.
    #[error("another code can be sent in {} s", .wait.as_secs())]
    TooEarly {
        /// How long to wait.
        wait: Duration,
    },
}

impl AnswerError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAsked => "Answer the question that was asked last.",
            Self::Empty => "Type the characters of the picture or the code.",
            Self::TooLong { .. } => "Type only the code, without the text around it.",
            Self::TooEarly { .. } => "Wait: the code may still arrive.",
        })
    }
}
