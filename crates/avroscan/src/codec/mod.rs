//! The codecs of Avro blocks: bytes in, bytes out, one block at a time.
//!
//! A [`Decompressor`] keeps what is costly to make anew (library contexts, the output buffer)
//! between the blocks of one file. Memory is bounded by `max_bytes`, whatever a block declares.

#[cfg_attr(
    not(all(feature = "deflate", feature = "snappy", feature = "zstandard")),
    allow(dead_code, reason = "which parts are used depends on the codecs")
)]
mod output;

mod flow;

#[cfg(feature = "bzip2")]
mod bzip2;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "snappy")]
mod snappy;
#[cfg(feature = "xz")]
mod xz;
#[cfg(feature = "zstandard")]
mod zstandard;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;

pub(crate) use self::flow::BlockFlow;
use self::output::Output;
use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::Limit;

/// A block that is larger as stored may be decompressed piece by piece, while its bytes still come.
/// Tests make do with less.
pub(crate) const LARGE_BYTES: usize = if cfg!(test) { 1 << 20 } else { 16 << 20 };

/// How the blocks of a file are compressed: the `avro.codec` of its header.
///
/// All codecs of the [specification] are listed, also those whose cargo feature is off.
/// [`Codec::parse`] refuses these.
///
/// [specification]: https://avro.apache.org/docs/1.12.0/specification/#required-codecs
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// No compression. Also what a file without `avro.codec` has.
    Null,
    /// Raw deflate (RFC 1951): no zlib header and no checksum.
    Deflate,
    /// Snappy's raw format, followed by the big-endian CRC-32 of the uncompressed bytes.
    Snappy,
    /// Zstandard frames (RFC 8878).
    Zstandard,
    /// Bzip2 streams.
    Bzip2,
    /// Streams of the xz container.
    Xz,
}

impl Codec {
    /// All codecs of the specification.
    const ALL: [Self; 6] = [
        Self::Null,
        Self::Deflate,
        Self::Snappy,
        Self::Zstandard,
        Self::Bzip2,
        Self::Xz,
    ];

    /// The codec that the header calls `name`. Names are compared exactly, as the specification
    /// writes them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownCodec`] if the specification has no such codec, or if it was not
    /// compiled in: then the message names the cargo feature to enable.
    pub fn parse(name: &str) -> Result<Self> {
        let Some(codec) = Self::ALL.into_iter().find(|codec| codec.name() == name) else {
            return Err(Error::new(
                ErrorKind::UnknownCodec,
                format!(
                    "unknown codec `{}`, expected {}",
                    name.escape_debug(),
                    known()
                ),
            ));
        };
        if codec.is_enabled() {
            Ok(codec)
        } else {
            Err(codec.disabled())
        }
    }

    /// The name in the specification and in file headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Zstandard => "zstandard",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// How many bytes a block of `stored` bytes is expected to decompress to at most.
    ///
    /// For null, snappy and deflate no block can exceed this. The other codecs can, where one value
    /// repeats over thousands of rows: to be sure of such a block, decompress it.
    pub(crate) fn plausible_bytes(self, stored: usize) -> usize {
        stored.saturating_mul(match self {
            Self::Null => 1,
            // An element of three bytes copies 64.
            Self::Snappy => 22,
            // Two bits of deflate stand for 258 bytes.
            Self::Deflate | Self::Zstandard | Self::Bzip2 | Self::Xz => 1032,
        })
    }

    /// Whether this build can read the codec. The cargo features have the names of the codecs.
    fn is_enabled(self) -> bool {
        match self {
            Self::Null => true,
            Self::Deflate => cfg!(feature = "deflate"),
            Self::Snappy => cfg!(feature = "snappy"),
            Self::Zstandard => cfg!(feature = "zstandard"),
            Self::Bzip2 => cfg!(feature = "bzip2"),
            Self::Xz => cfg!(feature = "xz"),
        }
    }

    fn disabled(self) -> Error {
        Error::new(
            ErrorKind::UnknownCodec,
            format!(
                "the codec `{self}` is not compiled in: enable the cargo feature `{self}` of \
                 avroscan (compiled in: {})",
                known()
            ),
        )
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The codecs of this build, for messages.
fn known() -> String {
    let names: Vec<_> = Codec::ALL
        .into_iter()
        .filter(|codec| codec.is_enabled())
        .map(Codec::name)
        .collect();
    names.join(", ")
}

/// Most bytes that are decompressed to see how far a block is compressed; more than that at once only
/// where windows are large.
const SAMPLE_OUTPUT: usize = 1 << 20;
const MOST_SAMPLE_OUTPUT: usize = 8 << 20;

/// How many bytes a stored byte of a block becomes, judged by the `beginning` of the block, which has
/// `stored` bytes. `None` where so little of a block does not tell.
///
/// Where a megabyte comes of less than the beginning, it is at least as many.
pub(crate) fn expansion(codec: Codec, beginning: &Bytes, stored: usize) -> Result<Option<f64>> {
    #[cfg(feature = "snappy")]
    if codec == Codec::Snappy {
        let length = snappy::length(beginning)?;
        return Ok((stored > 0).then(|| length as f64 / stored as f64));
    }
    let mut flow = BlockFlow::new(codec, MOST_SAMPLE_OUTPUT)?;
    let (mut input, mut output) = (0, 0);
    // Twice as much each time, so that little input of which much comes is told from much.
    while input < beginning.len() && output < SAMPLE_OUTPUT {
        let end = input.saturating_mul(2).max(32).min(beginning.len());
        output += match flow.push(&beginning.slice(input..end)) {
            Ok(bytes) => bytes.len(),
            Err(error) if matches!(error.kind(), ErrorKind::Limit(_)) => MOST_SAMPLE_OUTPUT,
            Err(error) => return Err(error),
        };
        input = end;
    }
    Ok((output > 0).then(|| output as f64 / input as f64))
}

/// Decompresses one block after the other.
pub(crate) struct Decompressor {
    codec: Codec,
    /// Made for the first block: a file without blocks needs none.
    decoder: Option<Box<dyn Decode>>,
    max_bytes: usize,
    /// Input and output bytes of the last block, to size the output of the next one.
    last: (usize, usize),
    /// The last block's bytes. When nobody else holds them any more, the next block goes there:
    /// fresh pages cost about as much as filling them.
    recycled: Bytes,
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("codec", &self.codec)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

/// One codec: bytes in, bytes out, nothing left over.
trait Decode: Send {
    /// Decompresses all of `input`, which is not empty.
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()>;
}

impl Decompressor {
    /// A decompressor of blocks that become at most `max_bytes` long.
    pub(crate) fn new(codec: Codec, max_bytes: usize) -> Self {
        Self {
            codec,
            decoder: None,
            max_bytes,
            last: (0, 0),
            recycled: Bytes::new(),
        }
    }

    /// The bytes of this block, uncompressed. With the null codec, these very bytes.
    ///
    /// A block of no bytes is one of no bytes with every codec: some writers end files with such
    /// blocks, and rows that need bytes are missed by whoever decodes them.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Limit`] of [`Limit::DecompressedBytes`] for more than `max_bytes`
    /// - [`ErrorKind::Compression`] for anything but complete streams with nothing after them
    /// - [`ErrorKind::Checksum`] for content that does not match its checksum, where the format
    ///   has one that tells
    ///
    /// The next block can be decompressed after an error too.
    pub(crate) fn decompress(&mut self, block: Bytes) -> Result<Bytes> {
        if self.codec == Codec::Null && block.len() > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        if self.codec == Codec::Null || block.is_empty() {
            return Ok(block);
        }
        #[cfg(feature = "zstandard")]
        if self.codec == Codec::Zstandard && block.len() > LARGE_BYTES {
            // Its two ways do not refuse the same frames, and a block must not depend on the way.
            let mut flow = BlockFlow::new(self.codec, self.max_bytes)?;
            let bytes = flow.push(&block)?;
            flow.finish(&mut std::iter::empty())?;
            return Ok(bytes);
        }
        let expected = self.guess(block.len());
        let mut output = Output::new(self.take_buffer(expected), expected, self.max_bytes);
        if self.decoder.is_none() {
            self.decoder = decoder(self.codec);
        }
        let Some(decoder) = &mut self.decoder else {
            return Err(self.codec.disabled());
        };
        decoder.decode(&block, &mut output)?;
        let bytes = Bytes::from(output.into_bytes());
        self.last = (block.len(), bytes.len());
        self.recycled = bytes.clone();
        Ok(bytes)
    }

    /// The last block's buffer if it is free, else a new one. Its content means nothing.
    fn take_buffer(&mut self, expected: usize) -> Vec<u8> {
        /// A buffer that is so many times too large is given back: a column that points into the
        /// block would keep all of it alive.
        const MAX_WASTE: usize = 4;

        let bytes = std::mem::take(&mut self.recycled);
        if !bytes.is_unique() {
            return Vec::new();
        }
        let buffer = Vec::from(bytes);
        if buffer.capacity() / MAX_WASTE > expected {
            Vec::new()
        } else {
            buffer
        }
    }

    /// What `input` bytes will probably become: as many as in the last block, and an eighth more.
    fn guess(&self, input: usize) -> usize {
        /// What codecs typically make of rows, for the first block.
        const FIRST_RATIO: usize = 4;

        let (last_input, last_output) = self.last;
        let guess = match (input as u128 * last_output as u128).checked_div(last_input as u128) {
            Some(guess) => guess + guess / 8,
            None => input as u128 * FIRST_RATIO as u128,
        };
        usize::try_from(guess).unwrap_or(usize::MAX)
    }
}

/// The decoder of this codec, unless it is null or not compiled in.
fn decoder(codec: Codec) -> Option<Box<dyn Decode>> {
    match codec {
        #[cfg(feature = "deflate")]
        Codec::Deflate => Some(Box::new(deflate::Deflate::new())),
        #[cfg(feature = "snappy")]
        Codec::Snappy => Some(Box::new(snappy::Snappy::new())),
        #[cfg(feature = "zstandard")]
        Codec::Zstandard => Some(Box::new(zstandard::Zstandard::new())),
        #[cfg(feature = "bzip2")]
        Codec::Bzip2 => Some(Box::new(bzip2::Bzip2)),
        #[cfg(feature = "xz")]
        Codec::Xz => Some(Box::new(xz::Xz)),
        Codec::Null => None,
        #[cfg(not(all(
            feature = "deflate",
            feature = "snappy",
            feature = "zstandard",
            feature = "bzip2",
            feature = "xz"
        )))]
        _ => None,
    }
}

/// The block has more uncompressed bytes than allowed.
#[cold]
fn too_large(max_bytes: usize) -> Error {
    Error::new(
        ErrorKind::Limit(Limit::DecompressedBytes),
        format!(
            "the block has more than {max_bytes} uncompressed bytes, the limit `decompressed_bytes`"
        ),
    )
}

/// There is no memory for what the block becomes, or for what it takes to decompress it.
#[cold]
fn out_of_memory(what: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::OutOfMemory,
        format!("there is not enough memory for {what}"),
    )
}

/// Makes room for so many more bytes.
fn reserve(bytes: &mut Vec<u8>, additional: usize) -> Result<()> {
    bytes.try_reserve_exact(additional).map_err(|_| {
        let total = bytes.len().saturating_add(additional);
        out_of_memory(format_args!("{total} bytes of a decompressed block"))
    })
}

/// Fails where there is no memory for a decompressor with a state of this size: for libraries whose
/// constructor panics then.
#[cfg(any(feature = "deflate", feature = "bzip2"))]
fn check_memory(codec: Codec, bytes: usize) -> Result<()> {
    match Vec::<u8>::new().try_reserve_exact(bytes) {
        Ok(()) => Ok(()),
        Err(_) => Err(out_of_memory(format_args!("the decompressor of {codec}"))),
    }
}

/// The library was used in a way that it does not allow.
#[cfg(any(feature = "zstandard", feature = "bzip2", feature = "xz"))]
#[cold]
fn misused(codec: Codec, what: impl fmt::Display) -> Error {
    internal(format!(
        "the decompressor of {codec} was used wrongly: {what}"
    ))
}

/// The compressed bytes are not what the codec writes.
#[cfg_attr(
    not(any(
        feature = "deflate",
        feature = "snappy",
        feature = "zstandard",
        feature = "bzip2",
        feature = "xz"
    )),
    expect(dead_code, reason = "only the optional codecs can fail like this")
)]
#[cold]
fn corrupt(codec: Codec, what: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::Compression,
        format!("the block does not decompress as {codec}: {what}"),
    )
}
