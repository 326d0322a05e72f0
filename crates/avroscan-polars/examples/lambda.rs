//! A function for events about objects, as AWS Lambda runs it with 128 MB: `lambda [URL]`.
//!
//! `lambda -` takes events from its input, one URL a line, and answers each with a line: what the
//! runtime of such functions does. Set in the environment of the function:
//!
//! ```text
//! POLARS_MAX_THREADS=1    there is one core, or less
//! MALLOC_ARENA_MAX=1      each arena of glibc reserves 64 MB
//! ```
//!
//! Settings of the store come from the environment too (`AWS_REGION`, `AWS_ENDPOINT`, ..).

use std::collections::BTreeMap;
use std::io::{BufRead, stdin};

use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

/// How many orders of each status are in the object at this URL, and what they weigh.
fn handle(url: &str) -> PolarsResult<String> {
    let args = ScanArgsAvro::default()
        .with_columns(["status", "weight"])
        .with_batch_size(10_000)
        .with_workers(1)
        // Two requests of 8 MiB: as few requests as there can be, and one is always under way.
        .with_buffer_bytes(16 << 20);
    let mut sums: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for frame in AvroReader::open(url, args)? {
        let frame = frame?;
        let statuses = frame.column("status")?.cast(&DataType::String)?;
        let weights = frame.column("weight")?.f64()?;
        for (status, weight) in statuses.str()?.iter().zip(weights.iter()) {
            if let (Some(status), Some(weight)) = (status, weight) {
                let (count, sum) = sums.entry(status.to_owned()).or_default();
                *count += 1;
                *sum += weight;
            }
        }
    }
    let answer = sums
        .iter()
        .map(|(status, (count, sum))| format!("{status}: {count} orders, {sum} kg"));
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
