//! Frames, one after the other.

use std::ops::Range;

use avroscan::{BatchReader, Progress, ReadReport, Split};
use polars::prelude::*;

use crate::args::ScanArgsAvro;
use crate::convert;
use crate::error::to_polars;
use crate::sources::AvroSources;
use crate::table::Table;

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
    /// Of the frames.
    schema: SchemaRef,
    row_index: Option<RowIndex>,
    table: Table,
    /// The files that are being read, and those that come after.
    batches: BatchReader,
    files: Range<usize>,
    failed: bool,
    rows_read: u64,
    batches_read: u64,
}

impl AvroReader {
    /// Opens the files and reads their headers. Blocks are read from the first call of `next` on.
    ///
    /// # Errors
    /// As [`scan_avro`](crate::scan_avro).
    pub fn open(sources: impl Into<AvroSources>, args: ScanArgsAvro) -> PolarsResult<Self> {
        let mut table = Table::open(sources.into(), &args)?;
        // Another reader with the same arguments has the whole skip budget too.
        table.scan = table.scan.with_report(table.scan.options().report.part());
        let all = 0..table.scan.files().len();
        // Where the path of a file says something about its rows, each file is read for itself.
        let (first, rest) = match table.files.is_empty() {
            true => (all.clone(), all.end..all.end),
            false => (0..1, 1..all.end),
        };
        Ok(Self {
            schema: table.schema_with(args.row_index.as_ref())?,
            row_index: args.row_index,
            batches: read(&table, first, 0)?,
            files: rest,
            failed: false,
            table,
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
        self.table.scan.avro_schema_json()
    }

    /// The metadata in the header of the first file, in the order of the file: what its writer put
    /// beside the rows, `avro.schema` and `avro.codec` included.
    ///
    /// [`read_avro_metadata`](crate::read_avro_metadata) has that of all files.
    pub fn metadata(&self) -> &[(String, Vec<u8>)] {
        self.table.scan.metadata()
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
        &self.table.scan.options().progress
    }

    /// What this reader left out of damaged files, where
    /// [`with_on_error`](ScanArgsAvro::with_on_error) says so. A clone of it is the same report. The
    /// report that was given [`with_report`](ScanArgsAvro::with_report) counts it too.
    pub fn report(&self) -> &ReadReport {
        &self.table.scan.options().report
    }
}

impl AvroReader {
    fn next_frame(&mut self) -> PolarsResult<Option<DataFrame>> {
        loop {
            if let Some(batch) = self.batches.next() {
                let batch = batch.map_err(to_polars)?;
                return self
                    .frame(convert::frame(&batch, &self.table.data)?)
                    .map(Some);
            }
            let Some(file) = self.files.next() else {
                return Ok(None);
            };
            self.batches = read(&self.table, file..file + 1, self.rows_read)?;
        }
    }

    /// The rows with the columns that are not in the file.
    fn frame(&self, data: DataFrame) -> PolarsResult<DataFrame> {
        let Table { files, schema, .. } = &self.table;
        let mut frame = files.join(data, schema, self.files.start.saturating_sub(1))?;
        if let Some(RowIndex { name, offset }) = &self.row_index {
            let read = IdxSize::try_from(self.rows_read).ok();
            let first = read.and_then(|read| read.checked_add(*offset));
            let Some(first) = first else {
                polars_bail!(ComputeError: "there are more rows than the row index can count");
            };
            frame = frame.with_row_index(name.clone(), Some(first))?;
        }
        Ok(frame)
    }
}

impl Iterator for AvroReader {
    type Item = PolarsResult<DataFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let frame = self.next_frame().transpose()?;
        match &frame {
            Ok(frame) => {
                self.rows_read += frame.height() as u64;
                self.batches_read += 1;
            }
            Err(_) => self.failed = true,
        }
        Some(frame)
    }
}

/// The rows of these files, after so many that were read before.
fn read(table: &Table, files: Range<usize>, before: u64) -> PolarsResult<BatchReader> {
    let scan = &table.scan;
    let mut options = scan.options().clone();
    options.n_rows = options.n_rows.map(|rows| rows.saturating_sub(before));
    let scan = scan.with_options(options).map_err(to_polars)?;
    let parts = files.map(|file| (file, Split::all()));
    scan.reader_of(parts).map_err(to_polars)
}
