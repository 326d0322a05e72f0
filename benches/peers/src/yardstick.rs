//! A decoder written by hand for the *simple* schema and the null codec: the yardstick for how fast
//! a reader that takes any schema can be.
//!
//! It does what a reader must: every byte is checked to be there, numbers to be in range, text
//! to be UTF-8, blocks to end where they say. It knows the schema, so nothing is looked up.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use avroscan_tests::raw::MARKER;

use crate::{Result, failure};

/// Names of up to so many bytes are copied as so many.
const SHORT: usize = 16;

/// What is left of the bytes.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    #[inline(always)]
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    #[inline(always)]
    fn long(&mut self) -> Option<i64> {
        let raw = self.varint()?;
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        let Some(word) = self.0.first_chunk::<8>() else {
            return self.varint_at_end();
        };
        let word = u64::from_le_bytes(*word);
        if word & 0x80 == 0 {
            self.0 = &self.0[1..];
            return Some(word & 0x7f);
        }
        let ends = !word & 0x8080_8080_8080_8080;
        if ends == 0 {
            return self.varint_at_end();
        }
        let bits = ends.trailing_zeros();
        self.0 = &self.0[bits as usize / 8 + 1..];
        // Seven bits of each byte up to the last one, pushed together pair by pair.
        let word = word & (ends ^ (ends - 1)) & 0x7f7f_7f7f_7f7f_7f7f;
        let word = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
        let word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x3fff_0000_3fff_0000) >> 2);
        Some((word & 0x0fff_ffff) | ((word >> 32 & 0x0fff_ffff) << 28))
    }

    /// Byte by byte: near the end of the bytes, and for more than eight of them.
    #[cold]
    fn varint_at_end(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for (i, byte) in self.0.iter().enumerate().take(10) {
            if i == 9 && *byte > 1 {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                self.0 = &self.0[i + 1..];
                return Some(value);
            }
        }
        None
    }
}

/// The columns of a batch, with room for all of it.
struct Columns {
    ids: Vec<i64>,
    ends: Vec<i32>,
    names: Vec<u8>,
    scores: Vec<f64>,
    active: Vec<u8>,
    counts: Vec<i32>,
}

impl Columns {
    fn new(rows: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self {
            ids: Vec::with_capacity(rows),
            ends,
            names: Vec::with_capacity(rows * SHORT),
            scores: Vec::with_capacity(rows),
            active: Vec::with_capacity(rows),
            counts: Vec::with_capacity(rows),
        }
    }

    fn rows(&self) -> usize {
        self.ids.len()
    }

    fn read(&mut self, cursor: &mut Cursor<'_>, rows: usize) -> Option<()> {
        let mut flags = 0;
        for _ in 0..rows {
            self.ids.push(cursor.long()?);
            let len = usize::try_from(cursor.long()?).ok()?;
            match cursor.0.first_chunk::<SHORT>() {
                Some(chunk) if len <= SHORT => {
                    // A copy of a length that is known is a move or two.
                    let end = self.names.len() + len;
                    self.names.extend_from_slice(chunk);
                    self.names.truncate(end);
                    cursor.0 = &cursor.0[len..];
                }
                _ => self.names.extend_from_slice(cursor.take(len)?),
            }
            self.ends.push(i32::try_from(self.names.len()).ok()?);
            self.scores.push(f64::from_le_bytes(cursor.chunk()?));
            let [flag] = cursor.chunk()?;
            self.active.push(flag);
            flags |= flag;
            self.counts.push(i32::try_from(cursor.long()?).ok()?);
        }
        (flags <= 1).then_some(())
    }

    fn finish(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let rows = self.rows();
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let names = StringArray::try_new(ends, self.names.into(), None)?;
        let active = BooleanBuffer::collect_bool(rows, |row| self.active[row] != 0);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.ids)),
            Arc::new(names),
            Arc::new(Float64Array::from(self.scores)),
            Arc::new(BooleanArray::new(active, None)),
            Arc::new(Int32Array::from(self.counts)),
        ];
        Ok(RecordBatch::try_new(schema.clone(), columns)?)
    }
}

/// Reads all rows of a file of *simple*, in batches of at most `batch_size` rows.
pub(crate) fn read(
    file: &[u8],
    batch_size: usize,
    mut consume: impl FnMut(RecordBatch),
) -> Result<()> {
    let schema = schema();
    let header = file
        .windows(MARKER.len())
        .position(|window| window == MARKER)
        .ok_or_else(|| failure("a file without a marker"))?;
    let mut file = Cursor(&file[header + MARKER.len()..]);
    let mut columns = Columns::new(batch_size);
    while !file.0.is_empty() {
        let (mut rows, mut block) = block(&mut file).ok_or_else(|| failure("a bad block"))?;
        while rows > 0 {
            let now = rows.min(batch_size - columns.rows());
            let read = columns.read(&mut block, now);
            read.ok_or_else(|| failure("a bad row"))?;
            rows -= now;
            if columns.rows() == batch_size {
                let full = std::mem::replace(&mut columns, Columns::new(batch_size));
                consume(full.finish(&schema)?);
            }
        }
        if !block.0.is_empty() {
            return Err(failure("a block with more than its rows"));
        }
    }
    if columns.rows() > 0 {
        consume(columns.finish(&schema)?);
    }
    Ok(())
}

/// The rows and the body of the next block.
fn block<'a>(file: &mut Cursor<'a>) -> Option<(usize, Cursor<'a>)> {
    let rows = usize::try_from(file.long()?).ok()?;
    let size = usize::try_from(file.long()?).ok()?;
    let body = file.take(size)?;
    (file.chunk()? == MARKER).then_some((rows, Cursor(body)))
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("score", DataType::Float64, false),
        Field::new("active", DataType::Boolean, false),
        Field::new("count", DataType::Int32, false),
    ]))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
    use avroscan_tests::data::simple::{self, Simple};
    use avroscan_tests::write::Codec;

    use super::*;

    fn rows_of(batch: &RecordBatch) -> impl Iterator<Item = Simple> + '_ {
        (0..batch.num_rows()).map(|row| Simple {
            id: batch.column(0).as_primitive::<Int64Type>().value(row),
            name: batch.column(1).as_string::<i32>().value(row).to_owned(),
            score: batch.column(2).as_primitive::<Float64Type>().value(row),
            active: batch.column(3).as_boolean().value(row),
            count: batch.column(4).as_primitive::<Int32Type>().value(row),
        })
    }

    #[test]
    fn reads_every_value() {
        let file = simple::file(5_000, 700, Codec::Null);
        for batch_size in [1, 999, 8_192] {
            let mut rows = Vec::new();
            read(&file, batch_size, |batch| rows.extend(rows_of(&batch))).unwrap();
            assert!(rows.into_iter().eq((0..5_000).map(Simple::at)));
        }
    }

    #[test]
    fn refuses_what_ends_early() {
        let file = simple::file(3, 3, Codec::Null);
        let header = simple::file(0, 3, Codec::Null).len();
        for end in header + 1..file.len() {
            assert!(read(&file[..end], 8_192, drop).is_err(), "{end}");
        }
    }
}
