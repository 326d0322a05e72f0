//! How Avro files are read: the core's options, and what is DataFusion's own.

use std::str::FromStr;
use std::sync::Arc;

use avroscan::{AvroSchema, Limits, ScanOptions, SchemaMode};
use datafusion::common::{Result, config_datafusion_err, config_err};

use crate::RowCounts;

/// The keys that SQL `OPTIONS (..)` takes, without the prefix `avro.`.
pub(crate) const KEYS: &str = "batch_size, buffer_blocks, buffer_bytes, pushdown_filters, \
                    reader_schema, row_counts, schema_mode, unroll, \
                    limits.header_bytes, limits.schema_nodes, limits.block_bytes, \
                    limits.decompressed_bytes, limits.zero_byte_items, limits.fixed_bytes, \
                    limits.batch_bytes";

/// How the scans of an Avro table read their files.
///
/// The core's [`ScanOptions`] are held, not repeated. Which columns and how many rows a scan reads
/// is up to the query, so those two are not options here.
///
/// In SQL the same settings are the keys `avro.batch_size`, `avro.buffer_blocks`,
/// `avro.buffer_bytes`, `avro.pushdown_filters`, `avro.reader_schema`,
/// `avro.row_counts`, `avro.schema_mode`, `avro.unroll` and `avro.limits.*` of `CREATE EXTERNAL TABLE .. OPTIONS (..)`.
#[derive(Debug, Clone)]
pub struct AvroOptions {
    scan: ScanOptions,
    session_batch_size: bool,
    pushdown_filters: bool,
    row_counts: RowCounts,
}

impl Default for AvroOptions {
    fn default() -> Self {
        Self {
            // The partitions of a scan are decoded in the threads of DataFusion.
            scan: ScanOptions::default().with_workers(1),
            session_batch_size: true,
            pushdown_filters: true,
            row_counts: RowCounts::default(),
        }
    }
}

impl AvroOptions {
    /// Most rows of one batch. Default: the session's `datafusion.execution.batch_size`, so that
    /// batches have the size that the operators above the scan work best with.
    #[must_use]
    pub fn with_batch_size(mut self, rows: usize) -> Self {
        self.scan.batch_size = rows;
        self.session_batch_size = false;
        self
    }

    /// Most blocks that each partition of a scan reads ahead. Default: the core's, 4.
    #[must_use]
    pub fn with_buffer_blocks(mut self, blocks: usize) -> Self {
        self.scan.buffer_blocks = blocks;
        self
    }

    /// Most bytes that each partition of a scan reads ahead. Default: the core's, 64 MiB.
    #[must_use]
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.scan.buffer_bytes = bytes;
        self
    }

    /// The Avro schema that the rows are read as: each file's own is resolved to it (specification:
    /// "Schema Resolution"). It gives the table its columns, unless the table declares its own.
    /// Default: what [`with_schema_mode`](Self::with_schema_mode) says.
    #[must_use]
    pub fn with_reader_schema(mut self, schema: impl Into<Arc<AvroSchema>>) -> Self {
        self.scan.reader_schema = Some(schema.into());
        self
    }

    /// Whose columns a table has that declares none, and whose files differ. Default: those of the
    /// first file, in the order of the paths.
    #[must_use]
    pub fn with_schema_mode(mut self, mode: SchemaMode) -> Self {
        self.scan.schema_mode = mode;
        self
    }

    /// How many times more a type that contains itself is spelled out as columns, before what is
    /// inside of it is JSON text. Default: 0.
    #[must_use]
    pub fn with_unroll(mut self, times: usize) -> Self {
        self.scan.unroll = times;
        self
    }

    /// What a file may ask for before it is refused. Default: the core's.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.scan.limits = limits;
        self
    }

    /// Whether the scan evaluates filters itself. Default: true. When false, they stay in a
    /// `FilterExec` above the scan.
    #[must_use]
    pub fn with_pushdown_filters(mut self, pushdown: bool) -> Self {
        self.pushdown_filters = pushdown;
        self
    }

    /// How the numbers of rows are found that DataFusion plans with. Default: counted in local
    /// files, estimated in others.
    #[must_use]
    pub fn with_row_counts(mut self, row_counts: RowCounts) -> Self {
        self.row_counts = row_counts;
        self
    }

    /// The core's part of the options.
    pub fn scan(&self) -> &ScanOptions {
        &self.scan
    }

    /// Whether the scan evaluates filters itself.
    pub fn pushdown_filters(&self) -> bool {
        self.pushdown_filters
    }

    /// How the numbers of rows are found that DataFusion plans with.
    pub fn row_counts(&self) -> RowCounts {
        self.row_counts
    }

    /// Most rows of one batch, if that is set. Otherwise it is up to the session that runs the scan.
    #[cfg(feature = "proto")]
    pub(crate) fn batch_size(&self) -> Option<usize> {
        (!self.session_batch_size).then_some(self.scan.batch_size)
    }

    /// # Errors
    /// When options contradict each other.
    pub(crate) fn check(&self) -> Result<()> {
        if self.scan.reader_schema.is_some() && self.scan.schema_mode == SchemaMode::UnionByName {
            return config_err!(
                "With avro.reader_schema there is nothing to merge: avro.schema_mode cannot be \
                 'union_by_name'"
            );
        }
        Ok(())
    }

    /// The same options with the session's batch size, unless one was set.
    pub(crate) fn with_session_batch_size(mut self, rows: usize) -> Self {
        if self.session_batch_size {
            self.scan.batch_size = rows;
        }
        self
    }

    /// Sets the option that SQL calls `avro.{key}`.
    ///
    /// # Errors
    /// When there is no such option, or the value does not fit it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "batch_size" => {
                let rows = positive(key, value)?;
                *self = self.clone().with_batch_size(rows);
            }
            "buffer_blocks" => self.scan.buffer_blocks = positive(key, value)?,
            "buffer_bytes" => self.scan.buffer_bytes = positive(key, value)?,
            "pushdown_filters" => self.pushdown_filters = parse(key, value, "true or false")?,
            "reader_schema" => {
                let schema = AvroSchema::parse(value, &self.scan.limits).map_err(|error| {
                    config_datafusion_err!("The option avro.{key} is no Avro schema: {error}")
                })?;
                self.scan.reader_schema = Some(Arc::new(schema));
            }
            "row_counts" => self.row_counts = row_counts(key, value)?,
            "schema_mode" => self.scan.schema_mode = schema_mode(key, value)?,
            "unroll" => self.scan.unroll = parse(key, value, "a whole number")?,
            "limits.header_bytes" => self.scan.limits.header_bytes = positive(key, value)?,
            "limits.schema_nodes" => self.scan.limits.schema_nodes = positive(key, value)?,
            "limits.block_bytes" => self.scan.limits.block_bytes = positive(key, value)?,
            "limits.decompressed_bytes" => {
                self.scan.limits.decompressed_bytes = positive(key, value)?;
            }
            "limits.zero_byte_items" => self.scan.limits.zero_byte_items = positive(key, value)?,
            "limits.fixed_bytes" => self.scan.limits.fixed_bytes = positive(key, value)?,
            "limits.batch_bytes" => self.scan.limits.batch_bytes = positive(key, value)?,
            _ => {
                return config_err!(
                    "There is no option avro.{key}. The options of Avro tables are, \
                     after the prefix \"avro.\": {KEYS}"
                );
            }
        }
        Ok(())
    }
}

fn row_counts(key: &str, value: &str) -> Result<RowCounts> {
    match value.trim().to_ascii_lowercase().as_str() {
        "estimate" => Ok(RowCounts::Estimate),
        "local" => Ok(RowCounts::Local),
        "exact" => Ok(RowCounts::Exact),
        _ => config_err!(
            "The option avro.{key} is '{value}', expected 'estimate', 'local' or 'exact'"
        ),
    }
}

fn schema_mode(key: &str, value: &str) -> Result<SchemaMode> {
    match value.trim().to_ascii_lowercase().as_str() {
        "first" => Ok(SchemaMode::First),
        "union_by_name" => Ok(SchemaMode::UnionByName),
        _ => config_err!("The option avro.{key} is '{value}', expected 'first' or 'union_by_name'"),
    }
}

fn positive(key: &str, value: &str) -> Result<usize> {
    const EXPECTED: &str = "a whole number of at least 1";
    match parse(key, value, EXPECTED)? {
        0 => config_err!("The option avro.{key} is '{value}', expected {EXPECTED}"),
        number => Ok(number),
    }
}

fn parse<T: FromStr>(key: &str, value: &str, expected: &str) -> Result<T> {
    match value.trim().parse() {
        Ok(value) => Ok(value),
        Err(_) => config_err!("The option avro.{key} is '{value}', expected {expected}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_key_can_be_set() {
        for key in KEYS.split(", ") {
            let value = match key {
                "pushdown_filters" => "false",
                "reader_schema" => r#"{"type":"record","name":"R","fields":[]}"#,
                "row_counts" => "exact",
                "schema_mode" => "union_by_name",
                _ => "7",
            };
            AvroOptions::default().set(key, value).unwrap();
        }
    }

    #[test]
    fn values_arrive() {
        let mut options = AvroOptions::default();
        options.set("batch_size", "7").unwrap();
        options.set("buffer_blocks", "8").unwrap();
        options.set("buffer_bytes", "9").unwrap();
        options.set("pushdown_filters", "false").unwrap();
        options.set("limits.block_bytes", "10").unwrap();
        assert_eq!(options.scan().batch_size, 7);
        assert_eq!(options.scan().buffer_blocks, 8);
        assert_eq!(options.scan().buffer_bytes, 9);
        assert_eq!(options.scan().limits.block_bytes, 10);
        assert!(!options.pushdown_filters());

        assert_eq!(options.row_counts(), RowCounts::Local);
        options.set("row_counts", "Exact").unwrap();
        assert_eq!(options.row_counts(), RowCounts::Exact);
        options.set("row_counts", "estimate").unwrap();
        assert_eq!(options.row_counts(), RowCounts::Estimate);

        options.set("unroll", "2").unwrap();
        options.set("schema_mode", "UNION_BY_NAME").unwrap();
        assert_eq!(options.scan().unroll, 2);
        assert_eq!(options.scan().schema_mode, SchemaMode::UnionByName);
        options.set("schema_mode", "first").unwrap();
        assert_eq!(options.scan().schema_mode, SchemaMode::First);
        options.set("reader_schema", r#""long""#).unwrap();
        assert_eq!(
            options.scan().reader_schema.as_ref().unwrap().json(),
            r#""long""#
        );
    }

    #[test]
    fn the_sessions_batch_size_is_the_default_only() {
        let unset = AvroOptions::default().with_session_batch_size(33);
        assert_eq!(unset.scan().batch_size, 33);
        let set = AvroOptions::default()
            .with_batch_size(7)
            .with_session_batch_size(33);
        assert_eq!(set.scan().batch_size, 7);
    }

    #[test]
    fn wrong_keys_and_values_are_refused() {
        let error = |key, value| {
            AvroOptions::default()
                .set(key, value)
                .unwrap_err()
                .to_string()
        };
        assert!(error("batchsize", "1").contains("no option avro.batchsize"));
        assert!(error("batchsize", "1").contains("batch_size"));
        assert!(error("batch_size", "0").contains("at least 1"));
        assert!(error("batch_size", "many").contains("'many'"));
        assert!(error("pushdown_filters", "perhaps").contains("true or false"));
        assert!(error("schema_mode", "union").contains("'first' or 'union_by_name'"));
        assert!(error("row_counts", "yes").contains("'estimate', 'local' or 'exact'"));
        assert!(error("unroll", "-1").contains("avro.unroll is '-1'"));
        let no_schema = error("reader_schema", r#"{"type":"recrod"}"#);
        assert!(no_schema.contains("avro.reader_schema"), "{no_schema}");
        assert!(no_schema.contains("recrod"), "{no_schema}");
    }

    #[test]
    fn a_reader_schema_leaves_nothing_to_merge() {
        let schema: AvroSchema = r#""long""#.parse().unwrap();
        let options = AvroOptions::default().with_reader_schema(schema);
        options.check().unwrap();
        let options = options.with_schema_mode(SchemaMode::UnionByName);
        let error = options.check().unwrap_err().to_string();
        assert!(error.contains("nothing to merge"), "{error}");
    }
}
