//! The steps of a walk: one block header after the other, from few bytes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;

use crate::codec::Decompressor;
use crate::container::{BlockHeader, SYNC_LENGTH, Step};
use crate::decode::check_rows;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::scan::{AvroFile, BlockInfo, Progress};
use crate::source::became_shorter;

/// Bytes to read for a header, with the marker before it, where the block is not wanted.
const HEADER_BYTES: u64 = 64;

/// Most bytes of a request for the headers of many small blocks.
const MOST_AT_ONCE: u64 = 1 << 20;

/// Says which bytes it needs to step to the next block.
#[derive(Debug)]
pub(super) struct Steps {
    file: Arc<AvroFile>,
    limits: Limits,
    /// The fewest bytes of a row, if blocks that cannot hold their rows are refused.
    smallest_row: Option<usize>,
    /// For blocks whose rows are in doubt; made for the first of them.
    decompressor: Option<Decompressor>,
    /// Where the next block begins, and where none is wanted any more.
    next: u64,
    end: u64,
    /// Number of the next block, from 0 where the walk began.
    index: u64,
    /// The next block's header, once it has been read.
    header: Option<BlockHeader>,
    /// Bytes at hand, and where they begin in the file.
    window: Bytes,
    window_start: u64,
    /// Whether the block at hand is so large that a read which begins in it does not reach beyond.
    far: bool,
    /// Bytes of the next request. Where blocks are small, each is twice as large as the last: to
    /// pass over their bytes would take more time than to fetch them.
    request: u64,
    most: u64,
}

/// What a step comes to.
enum Next {
    Block(BlockInfo),
    End,
    /// These bytes are needed first: so many at least.
    Read(Range<u64>),
}

impl Steps {
    /// Steps from the block at `offset` to the last that begins before `end`. Given the fewest bytes
    /// of a row, they refuse a block that cannot hold the rows that it declares.
    pub(super) fn new(
        file: Arc<AvroFile>,
        limits: Limits,
        smallest_row: Option<usize>,
        offset: u64,
        end: u64,
    ) -> Self {
        let source = file.source();
        Self {
            smallest_row,
            decompressor: None,
            request: source.probe_bytes(),
            most: source.request_bytes().min(MOST_AT_ONCE),
            end: end.min(file.size()),
            file,
            limits,
            next: offset,
            index: 0,
            header: None,
            window: Bytes::new(),
            window_start: 0,
            far: false,
        }
    }

    /// The next block, or `None` after the last.
    pub(super) async fn next(&mut self, progress: &Progress) -> Result<Option<BlockInfo>> {
        loop {
            let needed = match self.step() {
                Ok(Next::Block(block)) => return Ok(Some(block)),
                Ok(Next::End) => return Ok(None),
                Ok(Next::Read(needed)) => needed,
                Err(error) => return Err(self.place(error)),
            };
            let range = self.next_request(&needed);
            let bytes = self.file.read(range, progress).await;
            self.accept(needed, bytes).map_err(|e| self.place(e))?;
        }
    }

    /// The same for a source that can be [read now](crate::Source::read_now), where a small read
    /// costs little more than its bytes.
    pub(super) fn next_now(&mut self, progress: &Progress) -> Result<Option<BlockInfo>> {
        let read = |file: &AvroFile, range| Some(file.read_now(range, progress));
        self.next_of(read).unwrap_or(Ok(None))
    }

    /// The same if its bytes are there without waiting. If not, `None`.
    pub(super) fn next_at_once(
        &mut self,
        progress: &Progress,
    ) -> Option<Result<Option<BlockInfo>>> {
        self.next_of(|file, range| file.read(range, progress).now_or_never())
    }

    /// The next block, from small reads, until one of them brings nothing.
    fn next_of(
        &mut self,
        read: impl Fn(&AvroFile, Range<u64>) -> Option<Result<Bytes>>,
    ) -> Option<Result<Option<BlockInfo>>> {
        loop {
            let needed = match self.step() {
                Ok(Next::Block(block)) => return Some(Ok(Some(block))),
                Ok(Next::End) => return Some(Ok(None)),
                Ok(Next::Read(needed)) => needed,
                Err(error) => return Some(Err(self.place(error))),
            };
            let probe = self.file.source().probe_bytes();
            let wanted = if self.far { HEADER_BYTES } else { probe };
            let bytes = read(&self.file, self.range(&needed, wanted))?;
            if let Err(error) = self.accept(needed, bytes) {
                return Some(Err(self.place(error)));
            }
        }
    }

    /// A read of at least the bytes needed, where reading means waiting for others.
    fn next_request(&mut self, needed: &Range<u64>) -> Range<u64> {
        let probe = self.file.source().probe_bytes();
        if self.far {
            self.request = probe;
            return self.range(needed, probe);
        }
        // No more than a header beyond the last block that is wanted.
        let rest = self.end.saturating_sub(needed.start).saturating_add(probe);
        let wanted = self.request.min(rest);
        self.request = self.request.saturating_mul(2).min(self.most);
        self.range(needed, wanted)
    }

    /// A read of at least the bytes needed.
    fn range(&self, needed: &Range<u64>, wanted: u64) -> Range<u64> {
        let end = needed.end.max(needed.start.saturating_add(wanted));
        needed.start..end.min(self.file.size())
    }

    fn accept(&mut self, needed: Range<u64>, bytes: Result<Bytes>) -> Result<()> {
        self.window = bytes?;
        self.window_start = needed.start;
        if self.held(&needed).is_none() {
            return Err(became_shorter());
        }
        Ok(())
    }

    fn place(&self, error: Error) -> Error {
        error.in_block(self.index).at_offset(self.next)
    }

    fn step(&mut self) -> Result<Next> {
        if self.next >= self.end {
            return Ok(Next::End);
        }
        let size = self.file.size();
        let header = match self.header {
            Some(header) => header,
            None => {
                let mut length = 2;
                loop {
                    let bytes = match self.bytes(self.next, length) {
                        Ok(bytes) => bytes,
                        Err(needed) => return Ok(Next::Read(needed)),
                    };
                    match BlockHeader::parse(bytes, self.next, size, &self.limits)? {
                        Step::Ready(header) => break header,
                        Step::Need(more) => length = bytes.len() + more,
                    }
                }
            }
        };
        self.header = Some(header);
        self.far = header.size as u64 > self.file.source().probe_bytes();
        // The whole block where its rows are in doubt.
        let doubted = self.smallest_row.filter(|row| self.doubts(&header, *row));
        let start = match doubted {
            Some(_) => header.data(),
            None => header.marker(),
        };
        let range = start..header.end();
        let held = self.held(&range);
        let Some((data, marker)) = held.and_then(|bytes| bytes.split_last_chunk::<SYNC_LENGTH>())
        else {
            return Ok(Next::Read(range));
        };
        header.check_marker(marker, &self.file.header().sync)?;
        if let Some(smallest_row) = doubted {
            let data = self.window.slice_ref(data);
            self.look_inside(&header, data, smallest_row)?;
        }
        let block = BlockInfo::of(&header);
        self.header = None;
        self.next = block.end;
        self.index += 1;
        Ok(Next::Block(block))
    }

    /// Whether it takes a look inside of a block to know that it can hold the rows of its header.
    fn doubts(&self, header: &BlockHeader, smallest_row: usize) -> bool {
        if smallest_row == 0 {
            return header.rows > self.limits.zero_byte_items;
        }
        let codec = self.file.header().codec;
        let most = codec
            .plausible_bytes(header.size)
            .min(self.limits.decompressed_bytes);
        header.rows.saturating_mul(smallest_row) > most
    }

    /// Refuses the block of this header as its decoding would, if it cannot hold its rows.
    fn look_inside(
        &mut self,
        header: &BlockHeader,
        data: Bytes,
        smallest_row: usize,
    ) -> Result<()> {
        let new = || Decompressor::new(self.file.header().codec, self.limits.decompressed_bytes);
        let decompressor = self.decompressor.get_or_insert_with(new);
        let data = decompressor.decompress(data);
        let data = data.map_err(|error| error.at_offset(header.offset))?;
        let checked = check_rows(header.rows, smallest_row, data.len(), &self.limits);
        checked.map(drop)
    }

    /// So many bytes from `start` on, fewer only at the end of the file; or which are to be read.
    fn bytes(&self, start: u64, length: usize) -> Result<&[u8], Range<u64>> {
        let end = start.saturating_add(length as u64).min(self.file.size());
        self.held(&(start..end)).ok_or(start..end)
    }

    fn held(&self, range: &Range<u64>) -> Option<&[u8]> {
        let from = usize::try_from(range.start.checked_sub(self.window_start)?).ok()?;
        let to = usize::try_from(range.end.checked_sub(self.window_start)?).ok()?;
        self.window.get(from..to)
    }
}
