//! The options that every front end shares.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plan::{DecodePlan, Projection, RowFilter};
use crate::scan::{OnError, Progress, ReadReport, SkipBudget};
use crate::schema::AvroSchema;
use crate::source::runtime;

/// Whose schema the rows of several files have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaMode {
    /// The first file's. Further files are resolved to it: fields may be missing where the first
    /// file's schema has a default for them or they may be null, numbers may be narrower, what only
    /// the further file has is passed over. A wider type is an error that names file and column.
    #[default]
    First,
    /// All files': a column for each field of any file, nullable where a file lacks it, and wide
    /// enough for each (int, long, float, double; string and bytes become bytes).
    UnionByName,
}

/// What a scan does with bytes that follow the last row of a block. Some writers left such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftoverBytes {
    /// They are damage: nothing tells whether rows or bytes were meant to be more.
    #[default]
    Error,
    /// They are passed over and counted in the [`ReadReport`]. If the file's marker is among them, they
    /// are damage all the same: other blocks lie in this one.
    Ignore,
}

/// How a scan reads.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ScanOptions {
    /// Most rows of a batch, at least 1. Default 100,000: enough to amortise what a batch costs,
    /// little enough to keep several in memory.
    ///
    /// A batch ends where a block ends, unless the block alone has more rows: then it is cut, and
    /// its last batch has what is left. Small blocks are joined as long as all of their rows fit,
    /// and as long as they take no more than 1 MiB as stored (10 bytes a row where `batch_size` is
    /// larger than the default): enough work for one thread at a time. A batch that grows past a
    /// quarter of [`Limits::batch_bytes`] ends earlier.
    pub batch_size: usize,
    /// Threads that decompress and decode for each stream, at least 1. Default: the number of cores.
    /// They give the same batches, in the same order, however many they are.
    ///
    /// With 1, that is done where the stream is polled: for callers that have several streams of
    /// their own. The threads are shared by all streams of the process, one a core: more workers
    /// than that wait for each other.
    pub workers: usize,
    /// Blocks that are fetched ahead of those being decoded. Default 4. With 0, bytes are
    /// fetched when they are needed and not before.
    ///
    /// Blocks smaller than a request (1 MiB of a file, 8 MiB of an object) share it with their
    /// neighbours, so read-ahead is never less than one such request. What is there without waiting,
    /// as a file that the system has in its cache, is not fetched ahead.
    pub buffer_blocks: usize,
    /// Most bytes that are fetched ahead of the rows handed out, for each stream: with several
    /// workers, what they have in hand is among them. Default 64 MiB. A single block that is larger
    /// is fetched all the same when its turn comes.
    pub buffer_bytes: usize,
    /// The columns to read. Default: all.
    pub projection: Projection,
    /// Which rows to read, decided from some columns before the others are decoded. Default: all.
    pub filter: Option<Arc<dyn RowFilter>>,
    /// The schema that the rows are read as: each file's own is resolved to it (specification:
    /// "Schema Resolution"). Default: what [`schema_mode`](Self::schema_mode) says.
    pub reader_schema: Option<Arc<AvroSchema>>,
    /// Whose schema the rows of several files have. Default: the first file's.
    pub schema_mode: SchemaMode,
    /// How many times more a type that contains itself is spelled out as columns, before what is
    /// inside of it is JSON text. Default 0: text where the type is first met again.
    pub unroll: usize,
    /// Most rows to read, of those that the [`filter`](Self::filter) keeps. Default: no limit.
    pub n_rows: Option<u64>,
    /// What becomes of a damaged block. Default: it ends the scan with an error.
    ///
    /// A block is bad if what is read of it is. A [`projection`](Self::projection) or a
    /// [`filter`](Self::filter) does not look closer at the values that nobody wants than it takes to
    /// find their ends, so it can read blocks that are bad for who wants all columns.
    pub on_error: OnError,
    /// What becomes of bytes after the last row of a block. Default: they are damage.
    pub leftover_bytes: LeftoverBytes,
    /// How much may be skipped, where [`on_error`](Self::on_error) says so. Default: any number of
    /// blocks.
    pub skip_budget: SkipBudget,
    /// Tells what was skipped. Keep a clone of it to look at after the scan.
    pub report: ReadReport,
    /// What a file may ask for before it is refused.
    pub limits: Limits,
    /// Counts what the scan does. Keep a clone of it to look at while the scan runs.
    pub progress: Progress,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            batch_size: 100_000,
            workers: runtime::cores(),
            buffer_blocks: 4,
            buffer_bytes: 64 << 20,
            projection: Projection::All,
            filter: None,
            reader_schema: None,
            schema_mode: SchemaMode::default(),
            unroll: 0,
            n_rows: None,
            on_error: OnError::default(),
            leftover_bytes: LeftoverBytes::default(),
            skip_budget: SkipBudget::default(),
            report: ReadReport::default(),
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

    /// These options with another number of [`workers`](Self::workers).
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers;
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

    /// These options with this [`filter`](Self::filter).
    #[must_use]
    pub fn with_filter(mut self, filter: impl Into<Option<Arc<dyn RowFilter>>>) -> Self {
        self.filter = filter.into();
        self
    }

    /// These options with this [`reader_schema`](Self::reader_schema).
    #[must_use]
    pub fn with_reader_schema(mut self, schema: impl Into<Option<Arc<AvroSchema>>>) -> Self {
        self.reader_schema = schema.into();
        self
    }

    /// These options with another [`schema_mode`](Self::schema_mode).
    #[must_use]
    pub fn with_schema_mode(mut self, mode: SchemaMode) -> Self {
        self.schema_mode = mode;
        self
    }

    /// These options with another [`unroll`](Self::unroll).
    #[must_use]
    pub fn with_unroll(mut self, times: usize) -> Self {
        self.unroll = times;
        self
    }

    /// These options with another [`n_rows`](Self::n_rows).
    #[must_use]
    pub fn with_n_rows(mut self, rows: impl Into<Option<u64>>) -> Self {
        self.n_rows = rows.into();
        self
    }

    /// These options with another [`on_error`](Self::on_error).
    #[must_use]
    pub fn with_on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// These options with another way to treat [`leftover_bytes`](Self::leftover_bytes).
    #[must_use]
    pub fn with_leftover_bytes(mut self, leftover_bytes: LeftoverBytes) -> Self {
        self.leftover_bytes = leftover_bytes;
        self
    }

    /// These options with another [`skip_budget`](Self::skip_budget).
    #[must_use]
    pub fn with_skip_budget(mut self, budget: SkipBudget) -> Self {
        self.skip_budget = budget;
        self
    }

    /// These options with this [`report`](Self::report).
    #[must_use]
    pub fn with_report(mut self, report: ReadReport) -> Self {
        self.report = report;
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

    /// What becomes of files with this schema: the columns of the projection, read as the
    /// [`reader_schema`](Self::reader_schema) if there is one.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for a column that does not exist,
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) for one that cannot be read as the reader's
    /// schema wants it, [`Limit`](ErrorKind::Limit) for a schema that expands too far; with the
    /// path of the field.
    pub fn plan(&self, writer: &AvroSchema) -> Result<DecodePlan> {
        self.plan_of_any_depth(writer)?.readable()
    }

    /// The same where columns may nest deeper than can be handed out.
    pub(crate) fn plan_of_any_depth(&self, writer: &AvroSchema) -> Result<DecodePlan> {
        self.plan_as(writer, self.reader_schema.as_deref().unwrap_or(writer))
    }

    /// The columns of files with this schema, without asking whether each can be read as the
    /// [`reader_schema`](Self::reader_schema) wants it: that schema alone decides their types. A column
    /// that nests deeper than [`Limits::column_depth`] is of the type null here.
    ///
    /// # Errors
    /// Those of [`plan`](Self::plan) but `SchemaMismatch` and the one for such a column.
    pub fn arrow_schema(&self, writer: &AvroSchema) -> Result<SchemaRef> {
        let reader = self.reader_schema.as_deref().unwrap_or(writer);
        Ok(self.plan_as(reader, reader)?.arrow_schema().clone())
    }

    /// The plan with this reader's schema, whatever the depth of its columns.
    pub(crate) fn plan_as(&self, writer: &AvroSchema, reader: &AvroSchema) -> Result<DecodePlan> {
        // A schema resolved to itself is the same plan, with nothing to look up.
        let reader = (reader.json() != writer.json()).then_some(reader);
        let plan =
            |projection| DecodePlan::new(writer, reader, projection, self.unroll, &self.limits);
        let rows = plan(&self.projection)?;
        match &self.filter {
            Some(filter) => Ok(rows.with_filter(plan(filter.projection())?, filter.clone())),
            None => Ok(rows),
        }
    }

    /// Refuses options that cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(Error::new(
                ErrorKind::Usage,
                "batch_size must be at least 1",
            ));
        }
        if self.workers == 0 {
            return Err(Error::new(ErrorKind::Usage, "workers must be at least 1"));
        }
        self.skip_budget.check()?;
        if self.reader_schema.is_some() && self.schema_mode == SchemaMode::UnionByName {
            return Err(Error::new(
                ErrorKind::Usage,
                "a reader_schema leaves nothing to merge: use it without union_by_name",
            ));
        }
        Ok(())
    }
}
