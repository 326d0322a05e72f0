//! Every file of the corpus, read in every way: exact rows and an exact error, or exact rows and an
//! exact report.

use std::collections::HashSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use avroscan::{OnError, ReadReport, ScanOptions};
use avroscan_tests::corpus::{self, Bad, Case, Skipping};

use crate::read::{Outcome, Watched, outcome};

const CHUNKS: [u64; 4] = [1, 7, 4096, 64 << 10];
const WORKERS: [usize; 2] = [1, 4];

fn ids(outcome: &Outcome) -> Vec<i64> {
    let ids = outcome.batches.iter().flat_map(|batch| {
        let ids = batch.column(0).as_primitive::<Int64Type>();
        ids.values().to_vec()
    });
    ids.collect()
}

fn kind(outcome: &Outcome) -> Option<String> {
    let error = outcome.error.as_ref();
    error.map(|error| format!("{:?}", error.kind()))
}

/// Reads a case in chunks of each size, with each number of workers.
fn in_all_ways(case: &Case, options: &ScanOptions, check: impl Fn(&Outcome, &ReadReport, &str)) {
    for chunk in CHUNKS {
        for workers in WORKERS {
            let report = ReadReport::default();
            let options = options
                .clone()
                .with_workers(workers)
                .with_report(report.clone());
            let source = Watched::new(case.file.clone(), chunk, chunk);
            let how = format!("{}, chunks of {chunk}, {workers} workers", case.name);
            check(&outcome(source, &options), &report, &how);
        }
    }
}

#[test]
fn the_corpus_has_enough_files_and_no_name_twice() {
    let cases = corpus::all();
    assert!(cases.len() >= 150, "{} files", cases.len());
    let names: HashSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn every_file_of_the_corpus_is_read_or_refused_as_it_must() {
    for case in corpus::all() {
        in_all_ways(&case, &ScanOptions::default(), |outcome, report, how| {
            assert_eq!(kind(outcome).as_deref(), case.error, "{how}: {outcome:?}");
            assert_eq!(ids(outcome), case.strict, "{how}");
            assert_eq!(report.bad_blocks(), 0, "{how}");
        });
    }
}

#[test]
fn every_file_of_the_corpus_is_skipped_through_as_it_must() {
    let options = ScanOptions::default().with_on_error(OnError::Skip);
    for case in corpus::all() {
        in_all_ways(&case, &options, |outcome, report, how| {
            let Some(expected) = &case.skipping else {
                assert_eq!(kind(outcome).as_deref(), case.error, "{how}");
                assert_eq!(report.bad_blocks(), 0, "{how}");
                return;
            };
            assert!(outcome.error.is_none(), "{how}: {:?}", outcome.error);
            let entries = report.entries();
            let bad = entries.iter().map(|entry| Bad {
                offset: entry.offset as usize,
                bytes: entry.bytes as usize,
                rows_lost: entry.rows_lost,
                kind: format!("{:?}", entry.kind),
            });
            let found = Skipping {
                rows: ids(outcome),
                bad: bad.collect(),
            };
            assert_eq!(&found, expected, "{how}");
            assert_eq!(report.bad_blocks(), entries.len() as u64, "{how}");
            let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
            assert_eq!(report.bytes_skipped(), bytes, "{how}");
            let rows: u64 = entries.iter().filter_map(|entry| entry.rows_lost).sum();
            assert_eq!(report.rows_lost(), rows, "{how}");
        });
    }
}
