use alloc::string::{String, ToString};

use super::{Reply, ReplyError};
use crate::json::{JsonError, Value};

impl Reply<'_> {
    /// The JSON of a reply that worked, or what was wrong with it.
    ///
    /// # Errors
    ///
    /// If the device wants a password, says that something failed, or didn't answer with JSON.
    pub fn result(&self) -> Result<Value, RestError> {
        if self.status == 401 {
            return Err(RestError::Unauthorized);
        }
        let json = self.json();
        let error = json
            .as_ref()
            .ok()
            .and_then(|json| json.get("error"))
            .and_then(Value::as_i64);
        if self.status != 200 || error.is_some() {
            let code = error
                .and_then(|code| i32::try_from(code).ok())
                .unwrap_or(self.status);
            let message = json
                .as_ref()
                .ok()
                .and_then(|json| json.get("msg"))
                .and_then(Value::as_str);
            let message = message.unwrap_or_default().trim().chars().take(200).collect();
            return Err(RestError::Device(Failure { code, message }));
        }
        if !self.is_json() {
            let kind = self.content_type.unwrap_or("nothing").chars().take(60).collect();
            return Err(RestError::NotJson { content_type: kind });
        }
        json.map_err(RestError::Json)
    }
}

/// What the device says when something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The number of its `error`, or of the status line.
    pub code: i32,
    /// Its `msg`, cut at 200 characters.
    pub message: String,
}

/// Why a request to the device brought no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// Code 401.
    #[error("the device asks for a password (code 401)")]
    Unauthorized,
    /// Any other code, or a body with `error`.
    #[error("the device refuses with code {}: {}", .0.code, .0.message)]
    Device(Failure),
    /// An HTML page, which the device also sends for unknown paths, with code 200.
    #[error("the reply is {content_type}, not JSON")]
    NotJson {
        /// What it says that it is.
        content_type: String,
    },
    /// JSON that can't be read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// No reply at all.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

impl RestError {
    /// What a person can do about it, in one sentence; `None` where nothing but a retry helps.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unauthorized => Some(
                "Give the web password, for the user `admin`; in safe mode (five short starts in a row) flag 44 turns \
                 the question off.",
            ),
            Self::Device(failure) => match failure.code {
                501 => Some(
                    "This build doesn't have the command: check its spelling, or whether its driver runs.",
                ),
                400 => {
                    Some("Arguments are missing or have the wrong form: see the command's list of arguments.")
                }
                404 => Some("There is no such file."),
                -1 => Some("The flash address is malformed or out of range."),
                -20 => Some("The file system or the flash has another size than assumed."),
                _ => None,
            },
            Self::NotJson { .. } => {
                Some("This firmware doesn't know the path: it answers unknown ones with a page; update it.")
            }
            Self::Json(error) => error.help(),
            Self::Reply(error) => error.help(),
        }
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.code.to_string())?;
        f.write_str(": ")?;
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_the_device_says() {
        let bytes = b"HTTP/1.1 400 OK\nContent-type: application/json\r\n\r\n{\"error\":400, \"msg\":\"Object expected\n\"}";
        let error = Reply::parse(bytes).unwrap().result().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the device refuses with code 400: Object expected"
        );
        let page = b"HTTP/1.1 200 OK\nContent-type: text/html\r\n\r\n<html>";
        assert!(matches!(
            Reply::parse(page).unwrap().result(),
            Err(RestError::NotJson { .. })
        ));
    }
}
