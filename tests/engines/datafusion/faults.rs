//! Whose fault an error is, and files that are only odd.

use avroscan::{AvroSchema, LeftoverBytes, ReadReport, SchemaMode};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::data::rows;
use avroscan_tests::{odd, raw};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::{lines, query, session, session_with, try_query, write};

#[tokio::test]
async fn a_predicate_that_fails_is_the_error_that_it_is_without_pushdown() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "a.avro", &rows::file(0..1000, 100));
    for sql in [
        "SELECT * FROM t WHERE 1 / (id - id) = 1",
        "SELECT id FROM t WHERE 1 / (id - 999) = 1",
        "SELECT count(*) FROM t WHERE 1 / (id - 500) = 1",
    ] {
        let mut errors = Vec::new();
        for pushdown in [false, true] {
            let options = AvroOptions::default().with_pushdown_filters(pushdown);
            let ctx = session_with(1, options);
            ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
                .await
                .unwrap();
            let error = try_query(&ctx, sql).await.unwrap_err();
            let DataFusionError::ArrowError(arrow, _) = error.find_root() else {
                panic!("{sql}, {pushdown}: {error:?}")
            };
            let is_zero = matches!(**arrow, ArrowError::DivideByZero);
            assert!(is_zero, "{sql}, {pushdown}: {arrow:?}");
            errors.push(error.to_string());
        }
        assert_eq!(errors[0], errors[1], "{sql}");
    }
}

#[tokio::test]
async fn odd_files_are_read_with_others() {
    let dir = tempfile::tempdir().unwrap();
    let schemas = odd::schemas();
    write(dir.path(), "0000.avro", &odd::file(&odd::plain()));
    for (number, (_, schema)) in schemas.iter().enumerate() {
        let name = format!("{:04}.avro", number + 1);
        write(dir.path(), &name, &odd::file(schema));
    }
    let files = schemas.len() + 1;
    let path = format!("{}/", dir.path().display());
    for mode in [SchemaMode::First, SchemaMode::UnionByName] {
        for partitions in [1, 4] {
            let options = AvroOptions::default().with_schema_mode(mode);
            let ctx = session_with(partitions, options);
            ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
                .await
                .unwrap();
            let sql = "SELECT count(*), sum(d), count(l), sum(l[1]) FROM t WHERE e = 'B'";
            let answer = lines(&query(&ctx, sql).await);
            let sum = 1.5 * files as f64;
            let expected = format!("{}|{sum:?}|{}|{}", 2 * files, 2 * files, 7 * files);
            assert_eq!(answer, [expected], "{mode:?}");
        }
    }
}

#[tokio::test]
async fn two_enums_read_as_one_are_one_dictionary() {
    let dir = tempfile::tempdir().unwrap();
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
    let path = write(dir.path(), "a.avro", &file);
    let reader: AvroSchema = record(&symbols("E", r#""s","t""#)).parse().unwrap();
    let ctx = session(1);
    let options = AvroOptions::default().with_reader_schema(reader);
    ctx.register_avro_table("t", path.as_str(), options.into())
        .await
        .unwrap();
    for batch in query(&ctx, "SELECT a FROM t").await {
        let column = batch.column(0);
        let dictionary = column
            .as_any_dictionary_opt()
            .unwrap_or_else(|| panic!("a dictionary, not {}", column.data_type()));
        let values: Vec<_> = dictionary
            .values()
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect();
        assert_eq!(values, ["s", "t"]);
        assert_eq!(dictionary.null_count(), 0);
    }
    let groups = query(&ctx, "SELECT a, count(*) FROM t GROUP BY a ORDER BY 1").await;
    assert_eq!(lines(&groups), ["s|50", "t|50"]);
}

#[tokio::test]
async fn bytes_left_over_are_accepted_by_an_option_of_a_table_or_a_session() {
    let dir = tempfile::tempdir().unwrap();
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    let file = raw::file(schema)
        .block(1, &[raw::long(2), vec![9; 4]].concat())
        .block(1, &raw::long(3))
        .finish();
    let path = write(dir.path(), "a.avro", &file);
    let create = |options: &str| {
        format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' {options}")
    };
    let sum = "SELECT sum(a) FROM t WHERE a > 0";

    let ctx = session(2);
    query(&ctx, &create("")).await;
    let error = try_query(&ctx, sum).await.unwrap_err().to_string();
    assert!(error.contains("left over"), "{error}");
    query(&ctx, "SET avro.leftover_bytes = 'ignore'").await;
    assert_eq!(lines(&query(&ctx, sum).await), ["5"]);

    let ctx = session(2);
    query(&ctx, &create("OPTIONS ('avro.leftover_bytes' 'ignore')")).await;
    assert_eq!(lines(&query(&ctx, sum).await), ["5"]);

    let report = ReadReport::default();
    let options = AvroOptions::default()
        .with_leftover_bytes(LeftoverBytes::Ignore)
        .with_report(report.clone());
    let ctx = session_with(3, options);
    query(&ctx, &create("")).await;
    assert_eq!(lines(&query(&ctx, sum).await), ["5"]);
    assert_eq!((report.leftover_blocks(), report.leftover_bytes()), (1, 4));
}
