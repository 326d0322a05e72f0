//! Errors of the core as exceptions of `avroscan.exceptions`.

use std::error::Error as StdError;
use std::io;

use avroscan::{Error, ErrorKind, Limit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception for an error, with its place as attributes. What Python raised somewhere below, in
/// a file object or a callback, is raised itself.
///
/// `codec` gives the codec of the file at a path.
pub(crate) fn exception(
    py: Python<'_>,
    error: &Error,
    codec: impl Fn(&str) -> Option<&'static str>,
) -> PyErr {
    if let Some(raised) = raised_by_python(py, error) {
        return raised;
    }
    build(py, error, codec).unwrap_or_else(|failed| failed)
}

/// [`exception`] for errors that have nothing to do with a codec.
pub(crate) fn plain_exception(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error, |_| None)
}

fn build(
    py: Python<'_>,
    error: &Error,
    codec: impl Fn(&str) -> Option<&'static str>,
) -> PyResult<PyErr> {
    let (class, variant) = class_of(error);
    exception_of(py, class, variant, error, codec)
}

/// The exception for a column that does not exist.
pub(crate) fn no_column(py: Python<'_>, error: &Error) -> PyErr {
    let made = exception_of(py, "ColumnNotFoundError", "ColumnNotFound", error, |_| None);
    made.unwrap_or_else(|failed| failed)
}

fn exception_of(
    py: Python<'_>,
    class: &str,
    variant: &str,
    error: &Error,
    codec: impl Fn(&str) -> Option<&'static str>,
) -> PyResult<PyErr> {
    let place = error.place();
    let path = place.file.as_deref();
    let arguments = PyDict::new(py);
    let message = message(error);
    // These are told by their message alone.
    let message = match (class, path) {
        ("ConfigurationError" | "FileNotFoundError" | "PermissionError", Some(path)) => {
            format!("{path}: {message}")
        }
        _ => message,
    };
    arguments.set_item("message", message)?;
    arguments.set_item("variant", variant)?;
    if class != "ConfigurationError" {
        arguments.set_item("path", path)?;
    }
    match class {
        "DecodeError" => {
            arguments.set_item("block_index", place.block)?;
            arguments.set_item("record_index", place.row)?;
            arguments.set_item("file_offset", place.offset)?;
            arguments.set_item("field", place.field.as_deref())?;
        }
        "ParseError" => arguments.set_item("file_offset", place.offset)?,
        "SchemaError" | "ColumnNotFoundError" => {
            arguments.set_item("schema_context", place.field.as_deref())?
        }
        "CodecError" => {
            let codec = path.and_then(codec).unwrap_or_default();
            arguments.set_item("codec", codec)?;
            arguments.set_item("block_index", place.block)?;
            arguments.set_item("file_offset", place.offset)?;
        }
        _ => {}
    }
    let class = py.import("avroscan.exceptions")?.getattr(class)?;
    Ok(PyErr::from_value(class.call((), Some(&arguments))?))
}

/// The sentence of the error and of its cause, without the place, which the exception adds itself.
fn message(error: &Error) -> String {
    let sentence = match error.source() {
        Some(source) => format!("{}: {source}", error.message()),
        None => error.message().to_owned(),
    };
    let lead = match error.kind() {
        ErrorKind::NotFound if !sentence.contains("not found") => "not found: ",
        ErrorKind::NotAvro => "invalid magic bytes: ",
        ErrorKind::SyncMarker => "invalid sync marker: ",
        ErrorKind::Limit(Limit::BlockBytes | Limit::DecompressedBytes) => {
            "the block exceeds limit `max_block_size`: "
        }
        _ => "",
    };
    format!("{lead}{sentence}")
}

/// The class, and the name of what went wrong: jetliner's where it has one.
fn class_of(error: &Error) -> (&'static str, &'static str) {
    match error.kind() {
        ErrorKind::NotFound => ("FileNotFoundError", "NotFound"),
        ErrorKind::Io => source_class(error),
        ErrorKind::Usage => ("ConfigurationError", "Configuration"),
        ErrorKind::NotAvro => ("ParseError", "InvalidMagic"),
        ErrorKind::Header => ("ParseError", "InvalidHeader"),
        ErrorKind::Truncated => ("ParseError", "UnexpectedEof"),
        ErrorKind::BlockHeader => ("ParseError", "InvalidBlockHeader"),
        ErrorKind::SyncMarker => ("ParseError", "InvalidSyncMarker"),
        ErrorKind::UnknownCodec => ("CodecError", "UnsupportedCodec"),
        ErrorKind::Compression => ("CodecError", "DecompressionError"),
        ErrorKind::Checksum => ("CodecError", "ChecksumMismatch"),
        ErrorKind::Limit(
            Limit::BlockBytes | Limit::DecompressedBytes | Limit::DecompressorBytes,
        ) => ("CodecError", "OversizedOutput"),
        ErrorKind::Schema => ("SchemaError", "InvalidSchema"),
        ErrorKind::Unsupported => ("SchemaError", "UnsupportedType"),
        ErrorKind::SchemaMismatch => ("SchemaError", "IncompatibleSchemas"),
        ErrorKind::Limit(Limit::HeaderBytes) => ("ParseError", "HeaderTooLarge"),
        ErrorKind::Limit(
            Limit::SchemaNodes | Limit::SchemaDepth | Limit::UnionBranches | Limit::ColumnDepth,
        ) => ("SchemaError", "SchemaTooLarge"),
        ErrorKind::Limit(_) => ("DecodeError", "LimitExceeded"),
        ErrorKind::OutOfMemory => ("OutOfMemoryError", "OutOfMemory"),
        ErrorKind::Filter | ErrorKind::Internal => ("InternalError", "Internal"),
        ErrorKind::SkipBudget => ("DecodeError", "SkipBudget"),
        ErrorKind::BlockLength => ("DecodeError", "InvalidBlockLength"),
        ErrorKind::Varint => ("DecodeError", "InvalidVarint"),
        ErrorKind::Utf8 => ("DecodeError", "InvalidUtf8"),
        _ => ("DecodeError", "InvalidData"),
    }
}

/// The class for what the system or a store said.
fn source_class(error: &Error) -> (&'static str, &'static str) {
    for cause in causes(error) {
        if let Some(cause) = cause.downcast_ref::<object_store::Error>() {
            match cause {
                object_store::Error::NotFound { .. } => return ("FileNotFoundError", "NotFound"),
                object_store::Error::PermissionDenied { .. } => {
                    return match is_bad_credential(&cause.to_string()) {
                        true => ("AuthenticationError", "AuthenticationFailed"),
                        false => ("PermissionError", "PermissionDenied"),
                    };
                }
                object_store::Error::Unauthenticated { .. } => {
                    return ("AuthenticationError", "AuthenticationFailed");
                }
                _ => {}
            }
        }
        if let Some(cause) = cause.downcast_ref::<io::Error>()
            && cause.kind() == io::ErrorKind::PermissionDenied
        {
            return ("PermissionError", "PermissionDenied");
        }
    }
    ("SourceError", "Io")
}

/// Whether a store refused who asks, and not what was asked for: it answers both with 403.
fn is_bad_credential(answer: &str) -> bool {
    [
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
    ]
    .iter()
    .any(|code| answer.contains(code))
}

/// What an error of the core goes back to.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: Option<&(dyn StdError + 'static)> = error.source();
    std::iter::successors(first, |cause: &&(dyn StdError + 'static)| (*cause).source())
}

fn raised_by_python(py: Python<'_>, error: &Error) -> Option<PyErr> {
    causes(error).find_map(|cause| Some(cause.downcast_ref::<PyErr>()?.clone_ref(py)))
}

/// An error of Arrow, which well-formed batches do not cause.
pub(crate) fn from_arrow(error: arrow::error::ArrowError) -> Error {
    match error {
        arrow::error::ArrowError::ExternalError(inner) => match inner.downcast::<Error>() {
            Ok(error) => *error,
            Err(inner) => Error::new(ErrorKind::Unsupported, "Arrow refuses it").with_source(inner),
        },
        other => Error::new(ErrorKind::Unsupported, "Arrow refuses it").with_source(other),
    }
}
