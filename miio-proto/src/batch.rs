//! How many values to ask for at once, learned from the device's failures.

/// The number of values that a device takes in one request.
///
/// It starts at the model's limit, halves when the device fails under it, and never grows again: keep it, for
/// instance beside the model, and hand it to the next reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchSize(u8);

impl BatchSize {
    /// A size of at least 1.
    #[must_use]
    pub const fn new(size: u8) -> Self {
        Self(if size == 0 { 1 } else { size })
    }

    /// The values in one request.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }

    /// Halves it after a failure with `sent` values in a request; `false` if it is 1 already.
    pub const fn shrink(&mut self, sent: usize) -> bool {
        let sent = if sent < self.0 as usize {
            sent as u8
        } else {
            self.0
        };
        if sent <= 1 {
            return false;
        }
        self.0 = sent / 2;
        true
    }

    /// The size of the next request when `left` values are left: even chunks, so that the last isn't small.
    #[must_use]
    pub const fn next(self, left: usize) -> usize {
        let size = self.get();
        if left <= size {
            return left;
        }
        left.div_ceil(left.div_ceil(size))
    }
}

impl Default for BatchSize {
    /// 15, with which a request stays below 1024 bytes.
    fn default() -> Self {
        Self(15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one_and_stays_there() {
        let mut size = BatchSize::new(15);
        let mut seen = vec![size.get()];
        while size.shrink(size.get()) {
            seen.push(size.get());
        }
        assert_eq!(seen, [15, 7, 3, 1]);
        assert!(!size.shrink(1));
    }

    #[test]
    fn chunks_are_even() {
        let (mut left, mut chunks) = (31, Vec::new());
        while left > 0 {
            let next = BatchSize::new(8).next(left);
            chunks.push(next);
            left -= next;
        }
        assert_eq!(chunks, [8, 8, 8, 7]);
        assert_eq!(BatchSize::new(15).next(16), 8);
    }

    #[test]
    fn a_small_request_that_fails_shrinks_below_its_own_size() {
        let mut size = BatchSize::new(15);
        assert!(size.shrink(4));
        assert_eq!(size.get(), 2);
    }
}
