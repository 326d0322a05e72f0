//! Headers that cannot be: nothing can be skipped.

use super::Case;
use crate::raw::{self, Header};

pub(super) fn cases() -> Vec<Case> {
    let schema = super::schema(r#""string""#);
    let entry: (&str, &[u8]) = ("avro.schema", schema.as_bytes());
    let with = |key, value| Header::new().entries(&[entry, (key, value)]).end().finish();
    let of = |schema: &str| raw::file(schema).finish();
    let sound = raw::file(&schema).finish();
    let cases: [(&str, Vec<u8>, &'static str); 16] = [
        ("an empty file", Vec::new(), "Truncated"),
        ("cut in the magic", b"Ob".to_vec(), "Truncated"),
        ("another magic", b"Obj\x02\x00".to_vec(), "NotAvro"),
        ("Parquet", b"PAR1\x15\x04\x15".to_vec(), "NotAvro"),
        ("text", b"id,v\n1,a\n".to_vec(), "NotAvro"),
        ("cut in the metadata", sound[..20].to_vec(), "Truncated"),
        (
            "cut in the header's marker",
            sound[..sound.len() - 1].to_vec(),
            "Truncated",
        ),
        ("no schema", Header::new().end().finish(), "Header"),
        ("unknown codec", with("avro.codec", b"lzo"), "UnknownCodec"),
        (
            "a codec that is not text",
            with("avro.codec", b"\xff"),
            "UnknownCodec",
        ),
        (
            "a schema that is not text",
            with("avro.schema", b"\xff"),
            "Header",
        ),
        ("a schema that is not JSON", of("{"), "Schema"),
        ("an unknown type", of(r#""strin""#), "Schema"),
        (
            "a deep schema",
            of(&"[".repeat(100_000)),
            "Limit(SchemaDepth)",
        ),
        (
            "a count of eleven bytes",
            Header::new().bytes(&[0x80; 12]).end().finish(),
            "Varint",
        ),
        (
            "a count beyond the file",
            Header::new().bytes(&raw::long(i64::MAX)).unended().finish(),
            "Truncated",
        ),
    ];
    let case = |(name, file, kind): (&str, Vec<u8>, &'static str)| Case {
        name: format!("header: {name}"),
        file,
        strict: Vec::new(),
        error: Some(kind),
        skipping: None,
    };
    cases.into_iter().map(case).collect()
}
