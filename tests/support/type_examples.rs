//! The table of examples in `docs/types.md`.

use serde_json::{Value as Json, json};

use crate::random::to_apache;
use crate::schema::Schema;
use crate::write::{self, Codec};

const GUIDE: &str = include_str!("../../docs/types.md");

/// A row of the table of examples.
#[derive(Debug)]
pub struct Example<'a> {
    /// The schema of a field.
    pub avro: &'a str,
    /// A value of it, as JSON.
    pub value: &'a str,
    /// Its Arrow type.
    pub arrow: &'a str,
    /// Its Polars dtype.
    pub polars: &'a str,
    /// The value as Arrow displays it.
    pub read: &'a str,
}

/// The rows of the table.
pub fn examples() -> Vec<Example<'static>> {
    let rows = GUIDE.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .strip_prefix("| `")?
            .strip_suffix("` |")?
            .split("` | `")
            .collect();
        let [avro, value, arrow, polars, read] = cells[..] else {
            return None;
        };
        Some(Example {
            avro,
            value,
            arrow,
            polars,
            read,
        })
    });
    rows.collect()
}

impl Example<'_> {
    /// A file with one row, whose one field `v` has this value.
    pub fn file(&self) -> Vec<u8> {
        let text = format!(
            r#"{{"type":"record","name":"Row","fields":[{{"name":"v","type":{}}}]}}"#,
            self.avro
        );
        let schema = Schema::parse(&text).expect(self.avro);
        let value: Json = serde_json::from_str(self.value).expect(self.value);
        let row = to_apache(&schema, &json!({ "v": value }));
        write::values(&text, [row], Codec::Null, 1)
    }
}
