//! Where the reading of a split begins.

use std::sync::Arc;

use bytes::Bytes;

use crate::container::{Step, SyncFound, SyncSearch};
use crate::error::Result;
use crate::limits::Limits;
use crate::scan::blocks::BlockStream;
use crate::scan::read_ahead::RequestSizes;
use crate::scan::{AvroFile, BlockWalk, OnError, Progress, ScanOptions};
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
    /// The block is not wanted itself. If it is damaged, good blocks inside of it are, from this
    /// offset on.
    pub(super) behind: Option<u64>,
    /// Whether the chain of blocks from the start of the file is known to come here. Otherwise it was
    /// found by a marker, and may be inside of a damaged block.
    pub(super) in_chain: bool,
}

impl Start {
    fn at(offset: u64) -> Self {
        Self {
            offset,
            bytes: Bytes::new(),
            behind: None,
            in_chain: true,
        }
    }

    /// A block of which only what is inside is wanted.
    fn behind(offset: u64, from: u64) -> Self {
        Self {
            behind: Some(from),
            ..Self::at(offset)
        }
    }
}

/// What a search for a marker came to.
enum Found {
    Start(Option<Start>),
    /// A marker that is not followed by a good block: only the blocks before can tell.
    Doubt,
}

/// Finds the first block that begins in `split`, or `None` where none does.
///
/// Where damaged blocks are skipped, it may be one of these, but not the block after one that has
/// no marker before it: whoever skips the damaged block reads that one too. And it may be a block
/// of another split, of which nothing but good blocks inside of it is wanted.
pub(super) async fn find_start(
    file: &Arc<AvroFile>,
    split: Split,
    options: &ScanOptions,
) -> Result<Option<Start>> {
    let range = file.block_range(split);
    let first = RequestSizes::new(file, &range, options).first;
    let first = first.min(range.end.saturating_sub(range.start));
    match search(file, split, first, &options.limits, &options.progress).await? {
        Found::Start(start) => Ok(start),
        Found::Doubt if options.on_error == OnError::Fail => {
            let (limits, progress) = (&options.limits, &options.progress);
            let offset = walk_to(file, split, limits, progress).await?;
            Ok(offset.map(Start::at))
        }
        Found::Doubt => {
            let start = walk_past_damage_to(file, split.start, options).await?;
            Ok(Some(start).filter(|start| start.offset < range.end))
        }
    }
}

/// The same for a walk, which skips nothing.
pub(super) async fn find_start_of_walk(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<Option<u64>> {
    match search(file, split, 0, limits, progress).await? {
        Found::Start(start) => Ok(start.map(|start| start.offset)),
        Found::Doubt => walk_to(file, split, limits, progress).await,
    }
}

/// Reads `first` bytes at once, or as many as are worth a search.
async fn search(
    file: &Arc<AvroFile>,
    split: Split,
    first: u64,
    limits: &Limits,
    progress: &Progress,
) -> Result<Found> {
    let range = file.block_range(split);
    if range.is_empty() {
        return Ok(Found::Start(None));
    }
    // A marker may stand inside the metadata: the header is never searched.
    if split.start <= file.header().length {
        return Ok(Found::Start(Some(Start::at(range.start))));
    }
    let mut search = SyncSearch::new(
        range.start,
        range.end,
        file.size(),
        file.header().sync,
        limits.clone(),
    );
    let mut position = SyncSearch::first_byte(range.start);
    // The block that begins in a short split ends some way behind it.
    let short = range.end.saturating_sub(range.start).saturating_mul(2);
    let least = FIRST_SEARCH.min(short);
    let mut length = first.max(least).max(file.source().probe_bytes());
    loop {
        match search.next() {
            Step::Ready(SyncFound::Nowhere) => return Ok(Found::Start(None)),
            Step::Ready(SyncFound::At(offset, bytes)) => {
                return Ok(Found::Start(Some(Start {
                    bytes,
                    in_chain: false,
                    ..Start::at(offset)
                })));
            }
            Step::Ready(SyncFound::Doubt) => return Ok(Found::Doubt),
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
async fn walk_to(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<Option<u64>> {
    let first = file.header().length;
    let mut walk = BlockWalk::from_block(file.clone(), first, limits.clone(), progress.clone());
    while walk.offset() < split.start {
        // What comes after it is not looked at: if it is damaged, whoever reads it says so.
        if walk.next().await?.is_none() {
            break;
        }
    }
    Ok(Some(walk.offset()).filter(|offset| *offset < file.block_range(split).end))
}

/// The same where damaged blocks are skipped: the chain goes on after them. The first block at `from`
/// or behind it, or the one that `from` is inside of.
pub(super) async fn walk_past_damage_to(
    file: &Arc<AvroFile>,
    from: u64,
    options: &ScanOptions,
) -> Result<Start> {
    let (limits, progress) = (&options.limits, &options.progress);
    let mut offset = file.header().length;
    let mut has_marker = true;
    let mut walk = BlockWalk::from_block(file.clone(), offset, limits.clone(), progress.clone());
    while offset < from || !has_marker {
        match walk.next().await {
            // If it is damaged, there may be good blocks inside of it, some of them from there on.
            Ok(Some(block)) if from < block.end && (block.offset < from || !has_marker) => {
                return Ok(Start::behind(block.offset, from));
            }
            Ok(Some(_)) => has_marker = true,
            Ok(None) => break,
            Err(error) => {
                let start = Start::at(offset);
                let mut blocks = BlockStream::open_at(file, start, file.size(), options)?;
                has_marker = blocks.pass(error).await?.has_marker;
                let end = blocks.offset();
                walk = BlockWalk::from_block(file.clone(), end, limits.clone(), progress.clone());
            }
        }
        offset = walk.offset();
    }
    Ok(Start::at(offset))
}
