//! Strings, bytes, and what becomes text.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};

use super::Build;
use super::primitive::internal;
use super::views::{ViewColumn, ViewValue, Views};
use crate::decode::Input;
use crate::error::Result;
use crate::plan::Sizes;

/// Strings.
#[derive(Default)]
pub(crate) struct Text;

pub(crate) type TextColumn = ViewColumn<Text>;

impl TextColumn {
    /// What one string takes.
    pub(super) const SIZES: Sizes = Sizes {
        encoded: 1,
        decoded: size_of::<u128>(),
    };
}

impl ViewValue for Text {
    const IS_TEXT: bool = true;

    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        views.read::<true>(input)
    }
}

/// Bytes.
#[derive(Default)]
pub(crate) struct Bytes;

pub(crate) type BytesColumn = ViewColumn<Bytes>;

impl ViewValue for Bytes {
    const IS_TEXT: bool = false;

    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        views.read::<false>(input)
    }
}

/// UUIDs stored as 16 bytes, as their canonical text.
#[derive(Default)]
pub(crate) struct Uuid;

pub(crate) type UuidColumn = ViewColumn<Uuid>;

impl Uuid {
    /// `00112233-4455-6677-8899-aabbccddeeff`
    fn text(uuid: [u8; 16]) -> [u8; 36] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut nibbles = uuid.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        std::array::from_fn(|i| match i {
            8 | 13 | 18 | 23 => b'-',
            _ => DIGITS[usize::from(nibbles.next().unwrap_or(0))],
        })
    }
}

impl ViewValue for Uuid {
    const IS_TEXT: bool = true;

    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        let text = Self::text(input.cursor.array()?);
        views.push(&text, input.budget)
    }
}

/// `fixed` of size 0: values without bytes, which only a variable-size array can count.
#[derive(Default)]
pub(crate) struct EmptyFixedColumn {
    length: usize,
}

impl Build for EmptyFixedColumn {
    fn read(&mut self, _: &mut Input<'_, '_>) -> Result<()> {
        self.length += 1;
        Ok(())
    }

    fn push_null(&mut self) {
        self.length += 1;
    }

    fn reserve(&mut self, _: usize) {}

    fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let offsets = OffsetBuffer::<i32>::new_zeroed(std::mem::take(&mut self.length));
        Ok(Arc::new(
            BinaryArray::try_new(offsets, Buffer::default(), nulls).map_err(internal)?,
        ))
    }
}
