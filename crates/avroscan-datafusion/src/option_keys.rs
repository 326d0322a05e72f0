//! The options by the names that SQL has for them.

use std::str::FromStr;
use std::sync::Arc;

use avroscan::{AvroSchema, LeftoverBytes, OnError, SchemaMode};
use datafusion::common::{Result, config_datafusion_err, config_err};

use crate::{AvroOptions, RowCounts};

/// The keys that SQL takes, without the prefix `avro.`, and what they are.
pub(crate) const KEYS: [(&str, &str); 23] = [
    ("batch_size", "Most rows of a batch"),
    ("buffer_blocks", "Most blocks that a partition reads ahead"),
    ("buffer_bytes", "Most bytes that a partition reads ahead"),
    (
        "leftover_bytes",
        "What becomes of bytes after the last row of a block: error takes it for damaged, ignore reads it",
    ),
    (
        "max_bad_blocks",
        "Most bad blocks that a scan may skip before it fails",
    ),
    (
        "max_bad_bytes",
        "Most bytes of bad blocks that a scan may skip before it fails",
    ),
    (
        "max_bad_fraction",
        "Largest part of a file, from 0 to 1, that a scan may skip before it fails",
    ),
    (
        "on_error",
        "What becomes of a damaged block: fail ends the query, skip leaves the block out",
    ),
    ("pushdown_filters", "Whether the scan filters rows itself"),
    (
        "reader_schema",
        "The Avro schema, as JSON, that the rows are read as",
    ),
    (
        "row_counts",
        "How numbers of rows are found for planning: estimate, local or exact",
    ),
    (
        "schema_mode",
        "Whose columns a table has that is made: first or union_by_name",
    ),
    (
        "unroll",
        "How many times more a type inside of itself becomes columns in a table that is made",
    ),
    ("limits.header_bytes", "Most bytes of a file's header"),
    ("limits.schema_nodes", "Most nodes of a schema"),
    ("limits.block_bytes", "Most bytes of a block as stored"),
    (
        "limits.decompressed_bytes",
        "Most bytes of a block after decompression",
    ),
    (
        "limits.zero_byte_items",
        "Most rows and items of a block that take no bytes",
    ),
    ("limits.fixed_bytes", "Largest size of a fixed"),
    (
        "limits.depth",
        "Most records of recursive types inside each other",
    ),
    (
        "limits.column_depth",
        "Most levels of types inside each other in one column",
    ),
    (
        "limits.decimal_digits",
        "Most digits of a decimal that becomes text",
    ),
    ("limits.batch_bytes", "Most bytes of a batch"),
];

impl AvroOptions {
    /// Sets the option that SQL calls `avro.{key}`.
    ///
    /// # Errors
    /// When there is no such option, or the value does not fit it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let scan = &mut self.scan;
        match key {
            "batch_size" => *self = self.clone().with_batch_size(positive(key, value)?),
            "buffer_blocks" => scan.buffer_blocks = whole(key, value)?,
            "buffer_bytes" => scan.buffer_bytes = positive(key, value)?,
            "leftover_bytes" => scan.leftover_bytes = leftover_bytes(key, value)?,
            "max_bad_blocks" => scan.skip_budget.blocks = Some(whole(key, value)?),
            "max_bad_bytes" => scan.skip_budget.bytes = Some(whole(key, value)?),
            "max_bad_fraction" => scan.skip_budget.fraction = Some(fraction(key, value)?),
            "on_error" => scan.on_error = on_error(key, value)?,
            "pushdown_filters" => self.pushdown_filters = parse(key, value, "true or false")?,
            "reader_schema" => {
                let schema = AvroSchema::parse(value, &scan.limits).map_err(|error| {
                    config_datafusion_err!("The option avro.{key} is no Avro schema: {error}")
                })?;
                scan.reader_schema = Some(Arc::new(schema));
            }
            "row_counts" => self.row_counts = row_counts(key, value)?,
            "schema_mode" => scan.schema_mode = schema_mode(key, value)?,
            "unroll" => scan.unroll = whole(key, value)?,
            "limits.header_bytes" => scan.limits.header_bytes = positive(key, value)?,
            "limits.schema_nodes" => scan.limits.schema_nodes = positive(key, value)?,
            "limits.block_bytes" => scan.limits.block_bytes = positive(key, value)?,
            "limits.decompressed_bytes" => scan.limits.decompressed_bytes = positive(key, value)?,
            "limits.zero_byte_items" => scan.limits.zero_byte_items = positive(key, value)?,
            "limits.fixed_bytes" => scan.limits.fixed_bytes = positive(key, value)?,
            "limits.depth" => scan.limits.depth = positive(key, value)?,
            "limits.column_depth" => scan.limits.column_depth = Some(positive(key, value)?),
            "limits.decimal_digits" => scan.limits.decimal_digits = positive(key, value)?,
            "limits.batch_bytes" => scan.limits.batch_bytes = positive(key, value)?,
            _ => {
                let keys = KEYS.map(|(key, _)| key).join(", ");
                return config_err!(
                    "There is no option avro.{key}. The options of Avro tables are, \
                     after the prefix \"avro.\": {keys}"
                );
            }
        }
        let keys = KEYS.iter().map(|(known, _)| *known);
        self.chosen.extend(keys.filter(|known| *known == key));
        Ok(())
    }
}

fn on_error(key: &str, value: &str) -> Result<OnError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "fail" => Ok(OnError::Fail),
        "skip" => Ok(OnError::Skip),
        _ => config_err!("The option avro.{key} is '{value}', expected 'fail' or 'skip'"),
    }
}

fn leftover_bytes(key: &str, value: &str) -> Result<LeftoverBytes> {
    match value.trim().to_ascii_lowercase().as_str() {
        "error" => Ok(LeftoverBytes::Error),
        "ignore" => Ok(LeftoverBytes::Ignore),
        _ => config_err!("The option avro.{key} is '{value}', expected 'error' or 'ignore'"),
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

fn whole<T: FromStr>(key: &str, value: &str) -> Result<T> {
    parse(key, value, "a whole number")
}

fn fraction(key: &str, value: &str) -> Result<f64> {
    const EXPECTED: &str = "a number from 0 to 1";
    match parse(key, value, EXPECTED)? {
        part if (0.0..=1.0).contains(&part) => Ok(part),
        _ => config_err!("The option avro.{key} is '{value}', expected {EXPECTED}"),
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
    use avroscan::SkipBudget;

    use super::*;

    #[test]
    fn every_listed_key_can_be_set() {
        for (key, _) in KEYS {
            let value = match key {
                "leftover_bytes" => "ignore",
                "max_bad_fraction" => "0.5",
                "on_error" => "skip",
                "pushdown_filters" => "false",
                "reader_schema" => r#"{"type":"record","name":"R","fields":[]}"#,
                "row_counts" => "exact",
                "schema_mode" => "union_by_name",
                _ => "7",
            };
            let mut options = AvroOptions::default();
            options.set(key, value).unwrap();
            assert!(options.chosen.contains(key), "{key}");
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
        options.set("limits.depth", "11").unwrap();
        options.set("limits.decimal_digits", "12").unwrap();
        assert_eq!(options.scan().batch_size, 7);
        assert_eq!(options.scan().buffer_blocks, 8);
        assert_eq!(options.scan().buffer_bytes, 9);
        assert_eq!(options.scan().limits.block_bytes, 10);
        assert_eq!(options.scan().limits.depth, 11);
        assert_eq!(options.scan().limits.decimal_digits, 12);
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

        options.set("on_error", "Skip").unwrap();
        assert_eq!(options.scan().on_error, OnError::Skip);
        options.set("on_error", "fail").unwrap();
        assert_eq!(options.scan().on_error, OnError::Fail);
        options.set("leftover_bytes", "Ignore").unwrap();
        assert_eq!(options.scan().leftover_bytes, LeftoverBytes::Ignore);
        options.set("leftover_bytes", "error").unwrap();
        assert_eq!(options.scan().leftover_bytes, LeftoverBytes::Error);
        options.set("max_bad_blocks", "0").unwrap();
        options.set("max_bad_bytes", "5000000000").unwrap();
        options.set("max_bad_fraction", "0.25").unwrap();
        let budget = SkipBudget::default()
            .with_blocks(0)
            .with_bytes(5_000_000_000)
            .with_fraction(0.25);
        assert_eq!(options.scan().skip_budget, budget);
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
        assert!(error("on_error", "ignore").contains("'fail' or 'skip'"));
        assert!(error("leftover_bytes", "skip").contains("'error' or 'ignore'"));
        assert!(error("max_bad_blocks", "few").contains("a whole number"));
        assert!(error("max_bad_fraction", "1.5").contains("from 0 to 1"));
        let no_schema = error("reader_schema", r#"{"type":"recrod"}"#);
        assert!(no_schema.contains("avro.reader_schema"), "{no_schema}");
        assert!(no_schema.contains("recrod"), "{no_schema}");
    }
}
