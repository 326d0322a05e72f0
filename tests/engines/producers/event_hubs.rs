//! Azure Event Hubs Capture: one record for all events, with two maps of unions, text in bytes, and
//! blocks and files in which there is nothing.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_polars::{ScanArgsAvro, scan_avro};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, branch, exploded, field, map, none, produce, record, scan, some,
};
use crate::polars::memory;

const SCHEMA: &str = r#"{"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging","fields":[{"name":"SequenceNumber","type":"long"},{"name":"Offset","type":"string"},{"name":"EnqueuedTimeUtc","type":"string"},{"name":"SystemProperties","type":{"type":"map","values":["long","double","string","bytes"]}},{"name":"Properties","type":{"type":"map","values":["long","double","string","bytes","null"]}},{"name":"Body","type":["null","bytes"]}]}"#;

// The branches of the maps' values.
const LONG: u32 = 0;
const DOUBLE: u32 = 1;
const STRING: u32 = 2;
const BYTES: u32 = 3;
const NULL: u32 = 4;

fn event(number: i64, system: Value, properties: Value, body: Value) -> Value {
    record([
        ("SequenceNumber", number.into()),
        ("Offset", (number * 96).to_string().as_str().into()),
        ("EnqueuedTimeUtc", "2/6/2023 6:29:45 PM".into()),
        ("SystemProperties", system),
        ("Properties", properties),
        ("Body", body),
    ])
}

fn body(text: &str) -> Value {
    some(Value::Bytes(text.as_bytes().to_vec()))
}

/// A block without rows and without bytes, not even those of a compressed nothing: a compressor to
/// which nothing is given may leave out its end.
fn empty_block() -> Vec<u8> {
    [raw::long(0), raw::long(0), raw::MARKER.to_vec()].concat()
}

/// Four events in two blocks, with empty blocks around them.
fn file(codec: Codec) -> Vec<u8> {
    let first = vec![
        event(
            100,
            map([
                ("x-opt-partition-key", branch(STRING, "device-1")),
                ("x-opt-enqueued-time", branch(LONG, 1_675_708_185_000i64)),
            ]),
            map([("temperature", branch(DOUBLE, 21.5))]),
            body(r#"{"id": 1}"#),
        ),
        event(
            101,
            map([("x-opt-partition-key", branch(STRING, "device-2"))]),
            map([("temperature", branch(LONG, 22i64))]),
            body(r#"{"id": 2, "note": "größer als zwölf Bytes"}"#),
        ),
        event(
            102,
            map([]),
            map([("temperature", branch(NULL, ()))]),
            none(),
        ),
    ];
    let digest = Value::Bytes(vec![0xde, 0xad]);
    let second = vec![event(
        103,
        map([("x-opt-partition-key", branch(STRING, "device-1"))]),
        map([("digest", branch(BYTES, digest))]),
        body(""),
    )];
    let blocks = [vec![], first, vec![], vec![], second, vec![]];
    [produce(SCHEMA, codec, &[], &blocks), empty_block()].concat()
}

#[tokio::test]
async fn in_sql() {
    for codec in [Codec::Deflate, Codec::Null] {
        answers(
            &file(codec),
            &[
                ("SELECT count(*) FROM t", &["4"]),
                (
                    r#"SELECT "SequenceNumber", CAST("Body" AS VARCHAR) FROM t ORDER BY 1"#,
                    &[
                        r#"100|{"id": 1}"#,
                        r#"101|{"id": 2, "note": "größer als zwölf Bytes"}"#,
                        "102|",
                        "103|",
                    ],
                ),
                (
                    r#"SELECT "SequenceNumber" FROM t WHERE "Body" IS NULL"#,
                    &["102"],
                ),
                (
                    r#"SELECT "SequenceNumber" FROM t WHERE "Body" = '' "#,
                    &["103"],
                ),
                // A value of a map by its key, and of the value the branch.
                (
                    r#"SELECT "SystemProperties"['x-opt-partition-key']['string'] AS device,
                              count(*) FROM t GROUP BY device ORDER BY device"#,
                    &["device-1|2", "device-2|1", "|1"],
                ),
                (
                    r#"SELECT "SequenceNumber",
                              coalesce("Properties"['temperature']['double'],
                                       "Properties"['temperature']['long']) AS temperature
                       FROM t ORDER BY 1"#,
                    &["100|21.5", "101|22.0", "102|", "103|"],
                ),
                (
                    r#"SELECT encode("Properties"['digest']['bytes'], 'hex') FROM t
                       WHERE "SequenceNumber" = 103"#,
                    &["dead"],
                ),
                (
                    r#"SELECT max("SystemProperties"['x-opt-enqueued-time']['long']) FROM t"#,
                    &["1675708185000"],
                ),
                (
                    r#"SELECT "SequenceNumber" FROM t WHERE "Properties"['temperature']['long'] > 20"#,
                    &["101"],
                ),
                // A key with null for a value is not a key that is missing.
                (
                    r#"SELECT "SequenceNumber", map_keys("Properties") FROM t
                       WHERE "Properties"['temperature'] IS NULL ORDER BY 1"#,
                    &["102|[temperature]", "103|[digest]"],
                ),
                (
                    r#"SELECT DISTINCT arrow_typeof("Body"), arrow_typeof("Offset") FROM t"#,
                    &["BinaryView|Utf8View"],
                ),
            ],
        )
        .await;
    }
}

#[test]
fn in_polars() {
    for codec in [Codec::Deflate, Codec::Null] {
        let events = scan(file(codec));
        let bodies = events
            .clone()
            .select([col("SequenceNumber"), col("Body").cast(DataType::String)]);
        let expected = df!(
            "SequenceNumber" => [100i64, 101, 102, 103],
            "Body" => [
                Some(r#"{"id": 1}"#),
                Some(r#"{"id": 2, "note": "größer als zwölf Bytes"}"#),
                None,
                Some(""),
            ],
        );
        assert_rows(&bodies, expected, []);

        let temperatures = exploded(events, "Properties")
            .filter(field("Properties.key").eq(lit("temperature")))
            .select([
                col("SequenceNumber"),
                field("Properties.value.double"),
                field("Properties.value.long"),
                field("Properties.value").is_null().alias("null"),
            ]);
        let expected = df!(
            "SequenceNumber" => [100i64, 101, 102],
            "double" => [Some(21.5), None, None],
            "long" => [None, Some(22i64), None],
            "null" => [false, false, true],
        );
        assert_rows(&temperatures, expected, []);
    }
}

/// What Capture writes when no event came: a header, or a header and empty blocks.
fn files_without_events() -> [Vec<u8>; 4] {
    let [none, one, two] =
        [0, 1, 2].map(|blocks| produce(SCHEMA, Codec::Deflate, &[], &vec![vec![]; blocks]));
    let bare = [none.clone(), empty_block()].concat();
    [none, one, two, bare]
}

#[tokio::test]
async fn no_events_in_sql() {
    for empty in files_without_events() {
        answers(
            &empty,
            &[
                ("SELECT count(*) FROM t", &["0"]),
                (r#"SELECT count("Body"), max("Offset") FROM t"#, &["0|"]),
            ],
        )
        .await;
    }
}

#[test]
fn no_events_in_polars() {
    for empty in files_without_events() {
        let files = vec![empty.clone(), file(Codec::Deflate), empty];
        let sources: Vec<_> = files.into_iter().map(memory).collect();
        let scan = scan_avro(sources, ScanArgsAvro::default()).unwrap();
        let sum = scan.select([col("SequenceNumber").sum()]);
        assert_rows(&sum, df!("SequenceNumber" => [406i64]), []);
    }
}
