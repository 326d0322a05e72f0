//! Enums: an index into the symbols of the schema, which is what a dictionary array holds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int32Type;

use super::Build;
use super::primitive::internal;
use crate::decode::Input;
use crate::error::Result;

pub(crate) struct EnumColumn {
    keys: Vec<i32>,
    symbols: ArrayRef,
}

impl EnumColumn {
    pub(crate) fn new(symbols: ArrayRef) -> Self {
        Self {
            keys: Vec::new(),
            symbols,
        }
    }
}

impl Build for EnumColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_>) -> Result<()> {
        let index = input.cursor.index(self.symbols.len(), "an enum symbol")?;
        self.keys.push(index as i32);
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        self.keys.push(0);
    }

    fn reserve(&mut self, additional: usize) {
        self.keys.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.keys.truncate(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let keys = Int32Array::new(super::take(&mut self.keys).into(), nulls);
        let array = DictionaryArray::<Int32Type>::try_new(keys, self.symbols.clone());
        Ok(Arc::new(array.map_err(internal)?))
    }
}
