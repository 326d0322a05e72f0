//! A scan on its way.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err, not_impl_err, plan_datafusion_err, plan_err};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{Partitioning, PhysicalExpr};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::execution_plan::ReplaceChildrenOptions;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::proto::ExecutionPlanEncodeCtx;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use datafusion_proto::physical_plan::from_proto::parse_protobuf_file_scan_config;
use datafusion_proto::physical_plan::{
    PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::FileScanExecConf;
use prost::Message;

use super::columns::table_schema;
use super::message::AvroMessage;
use super::options::OptionsMessage;
use crate::AvroSource;

/// What is said of a scan besides its expressions.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ScanMessage {
    /// DataFusion's own words for a scan of files, without projection and limit.
    #[prost(message, required, tag = "1")]
    config: FileScanExecConf,
    #[prost(message, required, tag = "2")]
    options: OptionsMessage,
    /// Whether the last of the expressions is the predicate, before that of the sort.
    #[prost(bool, tag = "3")]
    is_filtered: bool,
    /// DataFusion's words have 32 bits for it.
    #[prost(uint64, optional, tag = "4")]
    limit: Option<u64>,
    /// DataFusion has no word for it.
    #[prost(bool, tag = "5")]
    preserve_order: bool,
    /// Which versions of the files were planned with, for each file of each group.
    #[prost(message, repeated, tag = "6")]
    versions: Vec<FileVersion>,
    /// Whether the very last of the expressions is what the rows are sorted by first.
    #[prost(bool, tag = "7")]
    is_sorted: bool,
}

/// DataFusion has no words for these.
#[derive(Clone, PartialEq, Message)]
struct FileVersion {
    #[prost(string, optional, tag = "1")]
    e_tag: Option<String>,
    #[prost(string, optional, tag = "2")]
    version: Option<String>,
}

impl AvroMessage for ScanMessage {
    const PREFIX: &'static [u8] = b"avroscan scan 1\n";
}

/// A scan of Avro files as a node that has an input. Only plans that are being encoded have it.
///
/// The scan's expressions are those of a projection of no rows of its table, its input: so they are
/// encoded and decoded as all other expressions of the plan are, with its subqueries, its dynamic
/// filters and the codecs of its functions. A codec alone would have none of these at hand.
pub(crate) struct PackedScan {
    message: ScanMessage,
    exprs: Arc<dyn ExecutionPlan>,
}

impl PackedScan {
    /// # Errors
    /// When a part of the scan cannot travel.
    pub(crate) fn pack(
        source: &AvroSource,
        base: &FileScanConfig,
        ctx: &ExecutionPlanEncodeCtx<'_>,
    ) -> Result<Self> {
        if base.expr_adapter_factory.is_some() {
            return not_impl_err!(
                "A scan of Avro files with its own expression adapter cannot travel"
            );
        }
        let mut config = base.try_to_proto(ctx)?;
        config.projection_exprs = None;
        config.limit = None;
        let files = base.file_groups.iter().flat_map(FileGroup::iter);
        let versions = files.map(|file| FileVersion {
            e_tag: file.object_meta.e_tag.clone(),
            version: file.object_meta.version.clone(),
        });
        let message = ScanMessage {
            config,
            options: OptionsMessage::new(source.options())?,
            is_filtered: source.filter().is_some(),
            limit: base.limit.map(|limit| limit as u64),
            preserve_order: base.preserve_order,
            versions: versions.collect(),
            is_sorted: source.sorted_by().is_some(),
        };

        let named = |expr, alias: &str| ProjectionExpr {
            expr,
            alias: alias.to_owned(),
        };
        let predicate = source.filter().map(|expr| named(expr, "predicate"));
        let sorted_by = source.sorted_by().cloned();
        let sorted_by = sorted_by.map(|expr| named(expr, "sorted by"));
        let exprs = source.projection().into_iter().flatten().cloned();
        let rows = EmptyExec::new(Arc::clone(source.table_schema().table_schema()));
        let exprs =
            ProjectionExec::try_new(exprs.chain(predicate).chain(sorted_by), Arc::new(rows))?;
        Ok(Self {
            message,
            exprs: Arc::new(exprs),
        })
    }

    pub(super) fn message(&self) -> &ScanMessage {
        &self.message
    }
}

impl ScanMessage {
    /// The scan that was packed.
    ///
    /// # Errors
    /// When the message does not make sense, or does not go with the input.
    pub(super) fn unpack(
        self,
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        codec: &dyn PhysicalExtensionCodec,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let exprs = match inputs {
            [input] => input.downcast_ref::<ProjectionExec>(),
            _ => None,
        };
        let Some(exprs) = exprs else {
            return plan_err!("A scan of Avro files comes without its expressions");
        };
        let table_schema = self.table_schema()?;
        let columns = table_schema.table_schema();
        if exprs.input().schema() != *columns {
            return plan_err!("A scan of Avro files comes with the expressions of another table");
        }
        let mut projection = exprs.expr().to_vec();
        let sorted_by = match (self.is_sorted, projection.pop_if(|_| self.is_sorted)) {
            (true, None) => return plan_err!("A scan of Avro files comes without its order"),
            (_, sorted_by) => sorted_by.map(|sorted_by| sorted_by.expr),
        };
        let predicate = match self.is_filtered {
            true => Some(predicate(projection.pop(), columns)?),
            false => None,
        };

        let source = AvroSource::new(table_schema.clone(), self.options.options()?).with_query(
            ProjectionExprs::new(projection),
            predicate,
            sorted_by,
        );
        let mut config = parse_protobuf_file_scan_config(
            &self.config,
            &PhysicalPlanDecodeContext::new(ctx, codec),
            converter,
            Arc::new(source),
        )?;
        check_exprs(&config, columns)?;
        check_partition_values(&config, &table_schema)?;
        config.limit = match self.limit.map(usize::try_from).transpose() {
            Ok(limit) => limit,
            Err(error) => return plan_err!("A scan of Avro files has a limit: {error}"),
        };
        config.preserve_order = self.preserve_order;
        config.file_groups = with_versions(config.file_groups, self.versions)?;
        Ok(DataSourceExec::from_data_source(config))
    }

    fn table_schema(&self) -> Result<TableSchema> {
        let Some(columns) = &self.config.schema else {
            return plan_err!("A scan of Avro files comes without the columns of its table");
        };
        let columns = Schema::try_from(columns)?;
        let count = columns.fields().len();
        let partition_columns = self.config.table_partition_cols.len();
        // What is taken from lists of these lengths is taken by its number.
        let of_table = self.config.statistics.iter();
        let files = self
            .config
            .file_groups
            .iter()
            .flat_map(|group| &group.files);
        let of_files = files.clone().filter_map(|file| file.statistics.as_ref());
        if of_table
            .chain(of_files)
            .any(|all| all.column_stats.len() != count)
        {
            return plan_err!("A scan of Avro files has the statistics of other columns");
        }
        if files
            .into_iter()
            .any(|file| file.partition_values.len() != partition_columns)
        {
            return plan_err!("A scan of Avro files has other partition values than columns");
        }
        table_schema(&columns, partition_columns)
    }
}

fn predicate(last: Option<ProjectionExpr>, columns: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    let Some(ProjectionExpr { expr, .. }) = last else {
        return plan_err!("A scan of Avro files comes without its predicate");
    };
    match expr.data_type(columns)? {
        DataType::Boolean | DataType::Null => Ok(expr),
        other => plan_err!("The predicate of a scan of Avro files is {other}"),
    }
}

/// Refuses an order or partitioning by what is no column of the table.
fn check_exprs(config: &FileScanConfig, columns: &Schema) -> Result<()> {
    let order = config.output_ordering.iter().flatten();
    let order = order.map(|part| Arc::clone(&part.expr));
    let partitioning = match &config.output_partitioning {
        Some(Partitioning::Hash(exprs, _)) => exprs.clone(),
        Some(Partitioning::Range(range)) => {
            let order = range.ordering().iter();
            order.map(|part| Arc::clone(&part.expr)).collect()
        }
        _ => Vec::new(),
    };
    let is_known = |index: usize, name: &str| {
        let field = columns.fields().get(index);
        field.is_some_and(|field| field.name() == name)
    };
    for expr in order.chain(partitioning) {
        let used = collect_columns(&expr);
        if let Some(column) = used.iter().find(|c| !is_known(c.index(), c.name())) {
            return plan_err!("A scan of Avro files has no column {column}");
        }
    }
    Ok(())
}

/// Refuses a value of a directory that is not of its column's type: it is taken for one.
fn check_partition_values(config: &FileScanConfig, table_schema: &TableSchema) -> Result<()> {
    let fields = table_schema.table_partition_cols();
    for file in config.file_groups.iter().flat_map(FileGroup::iter) {
        for (value, field) in file.partition_values.iter().zip(fields) {
            if value.data_type() != *field.data_type() {
                let path = &file.object_meta.location;
                return plan_err!("A scan of Avro files has {value:?} as {field} of {path}");
            }
        }
    }
    Ok(())
}

fn with_versions(groups: Vec<FileGroup>, versions: Vec<FileVersion>) -> Result<Vec<FileGroup>> {
    let mut versions = versions.into_iter();
    let groups = groups.into_iter().map(|group| {
        let files = group.into_inner().into_iter().map(|mut file| {
            let version = versions.next().ok_or_else(|| {
                plan_datafusion_err!("A scan of Avro files comes without the versions of its files")
            })?;
            file.object_meta.e_tag = version.e_tag;
            file.object_meta.version = version.version;
            Ok(file)
        });
        files.collect::<Result<Vec<_>>>().map(FileGroup::new)
    });
    groups.collect()
}

impl fmt::Debug for PackedScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scan of Avro files, which AvroPhysicalCodec encodes")
    }
}

impl DisplayAs for PackedScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PackedScan")
    }
}

impl ExecutionPlan for PackedScan {
    fn name(&self) -> &str {
        "PackedScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.exprs.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.exprs]
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        internal_err!("A packed scan is for encoding alone")
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        internal_err!("A packed scan is for encoding alone")
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        internal_err!("A packed scan is for encoding alone")
    }
}
