//! Block after block out of the bytes of a file.

use bytes::Bytes;

use super::{ByteQueue, SYNC_LENGTH, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::wire::{Partial, partial_long};

/// The two longs before a block's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    /// Where the block begins in the file.
    pub(crate) offset: u64,
    pub(crate) rows: usize,
    /// Length of the two longs, in bytes.
    length: usize,
    /// Bytes of the block as stored.
    pub(crate) size: usize,
}

/// A block as stored.
#[derive(Debug)]
pub(crate) struct RawBlock {
    pub(crate) header: BlockHeader,
    pub(crate) data: Bytes,
}

impl BlockHeader {
    /// Most bytes that the two longs may take.
    pub(crate) const MAX_LENGTH: usize = 20;

    /// Reads the header of the block at `offset` of a file of `file_size` bytes.
    ///
    /// `bytes` are those from there on, as many as there are at hand.
    pub(crate) fn parse(
        bytes: &[u8],
        offset: u64,
        file_size: u64,
        limits: &Limits,
    ) -> Result<Step<Self>> {
        Self::parse_at(bytes, offset, file_size, limits).map_err(|error| error.at_offset(offset))
    }

    fn parse_at(bytes: &[u8], offset: u64, file_size: u64, limits: &Limits) -> Result<Step<Self>> {
        let rest = file_size.saturating_sub(offset);
        let incomplete = || {
            let missing = rest
                .min(Self::MAX_LENGTH as u64)
                .saturating_sub(bytes.len() as u64);
            if missing == 0 {
                return Err(Error::new(
                    ErrorKind::Truncated,
                    format!(
                        "the file ends inside the header of a block: {rest} bytes after its start"
                    ),
                ));
            }
            Ok(Step::Need(missing as usize))
        };
        let bad = |what: &str, value: i64| {
            Error::new(
                ErrorKind::BlockHeader,
                format!("a block declares {value} {what}"),
            )
        };
        let Partial::Value(rows, first) = partial_long(bytes)? else {
            return incomplete();
        };
        let rows = usize::try_from(rows).map_err(|_| bad("rows", rows))?;
        let second = bytes.get(first..).unwrap_or_default();
        let Partial::Value(size, second) = partial_long(second)? else {
            return incomplete();
        };
        let size = usize::try_from(size).map_err(|_| bad("bytes", size))?;
        let header = Self {
            offset,
            rows,
            length: first + second,
            size,
        };
        if header.end() > file_size {
            return Err(Error::new(
                ErrorKind::Truncated,
                format!(
                    "the file ends inside a block: it takes {} bytes with its header and marker, {rest} are left",
                    header.end() - offset
                ),
            ));
        }
        if size > limits.block_bytes {
            return Err(Error::new(
                ErrorKind::Limit,
                format!(
                    "a block of {size} bytes is larger than block_bytes = {}",
                    limits.block_bytes
                ),
            ));
        }
        Ok(Step::Ready(header))
    }

    /// Where the marker after the block begins in the file.
    pub(crate) fn marker(&self) -> u64 {
        self.offset
            .saturating_add(self.length as u64)
            .saturating_add(self.size as u64)
    }

    /// Where the next block begins in the file.
    pub(crate) fn end(&self) -> u64 {
        self.marker().saturating_add(SYNC_LENGTH as u64)
    }

    /// Bytes of header, block and marker.
    fn total(&self) -> usize {
        self.length
            .saturating_add(self.size)
            .saturating_add(SYNC_LENGTH)
    }

    /// Checks what stands where the marker after the block belongs.
    pub(crate) fn check_marker(&self, found: &[u8], sync: &[u8; SYNC_LENGTH]) -> Result<()> {
        if found == sync {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::SyncMarker,
            format!(
                "a block is not followed by the file's sync marker but by {}",
                hex(found)
            ),
        )
        .at_offset(self.marker()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Cuts the bytes of a file into blocks, from the beginning of a block on.
#[derive(Debug)]
pub(crate) struct Framer {
    queue: ByteQueue,
    /// Where the queue begins in the file.
    offset: u64,
    /// The first offset at which no block is wanted any more.
    end: u64,
    file_size: u64,
    sync: [u8; SYNC_LENGTH],
    limits: Limits,
}

impl Framer {
    /// Frames the blocks that begin in `offset..end`; `queue` holds the bytes from `offset` on.
    pub(crate) fn new(
        queue: ByteQueue,
        offset: u64,
        end: u64,
        file_size: u64,
        sync: [u8; SYNC_LENGTH],
        limits: Limits,
    ) -> Self {
        Self {
            queue,
            offset,
            end: end.min(file_size),
            file_size,
            sync,
            limits,
        }
    }

    /// Takes in the bytes that follow those it has.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.queue.push(bytes);
    }

    /// Where the next block begins in the file: all before it has been handed out.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the bytes at hand end in the file.
    pub(crate) fn buffered_to(&self) -> u64 {
        self.offset.saturating_add(self.queue.len() as u64)
    }

    /// The next block, or `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Step<Option<RawBlock>>> {
        if self.offset >= self.end {
            return Ok(Step::Ready(None));
        }
        let mut start = [0; BlockHeader::MAX_LENGTH];
        let filled = self.queue.copy_to(0, &mut start);
        let start = start.get(..filled).unwrap_or_default();
        let header = match BlockHeader::parse(start, self.offset, self.file_size, &self.limits)? {
            Step::Ready(header) => header,
            Step::Need(more) => return Ok(Step::Need(more)),
        };
        let missing = header.total().saturating_sub(self.queue.len());
        if missing > 0 {
            return Ok(Step::Need(missing));
        }
        // A marker that does not match leaves the framer where it is: the error repeats.
        let mut marker = [0; SYNC_LENGTH];
        self.queue.copy_to(header.length + header.size, &mut marker);
        header.check_marker(&marker, &self.sync)?;
        self.queue.take(header.length);
        let data = self.queue.take(header.size);
        self.queue.take(SYNC_LENGTH);
        self.offset = header.end();
        Ok(Step::Ready(Some(RawBlock { header, data })))
    }
}
