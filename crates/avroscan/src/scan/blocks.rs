//! The blocks of a split, as stored, with the bytes fetched ahead.

use std::sync::Arc;

use crate::container::{BlockHeader, ByteQueue, Framer, RawBlock, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::scan::read_ahead::{InHand, ReadAhead};
use crate::scan::start::find_start;
use crate::scan::{AvroFile, ScanOptions};
use crate::split::Split;

/// Reads block after block of one split of a file.
#[derive(Debug)]
pub(super) struct BlockStream {
    /// Is given whole blocks, so that the header of the next one can be looked at before it is there.
    framer: Framer,
    /// What comes after the framer's bytes: from the next block on.
    queue: ByteQueue,
    ahead: ReadAhead,
    /// The first offset at which no block is wanted any more.
    end: u64,
    file_size: u64,
    limits: Limits,
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
            ByteQueue::default(),
            start.offset,
            end,
            file.size(),
            file.header().sync,
            options.limits.clone(),
        );
        let ahead = ReadAhead::start(file.clone(), fetched..end.max(fetched), options)?;
        Ok(Some(Self {
            framer,
            queue,
            ahead,
            end,
            file_size: file.size(),
            limits: options.limits.clone(),
            index: 0,
        }))
    }

    /// Where the next block begins in the file.
    pub(super) fn offset(&self) -> u64 {
        self.framer.offset()
    }

    /// Whom to tell when blocks are used up.
    pub(super) fn in_hand(&self) -> InHand {
        self.ahead.in_hand()
    }

    /// The header of the next block, before the block is there, or `None` after the last.
    pub(super) async fn peek(&mut self) -> Result<Option<BlockHeader>> {
        let header = self.next_header().await;
        header.map_err(|error| error.in_block(self.index))
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

    async fn next_header(&mut self) -> Result<Option<BlockHeader>> {
        let offset = self.offset();
        if offset >= self.end {
            return Ok(None);
        }
        loop {
            let mut start = [0; BlockHeader::MAX_LENGTH];
            let filled = self.queue.copy_to(0, &mut start);
            let start = start.get(..filled).unwrap_or_default();
            match BlockHeader::parse(start, offset, self.file_size, &self.limits)? {
                Step::Ready(header) => return Ok(Some(header)),
                Step::Need(more) => self.fetch(self.queue.len().saturating_add(more)).await?,
            }
        }
    }

    async fn next_block(&mut self) -> Result<Option<RawBlock>> {
        let Some(header) = self.next_header().await? else {
            return Ok(None);
        };
        let bytes = header.end() - header.offset;
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.fetch(length).await?;
        self.framer.push(self.queue.take(length));
        match self.framer.next()? {
            Step::Ready(block) => {
                self.ahead.took(self.offset(), bytes);
                Ok(block)
            }
            Step::Need(_) => Err(cut_short().at_offset(header.offset)),
        }
    }

    /// Waits until the queue has so many bytes.
    async fn fetch(&mut self, length: usize) -> Result<()> {
        let offset = self.offset();
        let begin = self.framer.buffered_to();
        let demanded = begin.saturating_add(length as u64);
        while self.queue.len() < length {
            let piece = self.ahead.next(demanded).await;
            self.queue
                .push(piece.map_err(|error| error.at_offset(offset))?);
        }
        Ok(())
    }
}

/// No source hands out fewer bytes than it was asked for.
fn cut_short() -> Error {
    let what = "the file became shorter while it was read";
    Error::new(ErrorKind::Truncated, what)
}
