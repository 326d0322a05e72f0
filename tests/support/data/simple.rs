//! Five plain columns.

use serde::Serialize;

use super::mix;
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = r#"{"type":"record","name":"Simple","fields":[
    {"name":"id","type":"long"},
    {"name":"name","type":"string"},
    {"name":"score","type":"double"},
    {"name":"active","type":"boolean"},
    {"name":"count","type":"int"}]}"#;

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Simple {
    pub id: i64,
    pub name: String,
    pub score: f64,
    pub active: bool,
    pub count: i32,
}

impl Simple {
    /// The row of this number.
    pub fn at(row: u64) -> Self {
        Self {
            id: row as i64,
            name: format!("name-{}", mix(row, 1) % 1_000_000),
            score: (mix(row, 2) % 1_000_000) as f64 / 7.0,
            active: row.is_multiple_of(3),
            count: (mix(row, 3) % 20_000) as i32 - 10_000,
        }
    }
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::rows(SCHEMA, (0..rows).map(Simple::at), codec, rows_per_block)
}
