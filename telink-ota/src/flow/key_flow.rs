//! Backs up, erases and restores Xiaomi's keys.

use core::time::Duration;

use super::FlowError;
use super::channel::{Channel, forward_to_channel};
use crate::Session;
use crate::command::Command;
use crate::command::keys::{KeyCollector, MiKeys};
use crate::gatt::Characteristic;

/// What to do with the keys.
#[expect(clippy::large_enum_variant, reason = "a box needs an allocator")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyGoal {
    /// Bring them.
    BackUp,
    /// Bring them, then erase them: before a return to stock.
    Erase,
    /// Write those of a backup, and read them back.
    Restore(MiKeys),
}

/// Reads all keys, and then reaches the goal.
///
/// Nothing is erased before the keys that are there were read to their end, so that the event that reports the
/// erasure always brings the backup.
#[derive(Debug)]
pub struct KeyFlow {
    channel: Channel,
    stage: Stage,
    goal: KeyGoal,
    collector: KeyCollector,
    end: Option<End>,
}

/// The event to come, without its keys: the collector has them.
#[derive(Clone, Copy, Debug)]
enum End {
    Keys,
    Erased,
    Restored,
    Failed(FlowError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Collecting,
    Erasing,
    Mtu,
    Did,
    Keys,
    Verifying,
}

/// What a key flow reports, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyEvent {
    /// The keys that are there.
    Keys(MiKeys),
    /// The keys that were there before they were erased.
    Erased(MiKeys),
    /// The keys that are there now.
    Restored(MiKeys),
    /// It failed.
    Failed(FlowError),
}

impl KeyFlow {
    /// Starts.
    pub fn new(goal: KeyGoal) -> Result<Self, FlowError> {
        let (stage, command) = match &goal {
            KeyGoal::BackUp | KeyGoal::Erase => (Stage::Collecting, Command::AllMiKeys),
            KeyGoal::Restore(keys) if keys.token.is_none() || keys.bind_key.is_none() => {
                return Err(FlowError::NothingToRestore);
            }
            KeyGoal::Restore(_) => (Stage::Mtu, Command::RequestMtu(MTU)),
        };
        Ok(Self {
            channel: Channel::open(command.encode()?, ANSWER_WAIT),
            stage,
            goal,
            collector: KeyCollector::new(),
            end: None,
        })
    }

    fn fail(&mut self, error: FlowError) {
        self.finish(End::Failed(error));
    }

    fn finish(&mut self, end: End) {
        if self.channel.is_open() {
            self.channel.close();
            self.end = Some(end);
        }
    }

    /// Writes the command of the next stage.
    fn proceed(&mut self, stage: Stage) {
        self.stage = stage;
        let command = match (stage, &self.goal) {
            (Stage::Erasing, _) => Command::EraseMiKeys.encode(),
            (Stage::Mtu, _) => Command::RequestMtu(MTU).encode(),
            (Stage::Did, KeyGoal::Restore(keys)) => match &keys.did {
                Some(did) => Command::SetDid(did).encode(),
                // A device that was never paired has none.
                None => return self.proceed(Stage::Keys),
            },
            (Stage::Keys, KeyGoal::Restore(keys)) => match (&keys.token, &keys.bind_key) {
                (Some(token), Some(bind_key)) => Command::SetMiKeys { token, bind_key }.encode(),
                _ => return self.fail(FlowError::NothingToRestore),
            },
            _ => Command::AllMiKeys.encode(),
        };
        match command {
            Ok(command) => self.channel.send(command),
            Err(error) => self.fail(error.into()),
        }
    }

    fn handle_collected(&mut self, now: Duration) {
        self.channel.wait(now, ANSWER_WAIT);
        if !self.collector.keys().complete {
            return;
        }
        match (self.stage, &self.goal) {
            (Stage::Verifying, KeyGoal::Restore(wanted)) => {
                let found = self.collector.keys();
                if found.token == wanted.token && found.bind_key == wanted.bind_key && found.did == wanted.did
                {
                    self.finish(End::Restored);
                } else {
                    self.fail(FlowError::NotRestored);
                }
            }
            (_, KeyGoal::Erase) => self.proceed(Stage::Erasing),
            _ => self.finish(End::Keys),
        }
    }
}

impl Session for KeyFlow {
    type Event = KeyEvent;

    forward_to_channel!();

    fn handle_notification(&mut self, now: Duration, from: Characteristic, bytes: &[u8]) {
        if from != Characteristic::Command || !self.channel.expects_answer() {
            return;
        }
        let command = self.channel.command_id();
        if bytes == [command, 0xff] && command != 0x71 {
            return self.fail(FlowError::Unsupported { command });
        }
        match (self.stage, bytes.first()) {
            (Stage::Collecting | Stage::Verifying, _) => match self.collector.take(bytes) {
                Ok(true) => self.handle_collected(now),
                Ok(false) => {}
                Err(error) => self.fail(error.into()),
            },
            (Stage::Erasing, Some(0x17)) => self.finish(End::Erased),
            // A host may have a larger MTU already, and then the device has nothing to ask for.
            (Stage::Mtu, Some(0x71)) => self.proceed(Stage::Did),
            (Stage::Did, Some(0x11)) => self.proceed(Stage::Keys),
            (Stage::Keys, Some(0x12)) => self.proceed(Stage::Verifying),
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Duration) {
        if self.channel.is_late(now) {
            self.fail(FlowError::Timeout {
                command: self.channel.command_id(),
            });
        }
    }

    fn poll_event(&mut self) -> Option<KeyEvent> {
        let end = self.end.take()?;
        let keys = core::mem::take(&mut self.collector).into_keys();
        Some(match end {
            End::Keys => KeyEvent::Keys(keys),
            End::Erased => KeyEvent::Erased(keys),
            End::Restored => KeyEvent::Restored(keys),
            End::Failed(error) => KeyEvent::Failed(error),
        })
    }
}

const ANSWER_WAIT: Duration = Duration::from_secs(3);
/// Enough for the 29 bytes of the longest command.
const MTU: u8 = 0x20;
