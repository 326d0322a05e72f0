//! Raw deflate, without zlib's header and checksum.
//!
//! Almost without: Python's writers, the reference one among them, long made a block by cutting two
//! bytes off the front of a zlib stream and one off its end, which leaves the first three bytes of
//! the checksum. Such blocks are read, and the three bytes are checked.

use flate2::{Decompress, FlushDecompress, Status};

use super::output::{Output, Step};
use super::{Codec, Decode, corrupt};
use crate::error::Result;

pub(super) struct Deflate {
    inflate: Decompress,
}

impl Deflate {
    pub(super) fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
        }
    }
}

impl Decode for Deflate {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        self.inflate.reset(false);
        output.start_expected();
        let used = output.drive(input, |rest, bytes| {
            let before = self.inflate.total_in();
            let status = self
                .inflate
                .decompress_vec(rest, bytes, FlushDecompress::Finish)
                .map_err(|error| corrupt(Codec::Deflate, error))?;
            Ok(Step {
                consumed: (self.inflate.total_in() - before) as usize,
                ended: status == Status::StreamEnd,
            })
        })?;
        match used {
            None => Err(corrupt(Codec::Deflate, "the stream is incomplete")),
            Some(used) => match input.get(used..).unwrap_or_default() {
                [] => Ok(()),
                [a, b, c]
                    if adler32(output.bytes())
                        .to_be_bytes()
                        .starts_with(&[*a, *b, *c]) =>
                {
                    Ok(())
                }
                rest => Err(corrupt(
                    Codec::Deflate,
                    format_args!("{} bytes after the end of the stream", rest.len()),
                )),
            },
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
