//! Where the blocks of a split begin.
//!
//! A block belongs to the split that contains its first byte. A split that begins after the file
//! header does not know where a block begins: it looks for the sync marker from 16 bytes before
//! its start, because the byte after a marker is where a block may begin. A marker can also stand
//! inside a block's data, so the candidate must be the beginning of a whole block that is followed
//! by the marker in its turn. Where one is not, it may be such a chance marker, and it may be a
//! damaged block that no split would then report: that is [`SyncFound::Doubt`], and only the
//! headers of the blocks before can tell.

use bytes::{Bytes, BytesMut};

use super::{BlockHeader, SYNC_LENGTH, Step};
use crate::error::ErrorKind;
use crate::limits::Limits;

/// What the search came to.
#[derive(Debug)]
pub(crate) enum SyncFound {
    /// The first block begins here, and these bytes begin there too.
    At(u64, Bytes),
    /// No block begins in the split.
    Nowhere,
    /// There is a marker that is not followed by a good block.
    Doubt,
}

/// Searches for the first block of a split.
#[derive(Debug)]
pub(crate) struct SyncSearch {
    buffer: BytesMut,
    /// Where the buffer begins in the file.
    offset: u64,
    end: u64,
    file_size: u64,
    sync: [u8; SYNC_LENGTH],
    limits: Limits,
}

impl SyncSearch {
    /// Where the bytes for a split that begins at `start` begin.
    pub(crate) fn first_byte(start: u64) -> u64 {
        start.saturating_sub(SYNC_LENGTH as u64)
    }

    /// Searches the bytes from `first_byte(start)` on for a block that begins in `start..end`.
    pub(crate) fn new(
        start: u64,
        end: u64,
        file_size: u64,
        sync: [u8; SYNC_LENGTH],
        limits: Limits,
    ) -> Self {
        let offset = Self::first_byte(start);
        let end = end.min(file_size);
        Self {
            buffer: BytesMut::new(),
            offset,
            end,
            file_size,
            sync,
            limits,
        }
    }

    /// Takes in the bytes that follow those it has.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(crate) fn next(&mut self) -> Step<SyncFound> {
        let Some(at) = memchr::memmem::find(&self.buffer, &self.sync) else {
            // Keep what may be the beginning of a marker.
            let passed = self.buffer.len().saturating_sub(SYNC_LENGTH - 1);
            let _ = self.buffer.split_to(passed);
            self.offset += passed as u64;
            // The next marker begins at `offset` at the earliest.
            if self.offset + SYNC_LENGTH as u64 >= self.end {
                return Step::Ready(SyncFound::Nowhere);
            }
            return Step::Need(1);
        };
        let _ = self.buffer.split_to(at);
        self.offset += at as u64;
        let block = self.offset + SYNC_LENGTH as u64;
        if block >= self.end {
            return Step::Ready(SyncFound::Nowhere);
        }
        match self.confirm(block) {
            Ok(Step::Ready(true)) => {
                let _ = self.buffer.split_to(SYNC_LENGTH);
                Step::Ready(SyncFound::At(
                    block,
                    std::mem::take(&mut self.buffer).freeze(),
                ))
            }
            Ok(Step::Need(more)) => Step::Need(more),
            Ok(Step::Ready(false)) | Err(_) => Step::Ready(SyncFound::Doubt),
        }
    }

    /// Whether a whole block begins at `block`.
    fn confirm(&self, block: u64) -> Result<Step<bool>, ErrorKind> {
        let bytes = self.buffer.get(SYNC_LENGTH..).unwrap_or_default();
        let header = BlockHeader::parse(bytes, block, self.file_size, &self.limits);
        let header = match header.map_err(|error| error.kind())? {
            Step::Ready(header) => header,
            Step::Need(more) => return Ok(Step::Need(more)),
        };
        let marker = (header.marker() - block) as usize;
        Ok(
            match bytes.get(marker..marker.saturating_add(SYNC_LENGTH)) {
                Some(found) => Step::Ready(found == self.sync),
                None => Step::Need(marker + SYNC_LENGTH - bytes.len()),
            },
        )
    }
}
