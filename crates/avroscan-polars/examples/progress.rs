//! Shows a bar while a query runs: `progress [FILE]`.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use avroscan::Progress;
use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use indicatif::{ProgressBar, ProgressStyle};
use polars::prelude::*;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/data/orders.avro");

fn main() -> PolarsResult<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ORDERS.to_owned());
    let progress = Progress::default();
    let args = ScanArgsAvro::default().with_progress(progress.clone());
    let query = scan_avro(&path, args)?
        .group_by([col("status")])
        .agg([len(), col("weight").mean()]);

    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg}")
        .map_err(|error| polars_err!(ComputeError: "{error}"))?;
    let bar = ProgressBar::new(std::fs::metadata(&path)?.len()).with_style(style);
    let show = || {
        bar.set_position(progress.bytes_done());
        bar.set_message(format!("{} rows", progress.rows()));
    };
    // The query runs in this thread, the bar is drawn by another until the query is done.
    let (done, is_done) = channel::<()>();
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            let is_done = is_done;
            while is_done.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout)
            {
                show();
            }
        });
        let result = query.collect_streaming();
        drop(done);
        result
    })?;
    show();
    bar.finish();
    println!("{} rows, {} blocks", progress.rows(), progress.blocks());
    println!("{result}");
    Ok(())
}
