//! Enums: an index into the symbols of the schema, which is what a dictionary array holds.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::Int32Type;

use super::Build;
use super::primitive::internal;
use super::values::Values;
use super::views::{ViewValue, Views};
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::resolve::SymbolNumbers;

pub(crate) struct EnumColumn {
    keys: Values<i32>,
    symbols: ArrayRef,
    /// How many there are.
    count: usize,
    /// Where the file has other symbols: their numbers here.
    numbers: Option<SymbolNumbers>,
}

impl EnumColumn {
    pub(crate) fn new(symbols: ArrayRef, numbers: Option<SymbolNumbers>) -> Self {
        Self {
            keys: Values::default(),
            count: symbols.len(),
            symbols,
            numbers,
        }
    }
}

/// Reads a symbol of the file's enum: its number in the enum to read.
pub(super) fn symbol_number(numbers: &SymbolNumbers, input: &mut Input<'_, '_>) -> Result<usize> {
    let index = input.cursor.index(numbers.len(), "an enum symbol")?;
    match numbers.get(index) {
        Some(Ok(number)) => Ok(*number),
        Some(Err(symbol)) => Err(unknown_symbol(symbol)),
        None => Ok(0),
    }
}

#[cold]
fn unknown_symbol(symbol: &str) -> Error {
    let what = format!("the symbol `{symbol}` is not in the enum to read, which has no default");
    Error::new(ErrorKind::SchemaMismatch, what)
}

/// Symbols as text, or as the bytes of that.
pub(crate) struct SymbolText<const TEXT: bool> {
    symbols: Arc<[String]>,
}

impl<const TEXT: bool> SymbolText<TEXT> {
    pub(crate) fn new(symbols: Arc<[String]>) -> Self {
        Self { symbols }
    }
}

impl<const TEXT: bool> ViewValue for SymbolText<TEXT> {
    const IS_TEXT: bool = TEXT;

    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        let index = input.cursor.index(self.symbols.len(), "an enum symbol")?;
        let symbol = self.symbols.get(index).map_or("", String::as_str);
        views.push(symbol.as_bytes(), input.budget)
    }
}

impl Build for EnumColumn {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let index = match &self.numbers {
            None => input.cursor.index(self.count, "an enum symbol")?,
            Some(numbers) => input.with(|input| symbol_number(numbers, input))?,
        };
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
        let length = self.keys.len();
        let keys = ScalarBuffer::new(self.keys.finish(), 0, length);
        let keys = Int32Array::new(keys, nulls);
        let array = DictionaryArray::<Int32Type>::try_new(keys, self.symbols.clone());
        Ok(Arc::new(array.map_err(internal)?))
    }
}
