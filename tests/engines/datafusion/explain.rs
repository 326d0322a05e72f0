//! What EXPLAIN and EXPLAIN ANALYZE say of a scan.

use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use avroscan_tests::slow;
use datafusion::prelude::SessionContext;
use tempfile::TempDir;

use super::{metric, physical_plan, query, rows, run, session, session_with, table, write};

async fn with_table(ctx: &SessionContext) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 50));
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    dir
}

#[tokio::test]
async fn projection_predicate_and_limit_are_in_the_scan() {
    let ctx = session(8);
    let _dir = with_table(&ctx).await;
    let plan = physical_plan(
        &ctx,
        "SELECT name FROM t WHERE score > 5 AND active LIMIT 3",
    )
    .await;
    assert!(plan.contains("projection=[name], limit=3"), "{plan}");
    assert!(
        plan.contains("file_type=avro, predicate=score@2 > 5 AND active@3"),
        "{plan}"
    );
    assert!(!plan.contains("FilterExec"), "{plan}");
    assert!(!plan.contains("ProjectionExec"), "{plan}");
}

#[tokio::test]
async fn expressions_and_struct_fields_are_in_the_scan() {
    let ctx = session(1);
    let _dir = with_table(&ctx).await;
    let sql = "SELECT place['city'] AS city, id + 1 AS next FROM t WHERE place['zip'] > 7";
    let plan = physical_plan(&ctx, sql).await;
    assert!(
        plan.contains("projection=[get_field(place@7, city) as city"),
        "{plan}"
    );
    assert!(plan.contains("id@0 + 1 as next"), "{plan}");
    assert!(
        plan.contains("predicate=get_field(place@7, zip) > 7"),
        "{plan}"
    );
    assert!(!plan.contains("FilterExec"), "{plan}");
}

#[tokio::test]
async fn filters_stay_above_the_scan_when_told_so() {
    let ctx = session_with(8, AvroOptions::default().with_pushdown_filters(false));
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 50));
    let plan = physical_plan(&ctx, &format!("SELECT name FROM '{path}' WHERE score > 5")).await;
    assert!(plan.contains("FilterExec: score@1 > 5"), "{plan}");
    assert!(!plan.contains("predicate="), "{plan}");
}

#[tokio::test]
async fn a_count_needs_no_columns() {
    let options = AvroOptions::default().with_row_counts(RowCounts::Estimate);
    let ctx = session_with(8, options);
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 50));
    let plan = physical_plan(&ctx, &format!("SELECT count(*) FROM '{path}'")).await;
    assert!(plan.contains("t.avro]]}, file_type=avro"), "{plan}");
}

#[tokio::test]
async fn one_file_is_cut_for_all_partitions() {
    let ctx = session(4);
    let _dir = with_table(&ctx).await;
    for sql in [
        "SELECT name, count(*) FROM t GROUP BY name",
        "SELECT name FROM t WHERE score > 5",
        "SELECT name FROM t",
    ] {
        let plan = physical_plan(&ctx, sql).await;
        assert!(plan.contains("file_groups={4 groups: [["), "{plan}");
        assert!(plan.contains("t.avro:0.."), "{plan}");
    }
    // A few rows come from the beginning of the file.
    let plan = physical_plan(&ctx, "SELECT * FROM t LIMIT 10").await;
    assert!(plan.contains("file_groups={1 group: [["), "{plan}");
}

#[tokio::test]
async fn dynamic_filters_reach_the_scan_and_prune() {
    let ctx = session(1);
    let _dir = with_table(&ctx).await;
    let sql = "SELECT id, name FROM t ORDER BY id LIMIT 5";
    let plan = physical_plan(&ctx, sql).await;
    assert!(plan.contains("predicate=DynamicFilter"), "{plan}");
    // Rows come in this order: after the first batch, no row is among the first five.
    let (batches, scan) = run(&ctx, sql).await;
    assert_eq!(
        batches.iter().map(|batch| batch.num_rows()).sum::<usize>(),
        5
    );
    assert!(metric(&scan, "pushdown_rows_pruned") > 500);

    // The same of an aggregate that has found its value, but not where another one may not have.
    let ctx = session(2);
    let _dir = with_table(&ctx).await;
    let (_, scan) = run(&ctx, "SELECT min(id) FROM t").await;
    assert!(metric(&scan, "pushdown_rows_pruned") > 300);
    let (_, scan) = run(&ctx, "SELECT min(id), max(length(name)) FROM t").await;
    assert_eq!(metric(&scan, "pushdown_rows_pruned"), 0);
}

#[tokio::test]
async fn metrics_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = rows::file(0..1000, 50);
    let path = write(dir.path(), "t.avro", &file);
    let ctx = session(1);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();

    let (_, scan) = run(&ctx, "SELECT * FROM t").await;
    assert_eq!(metric(&scan, "output_rows"), 1000);
    assert_eq!(metric(&scan, "blocks_read"), 20);
    // The header has been read for the columns.
    let header = slow::File::open(&file).unwrap().header_length;
    assert!(metric(&scan, "bytes_scanned") >= file.len() - header);
    assert_eq!(metric(&scan, "pushdown_rows_pruned"), 0);

    let (_, scan) = run(&ctx, "SELECT * FROM t WHERE id < 300").await;
    assert_eq!(metric(&scan, "output_rows"), 300);
    assert_eq!(metric(&scan, "pushdown_rows_pruned"), 700);

    let (_, scan) = run(&ctx, "SELECT count(*), sum(id) FROM t").await;
    for name in ["time_reading", "time_decompressing", "time_decoding"] {
        assert!(metric(&scan, name) > 0, "{name}");
    }
    assert_eq!(metric(&scan, "blocks_skipped"), 0);

    let text = table(&query(&ctx, "EXPLAIN ANALYZE SELECT name FROM t WHERE id < 300").await);
    for name in [
        "bytes_scanned=",
        "blocks_read=20",
        "blocks_skipped=0",
        "pushdown_rows_pruned=700",
        "time_reading=",
        "time_decompressing=",
        "time_decoding=",
    ] {
        assert!(text.contains(name), "{name}\n{text}");
    }
}

#[tokio::test]
async fn the_tree_shows_the_predicate() {
    let ctx = session(1);
    let _dir = with_table(&ctx).await;
    let text = table(&query(&ctx, "EXPLAIN FORMAT TREE SELECT id FROM t WHERE id > 5").await);
    assert!(text.contains("format: avro"), "{text}");
    assert!(text.contains("id > 5"), "{text}");
}
