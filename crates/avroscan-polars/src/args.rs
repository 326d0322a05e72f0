//! How to read it.

use std::sync::Arc;

use avroscan::{AvroSchema, Limits, Progress, Projection, ScanOptions, SchemaMode, StorageOptions};

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
#[derive(Debug, Clone, Default)]
pub struct ScanArgsAvro {
    /// Columns, schemas, number of rows, batch size, buffers, limits and progress.
    pub options: ScanOptions,
    /// Settings of the object store, in the key names of the `object_store` crate, for example
    /// `("aws_region", "eu-central-1")`. What is not set comes from the environment.
    pub storage_options: StorageOptions,
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

    /// What a file may ask for before it is refused.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
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
