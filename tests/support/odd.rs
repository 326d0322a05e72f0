//! Schemas as writers put them into files: odd where no value depends on it.

use crate::raw;

/// JSON that may stand where a schema expects something else, and words that are not JSON at all.
pub const ODD: [&str; 22] = [
    "null",
    "true",
    "5",
    "-0.0",
    "16.0",
    "1e400",
    "123456789012345678901234567890",
    "NaN",
    "-Infinity",
    "inf",
    r#""""#,
    r#"".""#,
    r#""a..b""#,
    r#""int""#,
    r#""\ud800""#,
    "\"\u{1b}[2J\u{9b}\t\u{202e}\"",
    "[]",
    r#"["x",1,null]"#,
    "{}",
    r#"{"type":"x","a":[{}]}"#,
    r#"[[[{"a":NaN}]]]"#,
    r#"{"a":1,"a":2}"#,
];

/// Nothing refers to what stands for `$`, and no value depends on it.
const PLACES: [&str; 22] = [
    r#"{"type":"record","name":$,"fields":[F]}"#,
    r#"{"type":"record","fields":[F],"x":$}"#,
    r#"{"type":"record","name":"R","namespace":$,"fields":[F]}"#,
    r#"{"type":"record","name":"R","doc":$,"fields":[F]}"#,
    r#"{"type":"record","name":"R","aliases":$,"fields":[F]}"#,
    r#"{"type":"record","name":"R","x":$,"x":1,"fields":[F]}"#,
    r#"{"type":"record","name":"R","default":$,"fields":[F]}"#,
    r#"{"type":"record","name":"R","logicalType":$,"fields":[F]}"#,
    r#"{"type":"record","name":"R","fields":[G]}"#,
    r#"{"type":"record","name":"R","fields":[H]}"#,
    r#"{"type":"record","name":"R","fields":[I]}"#,
    r#"{"type":"record","name":"R","fields":[J]}"#,
    r#"{"type":"record","name":"R","fields":[K]}"#,
    r#"{"type":"record","name":"R","fields":[L]}"#,
    r#"{"type":"record","name":"R","fields":[M]}"#,
    r#"{"type":"record","name":"R","fields":[N]}"#,
    r#"{"type":"record","name":"R","fields":[O]}"#,
    r#"{"type":"record","name":"R","fields":[P]}"#,
    r#"{"type":"record","name":"R","fields":[Q]}"#,
    r#"{"type":"record","name":"R","fields":[S]}"#,
    r#"{"type":"record","name":"R","fields":[T]}"#,
    r#"{"x":$,"type":"record","name":"R","fields":[F]}"#,
];

/// The fields by their letters: always the same columns.
const FIELDS: [(char, &str, &str, &str, &str); 14] = [
    ('F', "", "", "", ""),
    ('G', r#","default":$"#, "", "", ""),
    ('H', r#","doc":$"#, "", "", ""),
    ('I', r#","aliases":$"#, "", "", ""),
    ('J', r#","order":$"#, "", "", ""),
    ('K', r#","x":$,"x":{}"#, "", "", ""),
    ('L', "", r#","default":$"#, "", ""),
    ('M', "", r#","namespace":$"#, "", ""),
    ('N', "", r#","aliases":$"#, "", ""),
    ('O', "", "", r#","aliases":$"#, ""),
    ('P', "", "", r#","logicalType":$"#, ""),
    ('Q', "", "", r#","precision":$"#, ""),
    ('S', "", "", "", r#","doc":$"#),
    ('T', "", "", "", r#","logicalType":$"#),
];

fn fields(of_field: &str, of_enum: &str, of_fixed: &str, of_array: &str) -> String {
    format!(
        r#"{{"name":"d","type":"double"{of_field}}},
        {{"name":"e","type":{{"type":"enum","name":"E","symbols":["A","B"]{of_enum}}}}},
        {{"name":"f","type":{{"type":"fixed","name":"X","size":2{of_fixed}}}}},
        {{"name":"l","type":["null",{{"type":"array","items":"int"{of_array}}}]}}"#
    )
}

/// The schema that the odd ones differ from.
pub fn plain() -> String {
    let fields = fields("", "", "", "");
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// Schemas of the same rows as [`plain`], each with what is odd in it.
pub fn schemas() -> Vec<(String, String)> {
    let mut schemas = Vec::new();
    for place in PLACES {
        let mut schema = place.to_owned();
        for (letter, of_field, of_enum, of_fixed, of_array) in FIELDS {
            let fields = fields(of_field, of_enum, of_fixed, of_array);
            schema = schema.replace(&format!("[{letter}]"), &format!("[{fields}]"));
        }
        for odd in ODD {
            schemas.push((format!("{place} of {odd}"), schema.replace('$', odd)));
        }
    }
    schemas.extend(others());
    schemas
}

/// What is odd around the schema, or instead of a part of it.
fn others() -> Vec<(String, String)> {
    let plain = plain();
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let without = |name: &str| plain.replace(&format!(r#""name":"{name}","#), "");
    let named = |name: &str, instead: &str| {
        plain.replace(
            &format!(r#""name":"{name}","#),
            &format!(r#""name":{instead},"#),
        )
    };
    let with = |attribute: &str| plain.replacen('{', &format!("{{{attribute},"), 1);
    let mut odd = vec![
        ("a byte order mark", format!("\u{feff}{plain}")),
        ("zeros behind", format!("{plain}\n\0\0")),
        ("blanks around", format!(" \r\n\t{plain} \r\n\t ")),
        (
            "an attribute that nests deep",
            with(&format!(r#""x":{}"#, deep(2_000))),
        ),
        (
            "an attribute that nests very deep",
            with(&format!(r#""x":{}"#, deep(200_000))),
        ),
        ("no name of the record", without("R")),
        ("no name of the enum", without("E")),
        ("no name of the fixed", without("X")),
        (
            "a size as Python's json has it",
            plain.replace(r#""size":2"#, r#""size":2.0"#),
        ),
        (
            "a size as text",
            plain.replace(r#""size":2"#, r#""size":"2""#),
        ),
        (
            "digits of a decimal as text",
            plain.replace(
                r#""size":2"#,
                r#""size":2,"logicalType":"decimal","precision":"4""#,
            ),
        ),
        (
            "no names at all",
            plain
                .replace(r#""name":"R","#, "")
                .replace(r#""name":"E","#, "")
                .replace(r#""name":"X","#, ""),
        ),
    ];
    for name in ["E", "X"] {
        for instead in [r#""""#, "null", "7", "[]"] {
            odd.push(("a name that is none", named(name, instead)));
        }
    }
    let owned = |(name, schema): (&str, String)| (name.to_owned(), schema);
    odd.into_iter().map(owned).collect()
}

/// Schemas of the same rows whose enum and fixed have other names: such a file can be read as it is and
/// merged with others, but its enum is not that of [`plain`].
pub fn renamed() -> Vec<(String, String)> {
    let plain = plain();
    let names = [
        r#"".""#,
        r#""a b\u0000""#,
        r#""int""#,
        r#""x.y..""#,
        r#""E.""#,
        r#""é""#,
    ];
    let renamed = |of: &str, name: &str| {
        let schema = plain.replace(&format!(r#""name":"{of}""#), &format!(r#""name":{name}"#));
        (format!("{of} is named {name}"), schema)
    };
    let mut schemas: Vec<_> = ["E", "X"]
        .iter()
        .flat_map(|of| names.iter().map(|name| renamed(of, name)))
        .collect();
    let one = plain.replace(r#""name":"E""#, r#""name":"R""#);
    let one = one.replace(r#""name":"X""#, r#""name":"R""#);
    schemas.push(("one name for all".to_owned(), one));
    schemas
}

/// The rows of a file of such a schema, three of them, as they are encoded.
pub fn body() -> Vec<u8> {
    let row =
        |d: f64, e, f: &[u8], l: &[u8]| [&d.to_le_bytes(), raw::long(e).as_slice(), f, l].concat();
    let list = [
        raw::long(1),
        raw::long(2),
        raw::long(7),
        raw::long(-1),
        raw::long(0),
    ]
    .concat();
    [
        row(1.5, 1, b"ab", &list),
        row(-0.5, 0, b"cd", &raw::long(0)),
        row(0.0, 1, b"ef", &[raw::long(1), raw::long(0)].concat()),
    ]
    .concat()
}

/// A file of this schema with three rows.
pub fn file(schema: &str) -> Vec<u8> {
    raw::file(schema).block(3, &body()).finish()
}

/// The same rows of a schema whose field `d` is of the type `["null","double"]`.
pub fn file_of_nullable(schema: &str) -> Vec<u8> {
    let body = body();
    let mut rows = Vec::new();
    for row in [&body[..16], &body[16..28], &body[28..]] {
        rows.extend(raw::long(1));
        rows.extend_from_slice(row);
    }
    raw::file(schema).block(3, &rows).finish()
}
