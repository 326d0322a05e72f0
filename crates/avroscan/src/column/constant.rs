//! Values that are not in the file: the default of a field, or null where the file's type is null.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::DataType;

use super::list::too_many;
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
    /// Once it has been read.
    one: Option<One>,
    /// Bytes of a value that are known before it is read, and charged by whoever reads the row.
    fixed_bytes: usize,
    length: usize,
}

/// The value as an array of one.
struct One {
    array: ArrayRef,
    /// What each repetition takes beside the fixed bytes: the items of arrays and maps.
    more_bytes: usize,
    /// How often it can be repeated: Arrow numbers 2^31 items of a column.
    most: usize,
}

impl One {
    fn new(array: ArrayRef, fixed_bytes: usize) -> Result<Self> {
        Ok(Self {
            more_bytes: bytes_of(&array)?.saturating_sub(fixed_bytes),
            most: i32::MAX as usize / most_items(&array).max(1),
            array,
        })
    }
}

/// Bytes of values, but for the content of text and the symbols of enums: repetitions share them.
fn bytes_of(values: &dyn Array) -> Result<usize> {
    let offsets = values.len().saturating_mul(size_of::<i32>());
    Ok(match values.data_type() {
        DataType::List(_) => offsets.saturating_add(bytes_of(values.as_list::<i32>().values())?),
        DataType::Map(..) => offsets.saturating_add(bytes_of(values.as_map().entries())?),
        DataType::Struct(_) => {
            let fields = values.as_struct().columns().iter();
            fields.map(|field| bytes_of(field)).sum::<Result<_>>()?
        }
        DataType::Dictionary(..) => offsets,
        _ => {
            let bytes = values.to_data().get_slice_memory_size();
            bytes.map_err(internal)?
        }
    })
}

/// Most items of any one array or map type inside of these values.
fn most_items(values: &dyn Array) -> usize {
    match values.data_type() {
        DataType::List(_) => {
            let items = values.as_list::<i32>().values();
            items.len().max(most_items(items))
        }
        DataType::Map(..) => {
            let entries = values.as_map().entries();
            entries.len().max(most_items(entries))
        }
        DataType::Struct(_) => {
            let fields = values.as_struct().columns().iter();
            fields.map(|field| most_items(field)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

impl ConstantColumn {
    pub(crate) fn new(value: &ValuePlan, bytes: Arc<[u8]>) -> Self {
        Self {
            value: Column::new(value),
            bytes,
            one: None,
            fixed_bytes: value.sizes.decoded,
            length: 0,
        }
    }

    #[cold]
    fn read_one(&mut self, input: &Input<'_, '_>) -> Result<One> {
        let mut budget = input.budget.of_constant();
        let read = self.value.read(&mut Input::new(&self.bytes, &mut budget));
        // What was read of a value that is not valid must not stay.
        read.inspect_err(|_| self.value.truncate(0))?;
        One::new(self.value.finish(None)?, self.fixed_bytes)
    }
}

impl Build for ConstantColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        if self.one.is_none() {
            self.one = Some(self.read_one(input)?);
        }
        if let Some(one) = &self.one {
            if self.length >= one.most {
                return Err(too_many());
            }
            input.budget.charge(one.more_bytes)?;
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
        let value = match &self.one {
            Some(one) => one.array.clone(),
            None => {
                if length > 0 {
                    self.value.push_null();
                }
                self.value.finish(None)?
            }
        };
        let first = UInt32Array::new(vec![0; length].into(), nulls);
        let levels = arrow_type::levels(value.data_type());
        stack::with_levels(TAKE * levels, || take(&value, &first, None)).map_err(internal)
    }
}
