//! Reads in one thread and processes in several, with few frames in memory: `parallel [FILE]`.

use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use avroscan_polars::{AvroReader, ScanArgsAvro};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");
const THREADS: usize = 4;

/// Some work on a frame: how many customers have no e-mail address.
fn without_address(frame: &DataFrame) -> PolarsResult<usize> {
    let customers = frame.column("customer")?.struct_()?;
    Ok(customers.field_by_name("email")?.null_count())
}

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let args = ScanArgsAvro::default()
        .with_columns(["customer.email"])
        .with_batch_size(500);
    let mut reader = AvroReader::open(path, args)?;

    // A frame waits for each thread and no more: whoever reads waits for those who work.
    let (sender, frames) = sync_channel::<PolarsResult<DataFrame>>(THREADS);
    let frames = Mutex::new(frames);
    let work = || -> PolarsResult<usize> {
        let mut found = 0;
        loop {
            let next = frames.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(frame) = next else {
                return Ok(found);
            };
            found += without_address(&frame?)?;
        }
    };
    let found = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        for frame in reader.by_ref() {
            // An error goes to a worker, which ends with it.
            if sender.send(frame).is_err() {
                break;
            }
        }
        drop(sender);
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => Err(polars_err!(ComputeError: "a worker panicked")),
        });
        results.sum::<PolarsResult<usize>>()
    })?;
    let (rows, batches) = (reader.rows_read(), reader.batches_read());
    println!("{rows} rows in {batches} frames, {found} without an address");
    Ok(())
}
