//! Runs of equal bytes, of which rows of cells mostly consist.

/// So many equal bytes, from `start` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) byte: u8,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The runs of a row.
pub(crate) fn runs(row: &[u8]) -> impl Iterator<Item = Run> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let rest = row.get(start..)?;
        let byte = *rest.first()?;
        let run = Run {
            byte,
            start,
            end: start + length(rest, byte),
        };
        start = run.end;
        Some(run)
    })
}

/// How many bytes at the start are `byte`, eight at a time.
fn length(bytes: &[u8], byte: u8) -> usize {
    let same = u64::from_ne_bytes([byte; 8]);
    let mut equal = 0;
    let (blocks, rest) = bytes.as_chunks::<8>();
    for block in blocks {
        let differs = u64::from_le_bytes(*block) ^ same;
        if differs != 0 {
            return equal + (differs.trailing_zeros() / 8) as usize;
        }
        equal += 8;
    }
    equal + rest.iter().take_while(|other| **other == byte).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_as_long_as_they_can_be() {
        for first in 0..20 {
            for second in 0..20 {
                let row = [vec![1; first], vec![2; second], vec![1; first]].concat();
                let slow: Vec<(u8, usize)> = row
                    .chunk_by(|a, b| a == b)
                    .map(|run| (run[0], run.len()))
                    .collect();
                let fast: Vec<Run> = runs(&row).collect();
                assert_eq!(
                    fast.iter()
                        .map(|run| (run.byte, run.end - run.start))
                        .collect::<Vec<_>>(),
                    slow
                );
                assert_eq!(fast.first().map_or(0, |run| run.start), 0);
                assert!(fast.windows(2).all(|two| two[0].end == two[1].start));
            }
        }
    }
}
