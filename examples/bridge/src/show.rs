//! What a person sees: a live view, plain lines, or JSON lines; and a summary at the end.

mod lines;
mod live;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::home::Home;

pub use lines::Lines;
pub use live::{Live, view};

/// How changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table that is drawn again and again.
    Live,
    /// A line a change.
    Plain,
    /// A JSON object a change.
    Json,
}

/// Shows what happens until `until` is over.
///
/// # Errors
///
/// Standard output is gone, which is a wish to end.
pub async fn show(
    home: &Arc<Home>,
    form: Form,
    title: &str,
    until: impl Future<Output = ()>,
) -> io::Result<()> {
    tokio::pin!(until);
    match form {
        Form::Live => {
            let mut live = Live::begin(title)?;
            let mut beat = tokio::time::interval(Duration::from_millis(500));
            loop {
                tokio::select! {
                    () = &mut until => return live.end(),
                    _ = beat.tick() => live.draw(home)?,
                }
            }
        }
        Form::Plain | Form::Json => {
            let lines = Lines::new(form == Form::Json);
            let mut out = io::stdout().lock();
            loop {
                for change in home.changes() {
                    lines.write(&mut out, &change)?;
                }
                out.flush()?;
                tokio::select! {
                    () = &mut until => return Ok(()),
                    () = home.journal.notified() => {}
                }
            }
        }
    }
}

/// The summary at the end of a run.
///
/// # Errors
///
/// It can't be written.
pub fn summary(out: &mut dyn Write, home: &Home, as_json: bool) -> io::Result<()> {
    let (summary, counters) = (home.summary(), &home.counters);
    let published = counters.published.get();
    if as_json {
        let json = json!({"summary": {
            "seconds": home.now().as_secs_f64(),
            "devices": summary.devices,
            "available": summary.available,
            "values": summary.values,
            "adverts": counters.adverts.get(),
            "adverts_ignored": counters.adverts_ignored.get(),
            "adverts_failed": counters.adverts_failed.get(),
            "payloads_malformed": counters.payloads_malformed.get(),
            "readings": counters.readings.get(),
            "changes": counters.changes.get(),
            "published": published,
            "waiting": summary.waiting,
            "superseded": summary.losses.superseded,
            "dropped_events": summary.losses.dropped_events,
            "dropped_topics": summary.losses.dropped_topics,
            "commands": counters.commands.get(),
            "commands_failed": counters.commands_failed.get(),
        }});
        return writeln!(out, "{json}");
    }
    writeln!(
        out,
        "\nin {:.0} s: {} devices, {} of them there; {} values",
        home.now().as_secs_f64(),
        summary.devices,
        summary.available,
        summary.values
    )?;
    writeln!(
        out,
        "{} advertisements ({} with nothing new, {} not decoded), {} readings, {} changes, {published} messages published",
        counters.adverts.get(),
        counters.adverts_ignored.get(),
        counters.adverts_failed.get(),
        counters.readings.get(),
        counters.changes.get(),
    )?;
    writeln!(
        out,
        "lost: {} events, {} values without room; {} values were overtaken by newer ones",
        summary.losses.dropped_events, summary.losses.dropped_topics, summary.losses.superseded
    )
}
