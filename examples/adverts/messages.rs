//! Messages to the person at the terminal, and how far the program has come.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The standard error: a progress bar, and messages above it.
#[derive(Debug)]
pub(super) struct Messages {
    bar: ProgressBar,
    faults: Cell<u32>,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            faults: Cell::new(0),
        }
    }

    /// Shows a bar for a file that takes a while; nothing if the standard error is no terminal, or
    /// the output goes there too and shows how far it is.
    pub(super) fn start(&self, name: &str, length: u64) {
        let style = ProgressStyle::with_template(
            "{msg} {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
        );
        if let Ok(style) = style
            && length >= WORTH_A_BAR
            && !std::io::stdout().is_terminal()
        {
            self.bar.set_style(style);
            self.bar.set_message(name.to_owned());
            self.bar.set_length(length);
            self.bar.set_position(0);
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
            self.bar.enable_steady_tick(Duration::from_millis(500));
        }
    }

    /// So many bytes more have been read.
    pub(super) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
    }

    /// Takes the bar away.
    pub(super) fn stop(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// What is wrong, and what to do about it.
    pub(super) fn error(&self, message: &dyn Display, help: Option<&str>) {
        self.bar.suspend(|| {
            // Nobody is left to tell if the standard error is closed.
            let mut stderr = std::io::stderr().lock();
            let _ = writeln!(stderr, "adverts: {message}");
            if let Some(help) = help {
                let _ = writeln!(stderr, "  {help}");
            }
        });
    }

    /// The same for one record of many: after some, silence.
    pub(super) fn fault(&self, message: &dyn Display, help: Option<&str>) {
        match self.faults.replace(self.faults.get().saturating_add(1)) {
            ..MOST_FAULTS => self.error(message, help),
            MOST_FAULTS => self.error(&"more records can't be read; they are only counted", None),
            _ => {}
        }
    }
}

/// A smaller file is read in the blink of an eye.
const WORTH_A_BAR: u64 = 16 << 20;

/// More help nobody.
const MOST_FAULTS: u32 = 10;
