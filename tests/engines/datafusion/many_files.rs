//! Tables of several files: which of them are opened, how often, and by whom.

use arrow::datatypes::DataType;
use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;

use super::counting::CountingStore;
use super::{find_scan, lines, physical_plan, query, rows, session, write};

/// A session that reads nothing of a file before a query runs.
fn session_without_statistics(partitions: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_collect_statistics(false);
    SessionContext::new_with_config(config)
}

#[tokio::test]
async fn files_that_their_place_rules_out_are_not_opened() {
    let file = rows::file(0..100, 10);
    let paths = ["2022/a", "2023/a", "2023/b", "2024/a"].map(|path| format!("t/year={path}.avro"));
    let files: Vec<_> = paths.iter().map(|path| (path.as_str(), &*file)).collect();
    let ctx = session_without_statistics(2);
    let store = CountingStore::with(&ctx, &files).await;
    let columns = vec![("year".to_owned(), DataType::Utf8)];
    let options = AvroReadOptions::default().with_partition_columns(columns);
    ctx.register_avro_table("t", "mem://store/t/", options)
        .await
        .unwrap();
    query(
        &ctx,
        "CREATE TABLE wanted AS SELECT * FROM (VALUES ('2022', 1)) AS v (year, one)",
    )
    .await;
    for (filter, expected, read) in [
        ("year = '2023'", "200", [1, 2].as_slice()),
        ("year > '2022' AND year < '2024' AND id < 10", "20", &[1, 2]),
        ("year IN ('2022', '2024')", "200", &[0, 3]),
        ("year LIKE '%4' OR year = '2022'", "200", &[0, 3]),
        ("concat(year, '!') = '2024!'", "100", &[3]),
        ("year = '2025'", "0", &[]),
        ("input_file_name() LIKE '%b.avro'", "100", &[2]),
        (
            "input_file_name() LIKE '%a.avro' AND year = '2023' AND id < 7",
            "7",
            &[1],
        ),
        (
            "input_file_name() LIKE '%b.avro' OR id < 7",
            "121",
            &[0, 1, 2, 3],
        ),
    ] {
        store.take_paths();
        let sql = format!("SELECT count(*) FROM t WHERE {filter}");
        assert_eq!(lines(&query(&ctx, &sql).await), [expected], "{sql}");
        let read: Vec<_> = read.iter().map(|index| paths[*index].clone()).collect();
        assert_eq!(store.take_paths(), read, "{sql}");
    }
    // What a join finds out while it runs.
    let sql = "SELECT count(t.id) FROM wanted JOIN t ON t.year = wanted.year";
    assert_eq!(lines(&query(&ctx, sql).await), ["100"]);
    assert_eq!(store.take_paths(), paths[..1]);
}

#[tokio::test]
async fn a_row_knows_its_file() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.avro", &rows::file(0..10, 4));
    write(dir.path(), "b.avro", &rows::file(10..30, 4));
    let ctx = session(4);
    let path = format!("{}/", dir.path().display());
    ctx.register_avro_table("t", path, AvroReadOptions::default())
        .await
        .unwrap();
    let sql = "SELECT right(name, 6), count(*), min(id) FROM                (SELECT input_file_name() AS name, id FROM t) GROUP BY 1 ORDER BY 1";
    assert_eq!(
        lines(&query(&ctx, sql).await),
        ["a.avro|10|0", "b.avro|20|10"]
    );
}

#[tokio::test]
async fn small_files_are_grouped_and_each_is_opened_once() {
    let contents: Vec<_> = (0..500)
        .map(|file| (format!("t/{file:03}.avro"), rows::file(file..file + 1, 10)))
        .collect();
    let files: Vec<_> = contents
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    let ctx = session_without_statistics(8);
    let store = CountingStore::with(&ctx, &files).await;
    ctx.register_avro_table("t", "mem://store/t/", AvroReadOptions::default())
        .await
        .unwrap();
    let sql = "SELECT sum(id), count(name) >= 0 FROM t";
    let plan = physical_plan(&ctx, sql).await;
    assert!(plan.contains("file_groups={8 groups"), "{plan}");
    assert!(!plan.contains(".avro:"), "no file is cut: {plan}");
    store.take_reads();
    assert_eq!(lines(&query(&ctx, sql).await), ["124750|true"]);
    let reads = store.take_reads();
    let headers = reads.iter().filter(|range| range.start == 0).count();
    // That of the first was read for the columns.
    assert_eq!(headers, 499);
    assert!(reads.len() <= 1000, "{} reads", reads.len());
}

#[tokio::test]
async fn a_partition_takes_what_others_leave() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..3000, 60));
    let ctx = session(8);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let frame = ctx.sql("SELECT id FROM t").await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let scan = find_scan(&plan).unwrap();
    assert_eq!(scan.properties().partitioning.partition_count(), 8);
    // All have begun, and nobody asks the others for rows.
    let begin = |partition| scan.execute(partition, ctx.task_ctx()).unwrap();
    let mut streams: Vec<_> = (0..8).map(begin).collect();
    let last = streams.pop().unwrap();
    let batches: Vec<_> = last.try_collect().await.unwrap();
    let rows = batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    assert_eq!(rows, 3000);
}
