//! What two schemas become, rule by rule. That each input resolves to it is judged by `judge`.

mod defaults;
mod hostile;
mod judge;
mod names;
mod random;
mod values;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::schema::AvroSchema;

fn schemas(texts: &[&str]) -> Vec<AvroSchema> {
    let parse = |text: &&str| text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    texts.iter().map(parse).collect()
}

/// The merged schema of these; the files are named `file0`, `file1` and so on.
fn try_merge(texts: &[&str]) -> Result<AvroSchema> {
    let schemas = schemas(texts);
    let names: Vec<String> = (0..texts.len()).map(|i| format!("file{i}")).collect();
    let named = names.iter().map(String::as_str).zip(&schemas);
    AvroSchema::union_by_name(named, &Limits::default())
}

/// The text of the merged schema, which each of the texts resolves to.
fn merge(texts: &[&str]) -> String {
    let merged = try_merge(texts).unwrap_or_else(|error| panic!("{texts:?}: {error}"));
    for writer in schemas(texts) {
        judge::assert_resolves(&writer, &merged);
    }
    merged.json().to_owned()
}

/// What has been merged already changes nothing. (It may where two types of one file have become
/// one: beside a union of both they are two again.)
fn assert_nothing_new(merged: &str, texts: &[&str]) {
    let all = [&[merged], texts].concat();
    assert_eq!(merge(&all), merged);
    assert_eq!(merge(&[merged, texts[0]]), merged);
}

/// A record with one field `f`.
fn record(type_: &str) -> String {
    record_of(&[("f", type_)])
}

fn record_of(fields: &[(&str, &str)]) -> String {
    let field = |(name, type_): &(&str, &str)| format!(r#"{{"name":"{name}","type":{type_}}}"#);
    let fields: Vec<String> = fields.iter().map(field).collect();
    let fields = fields.join(",");
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// What these types of one field become.
fn field(types: &[&str]) -> String {
    let records: Vec<String> = types.iter().map(|type_| record(type_)).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let merged = merge(&records);
    assert_nothing_new(&merged, &records);
    let merged: Value = serde_json::from_str(&merged).unwrap();
    merged["fields"][0]["type"].to_string()
}

fn mismatch(texts: &[&str]) -> Error {
    let error = try_merge(texts).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    error
}
