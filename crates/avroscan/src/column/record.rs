//! Records: the fields of a row, kept or skipped, in the order of the file.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Fields};

use super::primitive::internal;
use super::{Build, Column};
use crate::decode::Input;
use crate::error::{Error, Result};
use crate::plan::{RecordPlan, Skip, Step};

pub(crate) struct RecordColumn {
    steps: Vec<FieldStep>,
    /// For each field, its number among the kept steps.
    order: Vec<usize>,
    fields: Fields,
    length: usize,
}

enum FieldStep {
    Keep { name: Arc<str>, column: Column },
    Skip(Skip),
}

impl RecordColumn {
    pub(crate) fn new(plan: &RecordPlan) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let steps = plan
            .steps
            .iter()
            .map(|step| match step {
                Step::Keep { name, value } => {
                    fields.push(value.field(name));
                    FieldStep::Keep {
                        name: name.clone(),
                        column: Column::new(value),
                    }
                }
                Step::Skip(skip) => FieldStep::Skip(skip.clone()),
            })
            .collect();
        let order = plan.order.clone();
        let fields = order.iter().filter_map(|&index| fields.get(index));
        Self {
            steps,
            fields: fields.cloned().collect(),
            order,
            length: 0,
        }
    }

    fn columns(&mut self) -> impl Iterator<Item = &mut Column> {
        self.steps.iter_mut().filter_map(|step| match step {
            FieldStep::Keep { column, .. } => Some(column),
            FieldStep::Skip(_) => None,
        })
    }

    /// Reads one record.
    #[inline]
    pub(crate) fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        for step in &mut self.steps {
            match step {
                FieldStep::Keep { name, column } => {
                    column.read(input).map_err(|error| in_field(error, name))?;
                }
                FieldStep::Skip(skip) => skip.skip(input)?,
            }
        }
        self.length += 1;
        Ok(())
    }

    pub(crate) fn reserve(&mut self, additional: usize) {
        self.columns().for_each(|column| column.reserve(additional));
    }

    /// Drops all rows but the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.columns().for_each(|column| column.truncate(length));
        self.length = self.length.min(length);
    }

    /// The fields as arrays, each with these nulls; the column is empty afterwards.
    fn finish_fields(&mut self, nulls: Option<&NullBuffer>) -> Result<Vec<ArrayRef>> {
        self.length = 0;
        let arrays = self.columns().map(|column| column.finish(nulls.cloned()));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let ordered = self.order.iter().filter_map(|&index| arrays.get(index));
        Ok(ordered.cloned().collect())
    }

    /// The fields as the columns of a batch; the column is empty afterwards.
    pub(crate) fn finish_row(&mut self) -> Result<Vec<ArrayRef>> {
        self.finish_fields(None)
    }
}

#[cold]
fn in_field(error: Error, name: &str) -> Error {
    error.in_field(name)
}

impl Build for RecordColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        Self::read(self, input)
    }

    fn push_null(&mut self) {
        self.columns().for_each(Build::push_null);
        self.length += 1;
    }

    fn reserve(&mut self, additional: usize) {
        Self::reserve(self, additional);
    }

    fn truncate(&mut self, length: usize) {
        Self::truncate(self, length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let length = self.length;
        // The fields of a null record are null as well: whoever takes a field out of the struct,
        // such as DataFusion's `get_field`, looks at the field alone.
        let arrays = self.finish_fields(nulls.as_ref())?;
        let array = StructArray::try_new_with_length(self.fields.clone(), arrays, nulls, length);
        Ok(Arc::new(array.map_err(internal)?))
    }
}
