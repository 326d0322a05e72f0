//! View arrays: 16 bytes a value, short values inside them, the content of longer ones in one
//! buffer a batch. All columns of text and bytes are one of these over a way to read a value.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewArray};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

use super::Build;
use super::primitive::internal;
use super::values::Values;
use crate::decode::{Budget, Input};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::trusted;

/// Longest value that fits into a view (Arrow columnar format: "Variable-size Binary View").
const INLINE: usize = 12;
/// The bits that no ASCII byte has.
const NOT_ASCII: u128 = u128::from_le_bytes([0x80; 16]);

/// Longest value that is copied whole, with what follows it, before its end is looked for: copying
/// a known number of bytes is two instructions, copying a varying one is a call.
const COPIED_WHOLE: usize = 64;

/// The views and their content.
#[derive(Default)]
pub(crate) struct Views {
    views: Values<u128>,
    content: Values<u8>,
}

impl Views {
    /// Reads a length and so many bytes, which must be UTF-8 if this is `TEXT`.
    #[inline(always)]
    pub(super) fn read<const TEXT: bool>(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let length = input.cursor.length()?;
        if length <= INLINE
            && let Some(bytes) = input.cursor.peek::<16>()
        {
            let word = u128::from_le_bytes(*bytes) & !(u128::MAX << (8 * length));
            let bytes = input.cursor.take(length)?;
            if TEXT && word & NOT_ASCII != 0 {
                check_utf8(bytes)?;
            }
            self.views.push(length as u128 | word << 32);
            return Ok(());
        }
        let whole = input.cursor.peek::<COPIED_WHOLE>();
        let bytes = input.cursor.take(length)?;
        if TEXT && !bytes.is_ascii() {
            check_utf8(bytes)?;
        }
        match whole {
            Some(whole) if length <= COPIED_WHOLE => {
                let view = self.view(bytes, input.budget)?;
                let end = self.content.len() + length;
                self.content.extend_from_slice(whole);
                self.content.truncate(end);
                self.views.push(view);
                Ok(())
            }
            _ => self.push(bytes, input.budget),
        }
    }

    /// Pushes a value of any length.
    pub(super) fn push(&mut self, bytes: &[u8], budget: &mut Budget<'_>) -> Result<()> {
        let length = bytes.len();
        if length <= INLINE {
            let mut view = [0u8; 16];
            let (head, tail) = view.split_at_mut(4);
            head.copy_from_slice(&(length as u32).to_le_bytes());
            if let Some(tail) = tail.get_mut(..length) {
                tail.copy_from_slice(bytes);
            }
            self.views.push(u128::from_le_bytes(view));
            return Ok(());
        }
        let view = self.view(bytes, budget)?;
        self.content.extend_from_slice(bytes);
        self.views.push(view);
        Ok(())
    }

    /// The view of a long value whose bytes are appended to the content next.
    #[inline(always)]
    fn view(&self, bytes: &[u8], budget: &mut Budget<'_>) -> Result<u128> {
        budget.charge(bytes.len())?;
        let (Ok(offset), Some(prefix)) =
            (i32::try_from(self.content.len()), bytes.first_chunk::<4>())
        else {
            return Err(too_much());
        };
        // Length, the first four bytes, the number of the buffer (the only one), the offset.
        let (length, prefix) = (bytes.len() as u128, u32::from_le_bytes(*prefix));
        Ok(length | u128::from(prefix) << 32 | (offset as u128) << 96)
    }

    fn reserve(&mut self, additional: usize) {
        self.views.reserve(additional);
        self.content.reserve(0);
    }

    /// Drops all values but the first `length`, with their content.
    fn truncate(&mut self, length: usize) {
        self.views.truncate(length);
        let last = self
            .views
            .iter()
            .rev()
            .find(|&&view| view as u32 as usize > INLINE);
        let end = last.map_or(0, |&view| (view >> 96) as usize + view as u32 as usize);
        self.content.truncate(end);
    }

    /// The views, and the buffer of content if there is any.
    fn finish(&mut self) -> (ScalarBuffer<u128>, Vec<Buffer>) {
        let length = self.views.len();
        let views = ScalarBuffer::new(self.views.finish(), 0, length);
        if self.content.is_empty() {
            return (views, Vec::new());
        }
        (views, vec![self.content.finish()])
    }
}

/// Text that is not ASCII is not rare: this is a call, and no cold one.
#[inline(never)]
fn check_utf8(bytes: &[u8]) -> Result<()> {
    simdutf8::basic::from_utf8(bytes)
        .map(drop)
        .map_err(|_| not_utf8(bytes))
}

#[cold]
fn not_utf8(bytes: &[u8]) -> Error {
    let valid = std::str::from_utf8(bytes)
        .err()
        .map_or(0, |error| error.valid_up_to());
    Error::new(
        ErrorKind::Utf8,
        format!(
            "a string of {} bytes is not UTF-8 from its byte {valid} on",
            bytes.len()
        ),
    )
}

#[cold]
fn too_much() -> Error {
    Error::new(
        ErrorKind::Limit(Limit::ColumnLength),
        "the text of one column in one batch passes 2 GiB",
    )
}

/// How a value of text or bytes is read.
pub(crate) trait ViewValue {
    /// Whether all that is pushed is UTF-8. What is not becomes a column of bytes.
    const IS_TEXT: bool;

    /// Reads one value from `input` and pushes it.
    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()>;
}

/// A column of text or bytes.
#[derive(Default)]
pub(crate) struct ViewColumn<V> {
    value: V,
    views: Views,
}

impl<V> ViewColumn<V> {
    pub(crate) fn new(value: V) -> Self {
        Self {
            value,
            views: Views::default(),
        }
    }
}

impl<V: ViewValue> Build for ViewColumn<V> {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        self.value.read(input, &mut self.views)
    }

    #[inline(always)]
    fn push_null(&mut self) {
        self.views.views.push(0);
    }

    fn reserve(&mut self, additional: usize) {
        self.views.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.views.truncate(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let (views, buffers) = self.views.finish();
        if V::IS_TEXT {
            return Ok(trusted::string_views(views, buffers, nulls));
        }
        let array = BinaryViewArray::try_new(views, buffers, nulls).map_err(internal)?;
        Ok(Arc::new(array))
    }
}
