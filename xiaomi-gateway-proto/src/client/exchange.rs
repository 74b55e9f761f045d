//! One request under way, and those that wait for it.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::{CallError, MAX_QUEUE, RequestId};
use crate::{Fields, Sid, Token};

/// Requests of one kind to one gateway, one after the other.
#[derive(Debug, Default)]
pub(super) struct Lane {
    waiting: VecDeque<Job>,
    pub(super) current: Option<Exchange>,
}

/// Something to ask for.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: Option<RequestId>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The list of devices, which brings a token.
    List,
    /// All attributes.
    Read { sid: Sid },
    /// New attributes.
    Write(Write),
}

#[derive(Debug)]
pub(super) struct Write {
    pub(super) sid: Sid,
    pub(super) values: Fields<'static>,
    /// It does harm to send it twice: `toggle`, a virtual click.
    pub(super) once: bool,
    pub(super) phase: Phase,
    /// The token that the write on its way was made with.
    pub(super) used: Option<Token>,
    /// Writes that were refused with `Invalid key`.
    pub(super) refusals: u32,
    /// A refused write is repeated only with a token newer than the refused one.
    pub(super) fetched: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waits for a list reply with a token.
    Token,
    /// Waits for the answer.
    Answer,
}

impl What {
    pub(super) const fn write(sid: Sid, values: Fields<'static>, once: bool) -> Self {
        Self::Write(Write {
            sid,
            values,
            once,
            phase: Phase::Answer,
            used: None,
            refusals: 0,
            fetched: false,
        })
    }

    /// Whom it is about; the gateway itself for a list.
    pub(super) const fn sid(&self, gateway: Sid) -> Sid {
        match self {
            Self::List => gateway,
            Self::Read { sid } | Self::Write(Write { sid, .. }) => *sid,
        }
    }
}

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) job: Job,
    pub(super) sends: u32,
    /// When it is sent again, or fails.
    pub(super) due: Duration,
    /// When it was sent first.
    pub(super) since: Duration,
}

impl Lane {
    pub(super) fn push_user(&mut self, job: Job) -> Result<(), CallError> {
        if self.waiting.len() >= MAX_QUEUE {
            return Err(CallError::QueueFull {
                waiting: self.waiting.len(),
            });
        }
        self.waiting.push_back(job);
        Ok(())
    }

    /// The next job, if none is under way.
    pub(super) fn next(&mut self) -> Option<Job> {
        if self.current.is_some() {
            None
        } else {
            self.waiting.pop_front()
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }

    /// The request under way, if it is a read of this device: it is answered.
    pub(super) fn take_read(&mut self, sid: Sid) -> Option<Job> {
        let matches =
            |exchange: &Exchange| matches!(exchange.job.what, What::Read { sid: asked } if asked == sid);
        self.current
            .take_if(|exchange| matches(exchange))
            .map(|exchange| exchange.job)
    }

    /// The request under way, if it is a list: it is answered.
    pub(super) fn take_list(&mut self) -> bool {
        self.current
            .take_if(|exchange| matches!(exchange.job.what, What::List))
            .is_some()
    }

    /// The write under way, if it waits for the answer of this device.
    pub(super) fn write_of(&mut self, sid: Sid) -> Option<&mut Write> {
        match self.current.as_mut().map(|exchange| &mut exchange.job.what) {
            Some(What::Write(write)) if write.sid == sid && write.phase == Phase::Answer => Some(write),
            _ => None,
        }
    }
}
