//! Reports as lines of a table. It is printed while it comes, so that the widths of the columns are fixed.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use macaddr::MacAddr6;
use mibeacon::{Outcome, Report};

use crate::adverts::capture::Advert;
use crate::adverts::listener::is_problem;
use crate::adverts::time;

/// Prints lines, the header before the first one.
#[derive(Debug)]
pub(in crate::adverts) struct Table {
    palette: Palette,
    /// Of the column with times; 0 before the header is printed.
    time_width: usize,
    /// Kept so that its memory is used again.
    cell: String,
}

impl Table {
    pub(super) const fn new(is_coloured: bool) -> Self {
        Self {
            palette: Palette::new(is_coloured),
            time_width: 0,
            cell: String::new(),
        }
    }

    pub(super) const fn palette(&self) -> Palette {
        self.palette
    }

    pub(super) fn report(
        &mut self,
        out: &mut impl Write,
        advert: &Advert<'_>,
        address: Option<MacAddr6>,
        report: &Report<'_>,
    ) -> io::Result<()> {
        let time = advert.time.map(time::Shown);
        if self.time_width == 0 {
            self.time_width = self.fill(time).len().max(8);
            let (bold, width) = (self.palette.heading(), self.time_width);
            writeln!(
                out,
                "{bold}{:>width$}  {:17}  {:>4}  {:PRODUCT$}  {:16}  {:>10}  readings{bold:#}",
                "time", "address", "rssi", "product", "format", "counter"
            )?;
        }
        let (dim, width) = (self.palette.dim(), self.time_width);
        write!(out, "{dim}{:>width$}{dim:#}  ", self.fill(time))?;
        write!(out, "{:17}  ", self.fill(address))?;
        write!(out, "{:>4}  ", self.fill(advert.rssi))?;
        match (report.model(), report.product_id()) {
            (Some(model), _) if model.len() > PRODUCT => write!(out, "{model:.0$}…  ", PRODUCT - 1)?,
            (Some(model), _) => write!(out, "{model:PRODUCT$}  ")?,
            (None, product_id) => write!(out, "{:PRODUCT$}  ", self.fill(product_id))?,
        }
        write!(
            out,
            "{dim}{:16}  {:>10}{dim:#}  ",
            report.format,
            self.fill(report.counter)
        )?;
        self.outcome(out, report)
    }

    fn outcome(&self, out: &mut impl Write, report: &Report<'_>) -> io::Result<()> {
        let mut separator = "";
        for reading in report.readings() {
            write!(out, "{separator}{reading}")?;
            separator = ", ";
        }
        let note = self.palette.note(&report.outcome);
        match (&report.outcome, report.fault()) {
            (Outcome::Readings, Some(fault)) => {
                let note = self.palette.problem();
                write!(out, "{separator}{note}[cut short: {fault}]{note:#}")?;
            }
            (Outcome::Readings, None) if separator.is_empty() => {
                write!(out, "{note}[no readings in it]{note:#}")?;
            }
            (Outcome::Readings, None) => {}
            (outcome, _) => write!(out, "{note}[{outcome}]{note:#}")?,
        }
        writeln!(out)
    }

    /// The text of a cell, so that it can be padded.
    fn fill(&mut self, value: Option<impl Display>) -> &str {
        self.cell.clear();
        match value {
            Some(value) => {
                // Writing to a `String` can't fail.
                let _ = write!(self.cell, "{value}");
            }
            None => self.cell.push('-'),
        }
        &self.cell
    }
}

/// The styles of what is printed; none if it isn't for a terminal.
#[derive(Clone, Copy, Debug)]
pub(in crate::adverts) struct Palette {
    is_on: bool,
}

impl Palette {
    pub(in crate::adverts) const fn new(is_on: bool) -> Self {
        Self { is_on }
    }

    pub(in crate::adverts) fn heading(self) -> Paint {
        self.paint(Style::new().bold())
    }

    pub(in crate::adverts) fn dim(self) -> Paint {
        self.paint(Style::new().dimmed())
    }

    pub(in crate::adverts) fn problem(self) -> Paint {
        self.paint(AnsiColor::Yellow.on_default())
    }

    fn note(self, outcome: &Outcome) -> Paint {
        if is_problem(outcome) {
            self.problem()
        } else {
            self.dim()
        }
    }

    fn paint(self, style: Style) -> Paint {
        Paint(if self.is_on { style } else { Style::new() })
    }
}

/// Starts a style; with `#`, ends it.
#[derive(Clone, Copy, Debug)]
pub(in crate::adverts) struct Paint(Style);

impl Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Width of the column with products; a few names are longer.
const PRODUCT: usize = 18;
