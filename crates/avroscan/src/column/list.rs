//! Arrays and maps: blocks of items, each with its count, ended by an empty block.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};

use super::binary::TextColumn;
use super::primitive::internal;
use super::values::Values;
use super::{Build, Column};
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::plan::{Sizes, ValuePlan};

/// Most items reserved at once on a count's word; beyond it they must have been read.
const RESERVED_AT_ONCE: usize = 4096;
/// Fewest items worth reserving for.
const RESERVED_FROM: usize = 16;

/// Where each value's items end.
#[derive(Default)]
struct Ends {
    /// Begins with a 0 once there is a value.
    offsets: Values<i32>,
}

impl Ends {
    #[inline(always)]
    fn items(&self) -> usize {
        self.offsets.last().map_or(0, |&end| end as usize)
    }

    /// Ends a value after so many more items.
    #[inline(always)]
    fn push(&mut self, items: usize) -> Result<()> {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let end = i32::try_from(self.items().saturating_add(items)).map_err(|_| too_many())?;
        self.offsets.push(end);
        Ok(())
    }

    fn push_null(&mut self) {
        let end = self.items() as i32;
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.offsets.push(end);
    }

    /// Cuts back to so many values and returns how many items they have.
    fn truncate(&mut self, length: usize) -> usize {
        self.offsets.truncate(length + 1);
        self.items()
    }

    fn finish(&mut self) -> OffsetBuffer<i32> {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let length = self.offsets.len();
        OffsetBuffer::new(ScalarBuffer::new(self.offsets.finish(), 0, length))
    }
}

#[cold]
pub(super) fn too_many() -> Error {
    Error::new(
        ErrorKind::Limit(Limit::ColumnLength),
        "the items of one column in one batch pass 2^31",
    )
}

/// What a list or map array is made of, one item at a time.
pub(crate) trait Items {
    /// Reads so many items.
    fn read_items(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()>;
    fn reserve_items(&mut self, additional: usize);
    fn truncate_items(&mut self, length: usize);
    /// The array over all items and their ends.
    fn finish_items(
        &mut self,
        field: &FieldRef,
        ends: OffsetBuffer<i32>,
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef>;
}

/// A column of arrays or maps.
pub(crate) struct ItemsColumn<I> {
    ends: Ends,
    items: I,
    /// Of one item.
    sizes: Sizes,
    /// Of the items, or of the map's entries.
    field: FieldRef,
}

/// A column of arrays.
pub(crate) type ListColumn = ItemsColumn<Column>;
/// A column of maps.
pub(crate) type MapColumn = ItemsColumn<Entries>;

impl ListColumn {
    pub(crate) fn new(item: &ValuePlan, field: FieldRef) -> Self {
        Self {
            ends: Ends::default(),
            items: Column::new(item),
            sizes: item.sizes,
            field,
        }
    }
}

impl MapColumn {
    pub(crate) fn new(value: &ValuePlan, field: FieldRef) -> Self {
        let entries = Entries {
            keys: TextColumn::default(),
            values: Column::new(value),
        };
        let sizes = TextColumn::SIZES.plus(value.sizes);
        Self {
            ends: Ends::default(),
            items: entries,
            sizes,
            field,
        }
    }
}

impl<I: Items> Build for ItemsColumn<I> {
    #[inline(never)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let mut local = input.copy();
        let mut items = 0usize;
        while let Some(block) = local.item_block(self.sizes.encoded, self.sizes.decoded)? {
            // A few items are cheaper to push than to reserve for through the whole tree below.
            if block.count > RESERVED_FROM {
                self.items.reserve_items(block.count.min(RESERVED_AT_ONCE));
            }
            let read = local.with(|input| self.items.read_items(block.count, input));
            read.map_err(Error::in_items)?;
            local.cursor.end_item_block(block)?;
            items = items.saturating_add(block.count);
        }
        input.cursor = local.cursor;
        self.ends.push(items)
    }

    fn push_null(&mut self) {
        self.ends.push_null();
    }

    fn reserve(&mut self, additional: usize) {
        self.ends.offsets.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        let items = self.ends.truncate(length);
        self.items.truncate_items(items);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        self.items
            .finish_items(&self.field, self.ends.finish(), nulls)
    }
}

impl Items for Column {
    fn read_items(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()> {
        self.read_several(count, input)
    }

    fn reserve_items(&mut self, additional: usize) {
        self.reserve(additional);
    }

    fn truncate_items(&mut self, length: usize) {
        self.truncate(length);
    }

    fn finish_items(
        &mut self,
        field: &FieldRef,
        ends: OffsetBuffer<i32>,
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef> {
        let items = self.finish(None)?;
        Ok(Arc::new(
            ListArray::try_new(field.clone(), ends, items, nulls).map_err(internal)?,
        ))
    }
}

/// The entries of maps, all keys and all values. A key that a writer repeats stays repeated.
pub(crate) struct Entries {
    keys: TextColumn,
    values: Column,
}

impl Items for Entries {
    fn read_items(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()> {
        let mut local = input.copy();
        for _ in 0..count {
            self.keys.read(&mut local)?;
            self.values.read(&mut local)?;
        }
        input.cursor = local.cursor;
        Ok(())
    }

    fn reserve_items(&mut self, additional: usize) {
        self.keys.reserve(additional);
        self.values.reserve(additional);
    }

    fn truncate_items(&mut self, length: usize) {
        self.keys.truncate(length);
        self.values.truncate(length);
    }

    fn finish_items(
        &mut self,
        field: &FieldRef,
        ends: OffsetBuffer<i32>,
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef> {
        let columns = vec![self.keys.finish(None)?, self.values.finish(None)?];
        let fields = match field.data_type() {
            DataType::Struct(fields) => fields.clone(),
            _ => Fields::empty(),
        };
        let entries = StructArray::try_new(fields, columns, None).map_err(internal)?;
        let map = MapArray::try_new(field.clone(), ends, entries, nulls, false);
        Ok(Arc::new(map.map_err(internal)?))
    }
}
