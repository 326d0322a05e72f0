//! What reading allocates, counted in a process that does nothing else.

use avroscan::{OnError, ScanOptions};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::corpus;

use crate::read::{memory, outcome};

/// Most bytes at the same time, and in all, of one reading of a file of a few kilobytes. The files
/// speak of up to 2^63 rows and bytes.
const MOST_AT_ONCE: usize = 32 << 20;
const MOST_IN_ALL: usize = 128 << 20;

#[test]
fn no_file_of_the_corpus_makes_the_reader_allocate_much() {
    run_alone("allocation::counts_in_a_process_of_its_own");
}

#[test]
fn counts_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    for case in corpus::all() {
        for on_error in [OnError::Fail, OnError::Skip] {
            let options = ScanOptions::default()
                .with_workers(2)
                .with_on_error(on_error);
            let source = memory(case.file.clone());
            let watch = Watch::start();
            drop(outcome(source, &options));
            let (at_once, in_all) = (watch.at_once(), watch.in_all());
            let name = &case.name;
            assert!(at_once <= MOST_AT_ONCE, "{name}: {at_once} bytes at once");
            assert!(in_all <= MOST_IN_ALL, "{name}: {in_all} bytes in all");
        }
    }
}
