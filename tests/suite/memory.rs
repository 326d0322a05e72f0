//! What takes memory: rows that fill a batch, decoded blocks, filters, headers, defaults.

mod filters;
mod headers;
mod large_rows;

use std::sync::Arc;

use avroscan::{AvroSchema, ScanOptions};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::read::{batches, memory, outcome};

/// Reading a file whose rows lack a field with this default, given as JSON.
fn with_default(ty: &str, default: &str) -> ScanOptions {
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[
            {{"name":"a","type":"long"}},{{"name":"b","type":{ty},"default":{default}}}]}}"#
    );
    let schema: AvroSchema = schema.parse().unwrap();
    ScanOptions::default().with_reader_schema(Arc::new(schema))
}

/// A compressed file of one column of longs, in one block.
fn longs(rows: usize) -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    raw::file_with_codec(schema, "deflate")
        .block(
            rows as i64,
            &Codec::Deflate.compress(&raw::long(1).repeat(rows)),
        )
        .finish()
}

/// A default of many items repeated in many rows passes what Arrow numbers in one column.
#[test]
fn defaults_of_many_items_end_batches_early() {
    let items = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    for (ty, default) in [
        (
            r#"{"type":"array","items":"null"}"#.to_owned(),
            items("null", 100_000),
        ),
        (
            r#"{"type":"array","items":{"type":"array","items":"null"}}"#.to_owned(),
            items(&items("null", 1_000), 100),
        ),
        (
            r#"{"type":"array","items":{"type":"record","name":"I","fields":[
                {"name":"x","type":{"type":"array","items":"null"}}]}}"#
                .to_owned(),
            items(&format!(r#"{{"x":{}}}"#, items("null", 1_000)), 100),
        ),
    ] {
        let options = with_default(&ty, &default);
        let batches = batches(&longs(40_000), &options);
        let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(rows, 40_000, "{ty}");
        assert!(batches.len() > 1, "{ty}");
    }
}

/// Arrow cannot hold such a row, which is an error and no panic.
#[test]
fn a_row_of_too_many_items_of_a_default_is_refused() {
    let file = |items: usize| {
        let schema = r#"{"type":"record","name":"R","fields":[{"name":"list","type":
            {"type":"array","items":{"type":"record","name":"I","fields":[
                {"name":"x","type":"int"}]}}}]}"#;
        let row = [raw::long(items as i64), vec![2; items], vec![0]].concat();
        raw::file(schema).block(1, &row).finish()
    };
    let nulls = vec!["null"; 100_000].join(",");
    let reader = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"list","type":
            {{"type":"array","items":{{"type":"record","name":"I","fields":[
                {{"name":"x","type":"int"}},
                {{"name":"y","type":{{"type":"array","items":"null"}},"default":[{nulls}]}}]}}}}}}]}}"#
    );
    let reader: Arc<AvroSchema> = Arc::new(reader.parse().unwrap());
    let options = || ScanOptions::default().with_reader_schema(reader.clone());
    assert_eq!(batches(&file(1_000), &options())[0].num_rows(), 1);
    let refused = outcome(memory(file(30_000)), &options());
    let error = refused.error.expect("three thousand million items");
    let limit = avroscan::ErrorKind::Limit(avroscan::Limit::ColumnLength);
    assert_eq!(error.kind(), limit, "{error}");
}

/// All rows share the content of a default: a row takes a view of 16 bytes.
#[test]
fn long_defaults_do_not_make_small_batches() {
    let text = format!("{:?}", "x".repeat(10_000));
    let symbols: Vec<String> = (0..5_000).map(|number| format!("s{number}")).collect();
    let symbols = serde_json::to_string(&symbols).unwrap();
    let an_enum = format!(r#"{{"type":"enum","name":"E","symbols":{symbols}}}"#);
    for (ty, default) in [
        (r#""string""#, &*text),
        (r#""bytes""#, &text),
        (&an_enum, r#""s7""#),
    ] {
        let batches = batches(&longs(100_000), &with_default(ty, default));
        assert_eq!(batches.len(), 1, "{default:.20}");
        assert!(batches[0].get_array_memory_size() < 10 << 20);
    }
    // 100 numbers of four bytes in each row: 64 MiB are some 150,000 rows.
    let numbers = format!("[{}]", vec!["7"; 100].join(","));
    let options = with_default(r#"{"type":"array","items":"int"}"#, &numbers);
    for batch in batches(&longs(400_000), &options.with_batch_size(400_000)) {
        assert!(batch.get_array_memory_size() < 80 << 20);
    }
}
