//! Records: the fields of a row, kept or skipped, in the order of the file.
//!
//! A record that is a field of a record and cannot be null takes no bytes of its own: its fields are
//! read as if they were fields of the outer one, and become a struct when the batch is done.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Fields};

use super::primitive::internal;
use super::{Build, Column};
use crate::decode::Input;
use crate::error::{Error, Result};
use crate::plan::{RecordPlan, Shape, Skip, Step};

#[derive(Default)]
pub(crate) struct RecordColumn {
    steps: Vec<FieldStep>,
    layout: Layout,
    length: usize,
}

/// Its tag is a byte of its own, as that of [`Column`] is.
#[repr(u8)]
enum FieldStep {
    Keep {
        /// Where the value is in the record, as errors name it.
        path: Arc<str>,
        column: Column,
    },
    Skip(Skip),
}

/// Which columns are the fields of a record.
#[derive(Default)]
struct Layout {
    /// In the order of the columns.
    parts: Vec<Part>,
    /// For each field, its number among `parts`.
    order: Vec<usize>,
    fields: Fields,
}

enum Part {
    /// The next column.
    Column,
    /// As many of the next columns as its fields take.
    Record(Layout),
}

impl Layout {
    /// The layout of a record at `path`, whose steps are added to `steps`.
    fn new(plan: &RecordPlan, path: Option<&str>, steps: &mut Vec<FieldStep>) -> Self {
        let mut parts = Vec::new();
        let mut fields: Vec<Field> = Vec::new();
        for step in &plan.steps {
            let (name, value) = match step {
                Step::Keep { name, value } => (name, value),
                Step::Skip(skip) => {
                    steps.push(FieldStep::Skip(skip.clone()));
                    continue;
                }
            };
            let path = match path {
                Some(path) => format!("{path}.{name}").into(),
                None => name.clone(),
            };
            fields.push(value.field(name));
            parts.push(match (&value.shape, value.nulls) {
                (Shape::Record(plan), None) => Part::Record(Self::new(plan, Some(&path), steps)),
                _ => {
                    let column = Column::new(value);
                    steps.push(FieldStep::Keep { path, column });
                    Part::Column
                }
            });
        }
        let order = plan.order.clone();
        let fields = order.iter().filter_map(|&index| fields.get(index));
        Self {
            fields: fields.cloned().collect(),
            parts,
            order,
        }
    }

    /// The fields as arrays, made of the next of `columns`, structs with these nulls.
    fn fields(
        &self,
        columns: &mut impl Iterator<Item = ArrayRef>,
        nulls: Option<&NullBuffer>,
        length: usize,
    ) -> Result<Vec<ArrayRef>> {
        let mut arrays = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Column => arrays.extend(columns.next()),
                Part::Record(layout) => arrays.push(layout.array(columns, nulls, length)?),
            }
        }
        let ordered = self.order.iter().filter_map(|&index| arrays.get(index));
        Ok(ordered.cloned().collect())
    }

    fn array(
        &self,
        columns: &mut impl Iterator<Item = ArrayRef>,
        nulls: Option<&NullBuffer>,
        length: usize,
    ) -> Result<ArrayRef> {
        let arrays = self.fields(&mut *columns, nulls, length)?;
        let (fields, nulls) = (self.fields.clone(), nulls.cloned());
        let array = StructArray::try_new_with_length(fields, arrays, nulls, length);
        Ok(Arc::new(array.map_err(internal)?))
    }
}

impl RecordColumn {
    pub(crate) fn new(plan: &RecordPlan) -> Self {
        let mut steps = Vec::new();
        let layout = Layout::new(plan, None, &mut steps);
        Self {
            steps,
            layout,
            length: 0,
        }
    }

    fn columns(&mut self) -> impl Iterator<Item = &mut Column> {
        self.steps.iter_mut().filter_map(|step| match step {
            FieldStep::Keep { column, .. } => Some(column),
            FieldStep::Skip(_) => None,
        })
    }

    /// Reads so many records, or fewer once the batch takes `large` bytes. For each of them
    /// `row_bytes` have been charged.
    ///
    /// Returns how many it read, with the error that ended it if there was one.
    pub(crate) fn read_rows(
        &mut self,
        count: usize,
        row_bytes: usize,
        input: &mut Input<'_, '_>,
        large: usize,
    ) -> (usize, Result<()>) {
        let mut local = input.copy();
        // What has been charged for the rows to come does not count yet.
        let mut most = large.saturating_add(count * row_bytes);
        for read in 0..count {
            if let Err(error) = self.read_one(&mut local) {
                return (read, Err(error));
            }
            most -= row_bytes;
            if local.budget.used() >= most {
                input.cursor = local.cursor;
                return (read + 1, Ok(()));
            }
        }
        input.cursor = local.cursor;
        (count, Ok(()))
    }

    /// The same, and notes in `starts` where in a block of `length` bytes each record begins.
    pub(crate) fn read_rows_noting(
        &mut self,
        count: usize,
        row_bytes: usize,
        input: &mut Input<'_, '_>,
        large: usize,
        length: usize,
        starts: &mut Vec<usize>,
    ) -> (usize, Result<()>) {
        for read in 0..count {
            starts.push(length.saturating_sub(input.cursor.remaining()));
            let row = self.read_rows(1, 0, input, usize::MAX);
            if let (_, Err(error)) = row {
                return (read, Err(error));
            }
            let to_come = (count - read - 1) * row_bytes;
            if input.budget.used() >= large.saturating_add(to_come) {
                return (read + 1, Ok(()));
            }
        }
        (count, Ok(()))
    }

    #[inline(always)]
    fn read_one(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        for step in &mut self.steps {
            match step {
                FieldStep::Keep { path, column } => {
                    column.read(input).map_err(|error| in_field(error, path))?;
                }
                FieldStep::Skip(skip) => input.with(|input| skip.skip(input))?,
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

    /// All columns as arrays, each with these nulls; they are empty afterwards.
    fn finish_columns(&mut self, nulls: Option<&NullBuffer>) -> Result<Vec<ArrayRef>> {
        let arrays = self.columns().map(|column| column.finish(nulls.cloned()));
        arrays.collect()
    }

    /// The fields as the columns of a batch; the column is empty afterwards.
    pub(crate) fn finish_row(&mut self) -> Result<Vec<ArrayRef>> {
        let length = std::mem::take(&mut self.length);
        let mut columns = self.finish_columns(None)?.into_iter();
        self.layout.fields(&mut columns, None, length)
    }
}

#[cold]
fn in_field(error: Error, path: &str) -> Error {
    error.in_field(path)
}

impl Build for RecordColumn {
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        self.read_several(1, input)
    }

    fn read_several(&mut self, count: usize, input: &mut Input<'_, '_>) -> Result<()> {
        let mut local = input.copy();
        for _ in 0..count {
            self.read_one(&mut local)?;
        }
        input.cursor = local.cursor;
        Ok(())
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

    /// The fields of a null record are null as well: whoever takes a field out of the struct, such
    /// as DataFusion's `get_field`, looks at the field alone.
    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let length = std::mem::take(&mut self.length);
        let mut columns = self.finish_columns(nulls.as_ref())?.into_iter();
        self.layout.array(&mut columns, nulls.as_ref(), length)
    }
}
