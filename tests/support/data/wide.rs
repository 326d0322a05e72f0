//! A hundred columns, `c0` to `c99`: by turns long, double, string, nullable long and boolean.

use apache_avro::types::Value;

use super::mix;
use crate::write::{self, Codec};

/// How many columns.
pub const COLUMNS: u64 = 100;

/// The Avro schema.
pub fn schema() -> String {
    let kind = |i| match i % 5 {
        0 => r#""long""#,
        1 => r#""double""#,
        2 => r#""string""#,
        3 => r#"["null","long"]"#,
        _ => r#""boolean""#,
    };
    let fields: Vec<String> = (0..COLUMNS)
        .map(|i| format!(r#"{{"name":"c{i}","type":{}}}"#, kind(i)))
        .collect();
    format!(
        r#"{{"type":"record","name":"Wide","fields":[{}]}}"#,
        fields.join(",")
    )
}

/// The value of one cell.
pub fn at(row: u64, column: u64) -> Value {
    let x = mix(row, column) % 1_000_000;
    match column % 5 {
        0 => Value::Long(x as i64),
        1 => Value::Double(x as f64 / 3.0),
        2 => Value::String(format!("v{x}")),
        3 if x.is_multiple_of(4) => Value::Union(0, Box::new(Value::Null)),
        3 => Value::Union(1, Box::new(Value::Long(-(x as i64)))),
        _ => Value::Boolean(x.is_multiple_of(2)),
    }
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    let row = |i| Value::Record((0..COLUMNS).map(|c| (format!("c{c}"), at(i, c))).collect());
    write::values(&schema(), (0..rows).map(row), codec, rows_per_block)
}
