//! Rows of which few fit into a batch: each is read, whatever is read with it.

use avroscan::{ErrorKind, Limit, OnError, Projection, Scan, ScanOptions, Split};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::{Value as Json, json};

use crate::read::{Opened, drain, memory, outcome};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},{"name":"text","type":"string"}]}"#;

/// Bytes of a row beside its text: a long and a view.
const FIXED: usize = 24;

fn row(id: i64, length: usize) -> Vec<u8> {
    [raw::long(id), raw::bytes(vec![b'x'; length])].concat()
}

/// A file with blocks of rows of these lengths, numbered through.
fn file(blocks: &[&[usize]], codec: Codec) -> Vec<u8> {
    let mut file = raw::file_with_codec(SCHEMA, codec.name());
    let mut ids = 0..;
    for lengths in blocks {
        let rows = lengths.iter().zip(&mut ids);
        let body: Vec<u8> = rows.flat_map(|(length, id)| row(id, *length)).collect();
        file = file.block(lengths.len() as i64, &codec.compress(&body));
    }
    file.finish()
}

fn options(batch_bytes: usize) -> ScanOptions {
    let mut options = ScanOptions::default();
    options.limits.batch_bytes = batch_bytes;
    options
}

/// Reads with many settings: the rows, and the limit that the error is about.
#[track_caller]
fn reads(file: &[u8], options: &ScanOptions, rows: usize, error: Option<Limit>) {
    let expected: Vec<Json> = (0..rows).map(|id| json!(id)).collect();
    for batch_size in [1, 2, 3, 1_000, 100_000] {
        for workers in [1, 3] {
            let options = options
                .clone()
                .with_batch_size(batch_size)
                .with_workers(workers);
            let outcome = outcome(memory(file.to_vec()), &options);
            let kind = outcome.error.as_ref().map(avroscan::Error::kind);
            let case = format!("{batch_size} rows a batch, {workers} workers: {kind:?}");
            assert_eq!(kind, error.map(ErrorKind::Limit), "{case}");
            let ids: Vec<Json> = outcome.rows().iter().map(|row| row["id"].clone()).collect();
            assert_eq!(ids, expected, "{case}");
        }
    }
}

#[test]
fn rows_that_fit_by_themselves_are_read_whatever_is_read_with_them() {
    const KIB: usize = 1 << 10;
    let most = 16 * KIB;
    let options = options(most);
    let fits = most - FIXED;
    for codec in [Codec::Null, Codec::Deflate] {
        for blocks in [
            &[&[4 * KIB - 100][..], &[15 * KIB]][..],
            &[&[100, fits, 100, fits, fits]],
            &[&[fits], &[fits], &[fits], &[fits], &[fits]],
            &[&[3 * KIB; 40], &[fits, 0, 0, 0], &[], &[0, 0, fits]],
            &[&[0; 3_000], &[fits; 3], &[20; 3_000]],
        ] {
            let rows: usize = blocks.iter().map(|block| block.len()).sum();
            reads(&file(blocks, codec), &options, rows, None);
        }
    }
}

#[test]
fn a_row_that_does_not_fit_is_refused_whatever_is_read_with_it() {
    let most = 16 << 10;
    let options = options(most);
    let too_large = most - FIXED + 1;
    for (blocks, rows) in [
        (&[&[too_large][..]][..], 0),
        (&[&[10, 10], &[10, too_large, 10], &[10]], 2),
        (&[&[0; 3_000], &[0, 0, most, too_large]], 3_000),
        (
            &[&[0; 3_000], &[2_000; 100], &[most - 1_000; 3], &[too_large]],
            3_103,
        ),
    ] {
        let file = file(blocks, Codec::Deflate);
        reads(&file, &options, rows, Some(Limit::BatchBytes));
    }
}

/// The rows of the block before the bad row are no rows: the block is bad.
#[test]
fn no_row_of_a_bad_block_comes_out_where_batches_end_inside_of_it() {
    let options = options(16 << 10);
    let good: Vec<u8> = (0..5).flat_map(|id| row(id, 10)).collect();
    let large: Vec<u8> = (5..9).flat_map(|id| row(id, 15 << 10)).collect();
    let file = raw::file(SCHEMA)
        .block(5, &good)
        .block(4, &[&large[..], &[7]].concat())
        .block(5, &good)
        .finish();
    for batch_size in [1, 2, 6, 1_000] {
        for on_error in [OnError::Fail, OnError::Skip] {
            let options = options
                .clone()
                .with_batch_size(batch_size)
                .with_on_error(on_error);
            let outcome = outcome(memory(file.clone()), &options);
            let (rows, error) = (outcome.num_rows(), outcome.error);
            match on_error {
                OnError::Skip => assert_eq!((rows, error.is_none()), (10, true)),
                _ => {
                    assert_eq!(rows, 5, "{batch_size}");
                    assert_eq!(error.unwrap().kind(), ErrorKind::BlockLength);
                }
            }
        }
    }
}

#[test]
fn splits_second_runs_and_filters_change_nothing() {
    let most = 16 << 10;
    let fits = most - FIXED;
    let blocks = &[&[100, fits, 10][..], &[fits, 4_000], &[10; 500], &[fits; 2]];
    let file = file(blocks, Codec::Null);
    let opened = Opened::new(memory(file.clone()), &options(most)).unwrap();
    for cut in (0..file.len() as u64).step_by(997) {
        let splits = [Split::new(0, cut), Split::new(cut, u64::MAX)];
        assert_eq!(opened.splits(splits).num_rows(), 507, "{cut}");
    }
    let all = super::filters::Every::of(["text"], 1);
    let options = options(most).with_filter(all);
    let scan = Scan::from_sources_blocking(vec![memory(file)], options).unwrap();
    for _ in 0..2 {
        let outcome = drain(scan.reader().unwrap());
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        assert_eq!(outcome.num_rows(), 507);
    }
    let ids = scan.options().clone();
    let ids = ids.with_projection(Projection::columns(["id"]));
    let outcome = drain(scan.with_options(ids).unwrap().reader().unwrap());
    assert_eq!((outcome.num_rows(), outcome.error.is_none()), (507, true));
}

/// The counts of rows and items without bytes are those of the block, also where a batch ends
/// inside of it and rows are read again.
#[test]
fn rows_that_are_read_again_are_counted_once() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"long"},
        {"name":"nulls","type":{"type":"array","items":"null"}},{"name":"text","type":"string"}]}"#;
    let row = |id: i64| {
        let nulls = [raw::long(10), vec![0]].concat();
        [raw::long(id), nulls, raw::bytes(vec![b'x'; 3_000])].concat()
    };
    let body: Vec<u8> = (0..100).flat_map(row).collect();
    let file = raw::file(schema).block(100, &body).finish();
    let mut options = options(4 << 10);
    options.limits.zero_byte_items = 1_000;
    reads(&file, &options, 100, None);
    options.limits.zero_byte_items = 999;
    reads(&file, &options, 0, Some(Limit::ZeroByteItems));
}
