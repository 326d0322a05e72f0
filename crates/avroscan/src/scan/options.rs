//! The options that every front end shares.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plan::Projection;
use crate::scan::Progress;

/// How a scan reads.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ScanOptions {
    /// Most rows of a batch, at least 1. Default 100,000: enough to amortise what a batch costs,
    /// little enough to keep several in memory. Small blocks are joined up to it and large ones
    /// are cut; a batch that grows past a quarter of [`Limits::batch_bytes`] ends earlier.
    pub batch_size: usize,
    /// Blocks that are fetched ahead of the one being decoded. Default 4. With 0, bytes are
    /// fetched when they are needed and not before.
    ///
    /// Blocks smaller than a request (1 MiB of a file, 8 MiB of an object) share it with their
    /// neighbours, so read-ahead is never less than one such request.
    pub buffer_blocks: usize,
    /// Most bytes that are fetched ahead, for each stream. Default 64 MiB. A single block that is
    /// larger is fetched all the same when its turn comes.
    pub buffer_bytes: usize,
    /// The columns to read. Default: all.
    pub projection: Projection,
    /// Most rows to read. Default: no limit.
    pub n_rows: Option<u64>,
    /// What a file may ask for before it is refused.
    pub limits: Limits,
    /// Counts what the scan does. Keep a clone of it to look at while the scan runs.
    pub progress: Progress,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            batch_size: 100_000,
            buffer_blocks: 4,
            buffer_bytes: 64 << 20,
            projection: Projection::All,
            n_rows: None,
            limits: Limits::default(),
            progress: Progress::default(),
        }
    }
}

impl ScanOptions {
    /// These options with another [`batch_size`](Self::batch_size).
    #[must_use]
    pub fn with_batch_size(mut self, rows: usize) -> Self {
        self.batch_size = rows;
        self
    }

    /// These options with another [`buffer_blocks`](Self::buffer_blocks).
    #[must_use]
    pub fn with_buffer_blocks(mut self, blocks: usize) -> Self {
        self.buffer_blocks = blocks;
        self
    }

    /// These options with another [`buffer_bytes`](Self::buffer_bytes).
    #[must_use]
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer_bytes = bytes;
        self
    }

    /// These options with another [`projection`](Self::projection).
    #[must_use]
    pub fn with_projection(mut self, projection: Projection) -> Self {
        self.projection = projection;
        self
    }

    /// These options with another [`n_rows`](Self::n_rows).
    #[must_use]
    pub fn with_n_rows(mut self, rows: impl Into<Option<u64>>) -> Self {
        self.n_rows = rows.into();
        self
    }

    /// These options with other [`limits`](Self::limits).
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// These options with this [`progress`](Self::progress).
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Refuses options that cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(Error::new(
                ErrorKind::Usage,
                "batch_size must be at least 1",
            ));
        }
        Ok(())
    }
}
