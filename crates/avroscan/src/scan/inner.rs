//! Good blocks inside of a damaged one.
//!
//! A damaged size can lead to the marker of a later block. The block looks well framed then, and
//! what it holds makes no sense: its own rows are followed by a marker and more blocks. These are what
//! a split that begins among them finds, so they are read whatever the splits.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::container::{BlockHeader, RawBlock, Resync, Resynced, Step};
use crate::error::Error;
use crate::limits::Limits;
use crate::scan::{AvroFile, BadBlock};

/// What became of a damaged block.
pub(super) struct Inner {
    /// The damaged parts, in order: the first begins where the block does.
    pub(super) bad: Vec<BadBlock>,
    /// The good blocks between them.
    pub(super) good: VecDeque<RawBlock>,
}

/// Looks for good blocks in the `data` of the block of this header, which `error` tells of, and
/// takes those that begin before `end`.
pub(super) fn look_inside(
    file: &AvroFile,
    header: BlockHeader,
    data: Bytes,
    end: u64,
    limits: &Limits,
    error: &Error,
) -> Inner {
    let rows = header.rows as u64;
    let whole = |bytes| BadBlock::new(file.location(), header.offset, bytes, error);
    let sync = file.header().sync;
    let start = header.marker() - data.len() as u64;
    let search = Resync::within(data, start, sync, limits.clone());
    let Some((found, search)) = finish(search).filter(|(found, _)| found.end < header.end()) else {
        let whole = whole(header.end() - header.offset);
        return Inner {
            bad: vec![whole.with_rows(Some(rows), Some(rows))],
            good: VecDeque::new(),
        };
    };
    let first = whole(found.end - header.offset).with_rows(Some(rows), None);
    let mut inner = Inner {
        bad: vec![first],
        good: VecDeque::new(),
    };
    let (mut offset, mut queue) = (found.end, search.into_queue());
    let size = header.end();
    while offset < size.min(end) {
        let declared_rows = BlockHeader::declared_rows(&queue, limits);
        let taken = match BlockHeader::peek(&queue, 0, offset, size, limits) {
            Ok(Step::Ready(header)) => header.take_from(&mut queue, &sync),
            Ok(Step::Need(_)) => return inner,
            Err(error) => Err(error),
        };
        match taken {
            Ok(block) => {
                offset = block.header.end();
                inner.good.push_back(block);
            }
            Err(error) => {
                let search = Resync::new(queue, offset, size, sync, limits.clone());
                let Some((found, search)) = finish(search) else {
                    return inner;
                };
                let bad = BadBlock::new(file.location(), offset, found.end - offset, &error);
                inner.bad.push(bad.with_rows(declared_rows, found.rows));
                (offset, queue) = (found.end, search.into_queue());
            }
        }
    }
    inner
}

/// A search among bytes that are all there.
fn finish(mut search: Resync) -> Option<(Resynced, Resync)> {
    match search.next() {
        Step::Ready(found) => Some((found, search)),
        Step::Need(_) => None,
    }
}
