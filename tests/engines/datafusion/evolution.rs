//! Files whose schemas differ, in one table that takes its columns from them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::Schema;
use avroscan::{AvroSchema, SchemaMode};
use avroscan_datafusion::{AvroFormat, AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::raw;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::prelude::SessionContext;

use super::{error, lines, query, session, session_with, write};

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// A file of one block with these rows.
fn file(fields: &str, rows: &[Vec<u8>]) -> Vec<u8> {
    let body = rows.concat();
    raw::file(&record(fields))
        .block(rows.len() as i64, &body)
        .finish()
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

const FIRST: &str = r#"{"name":"id","type":"long"},
    {"name":"name","type":"string"},
    {"name":"note","type":["null","string"]},
    {"name":"level","type":"int","default":7},
    {"name":"price","type":"double"}"#;

/// In another order, narrower, without `note` and `level`, and with a column of its own.
const LATER: &str = r#"{"name":"price","type":"float"},
    {"name":"extra","type":"string"},
    {"name":"name","type":"string"},
    {"name":"id","type":"int"}"#;

/// A file of the first schema and one of the later one, in a directory.
fn evolved(dir: &Path) -> String {
    let first = [
        row([
            raw::long(1),
            raw::bytes("a"),
            row([raw::long(1), raw::bytes("x")]),
            raw::long(3),
            double(0.5),
        ]),
        row([
            raw::long(2),
            raw::bytes("b"),
            raw::long(0),
            raw::long(4),
            double(1.5),
        ]),
    ];
    let later = [row([
        float(2.5),
        raw::bytes("passed over"),
        raw::bytes("c"),
        raw::long(3),
    ])];
    write(dir, "1.avro", &file(FIRST, &first));
    write(dir, "2.avro", &file(LATER, &later));
    format!("{}/", dir.display())
}

/// The same table by all ways to name it: registered, created, and as a quoted path.
async fn tables(ctx: &SessionContext, path: &str) -> [String; 3] {
    let options = AvroReadOptions::default();
    ctx.register_avro_table("registered", path, options)
        .await
        .unwrap();
    let create = format!("CREATE EXTERNAL TABLE created STORED AS AVRO LOCATION '{path}'");
    query(ctx, &create).await;
    ["registered".into(), "created".into(), format!("'{path}'")]
}

#[tokio::test]
async fn later_files_are_read_as_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = evolved(dir.path());
    for partitions in [1, 4] {
        let ctx = session(partitions);
        for table in tables(&ctx, &path).await {
            for (sql, expected) in [
                (
                    "SELECT * FROM T ORDER BY id",
                    &["1|a|x|3|0.5", "2|b||4|1.5", "3|c||7|2.5"][..],
                ),
                ("SELECT level FROM T ORDER BY level", &["3", "4", "7"]),
                ("SELECT id, level FROM T WHERE level > 6", &["3|7"]),
                (
                    "SELECT id FROM T WHERE note IS NULL ORDER BY id",
                    &["2", "3"],
                ),
                ("SELECT count(*) FROM T", &["3"]),
                (
                    "SELECT count(*) FROM T WHERE name = 'c' AND level = 7",
                    &["1"],
                ),
                ("SELECT price + id FROM T WHERE id = 3", &["5.5"]),
            ] {
                let sql = sql.replace("FROM T", &format!("FROM {table}"));
                assert_eq!(lines(&query(&ctx, &sql).await), expected, "{sql}");
            }
        }
    }
}

#[tokio::test]
async fn the_first_file_is_the_first_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "z.avro",
        &file(r#"{"name":"a","type":"int"}"#, &[raw::long(1)]),
    );
    write(
        dir.path(),
        "b.avro",
        &file(r#"{"name":"a","type":"long"}"#, &[raw::long(2)]),
    );
    let ctx = session(2);
    let paths = ["z.avro", "b.avro"].map(|name| format!("{}/{name}", dir.path().display()));
    let frame = ctx.read_avro_table(paths.to_vec(), AvroReadOptions::default());
    let frame = frame.await.unwrap().aggregate(
        vec![],
        vec![datafusion::functions_aggregate::expr_fn::sum(
            datafusion::prelude::col("a"),
        )],
    );
    let rows = frame.unwrap().collect().await.unwrap();
    assert_eq!(lines(&rows), ["3"]);
}

#[tokio::test]
async fn what_cannot_be_read_as_the_first_is_refused() {
    const INT: &str = r#"{"name":"id","type":"int"}"#;
    let s = |x: &str| {
        let record =
            format!(r#"{{"type":"record","name":"S","fields":[{{"name":"x","type":{x}}}]}}"#);
        format!(r#"{{"name":"s","type":{record}}}"#)
    };
    for (first, later, field) in [
        (INT, r#"{"name":"id","type":"long"}"#, "id"),
        (INT, r#"{"name":"id","type":"string"}"#, "id"),
        (INT, r#"{"name":"other","type":"int"}"#, "id"),
        (&s(r#""int""#), &s(r#""double""#), "s.x"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let and = |fields: &str| format!(r#"{fields},{{"name":"a","type":"int"}}"#);
        write(dir.path(), "1.avro", &file(&and(first), &[]));
        let later = write(dir.path(), "2.avro", &file(&and(later), &[]));
        let ctx = session(2);
        for table in tables(&ctx, &format!("{}/", dir.path().display())).await {
            let error = error(&ctx, &format!("SELECT * FROM {table}")).await;
            assert!(error.contains(&later), "{error}");
            assert!(error.contains(&format!("`{field}`")), "{error}");
            // Who does not ask for the column does not care.
            let sql = format!("SELECT count(a) FROM {table}");
            assert_eq!(lines(&query(&ctx, &sql).await), ["0"]);
        }
    }
}

#[tokio::test]
async fn columns_of_all_files_are_merged_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let one =
        r#"{"name":"id","type":"int"},{"name":"a","type":"int"},{"name":"t","type":"string"}"#;
    let two =
        r#"{"name":"t","type":"bytes"},{"name":"id","type":"long"},{"name":"b","type":"string"}"#;
    let three =
        r#"{"name":"id","type":"int"},{"name":"a","type":"double"},{"name":"t","type":"string"}"#;
    let text = raw::bytes;
    write(
        dir.path(),
        "1.avro",
        &file(one, &[row([raw::long(1), raw::long(10), text("x")])]),
    );
    write(
        dir.path(),
        "2.avro",
        &file(
            two,
            &[row([raw::bytes([0xff]), raw::long(1 << 40), text("bee")])],
        ),
    );
    write(
        dir.path(),
        "3.avro",
        &file(three, &[row([raw::long(3), double(0.5), text("z")])]),
    );
    let path = format!("{}/", dir.path().display());
    let expected = ["1|10.0|78|", "3|0.5|7a|", "1099511627776||ff|bee"];
    const SQL: &str = "SELECT id, a, t, b FROM T ORDER BY id";

    let merging = AvroOptions::default().with_schema_mode(SchemaMode::UnionByName);
    let ctx = session_with(2, merging.clone());
    let of_path = SQL.replace("FROM T", &format!("FROM '{path}'"));
    assert_eq!(lines(&query(&ctx, &of_path).await), expected);

    let ctx = session(2);
    ctx.register_avro_table("t", path.as_str(), merging.into())
        .await
        .unwrap();
    assert_eq!(
        lines(&query(&ctx, &SQL.replace("FROM T", "FROM t")).await),
        expected
    );
    let types = query(
        &ctx,
        "SELECT arrow_typeof(id), arrow_typeof(a), arrow_typeof(t), arrow_typeof(b) FROM t LIMIT 1",
    );
    assert_eq!(lines(&types.await), ["Int64|Float64|BinaryView|Utf8View"]);

    let create = format!(
        "CREATE EXTERNAL TABLE u STORED AS AVRO LOCATION '{path}'
         OPTIONS ('avro.schema_mode' 'union_by_name')"
    );
    query(&ctx, &create).await;
    assert_eq!(
        lines(&query(&ctx, &SQL.replace("FROM T", "FROM u")).await),
        expected
    );
    for (sql, expected) in [
        ("SELECT count(*) FROM u WHERE b IS NULL", "2"),
        ("SELECT sum(id) FROM u WHERE a IS NOT NULL", "4"),
        ("SELECT count(*) FROM u", "3"),
    ] {
        assert_eq!(lines(&query(&ctx, sql).await), [expected], "{sql}");
    }
}

#[tokio::test]
async fn what_cannot_be_merged_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "1.avro",
        &file(r#"{"name":"a","type":"int"}"#, &[]),
    );
    let later = write(
        dir.path(),
        "2.avro",
        &file(r#"{"name":"a","type":"boolean"}"#, &[]),
    );
    let options = AvroOptions::default().with_schema_mode(SchemaMode::UnionByName);
    let ctx = session_with(2, options);
    let path = format!("{}/", dir.path().display());
    let create = format!("CREATE EXTERNAL TABLE u STORED AS AVRO LOCATION '{path}'");
    let error = error(&ctx, &create).await;
    assert!(error.contains(&later) && error.contains("`a`"), "{error}");
}

const READER: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"level","type":"int","default":-1},
    {"name":"label","type":"string","aliases":["name"]},
    {"name":"id","type":"double"},
    {"name":"since","type":["null","long"],"default":null}]}"#;

#[tokio::test]
async fn rows_are_read_as_the_reader_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = evolved(dir.path());
    let expected = ["3|a|1.0|", "4|b|2.0|", "-1|c|3.0|"];
    const SQL: &str = "SELECT * FROM T ORDER BY id";

    let reader: AvroSchema = READER.parse().unwrap();
    let options = AvroOptions::default().with_reader_schema(reader);
    let ctx = session_with(2, options.clone());
    let of_path = SQL.replace("FROM T", &format!("FROM '{path}'"));
    assert_eq!(lines(&query(&ctx, &of_path).await), expected);

    let ctx = session(2);
    ctx.register_avro_table("t", path.as_str(), options.clone().into())
        .await
        .unwrap();
    assert_eq!(
        lines(&query(&ctx, &SQL.replace("FROM T", "FROM t")).await),
        expected
    );

    let create = format!(
        "CREATE EXTERNAL TABLE u STORED AS AVRO LOCATION '{path}'
         OPTIONS ('avro.reader_schema' '{READER}')"
    );
    query(&ctx, &create).await;
    assert_eq!(
        lines(&query(&ctx, &SQL.replace("FROM T", "FROM u")).await),
        expected
    );
    for (sql, expected) in [
        ("SELECT label FROM u WHERE level < 0", "c"),
        ("SELECT count(*) FROM u WHERE since IS NULL", "3"),
        ("SELECT count(*) FROM u", "3"),
        ("SELECT arrow_typeof(since) FROM u LIMIT 1", "Int64"),
    ] {
        assert_eq!(lines(&query(&ctx, sql).await), [expected], "{sql}");
    }

    // A table that declares columns has those, of rows that are read as the reader schema says.
    let create = format!(
        "CREATE EXTERNAL TABLE v (label VARCHAR, level BIGINT NOT NULL)
         STORED AS AVRO LOCATION '{path}' OPTIONS ('avro.reader_schema' '{READER}')"
    );
    query(&ctx, &create).await;
    assert_eq!(
        lines(&query(&ctx, "SELECT * FROM v ORDER BY label").await),
        ["a|3", "b|4", "c|-1"]
    );
}

#[tokio::test]
async fn a_reader_schema_must_fit_each_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = evolved(dir.path());
    let ctx = session(2);
    // The first file has it.
    let reader = record(r#"{"name":"note","type":["null","string"]}"#);
    let create = |name: &str, columns: &str| {
        format!(
            "CREATE EXTERNAL TABLE {name} {columns} STORED AS AVRO LOCATION '{path}'
             OPTIONS ('avro.reader_schema' '{reader}')"
        )
    };
    for (name, columns) in [("t", ""), ("u", "(note VARCHAR)")] {
        query(&ctx, &create(name, columns)).await;
        let found = error(&ctx, &format!("SELECT * FROM {name}")).await;
        assert!(
            found.contains("2.avro") && found.contains("`note`"),
            "{found}"
        );
        let count = query(&ctx, &format!("SELECT count(*) FROM {name}")).await;
        assert_eq!(lines(&count), ["3"]);
    }
}

#[tokio::test]
async fn recursive_types_are_unrolled() {
    const NODE: &str = r#"{"type":"record","name":"Node","fields":[
        {"name":"id","type":"long"},{"name":"next","type":["null","Node"]}]}"#;
    let dir = tempfile::tempdir().unwrap();
    let some = || raw::long(1);
    let body = row([
        raw::long(1),
        some(),
        raw::long(2),
        some(),
        raw::long(3),
        raw::long(0),
    ]);
    let path = write(
        dir.path(),
        "n.avro",
        &raw::file(NODE).block(1, &body).finish(),
    );
    let ctx = session(2);
    let create = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' OPTIONS ('avro.unroll' '1')"
    );
    query(&ctx, &create).await;
    assert_eq!(
        lines(&query(&ctx, "SELECT id, next['id'], next['next'] FROM t").await),
        [r#"1|2|{"id":3,"next":null}"#]
    );
    let sql = format!("SELECT next FROM '{path}'");
    assert_eq!(
        lines(&query(&ctx, &sql).await),
        [r#"{"id":2,"next":{"id":3,"next":null}}"#]
    );
}

#[tokio::test]
async fn options_that_make_no_sense_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = evolved(dir.path());
    let ctx = session(1);
    for (options, expected) in [
        ("'avro.schema_mode' 'union'", "avro.schema_mode is 'union'"),
        ("'avro.unroll' 'yes'", "avro.unroll is 'yes'"),
        (
            "'avro.reader_schema' '{'",
            "avro.reader_schema is no Avro schema",
        ),
        (
            "'avro.reader_schema' '\"long\"', 'avro.schema_mode' 'union_by_name'",
            "nothing to merge",
        ),
    ] {
        let create =
            format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}' OPTIONS ({options})");
        let error = error(&ctx, &create).await;
        assert!(error.contains(expected), "{error}");
    }
    let reader: AvroSchema = READER.parse().unwrap();
    let options = AvroOptions::default()
        .with_reader_schema(reader)
        .with_schema_mode(SchemaMode::UnionByName);
    let registered = ctx.register_avro_table("t", path.as_str(), options.into());
    let error = registered.await.unwrap_err().to_string();
    assert!(error.contains("nothing to merge"), "{error}");
}

#[tokio::test]
async fn partition_columns_stand_beside_evolved_ones() {
    let dir = tempfile::tempdir().unwrap();
    let a = r#"{"name":"a","type":"long"},{"name":"b","type":"int","default":5}"#;
    write(
        dir.path(),
        "year=2023/1.avro",
        &file(a, &[row([raw::long(1), raw::long(2)])]),
    );
    write(
        dir.path(),
        "year=2024/1.avro",
        &file(r#"{"name":"a","type":"int"}"#, &[raw::long(3)]),
    );
    let ctx = session(2);
    let create = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO PARTITIONED BY (year) LOCATION '{}/'",
        dir.path().display()
    );
    query(&ctx, &create).await;
    let sql = "SELECT year, a, b FROM t ORDER BY year";
    assert_eq!(lines(&query(&ctx, sql).await), ["2023|1|2", "2024|3|5"]);
    let sql = "SELECT b, year FROM t WHERE year = '2024'";
    assert_eq!(lines(&query(&ctx, sql).await), ["5|2024"]);
}

/// Two tables may share a format, and each keeps its own schema: equal columns do not make them
/// the same.
#[tokio::test]
async fn tables_of_one_format_keep_their_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let format = Arc::new(AvroFormat::new(AvroOptions::default()));
    let ctx = session(2);
    for default in [5, 6] {
        let a = r#"{"name":"a","type":"int"}"#;
        let both = format!(r#"{a},{{"name":"b","type":"int","default":{default}}}"#);
        let folder = format!("{default}");
        write(dir.path(), &format!("{folder}/1.avro"), &file(&both, &[]));
        let later = file(a, &[raw::long(1)]);
        write(dir.path(), &format!("{folder}/2.avro"), &later);
        let options = ListingOptions::new(Arc::clone(&format) as Arc<dyn FileFormat>);
        let path = format!("{}/{folder}/", dir.path().display());
        ctx.register_listing_table(&format!("t{default}"), path, options, None, None)
            .await
            .unwrap();
    }
    for default in ["5", "6"] {
        let rows = query(&ctx, &format!("SELECT b FROM t{default}")).await;
        assert_eq!(lines(&rows), [default]);
    }
}

/// A catalog that makes tables anew from what it has written down gives copies of the columns, with
/// metadata of its own: the defaults of the schema that they came from are kept.
#[tokio::test]
async fn a_copy_of_the_columns_is_read_as_their_schema() {
    let dir = tempfile::tempdir().unwrap();
    let path = evolved(dir.path());
    let ctx = session(2);
    let format = Arc::new(AvroFormat::new(AvroOptions::default()));
    let listing = ListingOptions::new(format).with_file_extension(".avro");
    let url = ListingTableUrl::parse(&path).unwrap();
    let columns = listing.infer_schema(&ctx.state(), &url).await.unwrap();
    let metadata = HashMap::from([("catalog".to_owned(), "7".to_owned())]);
    let fields = columns.fields().iter().map(|field| {
        let field = field.as_ref().clone();
        field.with_metadata(metadata.clone())
    });
    let fields: Vec<_> = fields.collect();
    for (number, copy) in [
        columns.as_ref().clone(),
        columns.as_ref().clone().with_metadata(metadata.clone()),
        Schema::new(fields),
    ]
    .into_iter()
    .enumerate()
    {
        let config = ListingTableConfig::new(url.clone())
            .with_listing_options(listing.clone())
            .with_schema(Arc::new(copy));
        let table = ListingTable::try_new(config).unwrap();
        let name = format!("t{number}");
        ctx.register_table(&name, Arc::new(table)).unwrap();
        let sql = format!("SELECT * FROM {name} ORDER BY id");
        let expected = ["1|a|x|3|0.5", "2|b||4|1.5", "3|c||7|2.5"];
        assert_eq!(lines(&query(&ctx, &sql).await), expected, "{name}");
    }
}
