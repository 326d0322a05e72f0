//! However many workers there are: the same batches, in the same order, and the same error after the
//! same rows. With a filter too.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use avroscan::{Progress, Projection, RowFilter, ScanOptions, Split};
use avroscan_tests::data::orders;
use avroscan_tests::slow;
use avroscan_tests::write::Codec;

use crate::read::{Opened, Outcome, batches, memory, outcome};

const WORKERS: [usize; 5] = [1, 2, 3, 8, 100];
const BATCH_SIZES: [usize; 5] = [1, 3, 7, 40, 100_000];

fn options(workers: usize, batch_size: usize) -> ScanOptions {
    ScanOptions::default()
        .with_workers(workers)
        .with_batch_size(batch_size)
}

/// An outcome in a form that can be compared.
fn described(outcome: Outcome) -> (Vec<RecordBatch>, Option<String>) {
    (
        outcome.batches,
        outcome.error.map(|error| error.to_string()),
    )
}

/// Keeps the rows whose id is a multiple of a number.
#[derive(Debug)]
struct Ids {
    columns: Projection,
    divisor: i64,
}

impl Ids {
    fn multiples_of(divisor: i64) -> Arc<dyn RowFilter> {
        let columns = Projection::columns(["id"]);
        Arc::new(Self { columns, divisor })
    }
}

impl RowFilter for Ids {
    fn projection(&self) -> &Projection {
        &self.columns
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        Ok(mask(batch, self.divisor))
    }
}

fn mask(batch: &RecordBatch, divisor: i64) -> BooleanArray {
    let ids = batch.column_by_name("id").expect("it is selected");
    let ids = ids.as_primitive::<Int64Type>();
    BooleanArray::from_unary(ids, |id| id % divisor == 0)
}

#[test]
fn any_number_of_workers_gives_the_same_batches() {
    for codec in Codec::ALL {
        // Blocks of any size, some of them larger than a batch.
        let file = orders::file(300, 11, codec);
        for batch_size in BATCH_SIZES {
            let expected = batches(&file, &options(1, batch_size));
            for workers in WORKERS {
                for n_rows in [None, Some(0), Some(1), Some(25), Some(300)] {
                    let options = options(workers, batch_size).with_n_rows(n_rows);
                    let found = batches(&file, &options);
                    let rows = found.iter().map(RecordBatch::num_rows).sum::<usize>();
                    assert_eq!(rows as u64, n_rows.unwrap_or(300), "{codec:?}");
                    for (found, expected) in found.iter().zip(&expected) {
                        let rows = found.num_rows();
                        assert!(
                            *found == expected.slice(0, rows),
                            "{codec:?}, {workers} workers"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn any_number_of_workers_fails_alike() {
    let file = orders::file(60, 4, Codec::Snappy);
    let blocks = slow::File::open(&file).unwrap().blocks;
    let damaged = |at: usize| {
        let mut file = file.clone();
        file[at] ^= 0x10;
        file
    };
    let mut files: Vec<_> = blocks
        .iter()
        .flat_map(|block| [block.start, block.start + 9, block.start + 40])
        .map(damaged)
        .collect();
    files.extend((1..40).map(|cut| file[..file.len() - cut * 31].to_vec()));
    for (number, file) in files.iter().enumerate() {
        for batch_size in [3, 9, 100_000] {
            let read =
                |workers| described(outcome(memory(file.clone()), &options(workers, batch_size)));
            let expected = read(1);
            assert!(expected.1.is_some(), "file {number} is sound");
            for workers in WORKERS {
                assert!(
                    read(workers) == expected,
                    "file {number}, {workers} workers"
                );
            }
        }
    }
}

#[test]
fn a_filter_gives_the_rows_that_filtering_afterwards_does() {
    let columns = || Projection::columns(["note", "id"]);
    for codec in [Codec::Null, Codec::Deflate] {
        let file = orders::file(300, 11, codec);
        for divisor in [1, 2, 97, 1_000_000] {
            let all = batches(&file, &options(1, 100_000).with_projection(columns()));
            let kept = |batch: &RecordBatch| {
                filter_record_batch(batch, &mask(batch, divisor)).expect("one bit a row")
            };
            let all: Vec<RecordBatch> = all.iter().map(kept).collect();
            let all = arrow::compute::concat_batches(&all[0].schema(), &all).unwrap();
            for (workers, batch_size) in [(1, 1), (1, 40), (2, 3), (3, 100_000), (8, 7)] {
                for n_rows in [None, Some(5)] {
                    let progress = Progress::default();
                    let options = options(workers, batch_size)
                        .with_projection(columns())
                        .with_filter(Ids::multiples_of(divisor))
                        .with_n_rows(n_rows)
                        .with_progress(progress.clone());
                    let found = batches(&file, &options);
                    assert!(found.iter().all(|batch| batch.num_rows() <= batch_size));
                    let found = arrow::compute::concat_batches(&all.schema(), &found).unwrap();
                    let rows =
                        n_rows.map_or(all.num_rows(), |rows| all.num_rows().min(rows as usize));
                    assert!(
                        found == all.slice(0, rows),
                        "every {divisor}, {workers} workers"
                    );
                    if n_rows.is_none() {
                        assert_eq!(progress.rows_pruned(), 300 - all.num_rows() as u64);
                    }
                }
            }
        }
    }
}

#[test]
fn a_filter_without_columns_counts() {
    let file = orders::file(300, 11, Codec::Null);
    for workers in [1, 3] {
        let options = options(workers, 100_000)
            .with_projection(Projection::none())
            .with_filter(Ids::multiples_of(3));
        let rows: usize = batches(&file, &options)
            .iter()
            .map(RecordBatch::num_rows)
            .sum();
        let ids = (0..300).filter(|row| orders::Order::at(*row).id % 3 == 0);
        assert_eq!(rows, ids.count());
    }
}

#[test]
fn filtered_splits_tile_the_file() {
    let file = orders::file(100, 2, Codec::Null);
    let length = file.len() as u64;
    let options = options(2, 100_000)
        .with_projection(Projection::columns(["id"]))
        .with_filter(Ids::multiples_of(3));
    let opened = Opened::new(memory(file), &options).unwrap();
    let all = opened.splits([Split::all()]);
    for k in (0..=length).step_by(13) {
        let halves = opened.splits([Split::new(0, k), Split::new(k, length)]);
        assert!(halves == all, "cut at {k}");
    }
}

/// Streams hand their workers on wherever they stop: after some batches, at an error, at their end.
#[test]
fn workers_of_other_streams_leave_nothing_behind() {
    for codec in [Codec::Null, Codec::Zstandard] {
        // Blocks larger than most batches, some of them damaged.
        let sound = orders::file(300, 11, codec);
        let mut damaged = sound.clone();
        let blocks = slow::File::open(&sound).unwrap().blocks;
        let last = blocks.last().unwrap();
        damaged[(last.start + last.end) / 2] ^= 0x40;
        for (file, filter) in [
            (&sound, None),
            (&damaged, None),
            (&sound, Some(Ids::multiples_of(3))),
        ] {
            let whole = Split::all();
            for batch_size in BATCH_SIZES {
                let options = options(1, batch_size).with_filter(filter.clone());
                let alone = || Opened::new(memory(file.clone()), &options).unwrap();
                let expected = described(alone().split(whole));
                let shared = alone();
                let _keeps_the_workers = shared.reader(whole);
                for taken in 0..8 {
                    let mut stopped = shared.reader(whole);
                    let batches = stopped.by_ref().take(taken);
                    let batches: Vec<_> = batches.map_while(Result::ok).collect();
                    let count = batches.len().min(expected.0.len());
                    assert_eq!(batches[..], expected.0[..count]);
                    drop(stopped);
                    assert_eq!(described(shared.split(whole)), expected, "{codec:?}");
                }
            }
        }
    }
}
