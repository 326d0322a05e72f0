//! From block header to block header, without the blocks.

use std::sync::Arc;

use bytes::Bytes;

use crate::container::{BlockHeader, SYNC_LENGTH, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::scan::start::find_start;
use crate::scan::{AvroFile, Progress};
use crate::split::Split;

/// What a block's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockInfo {
    /// Where the block begins in the file.
    pub offset: u64,
    /// Where the next block begins.
    pub end: u64,
    /// Number of rows.
    pub rows: u64,
    /// Bytes of the block as stored, without its header and marker.
    pub bytes: u64,
}

/// Walks over the block headers of a split: made by [`AvroFile::walk`].
///
/// Each step reads the marker at the end of a block together with the header of the next, a few
/// dozen bytes, in one small read ([`Source::probe_bytes`](crate::Source::probe_bytes)) that many
/// small blocks share. A walk sees a truncated file and a damaged block header or marker, not a
/// damaged block.
#[derive(Debug)]
pub struct BlockWalk {
    file: Arc<AvroFile>,
    split: Split,
    limits: Limits,
    progress: Progress,
    /// Where the next block begins, once that is known.
    next: Option<u64>,
    /// Number of the next block, from 0 where the walk began.
    index: u64,
    /// Bytes at hand, and where they begin in the file.
    window: Bytes,
    window_start: u64,
    failed: bool,
}

impl BlockWalk {
    pub(super) fn new(
        file: Arc<AvroFile>,
        split: Split,
        limits: Limits,
        progress: Progress,
    ) -> Self {
        Self {
            file,
            split,
            limits,
            progress,
            next: None,
            index: 0,
            window: Bytes::new(),
            window_start: 0,
            failed: false,
        }
    }

    /// A walk over the whole file.
    pub(super) fn from_the_first(file: Arc<AvroFile>, limits: Limits, progress: Progress) -> Self {
        let first = file.header().length;
        let walk = Self::new(file, Split::all(), limits, progress);
        Self {
            next: Some(first),
            ..walk
        }
    }

    /// The header of the next block in the split, or `None` after the last.
    ///
    /// # Errors
    /// Those of reading, and of a header or marker that cannot be, with file, block and offset.
    /// After an error the walk is over.
    pub async fn next(&mut self) -> Result<Option<BlockInfo>> {
        if self.failed {
            return Ok(None);
        }
        let result = self.next_in_split().await;
        self.failed = result.is_err();
        result.map_err(|error| error.in_file(self.file.location()))
    }

    async fn next_in_split(&mut self) -> Result<Option<BlockInfo>> {
        let next = match self.next {
            Some(next) => next,
            None => {
                let search = find_start(&self.file, self.split, &self.limits, &self.progress);
                match Box::pin(search).await? {
                    Some(start) => start.offset,
                    None => self.file.size(),
                }
            }
        };
        self.next = Some(next);
        if next >= self.split.end.min(self.file.size()) {
            return Ok(None);
        }
        let index = self.index;
        let block = self
            .step(next)
            .await
            .map_err(|error| error.in_block(index).at_offset(next))?;
        self.next = Some(block.end);
        self.index += 1;
        Ok(Some(block))
    }

    /// Goes to the first block that begins in `split` and returns where.
    pub(super) async fn seek(&mut self, split: Split) -> Result<Option<u64>> {
        loop {
            match self.next {
                Some(next) if next >= split.end.min(self.file.size()) => return Ok(None),
                Some(next) if next >= split.start => return Ok(Some(next)),
                _ => {}
            }
            if self.next().await?.is_none() {
                return Ok(None);
            }
        }
    }

    async fn step(&mut self, offset: u64) -> Result<BlockInfo> {
        let size = self.file.size();
        let mut length = 2;
        let header = loop {
            let bytes = self.bytes(offset, length).await?;
            match BlockHeader::parse(&bytes, offset, size, &self.limits)? {
                Step::Ready(header) => break header,
                Step::Need(more) => length = bytes.len() + more,
            }
        };
        let marker = self.bytes(header.marker(), SYNC_LENGTH).await?;
        header.check_marker(&marker, &self.file.header().sync)?;
        Ok(BlockInfo {
            offset: header.offset,
            end: header.end(),
            rows: header.rows as u64,
            bytes: header.size as u64,
        })
    }

    /// So many bytes from `start` on; fewer only at the end of the file.
    async fn bytes(&mut self, start: u64, length: usize) -> Result<Bytes> {
        let size = self.file.size();
        let end = start.saturating_add(length as u64).min(size);
        let held = |walk: &Self| {
            let from = usize::try_from(start.checked_sub(walk.window_start)?).ok()?;
            let to = usize::try_from(end - walk.window_start).ok()?;
            (to <= walk.window.len()).then(|| walk.window.slice(from..to))
        };
        if let Some(bytes) = held(self) {
            return Ok(bytes);
        }
        let wanted = self.file.source().probe_bytes().max((end - start).max(1));
        let window_end = start.saturating_add(wanted).min(size);
        self.window = self.file.read(start..window_end, &self.progress).await?;
        self.window_start = start;
        held(self).ok_or_else(|| {
            Error::new(
                ErrorKind::Truncated,
                "the file became shorter while it was read",
            )
        })
    }
}

/// Counts the rows of the blocks that begin in `split`, from the block headers alone.
///
/// # Errors
/// Those of [`BlockWalk::next`].
pub async fn count_rows(
    file: &Arc<AvroFile>,
    split: Split,
    limits: &Limits,
    progress: &Progress,
) -> Result<u64> {
    let mut walk = file.walk(split, limits, progress);
    let mut rows = 0u64;
    while let Some(block) = walk.next().await? {
        rows = rows.saturating_add(block.rows);
    }
    Ok(rows)
}
