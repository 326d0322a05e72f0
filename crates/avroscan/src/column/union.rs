//! Unions of several types: a struct with a nullable field for each, of which a row fills one.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields};

use super::Build;
use super::primitive::internal;
use super::select::next_route;
use super::values::Bits;
use super::ways::Ways;
use crate::decode::Input;
use crate::error::Result;
use crate::plan::{Route, Routes, UnionPlan};

pub(crate) struct UnionColumn {
    routes: Routes,
    branches: Vec<Branch>,
    fields: Fields,
    /// Of the struct; there only where a branch is null.
    validity: Option<Bits>,
    length: usize,
}

struct Branch {
    name: Arc<str>,
    values: Ways,
    validity: Bits,
}

impl Branch {
    fn push_null(&mut self) {
        self.values.push_null();
        self.validity.push(false);
    }
}

impl UnionColumn {
    pub(crate) fn new(plan: &UnionPlan, data_type: &DataType) -> Self {
        let branches = plan.fields.iter().map(|field| Branch {
            name: field.name.clone(),
            values: Ways::new(&field.ways),
            validity: Bits::default(),
        });
        let fields = match data_type {
            DataType::Struct(fields) => fields.clone(),
            _ => Fields::empty(),
        };
        Self {
            routes: plan.routes.clone(),
            branches: branches.collect(),
            fields,
            validity: plan.nullable.then(Bits::default),
            length: 0,
        }
    }
}

impl Build for UnionColumn {
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let route = next_route(&self.routes, input)?;
        let mut filled = None;
        match route {
            Route::Keep { field, way } => {
                filled = Some(*field);
                if let Some(branch) = self.branches.get_mut(*field) {
                    let read = branch.values.read(*way, input);
                    read.map_err(|error| error.in_field(&branch.name))?;
                    branch.validity.push(true);
                }
            }
            Route::Skip(skip) => skip.skip(input)?,
            Route::Null | Route::Refuse(_) => {}
        }
        if let Some(validity) = &mut self.validity {
            validity.push(!matches!(route, Route::Null));
        }
        for (number, branch) in self.branches.iter_mut().enumerate() {
            if Some(number) != filled {
                branch.push_null();
            }
        }
        self.length += 1;
        Ok(())
    }

    fn push_null(&mut self) {
        self.branches.iter_mut().for_each(Branch::push_null);
        if let Some(validity) = &mut self.validity {
            validity.push(false);
        }
        self.length += 1;
    }

    fn reserve(&mut self, additional: usize) {
        for branch in &mut self.branches {
            branch.values.reserve(additional);
            branch.validity.reserve(additional);
        }
    }

    fn truncate(&mut self, length: usize) {
        for branch in &mut self.branches {
            branch.values.truncate(length);
            branch.validity.truncate(length);
        }
        if let Some(validity) = &mut self.validity {
            validity.truncate(length);
        }
        self.length = self.length.min(length);
    }

    /// The branches' nulls and the struct's own are its own; `nulls` are what encloses a union
    /// without a null branch, and were pushed here too.
    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let nulls = match &mut self.validity {
            Some(validity) => validity.finish_nulls(),
            None => nulls.filter(|nulls| nulls.null_count() > 0),
        };
        let length = std::mem::take(&mut self.length);
        let arrays = self
            .branches
            .iter_mut()
            .map(|branch| {
                let nulls = branch.validity.finish_nulls();
                branch.values.finish(nulls)
            })
            .collect::<Result<Vec<_>>>()?;
        let array = StructArray::try_new_with_length(self.fields.clone(), arrays, nulls, length);
        Ok(Arc::new(array.map_err(internal)?))
    }
}
