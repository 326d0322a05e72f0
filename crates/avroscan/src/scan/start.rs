//! Where the reading of a split begins.

use std::sync::Arc;

use bytes::Bytes;

use crate::container::{Step, SyncFound, SyncSearch};
use crate::error::Result;
use crate::limits::Limits;
use crate::scan::{AvroFile, BlockWalk, Progress};
use crate::split::Split;

/// Bytes of the first read in search of a marker: about a block.
const FIRST_SEARCH: u64 = 64 << 10;

/// The first block that begins in a split.
#[derive(Debug)]
pub(super) struct Start {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// The bytes from there on that have been read already.
    pub(super) bytes: Bytes,
}

/// Finds the first block that begins in `split`, or `None` where none does.
pub(super) async fn find_start(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<Option<Start>> {
    let range = file.block_range(split);
    if range.is_empty() {
        return Ok(None);
    }
    // A marker may stand inside the metadata: the header is never searched.
    if split.start <= file.header().length {
        return Ok(Some(Start {
            offset: range.start,
            bytes: Bytes::new(),
        }));
    }
    let mut search = SyncSearch::new(
        range.start,
        range.end,
        file.size(),
        file.header().sync,
        limits.clone(),
    );
    let mut position = SyncSearch::first_byte(range.start);
    let mut length = FIRST_SEARCH.max(file.source().probe_bytes());
    loop {
        match search.next() {
            Step::Ready(SyncFound::Nowhere) => return Ok(None),
            Step::Ready(SyncFound::At(offset, bytes)) => return Ok(Some(Start { offset, bytes })),
            Step::Ready(SyncFound::Doubt) => {
                return by_walking(file, split, limits, progress).await;
            }
            Step::Need(more) => {
                let end = position
                    .saturating_add(length.max(more as u64))
                    .min(file.size());
                let bytes = file.read(position..end, progress).await?;
                search.push(&bytes);
                position = end;
                length = length.saturating_mul(2).min(file.source().request_bytes());
            }
        }
    }
}

/// The same from the chain of block headers, which leaves no doubt and costs a read or so a block.
async fn by_walking(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<Option<Start>> {
    let mut walk = BlockWalk::from_the_first(file.clone(), limits.clone(), progress.clone());
    Ok(walk.seek(split).await?.map(|offset| Start {
        offset,
        bytes: Bytes::new(),
    }))
}
