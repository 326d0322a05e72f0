//! How Avro files are read: the core's options, and what is DataFusion's own.

use std::collections::BTreeSet;
use std::sync::Arc;

use avroscan::{
    AvroSchema, LeftoverBytes, Limits, OnError, ReadReport, ScanOptions, SchemaMode, SkipBudget,
};
use datafusion::common::{Result, config_err};

use crate::{RowCounts, option_keys as keys};

/// [`Limits::column_depth`] where nothing else is said. In a debug build, `take` needs 37 KiB of stack
/// for each level of a column, and the threads of a runtime have 2 MiB.
const COLUMN_DEPTH: usize = 32;

/// How the scans of an Avro table read their files.
///
/// The core's [`ScanOptions`] are held, not repeated. Which columns and how many rows a scan reads
/// is up to the query, so those two are not options here.
///
/// In SQL the same settings are the keys `avro.batch_size`, `avro.buffer_blocks`,
/// `avro.buffer_bytes`, `avro.leftover_bytes`, `avro.max_bad_blocks`, `avro.max_bad_bytes`, `avro.max_bad_fraction`,
/// `avro.on_error`, `avro.pushdown_filters`, `avro.reader_schema`, `avro.row_counts`,
/// `avro.schema_mode`, `avro.unroll` and `avro.limits.*` of `CREATE EXTERNAL TABLE .. OPTIONS (..)`.
/// All but `avro.reader_schema` can be set for a session too: `SET avro.batch_size = 4096`. That
/// holds for what these options leave alone.
#[derive(Debug, Clone)]
pub struct AvroOptions {
    pub(crate) scan: ScanOptions,
    session_batch_size: bool,
    pub(crate) pushdown_filters: bool,
    pub(crate) row_counts: RowCounts,
    /// The keys of what was set here, and is not the session's to set.
    pub(crate) chosen: BTreeSet<&'static str>,
}

impl Default for AvroOptions {
    fn default() -> Self {
        Self {
            // The partitions of a scan are decoded in the threads of DataFusion.
            scan: ScanOptions::default()
                .with_workers(1)
                .with_limits(bearable(Limits::default())),
            session_batch_size: true,
            pushdown_filters: true,
            row_counts: RowCounts::default(),
            chosen: BTreeSet::new(),
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
        self.chosen.insert("batch_size");
        self
    }

    /// Most blocks that each partition of a scan reads ahead. Default: the core's, 4.
    #[must_use]
    pub fn with_buffer_blocks(mut self, blocks: usize) -> Self {
        self.scan.buffer_blocks = blocks;
        self.chosen.insert("buffer_blocks");
        self
    }

    /// Most bytes that each partition of a scan reads ahead. Default: the core's, 64 MiB.
    #[must_use]
    pub fn with_buffer_bytes(mut self, bytes: usize) -> Self {
        self.scan.buffer_bytes = bytes;
        self.chosen.insert("buffer_bytes");
        self
    }

    /// The Avro schema that the rows are read as: each file's own is resolved to it (specification:
    /// "Schema Resolution"). It gives the table its columns, unless the table declares its own.
    /// Default: what [`with_schema_mode`](Self::with_schema_mode) says.
    #[must_use]
    pub fn with_reader_schema(mut self, schema: impl Into<Arc<AvroSchema>>) -> Self {
        self.scan.reader_schema = Some(schema.into());
        self.chosen.insert("reader_schema");
        self
    }

    /// Whose columns a table has that declares none, and whose files differ. Default: those of the
    /// first file, in the order of the paths.
    #[must_use]
    pub fn with_schema_mode(mut self, mode: SchemaMode) -> Self {
        self.scan.schema_mode = mode;
        self.chosen.insert("schema_mode");
        self
    }

    /// How many times more a type that contains itself is spelled out as columns, before what is
    /// inside of it is JSON text. Default: 0.
    #[must_use]
    pub fn with_unroll(mut self, times: usize) -> Self {
        self.scan.unroll = times;
        self.chosen.insert("unroll");
        self
    }

    /// Whether a damaged block ends a query with an error or is left out. Default: an error.
    ///
    /// Where blocks are left out, `count(*)` decodes them all to count the rows that `SELECT *`
    /// gives, and no number of rows is known before a query has run.
    #[must_use]
    pub fn with_on_error(mut self, on_error: OnError) -> Self {
        self.scan.on_error = on_error;
        self.chosen.insert("on_error");
        self
    }

    /// What becomes of bytes after the last row of a block. Default: the block is damaged.
    #[must_use]
    pub fn with_leftover_bytes(mut self, leftover_bytes: LeftoverBytes) -> Self {
        self.scan.leftover_bytes = leftover_bytes;
        self.chosen.insert("leftover_bytes");
        self
    }

    /// How much each scan may leave out, where [`with_on_error`](Self::with_on_error) says so.
    /// Default: any number of blocks.
    #[must_use]
    pub fn with_skip_budget(mut self, budget: SkipBudget) -> Self {
        self.scan.skip_budget = budget;
        let keys = ["max_bad_blocks", "max_bad_bytes", "max_bad_fraction"];
        self.chosen.extend(keys);
        self
    }

    /// Tells in this handle, of which you keep a clone, what was left out. What several scans leave
    /// out adds up in it; the [budget](Self::with_skip_budget) is for each of them.
    #[must_use]
    pub fn with_report(mut self, report: ReadReport) -> Self {
        self.scan.report = report;
        self
    }

    /// What a file may ask for before it is refused. Default: the core's, and a
    /// [`column_depth`](Limits::column_depth) of 32: DataFusion recurses over columns in threads of 2 MiB.
    ///
    /// A column that nests deeper has the type null in the table's schema, and is an error for a query
    /// that reads it.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.scan.limits = bearable(limits);
        let limits = keys::KEYS.iter().map(|(key, _)| *key);
        self.chosen
            .extend(limits.filter(|key| key.starts_with("limits.")));
        self
    }

    /// Whether the scan evaluates filters itself. Default: true. When false, they stay in a
    /// `FilterExec` above the scan.
    #[must_use]
    pub fn with_pushdown_filters(mut self, pushdown: bool) -> Self {
        self.pushdown_filters = pushdown;
        self.chosen.insert("pushdown_filters");
        self
    }

    /// How the numbers of rows are found that DataFusion plans with. Default: counted in local
    /// files, estimated in others.
    #[must_use]
    pub fn with_row_counts(mut self, row_counts: RowCounts) -> Self {
        self.row_counts = row_counts;
        self.chosen.insert("row_counts");
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
        match self.scan.skip_budget.fraction {
            Some(part) if !(0.0..=1.0).contains(&part) => {
                config_err!("The option avro.max_bad_fraction is '{part}', expected 0 to 1")
            }
            _ => Ok(()),
        }
    }

    /// Whether damaged blocks are left out, so that no header says how many rows there are.
    pub(crate) fn skips(&self) -> bool {
        self.scan.on_error == OnError::Skip
    }

    /// The same options as the defaults of others: the session may set all of them.
    pub(crate) fn into_defaults(mut self) -> Self {
        self.chosen.clear();
        self
    }

    /// The same options with a report of their own, which the one that they have counts too.
    pub(crate) fn with_own_report(mut self) -> Self {
        self.scan.report = self.scan.report.part();
        self
    }

    /// The same options with the session's batch size, unless one was set.
    pub(crate) fn with_session_batch_size(mut self, rows: usize) -> Self {
        if self.session_batch_size {
            self.scan.batch_size = rows;
        }
        self
    }
}

/// These limits with a depth of columns that DataFusion bears, unless one is given.
fn bearable(mut limits: Limits) -> Limits {
    limits.column_depth.get_or_insert(COLUMN_DEPTH);
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_reader_schema_leaves_nothing_to_merge() {
        let schema: AvroSchema = r#""long""#.parse().unwrap();
        let options = AvroOptions::default().with_reader_schema(schema);
        options.check().unwrap();
        let options = options.with_schema_mode(SchemaMode::UnionByName);
        let error = options.check().unwrap_err().to_string();
        assert!(error.contains("nothing to merge"), "{error}");
    }

    #[test]
    fn a_fraction_is_a_part() {
        let budget = |part| SkipBudget::default().with_fraction(part);
        let check = |part| {
            AvroOptions::default()
                .with_skip_budget(budget(part))
                .check()
        };
        check(0.5).unwrap();
        let error = check(1.5).unwrap_err().to_string();
        assert!(error.contains("avro.max_bad_fraction"), "{error}");
        check(f64::NAN).unwrap_err();
    }
}
