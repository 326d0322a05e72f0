//! Avro as one of the formats that tables over files can have.

use std::sync::Arc;

#[cfg(feature = "proto")]
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use avroscan::{AvroSchema, Progress, SchemaMode};
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{Result, Statistics, not_impl_err, plan_err};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_plan::ExecutionPlan;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStore};

use crate::error::external;
use crate::headers::Headers;
use crate::reader_schemas::ReaderSchemas;
use crate::types::table_schema;
use crate::{AvroOptions, AvroSource, RowCounts, file_source, listing};

/// The format of tables over Avro object container files.
#[derive(Debug, Clone, Default)]
pub struct AvroFormat {
    options: AvroOptions,
    readers: ReaderSchemas,
}

impl AvroFormat {
    /// The format, with files read as these options say.
    pub fn new(options: AvroOptions) -> Self {
        Self {
            options,
            readers: ReaderSchemas::default(),
        }
    }

    /// How the files are read.
    pub fn options(&self) -> &AvroOptions {
        &self.options
    }

    /// The options of a scan of columns that were taken from this schema, if they were from any.
    fn options_as(&self, schema: Option<Arc<AvroSchema>>) -> AvroOptions {
        let options = self.options.clone();
        match schema {
            Some(schema) if options.scan().reader_schema.is_none() => {
                // The mode has done its part.
                let options = options.with_reader_schema(schema);
                options.with_schema_mode(SchemaMode::First)
            }
            _ => options,
        }
    }

    /// The options of a scan of a table with these columns, wherever it runs.
    ///
    /// # Errors
    /// When it is not known which schema the columns were taken from.
    #[cfg(feature = "proto")]
    pub(crate) fn options_to_send(&self, columns: &Schema) -> Result<AvroOptions> {
        Ok(self.options_as(self.readers.find_equal(columns)?))
    }

    /// The schema that the rows of these files are read as, with the place of the file that it is
    /// from, if it is from one. None where nothing says it.
    ///
    /// Reads no more headers than it takes: of the others, the query finds out.
    async fn reader_schema(
        &self,
        state: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        objects: &[ObjectMeta],
    ) -> Result<Option<(Arc<AvroSchema>, Option<Arc<str>>)>> {
        let options = self.options.clone().of_query(state)?;
        let options = options.scan();
        if let Some(schema) = &options.reader_schema {
            return Ok(Some((Arc::clone(schema), None)));
        }
        let merged = options.schema_mode == SchemaMode::UnionByName;
        let mut objects = objects.to_vec();
        objects.sort_by(|a, b| a.location.cmp(&b.location));
        if !merged {
            objects.truncate(1);
        }
        let (headers, progress) = (Headers::of(state), Progress::default());
        let opening = objects
            .iter()
            .map(|meta| headers.open(store, meta, None, &options.limits, &progress));
        let files = stream::iter(opening.collect::<Vec<_>>()).buffered(listing::at_once(state));
        let files: Vec<_> = files.try_collect().await.map_err(external)?;
        let Some(first) = files.first() else {
            return Ok(None);
        };
        if !merged {
            let schema = Arc::new(first.header().schema.with_null_defaults());
            return Ok(Some((schema, Some(Arc::clone(first.location())))));
        }
        let schemas = files
            .iter()
            .map(|file| (&**file.location(), &*file.header().schema));
        let schema = AvroSchema::union_by_name(schemas, &options.limits).map_err(external)?;
        Ok(Some((Arc::new(schema), None)))
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

    /// The columns of the reader schema that the options have; else those of all files or of the
    /// first one, in the order of the files' paths, as the schema mode says.
    ///
    /// Scans of a table with these columns read each file as the schema that they were taken from.
    async fn infer_schema(
        &self,
        state: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        objects: &[ObjectMeta],
    ) -> Result<SchemaRef> {
        self.options.check()?;
        let Some((schema, file)) = self.reader_schema(state, store, objects).await? else {
            return plan_err!(
                "There is no Avro file to take the columns from: all files are empty"
            );
        };
        let columns = self.options.scan().arrow_schema(&schema);
        let columns = columns.map_err(|error| match &file {
            Some(file) => external(error.in_file(file)),
            None => external(error),
        })?;
        Ok(self.readers.remember(table_schema(&columns), schema))
    }

    async fn infer_stats(
        &self,
        state: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        table_schema: SchemaRef,
        object: &ObjectMeta,
    ) -> Result<Statistics> {
        let options = self.options.clone().of_query(state)?;
        let (limits, progress) = (&options.scan().limits, Progress::default());
        let headers = Headers::of(state);
        let opened = headers.open(store, object, None, limits, &progress).await;
        // What the headers of blocks say is no more than an estimate where blocks are left out.
        let row_counts = match options.skips() {
            true => RowCounts::Estimate,
            false => options.row_counts(),
        };
        let rows = match opened {
            Ok(file) => {
                let is_local = file_source::is_local(store.as_ref());
                row_counts.of(&file, is_local, limits).await
            }
            // The query that reads the file says why it cannot.
            Err(_) => Precision::Absent,
        };
        Ok(Statistics::new_unknown(&table_schema).with_num_rows(rows))
    }

    async fn create_physical_plan(
        &self,
        state: &dyn Session,
        conf: FileScanConfig,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(source) = conf.file_source().downcast_ref::<AvroSource>() else {
            return Ok(DataSourceExec::from_data_source(conf));
        };
        let source = source.in_session(state)?;
        let conf = match source.options().skips() {
            true => without_exact_statistics(conf),
            false => conf,
        };
        let conf = FileScanConfigBuilder::from(conf).with_source(Arc::new(source));
        Ok(DataSourceExec::from_data_source(conf.build()))
    }

    fn file_source(&self, table_schema: TableSchema) -> Arc<dyn FileSource> {
        let schema = self.readers.find(table_schema.file_schema());
        let options = self.options_as(schema);
        Arc::new(AvroSource::new(table_schema, options))
    }
}

/// The same scan with estimates for what is said of its rows: some may turn out to be in damaged
/// blocks. The statistics may have been found when damage was an error still.
fn without_exact_statistics(conf: FileScanConfig) -> FileScanConfig {
    let estimate = |statistics: &Statistics| Arc::new(statistics.clone().to_inexact());
    let groups = conf.file_groups.iter().map(|group| {
        let files = group.iter().map(|file| {
            let mut file = file.clone();
            file.statistics = file.statistics.as_deref().map(estimate);
            file
        });
        let files = FileGroup::new(files.collect());
        match group.file_statistics(None) {
            Some(statistics) => files.with_statistics(estimate(statistics)),
            None => files,
        }
    });
    let groups = groups.collect();
    let statistics = conf.statistics().to_inexact();
    FileScanConfigBuilder::from(conf)
        .with_file_groups(groups)
        .with_statistics(statistics)
        .build()
}
