//! Block after block, each with what a reading of all columns makes of it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::container::RawBlock;
use crate::error::Result;
use crate::limits::Limits;
use crate::scan::blocks::BlockStream;
use crate::scan::inner::look_inside;
use crate::scan::job::Worker;
use crate::scan::{AvroFile, BadBlock, BlockInfo, ScanOptions};
use crate::split::Split;

/// A block that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckedBlock {
    /// All of its rows can be read, and nothing is left over.
    Good(BlockInfo),
    /// What a scan with [`OnError::Skip`](crate::OnError::Skip) skips.
    Bad(BadBlock),
}

/// Decodes all columns of all blocks of a file, one after the other, and says of each whether it is
/// good: made by [`AvroFile::check`].
pub struct BlockCheck {
    file: Arc<AvroFile>,
    blocks: Option<BlockStream>,
    worker: Worker,
    limits: Limits,
    /// What was found inside of the last damaged block.
    inner: VecDeque<Inner>,
}

enum Inner {
    Good(u64, RawBlock),
    Bad(BadBlock),
}

impl AvroFile {
    /// Looks at all blocks of the file. Limits, read-ahead and the counters of what is read come
    /// from `options`.
    ///
    /// # Errors
    /// Those of [`ScanOptions::plan`], and of reading.
    pub async fn check(self: &Arc<Self>, options: &ScanOptions) -> Result<BlockCheck> {
        let in_file = |error: crate::Error| error.in_file(self.location());
        let plan = options.plan(&self.header().schema).map_err(in_file)?;
        let blocks = BlockStream::open(self, Split::all(), options).await;
        Ok(BlockCheck {
            file: self.clone(),
            blocks: blocks.map_err(in_file)?,
            worker: Worker::new(self, &Arc::new(plan), &options.limits),
            limits: options.limits.clone(),
            inner: VecDeque::new(),
        })
    }
}

impl BlockCheck {
    /// The next block in the order of the file, or `None` after the last.
    ///
    /// # Errors
    /// What no scan skips: errors of reading and of limits.
    pub async fn next(&mut self) -> Result<Option<CheckedBlock>> {
        let next = self.next_block().await;
        next.map_err(|error| error.in_file(self.file.location()))
    }

    async fn next_block(&mut self) -> Result<Option<CheckedBlock>> {
        let next = match self.inner.pop_front() {
            Some(next) => next,
            None => {
                let Some(blocks) = &mut self.blocks else {
                    return Ok(None);
                };
                match blocks.next().await {
                    Ok(None) => return Ok(None),
                    Ok(Some((index, block))) => {
                        blocks.in_hand().used(block.header.end());
                        Inner::Good(index, block)
                    }
                    Err(error) => Inner::Bad(blocks.pass(error).await?.block),
                }
            }
        };
        let (index, block) = match next {
            Inner::Bad(block) => return Ok(Some(CheckedBlock::Bad(block))),
            Inner::Good(index, block) => (index, block),
        };
        let header = block.header;
        let error = match self.worker.check(index, &block) {
            Ok(()) => return Ok(Some(CheckedBlock::Good(BlockInfo::of(&header)))),
            Err(error) if error.is_data() => error,
            Err(error) => return Err(error),
        };
        let found = look_inside(
            &self.file,
            header,
            block.data,
            u64::MAX,
            &self.limits,
            &error,
        );
        let mut inner: Vec<_> = found.bad.into_iter().map(Inner::Bad).collect();
        let good = found.good.into_iter();
        inner.extend(good.map(|block| Inner::Good(index, block)));
        inner.sort_by_key(|inner| match inner {
            Inner::Good(_, block) => block.header.offset,
            Inner::Bad(block) => block.offset,
        });
        // The first is the damaged block itself, and nothing else can be before it.
        self.inner.extend(inner);
        match self.inner.pop_front() {
            Some(Inner::Bad(block)) => Ok(Some(CheckedBlock::Bad(block))),
            _ => Err(error),
        }
    }
}

impl std::fmt::Debug for BlockCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCheck")
            .field("file", self.file.location())
            .finish_non_exhaustive()
    }
}
