//! Debezium's change events as a sink connector stores them: `before` and `after` are one record,
//! defined once and referred to once, and its types are attributes that Avro does not know.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, branch, decimal, field, none, produce, record, scan, some, sorted,
};

const SCHEMA: &str = r#"{"type":"record","name":"Envelope","namespace":"shop.public.customers","fields":[
    {"name":"before","type":["null",{"type":"record","name":"Value","fields":[
        {"name":"id","type":{"type":"int","connect.default":0},"default":0},
        {"name":"email","type":["null","string"],"default":null},
        {"name":"status","type":[{"type":"string","connect.version":1,"connect.parameters":{"allowed":"new,gold"},"connect.default":"new","connect.name":"io.debezium.data.Enum"},"null"],"default":"new"},
        {"name":"credit","type":["null",{"type":"bytes","scale":2,"precision":10,"connect.version":1,"connect.parameters":{"scale":"2","connect.decimal.precision":"10"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}],"default":null},
        {"name":"score","type":["null",{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","fields":[{"name":"scale","type":"int"},{"name":"value","type":"bytes"}],"connect.doc":"Variable scaled decimal","connect.version":1,"connect.name":"io.debezium.data.VariableScaleDecimal"}],"doc":"Variable scaled decimal","default":null},
        {"name":"born","type":["null",{"type":"int","connect.version":1,"connect.name":"io.debezium.time.Date"}],"default":null},
        {"name":"seen_at","type":{"type":"string","connect.version":1,"connect.default":"1970-01-01T00:00:00Z","connect.name":"io.debezium.time.ZonedTimestamp"},"default":"1970-01-01T00:00:00Z"},
        {"name":"created_at","type":[{"type":"long","connect.version":1,"connect.default":0,"connect.name":"io.debezium.time.MicroTimestamp"},"null"],"default":0}],
        "connect.name":"shop.public.customers.Value"}],"default":null},
    {"name":"after","type":["null","Value"],"default":null},
    {"name":"source","type":{"type":"record","name":"Source","namespace":"io.debezium.connector.postgresql","fields":[
        {"name":"version","type":"string"},
        {"name":"connector","type":"string"},
        {"name":"name","type":"string"},
        {"name":"ts_ms","type":"long"},
        {"name":"snapshot","type":[{"type":"string","connect.version":1,"connect.parameters":{"allowed":"true,last,false,incremental"},"connect.default":"false","connect.name":"io.debezium.data.Enum"},"null"],"default":"false"},
        {"name":"db","type":"string"},
        {"name":"sequence","type":["null","string"],"default":null},
        {"name":"schema","type":"string"},
        {"name":"table","type":"string"},
        {"name":"txId","type":["null","long"],"default":null},
        {"name":"lsn","type":["null","long"],"default":null},
        {"name":"xmin","type":["null","long"],"default":null}],
        "connect.name":"io.debezium.connector.postgresql.Source"}},
    {"name":"transaction","type":["null",{"type":"record","name":"block","namespace":"event","fields":[
        {"name":"id","type":"string"},
        {"name":"total_order","type":"long"},
        {"name":"data_collection_order","type":"long"}],
        "connect.version":1,"connect.name":"event.block"}],"default":null},
    {"name":"op","type":"string"},
    {"name":"ts_ms","type":["null","long"],"default":null}],
    "connect.version":1,"connect.name":"shop.public.customers.Envelope"}"#;

/// 2024-01-01 00:00:00 UTC.
const MICROS: i64 = 1_704_067_200_000_000;

fn customer(id: i32, email: &str, cents: i128) -> Value {
    let score = Value::Bytes(decimal(12_345, 2));
    let score = some(record([("scale", 3.into()), ("value", score)]));
    let (status, score) = match cents {
        10_000.. => (branch(0, "gold"), score),
        _ => (branch(1, ()), none()),
    };
    some(record([
        ("id", id.into()),
        ("email", Some(email).into()),
        ("status", status),
        ("credit", some(Value::Decimal(decimal(cents, 4).into()))),
        ("score", score),
        ("born", Some(id).into()),
        ("seen_at", "2024-01-01T10:00:00.5Z".into()),
        ("created_at", branch(0, MICROS + i64::from(id))),
    ]))
}

/// A change, and the transaction that it was part of unless it is from a snapshot.
fn change(op: &str, number: i64, before: Value, after: Value) -> Value {
    let transaction = some(record([
        ("id", "701:24".into()),
        ("total_order", number.into()),
        ("data_collection_order", 1i64.into()),
    ]));
    let (snapshot, transaction) = match op {
        "r" => ("last", none()),
        _ => ("false", transaction),
    };
    let source = record([
        ("version", "2.7.0.Final".into()),
        ("connector", "postgresql".into()),
        ("name", "shop".into()),
        ("ts_ms", (MICROS / 1000).into()),
        ("snapshot", branch(0, snapshot)),
        ("db", "shop".into()),
        ("sequence", Some(r#"[null,"24"]"#).into()),
        ("schema", "public".into()),
        ("table", "customers".into()),
        ("txId", Some(701i64).into()),
        ("lsn", Some(number).into()),
        ("xmin", none()),
    ]);
    record([
        ("before", before),
        ("after", after),
        ("source", source),
        ("transaction", transaction),
        ("op", op.into()),
        ("ts_ms", Some(MICROS / 1000 + number).into()),
    ])
}

/// One customer moves and then earns credit, one is deleted, one comes.
fn file() -> Vec<u8> {
    let [old, new, rich] = [
        ("ada@old.example", 500),
        ("ada@new.example", 500),
        ("ada@new.example", 12_345),
    ]
    .map(|(email, cents)| customer(1, email, cents));
    let bob = customer(2, "bob@example", 10_050);
    let snapshot = vec![
        change("r", 1, none(), old.clone()),
        change("r", 2, none(), bob.clone()),
    ];
    let changes = vec![
        change("c", 3, none(), customer(3, "cyd@example", -75)),
        change("u", 4, old, new.clone()),
        change("d", 5, bob, none()),
        change("u", 6, new, rich),
    ];
    produce(SCHEMA, Codec::Bzip2, &[], &[snapshot, changes])
}

#[tokio::test]
async fn in_sql() {
    answers(
        &file(),
        &[
            (
                "SELECT op, count(*) FROM t GROUP BY op ORDER BY op",
                &["c|1", "d|1", "r|2", "u|2"],
            ),
            (
                "SELECT after['id'], before['email'], after['email'] FROM t
                 WHERE op = 'u' AND before['email'] <> after['email']",
                &["1|ada@old.example|ada@new.example"],
            ),
            (
                "SELECT after['id'], after['credit'] - before['credit'] FROM t
                 WHERE op = 'u' ORDER BY ts_ms",
                &["1|0.00", "1|118.45"],
            ),
            ("SELECT before['id'] FROM t WHERE after IS NULL", &["2"]),
            (
                "SELECT unnest(after), op FROM t WHERE op = 'c'",
                &["3|cyd@example||-0.75||3|2024-01-01T10:00:00.5Z|1704067200000003|c"],
            ),
            // A deleted row has no state after: the columns of it are null.
            (
                "SELECT count(*), count(a), count(b) FROM (
                   SELECT unnest(after) FROM t) AS flat(a, b, c, d, e, f, g, h)",
                &["6|5|5"],
            ),
            // What the table holds after the last change.
            (
                "SELECT state['id'], state['email'], state['status'], state['credit'] FROM (
                   SELECT op, after AS state, row_number() OVER (
                     PARTITION BY coalesce(after['id'], before['id'])
                     ORDER BY source['lsn'] DESC) AS age
                   FROM t)
                 WHERE age = 1 AND op <> 'd' ORDER BY 1",
                &["1|ada@new.example|gold|123.45", "3|cyd@example||-0.75"],
            ),
            // Debezium's own types are numbers and text to Avro.
            (
                "SELECT CAST(after['born'] AS DATE), to_timestamp_micros(after['created_at']),
                        CAST(after['seen_at'] AS TIMESTAMP)
                 FROM t WHERE op = 'c'",
                &["1970-01-04|2024-01-01T00:00:00.000003|2024-01-01T10:00:00.500"],
            ),
            (
                "SELECT DISTINCT after['score']['scale'], encode(after['score']['value'], 'hex')
                 FROM t WHERE after['score'] IS NOT NULL",
                &["3|3039"],
            ),
            (
                "SELECT source.table, source.snapshot, max(transaction.total_order) FROM t
                 GROUP BY 1, 2 ORDER BY 2",
                &["customers|false|6", "customers|last|"],
            ),
            (
                "SELECT DISTINCT arrow_typeof(before) = arrow_typeof(after),
                                 arrow_typeof(after['credit']), arrow_typeof(after['created_at'])
                 FROM t",
                &["true|Decimal128(10, 2)|Int64"],
            ),
        ],
    )
    .await;
}

#[test]
fn in_polars() {
    let changes = scan(file());
    let updates = changes.clone().filter(col("op").eq(lit("u"))).select([
        col("ts_ms"),
        field("after.id"),
        field("before.email").alias("from"),
        field("after.email").alias("to"),
        (field("after.credit") - field("before.credit")).cast(DataType::Float64),
    ]);
    let millis = MICROS / 1000;
    let expected = df!(
        "ts_ms" => [millis + 4, millis + 6],
        "id" => [1, 1],
        "from" => ["ada@old.example", "ada@new.example"],
        "to" => ["ada@new.example", "ada@new.example"],
        "credit" => [0.0, 118.45],
    );
    assert_rows(&sorted(updates, "ts_ms"), expected, []);

    let deleted = changes.clone().filter(col("after").is_null());
    assert_rows(&deleted.select([field("before.id")]), df!("id" => [2]), []);

    let micros = DataType::Datetime(TimeUnit::Microseconds, None);
    let key = field("after.id").fill_null(field("before.id"));
    let state = changes
        .sort_by_exprs([field("source.lsn")], SortMultipleOptions::default())
        .group_by_stable([key.alias("key")])
        .agg([col("op").last(), col("after").last()])
        .filter(col("op").neq(lit("d")))
        .select([col("after")])
        .unnest(by_name(["after"], true, false), None)
        .select([
            col("id"),
            col("credit"),
            col("status"),
            col("born").cast(DataType::Date),
            col("created_at").cast(micros.clone()),
            field("score.scale"),
        ]);
    let expected = df!(
        "id" => [1, 3],
        "credit" => ["123.45", "-0.75"],
        "status" => [Some("gold"), None],
        "born" => [1, 3],
        "created_at" => [MICROS + 1, MICROS + 3],
        "scale" => [Some(3), None],
    );
    let types = [
        ("credit", DataType::Decimal(10, 2)),
        ("born", DataType::Date),
        ("created_at", micros),
    ];
    assert_rows(&sorted(state, "id"), expected, types);
}
