//! The keywords of the package as options of the core.

use std::sync::Arc;

use avroscan::{
    AvroSchema, Error, ErrorKind, LeftoverBytes, Limits, OnError, Result, ScanOptions, SchemaMode,
    SkipBudget, StorageOptions,
};
use pyo3::prelude::*;

use crate::report::Report;

/// Levels of types inside each other in a column: what Polars bears, which recurses over them in
/// threads of 2 MiB.
const COLUMN_DEPTH: usize = 32;

/// How to read: one item a keyword, checked and completed by the Python half.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    pub(crate) glob: bool,
    pub(crate) storage_options: Vec<(String, String)>,
    pub(crate) columns: Option<Vec<Column>>,
    pub(crate) n_rows: Option<u64>,
    pub(crate) row_index_name: Option<String>,
    pub(crate) row_index_offset: u64,
    /// Whether a row index has 64 bits.
    pub(crate) wide_index: bool,
    pub(crate) include_file_paths: Option<String>,
    pub(crate) hive_partitioning: Option<bool>,
    /// An Arrow stream with the types of the columns that directories make.
    pub(crate) hive_schema: Option<Py<PyAny>>,
    pub(crate) try_parse_hive_dates: bool,
    pub(crate) maps_as_lists: bool,
    pub(crate) progress: Option<Py<PyAny>>,
    batch_size: Option<usize>,
    buffer_blocks: usize,
    buffer_bytes: usize,
    max_block_size: Option<usize>,
    ignore_errors: bool,
    skip_budget: Budget,
    report: Option<Py<Report>>,
    reader_schema: Option<String>,
    schema_mode: String,
    ignore_leftover_bytes: bool,
    unroll: usize,
    workers: Option<usize>,
}

/// A column by its path or by its number.
#[derive(FromPyObject)]
pub(crate) enum Column {
    Number(usize),
    Path(String),
}

/// Most of what may be skipped.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Budget {
    blocks: Option<u64>,
    bytes: Option<u64>,
    fraction: Option<f64>,
}

impl Options {
    pub(crate) fn report(&self) -> Option<&Py<Report>> {
        self.report.as_ref()
    }

    pub(crate) fn storage(&self) -> StorageOptions {
        self.storage_options.clone()
    }

    /// What the core has an option for, but for the columns.
    ///
    /// # Errors
    /// `Usage` for an unknown schema mode, `Schema` for a reader's schema that is none.
    pub(crate) fn scan_options(&self) -> Result<ScanOptions> {
        let mut options = ScanOptions::default()
            .with_buffer_blocks(self.buffer_blocks)
            .with_buffer_bytes(self.buffer_bytes)
            .with_unroll(self.unroll)
            .with_schema_mode(self.schema_mode()?)
            .with_limits(self.limits())
            .with_skip_budget(
                SkipBudget::default()
                    .with_blocks(self.skip_budget.blocks)
                    .with_bytes(self.skip_budget.bytes)
                    .with_fraction(self.skip_budget.fraction),
            );
        if let Some(rows) = self.batch_size {
            options = options.with_batch_size(rows);
        }
        if let Some(workers) = self.workers {
            options = options.with_workers(workers);
        }
        if self.ignore_errors {
            options = options.with_on_error(OnError::Skip);
        }
        if self.ignore_leftover_bytes {
            options = options.with_leftover_bytes(LeftoverBytes::Ignore);
        }
        if let Some(report) = &self.report {
            options = options.with_report(report.get().0.clone());
        }
        if let Some(json) = &self.reader_schema {
            let schema = AvroSchema::parse(json, &options.limits)?;
            options = options.with_reader_schema(Arc::new(schema));
        }
        Ok(options)
    }

    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        let most = self.max_block_size.unwrap_or(usize::MAX);
        limits.block_bytes = most;
        limits.decompressed_bytes = most;
        limits.column_depth = Some(COLUMN_DEPTH);
        limits
    }

    fn schema_mode(&self) -> Result<SchemaMode> {
        match &*self.schema_mode {
            "first" => Ok(SchemaMode::First),
            "union_by_name" => Ok(SchemaMode::UnionByName),
            other => Err(Error::new(
                ErrorKind::Usage,
                format!("schema_mode is {other:?}, expected \"first\" or \"union_by_name\""),
            )),
        }
    }
}
