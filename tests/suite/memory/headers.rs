//! Headers of many entries.

use avroscan::{AvroFile, ErrorKind, Limit, Limits, Progress, block_on};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::raw::{self, Header};

use crate::read::memory;

/// A header with so many entries without a key and a value.
fn empty_entries(count: usize) -> Vec<u8> {
    Header::new()
        .entries(&[("avro.schema", br#""long""#)])
        .bytes(&raw::long(count as i64))
        .bytes(&vec![0; 2 * count])
        .end()
        .finish()
}

fn open(file: Vec<u8>, limits: &Limits) -> avroscan::Result<std::sync::Arc<AvroFile>> {
    block_on(AvroFile::open(memory(file), limits, &Progress::default()))
}

#[test]
fn a_header_of_many_entries_takes_as_much_memory_as_a_large_one() {
    run_alone("memory::headers::many_entries_in_a_process_of_its_own");
}

#[test]
fn many_entries_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    let limits = Limits::default();
    for count in [1_000_000, 8_000_000, 15_000_000] {
        let file = empty_entries(count);
        let watch = Watch::start();
        let error = open(file, &limits).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Limit(Limit::HeaderBytes),
            "{error}"
        );
        let at_once = watch.at_once();
        assert!(
            at_once <= 3 * limits.header_bytes,
            "{count} entries: {at_once} bytes"
        );
    }
}

#[test]
fn entries_are_limited_by_the_bytes_of_the_header() {
    let file = open(empty_entries(500_000), &Limits::default()).unwrap();
    assert_eq!(file.header().metadata.len(), 500_001);
    let mut limits = Limits::default();
    limits.header_bytes = 64_000;
    assert!(open(empty_entries(1_024 + 999), &limits).is_ok());
    let error = open(empty_entries(1_024 + 1_000), &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::HeaderBytes));
    assert!(error.to_string().contains("2024 entries"), "{error}");
}
