//! A table over Avro files.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use avroscan::{AvroFile, Limits};
use datafusion::catalog::{ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::{Constraints, Result, plan_err};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::{AvroFormat, AvroReadOptions, listing};

/// A [`ListingTable`] of Avro files: one file, the files of a glob or a directory, with columns
/// from the directories' names if wanted.
///
/// It is a type of its own so that a logical plan that travels to another process can name it.
#[derive(Debug, Clone)]
pub struct AvroTable {
    listing: ListingTable,
}

impl AvroTable {
    /// A table of the files at these places, which must be in one store.
    ///
    /// # Errors
    /// When there are no files, when they are not Avro files, when options contradict each other, or
    /// when the options declare no columns and the files' schemas cannot be resolved to one.
    pub async fn open(
        state: &dyn Session,
        paths: Vec<ListingTableUrl>,
        options: AvroReadOptions,
    ) -> Result<Self> {
        // A path that names one file is meant, whatever the file's name is.
        let extension = match paths.as_slice() {
            [path] if !path.is_collection() => String::new(),
            _ => options.file_extension,
        };
        let format = AvroFormat::new(options.options.of_new_table(state)?);
        let schema = match options.schema {
            Some(schema) => schema,
            None => infer_schema(state, &format, &paths, &extension).await?,
        };
        let listing = ListingOptions::new(Arc::new(format))
            .with_file_extension(extension)
            .with_table_partition_cols(options.partition_columns);
        for path in &paths {
            listing.validate_partitions(state, path).await?;
        }
        let config = ListingTableConfig::new_with_multi_paths(paths)
            .with_listing_options(listing)
            .with_schema(schema);
        let statistics = state.runtime_env().cache_manager.get_file_statistic_cache();
        Ok(Self {
            listing: ListingTable::try_new(config)?.with_cache(statistics),
        })
    }

    /// The files of the table with their headers, which hold the writer's schema, the codec and the
    /// metadata, in the order of their paths.
    ///
    /// They are listed and their headers read now, whatever was read when the table was made.
    ///
    /// ```
    /// # use avroscan_datafusion::{AvroReadOptions, AvroTable};
    /// # use datafusion::datasource::listing::ListingTableUrl;
    /// # use datafusion::prelude::SessionContext;
    /// # #[tokio::main]
    /// # async fn main() -> datafusion::error::Result<()> {
    /// # std::env::set_current_dir("../..")?;
    /// let state = SessionContext::new().state();
    /// let path = ListingTableUrl::parse("docs/data/orders.avro")?;
    /// let table = AvroTable::open(&state, vec![path], AvroReadOptions::default()).await?;
    /// for file in table.files(&state).await? {
    ///     let header = file.header();
    ///     println!("{}: {} {}", file.location(), header.codec.name(), header.schema.json());
    ///     for (key, value) in &header.metadata {
    ///         println!("{key}: {} bytes", value.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the files cannot be listed, or a header cannot be read.
    pub async fn files(&self, state: &dyn Session) -> Result<Vec<Arc<AvroFile>>> {
        let options = self.listing.options();
        let limits = match options.format.downcast_ref::<AvroFormat>() {
            Some(format) => {
                let options = format.options().clone().of_query(state)?;
                options.scan().limits.clone()
            }
            None => Limits::default(),
        };
        let paths = self.listing.table_paths();
        listing::open(state, paths, &options.file_extension, &limits).await
    }

    /// Whether a query leaves out damaged blocks, so that numbers of rows are not certain.
    fn skips(&self, state: &dyn Session) -> Result<bool> {
        Ok(
            match self.listing.options().format.downcast_ref::<AvroFormat>() {
                Some(format) => format.options().clone().of_query(state)?.skips(),
                None => false,
            },
        )
    }

    /// The table that lists the files.
    pub fn listing(&self) -> &ListingTable {
        &self.listing
    }
}

impl From<ListingTable> for AvroTable {
    fn from(listing: ListingTable) -> Self {
        Self { listing }
    }
}

async fn infer_schema(
    state: &dyn Session,
    format: &AvroFormat,
    paths: &[ListingTableUrl],
    extension: &str,
) -> Result<SchemaRef> {
    let Some(first) = paths.first() else {
        return plan_err!("An Avro table needs at least one path");
    };
    let store = state.runtime_env().object_store(first)?;
    let files = listing::list(state, store.as_ref(), paths, extension).await?;
    format.infer_schema(state, &store, &files).await
}

#[async_trait]
impl TableProvider for AvroTable {
    fn schema(&self) -> SchemaRef {
        self.listing.schema()
    }

    fn constraints(&self) -> Option<&Constraints> {
        self.listing.constraints()
    }

    fn table_type(&self) -> TableType {
        self.listing.table_type()
    }

    fn get_table_definition(&self) -> Option<&str> {
        self.listing.get_table_definition()
    }

    fn get_column_default(&self, column: &str) -> Option<&Expr> {
        self.listing.get_column_default(column)
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let args = ScanArgs::default()
            .with_projection(projection.map(Vec::as_slice))
            .with_filters(Some(filters))
            .with_limit(limit);
        Ok(self.scan_with_args(state, args).await?.into_inner())
    }

    async fn scan_with_args<'a>(
        &self,
        state: &dyn Session,
        args: ScanArgs<'a>,
    ) -> Result<ScanResult> {
        // A limit leaves out files that exact numbers of rows say are not needed. It comes to the
        // scan all the same when the plan is optimised.
        let args = match self.skips(state)? {
            true => args.with_limit(None),
            false => args,
        };
        self.listing.scan_with_args(state, args).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        self.listing.supports_filters_pushdown(filters)
    }

    async fn insert_into(
        &self,
        state: &dyn Session,
        input: Arc<dyn ExecutionPlan>,
        insert_op: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.listing.insert_into(state, input, insert_op).await
    }
}
