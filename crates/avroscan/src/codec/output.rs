//! The uncompressed bytes of one block while they are written.

use super::{reserve, too_large};
use crate::error::Result;

/// The first reservation is at least this large, so that tiny blocks do not grow in tiny steps.
const LEAST: usize = 1024;

/// A buffer that grows up to a limit.
///
/// It starts with the expected size and doubles when that was too little, so the work is linear
/// in the output. It may be one byte larger than the limit: a full buffer then tells a block that
/// is too large from one that exactly fits.
pub(super) struct Output {
    bytes: Vec<u8>,
    expected: usize,
    max_bytes: usize,
}

/// What one call of a streaming decoder did.
pub(super) struct Step {
    /// Bytes of the input that were used up.
    pub(super) consumed: usize,
    /// Whether the compressed stream ended.
    pub(super) ended: bool,
}

impl Step {
    /// Nothing was left to do.
    pub(super) const END: Self = Self {
        consumed: 0,
        ended: true,
    };
}

impl Output {
    /// An output of `expected` bytes, as far as known, into this recycled buffer.
    pub(super) fn new(buffer: Vec<u8>, expected: usize, max_bytes: usize) -> Self {
        Self {
            bytes: buffer,
            expected,
            max_bytes,
        }
    }

    /// The most bytes that may come out.
    pub(super) fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// The finished bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The buffer, empty, with room for at least `capacity` bytes (but never for more than the
    /// limit and one).
    ///
    /// # Errors
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory), here and wherever the buffer grows.
    pub(super) fn start(&mut self, capacity: usize) -> Result<&mut Vec<u8>> {
        self.bytes.clear();
        let capacity = capacity.max(LEAST).min(self.most());
        reserve(&mut self.bytes, capacity)?;
        Ok(&mut self.bytes)
    }

    /// The buffer, empty, with room for what is expected.
    pub(super) fn start_expected(&mut self) -> Result<&mut Vec<u8>> {
        self.start(self.expected)
    }

    /// Exactly `len` bytes to overwrite, within the limit. Their content means nothing.
    pub(super) fn exactly(&mut self, len: usize) -> Result<&mut [u8]> {
        if len > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        // Old content stays where it is: zeroing it would be as much work as a fast codec's own.
        self.bytes.truncate(len);
        let missing = len - self.bytes.len();
        reserve(&mut self.bytes, missing)?;
        self.bytes.resize(len, 0);
        Ok(&mut self.bytes)
    }

    /// Makes room for twice as much.
    pub(super) fn grow(&mut self) -> Result<&mut Vec<u8>> {
        let capacity = self.bytes.capacity();
        if capacity >= self.most() {
            return Err(too_large(self.max_bytes));
        }
        let larger = capacity.saturating_mul(2).max(LEAST).min(self.most());
        let missing = larger - self.bytes.len();
        reserve(&mut self.bytes, missing)?;
        Ok(&mut self.bytes)
    }

    /// Runs a streaming decoder over `input` until its stream ends, and returns how many bytes it
    /// used, or `None` if the stream is incomplete.
    ///
    /// `step` is given the rest of the input and a buffer to append to, never a full one.
    pub(super) fn drive(
        &mut self,
        input: &[u8],
        mut step: impl FnMut(&[u8], &mut Vec<u8>) -> Result<Step>,
    ) -> Result<Option<usize>> {
        let mut rest = input;
        loop {
            if self.bytes.len() == self.bytes.capacity() {
                self.grow()?;
            }
            let before = self.bytes.len();
            let Step { consumed, ended } = step(rest, &mut self.bytes)?;
            rest = rest.get(consumed..).unwrap_or_default();
            if self.bytes.len() > self.max_bytes {
                return Err(too_large(self.max_bytes));
            }
            if ended {
                return Ok(Some(input.len() - rest.len()));
            }
            let is_full = self.bytes.len() == self.bytes.capacity();
            let is_stuck = consumed == 0 && self.bytes.len() == before;
            if !is_full && (rest.is_empty() || is_stuck) {
                return Ok(None);
            }
        }
    }

    /// The most bytes that are ever reserved.
    fn most(&self) -> usize {
        self.max_bytes.saturating_add(1)
    }
}
