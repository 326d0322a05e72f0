//! What a table over Avro files is made of, besides its path.

use arrow::datatypes::{DataType, SchemaRef};

use crate::AvroOptions;

/// Options of [`register_avro_table`](crate::AvroSessionExt::register_avro_table) and
/// [`read_avro_table`](crate::AvroSessionExt::read_avro_table).
#[derive(Debug, Clone)]
pub struct AvroReadOptions {
    pub(crate) options: AvroOptions,
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) partition_columns: Vec<(String, DataType)>,
    pub(crate) file_extension: String,
}

impl Default for AvroReadOptions {
    fn default() -> Self {
        Self {
            options: AvroOptions::default(),
            schema: None,
            partition_columns: Vec::new(),
            file_extension: ".avro".to_owned(),
        }
    }
}

impl From<AvroOptions> for AvroReadOptions {
    fn from(options: AvroOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }
}

impl AvroReadOptions {
    /// How the files are read.
    #[must_use]
    pub fn with_options(mut self, options: AvroOptions) -> Self {
        self.options = options;
        self
    }

    /// The table's columns, without the partition columns. Values are cast to its types, and a
    /// column that a file lacks is null. Default: the columns of the files.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Columns whose values stand in the directories' names, as in `year=2024/month=05/x.avro`,
    /// outermost first. Default: none.
    #[must_use]
    pub fn with_partition_columns(mut self, columns: Vec<(String, DataType)>) -> Self {
        self.partition_columns = columns;
        self
    }

    /// How the names of the files in a directory end; other files there are ignored. A path that
    /// names one file is read whatever its name is. Default: `.avro`.
    #[must_use]
    pub fn with_file_extension(mut self, extension: impl Into<String>) -> Self {
        self.file_extension = extension.into();
        self
    }
}
