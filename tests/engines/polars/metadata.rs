//! What files say of themselves.

use avroscan::{Limits, MemorySource, Source};
use avroscan_polars::{AvroReader, ScanArgsAvro, read_avro_metadata};
use avroscan_tests::data::simple;
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use std::sync::Arc;

use super::memory;

const LONG: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;

/// A file with metadata of its writer: text, and bytes that are none.
fn described() -> Vec<u8> {
    raw::Header::new()
        .entries(&[
            ("writer.version", b"1"),
            ("avro.schema", LONG.as_bytes()),
            ("writer.note", "zwölf".as_bytes()),
        ])
        .entries_sized(&[("writer.raw", &[0xff, 0x00]), ("writer.version", b"2")])
        .end()
        .block(1, &raw::long(12))
        .finish()
}

fn entry(key: &str, value: &[u8]) -> (String, Vec<u8>) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn the_reader_has_the_metadata_of_the_first_file() {
    let files: Vec<Arc<dyn Source>> = vec![
        memory(described()),
        memory(raw::file(LONG).block(1, &raw::long(13)).finish()),
    ];
    let reader = AvroReader::open(files, ScanArgsAvro::default()).unwrap();
    assert_eq!(reader.avro_schema_json(), LONG);
    assert_eq!(
        reader.metadata(),
        [
            entry("writer.version", b"1"),
            entry("avro.schema", LONG.as_bytes()),
            entry("writer.note", "zwölf".as_bytes()),
            entry("writer.raw", &[0xff, 0x00]),
            entry("writer.version", b"2"),
        ]
    );
}

#[test]
fn every_file_has_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes);
    write("b.avro", &described()).unwrap();
    // Other columns, another codec, and damage after the header: only headers are read.
    let mut other = simple::file(10, 10, Codec::Snappy);
    other.truncate(other.len() - 5);
    write("a.avro", &other).unwrap();

    let pattern = directory.path().join("*.avro");
    for sources in [directory.path().to_owned(), pattern] {
        let files = read_avro_metadata(sources, ScanArgsAvro::default()).unwrap();
        let [a, b] = &files[..] else {
            panic!("two files: {files:?}")
        };
        assert!(a.file().ends_with("a.avro"), "{}", a.file());
        assert_eq!(a.codec(), "snappy");
        assert_eq!(a.avro_schema_json(), simple::SCHEMA);
        let expected = [
            entry("avro.schema", simple::SCHEMA.as_bytes()),
            entry("avro.codec", b"snappy"),
        ];
        assert_eq!(a.entries(), expected);

        assert!(b.file().ends_with("b.avro"), "{}", b.file());
        assert_eq!(b.codec(), "null");
        assert_eq!(b.avro_schema_json(), LONG);
        assert_eq!(b.entries().len(), 5);
        assert_eq!(b.get("writer.raw"), Some(&[0xff, 0x00][..]));
        assert_eq!(b.get("writer.version"), Some(&b"2"[..]), "the last one");
        assert_eq!(b.get("avro.codec"), None);
    }
}

#[test]
fn it_fails_as_a_scan_does() {
    let error = |sources: Vec<Arc<dyn Source>>, args| {
        let error = read_avro_metadata(sources, args).unwrap_err();
        error.to_string()
    };
    let bad: Arc<dyn Source> = Arc::new(MemorySource::new("bad.avro", b"id,name\n".to_vec()));
    let found = error(vec![memory(described()), bad], ScanArgsAvro::default());
    assert!(found.contains("bad.avro"), "{found}");

    let mut limits = Limits::default();
    limits.header_bytes = 50;
    let args = ScanArgsAvro::default().with_limits(limits);
    let found = error(vec![memory(described())], args);
    assert!(found.contains("header_bytes = 50"), "{found}");

    let missing = read_avro_metadata("/nowhere/x.avro", ScanArgsAvro::default());
    let found = missing.unwrap_err().to_string();
    assert!(found.contains("/nowhere/x.avro"), "{found}");
}
