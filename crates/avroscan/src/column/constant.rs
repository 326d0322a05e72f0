//! Values that are not in the file: the default of a field, or null where the file's type is null.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::take;

use super::primitive::internal;
use super::{Build, Column};
use crate::arrow_type;
use crate::decode::Input;
use crate::error::Result;
use crate::plan::ValuePlan;
use crate::stack;

/// Times the stack that other functions of Arrow take for a level: `take` has large frames.
const TAKE: usize = 8;

pub(crate) struct ConstantColumn {
    /// Reads the one value.
    value: Column,
    /// The encoding of it.
    bytes: Arc<[u8]>,
    /// Whether `value` holds it.
    is_read: bool,
    length: usize,
}

impl ConstantColumn {
    pub(crate) fn new(value: &ValuePlan, bytes: Arc<[u8]>) -> Self {
        Self {
            value: Column::new(value),
            bytes,
            is_read: false,
            length: 0,
        }
    }
}

impl Build for ConstantColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        if !self.is_read {
            let mut budget = input.budget.of_constant();
            let read = self.value.read(&mut Input::new(&self.bytes, &mut budget));
            // What was read of a value that is not valid must not stay.
            read.inspect_err(|_| self.value.truncate(0))?;
            self.is_read = true;
        }
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
        let length = std::mem::take(&mut self.length);
        if !std::mem::take(&mut self.is_read) && length > 0 {
            self.value.push_null();
        }
        let value = self.value.finish(None)?;
        let first = UInt32Array::new(vec![0; length].into(), nulls);
        let levels = arrow_type::levels(value.data_type());
        stack::with_levels(TAKE * levels, || take(&value, &first, None)).map_err(internal)
    }
}
