//! Thirty nullable columns, `c0` to `c29`: by turns long, int, double, string and boolean. In every
//! second one null is the second branch of the union. About one value in four is null.

use apache_avro::types::Value;

use super::mix;
use crate::write::{self, Codec};

/// How many columns.
pub const COLUMNS: u64 = 30;

/// The Avro schema.
pub fn schema() -> String {
    let union = |i| {
        let kind = ["long", "int", "double", "string", "boolean"][(i % 5) as usize];
        if null_first(i) {
            format!(r#"["null","{kind}"]"#)
        } else {
            format!(r#"["{kind}","null"]"#)
        }
    };
    let fields: Vec<String> = (0..COLUMNS)
        .map(|i| format!(r#"{{"name":"c{i}","type":{}}}"#, union(i)))
        .collect();
    format!(
        r#"{{"type":"record","name":"Nullable","fields":[{}]}}"#,
        fields.join(",")
    )
}

fn null_first(column: u64) -> bool {
    column.is_multiple_of(2)
}

/// The value of one cell.
pub fn at(row: u64, column: u64) -> Value {
    let null = u32::from(!null_first(column));
    let x = mix(row, column);
    if x.is_multiple_of(4) {
        return Value::Union(null, Box::new(Value::Null));
    }
    let x = x / 4 % 1_000_000;
    let value = match column % 5 {
        0 => Value::Long(x as i64 - 500_000),
        1 => Value::Int(x as i32 / 10),
        2 => Value::Double(x as f64 / 3.0),
        3 => Value::String(format!("value {x}")),
        _ => Value::Boolean(x.is_multiple_of(2)),
    };
    Value::Union(1 - null, Box::new(value))
}

/// A file of the first `rows` rows, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    let row = |i| Value::Record((0..COLUMNS).map(|c| (format!("c{c}"), at(i, c))).collect());
    write::values(&schema(), (0..rows).map(row), codec, rows_per_block)
}
