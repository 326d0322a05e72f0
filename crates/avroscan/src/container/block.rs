//! One block out of the bytes of a file.

use bytes::Bytes;

use super::{ByteQueue, SYNC_LENGTH, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
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
                ErrorKind::Limit(Limit::BlockBytes),
                format!(
                    "a block of {size} bytes is larger than block_bytes = {}",
                    limits.block_bytes
                ),
            ));
        }
        Ok(Step::Ready(header))
    }

    /// Where the block's bytes begin in the file.
    pub(crate) fn data(&self) -> u64 {
        self.offset.saturating_add(self.length as u64)
    }

    /// Where the marker after the block begins in the file.
    pub(crate) fn marker(&self) -> u64 {
        self.data().saturating_add(self.size as u64)
    }

    /// Where the next block begins in the file.
    pub(crate) fn end(&self) -> u64 {
        self.marker().saturating_add(SYNC_LENGTH as u64)
    }

    /// The same for a part of the block of so many rows and bytes.
    pub(crate) fn of_part(self, rows: usize, size: usize) -> Self {
        Self { rows, size, ..self }
    }

    /// Bytes of header, block and marker.
    pub(crate) fn total(&self) -> usize {
        self.length
            .saturating_add(self.size)
            .saturating_add(SYNC_LENGTH)
    }

    /// The same for the block that begins at the byte `at` of a queue.
    pub(crate) fn peek(
        queue: &ByteQueue,
        at: usize,
        offset: u64,
        file_size: u64,
        limits: &Limits,
    ) -> Result<Step<Self>> {
        let mut bytes = [0; Self::MAX_LENGTH];
        let filled = queue.copy_to(at, &mut bytes);
        let bytes = bytes.get(..filled).unwrap_or_default();
        Self::parse(bytes, offset, file_size, limits)
    }

    /// Rows that the header at the beginning of a queue declares, if both of its numbers can be.
    ///
    /// For what is said of a damaged block: its end may well lie beyond the file's.
    pub(crate) fn declared_rows(queue: &ByteQueue, limits: &Limits) -> Option<u64> {
        let mut bytes = [0; Self::MAX_LENGTH];
        let filled = queue.copy_to(0, &mut bytes);
        let bytes = bytes.get(..filled)?;
        let Ok(Partial::Value(rows, length)) = partial_long(bytes) else {
            return None;
        };
        let Ok(Partial::Value(size, _)) = partial_long(bytes.get(length..)?) else {
            return None;
        };
        let size = usize::try_from(size).ok()?;
        u64::try_from(rows)
            .ok()
            .filter(|_| size <= limits.block_bytes)
    }

    /// Takes the whole block out of `queue`, which begins where the block does. A block without its
    /// marker stays where it is.
    ///
    /// # Errors
    /// [`SyncMarker`](ErrorKind::SyncMarker), also where the queue ends before the block.
    pub(crate) fn take_from(
        self,
        queue: &mut ByteQueue,
        sync: &[u8; SYNC_LENGTH],
    ) -> Result<RawBlock> {
        let mut marker = [0; SYNC_LENGTH];
        let filled = queue.copy_to(self.length.saturating_add(self.size), &mut marker);
        self.check_marker(marker.get(..filled).unwrap_or_default(), sync)?;
        let mut block = queue.take(self.total());
        let _ = block.split_to(self.length);
        block.truncate(self.size);
        Ok(RawBlock {
            header: self,
            data: block,
        })
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
