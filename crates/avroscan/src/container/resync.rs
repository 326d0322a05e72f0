//! Where the good blocks go on after a damaged one.
//!
//! A block whose header cannot be, or that is not followed by the marker, says nothing that can be
//! trusted. The marker is searched from where the damaged block begins, not from where it pretends to
//! end: what follows a marker is the beginning of a block if it is a whole block with a marker of its
//! own. Otherwise the search goes on, to the end of the file.
//!
//! If the block's marker alone is damaged, most of the marker is still there, and a whole block begins
//! after it: then the search goes no further than the end that the block declares. (A whole block alone
//! proves little: a number, a short text and the marker after the last row of a block look like one.)
//!
//! ```text
//! | good block | marker | damaged ······· marker | good block | marker |
//!                       ^ start                  ^ end
//! ```
//!
//! A split that begins inside of the damage comes to the same end, by the same rule: see
//! [`SyncSearch`](super::SyncSearch). But where the marker before the end is the damaged one, no search
//! finds that end: [`Resynced::has_marker`] says so.

use bytes::Bytes;

use super::{BlockHeader, ByteQueue, SYNC_LENGTH, Step};
use crate::limits::Limits;

/// Bytes that are searched at once, at first and later. They are copied, since pieces end anywhere.
const FIRST_WINDOW: usize = 256;
const WINDOW: usize = 16 << 10;

/// A damaged marker has so many bytes of the true one, at least: no others do by chance.
const SIMILAR: usize = SYNC_LENGTH / 2;

/// What the search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resynced {
    /// Where the damage ends in the file: where a block begins, or the end of the file.
    pub(crate) end: u64,
    /// Rows of the damaged block, where nothing but its marker is damaged.
    pub(crate) rows: Option<u64>,
    /// Whether there is a marker before the end.
    pub(crate) has_marker: bool,
}

/// What is looked at next.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Header,
    DeclaredEnd(BlockHeader),
    Markers,
}

/// Searches for the end of the damage that begins with a block.
#[derive(Debug)]
pub(crate) struct Resync {
    queue: ByteQueue,
    /// Where the queue begins in the file.
    offset: u64,
    phase: Phase,
    /// The block, if its end is where it says unless a good block comes before.
    declared: Option<BlockHeader>,
    /// A copy of the queue's first bytes, and where in it the search goes on.
    window: Vec<u8>,
    at: usize,
    file_size: u64,
    sync: [u8; SYNC_LENGTH],
    limits: Limits,
}

impl Resync {
    /// A search from `offset` on, where a damaged block begins; `queue` holds the bytes from there on.
    pub(crate) fn new(
        queue: ByteQueue,
        offset: u64,
        file_size: u64,
        sync: [u8; SYNC_LENGTH],
        limits: Limits,
    ) -> Self {
        Self {
            queue,
            offset,
            phase: Phase::Header,
            declared: None,
            window: Vec::new(),
            at: 0,
            file_size,
            sync,
            limits,
        }
    }

    /// A search inside of a block that was framed well and is damaged: `data` are its bytes from
    /// `offset` on. If its size is what is damaged, good blocks and their markers are among them.
    pub(crate) fn within(
        data: Bytes,
        offset: u64,
        sync: [u8; SYNC_LENGTH],
        limits: Limits,
    ) -> Self {
        let mut queue = ByteQueue::default();
        queue.push(data);
        queue.push(Bytes::copy_from_slice(&sync));
        let end = offset.saturating_add(queue.len() as u64);
        let mut search = Self::new(queue, offset, end, sync, limits);
        search.phase = Phase::Markers;
        search
    }

    /// Takes in the bytes that follow those it has.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        self.queue.push(bytes);
    }

    /// Where the bytes at hand end in the file.
    pub(crate) fn buffered_to(&self) -> u64 {
        self.offset.saturating_add(self.queue.len() as u64)
    }

    /// The bytes at hand from the end of the damage on.
    pub(crate) fn into_queue(self) -> ByteQueue {
        self.queue
    }

    pub(crate) fn next(&mut self) -> Step<Resynced> {
        loop {
            match self.phase {
                Phase::Header => {
                    let (size, limits) = (self.file_size, &self.limits);
                    match BlockHeader::peek(&self.queue, 0, self.offset, size, limits) {
                        Ok(Step::Need(more)) => return Step::Need(more),
                        Ok(Step::Ready(header)) => self.phase = Phase::DeclaredEnd(header),
                        Err(_) => self.phase = Phase::Markers,
                    }
                }
                Phase::DeclaredEnd(header) => match self.ends_where_it_says(&header) {
                    Step::Need(more) => return Step::Need(more),
                    Step::Ready(is_end) => {
                        self.declared = is_end.then_some(header);
                        self.phase = Phase::Markers;
                    }
                },
                Phase::Markers => return self.search(),
            }
        }
    }

    fn search(&mut self) -> Step<Resynced> {
        loop {
            let rest = self.window.get(self.at..).unwrap_or_default();
            if let Some(found) = memchr::memmem::find(rest, &self.sync) {
                self.at += found;
                let passed = self.at + SYNC_LENGTH;
                let block = self.offset + passed as u64;
                if let Some(header) = self.declared.filter(|header| header.end() <= block) {
                    return self.ends_at(&header);
                }
                match self.begins_block(block) {
                    Step::Need(more) => return Step::Need(more),
                    Step::Ready(false) => self.at += 1,
                    Step::Ready(true) => {
                        self.queue.skip(passed);
                        return Step::Ready(Resynced {
                            end: block,
                            rows: None,
                            has_marker: true,
                        });
                    }
                }
                continue;
            }
            // Keep what may be the beginning of a marker.
            let passed = self.window.len().saturating_sub(SYNC_LENGTH - 1);
            let kept = self.window.len() - passed;
            let searched = self.offset + passed as u64;
            if let Some(header) = self.declared.filter(|header| header.marker() <= searched) {
                return self.ends_at(&header);
            }
            self.queue.skip(passed);
            self.offset = searched;
            self.at = 0;
            let window = self.window.len().saturating_mul(2);
            let window = window.clamp(FIRST_WINDOW, WINDOW);
            self.window.resize(window.min(self.queue.len()), 0);
            self.queue.copy_to(0, &mut self.window);
            if self.window.len() > kept {
                continue;
            }
            if self.buffered_to() < self.file_size {
                return Step::Need(1);
            }
            self.queue.skip(kept);
            return Step::Ready(Resynced {
                end: self.file_size,
                rows: None,
                has_marker: true,
            });
        }
    }

    /// The search has come to the end that the block declares.
    fn ends_at(&mut self, header: &BlockHeader) -> Step<Resynced> {
        self.queue.skip((header.end() - self.offset) as usize);
        Step::Ready(Resynced {
            end: header.end(),
            rows: Some(header.rows as u64),
            has_marker: false,
        })
    }

    /// Whether what is damaged of this block is its marker.
    fn ends_where_it_says(&self, header: &BlockHeader) -> Step<bool> {
        let length = header.total();
        if self.queue.len() < length {
            return Step::Need(length - self.queue.len());
        }
        let mut marker = [0; SYNC_LENGTH];
        self.queue.copy_to(length - SYNC_LENGTH, &mut marker);
        let pairs = marker.iter().zip(&self.sync);
        if pairs.filter(|(found, sync)| found == sync).count() < SIMILAR {
            return Step::Ready(false);
        }
        if header.end() == self.file_size {
            return Step::Ready(true);
        }
        self.begins_block(header.end())
    }

    /// Whether a whole block with its marker begins at this offset of the file.
    fn begins_block(&self, block: u64) -> Step<bool> {
        if block >= self.file_size {
            return Step::Ready(false);
        }
        let Ok(from) = usize::try_from(block - self.offset) else {
            return Step::Ready(false);
        };
        let need = |to: usize| Step::Need(to.saturating_sub(self.queue.len()));
        if self.queue.len() <= from {
            return need(from.saturating_add(1));
        }
        let header = BlockHeader::peek(&self.queue, from, block, self.file_size, &self.limits);
        let header = match header {
            Ok(Step::Ready(header)) => header,
            Ok(Step::Need(more)) => return Step::Need(more),
            Err(_) => return Step::Ready(false),
        };
        let to = from.saturating_add(header.total());
        if self.queue.len() < to {
            return need(to);
        }
        let mut marker = [0; SYNC_LENGTH];
        self.queue.copy_to(to - SYNC_LENGTH, &mut marker);
        Step::Ready(marker == self.sync)
    }
}
