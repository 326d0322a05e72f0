//! Looks into files that make trouble: `troubleshooting [FILE]`.

use avroscan::Progress;
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, read_avro_metadata, scan_avro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());

    // Which files, written how?
    for file in read_avro_metadata(&path, ScanArgsAvro::default())? {
        println!("{}: codec {}", file.file(), file.codec());
        println!("  schema of {} bytes", file.avro_schema_json().len());
    }

    // Which columns, how large is a row?
    let first = ScanArgsAvro::default().with_n_rows(1_000);
    if let Some(frame) = AvroReader::open(&path, first)?.next().transpose()? {
        for column in frame.columns() {
            let bytes = column.as_materialized_series().estimated_size() / frame.height().max(1);
            println!(
                "  {:12} {} ({bytes} bytes a row)",
                column.name(),
                column.dtype()
            );
        }
    }

    // Does a filter reach the scan? Is it sound to the end, and how large are its blocks?
    let progress = Progress::default();
    let args = ScanArgsAvro::default().with_progress(progress.clone());
    let query = scan_avro(&path, args)?.filter(col("id").gt(lit(9_000)));
    println!("{}", query.explain_streaming()?);
    let rows = query.select([len()]).collect_streaming();
    println!("{progress:?}");
    match rows {
        Ok(rows) => println!("{rows}"),
        Err(error) => println!("the rows before this are right: {error}"),
    }
    Ok(())
}
