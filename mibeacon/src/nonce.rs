//! The guard against nonce reuse.

use crate::EncodeError;

/// Lets every counter through once, in growing order, for one key.
///
/// CCM with one nonce for two plaintexts reveals their XOR and lets others forge. Everything in this crate
/// that encrypts takes a guard; keep one for each key, store [`last`](Self::last) where it survives a
/// restart, and go on with [`resume_after`](Self::resume_after). To repeat an advertisement, send the same
/// bytes again.
///
/// ```
/// use mibeacon::NonceGuard;
///
/// let mut guard = NonceGuard::new();
/// assert!(guard.claim(7).is_ok());
/// assert!(guard.claim(7).is_err());
/// assert!(guard.claim(8).is_ok());
/// ```
#[derive(Debug, Default)]
pub struct NonceGuard {
    last: Option<u32>,
}

impl NonceGuard {
    /// For a key that was never used.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None }
    }

    /// For a key whose counters up to and including `last` were used.
    #[must_use]
    pub const fn resume_after(last: u32) -> Self {
        Self { last: Some(last) }
    }

    /// The last counter used, to be stored.
    #[must_use]
    pub const fn last(&self) -> Option<u32> {
        self.last
    }

    /// Takes a counter; fails if it, or one above it, was taken before.
    pub fn claim(&mut self, counter: u32) -> Result<(), EncodeError> {
        match self.last {
            Some(last) if counter <= last => Err(EncodeError::NonceReuse { counter, last }),
            _ => {
                self.last = Some(counter);
                Ok(())
            }
        }
    }
}
