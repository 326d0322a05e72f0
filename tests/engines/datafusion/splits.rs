//! Files cut into ranges: each row once, and in order where an order is declared.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, AvroSource};
use avroscan_tests::data::mix;
use avroscan_tests::raw;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;

use super::{physical_plan, query, rows, session, write};

#[tokio::test]
async fn each_row_is_read_exactly_once_however_a_file_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..3000, 60));
    for partitions in [1, 2, 3, 5, 8, 16, 50, 51, 333] {
        let ctx = session(partitions);
        ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
            .await
            .unwrap();
        for sql in [
            "SELECT id FROM t WHERE id >= 0",
            "SELECT DISTINCT id FROM t",
        ] {
            let mut ids = Vec::new();
            for batch in query(&ctx, sql).await {
                ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
            }
            ids.sort_unstable();
            assert!(
                ids.into_iter().eq(0..3000),
                "{sql} in {partitions} partitions"
            );
        }
    }
}

/// Blocks of three rows, so small that every way to cut the file in two can be tried.
fn fifty_blocks() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"long"}]}"#;
    (0..50)
        .fold(raw::file(schema), |file, block| {
            let rows = (0..3).flat_map(|row| raw::long(3 * block + row));
            file.block(3, &rows.collect::<Vec<_>>())
        })
        .finish()
}

/// The rows of a file that is cut at these places, in order of the ranges.
async fn rows_of(ctx: &SessionContext, path: &str, size: u64, cuts: &[u64]) -> Vec<i64> {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
    let source = AvroSource::new(Arc::new(schema), AvroOptions::default());
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([size]);
    let ranges = starts.zip(ends).map(|(start, end)| {
        let path = path.to_owned();
        PartitionedFile::new_with_range(path, size, start as i64, end as i64)
    });
    let url = ObjectStoreUrl::local_filesystem();
    let config = FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_group(FileGroup::new(ranges.collect()))
        .build();
    let stream = DataSourceExec::from_data_source(config).execute(0, ctx.task_ctx());
    let batches: Vec<_> = stream.unwrap().try_collect().await.unwrap();
    batches
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        })
        .collect()
}

#[tokio::test]
async fn ranges_are_the_file_wherever_it_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let file = fifty_blocks();
    let path = write(dir.path(), "t.avro", &file);
    let size = file.len() as u64;
    let ctx = session(1);
    for cut in 0..=size {
        let ids = rows_of(&ctx, &path, size, &[cut]).await;
        assert!(ids.into_iter().eq(0..150), "cut at {cut}");
    }
    for round in 0..2000 {
        let mut cuts: Vec<_> = (0..1 + round % 9)
            .map(|index| mix(round, index) % (size + 1))
            .collect();
        cuts.sort_unstable();
        let ids = rows_of(&ctx, &path, size, &cuts).await;
        assert!(ids.into_iter().eq(0..150), "cut at {cuts:?}");
    }
}

#[tokio::test]
async fn a_declared_order_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..3000, 60));
    let ctx = session(8);
    query(
        &ctx,
        &format!("CREATE EXTERNAL TABLE t STORED AS AVRO WITH ORDER (id ASC) LOCATION '{path}'"),
    )
    .await;
    for sql in [
        "SELECT id FROM t ORDER BY id",
        "SELECT id FROM t WHERE id >= 0 ORDER BY id",
        "SELECT id, count(*) FROM t GROUP BY id ORDER BY id",
    ] {
        let plan = physical_plan(&ctx, sql).await;
        assert!(!plan.contains("SortExec"), "{plan}");
        let mut ids = Vec::new();
        for batch in query(&ctx, sql).await {
            ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
        }
        assert!(ids.into_iter().eq(0..3000), "{sql}");
    }
}

#[tokio::test]
async fn a_small_limit_takes_the_first_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..3000, 60));
    let ctx = session(8);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let mut ids = Vec::new();
    for batch in query(&ctx, "SELECT id FROM t LIMIT 700").await {
        ids.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
    }
    assert!(ids.into_iter().eq(0..700));
}
