//! Avro as one of the formats that tables over files can have.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use avroscan::{AvroFile, DecodePlan, ObjectSource, Progress, Projection};
use datafusion::catalog::Session;
use datafusion::common::{Result, Statistics, not_impl_err, plan_err};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::physical_plan::{FileScanConfig, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStore};

use crate::error::external;
use crate::location::location;
use crate::types::table_schema;
use crate::{AvroOptions, AvroSource};

/// The format of tables over Avro object container files.
#[derive(Debug, Clone, Default)]
pub struct AvroFormat {
    options: AvroOptions,
}

impl AvroFormat {
    /// The format, with files read as these options say.
    pub fn new(options: AvroOptions) -> Self {
        Self { options }
    }

    /// How the files are read.
    pub fn options(&self) -> &AvroOptions {
        &self.options
    }

    async fn columns(
        &self,
        store: Arc<dyn ObjectStore>,
        meta: ObjectMeta,
        location: Arc<str>,
    ) -> avroscan::Result<FileColumns> {
        let limits = &self.options.scan().limits;
        let source =
            ObjectSource::new(store, meta.location.clone(), location.clone()).with_meta(meta);
        let file = AvroFile::open(Arc::new(source), limits, &Progress::default()).await?;
        let plan = DecodePlan::new(&file.header().schema, &Projection::All, limits)
            .map_err(|error| error.in_file(&location))?;
        Ok(FileColumns {
            location,
            schema: table_schema(plan.arrow_schema()),
        })
    }
}

#[async_trait]
impl FileFormat for AvroFormat {
    fn get_ext(&self) -> String {
        "avro".to_owned()
    }

    fn get_ext_with_compression(&self, compression: &FileCompressionType) -> Result<String> {
        if compression.is_compressed() {
            return not_impl_err!(
                "Avro files are compressed block by block; files compressed as a whole are not read"
            );
        }
        Ok(self.get_ext())
    }

    fn compression_type(&self) -> Option<FileCompressionType> {
        None
    }

    /// The columns of the first file, in the order of the files' paths. All others must have the
    /// same.
    async fn infer_schema(
        &self,
        state: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        objects: &[ObjectMeta],
    ) -> Result<SchemaRef> {
        let mut objects = objects.to_vec();
        objects.sort_by(|a, b| a.location.cmp(&b.location));

        let at_once = state
            .config_options()
            .execution
            .meta_fetch_concurrency
            .get();
        let mut files = stream::iter(objects)
            .map(|meta| {
                let location = described(state, store, &meta);
                self.columns(Arc::clone(store), meta, location)
            })
            .buffered(at_once);
        let Some(first) = files.try_next().await.map_err(external)? else {
            return plan_err!(
                "There is no Avro file to take the columns from: all files are empty"
            );
        };
        while let Some(file) = files.try_next().await.map_err(external)? {
            first.check_same(&file)?;
        }
        Ok(first.schema)
    }

    async fn infer_stats(
        &self,
        _state: &dyn Session,
        _store: &Arc<dyn ObjectStore>,
        table_schema: SchemaRef,
        _object: &ObjectMeta,
    ) -> Result<Statistics> {
        Ok(Statistics::new_unknown(&table_schema))
    }

    async fn create_physical_plan(
        &self,
        _state: &dyn Session,
        conf: FileScanConfig,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(DataSourceExec::from_data_source(conf))
    }

    fn file_source(&self, table_schema: TableSchema) -> Arc<dyn FileSource> {
        Arc::new(AvroSource::new(table_schema, self.options.clone()))
    }
}

/// Where the file is, as well as can be said: a format is given the store, but not its URL.
fn described(state: &dyn Session, store: &Arc<dyn ObjectStore>, meta: &ObjectMeta) -> Arc<str> {
    let local = ObjectStoreUrl::local_filesystem();
    match state.runtime_env().object_store(&local) {
        Ok(files) if Arc::ptr_eq(&files, store) => location(&local, &meta.location),
        _ => meta.location.as_ref().into(),
    }
}

/// The columns of one file.
struct FileColumns {
    location: Arc<str>,
    schema: SchemaRef,
}

impl FileColumns {
    /// Refuses `other` when a column of it differs, is missing or is too many. The order of the
    /// columns does not matter: they are matched by name.
    fn check_same(&self, other: &Self) -> Result<()> {
        for field in self.schema.fields() {
            let Ok(found) = other.schema.field_with_name(field.name()) else {
                return plan_err!(
                    "{} has no column \"{}\", but {} has; the files of a table must have the same \
                     columns, unless the table declares its own",
                    other.location,
                    field.name(),
                    self.location
                );
            };
            if found.data_type() != field.data_type() || found.is_nullable() != field.is_nullable()
            {
                return plan_err!(
                    "The column \"{}\" is {} in {}, but {} in {}; the files of a table must have \
                     the same columns, unless the table declares its own",
                    field.name(),
                    described_type(found),
                    other.location,
                    described_type(field),
                    self.location
                );
            }
        }
        match other
            .schema
            .fields()
            .iter()
            .find(|field| self.schema.index_of(field.name()).is_err())
        {
            Some(_) => other.check_same(self),
            None => Ok(()),
        }
    }
}

fn described_type(field: &arrow::datatypes::Field) -> String {
    let nulls = if field.is_nullable() { "" } else { " NOT NULL" };
    format!("{}{nulls}", field.data_type())
}
