//! Reads as fast as the machine can, where memory is plenty: `high_throughput [FILE]`.

use std::time::Instant;

use avroscan::Progress;
use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        // What is not read costs next to nothing.
        .with_columns(["id", "customer.name", "items.sku", "weight"])
        // Fewer and larger frames: less work for each of them, more memory.
        .with_batch_size(250_000)
        // More of the file under way where a request takes long, as on an object store.
        .with_buffer_blocks(1_000)
        .with_buffer_bytes(256 << 20)
        .with_progress(progress.clone());

    let start = Instant::now();
    for frame in AvroReader::open(path, args)? {
        frame?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let (rows, bytes) = (progress.rows(), progress.bytes_read());
    println!(
        "{rows} rows in {seconds:.3} s: {:.0} rows and {:.1} MB a second",
        rows as f64 / seconds,
        bytes as f64 / 1e6 / seconds
    );
    Ok(())
}
