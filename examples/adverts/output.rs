//! What is printed about a report: a line of a table, or a JSON object.

mod json;
mod table;

use std::io::{self, Write};

use macaddr::MacAddr6;
use mibeacon::{Decoder, Report, Slot};

use super::capture::Advert;
use super::summary::{self, Summary};
pub(super) use table::Palette;
use table::Table;

/// Where reports go.
#[derive(Debug)]
pub(super) struct Output<W> {
    out: W,
    form: Form,
    /// Somebody waits for each report.
    is_live: bool,
}

/// How to print reports and the summary.
#[derive(Debug)]
pub(super) enum Form {
    /// For people.
    Table {
        table: Table,
        /// Repeats too.
        all: bool,
    },
    /// For programs.
    Json {
        /// The summary comes last, else on the standard error.
        summary: bool,
    },
}

impl Form {
    pub(super) const fn table(is_coloured: bool, all: bool) -> Self {
        Self::Table {
            table: Table::new(is_coloured),
            all,
        }
    }
}

impl<W: Write> Output<W> {
    pub(super) const fn new(out: W, form: Form, is_live: bool) -> Self {
        Self { out, form, is_live }
    }

    /// Prints a report. A repeat tells nothing that the device hasn't told before.
    pub(super) fn report(
        &mut self,
        advert: &Advert<'_>,
        address: Option<MacAddr6>,
        report: &Report<'_>,
        is_repeat: bool,
    ) -> io::Result<()> {
        match &mut self.form {
            Form::Table { all: false, .. } if is_repeat => return Ok(()),
            Form::Table { table, .. } => table.report(&mut self.out, advert, address, report)?,
            Form::Json { .. } => json::report(&mut self.out, advert, address, report)?,
        }
        if self.is_live {
            self.out.flush()?;
        }
        Ok(())
    }

    /// Prints the summary, if there is one, and ends the output.
    pub(super) fn finish(mut self, summary: Option<(&Summary, &Decoder<Vec<Slot>>)>) -> io::Result<()> {
        let closing = summary.map(|(summary, decoder)| summary.close(decoder));
        match (&mut self.form, closing) {
            (Form::Table { table, .. }, Some(closing)) => {
                summary::text::write(&closing, &mut self.out, table.palette())?;
            }
            (Form::Json { summary: true }, Some(closing)) => json::summary(&mut self.out, &closing)?,
            (Form::Json { summary: false }, Some(closing)) => {
                // The readings matter: they are out even if the standard error is closed.
                self.out.flush()?;
                let _ = summary::text::write(&closing, &mut io::stderr().lock(), Palette::new(false));
            }
            (_, None) => {}
        }
        self.out.flush()
    }
}
