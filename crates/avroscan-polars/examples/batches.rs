//! Processes a file frame by frame and keeps nothing but the result: `batches [FILE]`.

use std::collections::BTreeMap;

use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let args = ScanArgsAvro::default()
        .with_columns(["note"])
        .with_batch_size(2_000);
    let mut reader = AvroReader::open(path, args)?;

    // How often each word occurs in the notes.
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    for frame in reader.by_ref() {
        let frame = frame?;
        for note in frame.column("note")?.str()?.iter().flatten() {
            for word in note.split_whitespace() {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
        // The frame ends here, and with it its memory.
    }
    let (rows, batches) = (reader.rows_read(), reader.batches_read());
    println!("{rows} rows in {batches} frames");
    for (word, count) in words {
        println!("{count:6} {word}");
    }
    Ok(())
}
