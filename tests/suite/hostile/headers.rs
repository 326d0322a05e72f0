//! Headers that cannot be.

use avroscan::{ErrorKind, Limit, ScanOptions};
use avroscan_tests::raw::{self, Header};

use super::{column, exceeds, fails, longs};
use crate::read::{memory, outcome};

#[test]
fn headers_that_cannot_be() {
    let schema = longs();
    let entry: (&str, &[u8]) = ("avro.schema", schema.as_bytes());
    let at_all = Header::new().entries(&[entry]);
    let with = |key, value| Header::new().entries(&[entry, (key, value)]).end().finish();
    let of = |schema: &str| raw::file(schema).finish();
    for (name, file, kind) in [
        ("another magic", b"Obj\x02\x00".to_vec(), ErrorKind::NotAvro),
        ("Parquet", b"PAR1\x15\x04\x15".to_vec(), ErrorKind::NotAvro),
        ("no schema", Header::new().end().finish(), ErrorKind::Header),
        (
            "unknown codec",
            with("avro.codec", b"lzo"),
            ErrorKind::UnknownCodec,
        ),
        (
            "codec in capitals",
            with("avro.codec", b"DEFLATE"),
            ErrorKind::UnknownCodec,
        ),
        (
            "codec is not text",
            with("avro.codec", b"\xff"),
            ErrorKind::UnknownCodec,
        ),
        (
            "schema is not UTF-8",
            with("avro.schema", b"\xff"),
            ErrorKind::Header,
        ),
        ("schema is not JSON", of("{"), ErrorKind::Schema),
        ("schema is empty", of(""), ErrorKind::Schema),
        ("unknown type", of(r#""strin""#), ErrorKind::Schema),
        (
            "no fields",
            of(r#"{"type":"record","name":"R"}"#),
            ErrorKind::Schema,
        ),
        (
            "unknown reference",
            of(&column(r#""Nobody""#)),
            ErrorKind::Schema,
        ),
        (
            "union in a union",
            of(&column(r#"["null",["int"]]"#)),
            ErrorKind::Schema,
        ),
        ("empty union", of(&column("[]")), ErrorKind::Schema),
        (
            "a field twice",
            of(r#"{"type":"record","name":"R","fields":[
                {"name":"a","type":"int"},{"name":"a","type":"int"}]}"#),
            ErrorKind::Schema,
        ),
        ("cut in the magic", b"Ob".to_vec(), ErrorKind::Truncated),
        (
            "cut in the marker",
            at_all.clone().bytes(b"\0sync").unended().finish(),
            ErrorKind::Truncated,
        ),
        (
            "negative length",
            Header::new().bytes(&[2, 1]).unended().finish(),
            ErrorKind::Header,
        ),
        (
            "length beyond the file",
            Header::new()
                .bytes(&raw::long(1))
                .bytes(&raw::long(1 << 50))
                .unended()
                .finish(),
            ErrorKind::Truncated,
        ),
        (
            "count beyond the file",
            Header::new().bytes(&raw::long(i64::MAX)).unended().finish(),
            ErrorKind::Truncated,
        ),
        (
            "count of the smallest long",
            Header::new()
                .bytes(&raw::long(i64::MIN))
                .bytes(&[0])
                .unended()
                .finish(),
            ErrorKind::Truncated,
        ),
        (
            "count of eleven bytes",
            Header::new().bytes(&[0x80; 12]).end().finish(),
            ErrorKind::Varint,
        ),
    ] {
        fails(name, &file, &[], kind);
    }
}

#[test]
fn schemas_that_ask_for_too_much() {
    let deep = "[".repeat(100_000);
    fails(
        "nested brackets",
        &raw::file(&deep).finish(),
        &[],
        ErrorKind::Limit(Limit::SchemaDepth),
    );

    let fixed = column(r#"{"type":"fixed","name":"F","size":1000000000}"#);
    fails(
        "huge fixed",
        &raw::file(&fixed).finish(),
        &[],
        ErrorKind::Limit(Limit::FixedBytes),
    );

    // Each type has two fields of the one before: 2^30 in all.
    let mut ty = r#""long""#.to_owned();
    for level in 0..30 {
        let again = if level == 0 {
            r#""long""#.into()
        } else {
            format!(r#""T{}""#, level - 1)
        };
        ty = format!(
            r#"{{"type":"record","name":"T{level}","fields":[
                {{"name":"a","type":{ty}}},{{"name":"b","type":{again}}}]}}"#
        );
    }
    let outcome = outcome(memory(raw::file(&ty).finish()), &ScanOptions::default());
    exceeds(Limit::SchemaNodes, &outcome);
}

#[test]
fn a_record_that_contains_itself_needs_a_way_out() {
    let list = r#"{"type":"record","name":"L","fields":[
        {"name":"a","type":"long"},{"name":"next","type":["null","L"]}]}"#;
    let node = |next: &[u8]| [raw::long(7), next.to_vec()].concat();
    let two = node(&[raw::long(1), node(&raw::long(0))].concat());
    let file = raw::file(list).block(1, &two).finish();
    let read = outcome(memory(file), &ScanOptions::default());
    assert!(read.error.is_none(), "{:?}", read.error);
    let text = r#"{"a":7,"next":null}"#;
    assert_eq!(read.rows(), [serde_json::json!({"a": 7, "next": text})]);

    let endless = r#"{"type":"record","name":"L","fields":[{"name":"next","type":"L"}]}"#;
    let refused = outcome(memory(raw::file(endless).finish()), &ScanOptions::default());
    let error = refused.error.expect("there is no way out");
    assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
    assert_eq!(error.place().field.as_deref(), Some("next"), "{error}");
}
