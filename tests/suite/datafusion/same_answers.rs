//! The same query over Avro files and over the same rows in memory.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;

use super::{every_type, query, rows, session, table, write};

pub(super) const ROWS: u64 = 1500;

/// Each is run with `T` for the table. Results are compared as sets, except after a last ORDER BY.
pub(super) const QUERIES: &[&str] = &[
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
    // Three values of logic.
    "SELECT id FROM T WHERE score > 0 IS TRUE",
    "SELECT id FROM T WHERE score > 0 IS NOT TRUE",
    "SELECT id FROM T WHERE (score > 0) IS UNKNOWN",
    "SELECT id FROM T WHERE NOT (score > 0 AND name = 'name 7')",
    "SELECT id FROM T WHERE NOT (score > 0 OR name = 'name 7')",
    "SELECT id FROM T WHERE name = NULL",
    "SELECT id FROM T WHERE score IS NOT DISTINCT FROM NULL",
    "SELECT id FROM T WHERE nullif(kind, 'A') IS NULL",
    "SELECT id, score > 0 AND name > 'name 3', score > 0 OR name > 'name 3' FROM T",
    // Texts.
    "SELECT id FROM T WHERE name NOT LIKE 'name 1%'",
    "SELECT id FROM T WHERE name LIKE '%_7'",
    "SELECT id FROM T WHERE name ILIKE 'NAME 2_'",
    "SELECT id FROM T WHERE kind LIKE '%A%' AND place['city'] LIKE '%longer%'",
    "SELECT id FROM T WHERE name ~ '^name [0-4]$'",
    "SELECT id FROM T WHERE name >= 'name 3' AND name < 'name 5'",
    "SELECT id FROM T WHERE substr(name, 6) IN ('1', '2')",
    "SELECT name || ' is ' || kind FROM T WHERE active",
    // Branches.
    "SELECT id FROM T WHERE CASE WHEN active THEN score > 0 ELSE name IS NULL END",
    "SELECT id FROM T WHERE CASE kind WHEN 'A' THEN 1 WHEN 'B' THEN 2 END = 2",
    "SELECT sum(CASE WHEN active THEN 1 ELSE 0 END), sum(CASE kind WHEN 'A' THEN id END) FROM T",
    // Other comparisons.
    "SELECT id FROM T WHERE id NOT BETWEEN 10 AND 1400",
    "SELECT id FROM T WHERE id IN (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)",
    "SELECT id FROM T WHERE day BETWEEN DATE '2022-01-10' AND DATE '2022-01-20'",
    "SELECT id FROM T WHERE day + INTERVAL '1 day' > DATE '2022-02-01'",
    "SELECT id FROM T WHERE date_part('minute', at) = 30",
    "SELECT id FROM T WHERE tags = ['x', 'y']",
    "SELECT id FROM T WHERE array_length(tags) = 2 AND tags[2] = 'z'",
    "SELECT id FROM T WHERE cast(score AS INT) = 3",
    "SELECT id FROM T WHERE id / 100 = 7 AND id % 2 = 1 AND -id < -750",
    "SELECT id FROM T WHERE place['geo']['lat'] > place['geo']['lon'] * -10",
    // More of counts and aggregates.
    "SELECT count(*) FILTER (WHERE active), count(*) FILTER (WHERE score > 0) FROM T",
    "SELECT count(*), count(*) FILTER (WHERE name IS NULL) FROM T WHERE kind <> 'C'",
    "SELECT kind, count(DISTINCT name), count(DISTINCT active) FROM T GROUP BY kind",
    "SELECT kind, active, count(*) FROM T GROUP BY ROLLUP (kind, active)",
    "SELECT kind, active, max(id) FROM T GROUP BY GROUPING SETS ((kind), (active), ())",
    "SELECT min(day), min(place['city']), max(kind), bool_or(active) FROM T",
    "SELECT median(id), stddev(id) > 0, bit_xor(id) FROM T",
    "SELECT kind, array_agg(id ORDER BY id) FROM T WHERE id < 50 GROUP BY kind",
    "SELECT first_value(id ORDER BY id), last_value(name ORDER BY id) FROM T",
    "SELECT min(id), max(id) FROM T WHERE id > 1000",
    "SELECT count(*) FROM T HAVING count(*) > 5000",
    "SELECT DISTINCT place['city'], kind FROM T",
    "SELECT DISTINCT ON (kind) kind, id FROM T ORDER BY kind, id",
    "SELECT count(*) FROM (SELECT DISTINCT day FROM T)",
    "SELECT DISTINCT tags FROM T",
    // More of order and limits.
    "SELECT id FROM T ORDER BY id LIMIT 10 OFFSET 1495",
    "SELECT id FROM T ORDER BY id LIMIT 10 OFFSET 5000",
    "SELECT id FROM T ORDER BY name DESC NULLS LAST, score NULLS FIRST, id LIMIT 40",
    "SELECT id FROM T WHERE score > 0 ORDER BY at DESC LIMIT 3",
    "SELECT place['zip'], id FROM T ORDER BY place['zip'] DESC NULLS LAST, id LIMIT 5",
    "SELECT count(*) FROM (SELECT id FROM T WHERE active OFFSET 700)",
    "SELECT kind, max(score) AS top FROM T GROUP BY kind ORDER BY top DESC LIMIT 2",
    "SELECT name, max(id) FROM T GROUP BY name ORDER BY max(id) DESC LIMIT 4",
    // More of several tables.
    "SELECT a.id, b.id FROM T a RIGHT JOIN T b ON a.id = b.id * 3 AND a.active",
    "SELECT a.id, b.id FROM T a FULL JOIN T b ON a.id = b.id + 1490",
    "SELECT a.id FROM T a LEFT SEMI JOIN T b ON a.id = b.id * 5 AND b.score > 0",
    "SELECT a.id FROM T a LEFT ANTI JOIN T b ON a.name = b.name AND b.active",
    "SELECT id FROM T a WHERE EXISTS (SELECT 1 FROM T b WHERE b.id = a.id * 7)",
    "SELECT id FROM T a WHERE NOT EXISTS (SELECT 1 FROM T b WHERE b.id = a.id + 1)",
    "SELECT id FROM T WHERE id NOT IN (SELECT id FROM T WHERE active)",
    "SELECT id FROM T WHERE name NOT IN (SELECT name FROM T WHERE id < 3)",
    "SELECT a.id, b.id FROM T a JOIN T b ON a.id < b.id WHERE a.id > 1490",
    "SELECT count(*) FROM T a CROSS JOIN (SELECT * FROM T LIMIT 3) b",
    "SELECT a.kind, sum(b.score) FROM T a JOIN T b USING (id) GROUP BY a.kind",
    "SELECT a.place['city'], b.id FROM T a JOIN T b ON a.place['zip'] = b.place['zip']",
    "SELECT name FROM T WHERE id < 40 UNION SELECT name FROM T WHERE id > 1400",
    "SELECT name FROM T EXCEPT SELECT name FROM T WHERE active AND id < 60",
    "SELECT name FROM T WHERE active INTERSECT SELECT name FROM T WHERE kind = 'B'",
    "SELECT count(*) FROM (SELECT id FROM T UNION ALL SELECT id FROM T)",
    "SELECT id FROM T UNION ALL SELECT id * 2 FROM T ORDER BY id LIMIT 9",
    "WITH a AS (SELECT id, kind FROM T WHERE active), b AS (SELECT max(id) AS m, kind FROM a \
     GROUP BY kind) SELECT b.kind, b.m, count(*) FROM a JOIN b ON a.kind = b.kind GROUP BY 1, 2",
    "SELECT id, (SELECT count(*) FROM T b WHERE b.id = a.id) FROM T a WHERE a.id < 20",
    // More of windows.
    "SELECT id, lag(id) OVER (ORDER BY id), lead(name, 2) OVER (ORDER BY id) FROM T",
    "SELECT id, rank() OVER (PARTITION BY kind ORDER BY place['city'] NULLS LAST) FROM T",
    "SELECT id, avg(score) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) FROM T",
    "SELECT id, ntile(7) OVER (ORDER BY id), first_value(id) OVER (PARTITION BY kind ORDER BY id) \
     FROM T WHERE active",
    "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY kind ORDER BY id DESC) AS n FROM T) \
     WHERE n <= 2",
    "SELECT id, count(*) OVER (), max(id) OVER () FROM T WHERE score > 40",
];

/// With a column `year` of the names of directories.
pub(super) const HIVE_QUERIES: &[&str] = &[
    "SELECT * FROM T",
    "SELECT year, id FROM T",
    "SELECT id FROM T WHERE year = '2023'",
    "SELECT id FROM T WHERE year <> '2023' AND score > 0",
    "SELECT id FROM T WHERE year IN ('2022', '2024') OR id < 3",
    "SELECT id FROM T WHERE year LIKE '%4' AND name IS NULL",
    "SELECT id FROM T WHERE year IS NULL",
    "SELECT id FROM T WHERE concat(year, kind) = '2024B'",
    "SELECT count(*) FROM T",
    "SELECT count(*) FROM T WHERE year > '2022'",
    "SELECT count(year), count(DISTINCT year), min(year), max(year) FROM T",
    "SELECT year, count(*), sum(id), max(place['city']) FROM T GROUP BY year",
    "SELECT DISTINCT year FROM T",
    "SELECT year, kind, count(*) FROM T WHERE active GROUP BY year, kind HAVING count(*) > 3",
    "SELECT year, id FROM T ORDER BY year DESC, id LIMIT 7",
    "SELECT id, year FROM T ORDER BY id DESC LIMIT 7 OFFSET 2",
    "SELECT count(*) FROM (SELECT year FROM T LIMIT 100)",
    "SELECT a.id, b.year FROM T a JOIN T b ON a.id = b.id + 1 WHERE a.year <> b.year",
    "SELECT id FROM T WHERE year = (SELECT max(year) FROM T)",
    "SELECT id, row_number() OVER (PARTITION BY year ORDER BY id) FROM T",
    "SELECT id FROM T WHERE year = '2022' UNION ALL SELECT id FROM T WHERE year = '2024'",
    "SELECT CASE year WHEN '2022' THEN id ELSE 0 END FROM T WHERE id % 2 = 0",
];

/// Of a table with a column of each type, and `n_` and its name where it may be null.
pub(super) const TYPE_QUERIES: &[&str] = &[
    "SELECT * FROM T",
    "SELECT id FROM T WHERE yes AND n_yes",
    "SELECT id FROM T WHERE NOT n_yes",
    "SELECT id FROM T WHERE i32 > 50 OR n_i32 = -7",
    "SELECT id FROM T WHERE i64 BETWEEN -5 AND 5 AND n_i64 <> 0",
    "SELECT id FROM T WHERE i32 = i64 AND n_i32 = n_i64",
    "SELECT id FROM T WHERE f32 < 0.5 AND n_f32 > -30",
    "SELECT id FROM T WHERE f64 = 'NaN' OR n_f64 = 'Infinity'",
    "SELECT id FROM T WHERE f64 = 0 OR isnan(n_f64)",
    "SELECT id FROM T WHERE txt = '' OR n_txt = 'Ähre'",
    "SELECT id FROM T WHERE n_txt LIKE '%\\%%' OR txt LIKE 'under\\_%'",
    "SELECT id FROM T WHERE txt >= n_txt",
    "SELECT id FROM T WHERE bin = X'02FF61'",
    "SELECT id FROM T WHERE n_bin > X'01FF' AND n_bin IS NOT NULL",
    "SELECT id FROM T WHERE fix = X'02FF61'",
    "SELECT id FROM T WHERE n_fix IN (X'00FF61', X'03FF61')",
    "SELECT id FROM T WHERE sym = 'mid' OR n_sym = 'high'",
    "SELECT id FROM T WHERE sym < 'low1' AND n_sym NOT IN ('low')",
    "SELECT id FROM T WHERE sym = n_sym",
    "SELECT id FROM T WHERE dec > 10.25 AND n_dec <= 20",
    "SELECT id FROM T WHERE dec = -2.50 OR n_dec = 0",
    "SELECT id FROM T WHERE big > 1.5 AND n_big < 2",
    "SELECT id FROM T WHERE day >= DATE '2022-01-10' AND n_day < DATE '2022-03-01'",
    "SELECT id FROM T WHERE t_ms > arrow_cast('00:01:00', 'Time32(ms)') OR n_t_ms = arrow_cast(\
     '00:00:50', 'Time32(ms)')",
    "SELECT id FROM T WHERE t_us <= arrow_cast('00:01:40.0001', 'Time64(µs)') AND n_t_us IS NOT NULL",
    "SELECT id FROM T WHERE ms > TIMESTAMP '2023-11-15T00:00:00Z'",
    "SELECT id FROM T WHERE n_us BETWEEN '2023-11-14T00:00:00Z' AND '2023-11-15T12:00:00Z'",
    "SELECT id FROM T WHERE ns < TIMESTAMP '2023-11-14T12:00:00Z' OR n_ns IS NULL",
    "SELECT id FROM T WHERE local > TIMESTAMP '2023-11-15 00:00:00' AND n_local IS NOT NULL",
    "SELECT id FROM T WHERE uuid = '00112233-4455-6677-8899-000000000042' OR n_uuid IS NULL",
    "SELECT id FROM T WHERE span = INTERVAL '1 month 3 days 1 second'",
    "SELECT id FROM T WHERE n_span IS NULL AND none IS NULL",
    "SELECT id FROM T WHERE none IS NOT NULL",
    "SELECT id FROM T WHERE many['string'] = 'Ähre' OR many['long'] > 50",
    "SELECT id, many['long'] FROM T WHERE many IS NOT NULL AND many['string'] IS NULL",
    "SELECT n_f64, n_i32, n_sym FROM T ORDER BY n_f64 NULLS FIRST, n_i32, n_sym, id LIMIT 30",
    "SELECT id FROM T ORDER BY n_dec DESC NULLS LAST, n_us, id LIMIT 25",
    "SELECT id FROM T ORDER BY bin, n_day, n_txt, id LIMIT 25",
    "SELECT min(f32), max(n_f64), sum(dec), sum(big), avg(n_dec), min(day), max(n_us) FROM T",
    "SELECT max(n_t_ms), min(t_us), max(ns), min(n_local), max(n_uuid), max(n_bin) FROM T",
    "SELECT n_sym, count(*), count(n_fix), count(n_bin), count(none) FROM T GROUP BY n_sym",
    "SELECT DISTINCT n_fix, n_yes FROM T",
    "SELECT DISTINCT n_span FROM T",
    "SELECT count(DISTINCT n_dec), count(DISTINCT n_day), count(DISTINCT many['long']) FROM T",
    "SELECT a.id, b.id FROM T a JOIN T b ON a.n_dec = b.n_big WHERE a.id < 100",
    "SELECT a.id, b.id FROM T a JOIN T b ON a.n_sym = b.sym AND a.id = b.id + 3",
    "SELECT a.id FROM T a JOIN T b ON a.n_us = b.us AND a.n_fix = b.fix",
    "SELECT a.id FROM T a JOIN T b ON a.n_day = b.day AND a.id < 50 AND b.id < 50",
    "SELECT id, lag(n_f32) OVER (PARTITION BY n_sym ORDER BY id) FROM T",
    "SELECT n_txt FROM T UNION SELECT uuid FROM T",
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
    let sql = over(sql, name);
    answer_of(&query(ctx, &sql).await, &sql, name)
}

/// One of the queries over the table of this name.
pub(super) fn over(sql: &str, name: &str) -> String {
    sql.replace("FROM T", &format!("FROM {name}"))
        .replace("JOIN T", &format!("JOIN {name}"))
}

/// The lines of the answer, sorted unless the query says how. None at all without rows: whether
/// there is a batch then, to say what the columns are called, is not part of an answer.
pub(super) fn answer_of(batches: &[RecordBatch], sql: &str, name: &str) -> Vec<String> {
    if batches.iter().all(|batch| batch.num_rows() == 0) {
        return Vec::new();
    }
    let text = table(batches).replace(&format!("{name}."), "T.");
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
