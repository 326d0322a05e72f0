//! Spark: the record `topLevelRecord`, a namespace for each level below, a fixed named `fixed` for
//! each decimal, null as the second branch.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, branch, decimal, field, map, produce, record, said, scan, sorted,
};

const SCHEMA: &str = r#"{"type":"record","name":"topLevelRecord","fields":[
    {"name":"id","type":"long"},
    {"name":"day","type":[{"type":"int","logicalType":"date"},"null"]},
    {"name":"at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]},
    {"name":"local","type":[{"type":"long","logicalType":"local-timestamp-micros"},"null"]},
    {"name":"amount","type":[{"type":"fixed","name":"fixed","namespace":"topLevelRecord.amount","size":5,"logicalType":"decimal","precision":10,"scale":2},"null"]},
    {"name":"large","type":[{"type":"fixed","name":"fixed","namespace":"topLevelRecord.large","size":16,"logicalType":"decimal","precision":38,"scale":18},"null"]},
    {"name":"address","type":[{"type":"record","name":"address","namespace":"topLevelRecord","fields":[
        {"name":"city","type":["string","null"]},
        {"name":"geo","type":[{"type":"record","name":"geo","namespace":"topLevelRecord.address","fields":[
            {"name":"lat","type":"double"},
            {"name":"height","type":[{"type":"fixed","name":"fixed","namespace":"topLevelRecord.address.geo.height","size":3,"logicalType":"decimal","precision":6,"scale":1},"null"]}]},"null"]}]},"null"]},
    {"name":"tags","type":[{"type":"array","items":["string","null"]},"null"]},
    {"name":"counts","type":[{"type":"map","values":["long","null"]},"null"]},
    {"name":"items","type":[{"type":"array","items":[{"type":"record","name":"items","namespace":"topLevelRecord","fields":[
        {"name":"sku","type":["string","null"]},
        {"name":"address","type":[{"type":"record","name":"address","namespace":"topLevelRecord.items","fields":[{"name":"shelf","type":["int","null"]}]},"null"]}]},"null"]},"null"]},
    {"name":"nothing","type":"null"},
    {"name":"pause","type":[{"type":"long","spark.sql.catalyst.type":"interval day to second"},"null"]}]}"#;

/// 2024-01-01, as a day and in microseconds.
const DAY: i32 = 19_723;
const MICROS: i64 = DAY as i64 * 86_400_000_000;

fn some(value: impl Into<Value>) -> Value {
    branch(0, value)
}

fn none() -> Value {
    branch(1, ())
}

fn fixed(unscaled: i128, size: usize) -> Value {
    some(Value::Decimal(decimal(unscaled, size).into()))
}

/// A row with a value in every column, and in the collections nulls beside the values.
fn full(id: i64, day: i32, cents: i128) -> Value {
    let geo = record([("lat", 52.5.into()), ("height", fixed(341, 3))]);
    let shelf = record([("shelf", some(7))]);
    let item = record([("sku", some("A-1")), ("address", some(shelf))]);
    let bare = record([("sku", none()), ("address", none())]);
    record([
        ("id", id.into()),
        ("day", some(Value::Date(day))),
        ("at", some(Value::TimestampMicros(MICROS + id))),
        ("local", some(Value::LocalTimestampMicros(MICROS))),
        ("amount", fixed(cents, 5)),
        ("large", fixed(cents * 10i128.pow(16) + 1, 16)),
        (
            "address",
            some(record([("city", some("Berlin")), ("geo", some(geo))])),
        ),
        (
            "tags",
            some(Value::Array(vec![some("x"), none(), some("y")])),
        ),
        ("counts", some(map([("k", some(id))]))),
        (
            "items",
            some(Value::Array(vec![some(item), none(), some(bare)])),
        ),
        ("nothing", Value::Null),
        ("pause", some(1_000_000i64)),
    ])
}

/// A row that is null wherever it may be.
fn bare(id: i64) -> Value {
    record([
        ("id", id.into()),
        ("day", none()),
        ("at", none()),
        ("local", none()),
        ("amount", none()),
        ("large", none()),
        ("address", none()),
        ("tags", none()),
        ("counts", none()),
        ("items", none()),
        ("nothing", Value::Null),
        ("pause", none()),
    ])
}

fn file() -> Vec<u8> {
    let metadata = [("org.apache.spark.version", "3.5.1")];
    let first = vec![full(1, DAY, 1_999), full(2, DAY + 1, -500), bare(3)];
    let second = vec![full(4, DAY, 9_999_999_999)];
    produce(SCHEMA, Codec::Zstandard, &metadata, &[first, second])
}

#[tokio::test]
async fn in_sql() {
    answers(
        &file(),
        &[
            (
                "SELECT day, count(*), sum(amount), sum(large) FROM t GROUP BY day ORDER BY day",
                &[
                    "2024-01-01|2|100000019.98|100000019.980000000000000002",
                    "2024-01-02|1|-5.00|-4.999999999999999999",
                    "|1||",
                ],
            ),
            (
                "SELECT id, at FROM t WHERE day = DATE '2024-01-01' AND amount < 20",
                &["1|2024-01-01T00:00:00.000001Z"],
            ),
            (
                "SELECT address['city'], count(*), sum(address['geo']['height']) FROM t
                 GROUP BY address['city'] ORDER BY 1",
                &["Berlin|3|102.3", "|1|"],
            ),
            ("SELECT id FROM t WHERE address IS NULL", &["3"]),
            (
                "SELECT tag, count(*) FROM (SELECT unnest(tags) AS tag FROM t)
                 GROUP BY tag ORDER BY tag",
                &["x|3", "y|3", "|3"],
            ),
            ("SELECT id, tags FROM t WHERE id > 2 ORDER BY id", &["3|", "4|[x, , y]"]),
            ("SELECT sum(counts['k']), count(counts) FROM t", &["7|3"]),
            (
                "SELECT id, items[1]['address']['shelf'], items[2], items[3]['sku'] FROM t
                 WHERE array_length(items) = 3 ORDER BY id",
                &["1|7||", "2|7||", "4|7||"],
            ),
            ("SELECT count(*), count(nothing), sum(pause) FROM t", &["4|0|3000000"]),
            (
                "SELECT DISTINCT arrow_typeof(day), arrow_typeof(at), arrow_typeof(local),
                                 arrow_typeof(amount), arrow_typeof(large) FROM t",
                &["Date32|Timestamp(µs, \"UTC\")|Timestamp(µs)|Decimal128(10, 2)|Decimal128(38, 18)"],
            ),
        ],
    )
    .await;
}

#[test]
fn in_polars() {
    assert_eq!(said(file(), "org.apache.spark.version"), "3.5.1");
    let rows = scan(file());
    let days = rows.clone().group_by([col("day")]).agg([
        col("amount").sum().cast(DataType::String),
        col("large").max(),
        len().alias("rows"),
    ]);
    let expected = df!(
        "day" => [None, Some(DAY), Some(DAY + 1)],
        "amount" => ["0.00", "100000019.98", "-5.00"],
        "large" => [None, Some("99999999.990000000000000001"), Some("-4.999999999999999999")],
        "rows" => [1 as IdxSize, 2, 1],
    );
    let types = [
        ("day", DataType::Date),
        ("large", DataType::Decimal(38, 18)),
    ];
    assert_rows(&sorted(days, "day"), expected, types);

    let nested = rows.filter(field("address.geo.lat").gt(lit(50))).select([
        col("id"),
        field("address.city"),
        field("address.geo.height"),
        col("tags").list().len(),
        col("items")
            .list()
            .get(lit(0), false)
            .struct_()
            .field_by_name("sku"),
        col("at"),
        col("local"),
    ]);
    let expected = df!(
        "id" => [1i64, 2, 4],
        "city" => ["Berlin"; 3],
        "height" => ["34.1"; 3],
        "tags" => [3 as IdxSize; 3],
        "sku" => ["A-1"; 3],
        "at" => [1, 2, 4].map(|id| MICROS + id),
        "local" => [MICROS; 3],
    );
    let micros = |zone| DataType::Datetime(TimeUnit::Microseconds, zone);
    let types = [
        ("height", DataType::Decimal(6, 1)),
        ("at", micros(Some(TimeZone::UTC))),
        ("local", micros(None)),
    ];
    assert_rows(&sorted(nested, "id"), expected, types);
}
