//! A column of every kind, half of them with nulls: what queries are run over.
//!
//! Numbers are multiples of a power of two, so that a sum is the same in any order.

use apache_avro::types::Value;

use super::{mix, pick};
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = r#"{"type":"record","name":"Kinds","fields":[
    {"name":"id","type":"long"},
    {"name":"flag","type":"boolean"},
    {"name":"small","type":"int"},
    {"name":"count","type":["null","int"]},
    {"name":"price","type":"double"},
    {"name":"ratio","type":["float","null"]},
    {"name":"name","type":"string"},
    {"name":"note","type":["null","string"]},
    {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B","C","D"]}},
    {"name":"mood","type":["null",{"type":"enum","name":"Mood","symbols":["glad","sad"]}]},
    {"name":"day","type":{"type":"int","logicalType":"date"}},
    {"name":"clock","type":{"type":"long","logicalType":"time-micros"}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"local","type":["null",{"type":"long","logicalType":"local-timestamp-millis"}]},
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
    {"name":"blob","type":"bytes"},
    {"name":"code","type":["null",{"type":"fixed","name":"Code","size":4}]},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"scores","type":["null",{"type":"array","items":["null","long"]}]},
    {"name":"place","type":{"type":"record","name":"Place","fields":[
        {"name":"city","type":"string"},
        {"name":"zip","type":["null","int"]},
        {"name":"spot","type":{"type":"record","name":"Spot","fields":[
            {"name":"lat","type":"double"},
            {"name":"lon","type":"double"}]}}]}},
    {"name":"owner","type":["null",{"type":"record","name":"Owner","fields":[
        {"name":"name","type":"string"},
        {"name":"since","type":"int"}]}]},
    {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
        {"name":"sku","type":"string"},
        {"name":"quantity","type":"int"}]}}},
    {"name":"counts","type":{"type":"map","values":"long"}},
    {"name":"either","type":["null","long","string"]}]}"#;

const KINDS: [&str; 4] = ["A", "B", "C", "D"];
const MOODS: [&str; 2] = ["glad", "sad"];
const CITIES: [&str; 5] = ["Oslo", "Lima", "São Paulo", "Kyoto", "Reykjavík by the sea"];
const TAGS: [&str; 4] = ["red", "green", "blue", "ultraviolet, and more"];

/// The row of this number.
pub fn at(row: u64) -> Value {
    let x = |salt| mix(row, salt);
    let number = |salt, below: u64| (x(salt) % below) as i64;
    let text = |salt, below| match x(salt) % 3 {
        0 => format!("a name that is longer than a view, {}", number(salt, below)),
        _ => format!("n{}", number(salt, below)),
    };
    let record = |fields: Vec<(&str, Value)>| {
        let fields = fields.into_iter();
        Value::Record(
            fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    };
    let items = (0..x(30) % 3).map(|i| {
        record(vec![
            ("sku", Value::String(format!("sku-{}", number(31 + i, 20)))),
            ("quantity", Value::Int(number(34 + i, 9) as i32)),
        ])
    });
    let scores = (0..x(20) % 4).map(|i| {
        let score = Value::Long(number(21 + i, 100) - 50);
        null_first(!x(25 + i).is_multiple_of(3), score)
    });
    let place = vec![
        ("city", Value::String(pick(&CITIES, row, 40).to_owned())),
        (
            "zip",
            null_first(x(41) % 4 > 0, Value::Int(number(42, 1_000) as i32)),
        ),
        (
            "spot",
            record(vec![
                ("lat", Value::Double(number(43, 720) as f64 / 4.0 - 90.0)),
                ("lon", Value::Double(number(44, 1_440) as f64 / 4.0 - 180.0)),
            ]),
        ),
    ];
    let owner = record(vec![
        ("name", Value::String(text(45, 30))),
        ("since", Value::Int(1950 + number(46, 75) as i32)),
    ]);
    // The writer's map has no order: with one entry at most, a row is always the same bytes.
    let counts = (x(47) % 3 > 0).then(|| {
        let key = pick(&["x", "y"], row, 59);
        (key.to_owned(), Value::Long(number(48, 100)))
    });
    let ratio = match x(6) % 8 {
        0 => Value::Union(1, Box::new(Value::Null)),
        1 => Value::Union(0, Box::new(Value::Float(f32::NAN))),
        _ => Value::Union(0, Box::new(Value::Float(number(7, 100) as f32 / 8.0))),
    };
    let either = match x(49) % 3 {
        0 => Value::Union(0, Box::new(Value::Null)),
        1 => Value::Union(1, Box::new(Value::Long(number(50, 100)))),
        _ => Value::Union(2, Box::new(Value::String(text(51, 10)))),
    };
    let cents = number(15, 100_000) - 20_000;
    record(vec![
        ("id", Value::Long(row as i64)),
        ("flag", Value::Boolean(x(1).is_multiple_of(2))),
        ("small", Value::Int(number(2, 7) as i32 - 3)),
        (
            "count",
            null_first(x(3) % 4 > 0, Value::Int(number(4, 50) as i32)),
        ),
        ("price", Value::Double(number(5, 10_000) as f64 / 4.0)),
        ("ratio", ratio),
        ("name", Value::String(text(8, 40))),
        (
            "note",
            null_first(x(9) % 3 > 0, Value::String(note(number(10, 4)).to_owned())),
        ),
        ("kind", symbol(&KINDS, x(11))),
        ("mood", null_first(x(12) % 3 > 0, symbol(&MOODS, x(13)))),
        ("day", Value::Int(19_700 + (row / 10) as i32)),
        ("clock", Value::Long(number(14, 86_400_000_000))),
        (
            "at",
            Value::Long(1_700_000_000_000_000 + row as i64 * 3_600_000_003),
        ),
        (
            "local",
            null_first(
                !row.is_multiple_of(3),
                Value::Long(1_700_000_000_000 + row as i64 * 60_000),
            ),
        ),
        (
            "amount",
            Value::Decimal(cents.to_be_bytes().to_vec().into()),
        ),
        (
            "blob",
            Value::Bytes(x(16).to_be_bytes().repeat((x(17) % 3) as usize)),
        ),
        (
            "code",
            null_first(
                x(18) % 3 > 0,
                Value::Fixed(4, (x(19) as u32).to_be_bytes().to_vec()),
            ),
        ),
        (
            "tags",
            Value::Array(
                (0..x(52) % 4)
                    .map(|i| Value::String(pick(&TAGS, row, 53 + i).to_owned()))
                    .collect(),
            ),
        ),
        (
            "scores",
            null_first(x(57) % 4 > 0, Value::Array(scores.collect())),
        ),
        ("place", record(place)),
        ("owner", null_first(x(58) % 3 > 0, owner)),
        ("items", Value::Array(items.collect())),
        ("counts", Value::Map(counts.into_iter().collect())),
        ("either", either),
    ])
}

fn null_first(is_some: bool, value: Value) -> Value {
    match is_some {
        true => Value::Union(1, Box::new(value)),
        false => Value::Union(0, Box::new(Value::Null)),
    }
}

fn symbol(symbols: &[&str], x: u64) -> Value {
    let index = x % symbols.len() as u64;
    Value::Enum(index as u32, symbols[index as usize].to_owned())
}

fn note(number: i64) -> &'static str {
    match number {
        0 => "",
        1 => "short",
        2 => "línea dos, 日本語, 🎁",
        _ => "a note that is longer than a view",
    }
}

/// A file of the rows with these numbers, a block after every `rows_per_block`.
pub fn file(rows: std::ops::Range<u64>, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::values(SCHEMA, rows.map(at), codec, rows_per_block)
}
