//! What goes wrong, and what to do about it.

use serde_json::json;

/// Something that went wrong.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    help: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
        }
    }

    /// An error of the crate with its remedy.
    pub(super) fn of(error: &dyn std::error::Error, help: Option<&'static str>) -> Self {
        Self {
            message: error.to_string(),
            help: help.map(String::from),
        }
    }

    pub(super) fn print(&self, as_json: bool) {
        if as_json {
            say!("{}", json!({ "error": self.message, "help": self.help }));
            return;
        }
        eprintln!("error: {}", self.message);
        if let Some(help) = &self.help {
            eprintln!("  help: {help}");
        }
    }
}
