//! Where an image comes from: memory, or anything that reads a block at an offset.

/// Bytes of known length that are read block by block.
///
/// A slice is a source, and a microcontroller implements this for its own flash:
///
/// ```
/// use telink_ota::{ReadError, Source};
///
/// struct Partition<'a>(&'a [u8]);
///
/// impl Source for Partition<'_> {
///     fn len(&self) -> u32 {
///         self.0.len() as u32
///     }
///     fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
///         let start = offset as usize; // a real one asks its flash driver
///         let from = self.0.get(start..start + block.len());
///         block.copy_from_slice(from.ok_or(ReadError { offset })?);
///         Ok(())
///     }
/// }
/// ```
pub trait Source {
    /// The number of bytes.
    fn len(&self) -> u32;

    /// Fills `block` from `offset`. The block never goes beyond [`len`](Self::len).
    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError>;

    /// All bytes, if they are in memory: spares copies.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// Whether there is no byte.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Source for &[u8] {
    fn len(&self) -> u32 {
        // No image comes near 4 GiB; a longer slice is cut, and then refused for its size.
        u32::try_from(<[u8]>::len(self)).unwrap_or(u32::MAX)
    }

    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
        let from = bytes_at(self, offset, block.len()).ok_or(ReadError { offset })?;
        block.copy_from_slice(from);
        Ok(())
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl<S: Source + ?Sized> Source for &mut S {
    fn len(&self) -> u32 {
        (**self).len()
    }

    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
        (**self).read(offset, block)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        (**self).as_slice()
    }
}

/// A source that couldn't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the image can't be read at offset {offset}")]
pub struct ReadError {
    /// Where the block starts.
    pub offset: u32,
}

/// A part of another source: the payload of a wrapper.
#[derive(Clone, Copy, Debug)]
pub struct Part<S> {
    source: S,
    start: u32,
    length: u32,
}

impl<S: Source> Part<S> {
    /// `length` bytes from `start`, or fewer if the source ends before.
    pub fn new(source: S, start: u32, length: u32) -> Self {
        let start = start.min(source.len());
        let length = length.min(source.len() - start);
        Self {
            source,
            start,
            length,
        }
    }

    /// Where the part starts in the whole.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }
}

impl<S: Source> Source for Part<S> {
    fn len(&self) -> u32 {
        self.length
    }

    fn read(&mut self, offset: u32, block: &mut [u8]) -> Result<(), ReadError> {
        let end = u32::try_from(block.len())
            .ok()
            .and_then(|length| offset.checked_add(length));
        if end.is_none_or(|end| end > self.length) {
            return Err(ReadError { offset });
        }
        self.source.read(self.start + offset, block)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        bytes_at(self.source.as_slice()?, self.start, self.length as usize)
    }
}

/// Hands `visit` the bytes from `start` to `end`, in blocks or all at once.
pub(crate) fn for_each_block<S: Source>(
    source: &mut S,
    start: u32,
    end: u32,
    mut visit: impl FnMut(&[u8]),
) -> Result<(), ReadError> {
    if let Some(bytes) = source.as_slice() {
        let length = end.saturating_sub(start) as usize;
        visit(bytes_at(bytes, start, length).ok_or(ReadError { offset: start })?);
        return Ok(());
    }
    let mut scratch = [0; BLOCK];
    let mut offset = start;
    while offset < end {
        let length = ((end - offset) as usize).min(BLOCK);
        let block = scratch.get_mut(..length).ok_or(ReadError { offset })?;
        source.read(offset, block)?;
        visit(block);
        offset += length as u32;
    }
    Ok(())
}

fn bytes_at(bytes: &[u8], start: u32, length: usize) -> Option<&[u8]> {
    bytes.get(start as usize..)?.get(..length)
}

/// What is read at once from a source that isn't in memory; a page of common flash chips.
const BLOCK: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_hides_what_is_outside_of_it() {
        let mut part = Part::new(&b"0123456789"[..], 2, 4);
        let mut block = [0; 4];
        part.read(0, &mut block).unwrap();
        assert_eq!(&block, b"2345");
        assert_eq!(part.as_slice(), Some(&b"2345"[..]));
        assert_eq!(part.read(1, &mut block), Err(ReadError { offset: 1 }));
        assert_eq!(Part::new(&b"01"[..], 5, 9).len(), 0);
    }
}
