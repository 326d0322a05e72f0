//! Filters that aggregates tighten while they run, where some of their bounds are not known.

use avroscan_datafusion::AvroOptions;
use avroscan_tests::write::{self, Codec};
use serde::Serialize;

use super::{lines, query, session_with, write};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"x","type":"long"},
    {"name":"n","type":["null","long"]}]}"#;

#[derive(Serialize)]
struct Row {
    x: i64,
    n: Option<i64>,
}

/// Blocks of two rows, the first of which have no `n`.
fn file() -> Vec<u8> {
    let row = |(x, n)| Row { x, n };
    let rows = [
        (5, None),
        (4, None),
        (1, Some(7)),
        (0, Some(9)),
        (2, Some(8)),
        (3, None),
    ];
    write::rows(SCHEMA, rows.into_iter().map(row), Codec::Null, 2)
}

#[tokio::test]
async fn a_bound_that_is_null_prunes_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    for year in [2025, 2024] {
        write(dir.path(), &format!("year={year}/t.avro"), &file());
    }
    let cases = [
        ("max(x), min(n)", "5|7"),
        ("min(n), max(n)", "7|9"),
        ("min(x), max(n)", "0|9"),
        ("max(n)", "9"),
        ("max(x), min(n + 1)", "5|8"),
        (
            "min(x), max(x) FILTER (WHERE n IS NULL), min(n) FILTER (WHERE x > 0)",
            "0|5|7",
        ),
        ("max(year), min(n)", "2025|7"),
        ("max(year), max(n), min(x)", "2025|9|0"),
    ];
    for partitions in [1, 4] {
        for pushdown in [true, false] {
            let options = AvroOptions::default().with_batch_size(2);
            let options = options.with_pushdown_filters(pushdown);
            let ctx = session_with(partitions, options);
            let statement = format!(
                "CREATE EXTERNAL TABLE t STORED AS AVRO PARTITIONED BY (year) LOCATION '{}/'",
                dir.path().display()
            );
            query(&ctx, &statement).await;
            for (values, expected) in cases {
                let found = query(&ctx, &format!("SELECT {values} FROM t")).await;
                assert_eq!(
                    lines(&found),
                    [expected],
                    "{values}, {partitions}, {pushdown}"
                );
            }
        }
    }
}
