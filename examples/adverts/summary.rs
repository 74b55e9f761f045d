//! Counts what a capture holds, and explains what could not be decoded.

pub(super) mod text;

use std::collections::HashMap;
use std::time::Duration;

use macaddr::MacAddr6;
use mibeacon::{Decoder, KeyStatus, Outcome, ParseError, Report, Slot};
use serde::Serialize;

use super::listener::is_problem;
use super::time;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Summary {
    adverts: u64,
    /// Adverts without anything that is read here.
    pub(super) silent: u64,
    /// Adverts whose AD structures run past the end.
    pub(super) cut_short: u64,
    /// Packets with a wrong checksum.
    pub(super) damaged: u64,
    /// Records without advert.
    pub(super) other: u64,
    /// Records that can't be read.
    pub(super) faults: u64,
    outcomes: Tally,
    devices: HashMap<Option<MacAddr6>, Device>,
    /// Reports of devices that there was no room for.
    uncounted: u64,
    span: Option<(Duration, Duration)>,
}

/// How often each outcome came; of each kind, the last is kept.
#[derive(Debug, Default)]
struct Tally(Vec<(Outcome, u64)>);

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        let known = self
            .0
            .iter_mut()
            .find(|(known, _)| known.name() == outcome.name());
        match known {
            Some(known) => *known = (outcome, known.1 + 1),
            None => self.0.push((outcome, 1)),
        }
    }
}

/// What was counted of one device.
#[derive(Debug)]
struct Device {
    model: Option<&'static str>,
    format: &'static str,
    outcomes: Tally,
    last: &'static str,
    /// Payloads that are broken off after some readings.
    partial: Option<(ParseError, u64)>,
}

impl Summary {
    /// Counts an advert.
    pub(super) fn advert(&mut self, time: Option<Duration>) {
        self.adverts += 1;
        if let Some(time) = time {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
    }

    /// Counts a report, and says whether it tells nothing that the device hasn't told before.
    pub(super) fn report(&mut self, address: Option<MacAddr6>, report: &Report<'_>) -> bool {
        let outcome = report.outcome;
        self.outcomes.add(outcome);
        let is_full = self.devices.len() >= MOST_DEVICES;
        let device = match self.devices.get_mut(&address) {
            Some(device) => device,
            None if is_full => {
                self.uncounted += 1;
                return outcome == Outcome::Duplicate;
            }
            None => self.devices.entry(address).or_insert(Device {
                model: None,
                format: report.format.name(),
                outcomes: Tally::default(),
                last: "",
                partial: None,
            }),
        };
        device.model = report.model().or(device.model);
        device.format = report.format.name();
        device.outcomes.add(outcome);
        if let (Outcome::Readings, Some(fault)) = (outcome, report.fault()) {
            device.partial = Some((fault, device.partial.map_or(1, |(_, count)| count + 1)));
        }
        match outcome {
            Outcome::Readings => {
                device.last = outcome.name();
                false
            }
            // Repeats stand between the others and don't end them.
            Outcome::Duplicate => true,
            _ => std::mem::replace(&mut device.last, outcome.name()) == outcome.name(),
        }
    }

    /// Draws the conclusions, with what the decoder knows of the devices' keys.
    pub(super) fn close(&self, decoder: &Decoder<Vec<Slot>>) -> Closing {
        let key_status = |address: MacAddr6| Some(decoder.device(address)?.key_status());
        let mut troubled: Vec<_> = self
            .devices
            .iter()
            .filter_map(|(address, device)| Troubled::new(*address, device, address.and_then(key_status)))
            .collect();
        let unheard = decoder.devices().filter_map(|device| {
            let address = device.address()?;
            let is_heard = self.devices.contains_key(&Some(address)) || device.last_seen().is_some();
            (!is_heard && device.key_status() != KeyStatus::NoKey).then(|| Troubled::unheard(address))
        });
        troubled.extend(unheard);
        troubled.sort_by(|a, b| a.address.cmp(&b.address));
        let mut outcomes: Vec<_> = self
            .outcomes
            .0
            .iter()
            .map(|(outcome, count)| (outcome.name(), *count))
            .collect();
        outcomes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        Closing {
            adverts: self.adverts,
            seconds: self.span.map(|(first, last)| time::to_seconds(last - first)),
            reports: outcomes.iter().map(|(_, count)| count).sum(),
            devices: self.devices.len(),
            outcomes: Counts(outcomes),
            silent: self.silent,
            cut_short: self.cut_short,
            damaged: self.damaged,
            other_records: self.other,
            unreadable_records: self.faults,
            uncounted_reports: self.uncounted,
            not_decoded: troubled,
        }
    }
}

/// The summary as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct Closing {
    adverts: u64,
    /// From the first to the last advert.
    seconds: Option<f64>,
    reports: u64,
    devices: usize,
    outcomes: Counts,
    silent: u64,
    cut_short: u64,
    damaged: u64,
    other_records: u64,
    unreadable_records: u64,
    uncounted_reports: u64,
    not_decoded: Vec<Troubled>,
}

/// Names with counts, as an object.
#[derive(Debug)]
struct Counts(Vec<(&'static str, u64)>);

impl Serialize for Counts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// A device of which something could not be decoded.
#[derive(Debug, Serialize)]
struct Troubled {
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    /// How many reports had readings.
    readings: u64,
    /// Only for devices with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_status: Option<&'static str>,
    problems: Vec<Problem>,
}

/// What went wrong, how often, and what to do about it.
#[derive(Debug, Serialize)]
struct Problem {
    outcome: &'static str,
    message: String,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
}

impl Troubled {
    /// `None` if all is well.
    fn new(address: Option<MacAddr6>, device: &Device, key: Option<KeyStatus>) -> Option<Self> {
        let key = key.filter(|status| *status != KeyStatus::NoKey);
        let mut problems: Vec<_> = device
            .outcomes
            .0
            .iter()
            .filter(|(outcome, _)| is_problem(outcome))
            .map(|(outcome, count)| Problem {
                outcome: outcome.name(),
                message: outcome.to_string(),
                count: *count,
                help: outcome.help(),
            })
            .collect();
        if let Some((fault, count)) = device.partial {
            problems.push(Problem {
                outcome: Outcome::Readings.name(),
                message: format!("read in part: {fault}"),
                count,
                help: fault.help(),
            });
        }
        if let Some(status @ (KeyStatus::NothingEncryptedYet | KeyStatus::Failing)) = key
            && problems.iter().all(|problem| problem.help != status.help())
        {
            problems.push(Problem {
                outcome: status.name(),
                message: "the key has decrypted nothing yet".to_owned(),
                count: 0,
                help: status.help(),
            });
        }
        let readings = device
            .outcomes
            .0
            .iter()
            .find(|(outcome, _)| *outcome == Outcome::Readings);
        (!problems.is_empty()).then(|| Self {
            // Reports without address are of many devices.
            model: address.and(device.model),
            format: address.map(|_| device.format),
            address: address.map(|address| address.to_string()),
            readings: readings.map_or(0, |(_, count)| *count),
            key_status: key.map(KeyStatus::name),
            problems,
        })
    }

    /// A device with a key that never said anything.
    fn unheard(address: MacAddr6) -> Self {
        Self {
            address: Some(address.to_string()),
            model: None,
            format: None,
            readings: 0,
            key_status: Some(KeyStatus::NothingEncryptedYet.name()),
            problems: vec![Problem {
                outcome: KeyStatus::NothingEncryptedYet.name(),
                message: "it has a key, but sent nothing".to_owned(),
                count: 0,
                help: KeyStatus::NothingEncryptedYet.help(),
            }],
        }
    }
}

/// Anybody can invent addresses, and every device takes memory.
const MOST_DEVICES: usize = 1 << 14;
