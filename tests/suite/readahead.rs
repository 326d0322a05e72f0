//! Read-ahead runs ahead, stays within its window, and stops with its reader.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use avroscan::{BatchReader, Projection, Scan, ScanOptions, Source, Split, block_on};
use avroscan_tests::data::simple;
use avroscan_tests::write::Codec;
use avroscan_tests::{raw, slow};
use bytes::Bytes;

use crate::read::{Opened, Watched, outcome};

/// Large enough that no window of these tests holds it.
fn long_file() -> Vec<u8> {
    let file = simple::file(40_000, 100, Codec::Null);
    assert!(file.len() > 1_000_000, "{}", file.len());
    file
}

fn reader(source: &Arc<Watched>, options: &ScanOptions) -> BatchReader {
    let source: Arc<dyn Source> = source.clone();
    Scan::from_sources_blocking(vec![source], options.clone())
        .unwrap()
        .reader()
        .unwrap()
}

/// Waits until `done`. Nothing is measured: it gives up after a time that means "never".
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Gives the background every chance to do what it must not.
fn linger() {
    std::thread::sleep(Duration::from_millis(100));
}

#[test]
fn bytes_are_fetched_while_the_consumer_is_busy() {
    let file = long_file();
    let source = Watched::new(file, 4096, 4096);
    let options = ScanOptions::default()
        .with_batch_size(100)
        .with_buffer_blocks(1_000)
        .with_buffer_bytes(200_000);
    let mut reader = reader(&source, &options);
    assert_eq!(reader.next().unwrap().unwrap().num_rows(), 100);
    // The consumer holds its first batch and does not come back; the window fills all the same.
    wait_until("200,000 bytes ahead", || source.furthest() > 190_000);
    linger();
    assert!(
        source.furthest() <= 200_000 + 10_000,
        "{} is beyond the window",
        source.furthest()
    );
}

#[test]
fn the_window_follows_the_reader_to_the_end() {
    let file = long_file();
    let length = file.len() as u64;
    let source = Watched::new(file, 4096, 4096);
    let options = ScanOptions::default()
        .with_batch_size(100)
        .with_buffer_bytes(50_000);
    let progress = options.progress.clone();
    let mut rows = 0;
    for batch in reader(&source, &options) {
        rows += batch.unwrap().num_rows();
        let ahead = source.furthest().saturating_sub(progress.bytes_done());
        // The block in hand is not done when its batch comes out.
        assert!(ahead <= 50_000 + 10_000, "{ahead} bytes ahead");
    }
    assert_eq!(rows, 40_000);
    // Only what the small read of the header had of the first block is read twice.
    assert!(
        source.bytes() <= length + 4096,
        "{} of {length}",
        source.bytes()
    );
    assert_eq!(progress.bytes_read(), source.bytes());
    assert_eq!(progress.bytes_done(), length);
    assert_eq!(progress.bytes_total(), length);
    assert_eq!(progress.rows(), 40_000);
    assert_eq!(progress.blocks(), 400);
}

#[test]
fn few_blocks_mean_little_read_ahead() {
    let source = Watched::new(long_file(), 1024, 1024);
    let options = ScanOptions::default()
        .with_workers(1)
        .with_batch_size(100)
        .with_buffer_blocks(4);
    let mut reader = reader(&source, &options);
    reader.next().unwrap().unwrap();
    linger();
    // Five blocks of some three and a half kilobytes, and the header.
    assert!(source.furthest() < 25_000, "{}", source.furthest());
    assert!(source.furthest() > 12_000, "{}", source.furthest());
}

#[test]
fn without_read_ahead_nothing_is_fetched_before_its_time() {
    let file = long_file();
    let second_block = slow::File::open(&file).unwrap().blocks[1].start as u64;
    let source = Watched::new(file, 1024, 1024);
    let options = ScanOptions::default()
        .with_workers(1)
        .with_batch_size(100)
        .with_buffer_blocks(0);
    let mut reader = reader(&source, &options);
    reader.next().unwrap().unwrap();
    linger();
    assert!(
        source.furthest() <= second_block + 1024,
        "{}",
        source.furthest()
    );
    assert_eq!(
        reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(),
        39_900
    );
}

#[test]
fn what_is_there_at_once_is_not_fetched_before_its_time() {
    let source = Watched::waiting_from(u64::MAX, long_file(), 4096, 4096);
    let options = ScanOptions::default().with_batch_size(100);
    let mut reader = reader(&source, &options.with_workers(1));
    reader.next().unwrap().unwrap();
    linger();
    assert!(source.furthest() < 20_000, "{}", source.furthest());
    assert_eq!(
        reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(),
        39_900
    );
}

#[test]
fn wherever_the_waiting_begins_the_rows_are_the_same() {
    let file = simple::file(3000, 50, Codec::Deflate);
    let expected = outcome(
        Watched::new(file.clone(), 4096, 64),
        &ScanOptions::default(),
    );
    assert!(expected.error.is_none());
    for waits_from in (0..file.len() as u64 + 500).step_by(500) {
        for workers in [1, 3] {
            let source = Watched::waiting_from(waits_from, file.clone(), 700, 64);
            let found = outcome(source, &ScanOptions::default().with_workers(workers));
            assert_eq!(found.rows(), expected.rows(), "{waits_from}, {workers}");
        }
    }
}

#[test]
fn a_dropped_reader_reads_no_more() {
    let source = Watched::new(long_file(), 1024, 1024);
    let options = ScanOptions::default()
        .with_batch_size(100)
        .with_buffer_blocks(1_000_000)
        .with_buffer_bytes(100_000);
    let mut reader = reader(&source, &options);
    reader.next().unwrap().unwrap();
    drop(reader);
    // A read that was under way may still end.
    linger();
    let read = source.bytes();
    linger();
    assert_eq!(source.bytes(), read);
    wait_until("the source is let go", || Arc::strong_count(&source) == 1);
}

#[test]
fn the_header_takes_one_small_read() {
    let source = Watched::new(long_file(), 1 << 20, 4096);
    let file: Arc<dyn Source> = source.clone();
    Scan::from_sources_blocking(vec![file], ScanOptions::default()).unwrap();
    assert_eq!(source.reads(), std::slice::from_ref(&(0..4096)));
}

#[test]
fn a_split_reads_little_beyond_itself() {
    let file = long_file();
    let length = file.len() as u64;
    let source = Watched::new(file, 64 << 10, 4096);
    let shared: Arc<dyn Source> = source.clone();
    let opened = Opened::new(shared, &ScanOptions::default()).unwrap();
    let (start, end) = (length / 2, length / 2 + 100_000);
    let rows = opened.split(Split::new(start, end)).num_rows();
    assert!(rows > 1_000 && rows < 10_000, "{rows}");
    for range in &source.reads()[1..] {
        assert!(range.start >= start - 16, "{range:?} before the split");
        assert!(
            range.end <= end + 2 * (64 << 10),
            "{range:?} far beyond the split"
        );
    }
    assert!(
        source.bytes() < 100_000 + 4096 + 3 * (64 << 10),
        "{}",
        source.bytes()
    );
}

#[test]
fn counting_reads_block_headers_only() {
    // Blocks of about 150 KB.
    let file = simple::file(40_000, 5_000, Codec::Null);
    let length = file.len() as u64;
    let source = Watched::new(file, 64 << 10, 4096);
    let shared: Arc<dyn Source> = source.clone();
    let scan = Scan::from_sources_blocking(vec![shared], ScanOptions::default()).unwrap();
    assert_eq!(block_on(scan.count_rows()).unwrap(), 40_000);
    // The header, then at most two small reads a block.
    assert!(
        source.bytes() <= 4096 * (1 + 2 * 8),
        "{} of {length}",
        source.bytes()
    );

    let none = scan.options().clone().with_projection(Projection::none());
    let columns = scan.with_options(none).unwrap();
    let before = source.bytes();
    let rows: usize = columns
        .reader()
        .unwrap()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(rows, 40_000);
    assert!(source.bytes() - before <= 4096 * 2 * 8);
}

/// Bytes that are there at the second time of asking, and how many readers asked at once.
#[derive(Debug)]
struct Crowd {
    bytes: Arc<dyn Source>,
    at_once: usize,
    now: AtomicUsize,
    most: AtomicUsize,
    read: AtomicU64,
}

#[async_trait]
impl Source for Crowd {
    fn location(&self) -> &Arc<str> {
        self.bytes.location()
    }

    fn request_bytes(&self) -> u64 {
        8 << 20
    }

    fn requests_at_once(&self) -> usize {
        self.at_once
    }

    fn probe_bytes(&self) -> u64 {
        64 << 10
    }

    async fn size(&self) -> avroscan::Result<u64> {
        self.bytes.size().await
    }

    async fn read(&self, range: Range<u64>) -> avroscan::Result<Bytes> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        self.read
            .fetch_add(range.end - range.start, Ordering::Relaxed);
        let mut asked = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            match std::mem::replace(&mut asked, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        self.now.fetch_sub(1, Ordering::Relaxed);
        self.bytes.read(range).await
    }
}

impl Crowd {
    /// So many blocks with one row each, as large as the blocks.
    fn new(blocks: usize, block: usize, at_once: usize) -> Arc<Self> {
        let body = raw::bytes(vec![7; block - 3]);
        let mut file = raw::file(r#""bytes""#);
        for _ in 0..blocks {
            file = file.block(1, &body);
        }
        Arc::new(Self {
            bytes: crate::read::memory(file.finish()),
            at_once,
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            read: AtomicU64::new(0),
        })
    }
}

#[test]
fn as_many_requests_are_under_way_as_the_source_is_good_for() {
    for (at_once, expected) in [(1, 1..=1), (4, 2..=4)] {
        let crowd = Crowd::new(64, 1 << 20, at_once);
        let source: Arc<dyn Source> = crowd.clone();
        let options = ScanOptions::default().with_workers(1);
        let scan = Scan::from_sources_blocking(vec![source], options).unwrap();
        let rows = scan
            .reader()
            .unwrap()
            .map(|batch| batch.unwrap().num_rows());
        assert_eq!(rows.sum::<usize>(), 64);
        let most = crowd.most.load(Ordering::Relaxed);
        assert!(expected.contains(&most), "{most} of {at_once}");
    }
}

#[test]
fn parts_of_a_large_object_are_counted_side_by_side() {
    for (block, blocks, most_read) in [
        // To pass over small blocks takes as long as to fetch them.
        (16 << 10, 4 << 10, 80 << 20),
        (1 << 20, 72, 24 << 20),
    ] {
        let crowd = Crowd::new(blocks, block, 1);
        let source: Arc<dyn Source> = crowd.clone();
        let scan = Scan::from_sources_blocking(vec![source], ScanOptions::default()).unwrap();
        assert_eq!(block_on(scan.count_rows()).unwrap(), blocks as u64);
        let most = crowd.most.load(Ordering::Relaxed);
        assert!(most >= 2, "{most} at once with blocks of {block}");
        let read = crowd.read.load(Ordering::Relaxed);
        assert!(read < most_read, "{read} bytes with blocks of {block}");
        assert_eq!(scan.options().progress.bytes_read(), read);
    }
}
