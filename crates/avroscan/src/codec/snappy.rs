//! Snappy's raw format, with a checksum after it.
//!
//! ```text
//! | length, varint | literals and copies .. | CRC-32 of the uncompressed bytes, big-endian |
//! ```

use snap::raw::{Decoder, decompress_len};

use super::output::Output;
use super::{Codec, Decode, corrupt};
use crate::error::{Error, ErrorKind, Result};

/// A copy of 64 bytes is written in three: nothing in the format makes more out of less.
const MAX_RATIO: usize = 64 / 3 + 1;

/// How long a block says that it becomes, by its first bytes.
pub(super) fn length(beginning: &[u8]) -> Result<usize> {
    decompress_len(beginning).map_err(|error| corrupt(Codec::Snappy, error))
}

pub(super) struct Snappy {
    decoder: Decoder,
}

impl Snappy {
    pub(super) fn new() -> Self {
        Self {
            decoder: Decoder::new(),
        }
    }
}

impl Decode for Snappy {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        let Some((compressed, checksum)) = input.split_last_chunk::<4>() else {
            return Err(corrupt(
                Codec::Snappy,
                format_args!("{} bytes are too few for the checksum", input.len()),
            ));
        };
        let len = decompress_len(compressed).map_err(|error| corrupt(Codec::Snappy, error))?;
        // Checked first, so that a damaged length counts as damage and not as a limit.
        if len > compressed.len().saturating_mul(MAX_RATIO) {
            return Err(corrupt(
                Codec::Snappy,
                format_args!("{} bytes cannot become {len}", compressed.len()),
            ));
        }
        let bytes = output.exactly(len)?;
        let written = self
            .decoder
            .decompress(compressed, bytes)
            .map_err(|error| corrupt(Codec::Snappy, error))?;
        debug_assert_eq!(written, len);

        let expected = u32::from_be_bytes(*checksum);
        let found = crc32fast::hash(bytes);
        if found != expected {
            return Err(Error::new(
                ErrorKind::Checksum,
                format!(
                    "the block's bytes have the CRC-32 {found:08x}, its checksum is {expected:08x}"
                ),
            ));
        }
        Ok(())
    }
}
