//! From block header to block header, without the blocks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};

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
///
/// A block that cannot hold the rows that its header declares is an error, the same that decoding it
/// would be. Without compression its size tells. A compressed block is decompressed, but only if its
/// header declares more rows than are likely in its size as stored.
pub struct BlockWalk {
    file: Arc<AvroFile>,
    progress: Progress,
    /// Owns all that is in progress, so that [`next`](Self::next) can be dropped and called again.
    looks: BoxStream<'static, Result<Look>>,
    /// Blocks that were looked at ahead.
    ahead: VecDeque<BlockInfo>,
    /// Where the next block begins, once that is known.
    next: Option<u64>,
}

/// Blocks that were looked at in one go: at least one.
struct Look {
    first: BlockInfo,
    rest: VecDeque<BlockInfo>,
}

impl BlockWalk {
    pub(super) fn new(
        file: Arc<AvroFile>,
        split: Split,
        limits: Limits,
        progress: Progress,
    ) -> Self {
        let looker = Looker::new(file.clone(), split, limits, progress.clone());
        Self::of(looker, file, progress, None)
    }

    /// A walk from the block at `offset` to the end of the file, to learn where blocks begin: how many
    /// rows they declare does not matter.
    pub(super) fn from_block(
        file: Arc<AvroFile>,
        offset: u64,
        limits: Limits,
        progress: Progress,
    ) -> Self {
        let mut looker = Looker::new(file.clone(), Split::all(), limits, progress.clone());
        looker.begin(offset, None);
        Self::of(looker, file, progress, Some(offset))
    }

    fn of(looker: Looker, file: Arc<AvroFile>, progress: Progress, next: Option<u64>) -> Self {
        let looks = stream::try_unfold(looker, |mut looker| async move {
            Ok(looker.look().await?.map(|look| (look, looker)))
        });
        Self {
            file,
            progress,
            looks: looks.boxed(),
            ahead: VecDeque::new(),
            next,
        }
    }

    /// Where the next block begins, once that is known.
    pub(super) fn offset(&self) -> u64 {
        self.next.unwrap_or_default()
    }

    /// The header of the next block in the split, or `None` after the last.
    ///
    /// Dropping the future loses nothing: the next call goes on where it was.
    ///
    /// # Errors
    /// Those of reading, of a header or marker that cannot be, and of a block that cannot hold its rows,
    /// with file, block and offset. After an error the walk is over.
    pub async fn next(&mut self) -> Result<Option<BlockInfo>> {
        let block = match self.ahead.pop_front() {
            Some(block) => block,
            None => match self.looks.next().await {
                Some(Ok(Look { first, rest })) => {
                    self.ahead = rest;
                    first
                }
                Some(Err(error)) => return Err(error.in_file(self.file.location())),
                None => return Ok(None),
            },
        };
        self.next = Some(block.end);
        Ok(Some(block))
    }

    /// The same for a block whose rows are only counted.
    pub(super) async fn skip(&mut self) -> Result<Option<BlockInfo>> {
        let block = self.next().await?;
        self.progress.add_blocks_skipped(block.is_some().into());
        Ok(block)
    }
}

impl fmt::Debug for BlockWalk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockWalk")
            .field("file", self.file.location())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// Looks at block headers, some at a time.
struct Looker {
    file: Arc<AvroFile>,
    split: Split,
    limits: Limits,
    progress: Progress,
    /// Once it is known where the first block begins.
    steps: Option<Steps>,
    /// How many blocks are looked at next time, where that is done in another thread.
    at_once: usize,
    /// How many more may be looked at without another thread.
    at_first: usize,
    /// Comes after the blocks before it.
    failed: Option<Error>,
}

impl Looker {
    fn new(file: Arc<AvroFile>, split: Split, limits: Limits, progress: Progress) -> Self {
        Self {
            file,
            split,
            limits,
            progress,
            steps: None,
            at_once: 1,
            at_first: AT_FIRST,
            failed: None,
        }
    }

    fn begin(&mut self, offset: u64, smallest_row: Option<usize>) {
        let (file, limits) = (self.file.clone(), self.limits.clone());
        self.steps = Some(Steps::new(
            file,
            limits,
            smallest_row,
            offset,
            self.split.end,
        ));
    }

    /// The next blocks, or `None` after the last.
    async fn look(&mut self) -> Result<Option<Look>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.steps.is_none() {
            let smallest_row = self.file.smallest_row(&self.limits)?;
            let start = find_start_of_walk(&self.file, self.split, &self.limits, &self.progress);
            match start.await? {
                Some(offset) => self.begin(offset, Some(smallest_row)),
                None => return Ok(None),
            }
        }
        let Some(steps) = &mut self.steps else {
            return Ok(None);
        };
        let one = |first| Look {
            first,
            rest: VecDeque::new(),
        };
        // Asked for nothing, which costs nothing.
        if self.file.source().read_now(0..0).is_none() {
            return Ok(steps.next(&self.progress).await?.map(one));
        }
        if let Some(left) = self.at_first.checked_sub(1) {
            self.at_first = left;
            if let Some(block) = steps.next_at_once(&self.progress) {
                return Ok(block?.map(one));
            }
            self.at_first = 0;
        }
        self.look_elsewhere().await
    }

    /// The same in a thread that may block.
    async fn look_elsewhere(&mut self) -> Result<Option<Look>> {
        let Some(mut steps) = self.steps.take() else {
            return Ok(None);
        };
        let most = self.at_once;
        self.at_once = most.saturating_mul(2).min(MOST_AT_ONCE);
        let progress = self.progress.clone();
        let look = move || {
            let mut blocks = VecDeque::with_capacity(most);
            let mut failed = None;
            while blocks.len() < most {
                match steps.next_now(&progress) {
                    Ok(Some(block)) => blocks.push_back(block),
                    Ok(None) => break,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            (steps, blocks, failed)
        };
        let (steps, mut rest, failed) = runtime::run_blocking(look).await?;
        self.steps = Some(steps);
        match (rest.pop_front(), failed) {
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
            (Some(first), failed) => {
                self.failed = failed;
                Ok(Some(Look { first, rest }))
            }
        }
    }
}
