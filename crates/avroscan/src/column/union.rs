//! Unions of several types: a struct with a nullable field for each, of which a row fills one.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Field, Fields};

use super::primitive::internal;
use super::{Build, Column};
use crate::decode::Input;
use crate::error::Result;
use crate::plan::{BranchPlan, Skip, UnionPlan};

pub(crate) struct UnionColumn {
    branches: Vec<Branch>,
    fields: Fields,
    /// Of the struct; there only where a branch is null.
    validity: Option<BooleanBufferBuilder>,
    length: usize,
}

enum Branch {
    Null,
    Keep {
        name: Arc<str>,
        column: Column,
        validity: BooleanBufferBuilder,
    },
    Skip(Skip),
}

impl UnionColumn {
    pub(crate) fn new(plan: &UnionPlan) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let branches = plan
            .branches
            .iter()
            .map(|branch| match branch {
                BranchPlan::Null => Branch::Null,
                BranchPlan::Skip(skip) => Branch::Skip(skip.clone()),
                BranchPlan::Keep { name, value } => {
                    fields.push(value.field(name).with_nullable(true));
                    Branch::Keep {
                        name: name.clone(),
                        column: Column::new(value),
                        validity: BooleanBufferBuilder::new(0),
                    }
                }
            })
            .collect();
        let validity = plan.nullable.then(|| BooleanBufferBuilder::new(0));
        Self {
            branches,
            fields: fields.into(),
            validity,
            length: 0,
        }
    }

    fn kept(&mut self) -> impl Iterator<Item = (&mut Column, &mut BooleanBufferBuilder)> {
        self.branches.iter_mut().filter_map(|branch| match branch {
            Branch::Keep {
                column, validity, ..
            } => Some((column, validity)),
            Branch::Null | Branch::Skip(_) => None,
        })
    }
}

impl Build for UnionColumn {
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        let index = input.cursor.index(self.branches.len(), "a union branch")?;
        let mut is_null = false;
        for (number, branch) in self.branches.iter_mut().enumerate() {
            match branch {
                Branch::Keep {
                    name,
                    column,
                    validity,
                } if number == index => {
                    column.read(input).map_err(|error| error.in_field(name))?;
                    validity.append(true);
                }
                Branch::Keep {
                    column, validity, ..
                } => {
                    column.push_null();
                    validity.append(false);
                }
                Branch::Skip(skip) if number == index => skip.skip(input)?,
                Branch::Null => is_null |= number == index,
                Branch::Skip(_) => {}
            }
        }
        if let Some(validity) = &mut self.validity {
            validity.append(!is_null);
        }
        self.length += 1;
        Ok(())
    }

    fn push_null(&mut self) {
        for (column, validity) in self.kept() {
            column.push_null();
            validity.append(false);
        }
        if let Some(validity) = &mut self.validity {
            validity.append(false);
        }
        self.length += 1;
    }

    fn reserve(&mut self, additional: usize) {
        for (column, validity) in self.kept() {
            column.reserve(additional);
            validity.reserve(additional);
        }
    }

    fn truncate(&mut self, length: usize) {
        for (column, validity) in self.kept() {
            column.truncate(length);
            validity.truncate(length);
        }
        if let Some(validity) = &mut self.validity {
            validity.truncate(length);
        }
        self.length = self.length.min(length);
    }

    /// The branches' nulls and the struct's own are its own; `nulls` are what encloses a union
    /// without a null branch, and were pushed here too.
    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let own = self
            .validity
            .as_mut()
            .map(|validity| NullBuffer::new(validity.finish()));
        let nulls = own.or(nulls).filter(|nulls| nulls.null_count() > 0);
        let length = std::mem::take(&mut self.length);
        let arrays = self
            .kept()
            .map(|(column, validity)| {
                let nulls = NullBuffer::new(validity.finish());
                column.finish(Some(nulls).filter(|nulls| nulls.null_count() > 0))
            })
            .collect::<Result<Vec<_>>>()?;
        let array = StructArray::try_new_with_length(self.fields.clone(), arrays, nulls, length);
        Ok(Arc::new(array.map_err(internal)?))
    }
}
