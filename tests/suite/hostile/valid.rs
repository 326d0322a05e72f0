//! Files that are valid and often mishandled.

use avroscan::{Limit, Projection, Scan, ScanOptions};
use avroscan_tests::raw::{self, Header, MARKER};
use avroscan_tests::slow;
use avroscan_tests::write::Codec;
use serde_json::{Value as Json, json};

use super::{column, exceeds, longs, reads, rows, ways, with_limits};
use crate::read::{Watched, memory, outcome};

#[test]
fn empty_blocks_do_not_end_a_file() {
    let file = raw::file(&longs())
        .block(0, &[])
        .block(1, &raw::long(1))
        .block(0, &[])
        .block(0, &[])
        .block(1, &raw::long(2))
        .block(0, &[]);
    reads("empty blocks", &file.finish(), &rows([json!(1), json!(2)]));

    for codec in Codec::ALL {
        let name = format!("empty blocks of {}", codec.name());
        let file = raw::file_with_codec(&longs(), codec.name())
            .block(0, &codec.compress(&[]))
            .block(1, &codec.compress(&raw::long(1)))
            .block(0, &[])
            .block(1, &codec.compress(&raw::long(2)));
        reads(&name, &file.finish(), &rows([json!(1), json!(2)]));
    }
}

#[test]
fn a_file_without_blocks_has_no_rows() {
    reads("no blocks", &raw::file(&longs()).finish(), &[]);
}

#[test]
fn metadata_comes_in_any_form_of_map() {
    let schema = longs();
    let schema: (&str, &[u8]) = ("avro.schema", schema.as_bytes());
    let codec: (&str, &[u8]) = ("avro.codec", b"null");
    let user: (&str, &[u8]) = ("user", &[0xff, 0xfe, 0x00]);
    for (name, header) in [
        ("no codec", Header::new().entries(&[schema])),
        (
            "several blocks",
            Header::new()
                .entries(&[codec])
                .entries(&[schema])
                .entries(&[user]),
        ),
        (
            "negative count",
            Header::new().entries_sized(&[schema, codec]),
        ),
        (
            "both",
            Header::new()
                .entries_sized(&[user])
                .entries(&[codec])
                .entries_sized(&[schema]),
        ),
        ("not UTF-8", Header::new().entries(&[user, schema])),
        (
            "empty key and value",
            Header::new().entries(&[("", b""), schema]),
        ),
    ] {
        let file = header.end().block(1, &raw::long(5)).finish();
        reads(name, &file, &rows([json!(5)]));
    }
}

#[test]
fn user_metadata_is_kept_byte_for_byte() {
    let schema = longs();
    let user: &[u8] = &[0xff, 0xfe, 0x00];
    let header = Header::new().entries(&[("user", user), ("avro.schema", schema.as_bytes())]);
    let source = memory(header.end().finish());
    let scan = Scan::from_sources_blocking(vec![source], ScanOptions::default()).unwrap();
    let header = scan.files()[0].header();
    assert_eq!(header.metadata[0], ("user".to_owned(), user.to_vec()));
    assert_eq!(header.sync, MARKER);
    assert_eq!(scan.avro_schema_json(), schema);
}

#[test]
fn a_header_may_be_larger_than_any_read() {
    let schema = longs();
    let large = vec![b'x'; 200_000];
    let header = Header::new().entries(&[("large", &large), ("avro.schema", schema.as_bytes())]);
    let file = header.end().block(1, &raw::long(5)).finish();
    let source = Watched::new(file.clone(), 4096, 4096);
    let outcome = outcome(source, &ScanOptions::default());
    assert_eq!(outcome.rows(), rows([json!(5)]));
    exceeds(
        Limit::HeaderBytes,
        &with_limits(&file, |limits| limits.header_bytes = 100_000),
    );
}

#[test]
fn padded_numbers_are_numbers() {
    let record = r#"{"type":"record","name":"R","fields":[
        {"name":"i","type":"int"},
        {"name":"s","type":"string"},
        {"name":"u","type":["null","long"]},
        {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
        {"name":"l","type":{"type":"array","items":"long"}}]}"#;
    let body = [
        raw::padded(-3, 5),
        raw::padded(2, 10),
        b"hi".to_vec(),
        raw::padded(1, 3),
        raw::padded(7, 10),
        raw::padded(1, 4),
        raw::padded(2, 3),
        raw::padded(10, 2),
        raw::padded(i64::MIN, 10),
        raw::padded(0, 9),
    ]
    .concat();
    let file = raw::file(record)
        .bytes(&raw::padded(1, 6))
        .bytes(&raw::padded(body.len() as i64, 10))
        .bytes(&body)
        .bytes(&MARKER);
    let expected = json!({"i": -3, "s": "hi", "u": 7, "e": "B", "l": [10, i64::MIN]});
    reads("padded numbers", &file.finish(), &[expected]);
}

#[test]
fn arrays_and_maps_come_in_any_form() {
    let arrays = column(r#"{"type":"array","items":"long"}"#);
    let (one, two) = (raw::long(1), raw::long(2));
    let several = [
        raw::long(1),
        one.clone(),
        raw::long(2),
        two.clone(),
        one.clone(),
        raw::long(0),
    ];
    let sized = [
        raw::long(-2),
        raw::long(2),
        one.clone(),
        two.clone(),
        raw::long(0),
    ];
    let mixed = [
        raw::long(-1),
        raw::long(1),
        one.clone(),
        raw::long(1),
        two.clone(),
        raw::long(0),
    ];
    let body = [several.concat(), sized.concat(), vec![0], mixed.concat()].concat();
    let file = raw::file(&arrays).block(4, &body).finish();
    let expected = rows([json!([1, 2, 1]), json!([1, 2]), json!([]), json!([1, 2])]);
    reads("arrays", &file, &expected);

    let maps = column(r#"{"type":"map","values":"string"}"#);
    let entry = |key: &str, value: &str| [raw::bytes(key), raw::bytes(value)].concat();
    let (k, l) = (entry("k", "v"), entry("", "longer than twelve bytes"));
    let sized = [
        raw::long(-2),
        raw::long((k.len() + l.len()) as i64),
        k.clone(),
        l.clone(),
    ];
    let repeated = [
        raw::long(1),
        k.clone(),
        raw::long(2),
        k,
        entry("k", "w"),
        raw::long(0),
    ];
    let body = [sized.concat(), vec![0], repeated.concat()].concat();
    let file = raw::file(&maps).block(2, &body).finish();
    let expected = rows([
        json!([["k", "v"], ["", "longer than twelve bytes"]]),
        json!([["k", "v"], ["k", "v"], ["k", "w"]]),
    ]);
    reads("maps keep repeated keys", &file, &expected);
}

#[test]
fn compressed_blocks_may_hold_several_streams() {
    let values = [1i64, -2, 300, 70_000];
    let bodies: Vec<Vec<u8>> = values.iter().map(|value| raw::long(*value)).collect();
    let expected = rows(values.map(|value| json!(value)));
    for codec in [Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        let streams: Vec<u8> = bodies
            .iter()
            .flat_map(|body| codec.compress(body))
            .collect();
        let file = raw::file_with_codec(&longs(), codec.name())
            .block(4, &streams)
            .finish();
        reads(codec.name(), &file, &expected);
    }
}

#[test]
fn rows_of_no_bytes_are_rows() {
    let empty = r#"{"type":"record","name":"R","fields":[]}"#;
    let file = raw::file(empty).block(3, &[]).block(2, &[]).finish();
    for (how, outcome) in ways(&file) {
        assert!(outcome.error.is_none(), "{how}: {:?}", outcome.error);
        assert_eq!(outcome.num_rows(), 5, "{how}");
    }
    let nulls = column(r#""null""#);
    let file = raw::file(&nulls).block(3, &[]).finish();
    reads("nulls", &file, &rows([Json::Null, Json::Null, Json::Null]));
}

#[test]
fn unions_of_one_branch_have_an_index() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"n","type":["null"]},{"name":"s","type":["string"]},{"name":"l","type":"long"}]}"#;
    let body = [raw::long(0), raw::long(0), raw::bytes("x"), raw::long(9)].concat();
    let file = raw::file(schema).block(1, &body).finish();
    reads("one branch", &file, &[json!({"n": null, "s": "x", "l": 9})]);
}

#[test]
fn names_outside_the_pattern_are_names() {
    let schema = r#"{"type":"record","name":"a.b.R","connect.name":"x","fields":[
        {"name":"a-b","type":{"type":"string","avro.java.string":"String"}},
        {"name":"1x","type":"int","default":"of the wrong type"},
        {"name":"é","type":["null","string"],"default":7},
        {"name":"A-B","type":{"type":"int","logicalType":"of no specification"}}]}"#;
    let body = [raw::bytes("v"), raw::long(1), raw::long(0), raw::long(2)].concat();
    let file = raw::file(schema).block(1, &body).finish();
    reads(
        "names",
        &file,
        &[json!({"a-b": "v", "1x": 1, "é": null, "A-B": 2})],
    );
}

#[test]
fn logical_types_that_cannot_be_are_their_base() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":{"type":"string","logicalType":"date"}},
        {"name":"b","type":{"type":"bytes","logicalType":"decimal","precision":2,"scale":3}},
        {"name":"c","type":{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":9}},
        {"name":"d","type":{"type":"int","logicalType":"timestamp-millis"}}]}"#;
    let body = [
        raw::bytes("v"),
        raw::bytes([1, 2]),
        vec![3, 4],
        raw::long(5),
    ]
    .concat();
    let file = raw::file(schema).block(1, &body).finish();
    let (b, c) = (slow::hex(&[1, 2]), slow::hex(&[3, 4]));
    reads(
        "base types",
        &file,
        &[json!({"a": "v", "b": b, "c": c, "d": 5})],
    );
}

#[test]
fn a_named_type_is_used_again() {
    let schema = r#"{"type":"record","name":"R","namespace":"x","fields":[
        {"name":"a","type":{"type":"record","name":"P","fields":[{"name":"n","type":"long"}]}},
        {"name":"b","type":"P"},
        {"name":"c","type":["null","x.P"]},
        {"name":"d","type":{"type":"array","items":"P"}}]}"#;
    let body = [1, 2, 1, 3, 1, 4, 0].map(raw::long).concat();
    let file = raw::file(schema).block(1, &body).finish();
    let p = |n: i64| json!({ "n": n });
    reads(
        "again",
        &file,
        &[json!({"a": p(1), "b": p(2), "c": p(3), "d": [p(4)]})],
    );
    // The definition itself is projected away.
    let options = ScanOptions::default().with_projection(Projection::columns(["c", "b"]));
    assert_eq!(
        outcome(memory(file), &options).rows(),
        [json!({"c": p(3), "b": p(2)})]
    );
}

#[test]
fn records_nest_deep() {
    let mut schema = r#""long""#.to_owned();
    let mut value = json!(7);
    for depth in 0..200 {
        schema = format!(
            r#"{{"type":"record","name":"R{depth}","fields":[{{"name":"f","type":{schema}}}]}}"#
        );
        value = json!({ "f": value });
    }
    let file = raw::file(&schema).block(1, &raw::long(7)).finish();
    let outcome = outcome(memory(file), &ScanOptions::default());
    match outcome.error {
        None => assert_eq!(outcome.rows(), [value]),
        Some(error) => panic!("{error}"),
    }
}

#[test]
fn a_schema_of_ten_megabytes_is_read() {
    let doc = "x".repeat(150);
    let field = |i| format!(r#"{{"name":"f{i}","type":"long","doc":"{doc}"}}"#);
    let fields: Vec<String> = (0..60_000).map(field).collect();
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{}]}}"#,
        fields.join(",")
    );
    assert!(schema.len() > 10_000_000);
    let body: Vec<u8> = (0..60_000).flat_map(raw::long).collect();
    let file = raw::file(&schema).block(1, &body).finish();
    let options = ScanOptions::default().with_projection(Projection::columns(["f59999"]));
    let outcome = outcome(memory(file), &options);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!(outcome.rows(), [json!({ "f59999": 59_999 })]);
}
