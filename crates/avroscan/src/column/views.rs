//! View arrays: 16 bytes a value, short values inside them, the content of longer ones in one
//! buffer a batch. All columns of text and bytes are one of these over a way to read a value.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewArray};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

use super::primitive::internal;
use super::{Build, trusted};
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};

/// Longest value that fits into a view (Arrow columnar format: "Variable-size Binary View").
const INLINE: usize = 12;

/// The views and their content.
#[derive(Default)]
pub(crate) struct Views {
    views: Vec<u128>,
    content: Vec<u8>,
}

impl Views {
    #[inline(always)]
    pub(super) fn push(&mut self, bytes: &[u8], input: &mut Input<'_>) -> Result<()> {
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
        input.charge(length)?;
        let (Ok(offset), Some(prefix)) =
            (i32::try_from(self.content.len()), bytes.first_chunk::<4>())
        else {
            return Err(too_much());
        };
        self.content.extend_from_slice(bytes);
        // Length, the first four bytes, the number of the buffer (the only one), the offset.
        let view =
            length as u128 | u128::from(u32::from_le_bytes(*prefix)) << 32 | (offset as u128) << 96;
        self.views.push(view);
        Ok(())
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
        let content = super::take(&mut self.content);
        let buffers = if content.is_empty() {
            Vec::new()
        } else {
            vec![Buffer::from_vec(content)]
        };
        (super::take(&mut self.views).into(), buffers)
    }
}

#[cold]
fn too_much() -> Error {
    Error::new(
        ErrorKind::Limit,
        "the text of one column in one batch passes 2 GiB",
    )
}

/// How a value of text or bytes is read.
pub(crate) trait ViewValue {
    /// Whether all that is pushed is UTF-8. What is not becomes a column of bytes.
    const IS_TEXT: bool;

    /// Reads one value from `input` and pushes it.
    fn read(&mut self, input: &mut Input<'_>, views: &mut Views) -> Result<()>;
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
    #[inline]
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        self.value.read(input, &mut self.views)
    }

    #[inline]
    fn push_null(&mut self) {
        self.views.views.push(0);
    }

    fn reserve(&mut self, additional: usize) {
        self.views.views.reserve(additional);
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
