//! How to read it.

use avroscan::{Limits, Progress, Projection, ScanOptions, StorageOptions};

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
    /// Columns, number of rows, batch size, buffers, limits and progress.
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
