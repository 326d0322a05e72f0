//! The codec of physical plans.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr_common::physical_expr::{
    proto_decode::PhysicalExprDecodeCtx, proto_encode::PhysicalExprEncodeCtx,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{
    DefaultPhysicalExtensionCodec, PhysicalExtensionCodec, PhysicalProtoConverterExtension,
};

use super::PackedScan;
use super::message::AvroMessage;
use super::scan::ScanMessage;

/// Encodes and decodes the scans of Avro files in physical plans. Needs the feature `proto`.
///
/// A scan arrives as it left: columns, filters, limit, ranges of files, partition values, order and
/// options. Filters that came into being while a query ran arrive as they were. The receiver finds
/// the store of the files in its own runtime.
///
/// Everything else is left to another codec, such as an engine's own.
///
/// ```
/// use std::sync::Arc;
///
/// use avroscan_datafusion::AvroPhysicalCodec;
/// use datafusion_proto::physical_plan::DefaultPhysicalExtensionCodec;
///
/// let codec = AvroPhysicalCodec::new(Arc::new(DefaultPhysicalExtensionCodec {}));
/// ```
#[derive(Debug)]
pub struct AvroPhysicalCodec {
    others: Arc<dyn PhysicalExtensionCodec>,
}

impl AvroPhysicalCodec {
    /// A codec that leaves to `others` what is no scan of Avro files.
    pub fn new(others: Arc<dyn PhysicalExtensionCodec>) -> Self {
        Self { others }
    }
}

impl Default for AvroPhysicalCodec {
    /// For plans with nothing in them that DataFusion does not know, but Avro files.
    fn default() -> Self {
        Self::new(Arc::new(DefaultPhysicalExtensionCodec {}))
    }
}

impl PhysicalExtensionCodec for AvroPhysicalCodec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match ScanMessage::read(buf) {
            Some(message) => message?.unpack(inputs, ctx, self, proto_converter),
            None => self.others.try_decode(buf, inputs, ctx, proto_converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match node.downcast_ref::<PackedScan>() {
            Some(packed) => {
                packed.message().write(buf);
                Ok(())
            }
            None => self.others.try_encode(node, buf, proto_converter),
        }
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

    fn try_decode_expr(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn PhysicalExpr>],
        ctx: &PhysicalExprDecodeCtx<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        self.others.try_decode_expr(buf, inputs, ctx)
    }

    fn try_encode_expr(
        &self,
        node: &Arc<dyn PhysicalExpr>,
        buf: &mut Vec<u8>,
        ctx: &PhysicalExprEncodeCtx<'_>,
    ) -> Result<()> {
        self.others.try_encode_expr(node, buf, ctx)
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
