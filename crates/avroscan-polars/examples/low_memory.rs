//! Goes through a file with little memory, however long the file: `low_memory [FILE]`.

use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let args = ScanArgsAvro::default()
        // What is not read takes nothing.
        .with_columns(["id", "weight"])
        // One batch in memory, and it is small.
        .with_batch_size(1_000)
        .with_workers(1)
        // Two blocks ahead of it, of at most 2 MiB.
        .with_buffer_blocks(2)
        .with_buffer_bytes(2 << 20);

    let mut heaviest = None;
    let mut largest_frame = 0;
    for frame in AvroReader::open(path, args)? {
        let frame = frame?;
        heaviest = heaviest.max(frame.column("weight")?.f64()?.max().map(|kg| kg as u64));
        largest_frame = largest_frame.max(frame.estimated_size());
    }
    println!("the heaviest order: {heaviest:?} kg");
    println!("the largest frame: {largest_frame} bytes");
    Ok(())
}
