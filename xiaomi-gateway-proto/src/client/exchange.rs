//! One request under way, and those that wait for it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
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
    /// The token that the newest try was made with.
    pub(super) used: Option<Token>,
    /// The sockets of all tries: whichever is accepted, the write is done.
    pub(super) sockets: Vec<usize>,
    /// Tries that were refused with `Invalid key`.
    pub(super) refusals: u32,
    /// A token came since the last refusal.
    pub(super) fetched: bool,
    /// After the refusal the gateway still had the very token that the try was made with: the KEY is wrong.
    pub(super) proven: bool,
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
            sockets: Vec::new(),
            refusals: 0,
            fetched: false,
            proven: false,
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
    /// What was sent last, and from where.
    pub(super) sent: Sent,
    pub(super) sends: u32,
    /// When it is sent again, or fails.
    pub(super) due: Duration,
    /// When the job was sent first.
    pub(super) since: Duration,
}

/// A datagram, and the socket that only its answers come to.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) payload: Vec<u8>,
    pub(super) socket: usize,
    /// When it was sent first.
    pub(super) at: Duration,
}

impl Exchange {
    /// Whether what came to this socket may be its answer. A caller that has one socket for all can't know.
    pub(super) fn is_asked_from(&self, socket: Option<usize>) -> bool {
        socket.is_none_or(|socket| socket == self.sent.socket)
    }

    /// The write, if it waits for a token.
    pub(super) const fn waits_for_token(&mut self) -> Option<&mut Write> {
        match &mut self.job.what {
            What::Write(write) if matches!(write.phase, Phase::Token) => Some(write),
            _ => None,
        }
    }
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
    pub(super) fn take_read(&mut self, sid: Sid, socket: Option<usize>) -> Option<Job> {
        let answered = |exchange: &Exchange| {
            matches!(exchange.job.what, What::Read { sid: asked } if asked == sid)
                && exchange.is_asked_from(socket)
        };
        self.current
            .take_if(|exchange| answered(exchange))
            .map(|exchange| exchange.job)
    }

    /// The request under way, if it is a list: it is answered. When it was asked.
    pub(super) fn take_list(&mut self, socket: Option<usize>) -> Option<Duration> {
        let answered =
            |exchange: &Exchange| matches!(exchange.job.what, What::List) && exchange.is_asked_from(socket);
        self.current
            .take_if(|exchange| answered(exchange))
            .map(|exchange| exchange.sent.at)
    }
}
