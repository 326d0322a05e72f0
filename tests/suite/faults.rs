//! Sources and servers that fail: an error or the right rows, never others, and nothing is skipped.

mod server;
pub(crate) mod store;

use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use arrow::compute::concat_batches;
use async_trait::async_trait;
use avroscan::{
    AvroFile, BatchStream, CheckedBlock, Error, ErrorKind, IdleWorkers, OnError, ReadReport,
    Result, Scan, ScanOptions, Source, Split, block_on,
};
use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;
use bytes::Bytes;
use futures::future::{LocalBoxFuture, select};
use futures::{FutureExt, StreamExt};
use tokio::sync::Notify;

use crate::read::{Outcome, Watched, batches, memory, outcome};
use server::{Fault, Server};
use store::Store;

/// Fails its call of this number.
#[derive(Debug)]
struct Failing {
    inner: Arc<dyn Source>,
    calls: AtomicUsize,
    fails_at: usize,
}

impl Failing {
    fn new(file: &[u8], fails_at: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: Watched::new(file.to_vec(), 512, 64),
            calls: AtomicUsize::new(0),
            fails_at,
        })
    }

    fn call(&self) -> Result<()> {
        if self.calls.fetch_add(1, Relaxed) == self.fails_at {
            return Err(Error::new(ErrorKind::Io, "the network is down"));
        }
        Ok(())
    }
}

#[async_trait]
impl Source for Failing {
    fn location(&self) -> &Arc<str> {
        self.inner.location()
    }

    fn request_bytes(&self) -> u64 {
        self.inner.request_bytes()
    }

    fn probe_bytes(&self) -> u64 {
        self.inner.probe_bytes()
    }

    async fn size(&self) -> Result<u64> {
        self.call()?;
        self.inner.size().await
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        self.call()?;
        self.inner.read(range).await
    }
}

/// Options for each way to treat damage, with the report.
fn both_modes(workers: usize) -> [(ScanOptions, ReadReport); 2] {
    [OnError::Fail, OnError::Skip].map(|on_error| {
        let report = ReadReport::default();
        let options = ScanOptions::default()
            .with_workers(workers)
            .with_on_error(on_error)
            .with_report(report.clone());
        (options, report)
    })
}

/// The rows are the first of these.
#[track_caller]
fn is_prefix(found: &Outcome, whole: &Outcome, how: &str) {
    let join = |outcome: &Outcome| {
        let first = outcome.batches.first()?;
        concat_batches(&first.schema(), &outcome.batches).ok()
    };
    if let Some(found) = join(found) {
        let whole = join(whole).expect("there are rows");
        assert!(found == whole.slice(0, found.num_rows()), "{how}");
    }
}

#[test]
fn a_source_that_fails_at_any_read_is_an_error_and_never_skipped() {
    let file = orders::file(60, 6, Codec::Snappy);
    let whole = outcome(memory(file.clone()), &ScanOptions::default());
    for workers in [1, 4] {
        for fails_at in 0.. {
            let mut came_through = 0;
            for (options, report) in both_modes(workers) {
                let source = Failing::new(&file, fails_at);
                let found = outcome(source.clone(), &options);
                let how = format!("{workers} workers, call {fails_at}");
                assert_eq!(report.bad_blocks(), 0, "{how}");
                is_prefix(&found, &whole, &how);
                if source.calls.load(Relaxed) <= fails_at {
                    assert!(found.error.is_none(), "{how}");
                    assert_eq!(found.num_rows(), 60, "{how}");
                    came_through += 1;
                } else {
                    let error = found.error.unwrap_or_else(|| panic!("{how}: no error"));
                    assert_eq!(error.kind(), ErrorKind::Io, "{how}: {error}");
                }
            }
            if came_through == 2 {
                assert!(fails_at > 5, "only {fails_at} calls");
                break;
            }
        }
    }
}

#[test]
fn a_store_that_fails_at_any_call_never_changes_a_row() {
    // More than the first small read, in requests of 16 KiB.
    let file = orders::file(600, 60, Codec::Null);
    assert!(file.len() > 80_000, "{}", file.len());
    let whole = outcome(memory(file.clone()), &ScanOptions::default());
    for fault in store::Fault::ALL {
        for fails_at in 0.. {
            let mut came_through = 0;
            for (options, report) in both_modes([1, 3][fails_at % 2]) {
                let store = Store::new(&file, fails_at, fault);
                let found = outcome(store.source(), &options.with_buffer_bytes(32 << 10));
                let how = format!("{fault:?} at call {fails_at}");
                assert_eq!(report.bad_blocks(), 0, "{how}");
                is_prefix(&found, &whole, &how);
                let is_reached = store.calls() > fails_at;
                came_through += usize::from(!is_reached);
                // The first call only looks, and has no body.
                let is_repeated = fault == store::Fault::CutBody;
                match &found.error {
                    None => {
                        assert!(!is_reached || is_repeated, "{how}: no error");
                        assert_eq!(found.num_rows(), 600, "{how}");
                    }
                    Some(error) => {
                        assert!(is_reached && !is_repeated, "{how}: {error}");
                        let expected = match fault {
                            store::Fault::NotFound => ErrorKind::NotFound,
                            _ => ErrorKind::Io,
                        };
                        assert_eq!(error.kind(), expected, "{how}: {error}");
                    }
                }
            }
            if came_through == 2 {
                assert!(fails_at > 5, "only {fails_at} calls");
                break;
            }
        }
    }
}

#[test]
fn a_server_that_fails_in_any_way_never_changes_a_row() {
    let file = orders::file(40, 8, Codec::Deflate);
    let whole = outcome(memory(file.clone()), &ScanOptions::default());
    let honest = Server::start(&file, None);
    let read = outcome(honest.source(), &ScanOptions::default());
    assert!(read.error.is_none(), "{:?}", read.error);
    assert_eq!(read.rows(), whole.rows());
    let requests = honest.requests();
    assert!(requests >= 2, "{requests} requests");

    for fault in Fault::ALL {
        for number in 0..requests {
            for (options, report) in both_modes(1) {
                let server = Server::start(&file, Some((number, fault)));
                let found = outcome(server.source(), &options);
                let how = format!("{fault:?} at request {number}");
                assert_eq!(report.bad_blocks(), 0, "{how}");
                is_prefix(&found, &whole, &how);
                match &found.error {
                    None => assert_eq!(found.num_rows(), 40, "{how}"),
                    Some(error) => {
                        let kind = error.kind();
                        let expected = [ErrorKind::Io, ErrorKind::NotFound];
                        assert!(expected.contains(&kind), "{how}: {error}");
                    }
                }
                if fault.passes() {
                    assert!(found.error.is_none(), "{how}: {:?}", found.error);
                }
                assert!(found.error.is_some() || !fault.lasts(), "{how}");
            }
        }
    }
}

#[test]
fn a_stream_dropped_at_any_poll_leaves_the_source_alone() {
    let file = orders::file(60, 6, Codec::Null);
    let rows: usize = batches(&file, &ScanOptions::default())
        .iter()
        .map(|batch| batch.num_rows())
        .sum();
    for workers in [1, 3] {
        for polls in 0..20 {
            let source = Watched::new(file.clone(), 256, 64);
            let options = ScanOptions::default()
                .with_workers(workers)
                .with_batch_size(6);
            let scan =
                Scan::from_sources_blocking(vec![source.clone() as Arc<dyn Source>], options)
                    .unwrap();
            let mut stream = scan.stream().unwrap();
            for _ in 0..polls {
                let _ = stream.next().now_or_never();
            }
            drop(stream);
            // Nothing holds the source any more, once what was under way has noticed: no task, and
            // no lock that a second reading would wait for.
            let again: usize = scan
                .reader()
                .unwrap()
                .map(|batch| batch.unwrap().num_rows())
                .sum();
            assert_eq!(again, rows);
            drop(scan);
            while Arc::strong_count(&source) > 1 {
                std::thread::yield_now();
            }
        }
    }
}

/// Lets so many calls through. The next one never ends, and says that it has begun.
#[derive(Debug)]
struct Stuck {
    inner: Arc<dyn Source>,
    calls: AtomicUsize,
    ends_before: usize,
    begun: Notify,
}

impl Stuck {
    fn new(file: &[u8], ends_before: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: Watched::new(file.to_vec(), 512, 64),
            calls: AtomicUsize::new(0),
            ends_before,
            begun: Notify::new(),
        })
    }

    async fn call(&self) {
        if self.calls.fetch_add(1, Relaxed) >= self.ends_before {
            self.begun.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Source for Stuck {
    fn location(&self) -> &Arc<str> {
        self.inner.location()
    }

    fn request_bytes(&self) -> u64 {
        self.inner.request_bytes()
    }

    fn probe_bytes(&self) -> u64 {
        self.inner.probe_bytes()
    }

    async fn size(&self) -> Result<u64> {
        self.call().await;
        self.inner.size().await
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        self.call().await;
        self.inner.read(range).await
    }
}

/// Something that one can do with a source; the rows that come of it.
type Reading = fn(Arc<dyn Source>) -> LocalBoxFuture<'static, Result<u64>>;

const READINGS: [Reading; 5] = [
    |source| rows(source, 1, OnError::Fail).boxed_local(),
    |source| rows(source, 3, OnError::Skip).boxed_local(),
    |source| split_rows(source).boxed_local(),
    |source| count(source).boxed_local(),
    |source| check(source).boxed_local(),
];

async fn rows(source: Arc<dyn Source>, workers: usize, on_error: OnError) -> Result<u64> {
    let options = ScanOptions::default()
        .with_workers(workers)
        .with_batch_size(6)
        .with_on_error(on_error);
    let scan = Scan::from_sources(vec![source], options).await?;
    let mut stream = scan.stream()?;
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        rows += batch?.num_rows() as u64;
    }
    Ok(rows)
}

async fn split_rows(source: Arc<dyn Source>) -> Result<u64> {
    let options = ScanOptions::default().with_workers(2);
    let file = AvroFile::open(source, &options.limits, &options.progress).await?;
    let plan = Arc::new(options.plan(&file.header().schema)?);
    let workers = IdleWorkers::default();
    let middle = file.size() / 2;
    let mut rows = 0;
    for split in [Split::new(0, middle), Split::new(middle, u64::MAX)] {
        let mut stream = BatchStream::new(file.clone(), plan.clone(), split, &options, &workers)?;
        while let Some(batch) = stream.next().await {
            rows += batch?.num_rows() as u64;
        }
    }
    Ok(rows)
}

async fn count(source: Arc<dyn Source>) -> Result<u64> {
    let scan = Scan::from_sources(vec![source], ScanOptions::default()).await?;
    scan.count_rows().await
}

async fn check(source: Arc<dyn Source>) -> Result<u64> {
    let options = ScanOptions::default();
    let file = AvroFile::open(source, &options.limits, &options.progress).await?;
    let mut blocks = file.check(&options).await?;
    let mut rows = 0;
    while let Some(block) = blocks.next().await? {
        if let CheckedBlock::Good(block) = block {
            rows += block.rows;
        }
    }
    Ok(rows)
}

#[test]
fn a_reading_dropped_at_any_call_leaves_no_task() {
    let file = orders::file(60, 6, Codec::Deflate);
    for (number, reading) in READINGS.iter().enumerate() {
        for ends_before in 0.. {
            let source = Stuck::new(&file, ends_before);
            let begun = async {
                source.begun.notified().await;
                None
            };
            let read = reading(source.clone()).map(Some);
            // What has not ended by then is dropped.
            let first = block_on(async { select(pin!(begun), read).await.factor_first().0 });
            let how = format!("reading {number}, call {ends_before}");
            // Whoever holds it is on the way out, or else this never ends.
            while Arc::strong_count(&source) > 1 {
                std::thread::yield_now();
            }
            if let Some(read) = first {
                assert_eq!(read.unwrap(), 60, "{how}");
                assert!(ends_before > 5, "{how}");
                break;
            }
        }
    }
}
