//! Blocks that are too large to wait for.
//!
//! While such a block is being read, what has come of it is decompressed, cut between two rows into
//! parts of the size of a batch, and the parts are checked. Once the block has come to a good end, its
//! parts are handed on: from there they are blocks like others, decoded by all workers.
//!
//! ```text
//! pieces of the file -> Cutter, in another thread -> parts -> checked, in other threads -> kept
//! ```
//!
//! It is decoded twice, as a block must be of which not all rows fit into memory: the first time to
//! know that it is good.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::codec::{BlockFlow, LARGE_BYTES};
use crate::column::Rows;
use crate::container::{BlockHeader, ByteQueue, RawBlock};
use crate::decode::{Block, Budget, Input, check_fit};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plan::{DecodePlan, Projection};
use crate::scan::blocks::BlockStream;
use crate::scan::job::{Portion, Worker};
use crate::scan::{AvroFile, OnError, ScanOptions};
use crate::source::runtime;

/// Takes large blocks apart, one after the other.
pub(super) struct LargeBlocks {
    file: Arc<AvroFile>,
    plan: Arc<DecodePlan>,
    /// Of the rows without columns: it finds their ends. Made when first needed; `None` where
    /// the schema does not allow it.
    rows: OnceCell<Option<Arc<DecodePlan>>>,
    idle: Vec<Worker>,
}

/// Rows of a block that follow each other.
#[derive(Clone)]
struct Part {
    first_row: usize,
    rows: usize,
    data: Bytes,
}

/// What became of the checking of a part.
struct Checked {
    worker: Worker,
    first_row: usize,
    /// How many rows and items without bytes it has.
    result: Result<usize>,
    time: Duration,
}

impl LargeBlocks {
    pub(super) fn new(file: &Arc<AvroFile>, plan: &Arc<DecodePlan>) -> Self {
        Self {
            file: file.clone(),
            plan: plan.clone(),
            rows: OnceCell::new(),
            idle: Vec::new(),
        }
    }

    fn rows(&self, options: &ScanOptions) -> Option<&Arc<DecodePlan>> {
        let rows = self.rows.get_or_init(|| {
            let writer = &self.file.header().schema;
            let none = Projection::none();
            let rows = DecodePlan::new(writer, None, &none, 0, &options.limits).ok()?;
            // Where rows can be without bytes, their number tells nothing about where they end.
            (rows.row().sizes.encoded > 0).then(|| Arc::new(rows))
        });
        rows.as_ref()
    }

    /// Whether this block is better taken apart, with so many bytes of the file to come after it.
    ///
    /// It is where it would have to be decoded twice in any case, and where it would be the work of one
    /// worker while others have none. One worker alone gains nothing. Where damaged blocks are
    /// skipped, a block is read whole: what is inside of a bad one is looked for among all of its bytes.
    pub(super) fn want(&self, header: &BlockHeader, after: u64, options: &ScanOptions) -> bool {
        let is_last = after < header.size as u64;
        // It is decoded twice anyway, unless its rows are few.
        header.size > LARGE_BYTES
            && options.workers > 1
            && (header.rows > options.batch_size || is_last)
            && options.on_error == OnError::Fail
            && self.rows(options).is_some()
    }

    /// Reads the block of this header, the next of `stream`, to its end. Its parts are good.
    pub(super) async fn read(
        &mut self,
        stream: &mut BlockStream,
        header: BlockHeader,
        part_bytes: usize,
        options: &ScanOptions,
    ) -> Result<VecDeque<Portion>> {
        let index = stream.index();
        let place = |error: Error| error.in_block(index).at_offset(header.offset);
        let Some(rows) = self.rows(options).cloned() else {
            return Ok(VecDeque::new());
        };
        let cutter = Cutter::new(&self.file, rows, &header, part_bytes, options);
        let mut cutter = cutter.map_err(place)?;
        let mut checks = Checks::new(self, header, index, options);
        let mut failed = None;
        let mut at = header.data();
        while let Some(piece) = stream.next_piece(&header, at).await? {
            at += piece.len() as u64;
            if failed.is_some() {
                // Whether the marker is there matters more than what is wrong before it.
                continue;
            }
            let push = move || {
                let parts = cutter.push(&piece);
                (cutter, parts)
            };
            let (back, parts) = runtime::compute(push)?.await?;
            cutter = back;
            match parts {
                Ok(parts) => checks.push_all(parts).await?,
                Err(error) => failed = Some(error),
            }
        }
        stream.leave(&header).await?;
        if let Some(error) = failed {
            return Err(place(error));
        }
        let finish = move || cutter.finish();
        let (parts, decompressing) = runtime::compute(finish)?.await?.map_err(place)?;
        options.progress.add_decompress_time(decompressing);
        checks.push_all(parts).await?;
        let parts = checks.finish().await?;
        let portion = |part: Part| Portion {
            index,
            block: RawBlock {
                header: header.of_part(part.rows, part.data.len()),
                data: part.data,
            },
            first_row: Some(part.first_row),
            behind: None,
        };
        Ok(parts.into_iter().map(portion).collect())
    }
}

/// Decompresses a block and cuts it into parts.
struct Cutter {
    flow: BlockFlow,
    plan: Arc<DecodePlan>,
    /// No columns: to walk from row to row.
    walk: Rows,
    /// What has been decompressed and not been cut off.
    rest: ByteQueue,
    /// Looked at again once it is as long: twice what it was, where a row did not end in it.
    wanted: usize,
    /// Where `rest` begins.
    row: usize,
    position: usize,
    /// What the block declares.
    rows: usize,
    /// What has been cut off, for a checksum of all of it.
    parts: Vec<Bytes>,
    part_rows: usize,
    part_bytes: usize,
    limits: Limits,
    decompressing: Duration,
}

impl Cutter {
    fn new(
        file: &AvroFile,
        plan: Arc<DecodePlan>,
        header: &BlockHeader,
        part_bytes: usize,
        options: &ScanOptions,
    ) -> Result<Self> {
        Ok(Self {
            flow: BlockFlow::new(file.header().codec, options.limits.decompressed_bytes)?,
            walk: Rows::new(&plan),
            plan,
            rest: ByteQueue::default(),
            wanted: part_bytes,
            row: 0,
            position: 0,
            rows: header.rows,
            parts: Vec::new(),
            part_rows: options.batch_size,
            part_bytes,
            limits: options.limits.clone(),
            decompressing: Duration::ZERO,
        })
    }

    /// Takes in a piece of the block as stored.
    fn push(&mut self, piece: &Bytes) -> Result<Vec<Part>> {
        let began = Instant::now();
        let bytes = self.flow.push(piece)?;
        self.decompressing += began.elapsed();
        self.rest.push(bytes);
        let mut parts = Vec::new();
        if self.rest.len() >= self.wanted {
            self.cut(&mut parts);
        }
        Ok(parts)
    }

    /// What is left, with the last rows that the block declares and the last of its bytes, and how
    /// long the decompression took.
    fn finish(mut self) -> Result<(Vec<Part>, Duration)> {
        let began = Instant::now();
        let bytes = {
            let cut = self.parts.iter().map(|part| &**part);
            let mut output = cut.chain(self.rest.pieces());
            self.flow.finish(&mut output)?
        };
        self.decompressing += began.elapsed();
        self.rest.push(bytes);
        let bytes = self.position.saturating_add(self.rest.len());
        check_fit(self.rows, self.plan.row().sizes.encoded, bytes)?;
        let mut parts = Vec::new();
        self.cut(&mut parts);
        let (rows, bytes) = (self.rows - self.row, self.rest.len());
        if rows > 0 || bytes > 0 || parts.is_empty() {
            let data = self.rest.take(bytes);
            self.add(rows, data, &mut parts);
        }
        Ok((parts, self.decompressing))
    }

    /// Cuts off full parts.
    fn cut(&mut self, parts: &mut Vec<Part>) {
        let mut rest = self.rest.take(self.rest.len());
        loop {
            let (rows, bytes) = self.rows_of(&rest);
            if rows == 0 || (rows < self.part_rows && bytes < self.part_bytes) {
                break;
            }
            let data = rest.split_to(bytes);
            self.add(rows, data, parts);
        }
        self.wanted = rest.len().saturating_mul(2).max(self.part_bytes);
        self.rest.push(rest);
    }

    fn add(&mut self, rows: usize, data: Bytes, parts: &mut Vec<Part>) {
        self.parts.push(data.clone());
        let first_row = self.row;
        self.row += rows;
        self.position = self.position.saturating_add(data.len());
        parts.push(Part {
            first_row,
            rows,
            data,
        });
    }

    /// How many whole rows make a part, or are there, and how many bytes they take.
    ///
    /// What is no row is left to be refused by whoever decodes it.
    fn rows_of(&mut self, bytes: &[u8]) -> (usize, usize) {
        let most = self.part_rows.min(self.rows - self.row);
        let recursion = self.plan.recursion();
        let mut budget = Budget::new(usize::MAX, 0, &self.limits, recursion);
        let mut input = Input::new(bytes, &mut budget);
        let (mut rows, mut end) = (0, 0);
        while rows < most && end < self.part_bytes {
            let (_, read) = self.walk.read(1, 0, &mut input, usize::MAX);
            if read.is_err() {
                break;
            }
            rows += 1;
            end = bytes.len() - input.cursor.remaining();
        }
        self.walk.truncate(0);
        (rows, end)
    }
}

/// Checks parts, as many at the same time as there are workers.
struct Checks<'a> {
    blocks: &'a mut LargeBlocks,
    header: BlockHeader,
    index: u64,
    options: &'a ScanOptions,
    running: FuturesUnordered<runtime::Task<Checked>>,
    parts: Vec<Part>,
    /// The first part that is bad, and why.
    failed: Option<(usize, Error)>,
    zero_byte_items: usize,
}

impl<'a> Checks<'a> {
    fn new(
        blocks: &'a mut LargeBlocks,
        header: BlockHeader,
        index: u64,
        options: &'a ScanOptions,
    ) -> Self {
        Self {
            blocks,
            header,
            index,
            options,
            running: FuturesUnordered::new(),
            parts: Vec::new(),
            failed: None,
            zero_byte_items: 0,
        }
    }

    async fn push_all(&mut self, parts: Vec<Part>) -> Result<()> {
        for part in parts {
            if self.failed.is_some() {
                return Ok(());
            }
            while self.running.len() >= self.options.workers {
                self.wait().await?;
            }
            let blocks = &mut *self.blocks;
            let options = self.options;
            let worker = blocks.idle.pop();
            let worker = worker.unwrap_or_else(|| Worker::new(&blocks.file, &blocks.plan, options));
            let block = Block {
                index: self.index,
                offset: self.header.offset,
                rows: part.rows,
                data: part.data.clone(),
                first_row: part.first_row,
            };
            let most = options.limits.zero_byte_items;
            self.parts.push(part);
            let check = move || check(worker, block, most);
            self.running.push(runtime::compute(check)?);
        }
        Ok(())
    }

    async fn wait(&mut self) -> Result<()> {
        if let Some(checked) = self.running.next().await {
            self.came(checked?);
        }
        Ok(())
    }

    fn came(&mut self, checked: Checked) {
        self.options.progress.add_decode_time(checked.time);
        self.blocks.idle.push(checked.worker);
        let first_row = checked.first_row;
        match checked.result {
            Ok(items) => self.zero_byte_items = self.zero_byte_items.saturating_add(items),
            Err(error) => {
                let failed = self.failed.take();
                let before = failed.filter(|(row, _)| *row < first_row);
                self.failed = Some(before.unwrap_or((first_row, error)));
            }
        }
    }

    /// All parts, if they are good.
    async fn finish(mut self) -> Result<Vec<Part>> {
        while !self.running.is_empty() {
            self.wait().await?;
        }
        if let Some((_, error)) = self.failed {
            return Err(error);
        }
        let limits = &self.options.limits;
        let mut budget = Budget::new(
            limits.zero_byte_items,
            0,
            limits,
            self.blocks.plan.recursion(),
        );
        budget
            .spend_zero_byte_items(self.zero_byte_items)
            .map_err(|error| error.in_block(self.index).at_offset(self.header.offset))?;
        Ok(self.parts)
    }
}

fn check(mut worker: Worker, block: Block, zero_byte_items: usize) -> Checked {
    let (began, first_row) = (Instant::now(), block.first_row);
    let result = worker.decode_away(block);
    // It is counted when the part is read.
    worker.take_left_over();
    let result = result.map(|left| zero_byte_items.saturating_sub(left));
    Checked {
        worker,
        first_row,
        result,
        time: began.elapsed(),
    }
}
