//! Damaged, hostile and unusual files, each with what must come of it.
//!
//! Every file has rows with a number, `id`, by which they are told apart, and a value, `v`.

mod frames;
mod headers;
mod values;

use crate::raw;

/// A file, and what must come of it. Kinds of errors have the names of the library's `ErrorKind`.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is odd about it.
    pub name: String,
    /// The file.
    pub file: Vec<u8>,
    /// The rows that a strict reading gives, by their `id`.
    pub strict: Vec<i64>,
    /// The kind of error that a strict reading ends with.
    pub error: Option<&'static str>,
    /// What is left when damaged blocks are skipped; `None` where the error is not one of blocks.
    pub skipping: Option<Skipping>,
}

/// What is left of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipping {
    /// The rows by their `id`.
    pub rows: Vec<i64>,
    /// What was skipped.
    pub bad: Vec<Bad>,
}

/// A damaged part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it begins.
    pub offset: usize,
    /// How long it is.
    pub bytes: usize,
    /// How many rows are lost, where that can be known.
    pub rows_lost: Option<u64>,
    /// The kind of the error.
    pub kind: String,
}

/// All files: at least 150.
pub fn all() -> Vec<Case> {
    [frames::cases(), headers::cases(), values::cases()].concat()
}

/// Records of a number and this type.
fn schema(ty: &str) -> String {
    format!(
        r#"{{"type":"record","name":"R","fields":[
            {{"name":"id","type":"long"}},{{"name":"v","type":{ty}}}]}}"#
    )
}

/// A row with this number and this encoded value.
fn row(id: i64, value: &[u8]) -> Vec<u8> {
    [raw::long(id), value.to_vec()].concat()
}
