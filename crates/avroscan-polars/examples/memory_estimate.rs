//! Says about how much memory a scan will take before it runs: `memory_estimate [FILE]`.

use avroscan_polars::{AvroReader, ScanArgsAvro, count_rows};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let args = ScanArgsAvro::default();
    let options = args.options.clone();

    // Read from the headers of the blocks.
    let rows = count_rows(&path, args.clone())?;
    // What a row takes as a part of a frame, judged by the first ones.
    let first = AvroReader::open(&path, args.with_n_rows(1_000))?
        .next()
        .transpose()?;
    let Some(first) = first else {
        println!("no rows");
        return Ok(());
    };
    let row = first.estimated_size() as f64 / first.height().max(1) as f64;
    let batch = row * (options.batch_size as f64).min(rows as f64);
    println!(
        "{rows} rows of {row:.0} bytes: {:.1} MB collected",
        rows as f64 * row / 1e6
    );
    println!("{:.1} MB for a batch of a streamed scan", batch / 1e6);
    println!(
        "{:.1} MB at most for {} workers, and {} MB of read-ahead",
        options.workers as f64 * batch / 1e6,
        options.workers,
        options.buffer_bytes / 1_000_000
    );
    Ok(())
}
