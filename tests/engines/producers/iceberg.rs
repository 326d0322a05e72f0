//! Iceberg's manifests, which users read to see where a table's space goes: field ids on everything,
//! maps whose keys are numbers as arrays of records, a partition that may have no fields.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, exploded, field, none, produce, record, said, scan, some, sorted,
};
use crate::polars::on_both;

/// A map from the ids of columns: `logicalType` is `map`, which Avro does not know for an array.
fn id_map(name: &str, id: u32, [key, value]: [u32; 2], values: &str) -> String {
    format!(
        r#"{{"name":"{name}","type":["null",{{"type":"array","items":{{"type":"record","name":"k{key}_v{value}","fields":[{{"name":"key","type":"int","field-id":{key}}},{{"name":"value","type":"{values}","field-id":{value}}}]}},"logicalType":"map"}}],"doc":"Map of column id to something","default":null,"field-id":{id}}}"#
    )
}

/// The schema of a manifest of format version 2, with these fields of a partition.
fn manifest_schema(partition: &str) -> String {
    let maps = [
        id_map("column_sizes", 108, [117, 118], "long"),
        id_map("value_counts", 109, [119, 120], "long"),
        id_map("null_value_counts", 110, [121, 122], "long"),
        id_map("nan_value_counts", 137, [138, 139], "long"),
        id_map("lower_bounds", 125, [126, 127], "bytes"),
        id_map("upper_bounds", 128, [129, 130], "bytes"),
    ];
    format!(
        r#"{{"type":"record","name":"manifest_entry","fields":[
        {{"name":"status","type":"int","field-id":0}},
        {{"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1}},
        {{"name":"sequence_number","type":["null","long"],"default":null,"field-id":3}},
        {{"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4}},
        {{"name":"data_file","type":{{"type":"record","name":"r2","fields":[
        {{"name":"content","type":"int","doc":"Contents of the file: 0=data, 1=position deletes, 2=equality deletes","field-id":134}},
        {{"name":"file_path","type":"string","doc":"Location URI with FS scheme","field-id":100}},
        {{"name":"file_format","type":"string","doc":"File format name: avro, orc, or parquet","field-id":101}},
        {{"name":"partition","type":{{"type":"record","name":"r102","fields":[{partition}]}},"doc":"Partition data tuple, schema based on the partition spec","field-id":102}},
        {{"name":"record_count","type":"long","doc":"Number of records in the file","field-id":103}},
        {{"name":"file_size_in_bytes","type":"long","doc":"Total file size in bytes","field-id":104}},
        {},
        {{"name":"key_metadata","type":["null","bytes"],"doc":"Encryption key metadata blob","default":null,"field-id":131}},
        {{"name":"split_offsets","type":["null",{{"type":"array","items":"long","element-id":133}}],"doc":"Splittable offsets","default":null,"field-id":132}},
        {{"name":"equality_ids","type":["null",{{"type":"array","items":"int","element-id":136}}],"doc":"Equality comparison field IDs","default":null,"field-id":135}},
        {{"name":"sort_order_id","type":["null","int"],"doc":"Sort order ID","default":null,"field-id":140}}]}},"field-id":2}}]}}"#,
        maps.join(",")
    )
}

/// The only partition field: the day of a timestamp.
const DAY: &str = r#"{"name":"ts_day","type":["null",{"type":"int","logicalType":"date"}],"default":null,"field-id":1000}"#;

/// The ids of two columns with values.
fn ids(first: impl Into<Value>, second: impl Into<Value>) -> Value {
    let entry = |key: i32, value| record([("key", key.into()), ("value", value)]);
    some(Value::Array(vec![
        entry(1, first.into()),
        entry(2, second.into()),
    ]))
}

fn entry(status: i32, file: &str, partition: Value, rows: i64) -> Value {
    let bound = |long: i64, text: &str| {
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        ids(bytes(&long.to_le_bytes()), bytes(text.as_bytes()))
    };
    let path = format!("s3://lake/events/data/{file}.parquet");
    // What comes has no sequence number yet, and what was there no statistics of its end.
    let (sequence_number, upper_bounds) = match status {
        0 => (Some(1i64).into(), none()),
        1 => (none(), bound(-1, "zz")),
        _ => (Some(1i64).into(), bound(-1, "zz")),
    };
    let data_file = record([
        ("content", 0.into()),
        ("file_path", path.as_str().into()),
        ("file_format", "PARQUET".into()),
        ("partition", partition),
        ("record_count", rows.into()),
        ("file_size_in_bytes", (rows * 100).into()),
        ("column_sizes", ids(rows * 8, rows * 20)),
        ("value_counts", ids(rows, rows)),
        ("null_value_counts", ids(0i64, 1i64)),
        ("nan_value_counts", some(Value::Array(vec![]))),
        ("lower_bounds", bound(rows, "aa")),
        ("upper_bounds", upper_bounds),
        ("key_metadata", none()),
        ("split_offsets", some(Value::Array(vec![4i64.into()]))),
        ("equality_ids", none()),
        ("sort_order_id", Some(0).into()),
    ]);
    record([
        ("status", status.into()),
        ("snapshot_id", Some(8_744_736_658_442_914_487i64).into()),
        ("sequence_number", sequence_number),
        ("file_sequence_number", none()),
        ("data_file", data_file),
    ])
}

fn manifest(schema: &str, blocks: &[Vec<Value>]) -> Vec<u8> {
    let metadata = [
        ("schema", r#"{"type":"struct","schema-id":0,"fields":[]}"#),
        ("schema-id", "0"),
        ("partition-spec", "[]"),
        ("partition-spec-id", "0"),
        ("format-version", "2"),
        ("content", "data"),
    ];
    produce(schema, Codec::Deflate, &metadata, blocks)
}

/// A file that was there, two that came and one that went.
fn partitioned() -> Vec<u8> {
    let [first, second] = [19_723, 19_724].map(|day| record([("ts_day", some(Value::Date(day)))]));
    let nowhere = record([("ts_day", none())]);
    let blocks = [
        vec![entry(0, "a", first.clone(), 10), entry(1, "b", first, 25)],
        vec![entry(2, "c", second, 99), entry(1, "d", nowhere, 3)],
    ];
    manifest(&manifest_schema(DAY), &blocks)
}

#[tokio::test]
async fn manifests_in_sql() {
    answers(
        &partitioned(),
        &[
            (
                "SELECT data_file['file_path'], data_file['record_count'] FROM t
                 WHERE status <> 2 ORDER BY 1",
                &[
                    "s3://lake/events/data/a.parquet|10",
                    "s3://lake/events/data/b.parquet|25",
                    "s3://lake/events/data/d.parquet|3",
                ],
            ),
            (
                "SELECT data_file['partition']['ts_day'] AS day, count(*),
                        sum(data_file['file_size_in_bytes'])
                 FROM t WHERE status < 2 GROUP BY day ORDER BY day",
                &["2024-01-01|2|3500", "|1|300"],
            ),
            (
                "SELECT data_file['file_path'] FROM t
                 WHERE data_file['partition']['ts_day'] = DATE '2024-01-02'",
                &["s3://lake/events/data/c.parquet"],
            ),
            // An entry of a map that is an array of keys and values.
            (
                "SELECT rows, encode(bound['value'], 'hex') FROM (
                   SELECT data_file['record_count'] AS rows,
                          unnest(data_file['lower_bounds']) AS bound FROM t)
                 WHERE bound['key'] = 1 ORDER BY rows",
                &[
                    "3|0300000000000000",
                    "10|0a00000000000000",
                    "25|1900000000000000",
                    "99|6300000000000000",
                ],
            ),
            (
                "SELECT size['key'], sum(size['value']) FROM (
                   SELECT unnest(data_file['column_sizes']) AS size FROM t WHERE status <> 2)
                 GROUP BY 1 ORDER BY 1",
                &["1|304", "2|760"],
            ),
            (
                "SELECT count(*), count(data_file['upper_bounds']), count(sequence_number),
                        sum(cardinality(data_file['nan_value_counts'])) FROM t",
                &["4|3|2|0"],
            ),
        ],
    )
    .await;
}

/// Without a partition spec the partition is a record without fields.
fn unpartitioned() -> Vec<u8> {
    let entries = ["a", "b", "c"].map(|file| entry(1, file, record([]), 7));
    manifest(&manifest_schema(""), &[entries.to_vec()])
}

#[tokio::test]
async fn unpartitioned_manifests_in_sql() {
    answers(
        &unpartitioned(),
        &[
            (
                "SELECT count(*), sum(data_file['record_count']) FROM t",
                &["3|21"],
            ),
            (
                "SELECT count(*) FROM (SELECT * FROM t) WHERE data_file['partition'] IS NOT NULL",
                &["3"],
            ),
            (
                "SELECT data_file['partition'], data_file['file_format'] FROM t",
                &["{}|PARQUET"; 3],
            ),
        ],
    )
    .await;
}

#[test]
fn unpartitioned_manifests_in_polars() {
    assert_eq!(said(unpartitioned(), "partition-spec"), "[]");
    let entries = on_both(&scan(unpartitioned()));
    assert_eq!(entries.height(), 3);
    let partition = on_both(&scan(unpartitioned()).select([field("data_file.partition")]));
    let partition = partition.column("partition").unwrap();
    assert_eq!(partition.dtype(), &DataType::Struct(vec![]));
    assert_eq!((partition.len(), partition.null_count()), (3, 0));
}

#[test]
fn manifests_in_polars() {
    let live = scan(partitioned()).filter(col("status").neq(lit(2)));
    let days = live
        .clone()
        .group_by([field("data_file.partition.ts_day")])
        .agg([field("data_file.record_count").sum()]);
    let expected = df!("ts_day" => [None, Some(19_723)], "record_count" => [3i64, 35]);
    assert_rows(
        &sorted(days, "ts_day"),
        expected,
        [("ts_day", DataType::Date)],
    );

    let bounds = live.select([
        field("data_file.file_path"),
        field("data_file.upper_bounds").alias("bound"),
    ]);
    let bounds = exploded(bounds, "bound")
        .filter(field("bound.key").eq(lit(2)))
        .select([
            col("file_path"),
            field("bound.value").cast(DataType::String),
        ]);
    let expected = df!(
        "file_path" => ["b", "d"].map(|file| format!("s3://lake/events/data/{file}.parquet")),
        "value" => ["zz", "zz"],
    );
    assert_rows(&sorted(bounds, "file_path"), expected, []);
}
