//! What is refused for its size, damaged or not.

use std::sync::Arc;

use avroscan::{AvroSchema, Limit, OnError, Projection, Scan, ScanOptions};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::json;

use super::{column, exceeds, longs, reads, rows, with_limits};
use crate::read::{memory, outcome};

#[test]
fn limits_are_kept() {
    let hundred = raw::file(&longs())
        .block(100, &raw::long(1).repeat(100))
        .finish();
    let deflated = raw::file_with_codec(&longs(), "deflate")
        .block(100, &Codec::Deflate.compress(&raw::long(1).repeat(100)))
        .finish();
    let one = |ty: &str, value: &[u8]| raw::file(&column(ty)).block(1, value).finish();
    let nulls = r#"{"type":"array","items":"null"}"#;
    let list = r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#;
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":30000}"#;
    let fixed = r#"{"type":"fixed","name":"F","size":100}"#;
    let union = |letter: &str| {
        let branch = |i| format!(r#"{{"type":"fixed","name":"{letter}{i}","size":1}}"#);
        let branches: Vec<_> = (0..2_000).map(branch).collect();
        column(&format!("[{}]", branches.join(",")))
    };
    let reader: AvroSchema = union("B").parse().unwrap();
    let reader = Arc::new(reader);

    type Change<'a> = &'a dyn Fn(&mut ScanOptions);
    let cases: [(Limit, Vec<u8>, Change<'_>); 14] = [
        (Limit::HeaderBytes, hundred.clone(), &|options| {
            options.limits.header_bytes = 50;
        }),
        (Limit::SchemaNodes, hundred.clone(), &|options| {
            options.limits.schema_nodes = 1;
        }),
        (Limit::BlockBytes, hundred.clone(), &|options| {
            options.limits.block_bytes = 99;
        }),
        (Limit::DecompressedBytes, deflated.clone(), &|options| {
            options.limits.decompressed_bytes = 99;
        }),
        (Limit::BatchBytes, hundred.clone(), &|options| {
            options.limits.batch_bytes = 7;
        }),
        (
            Limit::ZeroByteItems,
            raw::file(&column(r#""null""#)).block(1 << 40, &[]).finish(),
            &|_| {},
        ),
        (
            Limit::ZeroByteItems,
            one(nulls, &[raw::long(1 << 40), vec![0]].concat()),
            &|_| {},
        ),
        (
            Limit::ColumnLength,
            one(nulls, &[raw::long(1 << 31), vec![0]].concat()),
            &|options| {
                options.limits.zero_byte_items = usize::MAX;
                options.limits.batch_bytes = usize::MAX;
            },
        ),
        (Limit::FixedBytes, one(fixed, &[0; 100]), &|options| {
            options.limits.fixed_bytes = 99;
        }),
        (
            Limit::Depth,
            one(list, &[[2; 66].to_vec(), vec![0]].concat()),
            &|_| {},
        ),
        (
            Limit::Depth,
            one(list, &[[2; 66].to_vec(), vec![0]].concat()),
            &|options| options.projection = Projection::columns(["a.next"]),
        ),
        (
            Limit::DecimalDigits,
            one(decimal, &raw::bytes([1; 10_000])),
            &|_| {},
        ),
        (
            Limit::SchemaDepth,
            raw::file(&"[".repeat(5_000)).finish(),
            &|_| {},
        ),
        (
            Limit::UnionBranches,
            raw::file(&union("A")).finish(),
            &move |options| options.reader_schema = Some(reader.clone()),
        ),
    ];
    for (limit, file, change) in cases {
        let mut options = ScanOptions::default();
        change(&mut options);
        for on_error in [OnError::Fail, OnError::Skip] {
            let options = options.clone().with_on_error(on_error);
            exceeds(limit, &outcome(memory(file.clone()), &options));
        }
    }

    for file in [&hundred, &deflated] {
        let exact = with_limits(file, |limits| {
            limits.block_bytes = 100;
            limits.decompressed_bytes = 100;
        });
        assert_eq!(exact.num_rows(), 100);
    }
    // A row is a long of eight bytes.
    assert_eq!(
        with_limits(&hundred, |limits| limits.batch_bytes = 8).num_rows(),
        100
    );
    let file = one(nulls, &[raw::long(3), vec![0]].concat());
    reads("three nulls", &file, &rows([json!([null, null, null])]));
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
