//! Rows of which nothing but their number is wanted.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::{Limit, Limits};
use crate::plan::DecodePlan;
use crate::scan::{BlockInfo, BlockWalk};

/// Batches without columns, from the block headers alone.
pub(super) struct CountedRows {
    walk: BlockWalk,
    schema: SchemaRef,
    /// Bytes of the smallest row.
    smallest: usize,
    /// Most bytes that a block of this file can have, as far as its size as stored does not tell.
    most_bytes: Option<usize>,
    most_zero_byte_rows: usize,
    /// Rows of the headers so far that are not in a batch yet.
    rows: u64,
    /// Where the walk is.
    offset: u64,
    /// Delivered after the rows before it.
    failed: Option<Error>,
}

impl CountedRows {
    pub(super) fn new(walk: BlockWalk, codec: Codec, plan: &DecodePlan, limits: &Limits) -> Self {
        Self {
            walk,
            schema: plan.arrow_schema().clone(),
            smallest: plan.row().sizes.encoded,
            most_bytes: (codec != Codec::Null).then_some(limits.decompressed_bytes),
            most_zero_byte_rows: limits.zero_byte_items,
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
            let next = self.walk.skip().await;
            match next.and_then(|block| block.map(|block| self.check(block)).transpose()) {
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
                internal("rows without columns are not a valid batch").with_source(error)
            })
    }

    /// Refuses a block that cannot hold the rows that it declares: whoever hands them out would
    /// never come to an end.
    fn check(&self, block: BlockInfo) -> Result<BlockInfo> {
        let rows = block.rows;
        let most = match (self.smallest, self.most_bytes) {
            (0, _) => self.most_zero_byte_rows as u64,
            (smallest, None) => block.bytes / smallest as u64,
            (smallest, Some(bytes)) => (bytes / smallest) as u64,
        };
        if rows <= most {
            return Ok(block);
        }
        let kind = match (self.smallest, self.most_bytes) {
            (0, _) => ErrorKind::Limit(Limit::ZeroByteItems),
            (_, Some(_)) => ErrorKind::Limit(Limit::DecompressedBytes),
            (_, None) => ErrorKind::BlockLength,
        };
        let what = format!("a block declares {rows} rows, and can hold {most} at most");
        Err(Error::new(kind, what).at_offset(block.offset))
    }
}
