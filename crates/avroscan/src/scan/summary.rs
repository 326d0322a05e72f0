//! What a file holds, all of its blocks decompressed and none decoded.

use std::sync::Arc;

use crate::codec::Decompressor;
use crate::container::BlockHeader;
use crate::decode::check_rows;
use crate::error::{Error, Result};
use crate::scan::blocks::{BlockStream, NextBlock};
use crate::scan::counted::add_rows;
use crate::scan::{AvroFile, ScanOptions};
use crate::split::Split;

/// Totals over the blocks of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSummary {
    /// Number of blocks.
    pub blocks: u64,
    /// Number of rows that they declare.
    pub rows: u64,
    /// Bytes of the blocks as stored, without headers and markers.
    pub compressed_bytes: u64,
    /// Bytes of the blocks after decompression.
    pub decompressed_bytes: u64,
}

impl AvroFile {
    /// Reads and decompresses all blocks.
    ///
    /// # Errors
    /// Those of reading, of block headers and markers, of decompression, and of a block that cannot
    /// hold the rows that it declares.
    pub async fn summarize(self: &Arc<Self>, options: &ScanOptions) -> Result<FileSummary> {
        let result = self.summarize_blocks(options).await;
        result.map_err(|error| error.in_file(self.location()))
    }

    async fn summarize_blocks(self: &Arc<Self>, options: &ScanOptions) -> Result<FileSummary> {
        let mut summary = FileSummary::default();
        let progress = &options.progress;
        progress.add_bytes_total(self.size());
        let mut decompressor =
            Decompressor::new(self.header().codec, options.limits.decompressed_bytes);
        let smallest_row = self.smallest_row(&options.limits)?;
        let mut done = 0;
        if let Some(mut blocks) = BlockStream::open(self, Split::all(), options).await? {
            let in_hand = blocks.in_hand();
            while let Some(NextBlock { index, block, .. }) = blocks.next().await? {
                summary.blocks += 1;
                summary.compressed_bytes += block.data.len() as u64;
                let BlockHeader { offset, rows, .. } = block.header;
                let place = |error: Error| error.in_block(index).at_offset(offset);
                let data = decompressor.decompress(block.data).map_err(place)?;
                check_rows(rows, smallest_row, data.len(), &options.limits).map_err(place)?;
                summary.rows = add_rows(summary.rows, rows as u64)?;
                summary.decompressed_bytes += data.len() as u64;
                progress.add_blocks(1);
                progress.add_bytes_done(blocks.offset() - done);
                done = blocks.offset();
                in_hand.used(done);
            }
        }
        progress.add_bytes_done(self.size() - done);
        Ok(summary)
    }
}
