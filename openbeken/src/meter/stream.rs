use alloc::vec::Vec;

use super::{FrameError, bl0942, cse7766};

/// Which frames a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// BL0942 with this address.
    Bl0942(u8),
    /// CSE7766 and HLW8032.
    Cse7766,
}

/// A stream of a UART, cut into frames; noise is skipped a byte at a time, so that no good frame is lost to it.
///
/// ```
/// use openbeken::meter::{Format, Stream};
///
/// let mut stream = Stream::new(Format::Cse7766);
/// let frame = *b"\x55\x5a\x02\xd5\0\0\x05\xa6\0\x3c\x05\0\xfd\xab\x4d\xb2\xa0\x02\x96\x5f\x71\x48\x4b\x05";
/// stream.push(&[0x55, 0x00, 0x55]);
/// stream.push(&frame);
/// assert_eq!(stream.next_frame(), Some(frame.to_vec()));
/// assert_eq!((stream.skipped(), stream.next_frame()), (3, None));
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    format: Format,
    buffer: Vec<u8>,
    read: usize,
    skipped: u64,
}

impl Stream {
    /// Empty.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            buffer: Vec::new(),
            read: 0,
            skipped: 0,
        }
    }

    /// Hand in what came. What doesn't fit pushes out the oldest: a reader takes frames after each call.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.read);
        self.read = 0;
        self.buffer
            .extend_from_slice(bytes.get(bytes.len().saturating_sub(MAX)..).unwrap_or_default());
        let over = self.buffer.len().saturating_sub(MAX);
        self.buffer.drain(..over);
        self.skipped += over as u64 + bytes.len().saturating_sub(MAX) as u64;
    }

    /// The next whole and right frame.
    pub fn next_frame(&mut self) -> Option<Vec<u8>> {
        let rest = self.buffer.get(self.read..)?;
        let mut frames = Frames::new(self.format, rest);
        let frame = frames.next().map(<[u8]>::to_vec);
        self.skipped += frames.skipped() as u64;
        self.read += rest.len() - frames.remaining().len();
        frame
    }

    /// How many bytes were no part of a frame.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// The frames in bytes that are all there. What is left may be the start of another.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    format: Format,
    rest: &'a [u8],
    skipped: usize,
}

impl<'a> Frames<'a> {
    /// Of these bytes.
    #[must_use]
    pub const fn new(format: Format, bytes: &'a [u8]) -> Self {
        Self {
            format,
            rest: bytes,
            skipped: 0,
        }
    }

    /// How many bytes were no part of a frame.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// What hasn't been looked at, or is the start of a frame.
    #[must_use]
    pub const fn remaining(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (fits, size) = match self.format {
                Format::Bl0942(address) => (
                    bl0942::Reading::parse(self.rest, address).map(drop),
                    bl0942::FRAME,
                ),
                Format::Cse7766 => (cse7766::Reading::parse(self.rest).map(drop), cse7766::FRAME),
            };
            match fits {
                Ok(()) => {
                    let (frame, rest) = self.rest.split_at_checked(size)?;
                    self.rest = rest;
                    return Some(frame);
                }
                Err(FrameError::NeedMore { .. }) if self.may_begin() => return None,
                Err(_) => {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    self.skipped += 1;
                }
            }
        }
        None
    }
}

impl Frames<'_> {
    /// Whether the few bytes that are left may be the start of a frame.
    fn may_begin(&self) -> bool {
        match (self.format, self.rest) {
            (Format::Bl0942(_), [head, ..]) => *head == bl0942::HEAD,
            (Format::Cse7766, [head]) => matches!(head, 0x55 | 0xaa | 0xf0..),
            (Format::Cse7766, [head, second, ..]) => matches!(head, 0x55 | 0xaa | 0xf0..) && *second == 0x5a,
            _ => false,
        }
    }
}

/// More than half a second at 4800 baud.
const MAX: usize = 512;
