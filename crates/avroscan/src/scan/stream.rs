//! The asynchronous way to record batches.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use futures::stream::{self, BoxStream, Stream, StreamExt};

use crate::codec::Decompressor;
use crate::decode::{Block, Decoded, Decoder};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::DecodePlan;
use crate::scan::blocks::BlockStream;
use crate::scan::{AvroFile, BlockWalk, ScanOptions};
use crate::split::Split;

/// Record batches of one or more splits, one after the other, in file order.
///
/// Bytes are fetched in the background; decompression and decoding happen where the stream is
/// polled. Dropping the stream stops its reads. It needs no runtime of any kind around it.
///
/// After an error, which comes after the rows of all blocks before the bad one, it ends.
pub struct BatchStream {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch>>,
}

impl BatchStream {
    /// The rows of the blocks that begin in `split` of `file`, which has the schema of `plan`.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for options that cannot be.
    pub fn new(
        file: Arc<AvroFile>,
        plan: Arc<DecodePlan>,
        split: Split,
        options: &ScanOptions,
    ) -> Result<Self> {
        let schema = plan.arrow_schema().clone();
        Self::of_parts(schema, [Part { file, plan, split }], options)
    }

    pub(super) fn of_parts(
        schema: SchemaRef,
        parts: impl IntoIterator<Item = Part>,
        options: &ScanOptions,
    ) -> Result<Self> {
        options.check()?;
        let parts: VecDeque<Part> = parts.into_iter().collect();
        let bytes = parts
            .iter()
            .map(|part| part.file.bytes_in(part.split))
            .sum();
        options.progress.add_bytes_total(bytes);
        let rows_left = options.n_rows.unwrap_or(u64::MAX);
        let reading = Reading {
            parts,
            current: None,
            options: options.clone(),
            rows_left,
        };
        let batches = stream::unfold(Some(reading), |reading| async {
            let mut reading = reading?;
            match reading.next().await {
                Ok(batch) => batch.map(|batch| (Ok(batch), Some(reading))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(Self {
            schema,
            // Polled once more after its end, it goes on saying that it has ended.
            batches: batches.fuse().boxed(),
        })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(context)
    }
}

impl std::fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchStream")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// A split of a file and how its rows are decoded.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: Arc<AvroFile>,
    pub(super) plan: Arc<DecodePlan>,
    pub(super) split: Split,
}

/// The state of a stream between two batches.
struct Reading {
    parts: VecDeque<Part>,
    current: Option<OpenPart>,
    options: ScanOptions,
    rows_left: u64,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.rows_left > 0 {
            let part = match &mut self.current {
                Some(part) => part,
                None => match self.parts.pop_front() {
                    Some(part) => self
                        .current
                        .insert(OpenPart::open(part, &self.options).await?),
                    None => return Ok(None),
                },
            };
            let left = usize::try_from(self.rows_left).unwrap_or(usize::MAX);
            match part.next(self.options.batch_size.min(left)).await? {
                Some(batch) => {
                    let rows = batch.num_rows() as u64;
                    self.options.progress.add_rows(rows);
                    self.rows_left = self.rows_left.saturating_sub(rows);
                    return Ok(Some(batch));
                }
                None => self.current = None,
            }
        }
        self.current = None;
        Ok(None)
    }
}

/// A part that is being read.
struct OpenPart {
    file: Arc<AvroFile>,
    split: Split,
    rows: Rows,
    options: ScanOptions,
    /// Bytes of the part that were reported as done.
    bytes_done: u64,
    /// Delivered after the rows before it.
    failed: Option<Error>,
}

/// Where the rows of a part come from.
enum Rows {
    /// From the blocks; none where no block begins in the split.
    Decoded(Option<Box<DecodedRows>>),
    /// From the block headers alone: nothing but their number is wanted.
    Counted {
        walk: BlockWalk,
        schema: SchemaRef,
        rows: u64,
    },
}

struct DecodedRows {
    blocks: BlockStream,
    decompressor: Decompressor,
    decoder: Decoder,
}

impl OpenPart {
    async fn open(part: Part, options: &ScanOptions) -> Result<Self> {
        let Part { file, plan, split } = part;
        let rows = if plan.headers_suffice() {
            let walk = file.walk(split, &options.limits, &options.progress);
            Rows::Counted {
                walk,
                schema: plan.arrow_schema().clone(),
                rows: 0,
            }
        } else {
            let blocks = BlockStream::open(&file, split, options).await;
            let blocks = blocks.map_err(|error| error.in_file(file.location()))?;
            Rows::Decoded(blocks.map(|blocks| {
                let limits = &options.limits;
                Box::new(DecodedRows {
                    blocks,
                    decompressor: Decompressor::new(file.header().codec, limits.decompressed_bytes),
                    decoder: Decoder::new(plan, limits.clone()),
                })
            }))
        };
        Ok(Self {
            file,
            split,
            rows,
            options: options.clone(),
            bytes_done: 0,
            failed: None,
        })
    }

    /// The next batch of at most so many rows, or `None` at the end of the part.
    async fn next(&mut self, most: usize) -> Result<Option<RecordBatch>> {
        let batch = match (self.failed.take(), &mut self.rows) {
            (Some(error), _) => Err(error),
            (None, Rows::Decoded(None)) => Ok((None, self.split.end)),
            (None, Rows::Decoded(Some(rows))) => {
                rows.next(most, &self.options, &mut self.failed).await
            }
            (None, Rows::Counted { walk, schema, rows }) => {
                count(walk, schema, rows, most, &mut self.failed).await
            }
        };
        let (batch, offset) = batch.map_err(|error| error.in_file(self.file.location()))?;
        let offset = if batch.is_none() {
            self.split.end
        } else {
            offset
        };
        let done = self
            .file
            .bytes_in(Split::new(self.split.start, offset.min(self.split.end)));
        self.options
            .progress
            .add_bytes_done(done.saturating_sub(self.bytes_done));
        self.bytes_done = done;
        Ok(batch)
    }
}

/// A batch, if there is one more, and the offset up to which the file is dealt with.
type Next = (Option<RecordBatch>, u64);

impl DecodedRows {
    async fn next(
        &mut self,
        most: usize,
        options: &ScanOptions,
        failed: &mut Option<Error>,
    ) -> Result<Next> {
        let result = self.fill(most, options).await;
        if let Err(error) = result {
            if self.decoder.rows() == 0 {
                return Err(error);
            }
            *failed = Some(error);
        }
        let batch = match self.decoder.rows() {
            0 => None,
            _ => Some(self.decoder.finish()?),
        };
        Ok((batch, self.blocks.offset()))
    }

    /// Decodes until a batch is full or the blocks end.
    async fn fill(&mut self, most: usize, options: &ScanOptions) -> Result<()> {
        while self.decoder.decode(most)? == Decoded::BlockEnd {
            let Some((index, block)) = self.blocks.next().await? else {
                return Ok(());
            };
            options.progress.add_block();
            let offset = block.header.offset;
            let data = self
                .decompressor
                .decompress(block.data)
                .map_err(|error| error.in_block(index).at_offset(offset))?;
            self.decoder.open(Block {
                index,
                offset,
                rows: block.header.rows,
                data,
            })?;
        }
        Ok(())
    }
}

/// A batch of no columns and at most so many of the rows that the block headers declare.
async fn count(
    walk: &mut BlockWalk,
    schema: &SchemaRef,
    rows: &mut u64,
    most: usize,
    failed: &mut Option<Error>,
) -> Result<Next> {
    let mut offset = 0;
    while *rows < most as u64 {
        match walk.next().await {
            Ok(Some(block)) => {
                *rows = rows.saturating_add(block.rows);
                offset = block.end;
            }
            Ok(None) => break,
            Err(error) if *rows == 0 => return Err(error),
            Err(error) => {
                *failed = Some(error);
                break;
            }
        }
    }
    let length = (*rows).min(most as u64);
    *rows -= length;
    if length == 0 {
        return Ok((None, offset));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(length as usize));
    let batch = RecordBatch::try_new_with_options(schema.clone(), Vec::new(), &options);
    batch.map(|batch| (Some(batch), offset)).map_err(|error| {
        Error::new(
            ErrorKind::Value,
            "rows without columns are not a valid batch",
        )
        .with_source(error)
    })
}
