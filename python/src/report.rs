//! What was skipped.

use avroscan::{BadBlock, ErrorKind, ReadReport};
use pyo3::prelude::*;

/// Counts and lists the damaged blocks that `ignore_errors=True` left out.
///
/// Hand one to a scan as `report` and look at it afterwards. Several scans may share one: what they
/// skip adds up. A copy that was pickled begins empty.
#[pyclass(frozen, name = "ReadReport", module = "avroscan._native")]
#[derive(Default)]
pub(crate) struct Report(pub(crate) ReadReport);

#[pymethods]
impl Report {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Number of damaged blocks; a damaged part of a file counts as one.
    #[getter]
    fn error_count(&self) -> u64 {
        self.0.bad_blocks()
    }

    /// Bytes of the damaged blocks, as stored.
    #[getter]
    fn bytes_skipped(&self) -> u64 {
        self.0.bytes_skipped()
    }

    /// Rows of the damaged blocks, of those blocks where it is known.
    #[getter]
    fn rows_lost(&self) -> u64 {
        self.0.rows_lost()
    }

    /// Bytes that followed the last rows of blocks, where `leftover_bytes="ignore"` accepts them.
    #[getter]
    fn leftover_bytes(&self) -> u64 {
        self.0.leftover_bytes()
    }

    /// The first 1,000 damaged blocks by file and offset.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        bad_blocks(py, &self.0, |_| None)
    }

    fn __repr__(&self) -> String {
        format!(
            "ReadReport(error_count={}, bytes_skipped={}, rows_lost={})",
            self.0.bad_blocks(),
            self.0.bytes_skipped(),
            self.0.rows_lost()
        )
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, ()) {
        (slf.get_type().into_any(), ())
    }
}

/// The entries of a report as `BadBlockError` objects.
pub(crate) fn bad_blocks<'py>(
    py: Python<'py>,
    report: &ReadReport,
    codec: impl Fn(&str) -> Option<&'static str>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let class = py.import("avroscan._bad_block")?.getattr("BadBlockError")?;
    let entry = |block: BadBlock| {
        let kind = match kind(block.kind) {
            "DecompressionFailed" => {
                format!(
                    "DecompressionFailed({})",
                    codec(&block.file).unwrap_or("unknown")
                )
            }
            kind => kind.to_owned(),
        };
        class.call1((
            kind,
            block.block,
            block.offset,
            block.message,
            &*block.file,
            block.bytes,
            block.rows_lost,
            block.field,
        ))
    };
    report.entries().into_iter().map(entry).collect()
}

/// jetliner's names.
fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SyncMarker => "InvalidSyncMarker",
        ErrorKind::Compression | ErrorKind::Checksum => "DecompressionFailed",
        ErrorKind::BlockHeader | ErrorKind::Truncated | ErrorKind::BlockLength => {
            "BlockParseFailed"
        }
        ErrorKind::Value => "SchemaViolation",
        _ => "RecordDecodeFailed",
    }
}
