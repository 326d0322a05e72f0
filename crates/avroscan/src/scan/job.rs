//! What one worker does at a time: a few blocks in, the batches of their rows out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use bytes::Bytes;

use crate::codec::{Codec, Decompressor};
use crate::container::{BlockHeader, RawBlock};
use crate::decode::{Block, Decoded, Decoder, LeftOver, Leftover};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plan::DecodePlan;
use crate::scan::feed::Group;
use crate::scan::inner::{InnerBlocks, Piece};
use crate::scan::report::Found;
use crate::scan::{AvroFile, BadBlock, LeftoverBytes, OnError, ScanOptions};
use crate::stack;

/// A block with more rows than a batch is decoded at once and cut then, if its bytes and its columns
/// take no more than this. A larger one is decoded batch by batch, and twice: see [`Decoder`].
pub(super) const WHOLE_BYTES: usize = 16 << 20;

/// What is costly to make anew for each job.
pub(super) struct Worker {
    codec: Codec,
    decompressor: Decompressor,
    plan: Arc<DecodePlan>,
    decoder: Decoder,
}

impl Worker {
    pub(super) fn new(file: &AvroFile, plan: &Arc<DecodePlan>, options: &ScanOptions) -> Self {
        let codec = file.header().codec;
        let limits = &options.limits;
        let worker = Self {
            codec,
            decompressor: Decompressor::new(codec, limits.decompressed_bytes),
            plan: plan.clone(),
            decoder: Decoder::new(plan.clone(), limits.clone()),
        };
        worker.of_file(file, options)
    }

    /// The same worker for a file that it suits.
    pub(super) fn of_file(mut self, file: &AvroFile, options: &ScanOptions) -> Self {
        let leftover = match options.leftover_bytes {
            LeftoverBytes::Error => Leftover::Refuse,
            LeftoverBytes::Ignore => Leftover::Count(file.header().sync),
        };
        self.decoder = self.decoder.with_leftover(leftover);
        self
    }

    /// What was left over of the blocks that ended since this was last asked.
    pub(super) fn take_left_over(&mut self) -> LeftOver {
        self.decoder.take_left_over()
    }

    /// Whether it can work on a file like this one.
    pub(super) fn suits(&self, file: &AvroFile, plan: &Arc<DecodePlan>) -> bool {
        self.codec == file.header().codec && Arc::ptr_eq(&self.plan, plan)
    }

    /// Whether nothing is left in it of what it worked on.
    pub(super) fn is_free(&self) -> bool {
        self.decoder.is_empty()
    }

    /// Decodes a block and forgets its rows.
    pub(super) fn check(&mut self, index: u64, block: &RawBlock) -> Result<()> {
        let BlockHeader { offset, rows, .. } = block.header;
        let data = self
            .decompressor
            .decompress(block.data.clone())
            .map_err(|error| error.in_block(index).at_offset(offset))?;
        let block = Block {
            index,
            offset,
            rows,
            data,
            first_row: 0,
        };
        self.decode_away(block).map(drop)
    }

    /// The same for a block that is decompressed. How many more rows and items without bytes it
    /// might have had.
    pub(super) fn decode_away(&mut self, block: Block) -> Result<usize> {
        self.decoder.open(block)?;
        loop {
            let decoded = self.decoder.decode(usize::MAX)?;
            self.decoder.finish()?;
            if decoded == Decoded::BlockEnd {
                return Ok(self.decoder.zero_byte_items_left());
            }
        }
    }
}

/// A block, or a part of one that has been taken apart.
pub(super) struct Portion {
    /// Number of the block.
    pub(super) index: u64,
    pub(super) block: RawBlock,
    /// Of a part, whose bytes are decompressed: the number of its first row.
    pub(super) first_row: Option<usize>,
    /// The block is not wanted itself. If it is damaged, good blocks inside of it are, from this
    /// offset on.
    pub(super) behind: Option<u64>,
}

/// Blocks of a file on their way to batches.
///
/// It is given blocks, then told that there are no more; in between and after it can
/// [`run`](Self::run). Each run goes on to the next batch, so that a job of many batches holds one
/// at a time.
pub(super) struct Job {
    pub(super) file: Arc<AvroFile>,
    pub(super) plan: Arc<DecodePlan>,
    /// Whoever starts the job brings one.
    pub(super) worker: Option<Worker>,
    blocks: VecDeque<Portion>,
    closed: bool,
    ended: bool,
    /// Most rows that are still wanted.
    wanted: u64,
    /// Rows of the blocks that are not in a batch yet.
    rows_left: u64,
    batch_size: usize,
    on_error: OnError,
    /// Most rows of the batch being decoded.
    most: usize,
    /// The block being decoded, as stored: only where damaged blocks are skipped.
    current: Option<(BlockHeader, Bytes)>,
    /// What is inside of the last damaged block, of this number: comes before `blocks`.
    inner: Option<(u64, InnerBlocks)>,
    /// Where the part begins, as its report names it, and the first offset at which no block is
    /// wanted any more.
    start: u64,
    end: u64,
    limits: Limits,
    /// Blocks and damaged parts met so far.
    met: u64,
    /// Blocks opened since they were last asked for.
    opened: u64,
    /// Rows that the filter dropped since they were last asked for.
    pruned: u64,
    /// Blocks skipped since they were last asked for.
    skipped: Found,
    /// Time that was spent since it was last asked for.
    decompressing: Duration,
    decoding: Duration,
    ready: VecDeque<RecordBatch>,
    failed: Option<Error>,
}

impl Job {
    /// A job of the blocks of this group.
    pub(super) fn new(group: Group, options: &ScanOptions) -> Self {
        Self {
            file: group.file,
            plan: group.plan,
            worker: None,
            blocks: VecDeque::new(),
            closed: false,
            ended: false,
            wanted: group.wanted,
            rows_left: 0,
            batch_size: options.batch_size,
            on_error: options.on_error,
            most: usize::MAX,
            current: None,
            inner: None,
            start: group.start,
            end: group.end,
            limits: options.limits.clone(),
            met: 0,
            opened: 0,
            pruned: 0,
            skipped: Found::default(),
            decompressing: Duration::ZERO,
            decoding: Duration::ZERO,
            ready: VecDeque::new(),
            failed: None,
        }
    }

    pub(super) fn push(&mut self, portion: Portion) {
        let rows = portion.block.header.rows as u64;
        self.rows_left = self.rows_left.saturating_add(rows);
        self.blocks.push_back(portion);
    }

    /// No more blocks come.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether nothing is left to do or to hand out.
    pub(super) fn is_over(&self) -> bool {
        self.closed && self.ended && !self.is_ready()
    }

    /// Whether to go on would bring something.
    pub(super) fn can_run(&self) -> bool {
        let waits = self.closed || !self.blocks.is_empty();
        waits && !self.ended && !self.is_ready()
    }

    /// Whether there is something to hand out.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty() || self.failed.is_some()
    }

    /// The next batch, or the error after the last.
    pub(super) fn take(&mut self) -> Option<Result<RecordBatch>> {
        match self.ready.pop_front() {
            Some(batch) => Some(Ok(batch)),
            None => self.failed.take().map(Err),
        }
    }

    /// The worker, once it has no more to do here.
    pub(super) fn release(&mut self) -> Option<Worker> {
        if self.ended { self.worker.take() } else { None }
    }

    /// Blocks and damaged parts met so far.
    pub(super) fn met(&self) -> u64 {
        self.met
    }

    /// Counts what was done since this was last called; so many blocks of the part are before it.
    ///
    /// # Errors
    /// [`SkipBudget`](crate::ErrorKind::SkipBudget).
    pub(super) fn report(&mut self, options: &ScanOptions, before: u64) -> Result<()> {
        let progress = &options.progress;
        progress.add_blocks(std::mem::take(&mut self.opened));
        progress.add_rows_pruned(std::mem::take(&mut self.pruned));
        progress.add_decompress_time(std::mem::take(&mut self.decompressing));
        progress.add_decode_time(std::mem::take(&mut self.decoding));
        let mut skipped = std::mem::take(&mut self.skipped);
        skipped.count_from(before);
        skipped.count(progress);
        options
            .report
            .add(skipped, &options.skip_budget, self.file.size())
    }

    /// Decodes until there is a batch, or nothing left to decode.
    pub(super) fn run(&mut self) {
        let Some(mut worker) = self.worker.take() else {
            return;
        };
        let (began, before) = (Instant::now(), self.decompressing);
        // Batches are cut here too, which recurses as deep as they nest.
        let levels = self.plan.levels();
        if let Err(error) = stack::with_levels(levels, || self.run_with(&mut worker)) {
            self.failed = Some(error.in_file(self.file.location()));
            self.ended = true;
        }
        self.decoding += began.elapsed().saturating_sub(self.decompressing - before);
        self.worker = Some(worker);
    }

    fn run_with(&mut self, worker: &mut Worker) -> Result<()> {
        let decoded = self.fill(worker);
        self.pruned += worker.decoder.take_pruned();
        self.skipped.leave(worker.take_left_over());
        // With an error, what was complete before it is handed out first.
        if matches!(decoded, Ok(Decoded::BlockEnd)) && !self.closed {
            return Ok(());
        }
        if worker.decoder.rows() > 0 {
            let batch = worker.decoder.finish()?;
            self.cut(&batch);
        }
        // With a full batch, what is left may still be empty: the next run finds out.
        let all = match decoded? {
            Decoded::BlockEnd => true,
            Decoded::Full => {
                let rest = self.rows_left > 0 || !self.blocks.is_empty() || self.inner.is_some();
                self.closed && !rest
            }
        };
        self.ended = all || self.wanted == 0;
        Ok(())
    }

    fn fill(&mut self, worker: &mut Worker) -> Result<Decoded> {
        loop {
            match worker.decoder.decode(self.most) {
                Ok(Decoded::Full) => return Ok(Decoded::Full),
                Ok(Decoded::BlockEnd) => {}
                Err(error) => self.pass(error)?,
            }
            let Some(portion) = self.next_block() else {
                return Ok(Decoded::BlockEnd);
            };
            if let Some(from) = portion.behind {
                self.look_behind(worker, portion.index, portion.block, from)?;
                continue;
            }
            if portion.first_row.unwrap_or_default() == 0 {
                self.opened += 1;
            }
            if self.on_error == OnError::Skip {
                self.current = Some((portion.block.header, portion.block.data.clone()));
            }
            if let Err(error) = self.open(worker, portion) {
                self.pass(error)?;
            }
        }
    }

    /// Looks at a block that is not wanted itself: good blocks inside of it, if it is damaged, are,
    /// from an offset on.
    fn look_behind(
        &mut self,
        worker: &mut Worker,
        index: u64,
        block: RawBlock,
        from: u64,
    ) -> Result<()> {
        let header = block.header;
        self.rows_left = self.rows_left.saturating_sub(header.rows as u64);
        let checked = worker.check(index, &block);
        worker.decoder.take_pruned();
        worker.take_left_over();
        let error = match checked {
            Ok(()) => return Ok(()),
            Err(error) if error.is_data() => error,
            Err(error) => return Err(error),
        };
        self.look_inside(index, header, block.data, from, &error);
        Ok(())
    }

    fn open(&mut self, worker: &mut Worker, portion: Portion) -> Result<()> {
        let Portion {
            index,
            block,
            first_row,
            ..
        } = portion;
        let BlockHeader { offset, rows, .. } = block.header;
        let data = if first_row.is_some() {
            block.data
        } else {
            let began = Instant::now();
            let data = worker
                .decompressor
                .decompress(block.data)
                .map_err(|error| error.in_block(index).at_offset(offset))?;
            self.decompressing += began.elapsed();
            data
        };
        self.most = self.most_rows(rows, data.len());
        worker.decoder.open(Block {
            index,
            offset,
            rows,
            data,
            first_row: first_row.unwrap_or_default(),
        })
    }

    /// Passes over the current block, which this error is about.
    ///
    /// # Errors
    /// That error, unless damaged blocks are skipped and this is one.
    fn pass(&mut self, error: Error) -> Result<()> {
        let Some((header, data)) = self.current.take().filter(|_| error.is_data()) else {
            return Err(error);
        };
        self.rows_left = self.rows_left.saturating_sub(header.rows as u64);
        let index = error.place().block.unwrap_or_default();
        let bad = self.look_inside(index, header, data, 0, &error);
        self.skip(bad, self.met.saturating_sub(1));
        Ok(())
    }

    /// What is bad of a damaged block; good blocks inside of it come next, from an offset on.
    fn look_inside(
        &mut self,
        index: u64,
        header: BlockHeader,
        data: Bytes,
        from: u64,
        error: &Error,
    ) -> BadBlock {
        let (file, limits, end) = (&self.file, &self.limits, self.end);
        let new = || (index, InnerBlocks::new(file, from..end, limits));
        let (_, inner) = self.inner.get_or_insert_with(new);
        let bad = inner.look_inside(header, data, error);
        if inner.is_empty() {
            self.inner = None;
        }
        bad
    }

    fn skip(&mut self, mut bad: BadBlock, number: u64) {
        bad.block = Some(number);
        self.skipped.add(bad, self.start);
    }

    fn next_block(&mut self) -> Option<Portion> {
        while let Some((index, inner)) = &mut self.inner {
            let index = *index;
            let (block, behind) = match inner.next() {
                Some(Piece::Good(block)) => (block, None),
                Some(Piece::Behind(block)) => (block, Some(inner.wanted_from())),
                Some(Piece::Bad(bad)) => {
                    self.skip(bad, self.met);
                    self.met += 1;
                    continue;
                }
                None => {
                    self.inner = None;
                    continue;
                }
            };
            let rows = block.header.rows as u64;
            self.rows_left = self.rows_left.saturating_add(rows);
            self.met += u64::from(behind.is_none());
            return Some(Portion {
                index,
                block,
                first_row: None,
                behind,
            });
        }
        let portion = self.blocks.pop_front()?;
        self.met += u64::from(portion.behind.is_none());
        Some(portion)
    }

    /// How many rows a batch may have while a block of so many rows and bytes is decoded.
    fn most_rows(&self, rows: usize, bytes: usize) -> usize {
        let columns = rows.saturating_mul(self.plan.row().sizes.decoded);
        if rows <= self.batch_size || columns.saturating_add(bytes) <= WHOLE_BYTES {
            // All of it: what is too much is cut off, or not wanted.
            return usize::MAX;
        }
        let wanted = usize::try_from(self.wanted).unwrap_or(usize::MAX);
        self.batch_size.min(wanted)
    }

    /// Cuts a batch into as many as its rows make, as far as they are wanted.
    fn cut(&mut self, batch: &RecordBatch) {
        self.rows_left = self.rows_left.saturating_sub(batch.num_rows() as u64);
        let wanted = usize::try_from(self.wanted).unwrap_or(usize::MAX);
        let rows = batch.num_rows().min(wanted);
        let mut from = 0;
        while from < rows {
            let length = self.batch_size.min(rows - from);
            self.ready.push_back(batch.slice(from, length));
            from += length;
        }
        self.wanted -= rows as u64;
    }
}
