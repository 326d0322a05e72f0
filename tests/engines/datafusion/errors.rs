//! Errors name the file and say what is wrong with it.

use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};
use datafusion::prelude::SessionContext;

use super::{error, lines, query, rows, session, write};

/// The errors of all ways to name a path, as far as they fail before the table is there.
async fn errors(ctx: &SessionContext, path: &str) -> Vec<String> {
    let registered = ctx
        .register_avro_table("t", path, AvroReadOptions::default())
        .await;
    let create = format!("CREATE EXTERNAL TABLE u STORED AS AVRO LOCATION '{path}'");
    vec![
        registered.unwrap_err().to_string(),
        error(ctx, &create).await,
        error(ctx, &format!("SELECT * FROM '{path}'")).await,
    ]
}

#[tokio::test]
async fn what_is_no_avro_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = session(2);
    let text = write(dir.path(), "text.avro", b"id,name\n1,one\n");
    for error in errors(&ctx, &text).await {
        assert!(error.contains(&text), "{error}");
        assert!(error.to_lowercase().contains("avro"), "{error}");
    }
    let missing = dir.path().join("missing.avro").display().to_string();
    for error in errors(&ctx, &missing).await {
        assert!(error.contains("missing.avro"), "{error}");
    }
    let empty = write(dir.path(), "empty.avro", b"");
    for error in errors(&ctx, &empty).await {
        assert!(error.contains("empty"), "{error}");
    }
    let directory = format!("{}/nothing/", dir.path().display());
    std::fs::create_dir(&directory).unwrap();
    for error in errors(&ctx, &directory).await {
        assert!(error.contains("nothing"), "{error}");
    }
}

#[tokio::test]
async fn a_truncated_file_is_an_error_with_an_offset() {
    let dir = tempfile::tempdir().unwrap();
    let file = rows::file(0..100, 10);
    let path = write(dir.path(), "cut.avro", &file[..file.len() - 20]);
    for partitions in [1, 4] {
        let ctx = session(partitions);
        ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
            .await
            .unwrap();
        for sql in [
            "SELECT * FROM t",
            "SELECT sum(id) FROM t",
            "SELECT count(*) FROM t",
            "SELECT id FROM t WHERE score > 0",
        ] {
            let error = error(&ctx, sql).await;
            assert!(error.contains(&path), "{sql}: {error}");
            assert!(error.contains("offset"), "{sql}: {error}");
        }
        // What comes before the end can be read.
        let ids = query(&ctx, "SELECT id FROM t LIMIT 3").await;
        assert_eq!(lines(&ids), ["0", "1", "2"]);
    }
}

#[tokio::test]
async fn avro_files_are_not_written() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.avro", &rows::file(0..10, 10));
    let ctx = session(2);
    let path = format!("{}/", dir.path().display());
    ctx.register_avro_table("t", path, AvroReadOptions::default())
        .await
        .unwrap();
    let error = error(&ctx, "INSERT INTO t SELECT * FROM t").await;
    assert!(error.contains("not implemented"), "{error}");
}
