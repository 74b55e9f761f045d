//! Text for people, or JSON for programs.

use std::fmt::Display;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::failure::Failure;

/// Where results go.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// A result in both forms.
    pub(crate) fn line(self, text: impl Display, value: &Value) {
        // Whoever reads may have seen enough: `| head` is no failure.
        let _ = if self.json {
            writeln!(io::stdout(), "{value}")
        } else {
            writeln!(io::stdout(), "{text}")
        };
    }

    /// Something beside the results.
    pub(crate) fn note(self, text: impl Display) {
        eprintln!("{text}");
    }

    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            println!("{}", json!({"error": failure.cause, "help": failure.help}));
            return;
        }
        eprintln!("error: {}", failure.cause);
        if let Some(help) = &failure.help {
            eprintln!("help:  {help}");
        }
    }
}
