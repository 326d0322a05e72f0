//! A number and four columns of long text: 50 to 400 bytes, in two of them not all ASCII.

use serde::Serialize;

use super::{mix, pick};
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = r#"{"type":"record","name":"Strings","fields":[
    {"name":"id","type":"long"},
    {"name":"title","type":"string"},
    {"name":"body","type":"string"},
    {"name":"comment","type":"string"},
    {"name":"address","type":"string"}]}"#;

const SHORTEST: u64 = 50;
const LONGEST: u64 = 400;

const ENGLISH: &[&str] = &[
    "after", "batch", "block", "column", "decode", "every", "file", "from", "into", "large",
    "left", "market", "number", "of", "open", "order", "over", "reader", "row", "schema", "small",
    "station", "street", "the", "under", "value", "which", "window", "with", "without", "word",
    "writer",
];

/// One word in four is not ASCII.
const MANY_LANGUAGES: &[&str] = &[
    "Calle",
    "Köln",
    "avenue",
    "brücke",
    "café",
    "city",
    "from",
    "house",
    "naïve",
    "north",
    "number",
    "near",
    "of",
    "old",
    "place",
    "post",
    "road",
    "south",
    "station",
    "straße",
    "street",
    "the",
    "tower",
    "west",
    "yard",
    "Łódź",
    "Αθήνα",
    "東京",
    "garden",
    "market",
    "river",
    "🚲",
];

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Strings {
    pub id: i64,
    pub title: String,
    pub body: String,
    pub comment: String,
    pub address: String,
}

impl Strings {
    /// The row of this number.
    pub fn at(row: u64) -> Self {
        Self {
            id: row as i64,
            title: text(ENGLISH, row, 1),
            body: text(ENGLISH, row, 1_000),
            comment: text(MANY_LANGUAGES, row, 2_000),
            address: text(MANY_LANGUAGES, row, 3_000),
        }
    }
}

/// Words of this list, as many as fit into a length that follows from row and purpose.
fn text(words: &[&str], row: u64, salt: u64) -> String {
    let bytes = (SHORTEST + mix(row, salt) % (LONGEST + 1 - SHORTEST)) as usize;
    let mut text = String::with_capacity(bytes);
    for salt in salt + 1.. {
        let word = pick(words, row, salt);
        if text.len() + 1 + word.len() > bytes {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    // What is left is shorter than a word.
    text.extend(std::iter::repeat_n('.', bytes - text.len()));
    text
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::rows(SCHEMA, (0..rows).map(Strings::at), codec, rows_per_block)
}
