//! Rows with a column of each type that a value without fields can have, with and without null: as
//! an Avro file, and as a record batch that is put together by hand.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, NullArray, RecordBatch, StringArray, StringViewArray, StructArray,
    Time32MillisecondArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Fields, IntervalMonthDayNano, Schema, i256};

use super::{mix, pick};
use crate::raw::{self, bytes, long};

/// The columns and their types. Each has a second column, `n_` and its name, that may be null.
const COLUMNS: [(&str, &str); 20] = [
    ("yes", r#""boolean""#),
    ("i32", r#""int""#),
    ("i64", r#""long""#),
    ("f32", r#""float""#),
    ("f64", r#""double""#),
    ("txt", r#""string""#),
    ("bin", r#""bytes""#),
    ("fix", r#"{"type":"fixed","name":"Name","size":3}"#),
    (
        "sym",
        r#"{"type":"enum","name":"Name","symbols":["low","mid","high"]}"#,
    ),
    (
        "dec",
        r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
    ),
    (
        "big",
        r#"{"type":"bytes","logicalType":"decimal","precision":50,"scale":3}"#,
    ),
    ("day", r#"{"type":"int","logicalType":"date"}"#),
    ("t_ms", r#"{"type":"int","logicalType":"time-millis"}"#),
    ("t_us", r#"{"type":"long","logicalType":"time-micros"}"#),
    ("ms", r#"{"type":"long","logicalType":"timestamp-millis"}"#),
    ("us", r#"{"type":"long","logicalType":"timestamp-micros"}"#),
    ("ns", r#"{"type":"long","logicalType":"timestamp-nanos"}"#),
    (
        "local",
        r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
    ),
    ("uuid", r#"{"type":"string","logicalType":"uuid"}"#),
    (
        "span",
        r#"{"type":"fixed","name":"Name","size":12,"logicalType":"duration"}"#,
    ),
];

const SYMBOLS: [&str; 3] = ["low", "mid", "high"];
const TEXTS: [&str; 5] = [
    "",
    "Ähre",
    "100% of it",
    "under_score",
    "a text longer than a view holds",
];

/// A value of each column.
#[derive(Clone, Copy)]
struct Row(u64);

impl Row {
    fn number(self) -> i64 {
        (mix(self.0, 1) % 200) as i64 - 100
    }

    fn float(self) -> f64 {
        match mix(self.0, 2) % 20 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => -0.0,
            _ => (mix(self.0, 3) % 400) as f64 / 4.0 - 50.0,
        }
    }

    fn text(self) -> &'static str {
        pick(&TEXTS, self.0, 4)
    }

    fn three(self) -> [u8; 3] {
        [(mix(self.0, 5) % 4) as u8, 0xff, b'a']
    }

    fn yes(self) -> bool {
        mix(self.0, 6).is_multiple_of(2)
    }

    fn symbol(self) -> i32 {
        (mix(self.0, 7) % 3) as i32
    }

    fn moment(self) -> i64 {
        1_700_000_000 + self.number() * 3600
    }

    fn uuid(self) -> String {
        format!("00112233-4455-6677-8899-{:012x}", self.number() + 100)
    }

    fn span(self) -> (u32, u32, u32) {
        (
            (mix(self.0, 8) % 3) as u32,
            (mix(self.0, 9) % 40) as u32,
            1000,
        )
    }

    /// Whether the column of this number is null, of those that may be.
    fn is_null(self, column: usize) -> bool {
        mix(self.0, 100 + column as u64).is_multiple_of(4)
    }

    /// The value of a column as Avro has it.
    fn encoded(self, column: &str) -> Vec<u8> {
        match column {
            "yes" => vec![self.yes().into()],
            "i32" | "i64" => long(self.number()),
            "f32" => (self.float() as f32).to_le_bytes().to_vec(),
            "f64" => self.float().to_le_bytes().to_vec(),
            "txt" => bytes(self.text()),
            "bin" => bytes(self.three()),
            "fix" => self.three().to_vec(),
            "sym" => long(self.symbol().into()),
            "dec" | "big" => bytes((self.number() * 25).to_be_bytes()),
            "day" => long(19_000 + self.number()),
            "t_ms" => long((self.number() + 100) * 1000),
            "t_us" => long((self.number() + 100) * 1_000_001),
            "ms" => long(self.moment() * 1000 + 1),
            "us" | "local" => long(self.moment() * 1_000_000 + 1),
            "ns" => long(self.moment() * 1_000_000_000 + 1),
            "uuid" => bytes(self.uuid()),
            "span" => {
                let (months, days, millis) = self.span();
                [months, days, millis].map(u32::to_le_bytes).concat()
            }
            other => panic!("no column {other}"),
        }
    }
}

/// `id`, `none`, `many` (a union of several), and the columns of [`COLUMNS`] twice.
fn schema() -> String {
    let column = |(index, (name, ty)): (usize, &(&str, &str))| {
        let one = ty.replace("Name", &format!("N{index}"));
        let two = ty.replace("Name", &format!("Null{index}"));
        format!(r#"{{"name":"{name}","type":{one}}},{{"name":"n_{name}","type":["null",{two}]}}"#)
    };
    let columns: Vec<_> = COLUMNS.iter().enumerate().map(column).collect();
    format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"id","type":"long"}},
        {{"name":"none","type":"null"}},{{"name":"many","type":["null","string","long"]}},{}]}}"#,
        columns.join(",")
    )
}

/// The rows of these numbers as a file, a block after every `rows_per_block`.
pub fn file(rows: Range<u64>, rows_per_block: usize) -> Vec<u8> {
    let rows: Vec<Row> = rows.map(Row).collect();
    let mut file = raw::file(&schema());
    for block in rows.chunks(rows_per_block) {
        let mut body = Vec::new();
        for row in block {
            body.extend(long(row.0 as i64));
            body.extend(match mix(row.0, 99) % 3 {
                0 => long(0),
                1 => [long(1), bytes(row.text())].concat(),
                _ => [long(2), long(row.number())].concat(),
            });
            for (index, (name, _)) in COLUMNS.iter().enumerate() {
                body.extend(row.encoded(name));
                body.extend(match row.is_null(index) {
                    true => long(0),
                    false => [long(1), row.encoded(name)].concat(),
                });
            }
        }
        file = file.block(block.len() as i64, &body);
    }
    file.finish()
}

/// The same rows in memory.
pub fn batch(rows: Range<u64>) -> RecordBatch {
    let rows: Vec<Row> = rows.map(Row).collect();
    let ids = rows.iter().map(|row| row.0 as i64);
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    let mut columns: Vec<(String, bool, ArrayRef)> = vec![
        ("id".to_owned(), false, ids),
        (
            "none".to_owned(),
            true,
            Arc::new(NullArray::new(rows.len())),
        ),
        ("many".to_owned(), true, many(&rows)),
    ];
    for (index, (name, _)) in COLUMNS.iter().enumerate() {
        let all: Vec<_> = rows.iter().map(|row| Some(*row)).collect();
        columns.push(((*name).to_owned(), false, column(name, &all)));
        let some: Vec<_> = rows
            .iter()
            .map(|row| (!row.is_null(index)).then_some(*row))
            .collect();
        columns.push((format!("n_{name}"), true, column(name, &some)));
    }
    let field = |(name, nullable, column): &(String, bool, ArrayRef)| {
        Field::new(name, column.data_type().clone(), *nullable)
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let columns = columns.into_iter().map(|(_, _, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// A column of these values, null where there is no row.
fn column(name: &str, rows: &[Option<Row>]) -> ArrayRef {
    let values = || rows.iter().copied();
    let numbers = |number: fn(Row) -> i64| values().map(move |row| Some(number(row?)));
    match name {
        "yes" => Arc::new(BooleanArray::from_iter(
            values().map(|row| Some(row?.yes())),
        )),
        "i32" => Arc::new(Int32Array::from_iter(
            numbers(Row::number).map(|number| Some(number? as i32)),
        )),
        "i64" => Arc::new(Int64Array::from_iter(numbers(Row::number))),
        "f32" => Arc::new(Float32Array::from_iter(
            values().map(|row| Some(row?.float() as f32)),
        )),
        "f64" => Arc::new(Float64Array::from_iter(
            values().map(|row| Some(row?.float())),
        )),
        "txt" => Arc::new(StringViewArray::from_iter(
            values().map(|row| Some(row?.text())),
        )),
        "bin" => Arc::new(BinaryViewArray::from_iter(
            values().map(|row| Some(row?.three())),
        )),
        "fix" => {
            let values = values().map(|row| Some(row?.three()));
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values, 3).unwrap())
        }
        "sym" => {
            let keys = Int32Array::from_iter(values().map(|row| Some(row?.symbol())));
            let symbols = Arc::new(StringArray::from(SYMBOLS.to_vec()));
            Arc::new(DictionaryArray::new(keys, symbols))
        }
        "dec" => {
            let values = numbers(|row| row.number() * 25).map(|n| Some(i128::from(n?)));
            let values = Decimal128Array::from_iter(values);
            Arc::new(values.with_precision_and_scale(9, 2).unwrap())
        }
        "big" => {
            let values =
                numbers(|row| row.number() * 25).map(|n| Some(i256::from_i128(i128::from(n?))));
            let values = Decimal256Array::from_iter(values);
            Arc::new(values.with_precision_and_scale(50, 3).unwrap())
        }
        "day" => Arc::new(Date32Array::from_iter(
            numbers(|row| 19_000 + row.number()).map(|day| Some(day? as i32)),
        )),
        "t_ms" => Arc::new(Time32MillisecondArray::from_iter(
            numbers(|row| (row.number() + 100) * 1000).map(|time| Some(time? as i32)),
        )),
        "t_us" => Arc::new(Time64MicrosecondArray::from_iter(numbers(|row| {
            (row.number() + 100) * 1_000_001
        }))),
        "ms" => {
            let values = numbers(|row| row.moment() * 1000 + 1);
            Arc::new(TimestampMillisecondArray::from_iter(values).with_timezone("UTC"))
        }
        "us" => {
            let values = numbers(|row| row.moment() * 1_000_000 + 1);
            Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
        }
        "ns" => {
            let values = numbers(|row| row.moment() * 1_000_000_000 + 1);
            Arc::new(TimestampNanosecondArray::from_iter(values).with_timezone("UTC"))
        }
        "local" => {
            let values = numbers(|row| row.moment() * 1_000_000 + 1);
            Arc::new(TimestampMicrosecondArray::from_iter(values))
        }
        "uuid" => Arc::new(StringViewArray::from_iter(
            values().map(|row| Some(row?.uuid())),
        )),
        "span" => Arc::new(IntervalMonthDayNanoArray::from_iter(values().map(|row| {
            let (months, days, millis) = row?.span();
            let nanos = i64::from(millis) * 1_000_000;
            Some(IntervalMonthDayNano::new(months as i32, days as i32, nanos))
        }))),
        other => panic!("no column {other}"),
    }
}

/// A union of null, string and long: a struct of the branches, null where the value is.
fn many(rows: &[Row]) -> ArrayRef {
    let branch = |row: &Row| mix(row.0, 99) % 3;
    let texts = rows
        .iter()
        .map(|row| (branch(row) == 1).then(|| row.text()));
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter(texts));
    let numbers = rows
        .iter()
        .map(|row| (branch(row) == 2).then(|| row.number()));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter(numbers));
    let present: NullBuffer = rows.iter().map(|row| branch(row) != 0).collect();
    let fields: Fields = [("string", &texts), ("long", &numbers)]
        .into_iter()
        .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
        .collect();
    Arc::new(StructArray::new(
        fields,
        vec![texts, numbers],
        Some(present),
    ))
}
