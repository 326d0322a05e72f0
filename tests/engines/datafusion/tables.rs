//! The ways to name Avro files in SQL, and what can be said of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use avroscan_datafusion::{
    AvroFormat, AvroFormatFactory, AvroOptions, AvroReadOptions, AvroSessionExt, AvroTable,
};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{error, lines, query, rows, session, write};

fn partitioned(dir: &Path) -> String {
    write(dir, "year=2023/part=1/a.avro", &rows::file(0..30, 7));
    write(dir, "year=2023/part=2/b.avro", &rows::file(30..50, 7));
    write(dir, "year=2024/part=1/c.avro", &rows::file(50..100, 7));
    format!("{}/", dir.display())
}

#[tokio::test]
async fn external_tables_and_quoted_paths_use_this_reader() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 7));
    let ctx = session(2);
    query(
        &ctx,
        &format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}'"),
    )
    .await;
    assert_eq!(
        lines(&query(&ctx, "SELECT count(*), sum(id) FROM t").await),
        ["100|4950"]
    );
    let sql = format!("SELECT count(*), sum(id) FROM '{path}'");
    assert_eq!(lines(&query(&ctx, &sql).await), ["100|4950"]);

    let table = ctx.table_provider("t").await.unwrap();
    let table = table.downcast_ref::<AvroTable>().expect("an AvroTable");
    assert!(table.listing().options().format.is::<AvroFormat>());
}

#[tokio::test]
async fn quoted_paths_may_be_enabled_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 7));
    let ctx = SessionContext::new();
    ctx.enable_avroscan(AvroOptions::default()).unwrap();
    let ctx = ctx.enable_url_table();
    assert_eq!(
        lines(&query(&ctx, &format!("SELECT max(id) FROM '{path}'")).await),
        ["99"]
    );
}

#[tokio::test]
async fn a_directory_and_a_glob_are_tables() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "b.avro", &rows::file(10..20, 7));
    write(dir.path(), "a.avro", &rows::file(0..10, 7));
    write(dir.path(), "c.txt", b"not of the table");
    let ctx = session(2);
    let dir = dir.path().display();
    query(
        &ctx,
        &format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{dir}/'"),
    )
    .await;
    assert_eq!(
        lines(&query(&ctx, "SELECT count(*), sum(id) FROM t").await),
        ["20|190"]
    );

    let options = AvroReadOptions::default;
    ctx.register_avro_table("g", format!("{dir}/*.avro"), options())
        .await
        .unwrap();
    assert_eq!(
        lines(&query(&ctx, "SELECT count(*), sum(id) FROM g").await),
        ["20|190"]
    );

    let paths = vec![format!("{dir}/a.avro"), format!("{dir}/b.avro")];
    let frame = ctx.read_avro_table(paths, options()).await.unwrap();
    assert_eq!(frame.count().await.unwrap(), 20);
}

#[tokio::test]
async fn a_file_of_any_name_can_be_registered() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "no extension", &rows::file(0..10, 7));
    let ctx = session(2);
    ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    assert_eq!(lines(&query(&ctx, "SELECT count(*) FROM t").await), ["10"]);

    write(dir.path(), "more.data", &rows::file(10..30, 7));
    let options = AvroReadOptions::default().with_file_extension(".data");
    let path = format!("{}/", dir.path().display());
    ctx.register_avro_table("d", path, options).await.unwrap();
    assert_eq!(lines(&query(&ctx, "SELECT count(*) FROM d").await), ["20"]);
}

#[tokio::test]
async fn directories_give_columns() {
    let dir = tempfile::tempdir().unwrap();
    let path = partitioned(dir.path());
    let ctx = session(4);
    query(
        &ctx,
        &format!(
            "CREATE EXTERNAL TABLE t STORED AS AVRO PARTITIONED BY (year, part) LOCATION '{path}'"
        ),
    )
    .await;
    for (sql, expected) in [
        (
            "SELECT year, part, count(*), min(id) FROM t GROUP BY year, part ORDER BY year, part",
            ["2023|1|30|0", "2023|2|20|30", "2024|1|50|50"].as_slice(),
        ),
        ("SELECT count(*) FROM t", &["100"]),
        ("SELECT count(*) FROM t WHERE year = '2023'", &["50"]),
        (
            "SELECT count(*), max(id) FROM t WHERE part = '1' AND id < 40",
            &["30|29"],
        ),
        (
            "SELECT max(id) FROM t WHERE year = '2024' OR id < 5",
            &["99"],
        ),
        (
            "SELECT DISTINCT part FROM t WHERE concat(year, part) = '20232'",
            &["2"],
        ),
        (
            "SELECT part, id, year FROM t WHERE id IN (29, 30, 50) ORDER BY id",
            &["1|29|2023", "2|30|2023", "1|50|2024"],
        ),
        (
            "SELECT year, id FROM t ORDER BY year DESC, id LIMIT 1",
            &["2024|50"],
        ),
        ("SELECT count(DISTINCT year) FROM t", &["2"]),
        (
            "SELECT max(id) FROM t WHERE input_file_name() LIKE '%b.avro'",
            &["49"],
        ),
        (
            "SELECT count(DISTINCT name) FROM (SELECT input_file_name() AS name FROM t)",
            &["3"],
        ),
    ] {
        assert_eq!(lines(&query(&ctx, sql).await), expected, "{sql}");
    }
}

#[tokio::test]
async fn directories_give_columns_of_a_type() {
    let dir = tempfile::tempdir().unwrap();
    let path = partitioned(dir.path());
    let ctx = session(4);
    let columns = vec![
        ("year".to_owned(), DataType::Int32),
        ("part".to_owned(), DataType::Utf8),
    ];
    let options = AvroReadOptions::default().with_partition_columns(columns);
    ctx.register_avro_table("t", path, options).await.unwrap();
    let sql = "SELECT year + 1, part, id FROM t WHERE year > 2023 AND id < 52 ORDER BY id";
    assert_eq!(lines(&query(&ctx, sql).await), ["2025|1|50", "2025|1|51"]);
}

#[tokio::test]
async fn a_tables_own_columns_are_cast_reordered_and_filled() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 7));
    for (views, text) in [(true, DataType::Utf8View), (false, DataType::Utf8)] {
        let mut config = SessionConfig::new();
        config.options_mut().sql_parser.map_string_types_to_utf8view = views;
        let ctx = SessionContext::new_with_config(config);
        ctx.enable_avroscan(AvroOptions::default()).unwrap();
        query(
            &ctx,
            &format!(
                "CREATE EXTERNAL TABLE t (kind VARCHAR, missing INT, id DOUBLE, name VARCHAR, \
                 score BIGINT) STORED AS AVRO LOCATION '{path}'"
            ),
        )
        .await;
        let batches = query(&ctx, "SELECT * FROM t WHERE kind = 'B' AND id > 50").await;
        let types: Vec<_> = batches[0]
            .schema()
            .fields()
            .iter()
            .map(|f| f.data_type().clone())
            .collect();
        let numbers = (DataType::Int32, DataType::Float64, DataType::Int64);
        assert_eq!(
            types,
            [text.clone(), numbers.0, numbers.1, text.clone(), numbers.2]
        );

        let of_file = format!(
            "SELECT kind, NULL, CAST(id AS DOUBLE), name, CAST(score AS BIGINT) \
             FROM '{path}' WHERE kind = 'B' AND id > 50"
        );
        let expected = query(&ctx.clone().enable_url_table(), &of_file).await;
        assert!(!expected.is_empty());
        assert_eq!(lines(&batches), lines(&expected));

        for (sql, expected) in [
            ("SELECT count(*) FROM t", "100"),
            ("SELECT count(*) FROM t WHERE missing IS NULL", "100"),
            ("SELECT count(missing) FROM t", "0"),
            ("SELECT count(*) FROM t WHERE missing > 5", "0"),
            (
                "SELECT max(id) FROM t WHERE length(name) > 0 OR name IS NULL",
                "99.0",
            ),
        ] {
            assert_eq!(lines(&query(&ctx, sql).await), [expected], "{sql}");
        }
    }
}

#[tokio::test]
async fn a_struct_may_be_declared_narrower_than_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 7));
    let ctx = session(1);
    let place = DataType::Struct(vec![Field::new("zip", DataType::Int64, true)].into());
    let schema = Schema::new(vec![Field::new("place", place, true)]);
    let options = AvroReadOptions::default().with_schema(Arc::new(schema));
    ctx.register_avro_table("t", path.as_str(), options)
        .await
        .unwrap();
    let all = AvroReadOptions::default();
    ctx.register_avro_table("all", path.as_str(), all)
        .await
        .unwrap();
    let narrow = query(&ctx, "SELECT place['zip'] AS zip FROM t").await;
    let wide = query(&ctx, r#"SELECT place['zip'] AS zip FROM "all""#).await;
    assert_eq!(narrow[0].schema().field(0).data_type(), &DataType::Int64);
    assert_eq!(lines(&narrow), lines(&wide));
    let narrow = query(&ctx, "SELECT count(*) FROM t WHERE place['zip'] > 10000").await;
    let wide = query(
        &ctx,
        r#"SELECT count(*) FROM "all" WHERE place['zip'] > 10000"#,
    )
    .await;
    assert_eq!(lines(&narrow), lines(&wide));
}

#[tokio::test]
async fn options_are_set_in_sql_and_unknown_ones_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..100, 30));
    let ctx = session(1);
    let create = |name: &str, options: &str| {
        format!("CREATE EXTERNAL TABLE {name} STORED AS AVRO LOCATION '{path}' OPTIONS ({options})")
    };
    for (name, options) in [
        (
            "a",
            "'avro.batch_size' '40', 'avro.buffer_blocks' '2', 'avro.buffer_bytes' '1000000'",
        ),
        ("b", "batch_size 40"),
    ] {
        query(&ctx, &create(name, options)).await;
        let batches = query(&ctx, &format!("SELECT id FROM {name}")).await;
        let sizes: Vec<_> = batches.iter().map(|batch| batch.num_rows()).collect();
        // Whole blocks, of 30 rows and one of 10, as long as they fit.
        assert_eq!(sizes, [30, 30, 40], "{options}");
    }
    for (options, expected) in [
        ("'avro.batch_sice' '40'", "no option avro.batch_sice"),
        ("batch_sice 40", "no option avro.batch_sice"),
        ("'avro.batch_size' '-1'", "avro.batch_size is '-1'"),
        (
            "'execution.batch_size' '40'",
            "no option avro.execution.batch_size",
        ),
        ("'avrò.batch_size' '40'", "avrò"),
    ] {
        let error = error(&ctx, &create("c", options)).await;
        assert!(error.contains(expected), "{error}");
    }
    // A limit is an option like any other.
    query(&ctx, &create("d", "'avro.limits.block_bytes' '10'")).await;
    let error = error(&ctx, "SELECT * FROM d").await;
    assert!(
        error.contains("block_bytes") && error.contains(&path),
        "{error}"
    );
}

#[tokio::test]
async fn files_compressed_as_a_whole_are_refused() {
    let ctx = session(1);
    let options = HashMap::from([("format.compression".to_owned(), "gz".to_owned())]);
    let format = AvroFormatFactory::new(AvroOptions::default()).create(&ctx.state(), &options);
    let error = format.unwrap_err().to_string();
    assert!(error.contains("compressed as a whole (gz)"), "{error}");
}
