//! The memory of columns: what is pushed value by value and becomes a buffer of the array.
//!
//! Fresh memory costs as much as decoding into it. A column therefore remembers the buffer that it
//! last handed out, and takes it again for the next batch if nobody holds it any more.

use std::ops::{Deref, DerefMut};

use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::ArrowNativeType;

/// Values of a fixed width.
#[derive(Debug)]
pub(super) struct Values<T> {
    values: Vec<T>,
    /// The last batch's.
    last: Buffer,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            last: Buffer::default(),
        }
    }
}

impl<T> Deref for Values<T> {
    type Target = Vec<T>;

    #[inline(always)]
    fn deref(&self) -> &Vec<T> {
        &self.values
    }
}

impl<T> DerefMut for Values<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.values
    }
}

impl<T: ArrowNativeType> Values<T> {
    /// The values as a buffer; there are none afterwards.
    pub(super) fn finish(&mut self) -> Buffer {
        let buffer = Buffer::from_vec(std::mem::take(&mut self.values));
        self.last = buffer.clone();
        buffer
    }

    /// Makes room for so many more values, at first in the memory of the last batch.
    pub(super) fn reserve(&mut self, additional: usize) {
        if self.values.capacity() == 0 && !self.last.is_empty() {
            let wanted = self.last.len() / size_of::<T>();
            let last = std::mem::take(&mut self.last).into_vec::<T>();
            self.values = last.unwrap_or_else(|_| Vec::with_capacity(wanted));
            self.values.clear();
        }
        self.values.reserve(additional);
    }
}

/// Bits: a byte each while they are pushed, packed in the end.
#[derive(Debug, Default)]
pub(super) struct Bits {
    /// Each 0 or 1.
    bytes: Vec<u8>,
}

impl Bits {
    #[inline(always)]
    pub(super) fn push(&mut self, bit: bool) {
        self.bytes.push(u8::from(bit));
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        self.bytes.reserve(additional);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// The bits packed; there are none afterwards.
    pub(super) fn finish(&mut self) -> BooleanBuffer {
        /// Moves the lowest bit of byte `i` to bit `56 + i`.
        const GATHER: u64 = 0x0102_0408_1020_4080;

        let mut packed = Vec::with_capacity(self.bytes.len().div_ceil(8));
        let (eights, rest) = self.bytes.as_chunks::<8>();
        packed.extend(eights.iter().map(|eight| {
            let bits = u64::from_le_bytes(*eight);
            (bits.wrapping_mul(GATHER) >> 56) as u8
        }));
        if !rest.is_empty() {
            let bits = rest.iter().rev().fold(0, |bits, bit| bits << 1 | bit);
            packed.push(bits);
        }
        let length = self.bytes.len();
        self.bytes.clear();
        BooleanBuffer::new(Buffer::from_vec(packed), 0, length)
    }

    /// The bits as validity, unless all values are valid; there are none afterwards.
    pub(super) fn finish_nulls(&mut self) -> Option<NullBuffer> {
        if self.bytes.iter().fold(1, |all, valid| all & valid) == 1 {
            self.bytes.clear();
            return None;
        }
        Some(NullBuffer::new(self.finish()))
    }
}
