//! Batches, one after the other.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use avroscan::{BatchStream, Error, ErrorKind, Progress, ReadReport, Result, Scan, Split};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;

use crate::batch::Batch;
use crate::errors;
use crate::layout::Layout;
use crate::report;
use crate::wait;

/// What a reading has done so far. Read while it goes on.
#[derive(Default)]
pub(crate) struct Counters {
    rows: AtomicU64,
    file: AtomicUsize,
    finished: AtomicBool,
}

/// The rows of some files of a scan, as a stream of finished batches.
pub(crate) struct Rows {
    stream: BoxStream<'static, Result<RecordBatch>>,
    counters: Arc<Counters>,
    /// The process whose threads do the work.
    process: u32,
}

impl Rows {
    /// All rows, whatever file they are of.
    ///
    /// # Errors
    /// Those of [`Scan::stream`].
    pub(crate) fn together(scan: &Scan, layout: Arc<Layout>) -> Result<Self> {
        let batches = scan.stream()?;
        let finished = batches.map(move |batch| layout.finish(&batch?, 0, 0));
        Ok(Self::new(finished.boxed(), Arc::default()))
    }

    /// The rows of these files, one file after the other, `n_rows` of them at most. The first row
    /// has the number `first`.
    pub(crate) fn by_file(
        scan: Scan,
        layout: Arc<Layout>,
        files: Vec<usize>,
        first: u64,
        n_rows: Option<u64>,
    ) -> Self {
        let counters = Arc::<Counters>::default();
        let state = ByFile {
            scan,
            layout,
            counters: counters.clone(),
            files: files.into_iter(),
            current: None,
            next: None,
            row: first,
            left: n_rows.unwrap_or(u64::MAX),
        };
        let batches = stream::unfold(state, |mut state| async {
            let batch = state.next().await.transpose()?;
            Some((batch, state))
        });
        Self::new(batches.boxed(), counters)
    }

    fn new(stream: BoxStream<'static, Result<RecordBatch>>, counters: Arc<Counters>) -> Self {
        Self {
            stream,
            counters,
            process: std::process::id(),
        }
    }

    /// The next batch, `None` after the last one. After an error there are no more.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<RecordBatch>>> {
        if self.counters.finished.load(Relaxed) {
            return Poll::Ready(None);
        }
        if self.process != std::process::id() {
            self.counters.finished.store(true, Relaxed);
            let what = "this reader was made before the process was forked: make another one here";
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Usage, what))));
        }
        let next = Pin::new(&mut self.stream).poll_next(context);
        match &next {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(batch))) => {
                self.counters
                    .rows
                    .fetch_add(batch.num_rows() as u64, Relaxed);
            }
            Poll::Ready(Some(Err(_)) | None) => self.end(),
        }
        next
    }

    /// Stops what goes on.
    fn end(&mut self) {
        self.counters.finished.store(true, Relaxed);
        // The threads of a parent process are not there to be told.
        let stream = std::mem::replace(&mut self.stream, stream::empty().boxed());
        if self.process == std::process::id() {
            drop(stream);
        } else {
            std::mem::forget(stream);
        }
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.end();
    }
}

/// One file after the other, the next one begun while one is read.
struct ByFile {
    scan: Scan,
    layout: Arc<Layout>,
    counters: Arc<Counters>,
    files: std::vec::IntoIter<usize>,
    current: Option<(usize, BatchStream)>,
    next: Option<(usize, BatchStream)>,
    row: u64,
    left: u64,
}

impl ByFile {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.left > 0 {
            if self.current.is_none() {
                self.current = match self.next.take() {
                    Some(next) => Some(next),
                    None => self.open()?,
                };
                self.next = self.open()?;
            }
            let Some((file, stream)) = &mut self.current else {
                return Ok(None);
            };
            self.counters.file.store(*file, Relaxed);
            let Some(batch) = stream.next().await.transpose()? else {
                self.current = None;
                continue;
            };
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            let batch = batch.slice(0, batch.num_rows().min(most));
            let finished = self.layout.finish(&batch, *file, self.row)?;
            self.row = self.row.saturating_add(batch.num_rows() as u64);
            self.left -= batch.num_rows() as u64;
            return Ok(Some(finished));
        }
        Ok(None)
    }

    fn open(&mut self) -> Result<Option<(usize, BatchStream)>> {
        let Some(file) = self.files.next() else {
            return Ok(None);
        };
        let mut stream = self.scan.stream_of([(file, Split::all())])?;
        stream.begin();
        Ok(Some((file, stream)))
    }
}

/// An iterator of batches. Several threads may call it: each batch goes to one of them.
#[pyclass(frozen, module = "avroscan._native")]
pub(crate) struct Batches {
    rows: Mutex<Option<Rows>>,
    counters: Arc<Counters>,
    progress: Progress,
    report: ReadReport,
    /// Of a batch that has the types of all.
    schema: SchemaRef,
    callback: Option<Py<PyAny>>,
    scan: Scan,
    n_rows: Option<u64>,
}

impl Batches {
    pub(crate) fn new(
        rows: Rows,
        scan: Scan,
        schema: SchemaRef,
        callback: Option<Py<PyAny>>,
        n_rows: Option<u64>,
    ) -> Self {
        let options = scan.options();
        Self {
            counters: rows.counters.clone(),
            rows: Mutex::new(Some(rows)),
            progress: options.progress.clone(),
            report: options.report.clone(),
            schema,
            callback,
            scan,
            n_rows,
        }
    }

    fn codec(&self, path: &str) -> Option<&'static str> {
        codec_of(&self.scan, path)
    }
}

/// The codec of the file at this path.
pub(crate) fn codec_of(scan: &Scan, path: &str) -> Option<&'static str> {
    let file = scan
        .files()
        .iter()
        .find(|file| &**file.location() == path)?;
    Some(file.header().codec.name())
}

#[pymethods]
impl Batches {
    /// The next batch, `None` after the last one. Without a timeout (seconds) it waits for ever.
    ///
    /// # Errors
    /// `TimeoutError` where the batch is not there by then: nothing is lost, and it can be asked for
    /// again.
    #[pyo3(signature = (timeout=None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Batch>> {
        let until = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let until = until.map(|timeout| Instant::now() + timeout);
        let next = wait::wait_until(py, until, |context| {
            let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *rows {
                Some(rows) => rows.poll_next(context),
                None => Poll::Ready(None),
            }
        })?;
        let next =
            next.ok_or_else(|| PyTimeoutError::new_err("the next batch is not there yet"))?;
        let Some(batch) = next
            .transpose()
            .map_err(|error| errors::exception(py, &error, |path| self.codec(path)))?
        else {
            return Ok(None);
        };
        if let Some(callback) = &self.callback {
            callback.call1(
                py,
                (self.progress.bytes_done(), self.progress.bytes_total()),
            )?;
        }
        let is_uniform = *batch.schema_ref() == self.schema;
        Ok(Some(Batch::new(batch, is_uniform)))
    }

    /// Stops the reading. The counters stay.
    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            self.counters.finished.store(true, Relaxed);
            self.rows
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
        });
    }

    #[getter]
    fn rows_read(&self) -> u64 {
        self.counters.rows.load(Relaxed)
    }

    /// Rows that were dropped before their other columns were decoded.
    #[getter]
    fn rows_pruned(&self) -> u64 {
        self.progress.rows_pruned()
    }

    #[getter]
    fn is_finished(&self) -> bool {
        self.counters.finished.load(Relaxed)
            || self.n_rows.is_some_and(|most| self.rows_read() >= most)
    }

    #[getter]
    fn current_source_index(&self) -> usize {
        self.counters.file.load(Relaxed)
    }

    #[getter]
    fn bytes_done(&self) -> u64 {
        self.progress.bytes_done()
    }

    #[getter]
    fn bytes_total(&self) -> u64 {
        self.scan.files().iter().map(|file| file.size()).sum()
    }

    #[getter]
    fn error_count(&self) -> u64 {
        self.report.bad_blocks()
    }

    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        report::bad_blocks(py, &self.report, |path| self.codec(path))
    }

    #[getter]
    fn report(&self) -> report::Report {
        report::Report(self.report.clone())
    }
}
