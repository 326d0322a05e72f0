//! What is in a scan, and how parts of it run apart.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use avroscan::Limits;
use avroscan_datafusion::{
    AvroOptions, AvroPhysicalCodec, AvroReadOptions, AvroSessionExt, AvroSource,
};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_expr_adapter::DefaultPhysicalExprAdapterFactory;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::bytes::physical_plan_to_bytes;
use datafusion_proto::bytes::{
    physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::physical_plan::{
    ComposedPhysicalExtensionCodec, DeduplicatingProtoConverter, DefaultPhysicalExtensionCodec,
};
use futures::TryStreamExt;

use super::super::{find_scan, lines, metric, rows, session, write};
use super::{physical, run, travel, travel_by};

fn config_of(plan: &Arc<dyn ExecutionPlan>) -> FileScanConfig {
    let exec = plan.downcast_ref::<DataSourceExec>().unwrap();
    let config = exec.data_source().downcast_ref::<FileScanConfig>();
    config.unwrap().clone()
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let values = |batch: &RecordBatch| {
        let column = batch.column(0).as_primitive::<Int64Type>();
        column.values().to_vec()
    };
    batches.iter().flat_map(values).collect()
}

/// A scan of 3000 rows in ranges, over two files, with the filter in the scan.
async fn ranges(dir: &Path) -> Arc<dyn ExecutionPlan> {
    write(dir, "a.avro", &rows::file(0..2000, 30));
    write(dir, "b.avro", &rows::file(2000..3000, 30));
    let ctx = session(8);
    let path = format!("{}/", dir.display());
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let plan = physical(&ctx, "SELECT id FROM t WHERE id % 10 <> 3").await;
    assert!(plan.is::<DataSourceExec>());
    plan
}

fn expected() -> Vec<i64> {
    (0..3000).filter(|id| id % 10 != 3).collect()
}

/// As Ballista does it: each task gets a plan of its own partitions.
#[tokio::test]
async fn partitions_that_travel_apart_are_the_table_together() {
    let dir = tempfile::tempdir().unwrap();
    let config = config_of(&ranges(dir.path()).await);
    assert_eq!(config.file_groups.len(), 8);
    let mut all = Vec::new();
    for group in &config.file_groups {
        let part = FileScanConfigBuilder::from(config.clone());
        let part = part.with_file_groups(vec![group.clone()]).build();
        let part: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(part);
        let receiver = session(1);
        let part = ids(&run(&receiver, travel(&part, &receiver)).await);
        assert!(!part.is_empty() && part.len() < 2700, "{} rows", part.len());
        all.extend(part);
    }
    all.sort_unstable();
    assert!(all == expected());
}

/// Each process has the whole plan and runs one partition of it.
#[tokio::test]
async fn partitions_of_copies_are_the_table_together() {
    let dir = tempfile::tempdir().unwrap();
    let plan = ranges(dir.path()).await;
    let mut config = SessionConfig::new();
    // Partitions of one plan take files from each other, for all formats.
    let execution = &mut config.options_mut().execution;
    execution.enable_file_stream_work_stealing = false;
    let receiver = SessionContext::new_with_config(config);
    let mut all = Vec::new();
    for partition in 0..8 {
        let copy = travel(&plan, &receiver);
        let stream = copy.execute(partition, receiver.task_ctx()).unwrap();
        let part: Vec<_> = stream.try_collect().await.unwrap();
        all.extend(ids(&part));
    }
    all.sort_unstable();
    assert!(all == expected());
}

/// Filters that tighten while the query runs do so at the receiver, where the engine keeps up the
/// link between a sort and its scan.
#[tokio::test]
async fn dynamic_filters_live_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..3000, 30));
    let ctx = session(1);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let plan = physical(&ctx, "SELECT id, name FROM t ORDER BY id LIMIT 5").await;
    let plan = travel_by(&plan, &ctx, &DeduplicatingProtoConverter {}).unwrap();
    assert_eq!(ids(&run(&ctx, Arc::clone(&plan)).await), [0, 1, 2, 3, 4]);
    let pruned = metric(&find_scan(&plan).unwrap(), "pushdown_rows_pruned");
    assert!(pruned > 2000, "{pruned}");
}

#[tokio::test]
async fn a_limit_of_the_options_still_stops_a_scan() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 50));
    let mut limits = Limits::default();
    limits.block_bytes = 100;
    let options = AvroOptions::default().with_limits(limits);
    let ctx = session(1);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::from(options))
        .await
        .unwrap();
    let plan = physical(&ctx, "SELECT id FROM t").await;
    let travelled = travel(&plan, &ctx);
    let here = collect(plan, ctx.task_ctx()).await.unwrap_err();
    let there = collect(travelled, ctx.task_ctx()).await.unwrap_err();
    assert_eq!(there.to_string(), here.to_string());
    assert!(there.to_string().contains("100"), "{there}");
}

#[tokio::test]
async fn a_batch_size_is_the_tables_or_the_receivers() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 100));
    for (options, most) in [
        (AvroOptions::default().with_batch_size(7), 7),
        (AvroOptions::default(), 33),
    ] {
        let ctx = session(1);
        ctx.register_avro_table("t", path.as_str(), AvroReadOptions::from(options))
            .await
            .unwrap();
        let plan = physical(&ctx, "SELECT id FROM t").await;
        let config = SessionConfig::new().with_batch_size(33);
        let receiver = SessionContext::new_with_config(config);
        let batches = run(&receiver, travel(&plan, &receiver)).await;
        let rows = batches.iter().map(|batch| batch.num_rows());
        assert_eq!(rows.max(), Some(most));
    }
}

/// A scan with all that a query never brings together.
fn unusual() -> FileScanConfigBuilder {
    let files = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
    let files = files.with_metadata([("made".to_owned(), "by hand".to_owned())].into());
    let year = Arc::new(Field::new("year", DataType::Int32, true));
    let table = TableSchema::builder(Arc::new(files)).with_table_partition_cols(vec![year]);
    let source = AvroSource::new(table.build(), AvroOptions::default());
    let mut file = PartitionedFile::new("dir/a.avro", 1000)
        .with_range(10, 900)
        .with_partition_values(vec![2024.into()]);
    file.object_meta.e_tag = Some("e".to_owned());
    file.object_meta.version = Some("v".to_owned());
    let other = PartitionedFile::new("dir/b.avro", 2000).with_partition_values(vec![2025.into()]);
    let url = ObjectStoreUrl::parse("s3://bucket").unwrap();
    FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_groups(vec![
            FileGroup::new(vec![file]),
            FileGroup::new(vec![other]),
        ])
        // More than 32 bits.
        .with_limit(Some(5_000_000_000))
        .with_batch_size(Some(17))
        .with_preserve_order(true)
}

#[test]
fn all_parts_of_a_scan_travel() {
    let sent = unusual().build();
    let ctx = session(1);
    let plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(sent.clone());
    let arrived = config_of(&travel(&plan, &ctx));
    assert_eq!(arrived.object_store_url, sent.object_store_url);
    assert_eq!(arrived.limit, sent.limit);
    assert_eq!(arrived.batch_size, sent.batch_size);
    assert_eq!(arrived.preserve_order, sent.preserve_order);
    let columns = |config: &FileScanConfig| {
        let table = config.file_source().table_schema().clone();
        (
            table.file_schema().clone(),
            table.table_partition_cols().clone(),
        )
    };
    assert_eq!(columns(&arrived), columns(&sent));
    let files = |config: &FileScanConfig| {
        let files = config.file_groups.iter().flat_map(FileGroup::iter);
        let files = files.map(|file| {
            let values = file.partition_values.clone();
            (file.object_meta.clone(), values, file.range.clone())
        });
        files.collect::<Vec<_>>()
    };
    assert_eq!(files(&arrived), files(&sent));
}

#[test]
fn an_expression_adapter_of_ones_own_is_no_plan_that_travels() {
    let config = unusual().with_expr_adapter(Some(Arc::new(DefaultPhysicalExprAdapterFactory)));
    let plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(config.build());
    let error = travel_by(&plan, &session(1), &DeduplicatingProtoConverter {}).unwrap_err();
    assert!(error.to_string().contains("expression adapter"), "{error}");
}

#[test]
fn without_the_codec_an_error_names_it() {
    let plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(unusual().build());
    let error = physical_plan_to_bytes(plan).unwrap_err().to_string();
    assert!(error.contains("AvroPhysicalCodec"), "{error}");
}

/// Engines put the codecs of their users beside their own.
#[tokio::test]
async fn the_codec_is_one_of_several() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 50));
    let ctx = session(2);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let plan = physical(&ctx, "SELECT upper(name) FROM t WHERE id = 7").await;
    let codec = ComposedPhysicalExtensionCodec::new(vec![
        Arc::new(DefaultPhysicalExtensionCodec {}),
        Arc::new(AvroPhysicalCodec::default()),
    ]);
    let bytes = physical_plan_to_bytes_with_extension_codec(plan, &codec).unwrap();
    let task = ctx.task_ctx();
    let plan = physical_plan_from_bytes_with_extension_codec(&bytes, &task, &codec).unwrap();
    let rows = run(&ctx, plan).await;
    assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
    assert_eq!(lines(&rows).len(), 1);
}
