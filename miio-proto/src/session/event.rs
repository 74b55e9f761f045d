//! What a session reports, and what a person can do about it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde_json::Value;

use super::RequestId;
use crate::json::{JsonError, Repair};
use crate::rpc::{IncomingRequest, RpcError};
use crate::{DecryptError, DeviceId, HelloReply};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The device answered a hello: the first one, or the first after it was away or had restarted.
    Connected(HelloReply),
    /// A call has its answer.
    Answered(Answered),
    /// A call has failed. Each call ends with exactly one `Answered` or `Failed`, unless it was cancelled.
    Failed {
        /// Which call.
        request: RequestId,
        /// Why.
        error: CallError,
    },
    /// The device asks for something: see [`crate::push`]. Answer with
    /// [`Session::answer`](super::Session::answer).
    DeviceRequest(IncomingRequest),
    /// The device answers no hello any more.
    Offline {
        /// Hellos without answer.
        hellos: u8,
    },
    /// The device's clock went back: it started anew.
    Rebooted {
        /// Its last stamp before.
        before: u32,
        /// Its first stamp after.
        after: u32,
    },
    /// Something that needs a person, though no call failed by it.
    Notice(Notice),
}

/// A call's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Which call.
    pub request: RequestId,
    /// The result; `Null` if the device sent none.
    pub result: Value,
    /// What had to be mended in the answer's JSON. A zero byte at the end is no fault and not listed.
    pub repairs: Vec<Repair>,
    /// How long the device worked on it, by its own account, in ms.
    pub exe_time_ms: Option<i64>,
    /// How often it was sent.
    pub attempts: u8,
    /// From the first sending to the answer.
    pub latency: Duration,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody answers a hello.
    #[error("no answer to {hellos} hellos")]
    Unreachable {
        /// Hellos in a row.
        hellos: u8,
    },
    /// Hellos are answered, but the request isn't.
    #[error("the device answers hellos, but left the request unanswered {attempts} times{suspects}")]
    Unanswered {
        /// How often it was sent.
        attempts: u8,
        /// What the reason may be.
        suspects: Suspects,
    },
    /// The device answered under another token, or disclosed another one.
    #[error("the device uses another token{}", if *.disclosed { ", and tells which" } else { "" })]
    WrongToken {
        /// Whether the device disclosed its token in the reply to a hello.
        disclosed: bool,
    },
    /// No token was given, and the device keeps its own to itself.
    #[error("the device withholds its token, and none is configured")]
    TokenWithheld,
    /// Another device answers at the address.
    #[error("device {found} answers instead of device {expected}")]
    WrongDevice {
        /// Which one was meant.
        expected: DeviceId,
        /// Which one answers.
        found: DeviceId,
    },
    /// The device answered with an error.
    #[error(transparent)]
    Device(#[from] RpcError),
    /// The answer isn't JSON, whatever is mended.
    #[error("{}", .0.as_ref())]
    BadJson(Box<JsonError>),
    /// The answer is authentic, but can't be decrypted.
    #[error("the answer can't be decrypted: {0}")]
    BadAnswer(DecryptError),
    /// The call's time is over.
    #[error("the call wasn't done within {} s{}", .waited.as_secs(), if *.sent { "" } else { ", it never got its turn" })]
    Deadline {
        /// How long it waited.
        waited: Duration,
        /// Whether it was sent at all.
        sent: bool,
    },
    /// Too many calls wait.
    #[error("{limit} calls wait already")]
    QueueFull {
        /// The limit.
        limit: usize,
    },
    /// The request is longer than devices take.
    #[error("the request makes a frame of {found} bytes, the limit is {limit}")]
    TooLong {
        /// The frame.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The session was closed.
    #[error("the session was closed")]
    Closed,
}

/// What may be the reason for silence after an answered hello.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suspects {
    /// Nothing was ever answered under this token: it may be wrong, or the device sits in another subnet and
    /// doesn't talk to this host.
    pub wrong_token: bool,
    /// It was answered before under this token: a second program with message ids of its own may talk to the
    /// device, which then ignores the smaller ids.
    pub second_client: bool,
    /// It was answered before, so it may just be busy.
    pub busy: bool,
}

impl fmt::Display for Suspects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.wrong_token, self.second_client) {
            (true, _) => ": it never answered under this token",
            (_, true) => ": it is busy, or a second program talks to it",
            _ => "",
        })
    }
}

impl CallError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { .. } => Some(
                "Check that the device has power and Wi-Fi, that the address is its own (a DHCP reservation keeps \
                 it), and that this host is in the same subnet; vacuums paired with the Roborock app don't answer \
                 miIO at all.",
            ),
            Self::Unanswered { suspects, .. } if suspects.wrong_token => Some(
                "Most likely the token is wrong: it changes at every reset and often at a change of Wi-Fi, so read \
                 it again; else the device is in another subnet, or a second program uses higher message ids.",
            ),
            Self::Unanswered { .. } => Some(
                "Let only one program talk to the device (app, bridge or this one), or store the last message id; \
                 if there is no other, the device is busy: ask less often, or switch it off and on.",
            ),
            Self::WrongToken { disclosed: true } => {
                Some("The device was reset: take the token that it discloses now, and bind it again.")
            }
            Self::WrongToken { disclosed: false } => {
                Some("Read the token again: it changes at every reset and often at a change of Wi-Fi.")
            }
            Self::TokenWithheld => Some(
                "Read the token from the Xiaomi cloud or from a backup of the app, or reset the device and ask it \
                 before it is bound.",
            ),
            Self::WrongDevice { .. } => Some(
                "The router gave the address to another device: search for the device by its id, and reserve its \
                 address.",
            ),
            Self::Device(error) => error.help(),
            Self::BadJson(error) => error.help(),
            Self::BadAnswer(error) => error.help(),
            Self::Deadline { sent: false, .. } | Self::QueueFull { .. } => Some(
                "Ask less often: the device takes one request at a time, and slow ones hold up the rest.",
            ),
            Self::TooLong { .. } => Some("Ask for fewer values at once, or split the command."),
            Self::Deadline { .. } | Self::Closed => None,
        }
    }

    /// The name of the variant, in `snake_case`, for logs and statistics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Unanswered { .. } => "unanswered",
            Self::WrongToken { .. } => "wrong_token",
            Self::TokenWithheld => "token_withheld",
            Self::WrongDevice { .. } => "wrong_device",
            Self::Device(_) => "device",
            Self::BadJson(_) => "bad_json",
            Self::BadAnswer(_) => "bad_answer",
            Self::Deadline { .. } => "deadline",
            Self::QueueFull { .. } => "queue_full",
            Self::TooLong { .. } => "too_long",
            Self::Closed => "closed",
        }
    }
}

/// Something that needs a person, though no call failed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Call after call is answered only once its id has jumped, while hellos come through: a second program uses
    /// higher ids.
    SecondClient {
        /// Calls in a row.
        calls: u8,
    },
    /// An answer came after its call had ended.
    LateAnswer {
        /// Its message id.
        id: u32,
    },
    /// The device discloses a token other than the configured one.
    TokenDiffers,
    /// A frame of the device doesn't fit the token, although others did.
    BadChecksum,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecondClient { calls } => {
                write!(
                    f,
                    "{calls} calls in a row were answered only after their message id had jumped"
                )
            }
            Self::LateAnswer { id } => write!(f, "the answer to message {id} came too late"),
            Self::TokenDiffers => f.write_str("the device discloses another token than the configured one"),
            Self::BadChecksum => f.write_str("a frame arrived whose checksum doesn't fit the token"),
        }
    }
}

impl Notice {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::SecondClient { .. } => Some(
                "A second program (another bridge, a second entry of the same device) talks to it with ids of its \
                 own: let only one of them do so.",
            ),
            Self::LateAnswer { .. } => Some("Raise the time-out: the device or the link is slow."),
            Self::TokenDiffers => Some("The device was reset: take the token that it discloses now."),
            Self::BadChecksum => Some("If it goes on, the device was reset or another host answers for it."),
        }
    }
}

impl Event {
    /// What a person can do about it, in one sentence; `None` where nothing is wrong.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Failed { error, .. } => error.help(),
            Self::Notice(notice) => notice.help(),
            Self::Offline { hellos } => CallError::Unreachable { hellos: *hellos }.help(),
            Self::Connected(_) | Self::Answered(_) | Self::DeviceRequest(_) | Self::Rebooted { .. } => None,
        }
    }
}

impl From<JsonError> for CallError {
    fn from(error: JsonError) -> Self {
        Self::BadJson(Box::new(error))
    }
}

/// The message id in a text that isn't JSON: the number behind `"id":`.
pub(super) fn id_in_text(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("\"id\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).take(19).collect();
    digits.parse().ok()
}
