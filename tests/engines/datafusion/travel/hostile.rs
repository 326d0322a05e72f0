//! Bytes that are no plan, or not quite: errors, and no panics.

use std::path::Path;
use std::sync::Arc;

use avroscan_datafusion::{AvroLogicalCodec, AvroPhysicalCodec, AvroReadOptions, AvroSessionExt};
use datafusion::common::TableReference;
use datafusion::error::Result;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{
    AsExecutionPlan, DefaultPhysicalProtoConverter, PhysicalExtensionCodec,
};
use datafusion_proto::protobuf::physical_plan_node::PhysicalPlanType;
use datafusion_proto::protobuf::{PhysicalExtensionNode, PhysicalPlanNode};

use super::super::{rows, session, write};
use super::physical;

/// A session with the table `t`, partitioned and in order.
async fn table(dir: &Path) -> SessionContext {
    write(dir, "year=2024/t.avro", &rows::file(0..20, 10));
    let ctx = session(2);
    let statement = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO PARTITIONED BY (year) WITH ORDER (id ASC)
         LOCATION '{}/'",
        dir.display()
    );
    super::super::query(&ctx, &statement).await;
    ctx
}

/// The node of a filtered scan.
async fn scan(ctx: &SessionContext) -> PhysicalExtensionNode {
    let sql = "SELECT id, year FROM t WHERE id < 7 AND name IS NOT NULL";
    let plan = physical(ctx, sql).await;
    let codec = AvroPhysicalCodec::default();
    let node = PhysicalPlanNode::try_from_physical_plan(plan, &codec).unwrap();
    match node.physical_plan_type {
        Some(PhysicalPlanType::Extension(node)) => node,
        other => panic!("{other:?}"),
    }
}

fn decode(ctx: &SessionContext, node: PhysicalExtensionNode) -> Result<Arc<dyn ExecutionPlan>> {
    let node = PhysicalPlanNode {
        physical_plan_type: Some(PhysicalPlanType::Extension(node)),
    };
    node.try_into_physical_plan(&ctx.task_ctx(), &AvroPhysicalCodec::default())
}

/// Each bit turned, and some beginnings.
fn variants(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let flips = (0..8 * bytes.len()).map(|bit| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let lengths = (0..bytes.len()).step_by(5);
    flips.chain(lengths.map(|length| bytes[..length].to_vec()))
}

#[tokio::test]
async fn damaged_scans_do_not_panic() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = table(dir.path()).await;
    let node = scan(&ctx).await;
    decode(&ctx, node.clone()).unwrap();
    let mut refused = 0;
    for bytes in variants(&node.node) {
        let mut node = node.clone();
        node.node = bytes;
        match decode(&ctx, node) {
            // What is left may be a plan, of other rows.
            Ok(plan) => drop(collect(plan, ctx.task_ctx()).await),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 200, "{refused}");
}

#[tokio::test]
async fn scans_without_their_expressions_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = table(dir.path()).await;
    let node = scan(&ctx).await;
    let error = |change: &dyn Fn(&mut PhysicalExtensionNode)| {
        let mut node = node.clone();
        change(&mut node);
        decode(&ctx, node).unwrap_err().to_string()
    };
    let none = error(&|node| node.inputs.clear());
    assert!(none.contains("without its expressions"), "{none}");
    let twice = error(&|node| node.inputs.extend_from_within(..));
    assert!(twice.contains("without its expressions"), "{twice}");

    let path = write(dir.path(), "other/t.avro", &rows::file(0..20, 10));
    ctx.register_avro_table("t2", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let other = physical(&ctx, "SELECT id FROM t2 WHERE id < 7").await;
    let codec = AvroPhysicalCodec::default();
    let other = PhysicalPlanNode::try_from_physical_plan(other, &codec).unwrap();
    let Some(PhysicalPlanType::Extension(other)) = other.physical_plan_type else {
        panic!("{other:?}");
    };
    let error = error(&|node| node.inputs = other.inputs.clone());
    assert!(error.contains("expressions of another table"), "{error}");
}

#[tokio::test]
async fn damaged_tables_do_not_panic() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = table(dir.path()).await;
    let table = ctx.table_provider("t").await.unwrap();
    let codec = AvroLogicalCodec::default();
    let name = TableReference::bare("t");
    let mut bytes = Vec::new();
    codec
        .try_encode_table_provider(&name, Arc::clone(&table), &mut bytes)
        .unwrap();
    let decode = |bytes: &[u8]| {
        let task = ctx.task_ctx();
        codec.try_decode_table_provider(bytes, &name, table.schema(), &task)
    };
    decode(&bytes).unwrap();
    for bytes in variants(&bytes) {
        if let Ok(table) = decode(&bytes) {
            let frame = ctx.read_table(table).unwrap();
            drop(frame.collect().await);
        }
    }
    // Another table's columns.
    let columns = physical(&ctx, "SELECT id FROM t").await.schema();
    let task = ctx.task_ctx();
    let error = codec.try_decode_table_provider(&bytes, &name, columns, &task);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("other partition columns"), "{error}");
}

#[test]
fn what_is_no_plan_over_avro_files_is_left_to_others() {
    let ctx = session(1);
    let task = ctx.task_ctx();
    for bytes in [&b""[..], b"avroscan", b"\x08\x01", b"avroscan scan 2\n"] {
        let error = AvroPhysicalCodec::default()
            .try_decode(bytes, &[], &task, &DefaultPhysicalProtoConverter {})
            .unwrap_err();
        assert!(
            error.to_string().contains("Codec is not provided"),
            "{error}"
        );
        let name = TableReference::bare("t");
        let schema = EmptyExec::new(Arc::new(arrow::datatypes::Schema::empty())).schema();
        let error = AvroLogicalCodec::default()
            .try_decode_table_provider(bytes, &name, schema, &task)
            .unwrap_err();
        assert!(
            error.to_string().contains("Codec is not provided"),
            "{error}"
        );
    }
}
