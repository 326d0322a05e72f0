//! Booleans: a byte each in the file, a bit each in the array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, BooleanBufferBuilder};
use arrow::buffer::NullBuffer;

use super::Build;
use crate::decode::Input;
use crate::error::Result;

pub(crate) struct BooleanColumn {
    values: BooleanBufferBuilder,
}

impl Default for BooleanColumn {
    fn default() -> Self {
        Self {
            values: BooleanBufferBuilder::new(0),
        }
    }
}

impl Build for BooleanColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        self.values.append(input.cursor.boolean()?);
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        self.values.append(false);
    }

    fn reserve(&mut self, additional: usize) {
        self.values.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        Ok(Arc::new(BooleanArray::new(self.values.finish(), nulls)))
    }
}
