//! Files whose last block declares more rows than it can hold.

use crate::raw;
use crate::write::Codec;

/// A schema, and its smallest row.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The JSON text.
    pub schema: &'static str,
    /// As it is in a block.
    pub row: Vec<u8>,
}

/// Rows of no bytes, of one byte and of many.
pub fn kinds() -> [Kind; 6] {
    let kind = |schema, row: &[u8]| Kind {
        schema,
        row: row.to_vec(),
    };
    [
        kind(r#""null""#, &[]),
        kind(
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"null"},
                {"name":"b","type":{"type":"record","name":"E","fields":[
                    {"name":"c","type":"null"}]}}]}"#,
            &[],
        ),
        kind(r#""long""#, &[0]),
        kind(
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","double"]}]}"#,
            &[0],
        ),
        kind(
            r#"{"type":"record","name":"R","fields":[
                {"name":"id","type":{"type":"fixed","name":"F","size":16}},
                {"name":"x","type":"double"},
                {"name":"next","type":["null","R"]}]}"#,
            &[0; 25],
        ),
        kind(
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":[
                {"type":"fixed","name":"F","size":40},{"type":"fixed","name":"G","size":30}]}]}"#,
            &[&[2][..], &[0; 30]].concat(),
        ),
    ]
}

/// How many rows the body of the last block has.
pub const BODY: usize = 3;

/// How many rows it may declare at most: of no bytes, as many as the default limit allows.
pub fn fitting(kind: &Kind) -> i64 {
    match kind.row.len() {
        0 => 1 << 20,
        _ => BODY as i64,
    }
}

/// Numbers of rows that no block of these files can hold, whatever its compression.
pub const TOO_MANY: [i64; 5] = [1 << 31, 1 << 40, 1 << 62, i64::MAX - 1, i64::MAX];

/// A file of one sound block of two rows, and one that declares `rows` for its three.
pub fn file(kind: &Kind, codec: Codec, rows: i64) -> Vec<u8> {
    let body = |count: usize| codec.compress(&kind.row.repeat(count));
    raw::file_with_codec(kind.schema, codec.name())
        .block(2, &body(2))
        .block(rows, &body(BODY))
        .finish()
}
