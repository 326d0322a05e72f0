//! What is known of the rows before a query runs.

use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use datafusion::common::stats::Precision;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::prelude::SessionContext;

use super::counting::{CountingStore, bytes};
use super::reading::big_file;
use super::{error, lines, physical_plan, query, rows, session, write};

async fn register(ctx: &SessionContext, path: &str, row_counts: RowCounts) {
    let options = AvroOptions::default().with_row_counts(row_counts);
    ctx.register_avro_table("t", path, AvroReadOptions::from(options))
        .await
        .unwrap();
}

/// The number of rows that a query is planned with.
async fn planned_rows(ctx: &SessionContext, sql: &str) -> Precision<usize> {
    let plan = ctx.sql(sql).await.unwrap();
    let plan = plan.create_physical_plan().await.unwrap();
    rows_of(plan.as_ref())
}

fn rows_of(plan: &dyn ExecutionPlan) -> Precision<usize> {
    let context = StatisticsContext::new();
    let statistics = context.compute(plan, &StatisticsArgs::new()).unwrap();
    statistics.num_rows
}

#[tokio::test]
async fn rows_of_local_files_are_counted_before_a_query_runs() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = session(2);
    write(dir.path(), "a.avro", &rows::file(0..1000, 50));
    write(dir.path(), "b.avro", &rows::file(1000..1300, 7));
    write(dir.path(), "c.avro", &rows::file(0..0, 7));
    let path = format!("{}/", dir.path().display());
    register(&ctx, &path, RowCounts::default()).await;
    assert_eq!(
        planned_rows(&ctx, "SELECT id FROM t").await,
        Precision::Exact(1300)
    );
    let plan = physical_plan(&ctx, "SELECT count(*) FROM t").await;
    assert!(plan.contains("PlaceholderRowExec"), "{plan}");
    assert!(!plan.contains("DataSourceExec"), "{plan}");
    assert_eq!(
        lines(&query(&ctx, "SELECT count(*) FROM t").await),
        ["1300"]
    );
    // Where it would not be the number of rows, it is not taken for it.
    for (sql, expected) in [
        ("SELECT count(*) FROM t WHERE id < 10", "10"),
        ("SELECT count(*) FROM (SELECT id FROM t LIMIT 10)", "10"),
        ("SELECT count(*) FROM (SELECT id FROM t OFFSET 1200)", "100"),
    ] {
        assert_eq!(lines(&query(&ctx, sql).await), [expected], "{sql}");
    }
    assert_eq!(
        planned_rows(&ctx, "SELECT id FROM t WHERE id < 10")
            .await
            .is_exact(),
        Some(false)
    );
}

#[tokio::test]
async fn a_file_that_changes_is_counted_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "a.avro", &rows::file(0..1000, 50));
    let ctx = session(2);
    register(&ctx, &path, RowCounts::default()).await;
    let count = "SELECT count(*) FROM t";
    assert_eq!(lines(&query(&ctx, count).await), ["1000"]);
    write(dir.path(), "a.avro", &rows::file(0..700, 50));
    assert_eq!(lines(&query(&ctx, count).await), ["700"]);
}

#[tokio::test]
async fn rows_are_estimated_from_the_first_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..20_000, 100));
    let ctx = session(2);
    register(&ctx, &path, RowCounts::Estimate).await;
    match planned_rows(&ctx, "SELECT id FROM t").await {
        Precision::Inexact(rows) => assert!(rows.abs_diff(20_000) < 1_000, "{rows}"),
        other => panic!("{other:?}"),
    }
    let plan = physical_plan(&ctx, "SELECT count(*) FROM t").await;
    assert!(plan.contains("DataSourceExec"), "{plan}");
    assert_eq!(
        lines(&query(&ctx, "SELECT count(*) FROM t").await),
        ["20000"]
    );
}

#[tokio::test]
async fn objects_are_counted_when_told_so() {
    let ctx = session(2);
    let file = big_file(16);
    let store = CountingStore::with(&ctx, &[("t.avro", &file)]).await;
    for (row_counts, expected, most_reads) in [
        (RowCounts::Estimate, Precision::Inexact(32), 3),
        (RowCounts::Local, Precision::Inexact(32), 3),
        (RowCounts::Exact, Precision::Exact(32), 18),
    ] {
        register(&ctx, "mem://store/t.avro", row_counts).await;
        store.take_reads();
        let planned = planned_rows(&ctx, "SELECT id FROM t").await;
        assert_eq!(planned, expected, "{row_counts:?}");
        let reads = store.take_reads();
        assert!(reads.len() <= most_reads, "{row_counts:?}: {reads:?}");
        assert!(bytes(&reads) <= (64 << 10) * most_reads as u64, "{reads:?}");

        // What was found is kept.
        planned_rows(&ctx, "SELECT id FROM t").await;
        assert!(store.take_reads().is_empty());
        assert_eq!(lines(&query(&ctx, "SELECT count(*) FROM t").await), ["32"]);
        let is_constant = row_counts == RowCounts::Exact;
        assert_eq!(store.take_reads().is_empty(), is_constant, "{row_counts:?}");
        ctx.deregister_table("t").unwrap();
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_counted_is_the_querys_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = rows::file(0..100, 10);
    write(dir.path(), "a.avro", &file);
    let bad = write(dir.path(), "b.avro", &file[..file.len() - 20]);
    write(dir.path(), "c.avro", b"nothing of the kind");
    let ctx = session(2);
    let path = format!("{}/", dir.path().display());
    for row_counts in [RowCounts::Estimate, RowCounts::Local, RowCounts::Exact] {
        register(&ctx, &path, row_counts).await;
        let rows = planned_rows(&ctx, "SELECT id FROM t").await;
        assert_eq!(rows, Precision::Absent, "{row_counts:?}");
        let error = error(&ctx, "SELECT count(*) FROM t").await;
        let named = error.contains(&bad) || error.contains("c.avro");
        assert!(named, "{row_counts:?}: {error}");
        ctx.deregister_table("t").unwrap();
    }
}

#[tokio::test]
async fn statements_say_how_rows_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 50));
    let ctx = session(2);
    for (value, is_exact) in [("estimate", false), ("local", true), ("exact", true)] {
        let create = format!(
            "CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' \
             OPTIONS ('avro.row_counts' '{value}')"
        );
        query(&ctx, &create).await;
        let rows = planned_rows(&ctx, "SELECT id FROM t").await;
        assert_eq!(rows.is_exact(), Some(is_exact), "{value}");
        query(&ctx, "DROP TABLE t").await;
    }
}
