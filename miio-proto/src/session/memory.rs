//! What a session remembers of calls that have ended.

/// The ids of the last calls that ended, to tell doubled answers from strange ones.
#[derive(Debug, Default)]
pub(super) struct Ended {
    ids: [(u32, bool); 8],
    next: usize,
}

/// The signs of a second client: calls that needed a jump of the id, while hellos came through at once.
#[derive(Debug, Default)]
pub(super) struct Clash {
    pub(super) jumped: u8,
    pub(super) hellos: u8,
}

impl Ended {
    pub(super) fn remember(&mut self, ids: &[u32], answered: bool) {
        // The latest is the one that the answer will carry.
        for &id in ids.iter().rev().take(3) {
            if let Some(slot) = self.ids.get_mut(self.next) {
                *slot = (id, answered);
            }
            self.next = (self.next + 1) % self.ids.len();
        }
    }

    /// Whether this id's call was answered; `None` if the id is too old or was never used.
    pub(super) fn answered(&self, id: u32) -> Option<bool> {
        let found = self.ids.iter().find(|(known, _)| *known == id && id != 0)?;
        Some(found.1)
    }
}
