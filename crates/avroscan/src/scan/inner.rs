//! Good blocks inside of a damaged one.
//!
//! A damaged size can lead to the marker of a later block. The block looks well framed then, and
//! what it holds makes no sense: its own rows are followed by a marker and more blocks. These are what
//! a split that begins among them finds, so they are read whatever the splits. Inside of these nothing
//! is looked for again: blocks within blocks within blocks would be decoded over and over.

use std::sync::Arc;

use bytes::Bytes;

use crate::container::{BlockHeader, ByteQueue, RawBlock, Resync, Resynced, Step};
use crate::error::Error;
use crate::limits::Limits;
use crate::scan::{AvroFile, BadBlock};

/// What comes next inside of a damaged block.
pub(super) enum Piece {
    Good(RawBlock),
    Bad(BadBlock),
}

/// What follows the damage inside of a damaged block, one after the other.
pub(super) struct InnerBlocks {
    file: Arc<AvroFile>,
    limits: Limits,
    queue: ByteQueue,
    /// Where the queue begins in the file.
    offset: u64,
    /// Where the damaged block ends, and where no block is wanted any more.
    size: u64,
    end: u64,
}

/// The block of this header, which `error` tells of, as bad.
pub(super) fn whole(file: &AvroFile, header: BlockHeader, error: &Error) -> BadBlock {
    let rows = Some(header.rows as u64);
    let bytes = header.end() - header.offset;
    BadBlock::new(file.location(), header.offset, bytes, error).with_rows(rows, rows)
}

/// Looks for good blocks in the `data` of the block of this header, which `error` tells of. What is
/// bad of it, and what follows, as far as it begins before `end`.
pub(super) fn look_inside(
    file: &Arc<AvroFile>,
    header: BlockHeader,
    data: Bytes,
    end: u64,
    limits: &Limits,
    error: &Error,
) -> (BadBlock, Option<InnerBlocks>) {
    let start = header.marker() - data.len() as u64;
    let search = Resync::within(data, start, file.header().sync, limits.clone());
    let found = finish(search).filter(|(found, _)| found.end < header.end());
    let Some((found, queue)) = found else {
        return (whole(file, header, error), None);
    };
    let bytes = found.end - header.offset;
    let bad = BadBlock::new(file.location(), header.offset, bytes, error);
    let inner = InnerBlocks {
        file: file.clone(),
        limits: limits.clone(),
        queue,
        offset: found.end,
        size: header.end(),
        end,
    };
    (bad.with_rows(Some(header.rows as u64), None), Some(inner))
}

impl InnerBlocks {
    pub(super) fn next(&mut self) -> Option<Piece> {
        let (offset, size, limits) = (self.offset, self.size, &self.limits);
        if offset >= size.min(self.end) {
            return None;
        }
        let sync = self.file.header().sync;
        let declared_rows = BlockHeader::declared_rows(&self.queue, limits);
        let taken = match BlockHeader::peek(&self.queue, 0, offset, size, limits) {
            Ok(Step::Ready(header)) => header.take_from(&mut self.queue, &sync),
            Ok(Step::Need(_)) => return None,
            Err(error) => Err(error),
        };
        match taken {
            Ok(block) => {
                self.offset = block.header.end();
                Some(Piece::Good(block))
            }
            Err(error) => {
                let queue = std::mem::take(&mut self.queue);
                let search = Resync::new(queue, offset, size, sync, limits.clone());
                let (found, queue) = finish(search)?;
                (self.offset, self.queue) = (found.end, queue);
                let bytes = found.end - offset;
                let bad = BadBlock::new(self.file.location(), offset, bytes, &error);
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
