//! Frames, one after the other.

use avroscan::{BatchReader, Progress, Scan};
use polars::prelude::*;

use crate::args::ScanArgsAvro;
use crate::convert;
use crate::error::to_polars;
use crate::sources::AvroSources;

/// An iterator over the rows of Avro files, as frames of at most
/// [`batch_size`](ScanArgsAvro::with_batch_size) rows, in order.
///
/// All cores decode ([`with_workers`](ScanArgsAvro::with_workers)), each a batch at a time, and blocks
/// are fetched ahead in the background; a frame lives as long as its owner keeps it. Dropping the
/// reader stops its reads. It is `Send`: read in one thread, process in others.
///
/// An error ends the iteration. The rows before the damage come first.
///
/// ```
/// use avroscan_polars::{AvroReader, ScanArgsAvro};
///
/// let mut rows = 0;
/// for frame in AvroReader::open("../../docs/data/orders.avro", ScanArgsAvro::default())? {
///     rows += frame?.height();
/// }
/// # assert!(rows > 0);
/// # Ok::<_, polars::prelude::PolarsError>(())
/// ```
#[derive(Debug)]
pub struct AvroReader {
    schema: SchemaRef,
    scan: Scan,
    batches: BatchReader,
    rows_read: u64,
    batches_read: u64,
}

impl AvroReader {
    /// Opens the files and reads their headers. Blocks are read from the first call of `next` on.
    ///
    /// # Errors
    /// As [`scan_avro`](crate::scan_avro).
    pub fn open(sources: impl Into<AvroSources>, args: ScanArgsAvro) -> PolarsResult<Self> {
        let scan = sources.into().open(args).map_err(to_polars)?;
        let schema = convert::schema(&scan.empty_batch().map_err(to_polars)?)?;
        let batches = scan.reader().map_err(to_polars)?;
        Ok(Self {
            schema,
            scan,
            batches,
            rows_read: 0,
            batches_read: 0,
        })
    }

    /// The schema of the frames.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The Avro schema of the first file, as its header has it: that of its writer, whatever schema
    /// the rows are read as.
    pub fn avro_schema_json(&self) -> &str {
        self.scan.avro_schema_json()
    }

    /// The metadata in the header of the first file, in the order of the file: what its writer put
    /// beside the rows, `avro.schema` and `avro.codec` included.
    ///
    /// [`read_avro_metadata`](crate::read_avro_metadata) has that of all files.
    pub fn metadata(&self) -> &[(String, Vec<u8>)] {
        self.scan.metadata()
    }

    /// How many rows came out so far.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// How many frames came out so far.
    pub fn batches_read(&self) -> u64 {
        self.batches_read
    }

    /// How far the reading of the files is: rows, blocks and bytes. A clone of it can be watched
    /// from another thread.
    pub fn progress(&self) -> &Progress {
        &self.scan.options().progress
    }
}

impl Iterator for AvroReader {
    type Item = PolarsResult<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = match self.batches.next()? {
            Ok(batch) => convert::frame(&batch, &self.schema),
            Err(error) => Err(to_polars(error)),
        };
        if let Ok(frame) = &frame {
            self.rows_read += frame.height() as u64;
            self.batches_read += 1;
        }
        Some(frame)
    }
}
