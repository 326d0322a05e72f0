//! Good blocks inside of a damaged one.
//!
//! A damaged size can lead to the marker of a later block. The block looks well framed then, and
//! what it holds makes no sense: its own rows are followed by a marker and more blocks. These are what
//! a split that begins among them finds, so they are read whatever the splits. One of them may be
//! damaged in the same way, and so on; but not without end, since blocks within blocks within blocks
//! would be decoded over and over.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::container::{BlockHeader, ByteQueue, RawBlock, Resync, Resynced, Step};
use crate::error::Error;
use crate::limits::Limits;
use crate::scan::{AvroFile, BadBlock};

/// So many damaged blocks inside of each other are looked into: no byte is decoded more often than
/// once for each, and once more.
pub(super) const MAX_LEVELS: usize = 8;

/// What comes next inside of a damaged block.
pub(super) enum Piece {
    Good(RawBlock),
    Bad(BadBlock),
    /// A block that is not wanted itself: if it is damaged, what is inside of it may be.
    Behind(RawBlock),
}

/// What follows the damage inside of damaged blocks, one after the other.
pub(super) struct InnerBlocks {
    file: Arc<AvroFile>,
    limits: Limits,
    /// Where blocks begin that are wanted.
    wanted: Range<u64>,
    /// Each inside of a block of the one before.
    levels: Vec<Level>,
}

/// The rest of a damaged block.
struct Level {
    queue: ByteQueue,
    /// Where the queue begins in the file, and where the damaged block ends.
    offset: u64,
    end: u64,
    /// Where the damage began before the next block, if no marker is between them: whoever
    /// skips the one reads the other.
    unmarked: Option<u64>,
}

/// The block of this header, which `error` tells of, as bad.
fn whole(file: &AvroFile, header: BlockHeader, error: &Error) -> BadBlock {
    let rows = Some(header.rows as u64);
    let bytes = header.end() - header.offset;
    BadBlock::new(file.location(), header.offset, bytes, error).with_rows(rows, rows)
}

impl InnerBlocks {
    /// No blocks yet; of those to come, the ones that begin in this range are wanted.
    pub(super) fn new(file: &Arc<AvroFile>, wanted: Range<u64>, limits: &Limits) -> Self {
        Self {
            file: file.clone(),
            limits: limits.clone(),
            wanted,
            levels: Vec::new(),
        }
    }

    /// The first offset at which a block is wanted.
    pub(super) fn wanted_from(&self) -> u64 {
        self.wanted.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Looks for good blocks in the `data` of the block of this header, which `error` tells of: they
    /// come next. What is bad of it.
    pub(super) fn look_inside(
        &mut self,
        header: BlockHeader,
        data: Bytes,
        error: &Error,
    ) -> BadBlock {
        if self.levels.len() == MAX_LEVELS {
            return whole(&self.file, header, error);
        }
        let start = header.marker() - data.len() as u64;
        let sync = self.file.header().sync;
        let search = Resync::within(data, start, sync, self.limits.clone());
        let found = finish(search).filter(|(found, _)| found.end < header.end());
        let Some((found, queue)) = found else {
            return whole(&self.file, header, error);
        };
        self.levels.push(Level {
            queue,
            offset: found.end,
            end: header.end(),
            unmarked: None,
        });
        let bytes = found.end - header.offset;
        BadBlock::new(self.file.location(), header.offset, bytes, error)
            .with_rows(Some(header.rows as u64), None)
    }

    pub(super) fn next(&mut self) -> Option<Piece> {
        loop {
            let level = self.levels.last_mut()?;
            if level.offset >= level.end {
                self.levels.pop();
                continue;
            }
            let from = level.unmarked.unwrap_or(level.offset);
            if from >= self.wanted.end {
                self.levels.clear();
                return None;
            }
            let is_wanted = from >= self.wanted.start;
            match level.next(&self.file, &self.limits) {
                None => {
                    self.levels.pop();
                }
                Some(Piece::Good(block)) if !is_wanted => {
                    if block.header.end() > self.wanted.start {
                        return Some(Piece::Behind(block));
                    }
                }
                Some(Piece::Bad(_)) if !is_wanted => {}
                piece => return piece,
            }
        }
    }
}

impl Level {
    fn next(&mut self, file: &AvroFile, limits: &Limits) -> Option<Piece> {
        let (offset, end, sync) = (self.offset, self.end, file.header().sync);
        let declared_rows = BlockHeader::declared_rows(&self.queue, limits);
        let taken = match BlockHeader::peek(&self.queue, 0, offset, end, limits) {
            Ok(Step::Ready(header)) => header.take_from(&mut self.queue, &sync),
            Ok(Step::Need(_)) => return None,
            Err(error) => Err(error),
        };
        match taken {
            Ok(block) => {
                self.offset = block.header.end();
                self.unmarked = None;
                Some(Piece::Good(block))
            }
            Err(error) => {
                let queue = std::mem::take(&mut self.queue);
                let search = Resync::new(queue, offset, end, sync, limits.clone());
                let (found, queue) = finish(search)?;
                (self.offset, self.queue) = (found.end, queue);
                self.unmarked = match found.has_marker {
                    true => None,
                    false => Some(self.unmarked.unwrap_or(offset)),
                };
                let bytes = found.end - offset;
                let bad = BadBlock::new(file.location(), offset, bytes, &error);
                Some(Piece::Bad(bad.with_rows(declared_rows, found.rows)))
            }
        }
    }
}

/// A search among bytes that are all there, and the bytes after what it found.
fn finish(mut search: Resync) -> Option<(Resynced, ByteQueue)> {
    match search.next() {
        Step::Ready(found) => Some((found, search.into_queue())),
        Step::Need(_) => None,
    }
}
