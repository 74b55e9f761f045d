//! The tokens of one gateway: which is the newest, and since when.
//!
//! A token is replaced with every heartbeat, after 10 s, and never comes back. Datagrams that come late or twice carry
//! replaced ones; taking such a token for the newest would make a right KEY look wrong.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::Token;

#[derive(Debug, Default)]
pub(super) struct Tokens {
    newest: Option<Known>,
    replaced: VecDeque<Token>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    token: Token,
    /// When it came last.
    received: Duration,
    /// When the gateway certainly had it last.
    valid: Duration,
    /// The gateway certainly had another one until then.
    made_after: Option<Duration>,
}

/// What a token came with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Carrier {
    /// A heartbeat, which is when tokens change.
    Heartbeat,
    /// The answer to a list request that was first sent at this time.
    Answer { asked: Duration },
    /// A list that nobody waits for: late, doubled, or another client's.
    Stray,
}

impl Tokens {
    /// A token from an earlier run, received at this time.
    pub(super) fn restore(&mut self, token: Token, received: Duration) {
        self.newest = Some(Known {
            token,
            received,
            valid: received,
            made_after: None,
        });
    }

    /// A token arrives. Whether it is the newest one now.
    pub(super) fn learn(&mut self, token: Token, now: Duration, carrier: Carrier) -> bool {
        if self.replaced.contains(&token) {
            return false;
        }
        let valid = match carrier {
            Carrier::Heartbeat => Some(now),
            Carrier::Answer { asked } => Some(asked),
            Carrier::Stray => None,
        };
        let made_after = match (carrier, &mut self.newest) {
            (_, Some(known)) if known.token == token => {
                known.received = now;
                known.valid = known.valid.max(valid.unwrap_or(Duration::ZERO));
                return true;
            }
            // A list on its way while a heartbeat overtook it: that heartbeat's token still lives.
            (Carrier::Answer { .. } | Carrier::Stray, Some(known))
                if known.outlives(now) && valid.is_none_or(|asked| asked < known.received) =>
            {
                self.replace(token);
                return false;
            }
            (Carrier::Heartbeat, _) => Some(now),
            (_, known) => known.as_ref().map(|known| known.end(now)),
        };
        if let Some(known) = self.newest {
            self.replace(known.token);
        }
        self.newest = Some(Known {
            token,
            received: now,
            valid: valid.unwrap_or(now),
            made_after,
        });
        true
    }

    /// The newest token and its age.
    pub(super) fn newest(&self, now: Duration) -> Option<(Token, Duration)> {
        self.newest
            .map(|known| (known.token, now.saturating_sub(known.received)))
    }

    /// Whether the gateway certainly has this token still.
    pub(super) fn is_alive(&self, token: &Token, now: Duration) -> bool {
        self.newest
            .is_some_and(|known| known.token == *token && known.outlives(now))
    }

    fn replace(&mut self, token: Token) {
        if self.replaced.len() >= MAX_REPLACED {
            self.replaced.pop_front();
        }
        self.replaced.push_back(token);
    }
}

impl Known {
    /// It was replaced, by what arrives now: not before this time.
    fn end(&self, now: Duration) -> Duration {
        let whole_life = self.made_after.map(|made| made + LIFE);
        whole_life
            .filter(|end| *end <= now)
            .map_or(self.valid, |end| end.max(self.valid))
    }

    fn outlives(&self, now: Duration) -> bool {
        self.made_after.is_some_and(|made| now < made + LIFE)
    }
}

/// 10 s, less what a heartbeat may be late or early.
const LIFE: Duration = Duration::from_secs(9);

/// More than a network keeps under way.
const MAX_REPLACED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn token(number: u8) -> Token {
        Token::from_random([number; 16])
    }

    #[test]
    fn a_replaced_token_never_comes_back() {
        let mut tokens = Tokens::default();
        assert!(tokens.learn(token(1), S, Carrier::Heartbeat));
        assert!(tokens.learn(token(2), 11 * S, Carrier::Heartbeat));
        for late in [
            Carrier::Heartbeat,
            Carrier::Stray,
            Carrier::Answer { asked: 11 * S },
        ] {
            assert!(!tokens.learn(token(1), 12 * S, late));
        }
        assert_eq!(tokens.newest(13 * S), Some((token(2), 2 * S)));
    }

    #[test]
    fn a_list_that_a_heartbeat_overtook_is_late() {
        let mut tokens = Tokens::default();
        tokens.learn(token(2), 10 * S, Carrier::Heartbeat);
        assert!(!tokens.learn(token(1), 11 * S, Carrier::Answer { asked: 9 * S }));
        assert!(!tokens.learn(token(1), 11 * S, Carrier::Answer { asked: 11 * S }));
        assert!(tokens.learn(token(3), 11 * S, Carrier::Answer { asked: 11 * S }));
    }

    #[test]
    fn a_token_certainly_lives_from_when_its_predecessor_was_seen() {
        let mut tokens = Tokens::default();
        tokens.learn(token(1), 10 * S, Carrier::Answer { asked: 10 * S });
        assert!(!tokens.is_alive(&token(1), 10 * S), "it may be old already");
        tokens.learn(token(2), 15 * S, Carrier::Answer { asked: 14 * S });
        assert!(tokens.is_alive(&token(2), 18 * S));
        assert!(
            !tokens.is_alive(&token(2), 19 * S),
            "made at 10 s at the earliest"
        );
        assert!(!tokens.is_alive(&token(1), 15 * S));
        tokens.learn(token(3), 20 * S, Carrier::Heartbeat);
        assert!(tokens.is_alive(&token(3), 28 * S));
    }
}
