//! A table of all devices, drawn again and again on a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use crate::home::{Device, Health, Home, Kind, Slot};

/// The view. It takes the terminal's other screen, and gives the first one back at the end.
#[derive(Debug)]
pub struct Live {
    title: String,
}

impl Live {
    /// Clears the screen.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn begin(title: &str) -> io::Result<Self> {
        let mut out = io::stdout().lock();
        out.write_all(b"\x1b[?1049h\x1b[?25l\x1b[2J")?;
        out.flush()?;
        Ok(Self {
            title: title.to_owned(),
        })
    }

    /// Draws what is known now.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn draw(&mut self, home: &Home) -> io::Result<()> {
        let (width, height) = size();
        let mut frame = String::from("\x1b[H");
        for line in view(home, &self.title, true)
            .lines()
            .take(height.saturating_sub(1))
        {
            frame.push_str(&cut(line, width));
            // To the end of the line: what was there before.
            frame.push_str("\x1b[0m\x1b[K\n");
        }
        frame.push_str("\x1b[J");
        let mut out = io::stdout().lock();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    /// Gives the screen back.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn end(self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(b"\x1b[?25h\x1b[?1049l")?;
        out.flush()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Also after an error: a terminal without cursor is a nuisance.
        let _ = io::stdout().write_all(b"\x1b[?25h\x1b[?1049l");
    }
}

/// The view as text, with or without colours.
#[must_use]
pub fn view(home: &Home, title: &str, colours: bool) -> String {
    let mut out = String::new();
    let (bold, dim, fresh, bad, off) = if colours {
        ("\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m")
    } else {
        ("", "", "", "", "")
    };
    let now = home.now();
    let broker = match home.broker() {
        Health::Up => "connected".to_owned(),
        Health::Starting => "connecting".to_owned(),
        Health::Down(reason) => format!("{bad}away: {reason}{off}"),
    };
    let _ = writeln!(out, "{bold}{title}{off}");
    let _ = writeln!(
        out,
        "broker {broker} | {} published | {} adverts | {} changes | Ctrl-C ends",
        home.counters.published.get(),
        home.counters.adverts.get(),
        home.counters.changes.get()
    );
    for (name, health) in home.sources() {
        if let Health::Down(reason) = health {
            let _ = writeln!(out, "{bad}{name}: {reason}{off}");
        }
    }
    out.push('\n');
    home.look(|store| {
        let mut devices: Vec<&Device> = store.devices().collect();
        devices.sort_by(|a, b| {
            (&a.about.source, &a.about.name, &a.id).cmp(&(&b.about.source, &b.about.name, &b.id))
        });
        for device in devices {
            let age = age(now.saturating_sub(device.heard));
            let state = if device.available { "" } else { " (away)" };
            let model = device.about.model.as_deref().unwrap_or_default();
            let _ = write!(
                out,
                "{bold}{:<20}{off} {dim}{model:<24}{off}{age:>5}{state} ",
                device.about.name
            );
            for slot in &device.slots {
                let Some(value) = &slot.value else { continue };
                let just = now.saturating_sub(slot.changed) < Duration::from_secs(2);
                let (on, off) = if just { (fresh, off) } else { ("", "") };
                let _ = write!(
                    out,
                    " {dim}{}{off} {on}{value}{}{off}",
                    slot.entity.key,
                    unit(slot),
                    dim = if colours { dim } else { "" },
                    off = if colours { "\x1b[0m" } else { off }
                );
            }
            out.push('\n');
        }
    });
    out
}

fn unit(slot: &Slot) -> String {
    match &slot.entity.kind {
        Kind::Sensor { unit: Some(unit), .. } => format!(" {unit}"),
        _ => String::new(),
    }
}

fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// The first so many characters; colours take no room.
fn cut(line: &str, width: usize) -> String {
    let (mut shown, mut in_colour) = (0, false);
    let mut out = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '\x1b' => in_colour = true,
            'm' if in_colour => in_colour = false,
            _ if in_colour => {}
            // What a device sent can't steer the terminal.
            control if control.is_control() => continue,
            _ if shown == width => continue,
            _ => shown += 1,
        }
        out.push(character);
    }
    out
}

fn size() -> (usize, usize) {
    match terminal_size::terminal_size() {
        Some((terminal_size::Width(width), terminal_size::Height(height))) => (width.into(), height.into()),
        None => (120, 40),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_what_is_seen() {
        assert_eq!(cut("\x1b[1mabcdef\x1b[0m", 3), "\x1b[1mabc\x1b[0m");
        assert_eq!(cut("ab\x07\nc", 10), "abc");
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(age(Duration::from_secs(99)), "99 s");
        assert_eq!(age(Duration::from_secs(600)), "10 min");
        assert_eq!(age(Duration::from_secs(7200)), "2 h");
    }
}
