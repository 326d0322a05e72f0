//! Booleans: a byte each in the file, a bit each in the array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray};
use arrow::buffer::NullBuffer;

use super::Build;
use super::values::Bits;
use crate::decode::Input;
use crate::error::Result;

#[derive(Default)]
pub(crate) struct BooleanColumn {
    values: Bits,
}

impl Build for BooleanColumn {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        self.values.push(input.cursor.boolean()?);
        Ok(())
    }

    #[inline(always)]
    fn push_null(&mut self) {
        self.values.push(false);
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
