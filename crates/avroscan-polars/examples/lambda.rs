//! A function for events about objects, as AWS Lambda runs it with 128 MB: `lambda [URL]`.
//!
//! `lambda -` takes events from its input, one URL a line, and answers each with a line: what the
//! runtime of such functions does. Set in the environment of the function:
//!
//! ```text
//! POLARS_MAX_THREADS=1    each thread has a stream of its own
//! MALLOC_ARENA_MAX=1      each arena of glibc reserves 64 MB
//! ```
//!
//! Settings of the store come from the environment too (`AWS_REGION`, `AWS_ENDPOINT`, ..).

use std::io::{BufRead, stdin};

use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

/// How many orders of each status are in the object at this URL, and what they weigh.
fn handle(url: &str) -> PolarsResult<String> {
    let args = ScanArgsAvro::default()
        .with_batch_size(10_000)
        .with_buffer_blocks(2)
        .with_buffer_bytes(4 << 20);
    let sums = scan_avro(url, args)?
        .filter(col("weight").is_not_null())
        .group_by([col("status").cast(DataType::String)])
        .agg([len(), col("weight").sum()])
        .sort(["status"], SortMultipleOptions::default())
        .collect_streaming()?;

    let statuses = sums.column("status")?.str()?.iter();
    let counts = sums.column("len")?.u32()?.iter();
    let weights = sums.column("weight")?.f64()?.iter();
    let answer = statuses
        .zip(counts)
        .zip(weights)
        .map(|((status, count), weight)| {
            let (status, count) = (status.unwrap_or("?"), count.unwrap_or(0));
            format!("{status}: {count} orders, {} kg", weight.unwrap_or(0.0))
        });
    Ok(answer.collect::<Vec<_>>().join("; "))
}

fn main() -> PolarsResult<()> {
    let event = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    if event != "-" {
        println!("{}", handle(&event)?);
        return Ok(());
    }
    eprintln!("waiting for events");
    for event in stdin().lock().lines() {
        println!("{}", handle(&event?)?);
    }
    Ok(())
}
