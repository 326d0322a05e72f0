//! Block after block, each with what a reading of all columns makes of it.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};

use crate::error::Result;
use crate::scan::blocks::BlockStream;
use crate::scan::inner::{InnerBlocks, Piece};
use crate::scan::job::Worker;
use crate::scan::{AvroFile, BadBlock, BlockInfo, ReadReport, ScanOptions};
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
    /// Owns all that is in progress, so that [`next`](Self::next) can be dropped and called again.
    checks: BoxStream<'static, Result<CheckedBlock>>,
}

/// Checks one block after the other.
struct Checker {
    blocks: Option<BlockStream>,
    worker: Worker,
    report: ReadReport,
    /// What is inside of the last damaged block of the file, of this number.
    inner: InnerBlocks,
    index: u64,
    /// Blocks and damaged parts so far.
    met: u64,
}

impl AvroFile {
    /// Looks at all blocks of the file. Limits, read-ahead, what becomes of bytes after the last row of
    /// a block, the report that counts these, and the counters of what is read come from `options`.
    ///
    /// # Errors
    /// Those of [`ScanOptions::plan`] but [`Limit::ColumnDepth`](crate::Limit::ColumnDepth), as no
    /// column is handed out; and those of reading.
    pub async fn check(self: &Arc<Self>, options: &ScanOptions) -> Result<BlockCheck> {
        let in_file = |error: crate::Error| error.in_file(self.location());
        let plan = options.plan_of_any_depth(&self.header().schema);
        let plan = plan.map_err(in_file)?;
        let blocks = BlockStream::open(self, Split::all(), options).await;
        let checker = Checker {
            blocks: blocks.map_err(in_file)?,
            worker: Worker::new(self, &Arc::new(plan), options),
            report: options.report.clone(),
            inner: InnerBlocks::new(self, 0..u64::MAX, &options.limits),
            index: 0,
            met: 0,
        };
        let checks = stream::try_unfold(checker, |mut checker| async move {
            Ok(checker.next().await?.map(|block| (block, checker)))
        });
        Ok(BlockCheck {
            file: self.clone(),
            checks: checks.boxed(),
        })
    }
}

impl BlockCheck {
    /// The next block in the order of the file, or `None` after the last.
    ///
    /// Dropping the future loses nothing: the next call goes on where it was.
    ///
    /// # Errors
    /// What no scan skips: errors of reading and of limits. After an error the check is over.
    pub async fn next(&mut self) -> Result<Option<CheckedBlock>> {
        let next = self.checks.next().await.transpose();
        next.map_err(|error| error.in_file(self.file.location()))
    }
}

impl Checker {
    async fn next(&mut self) -> Result<Option<CheckedBlock>> {
        let mut next = self.next_block().await?;
        if let Some(CheckedBlock::Bad(bad)) = &mut next {
            bad.block = Some(self.met);
        }
        self.met += 1;
        Ok(next)
    }

    async fn next_block(&mut self) -> Result<Option<CheckedBlock>> {
        let block = match self.inner.next() {
            Some(Piece::Bad(block)) => return Ok(Some(CheckedBlock::Bad(block))),
            Some(Piece::Good(block) | Piece::Behind(block)) => block,
            None => {
                let Some(blocks) = &mut self.blocks else {
                    return Ok(None);
                };
                match blocks.next().await {
                    Ok(None) => return Ok(None),
                    Ok(Some(next)) => {
                        blocks.in_hand().used(next.block.header.end());
                        self.index = next.index;
                        next.block
                    }
                    Err(error) => {
                        let bad = blocks.pass(error).await?.block;
                        return Ok(Some(CheckedBlock::Bad(bad)));
                    }
                }
            }
        };
        let header = block.header;
        let checked = self.worker.check(self.index, &block);
        self.report.leave(self.worker.take_left_over());
        match checked {
            Ok(()) => Ok(Some(CheckedBlock::Good(BlockInfo::of(&header)))),
            Err(error) if error.is_data() => {
                let bad = self.inner.look_inside(header, block.data, &error);
                Ok(Some(CheckedBlock::Bad(bad)))
            }
            Err(error) => Err(error),
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
