//! One opened file.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::codec::{self, Codec};
use crate::container::{Header, SYNC_LENGTH, Step, parse_header};
use crate::error::{Result, internal};
use crate::limits::Limits;
use crate::plan;
use crate::scan::{BlockInfo, BlockWalk, Progress};
use crate::source::Source;
use crate::split::Split;

/// Bytes of a block as stored that show how far it is compressed.
const SAMPLE_BYTES: u64 = 16 << 10;

/// A file whose header has been read. Cheap to share; all that reads the file goes through it.
#[derive(Debug)]
pub struct AvroFile {
    source: Arc<dyn Source>,
    size: u64,
    header: Arc<Header>,
}

impl AvroFile {
    /// Reads the header: by one small read, unless it is larger than that.
    ///
    /// # Errors
    /// Those of reading, and what is wrong with the header: not an Avro file, cut off, an unknown
    /// codec, a schema that is not valid. All name the file.
    pub async fn open(
        source: Arc<dyn Source>,
        limits: &Limits,
        progress: &Progress,
    ) -> Result<Arc<Self>> {
        let location = source.location().clone();
        let opened = Self::read_header(source, limits, progress).await;
        opened
            .map(Arc::new)
            .map_err(|error| error.in_file(&location))
    }

    /// A file whose header was read before, by [`open`](Self::open) of the same version of it. Reads
    /// nothing.
    ///
    /// Another file is found out at its first block, which does not have the header's marker.
    ///
    /// # Errors
    /// Those of asking for the size.
    pub async fn open_again(source: Arc<dyn Source>, header: Arc<Header>) -> Result<Arc<Self>> {
        let size = source.size().await;
        let size = size.map_err(|error| error.in_file(source.location()))?;
        Ok(Arc::new(Self {
            source,
            size,
            header,
        }))
    }

    async fn read_header(
        source: Arc<dyn Source>,
        limits: &Limits,
        progress: &Progress,
    ) -> Result<Self> {
        let size = source.size().await?;
        let mut bytes = Bytes::new();
        let mut wanted = source.probe_bytes().max(1).min(size);
        loop {
            let began = Instant::now();
            let more = source.read(bytes.len() as u64..wanted).await?;
            progress.add_read_time(began.elapsed());
            progress.add_bytes_read(more.len() as u64);
            // The first read is nearly always enough, and from memory it may be the whole file.
            bytes = if bytes.is_empty() {
                more
            } else {
                [bytes, more].concat().into()
            };
            match parse_header(&bytes, size, limits)? {
                Step::Ready(header) => {
                    return Ok(Self {
                        source,
                        size,
                        header: Arc::new(header),
                    });
                }
                // At least twice as much, so that parsing from the start stays linear in all.
                Step::Need(missing) => {
                    let end = bytes.len().saturating_add(missing.max(bytes.len()));
                    wanted = (end as u64).min(size);
                }
            }
        }
    }

    /// Where the bytes come from.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// The path or URL.
    pub fn location(&self) -> &Arc<str> {
        self.source.location()
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What the file says of itself.
    pub fn header(&self) -> &Arc<Header> {
        &self.header
    }

    /// Walks over the headers of the blocks that begin in `split`. The blocks are not read, except
    /// those whose headers declare more rows than are likely: see [`BlockWalk`].
    pub fn walk(self: &Arc<Self>, split: Split, limits: &Limits, progress: &Progress) -> BlockWalk {
        BlockWalk::new(self.clone(), split, limits.clone(), progress.clone())
    }

    /// The fewest bytes that a row takes, decompressed: 0 where a row can be of no bytes.
    ///
    /// # Errors
    /// Those of [`plan::smallest_row`].
    pub(crate) fn smallest_row(&self, limits: &Limits) -> Result<usize> {
        if let Some(bytes) = self.header.smallest_row.get() {
            return Ok(*bytes);
        }
        let bytes = plan::smallest_row(&self.header.schema, limits);
        let bytes = bytes.map_err(|error| error.in_file(self.location()))?;
        Ok(*self.header.smallest_row.get_or_init(|| bytes))
    }

    /// How many times its stored size a block takes when it is decompressed, judged by its
    /// beginning, up to 16 KiB (256 KiB with bzip2 and xz). It is a lower bound where more than 1 MiB
    /// would come of that, and `None` where it does not tell.
    ///
    /// # Errors
    /// Those of reading and of decompressing.
    pub async fn expansion(&self, block: &BlockInfo, progress: &Progress) -> Result<Option<f64>> {
        let most = match self.header.codec {
            Codec::Null => return Ok(Some(1.0)),
            // Their streams are made of large blocks: nothing comes of a part of one.
            Codec::Bzip2 | Codec::Xz => 16 * SAMPLE_BYTES,
            _ => SAMPLE_BYTES,
        };
        let start = block.end.saturating_sub(SYNC_LENGTH as u64 + block.bytes);
        let end = start.saturating_add(block.bytes.min(most));
        let beginning = self.read(start..end, progress).await?;
        let stored = usize::try_from(block.bytes).unwrap_or(usize::MAX);
        codec::expansion(self.header.codec, &beginning, stored)
    }

    /// The part of `split` in which blocks can begin.
    pub(crate) fn block_range(&self, split: Split) -> Range<u64> {
        let start = split.start.max(self.header.length);
        start..split.end.min(self.size).max(start)
    }

    /// Bytes of the file, for progress: the header belongs to the split that has its first byte.
    pub(crate) fn bytes_in(&self, split: Split) -> u64 {
        split.end.min(self.size).saturating_sub(split.start)
    }

    pub(crate) async fn read(&self, range: Range<u64>, progress: &Progress) -> Result<Bytes> {
        let began = Instant::now();
        let bytes = self.source.read(range).await?;
        progress.add_read_time(began.elapsed());
        progress.add_bytes_read(bytes.len() as u64);
        Ok(bytes)
    }

    /// [`read`](Self::read) of a source that can be [read now](Source::read_now).
    pub(crate) fn read_now(&self, range: Range<u64>, progress: &Progress) -> Result<Bytes> {
        let began = Instant::now();
        let bytes = self
            .source
            .read_now(range)
            .unwrap_or_else(|| Err(internal("the source cannot be read at once")))?;
        progress.add_read_time(began.elapsed());
        progress.add_bytes_read(bytes.len() as u64);
        Ok(bytes)
    }
}
