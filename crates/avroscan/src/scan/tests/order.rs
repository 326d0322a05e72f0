//! Any number of workers, in order.

use std::ops::Range;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

use super::*;
use crate::error::{ErrorKind, Result};
use crate::limits::Limits;
use crate::plan::Projection;
use crate::scan::{AvroFile, BatchReader, BatchStream, IdleWorkers, block_on};
use crate::split::Split;

const BLOCKS: [usize; 14] = [5, 0, 1, 10, 3, 200, 7, 7, 7, 0, 50, 1, 1, 64];
const BATCH_SIZES: [usize; 7] = [1, 3, 7, 10, 64, 100, 10_000];

fn options(workers: usize, batch_size: usize) -> ScanOptions {
    ScanOptions::default()
        .with_workers(workers)
        .with_batch_size(batch_size)
}

#[test]
fn every_number_of_workers_gives_the_same_batches() {
    let file = strings(&BLOCKS);
    let rows = BLOCKS.iter().sum();
    for batch_size in BATCH_SIZES {
        let (expected, _) = read(&[&file], &options(1, batch_size));
        assert_eq!(ids(&expected), all_ids(rows));
        assert!(
            sizes(&expected)
                .iter()
                .all(|rows| (1..=batch_size).contains(rows))
        );
        for workers in 2..=8 {
            let options = options(workers, batch_size);
            let (batches, error) = read(&[&file], &options);
            assert!(error.is_none(), "{error:?}");
            assert!(batches == expected, "{workers} workers, {batch_size} rows");
            let progress = &options.progress;
            assert_eq!(progress.rows(), rows as u64);
            assert_eq!(progress.blocks(), BLOCKS.len() as u64);
            assert_eq!(progress.bytes_done(), file.len() as u64);
            assert_eq!(progress.bytes_total(), file.len() as u64);
        }
    }
}

#[test]
fn batches_end_where_blocks_do_unless_a_block_is_too_large() {
    let file = strings(&[64, 64, 64, 64, 64, 250, 10, 0]);
    for workers in [1, 2] {
        let of = |batch_size| sizes(&read(&[&file], &options(workers, batch_size)).0);
        assert_eq!(of(300), [256, 64, 260]);
        assert_eq!(of(100), [64, 64, 64, 64, 64, 100, 100, 50, 10]);
        assert_eq!(of(1000), [580]);
    }
}

#[test]
fn the_same_error_comes_after_the_same_rows() {
    let damages: [fn(&mut Vec<u8>); 3] = [
        // A byte too many, no marker, and the end of the file.
        |file| file.extend(block(2, &[rows(0, 2, &text(b"x")), vec![0]].concat())),
        |file| {
            file.extend(block(2, &rows(0, 2, &text(b"x"))));
            let last = file.len() - 1;
            file[last] ^= 1;
        },
        |file| file.extend([4, 100, 0]),
    ];
    let rows: usize = BLOCKS.iter().sum();
    for damage in damages {
        let mut file = strings(&BLOCKS);
        damage(&mut file);
        file.extend(strings(&[3; 20]).split_off(header("\"string\"").len()));
        for batch_size in BATCH_SIZES {
            let (expected, error) = read(&[&file], &options(1, batch_size));
            let error = error.expect("the file is damaged");
            assert_eq!(error.place().block, Some(BLOCKS.len() as u64), "{error}");
            assert_eq!(ids(&expected), all_ids(rows), "{batch_size}");
            for workers in 2..=8 {
                let (batches, found) = read(&[&file], &options(workers, batch_size));
                assert!(batches == expected, "{workers} workers, {batch_size} rows");
                assert_eq!(found.unwrap().to_string(), error.to_string());
            }
        }
    }
}

#[test]
fn no_more_is_decoded_than_is_wanted() {
    let file = strings(&[10; 50]);
    for workers in 1..=8 {
        for (n, blocks) in [
            (0, 0),
            (1, 1),
            (10, 1),
            (11, 2),
            (95, 10),
            (500, 50),
            (501, 50),
        ] {
            for batch_size in [1, 7, 25, 10_000] {
                let options = options(workers, batch_size).with_n_rows(n);
                let (batches, error) = read(&[&file], &options);
                assert!(error.is_none());
                assert_eq!(ids(&batches), all_ids(n.min(500) as usize));
                assert_eq!(options.progress.rows(), n.min(500));
                assert_eq!(options.progress.blocks(), blocks, "{n} of {batch_size}");
            }
        }
    }
}

#[test]
fn files_and_splits_come_one_after_the_other() {
    let (many, empty, few) = (strings(&[5; 30]), strings(&[]), strings(&[2]));
    let files = [&few, &many, &empty, &few, &few, &empty];
    for workers in 1..=8 {
        let options = options(workers, 20);
        let (batches, error) = read(&files, &options);
        assert!(error.is_none());
        let expected = [2, 150, 0, 2, 2, 0].map(all_ids).concat();
        assert_eq!(ids(&batches), expected);
        assert_eq!(
            options.progress.bytes_done(),
            options.progress.bytes_total()
        );

        let scan = Scan::from_sources_blocking(vec![memory(many.clone())], options).unwrap();
        let splits = Split::evenly(many.len() as u64, 17);
        let parts = splits.into_iter().map(|split| (0, split));
        let batches: Result<Vec<_>> = scan.reader_of(parts).unwrap().collect();
        assert_eq!(ids(&batches.unwrap()), all_ids(150));
    }
}

#[test]
fn rows_without_columns_are_counted_by_any_number_of_workers() {
    let file = strings(&[10; 6]);
    for workers in 1..=3 {
        let options = options(workers, 25).with_projection(Projection::none());
        assert_eq!(
            sizes(&read(&[&file, &file], &options).0),
            [25, 25, 10, 25, 25, 10]
        );
    }
}

/// A block that is too large to be decoded at once, and batches that end early.
#[test]
fn jobs_of_many_batches_keep_their_place() {
    let inner = r#"["null",{"type":"fixed","name":"F","size":65536}]"#;
    // Of 20 MB and of 100 MB as columns.
    let file = blocks(&[3, 300, 2, 1500, 1], inner, &[0]);
    for batch_size in [10, 100_000] {
        let (expected, error) = read(&[&file], &options(1, batch_size));
        assert!(error.is_none(), "{error:?}");
        assert_eq!(ids(&expected), all_ids(1806));
        let sizes = sizes(&expected);
        assert!(
            sizes.iter().all(|&rows| rows <= batch_size.min(1025)),
            "{sizes:?}"
        );
        for workers in [2, 8] {
            let (batches, error) = read(&[&file], &options(workers, batch_size));
            assert!(error.is_none());
            assert!(ids(&batches) == all_ids(1806) && self::sizes(&batches) == sizes);
        }
    }
    // Damage at the end of such a block takes all of its rows with it.
    let mut file = blocks(&[3], inner, &[0]);
    file.extend(block(1500, &[rows(3, 1499, &[0]), vec![0]].concat()));
    for workers in [1, 2, 8] {
        let (batches, error) = read(&[&file], &options(workers, 10));
        assert_eq!(ids(&batches), all_ids(3));
        assert_eq!(error.unwrap().place().block, Some(1));
    }
}

#[test]
fn a_small_budget_of_bytes_is_no_obstacle() {
    let file = strings(&[10; 100]);
    for workers in 1..=4 {
        for (bytes, ahead) in [(0, 4), (1, 0), (100, 4), (1000, 1000)] {
            let limits = Limits {
                batch_bytes: 2000,
                ..Limits::default()
            };
            let options = options(workers, 100)
                .with_buffer_bytes(bytes)
                .with_buffer_blocks(ahead)
                .with_limits(limits);
            let (batches, error) = read(&[&file], &options);
            assert!(error.is_none(), "{error:?}");
            assert_eq!(ids(&batches), all_ids(1000));
        }
    }
}

#[test]
fn no_workers_are_refused() {
    let scan = Scan::from_sources_blocking(vec![memory(strings(&[]))], options(0, 1));
    assert_eq!(scan.unwrap_err().kind(), ErrorKind::Usage);
}

/// A source of which the end never comes.
#[derive(Debug)]
struct Stalling {
    inner: Arc<dyn Source>,
    stalls_at: u64,
}

#[async_trait]
impl Source for Stalling {
    fn location(&self) -> &Arc<str> {
        self.inner.location()
    }

    fn request_bytes(&self) -> u64 {
        64
    }

    fn probe_bytes(&self) -> u64 {
        64
    }

    async fn size(&self) -> Result<u64> {
        self.inner.size().await
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        if range.end > self.stalls_at {
            std::future::pending::<()>().await;
        }
        self.inner.read(range).await
    }
}

#[test]
fn what_is_done_does_not_wait_for_what_is_not_there() {
    let file = strings(&[10; 50]);
    for workers in 1..=8 {
        let source = Arc::new(Stalling {
            stalls_at: file.len() as u64 / 2,
            inner: memory(file.clone()),
        });
        let sources: Vec<Arc<dyn Source>> = vec![source.clone()];
        let scan = Scan::from_sources_blocking(sources, options(workers, 10)).unwrap();
        let batches: Vec<_> = scan
            .reader()
            .unwrap()
            .take(20)
            .map(Result::unwrap)
            .collect();
        assert_eq!(ids(&batches), all_ids(200));
        // The rest of the reader is gone, and with it all that it began.
        drop(scan);
        let start = Instant::now();
        while Arc::strong_count(&source) > 1 {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the source is held"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_block_that_cannot_hold_its_rows_is_not_counted() {
    let mut file = strings(&[10, 10]);
    let data = rows(20, 1, &text(b"x"));
    file.extend([long(1 << 60), text(&data), SYNC.to_vec()].concat());
    let (batches, error) = read(
        &[&file],
        &options(1, 100).with_projection(Projection::none()),
    );
    assert_eq!(sizes(&batches), [20]);
    assert_eq!(error.unwrap().kind(), ErrorKind::BlockLength);
}

/// A worker that has decoded a part of a block is not left to other streams.
#[test]
fn a_worker_in_the_middle_of_a_block_stays_with_its_stream() {
    // Its columns take more than what is decoded at once.
    let rows = 1_500_000;
    let file = blocks(&[rows], "\"int\"", &long(7));
    let options = ScanOptions::default().with_workers(1).with_batch_size(1000);
    let (limits, progress) = (&options.limits, &options.progress);
    let file = block_on(AvroFile::open(memory(file), limits, progress)).unwrap();
    let plan = Arc::new(options.plan(&file.header().schema).unwrap());
    let workers = IdleWorkers::default();
    let stream = |options: &ScanOptions| {
        let stream = BatchStream::new(file.clone(), plan.clone(), Split::all(), options, &workers);
        BatchReader::new(stream.unwrap())
    };
    let _keeps_the_workers = stream(&options);
    let first = stream(&options.clone().with_n_rows(1500));
    let first: Vec<_> = first.map(|batch| batch.unwrap().num_rows()).collect();
    assert_eq!(first, [1000, 500]);
    let mut next = stream(&options);
    let batch = next.next().unwrap().unwrap();
    let ids = batch.column(0).as_primitive::<Int64Type>();
    assert!(ids.values().iter().copied().eq(0..1000), "{ids:?}");
}
