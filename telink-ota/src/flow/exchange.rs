//! One command and its answer.

use core::time::Duration;

use arrayvec::ArrayVec;
use zeroize::Zeroize;

use super::FlowError;
use super::channel::{Channel, forward_to_channel};
use crate::Session;
use crate::command::{Command, Context, Notification, NotificationError};
use crate::gatt::Characteristic;

/// Writes a command and waits for its answer, 3 s at most.
///
/// Answers of other commands, such as measurements, are passed over. A command that isn't answered at all is done
/// once it is written.
#[derive(Debug)]
pub struct Exchange {
    channel: Channel,
    answer_id: Option<u8>,
    answer: Answer,
    event: Option<ExchangeEvent>,
}

/// What an exchange reports, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeEvent {
    /// The answer is there: see [`Exchange::answer`].
    Answered,
    /// It failed.
    Failed(FlowError),
}

impl Exchange {
    /// Starts.
    pub fn new(command: &Command<'_>) -> Result<Self, FlowError> {
        Ok(Self {
            channel: Channel::open(command.encode()?, ANSWER_WAIT),
            answer_id: command.answer_id(),
            answer: Answer::default(),
            event: None,
        })
    }

    /// The answer, once it is there.
    pub fn answer(&self, context: &Context) -> Result<Notification<'_>, NotificationError> {
        Notification::parse(&self.answer.0, context)
    }

    fn fail(&mut self, error: FlowError) {
        if self.channel.is_open() {
            self.channel.close();
            self.event = Some(ExchangeEvent::Failed(error));
        }
    }

    fn succeed(&mut self) {
        self.channel.close();
        self.event = Some(ExchangeEvent::Answered);
    }
}

impl Session for Exchange {
    type Event = ExchangeEvent;

    forward_to_channel!();

    fn handle_notification(&mut self, _now: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Command || !self.channel.expects_answer() {
            return;
        }
        let Some(&id) = bytes.first() else {
            return;
        };
        let command = self.channel.command_id();
        if bytes == [command, 0xff] && !matches!(command, 0x18 | 0x33 | 0x45 | 0x61 | 0x71) {
            self.fail(FlowError::Unsupported { command });
        } else if Some(id) == self.answer_id {
            self.answer.keep(bytes);
            self.succeed();
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        if self.channel.is_late(now) {
            match self.answer_id {
                Some(_) => self.fail(FlowError::Timeout {
                    command: self.channel.command_id(),
                }),
                None => self.succeed(),
            }
        }
    }

    fn poll_event(&mut self) -> Option<ExchangeEvent> {
        self.event.take()
    }
}

/// It may be a key.
#[derive(Default)]
struct Answer(ArrayVec<u8, 64>);

impl Answer {
    fn keep(&mut self, bytes: &[u8]) {
        self.0.zeroize();
        self.0.clear();
        let room = bytes.len().min(self.0.capacity());
        let _ = self
            .0
            .try_extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl core::fmt::Debug for Answer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Answer({} bytes)", self.0.len())
    }
}

const ANSWER_WAIT: Duration = Duration::from_secs(3);
