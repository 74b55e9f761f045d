//! Brings the log of measurements.

use core::time::Duration;

use arrayvec::ArrayVec;

use super::FlowError;
use super::channel::{Channel, forward_to_channel};
use crate::Session;
use crate::command::{Command, Context, LogQuery, LogRecord, Notification};
use crate::gatt::Characteristic;

/// Asks for the log and takes its records as they come, the newest first.
///
/// Fetch events after each notification: the machine holds 4 records only, and counts what it has to drop as missing.
#[derive(Debug)]
pub struct LogDownload {
    channel: Channel,
    query: LogQuery,
    last: u16,
    received: u16,
    missing: u16,
    events: ArrayVec<LogEvent, 5>,
}

/// What a download reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogEvent {
    /// A record.
    Record(LogRecord),
    /// The end of the log. The last event.
    Finished(LogProgress),
    /// It failed. The last event.
    Failed(FlowError),
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogProgress {
    /// Records that came.
    pub received: u16,
    /// Records that got lost on the way: gaps in the numbers.
    pub missing: u16,
    /// Records that were asked for; `None` if all were, whose number nobody knows before.
    pub wanted: Option<u16>,
}

impl LogDownload {
    /// Starts.
    pub fn new(query: LogQuery) -> Result<Self, FlowError> {
        Ok(Self {
            channel: Channel::open(Command::ReadLog(query).encode()?, RECORD_WAIT),
            query,
            last: query.skip,
            received: 0,
            missing: 0,
            events: ArrayVec::new(),
        })
    }

    /// How far it is.
    #[must_use]
    pub const fn progress(&self) -> LogProgress {
        LogProgress {
            received: self.received,
            missing: self.missing,
            wanted: match self.query.last {
                u16::MAX => None,
                last => Some(last.saturating_sub(self.query.skip)),
            },
        }
    }

    /// How to go on after a failure: what was there needn't come again, as long as no new record was added.
    #[must_use]
    pub const fn resume(&self) -> LogQuery {
        LogQuery {
            last: self.query.last,
            skip: self.last,
        }
    }

    fn fail(&mut self, error: FlowError) {
        self.finish(LogEvent::Failed(error));
    }

    fn finish(&mut self, event: LogEvent) {
        if self.channel.is_open() {
            self.channel.close();
            self.events.push(event);
        }
    }

    fn handle_record(&mut self, record: LogRecord) {
        // Numbers rise by one; a lower one was sent twice.
        let Some(step) = record.number.checked_sub(self.last).filter(|&step| step > 0) else {
            return;
        };
        self.missing = self.missing.saturating_add(step - 1);
        self.last = record.number;
        // One place is the end's.
        if self.events.remaining_capacity() > 1 {
            self.received = self.received.saturating_add(1);
            self.events.push(LogEvent::Record(record));
        } else {
            self.missing = self.missing.saturating_add(1);
        }
    }
}

impl Session for LogDownload {
    type Event = LogEvent;

    forward_to_channel!();

    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Command || !self.channel.expects_answer() || bytes.first() != Some(&0x35) {
            return;
        }
        match Notification::parse(bytes, &Context::default()) {
            Ok(Notification::LogRecord(record)) => {
                self.channel.wait(now, RECORD_WAIT);
                self.handle_record(record);
            }
            Ok(Notification::LogEnd) => self.finish(LogEvent::Finished(self.progress())),
            Ok(Notification::Error { command }) => self.fail(FlowError::Unsupported { command }),
            Ok(_) => {}
            Err(error) => self.fail(error.into()),
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        if self.channel.is_late(now) {
            self.fail(FlowError::Timeout {
                command: self.channel.command_id(),
            });
        }
    }

    fn poll_event(&mut self) -> Option<LogEvent> {
        self.events.pop_at(0)
    }
}

/// The device sends as fast as the link allows; so long it never needs for one.
const RECORD_WAIT: Duration = Duration::from_secs(5);
