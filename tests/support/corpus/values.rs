//! Values that cannot be, in a block between two good ones.

use super::{Bad, Case, Skipping, row, schema};
use crate::raw;

pub(super) fn cases() -> Vec<Case> {
    let long_text = raw::long(1 << 40);
    let enumeration = r#"{"type":"enum","name":"E","symbols":["A","B"]}"#;
    let array = r#"{"type":"array","items":"long"}"#;
    let map = r#"{"type":"map","values":"long"}"#;
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#;
    let time = r#"{"type":"int","logicalType":"time-millis"}"#;
    let micros = r#"{"type":"long","logicalType":"time-micros"}"#;
    let wide = [raw::long(17), vec![1; 17]].concat();
    let cases: Vec<(&str, &str, Vec<u8>, &'static str)> = vec![
        ("boolean of 2", r#""boolean""#, vec![2], "Boolean"),
        ("boolean of 255", r#""boolean""#, vec![255], "Boolean"),
        (
            "int above 32 bits",
            r#""int""#,
            raw::long(1 << 31),
            "Varint",
        ),
        (
            "int below 32 bits",
            r#""int""#,
            raw::long(-(1 << 31) - 1),
            "Varint",
        ),
        (
            "eleven bytes",
            r#""long""#,
            [vec![0x80; 10], vec![0]].concat(),
            "Varint",
        ),
        (
            "65 bits",
            r#""long""#,
            [vec![0xff; 9], vec![2]].concat(),
            "Varint",
        ),
        ("symbol out of range", enumeration, raw::long(2), "Index"),
        ("negative symbol", enumeration, raw::long(-1), "Index"),
        (
            "branch out of range",
            r#"["null","long"]"#,
            raw::long(2),
            "Index",
        ),
        (
            "negative branch",
            r#"["null","long"]"#,
            raw::long(-1),
            "Index",
        ),
        ("branch out of one", r#"["long"]"#, vec![2, 2], "Index"),
        ("negative string", r#""string""#, raw::long(-1), "Length"),
        (
            "smallest string",
            r#""string""#,
            raw::long(i64::MIN),
            "Length",
        ),
        ("huge string", r#""string""#, long_text.clone(), "Length"),
        ("huge bytes", r#""bytes""#, long_text, "Length"),
        (
            "string beyond its block",
            r#""string""#,
            [raw::long(3), vec![b'a'; 2]].concat(),
            "Length",
        ),
        ("not UTF-8", r#""string""#, raw::bytes(b"\xff"), "Utf8"),
        (
            "UTF-8 cut off",
            r#""string""#,
            raw::bytes(b"ab\xc3"),
            "Utf8",
        ),
        (
            "a surrogate",
            r#""string""#,
            raw::bytes(b"\xed\xa0\x80"),
            "Utf8",
        ),
        (
            "long, not UTF-8",
            r#""string""#,
            raw::bytes(b"longer than twelve \xff"),
            "Utf8",
        ),
        (
            "key not UTF-8",
            map,
            [raw::long(1), raw::bytes(b"\xff"), vec![2, 0]].concat(),
            "Utf8",
        ),
        ("items missing", array, raw::long(3), "Length"),
        (
            "a billion items",
            array,
            [raw::long(1 << 30), vec![0; 9]].concat(),
            "Length",
        ),
        (
            "largest count",
            array,
            [raw::long(i64::MAX), vec![0; 9]].concat(),
            "Length",
        ),
        (
            "smallest count",
            array,
            [raw::long(i64::MIN), vec![0; 9]].concat(),
            "Length",
        ),
        (
            "size too large",
            array,
            [vec![1, 4], vec![2, 2, 0]].concat(),
            "Length",
        ),
        (
            "size too small",
            array,
            [vec![3, 2], vec![2, 2, 0]].concat(),
            "Length",
        ),
        ("negative size", array, vec![1, 1, 2, 0], "Length"),
        ("size beyond the block", array, vec![1, 100, 2, 0], "Length"),
        (
            "no end of items",
            array,
            [raw::long(1), raw::long(5)].concat(),
            "BlockLength",
        ),
        (
            "map size too large",
            map,
            [vec![1, 8], raw::bytes("k"), vec![2, 0]].concat(),
            "Length",
        ),
        (
            "fixed cut off",
            r#"{"type":"fixed","name":"F","size":4}"#,
            vec![1, 2, 3],
            "BlockLength",
        ),
        ("double cut off", r#""double""#, vec![0; 7], "BlockLength"),
        (
            "four digits of three",
            decimal,
            raw::bytes(1000i16.to_be_bytes()),
            "Value",
        ),
        ("decimal of 17 bytes", decimal, wide, "Value"),
        (
            "a day and a millisecond",
            time,
            raw::long(86_400_000),
            "Value",
        ),
        ("before the day", time, raw::long(-1), "Value"),
        (
            "a day and a microsecond",
            micros,
            raw::long(86_400_000_000),
            "Value",
        ),
    ];
    cases
        .into_iter()
        .map(|(name, ty, value, kind)| case(name, ty, &value, kind))
        .collect()
}

/// A row of this value, between an empty block and another one: a good value of the type is not needed.
fn case(name: &str, ty: &str, value: &[u8], kind: &'static str) -> Case {
    let before = raw::file(&schema(ty)).block(0, &[]);
    let offset = before.len();
    let bad = before.block(1, &row(1, value));
    let bytes = bad.len() - offset;
    Case {
        name: format!("value: {name}"),
        file: bad.block(0, &[]).finish(),
        strict: Vec::new(),
        error: Some(kind),
        skipping: Some(Skipping {
            rows: Vec::new(),
            bad: vec![Bad {
                offset,
                bytes,
                rows_lost: Some(1),
                kind: kind.to_owned(),
            }],
        }),
    }
}
