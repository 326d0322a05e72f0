//! The blocks of a split, as stored, with the bytes fetched ahead.

use std::sync::Arc;

use bytes::Bytes;

use crate::container::{BlockHeader, ByteQueue, RawBlock, Resync, SYNC_LENGTH, Step};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::scan::read_ahead::{InHand, ReadAhead};
use crate::scan::start::{Start, find_start, walk_past_damage_to};
use crate::scan::{AvroFile, BadBlock, OnError, ScanOptions};
use crate::split::Split;

/// How much is waited for of a block that is taken in pieces, where nothing is fetched ahead.
const PIECE_BYTES: u64 = 1 << 20;

/// Reads block after block of one split of a file.
#[derive(Debug)]
pub(super) struct BlockStream {
    file: Arc<AvroFile>,
    /// What has been fetched from the next block on.
    queue: ByteQueue,
    /// Where the next block begins in the file.
    offset: u64,
    ahead: ReadAhead,
    /// The first offset at which no block is wanted any more.
    end: u64,
    limits: Limits,
    /// Number of the next block.
    index: u64,
    /// Where the next block is not wanted itself: see [`NextBlock::behind`].
    behind: Option<u64>,
    /// For who skips damaged blocks, until it is known where the chain of blocks from the start of the
    /// file comes to: the blocks may be inside of a damaged one.
    doubt: Option<Box<ScanOptions>>,
}

/// A block as stored.
pub(super) struct NextBlock {
    /// Its number.
    pub(super) index: u64,
    pub(super) block: RawBlock,
    /// The block is not wanted itself. If it is damaged, good blocks inside of it are, from this
    /// offset on.
    pub(super) behind: Option<u64>,
}

/// What was passed over.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) block: BadBlock,
    /// Whether there is a marker before the block that comes next: only then can a split that
    /// begins between the two find that block.
    pub(super) has_marker: bool,
}

impl BlockStream {
    /// Begins at the first block of `split`; `None` where no block begins in it.
    pub(super) async fn open(
        file: &Arc<AvroFile>,
        split: Split,
        options: &ScanOptions,
    ) -> Result<Option<Self>> {
        let Some(start) = find_start(file, split, options).await? else {
            return Ok(None);
        };
        let end = file.block_range(split).end;
        Self::open_at(file, start, end, options).map(Some)
    }

    /// Begins at the block at `start`.
    pub(super) fn open_at(
        file: &Arc<AvroFile>,
        start: Start,
        end: u64,
        options: &ScanOptions,
    ) -> Result<Self> {
        let fetched = start.offset.saturating_add(start.bytes.len() as u64);
        let doubts = !start.in_chain && options.on_error == OnError::Skip;
        let mut queue = ByteQueue::default();
        queue.push(start.bytes);
        let ahead = ReadAhead::start(file.clone(), fetched..end.max(fetched), options)?;
        Ok(Self {
            file: file.clone(),
            queue,
            offset: start.offset,
            ahead,
            end,
            limits: options.limits.clone(),
            index: 0,
            behind: start.behind,
            doubt: doubts.then(|| Box::new(options.clone())),
        })
    }

    /// Where the next block begins in the file.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whom to tell when blocks are used up.
    pub(super) fn in_hand(&self) -> InHand {
        self.ahead.in_hand()
    }

    /// The header of the next block, before the block is there, or `None` after the last.
    pub(super) async fn peek(&mut self) -> Result<Option<BlockHeader>> {
        let mut header = self.next_header().await;
        if self.is_doubtful(&header, |_| false) && self.resolve_doubt(self.offset).await? {
            header = self.next_header().await;
        }
        header.map_err(|error| error.in_block(self.index))
    }

    /// The next block, or `None` after the last.
    ///
    /// After an error that the file is to blame for, [`pass`](Self::pass) goes on.
    pub(super) async fn next(&mut self) -> Result<Option<NextBlock>> {
        let offset = self.offset;
        let mut block = self.next_block().await;
        // Never in a sound file: it is the end of a block that this one is inside of, or a block
        // that is inside of this one.
        let sync = self.file.header().sync;
        let has_marker = |block: &RawBlock| memchr::memmem::find(&block.data, &sync).is_some();
        if self.is_doubtful(&block, has_marker) && self.resolve_doubt(offset).await? {
            block = self.next_block().await;
        }
        let index = self.index;
        let block = block.map_err(|error| error.in_block(index))?;
        self.index += 1;
        let behind = self.behind.take();
        Ok(block.map(|block| NextBlock {
            index,
            block,
            behind,
        }))
    }

    /// Whether what was read says that something is damaged, and it is not known where.
    fn is_doubtful<T>(&self, read: &Result<Option<T>>, is_odd: impl Fn(&T) -> bool) -> bool {
        self.doubt.is_some()
            && match read {
                Ok(Some(block)) => is_odd(block),
                Ok(None) => false,
                Err(error) => error.is_data(),
            }
    }

    /// Finds out whether the block at `offset` is inside of another one. If so, the reading goes on with that
    /// one, which knows how far the damage goes, whatever the split.
    async fn resolve_doubt(&mut self, offset: u64) -> Result<bool> {
        let Some(options) = self.doubt.take() else {
            return Ok(false);
        };
        let start = walk_past_damage_to(&self.file, offset, &options).await?;
        if start.behind.is_none() {
            return Ok(false);
        }
        let stream = Self::open_at(&self.file, start, self.end, &options)?;
        let index = self.index;
        *self = Self { index, ..stream };
        Ok(true)
    }

    async fn next_header(&mut self) -> Result<Option<BlockHeader>> {
        if self.offset >= self.end {
            return Ok(None);
        }
        loop {
            let size = self.file.size();
            match BlockHeader::peek(&self.queue, 0, self.offset, size, &self.limits)? {
                Step::Ready(header) => return Ok(Some(header)),
                Step::Need(more) => self.fetch(self.queue.len().saturating_add(more)).await?,
            }
        }
    }

    async fn next_block(&mut self) -> Result<Option<RawBlock>> {
        let Some(header) = self.next_header().await? else {
            return Ok(None);
        };
        let length = header.total();
        self.fetch(length).await?;
        let block = header.take_from(&mut self.queue, &self.file.header().sync)?;
        self.offset = header.end();
        self.ahead.took(self.offset, length as u64);
        Ok(Some(block))
    }

    /// Some of the bytes of the block of this header, those from `at` on in the file; `None` after
    /// the last. [`leave`](Self::leave) follows then.
    pub(super) async fn next_piece(
        &mut self,
        header: &BlockHeader,
        at: u64,
    ) -> Result<Option<Bytes>> {
        let left = header.marker().saturating_sub(at);
        if left == 0 {
            return Ok(None);
        }
        if at == header.data() {
            self.queue.skip((at - header.offset) as usize);
        }
        if self.queue.len() == 0 {
            let demanded = at.saturating_add(left.min(PIECE_BYTES));
            let piece = self.ahead.next(demanded).await;
            let piece = piece.map_err(|error| self.locate(error))?;
            self.queue.push(piece);
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let piece = self.queue.take_piece(most);
        let end = at.saturating_add(piece.len() as u64);
        self.ahead.took(end, 0);
        self.ahead.in_hand().used(end);
        Ok(Some(piece))
    }

    /// Goes on behind the block of this header, of which all bytes have been taken.
    ///
    /// # Errors
    /// [`SyncMarker`](crate::ErrorKind::SyncMarker), and those of reading.
    pub(super) async fn leave(&mut self, header: &BlockHeader) -> Result<()> {
        let mut marker = [0; SYNC_LENGTH];
        while self.queue.copy_to(0, &mut marker) < SYNC_LENGTH {
            let piece = self.ahead.next(header.end()).await;
            let piece = piece.map_err(|error| self.locate(error))?;
            self.queue.push(piece);
        }
        let checked = header.check_marker(&marker, &self.file.header().sync);
        checked.map_err(|error| error.in_block(self.index))?;
        self.queue.skip(SYNC_LENGTH);
        self.offset = header.end();
        self.index += 1;
        self.ahead.took(self.offset, header.total() as u64);
        Ok(())
    }

    /// Bytes of blocks that are wanted after the block of this header.
    pub(super) fn after(&self, header: &BlockHeader) -> u64 {
        self.end.saturating_sub(header.end())
    }

    /// The number of the next block.
    pub(super) fn index(&self) -> u64 {
        self.index
    }

    fn locate(&self, error: Error) -> Error {
        error.in_block(self.index).at_offset(self.offset)
    }

    /// Passes over the block that `error` tells of, to the next good one.
    ///
    /// # Errors
    /// That error, unless the bytes of the block are to blame; and those of reading.
    pub(super) async fn pass(&mut self, error: Error) -> Result<Damage> {
        if !error.is_data() {
            return Err(error);
        }
        let declared_rows = BlockHeader::declared_rows(&self.queue, &self.limits);
        let offset = self.offset;
        let mut search = Resync::new(
            std::mem::take(&mut self.queue),
            offset,
            self.file.size(),
            self.file.header().sync,
            self.limits.clone(),
        );
        let found = loop {
            match search.next() {
                Step::Ready(found) => break found,
                Step::Need(more) => {
                    let demanded = search.buffered_to().saturating_add(more as u64);
                    let piece = self.ahead.next(demanded).await;
                    search.push(piece.map_err(|error| error.at_offset(offset))?);
                }
            }
        };
        self.queue = search.into_queue();
        self.offset = found.end;
        self.index += 1;
        self.ahead.took(found.end, 0);
        if !found.has_marker {
            // No other split can find it.
            let after = found.end.saturating_add(1).min(self.file.size());
            self.end = self.end.max(after);
        }
        let bytes = found.end - offset;
        let block = BadBlock::new(self.file.location(), offset, bytes, &error)
            .with_rows(declared_rows, found.rows);
        Ok(Damage {
            block,
            has_marker: found.has_marker,
        })
    }

    /// Waits until the queue has so many bytes.
    async fn fetch(&mut self, length: usize) -> Result<()> {
        let demanded = self.offset.saturating_add(length as u64);
        while self.queue.len() < length {
            let piece = self.ahead.next(demanded).await;
            self.queue
                .push(piece.map_err(|error| error.at_offset(self.offset))?);
        }
        Ok(())
    }
}
