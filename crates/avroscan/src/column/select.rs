//! Unions whose values become values of one type: those of a file whose schema has a union where
//! the schema to read has none, or a smaller one.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;

use super::Build;
use super::values::Bits;
use super::ways::Ways;
use crate::decode::Input;
use crate::error::Result;
use crate::plan::{Route, Routes, SelectPlan};
use crate::resolve::mismatch;

pub(crate) struct SelectColumn {
    routes: Routes,
    validity: Bits,
    values: Ways,
}

impl SelectColumn {
    pub(crate) fn new(plan: &SelectPlan) -> Self {
        Self {
            routes: plan.routes.clone(),
            validity: Bits::default(),
            values: Ways::new(&plan.ways),
        }
    }
}

/// The way that the next value goes.
pub(super) fn next_route<'a>(routes: &'a Routes, input: &mut Input<'_, '_>) -> Result<&'a Route> {
    let index = match routes.tagged {
        true => input
            .cursor
            .index(routes.branches.len(), "a union branch")?,
        false => 0,
    };
    match routes.branches.get(index) {
        Some(Route::Refuse(reason)) => Err(refused(reason)),
        Some(route) => Ok(route),
        None => Ok(&Route::Null),
    }
}

#[cold]
fn refused(reason: &Arc<str>) -> crate::error::Error {
    mismatch(reason)
}

impl Build for SelectColumn {
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        match next_route(&self.routes, input)? {
            Route::Keep { way, .. } => {
                self.values.read(*way, input)?;
                self.validity.push(true);
            }
            Route::Skip(skip) => {
                skip.skip(input)?;
                self.push_null();
            }
            Route::Null | Route::Refuse(_) => self.push_null(),
        }
        Ok(())
    }

    fn push_null(&mut self) {
        self.values.push_null();
        self.validity.push(false);
    }

    fn reserve(&mut self, additional: usize) {
        self.values.reserve(additional);
        self.validity.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length);
        self.validity.truncate(length);
    }

    /// The nulls of this column are its own: whatever encloses it has pushed its nulls here too.
    fn finish(&mut self, _: Option<NullBuffer>) -> Result<ArrayRef> {
        let nulls = self.validity.finish_nulls();
        self.values.finish(nulls)
    }
}
