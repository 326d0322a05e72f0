//! Kafka Connect's sinks in Avro: what Connect knows of a type is in `connect.*` attributes, the
//! default's type comes first in a union, and a decimal without a precision has 64 digits.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, branch, decimal, exploded, field, map, none, produce, record, scan, some,
    sorted,
};

const SCHEMA: &str = r#"{"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[
    {"name":"id","type":{"type":"long","connect.parameters":{"__debezium.source.column.type":"BIGINT UNSIGNED"}}},
    {"name":"level","type":{"type":"int","connect.type":"int8"}},
    {"name":"retries","type":[{"type":"int","connect.default":3,"connect.type":"int16"},"null"],"default":3},
    {"name":"region","type":[{"type":"string","connect.doc":"where it was sold","connect.default":"eu"},"null"],"default":"eu"},
    {"name":"price","type":["null",{"type":"bytes","scale":2,"precision":10,"connect.version":1,"connect.parameters":{"scale":"2","connect.decimal.precision":"10"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}],"default":null},
    {"name":"total","type":[{"type":"bytes","scale":2,"precision":64,"connect.version":1,"connect.parameters":{"scale":"2"},"connect.default":"\u0000","connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"},"null"],"default":"\u0000"},
    {"name":"rounded","type":["null",{"type":"bytes","scale":-3,"precision":64,"connect.version":1,"connect.parameters":{"scale":"-3"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}],"default":null},
    {"name":"day","type":["null",{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}],"default":null},
    {"name":"opens","type":["null",{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Time","logicalType":"time-millis"}],"default":null},
    {"name":"at","type":[{"type":"long","connect.version":1,"connect.default":0,"connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"},"null"],"default":0},
    {"name":"buyer","type":["null",{"type":"record","name":"Person","namespace":"com.example.shop","fields":[
        {"name":"name","type":"string"},
        {"name":"since","type":["null",{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}],"default":null}],
        "connect.version":2,"connect.name":"com.example.shop.Person"}],"default":null},
    {"name":"seller","type":["null","com.example.shop.Person"],"default":null},
    {"name":"tags","type":{"type":"array","items":["null","string"]}},
    {"name":"labels","type":["null",{"type":"map","values":["null","string"]}],"default":null},
    {"name":"stock","type":["null",{"type":"array","items":{"type":"record","name":"MapEntry","fields":[
        {"name":"key","type":["null","int"],"default":null},
        {"name":"value","type":["null","long"],"default":null}]}}],"default":null}],
    "connect.version":1,"connect.name":"io.confluent.connect.avro.ConnectDefault"}"#;

const DAY: i32 = 19_723;
const MILLIS: i64 = DAY as i64 * 86_400_000;

fn cents(unscaled: i128, bytes: usize) -> Value {
    Value::Decimal(decimal(unscaled, bytes).into())
}

fn person(name: &str, since: Option<i32>) -> Value {
    let since = since.map_or_else(none, |day| some(Value::Date(day)));
    some(record([("name", name.into()), ("since", since)]))
}

fn sale(id: i64, price: i128, total: i128, seller: Value) -> Value {
    let stock = record([("key", Some(7).into()), ("value", Some(id * 10).into())]);
    record([
        ("id", id.into()),
        ("level", (-1).into()),
        ("retries", branch(0, 5)),
        ("region", branch(0, "us")),
        ("price", some(cents(price, 4))),
        ("total", branch(0, cents(total, 16))),
        ("rounded", some(Value::Bytes(vec![0x2a]))),
        ("day", some(Value::Date(DAY + id as i32))),
        ("opens", some(Value::TimeMillis(30_600_000))),
        ("at", branch(0, Value::TimestampMillis(MILLIS + id))),
        ("buyer", person("Ada", Some(DAY))),
        ("seller", seller),
        ("tags", Value::Array(vec![some("x"), none()])),
        ("labels", some(map([("color", some("red"))]))),
        ("stock", some(Value::Array(vec![stock]))),
    ])
}

/// A row of nulls, and of empty collections where there is no null.
fn nulls(id: i64) -> Value {
    record([
        ("id", id.into()),
        ("level", 0.into()),
        ("retries", branch(1, ())),
        ("region", branch(1, ())),
        ("price", none()),
        ("total", branch(1, ())),
        ("rounded", none()),
        ("day", none()),
        ("opens", none()),
        ("at", branch(1, ())),
        ("buyer", none()),
        ("seller", none()),
        ("tags", Value::Array(vec![])),
        ("labels", none()),
        ("stock", none()),
    ])
}

/// More cents than a long has.
const MANY: i128 = 123_456_789_012_345_678_901;

fn file() -> Vec<u8> {
    let first = vec![sale(1, 1_999, MANY, person("Bob", None)), nulls(2)];
    let second = vec![sale(3, -1, -250, none())];
    produce(SCHEMA, Codec::Snappy, &[], &[first, second])
}

#[tokio::test]
async fn in_sql() {
    answers(
        &file(),
        &[
            ("SELECT id FROM t WHERE day IS NULL", &["2"]),
            (
                "SELECT id, day, opens, at FROM t WHERE at >= TIMESTAMP '2024-01-01T00:00:00.002Z'",
                &["3|2024-01-04|08:30:00|2024-01-01T00:00:00.003Z"],
            ),
            (
                "SELECT id, price FROM t WHERE day BETWEEN DATE '2024-01-01' AND DATE '2024-01-02'",
                &["1|19.99"],
            ),
            ("SELECT sum(price), sum(total), max(total) FROM t", &[
                "19.98|1234567890123456786.51|1234567890123456789.01",
            ]),
            ("SELECT id FROM t WHERE total < 0", &["3"]),
            (
                "SELECT coalesce(region, 'none'), count(*), sum(retries) FROM t GROUP BY 1 ORDER BY 1",
                &["none|1|", "us|2|10"],
            ),
            // A record that is defined in one field and used again in another.
            (
                "SELECT id, buyer['name'], buyer['since'], seller['name'], seller['since'] FROM t
                 ORDER BY id",
                &["1|Ada|2024-01-01|Bob|", "2||||", "3|Ada|2024-01-01||"],
            ),
            ("SELECT id FROM t WHERE labels['color'] = 'red' ORDER BY id", &["1", "3"]),
            (
                "SELECT id, entry['value'] FROM (SELECT id, unnest(stock) AS entry FROM t)
                 WHERE entry['key'] = 7 ORDER BY id",
                &["1|10", "3|30"],
            ),
            ("SELECT id, tags FROM t ORDER BY id", &["1|[x, ]", "2|[]", "3|[x, ]"]),
            // A negative scale is none that Avro knows: the bytes are left as they are.
            ("SELECT encode(rounded, 'hex') FROM t WHERE id = 1", &["2a"]),
            (
                "SELECT DISTINCT arrow_typeof(level), arrow_typeof(price), arrow_typeof(total),
                                 arrow_typeof(rounded), arrow_typeof(opens) FROM t",
                &["Int32|Decimal128(10, 2)|Decimal256(64, 2)|BinaryView|Time32(ms)"],
            ),
        ],
    )
    .await;
}

#[test]
fn in_polars() {
    let sales = scan(file());
    let timed = col("day").is_not_null().and(col("at").is_not_null());
    let days = sales.clone().filter(timed).select([
        col("id"),
        col("day"),
        col("opens"),
        col("at"),
        col("price"),
        // More digits than Polars has: exact text.
        col("total"),
        field("buyer.since"),
        field("seller.name"),
    ]);
    let expected = df!(
        "id" => [1i64, 3],
        "day" => [DAY + 1, DAY + 3],
        "opens" => [30_600_000_000_000i64; 2],
        "at" => [MILLIS + 1, MILLIS + 3],
        "price" => ["19.99", "-0.01"],
        "total" => ["1234567890123456789.01", "-2.50"],
        "since" => [DAY; 2],
        "name" => [Some("Bob"), None],
    );
    let utc = DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC));
    let types = [
        ("day", DataType::Date),
        ("opens", DataType::Time),
        ("at", utc),
        ("price", DataType::Decimal(10, 2)),
        ("since", DataType::Date),
    ];
    assert_rows(&sorted(days, "id"), expected, types);

    let total = col("total").cast(DataType::Decimal(38, 2)).sum();
    let sums = sales.clone().select([
        total.cast(DataType::String),
        col("price").sum().cast(DataType::String),
        col("retries").sum(),
        col("region").null_count(),
    ]);
    let expected = df!(
        "total" => ["1234567890123456786.51"],
        "price" => ["19.98"],
        "retries" => [10],
        "region" => [1 as IdxSize],
    );
    assert_rows(&sums, expected, []);

    let stock = exploded(sales, "stock")
        .filter(field("stock.key").eq(lit(7)))
        .select([col("id"), field("stock.value")]);
    let expected = df!("id" => [1i64, 3], "value" => [10i64, 30]);
    assert_rows(&sorted(stock, "id"), expected, []);
}
