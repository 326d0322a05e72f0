//! Rows with nulls, structs, a list and a map: as an Avro file, and as a record batch that is put
//! together by hand.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    Int64Builder, ListBuilder, MapBuilder, MapFieldNames, RecordBatch, StringArray, StringBuilder,
    StringViewArray, StringViewBuilder, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use serde::Serialize;

use super::{mix, pick};
use crate::write::{self, Codec};

const SCHEMA: &str = r#"{"type":"record","name":"Row","fields":[
    {"name":"id","type":"long"},
    {"name":"name","type":["null","string"]},
    {"name":"score","type":["double","null"]},
    {"name":"active","type":"boolean"},
    {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B","C"]}},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"day","type":["null",{"type":"int","logicalType":"date"}]},
    {"name":"place","type":["null",{"type":"record","name":"Place","fields":[
        {"name":"city","type":"string"},
        {"name":"zip","type":["null","int"]},
        {"name":"geo","type":{"type":"record","name":"Geo","fields":[
            {"name":"lat","type":"double"},
            {"name":"lon","type":"double"}]}}]}]},
    {"name":"tags","type":{"type":"array","items":"string"}},
    {"name":"counts","type":{"type":"map","values":"long"}}]}"#;

const SYMBOLS: [&str; 3] = ["A", "B", "C"];
const CITIES: [&str; 4] = [
    "Berlin",
    "Kyoto",
    "Lagos",
    "a name longer than a view holds inline",
];

#[derive(Serialize)]
struct Row {
    id: i64,
    name: Option<String>,
    score: Option<f64>,
    active: bool,
    kind: Kind,
    at: i64,
    day: Option<i32>,
    place: Option<Place>,
    tags: Vec<&'static str>,
    counts: BTreeMap<&'static str, i64>,
}

#[derive(Clone, Copy, Serialize)]
enum Kind {
    A,
    B,
    C,
}

#[derive(Serialize)]
struct Place {
    city: &'static str,
    zip: Option<i32>,
    geo: Geo,
}

#[derive(Serialize)]
struct Geo {
    lat: f64,
    lon: f64,
}

impl Row {
    fn at(row: u64) -> Self {
        let some = |n, salt| !mix(row, salt).is_multiple_of(n);
        Self {
            id: row as i64,
            name: some(4, 1).then(|| format!("name {}", mix(row, 2) % 50)),
            score: some(5, 3).then_some((mix(row, 4) % 1000) as f64 / 8.0 - 50.0),
            active: some(2, 5),
            kind: pick(&[Kind::A, Kind::B, Kind::C], row, 6),
            at: 1_700_000_000_000_000 + row as i64 * 1_000_001,
            day: some(3, 7).then_some(19_000 + (mix(row, 8) % 40) as i32),
            place: some(6, 9).then(|| Place {
                city: pick(&CITIES, row, 10),
                zip: some(3, 11).then_some((mix(row, 12) % 90_000) as i32),
                geo: Geo {
                    lat: (row % 90) as f64,
                    lon: -((row % 7) as f64),
                },
            }),
            tags: (0..mix(row, 13) % 3)
                .map(|i| pick(&["x", "y", "z"], row, 14 + i))
                .collect(),
            counts: ["k", "l"]
                .into_iter()
                .take((mix(row, 17) % 3) as usize)
                .map(|key| (key, row as i64))
                .collect(),
        }
    }
}

/// The rows of these numbers as a file, a block after every `rows_per_block`.
pub fn file(rows: Range<u64>, rows_per_block: usize) -> Vec<u8> {
    write::rows(SCHEMA, rows.map(Row::at), Codec::Deflate, rows_per_block)
}

/// The same rows in memory.
pub fn batch(rows: Range<u64>) -> RecordBatch {
    let rows: Vec<Row> = rows.map(Row::at).collect();
    let kinds: Int32Array = rows.iter().map(|row| Some(row.kind as i32)).collect();
    let symbols = Arc::new(StringArray::from(SYMBOLS.to_vec()));
    let columns: Vec<(&str, bool, ArrayRef)> = vec![
        (
            "id",
            false,
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.id))),
        ),
        (
            "name",
            true,
            Arc::new(
                rows.iter()
                    .map(|r| r.name.clone())
                    .collect::<StringViewArray>(),
            ),
        ),
        (
            "score",
            true,
            Arc::new(rows.iter().map(|row| row.score).collect::<Float64Array>()),
        ),
        (
            "active",
            false,
            Arc::new(BooleanArray::from_iter(rows.iter().map(|r| Some(r.active)))),
        ),
        (
            "kind",
            false,
            Arc::new(DictionaryArray::new(kinds, symbols)),
        ),
        (
            "at",
            false,
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.at))
                    .with_timezone("UTC"),
            ),
        ),
        (
            "day",
            true,
            Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>()),
        ),
        ("place", true, places(&rows)),
        ("tags", false, tags(&rows)),
        ("counts", false, counts(&rows)),
    ];
    let field = |(name, nullable, column): &(&str, bool, ArrayRef)| {
        Field::new(*name, column.data_type().clone(), *nullable)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, _, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// Structs whose fields are null wherever the struct is.
fn places(rows: &[Row]) -> ArrayRef {
    let places = || rows.iter().map(|row| row.place.as_ref());
    let present: NullBuffer = places().map(|place| place.is_some()).collect();
    let geo_fields = ["lat", "lon"].map(|name| Field::new(name, DataType::Float64, true));
    let geo = StructArray::new(
        geo_fields.to_vec().into(),
        vec![
            Arc::new(
                places()
                    .map(|place| Some(place?.geo.lat))
                    .collect::<Float64Array>(),
            ),
            Arc::new(
                places()
                    .map(|place| Some(place?.geo.lon))
                    .collect::<Float64Array>(),
            ),
        ],
        Some(present.clone()),
    );
    let fields = vec![
        Field::new("city", DataType::Utf8View, true),
        Field::new("zip", DataType::Int32, true),
        Field::new("geo", DataType::Struct(geo.fields().clone()), true),
    ];
    Arc::new(StructArray::new(
        fields.into(),
        vec![
            Arc::new(
                places()
                    .map(|place| Some(place?.city))
                    .collect::<StringViewArray>(),
            ),
            Arc::new(places().map(|place| place?.zip).collect::<Int32Array>()),
            Arc::new(geo),
        ],
        Some(present),
    ))
}

fn tags(rows: &[Row]) -> ArrayRef {
    let item = Field::new("item", DataType::Utf8View, false);
    let mut tags = ListBuilder::new(StringViewBuilder::new()).with_field(item);
    for row in rows {
        row.tags
            .iter()
            .for_each(|tag| tags.values().append_value(tag));
        tags.append(true);
    }
    Arc::new(tags.finish())
}

fn counts(rows: &[Row]) -> ArrayRef {
    let names = MapFieldNames {
        entry: "entries".to_owned(),
        key: "key".to_owned(),
        value: "value".to_owned(),
    };
    let value = Field::new("value", DataType::Int64, false);
    let mut counts = MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new())
        .with_values_field(value);
    for row in rows {
        for (key, count) in &row.counts {
            counts.keys().append_value(key);
            counts.values().append_value(*count);
        }
        counts.append(true).unwrap();
    }
    Arc::new(counts.finish())
}
