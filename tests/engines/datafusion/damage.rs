//! Damaged blocks, left out where a table or a session says so.

use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use avroscan::{OnError, ReadReport, Scan, ScanOptions, SkipBudget, StorageOptions};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use avroscan_tests::{raw, slow};
use datafusion::prelude::SessionContext;

use super::{error, lines, metric, physical_plan, query, rows, run, session, table, write};

/// Forty blocks of 25 rows: the 4th with another marker, the 11th with a size that lies, the 21st and
/// the last with an odd byte in the middle.
pub(super) fn damaged() -> Vec<u8> {
    let mut bytes = rows::file(0..1000, 25);
    let blocks = slow::File::open(&bytes).unwrap().blocks;
    assert_eq!(blocks.len(), 40);
    bytes[blocks[3].end - 1] ^= 1;
    bytes[blocks[10].start + 1] ^= 4;
    for block in [&blocks[20], &blocks[39]] {
        bytes[(block.start + block.end) / 2] ^= 0xff;
    }
    bytes
}

/// The ids that are left, sorted.
pub(super) fn left() -> Vec<i64> {
    let is_lost = |id: &i64| [3, 10, 20, 39].contains(&(id / 25));
    (0..1000).filter(|id| !is_lost(id)).collect()
}

fn skipping() -> AvroOptions {
    AvroOptions::default().with_on_error(OnError::Skip)
}

/// A table `t` of these files.
async fn register(ctx: &SessionContext, path: &str, options: AvroOptions) {
    ctx.register_avro_table("t", path, AvroReadOptions::from(options))
        .await
        .unwrap();
}

pub(super) fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let ids = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
    let mut ids: Vec<i64> = ids.copied().collect();
    ids.sort_unstable();
    ids
}

/// What the core says of all columns of a file.
fn report_of_the_core(path: &str) -> ReadReport {
    let report = ReadReport::default();
    let options = ScanOptions::default()
        .with_on_error(OnError::Skip)
        .with_report(report.clone());
    let scan = Scan::open_blocking(&[path], &StorageOptions::new(), options).unwrap();
    for batch in scan.reader().unwrap() {
        batch.unwrap();
    }
    report
}

#[tokio::test]
async fn damaged_blocks_are_left_out_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let core = report_of_the_core(&path);
    assert_eq!(core.bad_blocks(), 4);
    for partitions in [1, 2, 8, 50] {
        let ctx = session(partitions);
        let report = ReadReport::default();
        register(&ctx, &path, skipping().with_report(report.clone())).await;
        let (batches, scan) = run(&ctx, "SELECT * FROM t").await;
        assert_eq!(ids(&batches), left(), "{partitions} partitions");
        assert_eq!(report.entries(), core.entries(), "{partitions} partitions");
        assert_eq!(report.bytes_skipped(), core.bytes_skipped());
        assert_eq!(metric(&scan, "bad_blocks") as u64, core.bad_blocks());
        assert_eq!(metric(&scan, "rows_lost") as u64, core.rows_lost());

        // The next query adds to it.
        query(&ctx, "SELECT * FROM t").await;
        assert_eq!(report.bad_blocks(), 2 * core.bad_blocks());
    }
}

#[tokio::test]
async fn damage_is_an_error_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let ctx = session(4);
    register(&ctx, &path, AvroOptions::default()).await;
    let error = error(&ctx, "SELECT * FROM t").await;
    assert!(error.contains(&path), "{error}");
    let fail = "CREATE EXTERNAL TABLE f STORED AS AVRO LOCATION 'PATH' \
                OPTIONS ('avro.on_error' 'fail')";
    query(&ctx, &fail.replace("PATH", &path)).await;
    super::error(&ctx, "SELECT * FROM f").await;
}

#[tokio::test]
async fn explain_analyze_shows_what_was_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let core = report_of_the_core(&path);
    let ctx = session(8);
    let create = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' OPTIONS ('avro.on_error' 'skip')"
    );
    query(&ctx, &create).await;
    let text = table(&query(&ctx, "EXPLAIN ANALYZE SELECT * FROM t").await);
    for lost in ["bad_blocks=4", &format!("rows_lost={}", core.rows_lost())] {
        assert!(text.contains(lost), "{text}");
    }
    let sound = write(dir.path(), "sound.avro", &rows::file(0..100, 25));
    let text = table(&query(&ctx, &format!("EXPLAIN ANALYZE SELECT * FROM '{sound}'")).await);
    assert!(text.contains("bad_blocks=0"), "{text}");
    assert!(text.contains("rows_lost=0"), "{text}");
}

/// Four blocks of three rows, all framed well. In the second a name is no UTF-8, in the third a row
/// is missing.
fn damaged_inside() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"id","type":"long"},{"name":"name","type":"string"}]}"#;
    let row = |id: i64, name: &[u8]| [raw::long(id), raw::bytes(name)].concat();
    let rows = |from: i64| (from..from + 3).map(|id| row(id, b"good"));
    let body = |from: i64| rows(from).collect::<Vec<_>>().concat();
    let odd = [row(3, b"good"), row(4, b"b\xffd"), row(5, b"good")].concat();
    raw::file(schema)
        .block(3, &body(0))
        .block(3, &odd)
        .block(4, &body(6))
        .block(3, &body(9))
        .finish()
}

#[tokio::test]
async fn a_count_is_the_number_of_rows_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let odd = write(dir.path(), "odd.avro", &damaged_inside());
    let framed = write(dir.path(), "framed.avro", &damaged());
    for row_counts in [RowCounts::Estimate, RowCounts::Local, RowCounts::Exact] {
        for partitions in [1, 8] {
            for (path, rows) in [(&odd, 6), (&framed, left().len())] {
                let ctx = session(partitions);
                register(&ctx, path, skipping().with_row_counts(row_counts)).await;
                let all = query(&ctx, "SELECT * FROM t").await;
                assert_eq!(ids(&all).len(), rows, "{path}");
                let plan = physical_plan(&ctx, "SELECT count(*) FROM t").await;
                assert!(plan.contains("DataSourceExec"), "{plan}");
                for sql in [
                    "SELECT count(*) FROM t",
                    "SELECT count(1) FROM t",
                    "SELECT count(*) FROM (SELECT 1 FROM t)",
                    "SELECT count(*) FROM (SELECT * FROM t LIMIT 100000)",
                    "SELECT count(DISTINCT id) FROM t WHERE name >= '' OR name IS NULL",
                ] {
                    let counted = lines(&query(&ctx, sql).await);
                    assert_eq!(counted, [rows.to_string()], "{sql} {row_counts:?} {path}");
                }
                let few = query(&ctx, "SELECT id FROM t LIMIT 5").await;
                assert_eq!(ids(&few).len(), 5);
            }
        }
    }
}

#[tokio::test]
async fn a_count_of_no_common_column_is_the_number_of_rows_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged_inside());
    let ctx = session(2);
    let create = format!(
        "CREATE EXTERNAL TABLE t (other INT) STORED AS AVRO LOCATION '{path}' \
         OPTIONS ('avro.on_error' 'skip')"
    );
    query(&ctx, &create).await;
    let all = query(&ctx, "SELECT * FROM t").await;
    let rows: usize = all.iter().map(RecordBatch::num_rows).sum();
    let counted = lines(&query(&ctx, "SELECT count(*) FROM t").await);
    assert_eq!(counted, [rows.to_string()]);
}

#[tokio::test]
async fn a_limit_is_filled_from_the_files_that_have_rows() {
    let dir = tempfile::tempdir().unwrap();
    let folder = three_files(dir.path());
    let ctx = session(2);
    query(&ctx, "SET avro.on_error = 'skip'").await;
    let sql = format!("SELECT id FROM '{folder}' LIMIT 20");
    let plan = physical_plan(&ctx, &sql).await;
    for file in ["a.avro", "b.avro", "c.avro"] {
        assert!(plan.contains(file), "{plan}");
    }
    assert_eq!(ids(&query(&ctx, &sql).await).len(), 20);
}

/// Three files, of which the first has lost all of its rows.
fn three_files(dir: &Path) -> String {
    let mut lost = rows::file(0..100, 100);
    let block = slow::File::open(&lost).unwrap().blocks.remove(0);
    lost[(block.start + block.end) / 2] ^= 0xff;
    write(dir, "three/a.avro", &lost);
    write(dir, "three/b.avro", &rows::file(100..200, 50));
    write(dir, "three/c.avro", &rows::file(200..300, 50));
    format!("{}/three/", dir.display())
}

#[tokio::test]
async fn numbers_of_rows_that_were_found_before_are_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = three_files(dir.path());
    let ctx = session(2);
    query(
        &ctx,
        &format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{folder}'"),
    )
    .await;
    // The headers of the blocks say so, as long as damage would be an error.
    let count = "SELECT count(*) FROM t";
    assert_eq!(lines(&query(&ctx, count).await), ["300"]);
    query(&ctx, "SET avro.on_error = 'skip'").await;
    assert_eq!(lines(&query(&ctx, count).await), ["200"]);
    let few = query(&ctx, "SELECT id FROM t LIMIT 20").await;
    assert_eq!(ids(&few).len(), 20);
    query(&ctx, "SET avro.on_error = 'fail'").await;
    assert_eq!(lines(&query(&ctx, count).await), ["300"]);
    error(&ctx, "SELECT * FROM t").await;
}

#[tokio::test]
async fn a_budget_bounds_what_each_scan_leaves_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let skipped = report_of_the_core(&path).bytes_skipped();
    let budget = SkipBudget::default;
    for partitions in [1, 8] {
        let ctx = session(partitions);
        for (enough, little) in [
            (budget().with_blocks(4), budget().with_blocks(3)),
            (
                budget().with_bytes(skipped),
                budget().with_bytes(skipped - 1),
            ),
            (budget().with_fraction(0.9), budget().with_fraction(0.001)),
        ] {
            let report = ReadReport::default();
            let options = skipping().with_report(report.clone());
            register(&ctx, &path, options.clone().with_skip_budget(enough)).await;
            // Each of the scans has the whole of it.
            for sql in [
                "SELECT * FROM t",
                "SELECT * FROM t",
                "SELECT t.id, u.name FROM t JOIN t AS u ON t.id = u.id",
            ] {
                assert_eq!(ids(&query(&ctx, sql).await), left(), "{enough:?}");
            }
            ctx.deregister_table("t").unwrap();
            register(&ctx, &path, options.with_skip_budget(little)).await;
            let error = error(&ctx, "SELECT * FROM t").await;
            assert!(error.contains("skip budget"), "{error}");
            assert!(error.contains(&path), "{error}");
            ctx.deregister_table("t").unwrap();
        }
    }
}

#[tokio::test]
async fn statements_set_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let ctx = session(4);
    for (key, enough, little) in [
        ("max_bad_blocks", "4", "3"),
        ("max_bad_bytes", "1000000", "10"),
        ("max_bad_fraction", "0.9", "0.001"),
    ] {
        for (value, is_enough) in [(enough, true), (little, false)] {
            let create = format!(
                "CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' \
                 OPTIONS ('avro.on_error' 'skip', 'avro.{key}' '{value}')"
            );
            query(&ctx, &create).await;
            match is_enough {
                true => assert_eq!(ids(&query(&ctx, "SELECT id FROM t").await), left()),
                false => {
                    let error = error(&ctx, "SELECT id FROM t").await;
                    assert!(error.contains("skip budget"), "{key}: {error}");
                }
            }
            query(&ctx, "DROP TABLE t").await;
        }
    }
    let create = "CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION 'PATH' \
                  OPTIONS ('avro.max_bad_fraction' '2')";
    let error = error(&ctx, &create.replace("PATH", &path)).await;
    assert!(error.contains("from 0 to 1"), "{error}");
}

#[tokio::test]
async fn orderings_and_hive_columns_hold_where_blocks_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    for year in [2023, 2024] {
        write(dir.path(), &format!("year={year}/t.avro"), &damaged());
    }
    let folder = dir.path().display();
    let ctx = session(8);
    let create = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO PARTITIONED BY (year) WITH ORDER (id ASC) \
         LOCATION '{folder}/' OPTIONS ('avro.on_error' 'skip')"
    );
    query(&ctx, &create).await;
    let rows = left().len();
    let count = "SELECT count(*) FROM t WHERE year = '2024'";
    assert_eq!(lines(&query(&ctx, count).await), [rows.to_string()]);
    let count = "SELECT year, count(*) FROM t GROUP BY year ORDER BY year";
    let expected = [format!("2023|{rows}"), format!("2024|{rows}")];
    assert_eq!(lines(&query(&ctx, count).await), expected);
    let ordered = query(&ctx, "SELECT id FROM t WHERE year = '2023' ORDER BY id").await;
    let ordered = ordered
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
    assert!(ordered.copied().eq(left()));
}
