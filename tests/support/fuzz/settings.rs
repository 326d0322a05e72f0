//! Settings: none of them decides which rows a file has, or whether it is read.

use std::error::Error;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use avroscan::{Projection, RowFilter, ScanOptions, Split};

use super::frames::has_false_blocks;
use super::input;
use super::seen::{Seen, options};
use crate::read::{Opened, Watched, memory};

/// All settings against each other over one file: batch size, workers, read-ahead, requests, splits,
/// a filter that keeps all rows, the memory of a batch, a second run. The last four bytes choose them.
///
/// The limit on the memory of a batch is about single rows, so it is reached at the same row
/// whatever is read with it. The reference reads row by row.
pub fn settings(data: &[u8]) {
    let Some((data, &[batch_size, batch_bytes, low, high])) = data.split_last_chunk() else {
        return;
    };
    let file = input::file(data);
    let cut = u64::from(u16::from_le_bytes([low, high]));
    let mut limited = options();
    limited.limits.batch_bytes = 8 + 4 * usize::from(batch_bytes);
    let row_by_row = Seen::of(&file, &limited.clone().with_batch_size(1));

    for changed in changes(&limited, batch_size, low) {
        row_by_row.same_to_the_end(&Seen::of(&file, &changed));
    }
    // Thousands of requests take long and show nothing new.
    let request = file.len() as u64 / 200 + 1 + cut % 64;
    let source = Watched::new(file.to_vec(), request, request);
    row_by_row.same_to_the_end(&Seen::of_source(source, &limited));

    let Ok(opened) = Opened::new(memory(file.to_vec()), &limited.clone().with_workers(2)) else {
        return;
    };
    for _ in 0..2 {
        row_by_row.same_to_the_end(&Seen::new(opened.split(Split::all())));
    }
    if !has_false_blocks(&file) {
        let cut = cut % (file.len() as u64 + 1);
        let splits = [Split::new(0, cut), Split::new(cut, u64::MAX)];
        let parts = splits.map(|split| Seen::new(opened.split(split)));
        row_by_row.same_rows_and_kind(&Seen::join(parts));
    }
    // What is found first in a damaged block may differ, not whether and where rows end.
    for filtered in filters(&limited, &opened) {
        let filtered = Seen::of(
            &file,
            &filtered.with_batch_size(usize::from(batch_size) + 1),
        );
        row_by_row.same_rows(&filtered);
    }
    if row_by_row.error.is_none() {
        row_by_row.same_to_the_end(&Seen::of(&file, &options()));
    }
}

fn changes(limited: &ScanOptions, batch_size: u8, read_ahead: u8) -> [ScanOptions; 4] {
    let few = usize::from(batch_size % 16) + 1;
    [
        limited.clone(),
        limited.clone().with_batch_size(few),
        limited.clone().with_batch_size(few).with_workers(3),
        limited
            .clone()
            .with_workers(2)
            .with_buffer_blocks(usize::from(read_ahead % 3))
            .with_buffer_bytes(1 << (read_ahead % 20)),
    ]
}

/// Filters that keep all rows: one that needs no column, and one that needs the last.
fn filters(options: &ScanOptions, opened: &Opened) -> Vec<ScanOptions> {
    let last = opened.schema().fields().last().cloned();
    let columns = last.map(|field| Projection::columns([field.name().as_str()]));
    [Some(Projection::none()), columns]
        .into_iter()
        .flatten()
        .map(|columns| {
            let filter: Arc<dyn RowFilter> = Arc::new(KeepAll(columns));
            options.clone().with_filter(filter)
        })
        .collect()
}

#[derive(Debug)]
struct KeepAll(Projection);

impl RowFilter for KeepAll {
    fn projection(&self) -> &Projection {
        &self.0
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, Box<dyn Error + Send + Sync>> {
        Ok(BooleanArray::from(vec![true; batch.num_rows()]))
    }
}
