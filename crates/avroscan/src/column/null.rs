//! The null type: values without bytes.

use std::sync::Arc;

use arrow::array::{ArrayRef, NullArray};
use arrow::buffer::NullBuffer;

use super::Build;
use crate::decode::Input;
use crate::error::Result;

#[derive(Default)]
pub(crate) struct NullColumn {
    length: usize,
}

impl Build for NullColumn {
    #[inline]
    fn read(&mut self, _: &mut Input<'_, '_>) -> Result<()> {
        self.length += 1;
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        self.length += 1;
    }

    fn reserve(&mut self, _: usize) {}

    fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// A null array has no null buffer: all of it is null anyway.
    fn finish(&mut self, _: Option<NullBuffer>) -> Result<ArrayRef> {
        Ok(Arc::new(NullArray::new(std::mem::take(&mut self.length))))
    }
}
