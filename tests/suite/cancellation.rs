//! Futures dropped at any await: the object they came from goes on as if nothing had happened.
//!
//! Each reading runs once undisturbed. Then, for every number of polls, each of its futures is dropped
//! after that many polls and asked for again. The result is the same.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use avroscan::{
    AvroFile, BatchStream, CheckedBlock, FileSource, IdleWorkers, OnError, Projection, Result,
    Scan, ScanOptions, Source, Split, StorageOptions, block_on, count_rows, find_sources,
};
use avroscan_tests::data::orders;
use avroscan_tests::judge;
use avroscan_tests::slow;
use avroscan_tests::write::Codec;
use futures::StreamExt;
use futures::future::LocalBoxFuture;

use crate::faults::store::{Fault, Store};
use crate::read::{Watched, memory};

/// Drops futures after a number of polls.
struct Dropper {
    polls: usize,
    dropped: Cell<usize>,
}

impl Dropper {
    fn new(polls: usize) -> Self {
        let dropped = Cell::new(0);
        Self { polls, dropped }
    }

    /// The output of the future, unless it is not ready after so many polls.
    async fn cut<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let mut polls = 0;
        poll_fn(|context| {
            polls += 1;
            match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if polls >= self.polls => {
                    self.dropped.update(|dropped| dropped + 1);
                    Poll::Ready(None)
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// The output of the future that `start` makes, after one was dropped.
    async fn again<T>(&self, mut start: impl AsyncFnMut() -> T) -> T {
        match self.cut(start()).await {
            Some(output) => output,
            None => start().await,
        }
    }

    /// The same for an object that owns all that is in progress: each of its futures is dropped, until
    /// one is ready in time.
    async fn over_and_over<T>(&self, mut start: impl AsyncFnMut() -> T) -> T {
        loop {
            if let Some(output) = self.cut(start()).await {
                return output;
            }
        }
    }
}

/// Something to do with a source. What comes of it, as text.
type Reading = fn(Arc<dyn Source>, &Dropper) -> LocalBoxFuture<'_, Result<Vec<String>>>;

const READINGS: [(&str, Reading); 12] = [
    ("walk", |source, drop| {
        Box::pin(walk(source, Split::all(), drop))
    }),
    ("walk of a split", |source, drop| {
        Box::pin(async {
            let split = second_half(&source).await?;
            walk(source, split, drop).await
        })
    }),
    ("check", |source, drop| Box::pin(check(source, drop))),
    ("batches", |source, drop| {
        Box::pin(batches(source, ScanOptions::default(), drop))
    }),
    ("batches of three workers", |source, drop| {
        Box::pin(batches(
            source,
            ScanOptions::default().with_workers(3),
            drop,
        ))
    }),
    ("batches without the damaged blocks", |source, drop| {
        let options = ScanOptions::default().with_on_error(OnError::Skip);
        Box::pin(batches(source, options, drop))
    }),
    ("rows without columns", |source, drop| {
        let options = ScanOptions::default().with_projection(Projection::none());
        Box::pin(batches(source, options, drop))
    }),
    ("a split", |source, drop| Box::pin(split(source, drop))),
    ("open", |source, drop| Box::pin(open(source, drop))),
    ("summary", |source, drop| Box::pin(summary(source, drop))),
    ("count", |source, drop| Box::pin(count(source, drop))),
    ("source", |source, drop| Box::pin(read(source, drop))),
];

/// Begins in the middle of a block.
async fn second_half(source: &Arc<dyn Source>) -> Result<Split> {
    Ok(Split::new(source.size().await? / 2, u64::MAX))
}

async fn opened(source: Arc<dyn Source>) -> Result<Arc<AvroFile>> {
    let options = ScanOptions::default();
    AvroFile::open(source, &options.limits, &options.progress).await
}

async fn walk(source: Arc<dyn Source>, split: Split, drop: &Dropper) -> Result<Vec<String>> {
    let options = ScanOptions::default();
    let mut walk = opened(source)
        .await?
        .walk(split, &options.limits, &options.progress);
    let mut seen = Vec::new();
    loop {
        match drop.over_and_over(async || walk.next().await).await {
            Ok(Some(block)) => seen.push(format!("{block:?}")),
            Ok(None) => return Ok(seen),
            Err(error) => seen.push(error.to_string()),
        }
    }
}

async fn check(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let file = opened(source).await?;
    let options = ScanOptions::default();
    let mut check = drop.again(async || file.check(&options).await).await?;
    let mut seen = Vec::new();
    while let Some(block) = drop.over_and_over(async || check.next().await).await? {
        seen.push(match block {
            CheckedBlock::Bad(bad) => format!("{:?} {} {}", bad.block, bad.offset, bad.bytes),
            good => format!("{good:?}"),
        });
    }
    Ok(seen)
}

async fn drain(mut stream: BatchStream, drop: &Dropper) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(batch) = drop.over_and_over(async || stream.next().await).await {
        match batch {
            Ok(batch) if batch.num_columns() == 0 => seen.push(batch.num_rows().to_string()),
            Ok(batch) => seen.extend(judge::batch_rows(&batch).iter().map(ToString::to_string)),
            Err(error) => seen.push(error.to_string()),
        }
    }
    seen
}

async fn batches(
    source: Arc<dyn Source>,
    options: ScanOptions,
    drop: &Dropper,
) -> Result<Vec<String>> {
    let options = options.with_batch_size(6);
    let scan = Scan::from_sources(vec![source], options.clone()).await?;
    let mut seen = drain(scan.stream()?, drop).await;
    seen.push(format!("{:?}", options.report));
    Ok(seen)
}

async fn split(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let options = ScanOptions::default().with_on_error(OnError::Skip);
    let split = second_half(&source).await?;
    let file = opened(source).await?;
    let plan = Arc::new(options.plan(&file.header().schema)?);
    let stream = BatchStream::new(file, plan, split, &options, &IdleWorkers::default())?;
    Ok(drain(stream, drop).await)
}

async fn open(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let file = drop.again(async || opened(source.clone()).await).await?;
    let header = file.header().clone();
    let again = async || AvroFile::open_again(source.clone(), header.clone()).await;
    let again = drop.again(again).await?;
    let sources = vec![source.clone(), source];
    let scan = async || Scan::from_sources(sources.clone(), ScanOptions::default()).await;
    let scan = drop.again(scan).await?;
    let files = [file, again]
        .into_iter()
        .chain(scan.files().iter().cloned());
    Ok(files
        .map(|file| format!("{} {:?}", file.size(), file.header()))
        .collect())
}

async fn summary(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let file = opened(source).await?;
    let options = ScanOptions::default();
    let summary = drop.again(async || file.summarize(&options).await).await?;
    Ok(vec![format!("{summary:?}")])
}

async fn count(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let options = ScanOptions::default();
    let split = second_half(&source).await?;
    let scan = Scan::from_sources(vec![source.clone(), source], options.clone()).await?;
    let all = drop.again(async || scan.count_rows().await).await?;
    let (limits, progress) = (&options.limits, &options.progress);
    let count = async || count_rows(&scan.files()[0], split, limits, progress).await;
    Ok(vec![all.to_string(), drop.again(count).await?.to_string()])
}

async fn read(source: Arc<dyn Source>, drop: &Dropper) -> Result<Vec<String>> {
    let size = drop.again(async || source.size().await).await?;
    let read = async || source.read(size / 3..size).await;
    let bytes = drop.again(read).await?;
    Ok(vec![format!("{bytes:?}")])
}

/// Runs a reading with futures dropped after every number of polls, until none is.
fn drop_at_every_poll<T: PartialEq + std::fmt::Debug>(
    name: &str,
    reading: impl Fn(&Dropper) -> T,
) -> usize {
    let undisturbed = reading(&Dropper::new(usize::MAX));
    let mut dropped = 0;
    for polls in 1.. {
        let dropper = Dropper::new(polls);
        assert_eq!(
            reading(&dropper),
            undisturbed,
            "{name}, after {polls} polls"
        );
        match dropper.dropped.get() {
            0 => break,
            count => dropped += count,
        }
    }
    dropped
}

/// Makes a source anew.
type MakeSource<'a> = &'a dyn Fn() -> Arc<dyn Source>;

/// A file of a sound header and 40 blocks; and one of whose blocks one has another marker, one a size
/// that lies, and one an odd byte.
fn files() -> [Vec<u8>; 2] {
    let sound = orders::file(240, 6, Codec::Deflate);
    let mut damaged = sound.clone();
    let blocks = slow::File::open(&sound).unwrap().blocks;
    assert_eq!(blocks.len(), 40);
    damaged[blocks[3].end - 1] ^= 1;
    damaged[blocks[10].start + 1] ^= 4;
    damaged[(blocks[20].start + blocks[20].end) / 2] ^= 0xff;
    [sound, damaged]
}

#[test]
fn readings_of_any_source_go_on_after_a_future_was_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.avro");
    let mut waited = 0;
    for file in files() {
        std::fs::write(&path, &file).unwrap();
        let waiting = || Watched::new(file.clone(), 512, 64) as Arc<dyn Source>;
        let local = || Arc::new(FileSource::new(&path).unwrap()) as Arc<dyn Source>;
        let store = || Store::new(&file, usize::MAX, Fault::NotFound).source();
        let sources: [(&str, MakeSource<'_>); 4] = [
            ("waiting", &waiting),
            ("memory", &|| memory(file.clone())),
            ("local", &local),
            ("store", &store),
        ];
        for (kind, source) in sources {
            for (name, reading) in READINGS {
                let name = format!("{name}, {kind}");
                let read = |drop: &Dropper| {
                    let result = block_on(reading(source(), drop));
                    result.map_err(|error| error.to_string())
                };
                let dropped = drop_at_every_poll(&name, read);
                waited += usize::from(kind == "waiting" && dropped > 0);
            }
        }
    }
    // What reads ahead in another thread may have all that is wanted when it is first polled.
    assert!(
        waited >= READINGS.len(),
        "{waited} of {}",
        2 * READINGS.len()
    );
}

/// More blocks than are looked at in the thread of the caller.
#[test]
fn a_walk_in_another_thread_goes_on_after_a_future_was_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.avro");
    std::fs::write(&path, orders::file(3000, 1, Codec::Null)).unwrap();
    let mut dropped = 0;
    // Whether the other thread is ready in time is not for the test to say: often it is not.
    for _ in 0..20 {
        dropped += drop_at_every_poll("walk", |drop| {
            let source = Arc::new(FileSource::new(&path).unwrap());
            block_on(walk(source, Split::all(), drop)).unwrap()
        });
        if dropped > 0 {
            return;
        }
    }
    panic!("nothing was dropped");
}

#[test]
fn files_are_found_and_opened_after_a_future_was_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let [sound, damaged] = files();
    for (name, file) in [
        ("a.avro", &sound),
        ("b/c.avro", &damaged),
        ("d.avro", &sound),
    ] {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(path, file).unwrap();
    }
    let inputs = [directory.path().to_str().unwrap()];
    let storage = StorageOptions::new();
    let find_and_open = |drop: &Dropper| {
        block_on(async {
            let find = async || find_sources(&inputs, &storage).await;
            let sources = drop.again(find).await.unwrap();
            let open = async || Scan::open(&inputs, &storage, ScanOptions::default()).await;
            let scan = drop.again(open).await.unwrap();
            let files = scan.files().iter().map(|file| file.location().clone());
            let found = sources.iter().map(|source| source.location().clone());
            found.chain(files).collect::<Vec<_>>()
        })
    };
    // Whether a file of the cache is waited for at all is up to the scheduler.
    let dropped = (0..100).map(|_| drop_at_every_poll("find", find_and_open));
    assert!(dropped.into_iter().any(|dropped| dropped > 0));
}
