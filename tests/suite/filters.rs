//! Filters that fail.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use avroscan::{ErrorKind, OnError, Projection, RowFilter, ScanOptions};
use avroscan_tests::raw;

use crate::read::{memory, outcome};

/// Keeps the rows in which a column is a multiple of a number, until it has seen so many rows.
#[derive(Debug)]
pub(crate) struct Modulo {
    columns: Projection,
    divisor: i64,
    rows_left: AtomicUsize,
}

impl Modulo {
    pub(crate) fn of(column: &str, divisor: i64, rows: usize) -> Arc<dyn RowFilter> {
        Arc::new(Self {
            columns: Projection::columns([column]),
            divisor,
            rows_left: AtomicUsize::new(rows),
        })
    }
}

/// What such a filter says then.
#[derive(Debug, PartialEq)]
struct SeenEnough;

impl fmt::Display for SeenEnough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seen enough")
    }
}

impl std::error::Error for SeenEnough {}

impl RowFilter for Modulo {
    fn projection(&self) -> &Projection {
        &self.columns
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        let rows = batch.num_rows();
        let left = self
            .rows_left
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(rows));
        left.map_err(|_| SeenEnough)?;
        let column = batch.column(0).as_primitive::<Int64Type>();
        let keeps = |value: Option<i64>| value.map(|value| value % self.divisor == 0);
        Ok(column.iter().map(keeps).collect())
    }
}

#[test]
fn a_filter_that_fails_ends_the_scan_with_its_own_error() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    let block = |from: i64| (from..from + 5).flat_map(raw::long).collect::<Vec<u8>>();
    let file = (0..4)
        .fold(raw::file(schema), |file, i| file.block(5, &block(5 * i)))
        .finish();
    for on_error in [OnError::Fail, OnError::Skip] {
        for workers in [1, 2] {
            for seen in 0..20 {
                let options = ScanOptions::default()
                    .with_filter(Modulo::of("a", 1, seen))
                    .with_workers(workers)
                    .with_batch_size(5)
                    .with_on_error(on_error);
                let outcome = outcome(memory(file.clone()), &options);
                let error = outcome.error.unwrap();
                assert_eq!(error.kind(), ErrorKind::Filter, "{error}");
                assert!(!error.is_data());
                let source = error.into_source().unwrap();
                assert_eq!(*source.downcast::<SeenEnough>().unwrap(), SeenEnough);
                let rows: usize = outcome.batches.iter().map(RecordBatch::num_rows).sum();
                // With several workers a later block may be decided first.
                assert!(
                    workers > 1 || rows == seen / 5 * 5,
                    "{rows} rows, {seen} seen"
                );
                assert_eq!(options.report.bad_blocks(), 0);
            }
        }
    }
}

/// Decides about another number of rows than there are.
#[derive(Debug)]
struct Confused(Projection);

impl RowFilter for Confused {
    fn projection(&self) -> &Projection {
        &self.0
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec![true; batch.num_rows() + 1].into())
    }
}

#[test]
fn a_filter_of_another_length_is_a_fault_of_the_filter() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    let file = raw::file(schema).block(1, &raw::long(1)).finish();
    let filter: Arc<dyn RowFilter> = Arc::new(Confused(Projection::columns(["a"])));
    let options = ScanOptions::default()
        .with_filter(filter)
        .with_on_error(OnError::Skip);
    let error = outcome(memory(file), &options).error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Filter);
    assert!(error.to_string().contains("2 rows out of 1"), "{error}");
}
