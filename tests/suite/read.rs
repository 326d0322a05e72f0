//! Reading with the library under test, and sources that watch or hinder it.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use async_trait::async_trait;
use avroscan::{
    AvroFile, BatchReader, BatchStream, DecodePlan, Error, MemorySource, Result, Scan, ScanOptions,
    Source, Split, block_on,
};
use avroscan_tests::judge;
use bytes::Bytes;
use serde_json::Value as Json;

/// A file in memory.
pub(crate) fn memory(file: impl Into<Bytes>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory.avro", file.into()))
}

/// What came before the error, if there was one.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) error: Option<Error>,
}

impl Outcome {
    /// All rows in normal form.
    pub(crate) fn rows(&self) -> Vec<Json> {
        self.batches.iter().flat_map(judge::batch_rows).collect()
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// Reads all batches, up to the first error.
pub(crate) fn outcome(source: Arc<dyn Source>, options: &ScanOptions) -> Outcome {
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
pub(crate) fn batches(file: &[u8], options: &ScanOptions) -> Vec<RecordBatch> {
    let outcome = outcome(memory(file.to_vec()), options);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    outcome.batches
}

/// Reads what the reader yields; asserts that it ends after an error.
pub(crate) fn drain(mut reader: BatchReader) -> Outcome {
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
pub(crate) struct Opened {
    pub(crate) file: Arc<AvroFile>,
    plan: Arc<DecodePlan>,
    options: ScanOptions,
}

impl Opened {
    pub(crate) fn new(source: Arc<dyn Source>, options: &ScanOptions) -> Result<Self> {
        let file = block_on(AvroFile::open(source, &options.limits, &options.progress))?;
        let plan = options.plan(&file.header().schema)?;
        Ok(Self {
            file,
            plan: Arc::new(plan),
            options: options.clone(),
        })
    }

    /// Reads one split.
    pub(crate) fn split(&self, split: Split) -> Outcome {
        let stream = BatchStream::new(self.file.clone(), self.plan.clone(), split, &self.options);
        drain(BatchReader::new(stream.expect("the options are sound")))
    }

    /// Reads several splits of a sound file and joins what they hold.
    pub(crate) fn splits(&self, splits: impl IntoIterator<Item = Split>) -> RecordBatch {
        let mut batches = Vec::new();
        for split in splits {
            let outcome = self.split(split);
            assert!(outcome.error.is_none(), "{split:?}: {:?}", outcome.error);
            batches.extend(outcome.batches);
        }
        concat_batches(self.plan.arrow_schema(), &batches).expect("batches of one schema")
    }
}

/// A source that has its reads counted, and in requests of any size.
#[derive(Debug)]
pub(crate) struct Watched {
    inner: Arc<dyn Source>,
    request_bytes: u64,
    probe_bytes: u64,
    reads: Mutex<Vec<Range<u64>>>,
}

impl Watched {
    pub(crate) fn new(file: impl Into<Bytes>, request_bytes: u64, probe_bytes: u64) -> Arc<Self> {
        let reads = Mutex::default();
        Arc::new(Self {
            inner: memory(file),
            request_bytes,
            probe_bytes,
            reads,
        })
    }

    /// All ranges read so far, in order.
    pub(crate) fn reads(&self) -> Vec<Range<u64>> {
        self.reads.lock().expect("no reader panicked").clone()
    }

    /// How many bytes were read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.reads()
            .iter()
            .map(|range| range.end - range.start)
            .sum()
    }

    /// The offset up to which bytes were read so far.
    pub(crate) fn furthest(&self) -> u64 {
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
        self.reads
            .lock()
            .expect("no reader panicked")
            .push(range.clone());
        self.inner.read(range).await
    }
}
