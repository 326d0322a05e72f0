//! Records in records, four levels deep, with an array of records and a record that may be null.

use serde::Serialize;

use super::{mix, pick};
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = r#"{"type":"record","name":"Nested","fields":[
    {"name":"id","type":"long"},
    {"name":"site","type":{"type":"record","name":"Site","fields":[
        {"name":"code","type":"string"},
        {"name":"place","type":{"type":"record","name":"Place","fields":[
            {"name":"latitude","type":"double"},
            {"name":"longitude","type":"double"},
            {"name":"address","type":{"type":"record","name":"Address","fields":[
                {"name":"street","type":"string"},
                {"name":"number","type":"int"}]}}]}},
        {"name":"parts","type":{"type":"array","items":{"type":"record","name":"Part","fields":[
            {"name":"name","type":"string"},
            {"name":"weight","type":"float"}]}}}]}},
    {"name":"owner","type":["null",{"type":"record","name":"Owner","fields":[
        {"name":"name","type":"string"},
        {"name":"since","type":"int"}]}]}]}"#;

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Nested {
    pub id: i64,
    pub site: Site,
    pub owner: Option<Owner>,
}

/// The second level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Site {
    pub code: String,
    pub place: Place,
    pub parts: Vec<Part>,
}

/// The third level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub address: Address,
}

/// The fourth level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Address {
    pub street: String,
    pub number: i32,
}

/// The record of the array.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Part {
    pub name: &'static str,
    pub weight: f32,
}

/// The record that may be null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Owner {
    pub name: String,
    pub since: i32,
}

impl Nested {
    /// The row of this number.
    pub fn at(row: u64) -> Self {
        let part = |i| Part {
            name: pick(&["axle", "bolt", "crank", "dynamo", "spring"], row, 10 + i),
            weight: (mix(row, 20 + i) % 1_000) as f32 / 8.0,
        };
        Self {
            id: row as i64,
            site: Site {
                code: format!("S{}", mix(row, 1) % 10_000),
                place: Place {
                    latitude: (mix(row, 2) % 180_000) as f64 / 1_000.0 - 90.0,
                    longitude: (mix(row, 3) % 360_000) as f64 / 1_000.0 - 180.0,
                    address: Address {
                        street: format!("Street number {}", mix(row, 4) % 5_000),
                        number: (mix(row, 5) % 300) as i32,
                    },
                },
                parts: (0..mix(row, 6) % 4).map(part).collect(),
            },
            owner: (!mix(row, 7).is_multiple_of(4)).then(|| Owner {
                name: format!("owner-{}", mix(row, 8) % 100_000),
                since: 1950 + (mix(row, 9) % 75) as i32,
            }),
        }
    }
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::rows(SCHEMA, (0..rows).map(Nested::at), codec, rows_per_block)
}
