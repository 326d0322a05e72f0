//! Blocks of rows into record batches.
//!
//! A letter to whoever changes this next. Two promises meet here: a batch has at most so many rows
//! however large a block is, and no batch holds a row of a block that later turns out bad. A block
//! that crosses the end of a batch is therefore decoded to its end once before that batch is handed
//! out, into columns that are thrown away (`check_ahead`); only then are its rows trusted. With
//! blocks smaller than a batch that is a part of one block in each batch, and memory never follows
//! the block size. A bad block is cut out of the columns again, what was complete before it is
//! handed out, then the error: the rows that come before an error do not depend on the batch size.

mod input;

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, RecordBatchOptions};
use bytes::Bytes;

use crate::column::RecordColumn;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plan::DecodePlan;
pub(crate) use input::Input;

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
}

/// What [`Decoder::decode`] came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// The batch is full: [`Decoder::finish`] it, then go on.
    Full,
    /// The block has ended: [`Decoder::open`] the next.
    BlockEnd,
}

/// Turns blocks into batches.
pub(crate) struct Decoder {
    plan: Arc<DecodePlan>,
    columns: RecordColumn,
    /// For checking ahead; made when first needed.
    scratch: Option<RecordColumn>,
    /// Rows in `columns`.
    rows: usize,
    /// Bytes of memory that they take.
    used: usize,
    open: Option<OpenBlock>,
    limits: Limits,
}

/// A block between its first row and its end.
struct OpenBlock {
    block: Block,
    /// Bytes and rows of it already decoded.
    position: usize,
    row: usize,
    zero_byte_items: usize,
    /// Rows that the batch held before this block.
    rows_before: usize,
    /// Whether the rest of it is known to be good.
    checked: bool,
}

impl OpenBlock {
    fn input<'a>(&'a self, used: usize, limits: &Limits, plan: &'a DecodePlan) -> Input<'a> {
        let rest = self.block.data.get(self.position..).unwrap_or_default();
        Input::new(rest, self.zero_byte_items, used, limits, plan.recursive())
    }

    fn rows_left(&self) -> usize {
        self.block.rows.saturating_sub(self.row)
    }

    /// Moves on by so many rows, to where the rest of `input` begins.
    fn advance(&mut self, rows: usize, remaining: usize, zero_byte_items: usize) {
        self.row += rows;
        self.position = self.block.data.len().saturating_sub(remaining);
        self.zero_byte_items = zero_byte_items;
    }

    /// After the last row there must be nothing left.
    fn check_end(&self) -> Result<()> {
        match self.block.data.len().saturating_sub(self.position) {
            0 => Ok(()),
            left => Err(Error::new(
                ErrorKind::BlockLength,
                format!(
                    "{left} bytes are left over after the {} rows of a block",
                    self.block.rows
                ),
            )),
        }
    }
}

impl Decoder {
    pub(crate) fn new(plan: Arc<DecodePlan>, limits: Limits) -> Self {
        let columns = RecordColumn::new(plan.row());
        Self {
            plan,
            columns,
            scratch: None,
            rows: 0,
            used: 0,
            open: None,
            limits,
        }
    }

    /// Rows of the batch so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Begins a block; the one before must have ended.
    pub(crate) fn open(&mut self, block: Block) -> Result<()> {
        let place = |error: Error| error.in_block(block.index).at_offset(block.offset);
        let smallest = self.plan.row().sizes.encoded;
        let (rows, bytes) = (block.rows, block.data.len());
        if rows
            .checked_mul(smallest)
            .is_none_or(|needed| needed > bytes)
        {
            return Err(place(Error::new(
                ErrorKind::BlockLength,
                format!(
                    "{rows} rows of at least {smallest} bytes do not fit into a block of {bytes} bytes"
                ),
            )));
        }
        let mut input = Input::new(&[], self.limits.zero_byte_items, 0, &self.limits, &[]);
        if smallest == 0 {
            input.spend_zero_byte_items(rows).map_err(place)?;
        }
        self.open = Some(OpenBlock {
            position: 0,
            row: 0,
            zero_byte_items: input.zero_byte_items(),
            rows_before: self.rows,
            checked: false,
            block,
        });
        Ok(())
    }

    /// Decodes on until the batch has `most` rows, or has grown large, or the block ends.
    ///
    /// After an error the batch holds the rows of the blocks before this one.
    pub(crate) fn decode(&mut self, most: usize) -> Result<Decoded> {
        let Some(mut open) = self.open.take() else {
            return Ok(Decoded::BlockEnd);
        };
        match self.decode_block(&mut open, most) {
            Ok(decoded) => {
                if open.rows_left() > 0 {
                    self.open = Some(open);
                }
                Ok(decoded)
            }
            Err(error) => {
                self.columns.truncate(open.rows_before);
                self.rows = open.rows_before;
                Err(error
                    .in_block(open.block.index)
                    .at_offset(open.block.offset))
            }
        }
    }

    fn decode_block(&mut self, open: &mut OpenBlock, most: usize) -> Result<Decoded> {
        let large = self.limits.batch_bytes / 4;
        let wanted = open.rows_left().min(most.saturating_sub(self.rows));
        let mut input = open.input(self.used, &self.limits, &self.plan);
        let row_bytes = self.plan.row().sizes.decoded;
        let read = read_rows(&mut self.columns, &mut input, row_bytes, wanted, large)
            .map_err(|(error, row)| error.at_row((open.row + row) as u64))?;
        self.rows += read;
        self.used = input.used();
        let (remaining, zero_byte_items) = (input.cursor.remaining(), input.zero_byte_items());
        open.advance(read, remaining, zero_byte_items);

        if open.rows_left() == 0 {
            open.check_end()?;
            let full = self.rows >= most || self.used >= large;
            return Ok(if full {
                Decoded::Full
            } else {
                Decoded::BlockEnd
            });
        }
        if !open.checked {
            self.check_ahead(open)?;
            open.checked = true;
        }
        // Later batches begin with rows of this block, which is good to its end.
        open.rows_before = 0;
        Ok(Decoded::Full)
    }

    /// Decodes the rest of a block and forgets it.
    fn check_ahead(&mut self, open: &OpenBlock) -> Result<()> {
        let row_bytes = self.plan.row().sizes.decoded;
        let columns = self
            .scratch
            .get_or_insert_with(|| RecordColumn::new(self.plan.row()));
        let mut ahead = OpenBlock {
            block: Block {
                data: open.block.data.clone(),
                ..open.block
            },
            ..*open
        };
        while ahead.rows_left() > 0 {
            let mut input = ahead.input(0, &self.limits, &self.plan);
            let wanted = ahead.rows_left().min(STRIDE);
            let read = read_rows(columns, &mut input, row_bytes, wanted, STRIDE_BYTES);
            columns.truncate(0);
            let read = read.map_err(|(error, row)| error.at_row((ahead.row + row) as u64))?;
            let (remaining, zero_byte_items) = (input.cursor.remaining(), input.zero_byte_items());
            ahead.advance(read, remaining, zero_byte_items);
        }
        ahead.check_end()
    }

    /// The rows so far as a batch; the next one begins empty.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let mut arrays = self.columns.finish_row()?;
        if self.plan.flatten() {
            // The fields of a null record are null as well.
            let rows = arrays.first().and_then(|array| array.as_struct_opt());
            arrays = rows.map(|rows| rows.columns().to_vec()).unwrap_or_default();
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.rows = 0;
        self.used = 0;
        RecordBatch::try_new_with_options(self.plan.arrow_schema().clone(), arrays, &options)
            .map_err(|error| {
                Error::new(
                    ErrorKind::Value,
                    "the decoded columns are not a valid batch",
                )
                .with_source(error)
            })
    }
}

/// Reads `wanted` rows, or fewer once the batch takes `large` bytes.
///
/// An error comes with the number of rows before it.
fn read_rows(
    columns: &mut RecordColumn,
    input: &mut Input<'_>,
    row_bytes: usize,
    wanted: usize,
    large: usize,
) -> Result<usize, (Error, usize)> {
    let stride = (STRIDE_BYTES / row_bytes.max(1)).clamp(1, STRIDE);
    let mut read = 0;
    while read < wanted {
        let end = wanted.min(read + stride);
        columns.reserve(end - read);
        while read < end {
            input.charge(row_bytes).map_err(|error| (error, read))?;
            columns.read(input).map_err(|error| (error, read))?;
            read += 1;
            if input.used() >= large {
                return Ok(read);
            }
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
