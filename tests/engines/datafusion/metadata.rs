//! What files say of themselves: `avro_metadata`, and the files of a table.

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use avroscan::Limits;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, AvroTable};
use avroscan_tests::raw;

use super::counting::CountingStore;
use super::{error, lines, query, rows, session, session_with, write};

const LONG: &str = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;

/// A file with metadata of its writer: text, and bytes that are none.
fn described(note: &str) -> Vec<u8> {
    raw::Header::new()
        .entries(&[
            ("avro.schema", LONG.as_bytes()),
            ("avro.codec", b"null"),
            ("writer.note", note.as_bytes()),
            ("writer.raw", &[0xff, 0x00]),
        ])
        .end()
        .block(1, &raw::long(12))
        .finish()
}

#[tokio::test]
async fn entries_are_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "any name", &described("zwölf"));
    let ctx = session(2);
    let rows = query(&ctx, &format!("SELECT * FROM avro_metadata('{path}')")).await;
    let schema = rows[0].schema();
    let columns: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| {
            (
                field.name().as_str(),
                field.data_type(),
                field.is_nullable(),
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("file", &DataType::Utf8, false),
            ("key", &DataType::Utf8, false),
            ("value", &DataType::Utf8, true),
            ("bytes", &DataType::Binary, false),
        ]
    );
    assert_eq!(
        lines(&rows),
        [
            format!("{path}|avro.schema|{LONG}|{}", hex(LONG.as_bytes())),
            format!("{path}|avro.codec|null|{}", hex(b"null")),
            format!("{path}|writer.note|zwölf|{}", hex("zwölf".as_bytes())),
            format!("{path}|writer.raw||ff00"),
        ]
    );
    assert!(
        rows[0]
            .column(2)
            .as_string::<i32>()
            .iter()
            .nth(3)
            .unwrap()
            .is_none()
    );

    let sql = format!(
        "SELECT upper(value) AS note FROM avro_metadata('{path}') WHERE key = 'writer.note'"
    );
    assert_eq!(lines(&query(&ctx, &sql).await), ["ZWÖLF"]);
    let sql = format!("SELECT count(*) FROM avro_metadata('{path}') WHERE value IS NULL");
    assert_eq!(lines(&query(&ctx, &sql).await), ["1"]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn every_file_of_a_pattern_or_directory_has_rows() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "b.avro", &described("of b"));
    write(dir.path(), "year=2024/c.avro", &described("of c"));
    // Other columns, and damage after the header: only headers are read.
    let other = rows::file(0..100, 10);
    write(dir.path(), "a.avro", &other[..other.len() - 20]);
    write(dir.path(), "empty.avro", b"");
    write(dir.path(), "notes.txt", b"no Avro file");
    let ctx = session(2);
    let dir = dir.path().display();
    for (path, expected) in [
        (
            format!("{dir}/"),
            &["a.avro|-", "b.avro|of b", "year=2024/c.avro|of c"][..],
        ),
        (
            format!("{dir}"),
            &["a.avro|-", "b.avro|of b", "year=2024/c.avro|of c"],
        ),
        (format!("{dir}/[ab].avro"), &["a.avro|-", "b.avro|of b"]),
    ] {
        let sql = format!(
            "SELECT replace(file, '{dir}/', '') AS file,
                    coalesce(max(value) FILTER (WHERE key = 'writer.note'), '-') AS note
             FROM avro_metadata('{path}') GROUP BY 1 ORDER BY 1"
        );
        assert_eq!(lines(&query(&ctx, &sql).await), expected, "{path}");
    }
}

#[tokio::test]
async fn it_goes_through_the_stores_of_the_session() {
    let ctx = session(2);
    let file = described("far away");
    let store = CountingStore::with(&ctx, &[("x/1.avro", &file), ("x/2.avro", &file)]).await;
    let sql = "SELECT file, value FROM avro_metadata('mem://store/x/') WHERE key = 'writer.note' \
               ORDER BY file";
    assert_eq!(
        lines(&query(&ctx, sql).await),
        [
            "mem://store/x/1.avro|far away",
            "mem://store/x/2.avro|far away"
        ]
    );
    assert_eq!(store.take_reads().len(), 2, "a read for each header");
}

#[tokio::test]
async fn errors_name_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = session(2);
    let text = write(dir.path(), "text.avro", b"id,name\n1,one\n");
    let found = error(&ctx, &format!("SELECT * FROM avro_metadata('{text}')")).await;
    assert!(found.contains(&text), "{found}");

    let missing = dir.path().join("missing.avro").display().to_string();
    let found = error(&ctx, &format!("SELECT * FROM avro_metadata('{missing}')")).await;
    assert!(found.contains("missing.avro"), "{found}");

    std::fs::create_dir(dir.path().join("nothing")).unwrap();
    let nothing = dir.path().join("nothing/").display().to_string();
    let found = error(&ctx, &format!("SELECT * FROM avro_metadata('{nothing}')")).await;
    assert!(found.contains("nothing"), "{found}");

    for arguments in ["", "1", "NULL", "'a.avro', 'b.avro'"] {
        let found = error(&ctx, &format!("SELECT * FROM avro_metadata({arguments})")).await;
        assert!(found.contains("avro_metadata takes one path"), "{found}");
    }

    let mut limits = Limits::default();
    limits.header_bytes = 50;
    let ctx = session_with(2, AvroOptions::default().with_limits(limits));
    let file = write(dir.path(), "file.avro", &described(""));
    let found = error(&ctx, &format!("SELECT * FROM avro_metadata('{file}')")).await;
    assert!(
        found.contains("header_bytes = 50") && found.contains(&file),
        "{found}"
    );
}

#[tokio::test]
async fn a_table_has_its_files() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "2.avro", &described("second"));
    write(dir.path(), "1.avro", &described("first"));
    let ctx = session(2);
    let path = format!("{}/", dir.path().display());
    ctx.register_avro_table("registered", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let create = format!("CREATE EXTERNAL TABLE created STORED AS AVRO LOCATION '{path}'");
    query(&ctx, &create).await;
    for name in ["registered", "created"] {
        let table = ctx.table_provider(name).await.unwrap();
        let table = table.downcast_ref::<AvroTable>().expect("an AvroTable");
        let files = table.files(&ctx.state()).await.unwrap();
        let notes: Vec<_> = files
            .iter()
            .map(|file| {
                let header = file.header();
                assert_eq!(header.schema.json(), LONG);
                assert_eq!(header.codec.name(), "null");
                let note = header.metadata.iter().find(|(key, _)| key == "writer.note");
                let note = str::from_utf8(&note.unwrap().1).unwrap();
                format!("{}: {note}", file.location().trim_start_matches(&path))
            })
            .collect();
        assert_eq!(notes, ["1.avro: first", "2.avro: second"], "{name}");
    }
}
