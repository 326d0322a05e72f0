mod several;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;
use crate::decode::{Block, Decoder};
use crate::plan::{DecodePlan, Projection};
use crate::wire::testing::{long, text};

/// Rows of the type `writer` read as `reader`; both are the type of the only field, `v`.
fn read(writer: &str, reader: &str, rows: &[Vec<u8>]) -> Result<RecordBatch> {
    let record = |inner: &str| {
        format!(r#"{{"type":"record","name":"R","fields":[{{"name":"v","type":{inner}}}]}}"#)
    };
    read_records(&record(writer), &record(reader), rows)
}

fn read_records(writer: &str, reader: &str, rows: &[Vec<u8>]) -> Result<RecordBatch> {
    let limits = Limits::default();
    let (writer, reader): (AvroSchema, AvroSchema) = (writer.parse()?, reader.parse()?);
    let all = Projection::All;
    let plan = DecodePlan::new(&writer, Some(&reader), &all, 0, &limits)?;
    let own = DecodePlan::new(&reader, None, &all, 0, &limits)?;
    assert_eq!(
        plan.arrow_schema(),
        own.arrow_schema(),
        "the reader's schema alone decides the types"
    );
    let mut decoder = Decoder::new(Arc::new(plan), limits);
    decoder.open(Block {
        index: 0,
        offset: 0,
        rows: rows.len(),
        first_row: 0,
        data: rows.concat().into(),
    })?;
    decoder.decode(usize::MAX)?;
    let batch = decoder.finish()?;
    for column in batch.columns() {
        column.to_data().validate_full().unwrap();
    }
    Ok(batch)
}

fn shown(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::default().with_null("null");
    let formatter = ArrayFormatter::try_new(array, &options).unwrap();
    let values = (0..array.len()).map(|row| formatter.value(row).to_string());
    values.collect()
}

#[track_caller]
fn becomes(writer: &str, reader: &str, rows: &[Vec<u8>], expected: &[&str]) {
    let batch = read(writer, reader, rows).unwrap();
    assert_eq!(shown(batch.column(0)), expected, "{writer} as {reader}");
}

#[track_caller]
fn fails(writer: &str, reader: &str, rows: &[Vec<u8>], kind: ErrorKind, message: &str) {
    let error = read(writer, reader, rows).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    assert!(text.contains(message), "{text}");
    let field = error.place().field.as_deref();
    assert!(field.is_some_and(|field| field.starts_with('v')), "{text}");
}

const NUMBERS: [&str; 4] = ["int", "long", "float", "double"];

#[test]
fn numbers_are_promoted_to_wider_ones_only() {
    let five = [
        long(5),
        long(5),
        5f32.to_le_bytes().to_vec(),
        5f64.to_le_bytes().to_vec(),
    ];
    for (from, (writer, bytes)) in NUMBERS.iter().zip(&five).enumerate() {
        for (to, reader) in NUMBERS.iter().enumerate() {
            let (writer, reader) = (format!("\"{writer}\""), format!("\"{reader}\""));
            if from <= to {
                let expected = if to < 2 { "5" } else { "5.0" };
                becomes(&writer, &reader, std::slice::from_ref(bytes), &[expected]);
            } else {
                fails(&writer, &reader, &[], ErrorKind::SchemaMismatch, "cannot");
            }
        }
    }
}

#[test]
fn text_and_bytes_become_each_other() {
    becomes("\"string\"", "\"bytes\"", &[text(b"ab")], &["6162"]);
    becomes("\"bytes\"", "\"string\"", &[text(b"ab")], &["ab"]);
    let bad = [text(&[0xff])];
    fails("\"bytes\"", "\"string\"", &bad, ErrorKind::Utf8, "UTF-8");
}

#[test]
fn times_change_their_unit_or_fail() {
    let timestamp =
        |unit: &str| format!(r#"{{"type":"long","logicalType":"local-timestamp-{unit}"}}"#);
    let (millis, micros, nanos) = (timestamp("millis"), timestamp("micros"), timestamp("nanos"));
    becomes(&millis, &nanos, &[long(1)], &["1970-01-01T00:00:00.001"]);
    becomes(
        &micros,
        &millis,
        &[long(7000)],
        &["1970-01-01T00:00:00.007"],
    );
    fails(&micros, &millis, &[long(7001)], ErrorKind::Value, "7001");
    fails(
        &millis,
        &nanos,
        &[long(i64::MAX)],
        ErrorKind::Value,
        "too large",
    );
    let utc = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
    fails(
        &millis,
        utc,
        &[],
        ErrorKind::SchemaMismatch,
        "local-timestamp-millis",
    );
    let time = r#"{"type":"int","logicalType":"time-millis"}"#;
    let time_micros = r#"{"type":"long","logicalType":"time-micros"}"#;
    becomes(time, time_micros, &[long(61_000)], &["00:01:01"]);
    fails(
        time,
        time_micros,
        &[long(86_400_000)],
        ErrorKind::Value,
        "time of day",
    );
    becomes(&millis, "\"long\"", &[long(1)], &["1"]);
    becomes("\"int\"", &millis, &[long(1)], &["1970-01-01T00:00:00.001"]);
    let date = r#"{"type":"int","logicalType":"date"}"#;
    becomes(date, "\"long\"", &[long(3)], &["3"]);
    fails(date, &millis, &[], ErrorKind::SchemaMismatch, "date");
}

#[test]
fn decimals_change_their_scale_or_fail() {
    let bytes =
        |p, s| format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{p},"scale":{s}}}"#);
    let fixed = |n, p, s| {
        format!(
            r#"{{"type":"fixed","name":"F{n}","size":{n},"logicalType":"decimal","precision":{p},"scale":{s}}}"#
        )
    };
    let hundred = [text(&[100])];
    becomes(&bytes(4, 1), &bytes(6, 3), &hundred, &["10.000"]);
    becomes(&bytes(4, 2), &bytes(4, 0), &hundred, &["1"]);
    fails(
        &bytes(4, 3),
        &bytes(4, 0),
        &hundred,
        ErrorKind::Value,
        "last 3 places",
    );
    fails(
        &bytes(4, 0),
        &bytes(4, 2),
        &hundred,
        ErrorKind::Value,
        "digits",
    );
    becomes(&bytes(4, 2), &fixed(8, 10, 2), &hundred, &["1.00"]);
    becomes(
        &fixed(2, 3, 2),
        &fixed(8, 50 - 40, 2),
        &[vec![0xff, 0x9c]],
        &["-1.00"],
    );
    becomes(
        &fixed(2, 3, 2),
        &bytes(50, 4),
        &[vec![0xff, 0x9c]],
        &["-1.0000"],
    );
    becomes(&bytes(3, 2), &bytes(80, 3), &hundred, &["1.000"]);
}

#[test]
fn enum_symbols_are_matched_by_name() {
    let symbols = |list: &str, rest: &str| {
        format!(r#"{{"type":"enum","name":"E","symbols":[{list}]{rest}}}"#)
    };
    let abc = symbols(r#""a","b","c""#, "");
    let rows = [long(0), long(1)];
    becomes(&abc, &symbols(r#""b","z","a""#, ""), &rows, &["a", "b"]);
    let with_default = symbols(r#""z","b""#, r#","default":"z""#);
    becomes(&abc, &with_default, &rows, &["z", "b"]);
    fails(
        &abc,
        &symbols(r#""b""#, ""),
        &rows,
        ErrorKind::SchemaMismatch,
        "symbol `a`",
    );
    let renamed = r#"{"type":"enum","name":"n.New","aliases":["E"],"symbols":["a"]}"#;
    fails(&abc, renamed, &[], ErrorKind::SchemaMismatch, "enum `E`");
}

#[test]
fn unions_are_matched_branch_by_branch() {
    let null = || long(0);
    let some = |tag: i64, value: i64| [long(tag), long(value)].concat();
    becomes("\"int\"", r#"["null","long"]"#, &[long(4)], &["4"]);
    becomes(
        "\"null\"",
        r#"["null","long"]"#,
        &[vec![], vec![]],
        &["null", "null"],
    );
    becomes(
        r#"["null","int"]"#,
        r#"["double","null"]"#,
        &[null(), some(1, 4)],
        &["null", "4.0"],
    );
    // Without a null to go to, only a null fails.
    becomes(r#"["null","int"]"#, "\"long\"", &[some(1, 4)], &["4"]);
    fails(
        r#"["null","int"]"#,
        "\"long\"",
        &[null()],
        ErrorKind::SchemaMismatch,
        "null",
    );
    // Several branches become one type.
    let three = r#"["null","int","long","string"]"#;
    let rows = [some(1, 1), null(), some(2, 2), some(1, 3)];
    becomes(three, r#"["null","long"]"#, &rows, &["1", "null", "2", "3"]);
    let bad = [some(1, 1), [long(3), text(b"x")].concat()];
    fails(
        three,
        r#"["null","long"]"#,
        &bad,
        ErrorKind::SchemaMismatch,
        "string",
    );
    // A struct of branches, in whatever order, from a union or a single type.
    let expected = ["{string: null, long: 1}", "null", "{string: null, long: 2}"];
    becomes(three, r#"["string","null","long"]"#, &rows[..3], &expected);
    let expected = ["{string: null, long: 7}"];
    becomes(
        "\"int\"",
        r#"["string","null","long"]"#,
        &[long(7)],
        &expected,
    );
    becomes(
        "\"null\"",
        r#"["string","null","long"]"#,
        &[vec![]],
        &["null"],
    );
    fails(
        r#"["int","long"]"#,
        "\"string\"",
        &[],
        ErrorKind::SchemaMismatch,
        "union(int, long)",
    );
}

#[test]
fn an_exact_branch_is_preferred_to_a_promotion() {
    let rows = [[long(1), text(b"x")].concat()];
    let expected = ["{bytes: null, string: x}"];
    becomes(
        r#"["int","string"]"#,
        r#"["bytes","string"]"#,
        &rows,
        &expected,
    );
    let records = |order: &str| {
        let record = |name: &str| {
            format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"f","type":"int"}}]}}"#)
        };
        let names: Vec<_> = order.chars().map(|c| record(&c.to_string())).collect();
        format!("[{}]", names.join(","))
    };
    let rows = [[long(1), long(6)].concat()];
    becomes(
        &records("AB"),
        &records("BA"),
        &rows,
        &["{B: {f: 6}, A: null}"],
    );
}

#[test]
fn fields_are_matched_by_name_and_alias_and_filled_with_defaults() {
    let writer = r#"{"type":"record","name":"W","fields":[
        {"name":"a","type":"int"},{"name":"gone","type":"string"},{"name":"old","type":"int"}]}"#;
    let reader = r#"{"type":"record","name":"R","fields":[
        {"name":"new","type":"long","aliases":["x","old"]},
        {"name":"text","type":"string","default":"a text of some length"},
        {"name":"a","type":"int"},
        {"name":"none","type":["null","int"],"default":null},
        {"name":"one","type":["int","null"],"default":1},
        {"name":"list","type":{"type":"array","items":"int"},"default":[1,2]},
        {"name":"map","type":{"type":"map","values":"bytes"},"default":{"k":"\u00ff"}},
        {"name":"fixed","type":{"type":"fixed","name":"F","size":2},"default":"\u0001\u0002"},
        {"name":"enum","type":{"type":"enum","name":"E","symbols":["p","q"]},"default":"q"},
        {"name":"in","type":{"type":"record","name":"I","fields":[
            {"name":"x","type":"int"},{"name":"y","type":"double","default":0.5}]},
            "default":{"x":3}}]}"#;
    let row = [long(1), text(b"zzz"), long(2)].concat();
    let batch = read_records(writer, reader, &[row.clone(), row]).unwrap();
    let shown: Vec<_> = batch.columns().iter().map(shown).collect();
    let expected = [
        "2",
        "a text of some length",
        "1",
        "null",
        "1",
        "[1, 2]",
        "{k: ff}",
        "0102",
        "q",
        "{x: 3, y: 0.5}",
    ];
    for (shown, expected) in shown.iter().zip(expected) {
        assert_eq!(shown, &[expected, expected]);
    }
}

#[test]
fn what_has_no_value_matters_only_where_it_is_wanted() {
    let limits = Limits::default();
    let writer: AvroSchema = r#"{"type":"record","name":"W","fields":[
        {"name":"a","type":"string"},{"name":"b","type":"int"}]}"#
        .parse()
        .unwrap();
    let reader: AvroSchema = r#"{"type":"record","name":"W","fields":[
        {"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"c","type":"int"},
        {"name":"d","type":"int","default":"x"}]}"#
        .parse()
        .unwrap();
    let plan = |columns: &[&str]| {
        let projection = Projection::columns(columns.iter().copied());
        DecodePlan::new(&writer, Some(&reader), &projection, 0, &limits)
    };
    plan(&["b"]).unwrap();
    for (column, message) in [("a", "string"), ("c", "no default"), ("d", "\"x\"")] {
        let error = plan(&[column]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert_eq!(error.place().field.as_deref(), Some(column));
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_null_record_is_null_in_all_its_fields() {
    let record =
        |fields: &str| format!(r#"["null",{{"type":"record","name":"I","fields":[{fields}]}}]"#);
    let writer = record(r#"{"name":"x","type":["int","string"]}"#);
    let reader = record(
        r#"{"name":"x","type":["int","string"]},{"name":"y","type":"int","default":8},
           {"name":"z","type":["null",{"type":"enum","name":"E","symbols":["s"]}],"default":null}"#,
    );
    let rows = [[long(1), long(0), long(5)].concat(), long(0)];
    let expected = ["{x: {int: 5, string: null}, y: 8, z: null}", "null"];
    becomes(&writer, &reader, &rows, &expected);
}

#[test]
fn recursive_types_are_resolved_in_their_text_too() {
    let writer = r#"{"type":"record","name":"N","fields":[
        {"name":"id","type":"int"},{"name":"gone","type":"string"},
        {"name":"next","type":["null","N"]}]}"#;
    let reader = r#"{"type":"record","name":"N","fields":[
        {"name":"next","type":["null","N"]},{"name":"key","type":"double","aliases":["id"]},
        {"name":"more","type":{"type":"array","items":"int"},"default":[1]}]}"#;
    let node = |id: i64| [long(id), text(b"-")].concat();
    let row = [node(1), long(1), node(2), long(1), node(3), long(0)].concat();
    let batch = read_records(writer, reader, &[row]).unwrap();
    assert_eq!(
        shown(batch.column(0)),
        [r#"{"next":{"next":null,"key":3.0,"more":[1]},"key":2.0,"more":[1]}"#]
    );
    assert_eq!(shown(batch.column(1)), ["1.0"]);
}

#[test]
fn a_default_that_grows_without_end_is_refused() {
    // Each record's default leans on two of the next.
    let record = |n: usize| {
        let inner = match n {
            39 => r#"{"name":"a","type":"int","default":1}"#.to_owned(),
            _ => format!(
                r#"{{"name":"a","type":"R{0}","default":{{}}}},{{"name":"b","type":"R{0}","default":{{}}}}"#,
                n + 1
            ),
        };
        format!(r#"{{"type":"record","name":"R{n}","fields":[{inner}]}}"#)
    };
    // Named where it is first used.
    let nested = (0..39).rev().fold(record(39), |inner, n| {
        record(n).replacen(&format!(r#""R{}""#, n + 1), &inner, 1)
    });
    let (writer, reader) = (
        r#"{"type":"record","name":"W","fields":[]}"#,
        format!(
            r#"{{"type":"record","name":"W","fields":[{{"name":"f","type":{nested},"default":{{}}}}]}}"#
        ),
    );
    let limits = Limits::default();
    let (writer, reader): (AvroSchema, AvroSchema) =
        (writer.parse().unwrap(), reader.parse().unwrap());
    let error = DecodePlan::new(&writer, Some(&reader), &Projection::All, 0, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert!(error.to_string().contains("values"), "{error}");
}

#[test]
fn a_default_that_contains_itself_is_refused() {
    let reader = r#"{"type":"record","name":"R","fields":[
        {"name":"v","type":{"type":"record","name":"S","fields":[
            {"name":"s","type":"S","default":{}}]},"default":{}}]}"#;
    let writer = r#"{"type":"record","name":"R","fields":[]}"#;
    let limits = Limits::default();
    let (writer, reader): (AvroSchema, AvroSchema) =
        (writer.parse().unwrap(), reader.parse().unwrap());
    let plan = DecodePlan::new(&writer, Some(&reader), &Projection::All, 0, &limits);
    assert!(plan.unwrap_err().to_string().contains("nests deeper"));
}

#[test]
fn roots_may_differ_in_being_nullable() {
    let record = r#"{"type":"record","name":"R","fields":[{"name":"v","type":"int"}]}"#;
    let nullable = format!(r#"["null",{record}]"#);
    let batch = read_records(record, &nullable, &[long(5)]).unwrap();
    assert_eq!(shown(batch.column(0)), ["5"]);
    let some = [long(1), long(6)].concat();
    let batch = read_records(&nullable, record, std::slice::from_ref(&some)).unwrap();
    assert_eq!(shown(batch.column(0)), ["6"]);
    let error = read_records(&nullable, record, &[some, long(0)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    let batch = read_records("\"int\"", r#"["null","long"]"#, &[long(7)]).unwrap();
    assert_eq!(shown(batch.column(0)), ["7"]);
}

#[test]
fn records_of_other_names_are_resolved() {
    let record = |name: &str, kind: &str| {
        format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"x","type":"{kind}"}}]}}"#)
    };
    becomes(
        &record("A", "int"),
        &record("B", "long"),
        &[long(1)],
        &["{x: 1}"],
    );
    // In a union there may be several records: the name chooses.
    let nullable = |record: String| format!(r#"["null",{record}]"#);
    let (writer, reader) = (
        nullable(record("a.A", "int")),
        nullable(record("B", "long")),
    );
    let row = [[long(1), long(2)].concat()];
    fails(
        &writer,
        &reader,
        &row,
        ErrorKind::SchemaMismatch,
        "the record `a.A`",
    );
    becomes(&writer, &nullable(record("b.A", "long")), &row, &["{x: 2}"]);
    let enumeration = |name: &str| format!(r#"{{"type":"enum","name":"{name}","symbols":["s"]}}"#);
    let (writer, reader) = (enumeration("A"), enumeration("B"));
    fails(&writer, &reader, &[], ErrorKind::SchemaMismatch, "enum `A`");
    becomes(&writer, &enumeration("other.A"), &[long(0)], &["s"]);
}

#[test]
fn hostile_unions_are_not_compared_without_end() {
    let union = |letter: &str| {
        let name = |i| format!(r#"{{"type":"fixed","name":"{letter}{i}","size":1}}"#);
        let names: Vec<_> = (0..2_000).map(name).collect();
        format!("[{}]", names.join(","))
    };
    let error = read(&union("a"), &union("b"), &[]).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::UnionBranches),
        "{error}"
    );
}

#[test]
fn a_default_is_read_through_a_projection_that_skips_in_it() {
    let reader: AvroSchema = r#"{"type":"record","name":"R","fields":[
        {"name":"n","type":{"type":"record","name":"N","fields":[
            {"name":"again","type":["string","N"]},{"name":"leaf","type":"int"}]},
         "default":{"again":{"again":"x","leaf":1},"leaf":2}}]}"#
        .parse()
        .unwrap();
    let writer: AvroSchema = r#"{"type":"record","name":"R","fields":[]}"#.parse().unwrap();
    let limits = Limits::default();
    let projection = Projection::columns(["n.leaf"]);
    let plan = DecodePlan::new(&writer, Some(&reader), &projection, 0, &limits).unwrap();
    let mut decoder = Decoder::new(Arc::new(plan), limits);
    let data = Vec::new().into();
    decoder
        .open(Block {
            index: 0,
            offset: 0,
            rows: 2,
            first_row: 0,
            data,
        })
        .unwrap();
    decoder.decode(usize::MAX).unwrap();
    assert_eq!(
        shown(decoder.finish().unwrap().column(0)),
        ["{leaf: 2}", "{leaf: 2}"]
    );
}

#[test]
fn fields_that_may_be_null_can_be_null_by_default() {
    let reader: AvroSchema = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":["int","null"]},{"name":"b","type":["null","int"],"default":null},
        {"name":"c","type":["int","null"],"default":3},{"name":"d","type":"null"}]}"#
        .parse()
        .unwrap();
    let writer: AvroSchema = r#"{"type":"record","name":"R","fields":[]}"#.parse().unwrap();
    let limits = Limits::default();
    let plan = |reader| DecodePlan::new(&writer, Some(reader), &Projection::All, 0, &limits);
    assert_eq!(
        plan(&reader).unwrap_err().place().field.as_deref(),
        Some("a")
    );
    let mut decoder = Decoder::new(
        Arc::new(plan(&reader.with_null_defaults()).unwrap()),
        limits.clone(),
    );
    let data = Vec::new().into();
    decoder
        .open(Block {
            index: 0,
            offset: 0,
            rows: 1,
            first_row: 0,
            data,
        })
        .unwrap();
    decoder.decode(usize::MAX).unwrap();
    let batch = decoder.finish().unwrap();
    let shown: Vec<_> = batch.columns().iter().flat_map(shown).collect();
    assert_eq!(shown, ["null", "null", "3", "null"]);
}
