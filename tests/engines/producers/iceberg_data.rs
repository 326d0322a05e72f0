//! Iceberg's manifest lists, and its data files in Avro: ids of keys and values on maps, and
//! attributes of timestamps that Avro does not know.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, decimal, exploded, field, map, none, produce, record, scan, some, sorted,
};

const LIST: &str = r#"{"type":"record","name":"manifest_file","fields":[
    {"name":"manifest_path","type":"string","doc":"Location URI with FS scheme","field-id":500},
    {"name":"manifest_length","type":"long","doc":"Total file size in bytes","field-id":501},
    {"name":"partition_spec_id","type":"int","doc":"Spec ID used to write","field-id":502},
    {"name":"content","type":"int","doc":"Contents of the manifest: 0=data, 1=deletes","field-id":517},
    {"name":"sequence_number","type":"long","field-id":515},
    {"name":"min_sequence_number","type":"long","field-id":516},
    {"name":"added_snapshot_id","type":"long","field-id":503},
    {"name":"added_files_count","type":"int","field-id":504},
    {"name":"existing_files_count","type":"int","field-id":505},
    {"name":"deleted_files_count","type":"int","field-id":506},
    {"name":"added_rows_count","type":"long","field-id":512},
    {"name":"existing_rows_count","type":"long","field-id":513},
    {"name":"deleted_rows_count","type":"long","field-id":514},
    {"name":"partitions","type":["null",{"type":"array","items":{"type":"record","name":"r508","fields":[
        {"name":"contains_null","type":"boolean","doc":"True if any file has a null partition value","field-id":509},
        {"name":"contains_nan","type":["null","boolean"],"doc":"True if any file has a nan partition value","default":null,"field-id":518},
        {"name":"lower_bound","type":["null","bytes"],"doc":"Partition lower bound for all files","default":null,"field-id":510},
        {"name":"upper_bound","type":["null","bytes"],"doc":"Partition upper bound for all files","default":null,"field-id":511}]},
        "element-id":508}],"doc":"Summary for each partition","default":null,"field-id":507},
    {"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}]}"#;

fn manifest(name: &str, added: i32, partitions: Value) -> Value {
    record([
        (
            "manifest_path",
            format!("s3://lake/events/metadata/{name}.avro")
                .as_str()
                .into(),
        ),
        ("manifest_length", 6_912i64.into()),
        ("partition_spec_id", 0.into()),
        ("content", 0.into()),
        ("sequence_number", 3i64.into()),
        ("min_sequence_number", 1i64.into()),
        ("added_snapshot_id", 8_744_736_658_442_914_487i64.into()),
        ("added_files_count", added.into()),
        ("existing_files_count", 2.into()),
        ("deleted_files_count", 0.into()),
        ("added_rows_count", (i64::from(added) * 1_000).into()),
        ("existing_rows_count", 20i64.into()),
        ("deleted_rows_count", 0i64.into()),
        ("partitions", partitions),
        ("key_metadata", none()),
    ])
}

fn list() -> Vec<u8> {
    let bound = |day: i32| some(Value::Bytes(day.to_le_bytes().into()));
    let summary = |null, lower, upper| {
        record([
            ("contains_null", Value::Boolean(null)),
            ("contains_nan", Some(false).into()),
            ("lower_bound", lower),
            ("upper_bound", upper),
        ])
    };
    let days = summary(false, bound(19_723), bound(19_730));
    let metadata = [
        ("format-version", "2"),
        ("snapshot-id", "8744736658442914487"),
        ("parent-snapshot-id", "null"),
        ("sequence-number", "3"),
    ];
    let rows = vec![
        manifest("m0", 2, some(Value::Array(vec![days]))),
        manifest(
            "m1",
            0,
            some(Value::Array(vec![summary(true, none(), none())])),
        ),
        manifest("m2", 5, none()),
    ];
    produce(LIST, Codec::Deflate, &metadata, &[rows])
}

#[tokio::test]
async fn manifest_lists_in_sql() {
    answers(
        &list(),
        &[
            (
                "SELECT count(*), sum(added_rows_count + existing_rows_count), sum(manifest_length)
                 FROM t WHERE content = 0",
                &["3|7060|20736"],
            ),
            (
                "SELECT manifest_path FROM t WHERE added_files_count > 0 ORDER BY added_rows_count",
                &[
                    "s3://lake/events/metadata/m0.avro",
                    "s3://lake/events/metadata/m2.avro",
                ],
            ),
            (
                "SELECT part['contains_null'], encode(part['upper_bound'], 'hex') FROM
                   (SELECT unnest(partitions) AS part FROM t) ORDER BY 1",
                &["false|124d0000", "true|"],
            ),
        ],
    )
    .await;
}

#[test]
fn manifest_lists_in_polars() {
    let parts = exploded(scan(list()), "partitions").select([
        col("added_files_count"),
        field("partitions.contains_null"),
        field("partitions.lower_bound"),
    ]);
    let expected = df!(
        "added_files_count" => [0, 2],
        "contains_null" => [true, false],
        "lower_bound" => [None, Some(&b"\x0b\x4d\0\0"[..])],
    );
    assert_rows(&sorted(parts, "added_files_count"), expected, []);
}

const TABLE: &str = r#"{"type":"record","name":"table","fields":[
    {"name":"id","type":{"type":"fixed","name":"uuid_fixed","size":16,"logicalType":"uuid"},"field-id":1},
    {"name":"at","type":["null",{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true}],"default":null,"field-id":2},
    {"name":"local","type":["null",{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false}],"default":null,"field-id":3},
    {"name":"amount","type":["null",{"type":"fixed","name":"decimal_9_2","size":4,"logicalType":"decimal","precision":9,"scale":2}],"default":null,"field-id":4},
    {"name":"fee","type":["null","decimal_9_2"],"default":null,"field-id":5},
    {"name":"tags","type":["null",{"type":"map","values":["null","string"],"key-id":7,"value-id":8}],"default":null,"field-id":6},
    {"name":"scores","type":["null",{"type":"array","items":{"type":"record","name":"k10_v11","fields":[
        {"name":"key","type":"long","field-id":10},
        {"name":"value","type":["null","double"],"default":null,"field-id":11}]},"logicalType":"map"}],"default":null,"field-id":9},
    {"name":"_1st_x2Dvalue","type":"int","iceberg-field-name":"1st-value","field-id":12}]}"#;

/// 2024-01-01 00:00:00.
const MICROS: i64 = 1_704_067_200_000_000;

fn rows() -> Vec<u8> {
    let row = |id: u8, cents: i128, fee: Value, score: Option<f64>| {
        let score = record([("key", 30i64.into()), ("value", score.into())]);
        let id = [id; 16];
        record([
            ("id", Value::Uuid(apache_avro::Uuid::from_bytes(id))),
            ("at", some(Value::TimestampMicros(MICROS))),
            ("local", some(Value::TimestampMicros(MICROS + 1))),
            ("amount", some(Value::Decimal(decimal(cents, 4).into()))),
            ("fee", fee),
            ("tags", some(map([("color", some("red"))]))),
            ("scores", some(Value::Array(vec![score]))),
            ("_1st_x2Dvalue", 1.into()),
        ])
    };
    let fee = some(Value::Decimal(decimal(-5, 4).into()));
    let metadata = [(
        "iceberg.schema",
        r#"{"type":"struct","schema-id":0,"fields":[]}"#,
    )];
    let first = vec![row(0x11, 1_050, fee, Some(0.5))];
    let second = vec![row(0x22, -99, none(), None)];
    produce(TABLE, Codec::Zstandard, &metadata, &[first, second])
}

#[tokio::test]
async fn data_files_in_sql() {
    answers(
        &rows(),
        &[
            (
                "SELECT id, at, amount, fee, tags['color'] FROM t ORDER BY id",
                &[
                    "11111111-1111-1111-1111-111111111111|2024-01-01T00:00:00Z|10.50|-0.05|red",
                    "22222222-2222-2222-2222-222222222222|2024-01-01T00:00:00Z|-0.99||red",
                ],
            ),
            (
                "SELECT amount FROM t WHERE id = '22222222-2222-2222-2222-222222222222'",
                &["-0.99"],
            ),
            (
                "SELECT score['key'], sum(score['value']), count(*) FROM
                   (SELECT unnest(scores) AS score FROM t) GROUP BY 1",
                &["30|0.5|2"],
            ),
            (
                "SELECT sum(amount), sum(fee), sum(\"_1st_x2Dvalue\") FROM t",
                &["9.51|-0.05|2"],
            ),
        ],
    )
    .await;
}

#[test]
fn data_files_in_polars() {
    let large = scan(rows()).filter(col("amount").gt(lit(1))).select([
        col("id"),
        col("at"),
        // An instant to Avro, whatever Iceberg's attribute says.
        col("local"),
        col("fee"),
        col("tags")
            .list()
            .get(lit(0), false)
            .struct_()
            .field_by_name("value"),
    ]);
    let expected = df!(
        "id" => ["11111111-1111-1111-1111-111111111111"],
        "at" => [MICROS],
        "local" => [MICROS + 1],
        "fee" => ["-0.05"],
        "value" => ["red"],
    );
    let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
    let types = [
        ("at", utc.clone()),
        ("local", utc),
        ("fee", DataType::Decimal(9, 2)),
    ];
    assert_rows(&large, expected, types);
}
