//! Raw deflate, without zlib's header and checksum.
//!
//! Almost without: Python's writers, the reference one among them, long made a block by cutting two
//! bytes off the front of a zlib stream and one off its end, which leaves the first three bytes of
//! the checksum. Such blocks are read, and the three bytes are checked.

use flate2::{Decompress, FlushDecompress, Status};

use super::flow::Flow;
use super::output::{Output, Step};
use super::{Codec, Decode, check_memory, corrupt, out_of_memory, too_large};
use crate::error::{Error, Result};
use crate::trusted::{Inflate, Inflated};

/// How many bytes of a checksum such writers leave.
const CHECKSUM_LEFT: usize = 3;

pub(super) struct Deflate {
    /// Made for the first block, because that can fail.
    inflate: Option<Inflate>,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self { inflate: None }
    }
}

impl Decode for Deflate {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        let inflate = match &mut self.inflate {
            Some(inflate) => inflate,
            None => self.inflate.insert(
                Inflate::new().ok_or_else(|| out_of_memory("the decompressor of deflate"))?,
            ),
        };
        let max_bytes = output.max_bytes();
        let mut bytes = output.start_expected()?;
        let used = loop {
            match inflate.inflate(input, bytes) {
                Inflated::Ended { .. } if bytes.len() > max_bytes => {
                    return Err(too_large(max_bytes));
                }
                Inflated::Ended { used } => break used,
                // From the start again: the doubling keeps this linear.
                Inflated::Full => bytes = output.grow()?,
                Inflated::Bad => {
                    return Err(damaged());
                }
            }
        };
        match input.get(used..).unwrap_or_default() {
            [] => Ok(()),
            rest => check_rest(rest, rest.len(), &mut std::iter::once(&**bytes)),
        }
    }
}

/// Checks what follows the stream, `length` bytes that begin with `rest`.
fn check_rest(rest: &[u8], length: usize, output: &mut dyn Iterator<Item = &[u8]>) -> Result<()> {
    if length == CHECKSUM_LEFT && adler32(output).to_be_bytes().starts_with(rest) {
        return Ok(());
    }
    Err(corrupt(
        Codec::Deflate,
        format_args!("{length} bytes after the end of the stream"),
    ))
}

fn damaged() -> Error {
    corrupt(Codec::Deflate, "the stream is damaged or incomplete")
}

/// The checksum of a zlib stream (RFC 1950, section 9).
fn adler32(output: &mut dyn Iterator<Item = &[u8]>) -> u32 {
    const MODULUS: u32 = 65_521;
    /// Most bytes before the sums can overflow.
    const STRIDE: usize = 5_552;

    let (mut a, mut b) = (1u32, 0u32);
    for stride in output.flat_map(|bytes| bytes.chunks(STRIDE)) {
        for &byte in stride {
            a += u32::from(byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}

/// The fast library cannot stop in the middle of a stream; another one can.
pub(super) struct DeflateFlow {
    stream: Decompress,
    has_ended: bool,
    /// What follows the stream: so many bytes, and the first of them.
    after: usize,
    rest: [u8; CHECKSUM_LEFT],
}

impl DeflateFlow {
    pub(super) fn new() -> Result<Self> {
        /// What the library allocates: a window of 32 KiB and its tables.
        const STATE_BYTES: usize = 128 << 10;

        check_memory(Codec::Deflate, STATE_BYTES)?;
        Ok(Self {
            stream: Decompress::new(false),
            has_ended: false,
            after: 0,
            rest: [0; CHECKSUM_LEFT],
        })
    }
}

impl Flow for DeflateFlow {
    fn step(&mut self, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
        if self.has_ended {
            let free = self.rest.iter_mut().skip(self.after);
            free.zip(input).for_each(|(to, from)| *to = *from);
            self.after = self.after.saturating_add(input.len());
            return Ok(Step {
                consumed: input.len(),
                ended: true,
            });
        }
        let before = self.stream.total_in();
        let status = self
            .stream
            .decompress_vec(input, bytes, FlushDecompress::None)
            .map_err(|_| damaged())?;
        self.has_ended = status == Status::StreamEnd;
        Ok(Step {
            consumed: (self.stream.total_in() - before) as usize,
            ended: self.has_ended,
        })
    }

    fn finish(&mut self, output: &mut dyn Iterator<Item = &[u8]>) -> Result<()> {
        match self.after {
            _ if !self.has_ended => Err(damaged()),
            0 => Ok(()),
            after => check_rest(&self.rest, after, output),
        }
    }
}
