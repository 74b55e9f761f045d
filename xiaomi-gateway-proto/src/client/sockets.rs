//! Which of the caller's sockets a request leaves from. Answers carry no id; the port that one comes to stands for it.

use core::time::Duration;

/// When each socket was last used for one gateway.
#[derive(Debug, Default)]
pub(super) struct Sockets([Option<Duration>; SOCKETS]);

impl Sockets {
    /// The first socket to which no answer can be under way any more; if there is none, the one that rested longest.
    pub(super) fn take(&mut self, now: Duration) -> usize {
        let rested = |used: &Option<Duration>| used.is_none_or(|used| now.saturating_sub(used) >= REST);
        let socket = self.0.iter().position(rested).unwrap_or_else(|| {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, used)| **used);
            oldest.map_or(0, |(socket, _)| socket)
        });
        self.touch(socket, now);
        socket
    }

    /// The socket is used again, for the same request.
    pub(super) fn touch(&mut self, socket: usize, now: Duration) {
        if let Some(used) = self.0.get_mut(socket) {
            *used = Some(now);
        }
    }
}

/// How many sockets a client sends from, each bound to a port of its own. Few are in use at a time: a socket that
/// rested for 3 s is taken again.
pub const SOCKETS: usize = 16;

/// A request and its answer, each doubled and late, are through after this.
const REST: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_rests_before_it_is_used_again() {
        let mut sockets = Sockets::default();
        let at = Duration::from_millis;
        assert_eq!([0, 1, 2].map(|ms| sockets.take(at(ms))), [0, 1, 2]);
        assert_eq!(sockets.take(at(3000)), 0);
        sockets.touch(1, at(3000));
        assert_eq!(sockets.take(at(5000)), 2);
        assert_eq!([0, 1].map(|ms| sockets.take(at(5001 + ms))), [3, 4]);
    }

    #[test]
    fn in_a_hurry_the_one_that_rested_longest_is_taken() {
        let mut sockets = Sockets::default();
        for ms in 0..40_u64 {
            assert_eq!(sockets.take(Duration::from_millis(ms)) as u64, ms % 16);
        }
    }
}
