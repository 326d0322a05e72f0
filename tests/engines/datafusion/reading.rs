//! What is read of a file, and what is decoded.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;
use avroscan_tests::{raw, slow};
use datafusion::physical_plan::collect;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::prelude::SessionContext;

use super::counting::{CountingStore, bytes};
use super::{error, lines, metric, query, rows, run, session, session_with, write};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},
    {"name":"data","type":"bytes"}]}"#;

const BLOCK: usize = 1 << 20;

/// Blocks of one MiB with two rows each.
pub(super) fn big_file(blocks: usize) -> Vec<u8> {
    let data = raw::bytes(vec![7; BLOCK / 2]);
    let mut file = raw::file(SCHEMA);
    for block in 0..blocks as i64 {
        let rows = [
            raw::long(2 * block),
            data.clone(),
            raw::long(2 * block + 1),
            data.clone(),
        ];
        file = file.block(2, &rows.concat());
    }
    file.finish()
}

#[tokio::test]
async fn a_count_reads_block_headers_alone() {
    let ctx = session(8);
    let file = big_file(16);
    let store = CountingStore::with(&ctx, &[("t.avro", &file)]).await;
    let options = AvroReadOptions::default();
    ctx.register_avro_table("t", "mem://store/t.avro", options)
        .await
        .unwrap();
    plan(&ctx, "SELECT count(*) FROM t").await;
    store.take_reads();

    let (batches, scan) = run(&ctx, "SELECT count(*) FROM t").await;
    assert_eq!(
        batches[0].column(0).as_primitive::<Int64Type>().value(0),
        32
    );
    assert_eq!(metric(&scan, "blocks_read"), 0);
    assert_eq!(metric(&scan, "blocks_skipped"), 16);
    let reads = store.take_reads();
    // A little around each of 17 headers, and never a body of one MiB.
    assert!(
        reads
            .iter()
            .all(|range| range.end - range.start <= 64 << 10),
        "{reads:?}"
    );
    assert!(bytes(&reads) < file.len() as u64 / 8, "{reads:?}");
    assert_eq!(metric(&scan, "bytes_scanned") as u64, bytes(&reads));
}

#[tokio::test]
async fn a_limit_stops_reading() {
    let ctx = session(8);
    let file = big_file(64);
    let store = CountingStore::with(&ctx, &[("t.avro", &file)]).await;
    let options = AvroReadOptions::from(AvroOptions::default().with_buffer_bytes(8 << 20));
    ctx.register_avro_table("t", "mem://store/t.avro", options)
        .await
        .unwrap();
    store.take_reads();

    assert_eq!(
        lines(&query(&ctx, "SELECT id FROM t LIMIT 3").await),
        ["0", "1", "2"]
    );
    let reads = store.take_reads();
    assert!(bytes(&reads) < file.len() as u64 / 2, "{reads:?}");
}

#[tokio::test]
async fn a_preview_of_a_large_object_reads_little() {
    let ctx = SessionContext::new();
    let file = orders::file(80_000, 400, Codec::Null);
    assert!(file.len() > 8 << 20, "{}", file.len());
    let store = CountingStore::with(&ctx, &[("t.avro", &file)]).await;
    let options = AvroReadOptions::default();
    ctx.register_avro_table("t", "mem://store/t.avro", options)
        .await
        .unwrap();
    let batches = query(&ctx, "SELECT * FROM t LIMIT 10").await;
    assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), 10);
    // From the header to the last row.
    let reads = store.take_reads();
    assert!(bytes(&reads) < 1_000_000, "{reads:?}");
}

#[tokio::test]
async fn a_header_is_read_once_in_a_session() {
    let ctx = session(8);
    let file = big_file(16);
    let store = CountingStore::with(&ctx, &[("t.avro", &file)]).await;
    let options = AvroReadOptions::default();
    ctx.register_avro_table("t", "mem://store/t.avro", options)
        .await
        .unwrap();
    assert_eq!(
        store.take_reads().len(),
        1,
        "the columns are in the header, one small read"
    );
    plan(&ctx, "SELECT sum(id) FROM t").await;
    assert!(bytes(&store.take_reads()) <= 3 * (64 << 10), "an estimate");

    let (batches, scan) = run(&ctx, "SELECT sum(id) FROM t").await;
    assert_eq!(
        batches[0].column(0).as_primitive::<Int64Type>().value(0),
        (0..32).sum::<i64>()
    );
    let reads = store.take_reads();
    assert_eq!(
        reads.iter().filter(|range| range.start == 0).count(),
        0,
        "{reads:?}"
    );
    assert_eq!(metric(&scan, "bytes_scanned") as u64, bytes(&reads));
}

#[tokio::test]
async fn the_header_of_a_file_that_changes_is_read_again() {
    let ctx = session(2);
    let [first, second] = [7, 8].map(|id| {
        let row = [raw::long(id), raw::bytes([1])].concat();
        raw::file(SCHEMA).block(1, &row).finish()
    });
    assert_eq!(first.len(), second.len());
    let store = CountingStore::with(&ctx, &[("t.avro", &first)]).await;
    let options = AvroReadOptions::default;
    ctx.register_avro_table("t", "mem://store/t.avro", options())
        .await
        .unwrap();
    assert_eq!(lines(&query(&ctx, "SELECT id FROM t").await), ["7"]);
    store.insert("t.avro", &second).await;
    assert_eq!(lines(&query(&ctx, "SELECT id FROM t").await), ["8"]);

    // Another store is not the same file, nor is another marker the same header.
    let mut other = first.clone();
    let end = other.len();
    for start in [
        end - 16,
        slow::File::open(&first).unwrap().header_length - 16,
    ] {
        other[start..start + 16].fill(9);
    }
    CountingStore::with(&ctx, &[("t.avro", &other)]).await;
    assert_eq!(lines(&query(&ctx, "SELECT id FROM t").await), ["7"]);
}

/// Plans a query, which looks at the rows' number the first time.
async fn plan(ctx: &SessionContext, sql: &str) {
    let frame = ctx.sql(sql).await.unwrap();
    frame.create_physical_plan().await.unwrap();
}

/// A file in which the text of a field is no text: reading the field fails, and passing over it
/// does not.
fn broken_text() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"long"},
        {"name":"s","type":["null",{"type":"record","name":"S","fields":[
            {"name":"x","type":"long"},
            {"name":"text","type":"string"},
            {"name":"deep","type":{"type":"record","name":"D","fields":[
                {"name":"y","type":"long"},
                {"name":"text","type":"string"}]}}]}]},
        {"name":"text","type":"string"}]}"#;
    let text = || raw::bytes(b"\xff\xfe");
    let long = raw::long;
    let present = [long(1), long(1), long(2), text(), long(3), text(), text()].concat();
    let absent = [long(4), long(0), text()].concat();
    raw::file(schema)
        .block(2, &[present, absent].concat())
        .finish()
}

#[tokio::test]
async fn only_what_is_selected_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &broken_text());
    let ctx = session(1);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    for (sql, expected) in [
        ("SELECT a FROM t", ["1", "4"].as_slice()),
        ("SELECT s['x'] FROM t", &["2", ""]),
        ("SELECT s['deep']['y'], a, s['x'] FROM t", &["3|1|2", "|4|"]),
        ("SELECT a FROM t WHERE s['deep']['y'] = 3", &["1"]),
        (
            "SELECT s['x'] + s['deep']['y'] AS sum FROM t WHERE s['x'] > 0",
            &["5"],
        ),
        ("SELECT count(s['x']) FROM t", &["1"]),
        ("SELECT max(s['x']) FROM t WHERE a IN (SELECT 1)", &["2"]),
        (
            "SELECT a FROM t ORDER BY s['x'] NULLS FIRST LIMIT 1",
            &["4"],
        ),
    ] {
        assert_eq!(lines(&query(&ctx, sql).await), expected, "{sql}");
    }
    // To show that the tests above could fail.
    for sql in [
        "SELECT text FROM t",
        "SELECT s FROM t",
        "SELECT s['deep'] FROM t",
    ] {
        let error = error(&ctx, sql).await;
        assert!(error.contains("UTF-8") && error.contains(&path), "{error}");
    }
}

#[tokio::test]
async fn fields_whose_names_hold_dots_are_told_apart() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"s.x","type":"long"},
        {"name":"s","type":{"type":"record","name":"S","fields":[{"name":"x","type":"long"}]}}]}"#;
    let file = raw::file(schema)
        .block(1, &[raw::long(1), raw::long(2)].concat())
        .finish();
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &file);
    let ctx = session(1);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    assert_eq!(lines(&query(&ctx, "SELECT s['x'] FROM t").await), ["2"]);
    assert_eq!(lines(&query(&ctx, r#"SELECT "s.x" FROM t"#).await), ["1"]);
}

#[tokio::test]
async fn batches_are_as_large_as_the_session_says_unless_an_option_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 300));
    let sizes = async |options| {
        let ctx = session_with(1, options);
        let batches = query(&ctx, &format!("SELECT id FROM '{path}'")).await;
        batches
            .iter()
            .map(|batch| batch.num_rows())
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(AvroOptions::default()).await.iter().max(), Some(&64));
    let options = AvroOptions::default().with_batch_size(40);
    // Blocks of 300 rows are cut.
    let of_block = [vec![40; 7], vec![20]].concat();
    let expected = [of_block.repeat(3), vec![40, 40, 20]].concat();
    assert_eq!(sizes(options).await, expected);
}

/// The files of a scan are in a queue that DataFusion fills once: whoever runs a plan again resets
/// it, whatever the format.
#[tokio::test]
async fn a_plan_that_runs_again_is_reset_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..1000, 50));
    let ctx = session(4);
    ctx.register_avro_table("avro", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let parquet = format!("{}/t.parquet", dir.path().display());
    query(&ctx, &format!("COPY (SELECT id FROM avro) TO '{parquet}'")).await;
    let create = format!("CREATE EXTERNAL TABLE parquet STORED AS PARQUET LOCATION '{parquet}'");
    query(&ctx, &create).await;
    for table in ["avro", "parquet"] {
        let plan = ctx.sql(&format!("SELECT id FROM {table}")).await.unwrap();
        let plan = plan.create_physical_plan().await.unwrap();
        let run = async |plan| {
            let batches = collect(plan, ctx.task_ctx()).await.unwrap();
            batches.iter().map(RecordBatch::num_rows).sum::<usize>()
        };
        assert_eq!(run(Arc::clone(&plan)).await, 1000, "{table}");
        assert_eq!(run(Arc::clone(&plan)).await, 0, "{table}");
        let plan = reset_plan_states(plan).unwrap();
        assert_eq!(run(plan).await, 1000, "{table}");
    }
}
