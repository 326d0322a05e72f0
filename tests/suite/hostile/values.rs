//! Values that cannot be.

use avroscan::{ErrorKind, Projection, ScanOptions};
use avroscan_tests::raw;
use serde_json::json;

use super::{column, fails, reads, ways};
use crate::read::{memory, outcome};

/// Each body is a block of one row after a good block, in a column of this type.
#[test]
fn values_that_cannot_be() {
    let long_text = raw::long(1 << 40);
    let enumeration = r#"{"type":"enum","name":"E","symbols":["A","B"]}"#;
    let array = r#"{"type":"array","items":"long"}"#;
    let map = r#"{"type":"map","values":"long"}"#;
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#;
    let time = r#"{"type":"int","logicalType":"time-millis"}"#;
    let micros = r#"{"type":"long","logicalType":"time-micros"}"#;
    let wide = [raw::long(17), vec![1; 17]].concat();
    let cases: Vec<(&str, &str, Vec<u8>, ErrorKind)> = vec![
        ("boolean of 2", r#""boolean""#, vec![2], ErrorKind::Boolean),
        (
            "boolean of 255",
            r#""boolean""#,
            vec![255],
            ErrorKind::Boolean,
        ),
        (
            "int above 32 bits",
            r#""int""#,
            raw::long(1 << 31),
            ErrorKind::Varint,
        ),
        (
            "int below 32 bits",
            r#""int""#,
            raw::long(-(1 << 31) - 1),
            ErrorKind::Varint,
        ),
        (
            "eleven bytes",
            r#""long""#,
            [vec![0x80; 10], vec![0]].concat(),
            ErrorKind::Varint,
        ),
        (
            "65 bits",
            r#""long""#,
            [vec![0xff; 9], vec![2]].concat(),
            ErrorKind::Varint,
        ),
        (
            "symbol out of range",
            enumeration,
            raw::long(2),
            ErrorKind::Index,
        ),
        (
            "negative symbol",
            enumeration,
            raw::long(-1),
            ErrorKind::Index,
        ),
        (
            "branch out of range",
            r#"["null","long"]"#,
            raw::long(2),
            ErrorKind::Index,
        ),
        (
            "negative branch",
            r#"["null","long"]"#,
            raw::long(-1),
            ErrorKind::Index,
        ),
        (
            "branch out of one",
            r#"["long"]"#,
            vec![2, 2],
            ErrorKind::Index,
        ),
        (
            "negative string",
            r#""string""#,
            raw::long(-1),
            ErrorKind::Length,
        ),
        (
            "smallest string",
            r#""string""#,
            raw::long(i64::MIN),
            ErrorKind::Length,
        ),
        (
            "huge string",
            r#""string""#,
            long_text.clone(),
            ErrorKind::Length,
        ),
        ("huge bytes", r#""bytes""#, long_text, ErrorKind::Length),
        (
            "string beyond its block",
            r#""string""#,
            [raw::long(3), vec![b'a'; 2]].concat(),
            ErrorKind::Length,
        ),
        (
            "not UTF-8",
            r#""string""#,
            raw::bytes(b"\xff"),
            ErrorKind::Utf8,
        ),
        (
            "UTF-8 cut off",
            r#""string""#,
            raw::bytes(b"ab\xc3"),
            ErrorKind::Utf8,
        ),
        (
            "a surrogate",
            r#""string""#,
            raw::bytes(b"\xed\xa0\x80"),
            ErrorKind::Utf8,
        ),
        (
            "long, not UTF-8",
            r#""string""#,
            raw::bytes(b"longer than twelve \xff"),
            ErrorKind::Utf8,
        ),
        (
            "key not UTF-8",
            map,
            [raw::long(1), raw::bytes(b"\xff"), vec![2, 0]].concat(),
            ErrorKind::Utf8,
        ),
        ("items missing", array, raw::long(3), ErrorKind::Length),
        (
            "a billion items",
            array,
            [raw::long(1 << 30), vec![0; 9]].concat(),
            ErrorKind::Length,
        ),
        (
            "largest count",
            array,
            [raw::long(i64::MAX), vec![0; 9]].concat(),
            ErrorKind::Length,
        ),
        (
            "smallest count",
            array,
            [raw::long(i64::MIN), vec![0; 9]].concat(),
            ErrorKind::Length,
        ),
        (
            "size too large",
            array,
            [vec![1, 4], vec![2, 2, 0]].concat(),
            ErrorKind::Length,
        ),
        (
            "size too small",
            array,
            [vec![3, 2], vec![2, 2, 0]].concat(),
            ErrorKind::Length,
        ),
        ("negative size", array, vec![1, 1, 2, 0], ErrorKind::Length),
        (
            "size beyond the block",
            array,
            vec![1, 100, 2, 0],
            ErrorKind::Length,
        ),
        (
            "no end of items",
            array,
            [raw::long(1), raw::long(5)].concat(),
            ErrorKind::BlockLength,
        ),
        (
            "map size too large",
            map,
            [vec![1, 8], raw::bytes("k"), vec![2, 0]].concat(),
            ErrorKind::Length,
        ),
        (
            "fixed cut off",
            r#"{"type":"fixed","name":"F","size":4}"#,
            vec![1, 2, 3],
            ErrorKind::BlockLength,
        ),
        (
            "double cut off",
            r#""double""#,
            vec![0; 7],
            ErrorKind::BlockLength,
        ),
        (
            "four digits of three",
            decimal,
            raw::bytes(1000i16.to_be_bytes()),
            ErrorKind::Value,
        ),
        ("decimal of 17 bytes", decimal, wide, ErrorKind::Value),
        (
            "a day and a millisecond",
            time,
            raw::long(86_400_000),
            ErrorKind::Value,
        ),
        ("before the day", time, raw::long(-1), ErrorKind::Value),
        (
            "a day and a microsecond",
            micros,
            raw::long(86_400_000_000),
            ErrorKind::Value,
        ),
    ];
    for (name, ty, body, kind) in cases {
        // A first column tells that earlier blocks come out and that rows are cut back.
        let schema = format!(
            r#"{{"type":"record","name":"R","fields":[
                {{"name":"first","type":"long"}},{{"name":"a","type":{ty}}}]}}"#
        );
        let file = raw::file(&schema)
            .block(0, &[])
            .block(1, &[raw::long(1), body].concat());
        let file = file.finish();
        for (how, outcome) in ways(&file) {
            let error = outcome
                .error
                .as_ref()
                .unwrap_or_else(|| panic!("{name}, {how}: no error"));
            // What a value is too short for may show as a block that is too short for its row.
            assert_eq!(error.kind(), kind, "{name}, {how}: {error}");
            assert_eq!(outcome.num_rows(), 0, "{name}, {how}");
            assert_eq!(error.place().block, Some(1), "{name}, {how}: {error}");
        }
    }
}

#[test]
fn an_error_names_block_row_and_field() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"orders","type":{"type":"array","items":{"type":"record","name":"O","fields":[
            {"name":"price","type":"boolean"}]}}}]}"#;
    let good = [raw::long(1), vec![1], raw::long(0)].concat();
    let bad = [raw::long(2), vec![1, 3], raw::long(0)].concat();
    let file = raw::file(schema).block(1, &good);
    let offset = file.len() as u64;
    let file = file.block(3, &[good.clone(), bad, good].concat()).finish();
    let outcome = outcome(memory(file), &ScanOptions::default());
    let error = outcome.error.as_ref().expect("an error");
    let place = error.place();
    assert_eq!(place.field.as_deref(), Some("orders[].price"));
    assert_eq!((place.block, place.row), (Some(1), Some(1)), "{error}");
    assert_eq!(place.offset, Some(offset), "{error}");
    assert_eq!(outcome.batches.len(), 1);
    assert_eq!(outcome.num_rows(), 1);
}

#[test]
fn a_code_point_split_across_two_rows_is_no_text() {
    let file = raw::file(&column(r#""string""#))
        .block(2, &[raw::bytes(b"a\xc3"), raw::bytes(b"\xa9b")].concat())
        .finish();
    fails("short", &file, &[], ErrorKind::Utf8);
    let file = raw::file(&column(r#""string""#))
        .block(
            2,
            &[
                raw::bytes(b"more than twelve \xc3"),
                raw::bytes(b"\xa9 more than twelve"),
            ]
            .concat(),
        )
        .finish();
    fails("long", &file, &[], ErrorKind::Utf8);
}

#[test]
fn array_sizes_are_checked_when_skipping_too() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":{"type":"array","items":"long"}},{"name":"b","type":"long"}]}"#;
    let only_b = ScanOptions::default().with_projection(Projection::columns(["b"]));
    for (name, array) in [
        ("size beyond the block", vec![1, 100, 2, 0]),
        ("negative size", vec![1, 1, 2, 0]),
        ("more items than bytes", vec![5, 4, 2, 2, 0]),
        (
            "a count of a billion",
            [raw::long(1 << 30), vec![0; 9]].concat(),
        ),
    ] {
        let file = raw::file(schema)
            .block(1, &[array, raw::long(7)].concat())
            .finish();
        let outcome = outcome(memory(file), &only_b);
        let error = outcome.error.unwrap_or_else(|| panic!("{name}: no error"));
        assert_eq!(error.kind(), ErrorKind::Length, "{name}: {error}");
    }
    let sized = [vec![3, 4, 2, 4, 1, 2, 6, 0], raw::long(7)].concat();
    let file = raw::file(schema).block(1, &sized).finish();
    assert_eq!(
        outcome(memory(file.clone()), &only_b).rows(),
        [json!({"b": 7})]
    );
    reads("sized", &file, &[json!({"a": [1, 2, 3], "b": 7})]);
}
