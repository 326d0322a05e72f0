//! Java: generated and reflected classes leave the names of Java's classes in the schema, on
//! strings, numbers, arrays and the keys of maps; inner classes have a `$` in their names.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{answers, assert_rows, field, map, none, produce, record, scan, some, sorted};

const SCHEMA: &str = r#"{"type":"record","name":"Event","namespace":"com.example","doc":"generated","aliases":["OldEvent","com.example.v1.Event"],"fields":[
    {"name":"id","type":{"type":"string","avro.java.string":"String"},"aliases":["event_id"],"order":"descending"},
    {"name":"note","type":["null",{"type":"string","avro.java.string":"String"}],"default":null},
    {"name":"price","type":{"type":"string","java-class":"java.math.BigDecimal"}},
    {"name":"level","type":{"type":"enum","name":"Level","namespace":"com.example.Event$","symbols":["LOW","HIGH","UNKNOWN"],"default":"UNKNOWN","aliases":["com.example.Severity"]}},
    {"name":"before","type":["null","com.example.Event$.Level"],"default":null},
    {"name":"labels","type":{"type":"map","values":{"type":"string","avro.java.string":"String"},"avro.java.string":"String"},"default":{}},
    {"name":"sizes","type":{"type":"map","values":"long","java-key-class":"java.lang.Integer"}},
    {"name":"small","type":{"type":"int","java-class":"java.lang.Short"}},
    {"name":"letter","type":{"type":"int","java-class":"java.lang.Character"}},
    {"name":"numbers","type":{"type":"array","items":"int","java-class":"[I"}},
    {"name":"weights","type":{"type":"array","items":{"type":"string","java-class":"java.math.BigDecimal"},"java-class":"java.util.ArrayList","java-element-class":"java.math.BigDecimal"}},
    {"name":"digest","type":{"type":"fixed","name":"MD5","size":2,"java-class":"[B"}},
    {"name":"items","type":["null",{"type":"array","items":{"type":"record","name":"Item","namespace":"com.example.Event$","fields":[
        {"name":"sku","type":["null",{"type":"string","avro.java.string":"String"}],"default":null},
        {"name":"level","type":"Level"}]},"java-class":"java.util.List"}],"default":null},
    {"name":"first","type":["null","com.example.Event$.Item"],"default":null},
    {"name":"by_number","type":{"type":"array","items":{"type":"record","name":"PairIntegerString","namespace":"org.apache.avro.reflect","fields":[
        {"name":"key","type":"int"},
        {"name":"value","type":"string"}]},"java-class":"java.util.HashMap"}}]}"#;

const LEVELS: [&str; 3] = ["LOW", "HIGH", "UNKNOWN"];

fn level(index: u32) -> Value {
    Value::Enum(index, LEVELS[index as usize].to_owned())
}

fn item(sku: Option<&str>, index: u32) -> Value {
    record([("sku", sku.into()), ("level", level(index))])
}

fn event(id: &str, high: bool) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    let pair = record([("key", 9.into()), ("value", text("nine"))]);
    record([
        ("id", text(id)),
        (
            "note",
            if high {
                Some("größer als zwölf Bytes").into()
            } else {
                none()
            },
        ),
        ("price", text("12.50")),
        ("level", level(u32::from(high))),
        ("before", if high { some(level(2)) } else { none() }),
        ("labels", map([("host", text(id))])),
        ("sizes", map([("17", 170i64.into())])),
        ("small", (-3).into()),
        ("letter", 0xe9.into()),
        ("numbers", Value::Array(vec![1.into(), 2.into()])),
        ("weights", Value::Array(vec![text("0.1"), text("1E+3")])),
        ("digest", Value::Fixed(2, vec![0xab, 0xcd])),
        (
            "items",
            some(Value::Array(vec![item(Some("A"), 0), item(None, 1)])),
        ),
        (
            "first",
            if high {
                some(item(Some("B"), 1))
            } else {
                none()
            },
        ),
        ("by_number", Value::Array(vec![pair])),
    ])
}

fn file() -> Vec<u8> {
    let first = vec![event("a", false), event("b", true)];
    let second = vec![event("c", true)];
    produce(SCHEMA, Codec::Xz, &[], &[first, second])
}

#[tokio::test]
async fn in_sql() {
    answers(
        &file(),
        &[
            (
                "SELECT level, count(*), sum(CAST(price AS DECIMAL(9, 2))) FROM t
                 GROUP BY level ORDER BY level",
                &["HIGH|2|25.00", "LOW|1|12.50"],
            ),
            ("SELECT id, note FROM t WHERE level = 'HIGH' AND note LIKE 'größer%' ORDER BY id", &[
                "b|größer als zwölf Bytes",
                "c|größer als zwölf Bytes",
            ]),
            ("SELECT id, before FROM t WHERE before IS NOT NULL ORDER BY id", &[
                "b|UNKNOWN",
                "c|UNKNOWN",
            ]),
            ("SELECT id FROM t WHERE labels['host'] = 'b'", &["b"]),
            ("SELECT sum(sizes['17']), sum(small), min(chr(letter)) FROM t", &["510|-9|é"]),
            (
                "SELECT weight, count(*) FROM (SELECT unnest(weights) AS weight FROM t)
                 GROUP BY weight ORDER BY weight",
                &["0.1|3", "1E+3|3"],
            ),
            (
                "SELECT id, items[2]['level'], items[1]['sku'], first['sku'], first['level'] FROM t
                 ORDER BY id",
                &["a|HIGH|A||", "b|HIGH|A|B|HIGH", "c|HIGH|A|B|HIGH"],
            ),
            (
                "SELECT DISTINCT pair['key'], pair['value'] FROM
                   (SELECT unnest(by_number) AS pair FROM t)",
                &["9|nine"],
            ),
            ("SELECT DISTINCT encode(digest, 'hex'), numbers FROM t", &["abcd|[1, 2]"]),
            (
                "SELECT DISTINCT arrow_typeof(id), arrow_typeof(level), arrow_typeof(digest) FROM t",
                &["Utf8View|Dictionary(Int32, Utf8)|FixedSizeBinary(2)"],
            ),
        ],
    )
    .await;
}

#[test]
fn in_polars() {
    let events = scan(file());
    let levels = DataType::from_frozen_categories(FrozenCategories::new(LEVELS).unwrap());
    let counts = events.clone().group_by([col("level")]).agg([
        len().alias("rows"),
        col("id").min(),
        col("before").null_count(),
    ]);
    // In the order of the symbols.
    let expected = df!(
        "level" => ["LOW", "HIGH"],
        "rows" => [1 as IdxSize, 2],
        "id" => ["a", "b"],
        "before" => [1 as IdxSize, 0],
    );
    let types = [("level", levels.clone())];
    assert_rows(&sorted(counts, "level"), expected, types);

    let first = |column: &str| col(column).list().get(lit(0), false);
    let high = events.filter(col("level").eq(lit("HIGH"))).select([
        col("id"),
        col("price").cast(DataType::Float64),
        field("first.sku"),
        field("first.level"),
        first("numbers"),
        first("labels").struct_().field_by_name("value"),
        col("note"),
        col("digest"),
    ]);
    let expected = df!(
        "id" => ["b", "c"],
        "price" => [12.5; 2],
        "sku" => ["B"; 2],
        "level" => ["HIGH"; 2],
        "numbers" => [1; 2],
        "value" => ["b", "c"],
        "note" => ["größer als zwölf Bytes"; 2],
        "digest" => [&b"\xab\xcd"[..]; 2],
    );
    assert_rows(&sorted(high, "id"), expected, [("level", levels)]);
}
