//! Unions of one type and null: a branch index before each value.

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;

use super::Build;
use super::values::Bits;
use crate::decode::Input;
use crate::error::Result;
use crate::plan::NullBranch;

/// A column with its validity. The common types of column are known when this is compiled: such a
/// value is read in one step.
pub(crate) struct NullableColumn<C> {
    branches: usize,
    null: Option<usize>,
    validity: Bits,
    values: C,
}

impl<C> NullableColumn<C> {
    pub(crate) fn new(branch: NullBranch, values: C) -> Self {
        let (branches, null) = match branch {
            NullBranch::First => (2, Some(0)),
            NullBranch::Second => (2, Some(1)),
            NullBranch::Never => (1, None),
        };
        Self {
            branches,
            null,
            validity: Bits::default(),
            values,
        }
    }
}

impl<C: Build> Build for NullableColumn<C> {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let index = input.cursor.index(self.branches, "a union branch")?;
        if Some(index) == self.null {
            self.push_null();
            return Ok(());
        }
        self.values.read(input)?;
        self.validity.push(true);
        Ok(())
    }

    #[inline(always)]
    fn push_null(&mut self) {
        self.validity.push(false);
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
        let nulls = self.validity.finish_nulls();
        self.values.finish(nulls)
    }
}
