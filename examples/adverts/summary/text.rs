//! The summary as text.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Closing, Troubled};
use crate::adverts::output::Palette;

/// Prints it, after an empty line.
pub(in crate::adverts) fn write(closing: &Closing, out: &mut impl Write, palette: Palette) -> io::Result<()> {
    let bold = palette.heading();
    writeln!(
        out,
        "\n{bold}{}, {} of {}{}{bold:#}",
        count(closing.adverts, "advert"),
        count(closing.reports, "report"),
        count(closing.devices as u64, "device"),
        closing.seconds.map(span).unwrap_or_default(),
    )?;
    let mut line = String::new();
    for (name, count) in &closing.outcomes.0 {
        let separator = if line.is_empty() { "  " } else { ", " };
        // Writing to a `String` can't fail.
        let _ = write!(line, "{separator}{name} {count}");
    }
    if !line.is_empty() {
        writeln!(out, "{line}")?;
    }
    for (number, what) in [
        (closing.silent, "without anything that is read here"),
        (closing.cut_short, "cut short inside of an AD structure"),
    ] {
        if number > 0 {
            writeln!(out, "  {} {what}", count(number, "advert"))?;
        }
    }
    for (number, what) in [
        (closing.other_records, "without advert"),
        (closing.damaged, "with a wrong checksum, left out"),
        (closing.unreadable_records, "left out, not readable"),
    ] {
        if number > 0 {
            writeln!(out, "  {} {what}", count(number, "record"))?;
        }
    }
    if closing.uncounted_reports > 0 {
        writeln!(
            out,
            "  {} of more devices than are counted one by one",
            count(closing.uncounted_reports, "report")
        )?;
    }
    if !closing.not_decoded.is_empty() {
        writeln!(out, "\n{bold}Not decoded, or not all of it{bold:#}")?;
    }
    for device in closing.not_decoded.iter().take(MOST_DEVICES) {
        write_device(device, out, palette)?;
    }
    if let Some(more @ 1..) = closing.not_decoded.len().checked_sub(MOST_DEVICES) {
        writeln!(
            out,
            "{more} more devices; --json --summary lists all, --address shows one"
        )?;
    }
    Ok(())
}

fn write_device(device: &Troubled, out: &mut impl Write, palette: Palette) -> io::Result<()> {
    let (dim, problem_style) = (palette.dim(), palette.problem());
    write!(out, "{}", device.address.as_deref().unwrap_or("unknown address"))?;
    for note in [device.model, device.format].into_iter().flatten() {
        write!(out, "  {note}")?;
    }
    if let Some(status) = device.key_status {
        write!(out, "  key: {status}")?;
    }
    if device.readings > 0 {
        write!(
            out,
            "  {dim}({} with readings){dim:#}",
            count(device.readings, "report")
        )?;
    }
    writeln!(out)?;
    for problem in &device.problems {
        let times = match problem.count {
            0 => String::new(),
            times => format!("{times} x "),
        };
        writeln!(
            out,
            "  {problem_style}{times}{}{problem_style:#}",
            problem.message
        )?;
        if let Some(help) = problem.help {
            writeln!(out, "    {help}")?;
        }
    }
    Ok(())
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn span(seconds: f64) -> String {
    let whole = seconds as u64;
    match whole {
        0..120 => format!(" in {seconds:.1} s"),
        120..7200 => format!(" in {} min", whole / 60),
        7200..172_800 => format!(" in {} h", whole / 3600),
        _ => format!(" in {} days", whole / 86_400),
    }
}

/// A list that a person can read; JSON has them all.
const MOST_DEVICES: usize = 50;
