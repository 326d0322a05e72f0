//! Formats for `STORED AS AVRO` and for file names that end in `.avro`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::catalog::Session;
use datafusion::common::{GetExt, Result, config_err};
use datafusion::datasource::file_format::{FileFormat, FileFormatFactory};

use crate::{AvroFormat, AvroOptions};

/// Makes an [`AvroFormat`] from the `OPTIONS (..)` of a statement.
///
/// Keys are those of [`AvroOptions`], with the prefix `avro.` or with none. Keys of a namespace
/// that the session knows, such as a store's credentials, are left to the session; all others are
/// refused. Where a statement sets nothing, what the session has set holds: `SET avro.batch_size =
/// 4096`.
#[derive(Debug, Clone)]
pub struct AvroFormatFactory {
    options: AvroOptions,
}

impl AvroFormatFactory {
    /// A factory whose formats have these options unless a statement or the session sets them.
    pub fn new(options: AvroOptions) -> Self {
        let options = options.into_defaults();
        Self { options }
    }
}

impl FileFormatFactory for AvroFormatFactory {
    fn create(
        &self,
        state: &dyn Session,
        format_options: &HashMap<String, String>,
    ) -> Result<Arc<dyn FileFormat>> {
        let mut options = self.options.clone();
        let mut session_options = state.default_table_options();
        // In an order: errors are the same each time, and limits are there before a reader schema.
        for (key, value) in format_options.iter().collect::<BTreeMap<_, _>>() {
            // A key without a namespace reaches a format as `format.key`.
            match key.split_once('.') {
                Some(("format", "compression")) => {
                    return config_err!(
                        "Avro files are compressed block by block; those that are compressed as a \
                         whole ({value}) are not read"
                    );
                }
                Some(("avro" | "format", name)) => options.set(name, value)?,
                // The session takes these without looking; no scan would honour them.
                None | Some(("execution", _)) => options.set(key, value)?,
                Some(_) => session_options.set(key, value)?,
            }
        }
        Ok(Arc::new(AvroFormat::new(options.of_new_table(state)?)))
    }

    fn default(&self) -> Arc<dyn FileFormat> {
        Arc::new(AvroFormat::new(self.options.clone()))
    }
}

impl GetExt for AvroFormatFactory {
    fn get_ext(&self) -> String {
        "avro".to_owned()
    }
}
