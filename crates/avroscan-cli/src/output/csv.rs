//! Comma-separated values, RFC 4180.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::BatchWriter;
use super::value::Cells;
use crate::failure::Failure;

/// Writes a line of column names, then a line a row.
///
/// A null is an empty cell and empty text is `""`, so that the two can be told apart. Records,
/// lists and maps stand as JSON text inside their cell. Lines end with a line feed. In a file of
/// one column a null is `""` too: an empty line would be no row to most readers.
pub(super) struct Csv<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Csv<W> {
    /// Writes the line of column names.
    pub(super) fn new(mut out: W, schema: SchemaRef) -> Result<Self, Failure> {
        let mut line = Vec::new();
        for (at, field) in schema.fields().iter().enumerate() {
            separate(at, &mut line);
            append_cell(field.name().as_bytes(), &mut line);
        }
        line.push(b'\n');
        out.write_all(&line)?;
        Ok(Self { out, line })
    }
}

impl<W: Write> BatchWriter for Csv<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let schema = batch.schema_ref();
        let mut columns = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| Cells::new(field, column))
            .collect::<Result<Vec<_>, _>>()?;
        let single = columns.len() == 1;
        let mut cell = Vec::new();
        for row in 0..batch.num_rows() {
            self.line.clear();
            for (at, column) in columns.iter_mut().enumerate() {
                separate(at, &mut self.line);
                cell.clear();
                if column.append(row, &mut cell) || single {
                    append_cell(&cell, &mut self.line);
                }
            }
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
        }
        Ok(self.out.flush()?)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

fn separate(at: usize, line: &mut Vec<u8>) {
    if at > 0 {
        line.push(b',');
    }
}

/// Appends a cell, in quotes where it would otherwise be read as something else.
fn append_cell(cell: &[u8], line: &mut Vec<u8>) {
    let quoted = cell.is_empty()
        || cell
            .iter()
            .any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if !quoted {
        line.extend_from_slice(cell);
        return;
    }
    line.push(b'"');
    for &byte in cell {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}
