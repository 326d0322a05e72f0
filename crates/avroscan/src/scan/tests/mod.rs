//! The same batches, whoever decodes them.

mod large;
mod nested;
mod order;
mod skip;
mod walk;

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;

use crate::error::Error;
use crate::scan::{Scan, ScanOptions};
use crate::source::{MemorySource, Source};
use crate::wire::testing::{long, text};

const SYNC: [u8; 16] = *b"0123456789abcdef";

/// A file of records with this type of `v`.
fn header(inner: &str) -> Vec<u8> {
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"id","type":"long"}},{{"name":"v","type":{inner}}}]}}"#
    );
    let mut file = b"Obj\x01".to_vec();
    file.extend(long(1));
    file.extend(text(b"avro.schema"));
    file.extend(text(schema.as_bytes()));
    file.extend(long(0));
    file.extend(SYNC);
    file
}

fn block(rows: usize, data: &[u8]) -> Vec<u8> {
    let mut block = long(rows as i64);
    block.extend(text(data));
    block.extend(SYNC);
    block
}

/// Rows that are numbered from `first` on, with this after each number.
fn rows(first: usize, rows: usize, value: &[u8]) -> Vec<u8> {
    let row = |id| [long(id as i64), value.to_vec()].concat();
    (first..first + rows).flat_map(row).collect()
}

/// Blocks of so many rows each, numbered from 0 on.
fn blocks(sizes: &[usize], inner: &str, value: &[u8]) -> Vec<u8> {
    let mut file = header(inner);
    let mut first = 0;
    for &size in sizes {
        file.extend(block(size, &rows(first, size, value)));
        first += size;
    }
    file
}

/// Blocks of numbers and short strings.
fn strings(sizes: &[usize]) -> Vec<u8> {
    blocks(sizes, "\"string\"", &text(b"some text"))
}

fn memory(file: Vec<u8>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory.avro", file))
}

/// All batches, and the error after them.
fn read(files: &[&Vec<u8>], options: &ScanOptions) -> (Vec<RecordBatch>, Option<Error>) {
    let sources = files.iter().map(|&file| memory(file.clone())).collect();
    let scan = Scan::from_sources_blocking(sources, options.clone()).unwrap();
    let mut reader = scan.reader().unwrap();
    let mut batches = Vec::new();
    let error = loop {
        match reader.next() {
            Some(Ok(batch)) => batches.push(batch),
            Some(Err(error)) => break Some(error),
            None => break None,
        }
    };
    assert!(reader.next().is_none(), "it goes on after its end");
    (batches, error)
}

fn sizes(batches: &[RecordBatch]) -> Vec<usize> {
    batches.iter().map(RecordBatch::num_rows).collect()
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let ids = |batch: &RecordBatch| {
        batch
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    };
    batches.iter().flat_map(ids).collect()
}

fn all_ids(rows: usize) -> Vec<i64> {
    (0..rows as i64).collect()
}
