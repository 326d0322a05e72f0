//! A block that is decompressed while its bytes still come.
//!
//! For blocks that are too large to wait for. It takes a codec whose library can stop anywhere: snappy's
//! cannot, so such a block is gathered first.

use bytes::Bytes;

use super::output::Step;
use super::{Codec, Decompressor, corrupt, out_of_memory, reserve, too_large};
use crate::error::Result;

/// The first reservation is at least this large, and later ones are as well.
const LEAST: usize = 64 << 10;

/// What codecs typically make of rows, for the first piece.
const FIRST_RATIO: usize = 4;

/// One codec, as much of a block at a time as there is.
pub(super) trait Flow: Send {
    /// Decompresses some of `input` and appends it to `bytes`, which has room. Called without input
    /// where more may come of what was given before.
    fn step(&mut self, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step>;

    /// There is no more input; `output` is all that came of it.
    fn finish(&mut self, output: &mut dyn Iterator<Item = &[u8]>) -> Result<()>;
}

/// Decompresses one block, piece by piece. What [`Decompressor`] refuses is refused here as well, as
/// soon as it is seen.
pub(crate) struct BlockFlow {
    codec: Codec,
    how: How,
    max_bytes: usize,
    /// Bytes so far.
    taken: usize,
    given: usize,
}

enum How {
    /// With the null codec, what comes is what goes.
    Through,
    Flow(Box<dyn Flow>),
    Gather(Vec<u8>),
}

impl BlockFlow {
    /// For a block that becomes at most `max_bytes` long.
    pub(crate) fn new(codec: Codec, max_bytes: usize) -> Result<Self> {
        let how = match codec {
            Codec::Null => How::Through,
            #[cfg(feature = "deflate")]
            Codec::Deflate => How::Flow(Box::new(super::deflate::DeflateFlow::new()?)),
            #[cfg(feature = "zstandard")]
            Codec::Zstandard => {
                How::Flow(Box::new(super::zstandard::ZstandardFlow::new(max_bytes)?))
            }
            #[cfg(feature = "bzip2")]
            Codec::Bzip2 => How::Flow(Box::new(super::bzip2::Bzip2Flow::new())),
            #[cfg(feature = "xz")]
            Codec::Xz => How::Flow(Box::new(super::xz::XzFlow::new()?)),
            _ => How::Gather(Vec::new()),
        };
        Ok(Self {
            codec,
            how,
            max_bytes,
            taken: 0,
            given: 0,
        })
    }

    /// What comes of the next piece of the block.
    pub(crate) fn push(&mut self, input: &Bytes) -> Result<Bytes> {
        let bytes = match &mut self.how {
            How::Through => input.clone(),
            How::Gather(gathered) => {
                gathered.try_reserve(input.len()).map_err(|_| {
                    out_of_memory(format_args!("{} bytes of a block", gathered.len()))
                })?;
                gathered.extend_from_slice(input);
                Bytes::new()
            }
            How::Flow(_) => self.drive(input)?,
        };
        self.taken += input.len();
        self.given += bytes.len();
        if self.given > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        Ok(bytes)
    }

    /// What is left when the block ends; `output` is all that came of it so far.
    pub(crate) fn finish(&mut self, output: &mut dyn Iterator<Item = &[u8]>) -> Result<Bytes> {
        match &mut self.how {
            How::Through => Ok(Bytes::new()),
            How::Flow(flow) => flow.finish(output).map(|()| Bytes::new()),
            How::Gather(gathered) => {
                let gathered = Bytes::from(std::mem::take(gathered));
                Decompressor::new(self.codec, self.max_bytes).decompress(gathered)
            }
        }
    }

    fn drive(&mut self, input: &[u8]) -> Result<Bytes> {
        let How::Flow(flow) = &mut self.how else {
            return Ok(Bytes::new());
        };
        // One more than allowed tells a block that is too large from one that exactly fits.
        let most = self.max_bytes.saturating_add(1).saturating_sub(self.given);
        let expected =
            match (input.len() as u128 * self.given as u128).checked_div(self.taken as u128) {
                Some(expected) => expected + expected / 8,
                None => (input.len() * FIRST_RATIO) as u128,
            };
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        reserve(&mut bytes, expected.max(LEAST).min(most))?;
        let mut rest = input;
        loop {
            if bytes.len() == bytes.capacity() {
                let more = bytes.len().max(LEAST).min(most.saturating_sub(bytes.len()));
                if more == 0 {
                    return Err(too_large(self.max_bytes));
                }
                reserve(&mut bytes, more)?;
            }
            let before = bytes.len();
            let Step { consumed, .. } = flow.step(rest, &mut bytes)?;
            rest = rest.get(consumed..).unwrap_or_default();
            if bytes.len() == bytes.capacity() {
                continue;
            }
            if rest.is_empty() {
                return Ok(Bytes::from(bytes));
            }
            if consumed == 0 && bytes.len() == before {
                return Err(corrupt(self.codec, "the stream does not go on"));
            }
        }
    }
}
