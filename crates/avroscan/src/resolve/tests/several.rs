//! Several types that become one, and schemas of many.

use arrow::array::AsArray;

use super::*;

#[test]
fn symbols_are_read_as_text_and_as_bytes() {
    let symbols = r#"{"type":"enum","name":"E","symbols":["A","long enough for the content"]}"#;
    let rows = [long(1), long(0)];
    let text = ["long enough for the content", "A"];
    becomes(symbols, r#""string""#, &rows, &text);
    becomes(symbols, r#"["null","string"]"#, &rows, &text);
    let hex = [
        "6c6f6e6720656e6f75676820666f722074686520636f6e74656e74",
        "41",
    ];
    becomes(symbols, r#""bytes""#, &rows, &hex);
    fails(
        symbols,
        r#""string""#,
        &[long(2)],
        ErrorKind::Index,
        "symbol",
    );
    fails(
        symbols,
        r#""int""#,
        &[],
        ErrorKind::SchemaMismatch,
        "enum `E`",
    );
    // A branch of its own goes first.
    let either = format!(r#"["string",{symbols}]"#);
    becomes(symbols, &either, &[long(0)], &["{string: null, E: A}"]);
}

#[test]
fn symbols_are_text_in_the_text_of_recursive_types() {
    let schema = |type_: &str| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"v","type":{type_}}},
            {{"name":"next","type":["null","R"]}}]}}"#
        )
    };
    let writer = schema(r#"{"type":"enum","name":"E","symbols":["A","B"]}"#);
    let row = [long(0), long(1), long(1), long(0)].concat();
    for (type_, value) in [(r#""string""#, "\"B\""), (r#""bytes""#, "\"42\"")] {
        let batch = read_records(&writer, &schema(type_), std::slice::from_ref(&row)).unwrap();
        let expected = format!(r#"{{"v":{value},"next":null}}"#);
        assert_eq!(shown(batch.column(1)), [expected]);
    }
}

#[test]
fn two_enums_that_become_one_have_its_symbols_once() {
    let named = |name: &str, symbols: &str| {
        format!(r#"{{"type":"enum","name":"{name}","symbols":[{symbols}]}}"#)
    };
    let writer = format!(
        "[{},{}]",
        named("a.E", r#""s","t""#),
        named("b.E", r#""t","s""#)
    );
    let nested = |inner: &str| format!(r#"{{"type":"array","items":{inner}}}"#);
    let reader = named("E", r#""t","s""#);
    let rows = [[0, 0], [1, 0], [0, 1], [1, 1]]
        .map(|[branch, symbol]| [long(branch), long(symbol)].concat());
    let symbols = |array: &ArrayRef| {
        let dictionary = array.as_any_dictionary();
        shown(dictionary.values())
    };
    let batch = read(&writer, &reader, &rows).unwrap();
    assert_eq!(shown(batch.column(0)), ["s", "t", "t", "s"]);
    assert_eq!(symbols(batch.column(0)), ["t", "s"]);
    // A row of one branch alone has both symbols as well.
    let batch = read(&writer, &reader, &rows[..1]).unwrap();
    assert_eq!(symbols(batch.column(0)), ["t", "s"]);
    // Inside of lists, of which there are two kinds.
    let lists = format!(
        "[{},{}]",
        nested(&named("a.E", r#""s","t""#)),
        nested(&named("b.E", r#""t","s""#))
    );
    let list = |branch| [long(branch), long(2), long(0), long(1), long(0)].concat();
    let batch = read(&lists, &nested(&reader), &[list(0), list(1), list(0)]).unwrap();
    assert_eq!(shown(batch.column(0)), ["[s, t]", "[t, s]", "[s, t]"]);
    assert_eq!(
        symbols(batch.column(0).as_list::<i32>().values()),
        ["t", "s"]
    );
}

#[test]
fn each_way_to_a_row_has_its_columns_in_the_order_of_the_projection() {
    let record = |name: &str, first: &str, second: &str| {
        let field = |name: &str| format!(r#"{{"name":"{name}","type":"int"}}"#);
        let (first, second) = (field(first), field(second));
        format!(r#"{{"type":"record","name":"{name}",ALIASES"fields":[{first},{second}]}}"#)
    };
    let plain = |name: &str, a: &str, b: &str| record(name, a, b).replace("ALIASES", "");
    let writer: AvroSchema = format!(
        r#"["null",{},{}]"#,
        plain("A", "x", "y"),
        plain("B", "y", "x")
    )
    .parse()
    .unwrap();
    let reader: AvroSchema = format!(
        r#"["null",{}]"#,
        record("A", "x", "y").replace("ALIASES", r#""aliases":["B"],"#)
    )
    .parse()
    .unwrap();
    let limits = Limits::default();
    for (columns, expected) in [
        (["y", "x"], [["2", "3", "null"], ["1", "4", "null"]]),
        (["x", "y"], [["1", "4", "null"], ["2", "3", "null"]]),
    ] {
        let projection = Projection::columns(columns);
        let plan = DecodePlan::new(&writer, Some(&reader), &projection, 0, &limits).unwrap();
        let mut decoder = Decoder::new(Arc::new(plan), limits.clone());
        let rows = [
            [long(1), long(1), long(2)].concat(),
            [long(2), long(3), long(4)].concat(),
            long(0),
        ];
        decoder
            .open(Block {
                index: 0,
                offset: 0,
                rows: 3,
                first_row: 0,
                data: rows.concat().into(),
            })
            .unwrap();
        decoder.decode(usize::MAX).unwrap();
        let batch = decoder.finish().unwrap();
        let names: Vec<_> = batch
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        assert_eq!(names, columns);
        let found: Vec<_> = batch.columns().iter().map(shown).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_branches_of_a_union_read_as_itself_are_not_compared() {
    let branches = vec![r#""int""#; 99_990].join(",");
    let schema: AvroSchema = format!(r#"{{"type":"array","items":[{branches}]}}"#)
        .parse()
        .unwrap();
    let limits = Limits::default();
    let resolved = Resolved::new(&schema, None, &limits).unwrap();
    let How::Array(items) = resolved.value(resolved.root()).how else {
        panic!("an array")
    };
    let How::Union(union) = &resolved.value(items).how else {
        panic!("a union")
    };
    assert_eq!(union.targets.len(), 99_990);
    assert!(union.unused.is_empty());
}

#[test]
fn comparing_names_and_symbols_is_bounded() {
    // One branch alone, with more aliases and symbols than may be compared with all others.
    let aliases: Vec<_> = (0..60_000).map(|i| format!(r#""x{i}""#)).collect();
    let reader = format!(
        r#"["null",{{"type":"fixed","name":"F","size":1,"aliases":[{}]}}]"#,
        aliases.join(",")
    );
    let fixed = |i| format!(r#"{{"type":"fixed","name":"G{i}","size":1}}"#);
    let writer: Vec<_> = (0..2_000).map(fixed).collect();
    let error = read(&format!("[{}]", writer.join(",")), &reader, &[]).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::UnionBranches),
        "{error}"
    );
}

#[test]
fn all_defaults_together_are_bounded() {
    // Each leans on the defaults of two more, ten levels deep.
    let record = |i: usize| {
        let inner = match i {
            0 => r#""int","default":0"#.to_owned(),
            i => format!(r#""T{}","default":{{}}"#, i - 1),
        };
        format!(
            r#"{{"type":"record","name":"T{i}","fields":[{{"name":"a","type":{inner}}},{{"name":"b","type":{inner}}}]}}"#
        )
    };
    let types: Vec<_> = (0..11)
        .map(|i| format!(r#"{{"name":"t{i}","type":{}}}"#, record(i)))
        .collect();
    let missing: Vec<_> = (0..3_000)
        .map(|i| format!(r#"{{"name":"m{i}","type":"T10","default":{{}}}}"#))
        .collect();
    let reader: AvroSchema = format!(
        r#"{{"type":"record","name":"R","fields":[{},{}]}}"#,
        types.join(","),
        missing.join(",")
    )
    .parse()
    .unwrap();
    let writer: AvroSchema = r#"{"type":"record","name":"R","fields":[]}"#.parse().unwrap();
    let limits = Limits::default();
    let resolved = Resolved::new(&writer, Some(&reader), &limits).unwrap();
    let How::Record(sources) = &resolved.value(resolved.root()).how else {
        panic!("a record")
    };
    let is_constant =
        |source: &&Source| matches!(resolved.value(source.value).how, How::Constant { .. });
    let missing = &sources.read[11..];
    let encoded = missing.iter().filter(is_constant).count();
    assert!(
        (100..600).contains(&encoded),
        "{encoded} defaults of 4,095 values"
    );
}
