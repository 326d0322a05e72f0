//! The codec of logical plans.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::{Result, TableReference};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{
    AggregateUDF, Extension, HigherOrderUDF, LogicalPlan, ScalarUDF, WindowUDF,
};
use datafusion_proto::logical_plan::{DefaultLogicalExtensionCodec, LogicalExtensionCodec};

use super::message::AvroMessage;
use super::table::TableMessage;
use crate::AvroTable;

/// Encodes and decodes the [`AvroTable`]s in logical plans. Needs the feature `proto`.
///
/// A table arrives with its paths, columns, partition columns, order and options. Its files are
/// listed where the plan is made into a physical one, in the stores of that session.
///
/// Everything else is left to another codec, such as an engine's own.
///
/// ```
/// use std::sync::Arc;
///
/// use avroscan_datafusion::AvroLogicalCodec;
/// use datafusion_proto::logical_plan::DefaultLogicalExtensionCodec;
///
/// let codec = AvroLogicalCodec::new(Arc::new(DefaultLogicalExtensionCodec {}));
/// ```
#[derive(Debug)]
pub struct AvroLogicalCodec {
    others: Arc<dyn LogicalExtensionCodec>,
}

impl AvroLogicalCodec {
    /// A codec that leaves to `others` what is no table of Avro files.
    pub fn new(others: Arc<dyn LogicalExtensionCodec>) -> Self {
        Self { others }
    }
}

impl Default for AvroLogicalCodec {
    /// For plans with nothing in them that DataFusion does not know, but Avro files.
    fn default() -> Self {
        Self::new(Arc::new(DefaultLogicalExtensionCodec {}))
    }
}

impl LogicalExtensionCodec for AvroLogicalCodec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[LogicalPlan],
        ctx: &TaskContext,
    ) -> Result<Extension> {
        self.others.try_decode(buf, inputs, ctx)
    }

    fn try_encode(&self, node: &Extension, buf: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode(node, buf)
    }

    fn try_decode_table_provider(
        &self,
        buf: &[u8],
        table_ref: &TableReference,
        schema: SchemaRef,
        ctx: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        match TableMessage::read(buf) {
            Some(message) => {
                let table = message?.table(table_ref, &schema, ctx, self)?;
                Ok(Arc::new(table))
            }
            None => {
                let others = &self.others;
                others.try_decode_table_provider(buf, table_ref, schema, ctx)
            }
        }
    }

    fn try_encode_table_provider(
        &self,
        table_ref: &TableReference,
        node: Arc<dyn TableProvider>,
        buf: &mut Vec<u8>,
    ) -> Result<()> {
        match node.downcast_ref::<AvroTable>() {
            Some(table) => {
                TableMessage::new(table, self)?.write(buf);
                Ok(())
            }
            None => self.others.try_encode_table_provider(table_ref, node, buf),
        }
    }

    fn try_decode_file_format(
        &self,
        buf: &[u8],
        ctx: &TaskContext,
    ) -> Result<Arc<dyn FileFormatFactory>> {
        self.others.try_decode_file_format(buf, ctx)
    }

    fn try_encode_file_format(
        &self,
        buf: &mut Vec<u8>,
        node: Arc<dyn FileFormatFactory>,
    ) -> Result<()> {
        self.others.try_encode_file_format(buf, node)
    }

    fn try_decode_udf(&self, name: &str, buf: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.others.try_decode_udf(name, buf)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buf: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udf(node, buf)
    }

    fn try_decode_higher_order_function(
        &self,
        name: &str,
        buf: &[u8],
    ) -> Result<Arc<HigherOrderUDF>> {
        self.others.try_decode_higher_order_function(name, buf)
    }

    fn try_encode_higher_order_function(
        &self,
        node: &HigherOrderUDF,
        buf: &mut Vec<u8>,
    ) -> Result<()> {
        self.others.try_encode_higher_order_function(node, buf)
    }

    fn try_decode_udaf(&self, name: &str, buf: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.others.try_decode_udaf(name, buf)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buf: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udaf(node, buf)
    }

    fn try_decode_udwf(&self, name: &str, buf: &[u8]) -> Result<Arc<WindowUDF>> {
        self.others.try_decode_udwf(name, buf)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, buf: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udwf(node, buf)
    }
}
