//! Files with odd schemas, and schemas that somebody gives.

use std::fs;

use avroscan_tests::{odd, raw};

use crate::{Files, avroscan};

/// As Polars' own `DataFrame.write_avro` writes it, as fastavro writes a default, and the rest that is
/// odd together.
fn schemas() -> Vec<String> {
    let polars = odd::plain().replacen(r#""name":"R""#, r#""name":"""#, 1);
    let fastavro =
        odd::plain().replacen(r#""type":"double""#, r#""type":"double","default":NaN"#, 1);
    let all = fastavro
        .replacen(
            r#""name":"R""#,
            r#""namespace":7,"doc":[Infinity,"\ud800"],"aliases":{}"#,
            1,
        )
        .replacen(r#""name":"E""#, r#""name":null,"default":3"#, 1)
        .replacen(r#""size":2"#, r#""size":2.0"#, 1);
    vec![polars, fastavro, all]
}

#[test]
fn every_command_reads_files_with_odd_schemas() {
    let files = Files::new();
    let plain = files.write("plain.avro", odd::file(&odd::plain()));
    let rows = avroscan(["cat", &plain]).ok();
    for (number, schema) in schemas().into_iter().enumerate() {
        let path = files.write(&format!("odd{number}.avro"), odd::file(&schema));
        assert_eq!(avroscan(["cat", &path]).ok(), rows, "{schema}");
        assert_eq!(avroscan(["count", &path]).ok(), "3\n");
        for command in ["head", "inspect", "verify"] {
            avroscan([command, &path]).ok();
        }
        let table = format!("SELECT * FROM '{path}'");
        assert_eq!(avroscan(["sql", "--format", "jsonl", &table]).ok(), rows);
        let out = files.arg(&format!("{number}.parquet"));
        avroscan(["convert", &path, &out]).ok();
        for mode in ["first", "union-by-name"] {
            let both = avroscan(["cat", "--schema-mode", mode, &path, &plain]).ok();
            assert_eq!(both, format!("{rows}{rows}"), "{mode}, {schema}");
        }
        for system in ["arrow", "polars"] {
            avroscan(["schema", "--as", system, &path]).ok();
        }
        let printed = avroscan(["schema", &path]).ok();
        serde_json::from_str::<serde_json::Value>(&printed).unwrap();
        let printed = files.write("printed.avsc", printed);
        for path in [&path, &plain] {
            let again = avroscan(["cat", "--reader-schema", &printed, path]).ok();
            assert_eq!(again, rows, "{schema}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_given_schema_is_said() {
    let files = Files::new();
    let file = files.write(
        "f.avro",
        raw::file(r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#)
            .block(1, &raw::long(7))
            .finish(),
    );
    let schema = r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]}"#;
    let marked = files.write("bom.avsc", format!("\u{feff}{schema}"));
    assert_eq!(
        avroscan(["cat", "--reader-schema", &marked, &file]).ok(),
        "{\"a\":7}\n"
    );
    for (text, says) in [
        (schema.replace("}]}", "},]}"), "line 1 column"),
        (String::new(), "empty"),
        (
            schema.replace(r#""long""#, r#""record", "fields": []"#),
            r#"{"name": "a", "type": {"type": "record", "fields": ..}}"#,
        ),
        (
            schema.replace(r#""long""#, r#""long", "aliases": "b""#),
            "array of names",
        ),
    ] {
        fs::write(files.path("wrong.avsc"), text).unwrap();
        let sentence =
            avroscan(["cat", "--reader-schema", &files.arg("wrong.avsc"), &file]).fails(1);
        assert!(
            sentence.contains("wrong.avsc: ") && sentence.contains(says),
            "{sentence}"
        );
    }
}

#[test]
fn an_enum_and_text_are_merged_to_text() {
    let files = Files::new();
    let schema = |type_: &str| {
        format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":{type_}}}]}}"#)
    };
    let symbols = schema(r#"{"type":"enum","name":"E","symbols":["A","B"]}"#);
    let symbols = files.write(
        "e.avro",
        raw::file(&symbols).block(1, &raw::long(1)).finish(),
    );
    let text = files.write(
        "s.avro",
        raw::file(&schema(r#""string""#))
            .block(1, &raw::bytes("x"))
            .finish(),
    );
    let cat = |files: [&str; 2]| {
        avroscan([&["cat", "--schema-mode", "union-by-name"][..], &files[..]].concat()).ok()
    };
    assert_eq!(cat([&symbols, &text]), "{\"a\":\"B\"}\n{\"a\":\"x\"}\n");
    assert_eq!(cat([&text, &symbols]), "{\"a\":\"x\"}\n{\"a\":\"B\"}\n");
}
