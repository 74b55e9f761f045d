//! Decodes the adverts of a capture and passes the reports on.

use std::io;
use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::{Decoder, Outcome, Payload, Policy, Report, Slot, payloads};

use super::capture::{Advert, Fault, Place, Sink};
use super::keys::Keys;
use super::messages::Messages;
use super::output::Output;
use super::summary::Summary;

/// Takes adverts from a capture, prints their reports and counts.
///
/// Every device that is heard is tracked, so that its duplicates are told; the number of devices is bounded, for
/// anybody can invent addresses.
pub(super) struct Listener<'a, W> {
    decoder: Decoder<Vec<Slot>>,
    strangers: usize,
    now: Duration,
    filter: Filter,
    output: Output<W>,
    summary: Summary,
    messages: &'a Messages,
    /// Where the adverts come from, for messages.
    source: String,
}

/// Which reports to print and to count.
#[derive(Debug)]
pub(super) struct Filter {
    /// Their senders; all if empty, as with the others.
    pub(super) addresses: Vec<MacAddr6>,
    /// Names of their formats.
    pub(super) formats: Vec<String>,
    /// Names of their outcomes.
    pub(super) outcomes: Vec<String>,
}

impl Filter {
    fn passes(&self, address: Option<MacAddr6>, report: &Report<'_>) -> bool {
        let is_listed = |list: &[String], name| list.is_empty() || list.iter().any(|item| item == name);
        (self.addresses.is_empty() || address.is_some_and(|address| self.addresses.contains(&address)))
            && is_listed(&self.formats, report.format.name())
            && is_listed(&self.outcomes, report.outcome.name())
    }
}

impl<'a, W: io::Write> Listener<'a, W> {
    pub(super) fn new(
        policy: Policy,
        keys: Keys,
        filter: Filter,
        output: Output<W>,
        messages: &'a Messages,
    ) -> Self {
        let devices = keys.len() + MOST_STRANGERS;
        let mut listener = Self {
            decoder: Decoder::with_capacity(devices + devices / 3, policy),
            strangers: 0,
            now: Duration::ZERO,
            filter,
            output,
            summary: Summary::default(),
            messages,
            source: String::new(),
        };
        for (address, key) in keys {
            // There is room: it was made for these keys.
            let _ = listener.decoder.insert_key(address, key);
        }
        listener
    }

    /// The next captures' name, for messages.
    pub(super) fn set_source(&mut self, name: &str) {
        name.clone_into(&mut self.source);
    }

    /// Ends the output, with or without summary; returns how many records were at fault.
    pub(super) fn finish(self, with_summary: bool) -> io::Result<u64> {
        let faults = self.summary.faults;
        let summary = with_summary.then_some((&self.summary, &self.decoder));
        self.output.finish(summary)?;
        Ok(faults)
    }

    fn payload(
        &mut self,
        advert: &Advert<'_>,
        host: Option<MacAddr6>,
        payload: Payload<'_>,
    ) -> io::Result<()> {
        if host.is_none_or(|host| self.decoder.device(host).is_none()) {
            self.track(host, payload);
        }
        let report = self.decoder.decode(self.now, host, payload);
        let address = report.address.or(advert.address);
        if !self.filter.passes(address, &report) {
            return Ok(());
        }
        let is_repeat = self.summary.report(address, &report);
        self.output.report(advert, address, &report, is_repeat)
    }

    /// Gets to know the sender, whom the payload may name.
    fn track(&mut self, host: Option<MacAddr6>, payload: Payload<'_>) {
        if let Some(sender) = payload.sender(host)
            && self.strangers < MOST_STRANGERS
            && self.decoder.device(sender).is_none()
            && self.decoder.track(sender).is_ok()
        {
            self.strangers += 1;
        }
    }
}

impl<W: io::Write> Sink for Listener<'_, W> {
    fn advert(&mut self, advert: Advert<'_>) -> io::Result<()> {
        // Captures of several machines go back a little where they are joined; the decoder's clock must not.
        self.now = advert.time.map_or(self.now, |time| time.max(self.now));
        self.summary.advert(advert.time);
        let host = advert.address.filter(|_| !advert.is_private);
        let mut payloads = payloads(advert.data);
        let mut is_silent = true;
        for payload in payloads.by_ref() {
            is_silent = false;
            self.payload(&advert, host, payload)?;
        }
        if payloads.error().is_some() {
            self.summary.cut_short += 1;
        }
        if is_silent {
            self.summary.silent += 1;
        }
        Ok(())
    }

    fn fault(&mut self, place: Place, fault: Fault) -> io::Result<()> {
        self.summary.faults += 1;
        self.messages
            .fault(&format_args!("{}, {place}: {fault}", self.source), fault.help());
        Ok(())
    }

    fn damaged(&mut self) {
        self.summary.damaged += 1;
    }

    fn other(&mut self) {
        self.summary.other += 1;
    }
}

/// Whether an outcome means that something could not be decoded.
pub(super) const fn is_problem(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Readings | Outcome::Presence | Outcome::Duplicate | Outcome::Stale
    )
}

/// How many devices without key are tracked: what a city's street sends in a day, in a megabyte.
const MOST_STRANGERS: usize = 4096;
