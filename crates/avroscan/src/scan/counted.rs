//! The number of rows, from the block headers alone.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};

use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::Limits;
use crate::scan::{AvroFile, BlockInfo, BlockWalk, Progress};
use crate::source::runtime;
use crate::split::Split;

/// Parts of a file whose rows are counted at the same time, where each step is a request.
const PARTS_AT_ONCE: usize = 16;

/// Smallest of these parts, in bytes and in blocks: to find the first block of a part means to read
/// one block or two.
const PART_BYTES: u64 = 8 << 20;
const LOCAL_PART_BYTES: u64 = 4 << 20;
const PART_BLOCKS: u64 = 32;

/// Rows that follow each other in the file, and the offset up to which it is dealt with.
struct Counted {
    rows: u64,
    end: u64,
}

/// Counts the rows of the blocks that begin in `split`, from the block headers.
///
/// Parts of a large split are walked side by side: many where each step is a request, else one for
/// each core.
///
/// # Errors
/// Those of [`BlockWalk::next`], and [`BlockHeader`](ErrorKind::BlockHeader) for more than 2^64 - 1
/// rows.
pub async fn count_rows(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<u64> {
    let counts = counts(file, split, limits, progress, true);
    let add = |sum, counted: Counted| async move { add_rows(sum, counted.rows) };
    let sum = counts.try_fold(0, add).await;
    sum.map_err(|error| error.in_file(file.location()))
}

/// The sum of two numbers of rows.
pub(super) fn add_rows(sum: u64, rows: u64) -> Result<u64> {
    sum.checked_add(rows).ok_or_else(|| {
        let what = "the blocks declare more than 2^64 - 1 rows in all";
        Error::new(ErrorKind::BlockHeader, what)
    })
}

/// The rows of a split in the order of the file, those of one block or of many at a time; in parts
/// that are walked side by side, if all of them are wanted.
fn counts(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
    all: bool,
) -> BoxStream<'static, Result<Counted>> {
    enum State {
        Blocks(BlockWalk),
        Parts(BoxStream<'static, Result<Counted>>),
    }

    let counter = Counter {
        file: file.clone(),
        limits: limits.clone(),
        progress: progress.clone(),
    };
    let first = State::Blocks(counter.walk(split));
    let next = move |state| {
        let counter = counter.clone();
        async move {
            Ok(match state {
                State::Blocks(mut walk) => walk.skip().await?.map(|block| {
                    let parts = all.then(|| counter.parts_after(block, split)).flatten();
                    let counted = Counted {
                        rows: block.rows,
                        end: block.end,
                    };
                    (counted, parts.map_or(State::Blocks(walk), State::Parts))
                }),
                State::Parts(mut parts) => {
                    let counted = parts.try_next().await?;
                    counted.map(|counted| (counted, State::Parts(parts)))
                }
            })
        }
    };
    stream::try_unfold(first, next).boxed()
}

/// Counts rows of one file.
#[derive(Clone)]
struct Counter {
    file: Arc<AvroFile>,
    limits: Limits,
    progress: Progress,
}

impl Counter {
    fn walk(&self, split: Split) -> BlockWalk {
        self.file.walk(split, &self.limits, &self.progress)
    }

    /// What comes after a block in a split, in parts, if it is large enough for two of them.
    fn parts_after(
        self,
        block: BlockInfo,
        split: Split,
    ) -> Option<BoxStream<'static, Result<Counted>>> {
        let (start, end) = (block.end, self.file.block_range(split).end);
        let bytes = end.saturating_sub(start);
        let is_remote = self.file.source().read_now(0..0).is_none();
        let least = match is_remote {
            true => PART_BYTES,
            false => LOCAL_PART_BYTES.max(bytes / runtime::cores() as u64),
        };
        let part = least.max((block.end - block.offset).saturating_mul(PART_BLOCKS));
        if bytes / 2 < part {
            return None;
        }
        let count = move |index: u64| {
            let start = start.saturating_add(index.saturating_mul(part));
            let end = start.saturating_add(part).min(end);
            self.clone().count(Split::new(start, end))
        };
        let counts = stream::iter(0..bytes.div_ceil(part)).map(count);
        let counts = counts.buffered(PARTS_AT_ONCE).flat_map(stream::iter);
        Some(counts.boxed())
    }

    /// The rows of a part, and the error that comes after them.
    async fn count(self, part: Split) -> Vec<Result<Counted>> {
        let mut walk = self.walk(part);
        let mut rows = 0;
        let error = loop {
            let added = match walk.skip().await {
                Ok(Some(block)) => add_rows(rows, block.rows),
                Ok(None) => break None,
                Err(error) => Err(error),
            };
            match added {
                Ok(sum) => rows = sum,
                Err(error) => break Some(Err(error)),
            }
        };
        let end = part.end;
        let counted = Ok(Counted { rows, end });
        std::iter::once(counted).chain(error).collect()
    }
}

/// Batches without columns, from the block headers alone.
pub(super) struct CountedRows {
    counts: BoxStream<'static, Result<Counted>>,
    schema: SchemaRef,
    /// Rows of the headers so far that are not in a batch yet.
    rows: u64,
    /// Up to where the file is dealt with.
    offset: u64,
    /// Delivered after the rows before it.
    failed: Option<Error>,
}

impl CountedRows {
    /// The rows of a split, of which all are wanted or not.
    pub(super) fn new(
        file: &Arc<AvroFile>,
        split: Split,
        limits: &Limits,
        progress: &Progress,
        all: bool,
        schema: SchemaRef,
    ) -> Self {
        Self {
            counts: counts(file, split, limits, progress, all),
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
            let added = match self.counts.next().await {
                Some(Ok(counted)) => {
                    add_rows(self.rows, counted.rows).map(|rows| (rows, counted.end))
                }
                Some(Err(error)) => Err(error),
                None => break,
            };
            match added {
                Ok((rows, end)) => (self.rows, self.offset) = (rows, end),
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
}
