//! Writes results as they come, a Parquet file for each batch of a filtered scan:
//! `write_parts [FILE [FOLDER]]`.

use std::fs::File;
use std::ops::ControlFlow;
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

    let query = scan_avro(path, ScanArgsAvro::default().with_batch_size(2_000))?
        .filter(col("status").neq(lit("CANCELLED")))
        .select([col("id"), col("status"), col("total")]);
    let mut number = 0;
    query.for_each_batch(move |mut frame| {
        let part = folder.join(format!("orders-{number:05}.parquet"));
        ParquetWriter::new(File::create(&part)?).finish(&mut frame)?;
        println!("{}: {} rows", part.display(), frame.height());
        number += 1;
        Ok(ControlFlow::Continue(()))
    })
}
