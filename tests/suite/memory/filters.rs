//! Filters that keep rows here and there.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use avroscan::{Projection, RowFilter, Scan, ScanOptions};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::read::{batches, memory};

/// Keeps one row of `every`, by the number of the row in its file: for one worker.
#[derive(Debug)]
pub(super) struct Every {
    columns: Projection,
    every: usize,
    seen: AtomicUsize,
}

impl Every {
    pub(super) fn of<const N: usize>(columns: [&str; N], every: usize) -> Arc<dyn RowFilter> {
        Arc::new(Self {
            columns: Projection::columns(columns),
            every,
            seen: AtomicUsize::new(0),
        })
    }
}

impl RowFilter for Every {
    fn projection(&self) -> &Projection {
        &self.columns
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, Box<dyn Error + Send + Sync>> {
        let first = self.seen.fetch_add(batch.num_rows(), Ordering::Relaxed);
        let kept = (first..).take(batch.num_rows());
        let kept: Vec<bool> = kept.map(|row| row.is_multiple_of(self.every)).collect();
        Ok(BooleanArray::from(kept))
    }
}

fn schema() -> &'static str {
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#
}

#[test]
fn a_filter_that_keeps_every_other_row_takes_little_memory() {
    run_alone("memory::filters::every_other_row_in_a_process_of_its_own");
}

#[test]
fn every_other_row_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    const ROWS: usize = 20_000_000;
    let zeros = Codec::Deflate.compress(&vec![0; ROWS]);
    let file = raw::file_with_codec(schema(), "deflate")
        .block(ROWS as i64, &zeros)
        .finish();
    let options = ScanOptions::default()
        .with_workers(1)
        .with_filter(Every::of(["a"], 2));
    let scan = Scan::from_sources_blocking(vec![memory(file)], options).unwrap();
    let watch = Watch::start();
    let mut rows = 0;
    for batch in scan.reader().unwrap() {
        rows += batch.unwrap().num_rows();
    }
    assert_eq!(rows, ROWS / 2);
    // The block as it is decompressed, about as much for the rows that are kept, and batches.
    let at_once = watch.at_once();
    assert!(at_once < 4 * ROWS, "{at_once} bytes for {ROWS} rows");
}

#[test]
fn any_pattern_of_rows_is_kept_exactly() {
    let rows: Vec<u8> = (0..30_000).flat_map(raw::long).collect();
    let file = raw::file(schema()).block(30_000, &rows).finish();
    let all = batches(&file, &ScanOptions::default());
    for every in [1, 2, 3, 7, 8, 9, 100, 8_191, 8_192, 8_193, 29_999, 40_000] {
        for batch_size in [1_000, 100_000] {
            let options = ScanOptions::default()
                .with_workers(1)
                .with_batch_size(batch_size)
                .with_filter(Every::of(["a"], every));
            let found = batches(&file, &options);
            let found = arrow::compute::concat_batches(&all[0].schema(), &found).unwrap();
            let kept: BooleanArray = (0..30_000).map(|row| Some(row % every == 0)).collect();
            let expected = filter_record_batch(&all[0], &kept).unwrap();
            assert_eq!(found, expected, "every {every}");
        }
    }
}
