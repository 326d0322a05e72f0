//! Tables that declare columns other than those of their files.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};
use avroscan_tests::raw;
use datafusion::prelude::SessionContext;

use super::{error, lines, query, session, write};

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// A session in which `t` is a table of these columns over a file of one row.
async fn table(
    columns: Vec<Field>,
    fields: &str,
    row: &[u8],
) -> (SessionContext, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let bytes = raw::file(&record(fields)).block(1, row).finish();
    let path = write(dir.path(), "odd.avro", &bytes);
    let ctx = session(2);
    let options = AvroReadOptions::default().with_schema(Arc::new(Schema::new(columns)));
    ctx.register_avro_table("t", path.as_str(), options)
        .await
        .unwrap();
    (ctx, dir)
}

/// A table of one column `c`.
async fn column(
    declared: DataType,
    avro: &str,
    value: &[u8],
) -> (SessionContext, tempfile::TempDir) {
    let field = Field::new("c", declared, true);
    table(
        vec![field],
        &format!(r#"{{"name":"c","type":{avro}}}"#),
        value,
    )
    .await
}

fn logical(base: &str, logical: &str) -> String {
    format!(r#"{{"type":"{base}","logicalType":"{logical}"}}"#)
}

#[tokio::test]
async fn values_become_those_of_the_declared_type() {
    let float = 1.5_f32.to_le_bytes();
    let millis = logical("long", "timestamp-millis");
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}"#;
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    for (declared, avro, value, expected) in [
        (DataType::Int64, r#""int""#, raw::long(-5), "-5"),
        (DataType::Float64, r#""int""#, raw::long(-5), "-5.0"),
        (
            DataType::Float64,
            r#""long""#,
            raw::long(1 << 40),
            "1099511627776.0",
        ),
        (DataType::Float64, r#""float""#, float.to_vec(), "1.5"),
        (DataType::Int32, r#""long""#, raw::long(5), "5"),
        (DataType::Utf8View, r#""bytes""#, raw::bytes("äx"), "äx"),
        (
            DataType::BinaryView,
            r#""string""#,
            raw::bytes("äx"),
            "c3a478",
        ),
        (DataType::Utf8, r#""int""#, raw::long(5), "5"),
        (
            utc(TimeUnit::Microsecond),
            &millis,
            raw::long(1_001),
            "1970-01-01T00:00:01.001Z",
        ),
        (
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            &millis,
            raw::long(1_001),
            "1970-01-01T00:00:01.001",
        ),
        (
            DataType::Decimal128(10, 4),
            decimal,
            raw::bytes([0x04, 0xd2]),
            "12.3400",
        ),
        (
            DataType::Float64,
            decimal,
            raw::bytes([0x04, 0xd2]),
            "12.34",
        ),
    ] {
        let (ctx, _dir) = column(declared.clone(), avro, &value).await;
        let rows = query(&ctx, "SELECT c FROM t").await;
        assert_eq!(rows[0].schema().field(0).data_type(), &declared, "{avro}");
        assert_eq!(lines(&rows), [expected], "{avro} as {declared}");
        let counted = query(&ctx, "SELECT count(*) FROM t WHERE c IS NOT NULL").await;
        assert_eq!(lines(&counted), ["1"], "{avro} as {declared}");
    }
}

/// Casts that would drop a part of a value are no answer, not even a wrong one.
#[tokio::test]
async fn what_would_be_cut_off_is_refused() {
    let micros = logical("long", "timestamp-micros");
    let nanos = logical("long", "local-timestamp-nanos");
    let time = logical("long", "time-micros");
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}"#;
    let millis = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    for (declared, avro, value) in [
        (millis, micros.as_str(), raw::long(1_001)),
        (
            DataType::Timestamp(TimeUnit::Second, None),
            &nanos,
            raw::long(1),
        ),
        (DataType::Date32, &micros, raw::long(1)),
        (DataType::Time32(TimeUnit::Millisecond), &time, raw::long(1)),
        (
            DataType::Decimal128(6, 1),
            decimal,
            raw::bytes([0x04, 0xd2]),
        ),
        (DataType::Int64, decimal, raw::bytes([0x04, 0xd2])),
    ] {
        let (ctx, _dir) = column(declared.clone(), avro, &value).await;
        for sql in ["SELECT c FROM t", "SELECT 1 FROM t WHERE c IS NOT NULL"] {
            let error = error(&ctx, sql).await;
            for part in ["odd.avro", "`c`", "cut off", "declare"] {
                assert!(error.contains(part), "{avro} as {declared}: {error}");
            }
        }
        assert_eq!(lines(&query(&ctx, "SELECT count(*) FROM t").await), ["1"]);
    }
}

#[tokio::test]
async fn values_that_do_not_fit_are_errors_with_the_file() {
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}"#;
    for (declared, avro, value) in [
        (DataType::Int32, r#""long""#, raw::long(1 << 40)),
        (DataType::Utf8View, r#""bytes""#, raw::bytes([0xff])),
        (DataType::Int32, r#""string""#, raw::bytes("five")),
        (
            DataType::Decimal128(3, 2),
            decimal,
            raw::bytes([0x04, 0xd2]),
        ),
        (DataType::Date32, r#""boolean""#, vec![1]),
    ] {
        let (ctx, _dir) = column(declared.clone(), avro, &value).await;
        let error = error(&ctx, "SELECT c FROM t").await;
        assert!(error.contains("odd.avro"), "{avro} as {declared}: {error}");
    }
}

#[tokio::test]
async fn a_missing_column_is_null_or_an_error() {
    let int = |name: &str, nullable| Field::new(name, DataType::Int32, nullable);
    let fields = r#"{"name":"b","type":"int"},{"name":"a","type":"int"}"#;
    let values = [raw::long(2), raw::long(1)].concat();
    let (ctx, _dir) = table(
        vec![int("a", true), int("x", true), int("b", false)],
        fields,
        &values,
    )
    .await;
    assert_eq!(lines(&query(&ctx, "SELECT * FROM t").await), ["1||2"]);
    assert_eq!(
        lines(&query(&ctx, "SELECT a FROM t WHERE x IS NULL").await),
        ["1"]
    );

    let (ctx, _dir) = table(vec![int("a", true), int("x", false)], fields, &values).await;
    for sql in ["SELECT * FROM t", "SELECT a FROM t WHERE x > 0"] {
        let error = error(&ctx, sql).await;
        for part in ["odd.avro", "`x`", "nullable"] {
            assert!(error.contains(part), "{error}");
        }
    }
    assert_eq!(
        lines(&query(&ctx, "SELECT a FROM t").await),
        ["1"],
        "nobody asks for it"
    );
}

#[tokio::test]
async fn a_null_in_a_column_without_nulls_is_an_error() {
    let strict = Field::new("c", DataType::Int32, false);
    let avro = r#"{"name":"c","type":["null","int"]}"#;
    let (ctx, _dir) = table(vec![strict.clone()], avro, &raw::long(0)).await;
    let error = error(&ctx, "SELECT c FROM t").await;
    for part in ["odd.avro", "'c'", "null"] {
        assert!(error.contains(part), "{error}");
    }
    let some = [raw::long(1), raw::long(7)].concat();
    let (ctx, _dir) = table(vec![strict], avro, &some).await;
    assert_eq!(lines(&query(&ctx, "SELECT c FROM t").await), ["7"]);
}

fn structure(fields: Vec<Field>) -> DataType {
    DataType::Struct(Fields::from(fields))
}

/// Fields of records are treated as columns are, also inside of arrays and maps.
#[tokio::test]
async fn records_are_matched_field_by_field() {
    const POINT: &str = r#"{"type":"record","name":"P","fields":[
        {"name":"y","type":"int"},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
        {"name":"x","type":"int"}]}"#;
    let point = [raw::long(2), raw::long(1_000_001), raw::long(1)].concat();
    let array = [raw::long(1), point.clone(), raw::long(0)].concat();
    let map = [raw::long(1), raw::bytes("k"), point.clone(), raw::long(0)].concat();
    let fields = format!(
        r#"{{"name":"s","type":{POINT}}},
           {{"name":"l","type":{{"type":"array","items":"P"}}}},
           {{"name":"m","type":{{"type":"map","values":"P"}}}}"#
    );
    let columns = |point: DataType| {
        let item = Field::new("item", point.clone(), true);
        let entries = structure(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("value", point.clone(), true),
        ]);
        let entries = Field::new("entries", entries, false);
        vec![
            Field::new("m", DataType::Map(Arc::new(entries), false), true),
            Field::new("l", DataType::List(Arc::new(item)), true),
            Field::new("s", point, true),
        ]
    };
    let values = [point, array, map].concat();

    let wider = structure(vec![
        Field::new("x", DataType::Int64, true),
        Field::new("z", DataType::Utf8, true),
        Field::new("y", DataType::Float64, true),
    ]);
    let (ctx, _dir) = table(columns(wider), &fields, &values).await;
    assert_eq!(
        lines(&query(&ctx, "SELECT s FROM t").await),
        ["{x: 1, z: , y: 2.0}"]
    );
    assert_eq!(
        lines(
            &query(
                &ctx,
                "SELECT s['x'], s['z'] IS NULL, l[1]['y'], l[1]['z'] IS NULL FROM t"
            )
            .await
        ),
        ["1|true|2.0|true"]
    );

    let coarser = structure(vec![
        Field::new("x", DataType::Int32, true),
        Field::new("at", DataType::Timestamp(TimeUnit::Second, None), true),
    ]);
    let (ctx, _dir) = table(columns(coarser), &fields, &values).await;
    for (sql, field) in [
        ("SELECT s FROM t", "`s.at`"),
        ("SELECT s['at'] FROM t", "`s.at`"),
        ("SELECT l[1]['x'] FROM t", "`l[].at`"),
        ("SELECT m FROM t", "`m[].at`"),
    ] {
        let error = error(&ctx, sql).await;
        for part in ["odd.avro", field, "cut off"] {
            assert!(error.contains(part), "{sql}: {error}");
        }
    }
    assert_eq!(lines(&query(&ctx, "SELECT s['x'] FROM t").await), ["1"]);

    let strict = structure(vec![
        Field::new("x", DataType::Int32, true),
        Field::new("z", DataType::Int32, false),
    ]);
    let (ctx, _dir) = table(columns(strict), &fields, &values).await;
    for (sql, field) in [
        ("SELECT s FROM t", "`s.z`"),
        ("SELECT s['z'] FROM t", "`s.z`"),
        ("SELECT l FROM t", "`l[].z`"),
    ] {
        let error = error(&ctx, sql).await;
        for part in ["odd.avro", field, "nullable"] {
            assert!(error.contains(part), "{sql}: {error}");
        }
    }
}
