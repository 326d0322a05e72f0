//! View arrays: 16 bytes a value, short values inside them, the content of longer ones in one
//! buffer a batch.

use arrow::array::ArrayRef;
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};

use super::trusted;
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};

/// Longest value that fits into a view (Arrow columnar format: "Variable-size Binary View").
const INLINE: usize = 12;

/// The views and their content.
#[derive(Default)]
pub(super) struct Views {
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
    pub(super) fn truncate(&mut self, length: usize) {
        self.views.truncate(length);
        let last = self
            .views
            .iter()
            .rev()
            .find(|&&view| view as u32 as usize > INLINE);
        let end = last.map_or(0, |&view| (view >> 96) as usize + view as u32 as usize);
        self.content.truncate(end);
    }

    /// What a null leaves in its place.
    #[inline]
    pub(super) fn push_empty(&mut self) {
        self.views.push(0);
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        self.views.reserve(additional);
    }

    /// The values as text: all that was pushed must be UTF-8.
    pub(super) fn finish_text(&mut self, nulls: Option<NullBuffer>) -> ArrayRef {
        let (views, buffers) = self.finish();
        trusted::string_views(views, buffers, nulls)
    }

    /// The views, and the buffer of content if there is any.
    pub(super) fn finish(&mut self) -> (ScalarBuffer<u128>, Vec<Buffer>) {
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
