//! The same query over Avro files and over the same rows in memory.

use std::sync::Arc;

use arrow::array::RecordBatch;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use super::{query, rows, session, table, write};

const ROWS: u64 = 1500;

/// Each is run with `T` for the table. Results are compared as sets, except after a last ORDER BY.
const QUERIES: &[&str] = &[
    // Columns.
    "SELECT * FROM T",
    "SELECT id FROM T",
    "SELECT counts, id, kind, name FROM T",
    "SELECT id AS a, id AS b, -id AS c, id + 1 FROM T",
    "SELECT upper(name), length(name), score * 2, at, day FROM T",
    "SELECT 1, 'text' FROM T",
    "SELECT CASE WHEN score > 0 THEN 'plus' WHEN score <= 0 THEN 'minus' END, id FROM T",
    // Fields of structs, items of lists and maps.
    "SELECT place FROM T",
    "SELECT place['city'] FROM T",
    "SELECT place['zip'], place['city'], id FROM T",
    "SELECT place['geo'] FROM T",
    "SELECT place['geo']['lat'], place['geo']['lon'] FROM T",
    "SELECT place['geo']['lat'] + id, place['geo'], place FROM T",
    "SELECT place['city'], place FROM T",
    "SELECT id FROM T WHERE place['city'] = 'Kyoto'",
    "SELECT id FROM T WHERE place['city'] IS NULL",
    "SELECT id, place['zip'] FROM T WHERE place['city'] <> 'Kyoto' AND place['geo']['lat'] < 40",
    "SELECT place['geo']['lon'] FROM T WHERE place IS NOT NULL AND place['zip'] IS NULL",
    "SELECT place['city'], count(*), sum(place['zip']) FROM T GROUP BY place['city']",
    "SELECT tags, tags[1], array_length(tags) FROM T",
    "SELECT counts['k'], map_keys(counts) FROM T",
    "SELECT id FROM T WHERE counts['k'] > 700",
    "SELECT id FROM T WHERE array_has(tags, 'x')",
    "SELECT unnest(tags) AS tag, count(*) FROM T GROUP BY tag",
    // Filters.
    "SELECT * FROM T WHERE id = 700",
    "SELECT id FROM T WHERE id BETWEEN 100 AND 900 AND id % 7 = 3",
    "SELECT id FROM T WHERE name = 'name 7'",
    "SELECT id FROM T WHERE name <> 'name 7'",
    "SELECT id FROM T WHERE NOT (name = 'name 7')",
    "SELECT id FROM T WHERE name IS NULL",
    "SELECT id FROM T WHERE name IS NOT NULL AND score IS NULL",
    "SELECT id FROM T WHERE name IS DISTINCT FROM 'name 7'",
    "SELECT id FROM T WHERE name LIKE 'name 1%'",
    "SELECT id FROM T WHERE name IN ('name 1', 'name 2', 'nobody')",
    "SELECT id FROM T WHERE name NOT IN ('name 1', NULL)",
    "SELECT id FROM T WHERE score > 10 OR name = 'name 3'",
    "SELECT id FROM T WHERE score > 10 OR score IS NULL",
    "SELECT name FROM T WHERE score > 10.5 AND active",
    "SELECT id FROM T WHERE NOT active",
    "SELECT id FROM T WHERE kind = 'B'",
    "SELECT id FROM T WHERE kind IN ('A', 'C') AND day >= DATE '2022-01-15'",
    "SELECT id FROM T WHERE at < TIMESTAMP '2023-11-14T22:20:00Z'",
    "SELECT id FROM T WHERE coalesce(score, 0) = 0",
    "SELECT id FROM T WHERE id < 0",
    "SELECT id FROM T WHERE 1 = 0",
    "SELECT id FROM T WHERE NULL",
    "SELECT 100 / (id - 700) FROM T WHERE id <> 700",
    // Counts.
    "SELECT count(*) FROM T",
    "SELECT count(1), count(*) FROM T",
    "SELECT count(name), count(score), count(place), count(id) FROM T",
    "SELECT count(DISTINCT name), count(DISTINCT kind) FROM T",
    "SELECT count(*) FROM T WHERE score > 0",
    "SELECT count(*) FROM T WHERE id < 0",
    "SELECT count(*) FROM T WHERE true",
    "SELECT count(place['city']), count(place['geo']['lat']) FROM T",
    // Aggregates.
    "SELECT min(id), max(id), sum(id), avg(score), min(name), max(at), max(day) FROM T",
    "SELECT max(id) FROM T WHERE name LIKE '%3%'",
    "SELECT kind, count(*), sum(score) IS NULL FROM T GROUP BY kind",
    "SELECT name, kind, max(id) FROM T GROUP BY name, kind HAVING count(*) > 3",
    "SELECT DISTINCT name FROM T",
    "SELECT DISTINCT kind, active FROM T WHERE score < 0",
    // Order and limits.
    "SELECT id, name FROM T ORDER BY id LIMIT 5",
    "SELECT id, name FROM T ORDER BY id DESC LIMIT 5 OFFSET 3",
    "SELECT id, score FROM T ORDER BY score DESC NULLS LAST, id LIMIT 20",
    "SELECT id, score FROM T ORDER BY score NULLS FIRST, id LIMIT 20",
    "SELECT name, id FROM T WHERE active ORDER BY name, id LIMIT 10",
    "SELECT id FROM T WHERE kind = 'A' ORDER BY place['city'], id LIMIT 10",
    "SELECT id FROM T ORDER BY id",
    "SELECT count(*) FROM (SELECT * FROM T LIMIT 77)",
    "SELECT count(*) FROM (SELECT name FROM T WHERE score > 0 LIMIT 77)",
    "SELECT count(*) FROM (SELECT 1 FROM T LIMIT 700)",
    "SELECT count(*) FROM (SELECT * FROM T LIMIT 10 OFFSET 1495)",
    "SELECT * FROM T LIMIT 0",
    // Several tables.
    "SELECT a.id, b.id FROM T a JOIN T b ON a.id = b.id + 1 WHERE a.name = b.name",
    "SELECT a.id FROM T a JOIN T b ON a.id = b.id WHERE b.score > 60",
    "SELECT a.id, b.name FROM T a LEFT JOIN T b ON a.id = b.id AND b.active",
    "SELECT id FROM T WHERE id IN (SELECT id * 2 FROM T WHERE kind = 'C')",
    "SELECT count(*) FROM T a, (SELECT max(id) AS top FROM T) b WHERE a.id > b.top - 10",
    "SELECT id FROM T WHERE score > (SELECT avg(score) FROM T)",
    "SELECT id FROM T WHERE kind = 'A' UNION ALL SELECT id FROM T WHERE kind = 'B'",
    "SELECT id, sum(score) OVER (PARTITION BY kind ORDER BY id) FROM T WHERE id < 100",
    "SELECT id, row_number() OVER (ORDER BY id) FROM T",
];

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

    let mut expected = Vec::new();
    let memory = session(1);
    register(&memory, "mem", &rows::batch(0..ROWS));
    for sql in QUERIES {
        expected.push(answer(&memory, sql, "mem").await);
    }

    for (partitions, pushdown) in [(1, true), (8, true), (8, false)] {
        let ctx = session(partitions);
        let options = AvroOptions::default().with_pushdown_filters(pushdown);
        for (name, path) in [("one", &one), ("several", &several)] {
            let options = AvroReadOptions::from(options.clone());
            ctx.register_avro_table(name, path.as_str(), options)
                .await
                .unwrap();
            for (sql, expected) in QUERIES.iter().zip(&expected) {
                let found = answer(&ctx, sql, name).await;
                assert!(
                    found == *expected,
                    "{sql}\n{name}, {partitions} partitions, pushdown {pushdown}\n\
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

/// The lines of the answer, sorted unless the query says how. None at all without rows: whether
/// there is a batch then, to say what the columns are called, is not part of an answer.
async fn answer(ctx: &SessionContext, sql: &str, name: &str) -> Vec<String> {
    let sql = sql
        .replace("FROM T", &format!("FROM {name}"))
        .replace("JOIN T", &format!("JOIN {name}"));
    let batches = query(ctx, &sql).await;
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        return Vec::new();
    }
    let text = table(&batches).replace(&format!("{name}."), "T.");
    let mut lines: Vec<String> = text.lines().map(compact).collect();
    let ordered = sql
        .rsplit_once("ORDER BY")
        .is_some_and(|(_, order)| !order.contains(')'));
    if !ordered {
        lines.sort();
    }
    lines
}

/// A line of a table without its padding, which depends on the name in the column's titles.
fn compact(line: &str) -> String {
    if line.starts_with('+') {
        return "+".to_owned();
    }
    line.split('|').map(str::trim).collect::<Vec<_>>().join("|")
}
