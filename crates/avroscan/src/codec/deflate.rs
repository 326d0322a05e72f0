//! Raw deflate, without zlib's header and checksum.
//!
//! Almost without: Python's writers, the reference one among them, long made a block by cutting two
//! bytes off the front of a zlib stream and one off its end, which leaves the first three bytes of
//! the checksum. Such blocks are read, and the three bytes are checked.

use super::output::Output;
use super::{Codec, Decode, corrupt, too_large};
use crate::error::Result;
use crate::trusted::{Inflate, Inflated};

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
                Inflate::new()
                    .ok_or_else(|| corrupt(Codec::Deflate, "no memory for the decoder"))?,
            ),
        };
        let max_bytes = output.max_bytes();
        let mut bytes = output.start_expected();
        let used = loop {
            match inflate.inflate(input, bytes) {
                Inflated::Ended { .. } if bytes.len() > max_bytes => {
                    return Err(too_large(max_bytes));
                }
                Inflated::Ended { used } => break used,
                // From the start again: the doubling keeps this linear.
                Inflated::Full => bytes = output.grow()?,
                Inflated::Bad => {
                    return Err(corrupt(
                        Codec::Deflate,
                        "the stream is damaged or incomplete",
                    ));
                }
            }
        };
        match input.get(used..).unwrap_or_default() {
            [] => Ok(()),
            [a, b, c] if adler32(bytes).to_be_bytes().starts_with(&[*a, *b, *c]) => Ok(()),
            rest => Err(corrupt(
                Codec::Deflate,
                format_args!("{} bytes after the end of the stream", rest.len()),
            )),
        }
    }
}

/// The checksum of a zlib stream (RFC 1950, section 9).
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    /// Most bytes before the sums can overflow.
    const STRIDE: usize = 5_552;

    let (mut a, mut b) = (1u32, 0u32);
    for stride in bytes.chunks(STRIDE) {
        for &byte in stride {
            a += u32::from(byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}
