//! Files whose schemas differ: `--schema-mode`, `--reader-schema`, `--unroll`.

use avroscan_tests::raw;

use crate::{Files, avroscan};

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// A file of one row.
fn one_row<const N: usize>(fields: &str, values: [Vec<u8>; N]) -> Vec<u8> {
    raw::file(&record(fields))
        .block(1, &values.concat())
        .finish()
}

/// A first file, and a later one with narrower, reordered, missing and additional fields.
fn evolved() -> Files {
    let files = Files::new();
    let first = r#"{"name":"id","type":"long"},{"name":"name","type":"string"},
        {"name":"note","type":["null","string"]},{"name":"level","type":"int","default":7}"#;
    let values = [raw::long(1), raw::bytes("a"), raw::long(0), raw::long(3)];
    files.write("dir/1.avro", one_row(first, values));
    let later = r#"{"name":"name","type":"string"},{"name":"extra","type":"boolean"},
        {"name":"id","type":"int"}"#;
    let values = [raw::bytes("b"), vec![1], raw::long(2)];
    files.write("dir/2.avro", one_row(later, values));
    let reader = record(
        r#"{"name":"label","type":"string","aliases":["name"]},
           {"name":"id","type":"double"},
           {"name":"level","type":["null","int"],"default":null}"#,
    );
    files.write("reader.avsc", reader);
    files
}

const READ_AS_FIRST: &str = r#"{"id":1,"name":"a","note":null,"level":3}
{"id":2,"name":"b","note":null,"level":7}
"#;

#[test]
fn later_files_are_read_as_the_first() {
    let files = evolved();
    let dir = files.arg("dir");
    assert_eq!(avroscan(["cat", &dir]).ok(), READ_AS_FIRST);
    assert_eq!(
        avroscan(["cat", &dir, "--schema-mode", "first"]).ok(),
        READ_AS_FIRST
    );
    let query = format!("SELECT * FROM '{dir}' ORDER BY id");
    assert_eq!(
        avroscan(["sql", "--format", "jsonl", &query]).ok(),
        READ_AS_FIRST
    );
    let table = avroscan(["head", &dir, "--columns", "level"]).ok();
    assert!(table.contains("| 7     |"), "{table}");

    let parquet = files.arg("out.parquet");
    avroscan(["convert", &dir, &parquet]).ok();
    let query = format!("SELECT * FROM '{parquet}' ORDER BY id");
    assert_eq!(
        avroscan(["sql", "--format", "jsonl", &query]).ok(),
        READ_AS_FIRST
    );
}

#[test]
fn columns_of_all_files_are_merged_by_name() {
    let files = evolved();
    let dir = files.arg("dir");
    const CHOSEN: &str = "id,note,extra";
    let expected =
        "{\"id\":1,\"note\":null,\"extra\":null}\n{\"id\":2,\"note\":null,\"extra\":true}\n";
    let merge = ["--schema-mode", "union-by-name"];
    let run = avroscan(["cat", &dir, "--columns", CHOSEN].into_iter().chain(merge));
    assert_eq!(run.ok(), expected);
    let query = format!("SELECT {CHOSEN} FROM '{dir}' ORDER BY id");
    let run = avroscan(
        ["sql", "--format", "jsonl", &query]
            .into_iter()
            .chain(merge),
    );
    assert_eq!(run.ok(), expected);
    let table = avroscan(["head", &dir].into_iter().chain(merge)).ok();
    assert!(table.contains("extra"), "{table}");

    let parquet = files.arg("out.parquet");
    avroscan(["convert", &dir, &parquet].into_iter().chain(merge)).ok();
    let query = format!("SELECT {CHOSEN} FROM '{parquet}' ORDER BY id");
    assert_eq!(
        avroscan(["sql", "--format", "jsonl", &query]).ok(),
        expected
    );

    for (system, line) in [("arrow", "extra: Boolean"), ("polars", "extra: bool")] {
        let run = avroscan(["schema", &dir, "--as", system].into_iter().chain(merge));
        let columns = run.ok();
        assert!(columns.lines().any(|other| other == line), "{columns}");
    }
}

#[test]
fn rows_are_read_as_the_reader_schema_says() {
    let files = evolved();
    let (dir, schema) = (files.arg("dir"), files.arg("reader.avsc"));
    let reader = ["--reader-schema", &schema];
    let expected =
        "{\"label\":\"a\",\"id\":1.0,\"level\":3}\n{\"label\":\"b\",\"id\":2.0,\"level\":null}\n";
    assert_eq!(
        avroscan(["cat", &dir].into_iter().chain(reader)).ok(),
        expected
    );
    let query = format!("SELECT * FROM '{dir}' ORDER BY id");
    let run = avroscan(
        ["sql", "--format", "jsonl", &query]
            .into_iter()
            .chain(reader),
    );
    assert_eq!(run.ok(), expected);
    let named = ["sql", "--format", "jsonl", "--table", &format!("t={dir}")];
    let run = avroscan(
        named
            .into_iter()
            .chain(["SELECT * FROM t ORDER BY id"])
            .chain(reader),
    );
    assert_eq!(run.ok(), expected);
    let table = avroscan(["head", &dir].into_iter().chain(reader)).ok();
    assert!(table.contains("| label | id  | level |"), "{table}");

    let parquet = files.arg("out.parquet");
    avroscan(["convert", &dir, &parquet].into_iter().chain(reader)).ok();
    let query = format!("SELECT * FROM '{parquet}' ORDER BY id");
    assert_eq!(
        avroscan(["sql", "--format", "jsonl", &query]).ok(),
        expected
    );

    let columns = avroscan(["schema", &dir, "--as", "arrow"].into_iter().chain(reader)).ok();
    assert_eq!(
        columns,
        "label: Utf8View, not null\nid: Float64, not null\nlevel: Int32\n"
    );
}

#[test]
fn recursive_types_are_unrolled() {
    const NODE: &str = r#"{"type":"record","name":"Node","fields":[
        {"name":"id","type":"long"},{"name":"next","type":["null","Node"]}]}"#;
    let files = Files::new();
    let body = [1, 1, 2, 1, 3, 0].map(raw::long).concat();
    let file = files.write("nodes.avro", raw::file(NODE).block(1, &body).finish());
    assert_eq!(
        avroscan(["cat", &file]).ok(),
        "{\"id\":1,\"next\":\"{\\\"id\\\":2,\\\"next\\\":{\\\"id\\\":3,\\\"next\\\":null}}\"}\n"
    );
    let expected = "{\"id\":1,\"next\":{\"id\":2,\"next\":\"{\\\"id\\\":3,\\\"next\\\":null}\"}}\n";
    assert_eq!(avroscan(["cat", &file, "--unroll", "1"]).ok(), expected);
    let query = format!("SELECT * FROM '{file}'");
    let run = avroscan(["sql", "--format", "jsonl", "--unroll", "1", &query]);
    assert_eq!(run.ok(), expected);
    let columns = avroscan(["schema", &file, "--as", "arrow", "--unroll", "2"]).ok();
    assert_eq!(columns.matches("next: Struct").count(), 2, "{columns}");
}

#[test]
fn what_does_not_fit_is_named() {
    let files = evolved();
    let wider = one_row(
        r#"{"name":"name","type":"string"},{"name":"id","type":"double"}"#,
        [raw::bytes("c"), 1.5_f64.to_le_bytes().to_vec()],
    );
    files.write("dir/3.avro", wider);
    let dir = files.arg("dir");
    let output = files.arg("out.parquet");
    let query = format!("SELECT count(id) FROM '{dir}'");
    for args in [
        &["cat", &dir][..],
        &["head", &dir],
        &["cat", &dir, "--format", "csv"],
        &["convert", &dir, &output],
        &["sql", &query],
    ] {
        let run = avroscan(args);
        assert_eq!(run.out, "", "{args:?}");
        let sentence = run.fails(1);
        assert!(sentence.contains("3.avro"), "{args:?}: {sentence}");
        assert!(sentence.contains("`id`"), "{args:?}: {sentence}");
    }
    assert!(!files.names().contains(&"out.parquet".to_owned()));
    // The column that does not fit is not read.
    let run = avroscan(["cat", &dir, "--columns", "name"]);
    assert_eq!(
        run.ok(),
        "{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\"name\":\"c\"}\n"
    );
}

#[test]
fn reader_schemas_that_cannot_be_are_named() {
    let files = evolved();
    let file = files.arg("dir/1.avro");
    let missing = files.arg("missing.avsc");
    let sentence = avroscan(["cat", &file, "--reader-schema", &missing]).fails(1);
    assert!(sentence.contains("missing.avsc"), "{sentence}");
    let wrong = files.write("wrong.avsc", r#"{"type":"recrod"}"#);
    let sentence = avroscan(["sql", "SELECT 1", "--reader-schema", &wrong]).fails(1);
    assert!(
        sentence.contains("wrong.avsc") && sentence.contains("recrod"),
        "{sentence}"
    );

    let reader = files.arg("reader.avsc");
    let merge = ["--schema-mode", "union-by-name", "--reader-schema", &reader];
    avroscan(["cat", &file].into_iter().chain(merge)).refused();
    avroscan(["cat", &file, "--schema-mode", "last"]).refused();
    avroscan(["cat", &file, "--unroll", "-1"]).refused();
    // The JSON of the file is what it is.
    let sentence = avroscan(["schema", &file, "--unroll", "1"]).fails(2);
    assert!(sentence.contains("--as arrow"), "{sentence}");
}
