//! The Avro side of a `DataSourceExec`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use avroscan::Runs;
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileGroupPartitioner, FileOpener, FileScanConfig, FileSource,
};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::utils::{collect_columns, conjunction, reassign_expr_columns};
use datafusion::physical_expr::{
    EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_expr_adapter::DefaultPhysicalExprAdapterFactory;
use datafusion::physical_expr_common::physical_expr::fmt_sql;
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::{
    DisplayFormatType, SortOrderPushdownResult, apply_expression_roots,
};
#[cfg(feature = "proto")]
use datafusion::physical_plan::{ExecutionPlan, proto::ExecutionPlanEncodeCtx};
#[cfg(feature = "proto")]
use datafusion_proto::protobuf::PhysicalPlanNode;
use object_store::ObjectStore;

use crate::ahead::{Listed, Run};
use crate::dynamic_filters::Bounds;
use crate::file_cache::FileCache;
use crate::headers::Headers;
use crate::metrics::ScanMetrics;
use crate::opener::{AvroOpener, RangeOpener};
#[cfg(feature = "proto")]
use crate::proto::PackedScan;
use crate::query::Query;
use crate::{AvroOptions, split};

/// Reads Avro files for a [`FileScanConfig`]: the columns, struct fields and rows that the query
/// wants, in ranges that keep all partitions busy.
#[derive(Debug, Clone)]
pub struct AvroSource {
    options: AvroOptions,
    table_schema: TableSchema,
    projection: ProjectionExprs,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    /// What the rows are sorted by first, in columns of the table, if they go to a sort.
    sorted_by: Option<Arc<dyn PhysicalExpr>>,
    metrics: ExecutionPlanMetricsSet,
    files: FileCache,
    headers: Headers,
    /// The executions of the plan, and the files that each of them reads. Not for another query.
    runs: Arc<Runs<Arc<Run>>>,
    listed: Arc<Mutex<Weak<Listed>>>,
}

impl AvroSource {
    /// A source of all columns and rows of a table.
    pub fn new(table_schema: impl Into<TableSchema>, options: AvroOptions) -> Self {
        let table_schema = table_schema.into();
        let columns = table_schema.table_schema();
        let all: Vec<usize> = (0..columns.fields().len()).collect();
        Self {
            options,
            projection: ProjectionExprs::from_indices(&all, columns),
            table_schema,
            predicate: None,
            sorted_by: None,
            metrics: ExecutionPlanMetricsSet::new(),
            files: FileCache::default(),
            headers: Headers::default(),
            runs: Arc::default(),
            listed: Arc::default(),
        }
    }

    /// The same source, for another query.
    fn to_change(&self) -> Self {
        let mut source = self.clone();
        source.runs = Arc::default();
        source.listed = Arc::default();
        source
    }

    /// The files of a scan, listed once for all of its partitions.
    fn listed(&self, config: &FileScanConfig) -> Arc<Listed> {
        let batch_size = self.options.scan().batch_size;
        let mut shared = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.upgrade();
        known
            .filter(|listed| listed.is_of(config, batch_size))
            .unwrap_or_else(|| {
                let listed = Arc::new(Listed::new(config, batch_size));
                *shared = Arc::downgrade(&listed);
                listed
            })
    }

    /// The source for a query in this session: with what is set there, and the headers that it has
    /// read.
    pub(crate) fn in_session(&self, session: &dyn Session) -> Result<Self> {
        let mut source = self.to_change();
        source.options = source.options.of_query(session)?;
        source.headers = Headers::of(session);
        Ok(source)
    }

    /// How the files are read.
    pub fn options(&self) -> &AvroOptions {
        &self.options
    }

    /// The same source with these columns, and only the rows for which the predicate is true, for a
    /// sort that compares an expression first, if one is given.
    #[cfg(feature = "proto")]
    pub(crate) fn with_query(
        &self,
        projection: ProjectionExprs,
        predicate: Option<Arc<dyn PhysicalExpr>>,
        sorted_by: Option<Arc<dyn PhysicalExpr>>,
    ) -> Self {
        let mut source = self.to_change();
        source.projection = projection;
        source.predicate = predicate;
        source.sorted_by = sorted_by;
        source
    }

    /// What the rows are sorted by first, in columns of the table, if they go to a sort.
    #[cfg(feature = "proto")]
    pub(crate) fn sorted_by(&self) -> Option<&Arc<dyn PhysicalExpr>> {
        self.sorted_by.as_ref()
    }

    /// Whether the query needs more of the files than the numbers of rows in block headers.
    fn reads_columns(&self) -> bool {
        if self.options.skips() {
            return true;
        }
        let file_columns = self.table_schema.file_schema().fields().len();
        let exprs = self.projection.expr_iter().chain(self.predicate.clone());
        exprs
            .flat_map(|expr| collect_columns(&expr))
            .any(|column| column.index() < file_columns)
    }
}

impl FileSource for AvroSource {
    fn create_file_opener(
        &self,
        object_store: Arc<dyn ObjectStore>,
        base_config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        let expr_adapter_factory = base_config
            .expr_adapter_factory
            .clone()
            .unwrap_or_else(|| Arc::new(DefaultPhysicalExprAdapterFactory));
        let output_schema = self
            .projection
            .project_schema(self.table_schema.table_schema())?;
        let predicate = self.predicate.as_ref();
        let query = Query {
            bounds: Bounds::of(predicate, &self.projection, self.sorted_by.as_ref()),
            table_schema: self.table_schema.clone(),
            projection: self.projection.clone(),
            predicate: self.predicate.clone(),
            output_schema: Arc::new(output_schema),
            expr_adapter_factory,
        };
        let ranges = RangeOpener {
            query: Arc::new(query),
            options: self.options.scan().clone(),
            store: object_store,
            store_url: base_config.object_store_url.clone(),
            files: self.files.clone(),
            headers: self.headers.clone(),
            metrics: ScanMetrics::new(&self.metrics, partition),
            plans: Arc::default(),
            limit: base_config.limit,
        };
        let (runs, report) = (Arc::clone(&self.runs), self.options.scan().report.clone());
        let run_of_partition = move || runs.of(partition, || Run::of(&report));
        let listed = self.listed(base_config);
        let opener = AvroOpener::new(ranges, listed, Box::new(run_of_partition));
        Ok(Arc::new(opener))
    }

    /// DataFusion asks for the order of the files once in each execution, if partitions take files from
    /// one queue: the moment to tell the executions apart.
    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        let run = Run::of(&self.options.scan().report);
        let of_run = |file: PartitionedFile| file.with_extension(Arc::clone(&run));
        files.into_iter().map(of_run).collect()
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table_schema
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        let mut source = self.clone();
        source.options = source.options.with_session_batch_size(batch_size);
        Arc::new(source)
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.predicate.clone()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        "avro"
    }

    fn fmt_extra(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(predicate) = &self.predicate else {
            return Ok(());
        };
        match format {
            DisplayFormatType::Default | DisplayFormatType::Verbose => {
                write!(f, ", predicate={predicate}")
            }
            DisplayFormatType::TreeRender => {
                writeln!(f, "predicate={}", fmt_sql(predicate.as_ref()))
            }
        }
    }

    fn repartitioned(
        &self,
        target_partitions: usize,
        repartition_file_min_size: usize,
        output_ordering: Option<LexOrdering>,
        config: &FileScanConfig,
    ) -> Result<Option<FileScanConfig>> {
        if split::is_small_limit(config) {
            return Ok(None);
        }
        let groups = if output_ordering.is_some() {
            // Each group stays one stretch of one file, or the files it was: in order.
            FileGroupPartitioner::new()
                .with_target_partitions(target_partitions)
                .with_repartition_file_min_size(repartition_file_min_size)
                .with_preserve_order_within_groups(true)
                .repartition_file_groups(&config.file_groups)
        } else {
            // Rows are counted by walking over a file's blocks from its start: ranges would
            // only walk the same way again.
            let range_bytes = if self.reads_columns() {
                split::RANGE_BYTES
            } else {
                split::WHOLE_FILES
            };
            let groups = &config.file_groups;
            split::cut(
                groups,
                target_partitions,
                repartition_file_min_size,
                range_bytes,
            )
        };
        Ok(groups.map(|groups| {
            let mut config = config.clone();
            config.file_groups = groups;
            config
        }))
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let answer = |answer| {
            FilterPushdownPropagation::with_parent_pushdown_result(vec![answer; filters.len()])
        };
        if filters.is_empty() || !self.options.pushdown_filters() {
            return Ok(answer(PushedDown::No));
        }
        let answer = answer(PushedDown::Yes);
        let mut source = self.to_change();
        source.predicate = Some(conjunction(source.predicate.into_iter().chain(filters)));
        Ok(answer.with_updated_node(Arc::new(source)))
    }

    fn try_pushdown_projection(
        &self,
        projection: &ProjectionExprs,
    ) -> Result<Option<Arc<dyn FileSource>>> {
        let mut source = self.to_change();
        source.projection = self.projection.try_merge(projection)?;
        Ok(Some(Arc::new(source)))
    }

    /// Rows are read in the order that they have: but the request tells which filter is that of the
    /// sort.
    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        eq_properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        // The answer makes DataFusion forget an order that was declared.
        if !eq_properties.oeq_class().is_empty() {
            return Ok(SortOrderPushdownResult::Unsupported);
        }
        let first = order.first().map(|first| {
            let expr = self.projection.unproject_expr(&first.expr)?;
            reassign_expr_columns(expr, self.table_schema.table_schema())
        });
        let mut source = self.to_change();
        source.sorted_by = first.transpose()?;
        let inner = Arc::new(source);
        Ok(SortOrderPushdownResult::Inexact { inner })
    }

    #[cfg(feature = "proto")]
    fn try_to_proto(
        &self,
        base: &FileScanConfig,
        ctx: &ExecutionPlanEncodeCtx<'_>,
    ) -> Result<Option<PhysicalPlanNode>> {
        let packed: Arc<dyn ExecutionPlan> = Arc::new(PackedScan::pack(self, base, ctx)?);
        ctx.encode_child(&packed).map(Some)
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let projected = self.projection.iter().map(|projected| &projected.expr);
        apply_expression_roots(self.predicate.iter().chain(projected), f)
    }
}
