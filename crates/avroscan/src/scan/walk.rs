//! From block header to block header, without the blocks.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use crate::container::BlockHeader;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::scan::start::find_start_of_walk;
use crate::scan::steps::Steps;
use crate::scan::{AvroFile, Progress};
use crate::source::runtime;
use crate::split::Split;

/// Most blocks that are looked at in one go, where that is done in another thread.
const MOST_AT_ONCE: usize = 4096;

/// Blocks of a file that are looked at in the thread of the caller, as far as they are in the system's
/// cache: no more than to hand them to another thread is worth.
const AT_FIRST: usize = 256;

/// Parts of a file whose rows are counted at the same time, where each step is a request.
const PARTS_AT_ONCE: usize = 16;

/// Smallest of these parts, in bytes and in blocks: to find the first block of a part means to read
/// one block or two.
const PART_BYTES: u64 = 8 << 20;
const LOCAL_PART_BYTES: u64 = 4 << 20;
const PART_BLOCKS: u64 = 32;

/// What a block's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockInfo {
    /// Where the block begins in the file.
    pub offset: u64,
    /// Where the next block begins.
    pub end: u64,
    /// Number of rows.
    pub rows: u64,
    /// Bytes of the block as stored, without its header and marker.
    pub bytes: u64,
}

impl BlockInfo {
    pub(super) fn of(header: &BlockHeader) -> Self {
        Self {
            offset: header.offset,
            end: header.end(),
            rows: header.rows as u64,
            bytes: header.size as u64,
        }
    }
}

/// Walks over the block headers of a split: made by [`AvroFile::walk`].
///
/// Each step reads the marker at the end of a block together with the header of the next, a few
/// dozen bytes, in one small read ([`Source::probe_bytes`](crate::Source::probe_bytes)) that many
/// small blocks share. The first blocks of a file are looked at right away, if they are in the system's
/// cache. After that a file is walked in a thread that may block, many steps at a time: twice as many
/// each time, so that who wants to see the first block alone does not pay for more. A walk
/// sees a truncated file and a damaged block header or marker, not a damaged block.
#[derive(Debug)]
pub struct BlockWalk {
    file: Arc<AvroFile>,
    split: Split,
    limits: Limits,
    progress: Progress,
    /// Where the next block begins, once that is known.
    next: Option<u64>,
    /// Beyond the blocks that were looked at ahead; elsewhere while more of them are.
    steps: Option<Steps>,
    /// Blocks that were looked at ahead, and how many are next time.
    ahead: VecDeque<BlockInfo>,
    at_once: usize,
    /// How many more may be looked at without another thread.
    at_first: usize,
    /// What comes after them.
    then: Then,
}

#[derive(Debug)]
enum Then {
    More,
    Error(Error),
    End,
}

impl BlockWalk {
    pub(super) fn new(
        file: Arc<AvroFile>,
        split: Split,
        limits: Limits,
        progress: Progress,
    ) -> Self {
        Self {
            file,
            split,
            limits,
            progress,
            next: None,
            steps: None,
            ahead: VecDeque::new(),
            at_once: 1,
            at_first: AT_FIRST,
            then: Then::More,
        }
    }

    /// A walk from the block at `offset` to the end of the file.
    pub(super) fn from_block(
        file: Arc<AvroFile>,
        offset: u64,
        limits: Limits,
        progress: Progress,
    ) -> Self {
        let mut walk = Self::new(file, Split::all(), limits, progress);
        walk.begin(offset);
        walk
    }

    /// Where the next block begins, once that is known.
    pub(super) fn offset(&self) -> u64 {
        self.next.unwrap_or_default()
    }

    fn begin(&mut self, offset: u64) {
        let (file, limits) = (self.file.clone(), self.limits.clone());
        self.next = Some(offset);
        self.steps = Some(Steps::new(file, limits, offset, self.split.end));
    }

    /// The header of the next block in the split, or `None` after the last.
    ///
    /// # Errors
    /// Those of reading, and of a header or marker that cannot be, with file, block and offset.
    /// After an error the walk is over.
    pub async fn next(&mut self) -> Result<Option<BlockInfo>> {
        loop {
            if let Some(block) = self.ahead.pop_front() {
                self.next = Some(block.end);
                return Ok(Some(block));
            }
            match std::mem::replace(&mut self.then, Then::End) {
                Then::More => {}
                Then::Error(error) => return Err(error.in_file(self.file.location())),
                Then::End => return Ok(None),
            }
            self.then = match self.look().await {
                Ok(true) => Then::More,
                Ok(false) => Then::End,
                Err(error) => Then::Error(error),
            };
        }
    }

    /// The same for a block whose rows are only counted.
    pub(super) async fn skip(&mut self) -> Result<Option<BlockInfo>> {
        let block = self.next().await?;
        self.progress.add_blocks_skipped(block.is_some().into());
        Ok(block)
    }

    /// Looks at some blocks ahead, and says whether there may be more.
    async fn look(&mut self) -> Result<bool> {
        if self.next.is_none() {
            let search = find_start_of_walk(&self.file, self.split, &self.limits, &self.progress);
            match Box::pin(search).await? {
                Some(offset) => self.begin(offset),
                None => return Ok(false),
            }
        }
        let Some(mut steps) = self.steps.take() else {
            return Ok(false);
        };
        // Asked for nothing, which costs nothing.
        if self.file.source().read_now(0..0).is_none() {
            let block = steps.next(&self.progress).await?;
            self.steps = Some(steps);
            self.ahead.extend(block);
            return Ok(block.is_some());
        }
        if let Some(left) = self.at_first.checked_sub(1) {
            self.at_first = left;
            if let Some(block) = steps.next_at_once(&self.progress) {
                self.steps = Some(steps);
                self.ahead.extend(block.as_ref().ok().copied().flatten());
                return block.map(|block| block.is_some());
            }
            self.at_first = 0;
        }
        let most = self.at_once;
        self.at_once = most.saturating_mul(2).min(MOST_AT_ONCE);
        let progress = self.progress.clone();
        let look = move || {
            let mut ahead = VecDeque::with_capacity(most);
            let more = loop {
                match steps.next_now(&progress) {
                    Ok(Some(block)) => ahead.push_back(block),
                    Ok(None) => break Ok(false),
                    Err(error) => break Err(error),
                }
                if ahead.len() == most {
                    break Ok(true);
                }
            };
            (steps, ahead, more)
        };
        let (steps, ahead, more) = runtime::run_blocking(look).await?;
        self.steps = Some(steps);
        self.ahead = ahead;
        more
    }
}

/// Counts the rows of the blocks that begin in `split`, from the block headers alone.
///
/// Parts of a large split are walked side by side: many where each step is a request, else one for
/// each core.
///
/// # Errors
/// Those of [`BlockWalk::next`].
pub async fn count_rows(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<u64> {
    let mut walk = file.walk(split, limits, progress);
    let mut rows = 0u64;
    let is_remote = file.source().read_now(0..0).is_none();
    while let Some(block) = walk.skip().await? {
        rows = rows.saturating_add(block.rows);
        let rest = Split::new(block.end, file.block_range(split).end);
        let bytes = rest.end.saturating_sub(rest.start);
        let least = match is_remote {
            true => PART_BYTES,
            false => LOCAL_PART_BYTES.max(bytes / runtime::cores() as u64),
        };
        let part = least.max((block.end - block.offset).saturating_mul(PART_BLOCKS));
        if bytes / 2 >= part {
            let others = count_parts(file, rest, part, limits, progress).await?;
            return Ok(rows.saturating_add(others));
        }
    }
    Ok(rows)
}

/// Counts the rows of parts of a split, each of about so many bytes.
async fn count_parts(
    file: &Arc<AvroFile>,
    split: Split,
    part: u64,
    limits: &Limits,
    progress: &Progress,
) -> Result<u64> {
    let parts = (split.end - split.start).div_ceil(part);
    let count = |index: u64| async move {
        let start = split.start + index * part;
        let end = start.saturating_add(part).min(split.end);
        let mut walk = file.walk(Split::new(start, end), limits, progress);
        let mut rows = 0u64;
        while let Some(block) = walk.skip().await? {
            rows = rows.saturating_add(block.rows);
        }
        Ok(rows)
    };
    stream::iter((0..parts).map(count))
        .buffered(PARTS_AT_ONCE)
        .try_fold(
            0u64,
            |sum, rows| async move { Ok(sum.saturating_add(rows)) },
        )
        .await
}
