//! Message ids. Firmware (Roborock first) drops a request whose id isn't above the last one it saw, and says
//! nothing: so ids only grow, and jump after a lost answer.

/// A counter of message ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIds {
    last: u32,
    max: u32,
}

impl MessageIds {
    /// Continues after `last`; a result above `max` becomes 1.
    #[must_use]
    pub const fn new(last: u32, max: u32) -> Self {
        Self { last, max }
    }

    /// The last id used: store it, and continue after it when the program starts again.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// The id of the next request.
    ///
    /// ```
    /// use miio_proto::session::MessageIds;
    ///
    /// let mut ids = MessageIds::new(9998, 9999);
    /// assert_eq!((ids.advance(1), ids.advance(1)), (9999, 1));
    /// assert_eq!(ids.advance(100), 101);
    /// ```
    pub const fn advance(&mut self, by: u32) -> u32 {
        self.last = match self.last.checked_add(by) {
            Some(next) if next <= self.max => next,
            _ => 1,
        };
        self.last
    }
}

/// What the id of an answer says, beside the ids that wait for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Match {
    /// It answers a request that waits.
    Match,
    /// It is smaller than every id that waits: an answer that comes too late.
    Late,
    /// Nobody asked for it.
    Unexpected,
    /// It names no id.
    NoId,
}

/// What the id of an answer says. Order of arrival plays no part.
#[must_use]
pub fn match_answer(pending: &[u32], id: Option<i64>) -> Match {
    let Some(id) = id else { return Match::NoId };
    if pending.iter().any(|&pending| i64::from(pending) == id) {
        Match::Match
    } else if !pending.is_empty() && pending.iter().all(|&pending| id < i64::from(pending)) {
        Match::Late
    } else {
        Match::Unexpected
    }
}

impl Match {
    /// The name, in `snake_case`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Late => "late",
            Self::Unexpected => "unexpected",
            Self::NoId => "no_id",
        }
    }
}
