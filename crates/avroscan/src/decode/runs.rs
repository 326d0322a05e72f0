//! Which rows of a block are read, in little memory: a filter that keeps every other row leaves
//! half as many runs as the block has rows.

use bytes::Bytes;

/// Rows that follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the next row begins in the block's bytes.
    pub(super) position: usize,
    /// Its number in the block.
    pub(super) row: usize,
    /// How many rows are left.
    pub(super) rows: usize,
}

/// Fewest rows of a run whose number does not fit into its first byte.
const LONG_RUN: usize = 7;
const LONG_RUN_BITS: usize = 3;

/// Runs in the order of the block, each encoded relative to the one before: two bytes where rows
/// are dropped and kept by turns, so never much more than the rows themselves take in the block.
///
/// A clone shares the memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    encoded: Bytes,
    /// Where the next run begins in `encoded`.
    at: usize,
    /// The run before the next.
    last: Run,
}

/// Collects runs.
#[derive(Debug, Default)]
pub(super) struct RunsBuilder {
    encoded: Vec<u8>,
    /// The last run that is encoded, and the one after it, which may still grow.
    encoded_last: Run,
    last: Run,
    rows: usize,
}

impl Runs {
    pub(super) fn one(run: Run) -> Self {
        let mut builder = RunsBuilder::default();
        builder.push(run);
        builder.finish()
    }

    pub(super) fn next(&mut self) -> Option<Run> {
        if self.at == self.encoded.len() {
            return None;
        }
        let head = self.number();
        let rows = match head & LONG_RUN {
            LONG_RUN => self.number(),
            rows => rows,
        };
        let run = Run {
            row: self.last.row + self.last.rows + (head >> LONG_RUN_BITS),
            position: self.last.position + self.number(),
            rows,
        };
        self.last = run;
        Some(run)
    }

    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        while let Some(&byte) = self.encoded.get(self.at) {
            self.at += 1;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        number
    }
}

impl RunsBuilder {
    /// Adds a run, which begins where the last one ends or behind it.
    pub(super) fn push(&mut self, run: Run) {
        self.rows += run.rows;
        if self.last.rows > 0 && self.last.row + self.last.rows == run.row {
            self.last.rows += run.rows;
            return;
        }
        self.encode_last();
        self.last = run;
    }

    /// Rows of all runs.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn finish(mut self) -> Runs {
        self.encode_last();
        Runs {
            encoded: self.encoded.into(),
            at: 0,
            last: Run::default(),
        }
    }

    fn encode_last(&mut self) {
        let (run, before) = (self.last, self.encoded_last);
        if run.rows == 0 {
            return;
        }
        let skipped = run.row - (before.row + before.rows);
        self.number(skipped << LONG_RUN_BITS | run.rows.min(LONG_RUN));
        if run.rows >= LONG_RUN {
            self.number(run.rows);
        }
        self.number(run.position - before.position);
        self.encoded_last = run;
    }

    fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.encoded.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.encoded.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs with gaps of up to `most` rows, each of up to `most` rows of up to `most` bytes.
    fn random(most: usize, count: usize) -> Vec<Run> {
        let mut state = most as u64;
        let mut below = |end: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % end
        };
        let (mut row, mut position) = (0, 0);
        (0..count)
            .map(|number| {
                let skipped = below(most) + usize::from(number > 0);
                let run = Run {
                    row: row + skipped,
                    position: position + below(most),
                    rows: 1 + below(most),
                };
                (row, position) = (run.row + run.rows, run.position);
                run
            })
            .collect()
    }

    #[test]
    fn runs_come_out_as_they_went_in() {
        for most in [1, 2, 3, 8, 9, 200, 100_000, 1 << 28] {
            let expected = random(most, 1000);
            let mut builder = RunsBuilder::default();
            expected.iter().for_each(|run| builder.push(*run));
            assert_eq!(
                builder.rows(),
                expected.iter().map(|run| run.rows).sum::<usize>()
            );
            let mut runs = builder.finish();
            let found: Vec<Run> = std::iter::from_fn(|| runs.next()).collect();
            assert_eq!(found, expected, "{most}");
            assert_eq!(runs.next(), None);
        }
    }

    #[test]
    fn runs_that_touch_are_one() {
        let run = |row, rows| Run {
            position: row,
            row,
            rows,
        };
        let mut builder = RunsBuilder::default();
        for part in [run(0, 3), run(3, 4), run(9, 1), run(10, 20)] {
            builder.push(part);
        }
        let mut runs = builder.finish();
        assert_eq!(runs.next(), Some(run(0, 7)));
        assert_eq!(runs.next(), Some(run(9, 21)));
        assert_eq!(runs.next(), None);
        assert_eq!(RunsBuilder::default().finish().next(), None);
        assert_eq!(Runs::one(Run::default()).next(), None, "no rows");
    }

    #[test]
    fn every_other_row_takes_two_bytes_a_run() {
        let mut builder = RunsBuilder::default();
        for number in 0..10_000 {
            builder.push(Run {
                position: number * 20,
                row: number * 2,
                rows: 1,
            });
        }
        assert_eq!(builder.finish().encoded.len(), 20_000);
    }
}
