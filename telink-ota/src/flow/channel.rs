//! The command characteristic with one command in flight: what all flows share.

use core::time::Duration;

use super::FlowError;
use crate::command::Encoded;
use crate::gatt::{Characteristic, Transmit, WriteMode};

/// Subscribes, writes, waits.
#[derive(Debug)]
pub(super) struct Channel {
    step: Step,
    /// Whether what the step asks for is still to be handed out.
    pending: bool,
    deadline: Option<Duration>,
    command: Encoded,
    wait: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Subscribing,
    Writing,
    Waiting,
    Closed,
}

impl Channel {
    /// Subscribes, then writes the command and waits so long for each answer.
    pub(super) const fn open(command: Encoded, wait: Duration) -> Self {
        Self {
            step: Step::Subscribing,
            pending: true,
            deadline: None,
            command,
            wait,
        }
    }

    /// Writes another command.
    pub(super) fn send(&mut self, command: Encoded) {
        if self.is_open() {
            self.command = command;
            (self.step, self.pending, self.deadline) = (Step::Writing, true, None);
        }
    }

    /// Waits anew after an answer.
    pub(super) fn wait(&mut self, now: Duration, wait: Duration) {
        if self.is_open() && !self.pending {
            // The answer may come before the host's stack reports the write as done.
            self.step = Step::Waiting;
            self.deadline = Some(now + wait);
        }
    }

    pub(super) fn close(&mut self) {
        (self.step, self.pending, self.deadline) = (Step::Closed, false, None);
    }

    pub(super) fn is_open(&self) -> bool {
        self.step != Step::Closed
    }

    /// Whether a command was handed out, so that an answer may come.
    pub(super) fn expects_answer(&self) -> bool {
        matches!(self.step, Step::Writing | Step::Waiting) && !self.pending
    }

    pub(super) fn command_id(&self) -> u8 {
        self.command.id()
    }

    pub(super) fn handle_subscribed(&mut self) {
        if self.step == Step::Subscribing && !self.pending {
            (self.step, self.pending, self.deadline) = (Step::Writing, true, None);
        }
    }

    pub(super) fn handle_written(&mut self, now: Duration) {
        if self.step == Step::Writing && !self.pending {
            self.wait(now, self.wait);
        }
    }

    /// What it means that the stack refused.
    pub(super) fn failure(&self) -> FlowError {
        match self.step {
            Step::Subscribing => FlowError::SubscribeFailed,
            _ => FlowError::WriteFailed {
                command: self.command_id(),
            },
        }
    }

    /// Whether the time is up, whatever was waited for.
    pub(super) fn is_late(&self, now: Duration) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    pub(super) fn poll_transmit(&mut self, now: Duration) -> Option<Transmit<'_>> {
        if !self.pending {
            return None;
        }
        self.pending = false;
        self.deadline = Some(now + ATT_TIMEOUT);
        let characteristic = Characteristic::Command;
        match self.step {
            Step::Subscribing => Some(Transmit::Subscribe { characteristic }),
            Step::Writing => Some(Transmit::Write {
                characteristic,
                bytes: self.command.expose(),
                mode: WriteMode::WithResponse,
            }),
            Step::Waiting | Step::Closed => None,
        }
    }

    pub(super) const fn poll_timeout(&self) -> Option<Duration> {
        self.deadline
    }
}

/// The methods of [`Session`](crate::Session) that are the same in all flows.
macro_rules! forward_to_channel {
    () => {
        fn handle_subscribed(&mut self, _now: core::time::Duration) {
            self.channel.handle_subscribed();
        }

        fn handle_written(&mut self, now: core::time::Duration) {
            self.channel.handle_written(now);
        }

        fn handle_read(&mut self, _now: core::time::Duration, _bytes: &[u8]) {}

        fn handle_failure(&mut self, _now: core::time::Duration) {
            let failure = self.channel.failure();
            self.fail(failure);
        }

        fn handle_disconnect(&mut self, _now: core::time::Duration) {
            self.fail(crate::flow::FlowError::Disconnected);
        }

        fn poll_transmit(&mut self, now: core::time::Duration) -> Option<crate::gatt::Transmit<'_>> {
            self.channel.poll_transmit(now)
        }

        fn poll_timeout(&self) -> Option<core::time::Duration> {
            self.channel.poll_timeout()
        }
    };
}
pub(super) use forward_to_channel;

/// The time after which Bluetooth itself gives a request up.
const ATT_TIMEOUT: Duration = Duration::from_secs(30);
