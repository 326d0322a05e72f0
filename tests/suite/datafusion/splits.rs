//! Files cut into ranges: each row once, and in order where an order is declared.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};

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
