//! Fixed: the same number of bytes for each value.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeBinaryArray};
use arrow::buffer::NullBuffer;

use super::Build;
use super::primitive::internal;
use super::values::Values;
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;

pub(crate) struct FixedColumn {
    /// At least 1.
    size: usize,
    values: Values<u8>,
}

impl FixedColumn {
    pub(crate) fn new(size: usize) -> Self {
        Self {
            size,
            values: Values::default(),
        }
    }
}

impl Build for FixedColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        self.values.extend_from_slice(input.cursor.take(self.size)?);
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        let length = self.values.len() + self.size;
        self.values.resize(length, 0);
    }

    fn reserve(&mut self, additional: usize) {
        self.values.reserve(additional * self.size);
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length * self.size);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let size = i32::try_from(self.size).map_err(|_| {
            Error::new(
                ErrorKind::Limit(Limit::FixedBytes),
                "a fixed is larger than 2 GiB",
            )
        })?;
        let values = self.values.finish();
        let array = FixedSizeBinaryArray::try_new(size, values, nulls).map_err(internal)?;
        Ok(Arc::new(array))
    }
}
