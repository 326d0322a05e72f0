//! Reading with the library under test, and sources that watch or hinder it.

use std::future::poll_fn;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use avroscan::{
    AvroFile, BatchReader, BatchStream, DecodePlan, Error, IdleWorkers, MemorySource, Result, Scan,
    ScanOptions, Source, Split, block_on,
};
use bytes::Bytes;
use serde_json::Value as Json;

use crate::judge;

/// A file in memory.
pub fn memory(file: impl Into<Bytes>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory.avro", file.into()))
}

/// What came before the error, if there was one.
#[derive(Debug)]
pub struct Outcome {
    /// The batches.
    pub batches: Vec<RecordBatch>,
    /// The error.
    pub error: Option<Error>,
}

impl Outcome {
    /// All rows in normal form.
    pub fn rows(&self) -> Vec<Json> {
        self.batches.iter().flat_map(judge::batch_rows).collect()
    }

    /// How many rows there are.
    pub fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// Reads all batches, up to the first error.
pub fn outcome(source: Arc<dyn Source>, options: &ScanOptions) -> Outcome {
    let reader =
        Scan::from_sources_blocking(vec![source], options.clone()).and_then(|scan| scan.reader());
    match reader {
        Ok(reader) => drain(reader),
        Err(error) => Outcome {
            batches: Vec::new(),
            error: Some(error),
        },
    }
}

/// Reads all batches of a sound file.
///
/// # Panics
/// If there is an error.
pub fn batches(file: &[u8], options: &ScanOptions) -> Vec<RecordBatch> {
    let outcome = outcome(memory(file.to_vec()), options);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    outcome.batches
}

/// Reads what the reader yields.
///
/// # Panics
/// If the reader goes on after an error.
pub fn drain(mut reader: BatchReader) -> Outcome {
    let mut batches = Vec::new();
    let mut error = None;
    for batch in reader.by_ref() {
        match batch {
            Ok(batch) => batches.push(batch),
            Err(e) => {
                error = Some(e);
                break;
            }
        }
    }
    assert!(reader.next().is_none(), "the reader goes on after its end");
    Outcome { batches, error }
}

/// One opened file, to be read split by split.
pub struct Opened {
    /// The file.
    pub file: Arc<AvroFile>,
    plan: Arc<DecodePlan>,
    options: ScanOptions,
    workers: IdleWorkers,
}

impl Opened {
    /// Opens the file and plans the columns of these options.
    pub fn new(source: Arc<dyn Source>, options: &ScanOptions) -> Result<Self> {
        let file = block_on(AvroFile::open(source, &options.limits, &options.progress))?;
        let plan = options.plan(&file.header().schema)?;
        Ok(Self {
            file,
            plan: Arc::new(plan),
            options: options.clone(),
            workers: IdleWorkers::default(),
        })
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.plan.arrow_schema().clone()
    }

    /// Reads one split.
    ///
    /// # Panics
    /// If the options cannot be.
    pub fn split(&self, split: Split) -> Outcome {
        drain(self.reader(split))
    }

    /// A reader of one split.
    ///
    /// # Panics
    /// If the options cannot be.
    pub fn reader(&self, split: Split) -> BatchReader {
        let (file, plan) = (self.file.clone(), self.plan.clone());
        let stream = BatchStream::new(file, plan, split, &self.options, &self.workers);
        BatchReader::new(stream.expect("the options are sound"))
    }

    /// Reads several splits of a sound file and joins what they hold.
    ///
    /// # Panics
    /// If there is an error.
    pub fn splits(&self, splits: impl IntoIterator<Item = Split>) -> RecordBatch {
        let mut batches = Vec::new();
        for split in splits {
            let outcome = self.split(split);
            assert!(outcome.error.is_none(), "{split:?}: {:?}", outcome.error);
            batches.extend(outcome.batches);
        }
        concat_batches(self.plan.arrow_schema(), &batches).expect("batches of one schema")
    }
}

/// A source that has its reads counted, and in requests of any size. Its reads have to be waited for,
/// as those of a store, though not long.
#[derive(Debug)]
pub struct Watched {
    inner: Arc<dyn Source>,
    request_bytes: u64,
    probe_bytes: u64,
    /// Reads that begin before this offset are there at once.
    waits_from: u64,
    reads: Mutex<Vec<Range<u64>>>,
}

impl Watched {
    /// A file in memory, read by requests of so many bytes, the first of `probe_bytes`.
    pub fn new(file: impl Into<Bytes>, request_bytes: u64, probe_bytes: u64) -> Arc<Self> {
        Self::waiting_from(0, file, request_bytes, probe_bytes)
    }

    /// The same, with reads that are there at once where they begin before this offset.
    pub fn waiting_from(
        waits_from: u64,
        file: impl Into<Bytes>,
        request_bytes: u64,
        probe_bytes: u64,
    ) -> Arc<Self> {
        let reads = Mutex::default();
        Arc::new(Self {
            inner: memory(file),
            request_bytes,
            probe_bytes,
            waits_from,
            reads,
        })
    }

    /// All ranges read so far, in order.
    pub fn reads(&self) -> Vec<Range<u64>> {
        self.reads.lock().expect("no reader panicked").clone()
    }

    /// How many bytes were read so far.
    pub fn bytes(&self) -> u64 {
        self.reads()
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }

    /// The offset up to which bytes were read so far.
    pub fn furthest(&self) -> u64 {
        self.reads()
            .iter()
            .map(|range| range.end)
            .max()
            .unwrap_or(0)
    }
}

#[async_trait]
impl Source for Watched {
    fn location(&self) -> &Arc<str> {
        self.inner.location()
    }

    fn request_bytes(&self) -> u64 {
        self.request_bytes
    }

    fn probe_bytes(&self) -> u64 {
        self.probe_bytes
    }

    async fn size(&self) -> Result<u64> {
        self.inner.size().await
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        if range.start >= self.waits_from {
            yield_once().await;
        }
        self.reads
            .lock()
            .expect("no reader panicked")
            .push(range.clone());
        self.inner.read(range).await
    }
}

/// Is not ready when it is first asked.
async fn yield_once() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
