//! Finds the batch size that makes frames of about a given memory: `batch_size [FILE [MIB]]`.

use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

/// Rows that are looked at to learn how large a row is.
const SAMPLE: u64 = 1_000;

fn main() -> PolarsResult<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| ORDERS.to_owned());
    let mib: usize = match arguments.next() {
        Some(number) => number
            .parse()
            .map_err(|_| polars_err!(ComputeError: "{number:?} is no number of MiB"))?,
        None => 1,
    };

    let sample = ScanArgsAvro::default().with_n_rows(SAMPLE);
    let Some(sample) = AvroReader::open(&path, sample)?.next().transpose()? else {
        println!("no rows");
        return Ok(());
    };
    let bytes_of_a_row = sample
        .estimated_size()
        .div_ceil(sample.height().max(1))
        .max(1);
    let batch_size = ((mib << 20) / bytes_of_a_row).max(1);
    println!("{bytes_of_a_row} bytes a row: {batch_size} rows take about {mib} MiB");

    let args = ScanArgsAvro::default().with_batch_size(batch_size);
    for frame in AvroReader::open(path, args)? {
        let frame = frame?;
        println!("{} rows, {} bytes", frame.height(), frame.estimated_size());
    }
    Ok(())
}
