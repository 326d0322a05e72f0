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
use super::{Codec, Decode, corrupt, too_large};
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
    DCtx::try_create().ok_or_else(|| corrupt(Codec::Zstandard, "no memory for the decoder"))
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

fn describe(code: usize) -> Error {
    corrupt(Codec::Zstandard, get_error_name(code))
}
