//! What a session says.

use std::time::Duration;

use super::CallId;
use crate::answer::Answer;
use crate::error::{ApiError, LoginError};

/// What a session says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A call has an answer.
    Answered {
        /// Which call.
        call: CallId,
        /// The answer, for [`crate::api::Call::read`].
        answer: Answer,
    },
    /// A call failed.
    Failed {
        /// Which call.
        call: CallId,
        /// Why.
        error: ApiError,
    },
    /// The session was renewed: save it.
    Renewed,
    /// The session can't renew itself: the user must log in again, for [`super::Session::set_credentials`].
    LoginNeeded(LoginError),
    /// Something worth knowing, though nothing failed.
    Notice(Notice),
}

/// Something worth knowing, though nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// This computer's clock is wrong; the session corrects its requests.
    ClockOff {
        /// Seconds that the server is ahead.
        seconds: i64,
    },
    /// The server wants fewer requests: the session waits.
    SlowDown {
        /// How long.
        wait: Duration,
    },
    /// A request is sent again, because its answer got lost.
    Repeated {
        /// Of which call.
        call: CallId,
    },
}

impl SessionEvent {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Failed { error, .. } => error.help(),
            Self::LoginNeeded(error) => error.help(),
            Self::Notice(Notice::ClockOff { .. }) => Some("Set the clock: other programs need it too."),
            Self::Notice(Notice::SlowDown { .. }) => Some("Poll less often."),
            _ => None,
        }
    }
}
