//! The blocks of a split, as stored, with the bytes fetched ahead.

use std::sync::Arc;

use crate::container::{ByteQueue, Framer, RawBlock, Step};
use crate::error::Result;
use crate::scan::read_ahead::ReadAhead;
use crate::scan::start::find_start;
use crate::scan::{AvroFile, ScanOptions};
use crate::split::Split;

/// Reads block after block of one split of a file.
#[derive(Debug)]
pub(super) struct BlockStream {
    framer: Framer,
    ahead: ReadAhead,
    /// Number of the next block.
    index: u64,
}

impl BlockStream {
    /// Begins at the first block of `split`; `None` where no block begins in it.
    pub(super) async fn open(
        file: &Arc<AvroFile>,
        split: Split,
        options: &ScanOptions,
    ) -> Result<Option<Self>> {
        let Some(start) = find_start(file, split, &options.limits, &options.progress).await? else {
            return Ok(None);
        };
        let fetched = start.offset.saturating_add(start.bytes.len() as u64);
        let mut queue = ByteQueue::default();
        queue.push(start.bytes);
        let end = file.block_range(split).end;
        let framer = Framer::new(
            queue,
            start.offset,
            end,
            file.size(),
            file.header().sync,
            options.limits.clone(),
        );
        let ahead = ReadAhead::start(file.clone(), fetched..end.max(fetched), options)?;
        Ok(Some(Self {
            framer,
            ahead,
            index: 0,
        }))
    }

    /// Where the next block begins in the file.
    pub(super) fn offset(&self) -> u64 {
        self.framer.offset()
    }

    /// The next block and its number, or `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<(u64, RawBlock)>> {
        let index = self.index;
        let block = self
            .next_block()
            .await
            .map_err(|error| error.in_block(index))?;
        self.index += 1;
        Ok(block.map(|block| (index, block)))
    }

    async fn next_block(&mut self) -> Result<Option<RawBlock>> {
        let offset = self.framer.offset();
        loop {
            match self.framer.next()? {
                Step::Ready(block) => {
                    let end = self.framer.offset();
                    self.ahead.took(end, end - offset);
                    return Ok(block);
                }
                Step::Need(more) => {
                    let demanded = self.framer.buffered_to().saturating_add(more as u64);
                    let piece = self.ahead.next(demanded).await;
                    self.framer
                        .push(piece.map_err(|error| error.at_offset(offset))?);
                }
            }
        }
    }
}
