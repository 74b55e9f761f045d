//! The terminal: results, questions, and how far something is.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use telink_ota::ota::Progress;

use super::failure::Failure;

/// Standard output for results, standard error for everything else.
#[derive(Debug)]
pub(super) struct Console {
    json: bool,
    yes: bool,
    bar: ProgressBar,
    /// The last tenth that was told where there is no bar.
    told: Cell<Option<u8>>,
    /// Why a result couldn't be written.
    lost: RefCell<Option<io::Error>>,
}

impl Console {
    pub(super) fn new(json: bool, yes: bool) -> Self {
        Self {
            json,
            yes,
            bar: ProgressBar::hidden(),
            told: Cell::new(None),
            lost: RefCell::new(None),
        }
    }

    /// A result: text for people, or an object for programs.
    pub(super) fn say(&self, text: impl Display, value: &Value) {
        self.bar.suspend(|| {
            let written = if self.json {
                writeln!(io::stdout(), "{value}")
            } else {
                writeln!(io::stdout(), "{text}")
            };
            match written {
                // Whoever reads may have seen enough: `| head` is no failure.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    self.lost.borrow_mut().get_or_insert(error);
                }
                _ => {}
            }
        });
    }

    /// The last object of a list, for programs only.
    pub(super) fn end(&self, value: &Value) {
        if self.json {
            self.say("", value);
        }
    }

    /// Whether everything that was said got out.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        match self.lost.take() {
            Some(error) => Err(
                Failure::new("output", format_args!("the output can't be written: {error}")).help(
                    "What was asked for is done on the device; make room, and ask again for what it says.",
                ),
            ),
            None => Ok(()),
        }
    }

    /// Something beside the results.
    pub(super) fn note(&self, text: impl Display) {
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "{text}");
        });
    }

    /// Goes on only with a yes.
    pub(super) fn ask(&self, question: impl Display) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::new(
                "not_confirmed",
                format_args!("nobody is there to say yes to: {question}"),
            )
            .help("Say --yes to do it without being asked."));
        }
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Failure::new("declined", "nothing was changed, as you wished")),
        }
    }

    /// How far a transfer is: a bar on a terminal, else a line each tenth.
    pub(super) fn progress(&self, progress: Progress) {
        let percent = progress.percent();
        let rate = f64::from(progress.rate) / 1024.0;
        let left = progress
            .remaining()
            .map_or_else(String::new, |left| format!(", {} left", seconds(left)));
        if self.has_bar() {
            if self.bar.is_hidden() {
                let style = ProgressStyle::with_template("{wide_bar} {percent} %  {msg}");
                self.bar
                    .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
            }
            self.bar.set_length(progress.total.into());
            self.bar.set_message(format!("{rate:.1} KiB/s{left}"));
            self.bar.set_position(progress.sent.into());
            return;
        }
        let tenth = percent / 10;
        if self.told.replace(Some(tenth)) == Some(tenth) {
            return;
        }
        if self.json {
            let value = json!({
                "event": "progress", "percent": percent, "bytes": progress.sent, "total": progress.total,
                "bytes_per_second": progress.rate, "seconds_left": progress.remaining().map(|left| left.as_secs()),
            });
            self.say("", &value);
        } else {
            self.note(format_args!("  {percent:>3} %  {rate:.1} KiB/s{left}"));
        }
    }

    /// Takes the bar away.
    pub(super) fn end_progress(&self) {
        self.told.set(None);
        self.bar.finish_and_clear();
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        self.bar.reset();
    }

    pub(super) fn failure(&self, failure: &Failure) {
        self.end_progress();
        if self.json {
            let value = json!({"error": failure.name, "cause": failure.cause, "help": failure.help});
            return self.say("", &value);
        }
        self.note(format_args!("error: {}", failure.cause));
        if let Some(help) = &failure.help {
            self.note(format_args!("help:  {help}"));
        }
    }

    fn has_bar(&self) -> bool {
        !self.json && io::stderr().is_terminal()
    }
}

/// 95 s as `1 min 35 s`.
pub(super) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
