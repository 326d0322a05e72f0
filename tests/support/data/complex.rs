//! Nested data: a timestamp, an enum, a record with nullable fields, arrays of strings and of
//! records, a map, a nullable string.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{mix, pick};
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = r#"{"type":"record","name":"Complex","fields":[
    {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B","C","D"]}},
    {"name":"user","type":{"type":"record","name":"User","fields":[
        {"name":"id","type":"long"},
        {"name":"email","type":["null","string"]},
        {"name":"age","type":["null","int"]}]}},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"events","type":{"type":"array","items":{"type":"record","name":"Event","fields":[
        {"name":"name","type":"string"},
        {"name":"value","type":"double"}]}}},
    {"name":"counts","type":{"type":"map","values":"long"}},
    {"name":"comment","type":["null","string"]}]}"#;

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Complex {
    pub at: i64,
    pub kind: Kind,
    pub user: User,
    pub tags: Vec<&'static str>,
    pub events: Vec<Event>,
    pub counts: BTreeMap<&'static str, i64>,
    pub comment: Option<String>,
}

/// The enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    A,
    B,
    C,
    D,
}

/// The nested record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct User {
    pub id: i64,
    pub email: Option<String>,
    pub age: Option<i32>,
}

/// The record of the array.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Event {
    pub name: &'static str,
    pub value: f64,
}

impl Complex {
    /// The row of this number.
    pub fn at(row: u64) -> Self {
        let user = mix(row, 1) % 100_000;
        Self {
            at: 1_700_000_000_000_000 + row as i64 * 1_000,
            kind: pick(&[Kind::A, Kind::B, Kind::C, Kind::D], row, 2),
            user: User {
                id: user as i64,
                email: (!user.is_multiple_of(5)).then(|| format!("user{user}@example.com")),
                age: (!user.is_multiple_of(3)).then_some((user % 80) as i32),
            },
            tags: (0..mix(row, 3) % 4)
                .map(|i| pick(&["red", "green", "blue", "ultraviolet"], row, 4 + i))
                .collect(),
            events: (0..mix(row, 10) % 3)
                .map(|i| Event {
                    name: pick(&["open", "click", "close"], row, 11 + i),
                    value: (mix(row, 15 + i) % 1_000) as f64 / 4.0,
                })
                .collect(),
            counts: ["x", "y"]
                .into_iter()
                .zip([row as i64 % 100, -(row as i64)])
                .collect(),
            comment: row
                .is_multiple_of(4)
                .then(|| format!("comment number {row}")),
        }
    }
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::rows(SCHEMA, (0..rows).map(Complex::at), codec, rows_per_block)
}
