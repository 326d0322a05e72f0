//! Nothing that a file holds reaches a terminal as a control character.

use avroscan_tests::raw;

use crate::{Files, Run, avroscan};

/// What a terminal acts on: an escape sequence, a control sequence of one byte, DEL, a return, a line
/// break, text from right to left.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\u{7f}\r\n\u{8}\u{202e}\u{2066}\u{2028}x";

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A file with such text in all its names, symbols, values and metadata.
fn file(rows: i64, extra: &[u8]) -> Vec<u8> {
    let name = quoted(HOSTILE);
    let schema = format!(
        r#"{{"type":"record","name":{name},"doc":{name},"fields":[
        {{"name":{name},"type":"string","doc":{name}}},
        {{"name":"e","type":{{"type":"enum","name":{name},"symbols":[{name}]}}}},
        {{"name":"r","type":["null","int",{{"type":"record","name":"x.{0}","fields":[
            {{"name":{name},"type":"int"}}]}}]}}]}}"#,
        name.trim_matches('"')
    );
    let row = [
        raw::bytes(HOSTILE),
        raw::long(0),
        raw::long(2),
        raw::long(5),
    ]
    .concat();
    let header = raw::Header::new().entries(&[
        ("avro.schema", schema.as_bytes()),
        (HOSTILE, HOSTILE.as_bytes()),
        ("user", HOSTILE.as_bytes()),
    ]);
    header.end().block(rows, &[&row, extra].concat()).finish()
}

#[track_caller]
fn is_safe(text: &str) {
    let is_raw = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(is_raw), "{text:?}");
}

#[track_caller]
fn run(args: &[&str]) -> Run {
    let run = avroscan(args);
    is_safe(&run.out);
    is_safe(&run.err);
    run
}

#[test]
fn every_command_escapes_what_a_hostile_file_holds() {
    let files = Files::new();
    let good = files.write("good.avro", file(1, &[]));
    let name = format!("{}.avro", HOSTILE.replace('/', ""));
    let named = files.write(&name, file(1, &[]));
    let table = format!("SELECT * FROM '{good}'");
    let json_schema = run(&["schema", &good]).out;
    assert!(json_schema.contains(r"\u009b"), "{json_schema}");
    let parsed: serde_json::Value = serde_json::from_str(&json_schema).unwrap();
    assert_eq!(parsed["doc"], HOSTILE);
    for args in [
        &["schema", "--as", "arrow", &good][..],
        &["schema", "--as", "polars", &good],
        &["schema", &named],
        &["inspect", &good],
        &["inspect", &named],
        &["head", &good],
        &["count", &good],
        &["count", &good, &named],
        &["sql", &table],
        &["sql", &format!("DESCRIBE '{good}'")],
        &["sql", &format!("EXPLAIN {table}")],
        &["verify", &good, &named],
        &["verify", "--format", "json", &good, &named],
    ] {
        assert_eq!(run(args).code, 0, "{args:?}");
    }
}

#[test]
fn errors_about_a_hostile_file_are_escaped() {
    let files = Files::new();
    let name = format!("{}.avro", HOSTILE.replace('/', ""));
    let good = files.write("good.avro", file(1, &[]));
    let bad = files.write(&name, file(1, &[0x80]));
    let cut = files.write("cut.avro", &file(1, &[])[..600]);
    let symbol = files.write(
        "reader.avsc",
        r#"{"type":"record","name":"R","fields":[
        {"name":"e","type":{"type":"enum","name":"E","symbols":["other"]}}]}"#,
    );
    let codec = raw::Header::new()
        .entries(&[
            ("avro.schema", b"\"int\""),
            ("avro.codec", HOSTILE.as_bytes()),
        ])
        .end()
        .finish();
    let codec = files.write("codec.avro", codec);
    let unknown = format!("[{}]", quoted(HOSTILE));
    let schema = files.write("schema.avro", raw::file(&unknown).finish());
    let out = files.arg("out.parquet");
    for args in [
        &["cat", &bad][..],
        &["cat", "--columns", HOSTILE.trim_end_matches('x'), &good],
        &["head", &cut],
        &["cat", &cut],
        &["convert", &bad, &out],
        &["sql", &format!("SELECT * FROM '{bad}'")],
        &["sql", &format!("SELECT nosuch FROM '{good}'")],
        &["cat", "--reader-schema", &symbol, &good],
        &["inspect", &codec],
        &["schema", &codec],
        &["schema", &schema],
        &["schema", "--as", "polars", &schema],
        &["verify", &bad, &cut, &codec],
        &["verify", "--format", "json", &bad, &cut],
        &["count", &cut],
        &["cat", "nosuch\u{1b}[2J.avro"],
    ] {
        let run = run(args);
        assert_ne!(run.code, 0, "{args:?}");
    }
    for args in [
        &["head", "--on-error", "skip", &bad][..],
        &["repair", &bad, &files.arg("repaired.avro")],
    ] {
        let run = run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.err);
        assert!(run.err.contains("bad block"), "{}", run.err);
    }
}
