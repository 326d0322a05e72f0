//! Values of one type that the file holds in several ways: as an int here and as a long there.

use arrow::array::{Array, ArrayRef, MutableArrayData, make_array};
use arrow::buffer::NullBuffer;
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::primitive::internal;
use super::{Build, Column};
use crate::decode::Input;
use crate::error::Result;
use crate::plan::ValuePlan;

/// A column for each way, put together at the end.
pub(super) struct Ways {
    columns: Vec<Column>,
    /// For each value: its way, and its number among the values of that way. Not kept for a single
    /// way.
    order: Vec<(usize, usize)>,
    /// How many values each way has so far.
    lengths: Vec<usize>,
}

impl Ways {
    pub(super) fn new(ways: &[ValuePlan]) -> Self {
        Self {
            columns: ways.iter().map(Column::new).collect(),
            order: Vec::new(),
            lengths: vec![0; ways.len()],
        }
    }

    /// Reads one value this way.
    pub(super) fn read(&mut self, way: usize, input: &mut Input<'_, '_>) -> Result<()> {
        if let Some(column) = self.columns.get_mut(way) {
            column.read(input)?;
        }
        self.push(way);
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        if let Some(column) = self.columns.first_mut() {
            column.push_null();
        }
        self.push(0);
    }

    fn push(&mut self, way: usize) {
        if let (true, Some(length)) = (self.columns.len() > 1, self.lengths.get_mut(way)) {
            self.order.push((way, *length));
            *length += 1;
        }
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        match &mut *self.columns {
            [column] => column.reserve(additional),
            _ => self.order.reserve(additional),
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        if let [column] = &mut *self.columns {
            column.truncate(length);
            return;
        }
        self.order.truncate(length);
        self.lengths.fill(0);
        for (way, _) in &self.order {
            if let Some(length) = self.lengths.get_mut(*way) {
                *length += 1;
            }
        }
        for (column, length) in self.columns.iter_mut().zip(&self.lengths) {
            column.truncate(*length);
        }
    }

    pub(super) fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        if let [column] = &mut *self.columns {
            return column.finish(nulls);
        }
        let order = std::mem::take(&mut self.order);
        self.lengths.fill(0);
        let mut validity: Vec<Vec<bool>> = vec![Vec::new(); self.columns.len()];
        for ((way, _), valid) in order.iter().zip(nulls.iter().flatten()) {
            if let Some(of_way) = validity.get_mut(*way) {
                of_way.push(valid);
            }
        }
        let mut arrays = Vec::new();
        for (column, valid) in self.columns.iter_mut().zip(validity) {
            let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
            arrays.push(column.finish(nulls)?);
        }
        put_together(&arrays, &order).map_err(internal)
    }
}

/// The values of these arrays in this order: of an array, and of a number in it.
fn put_together(arrays: &[ArrayRef], order: &[(usize, usize)]) -> Result<ArrayRef, ArrowError> {
    if !arrays
        .first()
        .is_some_and(|array| has_dictionary(array.data_type()))
    {
        let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
        return interleave(&arrays, order);
    }
    // All of them have the same dictionaries, which `interleave` would append to one another.
    let arrays: Vec<_> = arrays.iter().map(|array| array.to_data()).collect();
    let mut all = MutableArrayData::new(arrays.iter().collect(), false, order.len());
    for &(array, number) in order {
        all.try_extend(array, number, number + 1)?;
    }
    Ok(make_array(all.freeze()))
}

fn has_dictionary(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(..) => true,
        DataType::List(inner) | DataType::Map(inner, _) => has_dictionary(inner.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_dictionary(field.data_type())),
        _ => false,
    }
}
