//! Errors of the core on their way through DataFusion.

use avroscan::ErrorKind;
use datafusion::error::DataFusionError;

/// The core's error, unchanged, as an external error: its text names the file, the offset, the
/// block and the field, and callers can downcast to [`avroscan::Error`] for the kind.
///
/// What the predicate of a query came to is DataFusion's own error: the same one that it would be if
/// the rows were filtered after the scan.
pub(crate) fn external(error: avroscan::Error) -> DataFusionError {
    if error.kind() != ErrorKind::Filter {
        return DataFusionError::External(Box::new(error));
    }
    let sentence = error.to_string();
    match error.into_source().map(|source| source.downcast()) {
        Some(Ok(error)) => *error,
        Some(Err(source)) => DataFusionError::External(source),
        None => DataFusionError::Execution(sentence),
    }
}
