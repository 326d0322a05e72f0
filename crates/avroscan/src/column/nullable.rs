//! Unions of one type and null: a branch index before each value.

use arrow::array::{ArrayRef, BooleanBufferBuilder};
use arrow::buffer::NullBuffer;

use super::{Build, Column};
use crate::decode::Input;
use crate::error::Result;
use crate::plan::NullBranch;

pub(crate) struct NullableColumn {
    branches: usize,
    null: Option<usize>,
    validity: BooleanBufferBuilder,
    values: Column,
}

impl NullableColumn {
    pub(crate) fn new(branch: NullBranch, values: Column) -> Self {
        let (branches, null) = match branch {
            NullBranch::First => (2, Some(0)),
            NullBranch::Second => (2, Some(1)),
            NullBranch::Never => (1, None),
        };
        Self {
            branches,
            null,
            validity: BooleanBufferBuilder::new(0),
            values,
        }
    }
}

impl Build for NullableColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        let index = input.cursor.index(self.branches, "a union branch")?;
        if Some(index) == self.null {
            self.push_null();
            return Ok(());
        }
        self.values.read(input)?;
        self.validity.append(true);
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        self.validity.append(false);
        self.values.push_null();
    }

    fn reserve(&mut self, additional: usize) {
        self.validity.reserve(additional);
        self.values.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.validity.truncate(length);
        self.values.truncate(length);
    }

    /// The nulls of this column are its own: whatever encloses it has pushed its nulls here too.
    fn finish(&mut self, _: Option<NullBuffer>) -> Result<ArrayRef> {
        let nulls = NullBuffer::new(self.validity.finish());
        self.values
            .finish((nulls.null_count() > 0).then_some(nulls))
    }
}
