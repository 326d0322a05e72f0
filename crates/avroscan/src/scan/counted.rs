//! Rows of which nothing but their number is wanted.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use crate::error::{Error, ErrorKind, Result};
use crate::scan::BlockWalk;

/// Batches without columns, from the block headers alone.
pub(super) struct CountedRows {
    walk: BlockWalk,
    schema: SchemaRef,
    /// Rows of the headers so far that are not in a batch yet.
    rows: u64,
    /// Where the walk is.
    offset: u64,
    /// Delivered after the rows before it.
    failed: Option<Error>,
}

impl CountedRows {
    pub(super) fn new(walk: BlockWalk, schema: SchemaRef) -> Self {
        Self {
            walk,
            schema,
            rows: 0,
            offset: 0,
            failed: None,
        }
    }

    /// A batch of at most so many of the rows that the block headers declare, and the offset up to
    /// which the file is dealt with.
    pub(super) async fn next(&mut self, most: usize) -> Result<Option<(RecordBatch, u64)>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while self.rows < most as u64 {
            match self.walk.skip().await {
                Ok(Some(block)) => {
                    self.rows = self.rows.saturating_add(block.rows);
                    self.offset = block.end;
                }
                Ok(None) => break,
                Err(error) if self.rows == 0 => return Err(error),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        let length = self.rows.min(most as u64);
        self.rows -= length;
        if length == 0 {
            return Ok(None);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(length as usize));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), Vec::new(), &options);
        batch
            .map(|batch| Some((batch, self.offset)))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Value,
                    "rows without columns are not a valid batch",
                )
                .with_source(error)
            })
    }
}
