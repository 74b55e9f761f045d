//! Why a command failed, and what to do about it.

use std::fmt::Display;
use std::path::Path;

/// A cause and a remedy.
#[derive(Debug)]
pub(super) struct Failure {
    cause: String,
    help: Option<String>,
}

impl Failure {
    pub(super) fn new(cause: impl Display) -> Self {
        Self {
            cause: cause.to_string(),
            help: None,
        }
    }

    pub(super) fn of_file(path: &Path, cause: impl Display) -> Self {
        Self::new(format_args!("{}: {cause}", path.display()))
    }

    pub(super) fn help(mut self, help: Option<&str>) -> Self {
        self.help = help.map(str::to_owned);
        self
    }

    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", serde_json::json!({"error": self.cause, "help": self.help}));
            return;
        }
        eprintln!("{}", self.cause);
        if let Some(help) = &self.help {
            eprintln!("{help}");
        }
    }
}
