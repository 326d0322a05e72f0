//! The options of a scan, by the names that SQL has for them.

use std::collections::BTreeMap;

use avroscan::{LeftoverBytes, OnError, SchemaMode};
use datafusion::common::{Result, not_impl_err};
use prost::Message;

use crate::{AvroOptions, RowCounts};

/// [`AvroOptions`] as text, but for the report: what is skipped elsewhere is told by the metrics of
/// the plan there. A receiver that does not know one of the names refuses the plan: it
/// cannot read as the sender meant it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionsMessage {
    #[prost(btree_map = "string, string", tag = "1")]
    settings: BTreeMap<String, String>,
    /// Whether fields of the reader schema that may be null are null where nothing else is said:
    /// its JSON does not tell.
    #[prost(bool, tag = "2")]
    null_defaults: bool,
    /// Which of the settings were chosen for the table: a session decides about the others.
    #[prost(string, repeated, tag = "3")]
    chosen: Vec<String>,
}

impl OptionsMessage {
    /// # Errors
    /// When there is an option without a name.
    pub(super) fn new(options: &AvroOptions) -> Result<Self> {
        let scan = options.scan();
        let limits = &scan.limits;
        let schema_mode = match scan.schema_mode {
            SchemaMode::First => "first",
            SchemaMode::UnionByName => "union_by_name",
            mode => return not_impl_err!("The schema mode {mode:?} does not travel"),
        };
        let row_counts = match options.row_counts() {
            RowCounts::Estimate => "estimate",
            RowCounts::Local => "local",
            RowCounts::Exact => "exact",
        };
        let on_error = match scan.on_error {
            OnError::Fail => "fail",
            OnError::Skip => "skip",
            other => return not_impl_err!("The way {other:?} to treat damage does not travel"),
        };
        let leftover_bytes = match scan.leftover_bytes {
            LeftoverBytes::Error => "error",
            LeftoverBytes::Ignore => "ignore",
            other => {
                return not_impl_err!("The way {other:?} to treat bytes left over does not travel");
            }
        };
        let mut settings = BTreeMap::new();
        let mut set = |key: &str, value: String| settings.insert(key.to_owned(), value);
        if let Some(rows) = options.batch_size() {
            set("batch_size", rows.to_string());
        }
        set("buffer_blocks", scan.buffer_blocks.to_string());
        set("buffer_bytes", scan.buffer_bytes.to_string());
        set("leftover_bytes", leftover_bytes.to_owned());
        let budget = &scan.skip_budget;
        if let Some(blocks) = budget.blocks {
            set("max_bad_blocks", blocks.to_string());
        }
        if let Some(bytes) = budget.bytes {
            set("max_bad_bytes", bytes.to_string());
        }
        if let Some(fraction) = budget.fraction {
            set("max_bad_fraction", fraction.to_string());
        }
        set("on_error", on_error.to_owned());
        set("pushdown_filters", options.pushdown_filters().to_string());
        if let Some(schema) = &scan.reader_schema {
            set("reader_schema", schema.json().to_owned());
        }
        set("row_counts", row_counts.to_owned());
        set("schema_mode", schema_mode.to_owned());
        set("unroll", scan.unroll.to_string());
        set("limits.header_bytes", limits.header_bytes.to_string());
        set("limits.schema_nodes", limits.schema_nodes.to_string());
        set("limits.block_bytes", limits.block_bytes.to_string());
        set(
            "limits.decompressed_bytes",
            limits.decompressed_bytes.to_string(),
        );
        set("limits.zero_byte_items", limits.zero_byte_items.to_string());
        set("limits.fixed_bytes", limits.fixed_bytes.to_string());
        set("limits.batch_bytes", limits.batch_bytes.to_string());
        set("limits.depth", limits.depth.to_string());
        if let Some(levels) = limits.column_depth {
            set("limits.column_depth", levels.to_string());
        }
        set("limits.decimal_digits", limits.decimal_digits.to_string());
        let reader_schema = scan.reader_schema.as_ref();
        Ok(Self {
            settings,
            chosen: options.chosen.iter().map(|key| (*key).to_owned()).collect(),
            null_defaults: reader_schema.is_some_and(|schema| schema.has_null_defaults()),
        })
    }

    /// # Errors
    /// When an option is not known here, or its value does not fit it.
    pub(super) fn options(&self) -> Result<AvroOptions> {
        let mut options = AvroOptions::default();
        // In the order of their names: limits are there before a reader schema.
        for (key, value) in &self.settings {
            options.set(key, value)?;
        }
        let is_chosen = |key: &&str| self.chosen.iter().any(|chosen| chosen == key);
        options.chosen.retain(is_chosen);
        if let Some(schema) = &options.scan().reader_schema
            && self.null_defaults
        {
            let schema = schema.with_null_defaults();
            options = options.with_reader_schema(schema);
        }
        options.check()?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use avroscan::{AvroSchema, Limits};

    use super::*;
    use crate::option_keys::KEYS;

    /// The same options after the trip. Their debug text has all of their fields.
    fn travelled(options: &AvroOptions) -> AvroOptions {
        let bytes = OptionsMessage::new(options).unwrap().encode_to_vec();
        let message = OptionsMessage::decode(bytes.as_slice()).unwrap();
        message.options().unwrap()
    }

    #[test]
    fn every_option_travels() {
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
            let (sent, arrived) = (format!("{options:?}"), format!("{:?}", travelled(&options)));
            assert_ne!(sent, format!("{:?}", AvroOptions::default()), "{key}");
            assert_eq!(arrived, sent, "{key}");
        }
    }

    #[test]
    fn every_limit_travels() {
        let mut limits = Limits::default();
        limits.depth = 7;
        limits.column_depth = Some(6);
        limits.decimal_digits = 8;
        limits.batch_bytes = 9;
        let options = AvroOptions::default().with_limits(limits.clone());
        assert_eq!(travelled(&options).scan().limits, limits);
    }

    #[test]
    fn defaults_of_a_reader_schema_travel() {
        let json = r#"{"type":"record","name":"R","fields":[
            {"name":"a","type":["null","int"]},{"name":"b","type":"int"}]}"#;
        let schema: AvroSchema = json.parse().unwrap();
        for (schema, has_defaults) in [(schema.with_null_defaults(), true), (schema, false)] {
            let options = AvroOptions::default().with_reader_schema(Arc::new(schema));
            let arrived = travelled(&options).scan().reader_schema.clone().unwrap();
            assert_eq!(arrived.json(), json);
            assert_eq!(arrived.has_null_defaults(), has_defaults);
        }
    }

    #[test]
    fn an_option_that_is_not_known_is_refused() {
        let mut message = OptionsMessage::new(&AvroOptions::default()).unwrap();
        let setting = ("on_fire".to_owned(), "shrug".to_owned());
        message.settings.extend([setting]);
        let error = message.options().unwrap_err().to_string();
        assert!(error.contains("no option avro.on_fire"), "{error}");
    }
}
