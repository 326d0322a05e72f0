//! `SET avro.* = ..`: what a session says of all Avro tables.

use arrow::array::RecordBatch;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::raw;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{error, lines, physical_plan, query, rows, session, session_with, write};

fn most_rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).max().unwrap()
}

#[tokio::test]
async fn a_setting_holds_for_tables_before_and_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..200, 100));
    let ctx = session(1);
    let create = |name: &str, options: &str| {
        format!("CREATE EXTERNAL TABLE {name} STORED AS AVRO LOCATION '{path}' {options}")
    };
    query(&ctx, &create("before", "")).await;
    query(&ctx, &create("own", "OPTIONS ('avro.batch_size' '30')")).await;
    ctx.register_avro_table("plain", path.as_str(), AvroReadOptions::default())
        .await
        .unwrap();
    let options = AvroReadOptions::from(AvroOptions::default().with_batch_size(20));
    ctx.register_avro_table("typed", path.as_str(), options)
        .await
        .unwrap();
    query(&ctx, "SET avro.batch_size = 40").await;
    query(&ctx, &create("after", "")).await;
    let file = format!("'{path}'");
    for (table, rows) in [
        ("before", 40),
        ("after", 40),
        ("plain", 40),
        (file.as_str(), 40),
        ("own", 30),
        ("typed", 20),
    ] {
        let batches = query(&ctx, &format!("SELECT id FROM {table}")).await;
        assert_eq!(most_rows(&batches), rows, "{table}");
    }
}

#[tokio::test]
async fn a_setting_comes_before_the_defaults_of_the_registration() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..200, 100));
    let ctx = session_with(1, AvroOptions::default().with_pushdown_filters(false));
    let filter = format!("SELECT id FROM '{path}' WHERE id > 5");
    assert!(physical_plan(&ctx, &filter).await.contains("FilterExec"));
    query(&ctx, "SET avro.pushdown_filters = true").await;
    assert!(!physical_plan(&ctx, &filter).await.contains("FilterExec"));

    // To register again changes nothing of what was set.
    let options = AvroOptions::default().with_pushdown_filters(false);
    ctx.enable_avroscan(options).unwrap();
    assert!(!physical_plan(&ctx, &filter).await.contains("FilterExec"));
}

#[tokio::test]
async fn limits_of_a_session_hold_for_queries_and_metadata() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..200, 100));
    let ctx = session(2);
    query(
        &ctx,
        &format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{path}'"),
    )
    .await;
    let metadata = format!("SELECT count(*) FROM avro_metadata('{path}')");
    query(&ctx, &metadata).await;
    query(&ctx, "SET avro.limits.block_bytes = 100").await;
    let refused = error(&ctx, "SELECT * FROM t").await;
    assert!(refused.contains("block_bytes"), "{refused}");
    // Although the header has been read.
    query(&ctx, "SET avro.limits.header_bytes = 100").await;
    for sql in ["SELECT * FROM t", &metadata] {
        let refused = error(&ctx, sql).await;
        assert!(refused.contains("header_bytes"), "{sql}: {refused}");
    }
}

#[tokio::test]
async fn what_makes_columns_is_settled_when_a_table_is_made() {
    let dir = tempfile::tempdir().unwrap();
    for (name, column) in [("a", "x"), ("b", "y")] {
        let schema = format!(
            r#"{{"type":"record","name":"R","fields":[
                {{"name":"{column}","type":["null","long"],"default":null}}]}}"#
        );
        let row = [raw::long(1), raw::long(7)].concat();
        let file = raw::file(&schema).block(1, &row).finish();
        write(dir.path(), &format!("{name}.avro"), &file);
    }
    let create = |name: &str| {
        let folder = dir.path().display();
        format!("CREATE EXTERNAL TABLE {name} STORED AS AVRO LOCATION '{folder}/'")
    };
    let ctx = session(2);
    query(&ctx, &create("first")).await;
    query(&ctx, "SET avro.schema_mode = 'union_by_name'").await;
    query(&ctx, &create("merged")).await;
    let reader = r#"{"type":"record","name":"R","fields":[{"name":"y","type":["null","long"],
        "default":null}]}"#;
    let options = format!(
        "{} OPTIONS ('avro.reader_schema' '{reader}')",
        create("own")
    );
    query(&ctx, &options).await;
    query(&ctx, "SET avro.schema_mode = 'first'").await;
    for (table, columns) in [("first", 1), ("merged", 2), ("own", 1)] {
        let batches = query(&ctx, &format!("SELECT * FROM {table}")).await;
        assert_eq!(batches[0].num_columns(), columns, "{table}");
        assert_eq!(lines(&batches).len(), 2, "{table}");
    }
}

#[tokio::test]
async fn what_cannot_be_set_is_refused() {
    let ctx = session(1);
    let unknown = error(&ctx, "SET avro.batchsize = 1").await;
    assert!(unknown.contains("no option avro.batchsize"), "{unknown}");
    assert!(unknown.contains("batch_size, buffer_blocks"), "{unknown}");
    let value = error(&ctx, "SET avro.on_error = 'ignore'").await;
    assert!(value.contains("'fail' or 'skip'"), "{value}");
    let schema = error(&ctx, r#"SET avro.reader_schema = '"long"'"#).await;
    assert!(
        schema.contains("OPTIONS of CREATE EXTERNAL TABLE"),
        "{schema}"
    );
}

#[tokio::test]
async fn settings_are_shown() {
    let config = SessionConfig::new().with_information_schema(true);
    let ctx = SessionContext::new_with_config(config);
    ctx.enable_avroscan(AvroOptions::default()).unwrap();
    let show = "SHOW avro.on_error";
    assert_eq!(lines(&query(&ctx, show).await), ["avro.on_error|"]);
    query(&ctx, "SET avro.on_error = 'skip'").await;
    assert_eq!(lines(&query(&ctx, show).await), ["avro.on_error|skip"]);
    let all = lines(&query(&ctx, "SHOW ALL").await);
    for line in ["avro.on_error|skip", "avro.limits.depth|"] {
        assert!(all.iter().any(|shown| shown == line), "{line} of {all:?}");
    }
    let described = "SELECT count(*) FROM information_schema.df_settings \
                     WHERE name LIKE 'avro.%' AND description <> ''";
    assert_eq!(lines(&query(&ctx, described).await), ["22"]);
}
