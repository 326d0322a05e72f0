//! The rows of a block that a filter keeps.
//!
//! The walk over the rows that decodes the filter's columns also learns where each row begins. What
//! is kept is read from there; the rest of the block is not looked at again.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};

use super::{Block, Budget, Input, Leftover, STRIDE_BYTES, to_batch};
use crate::column::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plan::{DecodePlan, FilterPlan};

/// Most rows that are decided at once: enough that what an engine does for each batch does not
/// show, few enough that they stay in the cache.
const DECIDED_AT_ONCE: usize = 8192;

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

/// Chooses rows. Its columns are used for one block after the other.
pub(super) struct Selector {
    plan: Arc<DecodePlan>,
    columns: Rows,
    /// Where the rows begin that are being decided.
    starts: Vec<usize>,
}

impl Selector {
    /// `None` for a plan without a filter.
    pub(super) fn new(plan: &Arc<DecodePlan>) -> Option<Self> {
        let columns = Rows::new(&plan.filter()?.plan);
        Some(Self {
            plan: plan.clone(),
            columns,
            starts: Vec::new(),
        })
    }

    /// The rows of `block` to keep, in order, and how many bytes follow its last row; the block is known
    /// to be framed well to its end.
    pub(super) fn select(
        &mut self,
        block: &Block,
        zero_byte_items: usize,
        limits: &Limits,
        leftover: Leftover,
    ) -> Result<(Vec<Run>, usize)> {
        let plan = self.plan.clone();
        let Some(filter) = plan.filter() else {
            return Ok((Vec::new(), 0));
        };
        let mut runs = Vec::new();
        let mut budget = Budget::new(zero_byte_items, 0, limits, filter.plan.recursion());
        let mut input = Input::new(&block.data, &mut budget);
        let mut first = 0;
        while first < block.rows {
            let batch = self.read(filter, block, first, &mut input, limits.batch_bytes / 4)?;
            self.decide(filter, &batch, block.first_row + first, &mut runs)?;
            first += batch.num_rows();
        }
        let end = block.data.len() - input.cursor.remaining();
        let rest = block.data.get(end..).unwrap_or_default();
        let left = leftover.check(rest, block)?;
        Ok((runs, left))
    }

    /// The filter's columns of the next rows, from the row `first` on and until they take `large`
    /// bytes; and in `starts` where each begins.
    fn read(
        &mut self,
        filter: &FilterPlan,
        block: &Block,
        first: usize,
        input: &mut Input<'_, '_>,
        large: usize,
    ) -> Result<RecordBatch> {
        let row_bytes = filter.plan.row().sizes.decoded;
        let most = STRIDE_BYTES.min(large) / row_bytes.max(1);
        let count = most.clamp(1, DECIDED_AT_ONCE).min(block.rows - first);
        self.starts.clear();
        self.columns.reserve(count);
        input.budget.start_over();
        input.budget.charge(count.saturating_mul(row_bytes))?;
        let length = block.data.len();
        let (read, result) =
            self.columns
                .read_noting(count, row_bytes, input, large, length, &mut self.starts);
        if let Err(error) = result {
            self.columns.truncate(0);
            return Err(error.at_row((block.first_row + first + read) as u64));
        }
        to_batch(&filter.plan, self.columns.finish()?, read)
    }

    /// Adds the rows of `batch` that the filter keeps.
    fn decide(
        &self,
        filter: &FilterPlan,
        batch: &RecordBatch,
        first: usize,
        runs: &mut Vec<Run>,
    ) -> Result<()> {
        let kept = filter.filter.evaluate(batch).map_err(|error| {
            Error::new(ErrorKind::Filter, "the filter failed").with_source(error)
        })?;
        if kept.len() != batch.num_rows() {
            return Err(Error::new(
                ErrorKind::Filter,
                format!(
                    "the filter decided about {} rows out of {}",
                    kept.len(),
                    batch.num_rows()
                ),
            ));
        }
        let bits = match kept.nulls() {
            Some(valid) => kept.values() & valid.inner(),
            None => kept.values().clone(),
        };
        for (start, end) in bits.set_slices() {
            let rows = end - start;
            let row = first + start;
            match runs.last_mut() {
                Some(last) if last.row + last.rows == row => last.rows += rows,
                _ => runs.push(Run {
                    position: self.starts.get(start).copied().unwrap_or_default(),
                    row,
                    rows,
                }),
            }
        }
        Ok(())
    }
}
