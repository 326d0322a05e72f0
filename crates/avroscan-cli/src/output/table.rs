//! A table with borders, for people.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::pretty::pretty_format_batches;
use avroscan::printable;

use super::value::Cells;
use super::{BatchWriter, printable_lines};
use crate::failure::Failure;

/// Collects the text of all rows, and writes them once the width of every column is known.
///
/// Nulls stand as `null`. Control characters stand as escapes, but for line feeds, which go on in
/// the cell's next line.
pub(super) struct Table<W: Write> {
    out: W,
    schema: SchemaRef,
    rows: usize,
    batches: Vec<RecordBatch>,
}

impl<W: Write> Table<W> {
    pub(super) fn new(out: W, schema: SchemaRef) -> Self {
        let fields: Vec<Field> = schema
            .fields()
            .iter()
            .map(|field| Field::new(printable(field.name()), DataType::Utf8, false))
            .collect();
        Self {
            out,
            schema: Arc::new(Schema::new(fields)),
            rows: 0,
            batches: Vec::new(),
        }
    }
}

impl<W: Write> BatchWriter for Table<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.rows += batch.num_rows();
        if batch.num_columns() == 0 {
            return Ok(());
        }
        let schema = batch.schema_ref();
        let columns = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| text_of(&mut Cells::new(field, column)?, batch.num_rows()))
            .collect::<Result<Vec<_>, Failure>>()?;
        self.batches
            .push(RecordBatch::try_new(self.schema.clone(), columns)?);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if self.schema.fields().is_empty() {
            writeln!(self.out, "{} rows without columns", self.rows)?;
        } else {
            if self.batches.is_empty() {
                self.batches
                    .push(RecordBatch::new_empty(self.schema.clone()));
            }
            writeln!(self.out, "{}", pretty_format_batches(&self.batches)?)?;
        }
        Ok(self.out.flush()?)
    }
}

/// The cells of a column as they stand in the table.
fn text_of(cells: &mut Cells<'_>, rows: usize) -> Result<ArrayRef, Failure> {
    let mut cell = Vec::new();
    let texts = (0..rows).map(|row| {
        cell.clear();
        if !cells.append(row, &mut cell) {
            return "null".to_owned();
        }
        printable_lines(&String::from_utf8_lossy(&cell))
    });
    Ok(Arc::new(StringArray::from_iter_values(texts)))
}
