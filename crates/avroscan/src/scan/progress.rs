//! What a scan has done so far.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Counters of a scan, shared with whoever watches it.
///
/// A clone is the same counters. Several scans may share one: the counters add up.
#[derive(Clone, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Default)]
struct Counters {
    rows: AtomicU64,
    rows_pruned: AtomicU64,
    blocks: AtomicU64,
    blocks_skipped: AtomicU64,
    bad_blocks: AtomicU64,
    rows_lost: AtomicU64,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    bytes_read: AtomicU64,
    read_nanos: AtomicU64,
    decompress_nanos: AtomicU64,
    decode_nanos: AtomicU64,
}

impl Progress {
    /// Rows handed out in batches.
    pub fn rows(&self) -> u64 {
        self.0.rows.load(Relaxed)
    }

    /// Rows that a [filter](crate::ScanOptions::filter) dropped: of these no more was decoded than
    /// the filter's columns.
    pub fn rows_pruned(&self) -> u64 {
        self.0.rows_pruned.load(Relaxed)
    }

    /// Blocks decoded, wholly or in part, whose turn has come. Blocks of which only the header was
    /// read do not count.
    pub fn blocks(&self) -> u64 {
        self.0.blocks.load(Relaxed)
    }

    /// Blocks of which only the header was read, to count their rows.
    pub fn blocks_skipped(&self) -> u64 {
        self.0.blocks_skipped.load(Relaxed)
    }

    /// Damaged blocks that were [skipped](crate::OnError::Skip), as the
    /// [`ReadReport`](crate::ReadReport) counts them.
    pub fn bad_blocks(&self) -> u64 {
        self.0.bad_blocks.load(Relaxed)
    }

    /// Rows of the blocks that were [skipped](crate::OnError::Skip), where that is known.
    pub fn rows_lost(&self) -> u64 {
        self.0.rows_lost.load(Relaxed)
    }

    /// Bytes of the files that are dealt with: of the header and of the blocks whose turn has come.
    pub fn bytes_done(&self) -> u64 {
        self.0.bytes_done.load(Relaxed)
    }

    /// Bytes of the files and splits in all, as far as they have been opened.
    pub fn bytes_total(&self) -> u64 {
        self.0.bytes_total.load(Relaxed)
    }

    /// Bytes fetched from the sources, read-ahead and headers included.
    pub fn bytes_read(&self) -> u64 {
        self.0.bytes_read.load(Relaxed)
    }

    /// Time that reads of the sources took. Reads that go on side by side add up, and most of it
    /// passes while blocks are decoded.
    pub fn read_time(&self) -> Duration {
        Duration::from_nanos(self.0.read_nanos.load(Relaxed))
    }

    /// Time that it took to decompress blocks, that of all workers together.
    pub fn decompress_time(&self) -> Duration {
        Duration::from_nanos(self.0.decompress_nanos.load(Relaxed))
    }

    /// Time that it took to decode blocks, [filter](crate::ScanOptions::filter) included, that of
    /// all workers together.
    pub fn decode_time(&self) -> Duration {
        Duration::from_nanos(self.0.decode_nanos.load(Relaxed))
    }

    pub(crate) fn add_rows(&self, rows: u64) {
        self.0.rows.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_rows_pruned(&self, rows: u64) {
        self.0.rows_pruned.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_blocks(&self, blocks: u64) {
        self.0.blocks.fetch_add(blocks, Relaxed);
    }

    pub(crate) fn add_blocks_skipped(&self, blocks: u64) {
        self.0.blocks_skipped.fetch_add(blocks, Relaxed);
    }

    pub(crate) fn add_bad_blocks(&self, blocks: u64) {
        self.0.bad_blocks.fetch_add(blocks, Relaxed);
    }

    pub(crate) fn add_rows_lost(&self, rows: u64) {
        self.0.rows_lost.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_read_time(&self, time: Duration) {
        self.0.read_nanos.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn add_decompress_time(&self, time: Duration) {
        self.0.decompress_nanos.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn add_decode_time(&self, time: Duration) {
        self.0.decode_nanos.fetch_add(nanos(time), Relaxed);
    }

    pub(crate) fn add_bytes_done(&self, bytes: u64) {
        self.0.bytes_done.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn add_bytes_total(&self, bytes: u64) {
        self.0.bytes_total.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn add_bytes_read(&self, bytes: u64) {
        self.0.bytes_read.fetch_add(bytes, Relaxed);
    }
}

/// Five centuries fit.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("rows", &self.rows())
            .field("rows_pruned", &self.rows_pruned())
            .field("blocks", &self.blocks())
            .field("blocks_skipped", &self.blocks_skipped())
            .field("bad_blocks", &self.bad_blocks())
            .field("rows_lost", &self.rows_lost())
            .field("bytes_done", &self.bytes_done())
            .field("bytes_total", &self.bytes_total())
            .field("bytes_read", &self.bytes_read())
            .field("read_time", &self.read_time())
            .field("decompress_time", &self.decompress_time())
            .field("decode_time", &self.decode_time())
            .finish()
    }
}
