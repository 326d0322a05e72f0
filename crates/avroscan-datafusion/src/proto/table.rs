//! A table on its way.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, TableReference, not_impl_err, plan_err};
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::TaskContext;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::logical_plan::from_proto::parse_sorts;
use datafusion_proto::logical_plan::to_proto::serialize_sorts;
use datafusion_proto::protobuf::{ArrowType, PartitionColumn, SortExprNodeCollection};
use prost::Message;

use super::columns::table_schema;
use super::message::AvroMessage;
use super::options::OptionsMessage;
use crate::{AvroFormat, AvroTable};

/// What is said of a table besides its columns.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TableMessage {
    #[prost(message, repeated, tag = "1")]
    paths: Vec<PathMessage>,
    #[prost(message, required, tag = "2")]
    options: OptionsMessage,
    #[prost(string, tag = "3")]
    file_extension: String,
    #[prost(message, repeated, tag = "4")]
    partition_columns: Vec<PartitionColumn>,
    #[prost(message, repeated, tag = "5")]
    file_sort_order: Vec<SortExprNodeCollection>,
    /// The statement that made the table.
    #[prost(string, optional, tag = "6")]
    definition: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct PathMessage {
    #[prost(string, tag = "1")]
    url: String,
    /// What the names below the URL match.
    #[prost(string, optional, tag = "2")]
    pattern: Option<String>,
}

impl AvroMessage for TableMessage {
    const PREFIX: &'static [u8] = b"avroscan table 1\n";
}

impl TableMessage {
    /// # Errors
    /// When a part of the table cannot travel.
    pub(super) fn new(table: &AvroTable, codec: &dyn LogicalExtensionCodec) -> Result<Self> {
        let listing = table.listing();
        let options = listing.options();
        let Some(format) = options.format.downcast_ref::<AvroFormat>() else {
            return plan_err!("An Avro table has files of the format {:?}", options.format);
        };
        if options.output_partitioning.is_some() {
            return not_impl_err!("An Avro table with declared partitions cannot travel");
        }
        let partition_columns = &options.table_partition_cols;
        let columns = table_schema(&listing.schema(), partition_columns.len())?;
        let scan_options = format.options_to_send(columns.file_schema())?;
        let paths = listing.table_paths().iter().map(|path| PathMessage {
            url: path.as_str().to_owned(),
            pattern: path.get_glob().as_ref().map(ToString::to_string),
        });
        let partition_columns = partition_columns.iter().map(|(name, data_type)| {
            Ok(PartitionColumn {
                name: name.clone(),
                arrow_type: Some(ArrowType::try_from(data_type)?),
            })
        });
        let file_sort_order = options.file_sort_order.iter().map(|order| {
            Ok(SortExprNodeCollection {
                sort_expr_nodes: serialize_sorts(order, codec)?,
            })
        });
        Ok(Self {
            paths: paths.collect(),
            options: OptionsMessage::new(&scan_options)?,
            file_extension: options.file_extension.clone(),
            partition_columns: partition_columns.collect::<Result<_>>()?,
            file_sort_order: file_sort_order.collect::<Result<_>>()?,
            definition: listing.get_table_definition().map(ToOwned::to_owned),
        })
    }

    /// The table that was sent, which has these columns.
    ///
    /// # Errors
    /// When the message does not make sense, or does not go with the columns.
    pub(super) fn table(
        &self,
        name: &TableReference,
        columns: &Schema,
        ctx: &TaskContext,
        codec: &dyn LogicalExtensionCodec,
    ) -> Result<AvroTable> {
        let paths = self.paths.iter().map(|path| path.url(name));
        let paths = paths.collect::<Result<Vec<_>>>()?;
        if paths.is_empty() {
            return plan_err!("The Avro table {name} has no paths");
        }
        let partition_columns = self.partition_columns()?;
        let columns = table_schema(columns, partition_columns.len())?;
        let declared = columns.table_partition_cols().iter();
        let declared = declared.map(|field| (field.name(), field.data_type()));
        if !declared.eq(partition_columns.iter().map(|(name, kind)| (name, kind))) {
            return plan_err!("The Avro table {name} has other partition columns than its plan");
        }
        let orders = self.file_sort_order.iter();
        let orders = orders.map(|order| parse_sorts(&order.sort_expr_nodes, ctx, codec));
        let orders = orders.collect::<Result<Vec<_>, _>>()?;

        let format = AvroFormat::new(self.options.options()?);
        let options = ListingOptions::new(Arc::new(format))
            .with_file_extension(&self.file_extension)
            .with_table_partition_cols(partition_columns)
            .with_file_sort_order(orders);
        let config = ListingTableConfig::new_with_multi_paths(paths)
            .with_listing_options(options)
            .with_schema(Arc::clone(columns.file_schema()));
        let statistics = ctx.runtime_env().cache_manager.get_file_statistic_cache();
        let listing = ListingTable::try_new(config)?
            .with_cache(statistics)
            .with_definition(self.definition.clone());
        Ok(AvroTable::from(listing))
    }

    fn partition_columns(&self) -> Result<Vec<(String, DataType)>> {
        let columns = self.partition_columns.iter().map(|column| {
            let Some(arrow_type) = &column.arrow_type else {
                return plan_err!("The partition column {} has no type", column.name);
            };
            Ok((column.name.clone(), DataType::try_from(arrow_type)?))
        });
        columns.collect()
    }
}

impl PathMessage {
    fn url(&self, table: &TableReference) -> Result<ListingTableUrl> {
        let url = ListingTableUrl::parse(&self.url)?;
        // The store's part of such a URL is none.
        if url.get_url().cannot_be_a_base() {
            return plan_err!("The files of an Avro table are not at {}", self.url);
        }
        let url = url.with_table_ref(table.clone());
        match &self.pattern {
            Some(pattern) => url.with_glob(pattern),
            None => Ok(url),
        }
    }
}
