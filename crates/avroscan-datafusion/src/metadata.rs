//! `avro_metadata('path')`: what files say of themselves, as a table.

use std::sync::Arc;

use arrow::array::{BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use avroscan::AvroFile;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;

use crate::{AvroOptions, listing};

/// The name of the function.
pub(crate) const NAME: &str = "avro_metadata";

/// How the names of files in directories and patterns end.
const EXTENSION: &str = ".avro";

/// Makes a [`MetadataTable`] of a path, pattern, directory or URL.
#[derive(Debug)]
pub(crate) struct MetadataFunction {
    options: AvroOptions,
}

impl MetadataFunction {
    /// The options are the defaults of what the session does not set.
    pub(crate) fn new(options: AvroOptions) -> Self {
        let options = options.into_defaults();
        Self { options }
    }
}

impl TableFunctionImpl for MetadataFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let path = match args.exprs() {
            [Expr::Literal(path, _)] => path.try_as_str().flatten(),
            _ => None,
        };
        let Some(path) = path else {
            return plan_err!("{NAME} takes one path, pattern, directory or URL, in quotes");
        };
        Ok(Arc::new(MetadataTable {
            path: ListingTableUrl::parse(path)?,
            options: self.options.clone(),
            schema: schema(),
        }))
    }
}

/// A row for each entry in the header of each file.
#[derive(Debug)]
struct MetadataTable {
    path: ListingTableUrl,
    options: AvroOptions,
    schema: SchemaRef,
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("file", DataType::Utf8, false),
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
        Field::new("bytes", DataType::Binary, false),
    ]))
}

#[async_trait]
impl TableProvider for MetadataTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    /// Reads the headers, now.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let extension = match self.path.is_collection() {
            true => EXTENSION,
            false => "",
        };
        let paths = std::slice::from_ref(&self.path);
        let options = self.options.clone().of_query(state)?;
        let mut limits = options.scan().limits.clone();
        // The offsets of Utf8 and Binary reach no further.
        limits.header_bytes = limits.header_bytes.min(i32::MAX as usize);
        let files = listing::open(state, paths, extension, &limits).await?;
        let rows = files.iter().map(|file| rows(file, &self.schema));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let schema = Arc::clone(&self.schema);
        Ok(MemorySourceConfig::try_new_exec(
            &[rows],
            schema,
            projection.cloned(),
        )?)
    }
}

/// The entries of one file, in its order.
fn rows(file: &AvroFile, schema: &SchemaRef) -> Result<RecordBatch> {
    let entries = &file.header().metadata;
    let files = entries.iter().map(|_| file.location().as_ref());
    let keys = entries.iter().map(|(key, _)| key);
    let texts = entries
        .iter()
        .map(|(_, value)| std::str::from_utf8(value).ok());
    let values = entries.iter().map(|(_, value)| value);
    Ok(RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(StringArray::from_iter_values(files)),
            Arc::new(StringArray::from_iter_values(keys)),
            Arc::new(StringArray::from_iter(texts)),
            Arc::new(BinaryArray::from_iter_values(values)),
        ],
    )?)
}
