//! Writes a query of any length to files, without holding its result: `sinks [FILE [FOLDER]]`.

use std::path::PathBuf;

use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| ORDERS.to_owned());
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);

    let shipped = scan_avro(path, ScanArgsAvro::default())?
        .filter(col("status").eq(lit("SHIPPED")))
        .select([col("id"), col("placed_at"), col("customer"), col("total")]);
    // Filter and columns are in the scan.
    println!("{}", shipped.explain_streaming()?);

    let parquet = folder.join("shipped.parquet");
    let options = ParquetWriteOptions {
        // Some row groups are in memory at a time: small ones take less.
        row_group_size: Some(50_000),
        ..ParquetWriteOptions::default()
    };
    shipped.clone().sink_parquet(&parquet, options)?;
    let arrow = folder.join("shipped.arrow");
    shipped.sink_ipc(&arrow, IpcWriterOptions::default())?;
    for file in [parquet, arrow] {
        println!(
            "{}: {} bytes",
            file.display(),
            std::fs::metadata(&file)?.len()
        );
    }
    Ok(())
}
