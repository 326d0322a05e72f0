//! The header of a file: magic, metadata, sync marker.

use std::sync::{Arc, OnceLock};

use super::{SYNC_LENGTH, Step};
use crate::codec::Codec;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::schema::AvroSchema;
use crate::wire::{Partial, partial_long};

/// The first bytes of every file: `Obj` and the version of the format.
pub(crate) const MAGIC: [u8; 4] = *b"Obj\x01";

/// What a file says of itself before its first block.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Header {
    /// The writer's schema: `avro.schema`.
    pub schema: Arc<AvroSchema>,
    /// How the blocks are compressed: `avro.codec`, or null where it is missing.
    pub codec: Codec,
    /// The marker after each block.
    pub sync: [u8; SYNC_LENGTH],
    /// Length of the header in bytes: where the first block begins.
    pub length: u64,
    /// All metadata in the order of the file, `avro.schema` and `avro.codec` included. Bytes of a
    /// key that are not UTF-8 are replaced; values are as they are.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// The fewest bytes that a row takes, once that was asked for.
    pub(crate) smallest_row: OnceLock<usize>,
}

/// Parses the header from the first bytes of a file of `file_size` bytes.
///
/// It starts over each time it is given more: callers at least double what they offer.
pub(crate) fn parse_header(bytes: &[u8], file_size: u64, limits: &Limits) -> Result<Step<Header>> {
    let mut parser = Parser { bytes, position: 0 };
    match parser.header(limits) {
        Ok(header) => Ok(Step::Ready(header)),
        Err(Stop::Error(error)) => Err(error.at_offset(parser.position as u64)),
        Err(Stop::Need(_)) if file_size == 0 => {
            Err(Error::new(ErrorKind::Truncated, "the file is empty").at_offset(0))
        }
        Err(Stop::Need(end)) if end as u64 > file_size => Err(Error::new(
            ErrorKind::Truncated,
            format!(
                "the file ends inside its header: at least {end} bytes expected, it has {file_size}"
            ),
        )
        .at_offset(file_size)),
        Err(Stop::Need(end)) if end > limits.header_bytes => {
            Err(too_large(end, limits).at_offset(0))
        }
        Err(Stop::Need(end)) => Ok(Step::Need(end - bytes.len())),
    }
}

/// Why the parser stops early.
enum Stop {
    /// The bytes at hand must reach so far.
    Need(usize),
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Parser<'a> {
    fn header(&mut self, limits: &Limits) -> Result<Header, Stop> {
        self.magic()?;
        let metadata = self.metadata()?;
        let mut sync = [0; SYNC_LENGTH];
        sync.copy_from_slice(self.take(SYNC_LENGTH)?);
        if self.position > limits.header_bytes {
            return Err(too_large(self.position, limits).at_offset(0).into());
        }
        let value = |key: &str| {
            metadata
                .iter()
                .rev()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.as_slice())
        };
        let codec = match value("avro.codec") {
            Some(name) => Codec::parse(&String::from_utf8_lossy(name))?,
            None => Codec::Null,
        };
        let json = value("avro.schema")
            .ok_or_else(|| malformed("the metadata has no avro.schema"))
            .and_then(|json| {
                std::str::from_utf8(json).map_err(|_| malformed("avro.schema is not UTF-8"))
            })?;
        let schema = Arc::new(AvroSchema::of_file(json, limits)?);
        Ok(Header {
            schema,
            codec,
            sync,
            length: self.position as u64,
            metadata,
            smallest_row: OnceLock::new(),
        })
    }

    fn magic(&mut self) -> Result<(), Stop> {
        let length = self.bytes.len().min(MAGIC.len());
        if self.bytes.is_empty() || self.bytes.get(..length) == MAGIC.get(..length) {
            return self.take(MAGIC.len()).map(drop);
        }
        Err(Error::new(
            ErrorKind::NotAvro,
            "not an Avro object container file: it does not start with `Obj` and the byte 1",
        )
        .into())
    }

    /// A map of bytes: blocks of entries, ended by an empty one.
    fn metadata(&mut self) -> Result<Vec<(String, Vec<u8>)>, Stop> {
        let mut metadata = Vec::new();
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(metadata);
            }
            if count < 0 {
                // The size of the block in bytes: of no use to who reads all of it.
                self.length("size")?;
            }
            for _ in 0..count.unsigned_abs() {
                let key = self.bytes()?;
                let value = self.bytes()?;
                metadata.push((String::from_utf8_lossy(key).into_owned(), value.to_vec()));
            }
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], Stop> {
        let length = self.length("length")?;
        self.take(length)
    }

    fn length(&mut self, what: &str) -> Result<usize, Stop> {
        let length = self.long()?;
        usize::try_from(length)
            .map_err(|_| malformed(&format!("the metadata has a {what} of {length}")).into())
    }

    fn long(&mut self) -> Result<i64, Stop> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        match partial_long(rest)? {
            Partial::Value(value, length) => {
                self.position += length;
                Ok(value)
            }
            Partial::Incomplete => Err(Stop::Need(self.bytes.len() + 1)),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let end = self.position.saturating_add(length);
        let taken = self.bytes.get(self.position..end).ok_or(Stop::Need(end))?;
        self.position = end;
        Ok(taken)
    }
}

#[cold]
fn too_large(bytes: usize, limits: &Limits) -> Error {
    Error::new(
        ErrorKind::Limit(Limit::HeaderBytes),
        format!(
            "the header takes {bytes} bytes or more, over header_bytes = {}",
            limits.header_bytes
        ),
    )
}

#[cold]
fn malformed(message: &str) -> Error {
    Error::new(
        ErrorKind::Header,
        format!("the file header is malformed: {message}"),
    )
}
