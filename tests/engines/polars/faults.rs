//! Whose fault an error is, and files that are only odd.

use std::sync::Arc;

use ::polars::prelude::*;
use avroscan::{AvroSchema, LeftoverBytes, ReadReport, SchemaMode, Source};
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::{odd, raw};

use super::{memory, on_both};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},{"name":"text","type":"string"}]}"#;

/// Rows whose text is their number, but for one.
fn numbers(odd: i64) -> Vec<u8> {
    let row = |id: i64| {
        let text = if id == odd {
            "none".to_owned()
        } else {
            id.to_string()
        };
        [raw::long(id), raw::bytes(text)].concat()
    };
    let block = |from: i64| (from..from + 10).flat_map(row).collect::<Vec<u8>>();
    (0..5)
        .fold(raw::file(SCHEMA), |file, i| file.block(10, &block(i * 10)))
        .finish()
}

/// The error inside the expressions that Polars names around it.
fn root(error: &PolarsError) -> &PolarsError {
    match error {
        PolarsError::ExprContext { error, .. } => root(error),
        error => error,
    }
}

#[test]
fn a_filter_that_fails_is_the_error_that_it_is_without_pushdown() {
    let number = col("text").strict_cast(DataType::Int64);
    for row in [0, 7, 23, 49] {
        let scan = || scan_avro(memory(numbers(row)), ScanArgsAvro::default()).unwrap();
        let query = || scan().filter(number.clone().gt(lit(-1)));
        let after = query().collect().unwrap_err();
        let pushed = query().collect_streaming().unwrap_err();
        assert_eq!(
            std::mem::discriminant(&after),
            std::mem::discriminant(&pushed),
            "{after:?}\n{pushed:?}"
        );
        assert!(
            matches!(root(&pushed), PolarsError::InvalidOperation(_)),
            "{pushed:?}"
        );
        let sentence = |error: &PolarsError| error.to_string().lines().next().unwrap().to_owned();
        assert_eq!(sentence(&after), sentence(&pushed));
    }
}

#[test]
fn odd_files_are_read_with_others_and_alone() {
    let expected = super::rows(odd::file(&odd::plain()));
    let mut sources: Vec<Arc<dyn Source>> = Vec::new();
    for (name, schema) in odd::schemas() {
        let file = odd::file(&schema);
        let rows = super::rows(file.clone());
        assert!(rows.equals_missing(&expected), "{name}: {rows}");
        sources.push(memory(file));
    }
    for mode in [SchemaMode::First, SchemaMode::UnionByName] {
        let args = ScanArgsAvro::default().with_schema_mode(mode);
        let query = scan_avro(sources.clone(), args).unwrap();
        let query = query.filter(col("e").cast(DataType::String).eq(lit("B")));
        let rows = on_both(&query.select([len().alias("n"), col("d").sum()]));
        let files = sources.len();
        assert_eq!(
            rows.column("n").unwrap().u32().unwrap().get(0),
            Some(2 * files as u32)
        );
        let sum = rows.column("d").unwrap().f64().unwrap().get(0);
        assert_eq!(sum, Some(1.5 * files as f64), "{mode:?}");
    }
}

#[test]
fn two_enums_read_as_one_are_one_enum() {
    let symbols = |name: &str, symbols: &str| {
        format!(r#"{{"type":"enum","name":"{name}","symbols":[{symbols}]}}"#)
    };
    let record = |type_: &str| {
        format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":{type_}}}]}}"#)
    };
    let writer = format!(
        "[{},{}]",
        symbols("a.E", r#""s","t""#),
        symbols("b.E", r#""t","s""#)
    );
    let row = |number: i64| [raw::long(number % 2), raw::long(number / 2 % 2)].concat();
    let body: Vec<u8> = (0..100).flat_map(row).collect();
    let file = raw::file(&record(&writer)).block(100, &body).finish();
    let reader: AvroSchema = record(&symbols("E", r#""s","t""#)).parse().unwrap();
    let args = ScanArgsAvro::default().with_reader_schema(reader);
    let rows = on_both(&scan_avro(memory(file), args).unwrap());
    let DataType::Enum(categories, _) = rows.column("a").unwrap().dtype().clone() else {
        panic!("{}", rows.column("a").unwrap().dtype())
    };
    let categories: Vec<_> = categories.categories().values_iter().collect();
    assert_eq!(categories, ["s", "t"]);
    let texts = rows.column("a").unwrap().cast(&DataType::String).unwrap();
    let texts: Vec<_> = texts.str().unwrap().iter().flatten().take(4).collect();
    assert_eq!(texts, ["s", "t", "t", "s"]);
}

#[test]
fn bytes_left_over_are_accepted_when_asked_for() {
    let row = |id| [raw::long(id), raw::bytes("x")].concat();
    let file = raw::file(SCHEMA)
        .block(1, &[row(1), vec![0; 3]].concat())
        .block(1, &row(2))
        .finish();
    let strict = scan_avro(memory(file.clone()), ScanArgsAvro::default()).unwrap();
    let error = strict.collect().unwrap_err().to_string();
    assert!(error.contains("left over"), "{error}");
    let report = ReadReport::default();
    let args = || {
        ScanArgsAvro::default()
            .with_leftover_bytes(LeftoverBytes::Ignore)
            .with_report(report.part())
    };
    let rows = on_both(&scan_avro(memory(file.clone()), args()).unwrap());
    assert_eq!(rows.height(), 2);
    let query = scan_avro(memory(file.clone()), args())
        .unwrap()
        .filter(col("id").gt(lit(0)));
    assert_eq!(query.collect_streaming().unwrap().height(), 2);
    let frames = AvroReader::open(memory(file), args()).unwrap();
    assert_eq!(
        frames.map(|frame| frame.unwrap().height()).sum::<usize>(),
        2
    );
    assert_eq!(report.leftover_blocks(), 4, "each of the runs counts");
    assert_eq!(report.leftover_bytes(), 12);
}
