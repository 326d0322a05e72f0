//! Errors of the core on their way through DataFusion.

use datafusion::error::DataFusionError;

/// The core's error, unchanged, as an external error: its text names the file, the offset, the
/// block and the field, and callers can downcast to [`avroscan::Error`] for the kind.
pub(crate) fn external(error: avroscan::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
