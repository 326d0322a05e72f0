//! The blocking way to record batches: the asynchronous stream, driven by the calling thread.

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use futures::stream::StreamExt;

use crate::error::Result;
use crate::scan::BatchStream;

/// Runs a future of this crate to its end on this thread.
///
/// Fetching goes on in the background, so this works on any thread, inside an asynchronous runtime
/// too, where it blocks the thread as any computation does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    pollster::block_on(future)
}

/// Record batches as an iterator, for code that is not asynchronous.
///
/// It is also an Arrow [`RecordBatchReader`]: [`BatchReader::into_arrow`].
#[derive(Debug)]
pub struct BatchReader {
    stream: BatchStream,
}

impl BatchReader {
    /// Reads what `stream` reads.
    pub fn new(stream: BatchStream) -> Self {
        Self { stream }
    }

    /// Begins to fetch, as [`BatchStream::begin`].
    pub fn begin(&mut self) {
        self.stream.begin();
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// The same batches behind Arrow's own trait, with Arrow's own error around this crate's.
    pub fn into_arrow(self) -> impl RecordBatchReader + Send {
        ArrowReader(self)
    }
}

impl Iterator for BatchReader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.stream.next())
    }
}

struct ArrowReader(BatchReader);

impl Iterator for ArrowReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.map_err(ArrowError::from))
    }
}

impl RecordBatchReader for ArrowReader {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }
}
