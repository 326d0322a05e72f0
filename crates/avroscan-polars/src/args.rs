//! How to read it.

use std::sync::Arc;

use avroscan::{
    AvroSchema, LeftoverBytes, Limits, OnError, Progress, Projection, ReadReport, ScanOptions,
    SchemaMode, SkipBudget, StorageOptions,
};
use polars::prelude::*;

/// The arguments of a scan. The default reads everything.
///
/// What every front end of avroscan shares is in `options`; the methods below set the same fields
/// under the names that Polars uses for such things.
///
/// ```
/// use avroscan_polars::ScanArgsAvro;
///
/// let args = ScanArgsAvro::default().with_columns(["id", "customer.email"]).with_n_rows(1_000);
/// # assert_eq!(args.options.n_rows, Some(1_000));
/// ```
#[derive(Debug, Clone)]
pub struct ScanArgsAvro {
    /// Columns, schemas, number of rows, batch size, buffers, limits and progress.
    pub options: ScanOptions,
    /// Settings of the object store, in the key names of the `object_store` crate, for example
    /// `("aws_region", "eu-central-1")`. What is not set comes from the environment.
    pub storage_options: StorageOptions,
    /// Name of a first column that numbers the rows, and the number of the first. Default: none.
    pub row_index: Option<RowIndex>,
    /// Name of a last column that has the path of the file of each row. Default: none.
    pub include_file_paths: Option<PlSmallStr>,
    /// Whether a name with a wildcard stands for the files that match. Default: true.
    pub glob: bool,
    /// What to make of `key=value` directories. Default: columns where the one source is a
    /// directory, with the types that the values look like.
    pub hive_options: HiveOptions,
}

impl Default for ScanArgsAvro {
    fn default() -> Self {
        Self {
            options: ScanOptions::default(),
            storage_options: StorageOptions::default(),
            row_index: None,
            include_file_paths: None,
            glob: true,
            hive_options: HiveOptions {
                enabled: None,
                ..HiveOptions::default()
            },
        }
    }
}

impl ScanArgsAvro {
    /// Reads these columns alone, in this order. A path (`customer.email`) reads a part of a
    /// column: `customer`, a struct with the one field `email`. Default: all columns.
    ///
    /// A query that selects columns of the `LazyFrame` has the same effect on top-level columns.
    #[must_use]
    pub fn with_columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.options.projection = Projection::columns(columns);
        self
    }

    /// Reads the rows as this Avro schema, which decides the columns and their types: each file's
    /// own schema is resolved to it, as the specification says ("Schema Resolution"). Default:
    /// what [`with_schema_mode`](Self::with_schema_mode) says.
    #[must_use]
    pub fn with_reader_schema(mut self, schema: impl Into<Arc<AvroSchema>>) -> Self {
        self.options.reader_schema = Some(schema.into());
        self
    }

    /// Whose schema the rows of several files have. Default: the first file's, to which those of
    /// the others are resolved.
    #[must_use]
    pub fn with_schema_mode(mut self, mode: SchemaMode) -> Self {
        self.options.schema_mode = mode;
        self
    }

    /// How many times more a type that contains itself is spelled out as columns, before what is
    /// inside of it is JSON text. Default 0: text where the type is first met again.
    #[must_use]
    pub fn with_unroll(mut self, times: usize) -> Self {
        self.options.unroll = times;
        self
    }

    /// Numbers the rows in a first column of this name, from this number on. A row has the same
    /// number whatever a query does with the others. Default: no such column.
    #[must_use]
    pub fn with_row_index(mut self, row_index: impl Into<Option<RowIndex>>) -> Self {
        self.row_index = row_index.into();
        self
    }

    /// Has the path of its file beside each row, in a last column of this name. Default: no such
    /// column.
    #[must_use]
    pub fn with_include_file_paths(mut self, name: impl Into<PlSmallStr>) -> Self {
        self.include_file_paths = Some(name.into());
        self
    }

    /// Whether a name with `*`, `?`, `[` or `{` in it stands for the files that match where there
    /// is none of exactly this name. Default: true.
    #[must_use]
    pub fn with_glob(mut self, glob: bool) -> Self {
        self.glob = glob;
        self
    }

    /// Whether `key=value` directories are columns. They follow those of the files; one that is
    /// in the files too has the value of the directory. With a directory or a pattern as the one
    /// source, what is below it counts, else the whole path. Default: yes if the one source is a
    /// directory.
    #[must_use]
    pub fn with_hive_partitioning(mut self, enabled: bool) -> Self {
        self.hive_options.enabled = Some(enabled);
        self
    }

    /// The types of the columns that directories make. Default: integers, floats, dates or text,
    /// as all of their values look like; of a column that is in the files too, that of the files.
    #[must_use]
    pub fn with_hive_schema(mut self, schema: impl Into<SchemaRef>) -> Self {
        self.hive_options.schema = Some(schema.into());
        self
    }

    /// Whether directories may be dates and times, or text where they look like some. Default: true.
    #[must_use]
    pub fn with_try_parse_hive_dates(mut self, dates: bool) -> Self {
        self.hive_options.try_parse_dates = dates;
        self
    }

    /// Stops after so many rows. They are the first ones: whatever follows in a query, a filter
    /// for example, sees no others. Default: no limit.
    #[must_use]
    pub fn with_n_rows(mut self, n_rows: u64) -> Self {
        self.options.n_rows = Some(n_rows);
        self
    }

    /// How many rows a frame has at most ([`AvroReader`](crate::AvroReader)), or about how many
    /// rows a thread decodes at a time (in a query). Default: 100,000.
    #[must_use]
    pub fn with_batch_size(mut self, rows: usize) -> Self {
        self.options.batch_size = rows;
        self
    }

    /// In how many threads an [`AvroReader`](crate::AvroReader) decompresses and decodes. A query is
    /// decoded in the threads of Polars. Default: one for each core.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.options.workers = workers;
        self
    }

    /// How many blocks of a file are fetched ahead of the one that is decoded. Default: 4.
    #[must_use]
    pub fn with_buffer_blocks(mut self, blocks: usize) -> Self {
        self.options.buffer_blocks = blocks;
        self
    }

    /// How many bytes the blocks fetched ahead may have in all. Default: 64 MiB.
    #[must_use]
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.buffer_bytes = bytes;
        self
    }

    /// What a file may ask for before it is refused. Default: the core's, and a
    /// [`column_depth`](Limits::column_depth) of 32: Polars recurses over columns in threads of 2 MiB.
    ///
    /// A column that nests deeper has the type null in the schema of the scan, and is an error for a
    /// query that reads it.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Whether a damaged block ends the reading with an error or is left out. Default: an error.
    #[must_use]
    pub fn with_on_error(mut self, on_error: OnError) -> Self {
        self.options.on_error = on_error;
        self
    }

    /// What becomes of bytes after the last row of a block. Default: the block is damaged.
    #[must_use]
    pub fn with_leftover_bytes(mut self, leftover_bytes: LeftoverBytes) -> Self {
        self.options.leftover_bytes = leftover_bytes;
        self
    }

    /// How much may be left out, where [`with_on_error`](Self::with_on_error) says so. Default: any
    /// number of blocks.
    #[must_use]
    pub fn with_skip_budget(mut self, budget: SkipBudget) -> Self {
        self.options.skip_budget = budget;
        self
    }

    /// Tells in this handle, of which you keep a clone, what was left out.
    #[must_use]
    pub fn with_report(mut self, report: ReadReport) -> Self {
        self.options.report = report;
        self
    }

    /// Counts what is read in this handle, of which you keep a clone.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.options.progress = progress;
        self
    }

    /// Settings of the object store, see [`storage_options`](Self::storage_options).
    #[must_use]
    pub fn with_storage_options<K, V>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        self.storage_options = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        self
    }
}
