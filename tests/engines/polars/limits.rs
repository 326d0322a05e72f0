//! A query that needs few rows reads little.

use ::polars::prelude::*;
use avroscan::Progress;
use avroscan_polars::{ScanArgsAvro, read_avro, scan_avro};
use avroscan_tests::data::simple;
use avroscan_tests::write::Codec;

use super::{ENGINES, collect, memory, on_both};

const BLOCKS: u64 = 1000;
const ROWS_PER_BLOCK: usize = 100;

/// A file of a thousand blocks, and the arguments to read it with a counter.
fn thousand_blocks() -> (Vec<u8>, ScanArgsAvro, Progress) {
    let progress = Progress::default();
    let args = ScanArgsAvro::default().with_progress(progress.clone());
    let file = simple::file(
        BLOCKS * ROWS_PER_BLOCK as u64,
        ROWS_PER_BLOCK,
        Codec::Deflate,
    );
    (file, args, progress)
}

fn ids(frame: &DataFrame) -> Vec<i64> {
    frame
        .column("id")
        .unwrap()
        .i64()
        .unwrap()
        .into_no_null_iter()
        .collect()
}

#[test]
fn a_limit_decodes_a_few_blocks_when_streaming() {
    let (file, args, progress) = thousand_blocks();
    let scan = scan_avro(memory(file), args).unwrap();
    assert_eq!(progress.blocks(), 0, "scanning is lazy");
    let found = collect(scan.limit(5), Engine::Streaming).unwrap();
    assert_eq!(ids(&found), [0, 1, 2, 3, 4]);
    assert!((1..few()).contains(&progress.blocks()), "{progress:?}");
}

/// How many blocks are a few: threads that have begun a piece of the file finish it.
fn few() -> u64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    (40 + 8 * threads).min(BLOCKS / 2)
}

#[test]
fn all_blocks_are_decoded_once_without_a_limit() {
    for engine in ENGINES {
        let (file, args, progress) = thousand_blocks();
        let found = collect(scan_avro(memory(file), args).unwrap(), engine).unwrap();
        assert_eq!(found.height(), 100_000);
        assert_eq!(
            (progress.blocks(), progress.rows()),
            (BLOCKS, 100_000),
            "{engine:?}"
        );
        assert_eq!(progress.bytes_done(), progress.bytes_total(), "{engine:?}");
    }
}

#[test]
fn n_rows_decodes_a_few_blocks_on_every_engine() {
    for engine in ENGINES {
        let (file, args, progress) = thousand_blocks();
        let scan = scan_avro(memory(file), args.with_n_rows(250)).unwrap();
        let found = collect(scan, engine).unwrap();
        assert!(ids(&found).into_iter().eq(0..250), "{engine:?}");
        assert!(
            (3..few()).contains(&progress.blocks()),
            "{engine:?}: {progress:?}"
        );
    }
}

#[test]
fn n_rows_come_before_whatever_follows() {
    let (file, args, _) = thousand_blocks();
    let scan = |n| scan_avro(memory(file.clone()), args.clone().with_n_rows(n)).unwrap();
    assert_eq!(ids(&on_both(&scan(5).limit(10))), [0, 1, 2, 3, 4]);
    assert_eq!(ids(&on_both(&scan(10).limit(5))), [0, 1, 2, 3, 4]);
    assert_eq!(ids(&on_both(&scan(5).tail(2))), [3, 4]);
    assert_eq!(
        ids(&on_both(&scan(120).filter(col("id").gt(lit(117))))),
        [118, 119]
    );
    assert_eq!(
        ids(&on_both(&scan(300).slice(295, 100))),
        [295, 296, 297, 298, 299]
    );
    assert_eq!(
        ids(&on_both(&scan(3).with_row_index("row", None))),
        [0, 1, 2]
    );
    assert_eq!(on_both(&scan(0)).shape(), (0, 5));
    for (n, expected) in [(250, 250u32), (0, 0), (1_000_000, 100_000)] {
        for query in [vec![len()], vec![lit(1), len()]] {
            let count = on_both(&scan(n).select(query));
            assert_eq!(
                count.column("len").unwrap().u32().unwrap().get(0),
                Some(expected),
                "{n}"
            );
        }
    }
    let joined = scan(5).join(
        scan(3),
        [col("id")],
        [col("id")],
        JoinArgs::new(JoinType::Inner),
    );
    let joined = joined.sort(["id"], SortMultipleOptions::default());
    assert_eq!(ids(&on_both(&joined)), [0, 1, 2]);
}

#[test]
fn n_rows_reach_over_files() {
    let file = |rows| memory(simple::file(rows, 10, Codec::Null));
    for (n, expected) in [(25, 25), (60, 60), (61, 61), (500, 150)] {
        let args = ScanArgsAvro::default().with_n_rows(n).with_batch_size(20);
        let scan = scan_avro(vec![file(60), file(0), file(90)], args.clone()).unwrap();
        assert_eq!(on_both(&scan).height(), expected, "{n}");
        let frame = read_avro(vec![file(60), file(0), file(90)], args).unwrap();
        assert_eq!(frame.height(), expected, "{n}");
    }
}

#[test]
fn more_rows_than_polars_counts_are_refused() {
    let (file, args, _) = thousand_blocks();
    let error = scan_avro(memory(file), args.with_n_rows(1 << 33))
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("8589934592 rows"), "{error}");
}
