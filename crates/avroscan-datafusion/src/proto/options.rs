//! The options of a scan, by the names that SQL has for them.

use std::collections::BTreeMap;

use avroscan::SchemaMode;
use datafusion::common::{Result, not_impl_err, plan_datafusion_err};
use prost::Message;

use crate::{AvroOptions, RowCounts};

/// [`AvroOptions`] as text. A receiver that does not know one of the names refuses the plan: it
/// cannot read as the sender meant it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionsMessage {
    #[prost(btree_map = "string, string", tag = "1")]
    settings: BTreeMap<String, String>,
    /// Whether fields of the reader schema that may be null are null where nothing else is said:
    /// its JSON does not tell.
    #[prost(bool, tag = "2")]
    null_defaults: bool,
}

const DEPTH: &str = "limits.depth";
const DECIMAL_DIGITS: &str = "limits.decimal_digits";

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
        let mut settings = BTreeMap::new();
        let mut set = |key: &str, value: String| settings.insert(key.to_owned(), value);
        if let Some(rows) = options.batch_size() {
            set("batch_size", rows.to_string());
        }
        set("buffer_blocks", scan.buffer_blocks.to_string());
        set("buffer_bytes", scan.buffer_bytes.to_string());
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
        set(DEPTH, limits.depth.to_string());
        set(DECIMAL_DIGITS, limits.decimal_digits.to_string());
        let reader_schema = scan.reader_schema.as_ref();
        Ok(Self {
            settings,
            null_defaults: reader_schema.is_some_and(|schema| schema.has_null_defaults()),
        })
    }

    /// # Errors
    /// When an option is not known here, or its value does not fit it.
    pub(super) fn options(&self) -> Result<AvroOptions> {
        let mut options = AvroOptions::default();
        // In the order of their names: limits are there before a reader schema.
        for (key, value) in &self.settings {
            let mut limits = options.scan().limits.clone();
            match key.as_str() {
                DEPTH => limits.depth = number(key, value)?,
                DECIMAL_DIGITS => limits.decimal_digits = number(key, value)?,
                _ => {
                    options.set(key, value)?;
                    continue;
                }
            }
            options = options.with_limits(limits);
        }
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

fn number(key: &str, value: &str) -> Result<usize> {
    value
        .parse()
        .map_err(|_| plan_datafusion_err!("The option avro.{key} is '{value}', expected a number"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use avroscan::{AvroSchema, Limits};

    use super::*;
    use crate::options::KEYS;

    /// The same options after the trip. Their debug text has all of their fields.
    fn travelled(options: &AvroOptions) -> AvroOptions {
        let bytes = OptionsMessage::new(options).unwrap().encode_to_vec();
        let message = OptionsMessage::decode(bytes.as_slice()).unwrap();
        message.options().unwrap()
    }

    #[test]
    fn every_option_travels() {
        for key in KEYS.split(", ") {
            let value = match key {
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
