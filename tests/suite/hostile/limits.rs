//! What is refused for its size, damaged or not.

use avroscan::{Scan, ScanOptions};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::json;

use super::{column, exceeds, longs, reads, rows, with_limits};
use crate::read::{memory, outcome};

#[test]
fn limits_are_kept() {
    let schema = longs();
    let file = raw::file(&schema)
        .block(100, &raw::long(1).repeat(100))
        .finish();
    exceeds(
        "block_bytes",
        &with_limits(&file, |limits| limits.block_bytes = 99),
    );
    assert_eq!(
        with_limits(&file, |limits| limits.block_bytes = 100).num_rows(),
        100
    );

    let nulls = column(r#""null""#);
    let file = raw::file(&nulls).block(1 << 40, &[]).finish();
    exceeds(
        "rows of no bytes",
        &outcome(memory(file), &ScanOptions::default()),
    );

    let arrays = column(r#"{"type":"array","items":"null"}"#);
    let file = raw::file(&arrays)
        .block(1, &[raw::long(1 << 40), vec![0]].concat())
        .finish();
    exceeds(
        "items of no bytes",
        &outcome(memory(file), &ScanOptions::default()),
    );
    let file = raw::file(&arrays)
        .block(1, &[raw::long(3), vec![0]].concat())
        .finish();
    reads("three nulls", &file, &rows([json!([null, null, null])]));

    let schema = column(r#"{"type":"fixed","name":"F","size":100}"#);
    let file = raw::file(&schema).block(1, &[0; 100]).finish();
    exceeds(
        "fixed_bytes",
        &with_limits(&file, |limits| limits.fixed_bytes = 99),
    );
    exceeds(
        "schema_nodes",
        &with_limits(&file, |limits| limits.schema_nodes = 1),
    );
}

/// A null of a wide type takes one byte in the file and many in memory: batches end early.
#[test]
fn nulls_of_wide_types_do_not_fill_the_memory() {
    let schema = column(r#"["null",{"type":"fixed","name":"F","size":65536}]"#);
    let zeros = Codec::Deflate.compress(&[0; 20_000]);
    let file = raw::file_with_codec(&schema, "deflate")
        .block(20_000, &zeros)
        .finish();
    assert!(file.len() < 1_000, "{}", file.len());
    let scan = Scan::from_sources_blocking(vec![memory(file)], ScanOptions::default()).unwrap();
    let mut rows = 0;
    for batch in scan.reader().unwrap() {
        let batch = batch.unwrap();
        assert_eq!(batch.column(0).null_count(), batch.num_rows());
        assert!(
            batch.num_rows() * 65_536 <= 256 << 20,
            "{} rows",
            batch.num_rows()
        );
        rows += batch.num_rows();
    }
    assert_eq!(rows, 20_000);
}
