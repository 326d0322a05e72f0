//! One query that runs more than once: each run has the whole skip budget, and its own report.

use std::thread;

use ::polars::prelude::*;
use avroscan::{OnError, ReadReport, SkipBudget};
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::data::rows;
use avroscan_tests::slow;

use super::{ENGINES, collect, memory};

/// Forty blocks of 25 rows, of which the fourth and the 31st cannot be decoded.
fn damaged() -> Vec<u8> {
    let mut bytes = rows::file(0..1000, 25);
    let blocks = slow::File::open(&bytes).unwrap().blocks;
    for block in [&blocks[3], &blocks[30]] {
        bytes[(block.start + block.end) / 2] ^= 0xff;
    }
    bytes
}

fn args(blocks: u64) -> (ScanArgsAvro, ReadReport) {
    let report = ReadReport::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(25)
        .with_on_error(OnError::Skip)
        .with_skip_budget(SkipBudget::default().with_blocks(blocks))
        .with_report(report.clone());
    (args, report)
}

type Run = (&'static str, fn(LazyFrame) -> PolarsResult<DataFrame>);

const RUNS: [Run; 3] = [
    ("in memory", |query| collect(query, ENGINES[0])),
    ("streaming", |query| collect(query, ENGINES[1])),
    ("verb", StreamingExt::collect_streaming),
];

#[test]
fn each_run_of_a_query_has_the_whole_budget() {
    for (way, run) in RUNS {
        let (args, report) = args(2);
        let query = scan_avro(memory(damaged()), args).unwrap();
        for number in 1..=5 {
            let rows = run(query.clone()).unwrap_or_else(|e| panic!("{way}: {e}"));
            assert_eq!(rows.height(), 950, "{way}");
            assert_eq!(report.bad_blocks(), 2 * number, "{way}");
        }
        // Not all of it, then all of it.
        for rows in [10, 200] {
            assert_eq!(
                run(query.clone().limit(rows)).unwrap().height(),
                rows as usize
            );
        }
        assert_eq!(run(query.clone()).unwrap().height(), 950, "{way}");
        // Several runs at the same time.
        thread::scope(|scope| {
            let start = || scope.spawn(|| run(query.clone()).unwrap().height());
            let running: Vec<_> = (0..4).map(|_| start()).collect();
            for run in running {
                assert_eq!(run.join().unwrap(), 950, "{way}");
            }
        });
        // Two scans of one query, with the same columns and with others.
        let ids = query.clone().select([col("id")]);
        for (left, right) in [(query.clone(), query.clone()), (query.clone(), ids)] {
            let right = right.with_column((col("id") * lit(1)).alias("id"));
            let joined = left.join(right, [col("id")], [col("id")], JoinArgs::default());
            assert_eq!(run(joined).unwrap().height(), 950, "{way}");
        }
    }
}

#[test]
fn each_run_of_a_query_exceeds_a_budget_that_is_too_small() {
    for (way, run) in RUNS {
        let (args, _) = args(1);
        let query = scan_avro(memory(damaged()), args).unwrap();
        for _ in 0..3 {
            let error = run(query.clone()).expect_err(way).to_string();
            assert!(error.contains("skip budget"), "{way}: {error}");
        }
        thread::scope(|scope| {
            let start = || scope.spawn(|| run(query.clone()).expect_err(way).to_string());
            let running: Vec<_> = (0..4).map(|_| start()).collect();
            for run in running {
                let error = run.join().unwrap();
                assert!(error.contains("skip budget"), "{way}: {error}");
            }
        });
    }
}

#[test]
fn each_reader_has_the_whole_budget() {
    let (args, report) = args(2);
    for number in 1..=3 {
        let mut reader = AvroReader::open(memory(damaged()), args.clone()).unwrap();
        let rows: usize = reader.by_ref().map(|frame| frame.unwrap().height()).sum();
        assert_eq!(rows, 950);
        assert_eq!(reader.report().bad_blocks(), 2);
        assert_eq!(report.bad_blocks(), 2 * number);
    }
}

/// An error that is not one of the batches: the rows can no more be numbered.
#[test]
fn nothing_comes_after_an_error() {
    let args = ScanArgsAvro::default()
        .with_batch_size(25)
        .with_row_index(Some(RowIndex {
            name: "index".into(),
            offset: IdxSize::MAX - 60,
        }));
    let mut reader = AvroReader::open(memory(rows::file(0..1000, 25)), args).unwrap();
    let before = reader.by_ref().take_while(Result::is_ok).count();
    assert!(before < 40, "{before} frames");
    assert!(reader.next().is_none());
    assert!(reader.next().is_none());
}

#[test]
fn a_query_of_several_results_is_refused() {
    let query = || {
        let query = scan_avro(memory(rows::file(0..10, 5)), ScanArgsAvro::default());
        query.unwrap().logical_plan
    };
    let several = DslPlan::SinkMultiple {
        inputs: vec![query(), query()],
    };
    let error = LazyFrame::from(several).collect_streaming().unwrap_err();
    assert!(error.to_string().contains("several results"), "{error}");
}
