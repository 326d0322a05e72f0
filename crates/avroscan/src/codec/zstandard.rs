//! Zstandard frames.
//!
//! Blocks are decompressed in one go instead of as a stream: there is then no window buffer, so
//! no frame can ask for memory beyond its output, and nothing is copied twice.

use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{DCtx, find_frame_compressed_size, get_error_name, get_frame_content_size};

use super::output::Output;
use super::{Codec, Decode, corrupt, too_large};
use crate::error::Result;

/// The densest thing in a frame is a run of 128 KiB written in four bytes.
const MAX_RATIO: u64 = (128 << 10) / 4;

/// What zstd answers when the output does not fit: its error codes are negated into `usize`.
const OUTPUT_FULL: usize = (ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall as usize).wrapping_neg();

pub(super) struct Zstandard {
    /// Made for the first block, because that can fail.
    context: Option<DCtx<'static>>,
}

impl Zstandard {
    pub(super) fn new() -> Self {
        Self { context: None }
    }
}

impl Decode for Zstandard {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        let context = match &mut self.context {
            Some(context) => context,
            None => self.context.insert(
                DCtx::try_create()
                    .ok_or_else(|| corrupt(Codec::Zstandard, "no memory for the decoder"))?,
            ),
        };
        let declared = declared_len(input);
        let mut bytes = match declared {
            Some(len) if len > output.max_bytes() as u64 => {
                return Err(too_large(output.max_bytes()));
            }
            Some(len) => output.start(len as usize),
            None => output.start_expected(),
        };
        loop {
            match context.decompress(bytes, input) {
                Ok(_) if bytes.len() > output.max_bytes() => {
                    return Err(too_large(output.max_bytes()));
                }
                Ok(_) => return Ok(()),
                // From the start again: the doubling keeps this linear.
                Err(OUTPUT_FULL) if declared.is_none() => bytes = output.grow()?,
                Err(code) => return Err(corrupt(Codec::Zstandard, get_error_name(code))),
            }
        }
    }
}

/// What all frames together say that they become, if they all do and if it is possible.
fn declared_len(input: &[u8]) -> Option<u64> {
    let mut sum = 0_u64;
    let mut rest = input;
    while !rest.is_empty() {
        let len = find_frame_compressed_size(rest).ok()?;
        sum = sum.checked_add(get_frame_content_size(rest).ok()??)?;
        rest = rest.get(len..)?;
    }
    (sum <= (input.len() as u64).saturating_mul(MAX_RATIO)).then_some(sum)
}
