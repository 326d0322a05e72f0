//! What is odd in the schema of a file and no value depends on.

use std::sync::Arc;

use avroscan::{AvroSchema, ErrorKind, Limits, Projection, Scan, ScanOptions, SchemaMode, Split};
use avroscan_tests::odd;
use avroscan_tests::raw;
use serde_json::{Value as Json, json};

use crate::read::{Opened, batches, memory, outcome};

fn rows(file: &[u8], options: &ScanOptions) -> Vec<Json> {
    let batches = batches(file, options);
    batches
        .iter()
        .flat_map(avroscan_tests::judge::batch_rows)
        .collect()
}

fn expected() -> Vec<Json> {
    let rows = rows(&odd::file(&odd::plain()), &ScanOptions::default());
    assert_eq!(rows.len(), 3);
    rows
}

#[test]
fn what_no_value_depends_on_never_stands_in_the_way() {
    let expected = expected();
    let limits = Limits::default();
    let plain = Arc::new(AvroSchema::parse(&odd::plain(), &limits).unwrap());
    let schemas = odd::schemas();
    assert!(schemas.len() > 400);
    let renamed = odd::renamed();
    for (name, schema) in schemas.iter().chain(&renamed) {
        let file = odd::file(schema);
        let read = |what: &str, options: &ScanOptions| {
            let outcome = outcome(memory(file.clone()), options);
            assert!(
                outcome.error.is_none(),
                "{name}, {what}: {:?}",
                outcome.error
            );
            assert_eq!(outcome.rows(), expected, "{name}, {what}");
        };
        read("as it is", &ScanOptions::default());
        if !renamed.iter().any(|(other, _)| other == name) {
            let options = ScanOptions::default().with_reader_schema(plain.clone());
            read("as the plain one", &options);
        }

        let scan = Scan::from_sources_blocking(vec![memory(file.clone())], ScanOptions::default());
        let scan = scan.unwrap();
        let json = scan.files()[0].header().schema.json();
        let back = AvroSchema::parse(json, &limits);
        let back = back.unwrap_or_else(|error| panic!("{name}: {json} is not read back: {error}"));
        assert_eq!(back.json(), json, "{name}");
        serde_json::from_str::<serde::de::IgnoredAny>(json)
            .unwrap_or_else(|error| panic!("{name}: {json} is not JSON: {error}"));
        read(
            "as what is printed",
            &ScanOptions::default().with_reader_schema(Arc::new(back)),
        );
    }
}

#[test]
fn odd_files_are_read_with_others_in_any_order_and_in_splits() {
    let expected = expected();
    let plain = odd::file(&odd::plain());
    let wider = odd::plain().replacen(r#""type":"double""#, r#""type":["null","double"]"#, 1);
    let wider = odd::file_of_nullable(&wider);
    let renamed = odd::renamed();
    for (name, schema) in odd::schemas().iter().chain(&renamed) {
        let file = odd::file(schema);
        let is_renamed = renamed.iter().any(|(other, _)| other == name);
        for mode in [SchemaMode::First, SchemaMode::UnionByName] {
            if is_renamed && mode == SchemaMode::First {
                continue;
            }
            for files in [[&file, &plain], [&plain, &file]] {
                let sources = files.map(|file| memory(file.clone())).to_vec();
                let options = ScanOptions::default().with_schema_mode(mode);
                let scan = Scan::from_sources_blocking(sources, options);
                let reader = scan.and_then(|scan| scan.reader());
                let reader = reader.unwrap_or_else(|error| panic!("{name}, {mode:?}: {error}"));
                let outcome = crate::read::drain(reader);
                assert!(outcome.error.is_none(), "{name}: {:?}", outcome.error);
                assert_eq!(
                    outcome.rows(),
                    [&expected[..], &expected[..]].concat(),
                    "{name}"
                );
            }
        }
        let sources = vec![memory(file.clone()), memory(wider.clone())];
        let options = ScanOptions::default().with_schema_mode(SchemaMode::UnionByName);
        let merged = Scan::from_sources_blocking(sources, options).and_then(|scan| scan.reader());
        let outcome = crate::read::drain(merged.unwrap_or_else(|e| panic!("{name}: {e}")));
        assert!(outcome.error.is_none(), "{name}: {:?}", outcome.error);
        assert_eq!(outcome.num_rows(), 6, "{name}");

        let splits = Opened::new(memory(file.clone()), &ScanOptions::default()).unwrap();
        let middle = file.len() as u64 / 2;
        let parts = [Split::new(0, middle), Split::new(middle, u64::MAX)];
        assert_eq!(splits.splits(parts).num_rows(), 3, "{name}");
    }
}

#[test]
fn a_name_that_something_refers_to_is_one_even_if_it_is_empty() {
    let schema = r#"{"type":"record","name":"","fields":[
        {"name":"a","type":"int"},{"name":"next","type":["null",""]}]}"#;
    let body = [raw::long(1), raw::long(1), raw::long(2), raw::long(0)].concat();
    let file = raw::file(schema).block(1, &body).finish();
    let expected = [json!({"a": 1, "next": r#"{"a":2,"next":null}"#})];
    assert_eq!(rows(&file, &ScanOptions::default()), expected);
}

#[test]
fn branches_without_names_and_equal_branches_are_told_apart() {
    let anonymous = r#"{"type":"record","fields":[{"name":"x","type":"int"}]}"#;
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"u","type":[{anonymous},"int",{anonymous},"int"]}}]}}"#
    );
    let body: Vec<u8> = (0..4)
        .flat_map(|i| [raw::long(i), raw::long(i + 10)].concat())
        .collect();
    let file = raw::file(&schema).block(4, &body).finish();
    let batch = &batches(&file, &ScanOptions::default())[0];
    let arrow::datatypes::DataType::Struct(fields) = batch.schema().field(0).data_type().clone()
    else {
        panic!("a union is a struct")
    };
    let names: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["record", "int", "record_2", "int_2"]);
    let options = ScanOptions::default().with_projection(Projection::columns(["u.int_2"]));
    let batch = &batches(&file, &options)[0];
    assert_eq!(batch.num_rows(), 4);
}

#[test]
fn a_schema_that_somebody_gives_is_checked_and_the_error_helps() {
    let field = |field: &str| format!(r#"{{"type":"record","name":"R","fields":[{field}]}}"#);
    for (schema, place, says) in [
        ("", None, "empty"),
        (" \n", None, "empty"),
        ("{", None, "line 1 column 1"),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"},]}"#,
            None,
            "trailing comma at line 1 column 66",
        ),
        (
            &field(r#"{"name":"c","type":"record","fields":[{"name":"x","type":"int"}]}"#),
            Some("c"),
            r#"{"name": "c", "type": {"type": "record", "fields": ..}}"#,
        ),
        (
            &field(r#"{"name":"c","type":"enum","symbols":["A"]}"#),
            Some("c"),
            r#"{"type": "enum", "symbols": ..}"#,
        ),
        (
            &field(r#"{"name":"c","type":"array","items":"int"}"#),
            Some("c"),
            r#"{"type": "array", "items": ..}"#,
        ),
        (
            &field(r#"{"name":"c","type":"map","values":"int"}"#),
            Some("c"),
            r#"{"type": "map", "values": ..}"#,
        ),
        (
            &field(r#"{"name":"c","type":"fixed","size":2}"#),
            Some("c"),
            r#"{"type": "fixed", "size": ..}"#,
        ),
        (
            &field(r#"{"name":"c","type":["null","record"]}"#),
            Some("c"),
            "`record` is not a type by itself",
        ),
        (
            &field(r#"{"name":"c","type":{"type":"array","items":"enum"}}"#),
            Some("c[]"),
            "`enum` is not a type by itself",
        ),
        (
            r#"{"type":"record","fields":[]}"#,
            None,
            "must have a `name`",
        ),
        (
            r#"{"type":"record","name":null,"fields":[]}"#,
            None,
            "must have a `name`",
        ),
        (
            r#"{"type":"record","name":"R","namespace":5,"fields":[]}"#,
            None,
            "`namespace` must be text, found a number",
        ),
        (
            &field(r#"{"name":"c","type":"int","aliases":"d"}"#),
            Some("c"),
            "`aliases` must be an array of names",
        ),
        (
            &field(r#"{"name":"c","type":"int","aliases":[1]}"#),
            Some("c"),
            "`aliases` must be an array of names",
        ),
        (
            &field(
                r#"{"name":"c","type":{"type":"enum","name":"E","symbols":["A"],"default":"B"}}"#,
            ),
            Some("c.E"),
            "one of its symbols",
        ),
        (
            &field(r#"{"name":"c","type":{"type":"fixed","name":"F","size":"2"}}"#),
            Some("c.F"),
            "`size`, a whole number",
        ),
        (
            &field(r#"{"name":"c","type":"double","default":NaN}"#),
            None,
            "not valid JSON",
        ),
    ] {
        let error = AvroSchema::parse(schema, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{schema}: {error}");
        assert!(error.to_string().contains(says), "{schema}: {error}");
        assert_eq!(error.place().field.as_deref(), place, "{schema}: {error}");
    }
    let marked = format!("\u{feff}{}", odd::plain());
    let schema: AvroSchema = marked.parse().unwrap();
    assert_eq!(schema.json(), odd::plain());
}

#[test]
fn what_values_depend_on_is_still_an_error() {
    let plain = odd::plain();
    for (schema, says) in [
        (
            plain.replace(r#""symbols":["A","B"]"#, r#""symbols":5"#),
            "`symbols`",
        ),
        (plain.replace(r#""size":2"#, r#""size":2.5"#), "`size`"),
        (
            plain.replace(r#""items":"int""#, r#""items":null"#),
            "found null",
        ),
        (
            plain.replace(r#""type":"double""#, r#""type":"nosuch""#),
            "unknown type `nosuch`",
        ),
        (
            plain.replacen(r#""name":"d","#, "", 1),
            "a `name` and a `type`",
        ),
        (format!("{plain} {plain}"), "trailing characters"),
        (
            plain.replace(
                r#""type":"double""#,
                &format!(r#""type":{}"#, "[".repeat(5_000)),
            ),
            "deeper",
        ),
    ] {
        let error = outcome(memory(odd::file(&schema)), &ScanOptions::default())
            .error
            .unwrap();
        assert!(error.to_string().contains(says), "{error}");
    }
}
