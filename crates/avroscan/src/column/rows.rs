//! The columns of the rows of a plan.

use arrow::array::ArrayRef;

use super::RecordColumn;
use crate::decode::Input;
use crate::error::Result;
use crate::plan::DecodePlan;
use crate::stack;

/// The columns of the rows of a plan. All that is done with them recurses as deep as the plan nests:
/// here is where it gets room on the stack, once for many rows.
pub(crate) struct Rows {
    record: RecordColumn,
    levels: usize,
}

impl Rows {
    pub(crate) fn new(plan: &DecodePlan) -> Self {
        let levels = plan.levels();
        Self {
            record: stack::with_levels(levels, || RecordColumn::new(plan.row())),
            levels,
        }
    }

    /// See [`RecordColumn::read_rows`].
    pub(crate) fn read(
        &mut self,
        count: usize,
        row_bytes: usize,
        input: &mut Input<'_, '_>,
        large: usize,
    ) -> (usize, Result<()>) {
        stack::with_levels(self.levels, || {
            self.record.read_rows(count, row_bytes, input, large)
        })
    }

    /// See [`RecordColumn::read_rows_noting`].
    pub(crate) fn read_noting(
        &mut self,
        count: usize,
        row_bytes: usize,
        input: &mut Input<'_, '_>,
        large: usize,
        length: usize,
        starts: &mut Vec<usize>,
    ) -> (usize, Result<()>) {
        stack::with_levels(self.levels, || {
            self.record
                .read_rows_noting(count, row_bytes, input, large, length, starts)
        })
    }

    pub(crate) fn reserve(&mut self, additional: usize) {
        stack::with_levels(self.levels, || self.record.reserve(additional));
    }

    /// Drops all rows but the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) {
        stack::with_levels(self.levels, || self.record.truncate(length));
    }

    /// The columns of a batch; there are no rows afterwards.
    pub(crate) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        stack::with_levels(self.levels, || self.record.finish_row())
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        let record = std::mem::take(&mut self.record);
        stack::with_levels(self.levels, || drop(record));
    }
}
