//! What each type looks like in each form.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema};

use super::csv::Csv;
use super::jsonl::JsonLines;
use super::table::Table;
use super::{BatchWriter, grouped, printable_json, printable_lines};

/// Columns of one batch, every one nullable.
fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

fn jsonl(batch: &RecordBatch) -> String {
    let mut out = Vec::new();
    let mut writer = JsonLines::new(&mut out);
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

fn csv(batch: &RecordBatch) -> String {
    let mut out = Vec::new();
    let mut writer = Csv::new(&mut out, batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

fn table(batch: &RecordBatch) -> String {
    let mut out = Vec::new();
    let mut writer = Table::new(&mut out, batch.schema());
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

/// The JSON of each row of one column `v`.
fn values(column: impl Array + 'static) -> Vec<String> {
    let lines = jsonl(&batch(vec![("v", Arc::new(column))]));
    let value = |line: &str| {
        line.strip_prefix("{\"v\":")?
            .strip_suffix('}')
            .map(str::to_owned)
    };
    lines.lines().map(|line| value(line).unwrap()).collect()
}

#[test]
fn numbers_keep_their_digits() {
    assert_eq!(
        values(Int64Array::from(vec![
            Some(i64::MIN),
            None,
            Some(9_007_199_254_740_993)
        ])),
        ["-9223372036854775808", "null", "9007199254740993"]
    );
    let decimals = Decimal128Array::from(vec![
        99_999_999_999_999_999_999_999_999_999_999_999_999,
        -5,
        0,
    ])
    .with_precision_and_scale(38, 2)
    .unwrap();
    assert_eq!(
        values(decimals),
        ["999999999999999999999999999999999999.99", "-0.05", "0.00"]
    );
    assert_eq!(
        values(Float64Array::from(vec![
            0.1, -0.0, 1.0, 1e300, 5e-324, 1e16
        ])),
        ["0.1", "-0.0", "1.0", "1e300", "5e-324", "1e16"]
    );
    assert_eq!(
        values(Float32Array::from(vec![0.1, f32::MAX])),
        ["0.1", "3.4028235e38"]
    );
}

#[test]
fn floats_without_a_json_number_are_not_null() {
    assert_eq!(
        values(Float64Array::from(vec![
            Some(f64::NAN),
            Some(f64::INFINITY),
            Some(f64::NEG_INFINITY),
            None
        ])),
        ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "null"]
    );
    assert_eq!(values(Float32Array::from(vec![f32::NAN])), ["\"NaN\""]);
}

#[test]
fn bytes_are_hexadecimal() {
    assert_eq!(
        values(BinaryViewArray::from(vec![
            Some(&b"\x00\xffa quite long value"[..]),
            Some(b""),
            None
        ])),
        [
            "\"00ff61207175697465206c6f6e672076616c7565\"",
            "\"\"",
            "null"
        ]
    );
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some([1_u8, 0xab]), None].into_iter(),
        2,
    );
    assert_eq!(values(fixed.unwrap()), ["\"01ab\"", "null"]);
}

#[test]
fn dates_and_times_are_iso_8601() {
    assert_eq!(
        values(
            TimestampMillisecondArray::from(vec![Some(1_700_000_000_123), Some(-1), None])
                .with_timezone("UTC")
        ),
        [
            "\"2023-11-14T22:13:20.123Z\"",
            "\"1969-12-31T23:59:59.999Z\"",
            "null"
        ]
    );
    assert_eq!(
        values(TimestampMicrosecondArray::from(vec![1_700_000_000_000_001])),
        ["\"2023-11-14T22:13:20.000001\""]
    );
    assert_eq!(
        values(Date32Array::from(vec![0, -1])),
        ["\"1970-01-01\"", "\"1969-12-31\""]
    );
    assert_eq!(
        values(Time32MillisecondArray::from(vec![3_723_004])),
        ["\"01:02:03.004\""]
    );
    assert_eq!(
        values(Time64MicrosecondArray::from(vec![3_723_000_004])),
        ["\"01:02:03.000004\""]
    );
}

#[test]
fn dates_and_times_that_no_calendar_has_are_numbers() {
    let far = TimestampMillisecondArray::from(vec![i64::MAX, 0]).with_timezone("UTC");
    assert_eq!(
        values(far),
        ["9223372036854775807", "\"1970-01-01T00:00:00Z\""]
    );
    assert_eq!(values(Date32Array::from(vec![i32::MIN])), ["-2147483648"]);
    assert_eq!(
        values(Time32MillisecondArray::from(vec![-1, 86_400_000])),
        ["-1", "86400000"]
    );
    assert_eq!(
        values(Time64MicrosecondArray::from(vec![i64::MIN])),
        ["-9223372036854775808"]
    );
    let column = batch(vec![
        (
            "t",
            Arc::new(TimestampMillisecondArray::from(vec![i64::MIN]).with_timezone("UTC")),
        ),
        ("f", Arc::new(Float64Array::from(vec![f64::NAN]))),
    ]);
    assert_eq!(csv(&column), "t,f\n-9223372036854775808,NaN\n");
}

#[test]
fn text_and_enums_are_strings() {
    assert_eq!(
        values(StringViewArray::from(vec![
            Some("a \"b\"\n\u{1}é"),
            Some(""),
            None
        ])),
        [r#""a \"b\"\n\u0001é""#, "\"\"", "null"]
    );
    let symbols: DictionaryArray<Int32Type> =
        [Some("RED"), None, Some("RED")].into_iter().collect();
    assert_eq!(values(symbols), ["\"RED\"", "null", "\"RED\""]);
    assert_eq!(values(NullArray::new(2)), ["null", "null"]);
    assert_eq!(
        values(BooleanArray::from(vec![Some(true), None])),
        ["true", "null"]
    );
}

/// Two rows and a null: `{"a": 1, "b": "x,y"}`, `{"a": null, "b": null}`, null.
fn records() -> StructArray {
    let fields = Fields::from(vec![
        Field::new("a", DataType::Int32, true),
        Field::new("b", DataType::Utf8View, true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        Arc::new(StringViewArray::from(vec![
            Some("x,y"),
            None,
            Some("hidden"),
        ])),
    ];
    StructArray::new(
        fields,
        columns,
        Some(NullBuffer::from(vec![true, true, false])),
    )
}

#[test]
fn nulls_inside_are_written_out() {
    assert_eq!(
        values(records()),
        [r#"{"a":1,"b":"x,y"}"#, r#"{"a":null,"b":null}"#, "null"]
    );

    let item = Arc::new(Field::new("item", records().data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths([3, 0, 0]);
    let nulls = NullBuffer::from(vec![true, true, false]);
    let lists = ListArray::new(item, offsets, Arc::new(records()), Some(nulls));
    assert_eq!(
        values(lists),
        [
            r#"[{"a":1,"b":"x,y"},{"a":null,"b":null},null]"#,
            "[]",
            "null"
        ]
    );

    let item = Arc::new(Field::new("item", DataType::Null, true));
    let lists = ListArray::new(
        item,
        OffsetBuffer::from_lengths([2]),
        Arc::new(NullArray::new(2)),
        None,
    );
    assert_eq!(values(lists), ["[null,null]"]);
}

/// `{"k": [1], "k": null}` and `{}`: a duplicate key, and a nullable list as value.
fn maps() -> MapArray {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None]);
    let fields = Fields::from(vec![
        Field::new("key", DataType::Utf8View, false),
        Field::new("value", lists.data_type().clone(), true),
    ]);
    let keys: ArrayRef = Arc::new(StringViewArray::from(vec!["k", "k"]));
    let entries = StructArray::new(fields.clone(), vec![keys, Arc::new(lists)], None);
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    MapArray::new(
        field,
        OffsetBuffer::from_lengths([2, 0]),
        entries,
        None,
        false,
    )
}

#[test]
fn maps_are_objects_with_all_their_entries() {
    assert_eq!(values(maps()), [r#"{"k":[1],"k":null}"#, "{}"]);
}

#[test]
fn rows_without_columns_are_rows() {
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let schema = Arc::new(Schema::empty());
    let empty = RecordBatch::try_new_with_options(schema, vec![], &options).unwrap();
    assert_eq!(jsonl(&empty), "{}\n{}\n{}\n");
    assert_eq!(csv(&empty), "\n\n\n\n");
    assert_eq!(table(&empty), "3 rows without columns\n");

    let no_fields = StructArray::new_empty_fields(2, Some(NullBuffer::from(vec![true, false])));
    assert_eq!(values(no_fields), ["{}", "null"]);
}

#[test]
fn csv_quotes_what_would_be_read_otherwise() {
    let text = [
        Some("plain"),
        Some("a,b"),
        Some("say \"hi\""),
        Some("two\nlines"),
        Some(""),
        None,
    ];
    let rows = batch(vec![
        ("text", Arc::new(StringViewArray::from(text.to_vec()))),
        ("a,b", Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5, 6]))),
    ]);
    assert_eq!(
        csv(&rows),
        "text,\"a,b\"\nplain,1\n\"a,b\",2\n\"say \"\"hi\"\"\",3\n\"two\nlines\",4\n\"\",5\n,6\n"
    );
    // Alone in its line, nothing would be no row.
    let single = batch(vec![("v", Arc::new(Int32Array::from(vec![Some(1), None])))]);
    assert_eq!(csv(&single), "v\n1\n\"\"\n");
}

#[test]
fn csv_cells_hold_values_without_json_quotes() {
    let symbols: DictionaryArray<Int32Type> = ["RED"].into_iter().collect();
    let rows = batch(vec![
        ("day", Arc::new(Date32Array::from(vec![0]))),
        ("bytes", Arc::new(BinaryViewArray::from(vec![&b"\xab"[..]]))),
        ("none", Arc::new(BinaryViewArray::from(vec![&b""[..]]))),
        ("symbol", Arc::new(symbols)),
        ("record", Arc::new(records().slice(0, 1))),
        ("map", Arc::new(maps().slice(0, 1))),
    ]);
    assert_eq!(
        csv(&rows),
        "day,bytes,none,symbol,record,map\n\
         1970-01-01,ab,\"\",RED,\"{\"\"a\"\":1,\"\"b\"\":\"\"x,y\"\"}\",\"{\"\"k\"\":[1],\"\"k\"\":null}\"\n"
    );
}

#[test]
fn slices_are_read_where_they_begin() {
    let rows = batch(vec![
        (
            "n",
            Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        ),
        ("r", Arc::new(records())),
        ("t", Arc::new(StringViewArray::from(vec!["a", "b", "c"]))),
    ])
    .slice(1, 2);
    assert_eq!(
        jsonl(&rows),
        "{\"n\":null,\"r\":{\"a\":null,\"b\":null},\"t\":\"b\"}\n{\"n\":3,\"r\":null,\"t\":\"c\"}\n"
    );
    assert_eq!(
        csv(&rows),
        "n,r,t\n,\"{\"\"a\"\":null,\"\"b\"\":null}\",b\n3,,c\n"
    );
}

#[test]
fn tables_show_nulls_and_hide_control_characters() {
    let rows = batch(vec![
        ("id", Arc::new(Int32Array::from(vec![1, 2]))),
        (
            "t\u{7}",
            Arc::new(StringViewArray::from(vec![Some("\u{1b}[31mred"), None])),
        ),
    ]);
    let text = table(&rows);
    assert!(text.contains("| 1  | \\u{1b}[31mred |"), "{text}");
    assert!(text.contains("| 2  | null "), "{text}");
    assert!(text.contains("t\\u{7}"), "{text}");

    let none = table(&rows.slice(0, 0));
    assert!(none.contains("| id |"), "{none}");
}

#[test]
fn digits_are_grouped_from_the_right() {
    for (number, text) in [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (123_456, "123,456"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(grouped(number), text);
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    assert_eq!(printable_lines("plain é\nb"), "plain é\nb");
    assert_eq!(
        printable_lines("a\u{1b}[31m\tb\n\u{9b}"),
        "a\\u{1b}[31m\\tb\n\\u{9b}"
    );
    let json = serde_json::json!({"a\u{1b}": "\u{9b}\u{7f}\u{202e}é\\"});
    let safe = printable_json(&json.to_string());
    assert!(!safe.contains(char::is_control), "{safe:?}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
        json
    );
}
