//! What files say of themselves.

use std::sync::Arc;

use avroscan::{AvroFile, Result, block_on};
use futures::stream::{self, StreamExt, TryStreamExt};
use polars::prelude::PolarsResult;

use crate::args::ScanArgsAvro;
use crate::error::to_polars;
use crate::sources::AvroSources;

/// Headers that are read at the same time.
const FILES_AT_ONCE: usize = 16;

/// What the header of a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvroMetadata {
    file: Arc<str>,
    schema: String,
    codec: &'static str,
    entries: Vec<(String, Vec<u8>)>,
}

impl AvroMetadata {
    /// The file's path or URL, or the name of its source.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The schema that the file was written with, as JSON text.
    pub fn avro_schema_json(&self) -> &str {
        &self.schema
    }

    /// How its blocks are compressed: `null`, `deflate`, `snappy`, `zstandard`, `bzip2` or `xz`.
    pub fn codec(&self) -> &str {
        self.codec
    }

    /// All entries in the order of the file, `avro.schema` and `avro.codec` included. A key may
    /// occur twice.
    pub fn entries(&self) -> &[(String, Vec<u8>)] {
        &self.entries
    }

    /// The value of this key; the last one where the key occurs twice.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        let mut entries = self.entries.iter().rev();
        let (_, value) = entries.find(|(other, _)| other == key)?;
        Some(value)
    }
}

impl From<&AvroFile> for AvroMetadata {
    fn from(file: &AvroFile) -> Self {
        let header = file.header();
        Self {
            file: file.location().clone(),
            schema: header.schema.json().to_owned(),
            codec: header.codec.name(),
            entries: header.metadata.clone(),
        }
    }
}

/// The metadata of each of the files, in the order in which [`scan_avro`](crate::scan_avro) would
/// read them.
///
/// Reads the headers, and nothing else: the files may have different schemas, and the columns,
/// schemas and numbers of rows in `args` play no part.
///
/// ```
/// use avroscan_polars::{ScanArgsAvro, read_avro_metadata};
///
/// let files = read_avro_metadata("../../docs/data/orders.avro", ScanArgsAvro::default())?;
/// assert_eq!(files[0].codec(), "zstandard");
/// assert!(files[0].avro_schema_json().contains("shop"));
/// # Ok::<_, polars::prelude::PolarsError>(())
/// ```
///
/// # Errors
/// If a file is missing or not readable, or its header is not that of an Avro file.
pub fn read_avro_metadata(
    sources: impl Into<AvroSources>,
    args: ScanArgsAvro,
) -> PolarsResult<Vec<AvroMetadata>> {
    block_on(read(sources.into(), &args)).map_err(to_polars)
}

async fn read(sources: AvroSources, args: &ScanArgsAvro) -> Result<Vec<AvroMetadata>> {
    let (limits, progress) = (&args.options.limits, &args.options.progress);
    let sources = sources.find(args).await?;
    stream::iter(sources)
        .map(|source| AvroFile::open(source, limits, progress))
        .buffered(FILES_AT_ONCE)
        .map_ok(|file| AvroMetadata::from(file.as_ref()))
        .try_collect()
        .await
}
