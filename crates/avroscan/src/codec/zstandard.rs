//! Zstandard frames.
//!
//! Blocks are decompressed in one go instead of as a stream: there is then no window buffer, so
//! no frame can ask for memory beyond its output, and nothing is copied twice. Only of a large block,
//! which may be too large to wait for, is there a stream, whose window is no larger than a block may
//! become.

use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{
    DCtx, DParameter, InBuffer, OutBuffer, find_frame_compressed_size, get_error_name,
    get_frame_content_size,
};

use super::flow::Flow;
use super::output::{Output, Step};
use super::{Codec, Decode, corrupt, misused, out_of_memory, too_large};
use crate::error::{Error, Result};

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
            None => self.context.insert(new_context()?),
        };
        let declared = declared_len(input);
        let mut bytes = match declared {
            Some(len) if len > output.max_bytes() as u64 => {
                return Err(too_large(output.max_bytes()));
            }
            Some(len) => output.start(len as usize)?,
            None => output.start_expected()?,
        };
        loop {
            match context.decompress(bytes, input) {
                Ok(_) if bytes.len() > output.max_bytes() => {
                    return Err(too_large(output.max_bytes()));
                }
                Ok(_) => return Ok(()),
                // From the start again: the doubling keeps this linear.
                Err(OUTPUT_FULL) if declared.is_none() => bytes = output.grow()?,
                Err(code) => return Err(describe(code)),
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

fn new_context() -> Result<DCtx<'static>> {
    DCtx::try_create().ok_or_else(|| out_of_memory("the decompressor of zstandard"))
}

pub(super) struct ZstandardFlow {
    context: DCtx<'static>,
    /// Whether a frame has begun that has not ended.
    is_inside: bool,
}

impl ZstandardFlow {
    /// For blocks that become at most `max_bytes` long.
    pub(super) fn new(max_bytes: usize) -> Result<Self> {
        /// What the library can do.
        const WINDOW_LOGS: std::ops::RangeInclusive<u32> = 10..=30;

        let mut context = new_context()?;
        let window_log = max_bytes.max(1).ilog2();
        let window_log = window_log.clamp(*WINDOW_LOGS.start(), *WINDOW_LOGS.end());
        context
            .set_parameter(DParameter::WindowLogMax(window_log))
            .map_err(describe)?;
        Ok(Self {
            context,
            is_inside: false,
        })
    }
}

impl Flow for ZstandardFlow {
    fn step(&mut self, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
        if input.is_empty() && !self.is_inside {
            return Ok(Step::END);
        }
        let filled = bytes.len();
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around_pos(bytes, filled);
        let left = self
            .context
            .decompress_stream(&mut output, &mut input)
            .map_err(describe)?;
        self.is_inside = left > 0;
        Ok(Step {
            consumed: input.pos(),
            ended: !self.is_inside,
        })
    }

    fn finish(&mut self, _: &mut dyn Iterator<Item = &[u8]>) -> Result<()> {
        match self.is_inside {
            true => Err(corrupt(Codec::Zstandard, "the stream is incomplete")),
            false => Ok(()),
        }
    }
}

/// What an error code of the library says: who is to blame.
fn describe(code: usize) -> Error {
    use ZSTD_ErrorCode as Z;

    let name = get_error_name(code);
    let is = |known: Z| code == (known as usize).wrapping_neg();
    // `GENERIC` is what the decoders of tables answer to bytes that are none.
    const DAMAGE: [Z; 16] = [
        Z::ZSTD_error_GENERIC,
        Z::ZSTD_error_prefix_unknown,
        Z::ZSTD_error_version_unsupported,
        Z::ZSTD_error_frameParameter_unsupported,
        Z::ZSTD_error_frameParameter_windowTooLarge,
        Z::ZSTD_error_corruption_detected,
        Z::ZSTD_error_checksum_wrong,
        Z::ZSTD_error_literals_headerWrong,
        Z::ZSTD_error_dictionary_corrupted,
        Z::ZSTD_error_dictionary_wrong,
        Z::ZSTD_error_tableLog_tooLarge,
        Z::ZSTD_error_maxSymbolValue_tooLarge,
        Z::ZSTD_error_maxSymbolValue_tooSmall,
        Z::ZSTD_error_srcSize_wrong,
        Z::ZSTD_error_dstSize_tooSmall,
        Z::ZSTD_error_noForwardProgress_inputEmpty,
    ];
    if is(Z::ZSTD_error_memory_allocation) {
        out_of_memory("the decompressor of zstandard")
    } else if DAMAGE.into_iter().any(is) {
        corrupt(Codec::Zstandard, name)
    } else {
        misused(Codec::Zstandard, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn each_answer_of_the_library_is_the_fault_of_who_is_to_blame() {
        use ZSTD_ErrorCode as Z;

        for (answer, kind) in [
            (Z::ZSTD_error_corruption_detected, ErrorKind::Compression),
            (Z::ZSTD_error_checksum_wrong, ErrorKind::Compression),
            (Z::ZSTD_error_dstSize_tooSmall, ErrorKind::Compression),
            (Z::ZSTD_error_GENERIC, ErrorKind::Compression),
            (Z::ZSTD_error_memory_allocation, ErrorKind::OutOfMemory),
            (Z::ZSTD_error_stage_wrong, ErrorKind::Internal),
            (Z::ZSTD_error_parameter_outOfBound, ErrorKind::Internal),
        ] {
            let code = (answer as usize).wrapping_neg();
            assert_eq!(describe(code).kind(), kind, "{}", get_error_name(code));
        }
    }
}
