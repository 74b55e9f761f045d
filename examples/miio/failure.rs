//! Why a command failed, and what to do about it.

use std::fmt::Display;
use std::io;
use std::path::Path;

use miio_proto::CallError;

/// A cause and a remedy.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: String,
    pub(crate) help: Option<String>,
}

impl Failure {
    pub(crate) fn new(cause: impl Display) -> Self {
        Self {
            cause: cause.to_string(),
            help: None,
        }
    }

    pub(crate) fn help(self, help: &str) -> Self {
        self.help_of(Some(help))
    }

    pub(crate) fn help_of(mut self, help: Option<&str>) -> Self {
        self.help = help.map(Into::into);
        self
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::new(&error).help_of(error.help())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

/// Names the file in an error.
pub(crate) fn with_path<E: Display>(path: &Path) -> impl FnOnce(E) -> Failure {
    move |error| Failure::new(format!("{}: {error}", path.display()))
}
