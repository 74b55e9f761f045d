//! A line a change.

use std::io::{self, Write};

use serde_json::json;

use crate::home::Change;

/// Writes changes as lines.
#[derive(Clone, Copy, Debug)]
pub struct Lines {
    as_json: bool,
}

impl Lines {
    /// Plain ones, or JSON objects.
    #[must_use]
    pub const fn new(as_json: bool) -> Self {
        Self { as_json }
    }

    /// Writes one.
    ///
    /// # Errors
    ///
    /// It can't be written.
    pub fn write(self, out: &mut impl Write, change: &Change) -> io::Result<()> {
        if self.as_json {
            let mut json = json!({
                "seconds": (change.at.as_secs_f64() * 1000.0).round() / 1000.0,
                "device": change.device.as_str(),
                "name": change.name,
                "key": change.key,
                "value": change.value.to_json(),
            });
            if !change.unit.is_empty() {
                crate::json::set(&mut json, "unit", change.unit.as_str());
            }
            return writeln!(out, "{json}");
        }
        writeln!(
            out,
            "{:>7.1} s  {:<24} {:<18} {} {}",
            change.at.as_secs_f64(),
            change.name,
            change.key,
            change.value,
            change.unit
        )
    }
}
