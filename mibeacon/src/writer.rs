//! Writes into a caller's buffer without panics.

use crate::EncodeError;

/// Appends to a slice and counts.
pub(crate) struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(out: &'a mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let available = self.out.len();
        let needed = self.length + bytes.len();
        let target = self
            .out
            .get_mut(self.length..needed)
            .ok_or(EncodeError::BufferTooSmall { needed, available })?;
        target.copy_from_slice(bytes);
        self.length = needed;
        Ok(())
    }

    /// What was written since `start`.
    pub(crate) fn written_since(&mut self, start: usize) -> &mut [u8] {
        self.out.get_mut(start..self.length).unwrap_or_default()
    }

    /// Fails if fewer than `more` bytes are left.
    pub(crate) fn reserve(&self, more: usize) -> Result<(), EncodeError> {
        let (needed, available) = (self.length + more, self.out.len());
        if needed > available {
            return Err(EncodeError::BufferTooSmall { needed, available });
        }
        Ok(())
    }

    /// Everything that was written.
    pub(crate) fn finish(self) -> &'a [u8] {
        self.out.get(..self.length).unwrap_or_default()
    }
}
