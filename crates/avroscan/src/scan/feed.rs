//! What is there to decode: part after part, block after block, in groups that make a batch.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::container::{BlockHeader, RawBlock};
use crate::error::{Error, Result};
use crate::plan::DecodePlan;
use crate::scan::blocks::BlockStream;
use crate::scan::counted::CountedRows;
use crate::scan::job::Portion;
use crate::scan::large::LargeBlocks;
use crate::scan::read_ahead::InHand;
use crate::scan::report::Stretch;
use crate::scan::{AvroFile, BadBlock, OnError, ScanOptions};
use crate::source::runtime::{self, Task};
use crate::split::Split;

/// Most bytes of the blocks of a group as stored: the work of some milliseconds, so that a file of
/// a few megabytes keeps several workers busy, and what a worker writes stays in its cache.
const GROUP_BYTES: usize = 1 << 20;

/// So many bytes for each row of a batch are a group too: who wants larger batches gets them.
const GROUP_BYTES_PER_ROW: usize = 10;

/// A split of a file and how its rows are decoded.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) file: Arc<AvroFile>,
    pub(super) plan: Arc<DecodePlan>,
    pub(super) split: Split,
}

/// What comes next, and how many bytes more of the files are dealt with after it.
pub(super) enum Fed {
    /// A block or a part of one, and the group that begins with it.
    Block(Portion, Option<Group>),
    /// The group has ended.
    Close { done: u64 },
    /// A damaged block, which is skipped, and what comes after it.
    Bad {
        block: BadBlock,
        start: u64,
        file_size: u64,
        in_hand: InHand,
        done: u64,
    },
    /// Rows without columns.
    Batch { batch: RecordBatch, done: u64 },
    /// A part has ended.
    End { part: Stretch, done: u64 },
}

/// Blocks that are decoded together.
pub(super) struct Group {
    pub(super) file: Arc<AvroFile>,
    pub(super) plan: Arc<DecodePlan>,
    /// Most rows that are wanted of it.
    pub(super) wanted: u64,
    /// Where the part begins, and the first offset at which no block is wanted any more.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) in_hand: InHand,
}

/// Reads the parts of a stream. Nothing is read before it is asked for, but for the read-ahead:
/// that of a large part, and of the next few small ones, which several workers soon come to.
pub(super) struct Feed {
    parts: VecDeque<Part>,
    /// Those before `parts`, being opened.
    opening: VecDeque<Task<Result<OpenPart>>>,
    current: Option<OpenPart>,
    options: ScanOptions,
    rows_left: u64,
    /// Delivered after the group that it ended.
    failed: Option<Error>,
}

impl Feed {
    pub(super) fn new(parts: VecDeque<Part>, options: ScanOptions) -> Self {
        // How many rows a filter keeps, and how many are damaged, is not known before they are decoded.
        let is_filtered = parts.iter().any(|part| part.plan.filter().is_some());
        let is_known = !is_filtered && options.on_error == OnError::Fail;
        let n_rows = options.n_rows.filter(|_| is_known);
        Self {
            parts,
            opening: VecDeque::new(),
            current: None,
            rows_left: n_rows.unwrap_or(u64::MAX),
            options,
            failed: None,
        }
    }

    /// What comes next, or `None` after the last part or the last row that is wanted.
    pub(super) async fn next(&mut self) -> Result<Option<Fed>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let part = match &mut self.current {
            Some(part) => part,
            None if self.rows_left == 0 => return Ok(None),
            None => match self.open_next().await? {
                Some(part) => self.current.insert(part),
                None => return Ok(None),
            },
        };
        let fed = part.next(&mut self.rows_left, &self.options).await;
        let fed = match fed.map_err(|error| error.in_file(part.file.location())) {
            Ok(fed) => fed,
            Err(error) => match part.close(&mut self.rows_left) {
                // What came before the error is whole.
                Some(close) => {
                    self.failed = Some(error);
                    close
                }
                None => return Err(error),
            },
        };
        let ended = matches!(fed, Fed::End { .. });
        if ended || (self.rows_left == 0 && !part.is_in_group()) {
            self.current = None;
        }
        Ok(Some(fed))
    }

    async fn open_next(&mut self) -> Result<Option<OpenPart>> {
        self.open_ahead()?;
        if let Some(part) = self.opening.pop_front() {
            return part.await.flatten().map(Some);
        }
        match self.parts.pop_front() {
            Some(part) => OpenPart::open(part, &self.options).await.map(Some),
            None => Ok(None),
        }
    }

    /// Begins to open the next small parts, as many as there are workers, and to read them.
    fn open_ahead(&mut self) -> Result<()> {
        let ScanOptions { workers, .. } = self.options;
        if workers == 1 || self.options.n_rows.is_some() {
            return Ok(());
        }
        let most = workers.min(self.options.buffer_bytes / GROUP_BYTES);
        while self.opening.len() < most {
            let is_small = |part: &mut Part| part.file.bytes_in(part.split) <= GROUP_BYTES as u64;
            let Some(part) = self.parts.pop_front_if(is_small) else {
                break;
            };
            let options = self.options.clone();
            let open = async move { OpenPart::open(part, &options).await };
            self.opening.push_back(runtime::spawn(open)?);
        }
        Ok(())
    }
}

/// A part that is being read.
struct OpenPart {
    file: Arc<AvroFile>,
    plan: Arc<DecodePlan>,
    split: Split,
    stretch: Stretch,
    rows: Rows,
    /// Bytes of the part that were reported as done.
    done: u64,
}

/// Where the rows of a part come from.
enum Rows {
    /// From the blocks; none where no block begins in the split.
    Decoded(Option<Box<Blocks>>),
    /// From the block headers alone: nothing but their number is wanted.
    Counted(Box<CountedRows>),
}

struct Blocks {
    stream: BlockStream,
    large: LargeBlocks,
    /// What is left of a large block: it comes before what is in the stream.
    parts: VecDeque<Portion>,
    group: Option<Extent>,
    /// Comes after the group.
    bad: Option<BadBlock>,
}

/// What comes next in a part.
enum Next {
    Block(Portion),
    Bad(BadBlock),
    /// The group ends, or all blocks do.
    End,
}

/// How much a group holds.
#[derive(Default)]
struct Extent {
    rows: u64,
    bytes: usize,
}

impl Extent {
    /// What holding a block takes.
    fn bytes_of(header: &BlockHeader) -> usize {
        header.size.saturating_add(size_of::<RawBlock>())
    }

    fn add(&mut self, header: &BlockHeader) {
        self.rows = self.rows.saturating_add(header.rows as u64);
        self.bytes = self.bytes.saturating_add(Self::bytes_of(header));
    }

    fn admits(&self, header: &BlockHeader, options: &ScanOptions) -> bool {
        let rows = self.rows.saturating_add(header.rows as u64);
        let bytes = self.bytes.saturating_add(Self::bytes_of(header));
        rows <= options.batch_size as u64 && bytes <= most_bytes(options)
    }

    /// Whether to look at the next block would be in vain.
    fn is_full(&self, wanted: u64, options: &ScanOptions) -> bool {
        self.rows >= wanted.min(options.batch_size as u64) || self.bytes >= most_bytes(options)
    }
}

/// Most bytes of a group of more than one block.
fn most_bytes(options: &ScanOptions) -> usize {
    let by_rows = options.batch_size.saturating_mul(GROUP_BYTES_PER_ROW);
    GROUP_BYTES.max(by_rows).min(options.limits.batch_bytes / 4)
}

impl Blocks {
    async fn next(&mut self, wanted: u64, options: &ScanOptions) -> Result<Next> {
        if self.group.is_none()
            && let Some(bad) = self.bad.take()
        {
            return Ok(Next::Bad(bad));
        }
        let next = self.next_good(wanted, options).await;
        match next {
            Ok(Some(portion)) => Ok(Next::Block(portion)),
            Ok(None) => Ok(Next::End),
            Err(error) if options.on_error == OnError::Fail => Err(error),
            Err(error) => {
                let bad = self.stream.pass(error).await?.block;
                if self.group.is_none() {
                    return Ok(Next::Bad(bad));
                }
                self.bad = Some(bad);
                Ok(Next::End)
            }
        }
    }

    /// The next block of the group or of a new one; `None` where the group ends, or all blocks do.
    async fn next_good(&mut self, wanted: u64, options: &ScanOptions) -> Result<Option<Portion>> {
        if let Some(group) = &self.group
            && group.is_full(wanted, options)
        {
            return Ok(None);
        }
        let header = match self.parts.front() {
            Some(part) => part.block.header,
            None => match self.stream.peek().await? {
                Some(header) => header,
                None => return Ok(None),
            },
        };
        if let Some(group) = &self.group
            && !group.admits(&header, options)
        {
            return Ok(None);
        }
        if self.parts.is_empty()
            && self
                .large
                .want(&header, self.stream.after(&header), options)
        {
            let read = self
                .large
                .read(&mut self.stream, header, most_bytes(options), options);
            self.parts = read.await?;
        }
        let portion = match self.parts.pop_front() {
            Some(part) => Some(part),
            None => self.stream.next().await?.map(|next| Portion {
                index: next.index,
                block: next.block,
                first_row: None,
                behind: next.behind,
            }),
        };
        if let Some(portion) = &portion {
            self.group
                .get_or_insert_default()
                .add(&portion.block.header);
        }
        Ok(portion)
    }
}

impl OpenPart {
    async fn open(part: Part, options: &ScanOptions) -> Result<Self> {
        let Part { file, plan, split } = part;
        // A block's header does not tell whether the block is damaged.
        let rows = if plan.headers_suffice() && options.on_error == OnError::Fail {
            let (limits, progress) = (&options.limits, &options.progress);
            let all = options.n_rows.is_none();
            let schema = plan.arrow_schema().clone();
            let counted = CountedRows::new(&file, split, limits, progress, all, schema);
            Rows::Counted(Box::new(counted))
        } else {
            let stream = BlockStream::open(&file, split, options).await;
            let stream = stream.map_err(|error| error.in_file(file.location()))?;
            Rows::Decoded(stream.map(|stream| {
                Box::new(Blocks {
                    stream,
                    large: LargeBlocks::new(&file, &plan),
                    parts: VecDeque::new(),
                    group: None,
                    bad: None,
                })
            }))
        };
        Ok(Self {
            stretch: Stretch::new(&file, split),
            file,
            plan,
            split,
            rows,
            done: 0,
        })
    }

    async fn next(&mut self, rows_left: &mut u64, options: &ScanOptions) -> Result<Fed> {
        match &mut self.rows {
            Rows::Decoded(None) => {}
            Rows::Decoded(Some(blocks)) => {
                let begins = blocks.group.is_none();
                let next = blocks.next(*rows_left, options).await?;
                let in_hand = blocks.stream.in_hand();
                match next {
                    Next::Block(portion) => {
                        let group = begins.then(|| Group {
                            file: self.file.clone(),
                            plan: self.plan.clone(),
                            wanted: *rows_left,
                            start: self.stretch.start,
                            end: self.split.end,
                            in_hand,
                        });
                        return Ok(Fed::Block(portion, group));
                    }
                    Next::Bad(block) => {
                        let done = self.done_to(block.offset.saturating_add(block.bytes));
                        return Ok(Fed::Bad {
                            block,
                            start: self.stretch.start,
                            file_size: self.file.size(),
                            in_hand,
                            done,
                        });
                    }
                    Next::End => {}
                }
                if let Some(close) = self.close(rows_left) {
                    return Ok(close);
                }
            }
            Rows::Counted(counted) => {
                let left = usize::try_from(*rows_left).unwrap_or(usize::MAX);
                if let Some((batch, offset)) = counted.next(options.batch_size.min(left)).await? {
                    *rows_left = rows_left.saturating_sub(batch.num_rows() as u64);
                    let done = self.done_to(offset);
                    return Ok(Fed::Batch { batch, done });
                }
            }
        }
        let done = self.done_to(self.split.end);
        let part = self.stretch.clone();
        Ok(Fed::End { part, done })
    }

    fn is_in_group(&self) -> bool {
        matches!(&self.rows, Rows::Decoded(Some(blocks)) if blocks.group.is_some())
    }

    /// Ends the group, if there is one.
    fn close(&mut self, rows_left: &mut u64) -> Option<Fed> {
        let Rows::Decoded(Some(blocks)) = &mut self.rows else {
            return None;
        };
        let group = blocks.group.take()?;
        *rows_left = rows_left.saturating_sub(group.rows);
        let offset = blocks.stream.offset();
        let done = self.done_to(offset);
        Some(Fed::Close { done })
    }

    /// How many bytes more are done when all before `offset` are.
    fn done_to(&mut self, offset: u64) -> u64 {
        let split = Split::new(self.split.start, offset.min(self.split.end));
        let done = self.file.bytes_in(split);
        let more = done.saturating_sub(self.done);
        self.done = self.done.max(done);
        more
    }
}
