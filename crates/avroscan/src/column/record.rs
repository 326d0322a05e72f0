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
        Self {
            steps,
            fields: fields.into(),
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

    /// The kept fields as arrays, in the order of the file; the column is empty afterwards.
    pub(crate) fn finish_fields(&mut self) -> Result<Vec<ArrayRef>> {
        self.length = 0;
        self.columns().map(|column| column.finish(None)).collect()
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
        let length = std::mem::take(&mut self.length);
        // The fields of a null record are null as well: whoever takes a field out of the struct,
        // such as DataFusion's `get_field`, looks at the field alone.
        let arrays = self.columns().map(|column| column.finish(nulls.clone()));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let array = StructArray::try_new_with_length(self.fields.clone(), arrays, nulls, length);
        Ok(Arc::new(array.map_err(internal)?))
    }
}
