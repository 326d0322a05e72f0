//! Block after block, each with what a reading of all columns makes of it.

use std::sync::Arc;

use crate::error::Result;
use crate::limits::Limits;
use crate::scan::blocks::BlockStream;
use crate::scan::inner::{InnerBlocks, Piece, look_inside, whole};
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
    /// What is inside of the last damaged block, of this number.
    inner: Option<(u64, InnerBlocks)>,
    /// Blocks and damaged parts so far.
    met: u64,
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
            inner: None,
            met: 0,
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
        let mut next = next.map_err(|error| error.in_file(self.file.location()))?;
        if let Some(CheckedBlock::Bad(bad)) = &mut next {
            bad.block = Some(self.met);
        }
        self.met += 1;
        Ok(next)
    }

    async fn next_block(&mut self) -> Result<Option<CheckedBlock>> {
        let inner = self.inner.as_mut();
        let (index, piece) = match inner.and_then(|(index, inner)| Some((*index, inner.next()?))) {
            Some(next) => next,
            None => {
                self.inner = None;
                let Some(blocks) = &mut self.blocks else {
                    return Ok(None);
                };
                match blocks.next().await {
                    Ok(None) => return Ok(None),
                    Ok(Some((index, block))) => {
                        blocks.in_hand().used(block.header.end());
                        (index, Piece::Good(block))
                    }
                    Err(error) => (0, Piece::Bad(blocks.pass(error).await?.block)),
                }
            }
        };
        let block = match piece {
            Piece::Bad(block) => return Ok(Some(CheckedBlock::Bad(block))),
            Piece::Good(block) => block,
        };
        let header = block.header;
        let error = match self.worker.check(index, &block) {
            Ok(()) => return Ok(Some(CheckedBlock::Good(BlockInfo::of(&header)))),
            Err(error) if error.is_data() => error,
            Err(error) => return Err(error),
        };
        if self.inner.is_some() {
            let bad = whole(&self.file, header, &error);
            return Ok(Some(CheckedBlock::Bad(bad)));
        }
        let (file, limits) = (&self.file, &self.limits);
        let (bad, inner) = look_inside(file, header, block.data, u64::MAX, limits, &error);
        self.inner = inner.map(|inner| (index, inner));
        Ok(Some(CheckedBlock::Bad(bad)))
    }
}

impl std::fmt::Debug for BlockCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockCheck")
            .field("file", self.file.location())
            .finish_non_exhaustive()
    }
}
