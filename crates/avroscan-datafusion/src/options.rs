//! How Avro files are read: the core's options, and what is DataFusion's own.

use std::str::FromStr;

use avroscan::{Limits, ScanOptions};
use datafusion::common::{Result, config_err};

/// The keys that SQL `OPTIONS (..)` takes, without the prefix `avro.`.
const KEYS: &str = "batch_size, buffer_blocks, buffer_bytes, pushdown_filters, \
                    limits.header_bytes, limits.schema_nodes, limits.block_bytes, \
                    limits.decompressed_bytes, limits.zero_byte_items, limits.fixed_bytes, \
                    limits.batch_bytes";

/// How the scans of an Avro table read their files.
///
/// The core's [`ScanOptions`] are held, not repeated. Which columns and how many rows a scan reads
/// is up to the query, so those two are not options here.
///
/// In SQL the same settings are the keys `avro.batch_size`, `avro.buffer_blocks`,
/// `avro.buffer_bytes`, `avro.pushdown_filters` and `avro.limits.*` of
/// `CREATE EXTERNAL TABLE .. OPTIONS (..)`.
#[derive(Debug, Clone)]
pub struct AvroOptions {
    scan: ScanOptions,
    session_batch_size: bool,
    pushdown_filters: bool,
}

impl Default for AvroOptions {
    fn default() -> Self {
        Self {
            scan: ScanOptions::default(),
            session_batch_size: true,
            pushdown_filters: true,
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

    /// The core's part of the options.
    pub fn scan(&self) -> &ScanOptions {
        &self.scan
    }

    /// Whether the scan evaluates filters itself.
    pub fn pushdown_filters(&self) -> bool {
        self.pushdown_filters
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
            let value = if key == "pushdown_filters" {
                "false"
            } else {
                "7"
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
    }
}
