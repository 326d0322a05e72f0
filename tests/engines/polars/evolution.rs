//! Files whose schemas differ, read as one.

use std::sync::Arc;

use ::polars::prelude::*;
use avroscan::{AvroSchema, MemorySource, SchemaMode, Source};
use avroscan_polars::{AvroReader, ScanArgsAvro, read_avro, read_avro_schema, scan_avro};
use avroscan_tests::raw;

use super::{ENGINES, collect, on_both};

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// A source of one block with these rows.
fn source(name: &str, fields: &str, rows: &[Vec<u8>]) -> Arc<dyn Source> {
    let body = rows.concat();
    let file = raw::file(&record(fields)).block(rows.len() as i64, &body);
    Arc::new(MemorySource::new(name, file.finish()))
}

/// The row of these values.
fn row<const N: usize>(values: [Vec<u8>; N]) -> Vec<u8> {
    values.concat()
}

fn float(value: f32) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

fn double(value: f64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// A file of the first schema, and one that has its fields in another order, narrower, without
/// `note` and `level`, and with one of its own.
fn evolved() -> Vec<Arc<dyn Source>> {
    let first = r#"{"name":"id","type":"long"},
        {"name":"name","type":"string"},
        {"name":"note","type":["null","string"]},
        {"name":"level","type":"int","default":7},
        {"name":"price","type":"double"}"#;
    let later = r#"{"name":"price","type":"float"},
        {"name":"extra","type":"string"},
        {"name":"name","type":"string"},
        {"name":"id","type":"int"}"#;
    let text = raw::bytes;
    let some = row([raw::long(1), text("x")]);
    let first_rows = [
        row([raw::long(1), text("a"), some, raw::long(3), double(0.5)]),
        row([
            raw::long(2),
            text("b"),
            raw::long(0),
            raw::long(4),
            double(1.5),
        ]),
    ];
    let later_rows = [row([
        float(2.5),
        text("passed over"),
        text("c"),
        raw::long(3),
    ])];
    vec![
        source("first.avro", first, &first_rows),
        source("later.avro", later, &later_rows),
    ]
}

/// The frames of the reader on top of each other.
fn frames(sources: Vec<Arc<dyn Source>>, args: ScanArgsAvro) -> DataFrame {
    let reader = AvroReader::open(sources, args).unwrap();
    let mut all = DataFrame::empty_with_schema(reader.schema());
    for frame in reader {
        all.vstack_mut(&frame.unwrap()).unwrap();
    }
    all
}

/// All ways to read the files give these rows, in this schema.
#[track_caller]
fn assert_read(sources: &[Arc<dyn Source>], args: &ScanArgsAvro, expected: &DataFrame) {
    let schema = read_avro_schema(sources.to_vec(), args.clone()).unwrap();
    assert_eq!(&schema, expected.schema());
    let scanned = on_both(&scan_avro(sources.to_vec(), args.clone()).unwrap());
    let read = read_avro(sources.to_vec(), args.clone()).unwrap();
    let small = args.clone().with_batch_size(1);
    for frame in [scanned, read, frames(sources.to_vec(), small)] {
        assert_eq!(frame.schema(), expected.schema());
        assert!(frame.equals_missing(expected), "{frame}\n{expected}");
    }
}

#[test]
fn later_files_are_read_as_the_first() {
    let expected = df!(
        "id" => [1_i64, 2, 3],
        "name" => ["a", "b", "c"],
        "note" => [Some("x"), None, None],
        "level" => [3, 4, 7],
        "price" => [0.5, 1.5, 2.5],
    );
    let expected = expected.unwrap();
    assert_read(&evolved(), &ScanArgsAvro::default(), &expected);

    let args = ScanArgsAvro::default().with_columns(["level", "note"]);
    let chosen = expected.select(["level", "note"]).unwrap();
    assert_read(&evolved(), &args, &chosen);
    assert_read(&evolved(), &args.with_n_rows(2), &chosen.head(Some(2)));

    let scan = scan_avro(evolved(), ScanArgsAvro::default()).unwrap();
    let defaults = on_both(
        &scan
            .clone()
            .filter(col("level").eq(7))
            .select([col("level")]),
    );
    assert!(defaults.equals(&df!("level" => [7]).unwrap()), "{defaults}");
    let count = on_both(&scan.select([len()]));
    assert!(
        count.equals(&df!("len" => [3 as IdxSize]).unwrap()),
        "{count}"
    );
}

#[test]
fn symbols_of_enums_are_those_of_the_first_file() {
    let of = |symbols: &str, default: &str| {
        format!(
            r#"{{"name":"e","type":{{"type":"enum","name":"E","symbols":[{symbols}]{default}}}}}"#
        )
    };
    let later = source(
        "later.avro",
        &of(r#""C","B","A""#, ""),
        &[raw::long(2), raw::long(1), raw::long(0)],
    );
    let with = |default: &str| {
        let first = source(
            "first.avro",
            &of(r#""A","B","X""#, default),
            &[raw::long(1)],
        );
        vec![first, later.clone()]
    };
    let scan = scan_avro(with(r#","default":"X""#), ScanArgsAvro::default()).unwrap();
    let frame = on_both(&scan.select([col("e").cast(DataType::String)]));
    let expected = df!("e" => ["B", "A", "B", "X"]).unwrap();
    assert!(frame.equals(&expected), "{frame}");

    let scan = scan_avro(with(""), ScanArgsAvro::default()).unwrap();
    for engine in ENGINES {
        let error = collect(scan.clone(), engine).unwrap_err().to_string();
        assert!(
            error.contains("later.avro") && error.contains("`e`"),
            "{error}"
        );
    }
}

#[test]
fn what_cannot_be_read_as_the_first_is_refused() {
    let s = |x: &str| {
        format!(
            r#"{{"name":"s","type":{{"type":"record","name":"S","fields":[{{"name":"x","type":{x}}}]}}}}"#
        )
    };
    let int = r#"{"name":"id","type":"int"}"#;
    for (first, later, field) in [
        (int, r#"{"name":"id","type":"long"}"#, "id"),
        (int, r#"{"name":"id","type":"string"}"#, "id"),
        (int, r#"{"name":"other","type":"int"}"#, "id"),
        (&s(r#""int""#), &s(r#""double""#), "s.x"),
        (
            &s(r#"{"type":"array","items":"float"}"#),
            &s(r#"{"type":"array","items":"double"}"#),
            "s.x[]",
        ),
    ] {
        let files = || vec![source("1.avro", first, &[]), source("2.avro", later, &[])];
        let args = ScanArgsAvro::default;
        let mut errors = vec![
            read_avro(files(), args()).unwrap_err(),
            AvroReader::open(files(), args()).unwrap_err(),
        ];
        let scan = scan_avro(files(), args()).unwrap();
        errors.extend(ENGINES.map(|engine| collect(scan.clone(), engine).unwrap_err()));
        for error in errors {
            assert!(matches!(error, PolarsError::SchemaMismatch(_)), "{error:?}");
            let error = error.to_string();
            assert!(error.contains("2.avro"), "{error}");
            assert!(error.contains(&format!("`{field}`")), "{error}");
        }
    }
    // Nobody asks for the column.
    let two = |fields: &str| format!(r#"{fields},{{"name":"a","type":"int"}}"#);
    let files = vec![
        source("1.avro", &two(int), &[row([raw::long(1), raw::long(2)])]),
        source(
            "2.avro",
            &two(r#"{"name":"id","type":"string"}"#),
            &[row([raw::bytes("x"), raw::long(3)])],
        ),
    ];
    let expected = df!("a" => [2, 3]).unwrap();
    let args = ScanArgsAvro::default().with_columns(["a"]);
    assert_read(&files, &args, &expected);
    let scan = scan_avro(files, ScanArgsAvro::default()).unwrap();
    let frame = on_both(&scan.select([col("a")]));
    assert!(frame.equals(&expected), "{frame}");
}

#[test]
fn columns_of_all_files_are_merged_by_name() {
    let one =
        r#"{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"t","type":"string"}"#;
    let two =
        r#"{"name":"t","type":"bytes"},{"name":"id","type":"long"},{"name":"b","type":"string"}"#;
    let three =
        r#"{"name":"a","type":"double"},{"name":"id","type":"int"},{"name":"t","type":"string"}"#;
    let text = raw::bytes;
    let files = vec![
        source(
            "1.avro",
            one,
            &[row([raw::long(1), raw::long(10), text("x")])],
        ),
        source(
            "2.avro",
            two,
            &[row([raw::bytes([0xff]), raw::long(1 << 40), text("bee")])],
        ),
        source(
            "3.avro",
            three,
            &[row([double(0.5), raw::long(3), text("z")])],
        ),
    ];
    let expected = df!(
        "id" => [1_i64, 1 << 40, 3],
        "a" => [Some(10.0), None, Some(0.5)],
        "t" => [&b"x"[..], &[0xff], b"z"],
        "b" => [None, Some("bee"), None],
    );
    let expected = expected.unwrap();
    let args = ScanArgsAvro::default().with_schema_mode(SchemaMode::UnionByName);
    assert_read(&files, &args, &expected);

    let args = args.with_columns(["b", "a"]);
    assert_read(&files, &args, &expected.select(["b", "a"]).unwrap());
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let files = vec![
        source("1.avro", r#"{"name":"a","type":"int"}"#, &[]),
        source("2.avro", r#"{"name":"a","type":"boolean"}"#, &[]),
    ];
    let args = ScanArgsAvro::default().with_schema_mode(SchemaMode::UnionByName);
    let error = scan_avro(files, args).err().expect("an error").to_string();
    assert!(error.contains("2.avro") && error.contains("`a`"), "{error}");
}

const READER: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"level","type":"int","default":-1},
    {"name":"label","type":"string","aliases":["name"]},
    {"name":"id","type":"double"},
    {"name":"since","type":["null","long"],"default":null}]}"#;

#[test]
fn rows_are_read_as_the_reader_schema_says() {
    let reader: AvroSchema = READER.parse().unwrap();
    let args = ScanArgsAvro::default().with_reader_schema(reader);
    let expected = df!(
        "level" => [3, 4, -1],
        "label" => ["a", "b", "c"],
        "id" => [1.0, 2.0, 3.0],
        "since" => [None::<i64>, None, None],
    );
    let expected = expected.unwrap();
    assert_read(&evolved(), &args, &expected);
    let args = args.with_columns(["since", "label"]);
    assert_read(
        &evolved(),
        &args,
        &expected.select(["since", "label"]).unwrap(),
    );

    // What the reader says of the files is what they say themselves.
    let reader = AvroReader::open(evolved(), args).unwrap();
    assert!(reader.avro_schema_json().contains("price"));
    assert_eq!(reader.metadata()[0].0, "avro.schema");
}

#[test]
fn a_reader_schema_must_fit_each_file() {
    let reader: Arc<AvroSchema> = Arc::new(
        record(r#"{"name":"note","type":["null","string"]}"#)
            .parse()
            .unwrap(),
    );
    let args = ScanArgsAvro::default().with_reader_schema(reader);
    let error = read_avro(evolved(), args.clone()).unwrap_err().to_string();
    assert!(
        error.contains("later.avro") && error.contains("`note`"),
        "{error}"
    );

    let both = args.with_schema_mode(SchemaMode::UnionByName);
    let error = scan_avro(evolved(), both).err().expect("an error");
    assert!(
        matches!(error, PolarsError::InvalidOperation(_)),
        "{error:?}"
    );
}

#[test]
fn recursive_types_are_unrolled() {
    const NODE: &str = r#"{"type":"record","name":"Node","fields":[
        {"name":"id","type":"long"},{"name":"next","type":["null","Node"]}]}"#;
    let some = || raw::long(1);
    let body = row([
        raw::long(1),
        some(),
        raw::long(2),
        some(),
        raw::long(3),
        raw::long(0),
    ]);
    let file = raw::file(NODE).block(1, &body).finish();
    let source: Arc<dyn Source> = Arc::new(MemorySource::new("nodes.avro", file));
    let args = ScanArgsAvro::default().with_unroll(1);
    let field = |name: &str| col("next").struct_().field_by_name(name);
    let scan = scan_avro(source, args).unwrap();
    let query = scan.select([field("id"), field("next")]);
    let expected = df!("id" => [2_i64], "next" => [r#"{"id":3,"next":null}"#]).unwrap();
    let frame = on_both(&query);
    assert!(frame.equals(&expected), "{frame}");
}
