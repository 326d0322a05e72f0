//! Blocks of rows into record batches.
//!
//! A letter to whoever changes this next. Two promises meet here: a batch has at most so many rows
//! however large a block is, and no batch holds a row of a block that later turns out bad. A block
//! that crosses the end of a batch is therefore decoded to its end once before that batch is handed
//! out, into columns that are thrown away (`check_ahead`); only then are its rows trusted. That is
//! twice the work, so the scan asks for it where it must: it ends batches where blocks end, and a
//! block of more rows than a batch is decoded into one batch and cut into slices, if its columns
//! take a few megabytes. What crosses the end of a batch is a block that is larger than that, or
//! whose batch grows past its bytes. Memory never follows the block size. A bad block is cut out of
//! the columns again, what was complete before it is handed out, then the error: the rows that come
//! before an error do not depend on the batch size.

mod input;
mod select;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_null_array};
use bytes::Bytes;

use crate::column::Rows;
use crate::container::SYNC_LENGTH;
use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::Limits;
use crate::plan::{DecodePlan, Recursion};
use crate::stack;
pub(crate) use input::{Budget, Input};
use select::{Run, Selector};

/// Most rows for which room is made at once.
const STRIDE: usize = 1024;
/// Memory for which room is made at once, and that checking ahead fills before it starts over.
const STRIDE_BYTES: usize = 4 << 20;

/// A block whose bytes are there, decompressed.
#[derive(Debug)]
pub(crate) struct Block {
    /// Counted from 0 where the reading began.
    pub(crate) index: u64,
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// Declared number of rows.
    pub(crate) rows: usize,
    pub(crate) data: Bytes,
    /// Of a part of a block: the number of its first row.
    pub(crate) first_row: usize,
}

/// What [`Decoder::decode`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// The batch is full: [`Decoder::finish`] it, then go on.
    Full,
    /// The block has ended: [`Decoder::open`] the next.
    BlockEnd,
}

/// What becomes of bytes after the last row of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leftover {
    /// They are an error.
    Refuse,
    /// They are counted. With this marker of the file among them they are an error after all: the size
    /// of the block is wrong, and other blocks lie in it.
    Count([u8; SYNC_LENGTH]),
}

/// Turns blocks into batches.
pub(crate) struct Decoder {
    plan: Arc<DecodePlan>,
    columns: Rows,
    /// Chooses the rows, where not all are wanted.
    selector: Option<Selector>,
    /// For checking ahead; made when first needed.
    scratch: Option<Rows>,
    /// Rows in `columns`.
    rows: usize,
    /// Bytes of memory that they take.
    used: usize,
    /// Rows that the filter dropped, since last asked.
    pruned: u64,
    open: Option<OpenBlock>,
    leftover: Leftover,
    /// Blocks with bytes after their last row, and these bytes, since last asked.
    left_over: LeftOver,
    zero_byte_items_left: usize,
    limits: Limits,
}

/// A block between its first row and its end.
struct OpenBlock {
    block: Block,
    /// The rows being decoded, and those after them.
    run: Run,
    runs: VecDeque<Run>,
    zero_byte_items: usize,
    /// Rows that the batch held before this block, and the memory that they took.
    rows_before: usize,
    used_before: usize,
    /// Rows of the block that the filter dropped.
    pruned: u64,
    /// Whether the rows that are left are known to be good.
    checked: bool,
    /// Where the end of the block has been looked at: the bytes after its last row.
    end_checked: Option<usize>,
}

/// Blocks with bytes after their last row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeftOver {
    pub(crate) blocks: u64,
    pub(crate) bytes: u64,
}

impl LeftOver {
    pub(crate) fn add(&mut self, more: Self) {
        self.blocks = self.blocks.saturating_add(more.blocks);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

impl OpenBlock {
    fn budget<'a>(&self, used: usize, limits: &Limits, plan: &'a DecodePlan) -> Budget<'a> {
        Budget::new(self.zero_byte_items, used, limits, plan.recursion())
    }

    /// The bytes from the next row on.
    fn rest(&self) -> &[u8] {
        self.block.data.get(self.run.position..).unwrap_or_default()
    }

    /// Goes to the next run where this one is used up. Whether there are rows left.
    fn has_rows(&mut self) -> bool {
        while self.run.rows == 0 {
            match self.runs.pop_front() {
                Some(run) => self.run = run,
                None => return false,
            }
        }
        true
    }

    /// Moves on by so many rows, to where the rest of the input begins.
    fn advance(&mut self, rows: usize, remaining: usize, zero_byte_items: usize) {
        self.run.row += rows;
        self.run.rows = self.run.rows.saturating_sub(rows);
        self.run.position = self.block.data.len().saturating_sub(remaining);
        self.zero_byte_items = zero_byte_items;
    }

    /// The bytes after the last row, if there may be some.
    fn check_end(&self, leftover: Leftover) -> Result<usize> {
        match self.end_checked {
            Some(left) => Ok(left),
            None => leftover.check(self.rest(), &self.block),
        }
    }
}

impl Leftover {
    /// Checks the bytes after the last row of a block; how many there are.
    fn check(self, rest: &[u8], block: &Block) -> Result<usize> {
        let is_allowed = match self {
            _ if rest.is_empty() => true,
            Self::Refuse => false,
            Self::Count(sync) => memchr::memmem::find(rest, &sync).is_none(),
        };
        if is_allowed {
            return Ok(rest.len());
        }
        let (left, rows) = (rest.len(), block.first_row.saturating_add(block.rows));
        let what = format!("{left} bytes are left over after the {rows} rows of a block");
        Err(Error::new(ErrorKind::BlockLength, what))
    }
}

/// Refuses a block that is too small for its rows, of at least `smallest` bytes each.
pub(crate) fn check_fit(rows: usize, smallest: usize, bytes: usize) -> Result<()> {
    match rows.checked_mul(smallest) {
        Some(needed) if needed <= bytes => Ok(()),
        _ => Err(Error::new(
            ErrorKind::BlockLength,
            format!(
                "{rows} rows of at least {smallest} bytes do not fit into a block of {bytes} bytes"
            ),
        )),
    }
}

/// Refuses a block that cannot hold its rows, of at least `smallest` bytes each: it has `bytes`,
/// decompressed. Returns how many items of no bytes it may have besides.
///
/// # Errors
/// [`BlockLength`](ErrorKind::BlockLength), and
/// [`ZeroByteItems`](crate::Limit::ZeroByteItems) where a row can be of no bytes.
pub(crate) fn check_rows(
    rows: usize,
    smallest: usize,
    bytes: usize,
    limits: &Limits,
) -> Result<usize> {
    check_fit(rows, smallest, bytes)?;
    let recursion = Recursion::default();
    let mut budget = Budget::new(limits.zero_byte_items, 0, limits, &recursion);
    if smallest == 0 {
        budget.spend_zero_byte_items(rows)?;
    }
    Ok(budget.zero_byte_items())
}

impl Decoder {
    pub(crate) fn new(plan: Arc<DecodePlan>, limits: Limits) -> Self {
        let columns = Rows::new(&plan);
        let selector = Selector::new(&plan);
        Self {
            plan,
            columns,
            selector,
            scratch: None,
            rows: 0,
            used: 0,
            pruned: 0,
            open: None,
            leftover: Leftover::Refuse,
            left_over: LeftOver::default(),
            zero_byte_items_left: limits.zero_byte_items,
            limits,
        }
    }

    /// The same decoder where bytes after the last row of a block are treated like this.
    pub(crate) fn with_leftover(mut self, leftover: Leftover) -> Self {
        self.leftover = leftover;
        self
    }

    /// What was left over of the blocks that ended since this was last asked.
    pub(crate) fn take_left_over(&mut self) -> LeftOver {
        std::mem::take(&mut self.left_over)
    }

    /// Rows of the batch so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Rows that the filter dropped since this was last asked.
    pub(crate) fn take_pruned(&mut self) -> u64 {
        std::mem::take(&mut self.pruned)
    }

    /// Rows and items without bytes that the block which ended last might still have had.
    pub(crate) fn zero_byte_items_left(&self) -> usize {
        self.zero_byte_items_left
    }

    /// Begins a block; the one before must have ended. After an error the next can be opened.
    pub(crate) fn open(&mut self, block: Block) -> Result<()> {
        let place = |error: Error| error.in_block(block.index).at_offset(block.offset);
        let smallest = self.plan.row().sizes.encoded;
        let (rows, bytes) = (block.rows, block.data.len());
        let zero_byte_items = check_rows(rows, smallest, bytes, &self.limits).map_err(place)?;
        let all = Run {
            position: 0,
            row: block.first_row,
            rows,
        };
        let mut end_checked = None;
        let runs: VecDeque<_> = match &mut self.selector {
            Some(selector) => {
                let selected =
                    selector.select(&block, zero_byte_items, &self.limits, self.leftover);
                let (runs, left) = selected.map_err(place)?;
                end_checked = Some(left);
                runs.into()
            }
            None => VecDeque::from([all]),
        };
        let kept: usize = runs.iter().map(|run| run.rows).sum();
        let pruned = rows.saturating_sub(kept) as u64;
        self.pruned += pruned;
        self.open = Some(OpenBlock {
            run: Run::default(),
            runs,
            zero_byte_items,
            rows_before: self.rows,
            used_before: self.used,
            pruned,
            checked: false,
            end_checked,
            block,
        });
        Ok(())
    }

    /// Decodes on until the batch has `most` rows, or has grown large, or the block ends.
    ///
    /// After an error the batch holds the rows of the blocks before this one, and the next block can
    /// be opened.
    pub(crate) fn decode(&mut self, most: usize) -> Result<Decoded> {
        let Some(mut open) = self.open.take() else {
            return Ok(Decoded::BlockEnd);
        };
        match self.decode_block(&mut open, most) {
            Ok(decoded) => {
                self.zero_byte_items_left = open.zero_byte_items;
                if open.has_rows() {
                    self.open = Some(open);
                }
                Ok(decoded)
            }
            Err(error) => {
                self.columns.truncate(open.rows_before);
                self.rows = open.rows_before;
                self.used = open.used_before;
                self.pruned = self.pruned.saturating_sub(open.pruned);
                Err(error
                    .in_block(open.block.index)
                    .at_offset(open.block.offset))
            }
        }
    }

    fn decode_block(&mut self, open: &mut OpenBlock, most: usize) -> Result<Decoded> {
        let large = self.limits.batch_bytes / 4;
        let row_bytes = self.plan.row().sizes.decoded;
        while open.has_rows() {
            if self.rows >= most || self.used >= large {
                if !open.checked {
                    self.check_ahead(open)?;
                    open.checked = true;
                }
                // Later batches begin with rows of this block, which is good to its end.
                (open.rows_before, open.used_before) = (0, 0);
                return Ok(Decoded::Full);
            }
            let wanted = open.run.rows.min(most - self.rows);
            if open.end_checked.is_some() && self.plan.arrow_schema().fields().is_empty() {
                // The number of the rows is all that is wanted, and known.
                self.rows += wanted;
                open.run.rows -= wanted;
                continue;
            }
            let mut budget = open.budget(self.used, &self.limits, &self.plan);
            let mut input = Input::new(open.rest(), &mut budget);
            let read = read_rows(&mut self.columns, &mut input, row_bytes, wanted, large)
                .map_err(|(error, row)| error.at_row((open.run.row + row) as u64))?;
            self.rows += read;
            let remaining = input.cursor.remaining();
            self.used = budget.used();
            let zero_byte_items = budget.zero_byte_items();
            open.advance(read, remaining, zero_byte_items);
        }
        let left = open.check_end(self.leftover)?;
        if left > 0 {
            self.left_over.add(LeftOver {
                blocks: 1,
                bytes: left as u64,
            });
        }
        let full = self.rows >= most || self.used >= large;
        Ok(if full {
            Decoded::Full
        } else {
            Decoded::BlockEnd
        })
    }

    /// Decodes the rest of a block and forgets it.
    fn check_ahead(&mut self, open: &OpenBlock) -> Result<()> {
        let row_bytes = self.plan.row().sizes.decoded;
        let columns = self.scratch.get_or_insert_with(|| Rows::new(&self.plan));
        let mut ahead = OpenBlock {
            block: Block {
                data: open.block.data.clone(),
                ..open.block
            },
            runs: open.runs.clone(),
            ..*open
        };
        while ahead.has_rows() {
            let mut budget = ahead.budget(0, &self.limits, &self.plan);
            let mut input = Input::new(ahead.rest(), &mut budget);
            let wanted = ahead.run.rows.min(STRIDE);
            let read = read_rows(columns, &mut input, row_bytes, wanted, STRIDE_BYTES);
            columns.truncate(0);
            let read = read.map_err(|(error, row)| error.at_row((ahead.run.row + row) as u64))?;
            let remaining = input.cursor.remaining();
            let zero_byte_items = budget.zero_byte_items();
            ahead.advance(read, remaining, zero_byte_items);
        }
        ahead.check_end(self.leftover).map(drop)
    }

    /// Whether it has neither rows nor a block.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0 && self.open.is_none()
    }

    /// The rows so far as a batch; the next one begins empty.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let arrays = self.columns.finish()?;
        self.used = 0;
        to_batch(&self.plan, arrays, std::mem::take(&mut self.rows))
    }
}

/// The columns of a plan as a batch of so many rows.
fn to_batch(plan: &DecodePlan, mut arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    if plan.flatten() {
        // The fields of a null record are null as well.
        let rows = arrays.first().and_then(|array| array.as_struct_opt());
        arrays = rows.map(|rows| rows.columns().to_vec()).unwrap_or_default();
    }
    let schema = plan.arrow_schema().clone();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = stack::with_levels(plan.levels(), || {
        if !plan.is_readable() {
            for (array, field) in arrays.iter_mut().zip(schema.fields()) {
                if field.data_type().is_null() {
                    *array = new_null_array(field.data_type(), rows);
                }
            }
        }
        RecordBatch::try_new_with_options(schema, arrays, &options)
    });
    batch.map_err(|error| internal("the decoded columns are not a valid batch").with_source(error))
}

/// Reads `wanted` rows, or fewer once the batch takes `large` bytes.
///
/// An error comes with the number of rows before it.
fn read_rows(
    columns: &mut Rows,
    input: &mut Input<'_, '_>,
    row_bytes: usize,
    wanted: usize,
    large: usize,
) -> Result<usize, (Error, usize)> {
    let stride = (STRIDE_BYTES.min(large) / row_bytes.max(1)).clamp(1, STRIDE);
    let mut read = 0;
    while read < wanted {
        let count = stride.min(wanted - read);
        columns.reserve(count);
        let charged = input.budget.charge(count * row_bytes);
        charged.map_err(|error| (error, read))?;
        let (rows, result) = columns.read(count, row_bytes, input, large);
        read += rows;
        result.map_err(|error| (error, read))?;
        if rows < count {
            input.budget.refund((count - rows) * row_bytes);
            break;
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
