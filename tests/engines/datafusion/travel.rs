//! Plans that are encoded, decoded by a session that knows nothing of their tables, and run there.

mod answers;
mod hostile;
mod scans;
mod tables;

use std::sync::Arc;

use arrow::array::RecordBatch;
use avroscan_datafusion::{AvroLogicalCodec, AvroPhysicalCodec};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
    physical_plan_from_bytes_with_proto_converter, physical_plan_to_bytes_with_proto_converter,
};
use datafusion_proto::physical_plan::{
    DefaultPhysicalProtoConverter, PhysicalProtoConverterExtension,
};

async fn physical(ctx: &SessionContext, sql: &str) -> Arc<dyn ExecutionPlan> {
    let plan = ctx.sql(sql).await.unwrap().create_physical_plan().await;
    plan.unwrap_or_else(|error| panic!("{sql}\n{error}"))
}

fn travel_by(
    plan: &Arc<dyn ExecutionPlan>,
    receiver: &SessionContext,
    converter: &dyn PhysicalProtoConverterExtension,
) -> Result<Arc<dyn ExecutionPlan>> {
    let codec = AvroPhysicalCodec::default();
    let plan = Arc::clone(plan);
    let bytes = physical_plan_to_bytes_with_proto_converter(plan, &codec, converter)?;
    let task = receiver.task_ctx();
    physical_plan_from_bytes_with_proto_converter(&bytes, &task, &codec, converter)
}

/// The plan at the receiver.
fn travel(plan: &Arc<dyn ExecutionPlan>, receiver: &SessionContext) -> Arc<dyn ExecutionPlan> {
    travel_by(plan, receiver, &DefaultPhysicalProtoConverter {}).unwrap()
}

/// The plan of a query at the receiver.
async fn travel_logical(
    ctx: &SessionContext,
    sql: &str,
    receiver: &SessionContext,
) -> Result<LogicalPlan> {
    let codec = AvroLogicalCodec::default();
    let plan = ctx.sql(sql).await?.into_optimized_plan()?;
    let bytes = logical_plan_to_bytes_with_extension_codec(&plan, &codec)?;
    logical_plan_from_bytes_with_extension_codec(&bytes, &receiver.task_ctx(), &codec)
}

async fn run(ctx: &SessionContext, plan: Arc<dyn ExecutionPlan>) -> Vec<RecordBatch> {
    collect(plan, ctx.task_ctx()).await.unwrap()
}

/// What a query gives here, and at the end of both ways.
async fn three_answers(
    ctx: &SessionContext,
    sql: &str,
    receiver: &SessionContext,
) -> [Vec<RecordBatch>; 3] {
    let here = super::query(ctx, sql).await;
    let plan = travel(&physical(ctx, sql).await, receiver);
    let physical = run(receiver, plan).await;
    let plan = travel_logical(ctx, sql, receiver).await.unwrap();
    let frame = receiver.execute_logical_plan(plan).await.unwrap();
    let logical = frame.collect().await.unwrap();
    [here, physical, logical]
}
