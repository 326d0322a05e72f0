//! Whole files from memory to record batches, on one thread: `cargo bench -p avroscan-benches`.
//!
//! Each measurement asserts its answer: the rows, and the sum over the first column where that is a
//! number.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::sum;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use avroscan::{MemorySource, Projection, Scan, ScanOptions, Source};
use avroscan_tests::data::complex::{self, Complex};
use avroscan_tests::data::{simple, wide};
use avroscan_tests::write::{Codec, Value};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

/// A file in memory, and how it is to be read.
struct Case {
    scan: Scan,
    answer: Answer,
    bytes: u64,
}

/// What a read must come to.
#[derive(Debug, Default, PartialEq)]
struct Answer {
    rows: u64,
    /// Over the first column; 0 where that is no `long`.
    sum: i64,
}

impl Answer {
    fn add(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        let Some(first) = batch.columns().first() else {
            return;
        };
        let longs = first.as_primitive_opt::<Int64Type>().and_then(sum);
        let micros = || {
            first
                .as_primitive_opt::<TimestampMicrosecondType>()
                .and_then(sum)
        };
        self.sum = self.sum.wrapping_add(longs.or_else(micros).unwrap_or(0));
    }
}

impl Case {
    /// `first` is the number in the first column of a row.
    fn new(file: Vec<u8>, rows: u64, projection: Projection, first: fn(u64) -> i64) -> Self {
        let bytes = file.len() as u64;
        let source: Arc<dyn Source> = Arc::new(MemorySource::new("memory.avro", file));
        let options = ScanOptions::default()
            .with_workers(1)
            .with_projection(projection);
        let scan = Scan::from_sources_blocking(vec![source], options).expect("a sound file");
        let sum = (0..rows).map(first).fold(0, i64::wrapping_add);
        Self {
            scan,
            answer: Answer { rows, sum },
            bytes,
        }
    }

    /// Reads all of it, letting go of each batch at once.
    fn read(&self) -> Answer {
        let mut answer = Answer::default();
        for batch in self.scan.reader().expect("sound options") {
            answer.add(&black_box(batch.expect("a sound file")));
        }
        answer
    }

    fn bench(&self, group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
        group.throughput(Throughput::Bytes(self.bytes));
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(self.read(), self.answer));
        });
    }
}

/// The first column of *wide*.
fn wide_long(row: u64, column: u64) -> i64 {
    match wide::at(row, column) {
        Value::Long(number) => number,
        other => panic!("no long: {other:?}"),
    }
}

/// Blocks of some 64 KB before compression.
fn simple_file(rows: u64, codec: Codec) -> Vec<u8> {
    simple::file(rows, 1_800, codec)
}

fn whole_files(criterion: &mut Criterion) {
    let mut group = group(criterion, "whole file");
    let rows = 200_000;
    let simple = simple_file(rows, Codec::Null);
    Case::new(simple, rows, Projection::All, |row| row as i64).bench(&mut group, "simple");
    let complex = complex::file(rows, 600, Codec::Null);
    Case::new(complex, rows, Projection::All, |row| Complex::at(row).at)
        .bench(&mut group, "complex");
    let rows = 20_000;
    let wide = wide::file(rows, 150, Codec::Null);
    Case::new(wide.clone(), rows, Projection::All, |row| wide_long(row, 0))
        .bench(&mut group, "wide");
    let three = Projection::columns(["c10", "c42", "c73"]);
    Case::new(wide, rows, three, |row| wide_long(row, 10))
        .bench(&mut group, "wide, 3 of 100 columns");
    group.finish();
}

fn projections(criterion: &mut Criterion) {
    let mut group = group(criterion, "projection of complex");
    let rows = 200_000;
    let file = complex::file(rows, 600, Codec::Null);
    let at = Case::new(file.clone(), rows, Projection::columns(["at"]), |row| {
        Complex::at(row).at
    });
    at.bench(&mut group, "at");
    for path in ["user.email", "events.value", "comment"] {
        let case = Case::new(file.clone(), rows, Projection::columns([path]), |_| 0);
        case.bench(&mut group, path);
    }
    group.finish();
}

fn codecs(criterion: &mut Criterion) {
    let mut group = group(criterion, "simple by codec");
    let rows = 200_000;
    for codec in Codec::ALL {
        let file = simple_file(rows, codec);
        let case = Case::new(file, rows, Projection::All, |row| row as i64);
        case.bench(&mut group, codec.name());
    }
    group.finish();
}

fn counts(criterion: &mut Criterion) {
    let mut group = group(criterion, "count");
    let rows = 200_000;
    let case = Case::new(
        simple_file(rows, Codec::Snappy),
        rows,
        Projection::none(),
        |_| 0,
    );
    group.bench_function("block headers", |bencher| {
        bencher.iter(|| assert_eq!(case.scan.count_rows_blocking().expect("a sound file"), rows));
    });
    case.bench(&mut group, "rows without columns");
    group.finish();
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(5));
    group
}

criterion_group!(benches, whole_files, projections, codecs, counts);
criterion_main!(benches);
