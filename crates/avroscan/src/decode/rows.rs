//! Rows into columns, as many as fit into a batch.

use super::{Input, STRIDE, STRIDE_BYTES};
use crate::column::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;

/// What [`read_rows`] read.
pub(super) struct Read {
    pub(super) rows: usize,
    /// Whether the next row does not fit into the batch with those before it.
    pub(super) is_full: bool,
}

/// Whether a batch has reached a limit, so that its last row may fit into the next one.
pub(super) fn is_of_the_batch(error: &Error) -> bool {
    let kind = error.kind();
    matches!(
        kind,
        ErrorKind::Limit(Limit::BatchBytes | Limit::ColumnLength)
    )
}

/// Reads `wanted` rows into columns that hold `held`, or fewer: once the batch takes `large` bytes,
/// and where the next row does not fit into the batch. A row that fits by itself is never an error.
///
/// An error comes with the number of rows before it.
pub(super) fn read_rows(
    columns: &mut Rows,
    input: &mut Input<'_, '_>,
    row_bytes: usize,
    held: usize,
    wanted: usize,
    large: usize,
) -> Result<Read, (Error, usize)> {
    let stride = (STRIDE_BYTES.min(large) / row_bytes.max(1)).clamp(1, STRIDE);
    let (mut rows, mut is_full) = (0, false);
    while rows < wanted && !is_full {
        let count = stride.min(wanted - rows);
        let (cursor, budget) = (input.cursor, *input.budget);
        let read = match read_stride(columns, input, row_bytes, count, large) {
            Ok(read) => read,
            Err((error, read)) if !is_of_the_batch(&error) => return Err((error, rows + read)),
            Err((_, read)) => {
                // The rows before the one that does not fit, or this one by itself.
                columns.truncate(held + rows);
                input.cursor = cursor;
                *input.budget = budget;
                is_full = true;
                let fitting = read.max(usize::from(held + rows == 0));
                read_stride(columns, input, row_bytes, fitting, large)
                    .map_err(|(error, read)| (error, rows + read))?
            }
        };
        rows += read;
        if read < count {
            break;
        }
    }
    Ok(Read { rows, is_full })
}

/// Reads `count` rows, or fewer once the batch takes `large` bytes.
///
/// An error comes with the number of rows before it.
fn read_stride(
    columns: &mut Rows,
    input: &mut Input<'_, '_>,
    row_bytes: usize,
    count: usize,
    large: usize,
) -> Result<usize, (Error, usize)> {
    columns.reserve(count);
    let charged = input.budget.charge(count * row_bytes);
    charged.map_err(|error| (error, 0))?;
    let (rows, result) = columns.read(count, row_bytes, input, large);
    result.map_err(|error| (error, rows))?;
    if rows < count {
        input.budget.refund((count - rows) * row_bytes);
    }
    Ok(rows)
}
