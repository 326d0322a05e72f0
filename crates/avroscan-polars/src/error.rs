//! Errors of the core as errors of Polars.

use std::io;

use avroscan::{Error, ErrorKind};
use polars::prelude::PolarsError;

/// The same sentence, as the kind of error that Polars has for it.
///
/// What the operating system, the network or the store said stays reachable as the source of an
/// [`PolarsError::IO`].
pub(crate) fn to_polars(error: Error) -> PolarsError {
    match error.kind() {
        ErrorKind::NotFound => io::Error::new(io::ErrorKind::NotFound, error).into(),
        ErrorKind::Io => io::Error::other(error).into(),
        ErrorKind::Usage => PolarsError::InvalidOperation(error.to_string().into()),
        ErrorKind::Filter => filter_error(error),
        ErrorKind::SchemaMismatch => PolarsError::SchemaMismatch(error.to_string().into()),
        _ => PolarsError::ComputeError(error.to_string().into()),
    }
}

/// What the filter of a query came to: the error that Polars made of it, as if the rows were filtered
/// after the scan.
fn filter_error(error: Error) -> PolarsError {
    let sentence = error.to_string();
    match error.into_source().map(|source| source.downcast()) {
        Some(Ok(error)) => *error,
        _ => PolarsError::ComputeError(sentence.into()),
    }
}
