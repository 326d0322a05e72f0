//! The one error type: a kind, a place and a sentence.
//!
//! The place is filled in while the error travels outwards: the decoder knows the field, the block
//! reader the offset, the scan the file. Code that succeeds pays nothing for it.

use std::fmt::{self, Write};
use std::sync::Arc;

use crate::limits::Limit;
use crate::printable::Escaping;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file, object or directory does not exist, or a pattern matches nothing.
    NotFound,
    /// Reading failed: the operating system, the network or the store said no.
    Io,
    /// The caller asked for something that cannot be: an unknown column, a bad option or URL.
    Usage,
    /// The input does not start as an Avro object container file does.
    NotAvro,
    /// The file header is malformed: its metadata map, or a missing `avro.schema`.
    Header,
    /// The file names a codec that is unknown or not compiled in.
    UnknownCodec,
    /// The schema is not a valid Avro schema.
    Schema,
    /// The schema is valid, and this version cannot read it.
    Unsupported,
    /// Two files of one scan do not have the same columns.
    SchemaMismatch,
    /// The input ends in the middle of the header or of a block.
    Truncated,
    /// A block's declared number of rows or bytes cannot be.
    BlockHeader,
    /// A block is not followed by the file's sync marker.
    SyncMarker,
    /// A compressed block does not decompress.
    Compression,
    /// A block's checksum does not match its content.
    Checksum,
    /// A block ends before its rows do, or has bytes left over after them.
    BlockLength,
    /// A variable-length integer is longer than ten bytes, or wider than its type.
    Varint,
    /// A boolean is neither 0 nor 1.
    Boolean,
    /// A union or enum index is out of range.
    Index,
    /// A length or an item count is negative, too large, or contradicts the bytes.
    Length,
    /// Text is not UTF-8.
    Utf8,
    /// A value does not fit the logical type that the schema declares.
    Value,
    /// This limit was exceeded: most are fields of [`Limits`](crate::Limits).
    Limit(Limit),
    /// More is damaged than may be skipped: see [`SkipBudget`](crate::SkipBudget).
    SkipBudget,
    /// The caller's [`RowFilter`](crate::RowFilter) failed: [`Error::into_source`] is its error.
    Filter,
    /// There was not enough memory for a block, or for the state of its decompressor. The file may be
    /// sound.
    OutOfMemory,
    /// A fault of this crate. Please report it.
    Internal,
}

/// Where it went wrong, as far as known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file's path or URL.
    pub file: Option<Arc<str>>,
    /// Offset in the file, in bytes. Inside a compressed block: where the block begins.
    pub offset: Option<u64>,
    /// Number of the block, counted from 0 where the reading of the file or split began.
    pub block: Option<u64>,
    /// Number of the row within its block, from 0.
    pub row: Option<u64>,
    /// The field, for example `orders[].price`.
    pub field: Option<String>,
}

/// An error with its [kind](ErrorKind) and [place](Place).
///
/// It displays as one sentence: what was found, what was expected, and where.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: Place,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind that says `message`.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            place: Place::default(),
            source: None,
        }))
    }

    /// The same error with its cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it went wrong.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// What was expected and what was found, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The cause, if there is one. For the kind [`Filter`](ErrorKind::Filter): the error that the
    /// filter returned, unchanged.
    pub fn into_source(self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        self.0.source
    }

    /// What was expected and what was found, with the cause, without the place. Control characters
    /// are escaped, as everywhere an error is displayed.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = Escaping(String::new());
        // Writing to a string does not fail.
        let _ = self.write_sentence(&mut sentence);
        sentence.0
    }

    fn write_sentence(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(&self.0.message)?;
        match &self.0.source {
            Some(source) => write!(out, ": {source}"),
            None => Ok(()),
        }
    }

    /// Whether the bytes of the file are at fault: not the caller, not the way to the bytes, not
    /// the machine and not this crate. Only such errors can be skipped.
    pub fn is_data(&self) -> bool {
        match self.0.kind {
            ErrorKind::NotAvro
            | ErrorKind::Header
            | ErrorKind::UnknownCodec
            | ErrorKind::Schema
            | ErrorKind::Truncated
            | ErrorKind::BlockHeader
            | ErrorKind::SyncMarker
            | ErrorKind::Compression
            | ErrorKind::Checksum
            | ErrorKind::BlockLength
            | ErrorKind::Varint
            | ErrorKind::Boolean
            | ErrorKind::Index
            | ErrorKind::Length
            | ErrorKind::Utf8
            | ErrorKind::Value => true,
            ErrorKind::NotFound
            | ErrorKind::Io
            | ErrorKind::Usage
            | ErrorKind::Unsupported
            | ErrorKind::SchemaMismatch
            | ErrorKind::Limit(_)
            | ErrorKind::SkipBudget
            | ErrorKind::Filter
            | ErrorKind::OutOfMemory
            | ErrorKind::Internal => false,
        }
    }

    /// The same error in this file, unless a file is known.
    #[must_use]
    pub fn in_file(mut self, file: &Arc<str>) -> Self {
        self.0.place.file.get_or_insert_with(|| file.clone());
        self
    }

    /// The same error at this offset, unless an offset is known.
    #[must_use]
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.0.place.offset.get_or_insert(offset);
        self
    }

    /// The same error in this block, unless a block is known.
    #[must_use]
    pub fn in_block(mut self, block: u64) -> Self {
        self.0.place.block.get_or_insert(block);
        self
    }

    /// The same error in this row of the block, unless a row is known.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.0.place.row.get_or_insert(row);
        self
    }

    /// The same error, one field further out: `price` becomes `orders[].price`.
    #[must_use]
    pub fn in_field(mut self, name: &str) -> Self {
        let field = &mut self.0.place.field;
        *field = Some(match field.take() {
            None => name.to_owned(),
            Some(inner) if inner.starts_with('[') => format!("{name}{inner}"),
            Some(inner) => format!("{name}.{inner}"),
        });
        self
    }

    /// The same error, inside the items of an array or the values of a map.
    #[must_use]
    pub fn in_items(mut self) -> Self {
        let field = &mut self.0.place.field;
        *field = Some(match field.take() {
            None => "[]".to_owned(),
            Some(inner) if inner.starts_with('[') => format!("[]{inner}"),
            Some(inner) => format!("[].{inner}"),
        });
        self
    }
}

/// Control characters are escaped: names and paths come from files, and errors go to terminals.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.0.place;
        let mut out = Escaping(f);
        if let Some(file) = &place.file {
            write!(out, "{file}: ")?;
        }
        self.write_sentence(&mut out)?;
        let mut parts = Vec::new();
        if let Some(field) = &place.field {
            parts.push(format!("field `{field}`"));
        }
        if let Some(row) = place.row {
            parts.push(format!("row {row} of the block"));
        }
        if let Some(block) = place.block {
            parts.push(format!("block {block}"));
        }
        if let Some(offset) = place.offset {
            parts.push(format!("offset {offset}"));
        }
        if !parts.is_empty() {
            write!(out, " ({})", parts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

impl From<Error> for arrow::error::ArrowError {
    fn from(error: Error) -> Self {
        arrow::error::ArrowError::ExternalError(Box::new(error))
    }
}

/// An error for what cannot be, unless this crate has a fault.
#[cold]
pub(crate) fn internal(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, what)
}

#[cfg(test)]
mod tests;
