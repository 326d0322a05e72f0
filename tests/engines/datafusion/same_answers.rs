//! The same query over Avro files and over the same rows in memory.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::data::every_type;
use avroscan_tests::queries::{self, HIVE_QUERIES, QUERIES, TYPE_QUERIES};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use super::{query, rows, session, table, write};

pub(super) const ROWS: u64 = 1500;

#[tokio::test]
async fn queries_answer_as_over_rows_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let one = write(dir.path(), "one.avro", &rows::file(0..ROWS, 37));
    // Several files, of one block and of many, one of no block, one of no bytes.
    let several = dir.path().join("several");
    write(&several, "a.avro", &rows::file(0..10, 100));
    write(&several, "b.avro", &rows::file(10..10, 100));
    write(&several, "c.avro", &rows::file(10..1000, 1));
    write(&several, "d.avro", b"");
    write(&several, "e.avro", &rows::file(1000..ROWS, 50));
    write(&several, "not-a-file.txt", b"none of this table");
    let several = format!("{}/", several.display());

    let paths = [one, several].map(|path| (path, Vec::new()));
    compare(QUERIES, &rows::batch(0..ROWS), &paths).await;
}

#[tokio::test]
async fn queries_of_a_partitioned_table_answer_as_over_rows_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let years = [("2022", 0..200), ("2023", 200..600), ("2024", 600..700)];
    let mut batches = Vec::new();
    for (year, numbers) in years {
        let name = format!("year={year}/part.avro");
        write(dir.path(), &name, &rows::file(numbers.clone(), 23));
        batches.push(with_year(&rows::batch(numbers), year));
    }
    let memory = concat_batches(batches[0].schema_ref(), &batches).unwrap();
    let columns = vec![("year".to_owned(), DataType::Utf8)];
    let path = (format!("{}/", dir.path().display()), columns);
    compare(HIVE_QUERIES, &memory, &[path]).await;
}

#[tokio::test]
async fn queries_of_every_type_answer_as_over_rows_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &every_type::file(0..ROWS, 41));
    let memory = every_type::batch(0..ROWS);
    compare(TYPE_QUERIES, &memory, &[(path, Vec::new())]).await;
}

/// The batch with a last column that has one value.
fn with_year(batch: &RecordBatch, year: &str) -> RecordBatch {
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("year", DataType::Utf8, false)));
    let mut columns = batch.columns().to_vec();
    let years = vec![year; batch.num_rows()];
    columns.push(Arc::new(StringArray::from(years)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Each query gives the same over these tables, by their path and partition columns, as over the
/// rows in memory: on one partition and on several, with filters in the scan and above it.
async fn compare(
    queries: &[&str],
    rows: &RecordBatch,
    tables: &[(String, Vec<(String, DataType)>)],
) {
    let mut expected = Vec::new();
    let memory = session(1);
    register(&memory, "mem", rows);
    for sql in queries {
        expected.push(answer(&memory, sql, "mem").await);
    }
    for (partitions, pushdown) in [(1, true), (1, false), (8, true), (8, false)] {
        let ctx = session(partitions);
        let options = AvroOptions::default().with_pushdown_filters(pushdown);
        for (index, (path, columns)) in tables.iter().enumerate() {
            let name = format!("t{index}");
            let options = AvroReadOptions::from(options.clone());
            let options = options.with_partition_columns(columns.clone());
            ctx.register_avro_table(name.as_str(), path.as_str(), options)
                .await
                .unwrap();
            for (sql, expected) in queries.iter().zip(&expected) {
                let found = answer(&ctx, sql, &name).await;
                assert!(
                    found == *expected,
                    "{sql}\n{path}, {partitions} partitions, pushdown {pushdown}\n\
                     found:\n{}\nexpected:\n{}",
                    found.join("\n"),
                    expected.join("\n"),
                );
            }
        }
    }
}

#[tokio::test]
async fn the_columns_have_the_types_of_the_rows_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "one.avro", &rows::file(0..10, 37));
    let ctx = session(1);
    let frame = ctx
        .read_avro_table(path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let expected = rows::batch(0..10);
    assert_eq!(frame.schema().as_arrow(), expected.schema_ref().as_ref());
    let found = frame.collect().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].schema(), expected.schema());
    assert_eq!(found[0], expected);
}

#[tokio::test]
async fn a_table_without_rows_answers_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "none.avro", &rows::file(0..0, 10));
    let ctx = session(8);
    ctx.register_avro_table("none", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    register(&ctx, "mem", &rows::batch(0..0));
    for sql in QUERIES {
        assert_eq!(
            answer(&ctx, sql, "none").await,
            answer(&ctx, sql, "mem").await,
            "{sql}"
        );
    }
}

fn register(ctx: &SessionContext, name: &str, batch: &RecordBatch) {
    let rows = vec![vec![batch.clone()]];
    let memory = MemTable::try_new(batch.schema(), rows).unwrap();
    ctx.register_table(name, Arc::new(memory)).unwrap();
}

async fn answer(ctx: &SessionContext, sql: &str, name: &str) -> Vec<String> {
    answer_of(&query(ctx, &queries::over(sql, name)).await, sql, name)
}

/// The lines of the answer. None at all without rows: whether there is a batch then, to say what the
/// columns are called, is not part of an answer.
pub(super) fn answer_of(batches: &[RecordBatch], sql: &str, name: &str) -> Vec<String> {
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        return Vec::new();
    }
    queries::lines(sql, name, &table(batches))
}
